//! The document security store: it may grow. EN 319 142-1 §5.4.2.

use std::collections::{BTreeSet, HashSet};

use super::Change;
use super::step::{Step, keys};
use crate::base::digest::Sha256Digest;
use crate::pdf::document::View;
use crate::pdf::dss::{ITEM_LIMIT, TOTAL_LIMIT};
use crate::pdf::error::PdfError;
use crate::pdf::object::{Dictionary, Object, ObjectId};

/// The arrays of the store, and those of an entry by signature.
const LISTS: [(&str, &str); 3] = [("Certs", "Cert"), ("OCSPs", "OCSP"), ("CRLs", "CRL")];

/// What is found when validation data is no longer where it was.
const TAKEN: &str = "validation data was taken away";

/// Everything the store lists in one revision.
struct Pool<'a> {
    view: &'a View,
    listed: HashSet<ObjectId>,
    /// What they say, read when a number alone does not answer.
    contents: Option<HashSet<Sha256Digest>>,
}

impl<'a> Pool<'a> {
    fn of(view: &'a View, store: &Dictionary) -> Self {
        // What is no list is found where the lists are compared.
        let lists = LISTS
            .iter()
            .flat_map(|(list, _)| view.array(store, list).unwrap_or_default());
        Self {
            view,
            listed: lists.filter_map(|item| item.as_reference()).collect(),
            contents: None,
        }
    }

    fn holds(&mut self, from: &View, item: ObjectId) -> Result<bool, PdfError> {
        if self.listed.contains(&item) {
            return Ok(true);
        }
        let Some(wanted) = content(from, item, &mut ITEM_LIMIT.clone())? else {
            return Ok(false);
        };
        if self.contents.is_none() {
            let mut left = TOTAL_LIMIT;
            let mut contents = HashSet::new();
            for item in &self.listed {
                contents.extend(content(self.view, *item, &mut left)?);
            }
            self.contents = Some(contents);
        }
        Ok(self
            .contents
            .as_ref()
            .is_some_and(|contents| contents.contains(&wanted)))
    }
}

/// What the stream `item` holds, decoded; `None` when it is no stream.
fn content(view: &View, item: ObjectId, left: &mut usize) -> Result<Option<Sha256Digest>, PdfError> {
    let object = view.get(item)?;
    let Some(stream) = object.as_stream() else {
        return Ok(None);
    };
    let bytes = view.stream_bytes(stream, ITEM_LIMIT)?;
    *left = left
        .checked_sub(bytes.len())
        .ok_or(PdfError::limit(0, "a smaller security store"))?;
    Ok(Some(Sha256Digest::of(&bytes)))
}

/// The store before and after.
struct Pools<'a> {
    earlier: Pool<'a>,
    later: Pool<'a>,
}

impl Pools<'_> {
    fn hold(&mut self, item: ObjectId) -> Result<bool, PdfError> {
        let view = self.later.view;
        Ok(self.later.holds(view, item)? || self.earlier.holds(view, item)?)
    }
}

/// What a list names no longer, and what it names now.
#[derive(Default)]
struct Difference {
    gone: BTreeSet<ObjectId>,
    new: BTreeSet<ObjectId>,
}

