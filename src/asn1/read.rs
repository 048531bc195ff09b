//! Reading BER and DER without copying, within limits.

use super::oid::Oid;
use super::write::tag;
use crate::base::time::Timestamp;

/// Which encodings are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// X.690 BER: indefinite lengths and padded lengths are read too. For other people's CMS.
    Ber,
    /// X.690 DER lengths: definite and minimal.
    Der,
}

/// Why bytes are not the ASN.1 that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Asn1Error {
    /// The bytes end inside an element.
    #[error("truncated at offset {0}")]
    Truncated(usize),
    /// A length is indefinite or not minimal where DER is required, or larger than zegel reads.
    #[error("length not allowed at offset {0}")]
    Length(usize),
    /// Elements nest deeper than [`MAX_DEPTH`].
    #[error("nested too deep at offset {0}")]
    Depth(usize),
    /// Another tag stands where `expected` was due.
    #[error("expected tag {expected:#04x} at offset {offset}")]
    Tag {
        /// The tag octet due.
        expected: u8,
        /// Where, from the start of the input.
        offset: usize,
    },
    /// The content of the element breaks its type's rules.
    #[error("bad content at offset {0}")]
    Content(usize),
    /// Bytes follow where nothing should.
    #[error("trailing data at offset {0}")]
    Trailing(usize),
}

/// Deepest nesting read. Signed documents of any known producer stay below twenty.
pub const MAX_DEPTH: u8 = 40;

/// One element, lending the bytes it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    tag: u8,
    offset: usize,
    header: usize,
    depth: u8,
    rules: Rules,
    whole: &'a [u8],
    content: &'a [u8],
}

impl<'a> Element<'a> {
    /// The tag octet: class, constructed bit, number below 31.
    pub const fn tag(&self) -> u8 {
        self.tag
    }

