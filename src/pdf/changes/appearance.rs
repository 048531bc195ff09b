//! Does a filled field show its value? An overlay that shows something else is the oldest trick with forms.

use std::collections::BTreeMap;

use super::letters::{Letters, words};
use super::step::Step;
use crate::pdf::document::View;
use crate::pdf::error::PdfError;
use crate::pdf::field::Field;
use crate::pdf::lexer::{Lexer, Token, memory_end};
use crate::pdf::object::{Dictionary, Object};
use crate::pdf::page::Rect;
use crate::pdf::text_string;

/// Largest appearance read.
const CONTENT_LIMIT: usize = 1024 * 1024;

/// What is wrong with a filled field.
const OTHER: &str = "a field shows something else than its value";
const UNKNOWN: &str = "a field shows its value in letters of a font that nobody can read";

impl Step<'_> {
    /// Whether each widget of `field` showed `value` before. Where it did not, whoever fills the field may bring out what
    /// nobody saw who signed: the value stays, and the page changes. A value without appearance is drawn by some readers
    /// and not by others; `other`, which takes its place, must be another.
    pub(super) fn showed(&self, field: &Field, value: &Object, other: &Object) -> Result<bool, PdfError> {
        let is_button = field.kind.as_ref().is_some_and(|kind| kind.is("Btn"));
        let ticked = value.as_name().filter(|value| !value.is("Off"));
        let mut is_seen = ticked.is_none() || field.widgets.is_empty();
        for widget in &field.widgets {
            let then = dictionary(&self.old, *widget)?;
            if is_button {
                let state = then.get("AS").and_then(Object::as_name);
                let state = state.filter(|state| !state.is("Off"));
                if state.is_some() && state != ticked {
                    return Ok(false);
                }
                is_seen |= state.is_some();
            } else {
                let looks = self.old.dictionary(&then, "AP")?.unwrap_or_default();
                let is_undrawn = looks.is_empty() && value != other;
                if !is_undrawn && self.shows_other_text(&self.old, field, &then, value)?.is_some() {
                    return Ok(false);
                }
            }
        }
        Ok(is_seen || !is_button)
    }

    /// What is wrong unless each widget of `field` shows `value` and nothing else.
    ///
    /// Text and choice: the words drawn with simple fonts are the value, white space aside, in sight, dark and in a
    /// readable size. Buttons: the appearance is one that was there before, and its name is the value.
    pub(super) fn shows_other(
        &self,
        field: &Field,
        value: &Object,
    ) -> Result<Option<&'static str>, PdfError> {
        let kind = field
            .kind
            .as_ref()
            .map(|kind| kind.as_bytes().to_vec())
            .unwrap_or_default();
        let mut is_seen = kind != b"Btn" || value.as_name().is_none_or(|value| value.is("Off"));
        for widget in &field.widgets {
            let (then, now) = (dictionary(&self.old, *widget)?, dictionary(&self.new, *widget)?);
            let wrong = match kind.as_slice() {
                b"Btn" if self.shows_button(&then, &now, value) => None,
                b"Tx" | b"Ch" => self.shows_other_text(&self.new, field, &now, value)?,
                _ => Some(OTHER),
            };
            if wrong.is_some() {
                return Ok(wrong);
            }
            is_seen |= now.get("AS").and_then(Object::as_name) == value.as_name();
        }
        // A box that is ticked shows so somewhere.
        let is_good = is_seen || field.widgets.is_empty();
        Ok((!is_good).then_some(OTHER))
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

    fn shows_other_text(
        &self,
        view: &View,
        field: &Field,
        widget: &Dictionary,
        value: &Object,
    ) -> Result<Option<&'static str>, PdfError> {
        let wanted = match value {
            Object::String(bytes) => {
                option_of(view, field, bytes)?.map_or_else(|| text_string::decode(bytes), |(_, shown)| shown)
            }
            Object::Null => String::new(),
            _ => return Ok(Some(OTHER)),
        };
        let appearance = view.dictionary(widget, "AP")?.unwrap_or_default();
        // Another appearance for a pointer that rests on it or presses it could show anything.
        if appearance.iter().any(|(key, _)| !key.is("N")) {
            return Ok(Some(OTHER));
        }
        let form = match view.value(&appearance, "N")? {
            Object::Stream(form) => form,
            Object::Null if wanted.trim().is_empty() => return Ok(None),
            // A choice of appearances is for buttons.
            _ => return Ok(Some(OTHER)),
        };
        // A form inside the form could show anything, and so could a font of its own.
        let resources = view
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
        if others.iter().any(|kind| resources.contains(kind)) {
            return Ok(Some(OTHER));
        }
        let Some(fonts) = self.form_fonts(view, &resources)? else {
            return Ok(Some(UNKNOWN));
        };
        let Some(bounds) = frame(view, widget, &form.dictionary)? else {
            return Ok(Some(OTHER));
        };
        let Ok(content) = view.stream_bytes(&form, CONTENT_LIMIT) else {
            return Ok(Some(OTHER));
        };
        let look = view.dictionary(widget, "MK")?.unwrap_or_default();
        let is_coloured = |key: &str| Ok::<_, PdfError>(!view.array(&look, key)?.is_empty());
        let sheet = Sheet {
            bounds,
            fonts,
            has_background: is_coloured("BG")?,
            has_border: is_coloured("BC")?,
        };
        let shown = shown_text(&content, &sheet);
        let is_same = shown.is_some_and(|shown| words(&shown) == words(&wanted));
        Ok((!is_same).then_some(OTHER))
    }
}

