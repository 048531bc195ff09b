//! Cross-reference sections: tables, streams, and both at once. ISO 32000-2 §7.5.4, §7.5.8.

use std::collections::HashSet;

use crate::base::bytes::ReadAt;

use super::error::{PdfError, PdfErrorKind};
use super::filter;
use super::lexer::Token;
use super::number;
use super::object::{Dictionary, Name, Object, Stream, StreamData};
use super::parser::{NUMBER_LIMIT, Parser};

/// Most entries of all sections together: some fifty times the largest document this house signs.
const ENTRY_LIMIT: usize = 3_000_000;
/// Entries that a file of any length may have; beyond, one for each byte.
const ENTRIES_AT_LEAST: usize = 100_000;
/// Most sections in a chain: over a thousand signatures at level B-LTA.
const SECTION_LIMIT: usize = 4_096;
/// Bytes of one table row. ISO 32000-2 §7.5.4.
const ROW_BYTES: usize = 20;
/// Table rows read at once.
const ROWS_AT_ONCE: u64 = 2_048;

/// Where one object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entry {
    Free,
    InFile { offset: u64, generation: u16 },
    InStream { stream: u32, index: u32 },
}

impl Entry {
    /// Whether an object stands there.
    pub(crate) const fn is_used(self) -> bool {
        !matches!(self, Self::Free)
    }
}

/// How a section is written; an update follows the kind of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XrefKind {
    /// A table whose trailer also names a stream (`/XRefStm`).
    Hybrid,
    /// A cross-reference stream.
    Stream,
    /// A classic table.
    Table,
}

/// One section with its trailer.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) kind: XrefKind,
    pub(crate) offset: u64,
    /// Just after the trailer dictionary, or after `endobj`.
    pub(crate) end: u64,
    pub(crate) trailer: Dictionary,
    pub(crate) entries: Vec<(u32, Entry)>,
    /// Objects which table and stream of a hybrid section place differently.
    pub(crate) conflicts: Vec<u32>,
    pub(crate) previous: Option<u64>,
    /// Extents of the cross-reference streams themselves: object number, first byte, after the last.
    pub(crate) streams: Vec<(u32, u64, u64)>,
}

/// Follows the chain from `start`, newest section first.
pub(crate) fn chain(source: &dyn ReadAt, start: u64) -> Result<Vec<Section>, PdfError> {
    let mut sections = Vec::new();
    let mut visited = HashSet::new();
    // WHY: a section of nothing but free rows shrinks to a thousandth; memory must not grow by a thousand with it.
    let length = usize::try_from(source.len()).unwrap_or(usize::MAX);
    let mut left = ENTRIES_AT_LEAST.saturating_add(length).min(ENTRY_LIMIT);
    // Sections stand beside each other, so they cannot be longer together than the file.
    let mut bytes_left = source.len();
    let mut next = Some(start);
    while let Some(offset) = next {
        if !visited.insert(offset) {
            return Err(PdfError::limit(offset, "a cross-reference chain without a loop"));
        }
        if sections.len() >= SECTION_LIMIT {
            return Err(PdfError::limit(offset, "fewer cross-reference sections"));
        }
        let section = section(source, offset, &mut left)?;
        let hidden = section
            .streams
            .iter()
            .filter(|(_, begin, _)| *begin != section.offset);
        let lengths = hidden
            .map(|(_, begin, end)| end.saturating_sub(*begin))
            .chain([section.end.saturating_sub(section.offset)]);
        bytes_left = bytes_left.checked_sub(lengths.sum()).ok_or(PdfError::limit(
            offset,
            "cross-reference sections beside each other",
        ))?;
        next = section.previous;
        sections.push(section);
    }
    Ok(sections)
}

fn section(source: &dyn ReadAt, offset: u64, left: &mut usize) -> Result<Section, PdfError> {
    if offset >= source.len() {
        return Err(PdfError::malformed(
            offset,
            "a cross-reference section within the file",
        ));
    }
    let mut parser = Parser::new(source, offset, source.len());
    let section = match parser.lexer().token()? {
        (Token::Keyword(word), at) if word == b"xref" => table(source, parser, at, left)?,
        (Token::Integer(_), _) => stream(source, offset, left)?,
        (_, at) => return Err(PdfError::malformed(at, "`xref` or a cross-reference stream")),
    };
    let mut seen = HashSet::with_capacity(section.entries.len());
    if !section.entries.iter().all(|(number, _)| seen.insert(*number)) {
        return Err(PdfError::malformed(
            offset,
            "a cross-reference section that lists each object once",
        ));
    }
    Ok(section)
}

