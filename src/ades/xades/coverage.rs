//! Whether a signature covers everything that its document says: what it leaves out may have been put there later.

use std::collections::BTreeSet;
use std::io::BufReader;

use super::data::Scene;
use crate::base::sequential::Sequential;
use crate::xml::chars::all_space;
use crate::xml::error::XmlError;
use crate::xml::limits::Limits;
use crate::xml::name::XML;
use crate::xml::reader::{Event, Place, Reader};
use crate::xml::signature::DS;
use crate::xml::signature::read::{Target, XmlSignature};

/// An element that is open and that nothing covers.
#[derive(Clone, Copy)]
struct Bare {
    holds_covered: bool,
    is_silent: bool,
}

/// Whether everything in the document stands in a signature or in what `signature` covers.
///
/// Elements around what is covered may be there, as long as they say nothing themselves: no text, no attribute but
/// `xml:…`. All else is content that somebody could read and nobody signed: the shape of every wrapping attack.
///
/// # Errors
/// When the document cannot be read again.
pub fn is_complete(scene: &Scene<'_>, signature: &XmlSignature) -> Result<bool, XmlError> {
    let mut covered = BTreeSet::new();
    for reference in &signature.references {
        match &reference.target {
            Target::Document { .. } => return Ok(true),
            Target::Element { id, .. } => {
                covered.insert(id.as_str());
            }
            Target::Outside(_) | Target::Unnamed => {}
        }
    }
    let source = BufReader::new(Sequential::new(std::sync::Arc::clone(scene.file)));
    let mut reader = Reader::new(source, Limits::stream());
    let mut watch = Watch {
        covered,
        inside: None,
        open: Vec::new(),
        is_complete: true,
    };
    while let Some((event, place)) = reader.read_placed()? {
        watch.take(&event, place);
        if !watch.is_complete {
            return Ok(false);
        }
    }
    Ok(watch.is_complete)
}

struct Watch<'a> {
    covered: BTreeSet<&'a str>,
    /// Depth of what is covered, or of a signature, while it is open.
    inside: Option<usize>,
    open: Vec<Bare>,
    is_complete: bool,
}

impl Watch<'_> {
    fn take(&mut self, event: &Event<'_>, place: Place) {
        if let Some(depth) = self.inside {
            if matches!(event, Event::End) && place.depth == depth {
                self.inside = None;
                if let Some(around) = self.open.last_mut() {
                    around.holds_covered = true;
                }
            }
            return;
        }
        match event {
            Event::Start(tag) => {
                let is_signature = tag.name.is(DS, "Signature");
                if is_signature || tag.ids().any(|id| self.covered.contains(id)) {
                    self.inside = Some(place.depth);
                    return;
                }
                self.open.push(Bare {
                    holds_covered: false,
                    is_silent: tag
                        .attributes
                        .iter()
                        .all(|attribute| attribute.name.namespace() == XML),
                });
            }
            Event::End => {
                if let Some(closed) = self.open.pop() {
                    self.is_complete &= closed.holds_covered && closed.is_silent;
                    if let Some(around) = self.open.last_mut() {
                        around.holds_covered = true;
                    }
                }
            }
            Event::Text(text) => self.is_complete &= all_space(text),
            Event::Instruction { .. } => self.is_complete = false,
            Event::Comment(_) => {}
        }
    }
}
