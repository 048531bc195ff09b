//! The identity file.

use std::fmt;

use crate::base::digest::HashAlgorithm;
use crate::base::national::{Century, NationalNumber, NumberKind};
use crate::base::time::Day;
use crate::card::error::CardError;
use crate::card::tlv::{self, Tlv};

use super::birth::BirthDate;
use super::document::DocumentType;

/// Sex as the card writes it, with the letter of its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// `F`, `V` or `W`.
    Female,
    /// `M`.
    Male,
    /// Anything else.
    Unknown,
}

/// The special status of tag 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialStatus {
    /// 2.
    ExtendedMinority,
    /// 0.
    None,
    /// 1.
    WhiteCane,
    /// 3.
    WhiteCaneAndExtendedMinority,
    /// 4.
    YellowCane,
    /// 5.
    YellowCaneAndExtendedMinority,
}

/// Something about the file that is odd, and does not make it unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The date of birth and the national number name different days. Legitimate for some numbers.
    BirthDate,
    /// The last two digits of the card number are not the check number of those before.
    CardNumber,
    /// This tag stands there twice; the first one counts.
    DuplicateTag(u8),
    /// The check number of the national number is wrong, or it has not eleven digits.
    NationalNumber,
    /// This field should be UTF-8 and is not.
    NotUtf8(u8),
    /// Nobody has described this tag yet.
    UnknownTag(u8),
}

impl Warning {
    /// The stable word for it, for programs.
    pub fn code(self) -> String {
        match self {
            Self::BirthDate => "birth_date".to_owned(),
            Self::CardNumber => "card_number".to_owned(),
            Self::DuplicateTag(tag) => format!("duplicate_tag_{tag:02x}"),
            Self::NationalNumber => "national_number".to_owned(),
            Self::NotUtf8(tag) => format!("not_utf8_{tag:02x}"),
            Self::UnknownTag(tag) => format!("unknown_tag_{tag:02x}"),
        }
    }
}

/// What the identity file says of the holder and the card. Not verified: see [`super::genuine`].
///
/// Empty text means that the field is absent or empty. `Debug` shows no personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Card number as stored, without dashes.
    pub card_number: String,
    /// The chip's serial number, 16 bytes.
    pub chip_number: Vec<u8>,
    /// First day of validity.
    pub valid_from: Option<Day>,
    /// Last day of validity, inclusive as printed on the card.
    pub valid_until: Option<Day>,
    /// Municipality (or embassy) that delivered the card.
    pub delivered_by: String,
    /// The national number, where it is one.
    pub national_number: Option<NationalNumber>,
    /// Surname.
    pub surname: String,
    /// First two given names.
    pub given_names: String,
    /// First letter of the third given name.
    pub third_initial: String,
    /// Nationality in the words of the register.
    pub nationality: String,
    /// Place of birth.
    pub birth_place: String,
    /// Date of birth.
    pub birth_date: BirthDate,
    /// Sex.
    pub sex: Sex,
    /// Title of nobility.
    pub noble_condition: String,
    /// Kind of document; `None` when the code is no number.
    pub document_type: Option<DocumentType>,
    /// Special status, where the card has one that is known.
    pub special_status: Option<SpecialStatus>,
    /// Hash of the photo file; its length tells the algorithm.
    pub photo_hash: Vec<u8>,
    /// Hash of the basic key file, SHA-384 (1.8).
    pub basic_key_hash: Vec<u8>,
    /// Tags 12 to 1F of foreigners' cards as they are written, first tag first.
    pub further: Vec<(u8, String)>,
    /// What is odd about the file.
    pub warnings: Vec<Warning>,
}

impl Identity {
    /// Reads the content of file 4031.
    ///
    /// # Errors
    /// `Malformed` when a length runs past the end: a corrupt file gives no partial identity.
    ///
    /// Source: ID/Address file v5.0; reference §7.2.
    pub fn parse(file: &[u8]) -> Result<Self, CardError> {
        let found = tlv::parse(file).map_err(|error| CardError::Malformed {
            what: "identity",
            at: error.at,
        })?;
        let value = |tag| first(&found, tag).unwrap_or_default();
        let field = |tag| text(value(tag));
        let mut warnings = odd_tags(&found);
        let national_number = NationalNumber::parse(&field(0x06)).ok();
        if national_number.is_none() && !value(0x06).is_empty() {
            warnings.push(Warning::NationalNumber);
        }
        let card_number = field(0x01);
        if !card_number.is_empty() && !is_card_number(&card_number) {
            warnings.push(Warning::CardNumber);
        }
        let birth_date = BirthDate::parse(&field(0x0C));
        if national_number
            .as_ref()
            .is_some_and(|number| contradicts(birth_date, number))
        {
            warnings.push(Warning::BirthDate);
        }
        Ok(Self {
            card_number,
            chip_number: value(0x02).to_vec(),
            valid_from: day(&field(0x03)),
            valid_until: day(&field(0x04)),
            delivered_by: field(0x05),
            national_number,
            surname: field(0x07),
            given_names: field(0x08),
            third_initial: field(0x09),
            nationality: field(0x0A),
            birth_place: field(0x0B),
            birth_date,
            sex: sex(&field(0x0D)),
            noble_condition: field(0x0E),
            document_type: DocumentType::parse(&field(0x0F)),
            special_status: special_status(&field(0x10)),
            photo_hash: value(0x11).to_vec(),
            basic_key_hash: value(0x1A).to_vec(),
            further: found
                .iter()
                .filter(|tlv| matches!(tlv.tag, 0x12..=0x1F) && tlv.tag != 0x1A)
                .filter(|tlv| !tlv.value.is_empty() || tlv.tag == 0x14)
                .map(|tlv| (tlv.tag, text(tlv.value)))
                .collect(),
            warnings,
        })
    }