    /// Where the element begins, from the start of the input.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The element as it came: tag, length, content and, for an indefinite length, its end mark.
    pub const fn whole(&self) -> &'a [u8] {
        self.whole
    }

    /// The content octets as they came, without an end mark.
    pub const fn content(&self) -> &'a [u8] {
        self.content
    }

    /// Whether the content is made of elements.
    pub const fn is_constructed(&self) -> bool {
        self.tag & 0x20 != 0
    }

    /// A reader over the elements inside.
    ///
    /// # Errors
    /// `Content` when the element is primitive; `Depth` when it nests too deep.
    pub fn inside(&self) -> Result<Reader<'a>, Asn1Error> {
        if !self.is_constructed() {
            return Err(Asn1Error::Content(self.offset));
        }
        if self.depth >= MAX_DEPTH {
            return Err(Asn1Error::Depth(self.offset));
        }
        Ok(Reader {
            data: self.content,
            at: 0,
            base: self.offset.saturating_add(self.header),
            depth: self.depth.saturating_add(1),
            rules: self.rules,
        })
    }

    /// The object identifier held.
    pub fn oid(&self) -> Result<Oid, Asn1Error> {
        self.expect(tag::OID)?;
        Oid::from_content(self.content).map_err(|_| Asn1Error::Content(self.offset))
    }

    /// The content octets of an INTEGER or ENUMERATED: big-endian two's complement, minimal, not empty.
    pub fn integer_content(&self) -> Result<&'a [u8], Asn1Error> {
        if self.tag != tag::INTEGER && self.tag != tag::ENUMERATED {
            return Err(Asn1Error::Tag {
                expected: tag::INTEGER,
                offset: self.offset,
            });
        }
        match self.content {
            [] => Err(Asn1Error::Content(self.offset)),
            [0x00, next, ..] if next & 0x80 == 0 => Err(Asn1Error::Content(self.offset)),
            [0xFF, next, ..] if next & 0x80 != 0 => Err(Asn1Error::Content(self.offset)),
            content => Ok(content),
        }
    }

    /// A non-negative INTEGER or ENUMERATED that fits 64 bits.
    pub fn unsigned(&self) -> Result<u64, Asn1Error> {
        let content = self.integer_content()?;
        let bad = Asn1Error::Content(self.offset);
        if content.first().is_some_and(|first| first & 0x80 != 0) {
            return Err(bad);
        }
        let digits = if content.len() > 1 {
            content.strip_prefix(&[0]).unwrap_or(content)
        } else {
            content
        };
        if digits.len() > 8 {
            return Err(bad);
        }
        Ok(digits.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
    }

    /// A BOOLEAN; DER allows only 00 and FF, BER any octet.
    pub fn boolean(&self) -> Result<bool, Asn1Error> {
        self.expect(tag::BOOLEAN)?;
        match (self.content, self.rules) {
            ([0x00], _) => Ok(false),
            ([0xFF], _) | ([_], Rules::Ber) => Ok(true),
            _ => Err(Asn1Error::Content(self.offset)),
        }
    }

    /// The octets of an OCTET STRING, joined when BER cut it in pieces.
    pub fn octets(&self) -> Result<std::borrow::Cow<'a, [u8]>, Asn1Error> {
        if self.tag == tag::OCTET_STRING {
            return Ok(std::borrow::Cow::Borrowed(self.content));
        }
        if self.tag == tag::OCTET_STRING | 0x20 && self.rules == Rules::Ber {
            return self.joined_pieces().map(std::borrow::Cow::Owned);
        }
        Err(Asn1Error::Tag {
            expected: tag::OCTET_STRING,
            offset: self.offset,
        })
    }

    /// The octets of an implicitly tagged OCTET STRING, whatever the tag, joined when BER cut it in pieces.
    pub fn implicit_octets(&self) -> Result<std::borrow::Cow<'a, [u8]>, Asn1Error> {
        if self.is_constructed() {
            return self.joined_pieces().map(std::borrow::Cow::Owned);
        }
        Ok(std::borrow::Cow::Borrowed(self.content))
    }

    fn joined_pieces(&self) -> Result<Vec<u8>, Asn1Error> {
        let mut joined = Vec::new();
        let mut pieces = self.inside()?;
        while let Some(piece) = pieces.next()? {
            joined.extend_from_slice(&piece.octets()?);
        }
        Ok(joined)
    }

    /// The octets of a BIT STRING that is a whole number of octets.
    pub fn bit_octets(&self) -> Result<&'a [u8], Asn1Error> {
        self.expect(tag::BIT_STRING)?;
        match self.content {
            [0, octets @ ..] => Ok(octets),
            _ => Err(Asn1Error::Content(self.offset)),
        }
    }

    /// Whether named bit `number` of a BIT STRING is set.
    pub fn named_bit(&self, number: usize) -> Result<bool, Asn1Error> {
        self.expect(tag::BIT_STRING)?;
        let [unused @ 0..=7, octets @ ..] = self.content else {
            return Err(Asn1Error::Content(self.offset));
        };
        if octets.is_empty() && *unused != 0 {
            return Err(Asn1Error::Content(self.offset));
        }
        Ok(octets
            .get(number / 8)
            .is_some_and(|octet| octet & (0x80 >> (number % 8)) != 0))
    }

    /// The text of a UTF8String, PrintableString, IA5String or VisibleString, if it is UTF-8.
    pub fn text(&self) -> Result<&'a str, Asn1Error> {
        if !matches!(self.tag, 0x0C | 0x12 | 0x13 | 0x16 | 0x1A) {
            return Err(Asn1Error::Tag {
                expected: tag::UTF8_STRING,
                offset: self.offset,
            });
        }
        std::str::from_utf8(self.content).map_err(|_| Asn1Error::Content(self.offset))
    }

    /// A UTCTime or GeneralizedTime in UTC with whole seconds, or with a fraction that is read to the microsecond.
    ///
    /// WHY: OCSP answers with fractional seconds exist and must be judged, not waved through (reference §8.3).
    pub fn time(&self) -> Result<Timestamp, Asn1Error> {
        let bad = Asn1Error::Content(self.offset);
        let text = std::str::from_utf8(self.content).map_err(|_| bad)?;
        let digits = text.strip_suffix('Z').ok_or(bad)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit())
            || (digits.contains('.') && fraction.is_empty())
            || (self.tag == tag::UTC_TIME && !fraction.is_empty())
        {
            return Err(bad);
        }
        let full = match (self.tag, whole.len()) {
            // RFC 5280 §4.1.2.5.1: two-digit years from 50 on are 19xx.
            (tag::UTC_TIME, 12) => format!("{}{whole}", if whole < "50" { "20" } else { "19" }),
            (tag::GENERALIZED_TIME, 14) => whole.to_owned(),
            _ => return Err(bad),
        };
        let part = |from: usize, to: usize| full.get(from..to).unwrap_or_default();
        let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
        format!(
            "{}-{}-{}T{}:{}:{}.{micros}Z",
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(8, 10),
            part(10, 12),
            part(12, 14)
        )
        .parse()
        .map_err(|_| bad)
    }

    fn expect(&self, expected: u8) -> Result<(), Asn1Error> {
        if self.tag == expected {
            Ok(())
        } else {
            Err(Asn1Error::Tag {
                expected,
                offset: self.offset,
            })
        }
    }
}

