//! One revision against the one before it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Change;
use super::referrers::Referrers;
use super::room::Papers;
use crate::pdf::document::View;
use crate::pdf::error::PdfError;
use crate::pdf::object::{Dictionary, Object, ObjectId, Stream, StreamData};
use crate::pdf::page::Rect;
use crate::pdf::permission::Restrictions;
use crate::pdf::xref::Entry;

/// Streams are compared in pieces of this size.
const CHUNK: u64 = 256 * 1024;
/// Longest encrypted stream that is compared with another.
const SEALED_LIMIT: usize = 64 * 1024 * 1024;

/// Trailer keys that say how the file is built, not what it shows. ISO 32000-2 tables 15 and 17.
const TRAILER_KEYS: [&str; 15] = [
    "AuthCode",
    "DecodeParms",
    "Filter",
    "ID",
    "Index",
    "Info",
    "Length",
    "Prev",
    "Root",
    "Size",
    "Type",
    "W",
    "XRefStm",
    "DL",
    "F",
];

/// The comparison of two views, under way: what is explained, and what was found.
pub(super) struct Step<'a> {
    pub(super) old: View,
    pub(super) new: View,
    pub(super) referrers: &'a Referrers,
    pub(super) restrictions: &'a mut Restrictions,
    pub(super) papers: &'a mut Papers,
    /// Objects that were not there before.
    pub(super) added: BTreeMap<u32, Object>,
    /// Objects with another value than before.
    pub(super) modified: BTreeMap<u32, (Object, Object)>,
    explained: BTreeSet<u32>,
    /// Widgets of new signature fields: what pages may show in addition.
    pub(super) new_widgets: HashSet<ObjectId>,
    /// New elements of the structure by the key of their widget in the parent tree.
    pub(super) new_elements: HashMap<i64, ObjectId>,
    changes: Vec<Change>,
    reported: HashSet<Change>,
    /// Crop boxes by page, read once when the first new field is shown somewhere.
    pub(super) sheets: Option<HashMap<u32, Rect>>,
}

impl<'a> Step<'a> {
    pub(super) fn new(
        old: View,
        new: View,
        referrers: &'a Referrers,
        restrictions: &'a mut Restrictions,
        papers: &'a mut Papers,
    ) -> Self {
        Self {
            old,
            new,
            referrers,
            restrictions,
            papers,
            added: BTreeMap::new(),
            modified: BTreeMap::new(),
            explained: BTreeSet::new(),
            new_widgets: HashSet::new(),
            new_elements: HashMap::new(),
            changes: Vec::new(),
            reported: HashSet::new(),
            sheets: None,
        }
    }

    pub(super) fn judge(mut self) -> Result<Vec<Change>, PdfError> {
        self.collect();
        self.check_bytes();
        self.check_trailer()?;
        self.check_catalog()?;
        self.check_pages()?;
        self.check_dangling();
        let rest: Vec<u32> = self
            .added
            .keys()
            .chain(self.modified.keys())
            .filter(|number| !self.explained.contains(number))
            .copied()
            .collect();
        for number in rest {
            let why = if self.added.contains_key(&number) {
                "a new object that nothing allowed refers to"
            } else {
                "an object was changed that may not change"
            };
            self.undefined(Some(number), why);
        }
        Ok(self.changes)
    }

    pub(super) fn report(&mut self, change: Change) {
        if self.reported.insert(change.clone()) {
            self.changes.push(change);
        }
    }

    /// Reports something that is not on the list; the object needs no further explanation.
    pub(super) fn undefined(&mut self, number: Option<u32>, why: &'static str) {
        if let Some(number) = number {
            self.explain(number);
        }
        self.report(Change::Undefined {
            object: number.map(ObjectId::new),
            why,
        });
    }

    pub(super) fn explain(&mut self, number: u32) {
        self.explained.insert(number);
    }

    /// Objects of the old view that refer to `number`.
    pub(super) fn old_referrers(&self, number: u32) -> HashSet<u32> {
        self.referrers
            .at(self.old.document(), number, self.old.revision())
    }

    /// Explains a modified object that only `holders` may refer to; anybody else would show it in another role.
    pub(super) fn explain_held_by(&mut self, number: u32, holders: &[u32]) {
        if self
            .old_referrers(number)
            .iter()
            .all(|referrer| holders.contains(referrer))
        {
            self.explain(number);
        } else {
            self.undefined(Some(number), "a changed object is also used for something else");
        }
    }

    /// Explains the new objects that `object` leads to. Old objects on the way explain themselves.
    pub(super) fn accept_new(&mut self, object: &Object) {
        let mut open = Vec::new();
        object.for_each_reference(&mut |id| open.push(id));
        while let Some(id) = open.pop() {
            if let Some(object) = self.added.get(&id.number)
                && self.explained.insert(id.number)
            {
                object.for_each_reference(&mut |id| open.push(id));
            }
        }
    }