/// The option of the choice `field` that `value` exports: its number, and the text it shows. ISO 32000-2 table 234.
pub(super) fn option_of(
    view: &View,
    field: &Field,
    value: &[u8],
) -> Result<Option<(usize, String)>, PdfError> {
    if !field.kind.as_ref().is_some_and(|kind| kind.is("Ch")) {
        return Ok(None);
    }
    let options = view.array(&field.dictionary, "Opt")?;
    for (index, option) in options.iter().take(OPTIONS_READ).enumerate() {
        let texts = match view.resolve(option)? {
            Object::Array(pair) => pair
                .iter()
                .map(|one| view.resolve(one))
                .collect::<Result<_, _>>()?,
            one => vec![one],
        };
        let is_it = texts.first().and_then(Object::as_string) == Some(value);
        if is_it && let Some(shown) = texts.last().and_then(Object::as_string) {
            return Ok(Some((index, text_string::decode(shown))));
        }
    }
    Ok(None)
}

/// The frame that the appearance draws in, when the widget shows it as large as it is, neither mirrored nor slanted,
/// and to everybody. ISO 32000-2 §12.5.5, algorithm "appearance streams".
fn frame(view: &View, widget: &Dictionary, form: &Dictionary) -> Result<Option<Rect>, PdfError> {
    let rect = |dictionary: &Dictionary, key: &str| match dictionary.get(key) {
        Some(rect) => Rect::from_object(view, rect),
        None => Ok(None),
    };
    let Some(frame) = rect(form, "BBox")?.filter(|_| !form.contains("OC")) else {
        return Ok(None);
    };
    let matrix = view.array(form, "Matrix")?;
    let matrix: Vec<Option<f64>> = matrix.iter().map(Object::as_number).collect();
    let turned = match matrix.as_slice() {
        [] => false,
        [Some(a), Some(b), Some(c), Some(d), Some(_), Some(_)] => {
            let is = |one: &f64, other: f64| (one - other).abs() < 1e-6;
            let along = (is(a, 1.0) || is(a, -1.0)) && is(b, 0.0) && is(c, 0.0) && is(d, *a);
            let across = (is(b, 1.0) || is(b, -1.0)) && is(a, 0.0) && is(d, 0.0) && is(c, -b);
            if !along && !across {
                return Ok(None);
            }
            across
        }
        _ => return Ok(None),
    };
    let Some(place) = rect(widget, "Rect")?.filter(|place| !place.is_empty()) else {
        return Ok(Some(frame));
    };
    let (width, height) = if turned {
        (place.height(), place.width())
    } else {
        (place.width(), place.height())
    };
    let alike = |one: f64, other: f64| (one - other).abs() <= 2.0 + other * SCALED;
    Ok((alike(frame.width(), width) && alike(frame.height(), height)).then_some(frame))
}

