//! What differs between generations of the applet (reference belgian-eid-card §1, §2).

use serde::{Deserialize, Serialize};

/// A generation of the Belgian applet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Applet {
    /// 1.0 of 2003: as 1.1, with an older answer to reset.
    #[serde(rename = "1.0")]
    V10,
    /// 1.1 of 2004: RSA-1024, an empty VERIFY burns a try.
    #[serde(rename = "1.1")]
    V11,
    /// 1.7 of 2014: RSA-2048, PSS.
    #[serde(rename = "1.7")]
    V17,
    /// 1.8 of 2020: EC P-384.
    #[serde(rename = "1.8")]
    V18,
}

impl Applet {
    /// The answer to reset.
    pub fn atr(self) -> Vec<u8> {
        match self {
            Self::V10 => vec![
                0x3B, 0x98, 0x94, 0x40, 0x0A, 0xA5, 0x03, 0x01, 0x01, 0x01, 0xAD, 0x13, 0x10,
            ],
            Self::V11 | Self::V17 => vec![
                0x3B, 0x98, 0x13, 0x40, 0x0A, 0xA5, 0x03, 0x01, 0x01, 0x01, 0xAD, 0x13, 0x11,
            ],
            Self::V18 => vec![
                0x3B, 0x7F, 0x96, 0x00, 0x00, 0x80, 0x31, 0x80, 0x65, 0xB0, 0x85, 0x04, 0x01, 0x20, 0x12,
                0x0F, 0xFF, 0x82, 0x90, 0x00,
            ],
        }
    }

    /// Bytes 16 to 27 of GET CARD DATA: versions, key-exchange version and life cycle.
    pub(super) const fn card_data_tail(self) -> [u8; 12] {
        match self {
            Self::V10 => [
                0xA5, 0x03, 0x01, 0x01, 0x01, 0x01, 0x00, 0x01, 0x00, 0x01, 0x01, 0x0F,
            ],
            Self::V11 => [
                0xA5, 0x03, 0x01, 0x01, 0x01, 0x11, 0x00, 0x02, 0x00, 0x01, 0x01, 0x0F,
            ],
            Self::V17 => [
                0xF3, 0x36, 0x01, 0x22, 0x01, 0x17, 0x00, 0x03, 0x00, 0x21, 0x01, 0x0F,
            ],
            Self::V18 => [
                0xF3, 0x36, 0x01, 0x25, 0x01, 0x18, 0x00, 0x01, 0x00, 0x00, 0x02, 0x0F,
            ],
        }
    }

    /// How many commands may stand between VERIFY and a non-repudiation signature.
    pub(super) const fn commands_after_verify(self) -> u32 {
        match self {
            Self::V10 | Self::V11 | Self::V17 => 0,
            Self::V18 => 1,
        }
    }

    /// Whether VERIFY without data only asks for the tries left.
    pub(super) const fn empty_verify_is_a_question(self) -> bool {
        !matches!(self, Self::V10 | Self::V11)
    }

    /// Zero bytes behind each certificate.
    pub(super) const fn certificate_tail(self) -> usize {
        match self {
            Self::V10 | Self::V11 | Self::V17 => 50,
            Self::V18 => 1100,
        }
    }

    /// Length of a certificate file that holds no certificate.
    pub(super) const fn empty_certificate(self) -> usize {
        match self {
            Self::V10 | Self::V11 | Self::V17 => 1300,
            Self::V18 => 2500,
        }
    }

    /// Length of the two signature files, zeros included.
    pub(super) const fn signature_file(self) -> usize {
        match self {
            Self::V17 => 256,
            // Of 1.8 the manuals fix a length and do not name it; 104 bytes is the longest P-384 value.
            Self::V10 | Self::V11 | Self::V18 => 128,
        }
    }

    /// Length of the address file, zeros included.
    pub(super) const fn address_file(self) -> usize {
        match self {
            Self::V10 | Self::V11 | Self::V17 => 121,
            Self::V18 => 145,
        }
    }
}
