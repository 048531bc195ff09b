//! A picture beside the text of a visible signature: PNG decoded, JPEG passed on after its header was looked at.
//!
//! Colours are calibrated (`CalRGB`, `CalGray`), so that a PDF/A needs no output intent for them. ISO 32000-2 §8.6.5,
//! §8.9.5; ISO 19005-1 §6.2.3.

use std::io::Cursor;

use super::number;
use super::object::{Dictionary, Object, ObjectId, Stream};
use super::sink::Sink;

/// Largest file taken, in bytes.
pub const BYTE_LIMIT: usize = 1024 * 1024;
/// Most pixels: a hand's breadth at 600 dots an inch.
const PIXEL_LIMIT: u64 = 2_000_000;
/// Most pixels on one side.
const SIDE_LIMIT: u32 = 8_000;
/// Memory a decoder may take beside the picture itself.
const DECODER_BYTES: usize = 16 * 1024 * 1024;

/// Why a picture is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Neither PNG nor JPEG.
    #[error("the picture is neither a PNG nor a JPEG")]
    Kind,
    /// Cut off, damaged, or with something behind its end.
    #[error("the picture is damaged")]
    Malformed,
    /// Too many bytes or pixels.
    #[error("the picture is larger than 1 MiB or 2 million pixels")]
    Limit,
    /// A JPEG of four colours, of more than eight bits, or with a coding few readers know.
    #[error("the JPEG is not one of grey or three colours, 8 bits, baseline or progressive")]
    Unsupported,
}

impl ImageError {
    /// The stable code for logs and tables.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Kind => "PDF_IMAGE_KIND",
            Self::Malformed => "PDF_IMAGE_MALFORMED",
            Self::Limit => "PDF_IMAGE_LIMIT",
            Self::Unsupported => "PDF_IMAGE_UNSUPPORTED",
        }
    }
}

/// A picture that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    width: u32,
    height: u32,
    is_grey: bool,
    pixels: Pixels,
    /// What a screen reader says of it.
    pub alternative: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pixels {
    /// A whole JPEG file.
    Jpeg(Vec<u8>),
    /// Samples of 8 bits, and how much of each pixel covers what is below it.
    Plain {
        colours: Vec<u8>,
        cover: Option<Vec<u8>>,
    },
}

impl Image {
    /// Reads a PNG or JPEG file.
    ///
    /// # Errors
    /// See [`ImageError`].
    pub fn parse(bytes: &[u8], alternative: &str) -> Result<Self, ImageError> {
        if bytes.len() > BYTE_LIMIT {
            return Err(ImageError::Limit);
        }
        let mut image = match bytes {
            [0xFF, 0xD8, ..] => jpeg(bytes)?,
            [0x89, b'P', b'N', b'G', ..] => png(bytes)?,
            _ => return Err(ImageError::Kind),
        };
        alternative.clone_into(&mut image.alternative);
        Ok(image)
    }

    /// The same with other words for who does not see it.
    #[must_use]
    pub fn called(&self, alternative: &str) -> Self {
        Self {
            alternative: alternative.to_owned(),
            ..self.clone()
        }
    }

    /// Width and height, in pixels.
    pub fn size(&self) -> (f64, f64) {
        (f64::from(self.width), f64::from(self.height))
    }

    /// Whether what is below shows through.
    pub const fn is_transparent(&self) -> bool {
        matches!(&self.pixels, Pixels::Plain { cover: Some(_), .. })
    }

    /// The same on white, with nothing showing through. ISO 19005-1 §6.4 forbids more.
    #[must_use]
    pub fn on_white(&self) -> Self {
        let mut flat = self.clone();
        if let Pixels::Plain { colours, cover } = &mut flat.pixels
            && let Some(cover) = cover.take()
        {
            let samples = if self.is_grey { 1 } else { 3 };
            for (pixel, cover) in colours.chunks_mut(samples).zip(cover) {
                for sample in pixel {
                    let (own, cover) = (u32::from(*sample), u32::from(cover));
                    let mixed = (own * cover + 255 * (255 - cover) + 127) / 255;
                    *sample = u8::try_from(mixed).unwrap_or(u8::MAX);
                }
            }
        }
        flat
    }

    /// Adds the image XObject.
    pub(super) fn add(&self, sink: &mut dyn Sink) -> ObjectId {
        let base = |width: u32, height: u32| {
            Dictionary::new()
                .with("Type", Object::name("XObject"))
                .with("Subtype", Object::name("Image"))
                .with("Width", i64::from(width))
                .with("Height", i64::from(height))
                .with("BitsPerComponent", 8)
        };
        let mut dictionary = base(self.width, self.height).with("ColorSpace", colour_space(self.is_grey));
        match &self.pixels {
            Pixels::Jpeg(bytes) => {
                dictionary.set("Filter", Object::name("DCTDecode"));
                sink.add(Object::Stream(Stream::new(dictionary, bytes.clone())))
            }
            Pixels::Plain { colours, cover } => {
                if let Some(cover) = cover {
                    let mask = base(self.width, self.height).with("ColorSpace", Object::name("DeviceGray"));
                    dictionary.set("SMask", sink.add_stream(mask, cover.clone()));
                }
                sink.add_stream(dictionary, colours.clone())
            }
        }
    }
}

