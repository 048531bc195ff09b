//! A test PKI of Belgian shape. Every subject says TEST.
//!
//! Root (EC P-384, self-signed) → citizen CA → authentication and signature certificates; an organisation's CA → its
//! staff's tokens; the national register's signer directly under the root; a time-stamping CA with one unit; a delegated OCSP responder for each authority.
//! Certificates are written with our own DER writer so that every irregularity of the real PKI can be made too.
//! Never a trust anchor of a production installation. Start from [`LabPki::generate`].

mod authority;
mod builder;
mod extension;
mod folder;
pub(super) mod folder_keys;
mod leaf;
mod name;
mod seal;
mod staff;

pub use authority::{Authority, AuthorityKind, Serial};
pub(super) use builder::signed as builder_signed;
pub use builder::{CertificateBuilder, Validity};
pub use extension::Extension;
pub(super) use extension::key_bits;
pub use leaf::{Holder, IssuedLeaf, LeafPurpose};
pub use name::Name;
pub use seal::SealHolder;
pub use staff::{Employee, TokenPurpose};

use std::time::Duration;

use super::LabError;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::key::{Curve, KeyKind, PrivateKey};

/// A day, for validity periods.
pub const DAY: Duration = Duration::from_hours(24);

/// One certificate and its private key, both the laboratory's own.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// The certificate in DER.
    pub certificate_der: Vec<u8>,
    /// Its private key.
    pub key: PrivateKey,
}

/// The whole test PKI: four authorities and the two signers that no citizen has.
///
/// Everything is relative to the `now` it was generated at: roots are six years old and live fourteen more, issuing
/// CAs two and ten, responders two months and twelve.
#[derive(Debug)]
pub struct LabPki {
    /// Where services are reached, as written into certificates: `http://127.0.0.1:8480`, without a final slash.
    pub base_url: String,
    /// When it was generated.
    pub made_at: Timestamp,
    /// `Zegel TEST Root CA`, EC P-384, path length 1.
    pub root: Authority,
    /// `TEST Citizen CA`, EC P-384, path length 0, anyPolicy, EKU clientAuth and emailProtection.
    pub citizen: Authority,
    /// `TEST Zegelgem Staff CA`, under the root: an organisation's own, for the tokens of its staff.
    pub organisation: Authority,
    /// `TEST Timestamp CA`, under the root.
    pub timestamp: Authority,
    /// The national register's signer of card data, directly under the root.
    pub register: KeyPair,
    /// The time-stamping unit (P-256).
    pub unit: KeyPair,
}

impl LabPki {
    /// Makes a new PKI.
    ///
    /// `now`: the moment it seems to be made; validity periods stand around it. `base_url`: where its services will
    /// be reached, without a final slash; it is written into AIA and CRL distribution points. `random`: serial
    /// numbers; keys come from the key room's own generator.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn generate(base_url: &str, random: &dyn Random, now: Timestamp) -> Result<Self, LabError> {
        Self::generate_named("Zegel TEST Root CA", base_url, random, now)
    }

    /// Makes a PKI whose root has the common name `root_name`, for cards of a root that nobody trusts.
    ///
    /// # Errors
    /// As [`Self::generate`]; `Refused` for a name that does not say TEST.
    pub fn generate_named(
        root_name: &str,
        base_url: &str,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Self, LabError> {
        if !root_name.contains("TEST") {
            return Err(LabError::Refused("the name of a laboratory root must say TEST"));
        }
        let batch = now.to_jiff().strftime("%Y01").to_string();
        let root = Authority::root(root_name, random, now)?;
        let citizen = Authority::subordinate(
            AuthorityKind::Citizen,
            &root,
            Name::new()
                .country("BE")
                .organization("Zegel TEST")
                .serial_number(&batch)
                .common_name("TEST Citizen CA"),
            base_url,
            random,
            now,
        )?;
        let organisation = Authority::subordinate(
            AuthorityKind::Organisation,
            &root,
            Name::new()
                .country("BE")
                .organization("TEST Zegelgem")
                .common_name("TEST Zegelgem Staff CA"),
            base_url,
            random,
            now,
        )?;
        let timestamp = Authority::subordinate(
            AuthorityKind::Timestamp,
            &root,
            Name::new()
                .country("BE")
                .organization("Zegel TEST")
                .serial_number(&batch)
                .common_name("TEST Timestamp CA"),
            base_url,
            random,
            now,
        )?;
        let register = Self::make_register(&root, base_url, random, now)?;
        let unit = Self::make_unit(&timestamp, base_url, random, now)?;
        Ok(Self {
            base_url: base_url.to_owned(),
            made_at: now,
            root,
            citizen,
            organisation,
            timestamp,
            register,
            unit,
        })
    }

    /// The four authorities, root first.
    pub fn authorities(&self) -> [&Authority; 4] {
        [&self.root, &self.citizen, &self.organisation, &self.timestamp]
    }

    /// The authority served under `slug` (`root`, `citizen`, `organisation`, `timestamp`).
    pub fn authority(&self, slug: &str) -> Option<&Authority> {
        self.authorities()
            .into_iter()
            .find(|authority| authority.kind().slug() == slug)
    }

    /// The trust anchor in DER.
    pub fn root_der(&self) -> &[u8] {
        self.root.certificate_der()
    }

    fn make_register(
        root: &Authority,
        base_url: &str,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<KeyPair, LabError> {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P384))?;
        let subject = Name::new()
            .country("BE")
            .organization("TEST RRN")
            .common_name("TEST RRN");
        let certificate_der = CertificateBuilder::new(subject, key.public())
            .valid(Validity::around(now, DAY * 730, DAY * 3650))
            .with(Extension::key_usage(&[0, 1]))
            .with(Extension::policies(&["2.16.56.13.6.0.1"]))
            .with(Extension::access(base_url, AuthorityKind::Root))
            .with(Extension::crl(base_url, AuthorityKind::Root))
            .issue(root, random)?;
        Ok(KeyPair { certificate_der, key })
    }

    fn make_unit(
        timestamp: &Authority,
        base_url: &str,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<KeyPair, LabError> {
        let key = PrivateKey::generate(KeyKind::Ec(Curve::P256))?;
        let subject = Name::new()
            .country("BE")
            .organization("Zegel TEST")
            .common_name("TEST Timestamp Unit");
        let certificate_der = CertificateBuilder::new(subject, key.public())
            .valid(Validity::around(now, DAY * 365, DAY * 1825))
            .with(Extension::key_usage(&[0]))
            .with(Extension::extended_key_usage(&[extension::TIME_STAMPING]).critical())
            .with(Extension::policies(&["2.16.56.13.6.3.1000"]))
            .with(Extension::access(base_url, AuthorityKind::Timestamp))
            .with(Extension::crl(base_url, AuthorityKind::Timestamp))
            .issue(timestamp, random)?;
        Ok(KeyPair { certificate_der, key })
    }
}
