//! Signed attributes of a PAdES signature: what is written, and what is read back of them.

use super::{oids, policy};
use crate::ades::statement::SignaturePolicy;
use crate::asn1::oid::{Oid, OidError};
use crate::asn1::read::{self, Asn1Error, Element, Rules};
use crate::asn1::write::{self, tag};
use crate::base::digest::HashAlgorithm;
use crate::crypto::algorithm;
use crate::pki::name_constraints::GeneralName;

/// What the signer commits to. EN 319 122-1 §5.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the standard's own names")]
pub enum Commitment {
    /// The signer approves the content: an officer who signs a decision.
    ProofOfApproval,
    /// The signer made the content.
    ProofOfCreation,
    /// The signer recognises having made, approved and sent it: an officer who attests a copy.
    ProofOfOrigin,
    /// The signer received the content: an authority that acknowledges what came in.
    ProofOfReceipt,
}

impl Commitment {
    /// Its object identifier, dotted.
    pub const fn oid(self) -> &'static str {
        match self {
            Self::ProofOfApproval => "1.2.840.113549.1.9.16.6.5",
            Self::ProofOfCreation => "1.2.840.113549.1.9.16.6.6",
            Self::ProofOfOrigin => "1.2.840.113549.1.9.16.6.1",
            Self::ProofOfReceipt => "1.2.840.113549.1.9.16.6.2",
        }
    }

    /// Its name, the last part of its URI.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProofOfApproval => "ProofOfApproval",
            Self::ProofOfCreation => "ProofOfCreation",
            Self::ProofOfOrigin => "ProofOfOrigin",
            Self::ProofOfReceipt => "ProofOfReceipt",
        }
    }
}

/// An attribute the signer claims, with one value of text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClaimedAttribute {
    /// Its type, as dotted text.
    pub oid: String,
    /// Its value, written as UTF8String.
    pub text: String,
}

impl ClaimedAttribute {
    /// The verdict of authority `jws`, a compact JWS.
    pub fn verdict(jws: String) -> Self {
        Self {
            oid: crate::ades::VERDICT_OID.to_owned(),
            text: jws,
        }
    }

    /// The role `name` in words.
    pub fn role(name: String) -> Self {
        Self {
            oid: oids::NAME.to_owned(),
            text: name,
        }
    }

    /// Whether it is a role in words.
    pub fn is_role(&self) -> bool {
        self.oid == oids::NAME
    }
}

/// What goes into the signed attributes.
#[derive(Clone, Copy, Debug)]
pub struct SignedAttributes<'a> {
    /// Digest of the bytes that the ByteRange names.
    pub message_digest: &'a [u8],
    /// The signer's certificate, DER.
    pub certificate: &'a [u8],
    /// Hash that identifies the certificate in signing-certificate-v2.
    pub certificate_hash: HashAlgorithm,
    /// Attributes the signer claims.
    pub claimed: &'a [ClaimedAttribute],
    /// What the signer commits to.
    pub commitment: Option<Commitment>,
    /// Under which policy.
    pub policy: Option<&'a SignaturePolicy>,
}

impl SignedAttributes<'_> {
    /// The attributes as `SET OF Attribute` in DER: the very bytes that are hashed and signed.
    ///
    /// Never holds signing-time: the PAdES baseline states the time in `/M` alone.
    ///
    /// # Errors
    /// When the type of a claimed attribute is no object identifier.
    ///
    /// Source: RFC 5652 §5.3 and §5.4; EN 319 142-1 §6.3 table 1; EN 319 122-1 §5.1.1, §5.2.2.3, §5.2.6.1.
    pub fn to_der(self) -> Result<Vec<u8>, OidError> {
        Ok(write::set_of(self.list()?))
    }

    /// The same, each attribute whole, for a format that adds others.
    pub(in crate::ades) fn list(self) -> Result<Vec<Vec<u8>>, OidError> {
        let mut attributes = vec![
            attribute(oids::CONTENT_TYPE, &write::oid(&oids::DATA.parse()?))?,
            attribute(oids::MESSAGE_DIGEST, &write::octet_string(self.message_digest))?,
            attribute(oids::SIGNING_CERTIFICATE_V2, &self.signing_certificate_v2())?,
        ];
        if let Some(commitment) = self.commitment {
            let indication = write::sequence(&[&write::oid(&commitment.oid().parse()?)]);
            attributes.push(attribute(oids::COMMITMENT_TYPE, &indication)?);
        }
        if let Some(policy) = self.policy {
            attributes.push(attribute(oids::SIGNATURE_POLICY, &policy::identifier(policy)?)?);
        }
        if !self.claimed.is_empty() {
            let mut claims = Vec::new();
            for claim in self.claimed {
                claims.extend(attribute(&claim.oid, &write::utf8(&claim.text))?);
            }
            let value = write::sequence(&[&write::explicit(0, &write::sequence(&[&claims]))]);
            attributes.push(attribute(oids::SIGNER_ATTRIBUTES_V2, &value)?);
        }
        Ok(attributes)
    }

    /// WHY: hashAlgorithm is DEFAULT sha256, and DER leaves a default out (X.690 §11.5).
    fn signing_certificate_v2(&self) -> Vec<u8> {
        let hash = write::octet_string(&self.certificate_hash.digest(self.certificate));
        let identifier = match self.certificate_hash {
            HashAlgorithm::Sha256 => write::sequence(&[&hash]),
            other => write::sequence(&[&algorithm::hash_identifier(other), &hash]),
        };
        write::sequence(&[&write::sequence(&[&identifier])])
    }
}

