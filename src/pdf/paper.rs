//! Where a page is blank: the page drawn small, and looked at.
//!
//! Paper is what is light and even. A tint, a pale watermark or the grain of a scan is paper; a line of small print or a
//! hairline is not. Text that a page holds and does not show, such as that under a scan, is no ink.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning};

use super::document::View;
use super::error::PdfError;
use super::number;
use super::page::{Page, Rect};
use super::preview::{drawable, drawn};
use super::text::guarded;

/// Longer side of the drawing, in pixels: a pixel a point up to A2.
const LONGEST: f64 = 1_700.0;
/// Darkest paper, of 255, in the darkest of its colours.
const DARKEST: u8 = 200;
/// How much lightness of paper varies, of 255. A hairline of a quarter of a point makes 64 of it.
const GRAIN: u8 = 24;
/// How far a place may reach over ink at each edge, in pixels: a frame that touches a line hides nothing.
const TOUCH: f64 = 1.0;

/// A page as drawn, annotations too.
#[derive(Debug)]
pub struct Paper {
    columns: u16,
    rows: u16,
    /// The darkest colour of each pixel, row by row from the top as the reader sees it; none when nothing is drawn.
    samples: Vec<u8>,
    cost: usize,
}

impl Paper {
    /// Draws `page` of `view`: some milliseconds, up to a second for a map.
    ///
    /// # Errors
    /// `Limit` for a page that is too large or draws without end; `Unsupported` when it cannot be drawn whole: an image
    /// or a font that is not understood leaves a gap that is no paper.
    pub fn of(view: &View, page: &Page) -> Result<Self, PdfError> {
        Self::within(view, page, usize::MAX)
    }

    /// The same for a page that is no larger than `at_most` bytes with all it draws on.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn within(view: &View, page: &Page, at_most: usize) -> Result<Self, PdfError> {
        if view.value(&page.dictionary, "Contents")?.is_null()
            && view.array(&page.dictionary, "Annots")?.is_empty()
        {
            return Ok(Self {
                columns: 0,
                rows: 0,
                samples: Vec::new(),
                cost: 0,
            });
        }
        let bytes = drawable(view, page)?;
        if bytes.len() > at_most {
            return Err(PdfError::limit(0, "a smaller page to draw"));
        }
        guarded(move || {
            let gap = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&gap);
            let settings = InterpreterSettings {
                warning_sink: Arc::new(move |warning| {
                    if matches!(
                        warning,
                        InterpreterWarning::ImageDecodeFailure | InterpreterWarning::UnsupportedFont
                    ) {
                        seen.store(true, Ordering::Relaxed);
                    }
                }),
                ..InterpreterSettings::default()
            };
            let scale = |width: f64, height: f64| (LONGEST / width.max(height)).min(1.0);
            let (picture, cost) = drawn(bytes, scale, settings)?;
            let samples: Vec<u8> = picture
                .data_as_u8_slice()
                .chunks_exact(4)
                .map(|pixel| pixel.iter().take(3).copied().min().unwrap_or(0))
                .collect();
            (!gap.load(Ordering::Relaxed)).then(|| Self {
                columns: picture.width(),
                rows: picture.height(),
                samples,
                cost,
            })
        })
    }

    /// What drawing it cost, in operations.
    pub const fn cost(&self) -> usize {
        self.cost
    }

    /// Whether `rect`, in units and axes of `page`, lies on blank paper. Outside the page there is none to cover.
    pub fn is_blank(&self, page: &Page, rect: &Rect) -> bool {
        if self.samples.is_empty() {
            return true;
        }
        let Some(rect) = rect.intersection(&page.crop_box) else {
            return true;
        };
        let (columns, rows) = self.span(page, &rect);
        let (mut darkest, mut lightest) = (u8::MAX, u8::MIN);
        let lines = self.samples.chunks(usize::from(self.columns).max(1));
        // Of a page that is full, most places are left after their first line.
        lines.skip(rows.0).take(rows.1).all(|line| {
            for sample in line.iter().skip(columns.0).take(columns.1) {
                darkest = darkest.min(*sample);
                lightest = lightest.max(*sample);
            }
            lightest < darkest || (darkest >= DARKEST && lightest.saturating_sub(darkest) <= GRAIN)
        })
    }

    /// First and number of the columns, and of the rows, that `rect` covers.
    fn span(&self, page: &Page, rect: &Rect) -> ((usize, usize), (usize, usize)) {
        let seen = page.place_to_display(rect);
        let (width, height) = page.display_size();
        let (columns, rows) = (f64::from(self.columns), f64::from(self.rows));
        let part = |from: f64, to: f64| {
            let touch = if to - from > 4.0 * TOUCH { TOUCH } else { 0.0 };
            let first = number::to_index((from + touch).floor());
            let last = number::to_index((to - touch).ceil());
            (first, last.saturating_sub(first))
        };
        (
            part(seen.x0 / width * columns, seen.x1 / width * columns),
            part((1.0 - seen.y1 / height) * rows, (1.0 - seen.y0 / height) * rows),
        )
    }
}