impl Step<'_> {
    /// The letters of each font, if each was one of the form's before, is the same now, and draws what can be told.
    fn form_fonts(&self, view: &View, resources: &Dictionary) -> Result<Option<Fonts>, PdfError> {
        let form = self.old.acro_form()?.map(|(_, form)| form).unwrap_or_default();
        let defaults = self.old.dictionary(&form, "DR")?.unwrap_or_default();
        let known: Vec<Object> = self
            .old
            .dictionary(&defaults, "Font")?
            .unwrap_or_default()
            .iter()
            .map(|(_, font)| font.clone())
            .collect();
        let fonts = view.dictionary(resources, "Font")?.unwrap_or_default();
        let same = |font: &Object| {
            font.as_reference().is_some_and(|id| {
                known.contains(font)
                    && !self.added.contains_key(&id.number)
                    && !self.modified.contains_key(&id.number)
            })
        };
        let mut found = Fonts::new();
        for (name, font) in fonts.iter() {
            // WHY the letters too: a form's own font may come in a revision between, or from whoever made the form.
            let Some(letters) = Letters::of(view, font)?.filter(|_| same(font)) else {
                return Ok(None);
            };
            found.insert(name.as_bytes().to_vec(), letters);
        }
        Ok(Some(found))
    }
}

/// The fonts of an appearance, by their names in it.
type Fonts = BTreeMap<Vec<u8>, Letters>;

fn dictionary(view: &View, id: crate::pdf::object::ObjectId) -> Result<Dictionary, PdfError> {
    Ok(view.get(id)?.as_dictionary().cloned().unwrap_or_default())
}

/// What may stand in the appearance of a filled field: text in the order it is read, its place and colour, a frame to
/// stay inside, and the background and border that the widget is said to have, below the text. No other path is painted,
/// no text is made invisible, and nothing is scaled away.
const OPERATORS: [&[u8]; 30] = [
    b"q", b"Q", b"BT", b"ET", b"Tf", b"Td", b"TD", b"TL", b"T*", b"Tm", b"Tj", b"Tc", b"Tw", b"g", b"rg",
    b"k", b"G", b"RG", b"K", b"re", b"W", b"n", b"f", b"F", b"f*", b"S", b"s", b"w", b"BMC", b"EMC",
];

/// Most options of a choice that are read.
const OPTIONS_READ: usize = 10_000;
/// How much darker than its background a text must be: what is lighter is not read on paper, white less black is 1.
const CONTRAST: f64 = 0.25;
/// Widest line of a border, in points.
const WIDEST: f64 = 3.0;
/// How far below a line the next one stands at least, as a part of the size of its letters.
const LEADING: f64 = 0.8;
/// Smallest text, in points.
const SMALLEST: f64 = 2.0;
/// How much larger or smaller than its place a frame may be, as a part.
const SCALED: f64 = 0.2;

/// What an appearance is drawn on, and with.
struct Sheet {
    bounds: Rect,
    /// The appearance's own.
    fonts: Fonts,
    has_background: bool,
    has_border: bool,
}

/// A piece of text that was drawn: where it begins, how far it reaches at least, how large its letters are.
#[derive(Clone, Copy)]
struct Piece {
    at: (f64, f64),
    width: f64,
    size: f64,
}

/// Where the text of an appearance stands, as far as it was read.
struct Pen<'f> {
    sheet: &'f Sheet,
    /// How light the background is.
    paper: f64,
    last: Option<Piece>,
    /// The rectangle of the path under way.
    path: Option<Rect>,
    scale: f64,
    at: (f64, f64),
    /// What changes with the state of graphics.
    state: State<'f>,
    /// Whether a text object is open.
    writes: bool,
    /// The states that are kept. ISO 32000-2 §8.4.2.
    kept: Vec<State<'f>>,
}

