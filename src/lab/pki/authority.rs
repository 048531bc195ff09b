//! Certificate authorities of the laboratory.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::super::LabError;
use super::builder::{CertificateBuilder, Validity};
use super::extension::{self, Extension};
use super::name::Name;
use super::{DAY, KeyPair};
use crate::asn1::write;
use crate::base::random::{self, Random};
use crate::base::time::Timestamp;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

/// Which of the four authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorityKind {
    /// Issues persons' certificates.
    Citizen,
    /// Issues the tokens of an organisation's staff.
    Organisation,
    /// Issues the other authorities and the register's signer.
    Root,
    /// Issues the time-stamping unit.
    Timestamp,
}

impl AuthorityKind {
    /// The word for it in addresses and file names.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Organisation => "organisation",
            Self::Root => "root",
            Self::Timestamp => "timestamp",
        }
    }
}

/// A certificate serial number: big-endian, positive, without leading zeros. Shown as lower-case hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial(Vec<u8>);

impl Serial {
    /// 16 random bytes with the first bit clear and the second set, so that the length is always 16.
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes: [u8; 16] = random::bytes(random);
        if let Some(first) = bytes.first_mut() {
            *first = (*first & 0x3F) | 0x40;
        }
        Self(bytes.to_vec())
    }

    /// The number with these big-endian bytes; leading zeros are dropped.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        Self(bytes.get(start..).unwrap_or_default().to_vec())
    }

    /// The big-endian bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// INTEGER.
    pub fn to_der(&self) -> Vec<u8> {
        write::integer_bytes(&self.0)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl TryFrom<String> for Serial {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::decode(&text)
            .map(|bytes| Self::from_bytes(&bytes))
            .map_err(|_| "expected hex digits")
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.to_string()
    }
}

/// An authority: its certificate, its key, its OCSP responder, and what it has issued.
#[derive(Debug)]
pub struct Authority {
    kind: AuthorityKind,
    name: Name,
    certificate: KeyPair,
    responder: KeyPair,
    made_at: Timestamp,
    issued: Mutex<BTreeSet<Serial>>,
}

impl Authority {
    /// A self-signed root, EC P-384, path length 1 (as Belgium Root CA6).
    pub(super) fn root(common_name: &str, random: &dyn Random, now: Timestamp) -> Result<Self, LabError> {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P384))?;
        let name = Name::new()
            .country("BE")
            .organization("Zegel TEST")
            .common_name(common_name);
        let certificate_der = CertificateBuilder::new(name.clone(), key.public())
            .valid(Validity::around(now, DAY * 2190, DAY * 5110))
            .with(Extension::authority(1))
            .with(Extension::key_usage(&[5, 6]))
            .with(Extension::subject_key(key.public()))
            .self_sign(&key, random, now)?;
        Self::with_responder(
            AuthorityKind::Root,
            name,
            KeyPair { certificate_der, key },
            random,
            now,
        )
    }

    /// An issuing authority under `parent`, EC P-384, path length 0, anyPolicy.
    pub(super) fn subordinate(
        kind: AuthorityKind,
        parent: &Self,
        name: Name,
        base_url: &str,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Self, LabError> {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P384))?;
        let mut builder = CertificateBuilder::new(name.clone(), key.public())
            .valid(Validity::around(now, DAY * 730, DAY * 3650))
            .with(Extension::authority(0))
            .with(Extension::key_usage(&[5, 6]))
            .with(Extension::policies(&["2.5.29.32.0"]))
            .with(Extension::subject_key(key.public()))
            .with(Extension::access(base_url, parent.kind))
            .with(Extension::crl(base_url, parent.kind));
        if matches!(kind, AuthorityKind::Citizen | AuthorityKind::Organisation) {
            builder = builder.with(Extension::extended_key_usage(&[
                extension::CLIENT_AUTH,
                extension::EMAIL_PROTECTION,
            ]));
        }
        let certificate_der = builder.issue(parent, random)?;
        Self::with_responder(kind, name, KeyPair { certificate_der, key }, random, now)
    }

    fn with_responder(
        kind: AuthorityKind,
        name: Name,
        certificate: KeyPair,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Self, LabError> {
        let responder_key = PrivateKey::generate(KeyKind::Ec(Curve::P384))?;
        let mut authority = Self {
            kind,
            name,
            responder: KeyPair {
                certificate_der: Vec::new(),
                key: responder_key,
            },
            certificate,
            made_at: now,
            issued: Mutex::default(),
        };
        // WHY: real responder certificates have their name in this order, common name before country.
        let subject = Name::new()
            .common_name(&format!("TEST OCSP Responder {}", kind.slug()))
            .country("BE");
        authority.responder.certificate_der =
            CertificateBuilder::new(subject, authority.responder.key.public())
                .valid(Validity::around(now, DAY * 60, DAY * 365))
                .with(Extension::key_usage(&[0]))
                .with(Extension::extended_key_usage(&[extension::OCSP_SIGNING]))
                .with(Extension::no_check())
                .with(Extension::subject_key(authority.responder.key.public()))
                .issue(&authority, random)?;
        Ok(authority)
    }

    /// Puts an authority together from saved parts.
    pub(super) fn from_parts(
        kind: AuthorityKind,
        name: Name,
        certificate: KeyPair,
        responder: KeyPair,
        made_at: Timestamp,
        issued: BTreeSet<Serial>,
    ) -> Self {
        Self {
            kind,
            name,
            certificate,
            responder,
            made_at,
            issued: Mutex::new(issued),
        }
    }

    /// Which authority it is.
    pub const fn kind(&self) -> AuthorityKind {
        self.kind
    }

    /// Its subject name, which is the issuer name of what it signs.
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// Its certificate in DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate.certificate_der
    }

    /// Its key.
    pub const fn key(&self) -> &PrivateKey {
        &self.certificate.key
    }

    /// Its delegated OCSP responder.
    pub const fn responder(&self) -> &KeyPair {
        &self.responder
    }

    /// When the PKI it belongs to was made.
    pub const fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// Whether it issued a certificate with this serial number.
    pub fn has_issued(&self, serial: &Serial) -> bool {
        self.issued
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(serial)
    }

    /// The serial numbers it issued, in order.
    pub fn issued(&self) -> Vec<Serial> {
        self.issued
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    pub(super) fn note_issued(&self, serial: Serial) {
        self.issued
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(serial);
    }
}