fn table(
    source: &dyn ReadAt,
    mut parser: Parser<'_>,
    offset: u64,
    left: &mut usize,
) -> Result<Section, PdfError> {
    let mut entries = Vec::new();
    loop {
        let (token, at) = parser.lexer().token()?;
        let first = match token {
            Token::Keyword(word) if word == b"trailer" => break,
            Token::Integer(first) => first,
            _ => return Err(PdfError::malformed(at, "a subsection or `trailer`")),
        };
        let (Token::Integer(count), _) = parser.lexer().token()? else {
            return Err(PdfError::malformed(at, "a subsection with its count"));
        };
        while parser.lexer().take(b" ")? {}
        if !parser.lexer().take_eol()? {
            return Err(PdfError::malformed(
                parser.lexer().position(),
                "an end of line after a subsection's count",
            ));
        }
        rows(source, &mut parser, first, count, &mut entries, left)?;
    }
    let at = parser.lexer().position();
    let Object::Dictionary(trailer) = parser.object()? else {
        return Err(PdfError::malformed(at, "a trailer dictionary"));
    };
    let end = parser.lexer().position();
    let size = checked_trailer(&trailer, &entries, at)?;
    let mut section = Section {
        kind: XrefKind::Table,
        offset,
        end,
        previous: previous(&trailer, at)?,
        trailer,
        entries,
        conflicts: Vec::new(),
        streams: Vec::new(),
    };
    match section.trailer.get("XRefStm") {
        None => {}
        Some(Object::Integer(hidden)) => {
            let hidden =
                u64::try_from(*hidden).map_err(|_| PdfError::malformed(at, "an offset in `/XRefStm`"))?;
            let hidden = self::stream(source, hidden, left)?;
            merge_hybrid(&mut section, hidden, size, at)?;
        }
        Some(_) => return Err(PdfError::malformed(at, "an offset in `/XRefStm`")),
    }
    Ok(section)
}

/// ISO 32000-2 §7.5.8.4: the stream speaks for objects which the table lists as free or leaves out.
fn merge_hybrid(section: &mut Section, hidden: Section, size: u32, at: u64) -> Result<(), PdfError> {
    section.kind = XrefKind::Hybrid;
    let mut places: std::collections::HashMap<u32, usize> = section
        .entries
        .iter()
        .enumerate()
        .map(|(index, (number, _))| (*number, index))
        .collect();
    for (number, entry) in hidden.entries {
        if number >= size {
            return Err(PdfError::malformed(at, "object numbers below `/Size`"));
        }
        match places
            .get(&number)
            .and_then(|index| section.entries.get_mut(*index))
        {
            None => {
                places.insert(number, section.entries.len());
                section.entries.push((number, entry));
            }
            Some((_, known)) if *known == Entry::Free => *known = entry,
            Some((_, known)) if *known == entry => {}
            Some(_) => section.conflicts.push(number),
        }
    }
    section.streams.extend(hidden.streams);
    Ok(())
}

fn rows(
    source: &dyn ReadAt,
    parser: &mut Parser<'_>,
    first: i64,
    count: i64,
    entries: &mut Vec<(u32, Entry)>,
    left: &mut usize,
) -> Result<(), PdfError> {
    let mut at = parser.lexer().position();
    let mut number = u32::try_from(first).map_err(|_| PdfError::malformed(at, "a first object number"))?;
    let mut count = u64::try_from(count).map_err(|_| PdfError::malformed(at, "a count of rows"))?;
    let row_bytes = number::offset(ROW_BYTES);
    if count > source.len() / row_bytes {
        return Err(PdfError::malformed(
            at,
            "as many rows as the subsection announces",
        ));
    }
    while count > 0 {
        let batch = count.min(ROWS_AT_ONCE);
        let length = usize::try_from(batch.saturating_mul(row_bytes)).unwrap_or(0);
        let bytes = source
            .read_vec(at, length)
            .map_err(|_| PdfError::malformed(at, "as many rows as the subsection announces"))?;
        for row in bytes.chunks(ROW_BYTES) {
            *left = left
                .checked_sub(1)
                .ok_or(PdfError::limit(at, "fewer cross-reference entries"))?;
            let entry = row_entry(row).ok_or(PdfError::malformed(
                at,
                "a row of 20 bytes like `0000000015 00000 n`",
            ))?;
            if i64::from(number) > NUMBER_LIMIT {
                return Err(PdfError::limit(at, "an object number within bounds"));
            }
            entries.push((number, entry));
            number = number.saturating_add(1);
            at = at.saturating_add(row_bytes);
        }
        count = count.saturating_sub(batch);
    }
    parser.lexer().seek(at);
    Ok(())
}