    /// The algorithm of the photo's hash, told by its length.
    pub fn photo_hash_algorithm(&self) -> Option<HashAlgorithm> {
        HashAlgorithm::ALL.into_iter().find(|algorithm| {
            *algorithm != HashAlgorithm::Sha512 && algorithm.output_bytes() == self.photo_hash.len()
        })
    }

    /// Whether the card is valid on `day`, both printed days included. `None` when a date cannot be read.
    pub fn is_valid_on(&self, day: Day) -> Option<bool> {
        Some(self.valid_from? <= day && day <= self.valid_until?)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:?}, {:?})", self.document_type, self.warnings)
    }
}

fn first<'a>(found: &[Tlv<'a>], tag: u8) -> Option<&'a [u8]> {
    found.iter().find(|tlv| tlv.tag == tag).map(|tlv| tlv.value)
}

fn odd_tags(found: &[Tlv<'_>]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, tlv) in found.iter().enumerate() {
        if found.iter().take(index).any(|earlier| earlier.tag == tlv.tag) {
            warnings.push(Warning::DuplicateTag(tlv.tag));
        }
        if tlv.tag > 0x1F {
            warnings.push(Warning::UnknownTag(tlv.tag));
        }
        let binary = matches!(tlv.tag, 0x00 | 0x02 | 0x11 | 0x1A) || tlv.tag > 0x1F;
        if !binary && std::str::from_utf8(tlv.value).is_err() {
            warnings.push(Warning::NotUtf8(tlv.tag));
        }
    }
    warnings
}

/// Text of a field without the blanks around it; what is not UTF-8 is replaced, and the raw bytes stay in the file.
pub(super) fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value)
        .trim_matches([' ', '\0'])
        .to_owned()
}

