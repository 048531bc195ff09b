//! Where on a page a signature goes: a place asked for, or one that is free.

use super::appearance::Block;
use super::error::PdfError;
use super::object::Object;
use super::page::{Page, Rect};
use super::paper::Paper;
use super::signature_field::FieldError;
use super::view::View;

/// Most annotations of a page looked at.
const ANNOTATION_LIMIT: usize = 20_000;
/// Distance kept between blocks and from the edge, in points.
const GAP: f64 = 12.0;
/// Largest page, with all it draws on, that is drawn for a first signature, in bytes.
const DRAWN_FIRST: usize = 256 * 1024;
/// Most places tried on one page: a plan of a metre by two has some two hundred. A page may be said to be of any size.
const TRY_LIMIT: usize = 5_000;

/// Where the signature goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Placement {
    /// A visible block at the lowest blank place of the last page.
    Automatic {
        /// What it says.
        block: Block,
        /// As the reader sees it, in points.
        width: f64,
        /// As the reader sees it, in points.
        height: f64,
    },
    /// An empty field of the document, by its full name; drawn if a block is given and the field shows.
    Existing {
        /// Full name of the field.
        name: String,
        /// What it says.
        block: Option<Block>,
    },
    /// A field that does not show.
    Invisible,
    /// A visible block.
    Visible {
        /// What it says.
        block: Block,
        /// 0 for the first page.
        page: usize,
        /// In points from the lower left corner of the page as the reader sees it.
        place: Rect,
    },
}

pub(super) fn locate<'r>(
    view: &View,
    placement: &'r Placement,
) -> Result<(Page, Rect, Option<&'r Block>), FieldError> {
    let nothing = Rect::new(0.0, 0.0, 0.0, 0.0);
    match placement {
        Placement::Automatic { block, width, height } => {
            let (page, rect) = automatic(view, *width, *height)?;
            Ok((page, rect, Some(block)))
        }
        Placement::Visible { block, page, place } => {
            let page = view
                .page(*page)?
                .ok_or(FieldError::Nowhere("page of this number"))?;
            let rect = page.place_from_display(place);
            if rect.is_empty() || !page.crop_box.contains(&rect) {
                return Err(FieldError::OutOfBounds);
            }
            if occupied(view, &page)?.iter().any(|other| other.overlaps(&rect)) {
                return Err(FieldError::Overlap);
            }
            Ok((page, rect, Some(block)))
        }
        Placement::Existing { .. } | Placement::Invisible => {
            let page = view.page(0)?.ok_or(FieldError::Nowhere("page of this number"))?;
            Ok((page, nothing, None))
        }
    }
}

/// A blank place on the last page. Where none is blank, or the page cannot be drawn to see it, the lowest place that covers
/// no annotation: whoever signs after others is then refused before the signature, as it would not hold.
fn automatic(view: &View, width: f64, height: f64) -> Result<(Page, Rect), FieldError> {
    let last = view.last_page()?;
    // WHY: what the first signer's block lies over fails nobody; a page of plans or scans is drawn for those after them.
    let at_most = if view.signature_fields()?.is_empty() {
        DRAWN_FIRST
    } else {
        usize::MAX
    };
    if let Ok(paper) = Paper::within(view, &last, at_most)
        && let Some(rect) = fitting(view, &last, (width, height), Some(&paper))?
    {
        return Ok((last, rect));
    }
    let rect = fitting(view, &last, (width, height), None)?;
    Ok((last, rect.ok_or(FieldError::Nowhere("free place on the page"))?))
}

/// The place for a block that is no larger than the page between its margins.
fn fitting(
    view: &View,
    page: &Page,
    (width, height): (f64, f64),
    paper: Option<&Paper>,
) -> Result<Option<Rect>, PdfError> {
    let (page_width, page_height) = page.display_size();
    let (width, height) = (
        width.min(page_width - 4.0 * GAP),
        height.min(page_height - 4.0 * GAP),
    );
    free_place(view, page, (width, height), paper)
}

/// The lowest place on `page`, leftmost first, for a block of `width` by `height` points as the reader sees it,
/// that covers no annotation, and nothing that `paper` shows. In units and axes of the page.
///
/// Blocks stand in rows and columns; only where all of those are taken, anywhere between.
///
/// # Errors
/// When the annotations cannot be read.
pub fn free_place(
    view: &View,
    page: &Page,
    (width, height): (f64, f64),
    paper: Option<&Paper>,
) -> Result<Option<Rect>, PdfError> {
    let taken = occupied(view, page)?;
    let (page_width, page_height) = page.display_size();
    // A page narrower than its margins leaves nothing, and one step must be longer than none.
    if !(width > 0.0 && height > 0.0) {
        return Ok(None);
    }
    let mut tries = TRY_LIMIT;
    let between = paper.map(|_| (2.0 * GAP, GAP));
    for (across, up) in std::iter::once((width + GAP, height + GAP)).chain(between) {
        let mut y = GAP * 2.0;
        while y + height <= page_height {
            let mut x = GAP * 2.0;
            while x + width <= page_width {
                tries = tries.saturating_sub(1);
                if tries == 0 {
                    return Ok(None);
                }
                let rect = page.place_from_display(&Rect::new(x, y, x + width, y + height));
                if page.crop_box.contains(&rect)
                    && !taken.iter().any(|other| other.overlaps(&rect))
                    && paper.is_none_or(|paper| paper.is_blank(page, &rect))
                {
                    return Ok(Some(rect));
                }
                x += across;
            }
            y += up;
        }
    }
    Ok(None)
}

/// Rectangles of all annotations of `page` that show.
fn occupied(view: &View, page: &Page) -> Result<Vec<Rect>, PdfError> {
    let mut found = Vec::new();
    for annotation in view
        .array(&page.dictionary, "Annots")?
        .iter()
        .take(ANNOTATION_LIMIT)
    {
        if let Object::Dictionary(annotation) = view.resolve(annotation)?
            && let Some(rect) = annotation.get("Rect")
        {
            found.extend(Rect::from_object(view, rect)?.filter(|rect| !rect.is_empty()));
        }
    }
    Ok(found)
}
