//! Decoding streams, with a cap on what comes out. ISO 32000-2 §7.4.

use std::io::Read as _;

use super::error::PdfError;
use super::lexer::{hex_value, is_whitespace};
use super::number;
use super::object::{Dictionary, Name, Object};

/// Longest chain of filters on one stream.
const CHAIN_LIMIT: usize = 8;
/// The entries of `/DecodeParms` that are read here.
pub(crate) const PARAMETERS: [&str; 4] = ["Predictor", "Colors", "BitsPerComponent", "Columns"];
/// Widest row of a predictor, in bytes.
const ROW_LIMIT: u64 = 1 << 20;

/// Decodes `encoded` through `filters`, outermost first; never more than `cap` bytes at any step.
///
/// `at`: offset named in errors.
pub(crate) fn decode(
    encoded: Vec<u8>,
    filters: &[(Name, Option<Dictionary>)],
    cap: usize,
    at: u64,
) -> Result<Vec<u8>, PdfError> {
    if filters.len() > CHAIN_LIMIT {
        return Err(PdfError::limit(at, "fewer filters"));
    }
    let mut bytes = encoded;
    for (name, parameters) in filters {
        bytes = match name.as_bytes() {
            b"FlateDecode" => predict(flate(&bytes, cap, at)?, parameters.as_ref(), at)?,
            b"ASCIIHexDecode" => ascii_hex(&bytes, at)?,
            b"ASCII85Decode" => ascii85(&bytes, at)?,
            _ => {
                return Err(PdfError::unsupported(
                    at,
                    "a filter of Flate, ASCIIHex or ASCII85",
                ));
            }
        };
        if bytes.len() > cap {
            return Err(PdfError::limit(at, "a smaller decoded stream"));
        }
    }
    Ok(bytes)
}

fn flate(bytes: &[u8], cap: usize, at: u64) -> Result<Vec<u8>, PdfError> {
    let mut decoded = Vec::new();
    let limit = number::offset(cap).saturating_add(1);
    flate2::read::ZlibDecoder::new(bytes)
        .take(limit)
        .read_to_end(&mut decoded)
        .map_err(|_| PdfError::malformed(at, "well formed Flate data"))?;
    if decoded.len() > cap {
        return Err(PdfError::limit(at, "a smaller decoded stream"));
    }
    Ok(decoded)
}

fn ascii_hex(bytes: &[u8], at: u64) -> Result<Vec<u8>, PdfError> {
    let mut decoded = Vec::with_capacity(bytes.len() / 2);
    let mut high: Option<u8> = None;
    for &byte in bytes {
        if byte == b'>' {
            break;
        }
        if is_whitespace(byte) {
            continue;
        }
        let value = hex_value(byte).ok_or(PdfError::malformed(at, "ASCIIHex data"))?;
        high = match high {
            None => Some(value),
            Some(high) => {
                decoded.push(high << 4 | value);
                None
            }
        };
    }
    if let Some(high) = high {
        decoded.push(high << 4);
    }
    Ok(decoded)
}

fn ascii85(bytes: &[u8], at: u64) -> Result<Vec<u8>, PdfError> {
    let wrong = || PdfError::malformed(at, "ASCII85 data");
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut group: Vec<u8> = Vec::with_capacity(5);
    for &byte in bytes {
        match byte {
            b'~' => break,
            _ if is_whitespace(byte) => {}
            b'z' if group.is_empty() => decoded.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                group.push(byte - b'!');
                if group.len() == 5 {
                    decoded.extend_from_slice(&ascii85_group(&group).ok_or_else(wrong)?);
                    group.clear();
                }
            }
            _ => return Err(wrong()),
        }
    }
    match group.len() {
        0 => {}
        1 => return Err(wrong()),
        count => {
            group.resize(5, 84);
            let four = ascii85_group(&group).ok_or_else(wrong)?;
            decoded.extend(four.iter().take(count.saturating_sub(1)));
        }
    }
    Ok(decoded)
}

fn ascii85_group(group: &[u8]) -> Option<[u8; 4]> {
    let value = group.iter().try_fold(0_u64, |sum, digit| {
        sum.checked_mul(85)?.checked_add(u64::from(*digit))
    })?;
    u32::try_from(value).ok().map(u32::to_be_bytes)
}

