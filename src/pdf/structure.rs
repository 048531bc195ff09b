//! The logical structure of a tagged document, as far as it grows here: a `Form` element for the widget of a signature, a
//! paragraph for the content of an added page.
//! ISO 32000-2 §14.7, §14.8.4.8.3; ISO 14289-1 (PDF/UA-1) §7.18.1, §7.18.3, §7.18.4.
//!
//! Never mends: in a structure that contradicts itself nothing is added, and the caller is told.

use super::document::{Document, View};
use super::error::PdfError;
use super::number_tree::{NumberTree, Trouble};
use super::object::{Dictionary, Name, Object, ObjectId};
use super::update::Update;

/// Longest chain of a role map.
const ROLE_LIMIT: usize = 32;
/// Most elements at the top of the tree looked at.
const TOP_LIMIT: usize = 10_000;
/// Largest key given: an integer as every reader holds it. ISO 32000-2 annex C.
const KEY_LIMIT: i64 = 0x7FFF_FFFF;

/// How the structure of the document took up a new field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// The field was there before: its author has put it into the structure, or not.
    Prepared,
    /// The document is not tagged.
    Untagged,
    /// The document is tagged and the field shows nothing: no element, so that a later signature without a block, and a
    /// document time-stamp, change nothing of what was signed.
    Unshown,
    /// The element of the field.
    Tagged(ObjectId),
    /// The structure is damaged as told, and was left alone.
    Damaged(&'static str),
}

/// The structure of a document, read.
#[derive(Clone, Debug)]
pub(super) enum Structure {
    Untagged,
    Damaged(&'static str),
    Sound(Box<Sound>),
}

/// A structure that can take up elements, and those it took up.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    root_id: ObjectId,
    root: Dictionary,
    /// The key in the parent tree that is given next; as far as the tree says until [`Structure::with_free_key`].
    key: i64,
    /// The element of the whole document; without one, elements stand right under the root.
    document: Option<(ObjectId, Dictionary)>,
    /// What comes to the document, in order.
    elements: Vec<Object>,
    /// What comes to the parent tree: keys in order, each with what it stands for.
    entries: Vec<Object>,
}

impl Structure {
    /// The structure of the document in `view`.
    ///
    /// # Errors
    /// When the bytes cannot be read, or the catalog is none.
    pub(super) fn of(view: &View) -> Result<Self, PdfError> {
        let catalog = view.catalog()?;
        if !is_tagged(view, &catalog) {
            return Ok(Self::Untagged);
        }
        match Sound::of(view, &catalog) {
            Ok(sound) => Ok(Self::Sound(Box::new(sound))),
            Err(Trouble::Damaged(why)) => Ok(Self::Damaged(why)),
            Err(Trouble::Unreadable(error)) => Err(error),
        }
    }

    /// The same, with a key for what is added that nothing else in the file names.
    ///
    /// Reads every object: asked only where something is added. What a program that joined or split documents stated as
    /// the next key may be in use.
    pub(super) fn with_free_key(self, document: &Document) -> Self {
        let Self::Sound(mut sound) = self else {
            return self;
        };
        sound.key = sound.key.max(next_unnamed(document));
        if (0..KEY_LIMIT).contains(&sound.key) {
            Self::Sound(sound)
        } else {
            Self::Damaged("the keys of the parent tree are used up")
        }
    }

    pub(super) const fn is_tagged(&self) -> bool {
        !matches!(self, Self::Untagged)
    }
}

/// Whether the document says that it is tagged, and has a structure. ISO 32000-2 §14.7.1.
pub(super) fn is_tagged(view: &View, catalog: &Dictionary) -> bool {
    let mark = view.dictionary(catalog, "MarkInfo").ok().flatten();
    let marked = mark.and_then(|mark| view.value(&mark, "Marked").ok()?.as_boolean());
    marked == Some(true) && catalog.contains("StructTreeRoot")
}

