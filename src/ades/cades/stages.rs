//! The stages of a CAdES signature as values that can be stored between steps.

use serde::{Deserialize, Serialize};

use super::counter::{SignerPath, innermost, with_innermost};
use crate::ades::augment::machine::Progress;
use crate::ades::augment::octets::Octets;
use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::cms::build::issuer_and_serial;
use crate::ades::cms::envelope::Envelope;
use crate::ades::cms::oids;
use crate::ades::cms::parts::SignerParts;
use crate::ades::level::Level;
use crate::ades::pades::finish::FinishError;
use crate::ades::statement::{Place, SignaturePolicy};
use crate::asn1::oid::OidError;
use crate::asn1::read::{self, Asn1Error, Rules};
use crate::asn1::write::{self, tag};
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::{SignatureAlgorithm, hash_identifier};
use crate::pki::certificate::{Certificate, CertificateError};

/// Whether the message carries the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packaging {
    /// It does.
    Attached,
    /// The content stays beside it.
    Detached,
}

/// What is ordered: who signs what, and which level the result must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The level the delivered message must show for this signature.
    pub level: Level,
    /// Whether a new message carries the content. A further signature keeps what the message has.
    pub packaging: Packaging,
    /// The signer's certificate.
    pub certificate: Certificate,
    /// Its issuers as far as known, the root not needed.
    pub chain: Vec<Certificate>,
    /// How the device signs; without it what the key signs with by default.
    pub algorithm: Option<SignatureAlgorithm>,
    /// What the signer claims in the signed attributes, the verdict of authority among it.
    pub claimed: Vec<ClaimedAttribute>,
    /// What the signer commits to.
    pub commitment: Option<Commitment>,
    /// Where it is signed.
    pub place: Option<Place>,
    /// The policy the signature keeps to.
    pub policy: Option<SignaturePolicy>,
    /// Media type of the content.
    pub mime_type: Option<String>,
    /// The content in words, for content-hints.
    pub description: Option<String>,
    /// Until when a signature value is taken.
    pub expires_at: Timestamp,
}

/// A signature whose bytes are all fixed but for the value: what the device signs is [`Self::digest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    pub(super) level: Level,
    pub(super) certificate: Octets,
    pub(super) chain: Vec<Octets>,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) signed_attributes: Octets,
    pub(super) content_digest: Octets,
    /// The message as it was before.
    pub(super) envelope: Envelope,
    /// The signature that is countersigned, when this is a counter-signature.
    pub(super) countersigned: Option<SignerPath>,
    pub(super) prepared_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Prepared {
    /// The level ordered.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The signer's certificate, DER. The device must hold its key.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate.0
    }

    /// The same, read.
    ///
    /// # Errors
    /// When a stored stage was changed so that it no longer reads.
    pub fn certificate(&self) -> Result<Certificate, CertificateError> {
        Certificate::parse(self.certificate.0.clone())
    }

    /// What the device signs: the digest of the signed attributes by [`Self::hash_algorithm`].
    pub fn digest(&self) -> Vec<u8> {
        self.algorithm.hash().digest(&self.signed_attributes.0)
    }

    /// The hash of [`Self::digest`], and of the content.
    pub const fn hash_algorithm(&self) -> HashAlgorithm {
        self.algorithm.hash()
    }

    /// The algorithm the device must use.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Digest of the content by [`Self::hash_algorithm`]; for a counter-signature, of the value countersigned.
    pub fn content_digest(&self) -> &[u8] {
        &self.content_digest.0
    }

    /// When it was prepared: the signing time stated.
    pub const fn prepared_at(&self) -> Timestamp {
        self.prepared_at
    }

    /// From when on a value is no longer taken.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The signed stage with `value`, which must be what the device made of [`Self::digest`].
    ///
    /// `value`: DER for EC, octets of the modulus length for RSA.
    ///
    /// # Errors
    /// `Value` when it does not verify under the certificate prepared for: a swapped card or a raw r‖s never reaches
    /// the message. `Expired` after its time; `Message` when a stored stage was changed so that it no longer reads.
    pub fn finish(self, value: &[u8], now: Timestamp) -> Result<Signed, FinishProblem> {
        if now >= self.expires_at {
            return Err(FinishError::Expired {
                expires_at: self.expires_at,
                at: now,
            }
            .into());
        }
        let certificate = self.certificate().map_err(FinishError::from)?;
        certificate
            .public_key()
            .and_then(|key| key.verify_digest(self.algorithm, &self.digest(), value))
            .map_err(FinishError::from)?;
        let signer = self.signer_info(value)?;
        let mut envelope = self.envelope;
        let path = match self.countersigned {
            None => {
                let mut certificates = vec![self.certificate.0];
                certificates.extend(self.chain.into_iter().map(|issuer| issuer.0));
                SignerPath {
                    signer: envelope.add_signer(signer, &certificates)?,
                    counters: Vec::new(),
                }
            }
            Some(mut path) => {
                let outer = SignerParts::parse(envelope.signer(path.signer).unwrap_or_default())?;
                let mut parts = innermost(&outer, &path.counters)?.ok_or(Asn1Error::Truncated(0))?;
                parts.add(oids::COUNTER_SIGNATURE, &signer)?;
                let changed = with_innermost(&outer, &path.counters, parts)?;
                envelope.set_signer(path.signer, changed.to_bytes());
                envelope.list_digest(&signer)?;
                let mut certificates = vec![self.certificate.0];
                certificates.extend(self.chain.into_iter().map(|issuer| issuer.0));
                envelope.add_material(&certificates, &[], &[])?;
                path.counters.push(Octets(SignerParts::parse(&signer)?.covered()));
                path
            }
        };
        Ok(Signed {
            envelope,
            path,
            progress: Progress::to(self.level),
        })
    }

    fn signer_info(&self, value: &[u8]) -> Result<Vec<u8>, FinishProblem> {
        let (issuer, serial) = issuer_and_serial(&self.certificate.0)?;
        let attributes = read::single(&self.signed_attributes.0, Rules::Der)?;
        Ok(write::sequence(&[
            // Version 1, since the signer is named by issuer and serial number (RFC 5652 §5.3).
            &write::integer(1),
            &write::sequence(&[issuer, serial]),
            &hash_identifier(self.algorithm.hash()),
            &write::element(tag::context_constructed(0), attributes.content()),
            &self.algorithm.algorithm_identifier(),
            &write::octet_string(value),
        ]))
    }
}

/// Why a signature value was not taken.
#[derive(Debug, thiserror::Error)]
pub enum FinishProblem {
    /// The value, its time or the certificate.
    #[error(transparent)]
    Finish(#[from] FinishError),
    /// The stored message cannot be read.
    #[error("the stored message cannot be read: {0}")]
    Message(#[from] Asn1Error),
    /// A constant is no object identifier.
    #[error(transparent)]
    Oid(#[from] OidError),
}

impl FinishProblem {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Finish(error) => error.cause(),
            Self::Message(_) | Self::Oid(_) => "ADES_MESSAGE",
        }
    }
}

/// A signature that has its value, in its message, with all that was gathered for it since.
///
/// The signer is needed no more: whatever service is down, this can be stored and completed later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    pub(super) envelope: Envelope,
    pub(super) path: SignerPath,
    pub(super) progress: Progress,
}

impl Signed {
    /// The message as far as it got.
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Which signature of it is completed.
    pub const fn path(&self) -> &SignerPath {
        &self.path
    }

    /// The level ordered.
    pub const fn level(&self) -> Level {
        self.progress.level
    }
}
