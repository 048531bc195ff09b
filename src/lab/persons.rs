//! The specimens of the demo municipality Zegelgem and of its OCMW, and the cards with something wrong.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LabError;
use super::card::Applet;
use super::card::personal::{CardSpec, Personalised, personalise};
use super::host::image_path;
use super::pki::{DAY, Holder, LabPki, LeafPurpose, Serial, Validity};
use super::services::{CertificateStatus, RevocationReason, Switches};
use crate::base::national::NationalNumber;
use crate::base::random::Random;
use crate::base::time::Timestamp;

/// What is wrong with a specimen's card or certificates from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// The PIN is blocked.
    Blocked,
    /// Card and certificates expired a month ago.
    Expired,
    /// Nothing.
    None,
    /// One PIN try is left.
    OneTry,
    /// Both certificates are revoked.
    Revoked,
    /// Both certificates are suspended.
    Suspended,
    /// The card is of another test root that nobody trusts.
    Untrusted,
}

/// A specimen of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    /// The name of the card: `mayor`.
    pub slug: &'static str,
    /// All given names.
    pub given_names: &'static str,
    /// Surname.
    pub surname: &'static str,
    /// Eleven digits of the test pattern (month + 60), check number valid.
    pub national_number: &'static str,
    /// As the card writes it.
    pub birth: &'static str,
    /// Generation of the card.
    pub applet: Applet,
    /// What is wrong with it.
    pub flaw: Flaw,
    /// Who the person is in the demo, for people.
    pub part: &'static str,
}

#[expect(
    clippy::too_many_arguments,
    reason = "one row of the table below, in the order of its members"
)]
const fn person(
    slug: &'static str,
    given_names: &'static str,
    surname: &'static str,
    national_number: &'static str,
    birth: &'static str,
    applet: Applet,
    flaw: Flaw,
    part: &'static str,
) -> DemoPerson {
    DemoPerson {
        slug,
        given_names,
        surname,
        national_number,
        birth,
        applet,
        flaw,
        part,
    }
}

/// Everybody in the demo. The first five play parts in the journeys, the others have something wrong.
///
/// National numbers follow the pattern of public test services, month + 60 (reference roles-and-mandates §2).
pub const PERSONS: [DemoPerson; 11] = [
    person(
        "mayor",
        "An Marie",
        "Specimen",
        "71631400255",
        "14 MAAR 1971",
        Applet::V18,
        Flaw::None,
        "mayor of Zegelgem and chair of its OCMW",
    ),
    person(
        "director",
        "Bram",
        "Spécimen",
        "78710201523",
        "02 NOV 1978",
        Applet::V18,
        Flaw::None,
        "general director of Zegelgem and of its OCMW",
    ),
    person(
        "alderman",
        "Carla Josée",
        "Specimen",
        "69662102493",
        "21 JUN 1969",
        Applet::V17,
        Flaw::None,
        "first alderman, acting while the mayor is absent",
    ),
    person(
        "staff",
        "Dirk",
        "Specimen",
        "90610903374",
        "09 JAN 1990",
        Applet::V18,
        Flaw::None,
        "member of staff with a delegation of the general director",
    ),
    person(
        "citizen",
        "Els",
        "Specimen",
        "01683004269",
        "30 AUG 2001",
        Applet::V17,
        Flaw::None,
        "citizen without any role",
    ),
    person(
        "revoked",
        "Filip",
        "Specimen",
        "84640405104",
        "04 APR 1984",
        Applet::V18,
        Flaw::Revoked,
        "certificates revoked",
    ),
    person(
        "suspended",
        "Gerda",
        "Specimen",
        "62721206028",
        "12 DEC 1962",
        Applet::V18,
        Flaw::Suspended,
        "certificates suspended",
    ),
    person(
        "expired",
        "Hugo",
        "Specimen",
        "55670707182",
        "07 JUL 1955",
        Applet::V18,
        Flaw::Expired,
        "card and certificates expired",
    ),
    person(
        "blocked",
        "Ine",
        "Specimen",
        "99622808041",
        "28 FEB 1999",
        Applet::V18,
        Flaw::Blocked,
        "PIN blocked",
    ),
    person(
        "one-try",
        "Jan",
        "Specimen",
        "87651909169",
        "19 MEI 1987",
        Applet::V17,
        Flaw::OneTry,
        "one PIN try left",
    ),
    person(
        "untrusted",
        "Kim",
        "Specimen",
        "93701010204",
        "10 OKT 1993",
        Applet::V18,
        Flaw::Untrusted,
        "card of a test root that nobody trusts",
    ),
];

/// The common name of the root whose cards nobody trusts.
const OTHER_ROOT: &str = "Other TEST Root CA";

/// A specimen's card as it was made: what the laboratory keeps to find it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// The name of the card.
    pub card: String,
    /// Given names and surname.
    pub name: String,
    /// Who it is in the demo.
    pub part: String,
    /// What is wrong with it.
    pub flaw: Flaw,
    /// Generation of the card.
    pub applet: Applet,
    /// Serial number of the authentication certificate.
    pub authentication: Serial,
    /// Serial number of the signature certificate.
    pub signature: Serial,
}

impl PersonRecord {
    /// The serial number of one of the two certificates.
    pub const fn serial(&self, purpose: LeafPurpose) -> &Serial {
        match purpose {
            LeafPurpose::Authentication => &self.authentication,
            LeafPurpose::Signature => &self.signature,
        }
    }
}

