//! The stages of a signature as values that can be stored between steps: prepared, signed, completed.
//!
//! The card is far away and the time-stamp service may be down: each stage carries all that the next one needs,
//! besides the document itself, and nothing is ever computed twice.

use serde::{Deserialize, Serialize};

use crate::ades::level::Level;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;

/// Bytes that are written as base64 in JSON.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Octets(pub Vec<u8>);

impl std::fmt::Debug for Octets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Octets({} bytes)", self.0.len())
    }
}

impl From<Octets> for String {
    fn from(value: Octets) -> Self {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(value.0)
    }
}

impl TryFrom<String> for Octets {
    type Error = base64::DecodeError;
    fn try_from(value: String) -> Result<Self, Self::Error> {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(value).map(Self)
    }
}

/// A signature whose bytes are all fixed but for the value: what the device signs is [`Self::digest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    pub(super) level: Level,
    pub(super) certificate: Octets,
    pub(super) chain: Vec<Octets>,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) document_sha256: Sha256Digest,
    pub(super) document_length: u64,
    pub(super) signed_attributes: Octets,
    pub(super) tail: Octets,
    pub(super) contents_offset: u64,
    pub(super) contents_length: u64,
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
        self.document_length
    }

    /// Name of the signature field.
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
