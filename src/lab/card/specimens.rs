//! The rare cards: every generation, document and holder that a program must be able to meet, and cards that lie.
//!
//! They play no part in the demo municipality; a laboratory makes each when it is first wanted. Start from
//! [`Specimen::find`].

use super::super::LabError;
use super::super::pki::{DAY, Holder, LabPki, Validity};
use super::image::CardImage;
use super::personal::{CardSpec, Certificates, DataSigner, Personalised, personalise};
use super::profile::Applet;
use crate::base::national::NationalNumber;
use crate::base::random::Random;
use crate::base::time::Timestamp;

/// A card that is not everybody's.
#[derive(Clone, Copy, Debug)]
pub struct Specimen {
    /// The name of the card: `kid`.
    pub name: &'static str,
    /// What is special about it, for people.
    pub about: &'static str,
    applet: Applet,
    given_names: &'static str,
    national_number: &'static str,
    change: fn(&mut CardSpec),
    flaw: Option<Lie>,
}

/// What is wrong with a card's files, against what was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    /// Address and its signature are of another person's card.
    Address,
    /// One bit of the identity's signature is another.
    IdentitySignature,
    /// Not activated: it refuses every command.
    Inactive,
    /// The photo is of another person.
    Photo,
}

const fn specimen(
    name: &'static str,
    applet: Applet,
    given_names: &'static str,
    national_number: &'static str,
    change: fn(&mut CardSpec),
    about: &'static str,
) -> Specimen {
    Specimen {
        name,
        about,
        applet,
        given_names,
        national_number,
        change,
        flaw: None,
    }
}

const fn lying(mut specimen: Specimen, lie: Lie) -> Specimen {
    specimen.flaw = Some(lie);
    specimen
}

const fn unchanged(_: &mut CardSpec) {}

fn further(spec: &mut CardSpec, fields: &[(u8, &str)]) {
    spec.further = fields
        .iter()
        .map(|(tag, value)| (*tag, (*value).to_owned()))
        .collect();
}

/// A number of an adult born on 15 January 1970, of the test pattern (month + 60).
const ADULT: &str = "70611500188";