fn row_entry(row: &[u8]) -> Option<Entry> {
    let digits = |range: std::ops::Range<usize>| -> Option<u64> {
        row.get(range)?.iter().try_fold(0_u64, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
        })
    };
    let offset = digits(0..10)?;
    let generation = digits(11..16)?;
    if row.get(10) != Some(&b' ') || row.get(16) != Some(&b' ') {
        return None;
    }
    if !matches!(row.get(18..20)?, b" \r" | b" \n" | b"\r\n") {
        return None;
    }
    match row.get(17)? {
        b'f' => Some(Entry::Free),
        // WHY: writers mark an unused object as in use at offset 0; nothing can stand there, the header does.
        b'n' if offset == 0 => Some(Entry::Free),
        b'n' => Some(Entry::InFile {
            offset,
            generation: u16::try_from(generation).ok()?,
        }),
        _ => None,
    }
}

fn stream(source: &dyn ReadAt, offset: u64, left: &mut usize) -> Result<Section, PdfError> {
    if offset >= source.len() {
        return Err(PdfError::malformed(
            offset,
            "a cross-reference section within the file",
        ));
    }
    let indirect = Parser::new(source, offset, source.len()).indirect(None)?;
    let wrong = |expected: &'static str| PdfError::malformed(offset, expected);
    let Object::Stream(stream) = indirect.object else {
        return Err(wrong("a cross-reference stream"));
    };
    if !stream.dictionary.is_name("Type", "XRef") {
        return Err(wrong("a stream of type `XRef`"));
    }
    let widths: Vec<usize> = integers(stream.dictionary.get("W"))
        .and_then(|widths| {
            widths
                .into_iter()
                .map(|width| usize::try_from(width).ok().filter(|width| *width <= 8))
                .collect()
        })
        .filter(|widths: &Vec<usize>| widths.len() == 3)
        .ok_or(wrong("three widths of at most 8 in `/W`"))?;
    let size = stream
        .dictionary
        .get("Size")
        .and_then(Object::as_integer)
        .ok_or(wrong("`/Size`"))?;
    let index = match stream.dictionary.get("Index") {
        None => vec![0, size],
        some => integers(some)
            .filter(|index| index.len().is_multiple_of(2))
            .ok_or(wrong("pairs of numbers in `/Index`"))?,
    };
    let width = widths.iter().sum::<usize>();
    if width == 0 {
        return Err(wrong("rows of at least one byte"));
    }
    let total = index
        .chunks(2)
        .try_fold(0_usize, |sum, pair| {
            sum.checked_add(usize::try_from(*pair.get(1)?).ok()?)
        })
        .ok_or(wrong("counts in `/Index`"))?;
    *left = left
        .checked_sub(total)
        .ok_or(PdfError::limit(offset, "fewer cross-reference entries"))?;
    let needed = total.checked_mul(width).ok_or(wrong("counts in `/Index`"))?;
    let rows = decoded(source, &stream, needed.saturating_add(4096), offset)?;
    if rows.len() != needed {
        return Err(wrong("as many rows as `/Index` announces"));
    }
    let mut entries = Vec::with_capacity(total);
    let mut row = rows.chunks(width);
    for pair in index.chunks(2) {
        let (Some(first), Some(count)) = (pair.first(), pair.get(1)) else {
            break;
        };
        for position in 0..*count {
            let number = first
                .checked_add(position)
                .filter(|number| (0..=NUMBER_LIMIT).contains(number));
            let number = number.and_then(|number| u32::try_from(number).ok());
            let number = number.ok_or(PdfError::limit(offset, "an object number within bounds"))?;
            let bytes = row.next().ok_or(wrong("as many rows as `/Index` announces"))?;
            entries.push((
                number,
                stream_entry(bytes, &widths).ok_or(wrong("a row of type 0, 1 or 2"))?,
            ));
        }
    }
    checked_trailer(&stream.dictionary, &entries, offset)?;
    Ok(Section {
        kind: XrefKind::Stream,
        offset,
        end: indirect.end,
        previous: previous(&stream.dictionary, offset)?,
        trailer: stream.dictionary,
        entries,
        conflicts: Vec::new(),
        streams: vec![(indirect.id.number, offset, indirect.end)],
    })
}

