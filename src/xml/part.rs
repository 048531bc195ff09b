//! The canonical form of a part of a document that passes by, so that no document is too large.

use std::io::BufRead;

use super::canonical::{Canonicalizer, Method};
use super::chars::all_space;
use super::error::XmlError;
use super::limits::Limits;
use super::name::StartTag;
use super::reader::{Event, Place, Reader};
use super::signature::DS;
use super::sink::Sink;

/// Which part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The element with this identifier; the document, with what stands beside its root element, when none.
    pub element: Option<String>,
    /// What is left out.
    pub without: Without,
    /// Whether comments belong to it. They are dropped all the same by a method without comments.
    pub comments: bool,
}

/// What is left out of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Nothing.
    Nothing,
    /// Every `ds:Signature` and what is in it.
    Signatures,
    /// The element whose tag begins at this byte.
    ElementAt(u64),
}

/// Tells one part of what passes by to a canonicaliser.
pub struct PartWriter<'m, S> {
    part: Part,
    to: Canonicalizer<'m, S>,
    /// Depth of the element named, while it is open.
    inside: Option<usize>,
    /// Depth of what is left out, while it is open.
    skipping: Option<usize>,
    found: u32,
    /// Whether what is left out stood in the part.
    left_out: bool,
    method: &'m Method,
    text: Text,
}

/// What stood last in the part, as far as a comment that is dropped could hide something there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    /// No text.
    Nothing,
    /// Text.
    Words,
    /// A comment that is dropped, behind text.
    Parted,
    /// Such a comment, and text again behind it.
    Split,
}

/// Why there is no canonical form of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartDefect {
    /// Not exactly one element has the identifier, or it does not hold what is left out.
    NotOne,
    /// A comment that the form drops parts a text in two: programs differ in what they take the text to be.
    SplitText,
}

impl<'m, S: Sink> PartWriter<'m, S> {
    /// Writes `part`, canonicalised by `method`, into `sink`.
    pub fn new(part: Part, method: &'m Method, sink: S) -> Self {
        let whole = part.element.is_none();
        Self {
            part,
            to: Canonicalizer::new(method, sink, whole),
            inside: None,
            skipping: None,
            found: 0,
            left_out: false,
            method,
            text: Text::Nothing,
        }
    }

    /// Takes the next event of the document.
    pub fn take(&mut self, event: &Event<'_>, place: Place) {
        if let Some(depth) = self.skipping {
            if matches!(event, Event::End) && place.depth == depth {
                self.skipping = None;
            }
            return;
        }
        self.watch_text(event);
        match event {
            Event::Start(tag) => self.start(tag, place),
            Event::End => {
                self.to.end();
                if self.inside == Some(place.depth) {
                    self.inside = None;
                }
            }
            Event::Text(text) => self.to.text(text),
            Event::Comment(text) if self.part.comments => self.to.comment(text),
            Event::Comment(_) => {}
            Event::Instruction { target, data } => self.to.instruction(target, data),
        }
    }

    fn watch_text(&mut self, event: &Event<'_>) {
        let is_visible = self.part.element.is_none() || self.inside.is_some();
        self.text = match (self.text, event) {
            (Text::Split, _) => Text::Split,
            (Text::Parted, Event::Text(text)) if !all_space(text) => Text::Split,
            (before, Event::Text(text)) if all_space(text) => before,
            (_, Event::Text(_)) if is_visible => Text::Words,
            (Text::Words, Event::Comment(_)) if !(self.part.comments && self.method.comments) => Text::Parted,
            (before, Event::Comment(_)) => before,
            _ => Text::Nothing,
        };
    }

    fn start(&mut self, tag: &StartTag, place: Place) {
        let is_named = match &self.part.element {
            None => false,
            Some(wanted) => tag.ids().any(|id| id == wanted),
        };
        if is_named {
            self.found = self.found.saturating_add(1);
            self.inside = self.inside.or(Some(place.depth));
        }
        let is_left_out = match self.part.without {
            Without::Nothing => false,
            Without::Signatures => tag.name.is(DS, "Signature"),
            Without::ElementAt(offset) => place.start == offset,
        };
        let is_visible = self.part.element.is_none() || self.inside.is_some();
        if is_left_out {
            self.skipping = Some(place.depth);
            self.left_out |= is_visible;
            return;
        }
        self.to.start(tag, is_visible);
    }

    /// Gives the last bytes to the sink, and the sink back.
    ///
    /// # Errors
    /// See [`PartDefect`].
    pub fn finish(self) -> Result<S, PartDefect> {
        let is_one = self.part.element.is_none() || self.found == 1;
        let is_whole = self.left_out || !matches!(self.part.without, Without::ElementAt(_));
        if !is_one || !is_whole {
            return Err(PartDefect::NotOne);
        }
        if self.text == Text::Split {
            return Err(PartDefect::SplitText);
        }
        Ok(self.to.finish())
    }
}

/// Writes `part` of the document `source`, canonicalised by `method`, into `sink`. Inside: why it has no form.
///
/// # Errors
/// See [`XmlError`].
pub fn canonicalize<S: Sink>(
    source: impl BufRead,
    limits: Limits,
    part: Part,
    method: &Method,
    sink: S,
) -> Result<Result<S, PartDefect>, XmlError> {
    let mut reader = Reader::new(source, limits);
    let mut writer = PartWriter::new(part, method, sink);
    while let Some((event, place)) = reader.read_placed()? {
        writer.take(&event, place);
    }
    Ok(writer.finish())
}