/// `DD.MM.YYYY`.
pub(super) fn day(text: &str) -> Option<Day> {
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Day::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// Twelve digits of a citizen's card, `B` and nine digits or nine digits alone of a foreigner's; the last two are the
/// others modulo 97, where a remainder of 0 is seen as `00` and as `97`.
///
/// Source: reference §7.2.
fn is_card_number(text: &str) -> bool {
    let digits = text.strip_prefix('B').unwrap_or(text);
    let long = digits.len() == 12 && digits.len() == text.len();
    if !(long || digits.len() == 9) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (number, check) = digits.split_at(digits.len().saturating_sub(2));
    match (number.parse::<u64>(), check.parse::<u64>()) {
        (Ok(number), Ok(check)) => number % 97 == check % 97,
        _ => false,
    }
}

/// Whether a date of birth that is known whole is another than that of a number of the register. Numbers with an
/// unknown day or month, BIS and test numbers say nothing.
fn contradicts(birth: BirthDate, number: &NationalNumber) -> bool {
    if number.kind() != NumberKind::Register {
        return false;
    }
    let two = |from: usize| {
        let digits = number.expose().get(from..from.saturating_add(2));
        digits.and_then(|digits| digits.parse::<u8>().ok()).unwrap_or(0)
    };
    let (year, month, day) = (two(0), two(2), two(4));
    let (Some(birth_year), Some(birth_month), Some(birth_day)) = (birth.year, birth.month, birth.day) else {
        return false;
    };
    month != 0
        && day != 0
        && (u16::from(year) != birth_year % 100
            || month != birth_month
            || day != birth_day
            || (birth_year >= 2000) != (number.century() == Century::From2000))
}

fn sex(text: &str) -> Sex {
    match text {
        "M" => Sex::Male,
        "F" | "V" | "W" => Sex::Female,
        _ => Sex::Unknown,
    }
}

fn special_status(text: &str) -> Option<SpecialStatus> {
    match text {
        "0" => Some(SpecialStatus::None),
        "1" => Some(SpecialStatus::WhiteCane),
        "2" => Some(SpecialStatus::ExtendedMinority),
        "3" => Some(SpecialStatus::WhiteCaneAndExtendedMinority),
        "4" => Some(SpecialStatus::YellowCane),
        "5" => Some(SpecialStatus::YellowCaneAndExtendedMinority),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(fields: &[(u8, &[u8])]) -> Vec<u8> {
        fields
            .iter()
            .flat_map(|(tag, value)| [&[*tag, u8::try_from(value.len()).unwrap()], *value].concat())
            .collect()
    }

    #[test]
    fn a_whole_file_is_read() {
        let content = file(&[
            (0x00, &[0, 2]),
            (0x01, b"592000056665"),
            (0x02, &[7; 16]),
            (0x03, b"03.03.2024"),
            (0x04, b"03.03.2034"),
            (0x05, b"Zegelgem"),
            (0x06, b"71715100070"),
            (0x07, b"Specimen"),
            (0x08, b"An "),
            (0x0C, b"01 JAN 1971"),
            (0x0D, b"V"),
            (0x0F, b"01"),
            (0x10, b"5"),
            (0x11, &[1; 48]),
            (0x14, b""),
            (0x1A, &[2; 48]),
        ]);
        let identity = Identity::parse(&content).unwrap();
        assert_eq!(identity.surname, "Specimen");
        assert_eq!(identity.given_names, "An");
        assert_eq!(
            identity.national_number.as_ref().map(NationalNumber::expose),
            Some("71715100070")
        );
        assert_eq!(identity.valid_from, "2024-03-03".parse().ok());
        assert_eq!(identity.is_valid_on("2034-03-03".parse().unwrap()), Some(true));
        assert_eq!(identity.is_valid_on("2034-03-04".parse().unwrap()), Some(false));
        assert_eq!(
            (identity.sex, identity.document_type),
            (Sex::Female, Some(DocumentType(1)))
        );
        assert_eq!(
            identity.special_status,
            Some(SpecialStatus::YellowCaneAndExtendedMinority)
        );
        assert_eq!(identity.photo_hash_algorithm(), Some(HashAlgorithm::Sha384));
        assert_eq!(identity.basic_key_hash.len(), 48);
        assert_eq!(identity.further, [(0x14, String::new())]);
        assert_eq!(identity.warnings, []);
        assert_eq!(format!("{identity:?}"), "Identity(Some(DocumentType(1)), [])");
    }

    #[test]
    fn odd_files_are_read_with_a_warning() {
        let identity = Identity::parse(&file(&[
            (0x06, b"7171510007012"),
            (0x07, b"Eerst"),
            (0x07, b"Later"),
            (0x08, &[0xC3]),
            (0x42, &[0xFF]),
        ]))
        .unwrap();
        assert_eq!(identity.surname, "Eerst");
        assert_eq!(identity.national_number, None);
        let expected = [
            Warning::DuplicateTag(0x07),
            Warning::NotUtf8(0x08),
            Warning::UnknownTag(0x42),
            Warning::NationalNumber,
        ];
        assert_eq!(identity.warnings, expected);
    }

    #[test]
    fn check_digits_of_card_numbers() {
        for (text, expected) in [
            // Shown as 592-0000566-65 on a published specimen.
            ("592000056665", true),
            ("592000056666", false),
            ("B000000102", false),
            ("B000009700", true),
            ("B000009797", true),
            ("B000012330", false),
            ("000012326", true),
            ("B592000056665", false),
            ("59200005666", false),
            ("59200005666X", false),
        ] {
            assert_eq!(is_card_number(text), expected, "{text}");
        }
    }

    #[test]
    fn a_birth_date_is_held_against_a_number_that_tells_one() {
        for (number, birth, expected) in [
            ("67063029659", "30 JUN 1967", false),
            ("67063029659", "29 JUN 1967", true),
            ("67063029659", "30 JUN 1968", true),
            ("67063029659", "1967", false),
            // 2005 and 1905: the check number tells the century.
            ("05061299978", "12 JUN 2005", false),
            ("05061299978", "12 JUN 1905", true),
            ("05061299949", "12 JUN 1905", false),
            // An unknown day, a BIS number, a specimen's.
            ("71000099907", "05 MEI 1971", false),
            ("85410199973", "05 MEI 1971", false),
            ("71715100070", "01 JAN 1971", false),
        ] {
            let identity =
                Identity::parse(&file(&[(0x06, number.as_bytes()), (0x0C, birth.as_bytes())])).unwrap();
            assert!(identity.national_number.is_some(), "{number}");
            assert_eq!(
                identity.warnings.contains(&Warning::BirthDate),
                expected,
                "{number} {birth}"
            );
        }
    }

    #[test]
    fn a_corrupt_file_gives_no_identity() {
        let mut content = file(&[(0x07, b"Specimen")]);
        content.truncate(5);
        assert_eq!(
            Identity::parse(&content),
            Err(CardError::Malformed {
                what: "identity",
                at: 0
            })
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_identity_or_refused(bytes in proptest::collection::vec(0_u8.., 0..1100)) {
            let _ = Identity::parse(&bytes).map(|identity| (identity.photo_hash_algorithm(), format!("{identity:?}")));
        }
    }
}
