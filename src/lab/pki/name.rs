//! Distinguished names.

use super::super::known_oid;
use crate::asn1::write;

/// A distinguished name under construction; attributes come out in the order they were added, one each RDN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    parts: Vec<Vec<u8>>,
}

impl Name {
    /// The empty name.
    pub const fn new() -> Self {
        Self { parts: Vec::new() }
    }

    /// Adds countryName, two letters.
    #[must_use]
    pub fn country(self, country: &str) -> Self {
        self.with("2.5.4.6", &write::printable(country))
    }

    /// Adds organizationName.
    #[must_use]
    pub fn organization(self, organization: &str) -> Self {
        self.with("2.5.4.10", &write::utf8(organization))
    }

    /// Adds organizationIdentifier (EN 319 412-1 §5.1.4): `NTRBE-` and the enterprise number.
    #[must_use]
    pub fn organization_identifier(self, identifier: &str) -> Self {
        self.with("2.5.4.97", &write::utf8(identifier))
    }

    /// Adds commonName.
    #[must_use]
    pub fn common_name(self, name: &str) -> Self {
        self.with("2.5.4.3", &write::utf8(name))
    }

    /// Adds surname.
    #[must_use]
    pub fn surname(self, surname: &str) -> Self {
        self.with("2.5.4.4", &write::utf8(surname))
    }

    /// Adds givenName: all given names, separated by blanks.
    #[must_use]
    pub fn given_name(self, given: &str) -> Self {
        self.with("2.5.4.42", &write::utf8(given))
    }

    /// Adds serialNumber: a batch number of a CA, or the national number of a person.
    #[must_use]
    pub fn serial_number(self, number: &str) -> Self {
        self.with("2.5.4.5", &write::printable(number))
    }

    fn with(mut self, attribute: &str, value: &[u8]) -> Self {
        let pair = write::sequence(&[&known_oid(attribute), value]);
        self.parts.push(write::set_of(vec![pair]));
        self
    }

    /// The subject of a certificate in DER, as it stands there.
    pub fn of_subject(certificate_der: &[u8]) -> Option<Self> {
        use crate::asn1::read::{Rules, single};
        let mut parts = single(certificate_der, Rules::Der)
            .ok()?
            .inside()
            .ok()?
            .sequence()
            .ok()?;
        parts.optional(write::tag::context_constructed(0)).ok()?;
        // Serial number, algorithm, issuer and validity come before the subject (RFC 5280 §4.1).
        for _ in 0..4 {
            parts.any().ok()?;
        }
        let mut names = parts.sequence().ok()?;
        let mut read = Self::new();
        while let Some(part) = names.next().ok()? {
            read.parts.push(part.whole().to_vec());
        }
        Some(read)
    }

    /// The name in DER.
    pub fn to_der(&self) -> Vec<u8> {
        write::element(write::tag::SEQUENCE, &self.parts.concat())
    }
}
