//! Pages of text behind the last page of a document, as an update: nothing of what is there is written anew.

use super::compose::Composition;
use super::error::PdfError;
use super::font::{Font, FontError, Weight};
use super::object::{Dictionary, Object, ObjectId};
use super::page::Rect;
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
    let mut structure = Structure::of(update)?;
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

/// The structure of a tagged document, to which paragraphs are added. ISO 32000-2 §14.7.
struct Structure {
    id: ObjectId,
    root: Dictionary,
    parents: Option<ObjectId>,
    parent_tree: Dictionary,
    next_key: i64,
}

impl Structure {
    /// That of the document; none when it is not tagged, or its structure is not one that can be added to.
    fn of(update: &Update) -> Result<Option<Self>, PdfError> {
        let catalog = update.catalog()?;
        let Some(Object::Reference(id)) = catalog.get("StructTreeRoot").cloned() else {
            return Ok(None);
        };
        let Object::Dictionary(root) = update.get(id)? else {
            return Ok(None);
        };
        let Some(present) = root.get("ParentTree").cloned() else {
            return Ok(None);
        };
        let Object::Dictionary(parent_tree) = update.resolve(&present)? else {
            return Ok(None);
        };
        // WHY: without it the next free key would have to be searched for in the whole tree; every producer of tagged
        // files that reads its own file writes it (ISO 32000-2 table 354).
        let Some(next_key) = root.get("ParentTreeNextKey").and_then(Object::as_integer) else {
            return Ok(None);
        };
        Ok(Some(Self {
            id,
            root,
            parents: match present {
                Object::Reference(parents) => Some(parents),
                _ => None,
            },
            parent_tree,
            next_key,
        }))
    }

    /// Adds a paragraph that is the whole content of `page`; returns the page's key in the parent tree.
    fn add_paragraph(&mut self, update: &mut Update, page: ObjectId, language: &[u8]) -> i64 {
        let key = self.next_key;
        self.next_key = key.saturating_add(1);
        let element = Dictionary::new()
            .with("Type", Object::name("StructElem"))
            .with("S", Object::name("P"))
            .with("P", self.id)
            .with("Pg", page)
            .with("Lang", Object::String(language.to_vec()))
            .with("K", 0);
        let element = Object::Reference(update.add(element));
        let mut kids = match self.root.get("K").cloned() {
            None | Some(Object::Null) => Vec::new(),
            Some(Object::Array(kids)) => kids,
            Some(one) => match update.resolve(&one) {
                Ok(Object::Array(kids)) => kids,
                _ => vec![one],
            },
        };
        kids.push(element.clone());
        self.root.set("K", Object::Array(kids));
        let entry = [Object::Integer(key), Object::Array(vec![element])];
        if self.parent_tree.contains("Kids") {
            let node = Dictionary::new()
                .with(
                    "Limits",
                    Object::Array(vec![Object::Integer(key), Object::Integer(key)]),
                )
                .with("Nums", Object::Array(entry.to_vec()));
            let node = Object::Reference(update.add(node));
            self.append(update, "Kids", &[node]);
        } else {
            self.append(update, "Nums", &entry);
        }
        key
    }

    fn append(&mut self, update: &Update, name: &str, items: &[Object]) {
        let present = self.parent_tree.get(name).cloned().unwrap_or(Object::Null);
        let resolved = update.resolve(&present).unwrap_or(Object::Null);
        let mut all = resolved.as_array().map(<[Object]>::to_vec).unwrap_or_default();
        all.extend_from_slice(items);
        self.parent_tree.set(name, Object::Array(all));
    }

    fn write(mut self, update: &mut Update) -> Result<(), PdfError> {
        self.root.set("ParentTreeNextKey", self.next_key);
        match self.parents {
            Some(parents) => update.put(parents, self.parent_tree)?,
            None => self.root.set("ParentTree", self.parent_tree),
        }
        update.put(self.id, self.root)
    }
}