/// The items of `/K`, and the list when it is an object of its own. ISO 32000-2 table 355.
pub(super) fn kids(view: &View, holder: &Dictionary) -> Result<(Vec<Object>, Option<ObjectId>), PdfError> {
    let Some(value) = holder.get("K") else {
        return Ok((Vec::new(), None));
    };
    Ok(match (view.resolve(value)?, value.as_reference()) {
        (Object::Array(items), id) => (items, id),
        (Object::Null, _) => (Vec::new(), None),
        _ => (vec![value.clone()], None),
    })
}

/// The standard type that `kind` stands for. ISO 32000-2 §14.7.3.
pub(super) fn standard_type(view: &View, roles: &Dictionary, kind: &Name) -> Result<Name, Trouble> {
    let mut kind = kind.clone();
    for _ in 0..ROLE_LIMIT {
        let Some(mapped) = roles.get_name(kind.as_bytes()) else {
            return Ok(kind);
        };
        match view.resolve(mapped)? {
            Object::Name(mapped) if mapped == kind => return Ok(kind),
            Object::Name(mapped) => kind = mapped,
            _ => return Err(Trouble::Damaged("the role map names no type")),
        }
    }
    Err(Trouble::Damaged("the role map is a loop"))
}

impl Sound {
    fn of(view: &View, catalog: &Dictionary) -> Result<Self, Trouble> {
        let root_id = catalog.get("StructTreeRoot").and_then(Object::as_reference);
        let root_id = root_id.ok_or(Trouble::Damaged(
            "the root of the structure is no object of its own",
        ))?;
        let Object::Dictionary(root) = view.get(root_id)? else {
            return Err(Trouble::Damaged("the root of the structure is no dictionary"));
        };
        let roles = view.dictionary(&root, "RoleMap")?.unwrap_or_default();
        let form = Name::from("Form");
        if standard_type(view, &roles, &form)? != form {
            return Err(Trouble::Damaged(
                "the role map gives the type `Form` another meaning",
            ));
        }
        let (top, _) = kids(view, &root)?;
        let mut document = None;
        for kid in top.iter().take(TOP_LIMIT).filter_map(Object::as_reference) {
            let Object::Dictionary(element) = view.get(kid)? else {
                continue;
            };
            let Object::Name(kind) = view.value(&element, "S")? else {
                continue;
            };
            if standard_type(view, &roles, &kind)?.is("Document") {
                if element.get("P") != Some(&Object::Reference(root_id)) {
                    return Err(Trouble::Damaged("the element of the document hangs elsewhere"));
                }
                document = Some((kid, element));
            }
        }
        let tree = match root.get("ParentTree") {
            Some(tree) => NumberTree::read(view, tree)?,
            None => NumberTree::default(),
        };
        let stated = view.value(&root, "ParentTreeNextKey")?.as_integer();
        Ok(Self {
            root_id,
            root,
            key: tree.next.max(stated.unwrap_or(0)),
            document,
            elements: Vec::new(),
            entries: Vec::new(),
        })
    }

    /// The key that what is added next gets: `/StructParent` or `/StructParents`.
    pub(super) const fn key(&self) -> i64 {
        self.key
    }

    /// Adds a `Form` element for `widget` on `page`.
    pub(super) fn add_field(&mut self, update: &mut Update, page: ObjectId, widget: ObjectId) -> ObjectId {
        let reference = Dictionary::new()
            .with("Type", Object::name("OBJR"))
            .with("Obj", widget)
            .with("Pg", page);
        let element = update.add(self.element("Form", page).with("K", reference));
        self.take_up(element, element.into());
        element
    }

    /// Adds a paragraph that is the whole content of `page`, its words in `language`; returns the page's key.
    pub(super) fn add_paragraph(&mut self, update: &mut Update, page: ObjectId, language: &[u8]) -> i64 {
        let key = self.key;
        let element = self
            .element("P", page)
            .with("Lang", Object::String(language.to_vec()))
            .with("K", 0);
        let element = update.add(element);
        self.take_up(element, Object::Array(vec![element.into()]));
        key
    }

    fn element(&self, kind: &str, page: ObjectId) -> Dictionary {
        let parent = self.document.as_ref().map_or(self.root_id, |(id, _)| *id);
        Dictionary::new()
            .with("Type", Object::name("StructElem"))
            .with("S", Object::name(kind))
            .with("P", parent)
            .with("Pg", page)
    }

