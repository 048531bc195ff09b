//! The inside of start tags: names, attributes, references, namespaces in scope.

use std::sync::Arc;

use super::chars::{all_chars, any_byte, is_absolute, is_among, is_char, is_ncname, is_space};
use super::error::XmlError;
use super::name::{Attribute, Declaration, Name, StartTag, XML, XMLNS};

/// The namespaces in scope, innermost last, and what the reader knows of names it met.
#[derive(Debug)]
pub(super) struct Scope {
    bindings: Vec<Declaration>,
    marks: Vec<usize>,
    none: Arc<str>,
    /// Each at the place that [`place_of`] gives it; the last of those with the same place stays.
    known: Vec<Option<Known>>,
}

/// A text that was met before. Documents repeat their names, so each is looked at and stored once.
#[derive(Clone, Debug)]
struct Known {
    text: Arc<str>,
    /// How long the prefix is, when the text is a qualified name (Namespaces in XML 1.0 §4).
    prefix_bytes: Option<usize>,
}

impl Known {
    fn of(text: &str) -> Self {
        let prefix_bytes = match text.split_once(':') {
            None => is_ncname(text).then_some(0),
            Some((prefix, local)) => (is_ncname(prefix) && is_ncname(local)).then_some(prefix.len()),
        };
        Self {
            text: Arc::from(text),
            prefix_bytes,
        }
    }
}

/// One of as many places as a byte can count.
fn place_of(text: &str) -> usize {
    let sum = text
        .bytes()
        .fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    usize::from(sum)
}

impl Scope {
    pub(super) fn new() -> Self {
        Self {
            bindings: vec![Declaration {
                prefix: Arc::from("xml"),
                namespace: Arc::from(XML),
            }],
            marks: Vec::new(),
            none: Arc::from(""),
            known: vec![None; usize::from(u8::MAX).saturating_add(1)],
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.marks.len()
    }

    /// Leaves the innermost element.
    pub(super) fn close(&mut self) {
        if let Some(mark) = self.marks.pop() {
            self.bindings.truncate(mark);
        }
    }

    fn namespace(&self, prefix: &str) -> Option<&Arc<str>> {
        self.bindings
            .iter()
            .rev()
            .find(|binding| &*binding.prefix == prefix)
            .map(|binding| &binding.namespace)
    }

    fn known(&mut self, text: &str) -> Known {
        let place = self.known.get_mut(place_of(text));
        if let Some(Some(known)) = &place
            && *known.text == *text
        {
            return known.clone();
        }
        let new = Known::of(text);
        if let Some(place) = place {
            *place = Some(new.clone());
        }
        new
    }

    /// Enters the element whose tag holds `content` (between `<` and `>` or `/>`).
    pub(super) fn open(&mut self, content: &str, offset: u64, most: usize) -> Result<StartTag, XmlError> {
        let name_end = content.bytes().position(is_space).unwrap_or(content.len());
        let (qualified, rest) = content.split_at(name_end);
        let mut written: Vec<(&str, String)> = Vec::new();
        let mut rest = rest;
        while let Some((name, value, after)) = next_attribute(rest, offset)? {
            if written.len() >= most {
                return Err(XmlError::limit(offset, "an element with fewer attributes"));
            }
            written.push((name, value));
            rest = after;
        }
        let is_one_twice = match written.as_slice() {
            [] | [_] => false,
            [(one, _), (other, _)] => one == other,
            many => has_twins(many.iter().map(|(name, _)| *name).collect()),
        };
        if is_one_twice {
            return Err(XmlError::malformed(offset, "each attribute once"));
        }

        self.marks.push(self.bindings.len());
        let mut declarations = Vec::new();
        for (name, value) in &written {
            let prefix = match name.split_once(':') {
                None if *name == "xmlns" => "",
                Some(("xmlns", prefix)) => prefix,
                _ => continue,
            };
            declarations.push(self.declare(prefix, value, offset)?);
        }
        self.bindings
            .extend(declarations.iter().filter(|one| &*one.prefix != "xml").cloned());

        let name = self.resolve(qualified, true, offset)?;
        let mut attributes = Vec::new();
        for (name, value) in written {
            if name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let name = self.resolve(name, false, offset)?;
            attributes.push(Attribute { name, value });
        }
        let expanded: Vec<(&str, &str)> = attributes
            .iter()
            .filter(|attribute| !attribute.name.namespace().is_empty())
            .map(|attribute| (attribute.name.namespace(), attribute.name.local()))
            .collect();
        if has_twins(expanded) {
            return Err(XmlError::namespace(
                offset,
                "each attribute once, whatever its prefix",
            ));
        }
        Ok(StartTag {
            name,
            attributes,
            declarations,
        })
    }

    /// Namespaces in XML 1.0 §3 and §5: what may be declared.
    fn declare(&mut self, prefix: &str, namespace: &str, offset: u64) -> Result<Declaration, XmlError> {
        let is_xml = prefix == "xml";
        if is_xml != (namespace == XML) || prefix == "xmlns" || namespace == XMLNS {
            return Err(XmlError::namespace(
                offset,
                "`xml` and `xmlns` with their own meaning",
            ));
        }
        if !prefix.is_empty() && (!is_ncname(prefix) || namespace.is_empty()) {
            return Err(XmlError::namespace(offset, "a prefix declared with a namespace"));
        }
        // Canonical XML 1.0 §1.3: a relative namespace name must fail.
        if !namespace.is_empty() && !is_absolute(namespace) {
            return Err(XmlError::namespace(
                offset,
                "a namespace name that is an absolute URI",
            ));
        }
        Ok(Declaration {
            prefix: self.known(prefix).text,
            namespace: self.known(namespace).text,
        })
    }

    fn resolve(&mut self, qualified: &str, is_element: bool, offset: u64) -> Result<Name, XmlError> {
        let known = self.known(qualified);
        let prefix_bytes = known
            .prefix_bytes
            .ok_or(XmlError::malformed(offset, "a qualified name"))?;
        let prefix = qualified.get(..prefix_bytes).unwrap_or_default();
        let namespace = if prefix.is_empty() {
            if is_element {
                self.namespace("").cloned()
            } else {
                None
            }
            .unwrap_or_else(|| Arc::clone(&self.none))
        } else {
            self.namespace(prefix)
                .cloned()
                .ok_or(XmlError::namespace(offset, "a prefix that is declared"))?
        };
        Ok(Name::new(known.text, prefix_bytes, namespace))
    }
}

fn has_twins<T: Ord>(mut all: Vec<T>) -> bool {
    all.sort_unstable();
    all.windows(2).any(|pair| pair.first() == pair.last())
}

/// The next `Name = "value"` of a start tag and what follows; `None` at its end.
type Written<'a> = (&'a str, String, &'a str);

fn next_attribute(rest: &str, offset: u64) -> Result<Option<Written<'_>>, XmlError> {
    let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
    if trimmed.is_empty() {
        return Ok(None);
    }
    // XML 1.0 production 40: white space before each attribute.
    if trimmed.len() == rest.len() {
        return Err(XmlError::malformed(offset, "white space before an attribute"));
    }
    let missing = XmlError::malformed(offset, "an attribute with a quoted value");
    let name_end = trimmed
        .bytes()
        .position(|byte| byte == b'=' || is_space(byte))
        .ok_or(missing)?;
    let (name, after) = trimmed.split_at_checked(name_end).ok_or(missing)?;
    let after = after
        .trim_start_matches([' ', '\t', '\n', '\r'])
        .strip_prefix('=')
        .ok_or(missing)?
        .trim_start_matches([' ', '\t', '\n', '\r']);
    let quote = after
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))
        .ok_or(missing)?;
    let (value, after) = after
        .get(1..)
        .and_then(|quoted| quoted.split_once(quote))
        .ok_or(missing)?;
    Ok(Some((name, attribute_value(value, offset)?, after)))
}