impl DemoPerson {
    /// The specimen whose card is named `slug`.
    pub fn find(slug: &str) -> Option<&'static Self> {
        PERSONS.iter().find(|person| person.slug == slug)
    }

    /// `M` or `V`, from the number: the serial of the day, digits 7 to 9, is odd for men.
    pub fn sex(&self) -> char {
        let odd = self
            .national_number
            .as_bytes()
            .get(8)
            .is_some_and(|digit| digit % 2 == 1);
        if odd { 'M' } else { 'V' }
    }

    /// What stands on the card when it is made at `now`.
    ///
    /// # Errors
    /// `Malformed` when the number in the table is wrong, which a test sees.
    pub fn spec(&self, now: Timestamp) -> Result<CardSpec, LabError> {
        let national_number = NationalNumber::parse(self.national_number)
            .map_err(|_| LabError::Malformed(format!("national number of {}", self.slug)))?;
        let validity = match self.flaw {
            Flaw::Expired => Validity {
                not_after: now.truncated_to_second().minus(DAY * 30),
                ..Validity::around(now, DAY * 700, DAY)
            },
            _ => LabPki::usual_validity(now),
        };
        let place = PERSONS
            .iter()
            .position(|person| person.slug == self.slug)
            .unwrap_or(0);
        let place = u64::try_from(place).unwrap_or(0);
        let holder = Holder {
            surname: self.surname.to_owned(),
            given_names: self.given_names.to_owned(),
            national_number,
        };
        Ok(CardSpec {
            sex: self.sex(),
            birth: self.birth.to_owned(),
            street: format!("Proefstraat {}", place + 1),
            card_number: 5_920_000_500 + place,
            structure_version: self.slug == "director",
            ..CardSpec::new(self.applet, holder, validity)
        })
    }

    /// Makes the card with certificates of `pki`. The flaws that lie in its state are set; statuses of certificates
    /// are the services' (see [`initial_statuses`]).
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn make_card(
        &self,
        pki: &LabPki,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Personalised, LabError> {
        let mut made = personalise(pki, &self.spec(now)?, random)?;
        match self.flaw {
            Flaw::Blocked => made.card.image_mut().tries_left = 0,
            Flaw::OneTry => made.card.image_mut().tries_left = 1,
            _ => {}
        }
        Ok(made)
    }
}

/// Makes the cards of `only` (everybody's when it is empty), writes images and keys into `folder`, and returns who
/// is who.
///
/// `pki`: issues all but the untrusted one, which comes from a root made for it and forgotten.
///
/// # Errors
/// `Unknown` for a name nobody has; when a key cannot be made or a file cannot be written.
pub fn make(
    pki: &LabPki,
    only: &[String],
    folder: &Path,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Vec<PersonRecord>, LabError> {
    std::fs::create_dir_all(folder).map_err(LabError::io(folder))?;
    if let Some(name) = only.iter().find(|name| DemoPerson::find(name).is_none()) {
        return Err(LabError::Unknown {
            what: "specimen",
            name: name.clone(),
        });
    }
    let mut records = Vec::new();
    let wanted = |person: &&DemoPerson| only.is_empty() || only.iter().any(|name| name == person.slug);
    for person in PERSONS.iter().filter(wanted) {
        let made = if person.flaw == Flaw::Untrusted {
            let other = LabPki::generate_named(OTHER_ROOT, &pki.base_url, random, now)?;
            person.make_card(&other, random, now)?
        } else {
            person.make_card(pki, random, now)?
        };
        made.card.image().save(&image_path(folder, person.slug))?;
        made.card.keys().save(folder, person.slug)?;
        records.push(PersonRecord {
            card: person.slug.to_owned(),
            name: format!("{} {}", person.given_names, person.surname),
            part: person.part.to_owned(),
            flaw: person.flaw,
            applet: person.applet,
            authentication: made.authentication.serial,
            signature: made.signature.serial,
        });
    }
    Ok(records)
}

/// Sets the statuses that the flaws of `records` ask for: revoked and suspended since a week before `now`.
pub fn initial_statuses(records: &[PersonRecord], switches: &mut Switches, now: Timestamp) {
    let since = now.truncated_to_second().minus(DAY * 7);
    for record in records {
        let status = match record.flaw {
            Flaw::Revoked => CertificateStatus::Revoked {
                at: since,
                reason: RevocationReason::KeyCompromise,
            },
            Flaw::Suspended => CertificateStatus::OnHold { since },
            _ => continue,
        };
        for purpose in [LeafPurpose::Authentication, LeafPurpose::Signature] {
            switches.set_certificate(record.serial(purpose).clone(), status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::national::NumberKind;

    #[test]
    fn every_specimen_has_a_test_number_and_says_so() {
        for person in &PERSONS {
            let number = NationalNumber::parse(person.national_number).unwrap();
            assert_eq!(number.kind(), NumberKind::Test, "{}", person.slug);
            assert!(
                person.surname.ends_with("pecimen") || person.surname.ends_with("pécimen"),
                "{}",
                person.slug
            );
        }
    }

    #[test]
    fn names_and_numbers_are_unique() {
        for (place, person) in PERSONS.iter().enumerate() {
            for other in &PERSONS[place + 1..] {
                assert_ne!(person.slug, other.slug);
                assert_ne!(person.national_number, other.national_number);
            }
        }
    }
}
