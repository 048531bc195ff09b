//! Certificates of an organisation's seal.

use super::super::LabError;
use super::LabPki;
use super::authority::{AuthorityKind, Serial};
use super::builder::{CertificateBuilder, Validity};
use super::extension::Extension;
use super::name::Name;
use crate::base::random::Random;
use crate::crypto::key::PublicKey;

/// Whose seal it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealHolder {
    /// The organisation's name; it must say TEST.
    pub organisation: String,
    /// Its number in the enterprise register, ten digits.
    pub enterprise_number: String,
    /// Whether the certificate claims to be qualified, with the key in a qualified device.
    pub qualified: bool,
}

impl LabPki {
    /// Issues a seal certificate of the organisation's CA for `key`, which may live in a token.
    ///
    /// Returns the certificate in DER and its serial number.
    ///
    /// # Errors
    /// `Refused` for an organisation whose name does not say TEST; when the authority cannot sign.
    pub fn issue_seal(
        &self,
        holder: &SealHolder,
        key: &PublicKey,
        validity: Validity,
        random: &dyn Random,
    ) -> Result<(Vec<u8>, Serial), LabError> {
        if !holder.organisation.contains("TEST") {
            return Err(LabError::Refused(
                "the name of a laboratory's organisation must say TEST",
            ));
        }
        let serial = Serial::random(random);
        let subject = Name::new()
            .country("BE")
            .organization(&holder.organisation)
            .organization_identifier(&format!("NTRBE-{}", holder.enterprise_number))
            .common_name(&format!("{} seal", holder.organisation));
        let mut builder = CertificateBuilder::new(subject, key)
            .valid(validity)
            .serial(serial.clone())
            .with(Extension::access(&self.base_url, AuthorityKind::Organisation))
            .with(Extension::crl(&self.base_url, AuthorityKind::Organisation))
            .with(Extension::key_usage(&[1]));
        if holder.qualified {
            // QCP-l-qscd, EN 319 411-2 §5.3.
            builder = builder
                .with(Extension::policies(&["0.4.0.194112.1.3"]))
                .with(Extension::qualified_seal());
        }
        Ok((builder.issue(&self.organisation, random)?, serial))
    }
}