/// All of them. Numbers are test numbers (month + 60), or have the serial 999 that the register never gives.
///
/// Source: reference §18.4.
pub const SPECIMENS: [Specimen; 22] = [
    specimen(
        "applet-10",
        Applet::V10,
        "Ann",
        ADULT,
        unchanged,
        "applet 1.0: RSA-1024, data signed with SHA-1, an empty VERIFY burns a try",
    ),
    specimen(
        "applet-11",
        Applet::V11,
        "Ben",
        ADULT,
        unchanged,
        "applet 1.1: as 1.0",
    ),
    specimen(
        "applet-17",
        Applet::V17,
        "Cas",
        ADULT,
        |spec| spec.signer = DataSigner::Rsa2048,
        "applet 1.7 as first issued: RSA-2048, data signed with RSA and SHA-256",
    ),
    specimen(
        "rekeyed",
        Applet::V17,
        "Dries",
        ADULT,
        unchanged,
        "applet 1.7 after the re-keying of 2023: RSA keys, data signed with P-384 in files padded to 256 bytes",
    ),
    specimen(
        "tag-00",
        Applet::V18,
        "Elke",
        ADULT,
        |spec| {
            spec.structure_version = true;
            spec.address_version = true;
        },
        "identity and address begin with tag 00",
    ),
    specimen(
        "minor",
        Applet::V18,
        "Fleur",
        "10661599928",
        |spec| {
            "15 JUN 2010".clone_into(&mut spec.birth);
            spec.certificates = Certificates::AuthenticationOnly;
        },
        "a minor of fifteen: no signature certificate",
    ),
    specimen(
        "kid",
        Applet::V18,
        "Gijs",
        "18661599902",
        |spec| {
            "15 JUN 2018".clone_into(&mut spec.birth);
            spec.sex = 'M';
            spec.document = 6;
            spec.certificates = Certificates::None;
        },
        "Kids-ID: no certificate at all",
    ),
    specimen(
        "kid-foreign",
        Applet::V18,
        "Hana",
        "18661599902",
        |spec| {
            "15 JUN 2018".clone_into(&mut spec.birth);
            "Nederland".clone_into(&mut spec.nationality);
            spec.document = 61;
            spec.certificates = Certificates::None;
        },
        "EU card of a child (type 61): no certificate at all",
    ),
    specimen(
        "foreigner",
        Applet::V17,
        "Ilse Maria",
        ADULT,
        |spec| {
            "Verenigde Staten van Amerika".clone_into(&mut spec.nationality);
            spec.document = 11;
            let fields = [
                (0x12, "01"),
                (0x13, "5"),
                (0x14, ""),
                (0x15, "01.02.2015-FR"),
                (0x16, "8"),
                (0x17, "0123.456.789"),
                (0x18, "0987.654.321"),
                (0x19, "TEST-2026-000001"),
            ];
            further(spec, &fields);
        },
        "A card with tags 12 to 19",
    ),
    specimen(
        "eu-plus",
        Applet::V18,
        "João",
        ADULT,
        |spec| {
            "Portugal".clone_into(&mut spec.nationality);
            spec.sex = 'M';
            spec.document = 32;
            further(spec, &[(0x12, "00"), (0x1F, "03.03.2021")]);
        },
        "EU+ card with tag 1F",
    ),
    specimen(
        "brexit",
        Applet::V18,
        "Kate",
        ADULT,
        |spec| {
            "Verenigd Koninkrijk".clone_into(&mut spec.nationality);
            spec.sex = 'F';
            spec.document = 22;
            further(spec, &[(0x12, "00"), (0x1B, "B"), (0x1C, "C")]);
        },
        "M card with tags 1B and 1C",
    ),
    specimen(
        "one-name",
        Applet::V18,
        "",
        ADULT,
        unchanged,
        "a holder with one name: no given name on card and certificates",
    ),
    specimen(
        "long-names",
        Applet::V18,
        "Žofie-Ångström-Zoë-Çelebi Þórdís-Łucja-Ñandú-Ærøskøb",
        ADULT,
        |spec| {
            "Specimen-van-den-Müßigbrodt-d'Hœdt-Šťastný-Żółkiewski-Ÿsenbaërt-Žižková"
                .clone_into(&mut spec.holder.surname);
            "Ø".clone_into(&mut spec.third_initial);
            "Ridder, Écuyer, Edle".clone_into(&mut spec.noble_condition);
            "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch".clone_into(&mut spec.birth_place);
            "Burgemeester-Jhr.-Étienne-de-Fœrsterstrasse 123456 bus 999".clone_into(&mut spec.street);
        },
        "names and places near the longest, of letters with several bytes",
    ),
    specimen(
        "unknown-birth",
        Applet::V18,
        "Lut",
        "71000099907",
        |spec| "1971".clone_into(&mut spec.birth),
        "day and month of birth are unknown",
    ),
    specimen(
        "bis",
        Applet::V18,
        "Mo",
        "85410199973",
        |spec| {
            "01 JAN 1985".clone_into(&mut spec.birth);
            spec.sex = 'M';
        },
        "a BIS number (month + 40)",
    ),
    specimen(
        "empty-street",
        Applet::V18,
        "Nele",
        ADULT,
        |spec| spec.street = String::new(),
        "an address without a street",
    ),
    specimen(
        "white-cane",
        Applet::V17,
        "Oona",
        ADULT,
        |spec| {
            spec.special_status = '3';
            "Barones".clone_into(&mut spec.noble_condition);
        },
        "special status: white cane and extended minority; a title of nobility",
    ),
    specimen(
        "habilitation",
        Applet::V17,
        "Post",
        ADULT,
        |spec| spec.document = 8,
        "a habilitation card: of an office, not of a person",
    ),
    lying(
        specimen(
            "not-activated",
            Applet::V18,
            "Quinten",
            ADULT,
            unchanged,
            "not activated yet: every command is answered 6D 00",
        ),
        Lie::Inactive,
    ),
    lying(
        specimen(
            "corrupt-identity",
            Applet::V18,
            "Rita",
            ADULT,
            unchanged,
            "one bit of the identity's signature is wrong",
        ),
        Lie::IdentitySignature,
    ),
    lying(
        specimen(
            "swapped-photo",
            Applet::V18,
            "Sam",
            ADULT,
            unchanged,
            "the photo is another person's",
        ),
        Lie::Photo,
    ),
    lying(
        specimen(
            "foreign-address",
            Applet::V18,
            "Tine",
            ADULT,
            unchanged,
            "address and its signature are of another card",
        ),
        Lie::Address,
    ),
];

