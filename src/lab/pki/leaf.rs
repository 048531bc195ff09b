//! The two certificates of a person's card.

use super::super::LabError;
use super::authority::{AuthorityKind, Serial};
use super::builder::{CertificateBuilder, Validity};
use super::extension::{self, Extension};
use super::name::Name;
use super::{DAY, LabPki};
use crate::base::national::NationalNumber;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::key::{KeyKind, PrivateKey};

/// What a person's certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeafPurpose {
    /// Log in: digitalSignature only.
    Authentication,
    /// Sign documents: nonRepudiation only, qualified statements.
    Signature,
}

impl LeafPurpose {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Authentication => "(Authentication)",
            Self::Signature => "(Signature)",
        }
    }
}

/// Whose certificate it is.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Surname; persons of the laboratory are named as specimens.
    pub surname: String,
    /// All given names, separated by blanks; the common name holds the first only. May be empty.
    pub given_names: String,
    /// A test number.
    pub national_number: NationalNumber,
}

impl Holder {
    fn subject(&self, purpose: LeafPurpose) -> Name {
        let first = self.given_names.split_whitespace().next();
        let common = match first {
            Some(first) => format!("{first} {} {}", self.surname, purpose.suffix()),
            None => format!("{} {}", self.surname, purpose.suffix()),
        };
        let name = Name::new()
            .country("BE")
            .common_name(&common)
            .surname(&self.surname);
        let name = if first.is_some() {
            name.given_name(&self.given_names)
        } else {
            name
        };
        name.serial_number(self.national_number.expose())
    }
}

/// A person's certificate with its key and serial number.
#[derive(Clone, Debug)]
pub struct IssuedLeaf {
    /// The certificate in DER.
    pub certificate_der: Vec<u8>,
    /// Its private key.
    pub key: PrivateKey,
    /// Its serial number, by which its status is switched.
    pub serial: Serial,
}

impl LabPki {
    /// The profile of a person's certificate, before it is signed: change one thing to make a wrong one.
    pub fn leaf_profile(
        &self,
        holder: &Holder,
        purpose: LeafPurpose,
        key: &PrivateKey,
        validity: Validity,
    ) -> CertificateBuilder {
        let builder = CertificateBuilder::new(holder.subject(purpose), key.public())
            .valid(validity)
            .with(Extension::access(&self.base_url, AuthorityKind::Citizen))
            .with(Extension::crl(&self.base_url, AuthorityKind::Citizen));
        match purpose {
            LeafPurpose::Authentication => builder
                .with(Extension::key_usage(&[0]))
                .with(Extension::extended_key_usage(&[extension::CLIENT_AUTH]))
                .with(Extension::policies(&["2.16.56.13.6.1.1.1000"])),
            LeafPurpose::Signature => builder
                .with(Extension::key_usage(&[1]))
                .with(Extension::extended_key_usage(&[extension::EMAIL_PROTECTION]))
                .with(Extension::policies(&[
                    "2.16.56.13.6.1.2.1000",
                    "0.4.0.194112.1.2",
                ]))
                .with(Extension::qualified_signature()),
        }
    }

    /// Issues a certificate of the citizen CA with a new key of `kind`, valid as `validity` says.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn issue_leaf(
        &self,
        holder: &Holder,
        purpose: LeafPurpose,
        kind: KeyKind,
        validity: Validity,
        random: &dyn Random,
    ) -> Result<IssuedLeaf, LabError> {
        let key = PrivateKey::generate(kind)?;
        let serial = Serial::random(random);
        let certificate_der = self
            .leaf_profile(holder, purpose, &key, validity)
            .serial(serial.clone())
            .issue(&self.citizen, random)?;
        Ok(IssuedLeaf {
            certificate_der,
            key,
            serial,
        })
    }

    /// The validity of a card issued a year before `now`: ten years.
    pub fn usual_validity(now: Timestamp) -> Validity {
        Validity::around(now, DAY * 365, DAY * 3287)
    }
}
