//! From a draft to a prepared signature: all bytes fixed, nothing signed yet.

use std::io;
use std::sync::Arc;

use super::rehearse::rehearse_with;
use super::stages::{Draft, Octets, Prepared};
use crate::ades::cms::attributes::SignedAttributes;
use crate::ades::cms::build::{BuildError, Message};
use crate::ades::level::Level;
use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{KeyError, KeyKind};
use crate::pdf::document::Document;
use crate::pdf::error::PdfError;
use crate::pdf::object::ObjectId;
use crate::pdf::seed::SignerFacts;
use crate::pdf::signature::{FieldState, SignatureFault, hash_range};
use crate::pdf::signature_field::{self, Content, FieldError, FieldRequest};
use crate::pdf::update::{Tail, Update, UpdateError};
use crate::pki::certificate::Certificate;
use crate::pki::extensions::KeyUsage;

/// Room for a time-stamp token of a service that was never asked, in bytes.
const TIME_STAMP_BYTES: usize = 8 * 1024;
/// Least room when a time-stamp token goes inside, and the step that room grows by.
const LEAST_WITH_TIME_STAMP: usize = 16 * 1024;
const ROOM_STEP: usize = 1024;

/// Why a document cannot be prepared for this signature.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The signer's key is of a kind zegel does not sign with.
    #[error("the signer's key cannot be used")]
    Key(#[from] KeyError),
    /// The certificate is not valid at the time of signing.
    #[error("the certificate is valid from {not_before} to {not_after}, checked for {at}")]
    CertificateTime {
        /// First moment.
        not_before: Timestamp,
        /// Last moment.
        not_after: Timestamp,
        /// The time of signing.
        at: Timestamp,
    },
    /// A claimed attribute or the certificate cannot be written into a message.
    #[error(transparent)]
    Message(#[from] BuildError),
    /// A signature already in the document is not whole; signing on top would cover it up.
    #[error("the signature field `{field}` is faulty: {}", .fault.cause())]
    ExistingSignature {
        /// The field.
        field: String,
        /// What is wrong.
        fault: SignatureFault,
    },
    /// The signature cannot go where it was ordered, or the document allows none.
    #[error(transparent)]
    Field(FieldError),
    /// The document cannot be read.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The document's bytes cannot be read.
    #[error("the document could not be read")]
    Io(#[from] io::Error),
    /// The update cannot be written.
    #[error(transparent)]
    Update(UpdateError),
    /// A signature on this document would be judged not valid as soon as it stands there.
    #[error("a signature on this document would not hold: {}{why}", shown(*.object))]
    WouldNotHold {
        /// The object at fault, when it is one.
        object: Option<ObjectId>,
        /// What is wrong, in words.
        why: &'static str,
    },
}

fn shown(object: Option<ObjectId>) -> String {
    object
        .map(|object| format!("object {object}: "))
        .unwrap_or_default()
}

impl From<UpdateError> for PrepareError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Pdf(error) => Self::Pdf(error),
            other => Self::Update(other),
        }
    }
}

impl From<FieldError> for PrepareError {
    fn from(error: FieldError) -> Self {
        match error {
            FieldError::Pdf(error) => Self::Pdf(error),
            FieldError::Update(error) => error.into(),
            other => Self::Field(other),
        }
    }
}

impl PrepareError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Key(_) => "ADES_KEY",
            Self::CertificateTime { .. } => "ADES_CERTIFICATE_TIME",
            Self::Message(_) => "ADES_MESSAGE",
            Self::ExistingSignature { .. } => "ADES_EXISTING_SIGNATURE",
            Self::Field(error) => error.cause(),
            Self::Pdf(error) => error.cause(),
            Self::Io(_) => "PDF_IO",
            Self::Update(error) => error.cause(),
            Self::WouldNotHold { .. } => "ADES_WOULD_NOT_HOLD",
        }
    }

    pub(super) const fn would_not_hold(object: Option<ObjectId>, why: &'static str) -> Self {
        Self::WouldNotHold { object, why }
    }
}

