//! Reading SignedData, BER tolerated, keeping the bytes that were hashed.

use super::attributes::{Attribute, read_attributes};
use super::oids;
use crate::asn1::oid::Oid;
use crate::asn1::read::{self, Asn1Error, Element, Rules};
use crate::asn1::write::{self, tag};

/// Why bytes are not the message that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The encoding is broken.
    #[error("malformed message: {0}")]
    Encoding(#[from] Asn1Error),
    /// It is another kind of message.
    #[error("expected signed data")]
    NotSignedData,
    /// It holds more than zegel reads.
    #[error("more than {limit} {what} in one message")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most that is read.
        limit: usize,
    },
}

/// Most certificates, revocation lists, signers or attributes read from one message.
///
/// Long-lived files of the known samples hold up to forty certificates; ten times that is generous.
const LIMIT: usize = 400;

/// A message as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedData {
    /// Type of the signed content.
    pub content_type: Oid,
    /// The signed content when the message carries it.
    pub content: Option<Vec<u8>>,
    /// X.509 certificates, DER as they came, in any order.
    pub certificates: Vec<Vec<u8>>,
    /// Everybody who signed.
    pub signers: Vec<SignerInfo>,
    /// How many bytes of the input the message takes; what follows is padding.
    pub length: usize,
}

/// How a signer is named in the message. What identifies the certificate is the signed reference, not this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerIdentifier {
    /// Whole Name and whole INTEGER.
    IssuerAndSerial {
        /// The issuer's Name.
        issuer: Vec<u8>,
        /// The serial number.
        serial: Vec<u8>,
    },
    /// Octets of the subject key identifier.
    SubjectKeyIdentifier(Vec<u8>),
}

/// One signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerInfo {
    /// The name given.
    pub identifier: SignerIdentifier,
    /// AlgorithmIdentifier of the digest, whole.
    pub digest_algorithm: Vec<u8>,
    /// The signed attributes with the tag of a SET OF: what was hashed. None when there are none.
    pub signed_bytes: Option<Vec<u8>>,
    /// The signed attributes.
    pub signed: Vec<Attribute>,
    /// AlgorithmIdentifier of the signature, whole.
    pub signature_algorithm: Vec<u8>,
    /// The value.
    pub signature: Vec<u8>,
    /// The unsigned attributes.
    pub unsigned: Vec<Attribute>,
}

impl SignerInfo {
    /// The signed attributes with the type `oid`.
    pub fn signed_with<'a>(&'a self, oid: &'a str) -> impl Iterator<Item = &'a Attribute> {
        self.signed
            .iter()
            .filter(move |attribute| attribute.oid.to_string() == oid)
    }

    /// The values of every unsigned attribute with the type `oid`.
    pub fn unsigned_values<'a>(&'a self, oid: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.unsigned
            .iter()
            .filter(move |attribute| attribute.oid.to_string() == oid)
            .flat_map(|attribute| attribute.values.iter().map(Vec::as_slice))
    }

    /// The one value of the one signed attribute with the type `oid`; none when absent, double, or with other than
    /// one value (RFC 5652 §11).
    pub fn single_signed(&self, oid: &str) -> Option<&[u8]> {
        let mut found = self
            .signed
            .iter()
            .filter(|attribute| attribute.oid.to_string() == oid);
        let (Some(attribute), None) = (found.next(), found.next()) else {
            return None;
        };
        match attribute.values.as_slice() {
            [value] => Some(value),
            _ => None,
        }
    }
}

