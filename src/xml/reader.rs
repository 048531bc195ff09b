//! A pull reader that refuses what is not well formed, not namespace well formed, or not asked for.
//!
//! quick-xml finds the pieces; this reader adds what a signature needs and quick-xml leaves to its user: names,
//! characters, attributes, references, one root, the limits.

use std::io::{self, BufRead};
use std::ops::Range;

use quick_xml::errors::Error as QuickError;
use quick_xml::events::Event as Piece;

use super::chars::{all_chars, all_space, any_byte, is_ncname};
use super::error::{XmlError, XmlErrorKind};
use super::limits::Limits;
use super::name::StartTag;
use super::tag::{Scope, reference_value};

/// What comes next in the document. One run of text may come in several events: at references and CDATA sections.
#[derive(Debug)]
pub enum Event<'a> {
    /// An element begins. An empty one begins and ends at once.
    Start(&'a StartTag),
    /// The innermost element ends.
    End,
    /// Character data: line ends normalised, references resolved, CDATA sections opened.
    Text(&'a str),
    /// A comment, without its marks.
    Comment(&'a str),
    /// A processing instruction.
    Instruction {
        /// Its target.
        target: &'a str,
        /// What follows the target and its white space.
        data: &'a str,
    },
}

/// Where an event stands in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub start: u64,
    /// The byte after its last. The end of an empty element is an empty range.
    pub end: u64,
    /// Elements around it; the start and the end of one count that one.
    pub depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    End,
    Text,
    Comment,
    Instruction,
    Finished,
    Nothing,
}

/// Reads a document from `R`, piece by piece, holding one piece at a time.
pub struct Reader<R> {
    inner: quick_xml::Reader<Bounded<R>>,
    buffer: Vec<u8>,
    limits: Limits,
    scope: Scope,
    tag: Option<StartTag>,
    text: String,
    target_bytes: usize,
    span: Range<u64>,
    nodes: u64,
    root_seen: bool,
    anything_seen: bool,
    is_finished: bool,
}

impl<R: BufRead> Reader<R> {
    /// A reader at the start of a document.
    pub fn new(source: R, limits: Limits) -> Self {
        let mut inner = quick_xml::Reader::from_reader(Bounded {
            source,
            left: limits.bytes,
            piece_left: limits.piece_bytes,
            is_over: false,
        });
        let config = inner.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        config.trim_markup_names_in_closing_tags = true;
        Self {
            inner,
            buffer: Vec::new(),
            limits,
            scope: Scope::new(),
            tag: None,
            text: String::new(),
            target_bytes: 0,
            span: 0..0,
            nodes: 0,
            root_seen: false,
            anything_seen: false,
            is_finished: false,
        }
    }

    /// Where the last event stands in the document, in bytes. The end of an empty element is an empty range.
    pub fn span(&self) -> Range<u64> {
        self.span.clone()
    }

    /// Elements around the last event; a start counts itself.
    pub fn depth(&self) -> usize {
        self.scope.depth()
    }

    /// The next event, or `None` once the document has ended well.
    ///
    /// # Errors
    /// Whatever is wrong, at its offset. After an error nothing more is read.
    pub fn read(&mut self) -> Result<Option<Event<'_>>, XmlError> {
        let kind = self.next_kind()?;
        Ok(self.event(kind))
    }

    /// The next event with the place where it stands.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_placed(&mut self) -> Result<Option<(Event<'_>, Place)>, XmlError> {
        let kind = self.next_kind()?;
        // The element that ended is closed already; its end counts it all the same.
        let closed = usize::from(kind == Kind::End);
        let place = Place {
            start: self.span.start,
            end: self.span.end,
            depth: self.scope.depth().saturating_add(closed),
        };
        Ok(self.event(kind).map(|event| (event, place)))
    }

    fn next_kind(&mut self) -> Result<Kind, XmlError> {
        if self.is_finished {
            return Ok(Kind::Finished);
        }
        let found = self.advance();
        self.is_finished = !matches!(found, Ok(kind) if kind != Kind::Finished);
        found
    }

    fn event(&self, kind: Kind) -> Option<Event<'_>> {
        match (kind, &self.tag) {
            (Kind::Start, Some(tag)) => Some(Event::Start(tag)),
            (Kind::End, _) => Some(Event::End),
            (Kind::Text, _) => Some(Event::Text(&self.text)),
            (Kind::Comment, _) => Some(Event::Comment(&self.text)),
            (Kind::Instruction, _) => {
                let (target, data) = self
                    .text
                    .split_at_checked(self.target_bytes)
                    .unwrap_or((self.text.as_str(), ""));
                Some(Event::Instruction { target, data })
            }
            (Kind::Start | Kind::Finished | Kind::Nothing, _) => None,
        }
    }

    fn advance(&mut self) -> Result<Kind, XmlError> {
        loop {
            let kind = self.piece()?;
            if kind != Kind::Nothing {
                self.nodes = self.nodes.saturating_add(1);
                if self.nodes > self.limits.nodes.saturating_mul(2) {
                    return Err(XmlError::limit(self.span.start, "a document with fewer nodes"));
                }
                return Ok(kind);
            }
        }
    }

    fn piece(&mut self) -> Result<Kind, XmlError> {
        self.buffer.clear();
        let start = self.inner.buffer_position();
        self.inner.get_mut().piece_left = self.limits.piece_bytes;
        let piece = match self.inner.read_event_into(&mut self.buffer) {
            Ok(piece) => piece,
            Err(error) => {
                let at = self.inner.error_position();
                return Err(if self.inner.get_ref().is_over {
                    XmlError::limit(start, "a smaller document")
                } else {
                    refusal(&error, at)
                });
            }
        };
        self.span = start..self.inner.buffer_position();
        let first = !std::mem::replace(&mut self.anything_seen, true);
        match piece {
            // Empty elements come as their start and their end: the reader is configured so.
            Piece::Start(tag) | Piece::Empty(tag) => {
                if self.scope.depth() == 0 && std::mem::replace(&mut self.root_seen, true) {
                    return Err(XmlError::malformed(start, "one root element"));
                }
                if self.scope.depth() >= self.limits.depth {
                    return Err(XmlError::limit(start, "elements less deep in one another"));
                }
                self.tag = Some(self.scope.open(&tag, start, self.limits.attributes)?);
                Ok(Kind::Start)
            }
            Piece::End(_) => {
                self.scope.close();
                Ok(Kind::End)
            }
            Piece::Text(text) => {
                if any_byte(text.as_bytes(), |byte| byte == b'>') && text.contains("]]>") {
                    return Err(XmlError::malformed(start, "text without `]]>`"));
                }
                if self.scope.depth() == 0 {
                    return if all_space(&text) {
                        Ok(Kind::Nothing)
                    } else {
                        Err(XmlError::malformed(start, "no text outside the root element"))
                    };
                }
                character_data(&text, &mut self.text, start)?;
                Ok(Kind::Text)
            }
            Piece::CData(text) => {
                if self.scope.depth() == 0 {
                    return Err(XmlError::malformed(start, "no text outside the root element"));
                }
                character_data(&text, &mut self.text, start)?;
                Ok(if self.text.is_empty() {
                    Kind::Nothing
                } else {
                    Kind::Text
                })
            }
            Piece::GeneralRef(reference) => {
                if self.scope.depth() == 0 {
                    return Err(XmlError::malformed(start, "no text outside the root element"));
                }
                self.text.clear();
                self.text.push(reference_value(&reference, start)?);
                Ok(Kind::Text)
            }
            Piece::Comment(text) => {
                if text.contains("--") || text.ends_with('-') {
                    return Err(XmlError::malformed(start, "a comment without `--`"));
                }
                character_data(&text, &mut self.text, start)?;
                Ok(Kind::Comment)
            }
            Piece::PI(instruction) => {
                self.target_bytes = split_instruction(&instruction, &mut self.text, start)?;
                if !self.limits.instructions {
                    return Err(XmlError::new(
                        XmlErrorKind::Instruction,
                        start,
                        "no processing instruction",
                    ));
                }
                Ok(Kind::Instruction)
            }
            Piece::Decl(declaration) => {
                if !first {
                    return Err(XmlError::malformed(
                        start,
                        "the XML declaration at the very start",
                    ));
                }
                xml_declaration(&declaration, start)?;
                Ok(Kind::Nothing)
            }
            Piece::DocType(_) => Err(XmlError::new(
                XmlErrorKind::DocumentType,
                start,
                "no document type declaration",
            )),
            Piece::Eof => {
                if self.scope.depth() > 0 || !self.root_seen {
                    return Err(XmlError::malformed(start, "a complete root element"));
                }
                Ok(Kind::Finished)
            }
        }
    }
}

