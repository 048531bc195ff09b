//! What a signer may state beside the content, the same in every format.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::asn1::oid::Oid;
use crate::base::digest::HashAlgorithm;

/// Where the signature was made, as the signer says. EN 319 122-1 §5.2.5, TS 119 182-1 §5.2.4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The country, two letters or a name.
    pub country: Option<String>,
    /// The municipality.
    pub locality: Option<String>,
}

/// What names a signature policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyIdentifier {
    /// An object identifier, dotted. CMS, and so PDF, knows no other name.
    Oid(String),
    /// A URI.
    Uri(String),
}

impl PolicyIdentifier {
    /// The name as XML and JSON write it: an object identifier becomes a URN. RFC 3061.
    pub fn to_uri(&self) -> String {
        match self {
            Self::Oid(oid) => format!("urn:oid:{oid}"),
            Self::Uri(uri) => uri.clone(),
        }
    }
}

impl FromStr for PolicyIdentifier {
    type Err = &'static str;

    /// Dotted digits, alone or behind `urn:oid:`, are an object identifier; anything else with a scheme is a URI.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let dotted = text.strip_prefix("urn:oid:").unwrap_or(text);
        if dotted.parse::<Oid>().is_ok() {
            return Ok(Self::Oid(dotted.to_owned()));
        }
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        match text.split_once(':') {
            // RFC 3986 §3.1.
            Some((scheme, rest))
                if is_plain
                    && !rest.is_empty()
                    && dotted == text
                    && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                    && scheme
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) =>
            {
                Ok(Self::Uri(text.to_owned()))
            }
            _ => Err("expected an object identifier, 1.2.3.4, or a URI"),
        }
    }
}

/// A signature policy by its identifier and the digest of its document, the same in every format.
///
/// Source: EN 319 122-1 §5.2.9, EN 319 132-1 §5.2.9, TS 119 182-1 §5.2.7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignaturePolicy {
    /// What names it.
    pub identifier: PolicyIdentifier,
    /// Hash of [`Self::digest`].
    pub hash: HashAlgorithm,
    /// Digest of the policy document.
    pub digest: Vec<u8>,
    /// Where the document is to be had.
    pub uri: Option<String>,
}