impl Step<'_> {
    /// Its arrays only grow. Its entries by signature point into them and may be made anew: nothing here is judged by
    /// them, and what they name stays where it is looked for.
    pub(super) fn check_store(
        &mut self,
        catalog: u32,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), PdfError> {
        let Some((then, now, holder)) = self.opened(before, after, catalog)? else {
            return Ok(());
        };
        let (old, new) = (self.old.clone(), self.new.clone());
        let mut pools = Pools {
            earlier: Pool::of(&old, &then),
            later: Pool::of(&new, &now),
        };
        for key in keys(&then, &now) {
            let (before, after) = (then.get(&key), now.get(&key));
            let is_list = |key: &str| LISTS.iter().any(|(name, _)| *name == key);
            match (key.as_str(), after) {
                ("VRI", after) => self.check_entries(before, after, holder, &mut pools)?,
                (list, None) if is_list(list) => self.undefined(Some(holder), TAKEN),
                (list, Some(after)) if is_list(list) => {
                    for item in self.check_list(before, after, holder)?.gone {
                        if !pools.later.holds(&old, item)? {
                            self.undefined(Some(holder), TAKEN);
                        }
                    }
                }
                ("TS" | "TU" | "Type", Some(after)) if before.is_none() => self.accept_new(after),
                _ if before == after => {}
                _ => self.undefined(Some(holder), "an entry of the security store changed"),
            }
        }
        Ok(())
    }

    /// Both dictionaries and the object that holds the later one.
    fn opened(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        holder: u32,
    ) -> Result<Option<(Dictionary, Dictionary, u32)>, PdfError> {
        let Some(after) = after else {
            self.undefined(Some(holder), TAKEN);
            return Ok(None);
        };
        let then = before.map_or(Ok(Object::Null), |before| self.old.resolve(before))?;
        let then = if then.is_null() {
            Dictionary::new().into()
        } else {
            then
        };
        let (Object::Dictionary(then), Object::Dictionary(now)) = (then, self.new.resolve(after)?) else {
            self.undefined(Some(holder), "the security store is no dictionary");
            return Ok(None);
        };
        Ok(self
            .follow(before, after, holder)
            .map(|holder| (then, now, holder)))
    }

    /// `/VRI`. EN 319 142-1 §5.4.2.3 leaves it to who writes it; pyHanko makes an entry anew when the material changes.
    fn check_entries(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        holder: u32,
        pools: &mut Pools<'_>,
    ) -> Result<(), PdfError> {
        let nothing = Object::Dictionary(Dictionary::new());
        let Some((then, now, holder)) = self.opened(before, after.or(Some(&nothing)), holder)? else {
            return Ok(());
        };
        for key in keys(&then, &now) {
            if key != "Type" {
                self.check_entry(then.get(&key), now.get(&key), holder, pools)?;
            }
        }
        Ok(())
    }

    fn check_entry(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        holder: u32,
        pools: &mut Pools<'_>,
    ) -> Result<(), PdfError> {
        let nothing = Object::Dictionary(Dictionary::new());
        let Some((then, now, holder)) = self.opened(before, after.or(Some(&nothing)), holder)? else {
            return Ok(());
        };
        let empty = Object::Array(Vec::new());
        for key in keys(&then, &now) {
            let (was, is) = (then.get(&key), now.get(&key));
            match key.as_str() {
                list if LISTS.iter().any(|(_, name)| *name == list) => {
                    let listed = self.check_list(was, is.unwrap_or(&empty), holder)?;
                    for item in listed.gone {
                        if !pools.later.holds(pools.earlier.view, item)? {
                            self.undefined(Some(holder), TAKEN);
                        }
                    }
                    for item in listed.new {
                        // An entry for another signature may name what the arrays do not, if it is new as well.
                        let is_new = before.is_none() && self.added.contains_key(&item.number);
                        if !is_new && !pools.hold(item)? {
                            self.undefined(Some(holder), "an entry names what is not in the security store");
                        }
                    }
                }
                "TS" | "TU" | "Type" if was != is => {
                    let is = is.unwrap_or(&Object::Null);
                    let id = is.as_reference();
                    if id.is_some_and(|id| !self.added.contains_key(&id.number)) {
                        self.undefined(Some(holder), "an object got another role");
                    }
                    self.accept_new(is);
                }
                _ if was == is || after.is_none() => {}
                _ => self.undefined(Some(holder), "an entry of the security store changed"),
            }
        }
        Ok(())
    }

    /// Checks a list and that what is new in it can be validation data.
    fn check_list(
        &mut self,
        before: Option<&Object>,
        after: &Object,
        holder: u32,
    ) -> Result<Difference, PdfError> {
        let list = |value: Object| value.as_array().map(<[Object]>::to_vec);
        let then = match before {
            Some(before) => list(self.old.resolve(before)?).unwrap_or_default(),
            None => Vec::new(),
        };
        let Some(now) = list(self.new.resolve(after)?) else {
            self.undefined(Some(holder), "a list of validation data is no list");
            return Ok(Difference::default());
        };
        let Some(holder) = self.follow(before, after, holder) else {
            return Ok(Difference::default());
        };
        let (Some(then), Some(listed)) = (references(&then), references(&now)) else {
            // Streams are always indirect; ISO 32000-2 §7.3.8.1.
            self.undefined(Some(holder), "validation data is no stream");
            return Ok(Difference::default());
        };
        let difference = Difference {
            gone: then.difference(&listed).copied().collect(),
            new: listed.difference(&then).copied().collect(),
        };
        for item in difference.new.iter().map(|id| Object::Reference(*id)) {
            let is_stream = self.new.resolve(&item)?.as_stream().is_some();
            if !is_stream {
                self.undefined(Some(holder), "validation data is no stream");
                return Ok(Difference::default());
            }
            self.accept_new(&item);
            self.report(Change::DssAdded);
        }
        Ok(difference)
    }

    /// The object that holds what `after` leads to, explained; `None` when it may not be that one.
    pub(super) fn follow(&mut self, before: Option<&Object>, after: &Object, holder: u32) -> Option<u32> {
        let Some(id) = after.as_reference() else {
            return Some(holder);
        };
        if self.modified.contains_key(&id.number) {
            if before != Some(after) {
                self.undefined(Some(id.number), "an object got another role");
                return None;
            }
            self.explain_held_by(id.number, &[holder]);
        } else if self.added.contains_key(&id.number) {
            self.explain(id.number);
        } else if before != Some(after) {
            self.undefined(Some(id.number), "an object got another role");
            return None;
        }
        Some(id.number)
    }
}

/// What `list` refers to, if it holds nothing but references.
fn references(list: &[Object]) -> Option<HashSet<ObjectId>> {
    list.iter().map(Object::as_reference).collect()
}
