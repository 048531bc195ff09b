//! What is kept of a document that passes by: its signatures, the elements around them, every identifier.
//!
//! A signed document may be far larger than memory; what is navigated in it is its signatures alone. The result is a
//! [`Document`] in which the signatures stand whole, with their ancestors and nothing else, at the places they have in
//! the bytes; what the signatures cover outside themselves is read by [`super::part`].

use std::collections::BTreeMap;
use std::io::BufRead;

use super::error::XmlError;
use super::limits::Limits;
use super::name::{StartTag, XML};
use super::reader::{Event, Place, Reader};
use super::signature::DS;
use super::tree::{Builder, Document, NodeId};

/// Most bytes of all signatures together: they are held.
const SIGNATURES_AT_MOST: u64 = 64 << 20;
/// Most identifiers of a document: they are held.
const IDS_AT_MOST: usize = 1_000_000;

/// A document as far as its signatures need it.
#[derive(Debug)]
pub struct Outline {
    /// The signatures and the elements around them. Attributes of those around are left out but for `xml:…`.
    pub document: Document,
    /// The signatures that stand in no other signature, in order.
    pub signatures: Vec<NodeId>,
    ids: BTreeMap<Box<str>, Seen>,
}

impl Outline {
    /// Reads a document from `source`.
    ///
    /// # Errors
    /// See [`XmlError`]; `Limit` also for signatures of more than 64 MiB together.
    pub fn read(source: impl BufRead, limits: Limits) -> Result<Self, XmlError> {
        Self::read_with(source, limits, &mut |_, _| {})
    }

    /// The same; `watch` is told every event with the place it stands at.
    pub(crate) fn read_with(
        source: impl BufRead,
        limits: Limits,
        watch: &mut dyn FnMut(&Event<'_>, Place),
    ) -> Result<Self, XmlError> {
        let mut reader = Reader::new(source, limits);
        let mut scan = Scan::default();
        while let Some((event, place)) = reader.read_placed()? {
            watch(&event, place);
            scan.take(&event, place)?;
        }
        scan.finish()
    }

    /// How many elements of the document carry the identifier `value`.
    pub fn count_of(&self, value: &str) -> u32 {
        self.ids.get(value).map_or(0, |seen| seen.elements)
    }

    /// The identifiers that stand twice where they may not: as `Id`, `ID` or `xml:id`.
    ///
    /// What is called `id` in lower case is often a number of the application's own; it counts where somebody refers
    /// to it ([`Self::count_of`]).
    pub fn repeated_ids(&self) -> impl Iterator<Item = &str> {
        let repeated = self.ids.iter().filter(|(_, seen)| seen.is_repeated);
        repeated.map(|(id, _)| &**id)
    }

    /// Whether there is one.
    pub fn has_repeated_id(&self) -> bool {
        self.repeated_ids().next().is_some()
    }
}

/// Where an identifier was met.
#[derive(Debug, Default)]
struct Seen {
    elements: u32,
    last_at: Option<u64>,
    is_strict: bool,
    /// Whether it stands twice where it may not.
    is_repeated: bool,
}

#[derive(Default)]
struct Scan {
    builder: Builder,
    /// Elements that are open and not yet kept.
    waiting: Vec<(StartTag, std::ops::Range<u64>)>,
    /// Depth of the signature that is being read.
    signature: Option<usize>,
    held: u64,
    signatures: Vec<NodeId>,
    ids: BTreeMap<Box<str>, Seen>,
}

impl Scan {
    fn take(&mut self, event: &Event<'_>, place: Place) -> Result<(), XmlError> {
        let span = place.start..place.end;
        if let Event::Start(tag) = event {
            self.note_ids(tag, place.start)?;
        }
        let Some(top) = self.signature else {
            match event {
                Event::Start(tag) if tag.name.is(DS, "Signature") => {
                    for (around, span) in self.waiting.drain(..) {
                        self.builder.start(around, span);
                    }
                    self.signature = Some(place.depth);
                    self.signatures.push(self.builder.start((*tag).clone(), span));
                }
                Event::Start(tag) => {
                    let around = StartTag {
                        name: tag.name.clone(),
                        attributes: tag
                            .attributes
                            .iter()
                            .filter(|attribute| attribute.name.namespace() == XML)
                            .cloned()
                            .collect(),
                        declarations: tag.declarations.clone(),
                    };
                    // The root element is kept in any case: without it there is no document.
                    if place.depth == 1 {
                        self.builder.start(around, span);
                    } else {
                        self.waiting.push((around, span));
                    }
                }
                Event::End => {
                    if self.waiting.pop().is_none() {
                        self.builder.end(span);
                    }
                }
                Event::Text(_) | Event::Comment(_) | Event::Instruction { .. } => {}
            }
            return Ok(());
        };
        self.held = self.held.saturating_add(span.end.saturating_sub(span.start));
        if self.held > SIGNATURES_AT_MOST {
            return Err(XmlError::limit(place.start, "smaller signatures"));
        }
        self.builder.take(event, place);
        if matches!(event, Event::End) && place.depth == top {
            self.signature = None;
        }
        Ok(())
    }

    fn note_ids(&mut self, tag: &StartTag, offset: u64) -> Result<(), XmlError> {
        for attribute in &tag.attributes {
            let is_strict = match (attribute.name.namespace(), attribute.name.local()) {
                ("", "Id" | "ID") | (XML, "id") => true,
                ("", "id") => false,
                _ => continue,
            };
            let seen = self.ids.entry(attribute.value.as_str().into()).or_default();
            // One element may carry one value under two names.
            if seen.last_at != Some(offset) {
                seen.elements = seen.elements.saturating_add(1);
                seen.last_at = Some(offset);
                seen.is_repeated |= is_strict && seen.is_strict;
            }
            seen.is_strict |= is_strict;
        }
        if self.ids.len() > IDS_AT_MOST {
            return Err(XmlError::limit(offset, "fewer identifiers"));
        }
        Ok(())
    }

    fn finish(self) -> Result<Outline, XmlError> {
        Ok(Outline {
            document: self.builder.finish()?,
            signatures: self.signatures,
            ids: self.ids,
        })
    }
}