impl Specimen {
    /// The specimen whose card has this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        SPECIMENS.iter().find(|specimen| specimen.name == name)
    }

    /// What stands on the card when it is made at `now`.
    ///
    /// # Errors
    /// `Malformed` when the number in the table is wrong, which a test sees.
    pub fn spec(&self, now: Timestamp) -> Result<CardSpec, LabError> {
        let national_number = NationalNumber::parse(self.national_number)
            .map_err(|_| LabError::Malformed(format!("national number of {}", self.name)))?;
        let holder = Holder {
            surname: "Specimen".to_owned(),
            given_names: self.given_names.to_owned(),
            national_number,
        };
        // A child's card is valid for three years, all others for ten.
        let validity = if self.name.starts_with("kid") {
            Validity::around(now, DAY * 365, DAY * 730)
        } else {
            LabPki::usual_validity(now)
        };
        let place = SPECIMENS.iter().position(|other| other.name == self.name);
        let mut spec = CardSpec {
            card_number: 5_930_000_000 + u64::try_from(place.unwrap_or(0)).unwrap_or(0),
            ..CardSpec::new(self.applet, holder, validity)
        };
        (self.change)(&mut spec);
        Ok(spec)
    }

    /// Makes the card, with certificates of `pki`.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn make_card(
        &self,
        pki: &LabPki,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Personalised, LabError> {
        let spec = self.spec(now)?;
        let mut made = personalise(pki, &spec, random)?;
        match self.flaw {
            None => {}
            Some(Lie::Inactive) => made.card.image_mut().activated = false,
            Some(Lie::IdentitySignature) => {
                change(made.card.image_mut(), "3F00DF014032", |content| {
                    if let Some(byte) = content.get_mut(10) {
                        *byte ^= 1;
                    }
                });
            }
            Some(lie @ (Lie::Address | Lie::Photo)) => {
                let mut other = spec;
                "Iemand Anders".clone_into(&mut other.holder.given_names);
                "Andere straat 2".clone_into(&mut other.street);
                let other = personalise(pki, &other, random)?;
                let files: &[&str] = match lie {
                    Lie::Photo => &["3F00DF014035"],
                    _ => &["3F00DF014033", "3F00DF014034"],
                };
                for path in files {
                    let theirs = other.card.image().file(path).unwrap_or_default().to_vec();
                    made.card.image_mut().set_file(path, theirs);
                }
            }
        }
        Ok(made)
    }
}

fn change(image: &mut CardImage, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut content = image.file(path).unwrap_or_default().to_vec();
    change(&mut content);
    image.set_file(path, content);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::national::NumberKind;

    #[test]
    fn every_number_is_one_that_nobody_has() {
        for specimen in &SPECIMENS {
            let number = NationalNumber::parse(specimen.national_number).unwrap();
            let never_given = number.expose().get(6..9) == Some("999");
            assert!(
                number.kind() == NumberKind::Test || never_given,
                "{}",
                specimen.name
            );
        }
    }

    #[test]
    fn the_long_names_are_near_the_longest_and_not_over() {
        let now = "2026-03-03T09:00:00Z".parse().unwrap();
        let spec = Specimen::find("long-names").unwrap().spec(now).unwrap();
        // Most bytes of each field. Source: reference §7.2 and §7.5.
        for (text, most) in [
            (&spec.holder.surname, 90),
            (&spec.holder.given_names, 75),
            (&spec.birth_place, 60),
            (&spec.noble_condition, 30),
            (&spec.third_initial, 3),
            (&spec.street, 60),
        ] {
            assert!(
                text.len() <= most && text.len() * 10 >= most * 6,
                "{text}: {} of {most} bytes",
                text.len()
            );
        }
    }

    #[test]
    fn names_are_unique_and_no_part_of_the_demo() {
        for (place, specimen) in SPECIMENS.iter().enumerate() {
            assert!(
                SPECIMENS[place + 1..]
                    .iter()
                    .all(|other| other.name != specimen.name),
                "{}",
                specimen.name
            );
            assert!(crate::lab::persons::DemoPerson::find(specimen.name).is_none());
            assert!(
                specimen
                    .name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            );
        }
    }
}
