//! Objects out of tokens, strictly and within bounds. ISO 32000-2 §7.3.

use std::collections::HashSet;
use std::ops::Range;

use crate::base::bytes::ReadAt;

use super::error::PdfError;
use super::lexer::{Lexer, Token, Window};
use super::object::{Dictionary, Name, Object, ObjectId, Stream, StreamData};

/// Deepest nesting of arrays and dictionaries. Honest files stay below 20.
const DEPTH_LIMIT: usize = 64;
/// Most values inside one indirect object: a flat page tree of half a million pages.
const VALUE_LIMIT: usize = 500_000;
/// Largest object number. ISO 32000-1 Annex C.2, table C.1.
pub(crate) const NUMBER_LIMIT: i64 = 8_388_607;

/// Keys of a dictionary that are compared one with another.
const FEW_KEYS: usize = 16;

/// Finds the value of a `/Length` that is a reference.
pub(crate) type LengthOf<'a> = &'a dyn Fn(ObjectId) -> Result<u64, PdfError>;

/// An indirect object as it stands in the file.
pub(crate) struct Indirect {
    pub(crate) id: ObjectId,
    pub(crate) object: Object,
    /// Offset just after `endobj`.
    pub(crate) end: u64,
    /// For a dictionary or stream: where the value of its `/Contents` stands, offsets of first byte and after the last.
    pub(crate) contents_span: Option<Range<u64>>,
}

/// Reads objects one after the other.
pub(crate) struct Parser<'s> {
    lexer: Lexer<'s>,
    values_left: usize,
}

impl<'s> Parser<'s> {
    pub(crate) fn new(source: &'s dyn ReadAt, position: u64, end: u64) -> Self {
        Self {
            lexer: Lexer::new(source, position, end),
            values_left: VALUE_LIMIT,
        }
    }

    /// The same with `window` of this source at hand.
    pub(crate) fn with_window(mut self, window: Window) -> Self {
        self.lexer = self.lexer.with_window(window);
        self
    }

    /// What is at hand, for whoever reads next.
    pub(crate) fn into_window(self) -> Window {
        self.lexer.into_window()
    }

