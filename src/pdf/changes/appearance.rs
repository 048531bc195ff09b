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
        // Another appearance for a pointer that rests on it or presses it could show anything.
        if appearance.iter().any(|(key, _)| !key.is("N")) {
            return Ok(false);
        }
        let form = match self.new.value(&appearance, "N")? {
            Object::Stream(form) => form,
            Object::Null => return Ok(wanted.trim().is_empty()),
            // A choice of appearances is for buttons.
            _ => return Ok(false),
        };
        // A form inside the form could show anything, and so could a font of its own.
        let resources = self
            .new
            .dictionary(&form.dictionary, "Resources")?
            .unwrap_or_default();
        let others = [
            "XObject",
            "Pattern",
            "Shading",
            "ExtGState",
            "ColorSpace",
            "Properties",
        ];
        if others.iter().any(|kind| resources.contains(kind)) || !self.uses_form_fonts(&resources)? {
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

impl Step<'_> {
    /// Whether each font was one of the form's before, and is the same now.
    fn uses_form_fonts(&self, resources: &Dictionary) -> Result<bool, PdfError> {
        let form = self.old.acro_form()?.map(|(_, form)| form).unwrap_or_default();
        let defaults = self.old.dictionary(&form, "DR")?.unwrap_or_default();
        let known: Vec<Object> = self
            .old
            .dictionary(&defaults, "Font")?
            .unwrap_or_default()
            .iter()
            .map(|(_, font)| font.clone())
            .collect();
        let fonts = self.new.dictionary(resources, "Font")?.unwrap_or_default();
        let same = |font: &Object| {
            font.as_reference().is_some_and(|id| {
                known.contains(font)
                    && !self.added.contains_key(&id.number)
                    && !self.modified.contains_key(&id.number)
            })
        };
        let good = fonts.iter().all(|(_, font)| same(font));
        Ok(good)
    }
}

fn dictionary(view: &View, id: crate::pdf::object::ObjectId) -> Result<Dictionary, PdfError> {
    Ok(view.get(id)?.as_dictionary().cloned().unwrap_or_default())
}

/// What may stand in the appearance of a filled field: one text, its place and colour, and a frame to stay inside. No
/// path is painted, no text is made invisible, nothing is scaled away, and no piece of text is put before another.
const OPERATORS: [&[u8]; 21] = [
    b"q", b"Q", b"BT", b"ET", b"Tf", b"Td", b"Tm", b"Tj", b"Tc", b"Tw", b"g", b"rg", b"k", b"G", b"RG", b"K",
    b"re", b"W", b"n", b"BMC", b"EMC",
];

/// The one string that a content stream shows, in the encoding most form fonts have; `None` when it cannot be read or does
/// more than write it.
fn shown_text(content: &[u8]) -> Option<String> {
    let mut lexer = Lexer::new(&content, 0, memory_end(content));
    let mut shown = None;
    loop {
        match lexer.token().ok()?.0 {
            Token::End => return Some(shown.unwrap_or_default()),
            Token::String(bytes) if shown.is_none() => shown = Some(text_string::decode(&bytes)),
            Token::String(_) => return None,
            Token::Keyword(word) if !OPERATORS.contains(&word.as_slice()) => return None,
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
            shown_text(b"/Tx BMC q 0 0 90 20 re W n BT /F 9 Tf 0 g 2 6 Td (One Two) Tj ET Q EMC").as_deref(),
            Some("One Two")
        );
        assert_eq!(shown_text(b"q Q").as_deref(), Some(""));
        assert_eq!(shown_text(b"/Image Do"), None);
        for trick in [
            &b"3 Tr (x) Tj"[..],
            b"(1) Tj -40 0 Td (00) Tj",
            b"[(1) 900 (00)] TJ",
            b"0 0 9 9 re f",
            b"/GS gs",
            b"1 0 0 1 900 0 cm",
            b"0 Tz",
            b"BI ID EI",
        ] {
            assert_eq!(shown_text(trick), None, "{}", String::from_utf8_lossy(trick));
        }
        assert_eq!(shown_text(b"(open"), None);
    }
}
