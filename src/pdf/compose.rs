//! Whole small PDF files from text: demo documents, and the files tests start from.

use std::fmt::Write as _;

use super::font::{Font, FontError, Weight};
use super::number;
use super::object::{Dictionary, Object, ObjectId, Stream};
use super::page::Rect;
use super::sink::Sink;
use super::text_string;
use super::write;
use super::xref::XrefKind;
use crate::base::digest::HashAlgorithm;

/// A4 in points.
const WIDTH: f64 = 595.0;
const HEIGHT: f64 = 842.0;
/// Margin at the sides and at the top, in points.
const MARGIN: f64 = 56.0;
/// Kept free at the bottom of each page, for signatures.
const BOTTOM: f64 = 220.0;

/// A document to write.
#[derive(Clone, Debug)]
pub struct Composition {
    /// Title, shown at the top and in the document information.
    pub title: String,
    /// BCP 47 language of the text, `nl-BE`.
    pub language: String,
    /// Paragraphs; each is wrapped, and a page is begun when one is full.
    pub paragraphs: Vec<String>,
    /// A classic table or a cross-reference stream.
    pub kind: XrefKind,
    /// `/Rotate` of every page.
    pub rotate: u16,
    /// Lower left corner of the sheet; anything but (0, 0) is odd and allowed.
    pub origin: (f64, f64),
}

impl Composition {
    /// Width and height of a page: A4, in points.
    pub const SIZE: (f64, f64) = (WIDTH, HEIGHT);

    /// A document of A4 pages with a classic table.
    pub fn new(title: &str, language: &str, paragraphs: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            language: language.to_owned(),
            paragraphs: paragraphs.iter().map(|&text| text.to_owned()).collect(),
            kind: XrefKind::Table,
            rotate: 0,
            origin: (0.0, 0.0),
        }
    }

    /// The file, PDF 1.7 with embedded fonts. The same composition gives the same bytes.
    ///
    /// # Errors
    /// When the font compiled in cannot be used.
    pub fn write(&self) -> Result<Vec<u8>, FontError> {
        let mut file = Composer::default();
        let catalog = file.reserve();
        let tree = file.reserve();
        let mut regular = Font::new(Weight::Regular)?;
        let mut bold = Font::new(Weight::Bold)?;
        let contents = self.pages(&mut regular, &mut bold);
        let fonts = Dictionary::new()
            .with("Bold", bold.finish(&mut file)?)
            .with("Regular", regular.finish(&mut file)?);
        let resources = file.add(Dictionary::new().with("Font", fonts).into());
        let (x, y) = self.origin;
        let mut kids = Vec::new();
        for content in contents {
            let content = file.add_stream(Dictionary::new(), content.into_bytes());
            let page = Dictionary::new()
                .with("Type", Object::name("Page"))
                .with("Parent", tree)
                .with("MediaBox", Rect::new(x, y, x + WIDTH, y + HEIGHT).to_object())
                .with("Rotate", i64::from(self.rotate))
                .with("Resources", resources)
                .with("Contents", content);
            kids.push(Object::Reference(file.add(page.into())));
        }
        let count = i64::try_from(kids.len()).unwrap_or(0);
        let pages = Dictionary::new()
            .with("Type", Object::name("Pages"))
            .with("Count", count)
            .with("Kids", Object::Array(kids));
        file.set(tree, pages.into());
        let root = Dictionary::new()
            .with("Type", Object::name("Catalog"))
            .with("Pages", tree)
            .with("Lang", Object::String(text_string::encode(&self.language)))
            .with(
                "ViewerPreferences",
                Dictionary::new().with("DisplayDocTitle", Object::Boolean(true)),
            );
        file.set(catalog, root.into());
        let title = Object::String(text_string::encode(&self.title));
        let info = file.add(Dictionary::new().with("Title", title).into());
        Ok(file.write(self.kind, catalog, Some(info)))
    }

    /// The content of each page, in the fonts `Bold` and `Regular`.
    pub(super) fn pages(&self, regular: &mut Font, bold: &mut Font) -> Vec<String> {
        let (left, bottom) = (self.origin.0 + MARGIN, self.origin.1);
        let mut pages = Vec::new();
        let mut page = String::new();
        let mut y = bottom + HEIGHT - MARGIN - 18.0;
        for line in wrap(bold, &self.title, 18.0) {
            let shown = bold.show(&line);
            let _ = writeln!(page, "BT /Bold 18 Tf {left} {y} Td {shown} Tj ET");
            y -= 24.0;
        }
        for paragraph in &self.paragraphs {
            y -= 8.0;
            for line in wrap(regular, paragraph, 11.0) {
                if y < bottom + BOTTOM {
                    pages.push(std::mem::take(&mut page));
                    y = bottom + HEIGHT - MARGIN - 11.0;
                }
                let shown = regular.show(&line);
                let _ = writeln!(page, "BT /Regular 11 Tf {left} {y} Td {shown} Tj ET");
                y -= 15.0;
            }
        }
        pages.push(page);
        pages
    }
}

