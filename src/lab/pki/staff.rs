//! Certificates of an organisation's own tokens: an employee, no national number, no qualified statements.

use super::super::LabError;
use super::LabPki;
use super::authority::{AuthorityKind, Serial};
use super::builder::{CertificateBuilder, Validity};
use super::extension::{self, Extension};
use super::leaf::IssuedLeaf;
use super::name::Name;
use crate::base::random::Random;
use crate::crypto::key::{KeyKind, PrivateKey};

/// A member of staff, as the organisation's authority knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employee {
    /// Given name and surname; persons of the laboratory are named as specimens.
    pub name: String,
    /// The address that identifies them.
    pub mail: String,
    /// Number in the organisation's own administration.
    pub number: String,
}

/// What a certificate on a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenPurpose {
    /// Log in.
    Authentication,
    /// Sign documents, with an advanced signature.
    Signature,
    /// Be encrypted to.
    KeyManagement,
    /// Open doors.
    Card,
}

impl LabPki {
    /// Issues a certificate of the organisation's CA with a new key of `kind`, for the card with this UUID.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn issue_token(
        &self,
        employee: &Employee,
        card: &[u8; 16],
        (purpose, kind): (TokenPurpose, KeyKind),
        validity: Validity,
        random: &dyn Random,
    ) -> Result<IssuedLeaf, LabError> {
        let key = PrivateKey::generate(kind)?;
        let serial = Serial::random(random);
        let subject = Name::new()
            .country("BE")
            .organization("TEST Zegelgem")
            .common_name(&format!("TEST {}", employee.name))
            .serial_number(&employee.number);
        let builder = CertificateBuilder::new(subject, key.public())
            .valid(validity)
            .serial(serial.clone())
            .with(Extension::access(&self.base_url, AuthorityKind::Organisation))
            .with(Extension::crl(&self.base_url, AuthorityKind::Organisation))
            .with(Extension::staff_names(&employee.mail, card));
        let builder = match purpose {
            TokenPurpose::Authentication => builder
                .with(Extension::key_usage(&[0]))
                .with(Extension::extended_key_usage(&[extension::CLIENT_AUTH])),
            TokenPurpose::Signature => builder
                .with(Extension::key_usage(&[0, 1]))
                .with(Extension::extended_key_usage(&[extension::EMAIL_PROTECTION])),
            TokenPurpose::KeyManagement => builder
                .with(Extension::key_usage(&[if matches!(kind, KeyKind::Rsa { .. }) {
                    2
                } else {
                    4
                }]))
                .with(Extension::extended_key_usage(&[extension::EMAIL_PROTECTION])),
            TokenPurpose::Card => builder.with(Extension::key_usage(&[0])),
        };
        Ok(IssuedLeaf {
            certificate_der: builder.issue(&self.organisation, random)?,
            key,
            serial,
        })
    }
}
