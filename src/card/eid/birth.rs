//! The date of birth as cards write it: three languages, and parts that may be unknown.

use std::fmt;

/// A date of birth; an unknown day or month stays unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BirthDate {
    /// Four digits.
    pub year: Option<u16>,
    /// 1 to 12.
    pub month: Option<u8>,
    /// 1 to 31.
    pub day: Option<u8>,
}

/// The months as the register writes them in French, Dutch and German, and as cards have been seen to.
///
/// Source: reference §7.3.
const MONTHS: [(&str, u8); 27] = [
    ("JAN", 1),
    ("FEV", 2),
    ("FEB", 2),
    ("MARS", 3),
    ("MAAR", 3),
    ("MAR", 3),
    ("MRT", 3),
    ("MRZ", 3),
    ("AVR", 4),
    ("APR", 4),
    ("MAI", 5),
    ("MEI", 5),
    ("JUIN", 6),
    ("JUN", 6),
    ("JUIL", 7),
    ("JUL", 7),
    ("AOUT", 8),
    ("AUG", 8),
    ("SEPT", 9),
    ("SEP", 9),
    ("OCT", 10),
    ("OKT", 10),
    ("NOV", 11),
    ("DEC", 12),
    ("DEZ", 12),
    ("MAERZ", 3),
    ("MÄR", 3),
];

impl BirthDate {
    /// Reads what stands in tag 0C. What cannot be read stays unknown; a day is never invented.
    ///
    /// Split on blanks and dots: four digits are the year, one or two the day, letters the month.
    pub fn parse(text: &str) -> Self {
        let mut date = Self::default();
        for part in text.split([' ', '.', '/', '-']).filter(|part| !part.is_empty()) {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            match (digits, part.len()) {
                (true, 4) => date.year = part.parse().ok().filter(|year| *year > 0),
                (true, 1 | 2) => date.day = part.parse().ok().filter(|day| (1..=31).contains(day)),
                (false, _) => date.month = month(part),
                _ => {}
            }
        }
        date
    }
}

fn month(text: &str) -> Option<u8> {
    let folded: String = text.to_uppercase().chars().map(fold).collect();
    MONTHS
        .iter()
        .find(|(name, _)| name.chars().map(fold).eq(folded.chars()))
        .map(|(_, month)| *month)
}

const fn fold(letter: char) -> char {
    match letter {
        'É' | 'È' | 'Ê' => 'E',
        'Û' | 'Ù' => 'U',
        'Ä' => 'A',
        other => other,
    }
}

impl fmt::Display for BirthDate {
    /// `YYYY-MM-DD`, an unknown part as `00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.year.unwrap_or(0),
            self.month.unwrap_or(0),
            self.day.unwrap_or(0)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_three_languages_and_of_careless_printers() {
        for (text, expected) in [
            ("01 JAN 1971", "1971-01-01"),
            ("1 JAN 1971", "1971-01-01"),
            ("08 MAAR 1980", "1980-03-08"),
            ("09 SEPT 1988", "1988-09-09"),
            ("12 AVR  1968", "1968-04-12"),
            ("02.DEZ. 1984", "1984-12-02"),
            ("05.AUG.1979", "1979-08-05"),
            ("31 DEC 1992", "1992-12-31"),
            ("04 MEI 1990", "1990-05-04"),
            ("14.MÄR.1990", "1990-03-14"),
            ("14 mär 1990", "1990-03-14"),
            ("14 FÉV 1990", "1990-02-14"),
            ("14 AOÛT 1990", "1990-08-14"),
            ("14 DÉC 1990", "1990-12-14"),
            ("14 MRT 1990", "1990-03-14"),
            ("1965", "1965-00-00"),
            ("   JUIN 1965", "1965-06-00"),
            ("31 XYZ 1965", "1965-00-31"),
            ("", "0000-00-00"),
        ] {
            assert_eq!(BirthDate::parse(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn every_month_of_every_language() {
        let tables = [
            [
                "JAN", "FEV", "MARS", "AVR", "MAI", "JUIN", "JUIL", "AOUT", "SEPT", "OCT", "NOV", "DEC",
            ],
            [
                "JAN", "FEB", "MAAR", "APR", "MEI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEC",
            ],
            [
                "JAN", "FEB", "MÄR", "APR", "MAI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEZ",
            ],
        ];
        for table in tables {
            for (index, name) in table.iter().enumerate() {
                assert_eq!(month(name).map(usize::from), Some(index + 1), "{name}");
            }
        }
    }
}
