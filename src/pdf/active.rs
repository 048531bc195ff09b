//! Does the document show everybody the same? What is drawn or changed when it is opened, printed or clicked, or only
//! by some readers, cannot be what a person signed. ISO 32000-2 §12.6, §8.11, §12.7.3.

use super::document::View;
use super::error::PdfError;
use super::object::{Dictionary, Object};
use super::page::{Page, Rect};

/// Actions that lead somewhere and change nothing that is shown.
const HARMLESS_ACTIONS: [&str; 5] = ["GoTo", "GoToR", "Named", "Thread", "URI"];
/// Most actions in a row.
const CHAIN_LIMIT: usize = 32;
/// Annotation flags: invisible, hidden, not viewed. ISO 32000-2 table 167.
pub(super) const OUT_OF_SIGHT: i64 = 1 | 1 << 1 | 1 << 5;
/// Largest part of a page that an empty signature field may take: whoever fills it draws there.
pub(super) const LARGEST_PART: f64 = 1.0 / 3.0;

/// What makes a document show different things to different people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// A script, or an action that runs or changes something.
    Action,
    /// A field that a reader draws itself: it has a value and no appearance, or the form asks for new ones.
    Drawn,
    /// Layers that are shown or hidden by who looks, or how.
    Layers,
    /// An empty signature field that is out of sight or takes much of its page: filled later, it covers what was signed.
    Trap,
}

impl View {
    /// The first thing that makes this document show different things to different people.
    ///
    /// # Errors
    /// When catalog, form or pages cannot be read.
    pub fn activity(&self) -> Result<Option<Activity>, PdfError> {
        let catalog = self.catalog()?;
        let names = self.dictionary(&catalog, "Names")?.unwrap_or_default();
        if catalog.contains("AA")
            || names.contains("JavaScript")
            || !self.is_harmless(&catalog, "OpenAction")?
        {
            return Ok(Some(Activity::Action));
        }
        if let Some(layers) = self.dictionary(&catalog, "OCProperties")?
            && self.hides(&layers)?
        {
            return Ok(Some(Activity::Layers));
        }
        if let Some((_, form)) = self.acro_form()?
            && self.value(&form, "NeedAppearances")?.as_boolean() == Some(true)
        {
            return Ok(Some(Activity::Drawn));
        }
        let mut found = Ok(None);
        self.for_each_page(&mut |page| {
            found = self.page_activity(&page);
            matches!(found, Ok(None))
        })?;
        if found.as_ref().is_ok_and(Option::is_none) {
            found = self.field_activity();
        }
        found
    }

    fn page_activity(&self, page: &Page) -> Result<Option<Activity>, PdfError> {
        if page.dictionary.contains("AA") {
            return Ok(Some(Activity::Action));
        }
        for annotation in self.array(&page.dictionary, "Annots")? {
            let Object::Dictionary(annotation) = self.resolve(&annotation)? else {
                continue;
            };
            if annotation.contains("AA") || !self.is_harmless(&annotation, "A")? {
                return Ok(Some(Activity::Action));
            }
            if self.is_trap(&annotation, page)? {
                return Ok(Some(Activity::Trap));
            }
        }
        Ok(None)
    }

    /// An empty signature field merged with its widget, out of sight or over much of its page.
    fn is_trap(&self, annotation: &Dictionary, page: &Page) -> Result<bool, PdfError> {
        let parent = self.dictionary(annotation, "Parent")?.unwrap_or_default();
        let is_empty_signature = [annotation, &parent]
            .iter()
            .any(|field| field.is_name("FT", "Sig") && !field.contains("V"));
        if !is_empty_signature || annotation.contains("V") {
            return Ok(false);
        }
        let rect = match annotation.get("Rect") {
            Some(rect) => Rect::from_object(self, rect)?,
            None => None,
        };
        let Some(rect) = rect.filter(|rect| !rect.is_empty()) else {
            return Ok(false);
        };
        let flags = self.value(annotation, "F")?.as_integer().unwrap_or(0);
        Ok(flags & OUT_OF_SIGHT != 0 || covers_much(&rect, &page.crop_box))
    }

    fn field_activity(&self) -> Result<Option<Activity>, PdfError> {
        for field in self.fields()? {
            if field.dictionary.contains("AA") {
                return Ok(Some(Activity::Action));
            }
            let value = match &field.value {
                Some(value) => self.resolve(value)?,
                None => Object::Null,
            };
            let shows_value = field
                .kind
                .as_ref()
                .is_some_and(|kind| kind.is("Tx") || kind.is("Ch"))
                && !matches!(value, Object::Null);
            for widget in field.widgets.iter().filter(|_| shows_value) {
                let drawn = self
                    .get(*widget)?
                    .as_dictionary()
                    .is_some_and(|widget| !widget.contains("AP"));
                if drawn {
                    return Ok(Some(Activity::Drawn));
                }
            }
        }
        Ok(None)
    }

    /// Whether the action behind `key`, and those after it, lead somewhere at most. A destination is no action.
    fn is_harmless(&self, holder: &Dictionary, key: &str) -> Result<bool, PdfError> {
        let mut next = self.value(holder, key)?;
        for _ in 0..CHAIN_LIMIT {
            let Object::Dictionary(action) = next else {
                // Nothing, or a destination: an array or a name. Several actions in a list are not looked through.
                return Ok(
                    !matches!(next, Object::Array(ref list) if list.iter().any(|item| {
                        self.resolve(item).is_ok_and(|item| item.as_dictionary().is_some_and(|item| item.contains("S")))
                    })),
                );
            };
            let kind = self.value(&action, "S")?;
            let known = kind
                .as_name()
                .is_some_and(|kind| HARMLESS_ACTIONS.iter().any(|harmless| kind.is(harmless)));
            if !known {
                return Ok(false);
            }
            next = self.value(&action, "Next")?;
        }
        Ok(false)
    }

    /// Whether the default configuration hides a layer, or lets printing or viewing decide.
    fn hides(&self, layers: &Dictionary) -> Result<bool, PdfError> {
        let Some(shown) = self.dictionary(layers, "D")? else {
            return Ok(false);
        };
        let base = self.value(&shown, "BaseState")?;
        let all_on = base.as_name().is_none_or(|state| state.is("ON"));
        Ok(!all_on || !self.array(&shown, "OFF")?.is_empty() || !self.array(&shown, "AS")?.is_empty())
    }
}

/// Whether `rect` takes more of `sheet` than a signature may.
pub(super) fn covers_much(rect: &Rect, sheet: &Rect) -> bool {
    rect.width() * rect.height() > sheet.width() * sheet.height() * LARGEST_PART
}
