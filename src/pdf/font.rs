//! Text in an embedded subset of DejaVu Sans, with the table that lets readers copy and speak it.
//! ISO 32000-2 §9.7, §9.10.3; ISO 19005-1 §6.3.
//!
//! Fonts: DejaVu 2.37 (Bitstream Vera licence and public domain), from the crate `dejavu`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use subsetter::GlyphRemapper;
use ttf_parser::Face;

use super::object::{Dictionary, Object, ObjectId, Stream};
use super::sink::Sink;
use crate::base::digest::HashAlgorithm;

/// Which cut of the font.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// DejaVu Sans Bold.
    Bold,
    /// DejaVu Sans.
    Regular,
}

/// The font is compiled in, so this means a broken build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the built-in font could not be {0}")]
pub struct FontError(&'static str);

/// Gathers the glyphs that are used, then writes the font objects.
pub struct Font {
    weight: Weight,
    face: Face<'static>,
    data: &'static [u8],
    remapper: GlyphRemapper,
    /// New glyph → old glyph and the character it stands for.
    used: BTreeMap<u16, (u16, char)>,
}

impl Font {
    /// The font in `weight`, no glyph used yet.
    ///
    /// # Errors
    /// When the font compiled in cannot be read.
    pub fn new(weight: Weight) -> Result<Self, FontError> {
        let data = match weight {
            Weight::Bold => dejavu::sans::bold(),
            Weight::Regular => dejavu::sans::regular(),
        };
        let face = Face::parse(data, 0).map_err(|_| FontError("read"))?;
        Ok(Self {
            weight,
            face,
            data,
            remapper: GlyphRemapper::new(),
            used: BTreeMap::new(),
        })
    }

    /// Width of `text` at `size`, in the same unit.
    pub fn width(&self, text: &str, size: f64) -> f64 {
        text.chars()
            .map(|letter| self.thousandths(self.glyph(letter).0))
            .sum::<f64>()
            * size
            / 1000.0
    }

    /// `text` as the operand of a show operator, `<0001…>`; notes its glyphs as used.
    pub fn show(&mut self, text: &str) -> String {
        let mut operand = String::from("<");
        for letter in text.chars() {
            let (old, letter) = self.glyph(letter);
            let new = self.remapper.remap(old);
            self.used.entry(new).or_insert((old, letter));
            let _ = write!(operand, "{new:04X}");
        }
        operand.push('>');
        operand
    }

    /// The glyph of `letter`, and what it reads as: a replacement when the font has none.
    fn glyph(&self, letter: char) -> (u16, char) {
        let letter = if letter.is_control() { ' ' } else { letter };
        let find = |letter| self.face.glyph_index(letter).map(|glyph| (glyph.0, letter));
        find(letter)
            .or_else(|| find('\u{fffd}'))
            .or_else(|| find('?'))
            .unwrap_or((0, letter))
    }

    fn thousandths(&self, glyph: u16) -> f64 {
        let advance = self
            .face
            .glyph_hor_advance(ttf_parser::GlyphId(glyph))
            .unwrap_or(0);
        self.scaled(f64::from(advance))
    }

    fn scaled(&self, units: f64) -> f64 {
        (units * 1000.0 / f64::from(self.face.units_per_em())).round()
    }

    /// Writes the font with the glyphs used so far and gives the object to name in `/Font`.
    ///
    /// # Errors
    /// When the font compiled in cannot be cut down.
    pub fn finish(self, sink: &mut dyn Sink) -> Result<ObjectId, FontError> {
        let subset = subsetter::subset(self.data, 0, &self.remapper).map_err(|_| FontError("cut down"))?;
        let name = Object::name(&format!("{}+{}", tag(&subset), self.postscript_name()));
        let length = i64::try_from(subset.len()).unwrap_or(i64::MAX);
        let file = sink.add_stream(Dictionary::new().with("Length1", length), subset);
        let glyphs = usize::from(self.remapper.num_gids());
        let cid_set = sink.add(Object::Stream(Stream::new(Dictionary::new(), ones(glyphs))));
        let bounds = self.face.global_bounding_box();
        let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max];
        let bounds = bounds
            .into_iter()
            .map(|value| Object::Real(self.scaled(f64::from(value))))
            .collect();
        let vertical = |value: i16| Object::Real(self.scaled(f64::from(value)));
        let descriptor = Dictionary::new()
            .with("Type", Object::name("FontDescriptor"))
            .with("FontName", name.clone())
            // 4: symbolic, as the subset has its own numbering. ISO 32000-2 §9.8.2, table 121.
            .with("Flags", 4)
            .with("FontBBox", Object::Array(bounds))
            .with("ItalicAngle", 0)
            .with("Ascent", vertical(self.face.ascender()))
            .with("Descent", vertical(self.face.descender()))
            .with(
                "CapHeight",
                vertical(self.face.capital_height().unwrap_or(self.face.ascender())),
            )
            .with("StemV", if self.weight == Weight::Bold { 140 } else { 80 })
            .with("CIDSet", cid_set)
            .with("FontFile2", file);
        let descriptor = sink.add(descriptor.into());
        let system = Dictionary::new()
            .with("Registry", Object::String(b"Adobe".to_vec()))
            .with("Ordering", Object::String(b"Identity".to_vec()))
            .with("Supplement", 0);
        let descendant = Dictionary::new()
            .with("Type", Object::name("Font"))
            .with("Subtype", Object::name("CIDFontType2"))
            .with("BaseFont", name.clone())
            .with("CIDSystemInfo", system)
            .with("FontDescriptor", descriptor)
            .with("DW", 0)
            .with("W", self.widths())
            .with("CIDToGIDMap", Object::name("Identity"));
        let descendant = sink.add(descendant.into());
        let to_unicode = sink.add_stream(Dictionary::new(), self.to_unicode().into_bytes());
        let font = Dictionary::new()
            .with("Type", Object::name("Font"))
            .with("Subtype", Object::name("Type0"))
            .with("BaseFont", name)
            .with("Encoding", Object::name("Identity-H"))
            .with("DescendantFonts", Object::Array(vec![descendant.into()]))
            .with("ToUnicode", to_unicode);
        Ok(sink.add(font.into()))
    }

    const fn postscript_name(&self) -> &'static str {
        match self.weight {
            Weight::Bold => "DejaVuSans-Bold",
            Weight::Regular => "DejaVuSans",
        }
    }

    fn widths(&self) -> Object {
        let mut items = Vec::new();
        for (new, (old, _)) in &self.used {
            items.push(Object::Integer(i64::from(*new)));
            items.push(Object::Array(vec![Object::Real(self.thousandths(*old))]));
        }
        Object::Array(items)
    }

    fn to_unicode(&self) -> String {
        let mut map = String::from(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
             /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
             /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
             1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
        );
        let all: Vec<_> = self.used.iter().collect();
        // At most 100 in a block. ISO 32000-2 §9.7.5.4.
        for block in all.chunks(100) {
            let _ = writeln!(map, "{} beginbfchar", block.len());
            for (new, (_, letter)) in block {
                let mut units = [0; 2];
                let _ = write!(map, "<{new:04X}> <");
                for unit in letter.encode_utf16(&mut units) {
                    let _ = write!(map, "{unit:04X}");
                }
                map.push_str(">\n");
            }
            map.push_str("endbfchar\n");
        }
        map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
        map
    }
}

/// Six capitals that tell this subset from others. ISO 32000-2 §9.9.2.
fn tag(subset: &[u8]) -> String {
    let digest = HashAlgorithm::Sha256.digest(subset);
    digest
        .iter()
        .take(6)
        .map(|byte| char::from(b'A' + byte % 26))
        .collect()
}

/// A bit of 1 for each of `count` glyphs, from the most significant.
fn ones(count: usize) -> Vec<u8> {
    let mut bytes = vec![0xff; count / 8];
    let rest = u32::try_from(count % 8).unwrap_or(0);
    if rest > 0 {
        bytes.push(!(0xff_u8 >> rest));
    }
    bytes
}
