//! The national register number, in a type that cannot be printed.

use std::fmt;

use hmac_sha256::pseudonym;
use zeroize::Zeroizing;

/// A national register number or BIS number: eleven digits with a right check number.
///
/// It has no `Display`, no `Serialize`, and `Debug` shows nothing: the law of 8 August 1983, article 8, lets it
/// be used only where a legal basis says so. Wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct NationalNumber {
    digits: Zeroizing<[u8; 11]>,
    century: Century,
}

/// Which of the two check formulas matches, and so in which century the number was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Century {
    /// `97 − (first nine digits mod 97)`.
    Before2000,
    /// The same with a 2 put in front.
    From2000,
}

/// What the month field says about the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// Month + 20 or + 40: a person outside the national register.
    Bis,
    /// Month 00 to 12.
    Register,
    /// Month 61 to 72 (the pattern of public test services) or any other impossible month of a specimen.
    Test,
}

/// The text is no national number. Says what rule it broke, never what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NationalNumberError {
    /// The last two digits do not fit the first nine.
    #[error("the check number is wrong")]
    CheckNumber,
    /// Not eleven digits once dots, dashes, blanks and slashes are taken out.
    #[error("a national number has 11 digits")]
    Length,
}

impl NationalNumber {
    /// Reads a number written with or without dots, dashes, blanks and slashes.
    ///
    /// # Errors
    /// `Length` or `CheckNumber`.
    ///
    /// Source: reference roles-and-mandates §2, belgian-eid-card §15. 2·10⁹ mod 97 is 68, so the two formulas
    /// never match at once and the check number tells the century.
    pub fn parse(text: &str) -> Result<Self, NationalNumberError> {
        let mut digits = Zeroizing::new([0_u8; 11]);
        let mut count = 0_usize;
        for byte in text
            .bytes()
            .filter(|byte| !matches!(byte, b'.' | b'-' | b' ' | b'/'))
        {
            let slot = digits.get_mut(count).ok_or(NationalNumberError::Length)?;
            if !byte.is_ascii_digit() {
                return Err(NationalNumberError::Length);
            }
            *slot = byte;
            count = count.saturating_add(1);
        }
        if count != 11 {
            return Err(NationalNumberError::Length);
        }
        let value = |range: &[u8]| {
            range
                .iter()
                .fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'))
        };
        let (first, check) = digits.split_at(9);
        let (first, check) = (value(first), value(check));
        let century = if 97 - first % 97 == check {
            Century::Before2000
        } else if 97 - (2_000_000_000 + first) % 97 == check {
            Century::From2000
        } else {
            return Err(NationalNumberError::CheckNumber);
        };
        Ok(Self { digits, century })
    }

    /// Lends the eleven digits to code that has a recorded legal basis, or that matches in memory.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(self.digits.as_slice()).unwrap_or_default()
    }

    /// The century the check number tells.
    pub const fn century(&self) -> Century {
        self.century
    }

    /// Whether the number is from the register, a BIS number, or a test number.
    pub fn kind(&self) -> NumberKind {
        let month = match &self.digits[..] {
            [_, _, tens, units, ..] => (tens - b'0') * 10 + (units - b'0'),
            _ => 99,
        };
        match month {
            0..=12 => NumberKind::Register,
            20..=32 | 40..=52 => NumberKind::Bis,
            _ => NumberKind::Test,
        }
    }

    /// The keyed pseudonym by which a board knows this person: HMAC-SHA-256 over the purpose and the number.
    ///
    /// Eleven digits can be guessed, so an unkeyed hash would be no pseudonym. `key`: 32 bytes at least, one per
    /// board. `purpose`: a short constant that keeps pseudonyms of different uses apart.
    pub fn pseudonym(&self, key: &[u8], purpose: &str) -> Pseudonym {
        Pseudonym(pseudonym(key, purpose.as_bytes(), self.digits.as_slice()))
    }
}

impl fmt::Debug for NationalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NationalNumber")
    }
}

/// A person as one board knows them for one purpose, 32 bytes. Says nothing without the board's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub [u8; 32]);

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonym(")?;
        f.write_str(&hex::encode(self.0.split_at(4).0))?;
        f.write_str("…)")
    }
}

/// HMAC-SHA-256 (RFC 2104) in the few lines that keep this room free of the service's crates.
pub(crate) mod hmac_sha256 {
    use sha2::{Digest, Sha256};

    /// `HMAC(key, len(purpose) ‖ purpose ‖ message)`, the length as one big-endian u32.
    pub(crate) fn pseudonym(key: &[u8], purpose: &[u8], message: &[u8]) -> [u8; 32] {
        let length = u32::try_from(purpose.len()).unwrap_or(u32::MAX).to_be_bytes();
        hmac(key, &[&length, purpose, message])
    }

    /// HMAC-SHA-256 of the parts one after the other.
    pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut block = [0_u8; 64];
        if key.len() > block.len() {
            let digest = Sha256::digest(key);
            block.iter_mut().zip(digest).for_each(|(slot, byte)| *slot = byte);
        } else {
            block.iter_mut().zip(key).for_each(|(slot, byte)| *slot = *byte);
        }
        let mut inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36));
        for part in parts {
            inner.update(part);
        }
        let outer = Sha256::new()
            .chain_update(block.map(|byte| byte ^ 0x5c))
            .chain_update(inner.finalize());
        outer.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specimen_numbers_and_their_kind() {
        for (text, century, kind) in [
            ("71715100070", Century::Before2000, NumberKind::Test),
            ("05061299978", Century::From2000, NumberKind::Register),
            ("05061299949", Century::Before2000, NumberKind::Register),
            ("85410199973", Century::Before2000, NumberKind::Bis),
            ("85210199930", Century::Before2000, NumberKind::Bis),
            ("02410199908", Century::From2000, NumberKind::Bis),
            ("71000099907", Century::Before2000, NumberKind::Register),
            ("70.61.15-001.88", Century::Before2000, NumberKind::Test),
            ("70611508997", Century::Before2000, NumberKind::Test),
            ("02651200762", Century::From2000, NumberKind::Test),
        ] {
            let number = NationalNumber::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((number.century(), number.kind()), (century, kind), "{text}");
        }
    }

    #[test]
    fn wrong_numbers_are_refused_without_being_repeated() {
        for (text, error) in [
            ("71715100071", NationalNumberError::CheckNumber),
            ("05061299950", NationalNumberError::CheckNumber),
            ("7171510007", NationalNumberError::Length),
            ("717151000700", NationalNumberError::Length),
            ("7171510007x", NationalNumberError::Length),
            ("", NationalNumberError::Length),
        ] {
            let found = NationalNumber::parse(text).unwrap_err();
            assert_eq!(found, error, "{text}");
            assert!(text.is_empty() || !found.to_string().contains(text));
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let number = NationalNumber::parse("71715100070").unwrap();
        assert_eq!(format!("{number:?}"), "NationalNumber");
    }

    #[test]
    fn hmac_matches_rfc_4231_case_2() {
        assert_eq!(
            hex::encode(hmac_sha256::hmac(
                b"Jefe",
                &[b"what do ya want ", b"for nothing?"]
            )),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn pseudonyms_differ_by_key_and_by_purpose() {
        let number = NationalNumber::parse("71715100070").unwrap();
        let one = number.pseudonym(&[1; 32], "link");
        assert_eq!(one, number.pseudonym(&[1; 32], "link"));
        assert_ne!(one, number.pseudonym(&[2; 32], "link"));
        assert_ne!(one, number.pseudonym(&[1; 32], "subject"));
    }
}