/// One `Attribute` with one value.
pub(in crate::ades) fn attribute(oid: &str, value: &[u8]) -> Result<Vec<u8>, OidError> {
    let oid: Oid = oid.parse()?;
    Ok(write::sequence(&[
        &write::oid(&oid),
        &write::element(tag::SET, value),
    ]))
}

/// An attribute as it was read: its type and the whole encoding of each value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its type.
    pub oid: Oid,
    /// Its values, whole, in the order they came.
    pub values: Vec<Vec<u8>>,
}

/// Reads `Attribute`s one after the other until the end.
pub(super) fn read_attributes(mut reader: read::Reader<'_>) -> Result<Vec<Attribute>, Asn1Error> {
    let mut attributes = Vec::new();
    while !reader.is_at_end() {
        let mut parts = reader.sequence()?;
        let oid = parts.any()?.oid()?;
        let mut set = parts.set()?;
        parts.finish()?;
        let mut values = Vec::new();
        while let Some(value) = set.next()? {
            values.push(value.whole().to_vec());
        }
        attributes.push(Attribute { oid, values });
    }
    Ok(attributes)
}

/// How signed attributes identify the signing certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateReference {
    /// Hash used; none when it is one zegel does not know.
    pub hash: Option<HashAlgorithm>,
    /// The AlgorithmIdentifier that names it, whole; empty where none stands for the usual one.
    pub identifier: Vec<u8>,
    /// Digest of the whole certificate.
    pub digest: Vec<u8>,
    /// Issuer and serial number when given: the whole GeneralNames and the whole INTEGER.
    pub issuer_serial: Option<(Vec<u8>, Vec<u8>)>,
}

impl CertificateReference {
    /// Reads the first entry of signing-certificate (`v2` false) or signing-certificate-v2: the signer's.
    ///
    /// Source: RFC 5035 §5.4.1.
    pub fn parse(value: &[u8], v2: bool) -> Result<Self, Asn1Error> {
        let mut certificates = read::single(value, Rules::Ber)?.inside()?.sequence()?;
        let mut parts = certificates.sequence()?;
        let mut named = Vec::new();
        let hash = if v2 {
            match parts.optional(tag::SEQUENCE)? {
                Some(identifier) => {
                    named = identifier.whole().to_vec();
                    algorithm::hash_from_identifier(&named)
                }
                None => Some(HashAlgorithm::Sha256),
            }
        } else {
            Some(HashAlgorithm::Sha1)
        };
        let digest = parts.any()?.octets()?.into_owned();
        let issuer_serial = match parts.optional(tag::SEQUENCE)? {
            Some(pair) => {
                let mut pair = pair.inside()?;
                Some((
                    pair.any()?.whole().to_vec(),
                    pair.expect(tag::INTEGER)?.whole().to_vec(),
                ))
            }
            None => None,
        };
        Ok(Self {
            hash,
            identifier: named,
            digest,
            issuer_serial,
        })
    }

    /// Whether `certificate` (DER) is the one meant by digest.
    pub fn names(&self, certificate: &[u8]) -> bool {
        self.hash
            .is_some_and(|hash| hash.digest(certificate) == self.digest)
    }
}

/// Lists and OCSP responses that a signer put among the signed attributes, DER.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationArchival {
    /// Certificate revocation lists.
    pub crls: Vec<Vec<u8>>,
    /// Whole OCSP responses.
    pub ocsp_responses: Vec<Vec<u8>>,
}

