//! Signing a digest whose data stays with the caller: the message comes back, and the caller embeds it.
//!
//! For a PDF the digest is that of the bytes that `/ByteRange` names, and the message goes into `/Contents`. B-LT and
//! B-LTA stand in the document itself and are made where the document is (`zegel extend`).

use serde::{Deserialize, Serialize};

use super::attributes::{ClaimedAttribute, Commitment, SignedAttributes};
use super::build::{BuildError, Message};
use crate::ades::augment::settings::Settings;
use crate::ades::augment::stamping::Stamping;
use crate::ades::level::Level;
use crate::ades::pades::completion::CompletionError;
use crate::ades::pades::finish::FinishError;
use crate::ades::pades::stages::Octets;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{KeyError, KeyKind};
use crate::pki::certificate::Certificate;
use crate::pki::need::{Answer, Need};

/// Room to advise for a time-stamp token, in bytes.
const TIME_STAMP_BYTES: usize = 8 * 1024;

/// What is ordered.
#[derive(Clone, Debug, PartialEq)]
pub struct HashDraft {
    /// B-B or B-T.
    pub level: Level,
    /// The signer's certificate.
    pub certificate: Certificate,
    /// Its issuers as far as known.
    pub chain: Vec<Certificate>,
    /// How the device signs; without it the usual algorithm of its key. Its hash must be the digest's.
    pub algorithm: Option<SignatureAlgorithm>,
    /// The digest of the data.
    pub digest: Vec<u8>,
    /// What the signer claims.
    pub claimed: Vec<ClaimedAttribute>,
    /// What the signer commits to.
    pub commitment: Option<Commitment>,
    /// Until when a value is taken.
    pub expires_at: Timestamp,
}

/// Why a digest is not prepared for signing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The certificate is not valid at the time of signing.
    #[error("the certificate is not valid at the time of signing")]
    CertificateTime,
    /// The digest is not as long as the algorithm's hash.
    #[error("expected a digest of {expected} bytes, got {found}")]
    Digest {
        /// Bytes of the algorithm's hash.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// The key cannot be used, or not with this algorithm.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// More than B-T stands in the document, which is not here.
    #[error("{0} stands in the document itself; at most B-T can be made of a digest")]
    Level(Level),
    /// The message cannot be written.
    #[error(transparent)]
    Message(#[from] BuildError),
}

impl HashError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::CertificateTime => "ADES_CERTIFICATE_TIME",
            Self::Digest { .. } => "ADES_DIGEST_LENGTH",
            Self::Key(_) => "ADES_KEY",
            Self::Level(_) => "ADES_HASH_LEVEL",
            Self::Message(_) => "ADES_MESSAGE",
        }
    }
}

/// Signed attributes over the digest, fixed. Stateless: whoever holds it may keep it anywhere until the value is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashPrepared {
    level: Level,
    certificate: Octets,
    chain: Vec<Octets>,
    algorithm: SignatureAlgorithm,
    signed_attributes: Octets,
    expires_at: Timestamp,
}

/// Prepares `draft` at `now`.
///
/// # Errors
/// See [`HashError`].
pub fn prepare(draft: &HashDraft, now: Timestamp) -> Result<HashPrepared, HashError> {
    if draft.level > Level::T {
        return Err(HashError::Level(draft.level));
    }
    let certificate = &draft.certificate;
    if now < certificate.not_before() || now > certificate.not_after() {
        return Err(HashError::CertificateTime);
    }
    let kind = certificate.public_key()?.kind();
    let algorithm = draft.algorithm.unwrap_or(kind.default_algorithm());
    if !kind.fits(algorithm) {
        return Err(KeyError::Mismatch.into());
    }
    let (expected, found) = (algorithm.hash().output_bytes(), draft.digest.len());
    if expected != found {
        return Err(HashError::Digest { expected, found });
    }
    let attributes = SignedAttributes {
        message_digest: &draft.digest,
        certificate: certificate.der(),
        certificate_hash: HashAlgorithm::Sha256,
        claimed: &draft.claimed,
        commitment: draft.commitment,
        policy: None,
    };
    Ok(HashPrepared {
        level: draft.level,
        certificate: Octets(certificate.der().to_vec()),
        chain: draft
            .chain
            .iter()
            .filter(|issuer| !issuer.is_self_issued())
            .map(|issuer| Octets(issuer.der().to_vec()))
            .collect(),
        algorithm,
        signed_attributes: Octets(attributes.to_der().map_err(BuildError::from)?),
        expires_at: draft.expires_at,
    })
}

