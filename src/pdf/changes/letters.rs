//! The letters that a simple font draws: by its own encoding, as wide as it says, in a shape that every reader has.
//!
//! What a program embedded in the file draws for a letter is not looked at, so nobody can say what it shows: such a font is
//! none here. ISO 32000-2 §9.6.

use crate::pdf::document::View;
use crate::pdf::error::PdfError;
use crate::pdf::object::{Dictionary, Object};
use crate::pdf::text_string;

/// Families of text that readers have, or replace by one alike. Each draws the letters of Latin writing.
const FAMILIES: [&str; 18] = [
    "Arial",
    "ArialNarrow",
    "Calibri",
    "Cambria",
    "Carlito",
    "DejaVuSans",
    "Georgia",
    "LiberationMono",
    "LiberationSans",
    "LiberationSerif",
    "MinionPro",
    "MyriadPro",
    "SegoeUI",
    "Tahoma",
    "TimesNewRoman",
    "TrebuchetMS",
    "CourierNew",
    "Verdana",
];
/// Those whose widths readers know. ISO 32000-2 §9.6.2.2; Symbol and ZapfDingbats draw no letters.
const STANDARD: [&str; 3] = ["Courier", "Helvetica", "Times"];
const STYLES: [&str; 8] = [
    "",
    "Bold",
    "BoldItalic",
    "BoldOblique",
    "Italic",
    "Oblique",
    "Regular",
    "Roman",
];
/// Symbolic, of the flags of a font: its own encoding counts, not the one stated. ISO 32000-2 table 121.
const SYMBOLIC: i64 = 4;

/// The narrowest letter of usual fonts, as a part of their size.
const NARROWEST: f64 = 0.18;
/// The narrowest digit, so.
const DIGIT: f64 = 0.4;
/// The widest digit, and the widest other letter.
const WIDEST: (f64, f64) = (0.8, 1.6);

/// The names of glyphs, from a code of PDFDocEncoding on. ISO 32000-2 annex D.2.
const NAMES: [(u8, &str); 4] = [
    (
        0x18,
        "breve caron circumflex dotaccent hungarumlaut ogonek ring tilde",
    ),
    (
        0x20,
        "space exclam quotedbl numbersign dollar percent ampersand quotesingle parenleft parenright asterisk plus comma \
         hyphen period slash zero one two three four five six seven eight nine colon semicolon less equal greater question \
         at A B C D E F G H I J K L M N O P Q R S T U V W X Y Z bracketleft backslash bracketright asciicircum underscore \
         grave a b c d e f g h i j k l m n o p q r s t u v w x y z braceleft bar braceright asciitilde",
    ),
    (
        0x80,
        "bullet dagger daggerdbl ellipsis emdash endash florin fraction guilsinglleft guilsinglright minus perthousand \
         quotedblbase quotedblleft quotedblright quoteleft quoteright quotesinglbase trademark fi fl Lslash OE Scaron \
         Ydieresis Zcaron dotlessi lslash oe scaron zcaron",
    ),
    (
        0xA0,
        "Euro exclamdown cent sterling currency yen brokenbar section dieresis copyright ordfeminine guillemotleft \
         logicalnot .notdef registered macron degree plusminus twosuperior threesuperior acute mu paragraph periodcentered \
         cedilla onesuperior ordmasculine guillemotright onequarter onehalf threequarters questiondown Agrave Aacute \
         Acircumflex Atilde Adieresis Aring AE Ccedilla Egrave Eacute Ecircumflex Edieresis Igrave Iacute Icircumflex \
         Idieresis Eth Ntilde Ograve Oacute Ocircumflex Otilde Odieresis multiply Oslash Ugrave Uacute Ucircumflex \
         Udieresis Yacute Thorn germandbls agrave aacute acircumflex atilde adieresis aring ae ccedilla egrave eacute \
         ecircumflex edieresis igrave iacute icircumflex idieresis eth ntilde ograve oacute ocircumflex otilde odieresis \
         divide oslash ugrave uacute ucircumflex udieresis yacute thorn ydieresis",
    ),
];
/// WinAnsiEncoding from 0x80, where it is not Latin-1. ISO 32000-2 annex D.2.
const WINDOWS: &str = "€\u{fffd}‚ƒ„…†‡ˆ‰Š‹Œ\u{fffd}Ž\u{fffd}\u{fffd}‘’“”•–—˜™š›œ\u{fffd}žŸ";
/// Codes above ASCII that StandardEncoding has in common with Latin-1.
const COMMON: [u8; 9] = [0xA1, 0xA2, 0xA3, 0xA5, 0xA7, 0xAB, 0xB6, 0xBB, 0xBF];