fn wrap(font: &Font, text: &str, size: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in text.split_whitespace() {
        let joined = if current.is_empty() {
            word.to_owned()
        } else {
            format!("{current} {word}")
        };
        if current.is_empty() || font.width(&joined, size) <= WIDTH - 2.0 * MARGIN {
            current = joined;
        } else {
            lines.push(std::mem::replace(&mut current, word.to_owned()));
        }
    }
    lines.push(current);
    lines
}

/// A file under construction: objects numbered from 1.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    objects: Vec<Object>,
}

impl Sink for Composer {
    fn reserve(&mut self) -> ObjectId {
        self.objects.push(Object::Null);
        ObjectId::new(u32::try_from(self.objects.len()).unwrap_or(u32::MAX))
    }

    fn set(&mut self, id: ObjectId, object: Object) {
        let at = usize::try_from(id.number)
            .ok()
            .and_then(|number| number.checked_sub(1));
        if let Some(place) = at.and_then(|at| self.objects.get_mut(at)) {
            *place = object;
        }
    }
}

impl Composer {
    /// Without objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// The whole file with `root` as its catalog.
    pub fn write(&self, kind: XrefKind, root: ObjectId, info: Option<ObjectId>) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut offsets = Vec::with_capacity(self.objects.len());
        for (index, object) in self.objects.iter().enumerate() {
            offsets.push(number::offset(out.len()));
            out.extend_from_slice(format!("{} 0 obj\n", index.saturating_add(1)).as_bytes());
            write::object(&mut out, object);
            out.extend_from_slice(b"\nendobj\n");
        }
        let mut id = HashAlgorithm::Sha256.digest(&out);
        id.truncate(16);
        let start = number::offset(out.len());
        let count = i64::try_from(self.objects.len()).unwrap_or(0).saturating_add(1);
        let mut trailer = Dictionary::new().with("Size", count).with("Root", root);
        if let Some(info) = info {
            trailer.set("Info", info);
        }
        trailer.set(
            "ID",
            Object::Array(vec![Object::String(id.clone()), Object::String(id)]),
        );
        if kind == XrefKind::Stream {
            self.xref_stream(&mut out, &offsets, start, trailer);
        } else {
            out.extend_from_slice(format!("xref\n0 {count}\n0000000000 65535 f\r\n").as_bytes());
            for offset in offsets {
                out.extend_from_slice(format!("{offset:010} 00000 n\r\n").as_bytes());
            }
            out.extend_from_slice(b"trailer\n");
            write::dictionary(&mut out, &trailer);
        }
        out.extend_from_slice(format!("\nstartxref\n{start}\n%%EOF\n").as_bytes());
        out
    }

    fn xref_stream(&self, out: &mut Vec<u8>, offsets: &[u64], start: u64, mut trailer: Dictionary) {
        let own = self.objects.len().saturating_add(1);
        let mut rows = vec![0; 9];
        for offset in offsets.iter().chain([&start]) {
            rows.push(1);
            rows.extend_from_slice(&offset.to_be_bytes());
        }
        trailer.set("Type", Object::name("XRef"));
        trailer.set("Size", i64::try_from(own).unwrap_or(0).saturating_add(1));
        trailer.set(
            "W",
            Object::Array([1, 8, 0].into_iter().map(Object::Integer).collect()),
        );
        out.extend_from_slice(format!("{own} 0 obj\n").as_bytes());
        write::object(out, &Object::Stream(Stream::new(trailer, rows)));
        out.extend_from_slice(b"\nendobj");
    }
}
