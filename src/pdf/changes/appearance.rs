//! Does a filled field show its value? An overlay that shows something else is the oldest trick with forms.

use super::step::Step;
use crate::pdf::document::View;
use crate::pdf::error::PdfError;
use crate::pdf::field::Field;
use crate::pdf::lexer::{Lexer, Token, memory_end};
use crate::pdf::object::{Dictionary, Object};
use crate::pdf::text_string;

/// Largest appearance read.
const CONTENT_LIMIT: usize = 1024 * 1024;

impl Step<'_> {
    /// Whether each widget of `field` shows `value` and nothing else.
    ///
    /// Text and choice: the words drawn with simple fonts are the value, white space aside. Buttons: the appearance
    /// is one that was there before, and its name is the value.
    pub(super) fn shows(&self, field: &Field, value: &Object) -> Result<bool, PdfError> {
        let kind = field
            .kind
            .as_ref()
            .map(|kind| kind.as_bytes().to_vec())
            .unwrap_or_default();
        for widget in &field.widgets {
            let (then, now) = (dictionary(&self.old, *widget)?, dictionary(&self.new, *widget)?);
            let good = match kind.as_slice() {
                b"Btn" => self.shows_button(&then, &now, value),
                b"Tx" | b"Ch" => self.shows_text(&now, value)?,
                _ => false,
            };
            if !good {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn shows_button(&self, then: &Dictionary, now: &Dictionary, value: &Object) -> bool {
        let states = self.new.dictionary(now, "AP").ok().flatten();
        let states = states
            .and_then(|states| self.new.dictionary(&states, "N").ok().flatten())
            .unwrap_or_default();
        let Some(shown) = now.get("AS").and_then(Object::as_name) else {
            return false;
        };
        let known = shown.is("Off") || states.get_name(shown.as_bytes()).is_some();
        let fits = shown.is("Off") || value.as_name() == Some(shown);
        let touched = states.iter().any(|(_, state)| {
            state.as_reference().is_some_and(|id| {
                self.modified.contains_key(&id.number) || self.added.contains_key(&id.number)
            })
        });
        known && fits && !touched && then.get("AP") == now.get("AP")
    }

    fn shows_text(&self, widget: &Dictionary, value: &Object) -> Result<bool, PdfError> {
        let wanted = match value {
            Object::String(bytes) => text_string::decode(bytes),
            Object::Null => String::new(),
            _ => return Ok(false),
        };
        let appearance = self.new.dictionary(widget, "AP")?.unwrap_or_default();
        let Object::Stream(form) = self.new.value(&appearance, "N")? else {
            return Ok(wanted.trim().is_empty());
        };
        // A form inside the form could show anything.
        let resources = self
            .new
            .dictionary(&form.dictionary, "Resources")?
            .unwrap_or_default();
        if resources.contains("XObject") || resources.contains("Pattern") || resources.contains("Shading") {
            return Ok(false);
        }
        let Ok(content) = self.new.stream_bytes(&form, CONTENT_LIMIT) else {
            return Ok(false);
        };
        let Some(shown) = shown_text(&content) else {
            return Ok(false);
        };
        let words = |text: &str| {
            text.chars()
                .filter(|letter| !letter.is_whitespace())
                .collect::<String>()
        };
        Ok(words(&shown) == words(&wanted))
    }
}

fn dictionary(view: &View, id: crate::pdf::object::ObjectId) -> Result<Dictionary, PdfError> {
    Ok(view.get(id)?.as_dictionary().cloned().unwrap_or_default())
}

/// All strings of a content stream, in the encoding most form fonts have; `None` when it cannot be read or draws
/// an inline image.
fn shown_text(content: &[u8]) -> Option<String> {
    let mut lexer = Lexer::new(&content, 0, memory_end(content));
    let mut shown = String::new();
    loop {
        match lexer.token().ok()?.0 {
            Token::End => return Some(shown),
            Token::String(bytes) => shown.push_str(&text_string::decode(&bytes)),
            Token::Keyword(word) if word == b"BI" || word == b"Do" || word == b"sh" => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_appearance_are_read() {
        assert_eq!(
            shown_text(b"/Tx BMC q BT /F 9 Tf (One) Tj [(T) -20 (wo)] TJ ET Q EMC").as_deref(),
            Some("OneTwo")
        );
        assert_eq!(shown_text(b"/Image Do"), None);
        assert_eq!(shown_text(b"(open"), None);
    }
}