/// Walks the elements of a byte string one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    base: usize,
    depth: u8,
    rules: Rules,
}

impl<'a> Reader<'a> {
    /// A reader over `data`.
    pub const fn new(data: &'a [u8], rules: Rules) -> Self {
        Self {
            data,
            at: 0,
            base: 0,
            depth: 0,
            rules,
        }
    }

    /// Where the next element begins, from the start of the input.
    pub const fn offset(&self) -> usize {
        self.base.saturating_add(self.at)
    }

    /// Whether nothing is left.
    pub const fn is_at_end(&self) -> bool {
        self.at >= self.data.len()
    }

    /// The tag octet of the next element, if there is one.
    pub fn peek_tag(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    /// The next element, or `None` at the end.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator cannot fail; this one can"
    )]
    pub fn next(&mut self) -> Result<Option<Element<'a>>, Asn1Error> {
        if self.is_at_end() {
            Ok(None)
        } else {
            self.any().map(Some)
        }
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Result<Element<'a>, Asn1Error> {
        let offset = self.offset();
        let rest = self.data.get(self.at..).unwrap_or_default();
        let (header, content_length) = self.header(rest, offset)?;
        let body = rest.get(header..).ok_or(Asn1Error::Truncated(offset))?;
        let tag = rest.first().copied().unwrap_or(0);
        let (content, whole_length) = if let Some(length) = content_length {
            let content = body.get(..length).ok_or(Asn1Error::Truncated(offset))?;
            (content, header.saturating_add(length))
        } else {
            let length = self.indefinite_length(body, offset.saturating_add(header))?;
            (
                body.get(..length).unwrap_or_default(),
                header.saturating_add(length).saturating_add(2),
            )
        };
        let whole = rest.get(..whole_length).ok_or(Asn1Error::Truncated(offset))?;
        self.at = self.at.saturating_add(whole_length);
        Ok(Element {
            tag,
            offset,
            header,
            depth: self.depth,
            rules: self.rules,
            whole,
            content,
        })
    }

    /// The next element, which must have the tag `expected`.
    pub fn expect(&mut self, expected: u8) -> Result<Element<'a>, Asn1Error> {
        if self.peek_tag() != Some(expected) {
            return Err(Asn1Error::Tag {
                expected,
                offset: self.offset(),
            });
        }
        self.any()
    }

    /// The next element if it has the tag `wanted`; otherwise it stays where it is.
    pub fn optional(&mut self, wanted: u8) -> Result<Option<Element<'a>>, Asn1Error> {
        if self.peek_tag() == Some(wanted) {
            self.any().map(Some)
        } else {
            Ok(None)
        }
    }

    /// A reader over the elements of the SEQUENCE that comes next.
    pub fn sequence(&mut self) -> Result<Reader<'a>, Asn1Error> {
        self.expect(tag::SEQUENCE)?.inside()
    }

    /// A reader over the elements of the SET that comes next.
    pub fn set(&mut self) -> Result<Reader<'a>, Asn1Error> {
        self.expect(tag::SET)?.inside()
    }

    /// Requires that nothing is left.
    pub fn finish(&self) -> Result<(), Asn1Error> {
        if self.is_at_end() {
            Ok(())
        } else {
            Err(Asn1Error::Trailing(self.offset()))
        }
    }

    /// Header octets and content length; `None` for an indefinite length.
    fn header(&self, rest: &[u8], offset: usize) -> Result<(usize, Option<usize>), Asn1Error> {
        let [tag, first, more @ ..] = rest else {
            return Err(Asn1Error::Truncated(offset));
        };
        if tag & 0x1F == 0x1F {
            // Multi-octet tags occur in none of the structures zegel reads.
            return Err(Asn1Error::Content(offset));
        }
        match *first {
            short @ 0..=0x7F => Ok((2, Some(usize::from(short)))),
            0x80 if self.rules == Rules::Ber && tag & 0x20 != 0 => Ok((2, None)),
            long @ 0x81..=0x84 => {
                let count = usize::from(long & 0x7F);
                let octets = more.get(..count).ok_or(Asn1Error::Truncated(offset))?;
                let length = octets
                    .iter()
                    .fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
                let minimal = octets.first().is_some_and(|first| *first != 0) && length >= 0x80;
                if self.rules == Rules::Der && !minimal {
                    return Err(Asn1Error::Length(offset));
                }
                Ok((count.saturating_add(2), Some(length)))
            }
            _ => Err(Asn1Error::Length(offset)),
        }
    }

    /// How many octets come before the end mark of an indefinite length.
    fn indefinite_length(&self, body: &'a [u8], base: usize) -> Result<usize, Asn1Error> {
        if self.depth >= MAX_DEPTH {
            return Err(Asn1Error::Depth(base));
        }
        let mut inner = Reader {
            data: body,
            at: 0,
            base,
            depth: self.depth.saturating_add(1),
            rules: self.rules,
        };
        loop {
            match body.get(inner.at..) {
                Some([0, 0, ..]) => return Ok(inner.at),
                Some([_, ..]) => inner.any()?,
                _ => return Err(Asn1Error::Truncated(base)),
            };
        }
    }
}