    /// Sorts what this revision lists into added and modified; what only moved is neither.
    fn collect(&mut self) {
        let document = self.new.document().clone();
        let listed = document.entries_of(self.new.revision());
        let containers: HashSet<u32> = listed
            .iter()
            .filter_map(|(_, entry)| {
                if let Entry::InStream { stream, .. } = entry {
                    Some(*stream)
                } else {
                    None
                }
            })
            .collect();
        for (number, entry) in listed {
            if number == 0 {
                continue;
            }
            let before = document
                .entry(number, self.old.revision())
                .map(|(_, entry)| entry);
            let before = before.filter(|entry| entry.is_used());
            if !entry.is_used() {
                if before.is_some() {
                    self.undefined(Some(number), "an object was taken away");
                }
                continue;
            }
            if before == Some(entry) && !matches!(entry, Entry::InStream { .. }) {
                continue;
            }
            let id = |entry| match entry {
                Entry::InFile { generation, .. } => ObjectId { number, generation },
                _ => ObjectId::new(number),
            };
            let Ok(now) = self.new.get(id(entry)) else {
                self.undefined(Some(number), "a later object cannot be read");
                continue;
            };
            let then = match before.map(|before| self.old.get(id(before))) {
                None => None,
                Some(Ok(then)) => Some(then),
                Some(Err(_)) => {
                    self.undefined(Some(number), "a changed object cannot be read as it was");
                    continue;
                }
            };
            let is_section = self.is_section(entry, &now);
            let is_container = containers.contains(&number) && is_type(&now, "ObjStm");
            if (is_section || is_container)
                && then.as_ref().is_none_or(|then| is_type(then, "XRef"))
                && self.old_referrers(number).is_empty()
            {
                continue;
            }
            match then {
                None => {
                    self.added.insert(number, now);
                }
                Some(then) if self.same(&then, &now) && before.map(id) == Some(id(entry)) => {}
                Some(then) => {
                    self.modified.insert(number, (then, now));
                }
            }
        }
    }

    fn is_section(&self, entry: Entry, now: &Object) -> bool {
        let Entry::InFile { offset, .. } = entry else {
            return false;
        };
        let extents = self
            .new
            .document()
            .revisions()
            .get(self.new.revision())
            .map(|revision| &revision.extents);
        is_type(now, "XRef")
            && extents.is_some_and(|extents| extents.iter().any(|(start, _)| *start == offset))
    }

    /// Whether two values are equal, streams byte by byte.
    pub(super) fn same(&self, then: &Object, now: &Object) -> bool {
        let (Object::Stream(then), Object::Stream(now)) = (then, now) else {
            return then == now;
        };
        if then.dictionary != now.dictionary {
            return false;
        }
        let (
            StreamData::File { offset: one, length },
            StreamData::File {
                offset: two,
                length: other,
            },
        ) = (&then.data, &now.data)
        else {
            return self.same_sealed(then, now);
        };
        if length != other {
            return false;
        }
        let source = self.new.document().source();
        let mut done = 0;
        while done < *length {
            let size = CHUNK.min(length.saturating_sub(done));
            let read = |offset: &u64| {
                source
                    .read_vec(offset.saturating_add(done), usize::try_from(size).unwrap_or(0))
                    .ok()
            };
            let (first, second) = (read(one), read(two));
            if first.is_none() || first != second {
                return false;
            }
            done = done.saturating_add(size);
        }
        true
    }

    /// Encrypted twice, the same content has other bytes each time: what it says is compared.
    fn same_sealed(&self, then: &Stream, now: &Stream) -> bool {
        if then.data == now.data {
            return true;
        }
        let read = |view: &View, stream: &Stream| view.raw_stream(stream, SEALED_LIMIT);
        match (read(&self.old, then), read(&self.new, now)) {
            (Ok(then), Ok(now)) => then == now,
            _ => false,
        }
    }

    fn check_trailer(&mut self) -> Result<(), PdfError> {
        let (then, now) = (self.old.trailer(), self.new.trailer());
        if then.get("Root") != now.get("Root") {
            self.undefined(None, "the trailer names another catalog");
        }
        self.check_authentication(&then, &now)?;
        for key in keys(&then, &now) {
            if !TRAILER_KEYS.contains(&key.as_str()) && then.get(&key) != now.get(&key) {
                self.undefined(None, "the trailer has an entry that changed");
            }
        }
        let identifier = |view: &View, trailer: &Dictionary| -> Result<Option<Object>, PdfError> {
            Ok(view.array(trailer, "ID")?.first().cloned())
        };
        let before = identifier(&self.old, &then)?;
        if before.is_some() && before != identifier(&self.new, &now)? {
            self.undefined(None, "the file has another identifier");
        }
        let (info_then, info_now) = (then.get("Info").cloned(), now.get("Info").cloned());
        let number = info_now
            .as_ref()
            .and_then(Object::as_reference)
            .map(|id| id.number);
        if let Some(number) = number.filter(|number| self.modified.contains_key(number)) {
            self.explain_held_by(number, &[]);
            let value = self.modified.get(&number).map(|(_, now)| now.clone());
            self.accept_new(&value.unwrap_or(Object::Null));
            self.report(Change::Metadata);
        } else if info_then != info_now {
            self.accept_new(&info_now.unwrap_or(Object::Null));
            self.report(Change::Metadata);
        }
        Ok(())
    }

    /// A number that nothing stood behind before, but that something signed refers to, gets a meaning it did not have.
    fn check_dangling(&mut self) {
        let numbers: Vec<u32> = self.added.keys().copied().collect();
        for number in numbers {
            if !self.old_referrers(number).is_empty() {
                self.undefined(
                    Some(number),
                    "the signed file refers to this object, which it lacked",
                );
            }
        }
    }
}

/// All keys of both, each once.
pub(super) fn keys(then: &Dictionary, now: &Dictionary) -> BTreeSet<String> {
    let text = |dictionary: &Dictionary| -> Vec<String> {
        // WHY: keys are compared as text; one that is not UTF-8 gets an unlikely but stable form on both sides.
        dictionary
            .iter()
            .map(|(name, _)| name.as_bytes().iter().map(|byte| char::from(*byte)).collect())
            .collect()
    };
    text(then).into_iter().chain(text(now)).collect()
}

pub(super) fn is_type(object: &Object, name: &str) -> bool {
    object
        .as_dictionary()
        .is_some_and(|dictionary| dictionary.is_name("Type", name))
}
