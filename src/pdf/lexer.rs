//! Tokens of PDF syntax, read through a window that moves over the source. ISO 32000-2 §7.2.

use crate::base::bytes::ReadAt;

use super::error::{PdfError, PdfErrorKind};
use super::number;
use super::object::Name;

/// Longest name read. ISO 32000-2 Annex C.2 speaks of 127 bytes; writers exceed it a little.
const NAME_LIMIT: usize = 4 * 1024;
/// Longest string read, decoded. A signature's `/Contents` is the longest honest one.
const STRING_LIMIT: usize = 16 * 1024 * 1024;
/// First read at a new place; objects are mostly smaller.
const FIRST_WINDOW: usize = 1024;
/// Reads that go on where the last one ended.
const NEXT_WINDOW: usize = 32 * 1024;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    ArrayClose,
    ArrayOpen,
    DictionaryClose,
    DictionaryOpen,
    End,
    Integer(i64),
    Keyword(Vec<u8>),
    Name(Name),
    Real(f64),
    String(Vec<u8>),
}

/// Bytes of a source that were read already: small objects stand beside one another.
#[derive(Default)]
pub(crate) struct Window {
    bytes: Vec<u8>,
    start: u64,
}

/// Reads bytes and tokens from `position` up to `end` of a source.
pub(crate) struct Lexer<'s> {
    source: &'s dyn ReadAt,
    end: u64,
    position: u64,
    window: Vec<u8>,
    window_start: u64,
}

