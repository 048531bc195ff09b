//! Does a filled field show its value? An overlay that shows something else is the oldest trick with forms.

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

impl Step<'_> {
    /// Whether each widget of `field` shows `value` and nothing else.
    ///
    /// Text and choice: the words drawn with simple fonts are the value, white space aside, in sight, dark and in a
    /// readable size. Buttons: the appearance is one that was there before, and its name is the value.
    pub(super) fn shows(&self, field: &Field, value: &Object) -> Result<bool, PdfError> {
        let kind = field
            .kind
            .as_ref()
            .map(|kind| kind.as_bytes().to_vec())
            .unwrap_or_default();
        let mut is_seen = kind != b"Btn" || value.as_name().is_none_or(|value| value.is("Off"));
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
            is_seen |= now.get("AS").and_then(Object::as_name) == value.as_name();
        }
        // A box that is ticked shows so somewhere.
        Ok(is_seen || field.widgets.is_empty())
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
        let Some(frame) = self.frame(widget, &form.dictionary)? else {
            return Ok(false);
        };
        let Ok(content) = self.new.stream_bytes(&form, CONTENT_LIMIT) else {
            return Ok(false);
        };
        let fonts = self.new.dictionary(&resources, "Font")?.unwrap_or_default();
        let Some(shown) = shown_text(&content, &frame, &fonts) else {
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
    /// The frame that the appearance draws in, when the widget shows it as large as it is, neither mirrored nor slanted,
    /// and to everybody. ISO 32000-2 §12.5.5, algorithm "appearance streams".
    fn frame(&self, widget: &Dictionary, form: &Dictionary) -> Result<Option<Rect>, PdfError> {
        let rect = |dictionary: &Dictionary, key: &str| match dictionary.get(key) {
            Some(rect) => Rect::from_object(&self.new, rect),
            None => Ok(None),
        };
        let Some(frame) = rect(form, "BBox")?.filter(|_| !form.contains("OC")) else {
            return Ok(None);
        };
        let matrix: Vec<Option<f64>> = self
            .new
            .array(form, "Matrix")?
            .iter()
            .map(Object::as_number)
            .collect();
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

    /// Whether the letters of `font` are what they are called: no glyph under another's code.
    fn is_plain(&self, font: &Object) -> Result<bool, PdfError> {
        let Object::Dictionary(font) = self.new.resolve(font)? else {
            return Ok(false);
        };
        let simple = ["Type1", "MMType1", "TrueType"]
            .iter()
            .any(|kind| font.is_name("Subtype", kind));
        let encoding = self
            .new
            .dictionary(&font, "Encoding")
            .ok()
            .flatten()
            .unwrap_or_default();
        let mut code = 0;
        for item in self.new.array(&encoding, "Differences")? {
            match self.new.resolve(&item)? {
                Object::Integer(first) => code = first,
                Object::Name(name) => {
                    let known = u8::try_from(code).ok().map_or(&[][..], glyph_names);
                    let is_other = known.is_empty()
                        && (32..127).any(|code| glyph_names(code).iter().any(|known| name.is(known)));
                    if is_other || (!known.is_empty() && !known.iter().any(|known| name.is(known))) {
                        return Ok(false);
                    }
                    code = code.saturating_add(1);
                }
                _ => return Ok(false),
            }
        }
        // A letter that goes back stands on the one before.
        let widths = self.new.array(&font, "Widths")?;
        let goes_on = widths.iter().all(|width| {
            let width = self.new.resolve(width).ok().and_then(|width| width.as_number());
            width.is_some_and(|width| width >= 0.0)
        });
        Ok(simple && goes_on)
    }

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
        for (_, font) in fonts.iter() {
            if !same(font) || !self.is_plain(font)? {
                return Ok(false);
            }
        }
        Ok(true)
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

/// How light a text may be: what is lighter is not read on paper, 1 is white.
const LIGHTEST: f64 = 0.75;
/// Smallest text, in points.
const SMALLEST: f64 = 2.0;
/// The narrowest letter of usual fonts, as a part of their size.
const NARROWEST: f64 = 0.2;
/// The narrowest digit, so.
const DIGIT: f64 = 0.4;
/// How much larger or smaller than its place a frame may be, as a part.
const SCALED: f64 = 0.2;

/// The names that the glyph for a code of ASCII has in usual encodings; none for a code outside it. ISO 32000-2 annex D.
fn glyph_names(code: u8) -> &'static [&'static str] {
    const NAMES: [&[&str]; 95] = [
        &["space"],
        &["exclam"],
        &["quotedbl"],
        &["numbersign"],
        &["dollar"],
        &["percent"],
        &["ampersand"],
        &["quotesingle", "quoteright"],
        &["parenleft"],
        &["parenright"],
        &["asterisk"],
        &["plus"],
        &["comma"],
        &["hyphen", "minus"],
        &["period"],
        &["slash"],
        &["zero"],
        &["one"],
        &["two"],
        &["three"],
        &["four"],
        &["five"],
        &["six"],
        &["seven"],
        &["eight"],
        &["nine"],
        &["colon"],
        &["semicolon"],
        &["less"],
        &["equal"],
        &["greater"],
        &["question"],
        &["at"],
        &["A"],
        &["B"],
        &["C"],
        &["D"],
        &["E"],
        &["F"],
        &["G"],
        &["H"],
        &["I"],
        &["J"],
        &["K"],
        &["L"],
        &["M"],
        &["N"],
        &["O"],
        &["P"],
        &["Q"],
        &["R"],
        &["S"],
        &["T"],
        &["U"],
        &["V"],
        &["W"],
        &["X"],
        &["Y"],
        &["Z"],
        &["bracketleft"],
        &["backslash"],
        &["bracketright"],
        &["asciicircum"],
        &["underscore"],
        &["grave", "quoteleft"],
        &["a"],
        &["b"],
        &["c"],
        &["d"],
        &["e"],
        &["f"],
        &["g"],
        &["h"],
        &["i"],
        &["j"],
        &["k"],
        &["l"],
        &["m"],
        &["n"],
        &["o"],
        &["p"],
        &["q"],
        &["r"],
        &["s"],
        &["t"],
        &["u"],
        &["v"],
        &["w"],
        &["x"],
        &["y"],
        &["z"],
        &["braceleft"],
        &["bar"],
        &["braceright"],
        &["asciitilde"],
    ];
    let index = code.checked_sub(b' ').map(usize::from);
    index
        .and_then(|index| NAMES.get(index))
        .copied()
        .unwrap_or_default()
}

/// Where the text of an appearance stands, as far as it was read.
struct Pen<'f> {
    frame: &'f Rect,
    /// The rectangle of the path under way.
    path: Option<Rect>,
    scale: f64,
    at: (f64, f64),
    /// What changes with the state of graphics.
    state: State,
    /// Whether a text object is open.
    writes: bool,
    /// The states that are kept. ISO 32000-2 §8.4.2.
    kept: Vec<State>,
}

