//! The text a page shows, in reading order as its content has it: for the signing page and for screen readers.
//!
//! Limits: words come in the order they are drawn, so columns and tables may mix; text inside images is not read
//! (their number is told); a glyph whose font does not say what it means is counted, not guessed.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use hayro::hayro_interpret::font::{Glyph, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};
use hayro::hayro_syntax::Pdf;
use hayro::kurbo::{Affine, BezPath, Point, Rect};

use super::document::View;
use super::error::PdfError;
use super::extract;
use super::page::Page;

/// Most drawing operations of one page, nested forms unfolded: a dense map has some hundred thousand.
const OPERATION_LIMIT: usize = 2_000_000;
/// Most characters taken from one page.
const TEXT_LIMIT: usize = 1_000_000;
/// Most pages read at once.
const PAGE_LIMIT: usize = 2_000;

/// What a page says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageText {
    /// Its lines, separated by line feeds.
    pub text: String,
    /// Glyphs that are shown and whose meaning the file does not tell.
    pub unreadable: usize,
    /// Images shown; what they say is not read.
    pub images: usize,
}

/// The text of every page of `view`, in order.
///
/// # Errors
/// As [`of_page`]; `Limit` for a document of too many pages.
pub fn of_document(view: &View) -> Result<Vec<PageText>, PdfError> {
    let mut pages = Vec::new();
    let mut outcome = Ok(());
    view.for_each_page(&mut |page| {
        if pages.len() >= PAGE_LIMIT {
            outcome = Err(PdfError::limit(0, "fewer pages"));
            return false;
        }
        match of_page(view, &page) {
            Ok(text) => pages.push(text),
            Err(error) => outcome = Err(error),
        }
        outcome.is_ok()
    })?;
    outcome.map(|()| pages)
}

/// The text of `page` of `view`, its annotations too.
///
/// # Errors
/// `Limit` for a page that is too large or draws without end; `Unsupported` when the page cannot be interpreted.
pub fn of_page(view: &View, page: &Page) -> Result<PageText, PdfError> {
    let bytes = extract::page(view, page)?;
    guarded(move || {
        let file = Pdf::new(bytes).ok()?;
        read(&file)
    })
}

/// Runs `work` of the drawing library; its panics and the budget's end become refusals.
pub(super) fn guarded<T>(work: impl FnOnce() -> Option<T>) -> Result<T, PdfError> {
    let unsupported = PdfError::unsupported(0, "a page that can be shown");
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(found) => found.ok_or(unsupported),
        Err(thrown) if is_budget(thrown.as_ref()) => Err(PdfError::limit(0, "a page that draws less")),
        Err(_) => Err(unsupported),
    }
}

/// Thrown out of the interpreter, which knows no other way to stop.
struct OverBudget;

fn is_budget(thrown: &(dyn Any + Send)) -> bool {
    thrown.is::<OverBudget>()
}

/// Reads the only page of `file`; `None` when it has none.
fn read(file: &Pdf) -> Option<PageText> {
    interpreted(file).map(Reader::finish)
}

/// What drawing the only page of `file` costs, in operations; `None` when it has none.
pub(super) fn cost(file: &Pdf) -> Option<usize> {
    interpreted(file).map(|reader| reader.operations)
}

fn interpreted(file: &Pdf) -> Option<Reader> {
    let page = file.pages().first()?;
    let cache = InterpreterCache::new();
    let (width, height) = page.render_dimensions();
    let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let transform = Affine::new(page.initial_transform(true).as_coeffs());
    let mut context = Context::new(
        transform,
        bounds,
        &cache,
        page.xref(),
        InterpreterSettings::default(),
    );
    let mut reader = Reader::default();
    interpret_page(page, &mut context, &mut reader);
    Some(reader)
}

#[derive(Default)]
struct Reader {
    found: PageText,
    operations: usize,
    /// Where the last glyph ended, and its size.
    pen: Option<(Point, f64)>,
}

impl Reader {
    fn spend(&mut self, count: usize) {
        self.operations = self.operations.saturating_add(count);
        if self.operations > OPERATION_LIMIT || self.found.text.len() > TEXT_LIMIT {
            resume_unwind(Box::new(OverBudget));
        }
    }

    fn finish(self) -> PageText {
        let text = self
            .found
            .text
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n");
        PageText {
            text: text.trim_matches('\n').to_owned(),
            ..self.found
        }
    }

    fn glyph(&mut self, glyph: &Glyph<'_>, place: Affine) {
        let origin = place * Point::ZERO;
        let size = (place * Point::new(0.0, 1000.0) - origin).hypot();
        let advance = match glyph {
            Glyph::Outline(outline) => outline.advance_width().unwrap_or(500.0),
            Glyph::Type3(_) => 500.0,
        };
        let text = match glyph.as_unicode() {
            Some(BfString::Char(letter)) => letter.to_string(),
            Some(BfString::String(text)) => text,
            None => {
                self.found.unreadable = self.found.unreadable.saturating_add(1);
                '\u{fffd}'.to_string()
            }
        };
        if let Some((end, last)) = self.pen {
            let scale = size.max(last).max(f64::EPSILON);
            let (right, down) = ((origin.x - end.x) / scale, (origin.y - end.y) / scale);
            if down.abs() > 0.5 || right < -1.0 {
                self.found.text.push('\n');
                if down.abs() > 1.9 {
                    self.found.text.push('\n');
                }
            } else if right > 0.15 && !self.found.text.ends_with([' ', '\n']) {
                self.found.text.push(' ');
            }
        }
        let clean = text.chars().filter(|letter| !letter.is_control());
        self.found.text.extend(clean);
        self.pen = Some((place * Point::new(f64::from(advance), 0.0), size));
    }
}

impl<'a> Device<'a> for Reader {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.spend(1);
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        // Each form begins with one, and unfolding a form costs more than a stroke.
        self.spend(40);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.spend(1);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        self.spend(run.glyphs().len().saturating_add(1));
        for glyph in run.glyphs() {
            self.glyph(glyph, props.transform * glyph.transform());
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        // An image costs what its pixels cost; a thousand of them is a page of scans.
        self.spend(1_000);
        self.found.images = self.found.images.saturating_add(1);
    }

    fn pop_clip(&mut self) {
        self.spend(1);
    }

    fn pop_transparency_group(&mut self) {
        self.spend(1);
    }
}
