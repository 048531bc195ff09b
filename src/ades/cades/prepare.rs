//! From a draft to a prepared signature: on new content, beside other signers, or on another's signature.

use std::io;

use super::counter::{self, SignerPath};
use super::signed_attributes;
use super::stages::{Draft, Packaging, Prepared};
use crate::ades::augment::octets::Octets;
use crate::ades::cms::envelope::Envelope;
use crate::ades::cms::oids;
use crate::ades::cms::open::Message;
use crate::ades::cms::read::SignerInfo;
use crate::ades::content::Content;
use crate::ades::level::Level;
use crate::ades::signature_name::SignatureName;
use crate::asn1::oid::OidError;
use crate::asn1::read::{self, Rules};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::KeyError;

/// Why content or a message cannot be prepared for this signature.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
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
    /// The content is not at hand: an attached signature needs its bytes, any other a digest made with the signature's
    /// hash.
    #[error("the content is not there, or not under the hash that the signature needs")]
    Content,
    /// The content cannot be read.
    #[error("the content could not be read")]
    Io(#[from] io::Error),
    /// The signer's key cannot be used, or not with the algorithm ordered.
    #[error("the signer's key cannot be used")]
    Key(#[from] KeyError),
    /// The message to add a signature to is not of data, or cannot be read.
    #[error("a signature cannot be added to this message: {0}")]
    Message(String),
    /// An object identifier in the draft is none.
    #[error(transparent)]
    Oid(#[from] OidError),
    /// An archive time-stamp covers what would change.
    #[error("an archive time-stamp already in the message would no longer hold")]
    WouldNotHold,
}

impl PrepareError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::CertificateTime { .. } => "ADES_CERTIFICATE_TIME",
            Self::Content => "ADES_CONTENT",
            Self::Io(_) => "ADES_IO",
            Self::Key(_) => "ADES_KEY",
            Self::Message(_) | Self::Oid(_) => "ADES_MESSAGE",
            Self::WouldNotHold => "ADES_WOULD_NOT_HOLD",
        }
    }
}

/// Prepares a new message over `content`.
///
/// # Errors
/// See [`PrepareError`].
pub fn prepare(content: &Content, draft: &Draft, now: Timestamp) -> Result<Prepared, PrepareError> {
    let attached = match draft.packaging {
        Packaging::Attached => Some(content.bytes().ok_or(PrepareError::Content)?.len()),
        Packaging::Detached => None,
    };
    over_content(Envelope::new(attached)?, content, draft, now)
}

/// Prepares a signature beside those of `message`.
///
/// `detached`: the content, when the message does not carry it.
///
/// # Errors
/// See [`PrepareError`].
pub fn prepare_parallel(
    message: &Message,
    detached: Option<&Content>,
    draft: &Draft,
    now: Timestamp,
) -> Result<Prepared, PrepareError> {
    let content_type = read::single(message.envelope.content_type(), Rules::Ber)
        .and_then(|oid| oid.oid())
        .map_err(|error| PrepareError::Message(error.to_string()))?;
    if content_type.to_string() != oids::DATA {
        return Err(PrepareError::Message(format!("its content is {content_type}")));
    }
    let own = message.content.clone().map(Content::Bytes);
    let content = own.as_ref().or(detached).ok_or(PrepareError::Content)?;
    over_content(message.envelope.clone(), content, draft, now)
}

/// Prepares a counter-signature on the signature `name` of `message`.
///
/// # Errors
/// `Message` when there is no such signature, or an archive time-stamp is ordered in it; `WouldNotHold` when an archive
/// time-stamp covers the signature that is countersigned; see [`PrepareError`].
pub fn prepare_counter(
    message: &Message,
    name: &SignatureName,
    draft: &Draft,
    now: Timestamp,
) -> Result<Prepared, PrepareError> {
    let known = counter::all(&message.envelope);
    if !name.takes_counter(known.iter().map(|one| &one.name)) {
        let why = "it has as many counter-signatures as are judged";
        return Err(PrepareError::Message(why.to_owned()));
    }
    let named = known
        .into_iter()
        .find(|one| one.name == *name)
        .ok_or_else(|| PrepareError::Message(format!("it has no {name}")))?;
    if draft.level > Level::Lt {
        let why = "an archive time-stamp belongs to the signature that is countersigned";
        return Err(PrepareError::Message(why.to_owned()));
    }
    let told = |error: &dyn std::fmt::Display| PrepareError::Message(error.to_string());
    if named.is_archived {
        return Err(PrepareError::WouldNotHold);
    }
    let whole = named.parts.to_bytes();
    let element = read::single(&whole, Rules::Ber).map_err(|error| told(&error))?;
    let signed = SignerInfo::parse(&element).map_err(|error| told(&error))?;
    let algorithm = algorithm_of(draft, now)?;
    let digest = algorithm.hash().digest(&signed.signature);
    made(
        message.envelope.clone(),
        (digest, Some(named.path)),
        algorithm,
        draft,
        now,
    )
}

fn over_content(
    envelope: Envelope,
    content: &Content,
    draft: &Draft,
    now: Timestamp,
) -> Result<Prepared, PrepareError> {
    let algorithm = algorithm_of(draft, now)?;
    let digest = content.digest(algorithm.hash())?.ok_or(PrepareError::Content)?;
    made(envelope, (digest, None), algorithm, draft, now)
}

fn algorithm_of(draft: &Draft, now: Timestamp) -> Result<SignatureAlgorithm, PrepareError> {
    let certificate = &draft.certificate;
    if now < certificate.not_before() || now > certificate.not_after() {
        return Err(PrepareError::CertificateTime {
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            at: now,
        });
    }
    let kind = certificate.public_key()?.kind();
    let algorithm = draft.algorithm.unwrap_or_else(|| kind.default_algorithm());
    if kind.fits(algorithm) {
        Ok(algorithm)
    } else {
        Err(KeyError::Mismatch.into())
    }
}

fn made(
    envelope: Envelope,
    (digest, countersigned): (Vec<u8>, Option<SignerPath>),
    algorithm: SignatureAlgorithm,
    draft: &Draft,
    now: Timestamp,
) -> Result<Prepared, PrepareError> {
    let attributes = signed_attributes::encode(draft, &digest, now, countersigned.is_some())?;
    let chain = draft
        .chain
        .iter()
        .filter(|issuer| !issuer.is_self_issued())
        .map(|issuer| Octets(issuer.der().to_vec()))
        .collect();
    Ok(Prepared {
        level: draft.level,
        certificate: Octets(draft.certificate.der().to_vec()),
        chain,
        algorithm,
        signed_attributes: Octets(attributes),
        content_digest: Octets(digest),
        envelope,
        countersigned,
        prepared_at: now,
        expires_at: draft.expires_at,
    })
}