/// What each code of a font draws, and how wide.
#[derive(Clone, Debug)]
pub(super) struct Letters {
    letters: Vec<Option<char>>,
    /// As parts of the size; `None` for those of a standard font.
    widths: Option<Vec<f64>>,
}

impl Letters {
    /// The letters of `font`; `None` when nobody can say what it draws.
    ///
    /// # Errors
    /// When a part of the font cannot be read.
    pub(super) fn of(view: &View, font: &Object) -> Result<Option<Self>, PdfError> {
        let Object::Dictionary(font) = view.resolve(font)? else {
            return Ok(None);
        };
        let is_simple = font.is_name("Subtype", "Type1") || font.is_name("Subtype", "TrueType");
        let descriptor = view.dictionary(&font, "FontDescriptor")?.unwrap_or_default();
        let has_program = ["FontFile", "FontFile2", "FontFile3"]
            .iter()
            .any(|key| descriptor.contains(key));
        let flags = view.value(&descriptor, "Flags")?.as_integer().unwrap_or(0);
        let name = view.value(&font, "BaseFont")?;
        let family = name.as_name().and_then(|name| family(name.as_bytes()));
        let (Some(family), true, false, 0) = (family, is_simple, has_program, flags & SYMBOLIC) else {
            return Ok(None);
        };
        let widths = match view.value(&font, "Widths")? {
            Object::Array(widths) => Some(all_widths(view, &font, &descriptor, &widths)?),
            Object::Null if STANDARD.contains(&family) => None,
            _ => return Ok(None),
        };
        let letters = all_letters(view, &font)?;
        Ok(letters.map(|letters| Self { letters, widths }))
    }

    /// What `codes` draw; `None` when one draws what nobody can say, or is as wide as no letter is.
    pub(super) fn read(&self, codes: &[u8]) -> Option<String> {
        let letter = |code: &u8| {
            let letter = self.letters.get(usize::from(*code)).copied().flatten()?;
            let (least, most) = if letter.is_ascii_digit() {
                (DIGIT, WIDEST.0)
            } else if letter.is_whitespace() {
                (0.0, WIDEST.0)
            } else {
                (NARROWEST, WIDEST.1)
            };
            let width = self.width_of(*code);
            (width >= least && width <= most).then_some(letter)
        };
        codes.iter().map(letter).collect()
    }

    /// How far `codes` reach, at least, as a part of the size.
    pub(super) fn width(&self, codes: &[u8]) -> f64 {
        codes.iter().map(|code| self.width_of(*code)).sum()
    }

    fn width_of(&self, code: u8) -> f64 {
        match &self.widths {
            Some(widths) => widths.get(usize::from(code)).copied().unwrap_or(0.0),
            None if code.is_ascii_digit() => DIGIT,
            None => NARROWEST,
        }
    }
}

/// The family that `name` says, when it is one of text in a usual style.
fn family(name: &[u8]) -> Option<&'static str> {
    let name = std::str::from_utf8(name).ok()?;
    let (family, style) = name.split_once(['-', ',']).unwrap_or((name, ""));
    let plain = |word: &str| -> String {
        let word = word.strip_suffix("MT").unwrap_or(word);
        word.strip_suffix("PS").unwrap_or(word).to_owned()
    };
    // `TrebuchetMS` ends like none of them.
    let (family, style) = (plain(family), plain(style));
    let known = FAMILIES.iter().chain(&STANDARD);
    known
        .copied()
        .find(|known| *known == family)
        .filter(|_| STYLES.contains(&style.as_str()))
}

/// The width of each code. ISO 32000-2 table 109.
fn all_widths(
    view: &View,
    font: &Dictionary,
    descriptor: &Dictionary,
    stated: &[Object],
) -> Result<Vec<f64>, PdfError> {
    let missing = view.value(descriptor, "MissingWidth")?.as_number().unwrap_or(0.0);
    let first = view.value(font, "FirstChar")?.as_integer().unwrap_or(0);
    let mut widths = vec![missing / 1000.0; 256];
    for (code, width) in (first..256).zip(stated) {
        let place = usize::try_from(code).ok().and_then(|code| widths.get_mut(code));
        let width = view.resolve(width)?.as_number();
        if let Some(place) = place {
            // What is no width is none.
            *place = width.unwrap_or(0.0) / 1000.0;
        }
    }
    Ok(widths)
}