impl RevocationArchival {
    /// Reads the value of adbe-revocationInfoArchival. Kinds of evidence other than these two are left out.
    ///
    /// # Errors
    /// Its encoding.
    ///
    /// Source: ISO 32000-2 §12.8.3.3.2.
    pub fn parse(value: &[u8]) -> Result<Self, Asn1Error> {
        let mut parts = read::single(value, Rules::Ber)?.inside()?;
        let mut kinds = [Vec::new(), Vec::new()];
        for (number, items) in (0..).zip(&mut kinds) {
            let Some(wrapped) = parts.optional(tag::context_constructed(number))? else {
                continue;
            };
            let mut list = wrapped.inside()?.sequence()?;
            while let Some(item) = list.next()?.filter(|_| items.len() < MAX_ARCHIVED) {
                items.push(item.whole().to_vec());
            }
        }
        let [crls, ocsp_responses] = kinds;
        Ok(Self { crls, ocsp_responses })
    }
}

/// Most items of a kind read from one signature.
const MAX_ARCHIVED: usize = 64;

/// What signer-attributes-v2 claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimedAttributes {
    /// Every claimed attribute, type first; the text of each value that is text.
    pub claims: Vec<(Oid, Vec<String>)>,
    /// Whether certified attributes or signed assertions stand beside them, which zegel does not read.
    pub has_other_kinds: bool,
}

impl ClaimedAttributes {
    /// Reads the value of signer-attributes-v2. EN 319 122-1 §5.2.6.1.
    pub fn parse(value: &[u8]) -> Result<Self, Asn1Error> {
        let mut parts = read::single(value, Rules::Ber)?.inside()?;
        let mut found = Self::default();
        if let Some(claimed) = parts.optional(tag::context_constructed(0))? {
            for attribute in read_attributes(claimed.inside()?.sequence()?)? {
                let is_role = attribute.oid.to_string() == oids::ROLE;
                let texts = attribute.values.iter().filter_map(|value| {
                    let value = read::single(value, Rules::Ber).ok()?;
                    match value.text() {
                        Ok(text) => Some(text.to_owned()),
                        Err(_) if is_role => role_name(&value),
                        Err(_) => None,
                    }
                });
                let texts = texts.collect();
                found.claims.push((attribute.oid, texts));
            }
        }
        found.has_other_kinds = !parts.is_at_end();
        Ok(found)
    }

    /// The roles in words.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.texts(oids::NAME).chain(self.texts(oids::ROLE))
    }

    /// The types of what else is claimed, dotted: what is no role in words.
    pub fn others(&self) -> impl Iterator<Item = String> {
        self.claims
            .iter()
            .map(|(oid, texts)| (oid.to_string(), texts))
            .filter(|(oid, texts)| texts.is_empty() || ![oids::NAME, oids::ROLE].contains(&oid.as_str()))
            .map(|(oid, _)| oid)
    }

    /// The text values of the attributes with type `oid`.
    pub fn texts<'a>(&'a self, oid: &'a str) -> impl Iterator<Item = &'a str> {
        self.claims
            .iter()
            .filter(move |(known, _)| known.to_string() == oid)
            .flat_map(|(_, texts)| texts.iter().map(String::as_str))
    }
}

/// The name of a `RoleSyntax` in words: its `roleName`, under an explicit tag as GeneralName is a choice. None for a kind of
/// name that is no text. RFC 5755 §4.4.5.
fn role_name(value: &Element<'_>) -> Option<String> {
    if value.tag() != tag::SEQUENCE {
        return None;
    }
    let mut parts = value.inside().ok()?;
    parts.optional(tag::context_constructed(0)).ok()?;
    let mut inside = parts.expect(tag::context_constructed(1)).ok()?.inside().ok()?;
    let name = GeneralName::parse(&inside.any().ok()?).ok()?;
    if !(inside.is_at_end() && parts.is_at_end()) {
        return None;
    }
    match name {
        GeneralName::Dns(text) | GeneralName::Rfc822(text) | GeneralName::Uri(text) => Some(text),
        GeneralName::Directory(name) => Some(name.to_rfc4514()),
        GeneralName::Ip(_) | GeneralName::Other(_) => None,
    }
}

