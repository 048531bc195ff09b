//! Pages: nothing of them may change but the widgets of new signatures at the end of their annotations.

use std::collections::BTreeMap;

use super::step::{Step, is_type, keys};
use crate::pdf::error::PdfError;
use crate::pdf::object::Object;

impl Step<'_> {
    pub(super) fn check_pages(&mut self) -> Result<(), PdfError> {
        let mut pages: BTreeMap<u32, Object> = BTreeMap::new();
        for (number, (then, now)) in &self.modified {
            if is_type(then, "Page") && is_type(now, "Page") {
                pages.insert(*number, then.clone());
            } else if let (Object::Array(_), Object::Array(_)) = (then, now) {
                for referrer in self.old_referrers(*number) {
                    let id = crate::pdf::object::ObjectId::new(referrer);
                    let Ok(page) = self.old.get(id) else { continue };
                    let lists = page
                        .as_dictionary()
                        .and_then(|page| page.get("Annots"))
                        .and_then(Object::as_reference);
                    if is_type(&page, "Page") && lists.is_some_and(|list| list.number == *number) {
                        pages.insert(referrer, page);
                    }
                }
            }
        }
        for (number, then) in pages {
            self.check_page(number, &then)?;
        }
        Ok(())
    }

    fn check_page(&mut self, number: u32, then: &Object) -> Result<(), PdfError> {
        let now = self
            .modified
            .get(&number)
            .map_or_else(|| then.clone(), |(_, now)| now.clone());
        let (Object::Dictionary(then), Object::Dictionary(now)) = (then, now) else {
            self.undefined(Some(number), "a page was replaced by something else");
            return Ok(());
        };
        // The order of the tabulator key, where none was said, may become that of the structure. ISO 14289-1 §7.18.3.
        let tabs = self.is_tagged()? && !then.contains("Tabs") && now.is_name("Tabs", "S");
        let may_change = |key: &str| key == "Annots" || (key == "Tabs" && tabs);
        if keys(then, &now)
            .iter()
            .any(|key| !may_change(key) && then.get(key) != now.get(key))
        {
            self.undefined(Some(number), "a page was changed");
            return Ok(());
        }
        if self.modified.contains_key(&number) {
            self.explain(number);
        }
        let (before, after) = (then.get("Annots"), now.get("Annots"));
        let Some(after) = after else {
            if before.is_some() {
                self.undefined(Some(number), "annotations of a page were taken away");
            } else if tabs {
                self.undefined(Some(number), "a page was changed");
            }
            return Ok(());
        };
        let list = |value: Object| value.as_array().map(<[Object]>::to_vec).unwrap_or_default();
        let old_list = match before {
            Some(before) => list(self.old.resolve(before)?),
            None => Vec::new(),
        };
        let new_list = list(self.new.resolve(after)?);
        if self.follow(before, after, number).is_none() {
            return Ok(());
        }
        let Some(appended) = new_list.strip_prefix(old_list.as_slice()) else {
            self.undefined(Some(number), "annotations of a page were taken away or moved");
            return Ok(());
        };
        if tabs && appended.is_empty() {
            self.undefined(Some(number), "a page was changed");
        }
        let known = |item: &Object| {
            item.as_reference()
                .is_some_and(|id| self.new_widgets.contains(&id))
        };
        if !appended.iter().all(known) {
            self.undefined(
                Some(number),
                "an annotation was added that belongs to no new signature",
            );
            return Ok(());
        }
        self.check_room(number, &old_list, appended)
    }
}
