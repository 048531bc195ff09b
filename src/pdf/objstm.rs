//! Object streams: many small objects compressed together. ISO 32000-2 §7.5.7.

use super::error::PdfError;
use super::lexer::memory_end;
use super::number;
use super::object::{Dictionary, Object};
use super::parser::Parser;

/// Most objects in one object stream. Writers put 100 to 200.
const COUNT_LIMIT: i64 = 100_000;

/// A decoded object stream: its objects are parsed one at a time, when asked for.
pub(crate) struct ObjectStream {
    bytes: Vec<u8>,
    /// Number and offset of each object, in order.
    index: Vec<(u32, u64)>,
    at: u64,
}

impl ObjectStream {
    /// `bytes`: decoded. `at`: offset of the stream in the file, named in errors.
    pub(crate) fn new(dictionary: &Dictionary, bytes: Vec<u8>, at: u64) -> Result<Self, PdfError> {
        let wrong = |expected: &'static str| PdfError::malformed(at, expected);
        let number_of = |key: &str| dictionary.get(key).and_then(Object::as_integer);
        let count = number_of("N")
            .filter(|count| *count >= 0)
            .ok_or(wrong("`/N` of an object stream"))?;
        if count > COUNT_LIMIT {
            return Err(PdfError::limit(at, "fewer objects in one object stream"));
        }
        let first = number_of("First").and_then(|first| u64::try_from(first).ok());
        let first = first
            .filter(|first| *first <= memory_end(&bytes))
            .ok_or(wrong("`/First` of an object stream"))?;
        let mut index = Vec::new();
        {
            let mut parser = Parser::new(&bytes, 0, first);
            for _ in 0..count {
                let number = parser.object().ok().and_then(|number| number.as_integer());
                let offset = parser.object().ok().and_then(|offset| offset.as_integer());
                let pair = number.and_then(|number| u32::try_from(number).ok()).zip(
                    offset
                        .and_then(|offset| u64::try_from(offset).ok())
                        .and_then(|offset| first.checked_add(offset)),
                );
                index.push(pair.ok_or(wrong("number and offset of each object in an object stream"))?);
            }
        }
        Ok(Self { bytes, index, at })
    }

    /// The object at `position`, which must be the one numbered `number`, and how many bytes it took.
    pub(crate) fn object(&self, position: u32, number: u32) -> Result<(Object, u64), PdfError> {
        let found = usize::try_from(position)
            .ok()
            .and_then(|position| self.index.get(position));
        let offset = found
            .filter(|(found, _)| *found == number)
            .map(|(_, offset)| *offset)
            .ok_or(PdfError::malformed(
                self.at,
                "the object where the cross-reference section says",
            ))?;
        // WHY: an offset inside the stream means nothing in the file, so errors name the stream.
        let mut parser = Parser::new(&self.bytes, offset, memory_end(&self.bytes));
        let object = parser
            .object()
            .map_err(|error| PdfError::new(error.kind, self.at, error.expected))?;
        let length = parser.lexer().position().saturating_sub(offset);
        Ok((object, length))
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        number::offset(self.bytes.len())
    }
}
