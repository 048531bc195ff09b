//! The signature policy among the attributes. EN 319 122-1 §5.2.9 and §5.2.10.

use super::oids;
use crate::ades::statement::{PolicyIdentifier, SignaturePolicy};
use crate::asn1::oid::{Oid, OidError};
use crate::asn1::read::{self, Asn1Error, Element, Rules};
use crate::asn1::write::{self, tag};
use crate::base::digest::HashAlgorithm;
use crate::crypto::algorithm;

/// `SignaturePolicyId`. EN 319 122-1 §5.2.9.1.
///
/// # Errors
/// When the policy is not named by an object identifier.
pub(super) fn identifier(policy: &SignaturePolicy) -> Result<Vec<u8>, OidError> {
    let PolicyIdentifier::Oid(oid) = &policy.identifier else {
        return Err(OidError);
    };
    let hash = write::sequence(&[
        &algorithm::hash_identifier(policy.hash),
        &write::octet_string(&policy.digest),
    ]);
    let qualifiers = match &policy.uri {
        Some(uri) => write::sequence(&[&write::sequence(&[
            &write::oid(&oids::POLICY_URI.parse()?),
            &write::element(tag::IA5_STRING, uri.as_bytes()),
        ])]),
        None => Vec::new(),
    };
    Ok(write::sequence(&[&write::oid(&oid.parse()?), &hash, &qualifiers]))
}

/// A policy as a signature of somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPolicy {
    /// What names it.
    pub oid: Oid,
    /// Hash of [`Self::digest`]; none when there is none, or it is not known here.
    pub hash: Option<HashAlgorithm>,
    /// Digest of the policy's document; empty when there is none.
    pub digest: Vec<u8>,
    /// Where the document is to be had, by its first qualifier of that kind.
    pub uri: Option<String>,
}

impl NamedPolicy {
    /// Reads the value of signature-policy-identifier; none when it says that the policy is implied.
    ///
    /// # Errors
    /// Its encoding.
    pub fn parse(value: &[u8]) -> Result<Option<Self>, Asn1Error> {
        let value = read::single(value, Rules::Ber)?;
        if value.tag() == tag::NULL {
            return Ok(None);
        }
        let mut parts = value.inside()?;
        let mut policy = Self {
            oid: parts.expect(tag::OID)?.oid()?,
            hash: None,
            digest: Vec::new(),
            uri: None,
        };
        // The digest and the qualifiers are optional sequences both: what they hold tells them apart.
        let mut next = parts.optional(tag::SEQUENCE)?;
        if let Some((identifier, digest)) = next.as_ref().and_then(digest_in) {
            policy.hash = algorithm::hash_from_identifier(&identifier);
            policy.digest = digest;
            next = parts.optional(tag::SEQUENCE)?;
        }
        if let Some(qualifiers) = next {
            let mut list = qualifiers.inside()?;
            while let Some(qualifier) = list.next()? {
                let mut parts = qualifier.inside()?;
                let is_uri = parts.any()?.oid()?.to_string() == oids::POLICY_URI;
                if let Some(text) = parts.next()?.filter(|_| is_uri && policy.uri.is_none()) {
                    policy.uri = Some(text.text()?.to_owned());
                }
            }
        }
        parts.finish()?;
        Ok(Some(policy))
    }
}

/// The algorithm, whole, and the digest of a `SigPolicyHash`; none for another sequence.
fn digest_in(element: &Element<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut parts = element.inside().ok()?;
    let identifier = parts.expect(tag::SEQUENCE).ok()?;
    let digest = parts.any().ok()?.octets().ok()?;
    parts.finish().ok()?;
    Some((identifier.whole().to_vec(), digest.into_owned()))
}

/// The document in the value of signature-policy-store; none when only a place is named there.
///
/// # Errors
/// Its encoding.
pub fn stored_document(value: &[u8]) -> Result<Option<Vec<u8>>, Asn1Error> {
    let mut parts = read::single(value, Rules::Ber)?.inside()?;
    parts.any()?;
    let document = parts.any()?;
    parts.finish()?;
    match document.tag() {
        tag::OCTET_STRING => Ok(Some(document.octets()?.into_owned())),
        _ => Ok(None),
    }
}

