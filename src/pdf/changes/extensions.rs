//! Developer extensions: which features beyond its version the file uses. ISO 32000-2 §7.12.
//!
//! They tell a reader what to expect and show nothing. A program that adds a feature in a later revision says so: by
//! a new prefix, by a higher level, or by one more entry where a prefix has several.

use super::step::{Step, keys};
use crate::pdf::error::PdfError;
use crate::pdf::object::{Dictionary, Object};

/// What may change with the level: where the extension is described. ISO 32000-2 table 49.
const DESCRIBING: [&str; 3] = ["ExtensionRevision", "Type", "URL"];

impl Step<'_> {
    pub(super) fn check_extensions(
        &mut self,
        catalog: u32,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), PdfError> {
        let then = match before {
            Some(before) => self.old.resolve(before)?,
            None => Object::Null,
        };
        let then = then.as_dictionary().cloned().unwrap_or_default();
        let Some(after) = after else {
            if !then.is_empty() {
                self.undefined(None, "the extensions were taken away");
            }
            return Ok(());
        };
        let Object::Dictionary(now) = self.new.resolve(after)? else {
            if before != Some(after) {
                self.undefined(None, "the extensions are no dictionary");
            }
            return Ok(());
        };
        let Some(holder) = self.follow(before, after, catalog) else {
            return Ok(());
        };
        for prefix in keys(&then, &now) {
            if prefix == "Type" && now.is_name("Type", "Extensions") {
                continue;
            }
            self.check_extension(then.get(&prefix), now.get(&prefix), holder)?;
        }
        Ok(())
    }

    /// What stands behind one prefix: a dictionary, or several in an array.
    fn check_extension(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        holder: u32,
    ) -> Result<(), PdfError> {
        let Some(after) = after else {
            self.undefined(None, "an extension was taken away");
            return Ok(());
        };
        if self.follow(before, after, holder).is_none() {
            return Ok(());
        }
        let then = match before {
            Some(before) => self.old.resolve(before)?,
            None => Object::Null,
        };
        let now = self.new.resolve(after)?;
        if then == now {
            return Ok(());
        }
        let is_grown = match (&then, &now) {
            (Object::Null, Object::Array(now)) => now.iter().all(is_extension),
            (Object::Null, now) => is_extension(now),
            (Object::Dictionary(then), Object::Dictionary(now)) => has_higher_level(then, now),
            (then @ Object::Dictionary(_), Object::Array(now)) => {
                now.contains(then) && now.iter().all(is_extension)
            }
            (Object::Array(then), Object::Array(now)) => {
                then.iter().all(|item| now.contains(item))
                    && now.iter().all(|item| then.contains(item) || is_extension(item))
            }
            _ => false,
        };
        if !is_grown {
            self.undefined(None, "an entry of the extensions changed");
        }
        Ok(())
    }
}

/// Whether `value` is one extension: direct, as all of it has to be, with a version and a level.
fn is_extension(value: &Object) -> bool {
    level(value.as_dictionary()).is_some()
}

fn level(extension: Option<&Dictionary>) -> Option<(&Object, i64)> {
    let extension = extension?;
    let base = extension
        .get("BaseVersion")
        .filter(|base| base.as_name().is_some())?;
    Some((base, extension.get("ExtensionLevel")?.as_integer()?))
}

/// Whether `now` is the same extension as `then`, of a level that is not lower.
fn has_higher_level(then: &Dictionary, now: &Dictionary) -> bool {
    let (Some((base, before)), Some((same, after))) = (level(Some(then)), level(Some(now))) else {
        return false;
    };
    let others = keys(then, now);
    base == same
        && before <= after
        && others.iter().all(|key| {
            key == "ExtensionLevel" || DESCRIBING.contains(&key.as_str()) || then.get(key) == now.get(key)
        })
}
