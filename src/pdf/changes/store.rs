//! The document security store: it may grow. EN 319 142-1 §5.4.2.

use std::collections::HashSet;

use super::Change;
use super::step::{Step, keys};
use crate::pdf::error::PdfError;
use crate::pdf::object::{Dictionary, Object, ObjectId};

/// Arrays of the store and of its entries.
const LISTS: [&str; 6] = ["Certs", "OCSPs", "CRLs", "Cert", "OCSP", "CRL"];

impl Step<'_> {
    pub(super) fn check_store(
        &mut self,
        catalog: u32,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), PdfError> {
        self.grown(before, after, catalog, 0)
    }

    /// `depth`: 0 for the store, 1 for the entries by signature, 2 for one of them.
    fn grown(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        holder: u32,
        depth: usize,
    ) -> Result<(), PdfError> {
        let Some(after) = after else {
            self.undefined(Some(holder), "validation data was taken away");
            return Ok(());
        };
        let then = match before {
            Some(before) => self.old.resolve(before)?,
            None => Object::Dictionary(Dictionary::new()),
        };
        let (Object::Dictionary(then), Object::Dictionary(now)) = (then, self.new.resolve(after)?) else {
            self.undefined(Some(holder), "the security store is no dictionary");
            return Ok(());
        };
        let Some(holder) = self.follow(before, after, holder) else {
            return Ok(());
        };
        for key in keys(&then, &now) {
            let (before, after) = (then.get(&key), now.get(&key));
            match (depth, key.as_str()) {
                (0, "VRI") => self.grown(before, after, holder, 1)?,
                (1, "Type") => {}
                (1, _) => self.grown(before, after, holder, 2)?,
                (0 | 2, list) if LISTS.contains(&list) => self.grown_list(before, after, holder)?,
                (0 | 2, "TS" | "TU" | "Type") if before.is_none() => {
                    self.accept_new(after.unwrap_or(&Object::Null));
                }
                _ if before == after => {}
                _ => self.undefined(Some(holder), "an entry of the security store changed"),
            }
        }
        Ok(())
    }

    fn grown_list(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        holder: u32,
    ) -> Result<(), PdfError> {
        let Some(after) = after else {
            self.undefined(Some(holder), "validation data was taken away");
            return Ok(());
        };
        let list = |value: Object| value.as_array().map(<[Object]>::to_vec);
        let then = match before {
            Some(before) => list(self.old.resolve(before)?).unwrap_or_default(),
            None => Vec::new(),
        };
        let Some(now) = list(self.new.resolve(after)?) else {
            self.undefined(Some(holder), "a list of validation data is no list");
            return Ok(());
        };
        let Some(holder) = self.follow(before, after, holder) else {
            return Ok(());
        };
        let (then, listed) = (references(&then), references(&now));
        let (Some(then), Some(listed)) = (then, listed) else {
            // Streams are always indirect; ISO 32000-2 §7.3.8.1.
            self.undefined(Some(holder), "validation data is no stream");
            return Ok(());
        };
        if !then.is_subset(&listed) {
            self.undefined(Some(holder), "validation data was taken away");
            return Ok(());
        }
        let is_new = |item: &&Object| item.as_reference().is_some_and(|id| !then.contains(&id));
        for item in now.iter().filter(is_new) {
            let is_stream = self.new.resolve(item)?.as_stream().is_some();
            if !is_stream {
                self.undefined(Some(holder), "validation data is no stream");
                return Ok(());
            }
            self.accept_new(item);
            self.report(Change::DssAdded);
        }
        Ok(())
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