/// Prepares the signature that `draft` orders on `document`.
///
/// The bytes made here are kept and never made again: the digest to sign, and after it the signature, belong to them
/// alone. What will be judged once the device has signed is judged on them before.
///
/// # Errors
/// See [`PrepareError`]; nothing is written anywhere.
pub fn prepare(document: Arc<dyn ReadAt>, draft: &Draft, now: Timestamp) -> Result<Prepared, PrepareError> {
    let certificate = &draft.certificate;
    if now < certificate.not_before() || now > certificate.not_after() {
        return Err(PrepareError::CertificateTime {
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            at: now,
        });
    }
    let kind = certificate.public_key()?.kind();
    let opened = Document::open(document.clone())?;
    check_signable(&opened)?;
    let algorithm = algorithm_of(draft, kind)?;
    let mut covered = Hasher::new(algorithm.hash());
    let mut whole = Hasher::new(HashAlgorithm::Sha256);
    let length = document.len();
    // The digest takes the longest: the revision is made and rehearsed beside it, and the other digest behind that.
    let (hashed, laid_out) = std::thread::scope(|scope| {
        let hashing = scope.spawn(|| hash_range(&mut covered, &document, 0, length));
        let laid_out = lay_out(&opened, &document, draft, (now, kind)).and_then(|laid_out| {
            if algorithm.hash() != HashAlgorithm::Sha256 {
                hash_range(&mut whole, &document, 0, length)?;
            }
            Ok(laid_out)
        });
        (hashing.join(), laid_out)
    });
    let (field, tail) = laid_out?;
    hashed.unwrap_or_else(|_| Err(std::io::Error::other("a digest could not be made")))?;
    if algorithm.hash() == HashAlgorithm::Sha256 {
        whole = covered.clone();
    }
    tail.hash_tail(&mut covered)?;
    let whole: [u8; 32] = whole.finish().try_into().unwrap_or_default();
    let signed_attributes = signed_attributes(draft, &covered.finish())?;
    Ok(Prepared {
        level: draft.level,
        certificate: Octets(certificate.der().to_vec()),
        chain: embedded_chain(&draft.chain).into_iter().map(Octets).collect(),
        algorithm,
        document_sha256: Sha256Digest(whole),
        signed_attributes: Octets(signed_attributes),
        tail,
        field,
        prepared_at: now,
        expires_at: draft.expires_at,
    })
}

/// The revision that holds the signature, its value still missing, and the name of its field; rehearsed.
fn lay_out(
    opened: &Document,
    document: &Arc<dyn ReadAt>,
    draft: &Draft,
    (now, kind): (Timestamp, KeyKind),
) -> Result<(String, Tail), PrepareError> {
    let mut update = Update::new(opened);
    let request = FieldRequest {
        placement: draft.placement.clone(),
        name: None,
        tooltip: draft.tooltip.clone(),
        content: Content::Signature {
            signed_at: now,
            name: draft.name.clone(),
            location: draft.location.clone(),
            // WHY: it must be absent beside a commitment (EN 319 142-1 §6.3), and one rule is simpler.
            reason: None,
            certify: draft.certify,
            lock: draft.lock.clone(),
        },
        contents_bytes: room(draft, kind)?,
        signer: Some(facts(draft, algorithm_of(draft, kind)?.hash())),
    };
    let field = signature_field::add(&mut update, &request)?.name;
    let tail = update.finish()?;
    rehearse_with(document, tail.clone())?;
    Ok((field, tail))
}

