//! The visible signature: what a person reading the paper sees.

use std::sync::Arc;

use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::mandates::verdict::Verdict;
use crate::pdf::appearance::{Block, Line};
use crate::pdf::image::Image;
use crate::pdf::signature_field::Placement;

/// Size of the block without a picture, in points.
const PLAIN: (f64, f64) = (230.0, 74.0);
/// Width with one: two of them still stand side by side on an A4 sheet.
const PICTURED_WIDTH: f64 = 276.0;

/// Where the block goes and what it says: `lines`, the line that is `name` in bold. `is_test`: the block is marked as
/// material of the laboratory.
pub fn placement(lines: Vec<String>, name: &str, is_test: bool) -> Placement {
    let line = |line: String| {
        if line == name {
            Line::bold(line)
        } else {
            Line::regular(line)
        }
    };
    let block = Block {
        lines: lines.into_iter().map(line).collect(),
        mark: is_test.then(|| "TEST".to_owned()),
        image: None,
    };
    let (width, height) = PLAIN;
    Placement::Automatic { block, width, height }
}

/// The same block with `image` at the left of its lines.
pub fn with_picture(placement: &Placement, image: Arc<Image>) -> Placement {
    match placement {
        Placement::Automatic { block, height, .. } => Placement::Automatic {
            block: Block {
                image: Some(image),
                ..block.clone()
            },
            width: PICTURED_WIDTH,
            height: *height,
        },
        other => other.clone(),
    }
}

/// The lines for `name` signing by `verdict` at `now`, in `language`: that of the act, not of the signer.
///
/// A delegate's mention comes first: the law wants it above signature, name and function (art. 280 and 283 of the
/// Decree on Local Government).
pub fn lines(name: &str, verdict: &Verdict, language: Language, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(verdict.mention().map(|mention| mention.text(language).to_owned()));
    lines.push(name.to_owned());
    lines.extend(verdict.capacity.as_ref().map(|capacity| capacity.label(language)));
    let at = now.to_brussels_text();
    lines.push(match language {
        Language::De => format!("elektronisch unterschrieben am {at}"),
        Language::En => format!("signed electronically on {at}"),
        Language::Fr => format!("signé électroniquement le {at}"),
        Language::Nl => format!("elektronisch ondertekend op {at}"),
    });
    lines
}
