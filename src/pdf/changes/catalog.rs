//! The catalog and what hangs on it: form, metadata, extensions, version.

use super::Change;
use super::step::{Step, is_type, keys};
use crate::pdf::document::View;
use crate::pdf::error::PdfError;
use crate::pdf::object::{Dictionary, Object};
use crate::pdf::permission::Certification;
use crate::pdf::signature::is_signature_field;

/// Deepest resource dictionary compared: `/DR /Font /Name`.
const RESOURCE_DEPTH: usize = 3;

impl Step<'_> {
    pub(super) fn check_catalog(&mut self) -> Result<(), PdfError> {
        let id = self.new.catalog_id()?;
        let (then, now) = (self.old.catalog()?, self.new.catalog()?);
        self.explain(id.number);
        for key in keys(&then, &now) {
            let (before, after) = (then.get(&key), now.get(&key));
            match key.as_str() {
                "AcroForm" => self.check_form(id.number, before, after)?,
                "DSS" => self.check_store(id.number, before, after)?,
                "Metadata" => self.check_metadata(id.number, before, after),
                "Extensions" => self.check_extensions(id.number, before, after)?,
                "StructTreeRoot" => self.check_structure(id.number, before, after)?,
                "Version" if before != after => self.check_version(before, after),
                _ if before != after => self.undefined(Some(id.number), "an entry of the catalog changed"),
                _ => {}
            }
        }
        self.check_structure_keys();
        Ok(())
    }

    fn check_version(&mut self, before: Option<&Object>, after: Option<&Object>) {
        let version = |value: Option<&Object>| {
            value
                .and_then(Object::as_name)
                .map(|name| name.as_bytes().to_vec())
                .unwrap_or_default()
        };
        let (before, after) = (version(before), version(after));
        let known: [&[u8]; 5] = [b"1.4", b"1.5", b"1.6", b"1.7", b"2.0"];
        if after < before || !known.contains(&after.as_slice()) {
            self.undefined(None, "the version of the file went back");
        }
    }

    fn check_metadata(&mut self, catalog: u32, before: Option<&Object>, after: Option<&Object>) {
        let number = after.and_then(Object::as_reference).map(|id| id.number);
        let Some(number) = number else {
            if before != after {
                self.undefined(None, "the metadata was taken away");
            }
            return;
        };
        let value = self
            .added
            .get(&number)
            .or_else(|| self.modified.get(&number).map(|(_, now)| now))
            .cloned();
        let Some(value) = value else {
            if before != after {
                self.undefined(None, "an object of another kind became metadata");
            }
            return;
        };
        if !is_type(&value, "Metadata") || value.as_stream().is_none() {
            self.undefined(Some(number), "the metadata is no metadata stream");
            return;
        }
        if self.modified.contains_key(&number) {
            self.explain_held_by(number, &[catalog]);
        } else {
            self.accept_new(&Object::Array(after.into_iter().cloned().collect()));
        }
        self.accept_new(&value);
        self.report(Change::Metadata);
    }

    fn check_form(
        &mut self,
        catalog: u32,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), PdfError> {
        let Some(after) = after else {
            self.undefined(None, "the form was taken away");
            return Ok(());
        };
        let Object::Dictionary(now) = self.new.resolve(after)? else {
            self.undefined(None, "the form is no dictionary");
            return Ok(());
        };
        let then = match before {
            Some(before) => self
                .old
                .resolve(before)?
                .as_dictionary()
                .cloned()
                .unwrap_or_default(),
            None => Dictionary::new(),
        };
        if before != Some(after) && before.and_then(Object::as_reference).is_some() {
            self.undefined(None, "the catalog names another form");
            return Ok(());
        }
        let Some(holder) = self.follow(before, after, catalog) else {
            return Ok(());
        };
        for key in keys(&then, &now) {
            let (before, after) = (then.get(&key), now.get(&key));
            match key.as_str() {
                "Fields" => self.check_field_list(holder, before, after)?,
                "SigFlags" if before != after => {
                    let flags = |value: Option<&Object>| value.and_then(Object::as_integer).unwrap_or(0);
                    if flags(before) & !flags(after) != 0 || flags(after) & !3 != 0 {
                        self.undefined(Some(holder), "the signature flags of the form changed");
                    }
                }
                "DA" if before.is_none() => self.check_new_defaults(holder)?,
                "DR" => {
                    self.check_resources(before, after, holder, 0)?;
                    self.check_new_resources(before, after, holder)?;
                }
                _ if before != after => self.undefined(Some(holder), "an entry of the form changed"),
                _ => {}
            }
        }
        self.check_existing_fields()
    }

    /// Resources and an appearance for fields that name none: what a reader draws by itself, it draws with them.
    fn check_new_defaults(&mut self, holder: u32) -> Result<(), PdfError> {
        if self.restrictions.certification == Some(Certification::NoChanges) {
            self.undefined(
                Some(holder),
                "defaults of the form were added although the document is closed",
            );
        } else if self.is_drawn_by_readers()? {
            self.undefined(
                Some(holder),
                "defaults of the form were added that a field without appearance is drawn with",
            );
        }
        Ok(())
    }

    /// Names that were added to the default resources. What a later filling draws with them is looked at there.
    fn check_new_resources(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        holder: u32,
    ) -> Result<(), PdfError> {
        let inside = |view: &View, resources: Option<&Object>| match resources {
            Some(resources) => view
                .resolve(resources)
                .map(|resources| resources.as_dictionary().cloned()),
            None => Ok(None),
        };
        let then = inside(&self.old, before)?.unwrap_or_default();
        let now = inside(&self.new, after)?.unwrap_or_default();
        for (kind, names) in now.iter() {
            let before = inside(&self.old, then.get_name(kind.as_bytes()))?.unwrap_or_default();
            let names = inside(&self.new, Some(names))?.unwrap_or_default();
            if names
                .iter()
                .any(|(name, _)| before.get_name(name.as_bytes()).is_none())
            {
                return self.check_new_defaults(holder);
            }
        }
        Ok(())
    }

    /// Whether a reader draws a field by itself: one that shows something and has no appearance, or any when the form asks
    /// for new ones.
    fn is_drawn_by_readers(&self) -> Result<bool, PdfError> {
        let form = self.old.acro_form()?.map(|(_, form)| form).unwrap_or_default();
        let all_anew = self.old.value(&form, "NeedAppearances")?.as_boolean() == Some(true);
        for field in self.old.fields()? {
            let value = match &field.value {
                Some(value) => self.old.resolve(value)?,
                None => Object::Null,
            };
            let is_empty = value.is_null() || value.as_string().is_some_and(<[u8]>::is_empty);
            let is_text = field.kind.as_ref().is_some_and(|kind| kind.is("Tx"));
            if is_signature_field(&field) || (is_text && is_empty) {
                continue;
            }
            for widget in &field.widgets {
                let widget = self.old.get(*widget)?;
                let looks = widget
                    .as_dictionary()
                    .map(|widget| self.old.dictionary(widget, "AP"));
                let has_own = looks
                    .transpose()?
                    .flatten()
                    .is_some_and(|looks| looks.contains("N"));
                if all_anew || !has_own {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Default resources: names may be added, a name that is there keeps its object.
    fn check_resources(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        holder: u32,
        depth: usize,
    ) -> Result<(), PdfError> {
        let Some(after) = after else {
            self.undefined(Some(holder), "resources of the form were taken away");
            return Ok(());
        };
        let Some(before) = before else {
            self.accept_new(after);
            return Ok(());
        };
        if before == after
            && !after
                .as_reference()
                .is_some_and(|id| self.modified.contains_key(&id.number))
        {
            if let Object::Dictionary(inner) = after {
                for (_, value) in inner.iter() {
                    if depth < RESOURCE_DEPTH {
                        self.check_resources(Some(value), Some(value), holder, depth.saturating_add(1))?;
                    }
                }
            }
            return Ok(());
        }
        let (then, now) = (self.old.resolve(before)?, self.new.resolve(after)?);
        let (Object::Dictionary(then), Object::Dictionary(now)) = (then, now) else {
            self.undefined(Some(holder), "a resource of the form changed");
            return Ok(());
        };
        if depth >= RESOURCE_DEPTH || (before.as_reference().is_some() && before != after) {
            self.undefined(Some(holder), "a resource of the form changed");
            return Ok(());
        }
        let holder = match after.as_reference() {
            Some(id) => {
                self.explain_held_by(id.number, &[holder]);
                id.number
            }
            None => holder,
        };
        for key in keys(&then, &now) {
            self.check_resources(then.get(&key), now.get(&key), holder, depth.saturating_add(1))?;
        }
        Ok(())
    }
}
