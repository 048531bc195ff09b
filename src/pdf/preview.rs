//! A page as a picture. Bounded: in size here, in work by reading the page's text first under a budget.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::Pixmap;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

use super::document::View;
use super::error::PdfError;
use super::extract;
use super::number;
use super::page::Page;
use super::text::{cost, guarded};

/// Widest and highest picture, in pixels.
pub const PIXEL_LIMIT: u16 = 2_400;
/// Largest picture on the longer side of an image inside the page, in pixels.
const IMAGE_LIMIT: i64 = 20_000;

/// `page` of `view` as a PNG `width` pixels wide, on white, with its annotations.
///
/// `width`: 1 to [`PIXEL_LIMIT`]; less is drawn when the page would be higher than that. A page takes some tens of
/// milliseconds and up to a second: not on a thread that others wait for.
///
/// # Errors
/// `Limit` for a page that is too large or draws without end; `Unsupported` when the page cannot be interpreted.
pub fn png(view: &View, page: &Page, width: u16) -> Result<Vec<u8>, PdfError> {
    let bytes = drawable(view, page)?;
    guarded(move || {
        let scale = |page_width: f64, page_height: f64| {
            let wide = f64::from(width.clamp(1, PIXEL_LIMIT)) / page_width;
            wide.min(f64::from(PIXEL_LIMIT) / page_height)
        };
        let (picture, _) = drawn(bytes, scale, InterpreterSettings::default())?;
        picture.into_png().ok()
    })
}

/// `page` of `view` as a small file that is safe to draw.
///
/// # Errors
/// `Limit` for a page, or an image on it, that is too large.
pub(super) fn drawable(view: &View, page: &Page) -> Result<Vec<u8>, PdfError> {
    let bytes = extract::page(view, page)?;
    check_images(&bytes)?;
    Ok(bytes)
}

/// The only page of the file `bytes`, on white, and what drawing it cost in operations. Called in [`guarded`].
///
/// `scale`: pixels a point, from width and height of the page in points.
pub(super) fn drawn(
    bytes: Vec<u8>,
    scale: impl FnOnce(f64, f64) -> f64,
    interpreter: InterpreterSettings,
) -> Option<(Pixmap, usize)> {
    let file = Pdf::new(bytes).ok()?;
    // WHY: reading the text runs the same operations under a budget; what passes can be drawn.
    let cost = cost(&file)?;
    let page = file.pages().first()?;
    let (page_width, page_height) = page.render_dimensions();
    let (page_width, page_height) = (f64::from(page_width), f64::from(page_height));
    if !(page_width > 0.0 && page_height > 0.0) {
        return None;
    }
    let scale = scale(page_width, page_height);
    // Half a pixel more, as the library rounds down.
    let exact = |length: f64| number::to_f32(((length * scale).round().max(1.0) + 0.5) / length);
    let settings = PixmapSettings {
        x_scale: exact(page_width),
        y_scale: exact(page_height),
        bg_color: WHITE,
    };
    let cache = RenderCache::new();
    let picture = render(page, &cache, &interpreter, &RenderSettings::default(), &settings);
    Some((picture, cost))
}

/// Refuses images that announce more pixels than anybody prints.
fn check_images(bytes: &[u8]) -> Result<(), PdfError> {
    let document = super::document::Document::open(std::sync::Arc::new(bytes.to_vec()))?;
    let view = document.latest();
    for number in 1..document.size() {
        let object = view.get(super::object::ObjectId::new(number))?;
        let Some(dictionary) = object
            .as_dictionary()
            .filter(|one| one.is_name("Subtype", "Image"))
        else {
            continue;
        };
        for key in ["Width", "Height"] {
            let length = view.value(dictionary, key)?.as_integer().unwrap_or(0);
            if !(0..=IMAGE_LIMIT).contains(&length) {
                return Err(PdfError::limit(0, "images of fewer pixels"));
            }
        }
    }
    Ok(())
}
