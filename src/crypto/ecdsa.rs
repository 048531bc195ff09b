//! The two encodings of an ECDSA signature value, and how to get from one to the other.
//!
//! Cards, XML signatures and JOSE use raw `r‖s`, each left-padded to the field length; CMS, OCSP, time-stamps and
//! X.509 use DER `SEQUENCE { r, s }` (reference ades-signing §1).

use super::key::Curve;
use crate::asn1::read::{self, Rules};
use crate::asn1::write;

/// The value is not of the form asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed ECDSA signature value")]
pub struct EcdsaValueError;

/// DER from raw `r‖s`, which must be exactly twice the field length of `curve` and have no zero half.
pub fn raw_to_der(raw: &[u8], curve: Curve) -> Result<Vec<u8>, EcdsaValueError> {
    let half = curve.field_bytes();
    if raw.len() != half.saturating_mul(2) {
        return Err(EcdsaValueError);
    }
    let (r, s) = raw.split_at(half);
    if r.iter().all(|byte| *byte == 0) || s.iter().all(|byte| *byte == 0) {
        return Err(EcdsaValueError);
    }
    Ok(write::sequence(&[
        &write::integer_bytes(r),
        &write::integer_bytes(s),
    ]))
}

/// Raw `r‖s`, twice the field length of `curve`, from strict DER.
pub fn der_to_raw(der: &[u8], curve: Curve) -> Result<Vec<u8>, EcdsaValueError> {
    let half = curve.field_bytes();
    let mut parts = read::single(der, Rules::Der)
        .ok()
        .filter(|element| element.tag() == write::tag::SEQUENCE)
        .and_then(|element| element.inside().ok())
        .ok_or(EcdsaValueError)?;
    let mut raw = Vec::with_capacity(half.saturating_mul(2));
    for _ in 0..2 {
        let content = parts
            .expect(write::tag::INTEGER)
            .and_then(|number| number.integer_content())
            .map_err(|_| EcdsaValueError)?;
        let digits = match content {
            [first, ..] if first & 0x80 != 0 => return Err(EcdsaValueError),
            [0, digits @ ..] | digits => digits,
        };
        let padding = half.checked_sub(digits.len()).ok_or(EcdsaValueError)?;
        if digits.is_empty() {
            return Err(EcdsaValueError);
        }
        raw.extend(std::iter::repeat_n(0, padding));
        raw.extend_from_slice(digits);
    }
    parts.finish().map_err(|_| EcdsaValueError)?;
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_and_high_bits_survive_both_ways() {
        let mut raw = vec![0_u8; 96];
        raw[2] = 0x80;
        raw[47] = 1;
        raw[48] = 0xFF;
        raw[95] = 7;
        let der = raw_to_der(&raw, Curve::P384).unwrap();
        assert_eq!(der_to_raw(&der, Curve::P384).unwrap(), raw);
    }

    #[test]
    fn malformed_values_are_refused() {
        assert!(raw_to_der(&[1; 95], Curve::P384).is_err());
        assert!(raw_to_der(&[0; 96], Curve::P384).is_err());
        let der = raw_to_der(&[0x11; 64], Curve::P256).unwrap();
        assert!(der_to_raw(&der[..der.len() - 1], Curve::P256).is_err());
        assert!(der_to_raw(&[der.clone(), vec![0]].concat(), Curve::P256).is_err());
        let large = raw_to_der(&[0x11; 96], Curve::P384).unwrap();
        assert!(der_to_raw(&large, Curve::P256).is_err());
        assert!(der_to_raw(&[0x30, 6, 2, 1, 0, 2, 1, 1], Curve::P256).is_err());
        assert!(der_to_raw(&[0x30, 6, 2, 1, 0x81, 2, 1, 1], Curve::P256).is_err());
    }

    proptest::proptest! {
        #[test]
        fn raw_and_der_are_inverse(raw in proptest::collection::vec(proptest::num::u8::ANY, 132)) {
            if let Ok(der) = raw_to_der(&raw, Curve::P521) {
                proptest::prop_assert_eq!(der_to_raw(&der, Curve::P521), Ok(raw));
            }
        }

        #[test]
        fn any_der_is_read_or_refused(der in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            if let Ok(raw) = der_to_raw(&der, Curve::P256) {
                proptest::prop_assert_eq!(raw_to_der(&raw, Curve::P256), Ok(der));
            }
        }
    }
}