/// What a field's seed values may ask about.
fn facts(draft: &Draft, hash: HashAlgorithm) -> SignerFacts {
    let certificate = &draft.certificate;
    let extensions = certificate.extensions();
    let has = |number: u8| {
        let bit = KeyUsage::bit(number);
        bit.is_some_and(|bit| extensions.key_usage.is_some_and(|usage| usage.contains(bit)))
    };
    SignerFacts {
        certificate_der: certificate.der().to_vec(),
        issuers_der: draft.chain.iter().map(|issuer| issuer.der().to_vec()).collect(),
        subject: certificate.subject().texts().collect(),
        key_usage: [0, 1, 2, 3, 4, 5, 6, 7, 8].map(has),
        policies: extensions.policies.iter().map(ToString::to_string).collect(),
        hash: Some(hash),
        time_stamped: draft.level.needs_time_stamp(),
        with_revocation: draft.level >= Level::Lt,
    }
}

/// The algorithm ordered, when the key can make it.
fn algorithm_of(draft: &Draft, kind: KeyKind) -> Result<SignatureAlgorithm, KeyError> {
    match draft.algorithm {
        None => Ok(kind.default_algorithm()),
        Some(algorithm) if kind.fits(algorithm) => Ok(algorithm),
        Some(_) => Err(KeyError::Mismatch),
    }
}

/// Refuses a document in which a signature is not whole: a further one on top would cover that up.
fn check_signable(document: &Document) -> Result<(), PrepareError> {
    let view = document.latest();
    for field in view.signature_fields()? {
        match field.state {
            FieldState::Faulty(fault) => {
                return Err(PrepareError::ExistingSignature {
                    field: field.field.full_name,
                    fault,
                });
            }
            FieldState::Signed(_) | FieldState::Empty => {}
        }
    }
    Ok(())
}

fn signed_attributes(draft: &Draft, digest: &[u8]) -> Result<Vec<u8>, PrepareError> {
    let attributes = SignedAttributes {
        message_digest: digest,
        certificate: draft.certificate.der(),
        certificate_hash: HashAlgorithm::Sha256,
        claimed: &draft.claimed,
        commitment: draft.commitment,
        policy: draft.policy.as_ref(),
    };
    attributes
        .to_der()
        .map_err(|error| PrepareError::Message(error.into()))
}

/// Bytes kept for `/Contents`: the message with a value as long as they get, the token, and a quarter more.
///
/// WHY: the room is fixed before the card signs and cannot grow after. The message itself is measured, not guessed,
/// so that a long verdict or chain never costs a signature.
fn room(draft: &Draft, kind: KeyKind) -> Result<usize, PrepareError> {
    let value_bytes = match kind {
        // SEQUENCE of two INTEGERs, each with a sign octet.
        KeyKind::Ec(curve) => curve.field_bytes().saturating_mul(2).saturating_add(10),
        KeyKind::Rsa { bits } => usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX),
    };
    let algorithm = algorithm_of(draft, kind)?;
    let attributes = signed_attributes(draft, &vec![0; algorithm.hash().output_bytes()])?;
    let token = if draft.level.needs_time_stamp() {
        draft.time_stamp_bytes.unwrap_or(TIME_STAMP_BYTES)
    } else {
        0
    };
    let chain: Vec<Vec<u8>> = embedded_chain(&draft.chain);
    let skeleton = Message {
        certificate: draft.certificate.der(),
        chain: &chain,
        algorithm,
        signed_attributes: &attributes,
        signature: &vec![0; value_bytes],
        time_stamp: Some(&vec![0; token]),
    };
    let exact = skeleton.to_der()?.len();
    let with_margin = exact
        .saturating_add(exact / 4)
        .div_ceil(ROOM_STEP)
        .saturating_mul(ROOM_STEP);
    let least = if draft.level.needs_time_stamp() {
        LEAST_WITH_TIME_STAMP
    } else {
        0
    };
    Ok(with_margin.max(least))
}

/// The issuers that go into the message: all but a root, which a validator must have from elsewhere anyway.
fn embedded_chain(chain: &[Certificate]) -> Vec<Vec<u8>> {
    chain
        .iter()
        .filter(|issuer| !issuer.is_self_issued())
        .map(|issuer| issuer.der().to_vec())
        .collect()
}