impl HashPrepared {
    /// The algorithm the device must use.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// What the device signs.
    pub fn to_sign(&self) -> Vec<u8> {
        self.algorithm.hash().digest(&self.signed_attributes.0)
    }

    /// Bytes to keep for the message, with room to spare: what a caller needs to know before the digest is made.
    pub fn advised_bytes(&self) -> usize {
        let certificates: usize = self.chain.iter().map(|issuer| issuer.0.len()).sum();
        let own = certificates
            .saturating_add(self.certificate.0.len())
            .saturating_add(self.signed_attributes.0.len());
        let stamp = if self.level >= Level::T {
            TIME_STAMP_BYTES
        } else {
            0
        };
        own.saturating_add(stamp)
            .saturating_mul(5)
            .saturating_div(4)
            .saturating_add(1024)
    }

    /// Takes the device's value, verified.
    ///
    /// # Errors
    /// As [`crate::ades::pades::stages::Prepared::finish`].
    pub fn finish(self, value: Vec<u8>, now: Timestamp) -> Result<HashSigned, FinishError> {
        if now >= self.expires_at {
            return Err(FinishError::Expired {
                expires_at: self.expires_at,
                at: now,
            });
        }
        let certificate = Certificate::parse(self.certificate.0.clone())?;
        let key = certificate.public_key()?;
        key.verify_digest(self.algorithm, &self.to_sign(), &value)?;
        Ok(HashSigned {
            prepared: self,
            signature: Octets(value),
            asked: None,
            token: None,
        })
    }
}

/// What [`HashSigned::step`] wants or gives.
#[derive(Debug)]
pub enum HashStep {
    /// The message, DER.
    Done(Vec<u8>),
    /// Give it this, by [`HashSigned::answer`].
    Need(Need),
}

/// A value that verifies, on its way to a message.
pub struct HashSigned {
    prepared: HashPrepared,
    signature: Octets,
    asked: Option<Stamping>,
    token: Option<Octets>,
}

impl HashSigned {
    /// What is needed next, or the message.
    ///
    /// # Errors
    /// `TimeStamp` when no service gave a token: a message below its level is not given out.
    pub fn step(&mut self, settings: &Settings) -> Result<HashStep, CompletionError> {
        if self.prepared.level >= Level::T && self.token.is_none() {
            let imprint = HashAlgorithm::Sha256.digest(&self.signature.0);
            let stamping = self
                .asked
                .get_or_insert_with(|| Stamping::new(HashAlgorithm::Sha256, &imprint, settings));
            let need = stamping.need(settings);
            return need.map(HashStep::Need).map_err(|failures| {
                self.asked = None;
                CompletionError::TimeStamp(failures)
            });
        }
        let prepared = &self.prepared;
        let chain: Vec<Vec<u8>> = prepared.chain.iter().map(|issuer| issuer.0.clone()).collect();
        let message = Message {
            certificate: &prepared.certificate.0,
            chain: &chain,
            algorithm: prepared.algorithm,
            signed_attributes: &prepared.signed_attributes.0,
            signature: &self.signature.0,
            time_stamp: self.token.as_ref().map(|token| token.0.as_slice()),
        };
        let der = message
            .to_der()
            .map_err(|error| CompletionError::Embed(error.into()))?;
        Ok(HashStep::Done(der))
    }

    /// Takes the answer to the need of the last [`Self::step`].
    pub fn answer(&mut self, answer: Answer, settings: &Settings, now: Timestamp) {
        let stamping = self.asked.as_mut();
        if let Some(token) = stamping.and_then(|stamping| stamping.answer(answer, settings, now)) {
            self.token = Some(Octets(token.der().to_vec()));
        }
    }
}

/// The usual hash of a key: that of the digest to hand in.
pub const fn usual_hash(kind: KeyKind) -> HashAlgorithm {
    kind.default_algorithm().hash()
}
