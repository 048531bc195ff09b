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

/// What a URN of an object identifier begins with. RFC 3061.
const OID_URN: &str = "urn:oid:";

impl PolicyIdentifier {
    /// The name as it is shown and compared: an object identifier stays dotted.
    pub fn name(&self) -> &str {
        match self {
            Self::Oid(name) | Self::Uri(name) => name,
        }
    }

    /// The name as XML and JSON write it: an object identifier becomes a URN. RFC 3061.
    pub fn to_uri(&self) -> String {
        match self {
            Self::Oid(oid) => format!("{OID_URN}{oid}"),
            Self::Uri(uri) => uri.clone(),
        }
    }
}

impl FromStr for PolicyIdentifier {
    type Err = &'static str;

    /// Dotted digits, alone or behind `urn:oid:` in whatever case (RFC 8141 §3.1, RFC 3061), are an object identifier;
    /// anything else with a scheme is a URI.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let dotted = match text.split_at_checked(OID_URN.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(OID_URN) => rest,
            _ => text,
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_identifier_is_one_however_its_urn_is_written() {
        let oid = Ok(PolicyIdentifier::Oid("2.16.56.13".to_owned()));
        for text in [
            "2.16.56.13",
            "urn:oid:2.16.56.13",
            "URN:OID:2.16.56.13",
            "Urn:oid:2.16.56.13",
        ] {
            assert_eq!(text.parse(), oid, "{text}");
        }
        for text in [
            "urn:oid:besluit",
            "URN:OID:",
            "besluit",
            "9.9",
            "é:oid:1.2",
            "urn:",
        ] {
            assert!(text.parse::<PolicyIdentifier>().is_err(), "{text}");
        }
        let uri = "https://beleid.test/1";
        assert_eq!(uri.parse(), Ok(PolicyIdentifier::Uri(uri.to_owned())));
    }
}