#[derive(Clone, Copy, Default)]
struct State {
    size: f64,
    /// Between letters.
    spacing: f64,
    /// Between words.
    gap: f64,
    light: f64,
    /// Whether the font is one of the appearance's own resources: another's name leads anywhere.
    is_known: bool,
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
                // What is kept in sight is the frame, less a border and a margin.
                let (path, frame) = (self.path?, self.frame);
                let margin = |length: f64| (length / 4.0).min(6.0);
                let (aside, above) = (margin(frame.width()), margin(frame.height()));
                let seen = path.x0 <= frame.x0 + aside
                    && path.x1 >= frame.x1 - aside
                    && path.y0 <= frame.y0 + above
                    && path.y1 >= frame.y1 - above;
                if !seen {
                    return None;
                }
            }
            (b"n", _) => self.path = None,
            (b"q", _) => self.kept.push(self.state),
            (b"Q", _) => self.state = self.kept.pop()?,
            (b"BT", _) => (self.at, self.scale, self.writes) = ((0.0, 0.0), 1.0, true),
            (b"ET", _) => self.writes = false,
            (b"Tf", [size]) => self.state.size = *size,
            (b"Td", [x, y]) => self.at = (self.at.0 + x * self.scale, self.at.1 + y * self.scale),
            (b"Tm", [wide, up, aside, high, x, y]) => {
                if *wide <= 0.0 || (wide - high).abs() > 1e-6 || *up != 0.0 || *aside != 0.0 {
                    return None;
                }
                (self.at, self.scale) = ((*x, *y), *wide);
            }
            (b"Tc", [spacing]) => self.state.spacing = *spacing,
            (b"Tw", [gap]) => self.state.gap = *gap,
            (b"g" | b"rg" | b"k" | b"re" | b"Tf" | b"Td" | b"Tm" | b"Tc" | b"Tw", _) => return None,
            _ => {}
        }
        Some(())
    }

    /// Whether `text` begins in sight, has room, is dark enough and of a readable size, in a font that is known.
    fn is_in_sight(&self, text: &str) -> bool {
        let (frame, state, (x, y)) = (self.frame, self.state, self.at);
        let size = state.size * self.scale;
        let letters: f64 = text
            .trim()
            .chars()
            .map(|letter| if letter.is_ascii_digit() { DIGIT } else { NARROWEST } * size)
            .sum();
        let between = text.trim().chars().skip(1).count();
        let between = f64::from(u32::try_from(between).unwrap_or(u32::MAX)) * state.spacing * self.scale;
        let is_usual = |spacing: f64| spacing >= -0.1 * state.size && spacing <= 2.0 * state.size;
        self.writes
            && state.is_known
            && size >= SMALLEST
            && size <= frame.height() * 1.5
            && is_usual(state.spacing)
            && is_usual(state.gap)
            && state.light <= LIGHTEST
            && x >= frame.x0 - 0.1 * size
            && x + letters + between.max(0.0) <= frame.x1
            && y >= frame.y0 - 0.3 * size
            && y + 0.3 * size <= frame.y1
    }
}