fn refusal(error: &QuickError, at: u64) -> XmlError {
    match error {
        QuickError::Io(source) => {
            let (kind, expected) = match source.kind() {
                io::ErrorKind::InvalidData => (XmlErrorKind::Encoding, "UTF-8"),
                _ => (XmlErrorKind::Io, "bytes that can be read"),
            };
            XmlError::new(kind, at, expected)
        }
        QuickError::Encoding(_) => XmlError::new(XmlErrorKind::Encoding, at, "UTF-8"),
        QuickError::Syntax(_) => XmlError::malformed(at, "markup that ends"),
        _ => XmlError::malformed(at, "well-formed markup"),
    }
}

/// XML 1.0 §2.2 and §2.11: allowed characters, every line end one line feed.
fn character_data(raw: &str, text: &mut String, offset: u64) -> Result<(), XmlError> {
    if !all_chars(raw) {
        return Err(XmlError::malformed(offset, "characters that XML allows"));
    }
    text.clear();
    let mut rest = raw;
    if !any_byte(raw.as_bytes(), |byte| byte == b'\r') {
        text.push_str(raw);
        return Ok(());
    }
    while let Some((before, after)) = rest.split_once('\r') {
        text.push_str(before);
        text.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    text.push_str(rest);
    Ok(())
}

/// Puts target and data of a processing instruction after one another, and says how long the target is.
fn split_instruction(raw: &str, text: &mut String, offset: u64) -> Result<usize, XmlError> {
    let (target, data) = raw
        .find([' ', '\t', '\n', '\r'])
        .and_then(|end| raw.split_at_checked(end))
        .unwrap_or((raw, ""));
    if !is_ncname(target) || target.eq_ignore_ascii_case("xml") {
        return Err(XmlError::malformed(
            offset,
            "a processing instruction with a target",
        ));
    }
    character_data(data.trim_start_matches([' ', '\t', '\n', '\r']), text, offset)?;
    text.insert_str(0, target);
    Ok(target.len())
}

/// XML 1.0 productions 23 to 26, 32 and 80: version 1.x, encoding UTF-8 if one is named.
fn xml_declaration(raw: &str, offset: u64) -> Result<(), XmlError> {
    const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
    let mut rest = raw.strip_prefix("xml").unwrap_or_default();
    let mut next = |name: &str| -> Option<String> {
        let trimmed = rest.trim_start_matches(SPACE);
        if trimmed.len() == rest.len() {
            return None;
        }
        let after = trimmed
            .strip_prefix(name)?
            .trim_start_matches(SPACE)
            .strip_prefix('=')?
            .trim_start_matches(SPACE);
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = after.get(1..)?.split_once(quote)?;
        rest = after;
        Some(value.to_owned())
    };
    let version = next("version");
    let encoding = next("encoding");
    let standalone = next("standalone");
    if !rest.trim_start_matches(SPACE).is_empty()
        || version.as_deref() != Some("1.0")
        || standalone.is_some_and(|value| !matches!(value.as_str(), "yes" | "no"))
    {
        return Err(XmlError::malformed(offset, "a declaration of XML 1.0"));
    }
    if encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
        return Err(XmlError::new(XmlErrorKind::Encoding, offset, "UTF-8"));
    }
    Ok(())
}

/// A source that ends in an error when the document, or one piece of it, is larger than it may be.
struct Bounded<R> {
    source: R,
    left: u64,
    piece_left: u64,
    is_over: bool,
}

impl<R: BufRead> io::Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), available.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let allowed = self.left.min(self.piece_left);
        let available = self.source.fill_buf()?;
        if available.is_empty() {
            return Ok(available);
        }
        if allowed == 0 {
            self.is_over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = usize::try_from(allowed)
            .unwrap_or(usize::MAX)
            .min(available.len());
        Ok(available.get(..count).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let taken = u64::try_from(count).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(taken);
        self.piece_left = self.piece_left.saturating_sub(taken);
        self.source.consume(count);
    }
}
