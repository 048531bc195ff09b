//! DER output: small functions that each return a whole element.

use super::oid::Oid;
use crate::base::time::Timestamp;

/// Tag octets of the universal types zegel writes.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0A;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0C;
    /// PrintableString.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// IA5String.
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;

    /// Context-specific primitive tag `[number]`, number below 31.
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// Context-specific constructed tag `[number]`, number below 31.
    pub const fn context_constructed(number: u8) -> u8 {
        0xA0 | number
    }
}

/// An element with the one-octet tag `tag` and the content `content`.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len().saturating_add(6));
    out.extend(header(tag, u64::try_from(content.len()).unwrap_or(u64::MAX)));
    out.extend_from_slice(content);
    out
}

/// Tag and definite length of an element whose content of `length` bytes comes from elsewhere.
pub fn header(tag: u8, length: u64) -> Vec<u8> {
    let mut out = vec![tag];
    push_length(&mut out, length);
    out
}

/// An element whose content is `parts` one after the other.
pub fn constructed(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// SEQUENCE of `parts` in the order given.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    constructed(tag::SEQUENCE, parts)
}

/// SET OF `parts`, sorted by encoding as DER asks (X.690 §11.6).
pub fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    element(tag::SET, &parts.concat())
}

/// `[number] EXPLICIT` around one whole element.
pub fn explicit(number: u8, inner: &[u8]) -> Vec<u8> {
    element(tag::context_constructed(number), inner)
}

/// INTEGER of a small non-negative number.
pub fn integer(value: u64) -> Vec<u8> {
    integer_bytes(&value.to_be_bytes())
}

/// INTEGER of a non-negative number given as big-endian octets of any length, leading zeros allowed.
pub fn integer_bytes(big_endian: &[u8]) -> Vec<u8> {
    let start = big_endian
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(big_endian.len());
    let significant = big_endian.get(start..).unwrap_or_default();
    let mut content = Vec::with_capacity(significant.len().saturating_add(1));
    if significant.first().is_none_or(|first| first & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(significant);
    element(tag::INTEGER, &content)
}

/// OBJECT IDENTIFIER.
pub fn oid(oid: &Oid) -> Vec<u8> {
    element(tag::OID, oid.content())
}

/// OCTET STRING.
pub fn octet_string(bytes: &[u8]) -> Vec<u8> {
    element(tag::OCTET_STRING, bytes)
}

/// BIT STRING of whole octets.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    constructed(tag::BIT_STRING, &[&[0], bytes])
}

/// BIT STRING of named bits, bit 0 first, trailing zero bits left out (X.690 §11.2.2).
pub fn named_bits(bits: &[bool]) -> Vec<u8> {
    let used = bits
        .iter()
        .rposition(|bit| *bit)
        .map_or(0, |last| last.saturating_add(1));
    let mut bytes = vec![0_u8; used.div_ceil(8)];
    for (index, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
        if let Some(byte) = bytes.get_mut(index / 8) {
            *byte |= 0x80 >> (index % 8);
        }
    }
    let unused = u8::try_from(bytes.len().saturating_mul(8).saturating_sub(used)).unwrap_or(0);
    constructed(tag::BIT_STRING, &[&[unused], &bytes])
}

/// BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    element(tag::BOOLEAN, &[if value { 0xFF } else { 0x00 }])
}

/// NULL.
pub fn null() -> Vec<u8> {
    element(tag::NULL, &[])
}

/// UTF8String.
pub fn utf8(text: &str) -> Vec<u8> {
    element(tag::UTF8_STRING, text.as_bytes())
}

/// PrintableString; the caller keeps to its alphabet.
pub fn printable(text: &str) -> Vec<u8> {
    element(tag::PRINTABLE_STRING, text.as_bytes())
}

/// GeneralizedTime `YYYYMMDDHHMMSSZ`, whole seconds.
pub fn generalized_time(at: Timestamp) -> Vec<u8> {
    element(
        tag::GENERALIZED_TIME,
        at.to_jiff().strftime("%Y%m%d%H%M%SZ").to_string().as_bytes(),
    )
}

/// UTCTime through 2049 and GeneralizedTime from 2050 on, as certificates and CMS want (RFC 5280 §4.1.2.5).
pub fn time(at: Timestamp) -> Vec<u8> {
    let text = at.to_jiff().strftime("%Y%m%d%H%M%SZ").to_string();
    let year: i32 = text.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    if (1950..2050).contains(&year) {
        element(tag::UTC_TIME, text.get(2..).unwrap_or_default().as_bytes())
    } else {
        element(tag::GENERALIZED_TIME, text.as_bytes())
    }
}

fn push_length(out: &mut Vec<u8>, length: u64) {
    if let Some(short) = u8::try_from(length).ok().filter(|short| *short < 0x80) {
        out.push(short);
        return;
    }
    let bytes = length.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let significant = bytes.get(start..).unwrap_or_default();
    out.push(0x80 | u8::try_from(significant.len()).unwrap_or(0));
    out.extend_from_slice(significant);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_encodings() {
        for (made, expected) in [
            (integer(0), "020100"),
            (integer(127), "02017f"),
            (integer(128), "02020080"),
            (integer_bytes(&[0, 0, 0xFF]), "020200ff"),
            (integer_bytes(&[]), "020100"),
            (named_bits(&[true]), "03020780"),
            (named_bits(&[false, true]), "03020640"),
            (named_bits(&[false; 9]), "030100"),
            (boolean(true), "0101ff"),
            (set_of(vec![integer(2), integer(1)]), "3106020101020102"),
        ] {
            assert_eq!(hex::encode(made), expected);
        }
        assert_eq!(hex::encode(element(0x04, &[0; 200])).get(..6), Some("0481c8"));
        assert_eq!(hex::encode(element(0x04, &[0; 300])).get(..8), Some("0482012c"));
    }

    #[test]
    fn times_switch_form_in_2050() {
        assert_eq!(time("2049-12-31T23:59:59Z".parse().unwrap())[0], tag::UTC_TIME);
        assert_eq!(
            time("2050-01-01T00:00:00Z".parse().unwrap())[0],
            tag::GENERALIZED_TIME
        );
        assert_eq!(
            generalized_time("2026-03-03T09:05:07.9Z".parse().unwrap()),
            b"\x18\x0f20260303090507Z"
        );
    }
}