/// sRGB as near as a gamma of 2.2 comes, white point D65. ISO 32000-2 §8.6.5.2, §8.6.5.3.
fn colour_space(is_grey: bool) -> Object {
    let numbers = |values: &[f64]| Object::Array(values.iter().copied().map(Object::Real).collect());
    let white = Dictionary::new().with("WhitePoint", numbers(&[0.9505, 1.0, 1.089]));
    let (name, parameters) = if is_grey {
        ("CalGray", white.with("Gamma", Object::Real(2.2)))
    } else {
        let matrix = [
            0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505,
        ];
        let gamma = numbers(&[2.2, 2.2, 2.2]);
        (
            "CalRGB",
            white.with("Gamma", gamma).with("Matrix", numbers(&matrix)),
        )
    };
    Object::Array(vec![Object::name(name), parameters.into()])
}

fn checked(width: u32, height: u32) -> Result<(), ImageError> {
    if width == 0 || height == 0 {
        return Err(ImageError::Malformed);
    }
    let fits = width <= SIDE_LIMIT && height <= SIDE_LIMIT;
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if fits && pixels <= PIXEL_LIMIT {
        Ok(())
    } else {
        Err(ImageError::Limit)
    }
}

fn png(bytes: &[u8]) -> Result<Image, ImageError> {
    let failed = |error: png::DecodingError| match error {
        png::DecodingError::LimitsExceeded => ImageError::Limit,
        _ => ImageError::Malformed,
    };
    let limits = png::Limits { bytes: DECODER_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(failed)?;
    let (width, height) = reader.info().size();
    // Before anything is decoded: a few bytes can announce any number of pixels.
    checked(width, height)?;
    let size = reader.output_buffer_size().ok_or(ImageError::Limit)?;
    let mut samples = vec![0; size];
    let frame = reader.next_frame(&mut samples).map_err(failed)?;
    reader.finish().map_err(failed)?;
    samples.truncate(frame.buffer_size());
    let (is_grey, has_cover) = match frame.color_type {
        png::ColorType::Grayscale => (true, false),
        png::ColorType::GrayscaleAlpha => (true, true),
        png::ColorType::Rgb => (false, false),
        png::ColorType::Rgba => (false, true),
        png::ColorType::Indexed => return Err(ImageError::Malformed),
    };
    let colours = if is_grey { 1_usize } else { 3 };
    let (colours, cover) = if has_cover {
        let mut plain = Vec::with_capacity(samples.len());
        let mut cover = Vec::new();
        for pixel in samples.chunks(colours.saturating_add(1)) {
            let (pixel, over) = pixel.split_at_checked(colours).ok_or(ImageError::Malformed)?;
            plain.extend_from_slice(pixel);
            cover.extend_from_slice(over);
        }
        (plain, Some(cover))
    } else {
        (samples, None)
    };
    Ok(Image {
        width,
        height,
        is_grey,
        pixels: Pixels::Plain {
            colours,
            cover: cover.filter(|cover| cover.iter().any(|value| *value < 255)),
        },
        alternative: String::new(),
    })
}

/// Walks the segments up to the first scan, and keeps none that says more than the picture: a camera writes there
/// where it was. ITU-T T.81 §B.1, §B.2.
fn jpeg(bytes: &[u8]) -> Result<Image, ImageError> {
    // What stands behind the end belongs to no picture.
    if !bytes.ends_with(&[0xFF, 0xD9]) {
        return Err(ImageError::Malformed);
    }
    let mut kept = vec![0xFF, 0xD8];
    let mut frame = None;
    let mut at = 2_usize;
    loop {
        let header = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
        let Some([0xFF, marker, high, low]) = header else {
            return Err(ImageError::Malformed);
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let end = at.saturating_add(2).saturating_add(length);
        let segment = bytes
            .get(at..end)
            .filter(|_| length >= 2)
            .ok_or(ImageError::Malformed)?;
        match marker {
            // The scan: all from here to the end.
            0xDA => {
                kept.extend_from_slice(bytes.get(at..).unwrap_or_default());
                break;
            }
            0xC0..=0xC2 => {
                if frame.replace(frame_of(segment)?).is_some() {
                    return Err(ImageError::Malformed);
                }
                kept.extend_from_slice(segment);
            }
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return Err(ImageError::Unsupported),
            // JFIF and Adobe say how the colours are meant, tables how they are coded.
            0xC4 | 0xDB | 0xDD | 0xE0 | 0xEE => kept.extend_from_slice(segment),
            0xE1..=0xEF | 0xFE => {}
            _ => return Err(ImageError::Malformed),
        }
        at = end;
    }
    let (width, height, is_grey) = frame.ok_or(ImageError::Malformed)?;
    Ok(Image {
        width,
        height,
        is_grey,
        pixels: Pixels::Jpeg(kept),
        alternative: String::new(),
    })
}

fn frame_of(segment: &[u8]) -> Result<(u32, u32, bool), ImageError> {
    let Some([_, _, _, _, precision, h1, h0, w1, w0, components]) = segment.first_chunk::<10>() else {
        return Err(ImageError::Malformed);
    };
    let (width, height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
    let rest = number::offset(segment.len()).saturating_sub(10);
    if rest != u64::from(*components).saturating_mul(3) {
        return Err(ImageError::Malformed);
    }
    if *precision != 8 || !matches!(components, 1 | 3) {
        return Err(ImageError::Unsupported);
    }
    checked(u32::from(width), u32::from(height))?;
    Ok((u32::from(width), u32::from(height), *components == 1))
}
