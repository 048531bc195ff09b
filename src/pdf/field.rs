//! Form fields in their tree, with what they inherit and their widgets. ISO 32000-2 §12.7.

use std::collections::HashSet;

use super::document::View;
use super::error::PdfError;
use super::object::{Dictionary, Name, Object, ObjectId};
use super::text_string;

/// Deepest field tree.
const DEPTH_LIMIT: usize = 32;
/// Most fields and widgets walked.
const FIELD_LIMIT: usize = 100_000;

/// A terminal field: one that holds a value.
#[derive(Clone, Debug)]
pub struct Field {
    /// The field object.
    pub id: ObjectId,
    /// The partial names from the root, joined by periods.
    pub full_name: String,
    /// `/FT`, its own or inherited: `Btn`, `Tx`, `Ch` or `Sig`.
    pub kind: Option<Name>,
    /// `/V`, its own or inherited, as it stands.
    pub value: Option<Object>,
    /// `/Ff`, its own or inherited.
    pub flags: i64,
    /// The field dictionary as it stands.
    pub dictionary: Dictionary,
    /// Its widgets; the field itself when the two are merged.
    pub widgets: Vec<ObjectId>,
}

#[derive(Clone, Default)]
struct Above {
    name: Option<String>,
    kind: Option<Object>,
    value: Option<Object>,
    flags: Option<Object>,
}

impl View {
    /// All terminal fields, in the order of the tree.
    ///
    /// # Errors
    /// `Malformed` for a tree that is none; `Limit` for one that is too deep, too long, or has a loop.
    pub fn fields(&self) -> Result<Vec<Field>, PdfError> {
        let Some((_, form)) = self.acro_form()? else {
            return Ok(Vec::new());
        };
        let mut fields = Vec::new();
        let mut seen = HashSet::new();
        let mut stack: Vec<(ObjectId, Above, usize)> = Vec::new();
        for item in self.array(&form, "Fields")?.iter().rev() {
            let id = item
                .as_reference()
                .ok_or(PdfError::malformed(0, "references in `/Fields`"))?;
            stack.push((id, Above::default(), 0));
        }
        while let Some((id, above, depth)) = stack.pop() {
            if !seen.insert(id) {
                return Err(PdfError::malformed(0, "a form that holds each field once"));
            }
            if depth > DEPTH_LIMIT || seen.len() > FIELD_LIMIT {
                return Err(PdfError::limit(0, "a smaller form"));
            }
            let Object::Dictionary(dictionary) = self.get(id)? else {
                // A dangling entry holds no value and shows nothing.
                continue;
            };
            let here = self.below(&above, &dictionary)?;
            let kids = self.array(&dictionary, "Kids")?;
            let mut widgets = Vec::new();
            let mut children = Vec::new();
            for kid in &kids {
                let kid = kid
                    .as_reference()
                    .ok_or(PdfError::malformed(0, "references in `/Kids` of a field"))?;
                let named = self
                    .get(kid)?
                    .as_dictionary()
                    .is_some_and(|kid| kid.contains("T"));
                if named {
                    children.push(kid);
                } else {
                    widgets.push(kid);
                }
            }
            if children.is_empty() {
                if widgets.is_empty() {
                    widgets.push(id);
                }
                fields.push(Field {
                    id,
                    full_name: here.name.unwrap_or_default(),
                    kind: here.kind.as_ref().and_then(Object::as_name).cloned(),
                    value: here.value,
                    flags: here.flags.as_ref().and_then(Object::as_integer).unwrap_or(0),
                    dictionary,
                    widgets,
                });
            } else {
                for child in children.into_iter().rev() {
                    stack.push((child, here.clone(), depth.saturating_add(1)));
                }
            }
        }
        Ok(fields)
    }

    fn below(&self, above: &Above, dictionary: &Dictionary) -> Result<Above, PdfError> {
        let own = |key: &str, inherited: &Option<Object>| -> Result<Option<Object>, PdfError> {
            match dictionary.get(key) {
                Some(value) => self.resolve(value).map(Some),
                None => Ok(inherited.clone()),
            }
        };
        let partial = self.value(dictionary, "T")?.as_string().map(text_string::decode);
        let name = match (&above.name, partial) {
            (Some(above), Some(partial)) => Some(format!("{above}.{partial}")),
            (above, None) => above.clone(),
            (None, partial) => partial,
        };
        Ok(Above {
            name,
            kind: own("FT", &above.kind)?,
            // WHY: the value stays a reference; for signatures the object it points to matters.
            value: dictionary.get("V").cloned().or_else(|| above.value.clone()),
            flags: own("Ff", &above.flags)?,
        })
    }
}