/// The digest that a CMS signature states of the policy's `document`: of one in ASN.1 as its specification says, of any
/// other of its octets. EN 319 122-1 §5.2.9.1.
pub fn document_digest(hash: HashAlgorithm, document: &[u8]) -> Vec<u8> {
    asn1_digest(hash, document).unwrap_or_else(|| hash.digest(document))
}

/// The digest of a policy in ASN.1: without the outer type and length, and without the digest that it may end with, which
/// cannot be over itself. None for what is no ASN.1; one that nothing has for a policy that states another of itself.
///
/// Source: EN 319 122-1 §5.2.9.1; ETSI TR 102 272 §5.2: `SignaturePolicy ::= SEQUENCE { signPolicyHashAlg,
/// signPolicyInfo, signPolicyHash OPTIONAL }`.
pub fn asn1_digest(hash: HashAlgorithm, document: &[u8]) -> Option<Vec<u8>> {
    let whole = read::single(document, Rules::Ber).ok()?;
    if whole.tag() != tag::SEQUENCE {
        return None;
    }
    let parts = || -> Result<(Vec<u8>, Option<Vec<u8>>), read::Asn1Error> {
        let mut parts = whole.inside()?;
        let algorithm = parts.expect(tag::SEQUENCE)?;
        algorithm.inside()?.any()?.oid()?;
        let info = parts.expect(tag::SEQUENCE)?;
        let own = parts.optional(tag::OCTET_STRING)?;
        parts.finish()?;
        let own = own.map(|own| own.octets().map(std::borrow::Cow::into_owned));
        Ok(([algorithm.whole(), info.whole()].concat(), own.transpose()?))
    };
    Some(match parts() {
        Ok((octets, own)) => {
            let digest = hash.digest(&octets);
            match own {
                Some(own) if own != digest => Vec::new(),
                _ => digest,
            }
        }
        Err(_) => hash.digest(whole.content()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_and_what_others_write_is_read() {
        let oid: Oid = "2.16.56.13.6.1".parse().unwrap();
        let stated = |hash, digest: &[u8], uri: Option<&str>| NamedPolicy {
            oid: oid.clone(),
            hash,
            digest: digest.to_vec(),
            uri: uri.map(str::to_owned),
        };
        let own = identifier(&SignaturePolicy {
            identifier: PolicyIdentifier::Oid(oid.to_string()),
            hash: HashAlgorithm::Sha384,
            digest: vec![7; 48],
            uri: Some("https://beleid.test/1".to_owned()),
        });
        let hash = Some(HashAlgorithm::Sha384);
        let full = stated(hash, &[7; 48], Some("https://beleid.test/1"));
        assert_eq!(NamedPolicy::parse(&own.unwrap()), Ok(Some(full)));
        let name = write::oid(&oid);
        let qualifier = |kind: &str, text: &str| {
            write::sequence(&[&write::oid(&kind.parse().unwrap()), &write::utf8(text)])
        };
        let notice = qualifier("1.2.840.113549.1.9.16.5.2", "TEST");
        let uri = qualifier(oids::POLICY_URI, "https://beleid.test/2");
        let unknown = write::sequence(&[&write::oid(&"1.2.3".parse().unwrap())]);
        let unknown = write::sequence(&[&unknown, &write::octet_string(&[1; 9])]);
        for (value, read) in [
            (write::null(), Ok(None)),
            (write::sequence(&[&name]), Ok(Some(stated(None, &[], None)))),
            (
                write::sequence(&[&name, &write::sequence(&[&notice, &uri])]),
                Ok(Some(stated(None, &[], Some("https://beleid.test/2")))),
            ),
            (
                write::sequence(&[&name, &unknown]),
                Ok(Some(stated(None, &[1; 9], None))),
            ),
        ] {
            assert_eq!(NamedPolicy::parse(&value), read);
        }
        for value in [
            write::utf8("x"),
            write::sequence(&[]),
            write::sequence(&[&name, &name]),
        ] {
            assert!(NamedPolicy::parse(&value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn the_document_in_a_store_is_read_and_a_place_is_not_followed() {
        let language = write::oid(&"0.4.0.19122.2.1".parse().unwrap());
        let store = |document: &[u8]| write::sequence(&[&language, document]);
        let document = store(&write::octet_string(b"TEST"));
        assert_eq!(stored_document(&document), Ok(Some(b"TEST".to_vec())));
        assert_eq!(stored_document(&store(&write::utf8("file:///x"))), Ok(None));
        assert!(stored_document(&write::sequence(&[&language])).is_err());
    }
}
