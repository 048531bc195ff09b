//! One page as a small file of its own, so that showing a page never needs the whole document in memory, and what is
//! shown is what this reader read.

use std::collections::HashMap;

use super::compose::Composer;
use super::document::View;
use super::error::PdfError;
use super::object::{Dictionary, Object, ObjectId, Stream, StreamData};
use super::page::Page;
use super::sink::Sink;
use super::xref::XrefKind;

/// Most objects of one page. Honest pages have some hundreds.
const OBJECT_LIMIT: usize = 20_000;
/// Most bytes of all streams of one page, still encoded.
const BYTE_LIMIT: usize = 48 * 1024 * 1024;
/// Entries of a page that what it shows does not need, or that lead to the rest of the document.
const LEFT_OUT: [&str; 12] = [
    "AA",
    "B",
    "CropBox",
    "Dur",
    "MediaBox",
    "Metadata",
    "Parent",
    "PieceInfo",
    "Resources",
    "Rotate",
    "StructParents",
    "Thumb",
];
/// Entries of an annotation that its look needs.
const LOOK: [&str; 6] = ["AP", "AS", "F", "Rect", "Subtype", "Type"];

/// The file that shows `page` of `view` and nothing else.
///
/// # Errors
/// `Limit` for a page of too many objects or bytes; what reading them reports.
pub fn page(view: &View, page: &Page) -> Result<Vec<u8>, PdfError> {
    let mut copy = Copy {
        view,
        file: Composer::new(),
        places: HashMap::new(),
        open: Vec::new(),
        left: BYTE_LIMIT,
    };
    let catalog = copy.file.reserve();
    let tree = copy.file.reserve();
    let mut dictionary = Dictionary::new()
        .with("Type", Object::name("Page"))
        .with("Parent", tree);
    for (key, value) in page.dictionary.iter() {
        if key.is("Annots") {
            let annotations = copy.annotations(value)?;
            dictionary.set("Annots", annotations);
        } else if !LEFT_OUT.iter().any(|left_out| key.is(left_out)) {
            let value = copy.moved(value)?;
            dictionary.set_name(key.clone(), value);
        }
    }
    dictionary.set("MediaBox", page.media_box.to_object());
    dictionary.set("CropBox", page.crop_box.to_object());
    dictionary.set("Rotate", i64::from(page.rotate));
    let resources = copy.moved(page.resources.as_ref().unwrap_or(&Object::Null))?;
    dictionary.set(
        "Resources",
        if resources.is_null() {
            Dictionary::new().into()
        } else {
            resources
        },
    );
    let only = copy.file.add(dictionary.into());
    let kids = Object::Array(vec![only.into()]);
    let pages = Dictionary::new()
        .with("Type", Object::name("Pages"))
        .with("Count", 1)
        .with("Kids", kids);
    copy.file.set(tree, pages.into());
    let mut root = Dictionary::new()
        .with("Type", Object::name("Catalog"))
        .with("Pages", tree);
    if let Some(layers) = view.catalog()?.get("OCProperties") {
        let layers = copy.moved(layers)?;
        root.set("OCProperties", layers);
    }
    copy.file.set(catalog, root.into());
    copy.rest()?;
    Ok(copy.file.write(XrefKind::Table, catalog, None))
}

struct Copy<'v> {
    view: &'v View,
    file: Composer,
    places: HashMap<ObjectId, ObjectId>,
    open: Vec<ObjectId>,
    left: usize,
}

impl Copy<'_> {
    /// `object` with its references renumbered; what they lead to is copied by [`Self::rest`].
    fn moved(&mut self, object: &Object) -> Result<Object, PdfError> {
        Ok(match object {
            Object::Reference(id) => {
                if let Some(place) = self.places.get(id) {
                    return Ok(Object::Reference(*place));
                }
                if self.places.len() >= OBJECT_LIMIT {
                    return Err(PdfError::limit(0, "a page of fewer objects"));
                }
                let place = self.file.reserve();
                self.places.insert(*id, place);
                self.open.push(*id);
                Object::Reference(place)
            }
            Object::Array(items) => Object::Array(
                items
                    .iter()
                    .map(|item| self.moved(item))
                    .collect::<Result<_, _>>()?,
            ),
            Object::Dictionary(dictionary) => Object::Dictionary(self.moved_dictionary(dictionary)?),
            other => other.clone(),
        })
    }

    fn moved_dictionary(&mut self, dictionary: &Dictionary) -> Result<Dictionary, PdfError> {
        let mut moved = Dictionary::new();
        for (key, value) in dictionary.iter() {
            // Structure and metadata lead to the rest of the document and show nothing.
            if !(key.is("Parent") || key.is("StructParent") || key.is("Metadata") || key.is("PieceInfo")) {
                let value = self.moved(value)?;
                moved.set_name(key.clone(), value);
            }
        }
        Ok(moved)
    }

    fn annotations(&mut self, value: &Object) -> Result<Object, PdfError> {
        let mut kept = Vec::new();
        for item in self.view.resolve(value)?.as_array().unwrap_or_default() {
            let Object::Dictionary(annotation) = self.view.resolve(item)? else {
                continue;
            };
            let mut look = Dictionary::new();
            for key in LOOK {
                if let Some(value) = annotation.get(key) {
                    let value = self.moved(value)?;
                    look.set(key, value);
                }
            }
            if kept.len() >= OBJECT_LIMIT {
                return Err(PdfError::limit(0, "a page of fewer annotations"));
            }
            kept.push(look.into());
        }
        Ok(Object::Array(kept))
    }

    fn rest(&mut self) -> Result<(), PdfError> {
        while let Some(id) = self.open.pop() {
            let Some(place) = self.places.get(&id).copied() else {
                continue;
            };
            let object = match self.view.get(id)? {
                Object::Stream(stream) => {
                    let bytes = self.view.raw_stream(&stream, self.left)?;
                    self.left = self.left.saturating_sub(bytes.len());
                    let dictionary = self.moved_dictionary(&stream.dictionary)?;
                    Object::Stream(Stream {
                        dictionary,
                        data: StreamData::Memory(bytes),
                    })
                }
                other => self.moved(&other)?,
            };
            self.file.set(place, object);
        }
        Ok(())
    }
}
