//! Numbers and codes of organisations, checked when read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is no identifier of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The last two digits do not fit the first eight.
    #[error("the check number is wrong")]
    CheckNumber,
    /// The text does not have the shape of one.
    #[error("expected {0}")]
    Shape(&'static str),
}

/// Number of an enterprise in the Crossroads Bank for Enterprises (KBO/BCE): ten digits, the first 0 or 1.
///
/// Read with or without dots, dashes, blanks, slashes and the `BE` of a VAT number; the old form of nine digits
/// gets its leading zero. An establishment's number (first digit 2 to 8) is refused. Shown as ten digits.
///
/// Source: reference roles-and-mandates §2; check: `97 − (first eight mod 97)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnterpriseNumber(u64);

/// Code of an organisation in the Flemish organisation register: `OVO` and six digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OvoCode(u32);

/// Code of a municipality in the statistical classification: five digits.
///
/// It changes at mergers and boundary changes while the OVO code stays, so it is always kept with its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NisCode(u32);

impl EnterpriseNumber {
    /// The number with the dots people write: `0999.900.150`.
    pub fn dotted(self) -> String {
        format!(
            "{:04}.{:03}.{:03}",
            self.0 / 1_000_000,
            self.0 / 1_000 % 1_000,
            self.0 % 1_000
        )
    }
}

impl FromStr for EnterpriseNumber {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        const SHAPE: IdentifierError =
            IdentifierError::Shape("an enterprise number of ten digits, first 0 or 1");
        let text = text.trim();
        let text = text.strip_prefix("BE").unwrap_or(text);
        let mut digits = String::with_capacity(10);
        for sign in text.chars().filter(|sign| !matches!(sign, '.' | '-' | ' ' | '/')) {
            if !sign.is_ascii_digit() || digits.len() == 10 {
                return Err(SHAPE);
            }
            digits.push(sign);
        }
        if digits.len() == 9 {
            digits.insert(0, '0');
        }
        if digits.len() != 10 || !digits.starts_with(['0', '1']) {
            return Err(SHAPE);
        }
        let value: u64 = digits.parse().map_err(|_| SHAPE)?;
        if 97 - (value / 100) % 97 != value % 100 {
            return Err(IdentifierError::CheckNumber);
        }
        Ok(Self(value))
    }
}

impl fmt::Display for EnterpriseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

/// The digits of `text` when it is exactly `count` of them.
fn fixed_digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

impl FromStr for OvoCode {
    type Err = IdentifierError;
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        text.strip_prefix("OVO")
            .and_then(|digits| fixed_digits(digits, 6))
            .map(Self)
            .ok_or(IdentifierError::Shape("`OVO` and six digits"))
    }
}

impl fmt::Display for OvoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OVO{:06}", self.0)
    }
}

impl FromStr for NisCode {
    type Err = IdentifierError;
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        fixed_digits(text, 5)
            .filter(|code| *code != 0)
            .map(Self)
            .ok_or(IdentifierError::Shape("a municipality code of five digits"))
    }
}

impl fmt::Display for NisCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}", self.0)
    }
}

macro_rules! through_text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = IdentifierError;
            fn try_from(value: String) -> Result<Self, IdentifierError> {
                value.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}
through_text!(EnterpriseNumber, OvoCode, NisCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enterprise_numbers_are_read_in_every_written_form_and_shown_in_one() {
        for text in [
            "0999900150",
            "0999.900.150",
            "999900150",
            "BE 0999.900.150",
            "BE0999900150",
        ] {
            let number: EnterpriseNumber = text.parse().unwrap();
            assert_eq!(number.to_string(), "0999900150", "{text}");
            assert_eq!(number.dotted(), "0999.900.150", "{text}");
        }
        for text in ["0999900249", "1999900171", "0999905197"] {
            assert_eq!(text.parse::<EnterpriseNumber>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_check_number_and_an_establishment_are_refused() {
        assert_eq!(
            "0999900151".parse::<EnterpriseNumber>(),
            Err(IdentifierError::CheckNumber)
        );
        // Remainder nought gives 97, never 00.
        assert_eq!(
            "0999905100".parse::<EnterpriseNumber>(),
            Err(IdentifierError::CheckNumber)
        );
        for bad in [
            "2999900192",
            "",
            "99990015",
            "09999001500",
            "O999900150",
            "0999 900 15x",
        ] {
            assert!(
                matches!(bad.parse::<EnterpriseNumber>(), Err(IdentifierError::Shape(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn codes_of_organisations_and_municipalities_have_one_shape() {
        assert_eq!("OVO002159".parse::<OvoCode>().unwrap().to_string(), "OVO002159");
        assert_eq!("46029".parse::<NisCode>().unwrap().to_string(), "46029");
        for bad in ["OVO2159", "ovo002159", "OVO00215x", ""] {
            assert!(bad.parse::<OvoCode>().is_err(), "{bad}");
        }
        for bad in [".", "0", "00000", "4602", "460290", "4602x"] {
            assert!(bad.parse::<NisCode>().is_err(), "{bad}");
        }
    }
}
