//! Conversions between the number kinds of PDF and Rust, total and without surprises.

/// The nearest floating point number.
pub(crate) fn to_f64(value: i64) -> f64 {
    let high = i32::try_from(value >> 32).unwrap_or(0);
    let low = u32::try_from(value & 0xffff_ffff).unwrap_or(0);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

/// `usize` as an offset.
pub(crate) fn offset(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Rounds towards zero into 0 ..= 65 535; what is not a number becomes 0.
pub(crate) fn to_u16(value: f64) -> u16 {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float to integer cast saturates and maps NaN to 0, which is what is wanted here"
    )]
    let result = value as u16;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_value_as_floats() {
        for value in [0, 1, -1, 65_536, -65_536, 4_294_967_296, -4_294_967_297, 1 << 52] {
            assert!((to_f64(value) - value as f64).abs() < f64::EPSILON, "{value}");
        }
        assert_eq!(to_u16(-3.0), 0);
        assert_eq!(to_u16(f64::NAN), 0);
        assert_eq!(to_u16(70_000.0), 65_535);
    }
}