/// What each code draws; `None` for an encoding that is not known. ISO 32000-2 §9.6.5.
fn all_letters(view: &View, font: &Dictionary) -> Result<Option<Vec<Option<char>>>, PdfError> {
    let encoding = view.value(font, "Encoding")?;
    let base = match &encoding {
        Object::Dictionary(encoding) => view.value(encoding, "BaseEncoding")?,
        other => other.clone(),
    };
    let (is_windows, is_standard) = match &base {
        Object::Null => (false, true),
        Object::Name(name) if name.is("StandardEncoding") => (false, true),
        Object::Name(name) if name.is("WinAnsiEncoding") => (true, false),
        // WHY the last: it is no encoding of a font, but some write it as one; readers then take the usual.
        Object::Name(name) if name.is("MacRomanEncoding") || name.is("PDFDocEncoding") => (false, false),
        _ => return Ok(None),
    };
    let mut letters: Vec<Option<char>> = (0..=u8::MAX)
        .map(|code| match code {
            0x20..=0x7E => Some(char::from(code)),
            0x80..=0x9F if is_windows => WINDOWS.chars().nth(usize::from(code.saturating_sub(0x80))),
            0xAD if is_windows => Some('-'),
            0xA0..=0xFF if is_windows => Some(char::from(code)),
            code if is_standard && COMMON.contains(&code) => Some(char::from(code)),
            _ => None,
        })
        .map(|letter| letter.filter(|letter| *letter != char::REPLACEMENT_CHARACTER))
        .collect();
    let Object::Dictionary(encoding) = encoding else {
        return Ok(Some(letters));
    };
    let mut code = 0_usize;
    for item in view.array(&encoding, "Differences")? {
        match view.resolve(&item)? {
            Object::Integer(first) => code = usize::try_from(first).unwrap_or(usize::MAX),
            Object::Name(name) => {
                if let Some(letter) = letters.get_mut(code) {
                    *letter = named(name.as_bytes());
                }
                code = code.saturating_add(1);
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(letters))
}

/// The letter of the glyph called `name`.
fn named(name: &[u8]) -> Option<char> {
    NAMES.iter().find_map(|(first, names)| {
        let mut codes = *first..=u8::MAX;
        let code = names.split_whitespace().find_map(|known| {
            let code = codes.next()?;
            (known.as_bytes() == name).then_some(code)
        })?;
        let letter = text_string::decode(&[code]).chars().next();
        letter.filter(|letter| *letter != char::REPLACEMENT_CHARACTER)
    })
}

/// `text` without white space, its marks in the one form that encodings do not tell apart.
pub(super) fn words(text: &str) -> String {
    let plain = |letter: char| match letter {
        '\u{2018}' => '`',
        '\u{2019}' => '\'',
        '\u{2212}' => '-',
        letter => letter,
    };
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .map(plain)
        .collect()
}

#[cfg(test)]
pub(super) fn usual() -> Letters {
    let letters = (0..=u8::MAX).map(|code| (0x20..0x7F).contains(&code).then_some(char::from(code)));
    Letters {
        letters: letters.collect(),
        widths: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_glyph_of_the_encoding_has_its_name() {
        let all: Vec<char> = NAMES
            .iter()
            .flat_map(|(_, names)| names.split_whitespace())
            .filter_map(|name| named(name.as_bytes()))
            .collect();
        assert_eq!(all.len(), 8 + 95 + 31 + 95);
        for (name, letter) in [
            ("breve", '˘'),
            ("space", ' '),
            ("nine", '9'),
            ("asciitilde", '~'),
            ("zcaron", 'ž'),
            ("Euro", '€'),
            ("registered", '®'),
            ("questiondown", '¿'),
            ("multiply", '×'),
            ("germandbls", 'ß'),
            ("ydieresis", 'ÿ'),
        ] {
            assert_eq!(named(name.as_bytes()), Some(letter), "{name}");
        }
        for unknown in ["uni0039", "nine.oldstyle", "g57", ".notdef", ""] {
            assert_eq!(named(unknown.as_bytes()), None, "{unknown}");
        }
        assert_eq!(WINDOWS.chars().count(), 32);
    }

    #[test]
    fn families_of_text_are_known_by_their_names() {
        for name in [
            "Helvetica",
            "Helvetica-BoldOblique",
            "Times-Roman",
            "ArialMT",
            "Arial,Bold",
            "Arial-BoldMT",
            "TimesNewRomanPS-BoldItalicMT",
            "TimesNewRomanPSMT",
            "CourierNew",
            "TrebuchetMS",
            "MyriadPro-Regular",
        ] {
            assert!(family(name.as_bytes()).is_some(), "{name}");
        }
        for name in [
            "Symbol",
            "ZapfDingbats",
            "Wingdings",
            "ABCDEF+Helvetica",
            "Helvetica-Code39",
            "Arialx",
            "",
        ] {
            assert!(family(name.as_bytes()).is_none(), "{name}");
        }
    }
}
