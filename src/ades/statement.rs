//! What a signer may state beside the content, the same in every format.

use serde::{Deserialize, Serialize};

use crate::base::digest::HashAlgorithm;

/// Where the signature was made, as the signer says. EN 319 122-1 §5.2.5, TS 119 182-1 §5.2.4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The country, two letters or a name.
    pub country: Option<String>,
    /// The municipality.
    pub locality: Option<String>,
}

/// A signature policy by its identifier and the digest of its document. EN 319 122-1 §5.2.9, TS 119 182-1 §5.2.7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignaturePolicy {
    /// Object identifier, dotted.
    pub oid: String,
    /// Hash of [`Self::digest`].
    pub hash: HashAlgorithm,
    /// Digest of the policy document.
    pub digest: Vec<u8>,
    /// Where the document is to be had.
    pub uri: Option<String>,
}
