//! What cards of foreigners say beyond the identity: tags 12 to 1F.

use crate::base::time::Day;

use super::identity::{Identity, day};

/// On whose behalf a holder is in Belgium. Tag 13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Organisation {
    /// 4: EU blue card, former form.
    BlueCard,
    /// 2: NATO.
    Nato,
    /// 5: researcher.
    Researcher,
    /// 1: SHAPE.
    Shape,
}

/// What a holder may do on the labour market. Tag 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabourMarket {
    /// 8: limited.
    Limited,
    /// 9: none.
    None,
    /// A: seasonal worker.
    Seasonal,
    /// 7: unlimited.
    Unlimited,
}

/// International protection. Tag 15.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Since when.
    pub since: Day,
    /// ISO 3166 alpha-2 of the country that gives it.
    pub country: String,
}

/// Tags 12 to 1F, read. What is empty or unknown stays away; the words themselves stand in [`Identity::further`].
///
/// Source: ID/Address file v5.0; reference §7.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Residence {
    /// How often the card was issued again. Tag 12.
    pub duplicates: Option<u8>,
    /// Tag 13.
    pub organisation: Option<Organisation>,
    /// Tag 14 is there. Informative only: test cards of other people have it too.
    pub says_family_of_eu_citizen: bool,
    /// Tag 15.
    pub protection: Option<Protection>,
    /// Tag 16.
    pub labour_market: Option<LabourMarket>,
    /// VAT numbers of employers as they are written. Tags 17 and 18.
    pub employers: Vec<String>,
    /// Number of the regional file. Tag 19.
    pub regional_file: Option<String>,
    /// Withdrawal agreement, article 18(1): tag 1B says `B`.
    pub withdrawal_agreement: bool,
    /// Permanent residence under that agreement: tag 1C says `C`.
    pub permanent_under_agreement: bool,
    /// Mentions of an A card, one letter each. Tags 1D and 1E.
    pub stay_mentions: Vec<char>,
    /// Registration date of an EU card, permanent residence since of an EU+ card. Tag 1F.
    pub eu_since: Option<Day>,
}

impl Identity {
    /// What the card says of its holder's residence.
    pub fn residence(&self) -> Residence {
        let mut residence = Residence::default();
        for (tag, value) in &self.further {
            let value = value.as_str();
            match tag {
                0x12 => residence.duplicates = value.parse().ok(),
                0x13 => residence.organisation = organisation(value),
                0x14 => residence.says_family_of_eu_citizen = true,
                0x15 => residence.protection = protection(value),
                0x16 => residence.labour_market = labour_market(value),
                0x17 | 0x18 => residence.employers.push(value.to_owned()),
                0x19 => residence.regional_file = Some(value.to_owned()),
                0x1B => residence.withdrawal_agreement = value == "B",
                0x1C => residence.permanent_under_agreement = value == "C",
                0x1D | 0x1E => residence.stay_mentions.extend(value.chars()),
                0x1F => residence.eu_since = day(value),
                _ => {}
            }
        }
        residence
    }
}

fn organisation(text: &str) -> Option<Organisation> {
    match text {
        "1" => Some(Organisation::Shape),
        "2" => Some(Organisation::Nato),
        "4" => Some(Organisation::BlueCard),
        "5" => Some(Organisation::Researcher),
        _ => None,
    }
}

fn labour_market(text: &str) -> Option<LabourMarket> {
    match text {
        "7" => Some(LabourMarket::Unlimited),
        "8" => Some(LabourMarket::Limited),
        "9" => Some(LabourMarket::None),
        "A" => Some(LabourMarket::Seasonal),
        _ => None,
    }
}

/// `dd.MM.yyyy-A2`.
fn protection(text: &str) -> Option<Protection> {
    let (since, country) = text.split_once('-')?;
    let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    Some(Protection {
        since: day(since)?,
        country: is_code.then(|| country.to_owned())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn residence(fields: &[(u8, &str)]) -> Residence {
        let file: Vec<u8> = fields
            .iter()
            .flat_map(|(tag, value)| [&[*tag, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat())
            .collect();
        Identity::parse(&file).unwrap().residence()
    }

    #[test]
    fn each_tag_is_read() {
        let found = residence(&[
            (0x12, "02"),
            (0x13, "4"),
            (0x14, ""),
            (0x15, "01.02.2015-FR"),
            (0x16, "A"),
            (0x17, "0123.456.789"),
            (0x18, "0987.654.321"),
            (0x19, "2026/1"),
            (0x1B, "B"),
            (0x1C, "C"),
            (0x1D, "I"),
            (0x1E, "K"),
            (0x1F, "03.03.2021"),
        ]);
        let expected = Residence {
            duplicates: Some(2),
            organisation: Some(Organisation::BlueCard),
            says_family_of_eu_citizen: true,
            protection: Some(Protection {
                since: "2015-02-01".parse().unwrap(),
                country: "FR".to_owned(),
            }),
            labour_market: Some(LabourMarket::Seasonal),
            employers: vec!["0123.456.789".to_owned(), "0987.654.321".to_owned()],
            regional_file: Some("2026/1".to_owned()),
            withdrawal_agreement: true,
            permanent_under_agreement: true,
            stay_mentions: vec!['I', 'K'],
            eu_since: "2021-03-03".parse().ok(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_empty_or_unknown_stays_away() {
        let fields = [
            (0x12, ""),
            (0x13, "9"),
            (0x15, ""),
            (0x16, "Z"),
            (0x17, ""),
            (0x1B, "X"),
            (0x1F, "2021-03-03"),
        ];
        assert_eq!(residence(&fields), Residence::default());
        for protection in [
            "01.02.2015",
            "01.02.2015-fr",
            "31.02.2015-FR",
            "-FR",
            "01.02.2015-FRA",
        ] {
            assert_eq!(residence(&[(0x15, protection)]).protection, None, "{protection}");
        }
    }

    #[test]
    fn every_letter_of_the_register_has_its_meaning() {
        for (text, expected) in [
            ("1", Organisation::Shape),
            ("2", Organisation::Nato),
            ("4", Organisation::BlueCard),
            ("5", Organisation::Researcher),
        ] {
            assert_eq!(residence(&[(0x13, text)]).organisation, Some(expected));
        }
        for (text, expected) in [
            ("7", LabourMarket::Unlimited),
            ("8", LabourMarket::Limited),
            ("9", LabourMarket::None),
            ("A", LabourMarket::Seasonal),
        ] {
            assert_eq!(residence(&[(0x16, text)]).labour_market, Some(expected));
        }
    }
}
