//! Writes and signs certificates.

use std::time::Duration;

use super::super::LabError;
use super::authority::{Authority, Serial};
use super::extension::Extension;
use super::name::Name;
use crate::asn1::write;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::key::{PrivateKey, PublicKey};

/// From when to when a certificate is valid, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First instant.
    pub not_before: Timestamp,
    /// Last instant.
    pub not_after: Timestamp,
}

impl Validity {
    /// From `before` before `now` until `after` after it, whole seconds.
    pub fn around(now: Timestamp, before: Duration, after: Duration) -> Self {
        let now = now.truncated_to_second();
        Self {
            not_before: now.minus(before),
            not_after: now.plus(after),
        }
    }

    fn to_der(self) -> Vec<u8> {
        write::sequence(&[&write::time(self.not_before), &write::time(self.not_after)])
    }
}

/// A certificate before it is signed. Extensions come out in the order they were added.
#[derive(Clone, Debug)]
pub struct CertificateBuilder {
    subject: Name,
    spki_der: Vec<u8>,
    validity: Option<Validity>,
    serial: Option<Serial>,
    extensions: Vec<Extension>,
}

impl CertificateBuilder {
    /// A certificate for `subject` and `key`.
    pub fn new(subject: Name, key: &PublicKey) -> Self {
        Self {
            subject,
            spki_der: key.spki_der().to_vec(),
            validity: None,
            serial: None,
            extensions: Vec::new(),
        }
    }

    /// Sets the validity period; the issuer's `made_at` and ten years when it is left out.
    #[must_use]
    pub fn valid(mut self, validity: Validity) -> Self {
        self.validity = Some(validity);
        self
    }

    /// Sets the serial number; a random one of 16 bytes when it is left out.
    #[must_use]
    pub fn serial(mut self, serial: Serial) -> Self {
        self.serial = Some(serial);
        self
    }

    /// Adds an extension.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Takes out the extensions with the identifier `oid`, to make a certificate with one thing missing.
    #[must_use]
    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|extension| extension.oid() != oid);
        self
    }

    /// Signs the certificate with the key of `issuer`, adds its authorityKeyIdentifier, and notes the serial number
    /// as issued.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn issue(self, issuer: &Authority, random: &dyn Random) -> Result<Vec<u8>, LabError> {
        let builder = self.with(Extension::authority_key(issuer.key().public()));
        let serial = builder.serial.clone().unwrap_or_else(|| Serial::random(random));
        let der = builder.sign(&serial, &issuer.name().to_der(), issuer.key(), issuer.made_at())?;
        issuer.note_issued(serial);
        Ok(der)
    }

    /// Signs the certificate with its own key, for a root.
    pub(super) fn self_sign(
        self,
        key: &PrivateKey,
        random: &dyn Random,
        made_at: Timestamp,
    ) -> Result<Vec<u8>, LabError> {
        let issuer = self.subject.to_der();
        let serial = self.serial.clone().unwrap_or_else(|| Serial::random(random));
        self.sign(&serial, &issuer, key, made_at)
    }

    fn sign(
        &self,
        serial: &Serial,
        issuer: &[u8],
        key: &PrivateKey,
        made_at: Timestamp,
    ) -> Result<Vec<u8>, LabError> {
        let algorithm = key.public().kind().default_algorithm();
        let validity = self
            .validity
            .unwrap_or_else(|| Validity::around(made_at, Duration::ZERO, super::DAY * 3650));
        let extensions: Vec<u8> = self.extensions.iter().flat_map(Extension::to_der).collect();
        let to_be_signed = write::sequence(&[
            &write::explicit(0, &write::integer(2)),
            &serial.to_der(),
            &algorithm.algorithm_identifier(),
            issuer,
            &validity.to_der(),
            &self.subject.to_der(),
            &self.spki_der,
            &write::explicit(3, &write::element(write::tag::SEQUENCE, &extensions)),
        ]);
        signed(&to_be_signed, key, algorithm)
    }
}

/// `SEQUENCE { to_be_signed, algorithm, BIT STRING signature }`: certificates, CRLs and OCSP responses alike.
pub(in crate::lab) fn signed(
    to_be_signed: &[u8],
    key: &PrivateKey,
    algorithm: SignatureAlgorithm,
) -> Result<Vec<u8>, LabError> {
    let signature = key.sign(algorithm, to_be_signed)?;
    Ok(write::sequence(&[
        to_be_signed,
        &algorithm.algorithm_identifier(),
        &write::bit_string(&signature),
    ]))
}
