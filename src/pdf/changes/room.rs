//! Where a new signature shows itself: on blank paper, over nothing that was signed.
//!
//! The sneaky signature attack puts a block over words of a certified document (Rohlmann and others, "Breaking the
//! Specification: PDF Certification", 2021). What the block looks like is not weighed: transparent ink over words
//! changes what is read as well as a white patch does. A place that an empty field kept when the document was signed is
//! another matter: it was seen.

use std::collections::HashMap;

use super::step::Step;
use crate::pdf::active::covers_much;
use crate::pdf::document::View;
use crate::pdf::error::PdfError;
use crate::pdf::lexer::{Lexer, Token, memory_end};
use crate::pdf::object::{Dictionary, Object};
use crate::pdf::page::{Page, Rect};
use crate::pdf::paper::Paper;

/// Most pages of a file drawn to see what is on them.
const PAGE_LIMIT: usize = 32;
/// Most drawing operations of all of them.
const OPERATION_LIMIT: usize = 4_000_000;
/// Largest appearance read to see whether it paints.
const CONTENT_LIMIT: usize = 64 * 1024;
/// Annotation flags: its size or turn is not that of the page. ISO 32000-2 table 167.
const OWN_SIZE: i64 = 1 << 3 | 1 << 4;

/// The pages of a file that later signatures show themselves on, each drawn once.
///
/// What a page itself shows never changes but by a change that is not allowed; then [`Self::forget`] it. The
/// annotations that come to it are compared by their rectangles.
pub(super) struct Papers {
    /// By number of the page object; `None` for one that cannot be drawn.
    drawn: HashMap<u32, Option<Paper>>,
    /// Pages that may still be drawn, and operations.
    left: (usize, usize),
}

impl Papers {
    pub(super) fn new() -> Self {
        Self {
            drawn: HashMap::new(),
            left: (PAGE_LIMIT, OPERATION_LIMIT),
        }
    }

    pub(super) fn forget(&mut self) {
        self.drawn.clear();
    }

    fn of(&mut self, view: &View, page: &Page) -> Option<&Paper> {
        let Self { drawn, left } = self;
        drawn
            .entry(page.id.number)
            .or_insert_with(|| {
                left.0 = left.0.checked_sub(1)?;
                let paper = Paper::of(view, page).ok()?;
                left.1 = left.1.checked_sub(paper.cost())?;
                Some(paper)
            })
            .as_ref()
    }
}

impl Step<'_> {
    /// A new block lies over nothing that the page shows or that could be clicked or filled, and leaves most of the
    /// page in sight.
    pub(super) fn check_room(
        &mut self,
        page: u32,
        present: &[Object],
        appended: &[Object],
    ) -> Result<(), PdfError> {
        let new = self.shown(appended)?;
        if new.is_empty() {
            return Ok(());
        }
        let taken = self.shown(present)?;
        let sheet = self.sheet(page)?;
        for (index, (rect, widget)) in new.iter().enumerate() {
            let others = taken.iter().chain(new.iter().take(index));
            if others.into_iter().any(|(other, _)| other.overlaps(rect)) {
                self.undefined(
                    Some(page),
                    "a signature was added over another field or annotation",
                );
            }
            if sheet.is_none_or(|sheet| covers_much(rect, &sheet)) {
                self.undefined(Some(page), "a signature was added that covers much of its page");
            }
            if self.paints(widget) {
                self.check_paper(page, rect, widget)?;
            }
        }
        Ok(())
    }

    fn check_paper(&mut self, number: u32, rect: &Rect, widget: &Dictionary) -> Result<(), PdfError> {
        let flags = self.new.value(widget, "F")?.as_integer().unwrap_or(0);
        if flags & OWN_SIZE != 0 {
            self.undefined(
                Some(number),
                "a signature was added whose size or turn is not that of its page",
            );
        }
        let mut page = None;
        self.old.for_each_page(&mut |one| {
            if one.id.number == number {
                page = Some(one);
            }
            page.is_none()
        })?;
        // A page that is new is reported as such.
        let Some(page) = page else { return Ok(()) };
        match self
            .papers
            .of(&self.old, &page)
            .map(|paper| paper.is_blank(&page, rect))
        {
            Some(true) => {}
            Some(false) => self.undefined(Some(number), "a signature was added over what its page shows"),
            None => self.undefined(
                Some(number),
                "a signature was added to a page that cannot be drawn to see what it covers",
            ),
        }
        Ok(())
    }

    /// Whether a reader may draw something for `widget`. What cannot be read counts as drawn.
    fn paints(&self, widget: &Dictionary) -> bool {
        let Ok(appearance) = self.new.dictionary(widget, "AP") else {
            return true;
        };
        let appearance = appearance.unwrap_or_default();
        if appearance.iter().any(|(key, _)| !key.is("N")) || widget.contains("MK") {
            return true;
        }
        match self.new.value(&appearance, "N") {
            Ok(Object::Null) => false,
            Ok(Object::Stream(form)) => self
                .new
                .stream_bytes(&form, CONTENT_LIMIT)
                .map_or(true, |content| paints(&content)),
            _ => true,
        }
    }

    /// The annotations with an area, and it.
    fn shown(&self, annotations: &[Object]) -> Result<Vec<(Rect, Dictionary)>, PdfError> {
        let mut found = Vec::new();
        for annotation in annotations {
            if let Object::Dictionary(annotation) = self.new.resolve(annotation)?
                && let Some(rect) = annotation.get("Rect")
                && let Some(rect) = Rect::from_object(&self.new, rect)?.filter(|rect| !rect.is_empty())
            {
                found.push((rect, annotation));
            }
        }
        Ok(found)
    }

    fn sheet(&mut self, number: u32) -> Result<Option<Rect>, PdfError> {
        let sheets = if let Some(sheets) = self.sheets.take() {
            sheets
        } else {
            let mut sheets = HashMap::new();
            self.new.for_each_page(&mut |page| {
                sheets.insert(page.id.number, page.crop_box);
                true
            })?;
            sheets
        };
        let found = sheets.get(&number).copied();
        self.sheets = Some(sheets);
        Ok(found)
    }
}

/// What a content stream may do and leave the page as it was: states, places, and paths that are never painted.
const SILENT: [&[u8]; 14] = [
    b"q", b"Q", b"cm", b"w", b"J", b"j", b"re", b"W", b"W*", b"n", b"BMC", b"BDC", b"EMC", b"gs",
];

fn paints(content: &[u8]) -> bool {
    let mut lexer = Lexer::new(&content, 0, memory_end(content));
    loop {
        match lexer.token() {
            Ok((Token::End, ..)) => return false,
            Ok((Token::Keyword(word), ..)) if !SILENT.contains(&word.as_slice()) => return true,
            Ok(_) => {}
            Err(_) => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::paints;

    #[test]
    fn an_empty_appearance_is_known_from_one_that_paints() {
        for empty in [&b""[..], b"q Q", b"% DSBlank\n", b"q 0 0 9 9 re W n Q"] {
            assert!(!paints(empty), "{}", String::from_utf8_lossy(empty));
        }
        for drawn in [
            &b"0 0 9 9 re f"[..],
            b"/Im Do",
            b"BT (x) Tj ET",
            b"BI ID EI",
            b"(open",
        ] {
            assert!(paints(drawn), "{}", String::from_utf8_lossy(drawn));
        }
    }
}