#[derive(Clone, Copy)]
struct State<'f> {
    size: f64,
    /// Between letters.
    spacing: f64,
    /// Between words.
    gap: f64,
    /// Between lines.
    leading: f64,
    light: f64,
    /// How wide a line is.
    line: f64,
    /// The font, when it is one of the appearance's own resources: another's name leads anywhere.
    font: Option<&'f Letters>,
}

impl Pen<'_> {
    /// Follows an operator; `None` for one that takes the text out of sight.
    fn follow(&mut self, word: &[u8], numbers: &[f64]) -> Option<()> {
        match (word, numbers) {
            (b"g", [grey]) => self.state.light = part(*grey),
            (b"rg", [red, green, blue]) => {
                self.state.light = 0.3 * part(*red) + 0.59 * part(*green) + 0.11 * part(*blue);
            }
            (b"k", [cyan, magenta, yellow, black]) => {
                let ink = |one: &f64| (1.0 - part(*one)) * (1.0 - part(*black));
                self.state.light = 0.3 * ink(cyan) + 0.59 * ink(magenta) + 0.11 * ink(yellow);
            }
            // One rectangle, and not backwards: two may take each other away.
            (b"re", [x, y, width, height]) if self.path.is_none() && *width >= 0.0 && *height >= 0.0 => {
                self.path = Some(Rect::new(*x, *y, x + width, y + height));
            }
            (b"W", _) => {
                self.frames()?;
            }
            (b"f" | b"F" | b"f*", _) if self.sheet.has_background => {
                self.frames()?;
                (self.paper, self.path) = (self.state.light, None);
            }
            (b"S" | b"s", _) if self.sheet.has_border && (0.0..=WIDEST).contains(&self.state.line) => {
                self.frames()?;
                self.path = None;
            }
            (b"w", [width]) => self.state.line = *width,
            (b"n", _) => self.path = None,
            (b"q", _) => self.kept.push(self.state),
            (b"Q", _) => self.state = self.kept.pop()?,
            (b"BT", _) => (self.at, self.scale, self.writes) = ((0.0, 0.0), 1.0, true),
            (b"ET", _) => self.writes = false,
            (b"Tf", [size]) => self.state.size = *size,
            (b"Td", [x, y]) => self.move_by(*x, *y),
            (b"TD", [x, y]) => {
                self.state.leading = -y;
                self.move_by(*x, *y);
            }
            (b"TL", [leading]) => self.state.leading = *leading,
            (b"T*", []) => self.move_by(0.0, -self.state.leading),
            (b"Tm", [wide, up, aside, high, x, y]) => {
                if *wide <= 0.0 || (wide - high).abs() > 1e-6 || *up != 0.0 || *aside != 0.0 {
                    return None;
                }
                (self.at, self.scale) = ((*x, *y), *wide);
            }
            (b"Tc", [spacing]) => self.state.spacing = *spacing,
            (b"Tw", [gap]) => self.state.gap = *gap,
            (
                b"g" | b"rg" | b"k" | b"re" | b"w" | b"f" | b"F" | b"f*" | b"S" | b"s" | b"Tf" | b"Td"
                | b"TD" | b"TL" | b"T*" | b"Tm" | b"Tc" | b"Tw",
                _,
            ) => return None,
            _ => {}
        }
        Some(())
    }

    fn move_by(&mut self, x: f64, y: f64) {
        self.at = (self.at.0 + x * self.scale, self.at.1 + y * self.scale);
    }

    /// Whether the path is the frame, less a border and a margin, and no text is there yet that it could cover or leave
    /// out.
    fn frames(&self) -> Option<()> {
        let (path, frame) = (self.path?, self.sheet.bounds);
        let margin = |length: f64| (length / 4.0).min(6.0);
        let (aside, above) = (margin(frame.width()), margin(frame.height()));
        let seen = path.x0 <= frame.x0 + aside
            && path.x1 >= frame.x1 - aside
            && path.y0 <= frame.y0 + above
            && path.y1 >= frame.y1 - above;
        (seen && self.last.is_none()).then_some(())
    }

    /// The words that `codes` draw; `None` unless they stand in sight, have room, are dark enough and of a readable size, in
    /// a font that is known, and are read after what stands there already.
    fn write(&mut self, codes: &[u8]) -> Option<String> {
        let words = self.state.font?.read(codes)?;
        if words.trim().is_empty() {
            return Some(words);
        }
        let codes = codes.trim_ascii_end();
        let size = self.state.size * self.scale;
        let follows = self.last.is_none_or(|last| {
            let on_the_line =
                (self.at.1 - last.at.1).abs() <= 0.1 * size && (size - last.size).abs() <= 0.1 * size;
            let is_below = self.at.1 <= last.at.1 - LEADING * size.max(last.size);
            // Letters may touch.
            (on_the_line && self.at.0 >= last.at.0 + last.width - 0.1 * size) || is_below
        });
        if !follows || !self.is_in_sight(codes) {
            return None;
        }
        self.last = Some(Piece {
            at: self.at,
            width: self.width(codes),
            size,
        });
        Some(words)
    }

    /// How far `codes` reach.
    fn width(&self, codes: &[u8]) -> f64 {
        let state = self.state;
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let letters = state.font.map_or(0.0, |font| font.width(codes)) * state.size;
        let between = count(codes.len().saturating_sub(1)) * state.spacing.max(0.0);
        let gap = |code: &u8| if *code == b' ' { state.gap.max(0.0) } else { 0.0 };
        let gaps: f64 = codes.iter().map(gap).sum();
        (letters + between + gaps) * self.scale
    }

    fn is_in_sight(&self, codes: &[u8]) -> bool {
        let (frame, state, (x, y)) = (self.sheet.bounds, self.state, self.at);
        let size = state.size * self.scale;
        let is_usual = |spacing: f64| spacing >= -0.1 * state.size && spacing <= 2.0 * state.size;
        self.writes
            && size >= SMALLEST
            && size <= frame.height() * 1.5
            && is_usual(state.spacing)
            && is_usual(state.gap)
            && self.paper - state.light >= CONTRAST
            && x >= frame.x0 - 0.1 * size
            && x + self.width(codes) <= frame.x1 + 0.1 * size
            && y >= frame.y0 - 0.3 * size
            && y + 0.3 * size <= frame.y1
    }
}

