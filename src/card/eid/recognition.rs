//! Which card is it? The ATR is a hint, the applet is the proof, its version byte the generation.

use std::fmt;

use crate::card::error::CardError;

/// The ATR of applet 1.8. Other cards of the same platform share most of it.
///
/// Source: Belpic applet manual 1.8; reference §2.1.
pub const ATR_1_8: [u8; 20] = [
    0x3B, 0x7F, 0x96, 0x00, 0x00, 0x80, 0x31, 0x80, 0x65, 0xB0, 0x85, 0x04, 0x01, 0x20, 0x12, 0x0F, 0xFF,
    0x82, 0x90, 0x00,
];

/// Value and mask of the ATRs of applets 1.0 to 1.7.
const OLD_ATR: ([u8; 13], [u8; 13]) = (
    [
        0x3B, 0x98, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0xAD, 0x13, 0x10,
    ],
    [
        0xFF, 0xFF, 0x00, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xF0,
    ],
);

/// The applet's own identifier.
pub(super) const APPLET: [u8; 15] = [
    0xA0, 0x00, 0x00, 0x00, 0x30, 0x29, 0x05, 0x70, 0x00, 0xAD, 0x13, 0x10, 0x01, 0x01, 0xFF,
];

/// Whether an ATR looks like a Belgian eID card. A hint only: the applet is the proof.
pub fn is_likely_belgian(atr: &[u8]) -> bool {
    atr == ATR_1_8 || is_old(atr)
}

/// Whether an ATR is of applets 1.0 to 1.7.
pub(super) fn is_old(atr: &[u8]) -> bool {
    let (value, mask) = OLD_ATR;
    atr.len() == value.len()
        && atr
            .iter()
            .zip(mask)
            .zip(value)
            .all(|((byte, mask), value)| byte & mask == value)
}

/// The families that the driver treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Applets 1.0 and 1.1: RSA-1024; an empty VERIFY burns a PIN try.
    Early,
    /// Applet 1.7: RSA-2048.
    Rsa,
    /// Applet 1.8 and later: elliptic curves.
    Ec,
}

impl Generation {
    /// By the applet's version byte: compared, not matched, so that later applets are met.
    pub const fn of(applet_version: u8) -> Self {
        match applet_version {
            0x18.. => Self::Ec,
            0x17 => Self::Rsa,
            _ => Self::Early,
        }
    }
}

/// What GET CARD DATA says about the chip and the applet.
#[derive(Clone, PartialEq, Eq)]
pub struct CardData {
    /// The chip's serial number.
    pub chip_serial: [u8; 16],
    /// The applet's version: `11`, `17`, `18` …
    pub applet_version: u8,
    /// PIN tries left, where the card says so without being asked for the PIN (1.8).
    pub tries_left: Option<u8>,
}

impl CardData {
    /// Reads the 28 bytes of the short form, or the 31 of the long one, or the at least 23 that all cards give.
    ///
    /// # Errors
    /// `CardUnsupported` when it is shorter: then it is no Belgian eID card.
    ///
    /// Source: Belpic applet manual 1.8, GET CARD DATA; reference §2.3.
    pub fn parse(bytes: &[u8]) -> Result<Self, CardError> {
        let (chip_serial, rest) = bytes
            .split_first_chunk::<16>()
            .ok_or(CardError::CardUnsupported)?;
        let applet_version = match rest {
            [_, _, _, _, _, version, _, ..] => *version,
            _ => return Err(CardError::CardUnsupported),
        };
        let tries_left = bytes.get(28).copied().filter(|tries| *tries <= 15);
        Ok(Self {
            chip_serial: *chip_serial,
            applet_version,
            tries_left,
        })
    }

    /// The family this applet belongs to.
    pub const fn generation(&self) -> Generation {
        Generation::of(self.applet_version)
    }
}

impl fmt::Debug for CardData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The serial number identifies a person's card.
        write!(
            f,
            "CardData(applet {:02X}, tries {:?})",
            self.applet_version, self.tries_left
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atrs_of_all_generations_are_recognised_and_others_are_not() {
        for (atr, expected) in [
            ("3b989440ffa503010101ad1310", true),
            ("3b9894400aa503010101ad1310", true),
            ("3b9813400aa503010101ad1311", true),
            ("3b7f96000080318065b085040120120fff829000", true),
            ("3b7f96000080318065b085040111120fff829000", false),
            ("3bf81300008131fe15597562696b657934d4", false),
            ("3b9813400aa503010101ad13", false),
            ("", false),
        ] {
            assert_eq!(is_likely_belgian(&hex::decode(atr).unwrap()), expected, "{atr}");
        }
    }

    #[test]
    fn the_version_byte_tells_the_generation() {
        let mut bytes = vec![0; 31];
        for (version, tries, expected) in [
            (0x01, 0xFF, (Generation::Early, None)),
            (0x11, 0xFF, (Generation::Early, None)),
            (0x17, 0xFF, (Generation::Rsa, None)),
            (0x18, 2, (Generation::Ec, Some(2))),
            (0x19, 0, (Generation::Ec, Some(0))),
        ] {
            bytes[21] = version;
            bytes[28] = tries;
            let data = CardData::parse(&bytes).unwrap();
            assert_eq!((data.generation(), data.tries_left), expected, "{version:02x}");
        }
        assert_eq!(CardData::parse(&bytes[..28]).unwrap().tries_left, None);
        assert_eq!(CardData::parse(&bytes[..22]), Err(CardError::CardUnsupported));
    }
}