impl SignedData {
    /// Reads the message at the start of `data`; bytes after it are left alone, for containers are padded.
    ///
    /// # Errors
    /// `NotSignedData` for another content type, `Encoding` with the offset, `TooMany` past the limits.
    pub fn parse(data: &[u8]) -> Result<Self, ReadError> {
        let outer = read::Reader::new(data, Rules::Ber).any()?;
        let mut info = outer.inside()?;
        if info.any()?.oid()?.to_string() != oids::SIGNED_DATA {
            return Err(ReadError::NotSignedData);
        }
        let mut parts = info.expect(tag::context_constructed(0))?.inside()?.sequence()?;
        info.finish()?;
        parts.expect(tag::INTEGER)?;
        parts.expect(tag::SET)?;
        let mut encapsulated = parts.sequence()?;
        let content_type = encapsulated.any()?.oid()?;
        let content = match encapsulated.optional(tag::context_constructed(0))? {
            Some(wrapped) => Some(wrapped.inside()?.any()?.octets()?.into_owned()),
            None => None,
        };
        let certificates = match parts.optional(tag::context_constructed(0))? {
            Some(set) => read_certificates(&set)?,
            None => Vec::new(),
        };
        parts.optional(tag::context_constructed(1))?;
        let mut set = parts.set()?;
        parts.finish()?;
        let mut signers = Vec::new();
        while let Some(signer) = set.next()? {
            bounded("signers", signers.len())?;
            signers.push(SignerInfo::parse(&signer)?);
        }
        Ok(Self {
            content_type,
            content,
            certificates,
            signers,
            length: outer.whole().len(),
        })
    }
}

fn bounded(what: &'static str, count: usize) -> Result<(), ReadError> {
    if count < LIMIT {
        Ok(())
    } else {
        Err(ReadError::TooMany { what, limit: LIMIT })
    }
}

/// Only the plain certificates of a CertificateSet; attribute certificates and the obsolete kinds are passed over.
fn read_certificates(set: &Element<'_>) -> Result<Vec<Vec<u8>>, ReadError> {
    let mut certificates = Vec::new();
    let mut items = set.inside()?;
    while let Some(item) = items.next()? {
        if item.tag() == tag::SEQUENCE {
            bounded("certificates", certificates.len())?;
            certificates.push(item.whole().to_vec());
        }
    }
    Ok(certificates)
}

impl SignerInfo {
    /// Reads one SignerInfo.
    ///
    /// # Errors
    /// `Encoding` with the offset, `TooMany` past the limits.
    pub(in crate::ades) fn parse(element: &Element<'_>) -> Result<Self, ReadError> {
        let mut parts = element.inside()?;
        parts.expect(tag::INTEGER)?;
        let identifier = parts.any()?;
        let identifier = if identifier.tag() == tag::SEQUENCE {
            let mut pair = identifier.inside()?;
            SignerIdentifier::IssuerAndSerial {
                issuer: pair.expect(tag::SEQUENCE)?.whole().to_vec(),
                serial: pair.expect(tag::INTEGER)?.whole().to_vec(),
            }
        } else {
            SignerIdentifier::SubjectKeyIdentifier(identifier.implicit_octets()?.into_owned())
        };
        let digest_algorithm = parts.expect(tag::SEQUENCE)?.whole().to_vec();
        let signed = parts.optional(tag::context_constructed(0))?;
        let signature_algorithm = parts.expect(tag::SEQUENCE)?.whole().to_vec();
        let signature = parts.any()?.octets()?.into_owned();
        let unsigned = parts.optional(tag::context_constructed(1))?;
        parts.finish()?;
        let attributes = |set: Option<Element<'_>>| -> Result<Vec<Attribute>, ReadError> {
            let Some(set) = set else { return Ok(Vec::new()) };
            let attributes = read_attributes(set.inside()?)?;
            bounded("attributes", attributes.len())?;
            Ok(attributes)
        };
        Ok(Self {
            identifier,
            digest_algorithm,
            // WHY: the hash is over the DER form with the tag of SET OF (RFC 5652 §5.4). The content stays as it came;
            // only the header is written anew, which differs from the original when that had an indefinite length.
            signed_bytes: signed.map(|set| write::element(tag::SET, set.content())),
            signed: attributes(signed)?,
            signature_algorithm,
            signature,
            unsigned: attributes(unsigned)?,
        })
    }
}