/// The commitment type in the value of commitment-type-indication, dotted.
pub fn read_commitment(value: &[u8]) -> Result<String, Asn1Error> {
    Ok(read::single(value, Rules::Ber)?
        .inside()?
        .any()?
        .oid()?
        .to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(certificate_hash: HashAlgorithm) -> Vec<Attribute> {
        let der = SignedAttributes {
            message_digest: &[7; 32],
            certificate: b"certificate",
            certificate_hash,
            claimed: &[
                ClaimedAttribute::verdict("a.b.c".into()),
                ClaimedAttribute::role("Burgemeester".into()),
            ],
            commitment: Some(Commitment::ProofOfApproval),
            policy: None,
        }
        .to_der()
        .unwrap();
        read_attributes(read::single(&der, Rules::Der).unwrap().inside().unwrap()).unwrap()
    }

    fn value<'a>(attributes: &'a [Attribute], oid: &str) -> &'a [u8] {
        let found = attributes
            .iter()
            .find(|attribute| attribute.oid.to_string() == oid)
            .unwrap();
        assert_eq!(found.values.len(), 1);
        &found.values[0]
    }

    #[test]
    fn what_is_written_reads_back_and_signing_time_is_absent() {
        let attributes = made(HashAlgorithm::Sha256);
        assert_eq!(attributes.len(), 5);
        assert!(
            attributes
                .iter()
                .all(|attribute| attribute.oid.to_string() != oids::SIGNING_TIME)
        );
        let claims = ClaimedAttributes::parse(value(&attributes, oids::SIGNER_ATTRIBUTES_V2)).unwrap();
        assert_eq!(
            claims.texts(crate::ades::VERDICT_OID).collect::<Vec<_>>(),
            ["a.b.c"]
        );
        assert_eq!(claims.roles().collect::<Vec<_>>(), ["Burgemeester"]);
        assert!(!claims.has_other_kinds);
        let commitment = read_commitment(value(&attributes, oids::COMMITMENT_TYPE)).unwrap();
        assert_eq!(commitment, "1.2.840.113549.1.9.16.6.5");
    }

    #[test]
    fn a_role_that_another_wrote_is_read_in_words() {
        let name = |tag: u8, text: &str| write::element(tag, text.as_bytes());
        let syntax = |parts: &[&[u8]]| write::sequence(parts);
        let role = |inner: &[u8]| write::explicit(1, inner);
        let authority = write::element(tag::context_constructed(0), &name(0x82, "gemeente.test"));
        let common_name = write::oid(&"2.5.4.3".parse().unwrap());
        let set = write::set_of(vec![write::sequence(&[&common_name, &write::utf8("Schepen")])]);
        let directory = write::element(0xA4, &write::sequence(&[&set]));
        for (value, read) in [
            (write::utf8("Burgemeester"), Some("Burgemeester")),
            (
                syntax(&[&role(&name(0x86, "urn:rol:burgemeester"))]),
                Some("urn:rol:burgemeester"),
            ),
            (
                syntax(&[&authority, &role(&name(0x81, "griffie@gemeente.test"))]),
                Some("griffie@gemeente.test"),
            ),
            (syntax(&[&role(&directory)]), Some("CN=Schepen")),
            (syntax(&[&role(&name(0x87, "\u{1}\u{2}\u{3}\u{4}"))]), None),
            (syntax(&[&authority]), None),
            (
                syntax(&[&role(&name(0x86, "urn:een")), &role(&name(0x86, "urn:twee"))]),
                None,
            ),
        ] {
            let kind = write::oid(&oids::ROLE.parse().unwrap());
            let attribute = write::sequence(&[&kind, &write::set_of(vec![value])]);
            let claimed = write::explicit(0, &write::sequence(&[&attribute]));
            let claims = ClaimedAttributes::parse(&write::sequence(&[&claimed])).unwrap();
            assert_eq!(claims.roles().next(), read);
            // What is not shown in words is named by its type.
            let others = claims.others().next();
            assert_eq!(others.as_deref(), read.is_none().then_some(oids::ROLE));
        }
    }

    #[test]
    fn the_default_hash_of_the_certificate_reference_is_left_out() {
        let sha256 = made(HashAlgorithm::Sha256);
        let reference = value(&sha256, oids::SIGNING_CERTIFICATE_V2);
        // SEQUENCE { SEQUENCE { SEQUENCE { OCTET STRING (32) } } }: no AlgorithmIdentifier.
        assert_eq!(reference[..8], [0x30, 0x26, 0x30, 0x24, 0x30, 0x22, 0x04, 0x20]);
        let sha384 = made(HashAlgorithm::Sha384);
        for (attributes, hash) in [(&sha256, HashAlgorithm::Sha256), (&sha384, HashAlgorithm::Sha384)] {
            let reference =
                CertificateReference::parse(value(attributes, oids::SIGNING_CERTIFICATE_V2), true).unwrap();
            assert_eq!(reference.hash, Some(hash));
            assert!(reference.names(b"certificate") && !reference.names(b"certificatf"));
        }
    }
}
