//! One SignerInfo as its elements, each kept as it was encoded.

use super::attributes::attribute;
use crate::asn1::oid::{Oid, OidError};
use crate::asn1::read::{self, Asn1Error, Rules};
use crate::asn1::write::{self, tag};

/// Type of an attribute, the type as encoded, and one value as encoded.
pub type TypedValue = (Oid, Vec<u8>, Vec<u8>);

/// The fields of a SignerInfo, each a whole element. Writing it again changes nothing but the outer headers.
///
/// Source: RFC 5652 §5.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerParts {
    version: Vec<u8>,
    identifier: Vec<u8>,
    digest_algorithm: Vec<u8>,
    signed: Option<Vec<u8>>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    /// Unsigned attributes, each whole.
    unsigned: Vec<Vec<u8>>,
}

impl SignerParts {
    /// Takes the SignerInfo `whole` apart.
    ///
    /// # Errors
    /// With the offset of what does not fit.
    pub fn parse(whole: &[u8]) -> Result<Self, Asn1Error> {
        let mut parts = read::single(whole, Rules::Ber)?.inside()?;
        let version = parts.expect(tag::INTEGER)?.whole().to_vec();
        let identifier = parts.any()?.whole().to_vec();
        let digest_algorithm = parts.expect(tag::SEQUENCE)?.whole().to_vec();
        let signed = parts.optional(tag::context_constructed(0))?;
        let algorithm = parts.expect(tag::SEQUENCE)?.whole().to_vec();
        let signature = parts.any()?.whole().to_vec();
        let mut unsigned = Vec::new();
        if let Some(set) = parts.optional(tag::context_constructed(1))? {
            let mut items = set.inside()?;
            while let Some(item) = items.next()? {
                unsigned.push(item.whole().to_vec());
            }
        }
        parts.finish()?;
        Ok(Self {
            version,
            identifier,
            digest_algorithm,
            signed: signed.map(|set| set.whole().to_vec()),
            algorithm,
            signature,
            unsigned,
        })
    }

    /// The digest algorithm, whole.
    pub fn digest_algorithm(&self) -> &[u8] {
        &self.digest_algorithm
    }

    /// The unsigned attributes, each whole, in the order they stand.
    pub fn unsigned(&self) -> &[Vec<u8>] {
        &self.unsigned
    }

    /// Adds an unsigned attribute behind the others. What was there stays as it is.
    ///
    /// # Errors
    /// When `oid` is none.
    pub fn add(&mut self, oid: &str, value: &[u8]) -> Result<(), OidError> {
        let sorted = self.unsigned.is_sorted();
        self.unsigned.push(attribute(oid, value)?);
        if sorted {
            // DER wants a SET OF sorted; an order that somebody else chose is left alone.
            self.unsigned.sort();
        }
        Ok(())
    }

    /// Puts the value `new` where `old` is the value of an unsigned attribute, the first one that is.
    ///
    /// # Errors
    /// When an unsigned attribute cannot be read.
    pub(in crate::ades) fn replace_value(&mut self, old: &[u8], new: &[u8]) -> Result<(), Asn1Error> {
        let sorted = self.unsigned.is_sorted();
        for attribute in &mut self.unsigned {
            let mut parts = read::single(attribute, Rules::Ber)?.inside()?;
            let kind = parts.any()?.whole().to_vec();
            let mut set = parts.set()?;
            let mut values = Vec::new();
            while let Some(value) = set.next()? {
                values.push(value.whole().to_vec());
            }
            let Some(place) = values.iter_mut().find(|value| *value == old) else {
                continue;
            };
            place.clear();
            place.extend_from_slice(new);
            // Their order says nothing, and time-stamps cover each value for itself (EN 319 122-1 §5.5.2).
            *attribute = write::sequence(&[&kind, &write::set_of(values)]);
            break;
        }
        if sorted {
            self.unsigned.sort();
        }
        Ok(())
    }

    /// Type and value of every unsigned attribute value, each whole.
    ///
    /// # Errors
    /// When one is no attribute.
    pub fn unsigned_values(&self) -> Result<Vec<TypedValue>, Asn1Error> {
        let mut found = Vec::new();
        for attribute in &self.unsigned {
            let mut parts = read::single(attribute, Rules::Ber)?.inside()?;
            let kind = parts.any()?;
            let mut values = parts.set()?;
            parts.finish()?;
            while let Some(value) = values.next()? {
                found.push((kind.oid()?, kind.whole().to_vec(), value.whole().to_vec()));
            }
        }
        Ok(found)
    }

    /// What an archive time-stamp covers of it: every field but the unsigned attributes, as encoded.
    ///
    /// Source: EN 319 122-1 §5.5.3 step 3.
    pub fn covered(&self) -> Vec<u8> {
        [
            self.version.as_slice(),
            &self.identifier,
            &self.digest_algorithm,
            self.signed.as_deref().unwrap_or_default(),
            &self.algorithm,
            &self.signature,
        ]
        .concat()
    }

    /// The SignerInfo, whole.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut content = self.covered();
        if !self.unsigned.is_empty() {
            content.extend(write::element(
                tag::context_constructed(1),
                &self.unsigned.concat(),
            ));
        }
        write::element(tag::SEQUENCE, &content)
    }
}
