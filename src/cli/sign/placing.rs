//! Where in a PDF the signature goes, where somebody says so.

use std::str::FromStr;

use clap::Args;

use crate::pdf::appearance::Block;
use crate::pdf::document::Document;
use crate::pdf::error::PdfError;
use crate::pdf::page::Rect;
use crate::pdf::signature::FieldState;
use crate::pdf::signature_field::Placement;

/// Size of a block of text alone, and its width with a picture, where the text keeps its room; in points.
const WIDTH: f64 = 200.0;
const WIDTH_WITH_IMAGE: f64 = 320.0;
const HEIGHT: f64 = 64.0;

/// Where the signature goes; without any of it to a free place at the foot of the last page.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Placing {
    /// Sign in this empty signature field that the PDF has, by its full name; what the field requires of a signature
    /// holds.
    #[arg(long, value_name = "NAME", conflicts_with = "page")]
    field: Option<String>,
    /// The page on which the signature shows, 1 for the first; with --at.
    #[arg(long, value_name = "N", requires = "at", value_parser = clap::value_parser!(u32).range(1..))]
    page: Option<u32>,
    /// Where on that page: in points from its lower left corner as it is seen, then width and height [default: 200,64].
    #[arg(long, value_name = "X,Y[,W,H]", requires = "page")]
    at: Option<Spot>,
}

impl Placing {
    /// Whether anything was said.
    pub(super) const fn is_given(&self) -> bool {
        self.field.is_some() || self.page.is_some()
    }

    /// The placement of `block`.
    pub(super) fn placement(&self, block: Block) -> Placement {
        let usual = if block.image.is_some() {
            WIDTH_WITH_IMAGE
        } else {
            WIDTH
        };
        if let Some(name) = &self.field {
            return Placement::Existing {
                name: name.clone(),
                block: Some(block),
            };
        }
        if let (Some(page), Some(at)) = (self.page, self.at) {
            let (width, height) = at.size.unwrap_or((usual, HEIGHT));
            return Placement::Visible {
                block,
                page: usize::try_from(page.saturating_sub(1)).unwrap_or(usize::MAX),
                place: Rect::new(at.x, at.y, at.x + width, at.y + height),
            };
        }
        Placement::Automatic {
            block,
            width: usual,
            height: HEIGHT,
        }
    }
}

/// A place on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spot {
    x: f64,
    y: f64,
    size: Option<(f64, f64)>,
}

impl FromStr for Spot {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected X,Y or X,Y,W,H in points, as in 72,144 or 72,144,200,64";
        let numbers: Vec<f64> = text
            .split(',')
            .map(|part| part.trim().parse::<f64>().map_err(|_| EXPECTED))
            .collect::<Result<_, _>>()?;
        if !numbers.iter().all(|number| number.is_finite() && *number >= 0.0) {
            return Err(EXPECTED);
        }
        match *numbers.as_slice() {
            [x, y] => Ok(Self { x, y, size: None }),
            [x, y, width, height] if width > 0.0 && height > 0.0 => Ok(Self {
                x,
                y,
                size: Some((width, height)),
            }),
            _ => Err(EXPECTED),
        }
    }
}

/// The one empty signature field of `document`, by its full name; none when it has none, or several.
///
/// # Errors
/// When its form cannot be read.
pub(super) fn only_empty_field(document: &Document) -> Result<Option<String>, PdfError> {
    let fields = document.latest().signature_fields()?;
    let mut empty = fields
        .into_iter()
        .filter(|field| matches!(field.state, FieldState::Empty));
    Ok(match (empty.next(), empty.next()) {
        (Some(only), None) => Some(only.field.full_name),
        _ => None,
    })
}