/// White space. ISO 32000-2 §7.2.3, table 1.
pub(crate) const fn is_whitespace(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Delimiters. ISO 32000-2 §7.2.3, table 2.
pub(crate) const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

const fn is_regular(byte: u8) -> bool {
    !is_whitespace(byte) && !is_delimiter(byte)
}

pub(crate) const fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s dyn ReadAt, position: u64, end: u64) -> Self {
        Self {
            source,
            end: end.min(source.len()),
            position,
            window: Vec::new(),
            window_start: 0,
        }
    }

    /// The same with `window` of this source at hand.
    pub(crate) fn with_window(mut self, window: Window) -> Self {
        (self.window, self.window_start) = (window.bytes, window.start);
        self
    }

    /// What is at hand, for whoever reads next.
    pub(crate) fn into_window(self) -> Window {
        Window {
            bytes: self.window,
            start: self.window_start,
        }
    }

    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    pub(crate) const fn seek(&mut self, position: u64) {
        self.position = position;
    }

    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    #[inline]
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, PdfError> {
        if let Some(byte) = self.in_window() {
            return Ok(Some(byte));
        }
        self.refill()
    }

    #[cold]
    fn refill(&mut self) -> Result<Option<u8>, PdfError> {
        if self.position >= self.end {
            return Ok(None);
        }
        let window_end = self
            .window_start
            .saturating_add(number::offset(self.window.len()));
        let goes_on = !self.window.is_empty() && window_end == self.position;
        let size = if goes_on { NEXT_WINDOW } else { FIRST_WINDOW };
        let size = usize::try_from(self.end - self.position)
            .unwrap_or(usize::MAX)
            .min(size);
        self.window.resize(size, 0);
        self.window_start = self.position;
        if self
            .source
            .read_exact_at(&mut self.window, self.position)
            .is_err()
        {
            self.window.clear();
            return Err(PdfError::new(PdfErrorKind::Io, self.position, "readable bytes"));
        }
        Ok(self.in_window())
    }

    #[inline]
    fn in_window(&self) -> Option<u8> {
        let at = usize::try_from(self.position.checked_sub(self.window_start)?).ok()?;
        if self.position >= self.end {
            return None;
        }
        self.window.get(at).copied()
    }

    pub(crate) fn bump(&mut self) -> Result<Option<u8>, PdfError> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.position = self.position.saturating_add(1);
        }
        Ok(byte)
    }

    /// Steps over white space and comments.
    pub(crate) fn skip_whitespace(&mut self) -> Result<(), PdfError> {
        while let Some(byte) = self.peek()? {
            if is_whitespace(byte) {
                self.position = self.position.saturating_add(1);
            } else if byte == b'%' {
                while self.peek()?.is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.bump()?;
                }
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Steps over white space only: where a comment would hide something.
    pub(crate) fn skip_blanks(&mut self) -> Result<(), PdfError> {
        while self.peek()?.is_some_and(is_whitespace) {
            self.bump()?;
        }
        Ok(())
    }

    /// Steps over exactly `text`, or says it is not there and stays.
    pub(crate) fn take(&mut self, text: &[u8]) -> Result<bool, PdfError> {
        let start = self.position;
        for &expected in text {
            if self.bump()? != Some(expected) {
                self.position = start;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Steps over one end of line, if there is one.
    pub(crate) fn take_eol(&mut self) -> Result<bool, PdfError> {
        Ok(self.take(b"\r\n")? || self.take(b"\n")? || self.take(b"\r")?)
    }

    /// The next token and the offset of its first byte.
    pub(crate) fn token(&mut self) -> Result<(Token, u64), PdfError> {
        self.skip_whitespace()?;
        let start = self.position;
        let token = match self.peek()? {
            None => Token::End,
            Some(b'[') => self.one(Token::ArrayOpen)?,
            Some(b']') => self.one(Token::ArrayClose)?,
            Some(b'/') => self.name()?,
            Some(b'(') => self.literal_string()?,
            Some(b'<') => {
                self.bump()?;
                if self.peek()? == Some(b'<') {
                    self.one(Token::DictionaryOpen)?
                } else {
                    self.hex_string(start)?
                }
            }
            Some(b'>') => {
                if !self.take(b">>")? {
                    return Err(PdfError::malformed(start, "`>>`"));
                }
                Token::DictionaryClose
            }
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number(start)?,
            Some(byte) if is_regular(byte) => self.keyword()?,
            Some(_) => return Err(PdfError::malformed(start, "an object")),
        };
        Ok((token, start))
    }

    fn one(&mut self, token: Token) -> Result<Token, PdfError> {
        self.bump()?;
        Ok(token)
    }

    fn keyword(&mut self) -> Result<Token, PdfError> {
        let mut word = Vec::new();
        while self.regular_run(&mut word)? {
            if word.len() > NAME_LIMIT {
                return Err(PdfError::limit(self.position, "a shorter word"));
            }
        }
        Ok(Token::Keyword(word))
    }

    /// Adds the regular characters from here on that are at hand to `word`; `false` when the next one is none.
    fn regular_run(&mut self, word: &mut Vec<u8>) -> Result<bool, PdfError> {
        if !self.peek()?.is_some_and(is_regular) {
            return Ok(false);
        }
        let ahead = self.ahead();
        let length = ahead
            .iter()
            .position(|byte| !is_regular(*byte))
            .unwrap_or(ahead.len());
        word.extend(ahead.iter().take(length));
        self.position = self.position.saturating_add(number::offset(length));
        Ok(true)
    }

    /// The bytes from here on that were read already.
    fn ahead(&self) -> &[u8] {
        let from = self.position.checked_sub(self.window_start);
        let upto = self.end.saturating_sub(self.window_start);
        let from = from
            .and_then(|from| usize::try_from(from).ok())
            .unwrap_or(usize::MAX);
        let upto = usize::try_from(upto).unwrap_or(usize::MAX).min(self.window.len());
        self.window.get(from..upto).unwrap_or_default()
    }

    fn number(&mut self, start: u64) -> Result<Token, PdfError> {
        let mut text = Vec::new();
        while self.regular_run(&mut text)? {
            // WHY: 1 024 characters hold any number a 64-bit float can tell apart.
            if text.len() > 1024 {
                return Err(PdfError::limit(self.position, "a shorter number"));
            }
        }
        let text = std::str::from_utf8(&text).map_err(|_| PdfError::malformed(start, "a number"))?;
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let well_formed = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
            && digits.bytes().any(|byte| byte.is_ascii_digit());
        if !well_formed {
            return Err(PdfError::malformed(start, "a number"));
        }
        if digits.contains('.') {
            let value: f64 = text.parse().map_err(|_| PdfError::malformed(start, "a number"))?;
            Ok(Token::Real(value))
        } else {
            let value: i64 = text
                .parse()
                .map_err(|_| PdfError::malformed(start, "an integer of 64 bits"))?;
            Ok(Token::Integer(value))
        }
    }

    fn name(&mut self) -> Result<Token, PdfError> {
        self.bump()?;
        let mut name = Vec::new();
        loop {
            let plain = self
                .ahead()
                .iter()
                .take_while(|byte| is_regular(**byte) && **byte != b'#');
            let length = plain.count();
            name.extend(self.ahead().iter().take(length));
            self.position = self.position.saturating_add(number::offset(length));
            let at = self.position;
            if name.len() > NAME_LIMIT {
                return Err(PdfError::limit(at, "a shorter name"));
            }
            match self.peek()? {
                Some(b'#') => {
                    self.bump()?;
                    let high = self.bump()?.and_then(hex_value);
                    let low = self.bump()?.and_then(hex_value);
                    let (Some(high), Some(low)) = (high, low) else {
                        return Err(PdfError::malformed(at, "two hex digits after `#` in a name"));
                    };
                    if high << 4 | low == 0 {
                        return Err(PdfError::malformed(at, "a name without a null character"));
                    }
                    name.push(high << 4 | low);
                }
                // The window went on.
                Some(byte) if is_regular(byte) => {}
                _ => return Ok(Token::Name(Name(name))),
            }
        }
    }

    fn hex_string(&mut self, start: u64) -> Result<Token, PdfError> {
        let mut bytes = Vec::new();
        let mut high: Option<u8> = None;
        loop {
            let at = self.position;
            match self.bump()? {
                None => return Err(PdfError::malformed(start, "`>` closing a hexadecimal string")),
                Some(b'>') => break,
                Some(byte) if is_whitespace(byte) => {}
                Some(byte) => {
                    let value = hex_value(byte).ok_or(PdfError::malformed(at, "a hex digit"))?;
                    high = match high {
                        None => Some(value),
                        Some(high) => {
                            push(&mut bytes, high << 4 | value, start)?;
                            None
                        }
                    };
                }
            }
        }
        // ISO 32000-2 §7.3.4.3: an odd final digit stands for itself and a zero.
        if let Some(high) = high {
            push(&mut bytes, high << 4, start)?;
        }
        Ok(Token::String(bytes))
    }

    fn literal_string(&mut self) -> Result<Token, PdfError> {
        let start = self.position;
        self.bump()?;
        let mut bytes = Vec::new();
        let mut depth = 1_u32;
        loop {
            let Some(byte) = self.bump()? else {
                return Err(PdfError::malformed(start, "`)` closing a string"));
            };
            match byte {
                b'(' => {
                    depth = depth.saturating_add(1);
                    push(&mut bytes, byte, start)?;
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Token::String(bytes));
                    }
                    push(&mut bytes, byte, start)?;
                }
                b'\\' => self.escape(&mut bytes, start)?,
                // ISO 32000-2 §7.3.4.2: any end of line in a string reads as one line feed.
                b'\r' => {
                    self.take(b"\n")?;
                    push(&mut bytes, b'\n', start)?;
                }
                _ => push(&mut bytes, byte, start)?,
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>, start: u64) -> Result<(), PdfError> {
        let Some(byte) = self.bump()? else {
            return Err(PdfError::malformed(start, "`)` closing a string"));
        };
        let byte = match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\n' => return Ok(()),
            b'\r' => return self.take(b"\n").map(|_| ()),
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit) = self.peek()?.filter(|digit| matches!(digit, b'0'..=b'7')) else {
                        break;
                    };
                    value = value * 8 + u32::from(digit - b'0');
                    self.bump()?;
                }
                // ISO 32000-2 §7.3.4.2: high-order overflow is ignored.
                u8::try_from(value & 0xff).unwrap_or(0)
            }
            other => other,
        };
        push(bytes, byte, start)
    }
}