/// Undoes a PNG predictor. ISO 32000-2 §7.4.4.4; PNG specification §9.
fn predict(bytes: Vec<u8>, parameters: Option<&Dictionary>, at: u64) -> Result<Vec<u8>, PdfError> {
    let Some(parameters) = parameters else {
        return Ok(bytes);
    };
    let parameter = |key: &str, default: i64| match parameters.get(key) {
        None | Some(Object::Null) => Ok(default),
        Some(value) => value
            .as_integer()
            .ok_or(PdfError::malformed(at, "whole numbers as predictor parameters")),
    };
    match parameter("Predictor", 1)? {
        1 => return Ok(bytes),
        10..=15 => {}
        _ => return Err(PdfError::unsupported(at, "a PNG predictor or none")),
    }
    let positive = |value: i64| {
        u64::try_from(value)
            .ok()
            .filter(|value| (1..=ROW_LIMIT).contains(value))
    };
    let wrong = || PdfError::malformed(at, "predictor parameters within bounds");
    let colors = positive(parameter("Colors", 1)?).ok_or_else(wrong)?;
    let bits = positive(parameter("BitsPerComponent", 8)?)
        .filter(|bits| *bits <= 16)
        .ok_or_else(wrong)?;
    let columns = positive(parameter("Columns", 1)?).ok_or_else(wrong)?;
    let pixel_bits = colors.checked_mul(bits).ok_or_else(wrong)?;
    let row_bytes = pixel_bits.checked_mul(columns).ok_or_else(wrong)?.div_ceil(8);
    if row_bytes > ROW_LIMIT {
        return Err(PdfError::limit(at, "narrower predictor rows"));
    }
    let row_length = usize::try_from(row_bytes).map_err(|_| wrong())?;
    let pixel_length = usize::try_from(pixel_bits.div_ceil(8)).map_err(|_| wrong())?;
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut above = vec![0_u8; row_length];
    for chunk in bytes.chunks(row_length.saturating_add(1)) {
        let (&kind, data) = chunk.split_first().ok_or_else(wrong)?;
        if data.len() != row_length {
            return Err(PdfError::malformed(at, "whole predictor rows"));
        }
        let mut row = data.to_vec();
        unfilter(kind, &mut row, &above, pixel_length)
            .ok_or(PdfError::malformed(at, "a PNG row filter of 0 to 4"))?;
        decoded.extend_from_slice(&row);
        above = row;
    }
    Ok(decoded)
}

fn unfilter(kind: u8, row: &mut [u8], above: &[u8], pixel: usize) -> Option<()> {
    for index in 0..row.len() {
        let left = index
            .checked_sub(pixel)
            .and_then(|at| row.get(at))
            .copied()
            .unwrap_or(0);
        let up = above.get(index).copied().unwrap_or(0);
        let corner = index
            .checked_sub(pixel)
            .and_then(|at| above.get(at))
            .copied()
            .unwrap_or(0);
        let predicted = match kind {
            0 => 0,
            1 => left,
            2 => up,
            3 => u8::try_from(u16::midpoint(u16::from(left), u16::from(up))).unwrap_or(0),
            4 => paeth(left, up, corner),
            _ => return None,
        };
        let byte = row.get_mut(index)?;
        *byte = byte.wrapping_add(predicted);
    }
    Some(())
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::pdf::error::PdfErrorKind;

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn through(name: &str, bytes: &[u8]) -> Result<Vec<u8>, PdfError> {
        decode(bytes.to_vec(), &[(Name::from(name), None)], 1000, 0)
    }

    #[test]
    fn each_filter_decodes() {
        assert_eq!(
            through("ASCIIHexDecode", b"48 65 6C 6c6F 7>").unwrap(),
            b"Hello\x70"
        );
        assert_eq!(
            through("ASCII85Decode", b"87cURD]j7BEbo80~>").unwrap(),
            b"Hello world!"
        );
        assert_eq!(through("ASCII85Decode", b"z5l~>").unwrap(), b"\0\0\0\0A");
        assert_eq!(through("FlateDecode", &deflate(b"Hello")).unwrap(), b"Hello");
        assert_eq!(
            through("LZWDecode", b"").unwrap_err().kind,
            PdfErrorKind::Unsupported
        );
        assert_eq!(
            through("FlateDecode", b"no").unwrap_err().kind,
            PdfErrorKind::Malformed
        );
    }

    #[test]
    fn a_bomb_stops_at_the_cap() {
        let bomb = deflate(&vec![0; 10_000_000]);
        assert_eq!(
            through("FlateDecode", &bomb).unwrap_err().kind,
            PdfErrorKind::Limit
        );
        let twice = deflate(&bomb);
        let filters = [
            (Name::from("FlateDecode"), None),
            (Name::from("FlateDecode"), None),
        ];
        assert_eq!(
            decode(twice, &filters, 20_000, 0).unwrap_err().kind,
            PdfErrorKind::Limit
        );
    }

    #[test]
    fn png_rows_of_every_kind_are_undone() {
        let parameters = Dictionary::new().with("Predictor", 15).with("Columns", 3);
        let rows = [0, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1, 4, 1, 1, 1];
        let decoded = predict(rows.to_vec(), Some(&parameters), 0).unwrap();
        assert_eq!(decoded, [1, 2, 3, 1, 2, 3, 2, 3, 4, 2, 3, 4, 3, 4, 5]);
        assert!(predict(vec![5, 0, 0, 0], Some(&parameters), 0).is_err());
        assert!(predict(vec![0, 0], Some(&parameters), 0).is_err());
    }
}
