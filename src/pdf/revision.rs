//! The states a file went through: each incremental update is a revision, and each must be a complete file.
//! ISO 32000-2 §7.5.6.

use crate::base::bytes::ReadAt;

use super::error::PdfError;
use super::lexer::{Lexer, Token, is_whitespace};
use super::object::Dictionary;
use super::xref::{Section, XrefKind};

/// White space tolerated after the last `%%EOF`.
const TAIL_LIMIT: u64 = 1_024;

/// One state of the file, from its first byte up to its own `%%EOF`.
#[derive(Clone, Debug)]
pub struct Revision {
    /// What its `startxref` says.
    pub startxref: u64,
    /// Offset just after `%%EOF`.
    pub end: u64,
    /// Offset just after the end of line that follows `%%EOF`; equal to `end` when none does.
    /// A signature over this revision ends at one of the two.
    pub end_with_eol: u64,
    /// How its cross-reference section is written.
    pub kind: XrefKind,
    /// Its trailer, or the dictionary of its cross-reference stream.
    pub trailer: Dictionary,
    /// Objects for which table and stream of a hybrid section disagree.
    pub conflicts: Vec<u32>,
    /// Where cross-reference section, trailer and the like stand: offsets of the first byte and after the last.
    pub(crate) extents: Vec<(u64, u64)>,
}

/// Reads `startxref` of the newest revision, backwards from the end of the file.
pub(crate) fn last_startxref(source: &dyn ReadAt) -> Result<u64, PdfError> {
    let length = source.len();
    let from = length.saturating_sub(TAIL_LIMIT.saturating_add(64));
    let size = usize::try_from(length.saturating_sub(from)).unwrap_or(0);
    let tail = source
        .read_vec(from, size)
        .map_err(|_| PdfError::new(super::error::PdfErrorKind::Io, from, "readable bytes"))?;
    let wrong = PdfError::malformed(length, "`startxref`, an offset and `%%EOF` at the end");
    let trimmed = trim_end(&tail);
    let before = trimmed.strip_suffix(b"%%EOF").ok_or(wrong.clone())?;
    let before = trim_end(before);
    let digits = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (rest, digits) = before
        .split_at_checked(before.len().saturating_sub(digits))
        .ok_or(wrong.clone())?;
    let value = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok());
    if !trim_end(rest).ends_with(b"startxref") || rest.len() == trim_end(rest).len() {
        return Err(wrong);
    }
    value.ok_or(wrong)
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let kept = bytes
        .iter()
        .rposition(|byte| !is_whitespace(*byte))
        .map_or(0, |last| last.saturating_add(1));
    bytes.get(..kept).unwrap_or_default()
}

/// Groups `sections` (newest first) into revisions, oldest first, with the index of each section's revision.
///
/// A linearised file has two sections in its first revision: the one that `startxref` names stands first in the
/// file and continues further on. ISO 32000-2 Annex F.
pub(crate) fn group(
    source: &dyn ReadAt,
    sections: &[Section],
) -> Result<(Vec<Revision>, Vec<usize>), PdfError> {
    let mut revisions: Vec<Revision> = Vec::new();
    let mut belongs = vec![0; sections.len()];
    let mut oldest_first = sections.iter().enumerate().rev().peekable();
    while let Some((at, section)) = oldest_first.next() {
        let index = revisions.len();
        let mut head = section;
        if let Some(place) = belongs.get_mut(at) {
            *place = index;
        }
        if index == 0
            && let Some((next_at, next)) = oldest_first.peek()
            && next.offset < section.offset
        {
            if let Some(place) = belongs.get_mut(*next_at) {
                *place = 0;
            }
            head = next;
            oldest_first.next();
        }
        let after = revisions.last().map_or(0, |revision| revision.end);
        if section.offset < after {
            return Err(PdfError::malformed(
                section.offset,
                "revisions in the order of their `/Prev` chain",
            ));
        }
        let (end, end_with_eol) = footer(source, section.end, head.offset)?;
        let mut extents = vec![(section.offset, end)];
        if !std::ptr::eq(head, section) {
            extents.push((head.offset, head.end));
        }
        extents.extend(section.streams.iter().map(|(_, start, end)| (*start, *end)));
        revisions.push(Revision {
            startxref: head.offset,
            end,
            end_with_eol,
            kind: head.kind,
            trailer: head.trailer.clone(),
            conflicts: head.conflicts.iter().chain(&section.conflicts).copied().collect(),
            extents,
        });
    }
    if let Some(last) = revisions.last() {
        let mut lexer = Lexer::new(source, last.end, source.len());
        lexer.skip_blanks()?;
        if lexer.position() != source.len() {
            return Err(PdfError::malformed(
                lexer.position(),
                "nothing after the last `%%EOF`",
            ));
        }
    }
    Ok((revisions, belongs))
}

/// `startxref`, `expected` and `%%EOF` after a section; the ends without and with the end of line.
fn footer(source: &dyn ReadAt, from: u64, expected: u64) -> Result<(u64, u64), PdfError> {
    let mut lexer = Lexer::new(source, from, source.len());
    lexer.skip_blanks()?;
    let at = lexer.position();
    let word = lexer.token()?.0;
    lexer.skip_blanks()?;
    let value = lexer.token()?.0;
    if word != Token::Keyword(b"startxref".to_vec()) {
        return Err(PdfError::malformed(
            at,
            "`startxref` after a cross-reference section",
        ));
    }
    if value != Token::Integer(i64::try_from(expected).unwrap_or(-1)) {
        return Err(PdfError::malformed(
            at,
            "`startxref` with the offset of its own section",
        ));
    }
    lexer.skip_blanks()?;
    if !lexer.take(b"%%EOF")? {
        return Err(PdfError::malformed(lexer.position(), "`%%EOF`"));
    }
    let end = lexer.position();
    lexer.take_eol()?;
    Ok((end, lexer.position()))
}