/// A part of a colour as readers take it.
fn part(one: f64) -> f64 {
    one.clamp(0.0, 1.0)
}

/// The text that a content stream shows on `sheet`, without the white space between its pieces; `None` when it cannot be read, does more than write it, or writes it where or as nobody reads it.
fn shown_text(content: &[u8], sheet: &Sheet) -> Option<String> {
    let mut lexer = Lexer::new(&content, 0, memory_end(content));
    let mut shown = String::new();
    // What stands before an operator.
    let (mut numbers, mut text, mut name) = (Vec::new(), None, None);
    let mut pen = Pen {
        sheet,
        paper: 1.0,
        last: None,
        path: None,
        scale: 1.0,
        at: (0.0, 0.0),
        state: State {
            size: 0.0,
            spacing: 0.0,
            gap: 0.0,
            leading: 0.0,
            light: 0.0,
            line: 1.0,
            font: None,
        },
        writes: false,
        kept: Vec::new(),
    };
    loop {
        match lexer.token().ok()?.0 {
            Token::End if text.is_some() => return None,
            Token::End => return Some(shown),
            Token::String(codes) if text.is_none() => text = Some(codes),
            Token::Name(one) => name = Some(one),
            Token::Keyword(word) if !OPERATORS.contains(&word.as_slice()) => return None,
            Token::Keyword(word) => {
                if text.is_some() && (word != b"Tj" || !numbers.is_empty() || name.is_some()) {
                    return None;
                }
                pen.follow(&word, &numbers)?;
                match (word.as_slice(), text.take()) {
                    (b"Tf", _) => pen.state.font = sheet.fonts.get(name.as_ref()?.as_bytes()),
                    (b"Tj", Some(codes)) if codes.is_empty() => {}
                    (b"Tj", Some(codes)) => shown.push_str(&pen.write(&codes)?),
                    (b"Tj", None) => return None,
                    _ => {}
                }
                numbers.clear();
                name = None;
            }
            Token::Integer(number) => numbers.push(Object::Integer(number).as_number()?),
            Token::Real(number) => numbers.push(number),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::letters;
    use super::*;

    fn sheet(height: f64, is_coloured: bool) -> Sheet {
        Sheet {
            bounds: Rect::new(0.0, 0.0, 90.0, height),
            fonts: Fonts::from([(b"F".to_vec(), letters::usual())]),
            has_background: is_coloured,
            has_border: is_coloured,
        }
    }

    fn shown(content: &str) -> Option<String> {
        shown_text(content.as_bytes(), &sheet(20.0, false))
    }

    #[test]
    fn words_in_several_pieces_are_read_in_their_order() {
        let shown = |content: &str| shown_text(content.as_bytes(), &sheet(60.0, false));
        for honest in [
            "BT /F 9 Tf 0 g 2 50 Td (One) Tj 0 -11 Td (Two) Tj ET",
            "BT /F 9 Tf 0 g 11 TL 2 50 Td (One) Tj T* (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 50 Td (One) Tj 0 -11 TD ( ) Tj T* (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 50 Td (O) Tj 12 0 Td (n) Tj 12 0 Td (e) Tj 12 0 Td (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 50 Td (One) Tj ET BT 2 20 Td (Two) Tj ET",
        ] {
            let text: String = shown(honest).unwrap().split_whitespace().collect();
            assert_eq!(text, "OneTwo", "{honest}");
        }
        for trick in [
            // The second before the first, above it, upon it, in letters of another size beside it, and none by itself.
            "BT /F 9 Tf 0 g 40 50 Td (One) Tj -30 0 Td (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 20 Td (One) Tj 0 20 Td (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 50 Td (One) Tj 0 -3 Td (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 50 Td (One) Tj 2 0 Td (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 50 Td (One) Tj /F 20 Tf 20 0 Td (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 50 Td (One) Tj (Two) Tj ET",
            "BT /F 9 Tf 0 g 2 50 Td (One) Tj T* (Two) Tj ET",
        ] {
            assert_eq!(shown(trick), None, "{trick}");
        }
    }

    #[test]
    fn a_background_and_a_border_stand_where_the_widget_says_so_and_below_the_text() {
        const TEXT: &str = "BT /F 9 Tf 0 g 2 6 Td (20) Tj ET";
        let coloured = |content: &str| shown_text(content.as_bytes(), &sheet(20.0, true));
        for honest in [
            format!("1 1 0.8 rg 0 0 90 20 re f 0 G 1 w 0.5 0.5 89 19 re s {TEXT}"),
            format!("q 0.9 g 0 0 90 20 re f Q /Tx BMC q 1 1 88 18 re W n {TEXT} Q EMC"),
            format!("0 0 90 20 re S {TEXT}"),
        ] {
            assert_eq!(coloured(&honest).as_deref(), Some("20"), "{honest}");
            assert_eq!(shown(&honest), None, "{honest}");
        }
        for trick in [
            // As dark as the text, over it, beside it, as wide as the field.
            format!("0 g 0 0 90 20 re f {TEXT}"),
            format!("{TEXT} 1 g 0 0 90 20 re f"),
            format!("1 g 0 0 9 9 re f {TEXT}"),
            format!("0 G 20 w 0 0 90 20 re S {TEXT}"),
            format!("0 G 0 9 90 1 re S {TEXT}"),
            format!("0 G -20 w 0 0 90 20 re S {TEXT}"),
            format!("1 g f {TEXT}"),
        ] {
            assert_eq!(coloured(&trick), None, "{trick}");
        }
    }

    #[test]
    fn words_of_an_appearance_are_read() {
        for honest in [
            "/Tx BMC q 0 0 90 20 re W n BT /F 9 Tf 0 g 2 6 Td (One Two) Tj ET Q EMC",
            "/Tx BMC q 2 2 86 16 re W n BT 0 0 0.5 rg /F 12 Tf 1 0 0 1 2 5 Tm (One Two) Tj ET Q EMC",
            "BT 0 0 0 1 k /F 1 Tf 9 0 0 9 2 5 Tm 0.1 Tc (One Two) Tj ET",
        ] {
            assert_eq!(shown(honest).as_deref(), Some("One Two"), "{honest}");
        }
        assert_eq!(shown("q Q").as_deref(), Some(""));
        assert_eq!(shown("/Image Do"), None);
        for trick in [
            "3 Tr (x) Tj",
            "(1) Tj -40 0 Td (00) Tj",
            "[(1) 900 (00)] TJ",
            "0 0 9 9 re f",
            "/GS gs",
            "1 0 0 1 900 0 cm",
            "0 Tz",
            "BI ID EI",
            "(open",
        ] {
            assert_eq!(shown(trick), None, "{trick}");
        }
    }

    #[test]
    fn words_that_nobody_reads_are_not_shown() {
        for trick in [
            // White, and nearly.
            "BT /F 9 Tf 1 g 2 6 Td (20) Tj ET",
            "BT /F 9 Tf 1 1 0.9 rg 2 6 Td (20) Tj ET",
            "BT /F 9 Tf 0 0 0 0.1 k 2 6 Td (20) Tj ET",
            "1 g q 0 g Q BT /F 9 Tf 2 6 Td (20) Tj ET",
            "0 g /F 9 Tf 2 6 Td (20) Tj",
            // Cut away.
            "q 0 0 1 1 re W n BT /F 9 Tf 2 6 Td (20) Tj ET Q",
            "q 40 0 50 20 re W n BT /F 9 Tf 2 6 Td (20) Tj ET Q",
            "q W n BT /F 9 Tf 2 6 Td (20) Tj ET Q",
            // Beside the frame.
            "BT /F 9 Tf 200 6 Td (20) Tj ET",
            "BT /F 9 Tf 2 -30 Td (20) Tj ET",
            "BT /F 9 Tf -40 6 Td (20) Tj ET",
            "BT /F 9 Tf 2 40 Td (20) Tj ET",
            "BT /F 9 Tf 1 0 0 1 2 90 Tm (20) Tj ET",
            // Only its beginning has room.
            "BT /F 18 Tf 60 2 Td (1000000000) Tj ET",
            // Too small, far too large, no size at all, mirrored, letters on one another or far apart.
            "BT /F 0.5 Tf 2 6 Td (20) Tj ET",
            "BT /F 90 Tf 2 6 Td (20) Tj ET",
            "BT 2 6 Td (20) Tj ET",
            "BT /F 9 Tf -1 0 0 1 60 6 Tm (20) Tj ET",
            "BT /F 9 Tf -9 Tc 2 6 Td (20) Tj ET",
            "BT /F 9 Tf 90 Tc 2 6 Td (20) Tj ET",
            // Backwards, by a spacing that another one hides.
            "BT /F 9 Tf 0 g -10 Tc 0 Tw 40 6 Td (0009) Tj ET",
            // Never drawn.
            "BT /F 9 Tf 2 6 Td (20) ET",
            "(20) n",
            "[(20)] Tj",
            "BT /F 9 Tf 2 6 Td (20) 5 Tj ET",
            // Cut away by two rectangles, or one drawn backwards.
            "q 0 0 90 20 re 90 0 -90 20 re W n BT /F 9 Tf 2 6 Td (20) Tj ET Q",
            "q 90 0 -90 20 re W n BT /F 9 Tf 2 6 Td (20) Tj ET Q",
            // Only its beginning has room.
            "BT /F 9 Tf 18 Tc 2 6 Td (100000) Tj ET",
            "BT /F 18 Tf 60 2 Td (100000) Tj ET",
            // Yellow, which a part below nothing does not darken.
            "BT /F 9 Tf 1 1 -9 rg 2 6 Td (20) Tj ET",
            // In a font of somebody else.
            "BT /T3 9 Tf 2 6 Td (20) Tj ET",
            // As Unicode.
            "BT /F 9 Tf 2 6 Td <FEFF00320030> Tj ET",
        ] {
            assert_eq!(shown(trick), None, "{trick}");
        }
    }
}
