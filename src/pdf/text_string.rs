//! Text strings and dates inside PDF objects. ISO 32000-2 §7.9.2, §7.9.4.

use crate::base::time::Timestamp;

/// `text` as the bytes of a text string: ASCII as it is, anything else as UTF-16BE with its mark.
pub fn encode(text: &str) -> Vec<u8> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return text.as_bytes().to_vec();
    }
    let mut bytes = vec![0xfe, 0xff];
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    bytes
}

/// The text of a text string, in any of its three encodings; what does not decode becomes U+FFFD.
pub fn decode(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        let units = rest.chunks(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0xfffd,
        });
        return char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
    }
    if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return String::from_utf8_lossy(rest).into_owned();
    }
    bytes.iter().map(|byte| pdf_doc_char(*byte)).collect()
}

/// PDFDocEncoding. ISO 32000-2 Annex D.3, table D.2.
fn pdf_doc_char(byte: u8) -> char {
    const FROM_18: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const FROM_80: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ',
        'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    let from = |table: &[char], first: u8| {
        table
            .get(usize::from(byte - first))
            .copied()
            .unwrap_or('\u{fffd}')
    };
    match byte {
        0x18..=0x1f => from(&FROM_18, 0x18),
        0x80..=0xa0 => from(&FROM_80, 0x80),
        0x7f | 0xad => '\u{fffd}',
        _ => char::from(byte),
    }
}

/// `at` as a PDF date in UTC, `D:20260304050607Z`.
pub fn date(at: Timestamp) -> String {
    at.to_jiff().strftime("D:%Y%m%d%H%M%SZ").to_string()
}

/// The instant of a PDF date; a missing offset is read as UTC. `None` when it is none.
pub fn parse_date(bytes: &[u8]) -> Option<Timestamp> {
    let text = decode(bytes);
    let text = text.strip_prefix("D:").unwrap_or(&text);
    if !text.is_ascii() {
        return None;
    }
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let field = |from: usize, to: usize, default: &str| digits.get(from..to).unwrap_or(default).to_owned();
    if digits.len() < 4 || digits.len() > 14 || digits.len() % 2 == 1 {
        return None;
    }
    let zone = match rest.as_bytes() {
        [] | [b'Z', ..] => "+00:00".to_owned(),
        [sign @ (b'+' | b'-'), b0, b1, tail @ ..] => {
            let digits: Vec<u8> = tail.iter().copied().filter(u8::is_ascii_digit).collect();
            let minutes = String::from_utf8(digits)
                .ok()
                .filter(|minutes| minutes.len() == 2);
            let minutes = minutes.unwrap_or_else(|| "00".to_owned());
            format!(
                "{}{}{}:{minutes}",
                char::from(*sign),
                char::from(*b0),
                char::from(*b1)
            )
        }
        _ => return None,
    };
    let month = field(4, 6, "01");
    let day = field(6, 8, "01");
    let (hour, minute, second) = (field(8, 10, "00"), field(10, 12, "00"), field(12, 14, "00"));
    format!(
        "{}-{month}-{day}T{hour}:{minute}:{second}{zone}",
        field(0, 4, "0000")
    )
    .parse()
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_in_every_encoding() {
        for text in ["An Specimen", "Zoë Überpräsident – €", "𝄞"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode(b"caf\xe9 \xa0 \x80"), "café € •");
        assert_eq!(decode(b"\xef\xbb\xbfcaf\xc3\xa9"), "café");
    }

    #[test]
    fn dates_keep_their_instant() {
        let at: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        assert_eq!(date(at), "D:20260304050607Z");
        for text in [
            "D:20260304050607Z",
            "D:20260304070607+02'00'",
            "D:20260304070607+02'00",
            "D:20260304000607-05'00'",
            "20260304050607",
        ] {
            assert_eq!(parse_date(text.as_bytes()), Some(at), "{text}");
        }
        assert_eq!(parse_date(b"D:2026"), "2026-01-01T00:00:00Z".parse().ok());
        for wrong in ["", "D:", "D:202", "D:2026130405", "D:20260304050607X"] {
            assert_eq!(parse_date(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