    fn take_up(&mut self, element: ObjectId, entry: Object) {
        self.elements.push(element.into());
        self.entries.extend([Object::Integer(self.key), entry]);
        self.key = self.key.saturating_add(1);
    }

    /// Puts what was added at the end of the document.
    pub(super) fn write(self, update: &mut Update) -> Result<(), PdfError> {
        let Self {
            root_id,
            mut root,
            key,
            document,
            elements,
            entries,
        } = self;
        let (Some(first), Some(last)) = (entries.first().cloned(), entries.iter().nth_back(1).cloned())
        else {
            return Ok(());
        };
        match document {
            Some((id, mut document)) => {
                append(update, &mut document, elements)?;
                update.put(id, document)?;
            }
            None => append(update, &mut root, elements)?,
        }
        match root.get("ParentTree").cloned() {
            None | Some(Object::Null) => {
                let tree = Dictionary::new().with("Nums", Object::Array(entries));
                root.set("ParentTree", update.add(tree));
            }
            Some(tree) => {
                let mut node = update
                    .resolve(&tree)?
                    .as_dictionary()
                    .cloned()
                    .unwrap_or_default();
                if node.contains("Kids") {
                    let leaf = Dictionary::new()
                        .with("Limits", Object::Array(vec![first, last]))
                        .with("Nums", Object::Array(entries));
                    let leaf = update.add(leaf);
                    extend(update, &mut node, "Kids", vec![leaf.into()])?;
                } else {
                    extend(update, &mut node, "Nums", entries)?;
                }
                match tree.as_reference() {
                    Some(id) => update.put(id, node)?,
                    None => root.set("ParentTree", node),
                }
            }
        }
        if root.contains("ParentTreeNextKey") {
            root.set("ParentTreeNextKey", key);
        }
        update.put(root_id, root)
    }
}

/// One more than each key that an object names, in any of its versions.
///
/// WHY all of them: a picture, a form or an object that nothing shows any more names one as a page does, and an element
/// under that key would be theirs too.
fn next_unnamed(document: &Document) -> i64 {
    let mut next = 0_i64;
    document.for_each_version(&mut |version| {
        let object = version.object.unwrap_or(Object::Null);
        for_each_key(version.view, &object, &mut |key| {
            next = next.max(key.saturating_add(1));
        });
        true
    });
    next
}

/// Calls `visit` with each key of the parent tree that `object` or a dictionary in it names. ISO 32000-2 table 359.
pub(super) fn for_each_key(view: &View, object: &Object, visit: &mut dyn FnMut(i64)) {
    match object {
        Object::Array(items) => items.iter().for_each(|item| for_each_key(view, item, visit)),
        Object::Dictionary(_) | Object::Stream(_) => {
            let Some(dictionary) = object.as_dictionary() else {
                return;
            };
            for (name, value) in dictionary.iter() {
                if !name.is("StructParent") && !name.is("StructParents") {
                    for_each_key(view, value, visit);
                } else if let Ok(Object::Integer(key)) = view.resolve(value) {
                    visit(key);
                }
            }
        }
        _ => {}
    }
}

/// Puts `elements` behind the others of `/K`; a list of its own is rewritten alone.
fn append(update: &mut Update, holder: &mut Dictionary, elements: Vec<Object>) -> Result<(), PdfError> {
    let (mut items, list) = kids(update.view(), holder)?;
    items.extend(elements);
    match (list, items.as_slice()) {
        (Some(id), _) => update.put(id, Object::Array(items))?,
        (None, [only]) => holder.set("K", only.clone()),
        (None, _) => holder.set("K", Object::Array(items)),
    }
    Ok(())
}

fn extend(update: &mut Update, node: &mut Dictionary, key: &str, more: Vec<Object>) -> Result<(), PdfError> {
    let present = node.get(key).cloned().unwrap_or(Object::Null);
    let mut items = update
        .resolve(&present)?
        .as_array()
        .map(<[Object]>::to_vec)
        .unwrap_or_default();
    items.extend(more);
    match update.place(Some(&present))? {
        Some(id) => update.put(id, Object::Array(items))?,
        None => node.set(key, Object::Array(items)),
    }
    Ok(())
}
