//! Objects as bytes, in a form every reader agrees on. ISO 32000-2 §7.3.

use super::lexer::{is_delimiter, is_whitespace};
use super::object::{Dictionary, Name, Object, Stream, StreamData};

/// Appends `object` to `out`. A stream's data must be in memory; one left in a file is written without data,
/// which is why [`super::update::Update`] fetches it first.
pub fn object(out: &mut Vec<u8>, object: &Object) {
    match object {
        Object::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                self::object(out, item);
            }
            out.push(b']');
        }
        Object::Boolean(true) => out.extend_from_slice(b"true"),
        Object::Boolean(false) => out.extend_from_slice(b"false"),
        Object::Dictionary(dictionary) => self::dictionary(out, dictionary),
        Object::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Object::Name(name) => self::name(out, name),
        Object::Null => out.extend_from_slice(b"null"),
        Object::Real(value) => real(out, *value),
        Object::Reference(id) => {
            out.extend_from_slice(format!("{} {} R", id.number, id.generation).as_bytes());
        }
        Object::Stream(stream) => self::stream(out, stream),
        Object::String(bytes) => string(out, bytes),
    }
}

/// Appends `<<…>>`.
pub fn dictionary(out: &mut Vec<u8>, dictionary: &Dictionary) {
    out.extend_from_slice(b"<<");
    for (key, value) in dictionary.iter() {
        name(out, key);
        out.push(b' ');
        object(out, value);
    }
    out.extend_from_slice(b">>");
}

/// Appends `/Name`, escaping what is not a printable regular character.
pub fn name(out: &mut Vec<u8>, name: &Name) {
    out.push(b'/');
    for &byte in name.as_bytes() {
        if byte == b'#' || !byte.is_ascii_graphic() || is_delimiter(byte) || is_whitespace(byte) {
            out.extend_from_slice(format!("#{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
}

/// Appends a string: literal when it is printable ASCII, hexadecimal otherwise.
pub fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    let plain = bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if !plain {
        return hex_string(out, bytes);
    }
    out.push(b'(');
    for &byte in bytes {
        if matches!(byte, b'(' | b')' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b')');
}

/// Appends `<hex digits>`.
pub fn hex_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'<');
    out.extend_from_slice(hex::encode_upper(bytes).as_bytes());
    out.push(b'>');
}

fn real(out: &mut Vec<u8>, value: f64) {
    // PDF has no exponents; `Display` of a float writes none and reads back as the same float.
    let text = if value.is_finite() {
        value.to_string()
    } else {
        "0".to_owned()
    };
    out.extend_from_slice(text.as_bytes());
    if !text.contains('.') {
        out.extend_from_slice(b".0");
    }
}

fn stream(out: &mut Vec<u8>, stream: &Stream) {
    let bytes: &[u8] = match &stream.data {
        StreamData::Memory(bytes) => bytes,
        StreamData::File { .. } | StreamData::Sealed { .. } => &[],
    };
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    dictionary(out, &stream.dictionary.clone().with("Length", length));
    out.extend_from_slice(b"\nstream\n");
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\nendstream");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::object::ObjectId;
    use crate::pdf::parser::Parser;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let all = Object::Array(vec![
            Object::Boolean(true),
            Object::Null,
            Object::Integer(-42),
            Object::Real(0.000_000_1),
            Object::Real(-3.0),
            Object::Real(1e20),
            Object::Name(Name(b"A B#/(\xe9".to_vec())),
            Object::String(b"a(b)\\c".to_vec()),
            Object::String(b"\xfe\xff\0\n".to_vec()),
            Object::Reference(ObjectId {
                number: 12,
                generation: 3,
            }),
            Object::Dictionary(
                Dictionary::new()
                    .with("K", 1)
                    .with("L", Object::Array(Vec::new())),
            ),
        ]);
        let mut out = Vec::new();
        object(&mut out, &all);
        assert_eq!(
            Parser::new(&out, 0, u64::MAX).object().unwrap(),
            all,
            "{}",
            String::from_utf8_lossy(&out)
        );
    }
}
