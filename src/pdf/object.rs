//! The eight kinds of PDF object, and streams. ISO 32000-2 §7.3.

use std::fmt;

use super::protection::Method;

/// Number and generation of an indirect object, written `12 0 R`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// 1 or more; 0 heads the list of free objects.
    pub number: u32,
    /// 0 unless the number was used before.
    pub generation: u16,
}

impl ObjectId {
    /// The object `number` in its first generation.
    pub const fn new(number: u32) -> Self {
        Self {
            number,
            generation: 0,
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.generation)
    }
}

/// A name with its `#xx` escapes resolved, without the slash.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub Vec<u8>);

impl Name {
    /// The bytes of the name.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the name reads `text`.
    pub fn is(&self, text: &str) -> bool {
        self.0 == text.as_bytes()
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", String::from_utf8_lossy(&self.0))
    }
}

/// Any PDF object. `Stream` only ever stands at the top of an indirect object.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// `[…]`
    Array(Vec<Object>),
    /// `true` or `false`
    Boolean(bool),
    /// `<<…>>`
    Dictionary(Dictionary),
    /// A number without a point.
    Integer(i64),
    /// `/Name`
    Name(Name),
    /// `null`, and whatever a dangling reference leads to.
    Null,
    /// A number with a point.
    Real(f64),
    /// `12 0 R`
    Reference(ObjectId),
    /// A dictionary and the bytes it describes.
    Stream(Stream),
    /// `(…)` or `<…>`, decoded.
    String(Vec<u8>),
}

impl Object {
    /// A name object.
    pub fn name(text: &str) -> Self {
        Self::Name(Name::from(text))
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Object]> {
        if let Self::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The dictionary, if this is one or a stream (then the stream's).
    pub fn as_dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(&stream.dictionary),
            _ => None,
        }
    }

    /// The stream, if this is one.
    pub fn as_stream(&self) -> Option<&Stream> {
        if let Self::Stream(stream) = self {
            Some(stream)
        } else {
            None
        }
    }

    /// The value, if this is a number without a point.
    pub const fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// The value, if this is a number of either kind.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(super::number::to_f64(*value)),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    /// The name, if this is one.
    pub fn as_name(&self) -> Option<&Name> {
        if let Self::Name(name) = self {
            Some(name)
        } else {
            None
        }
    }

    /// The decoded bytes, if this is a string.
    pub fn as_string(&self) -> Option<&[u8]> {
        if let Self::String(bytes) = self {
            Some(bytes)
        } else {
            None
        }
    }

    /// Where it points, if this is a reference.
    pub const fn as_reference(&self) -> Option<ObjectId> {
        if let Self::Reference(id) = self {
            Some(*id)
        } else {
            None
        }
    }

    /// The value, if this is a boolean.
    pub const fn as_boolean(&self) -> Option<bool> {
        if let Self::Boolean(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// Whether this is `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Calls `visit` with every reference inside this object, in order. Depth is bounded by the parser.
    pub fn for_each_reference(&self, visit: &mut dyn FnMut(ObjectId)) {
        match self {
            Self::Reference(id) => visit(*id),
            Self::Array(items) => items.iter().for_each(|item| item.for_each_reference(visit)),
            Self::Dictionary(dictionary) => dictionary.for_each_reference(visit),
            Self::Stream(stream) => stream.dictionary.for_each_reference(visit),
            _ => {}
        }
    }
}

impl From<Dictionary> for Object {
    fn from(dictionary: Dictionary) -> Self {
        Self::Dictionary(dictionary)
    }
}

impl From<ObjectId> for Object {
    fn from(id: ObjectId) -> Self {
        Self::Reference(id)
    }
}

impl From<i64> for Object {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

/// Keys and values in the order of the file; a key is there at most once.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    entries: Vec<(Name, Object)>,
}

impl Dictionary {
    /// Without entries.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    pub(crate) fn from_entries(entries: Vec<(Name, Object)>) -> Self {
        Self { entries }
    }

    /// The value of `key` as it stands, references not followed.
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.get_name(key.as_bytes())
    }

    /// Same, for a key given as bytes.
    pub fn get_name(&self, key: &[u8]) -> Option<&Object> {
        self.entries
            .iter()
            .find(|(name, _)| name.0 == key)
            .map(|(_, value)| value)
    }

    /// Whether `key` is there.
    pub fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets `key`, in place when it is there, at the end when it is new.
    pub fn set(&mut self, key: &str, value: impl Into<Object>) {
        self.set_name(Name::from(key), value.into());
    }

    /// Same, for a key given as a name.
    pub fn set_name(&mut self, key: Name, value: Object) {
        match self.entries.iter_mut().find(|(name, _)| *name == key) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Object> {
        let at = self.entries.iter().position(|(name, _)| name.is(key))?;
        Some(self.entries.remove(at).1)
    }

    /// A copy with `key` set: for writing dictionaries as one expression.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Object>) -> Self {
        self.set(key, value);
        self
    }

    /// Keys in order, with values that may be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&Name, &mut Object)> {
        self.entries.iter_mut().map(|(name, value)| (&*name, value))
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Object)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether `key` holds the name `text` directly.
    pub fn is_name(&self, key: &str, text: &str) -> bool {
        self.get(key)
            .and_then(Object::as_name)
            .is_some_and(|name| name.is(text))
    }

    /// Calls `visit` with every reference in the values.
    pub fn for_each_reference(&self, visit: &mut dyn FnMut(ObjectId)) {
        self.entries
            .iter()
            .for_each(|(_, value)| value.for_each_reference(visit));
    }
}

/// Equal when the same keys have equal values; the order says nothing. ISO 32000-2 §7.3.7.
impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(name, value)| other.get_name(&name.0).is_some_and(|found| found == value))
    }
}

/// A dictionary and the bytes it describes, still encoded by its filters.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// The stream dictionary.
    pub dictionary: Dictionary,
    /// Where the encoded bytes are.
    pub data: StreamData,
}

impl Stream {
    /// A new stream of `bytes` without a filter; `/Length` is written by the writer.
    pub fn new(dictionary: Dictionary, bytes: Vec<u8>) -> Self {
        Self {
            dictionary,
            data: StreamData::Memory(bytes),
        }
    }
}

/// The encoded bytes of a stream: left in the file until asked for, or made here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamData {
    /// `length` bytes at `offset` of the document's source.
    File {
        /// Offset of the first byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
    },
    /// Bytes not in any file yet.
    Memory(Vec<u8>),
    /// As `File`, encrypted there.
    Sealed {
        /// Offset of the first byte.
        offset: u64,
        /// Number of bytes, as they are encrypted.
        length: u64,
        /// The object that the key is made for.
        id: ObjectId,
        /// How.
        method: Method,
    },
}