/// A part of a colour as readers take it.
fn part(one: f64) -> f64 {
    one.clamp(0.0, 1.0)
}

/// The one string that a content stream shows within `frame`, in the encoding most form fonts have; `None` when it cannot
/// be read, does more than write it, or writes it where or as nobody reads it.
fn shown_text(content: &[u8], frame: &Rect, fonts: &Dictionary) -> Option<String> {
    let mut lexer = Lexer::new(&content, 0, memory_end(content));
    let mut shown: Option<String> = None;
    // What stands before an operator.
    let (mut numbers, mut text, mut name) = (Vec::new(), None, None);
    let mut pen = Pen {
        frame,
        path: None,
        scale: 1.0,
        at: (0.0, 0.0),
        state: State::default(),
        writes: false,
        kept: Vec::new(),
    };
    loop {
        match lexer.token().ok()?.0 {
            Token::End if text.is_some() => return None,
            Token::End => return Some(shown.unwrap_or_default()),
            // Marked as Unicode, a simple font draws the mark and each half of a letter.
            Token::String(bytes)
                if bytes.starts_with(&[0xFE, 0xFF]) || bytes.starts_with(&[0xEF, 0xBB, 0xBF]) =>
            {
                return None;
            }
            Token::String(bytes) if shown.is_none() && text.is_none() => {
                text = Some(text_string::decode(&bytes));
            }
            Token::Name(one) => name = Some(one),
            Token::Keyword(word) if !OPERATORS.contains(&word.as_slice()) => return None,
            Token::Keyword(word) => {
                if text.is_some() && (word != b"Tj" || !numbers.is_empty() || name.is_some()) {
                    return None;
                }
                pen.follow(&word, &numbers)?;
                match (word.as_slice(), text.take()) {
                    (b"Tf", _) => {
                        let font = name.as_ref()?;
                        pen.state.is_known = fonts.get_name(font.as_bytes()).is_some();
                    }
                    (b"Tj", Some(words)) => {
                        if !words.trim().is_empty() && !pen.is_in_sight(&words) {
                            return None;
                        }
                        shown = Some(words);
                    }
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
    use super::*;

    fn shown(content: &str) -> Option<String> {
        let fonts = Dictionary::new().with("F", 1);
        shown_text(content.as_bytes(), &Rect::new(0.0, 0.0, 90.0, 20.0), &fonts)
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

    #[test]
    fn a_glyph_under_the_code_of_another_is_known() {
        assert_eq!(glyph_names(b'1'), ["one"]);
        assert_eq!(glyph_names(b'a'), ["a"]);
        assert_eq!(glyph_names(b' '), ["space"]);
        assert_eq!(glyph_names(b'~'), ["asciitilde"]);
        assert!(glyph_names(0).is_empty() && glyph_names(200).is_empty());
    }
}
