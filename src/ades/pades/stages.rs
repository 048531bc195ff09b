//! The stages of a signature as values that can be stored between steps: ordered, prepared, signed, completed.
//!
//! The card is far away and the time-stamp service may be down: each stage carries all that the next one needs,
//! besides the document itself, and nothing is ever computed twice.

use serde::{Deserialize, Serialize};

pub use crate::ades::augment::octets::Octets;
use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::level::Level;
use crate::ades::statement::SignaturePolicy;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::pdf::dss::Evidence;
use crate::pdf::permission::{Certification, Lock};
use crate::pdf::signature_field::Placement;
use crate::pdf::update::Tail;
use crate::pki::certificate::{Certificate, CertificateError};

/// What is ordered: who signs, how it shows, and which level the result must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The level the delivered file must show.
    pub level: Level,
    /// The signer's certificate.
    pub certificate: Certificate,
    /// Its issuers as far as known, the root not needed.
    pub chain: Vec<Certificate>,
    /// How the device signs; without it the usual algorithm of its key.
    pub algorithm: Option<SignatureAlgorithm>,
    /// Where the signature goes and how it shows.
    pub placement: Placement,
    /// What a screen reader says of the field.
    pub tooltip: Option<String>,
    /// The signer's name for the signature dictionary.
    pub name: Option<String>,
    /// The place for the signature dictionary.
    pub location: Option<String>,
    /// What the signer claims in the signed attributes, the verdict of authority among it.
    pub claimed: Vec<ClaimedAttribute>,
    /// What the signer commits to.
    pub commitment: Option<Commitment>,
    /// Under which policy the signer signs.
    pub policy: Option<SignaturePolicy>,
    /// Certifies the document: what may still change afterwards. Only its first signature can.
    pub certify: Option<Certification>,
    /// Which fields of the form nobody may change afterwards.
    pub lock: Option<Lock>,
    /// Size of the last token that the time-stamp service gave, when known: it sizes the room for the next one.
    pub time_stamp_bytes: Option<usize>,
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
    pub(super) document_sha256: Sha256Digest,
    pub(super) signed_attributes: Octets,
    pub(super) tail: Tail,
    pub(super) field: String,
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

    /// The hash of [`Self::digest`].
    pub const fn hash_algorithm(&self) -> HashAlgorithm {
        self.algorithm.hash()
    }

    /// The algorithm the device must use.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// SHA-256 of the document this belongs to, before the signature's own revision.
    pub const fn document_sha256(&self) -> &Sha256Digest {
        &self.document_sha256
    }

    /// Length of that document in bytes.
    pub const fn document_length(&self) -> u64 {
        self.tail.base_length
    }

    /// Full name of the signature field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// When it was prepared.
    pub const fn prepared_at(&self) -> Timestamp {
        self.prepared_at
    }

    /// From when on a value is no longer taken.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// A signature that has its value, and all that was gathered for it since.
///
/// The signer is needed no more: whatever service is down, this can be stored and completed later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    pub(super) prepared: Prepared,
    pub(super) signature: Octets,
    pub(super) signed_at: Timestamp,
    pub(super) time_stamp: Option<Octets>,
    pub(super) material: Option<Material>,
    pub(super) archive: Option<Archive>,
    pub(super) archive_material: Option<Material>,
}

/// Certificates and revocation answers gathered for one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Material {
    pub(super) certificates: Vec<Octets>,
    pub(super) ocsp_responses: Vec<Octets>,
    pub(super) crls: Vec<Octets>,
    pub(super) gathered_at: Timestamp,
}

impl Material {
    pub(super) fn of(store: &Evidence, gathered_at: Timestamp) -> Self {
        let octets = |items: &[Vec<u8>]| items.iter().cloned().map(Octets).collect();
        Self {
            certificates: octets(&store.certificates),
            ocsp_responses: octets(&store.ocsp_responses),
            crls: octets(&store.crls),
            gathered_at,
        }
    }

    pub(super) fn to_evidence(&self) -> Evidence {
        let bytes = |items: &[Octets]| items.iter().map(|item| item.0.clone()).collect();
        Evidence {
            certificates: bytes(&self.certificates),
            ocsp_responses: bytes(&self.ocsp_responses),
            crls: bytes(&self.crls),
        }
    }
}

/// The document time-stamp: its prepared revision, and the token once it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Archive {
    pub(super) tail: Tail,
    pub(super) token: Option<Octets>,
}

impl Signed {
    /// The prepared stage it came from.
    pub const fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// When the value was taken.
    pub const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Whether the time-stamp over the value is there: from then on nothing can be lost by waiting.
    pub const fn has_time_stamp(&self) -> bool {
        self.time_stamp.is_some()
    }
}

/// A signature at the level ordered, as bytes to append to the document one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// The level that the file shows, read back.
    pub level: Level,
    /// Full name of the signature field.
    pub field: String,
    /// SHA-256 of the document before.
    pub document_sha256: Sha256Digest,
    /// What to append, each a revision, in this order.
    pub tails: Vec<Octets>,
    /// Size of the signature's time-stamp token: hand it in with the next draft for the same service.
    pub time_stamp_bytes: Option<usize>,
}