fn push(bytes: &mut Vec<u8>, byte: u8, start: u64) -> Result<(), PdfError> {
    if bytes.len() >= STRING_LIMIT {
        return Err(PdfError::limit(start, "a shorter string"));
    }
    bytes.push(byte);
    Ok(())
}

/// `usize` end of an in-memory source, as an offset.
pub(crate) fn memory_end(bytes: &[u8]) -> u64 {
    number::offset(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &[u8]) -> Result<Vec<Token>, PdfError> {
        let source = text.to_vec();
        let mut lexer = Lexer::new(&source, 0, u64::MAX);
        let mut found = Vec::new();
        loop {
            match lexer.token()?.0 {
                Token::End => return Ok(found),
                token => found.push(token),
            }
        }
    }

    #[test]
    fn a_token_reads_the_same_wherever_the_window_ends_in_it() {
        let text = b"/Na#20me 123456 -1.5 true (a\\)b) <41 42> <</K 1 0 R>>";
        let expected = tokens(text).unwrap();
        for before in FIRST_WINDOW - text.len() - 1..=FIRST_WINDOW {
            let mut moved = vec![b' '; before];
            moved.extend(text);
            assert_eq!(tokens(&moved).unwrap(), expected, "{before}");
        }
    }

    #[test]
    fn a_word_is_read_up_to_its_limit_and_no_further() {
        for (first, rest) in [("/", "a"), ("", "a")] {
            let word = format!("{first}{}", rest.repeat(NAME_LIMIT));
            assert_eq!(tokens(word.as_bytes()).unwrap().len(), 1);
            let longer = format!("{word}a");
            assert!(matches!(
                tokens(longer.as_bytes()).unwrap_err().kind,
                PdfErrorKind::Limit
            ));
        }
    }

    #[test]
    fn numbers_read_in_every_allowed_form() {
        assert_eq!(
            tokens(b"1 -2 +3 4. .5 -.002").unwrap(),
            [
                Token::Integer(1),
                Token::Integer(-2),
                Token::Integer(3),
                Token::Real(4.0),
                Token::Real(0.5),
                Token::Real(-0.002)
            ]
        );
        for wrong in ["1.2.3", "--1", "1e5", ".", "+", "12a", "99999999999999999999"] {
            assert!(tokens(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strings_decode_escapes_and_nesting() {
        let text = b"(a(b)c\\)\\053\\5\\\r\nd\r\ne) <48 6> <>";
        assert_eq!(
            tokens(text).unwrap(),
            [
                Token::String(b"a(b)c)+\x05d\ne".to_vec()),
                Token::String(b"H\x60".to_vec()),
                Token::String(Vec::new())
            ]
        );
        for wrong in [&b"(open"[..], b"<4g>", b"<48", b"(a\\", b">"] {
            assert!(tokens(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_resolve_their_escapes() {
        assert_eq!(
            tokens(b"/A#20B/").unwrap(),
            [Token::Name(Name::from("A B")), Token::Name(Name::from(""))]
        );
        assert!(tokens(b"/A#2").is_err());
        assert!(tokens(b"/A#00").is_err());
    }

    #[test]
    fn comments_and_white_space_are_stepped_over() {
        assert_eq!(
            tokens(b"\0 % hello\r\n null%x").unwrap(),
            [Token::Keyword(b"null".to_vec())]
        );
    }
}
