//! Who refers to the objects that later revisions write: one pass over the whole file.

use std::collections::{HashMap, HashSet};

use super::step::is_type;
use crate::pdf::document::{Document, Version};
use crate::pdf::object::ObjectId;
use crate::pdf::structure::for_each_key;
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
        document.for_each_version(&mut |version| {
            let Version { id, entry, view, .. } = version;
            let Some(object) = version.object else {
                found.unreadable.push(id);
                return true;
            };
            if is_type(&object, "XRef")
                && matches!(entry, Entry::InFile { offset, .. } if sections.contains(offset))
            {
                return true;
            }
            for_each_key(view, &object, &mut |key| {
                if places < limit {
                    places = places.saturating_add(1);
                    let user = found.by_key.entry(key).or_insert((id.number, false));
                    user.1 |= user.0 != id.number;
                }
            });
            object.for_each_reference(&mut |target| {
                if targets.contains(&target.number) && places < limit {
                    places = places.saturating_add(1);
                    found
                        .by_target
                        .entry(target.number)
                        .or_default()
                        .push((id.number, view.revision()));
                }
            });
            if places >= limit {
                // WHY: beyond the bound the index would lie by omission; say so instead.
                found.unreadable.push(id);
            }
            places < limit
        });
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