    pub(crate) const fn lexer(&mut self) -> &mut Lexer<'s> {
        &mut self.lexer
    }

    /// One direct object. Streams are not direct.
    pub(crate) fn object(&mut self) -> Result<Object, PdfError> {
        let (token, start) = self.lexer.token()?;
        self.value(token, start, 0)
    }

    fn value(&mut self, token: Token, start: u64, depth: usize) -> Result<Object, PdfError> {
        self.values_left = self
            .values_left
            .checked_sub(1)
            .ok_or(PdfError::limit(start, "fewer values in one object"))?;
        if depth > DEPTH_LIMIT {
            return Err(PdfError::limit(start, "less nesting"));
        }
        Ok(match token {
            Token::ArrayOpen => Object::Array(self.array(depth)?),
            Token::DictionaryOpen => Object::Dictionary(self.dictionary(start, depth, None)?),
            Token::Integer(value) => self.integer_or_reference(value, start)?,
            Token::Name(name) => Object::Name(name),
            Token::Real(value) => Object::Real(value),
            Token::String(bytes) => Object::String(bytes),
            Token::Keyword(word) => match word.as_slice() {
                b"true" => Object::Boolean(true),
                b"false" => Object::Boolean(false),
                b"null" => Object::Null,
                _ => return Err(PdfError::malformed(start, "an object")),
            },
            Token::ArrayClose | Token::DictionaryClose | Token::End => {
                return Err(PdfError::malformed(start, "an object"));
            }
        })
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Object>, PdfError> {
        let mut items = Vec::new();
        loop {
            match self.lexer.token()? {
                (Token::ArrayClose, _) => return Ok(items),
                (token, start) => items.push(self.value(token, start, depth.saturating_add(1))?),
            }
        }
    }

    /// The entries after `<<`, up to and with `>>`. A key given twice is refused: readers disagree which one counts.
    fn dictionary(
        &mut self,
        start: u64,
        depth: usize,
        mut contents_span: Option<&mut Option<Range<u64>>>,
    ) -> Result<Dictionary, PdfError> {
        let mut entries: Vec<(Name, Object)> = Vec::new();
        loop {
            let (token, at) = self.lexer.token()?;
            let key = match token {
                Token::DictionaryClose => break,
                Token::Name(name) => name,
                Token::End => return Err(PdfError::malformed(start, "`>>` closing a dictionary")),
                _ => return Err(PdfError::malformed(at, "a key")),
            };
            let (token, value_start) = self.lexer.token()?;
            let value = self.value(token, value_start, depth.saturating_add(1))?;
            if key.is("Contents")
                && let Some(span) = contents_span.as_deref_mut()
            {
                *span = Some(value_start..self.lexer.position());
            }
            entries.push((key, value));
        }
        if !has_each_once(&entries) {
            return Err(PdfError::malformed(start, "a dictionary that has each key once"));
        }
        Ok(Dictionary::from_entries(entries))
    }

    fn integer_or_reference(&mut self, value: i64, start: u64) -> Result<Object, PdfError> {
        let after = self.lexer.position();
        if value >= 0
            && let Some(id) = self.rest_of_reference(value)?
        {
            if id.number == 0 {
                return Err(PdfError::malformed(
                    start,
                    "a reference to an object number of 1 or more",
                ));
            }
            return Ok(Object::Reference(id));
        }
        self.lexer.seek(after);
        Ok(Object::Integer(value))
    }

    fn rest_of_reference(&mut self, number: i64) -> Result<Option<ObjectId>, PdfError> {
        // WHY: a cheap look first, so that long arrays of numbers are not read three times.
        self.lexer.skip_whitespace()?;
        if !self.lexer.peek()?.is_some_and(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let mut generation = 0_i64;
        while let Some(digit) = self.lexer.peek()?.filter(u8::is_ascii_digit) {
            generation = generation
                .saturating_mul(10)
                .saturating_add(i64::from(digit - b'0'));
            self.lexer.bump()?;
        }
        self.lexer.skip_whitespace()?;
        if self.lexer.bump()? != Some(b'R') {
            return Ok(None);
        }
        if self
            .lexer
            .peek()?
            .is_some_and(|byte| !super::lexer::is_whitespace(byte) && !super::lexer::is_delimiter(byte))
        {
            return Ok(None);
        }
        object_id(number, generation).map(Some).ok_or(PdfError::limit(
            self.lexer.position(),
            "an object number and generation within bounds",
        ))
    }

    /// `number generation obj … endobj` at the current position.
    ///
    /// `length_of` finds a `/Length` that is a reference; without it only direct lengths are taken.
    pub(crate) fn indirect(&mut self, length_of: Option<LengthOf<'_>>) -> Result<Indirect, PdfError> {
        let (first, start) = self.lexer.token()?;
        let second = self.lexer.token()?.0;
        let third = self.lexer.token()?.0;
        let (Token::Integer(number), Token::Integer(generation), Token::Keyword(word)) =
            (first, second, third)
        else {
            return Err(PdfError::malformed(start, "an object header like `12 0 obj`"));
        };
        if word != b"obj" {
            return Err(PdfError::malformed(start, "an object header like `12 0 obj`"));
        }
        let id =
            object_id(number, generation).ok_or(PdfError::limit(start, "an object number within bounds"))?;
        let mut contents_span = None;
        let (token, value_start) = self.lexer.token()?;
        let object = if token == Token::DictionaryOpen {
            Object::Dictionary(self.dictionary(value_start, 0, Some(&mut contents_span))?)
        } else {
            self.value(token, value_start, 0)?
        };
        let (token, at) = self.lexer.token()?;
        match (token, object) {
            (Token::Keyword(word), object) if word == b"endobj" => Ok(Indirect {
                id,
                object,
                end: self.lexer.position(),
                contents_span,
            }),
            (Token::Keyword(word), Object::Dictionary(dictionary)) if word == b"stream" => {
                let stream = self.stream(dictionary, at, length_of)?;
                let (token, at) = self.lexer.token()?;
                if token != Token::Keyword(b"endobj".to_vec()) {
                    return Err(PdfError::malformed(at, "`endobj` after a stream"));
                }
                Ok(Indirect {
                    id,
                    object: Object::Stream(stream),
                    end: self.lexer.position(),
                    contents_span,
                })
            }
            _ => Err(PdfError::malformed(at, "`endobj`")),
        }
    }

    fn stream(
        &mut self,
        dictionary: Dictionary,
        at: u64,
        length_of: Option<LengthOf<'_>>,
    ) -> Result<Stream, PdfError> {
        // ISO 32000-2 §7.3.8.1: CR LF or LF, never CR alone.
        if !self.lexer.take(b"\r\n")? && !self.lexer.take(b"\n")? {
            return Err(PdfError::malformed(at, "an end of line after `stream`"));
        }
        if dictionary.contains("F") {
            return Err(PdfError::unsupported(at, "a stream whose data is in this file"));
        }
        let length = match dictionary.get("Length") {
            Some(Object::Integer(length)) => {
                u64::try_from(*length).map_err(|_| PdfError::malformed(at, "a stream length of 0 or more"))?
            }
            Some(Object::Reference(id)) => match length_of {
                Some(length_of) => length_of(*id)?,
                None => return Err(PdfError::malformed(at, "a stream length given directly")),
            },
            _ => return Err(PdfError::malformed(at, "a stream with `/Length`")),
        };
        let offset = self.lexer.position();
        let end = offset.checked_add(length).filter(|end| *end <= self.lexer.end());
        self.lexer
            .seek(end.ok_or(PdfError::malformed(at, "a stream that ends within the file"))?);
        self.lexer.skip_blanks()?;
        if !self.lexer.take(b"endstream")? {
            return Err(PdfError::malformed(
                self.lexer.position(),
                "`endstream` where `/Length` says",
            ));
        }
        Ok(Stream {
            dictionary,
            data: StreamData::File { offset, length },
        })
    }
}

/// Whether no key of `entries` stands there twice. Of few, looking is cheaper than keeping a set.
fn has_each_once(entries: &[(Name, Object)]) -> bool {
    if entries.len() <= FEW_KEYS {
        return entries
            .iter()
            .enumerate()
            .all(|(index, (name, _))| !entries.iter().take(index).any(|(other, _)| other == name));
    }
    let mut seen = HashSet::with_capacity(entries.len());
    entries.iter().all(|(name, _)| seen.insert(name.as_bytes()))
}

pub(crate) fn object_id(number: i64, generation: i64) -> Option<ObjectId> {
    if number > NUMBER_LIMIT {
        return None;
    }
    Some(ObjectId {
        number: u32::try_from(number).ok()?,
        generation: u16::try_from(generation).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::error::PdfErrorKind;

    fn parse(text: &str) -> Result<Object, PdfError> {
        let source = text.as_bytes().to_vec();
        Parser::new(&source, 0, u64::MAX).object()
    }

    #[test]
    fn references_and_numbers_are_told_apart() {
        let parsed = parse("[1 0 R 2 3 4 0 R 5 0 Rx]");
        assert!(parsed.is_err(), "a word that begins with R is no reference");
        assert_eq!(
            parse("[1 0 R 2 3 4 0 R]").unwrap(),
            Object::Array(vec![
                Object::Reference(ObjectId::new(1)),
                Object::Integer(2),
                Object::Integer(3),
                Object::Reference(ObjectId::new(4)),
            ])
        );
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        assert_eq!(parse("<</A 1/#41 2>>").unwrap_err().kind, PdfErrorKind::Malformed);
        assert_eq!(parse("<</A 1/B 2>>").unwrap().as_dictionary().unwrap().len(), 2);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).unwrap_err().kind, PdfErrorKind::Limit);
        assert!(parse(&format!("{}{}", "[".repeat(60), "]".repeat(60))).is_ok());
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let many = format!("[{}]", "0 ".repeat(VALUE_LIMIT + 1));
        assert_eq!(parse(&many).unwrap_err().kind, PdfErrorKind::Limit);
    }

    #[test]
    fn a_stream_must_end_where_its_length_says() {
        let good = b"1 0 obj <</Length 3>> stream\nabc\nendstream endobj".to_vec();
        let indirect = Parser::new(&good, 0, u64::MAX).indirect(None).unwrap();
        assert_eq!(
            indirect.object.as_stream().unwrap().data,
            StreamData::File {
                offset: 29,
                length: 3
            }
        );
        for wrong in ["2", "5", "-1", "400", "5 0 R"] {
            let text = format!("1 0 obj <</Length {wrong}>> stream\nabc\nendstream endobj").into_bytes();
            assert!(Parser::new(&text, 0, u64::MAX).indirect(None).is_err(), "{wrong}");
        }
    }
}
