//! The tag–length–value coding of ISO 7816-4: tags of up to three bytes, BER lengths. For PIV objects and EF(DIR).

/// One TLV, its value borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tlv<'a> {
    /// The tag bytes as one number: `0x53`, `0x5F2F`.
    pub(super) tag: u32,
    /// The value.
    pub(super) value: &'a [u8],
}

/// A TLV is cut, or its length is not one that cards use, at this offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a TLV is malformed at byte {at}")]
pub(super) struct BerError {
    /// Offset of its first byte.
    pub(super) at: usize,
}

/// The TLVs of `bytes`, in their order. `00` and `FF` between them are padding.
///
/// # Errors
/// A corrupt object gives no partial result.
///
/// Source: ISO 7816-4 §5.2.2.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Tlv<'_>>, BerError> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        if matches!(first, 0x00 | 0xFF) {
            rest = after;
            continue;
        }
        let at = bytes.len().saturating_sub(rest.len());
        let (tlv, after) = one(rest).ok_or(BerError { at })?;
        found.push(tlv);
        rest = after;
    }
    Ok(found)
}

/// The value of the first TLV with this tag; `None` when there is none.
///
/// # Errors
/// As [`parse`].
pub(super) fn find(bytes: &[u8], tag: u32) -> Result<Option<&[u8]>, BerError> {
    Ok(parse(bytes)?
        .into_iter()
        .find(|tlv| tlv.tag == tag)
        .map(|tlv| tlv.value))
}

/// The TLV that begins `bytes`, and what follows it.
pub(super) fn one(bytes: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let (tag, rest) = tag(bytes)?;
    let (length, rest) = length(rest)?;
    let (value, rest) = rest.split_at_checked(length)?;
    Some((Tlv { tag, value }, rest))
}

fn tag(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    let mut tag = u32::from(first);
    if first & 0x1F != 0x1F {
        return Some((tag, rest));
    }
    // Two more bytes at most: no card uses a longer tag.
    for _ in 0..2 {
        let (&next, after) = rest.split_first()?;
        tag = (tag << 8) | u32::from(next);
        rest = after;
        if next & 0x80 == 0 {
            return Some((tag, rest));
        }
    }
    None
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        short @ 0..=0x7F => Some((usize::from(short), rest)),
        long @ 0x81..=0x83 => {
            let (octets, rest) = rest.split_at_checked(usize::from(long & 0x7F))?;
            let length = octets
                .iter()
                .fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
            Some((length, rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_one_to_three_bytes_and_padding_are_read() {
        let bytes = hex::decode("00ff53020102005f2f0240107f61810100ff5f813501aa").unwrap();
        let found = parse(&bytes);
        assert_eq!(
            found.unwrap().iter().map(|tlv| tlv.tag).collect::<Vec<_>>(),
            [0x53, 0x5F2F, 0x7F61, 0x5F_8135]
        );
        assert_eq!(find(&bytes, 0x5F2F), Ok(Some(&[0x40, 0x10][..])));
        assert_eq!(find(&bytes, 0x54), Ok(None));
    }

    #[test]
    fn what_is_cut_or_too_long_is_refused_at_its_place() {
        for (bytes, at) in [
            ("530201", 0),
            ("5300530301", 2),
            ("5380", 0),
            ("5384000000010a", 0),
            ("5f", 0),
            ("5f818181", 0),
            ("53", 0),
        ] {
            assert_eq!(
                parse(&hex::decode(bytes).unwrap()),
                Err(BerError { at }),
                "{bytes}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_parse_or_are_refused(bytes in proptest::collection::vec(0_u8.., 0..300)) {
            if let Ok(found) = parse(&bytes) {
                proptest::prop_assert!(found.iter().map(|tlv| tlv.value.len() + 2).sum::<usize>() <= bytes.len());
            }
        }

        #[test]
        fn what_was_written_is_read(value in proptest::collection::vec(0_u8.., 0..400)) {
            let bytes = crate::asn1::write::element(0x53, &value);
            proptest::prop_assert_eq!(find(&bytes, 0x53).unwrap(), Some(&value[..]));
        }
    }
}