/// XML 1.0 §3.3.3 for attributes without a declared type: references resolved, each white space a blank.
fn attribute_value(raw: &str, offset: u64) -> Result<String, XmlError> {
    let is_special = |byte: u8| u8::from(byte < b' ') | u8::from(is_among(byte, b"<&\xEF")) != 0;
    if !any_byte(raw.as_bytes(), is_special) {
        return Ok(raw.to_owned());
    }
    if raw.contains('<') {
        return Err(XmlError::malformed(offset, "an attribute value without `<`"));
    }
    if !all_chars(raw) {
        return Err(XmlError::malformed(offset, "characters that XML allows"));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        let (plain, from) = rest.split_at(at);
        value.push_str(plain);
        if let Some(reference) = from.strip_prefix('&') {
            let (name, after) = reference
                .split_once(';')
                .ok_or(XmlError::malformed(offset, "a reference that ends"))?;
            value.push(reference_value(name, offset)?);
            rest = after;
        } else {
            value.push(' ');
            // XML 1.0 §2.11: a carriage return with its line feed is one line end.
            rest = from
                .strip_prefix("\r\n")
                .or_else(|| from.get(1..))
                .unwrap_or_default();
        }
    }
    value.push_str(rest);
    Ok(value)
}

/// The character that `&name;` stands for: one of the five entities, or a character reference.
pub(super) fn reference_value(name: &str, offset: u64) -> Result<char, XmlError> {
    let number = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => name
            .strip_prefix('#')
            .ok_or(XmlError::malformed(offset, "one of the five entities of XML"))?,
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    digits
        .bytes()
        .all(|byte| char::from(byte).is_digit(radix))
        .then(|| u32::from_str_radix(digits, radix).ok())
        .flatten()
        .and_then(char::from_u32)
        .filter(|c| is_char(*c))
        .ok_or(XmlError::malformed(
            offset,
            "a reference to a character that XML allows",
        ))
}
