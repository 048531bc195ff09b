//! The visible block of a signature: lines of text in an embedded font, upright however the page is turned.
//!
//! Grey only, no transparency, every font embedded, so that a PDF/A stays one. ISO 32000-2 §12.5.5; ISO 19005-1 §6.

use std::fmt::Write as _;
use std::sync::Arc;

use super::font::{Font, FontError, Weight};
use super::image::Image;
use super::object::{Dictionary, Object, ObjectId};
use super::page::Rect;
use super::sink::Sink;
use super::{text_string, write};

/// Room between border and text, in points.
const PADDING: f64 = 5.0;
/// Distance of base lines, as a part of the font size.
const LEADING: f64 = 1.25;
/// Smallest font size tried before the text is refused: still readable on paper.
const SMALLEST: f64 = 5.0;
/// Most characters in a block.
const TEXT_LIMIT: usize = 2_000;
/// How much of the block's width a picture takes at most when there is text beside it.
const IMAGE_PART: f64 = 0.4;

/// One line of the block; a long one is wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The words.
    pub text: String,
    /// How heavy they are.
    pub weight: Weight,
}

impl Line {
    /// A line in the regular weight.
    pub fn regular(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            weight: Weight::Regular,
        }
    }

    /// A line in bold.
    pub fn bold(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            weight: Weight::Bold,
        }
    }
}

/// What the block says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Block {
    /// Name, capacity, mention of a delegation, date: one after the other.
    pub lines: Vec<Line>,
    /// A word in white on black above the lines: `TEST` for material of the laboratory.
    pub mark: Option<String>,
    /// A picture to the left of the lines.
    pub image: Option<Arc<Image>>,
}

impl Block {
    /// The same with nothing showing through its picture.
    pub(super) fn on_white(&self) -> Self {
        Self {
            image: self.image.as_ref().map(|image| Arc::new(image.on_white())),
            ..self.clone()
        }
    }

    pub(super) fn is_transparent(&self) -> bool {
        self.image.as_ref().is_some_and(|image| image.is_transparent())
    }
}

/// Why a block cannot be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AppearanceError {
    /// The font compiled in could not be used.
    #[error(transparent)]
    Font(#[from] FontError),
    /// The text does not fit, even at the smallest readable size.
    #[error("the text does not fit a block of {width} by {height} points")]
    TooMuchText {
        /// Width of the block, in points.
        width: f64,
        /// Height of the block, in points.
        height: f64,
    },
}

impl AppearanceError {
    /// The stable code for logs and tables.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Font(_) => "PDF_APPEARANCE_FONT",
            Self::TooMuchText { .. } => "PDF_APPEARANCE_TEXT",
        }
    }
}

struct Fonts {
    bold: Font,
    regular: Font,
}

impl Fonts {
    const fn of(&mut self, weight: Weight) -> &mut Font {
        match weight {
            Weight::Bold => &mut self.bold,
            Weight::Regular => &mut self.regular,
        }
    }
}

/// Draws `block` and gives the form XObject for `/AP << /N … >>`.
///
/// `width`, `height`: of the block as a reader sees it, in units of the page.
/// `rotate`: `/Rotate` of the page, which the block undoes.
/// `size`: the font size wished for; a smaller one is taken when the text would not fit.
///
/// # Errors
/// `TooMuchText` when it does not fit at the smallest size.
pub fn draw(
    sink: &mut dyn Sink,
    block: &Block,
    width: f64,
    height: f64,
    rotate: u16,
    size: f64,
) -> Result<ObjectId, AppearanceError> {
    let too_much = AppearanceError::TooMuchText { width, height };
    if block.lines.iter().map(|line| line.text.len()).sum::<usize>() > TEXT_LIMIT {
        return Err(too_much);
    }
    let mut fonts = Fonts {
        bold: Font::new(Weight::Bold)?,
        regular: Font::new(Weight::Regular)?,
    };
    let picture = block
        .image
        .as_deref()
        .map(|image| picture_place(image, block, width, height));
    let left = picture.map_or(PADDING, |place| place.x1 + PADDING);
    let mut size = size.clamp(SMALLEST, 72.0);
    let lines = loop {
        let lines = wrapped(&mut fonts, block, width - left - PADDING, size);
        if let Some(lines) = lines.filter(|lines| needed_height(lines, block, size) <= height) {
            break lines;
        }
        if size <= SMALLEST {
            return Err(too_much);
        }
        size = (size - 0.5).max(SMALLEST);
    };
    let mut content = content(&mut fonts, block, &lines, (left, width, height), size);
    let mut resources = Dictionary::new();
    let bold_used = block.mark.is_some() || lines.iter().any(|line| line.weight == Weight::Bold);
    let regular_used = lines.iter().any(|line| line.weight == Weight::Regular);
    if bold_used {
        resources.set("Bold", fonts.bold.finish(sink)?);
    }
    if regular_used {
        resources.set("Regular", fonts.regular.finish(sink)?);
    }
    let form = Dictionary::new()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("BBox", Rect::new(0.0, 0.0, width, height).to_object())
        .with("Matrix", matrix(rotate));
    let mut all = Dictionary::new().with("Font", resources);
    if let (Some(image), Some(place)) = (&block.image, picture) {
        content.push_str(&shown_picture(image, place));
        all.set("XObject", Dictionary::new().with("Picture", image.add(sink)));
    }
    let form = form.with("Resources", all);
    Ok(sink.add_stream(form, content.into_bytes()))
}

