//! Character classes of XML 1.0 (fifth edition) and Namespaces in XML 1.0.

/// Char, production 2.
pub const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// S, production 3.
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// NameStartChar without the colon, production 4.
const fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
        | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// NameChar without the colon, production 4a.
const fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// NCName (Namespaces in XML 1.0, production 4): a name without a colon.
pub fn is_ncname(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// Bytes looked at together, none of them alone: so a compiler tests many in one instruction.
const TOGETHER: usize = 64;

/// Whether `test` holds for one of `bytes`.
pub(super) fn any_byte(bytes: &[u8], test: impl Fn(u8) -> bool) -> bool {
    bytes.chunks(TOGETHER).any(|chunk| holds_for_one(chunk, &test))
}

/// The same without a branch for each.
fn holds_for_one(bytes: &[u8], test: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(0, |found, byte| found | u8::from(test(*byte))) != 0
}

/// Whether `byte` is one of `set`, again without branches.
pub(super) fn is_among(byte: u8, set: &[u8]) -> bool {
    holds_for_one(set, |one| one == byte)
}

/// Where the first of `bytes` stands for which `test` holds.
pub(super) fn first_byte(bytes: &[u8], test: impl Fn(u8) -> bool) -> Option<usize> {
    let mut chunks = bytes.chunks(TOGETHER).enumerate();
    chunks.find_map(|(index, chunk)| {
        let is_there = holds_for_one(chunk, &test);
        let at = is_there.then(|| chunk.iter().position(|byte| test(*byte)))??;
        Some(index.saturating_mul(TOGETHER).saturating_add(at))
    })
}

/// Whether all of `text` is Char. In UTF-8 nothing can be wrong but the control characters and U+FFFE and U+FFFF, which
/// begin with a byte of their own: only a text with one of these is read character by character.
pub fn all_chars(text: &str) -> bool {
    let is_doubtful = |byte: u8| {
        let is_control = u8::from(byte < b' ') > u8::from(is_among(byte, b"\t\n\r"));
        u8::from(is_control) | u8::from(byte == 0xEF) != 0
    };
    !any_byte(text.as_bytes(), is_doubtful) || text.chars().all(is_char)
}

/// Whether `text` is white space alone.
pub fn all_space(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// Whether `uri` begins with a scheme (RFC 3986 §3.1). Canonical XML must fail on relative namespace names.
pub fn is_absolute(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters that are allowed and not, alone and behind so many others that it stands in a later group.
    #[test]
    fn a_quick_look_finds_what_a_slow_one_does() {
        for before in ["", &"a".repeat(TOGETHER - 1), &"\u{EF}".repeat(TOGETHER)] {
            for c in ('\0'..='\u{FF}').chain('\u{D000}'..='\u{1_00FF}') {
                let text = format!("{before}{c}");
                assert_eq!(all_chars(&text), is_char(c), "{c:?}");
            }
        }
    }

    #[test]
    fn the_first_byte_is_found_wherever_it_stands() {
        for at in 0..3 * TOGETHER {
            let mut bytes = vec![b'a'; 4 * TOGETHER - 1];
            bytes[at] = b'<';
            bytes[4 * TOGETHER - 2] = b'<';
            assert_eq!(first_byte(&bytes, |byte| byte == b'<'), Some(at));
            assert!(any_byte(&bytes, |byte| byte == b'<'));
        }
        assert_eq!(first_byte(&[b'a'; 200], |byte| byte == b'<'), None);
        assert!(!any_byte(&[b'a'; 200], |byte| byte == b'<'));
    }
}
