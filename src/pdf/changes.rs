//! What changed in a file after a signature, object by object, by a list of what is allowed.
//!
//! The list starts from nothing: whatever is not recognised is [`Change::Undefined`]. Each revision is compared with
//! the one before it, and only the objects it lists are looked at; one pass over the file finds who refers to them.
//! A new signature that shows itself lies on blank paper: the page is drawn to see that, once for all of them.
//! Sources: ISO 32000-2 §12.8.2.2; EN 319 142-1 §5.4; the PDF shadow attacks (NDSS 2021).

mod appearance;
mod authentication;
mod bytes;
mod catalog;
mod extensions;
mod fields;
mod letters;
mod pages;
mod referrers;
mod room;
mod step;
mod store;
mod structure;

use std::collections::HashSet;

use super::document::Document;
use super::error::PdfError;
use super::object::ObjectId;
use referrers::{PLACE_LIMIT, Referrers};
use room::Papers;
use step::Step;

/// Most changes told of one signature; beyond, one that is not allowed stands for the rest.
const CHANGE_LIMIT: usize = 2_000;

/// One thing that happened after a signature.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// A document time-stamp was added.
    DocTimeStampAdded {
        /// Full name of its field.
        field: String,
    },
    /// Validation data was added to the document security store.
    DssAdded,
    /// A form field that no signature locks got another value, and its appearance shows it.
    FormFilled {
        /// Full name of the field.
        field: String,
        /// The value before, as text; empty when there was none.
        old: String,
        /// The value after, as text.
        new: String,
    },
    /// The description of the document changed: XMP metadata or the information dictionary.
    Metadata,
    /// A signature was added.
    SignatureAdded {
        /// Full name of its field.
        field: String,
    },
    /// Something that is not on the list, so nobody can say what it does to what was signed.
    Undefined {
        /// The object, when it is one.
        object: Option<ObjectId>,
        /// What is wrong with it, in words.
        why: &'static str,
    },
}

impl Change {
    /// Whether the change is on the list.
    pub const fn is_allowed(&self) -> bool {
        !matches!(self, Self::Undefined { .. })
    }
}

/// The changes of every revision after the first one asked about.
#[derive(Clone, Debug)]
pub struct History {
    /// One list for each revision of the file; empty up to the first one asked about.
    steps: Vec<Vec<Change>>,
    /// What is wrong with the file at any time.
    always: Vec<Change>,
}

impl History {
    /// Compares each revision of `document` after `since` with the one before it.
    ///
    /// For all signatures of a file, ask once from the oldest: the cost is that of the file and its updates, not
    /// multiplied by the signatures.
    ///
    /// # Errors
    /// When a catalog, form or page that is compared cannot be read.
    pub fn of(document: &Document, since: usize) -> Result<Self, PdfError> {
        Self::within(document, since, PLACE_LIMIT)
    }

    /// As [`Self::of`], with at most `places` kept of who names what.
    fn within(document: &Document, since: usize, places: usize) -> Result<Self, PdfError> {
        let last = document.last_revision();
        let mut steps = vec![Vec::new(); last.saturating_add(1)];
        let mut always = Vec::new();
        if since >= last {
            return Ok(Self { steps, always });
        }
        for revision in document.revisions() {
            always.extend(revision.conflicts.iter().map(|number| Change::Undefined {
                object: Some(ObjectId::new(*number)),
                why: "the table and the stream of a hybrid section place the object differently",
            }));
        }
        let first = since.saturating_add(1);
        let targets: HashSet<u32> = (first..=last)
            .flat_map(|revision| document.entries_of(revision))
            .map(|(number, _)| number)
            .collect();
        let referrers = Referrers::of(document, &targets, places);
        always.extend(referrers.unreadable().map(|object| Change::Undefined {
            object: Some(object),
            why: "an object of the file cannot be read, so what it refers to is unknown",
        }));
        let Some(view) = document.at(since) else {
            return Ok(Self { steps, always });
        };
        let mut restrictions = view.restrictions()?;
        let mut papers = Papers::new();
        for (revision, changes) in steps.iter_mut().enumerate().skip(first) {
            let (Some(old), Some(new)) = (document.at(revision.saturating_sub(1)), document.at(revision))
            else {
                continue;
            };
            *changes = Step::new(old, new, &referrers, &mut restrictions, &mut papers).judge()?;
            if !changes.iter().all(Change::is_allowed) {
                papers.forget();
            }
        }
        Ok(Self { steps, always })
    }

    /// What happened after `revision`, which must not be before the one asked about in [`Self::of`].
    pub fn after(&self, revision: usize) -> Vec<Change> {
        let later = self.steps.iter().skip(revision.saturating_add(1)).flatten();
        let nothing_later = self.steps.len() <= revision.saturating_add(1);
        let always = self.always.iter().filter(|_| !nothing_later);
        let mut seen: HashSet<&Change> = HashSet::new();
        let mut changes: Vec<Change> = Vec::new();
        for change in always.chain(later) {
            if !seen.insert(change) {
                continue;
            }
            if changes.len() >= CHANGE_LIMIT {
                changes.push(Change::Undefined {
                    object: None,
                    why: "there are more changes than can be told",
                });
                break;
            }
            changes.push(change.clone());
        }
        changes
    }
}

/// What happened after revision `from` up to and with revision `to` of `document`.
///
/// # Errors
/// As [`History::of`].
pub fn between(document: &Document, from: usize, to: usize) -> Result<Vec<Change>, PdfError> {
    let mut history = History::of(document, from)?;
    history.steps.truncate(to.saturating_add(1));
    Ok(history.after(from))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::compose::Composer;
    use super::super::object::{Dictionary, Object};
    use super::super::sink::Sink as _;
    use super::super::update::Update;
    use super::super::xref::XrefKind;
    use super::*;

    /// A file of one page and `named` objects that each name a key of the structure; then it got another title.
    fn titled_anew(named: i64) -> Document {
        let mut file = Composer::new();
        let (catalog, tree) = (file.reserve(), file.reserve());
        let page = Dictionary::new()
            .with("Type", Object::name("Page"))
            .with("Parent", tree)
            .with(
                "MediaBox",
                Object::Array([0, 0, 200, 300].map(Object::Integer).to_vec()),
            );
        let page = file.add(page.into());
        let pages = Dictionary::new()
            .with("Type", Object::name("Pages"))
            .with("Count", 1)
            .with("Kids", Object::Array(vec![page.into()]));
        file.set(tree, pages.into());
        let root = Dictionary::new()
            .with("Type", Object::name("Catalog"))
            .with("Pages", tree);
        file.set(catalog, root.into());
        for key in 0..named {
            file.add(Dictionary::new().with("StructParents", key).into());
        }
        let title = |title: &str| Dictionary::new().with("Title", Object::String(title.as_bytes().to_vec()));
        let info = file.add(title("Besluit").into());
        let plain = file.write(XrefKind::Table, catalog, Some(info));
        let mut update = Update::new(&Document::open(Arc::new(plain.clone())).unwrap());
        update.put(info, title("Het besluit")).unwrap();
        let tail = update.finish().unwrap();
        Document::open(Arc::new([plain, tail.bytes].concat())).unwrap()
    }

    #[test]
    fn what_names_more_than_fits_is_refused() {
        let found = |named, places| {
            let history = History::within(&titled_anew(named), 0, places).unwrap();
            history.after(0)
        };
        assert_eq!(found(0, 20), [Change::Metadata]);
        assert_eq!(found(40, 1_000), [Change::Metadata]);
        assert!(!found(40, 20).iter().all(Change::is_allowed));
    }
}
