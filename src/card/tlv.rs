//! The tag–length–value coding of the card's identity and address files, and the length of a DER object.

/// A TLV of a data file: its tag and its value, both borrowed from the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The tag byte.
    pub tag: u8,
    /// The value, 0 bytes or more.
    pub value: &'a [u8],
}

/// A length runs past the end of the data, at this offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a length runs past the end at byte {at}")]
pub struct TlvError {
    /// Offset of the tag whose value is cut.
    pub at: usize,
}

/// Reads the TLVs of a whole file, in their order. Padding after the last one is left out.
///
/// A length byte below `FF` is the length; each `FF` adds 255 and one more byte. Tag `00` is a TLV only as the
/// very first one; later it begins the zero padding.
///
/// # Errors
/// A corrupt file gives no partial result.
///
/// Source: ID/Address file v5.0 §2; reference §7.1.
pub fn parse(file: &[u8]) -> Result<Vec<Tlv<'_>>, TlvError> {
    let mut found = Vec::new();
    let mut rest = file;
    while let Some((&tag, after)) = rest.split_first() {
        let at = file.len().saturating_sub(rest.len());
        if tag == 0 && at != 0 {
            break;
        }
        let (length, after) = length(after).ok_or(TlvError { at })?;
        let (value, after) = after.split_at_checked(length).ok_or(TlvError { at })?;
        found.push(Tlv { tag, value });
        rest = after;
    }
    Ok(found)
}

/// The length at the start of `bytes`, and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut total = 0_usize;
    let mut rest = bytes;
    loop {
        let (&byte, after) = rest.split_first()?;
        total = total.checked_add(usize::from(byte))?;
        rest = after;
        if byte != 0xFF {
            return Some((total, rest));
        }
    }
}

/// Whether `file` ends in the middle of a TLV, so that more must follow.
pub fn is_cut(file: &[u8]) -> bool {
    parse(file).is_err()
}

/// The whole length of the DER object that begins `bytes`: header and content. `None` when the header is not
/// complete, is not a SEQUENCE, or counts more than four length bytes.
///
/// Source: X.690 §8.1.3.
pub fn der_total(bytes: &[u8]) -> Option<usize> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if tag != 0x30 {
        return None;
    }
    if first < 0x80 {
        return Some(usize::from(first).saturating_add(2));
    }
    let count = usize::from(first & 0x7F);
    if count == 0 || count > 4 {
        return None;
    }
    let length = rest.get(..count)?.iter().try_fold(0_usize, |sum, byte| {
        sum.checked_mul(256)
            .and_then(|sum| sum.checked_add(usize::from(*byte)))
    })?;
    length.checked_add(2)?.checked_add(count)
}

/// `file` cut at the end of the DER object that begins it; whole when it begins with none or is shorter.
pub fn der_trimmed(file: &[u8]) -> &[u8] {
    der_total(file)
        .and_then(|total| file.get(..total))
        .unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_above_254_add_up() {
        for (length, coded) in [
            (0, vec![0]),
            (254, vec![254]),
            (255, vec![255, 0]),
            (511, vec![255, 255, 1]),
        ] {
            let mut file = vec![1];
            file.extend(coded);
            file.extend(vec![7; length]);
            assert_eq!(
                parse(&file).unwrap(),
                [Tlv {
                    tag: 1,
                    value: &vec![7; length]
                }],
                "{length}"
            );
        }
    }

    #[test]
    fn tag_zero_counts_only_in_front() {
        let found = parse(&[0, 2, 0, 2, 1, 1, 9, 0, 0, 0]).unwrap();
        assert_eq!(
            found,
            [
                Tlv {
                    tag: 0,
                    value: &[0, 2]
                },
                Tlv { tag: 1, value: &[9] }
            ]
        );
    }

    #[test]
    fn a_length_past_the_end_is_a_corrupt_file() {
        assert_eq!(parse(&[1, 1, 9, 2, 3, 1, 2]), Err(TlvError { at: 3 }));
        assert_eq!(parse(&[1]), Err(TlvError { at: 0 }));
        assert_eq!(parse(&[1, 255]), Err(TlvError { at: 0 }));
    }

    #[test]
    fn der_length_is_read_from_the_header() {
        for (bytes, expected) in [
            (&[0x30, 0x05][..], Some(7)),
            (&[0x30, 0x81, 0x80], Some(131)),
            (&[0x30, 0x82, 0x04, 0x9A], Some(1182)),
            (&[0x30, 0x82, 0x04], None),
            (&[0x30, 0x80], None),
            (&[0x30, 0x85, 1, 1, 1, 1, 1], None),
            (&[0x00, 0x00], None),
            (&[], None),
        ] {
            assert_eq!(der_total(bytes), expected, "{bytes:02x?}");
        }
        assert_eq!(der_trimmed(&[0x30, 1, 9, 0, 0]), [0x30, 1, 9]);
        assert_eq!(der_trimmed(&[0x41, 1, 9]), [0x41, 1, 9]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_parse_or_are_refused(bytes in proptest::collection::vec(0_u8.., 0..700)) {
            let _ = der_total(&bytes);
            if let Ok(found) = parse(&bytes) {
                proptest::prop_assert!(found.iter().map(|tlv| tlv.value.len() + 2).sum::<usize>() <= bytes.len());
            }
        }
    }
}
