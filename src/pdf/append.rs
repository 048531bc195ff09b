//! Pages of text behind the last page of a document, as an update: nothing of what is there is written anew.

use super::compose::Composition;
use super::error::PdfError;
use super::font::{Font, FontError, Weight};
use super::object::{Dictionary, Object};
use super::page::Rect;
use super::structure::Structure;
use super::text_string;
use super::update::Update;

/// Why no page was added.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AppendError {
    /// The font compiled in cannot be used.
    #[error(transparent)]
    Font(#[from] FontError),
    /// The page tree is not what it should be.
    #[error(transparent)]
    Pdf(#[from] PdfError),
}

impl AppendError {
    /// The stable code for logs and tables.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Font(_) => "PDF_APPEARANCE_FONT",
            Self::Pdf(error) => error.cause(),
        }
    }
}

/// Adds the pages of `sheet` behind the last page of the document that `update` changes.
///
/// The text is real text in an embedded font, grey only and without transparency, so that it can be searched and read
/// aloud and a PDF/A stays one; in a tagged document it joins the structure. Only the root of the page tree changes
/// beside what is new, and that of the structure.
///
/// # Errors
/// `Pdf` when the root of the page tree is no object of its own or cannot be read.
pub fn pages(update: &mut Update, sheet: &Composition) -> Result<(), AppendError> {
    let catalog = update.catalog()?;
    let Some(Object::Reference(root)) = catalog.get("Pages").cloned() else {
        return Err(PdfError::malformed(0, "the root of the page tree is no object of its own").into());
    };
    let Object::Dictionary(mut tree) = update.get(root)? else {
        return Err(PdfError::malformed(0, "the root of the page tree is no dictionary").into());
    };
    let language = text_string::encode(&sheet.language);
    let mut regular = Font::new(Weight::Regular)?;
    let mut bold = Font::new(Weight::Bold)?;
    let contents = sheet.pages(&mut regular, &mut bold);
    let fonts = Dictionary::new()
        .with("Bold", bold.finish(update)?)
        .with("Regular", regular.finish(update)?);
    let resources = update.add(Dictionary::new().with("Font", fonts));
    let kids = tree.get("Kids").cloned().unwrap_or(Object::Null);
    let mut kids = update
        .resolve(&kids)?
        .as_array()
        .map(<[Object]>::to_vec)
        .unwrap_or_default();
    let mut count = match tree.get("Count") {
        Some(count) => update.resolve(count)?.as_integer().unwrap_or(0),
        None => 0,
    };
    let mut structure = match Structure::of(update.view())?.with_free_key(update.view().document()) {
        Structure::Sound(structure) => Some(structure),
        Structure::Untagged | Structure::Damaged(_) => None,
    };
    for content in contents {
        let content = match structure {
            // One paragraph for what reads it aloud: a tagged document has no text outside its structure.
            Some(_) => format!("/P <</MCID 0>> BDC\n{content}EMC\n"),
            None => content,
        };
        let content = update.add_stream(Dictionary::new(), content.into_bytes());
        let sheet = Rect::new(0.0, 0.0, Composition::SIZE.0, Composition::SIZE.1);
        // WHY: everything a page can inherit is stated, for the root may say otherwise.
        let id = update.reserve();
        let mut page = Dictionary::new()
            .with("Type", Object::name("Page"))
            .with("Parent", root)
            .with("MediaBox", sheet.to_object())
            .with("CropBox", sheet.to_object())
            .with("Rotate", 0)
            .with("Resources", resources)
            .with("Contents", content);
        if let Some(structure) = &mut structure {
            page.set("StructParents", structure.add_paragraph(update, id, &language));
            page.set("Tabs", Object::name("S"));
        }
        update.put_new(id, page.into());
        kids.push(Object::Reference(id));
        count = count.saturating_add(1);
    }
    tree.set("Kids", Object::Array(kids));
    tree.set("Count", count);
    update.put(root, tree)?;
    if let Some(structure) = structure {
        structure.write(update)?;
    }
    Ok(())
}