/// A form XObject that shows nothing.
pub(super) fn nothing(sink: &mut dyn Sink) -> ObjectId {
    let form = Dictionary::new()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("BBox", Rect::new(0.0, 0.0, 0.0, 0.0).to_object())
        .with("Resources", Dictionary::new());
    sink.add_stream(form, Vec::new())
}

/// Turns the block against the clockwise turn of the page. ISO 32000-2 §12.5.5, algorithm "appearance streams".
fn matrix(rotate: u16) -> Object {
    let numbers: [i64; 6] = match rotate {
        90 => [0, 1, -1, 0, 0, 0],
        180 => [-1, 0, 0, -1, 0, 0],
        270 => [0, -1, 1, 0, 0, 0],
        _ => [1, 0, 0, 1, 0, 0],
    };
    Object::Array(numbers.into_iter().map(Object::Integer).collect())
}

fn needed_height(lines: &[Line], block: &Block, size: f64) -> f64 {
    let count = f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    let mark = if block.mark.is_some() { size * 1.5 } else { 0.0 };
    count * size * LEADING + mark + 2.0 * PADDING
}

/// The lines broken between words; `None` when a single letter is wider than the block.
fn wrapped(fonts: &mut Fonts, block: &Block, width: f64, size: f64) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    for line in &block.lines {
        let font = fonts.of(line.weight);
        let mut current = String::new();
        for word in line.text.split_whitespace() {
            let joined = if current.is_empty() {
                word.to_owned()
            } else {
                format!("{current} {word}")
            };
            if font.width(&joined, size) <= width {
                current = joined;
                continue;
            }
            if !current.is_empty() {
                lines.push(Line {
                    text: std::mem::take(&mut current),
                    weight: line.weight,
                });
            }
            for letter in word.chars() {
                let longer = format!("{current}{letter}");
                if font.width(&longer, size) <= width {
                    current = longer;
                } else if current.is_empty() {
                    return None;
                } else {
                    lines.push(Line {
                        text: std::mem::take(&mut current),
                        weight: line.weight,
                    });
                    current.push(letter);
                }
            }
        }
        lines.push(Line {
            text: current,
            weight: line.weight,
        });
    }
    Some(lines)
}

/// As large as its part of the block lets it be, its sides as they are to each other, in the middle of the height.
fn picture_place(image: &Image, block: &Block, width: f64, height: f64) -> Rect {
    let part = if block.lines.is_empty() { 1.0 } else { IMAGE_PART };
    let room = (
        (width * part - 2.0 * PADDING).max(1.0),
        (height - 2.0 * PADDING).max(1.0),
    );
    let (wide, high) = image.size();
    let scale = (room.0 / wide).min(room.1 / high);
    let (wide, high) = (wide * scale, high * scale);
    let bottom = (height - high) / 2.0;
    Rect::new(PADDING, bottom, PADDING + wide, bottom + high)
}

/// The picture with the words for who does not see it. ISO 32000-2 §14.9.3.
fn shown_picture(image: &Image, place: Rect) -> String {
    let mut words = Vec::new();
    write::hex_string(&mut words, &text_string::encode(&image.alternative));
    format!(
        "/Span <</Alt {}>> BDC q {} 0 0 {} {} {} cm /Picture Do Q EMC\n",
        String::from_utf8_lossy(&words),
        round(place.width()),
        round(place.height()),
        round(place.x0),
        round(place.y0)
    )
}

/// `room`: where the text begins, and width and height of the block.
fn content(fonts: &mut Fonts, block: &Block, lines: &[Line], room: (f64, f64, f64), size: f64) -> String {
    let (left, width, height) = room;
    let left = round(left);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "q 0.5 G 0.75 w 0.5 0.5 {} {} re S Q",
        round(width - 1.0),
        round(height - 1.0)
    );
    let mut top = height - PADDING;
    if let Some(mark) = &block.mark {
        let bar = size * 1.5;
        let mark_width = fonts.bold.width(mark, size) + size;
        let _ = writeln!(
            out,
            "q 0 g {} {} {} {} re f Q",
            round(width - PADDING - mark_width),
            round(top - bar + size * 0.2),
            round(mark_width),
            round(bar - size * 0.2)
        );
        let shown = fonts.bold.show(mark);
        let x = round(width - PADDING - mark_width + size / 2.0);
        let y = round(top - size * 1.05);
        let _ = writeln!(out, "BT 1 g /Bold {size} Tf {x} {y} Td {shown} Tj ET");
        top -= bar;
    }
    let mut y = top - size;
    for line in lines {
        let font = if line.weight == Weight::Bold {
            "Bold"
        } else {
            "Regular"
        };
        let shown = fonts.of(line.weight).show(&line.text);
        let _ = writeln!(
            out,
            "BT 0 g /{font} {size} Tf {left} {} Td {shown} Tj ET",
            round(y)
        );
        y -= size * LEADING;
    }
    out
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
