//! Form fields: new signature fields, empty ones that were signed, and values that were filled in.

use std::collections::HashSet;

use super::Change;
use super::appearance::option_of;
use super::step::{Step, keys};
use crate::pdf::active::{OUT_OF_SIGHT, covers_much};
use crate::pdf::document::View;
use crate::pdf::error::PdfError;
use crate::pdf::field::Field;
use crate::pdf::object::{Dictionary, Object, ObjectId};
use crate::pdf::page::Rect;
use crate::pdf::permission::{Certification, Lock};
use crate::pdf::signature::is_signature_field;
use crate::pdf::text_string;

/// What a new signature field and its widget may say. No action, no script.
const FIELD_KEYS: [&str; 23] = [
    "AP",
    "Border",
    "BS",
    "DA",
    "F",
    "Ff",
    "FT",
    "H",
    "Kids",
    "Lock",
    "M",
    "MK",
    "NM",
    "P",
    "Parent",
    "Q",
    "Rect",
    "StructParent",
    "Subtype",
    "T",
    "TU",
    "Type",
    "V",
];

impl Step<'_> {
    /// Fields are appended, never taken away or put in another order.
    pub(super) fn check_field_list(
        &mut self,
        form: u32,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), PdfError> {
        let Some(after) = after else {
            self.undefined(Some(form), "the fields of the form were taken away");
            return Ok(());
        };
        let then = match before {
            Some(before) => self
                .old
                .resolve(before)?
                .as_array()
                .map(<[Object]>::to_vec)
                .unwrap_or_default(),
            None => Vec::new(),
        };
        let Some(now) = self.new.resolve(after)?.as_array().map(<[Object]>::to_vec) else {
            self.undefined(Some(form), "the fields of the form are no list");
            return Ok(());
        };
        if self.follow(before, after, form).is_none() {
            return Ok(());
        }
        let Some(appended) = now.strip_prefix(then.as_slice()) else {
            self.undefined(Some(form), "fields of the form were taken away or moved");
            return Ok(());
        };
        if appended.is_empty() {
            return Ok(());
        }
        // A new name has no full stop, so it collides with what is called like it or stands below it.
        let names: HashSet<String> = self
            .old
            .fields()?
            .into_iter()
            .filter_map(|field| field.full_name.split('.').next().map(str::to_owned))
            .collect();
        for item in appended {
            self.check_new_field(item, &names)?;
        }
        Ok(())
    }

    fn check_new_field(&mut self, item: &Object, names: &HashSet<String>) -> Result<(), PdfError> {
        let id = item
            .as_reference()
            .filter(|id| self.added.contains_key(&id.number));
        let Some(id) = id else {
            self.undefined(None, "a field was added that is no new object");
            return Ok(());
        };
        let Some(Object::Dictionary(field)) = self.added.get(&id.number).cloned() else {
            self.undefined(Some(id.number), "a field was added that is no dictionary");
            return Ok(());
        };
        let name = field
            .get("T")
            .and_then(Object::as_string)
            .map(text_string::decode)
            .unwrap_or_default();
        if name.is_empty() || name.contains('.') || names.contains(&name) {
            self.undefined(Some(id.number), "a field was added whose name is taken");
            return Ok(());
        }
        if !field.is_name("FT", "Sig") {
            self.undefined(Some(id.number), "a field was added that is not for a signature");
            return Ok(());
        }
        let Some((widget_id, widget)) = self.only_widget(id, &field) else {
            self.undefined(
                Some(id.number),
                "a signature field was added with other parts than one widget",
            );
            return Ok(());
        };
        let allowed = |dictionary: &Dictionary| {
            dictionary
                .iter()
                .all(|(key, _)| FIELD_KEYS.iter().any(|allowed| key.is(allowed)))
        };
        if !allowed(&field) || !allowed(&widget) || !widget.is_name("Subtype", "Widget") {
            self.undefined(
                Some(id.number),
                "a signature field was added with more than a signature needs",
            );
            return Ok(());
        }
        self.new_widgets.insert(widget_id);
        self.accept_new(item);
        self.check_new_signature(id.number, &name, field.get("V"), &[widget], true)
    }

    fn only_widget(&self, id: ObjectId, field: &Dictionary) -> Option<(ObjectId, Dictionary)> {
        let Some(kids) = field.get("Kids") else {
            return Some((id, field.clone()));
        };
        let [kid] = kids.as_array()? else { return None };
        let kid = kid.as_reference()?;
        let Object::Dictionary(widget) = self.added.get(&kid.number)? else {
            return None;
        };
        (widget.get("Parent") == Some(&Object::Reference(id)) && !widget.contains("T"))
            .then(|| (kid, widget.clone()))
    }

    /// The value of a signature field that had none: a new signature dictionary, allowed by what was signed before.
    fn check_new_signature(
        &mut self,
        field: u32,
        name: &str,
        value: Option<&Object>,
        widgets: &[Dictionary],
        new_field: bool,
    ) -> Result<(), PdfError> {
        let number = value.and_then(Object::as_reference).map(|id| id.number);
        let dictionary = number
            .and_then(|number| self.added.get(&number))
            .and_then(Object::as_dictionary)
            .cloned();
        let (Some(number), Some(dictionary)) = (number, dictionary) else {
            self.undefined(
                Some(field),
                "a signature field was added or filled without a new signature",
            );
            return Ok(());
        };
        if !dictionary.contains("ByteRange") || !dictionary.contains("Contents") {
            self.undefined(Some(number), "a signature was added that covers nothing");
            return Ok(());
        }
        self.explain(number);
        self.accept_new(&Object::Dictionary(dictionary.clone()));
        if dictionary.is_name("Type", "DocTimeStamp") {
            // WHY: no certification or lock stops it, so it must not be a way to draw on the page.
            if !self.show_nothing(widgets)? {
                self.undefined(
                    Some(field),
                    "a document time-stamp was added that shows something",
                );
                return Ok(());
            }
            self.report(Change::DocTimeStampAdded {
                field: name.to_owned(),
            });
            return Ok(());
        }
        let closed = self.restrictions.certification == Some(Certification::NoChanges);
        let locked = if new_field {
            self.restrictions
                .locks
                .iter()
                .any(|lock| !matches!(lock, Lock::Include(_)))
        } else {
            self.restrictions.locks_field(name)
        };
        if closed || locked {
            self.undefined(
                Some(field),
                "a signature was added although an earlier one closed the document",
            );
            return Ok(());
        }
        self.report(Change::SignatureAdded {
            field: name.to_owned(),
        });
        let new = self.new.clone();
        new.read_references(&dictionary, self.restrictions)
    }

    /// Fields that were there and are written again.
    pub(super) fn check_existing_fields(&mut self) -> Result<(), PdfError> {
        let dictionaries = self
            .modified
            .values()
            .any(|(_, now)| matches!(now, Object::Dictionary(_)));
        if !dictionaries {
            return Ok(());
        }
        for field in self.old.fields()? {
            let touched = self.modified.contains_key(&field.id.number)
                || field
                    .widgets
                    .iter()
                    .any(|widget| self.modified.contains_key(&widget.number));
            if touched {
                self.check_touched_field(&field)?;
            }
        }
        Ok(())
    }

    fn check_touched_field(&mut self, field: &Field) -> Result<(), PdfError> {
        let old_value = value_of(&self.old, field)?;
        if is_signature_field(field) {
            if !old_value.is_null() {
                self.undefined(Some(field.id.number), "a field with a signature was changed");
                return Ok(());
            }
            if !self.only_changed(field, &["V", "AP", "F", "M"]) {
                return Ok(());
            }
            let value = dictionary_of(&self.new, field.id)?.get("V").cloned();
            self.accept_appearances(field)?;
            self.check_filled_in_sight(field)?;
            let widgets = field
                .widgets
                .iter()
                .map(|widget| dictionary_of(&self.new, *widget));
            let widgets: Vec<Dictionary> = widgets.collect::<Result<_, _>>()?;
            return self.check_new_signature(
                field.id.number,
                &field.full_name,
                value.as_ref(),
                &widgets,
                false,
            );
        }
        if self.restrictions.certification == Some(Certification::NoChanges)
            || self.restrictions.locks_field(&field.full_name)
        {
            self.undefined(
                Some(field.id.number),
                "a field was changed that an earlier signature locked",
            );
            return Ok(());
        }
        let is_choice = field.kind.as_ref().is_some_and(|kind| kind.is("Ch"));
        let allowed: &[&str] = if is_choice {
            &["V", "AP", "AS", "M", "I"]
        } else {
            &["V", "AP", "AS", "M"]
        };
        if !self.only_changed(field, allowed) {
            return Ok(());
        }
        let filled = dictionary_of(&self.new, field.id)?;
        let new_value = self.new.value(&filled, "V")?;
        if !self.showed(field, &old_value, &new_value)? {
            self.undefined(
                Some(field.id.number),
                "a field was filled that showed something else than its value before",
            );
            return Ok(());
        }
        if is_choice && !self.chooses(field, &filled, &new_value)? {
            self.undefined(
                Some(field.id.number),
                "the options that a field marks are not its value",
            );
            return Ok(());
        }
        self.accept_appearances(field)?;
        if let Some(why) = self.shows_other(field, &new_value)? {
            self.undefined(Some(field.id.number), why);
            return Ok(());
        }
        let told = |view: &View, value: &Object| match value {
            Object::String(bytes) => Ok(option_of(view, field, bytes)?.map(|(_, shown)| shown)),
            _ => Ok::<_, PdfError>(None),
        };
        let old = told(&self.old, &old_value)?.unwrap_or_else(|| text_of(&old_value));
        let new = told(&self.new, &new_value)?.unwrap_or_else(|| text_of(&new_value));
        self.report(Change::FormFilled {
            field: field.full_name.clone(),
            old,
            new,
        });
        Ok(())
    }

    /// Whether the options that a choice marks, where it does so anew, are its value. ISO 32000-2 table 234, `/I`.
    fn chooses(&self, field: &Field, filled: &Dictionary, value: &Object) -> Result<bool, PdfError> {
        if filled.get("I") == field.dictionary.get("I") && field.value.as_ref() == Some(value) {
            return Ok(true);
        }
        let marked = self.new.array(filled, "I")?;
        let chosen = match value {
            Object::String(bytes) => option_of(&self.new, field, bytes)?,
            _ => None,
        };
        let chosen = chosen.and_then(|(index, _)| i64::try_from(index).ok());
        Ok(marked.is_empty() || marked.iter().map(Object::as_integer).eq([chosen]) && chosen.is_some())
    }

    /// Whether none of these widgets has any room on its page.
    fn show_nothing(&self, widgets: &[Dictionary]) -> Result<bool, PdfError> {
        for widget in widgets {
            let Some(rect) = widget.get("Rect") else {
                continue;
            };
            if !Rect::from_object(&self.new, rect)?.is_some_and(|rect| rect.is_empty()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A prepared field that is signed stays where its author showed it, and leaves most of its page in sight: one that
    /// was hidden, or that lies over the page, would cover what was signed.
    fn check_filled_in_sight(&mut self, field: &Field) -> Result<(), PdfError> {
        for widget in &field.widgets {
            let (then, now) = (
                dictionary_of(&self.old, *widget)?,
                dictionary_of(&self.new, *widget)?,
            );
            let flags = |widget: &Dictionary| widget.get("F").and_then(Object::as_integer).unwrap_or(0);
            if flags(&then) & OUT_OF_SIGHT != 0 && flags(&now) & OUT_OF_SIGHT == 0 {
                self.undefined(
                    Some(widget.number),
                    "a field that was out of sight was brought into it",
                );
            }
            let rect = match now.get("Rect") {
                Some(rect) => Rect::from_object(&self.new, rect)?,
                None => None,
            };
            let Some(rect) = rect.filter(|rect| !rect.is_empty()) else {
                continue;
            };
            let mut sheet = None;
            self.old.for_each_page(&mut |page| {
                let shown = self.old.array(&page.dictionary, "Annots").unwrap_or_default();
                if shown.iter().any(|item| item.as_reference() == Some(*widget)) {
                    sheet = Some(page.crop_box);
                }
                sheet.is_none()
            })?;
            // A widget that no page lists is shown nowhere.
            if sheet.is_some_and(|sheet| covers_much(&rect, &sheet)) {
                self.undefined(
                    Some(widget.number),
                    "a signature was added that covers much of its page",
                );
            }
        }
        Ok(())
    }

    /// Whether only `allowed` entries of the field and its widgets changed; explains them if so, reports if not.
    fn only_changed(&mut self, field: &Field, allowed: &[&str]) -> bool {
        let parts: Vec<ObjectId> = std::iter::once(field.id)
            .chain(field.widgets.iter().copied())
            .collect();
        for part in parts {
            let Some((then, now)) = self.modified.get(&part.number).cloned() else {
                continue;
            };
            let (Object::Dictionary(then), Object::Dictionary(now)) = (then, now) else {
                self.undefined(Some(part.number), "a field was replaced by something else");
                return false;
            };
            let other = keys(&then, &now)
                .iter()
                .any(|key| !allowed.contains(&key.as_str()) && then.get(key) != now.get(key));
            if other {
                self.undefined(Some(part.number), "more of a field was changed than its value");
                return false;
            }
            self.explain(part.number);
        }
        true
    }

    /// Explains new and rewritten appearance streams of the widgets of `field`.
    fn accept_appearances(&mut self, field: &Field) -> Result<(), PdfError> {
        for widget in &field.widgets {
            let dictionary = dictionary_of(&self.new, *widget)?;
            let Some(appearance) = dictionary.get("AP") else {
                continue;
            };
            self.accept_new(appearance);
            let normal = self
                .new
                .dictionary(&dictionary, "AP")?
                .and_then(|appearance| appearance.get("N").cloned());
            if let Some(id) = normal.as_ref().and_then(Object::as_reference)
                && let Some((_, now)) = self.modified.get(&id.number).cloned()
            {
                self.explain_held_by(id.number, &[widget.number]);
                self.accept_new(&now);
            }
        }
        Ok(())
    }
}

fn dictionary_of(view: &View, id: ObjectId) -> Result<Dictionary, PdfError> {
    Ok(view.get(id)?.as_dictionary().cloned().unwrap_or_default())
}

fn value_of(view: &View, field: &Field) -> Result<Object, PdfError> {
    field
        .value
        .as_ref()
        .map_or(Ok(Object::Null), |value| view.resolve(value))
}

fn text_of(value: &Object) -> String {
    match value {
        Object::String(bytes) => text_string::decode(bytes),
        Object::Name(name) => String::from_utf8_lossy(name.as_bytes()).into_owned(),
        Object::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}
