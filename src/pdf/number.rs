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

/// The nearest number of half the precision, as drawing takes it.
pub(crate) const fn to_f32(value: f64) -> f32 {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "a float to float cast rounds, which is what is wanted here"
    )]
    let result = value as f32;
    result
}

/// The whole part of a position in a list; what lies before its start is its start.
pub(crate) const fn to_index(value: f64) -> usize {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float to integer cast saturates, which is what is wanted here"
    )]
    let result = value as usize;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_value_as_floats() {
        for value in [0, 1, -1, 65_536, -65_536, 4_294_967_296, -4_294_967_297, 1 << 52] {
            let expected: f64 = value.to_string().parse().unwrap();
            assert!((to_f64(value) - expected).abs() < f64::EPSILON, "{value}");
        }
        assert_eq!([-1.0, 0.9, 7.0, f64::NAN].map(to_index), [0, 0, 7, 0]);
        assert!((to_f32(0.5) - 0.5).abs() < f32::EPSILON);
    }
}
