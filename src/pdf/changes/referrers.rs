//! Who refers to the objects that later revisions write: one pass over the whole file.

use std::collections::{HashMap, HashSet};

use super::step::is_type;
use crate::pdf::document::Document;
use crate::pdf::object::{Object, ObjectId};
use crate::pdf::xref::Entry;

/// Most places kept: a font may be used by each page.
pub(super) const PLACE_LIMIT: usize = 1_000_000;

/// For each object asked about, the versions of objects that refer to it.
pub(super) struct Referrers {
    by_target: HashMap<u32, Vec<(u32, usize)>>,
    unreadable: Vec<ObjectId>,
    /// For each key of the parent tree of the structure, the first object that names it as its own, and whether others do,
    /// in any version.
    by_key: HashMap<i64, (u32, bool)>,
}

impl Referrers {
    /// Parses every version of every object of `document` once and keeps the references to `targets`.
    ///
    /// `limit`: most places kept; an object beyond counts as one that cannot be read.
    pub(super) fn of(document: &Document, targets: &HashSet<u32>, limit: usize) -> Self {
        let mut found = Self {
            by_target: HashMap::new(),
            unreadable: Vec::new(),
            by_key: HashMap::new(),
        };
        let mut places = 0_usize;
        // WHY: a cross-reference stream is the trailer of its revision, and some writers list it in itself. That it
        // names catalog and information dictionary is no use of them by the document.
        let sections: HashSet<u64> = document
            .revisions()
            .iter()
            .flat_map(|revision| revision.extents.iter().map(|(start, _)| *start))
            .collect();
        for (number, revision, entry) in document.all_entries() {
            let generation = match entry {
                Entry::Free => continue,
                Entry::InFile { generation, .. } => *generation,
                Entry::InStream { .. } => 0,
            };
            let revision = usize::try_from(*revision).unwrap_or(usize::MAX);
            let id = ObjectId {
                number: *number,
                generation,
            };
            let Some(Ok(object)) = document.at(revision).map(|view| view.get(id)) else {
                found.unreadable.push(id);
                continue;
            };
            if is_type(&object, "XRef")
                && matches!(entry, Entry::InFile { offset, .. } if sections.contains(offset))
            {
                continue;
            }
            for_each_key(&object, &mut |key| {
                if places < limit {
                    places = places.saturating_add(1);
                    let user = found.by_key.entry(key).or_insert((*number, false));
                    user.1 |= user.0 != *number;
                }
            });
            object.for_each_reference(&mut |target| {
                if targets.contains(&target.number) && places < limit {
                    places = places.saturating_add(1);
                    found
                        .by_target
                        .entry(target.number)
                        .or_default()
                        .push((*number, revision));
                }
            });
            if places >= limit {
                // WHY: beyond the bound the index would lie by omission; say so instead.
                found.unreadable.push(id);
                break;
            }
        }
        found
    }

    /// Objects that could not be parsed, so that nobody knows what they refer to.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = ObjectId> {
        self.unreadable.iter().copied()
    }

    /// Whether no object but `own` names `key` of the parent tree as its own, in any version.
    pub(super) fn is_key_of(&self, key: i64, own: u32) -> bool {
        self.by_key
            .get(&key)
            .is_none_or(|(first, has_others)| *first == own && !has_others)
    }

    /// Numbers of the objects that refer to `target` in `revision` of `document`.
    pub(super) fn at(&self, document: &Document, target: u32, revision: usize) -> HashSet<u32> {
        let versions = self.by_target.get(&target).map(Vec::as_slice).unwrap_or_default();
        let current = versions.iter().filter(|(number, given_by)| {
            document
                .entry(*number, revision)
                .is_some_and(|(newest, _)| newest == *given_by)
        });
        current.map(|(number, _)| *number).collect()
    }
}

/// Calls `visit` with each key of the parent tree that `object` or a dictionary in it names. ISO 32000-2 table 359.
fn for_each_key(object: &Object, visit: &mut dyn FnMut(i64)) {
    match object {
        Object::Array(items) => items.iter().for_each(|item| for_each_key(item, visit)),
        Object::Dictionary(_) | Object::Stream(_) => {
            let Some(dictionary) = object.as_dictionary() else {
                return;
            };
            for (name, value) in dictionary.iter() {
                match value {
                    Object::Integer(key) if name.is("StructParent") || name.is("StructParents") => {
                        visit(*key);
                    }
                    value => for_each_key(value, visit),
                }
            }
        }
        _ => {}
    }
}