/// Reads `data` as exactly one element under `rules`.
///
/// # Errors
/// `Trailing` when bytes follow it.
pub fn single(data: &[u8], rules: Rules) -> Result<Element<'_>, Asn1Error> {
    let mut reader = Reader::new(data, rules);
    let element = reader.any()?;
    reader.finish()?;
    Ok(element)
}

/// Length of the first element in `data`, header included, from its definite length alone.
///
/// For cutting card files and padded containers to their DER object before parsing.
pub fn der_length(data: &[u8]) -> Option<usize> {
    let (header, length) = Reader::new(data, Rules::Ber).header(data, 0).ok()?;
    header.checked_add(length?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::write;

    #[test]
    fn der_refuses_what_ber_takes() {
        let padded = [0x04, 0x81, 0x01, 0xAA];
        assert_eq!(single(&padded, Rules::Der), Err(Asn1Error::Length(0)));
        assert_eq!(single(&padded, Rules::Ber).unwrap().content(), [0xAA]);
        let indefinite = [0x30, 0x80, 0x02, 0x01, 0x05, 0x30, 0x80, 0x00, 0x00, 0x00, 0x00];
        assert_eq!(single(&indefinite, Rules::Der), Err(Asn1Error::Length(0)));
        let element = single(&indefinite, Rules::Ber).unwrap();
        assert_eq!(element.whole(), indefinite);
        assert_eq!(element.inside().unwrap().any().unwrap().unsigned(), Ok(5));
    }

    #[test]
    fn pieces_of_a_ber_octet_string_are_joined() {
        let pieces = [0x24, 0x80, 0x04, 0x02, 1, 2, 0x04, 0x01, 3, 0, 0];
        assert_eq!(
            single(&pieces, Rules::Ber).unwrap().octets().unwrap().as_ref(),
            [1, 2, 3]
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let mut data = Vec::new();
        for _ in 0..60 {
            data = write::sequence(&[&data]);
        }
        let mut element = single(&data, Rules::Der).unwrap();
        let error = loop {
            match element.inside() {
                Ok(mut inner) => element = inner.any().unwrap(),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Asn1Error::Depth(_)));
        let bomb = [0x30, 0x80].repeat(100_000);
        assert!(matches!(single(&bomb, Rules::Ber), Err(Asn1Error::Depth(_))));
    }

    #[test]
    fn offsets_are_those_of_the_input() {
        let data = write::sequence(&[&write::integer(1), &write::sequence(&[&write::null()])]);
        let mut outer = single(&data, Rules::Der).unwrap().inside().unwrap();
        assert_eq!(outer.any().unwrap().offset(), 2);
        let inner = outer.any().unwrap();
        assert_eq!((inner.offset(), inner.inside().unwrap().offset()), (5, 7));
    }

    #[test]
    fn times_are_read_strictly_but_with_fractions() {
        let read = |tag: u8, text: &str| {
            single(&write::element(tag, text.as_bytes()), Rules::Der)
                .unwrap()
                .time()
        };
        assert_eq!(
            read(0x17, "260303090507Z").unwrap().to_string(),
            "2026-03-03T09:05:07Z"
        );
        assert_eq!(
            read(0x17, "500101000000Z").unwrap().to_string(),
            "1950-01-01T00:00:00Z"
        );
        assert_eq!(
            read(0x18, "20260303090507.25Z").unwrap().to_string(),
            "2026-03-03T09:05:07.25Z"
        );
        for (tag, text) in [
            (0x17, "2603030905Z"),
            (0x17, "260303090507+0100"),
            (0x18, "20260303090507"),
            (0x18, "20261303090507Z"),
            (0x18, "20260303090507.Z"),
            (0x17, "260303090507.5Z"),
            (0x18, ""),
        ] {
            assert!(read(tag, text).is_err(), "{text}");
        }
    }

    #[test]
    fn small_numbers_and_bits() {
        assert_eq!(
            single(&write::integer(300), Rules::Der).unwrap().unsigned(),
            Ok(300)
        );
        assert!(
            single(&[0x02, 0x01, 0x80], Rules::Der)
                .unwrap()
                .unsigned()
                .is_err()
        );
        assert!(
            single(&[0x02, 0x02, 0x00, 0x01], Rules::Der)
                .unwrap()
                .unsigned()
                .is_err()
        );
        let bits = write::named_bits(&[false, true]);
        let bits = single(&bits, Rules::Der).unwrap();
        assert_eq!(
            (bits.named_bit(0), bits.named_bit(1), bits.named_bit(99)),
            (Ok(false), Ok(true), Ok(false))
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(data in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            for rules in [Rules::Ber, Rules::Der] {
                let mut reader = Reader::new(&data, rules);
                while let Ok(Some(element)) = reader.next() {
                    let _ = (element.oid(), element.unsigned(), element.octets(), element.time(), element.text());
                    let _ = element.inside().map(|mut inner| inner.any());
                }
            }
            let _ = der_length(&data);
        }
    }
}
