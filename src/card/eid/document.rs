//! What kind of document the card is.

use std::fmt;

/// The document type of tag 0F.
///
/// Source: ID/Address file v5.0; reference §7.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentType(pub u8);

impl DocumentType {
    /// Reads one or two digits; `1` and `01` are the same.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().map(Self)
    }

    /// A card of a Belgian citizen, the child's card included.
    pub const fn is_belgian(self) -> bool {
        matches!(self.0, 1 | 6)
    }

    /// A card of a child under twelve: it may have no authentication certificate, and never signs.
    pub const fn is_child(self) -> bool {
        matches!(self.0, 6 | 61..=69)
    }

    /// Bootstrap and habilitation cards belong to an office, not to a person: they never log anybody in.
    pub const fn is_personal(self) -> bool {
        !matches!(self.0, 7 | 8)
    }

    /// The document's name as people know it, in English.
    pub const fn name(self) -> &'static str {
        match self.0 {
            1 => "Belgian citizen card",
            2 => "EU citizen card",
            3 => "non-EU citizen card",
            6 => "Kids-ID",
            7 => "bootstrap card",
            8 => "habilitation card",
            11 | 33 => "A card",
            12 | 34 => "B card",
            13 => "C card",
            14 => "D card",
            15 => "E card",
            16 => "E+ card",
            17 | 35 => "F card",
            18 | 36 => "F+ card",
            19 => "H card",
            20 => "I card",
            21 => "J card",
            22 => "M card",
            23 => "N card",
            27 => "K card",
            28 => "L card",
            31 => "EU card",
            32 => "EU+ card",
            61 => "EU card of a child",
            62 => "EU+ card of a child",
            63 => "A card of a child",
            64 => "B card of a child",
            65 => "K card of a child",
            66 => "L card of a child",
            67 => "F card of a child",
            68 => "F+ card of a child",
            69 => "M card of a child",
            _ => "other residence document",
        }
    }
}

impl fmt::Display for DocumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_two_digits_are_read_and_unknown_codes_kept() {
        assert_eq!(DocumentType::parse("1"), DocumentType::parse("01"));
        assert_eq!(DocumentType::parse("33").map(DocumentType::name), Some("A card"));
        assert_eq!(
            DocumentType::parse("99").map(DocumentType::name),
            Some("other residence document")
        );
        for bad in ["", "001", "1a", "+1"] {
            assert_eq!(DocumentType::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn office_cards_are_nobody() {
        assert!(!DocumentType(7).is_personal() && !DocumentType(8).is_personal());
        assert!(DocumentType(1).is_personal() && DocumentType(61).is_child());
    }
}