fn decoded(source: &dyn ReadAt, stream: &Stream, cap: usize, at: u64) -> Result<Vec<u8>, PdfError> {
    let StreamData::File { offset, length } = stream.data else {
        return Err(PdfError::malformed(at, "a stream in the file"));
    };
    // The encoded form of what fits the cap: Flate grows data by less than 1 in 1 000 and a few bytes.
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= cap.saturating_mul(2).saturating_add(1024))
        .ok_or(PdfError::limit(at, "a smaller cross-reference stream"))?;
    let encoded = source
        .read_vec(offset, length)
        .map_err(|_| PdfError::new(PdfErrorKind::Io, offset, "readable bytes"))?;
    let parameters = match stream.dictionary.get("DecodeParms") {
        None | Some(Object::Null) => None,
        Some(Object::Dictionary(parameters)) => Some(parameters.clone()),
        Some(Object::Array(items)) => items.first().and_then(Object::as_dictionary).cloned(),
        Some(_) => return Err(PdfError::malformed(at, "direct decode parameters")),
    };
    let filters: Vec<(Name, Option<Dictionary>)> = match stream.dictionary.get("Filter") {
        None => Vec::new(),
        Some(Object::Name(name)) => vec![(name.clone(), parameters)],
        Some(Object::Array(items)) if items.is_empty() => Vec::new(),
        Some(Object::Array(items)) if items.len() == 1 => {
            let name = items.first().and_then(Object::as_name).cloned();
            vec![(name.ok_or(PdfError::malformed(at, "filter names"))?, parameters)]
        }
        Some(_) => {
            return Err(PdfError::unsupported(
                at,
                "at most one filter on a cross-reference stream",
            ));
        }
    };
    filter::decode(encoded, &filters, cap, at)
}

fn stream_entry(row: &[u8], widths: &[usize]) -> Option<Entry> {
    let mut rest = row;
    let mut field = |index: usize| -> Option<Option<u64>> {
        let width = *widths.get(index)?;
        let (now, later) = rest.split_at_checked(width)?;
        rest = later;
        Some((width > 0).then(|| now.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))))
    };
    let kind = field(0)?.unwrap_or(1);
    let second = field(1)?.unwrap_or(0);
    let third = field(2)?.unwrap_or(0);
    match kind {
        0 => Some(Entry::Free),
        1 if second == 0 => Some(Entry::Free),
        1 => Some(Entry::InFile {
            offset: second,
            generation: u16::try_from(third).ok()?,
        }),
        2 => Some(Entry::InStream {
            stream: u32::try_from(second).ok()?,
            index: u32::try_from(third).ok()?,
        }),
        _ => None,
    }
}

fn integers(object: Option<&Object>) -> Option<Vec<i64>> {
    object?.as_array()?.iter().map(Object::as_integer).collect()
}

fn previous(trailer: &Dictionary, at: u64) -> Result<Option<u64>, PdfError> {
    match trailer.get("Prev") {
        None => Ok(None),
        Some(value) => {
            let offset = value.as_integer().and_then(|offset| u64::try_from(offset).ok());
            offset
                .map(Some)
                .ok_or(PdfError::malformed(at, "an offset in `/Prev`"))
        }
    }
}

fn checked_trailer(trailer: &Dictionary, entries: &[(u32, Entry)], at: u64) -> Result<u32, PdfError> {
    let size = trailer
        .get("Size")
        .and_then(Object::as_integer)
        .and_then(|size| u32::try_from(size).ok());
    let size = size.filter(|size| i64::from(*size) <= NUMBER_LIMIT + 1);
    let size = size.ok_or(PdfError::malformed(at, "`/Size` within bounds"))?;
    if entries
        .iter()
        .any(|(number, entry)| *number >= size && *entry != Entry::Free)
    {
        return Err(PdfError::malformed(at, "object numbers below `/Size`"));
    }
    Ok(size)
}
