//! Incremental updates: what changed is appended, nothing before it moves. ISO 32000-2 §7.5.6.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher};

use super::document::{Document, View};
use super::error::PdfError;
use super::number;
use super::object::{Dictionary, Object, ObjectId, Stream, StreamData};
use super::parser::NUMBER_LIMIT;
use super::signature::hash_range;
use super::write;
use super::xref::{Entry, XrefKind};

/// Largest stream copied into an update.
const STREAM_LIMIT: usize = 64 * 1024 * 1024;
/// Digits kept free for each number of `/ByteRange`: any file a table can address.
const RANGE_DIGITS: usize = 10;
/// Largest offset a table row can hold. ISO 32000-2 §7.5.4.
const TABLE_OFFSET_LIMIT: u64 = 9_999_999_999;

/// Why an update cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// The document could not be read.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The update would exceed what the format can address.
    #[error("the updated PDF exceeds {0}")]
    Limit(&'static str),
    /// More than one signature was put into one update.
    #[error("an update holds one signature at most")]
    TwoSignatures,
}

impl UpdateError {
    /// The stable code for logs and tables.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Pdf(error) => error.cause(),
            Self::Limit(_) => "PDF_UPDATE_LIMIT",
            Self::TwoSignatures => "PDF_UPDATE_TWO_SIGNATURES",
        }
    }
}

/// Collects new and changed objects, then serialises them with a cross-reference section of the document's kind.
#[derive(Clone, Debug)]
pub struct Update {
    view: View,
    next: u32,
    objects: BTreeMap<u32, (ObjectId, Object)>,
    signature: Option<(ObjectId, usize)>,
}

impl Update {
    /// An update of the newest revision of `document`, still empty.
    pub fn new(document: &Document) -> Self {
        Self {
            view: document.latest(),
            next: document.size().max(1),
            objects: BTreeMap::new(),
            signature: None,
        }
    }

    /// The view that is updated.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// A number for an object to come, never used in any revision.
    pub fn reserve(&mut self) -> ObjectId {
        let id = ObjectId::new(self.next);
        self.next = self.next.saturating_add(1);
        id
    }

    /// Adds a new object.
    pub fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        let id = self.reserve();
        self.objects.insert(id.number, (id, object.into()));
        id
    }

    /// Adds a new stream of `bytes`; Flate is applied when it makes them smaller.
    pub fn add_stream(&mut self, dictionary: Dictionary, bytes: Vec<u8>) -> ObjectId {
        self.add(compressed(dictionary, bytes))
    }

    /// Sets `id` to `object`. A value that is already there is not written again: rewriting what did not change
    /// makes other readers call earlier signatures broken.
    ///
    /// # Errors
    /// When the present value, or the data of a stream left in the file, cannot be read.
    pub fn put(&mut self, id: ObjectId, object: impl Into<Object>) -> Result<(), PdfError> {
        let mut object = object.into();
        if self
            .view
            .document()
            .entry(id.number, self.view.revision())
            .is_some()
            && self.view.get(id)? == object
        {
            self.objects.remove(&id.number);
            return Ok(());
        }
        if let Object::Stream(stream) = &mut object
            && matches!(stream.data, StreamData::File { .. })
        {
            stream.data = StreamData::Memory(self.view.raw_stream(stream, STREAM_LIMIT)?);
        }
        self.objects.insert(id.number, (id, object));
        Ok(())
    }

    /// Sets an object whose number was reserved by [`Self::reserve`].
    pub(crate) fn put_new(&mut self, id: ObjectId, object: Object) {
        self.objects.insert(id.number, (id, object));
    }

    /// The object `id` as this update leaves it.
    ///
    /// # Errors
    /// As [`View::get`].
    pub fn get(&self, id: ObjectId) -> Result<Object, PdfError> {
        match self.objects.get(&id.number) {
            Some((known, object)) if *known == id => Ok(object.clone()),
            _ => self.view.get(id),
        }
    }

    /// `object`, or what its reference leads to after this update.
    ///
    /// # Errors
    /// As [`View::resolve`].
    pub fn resolve(&self, object: &Object) -> Result<Object, PdfError> {
        match object {
            Object::Reference(id) => match self.get(*id)? {
                Object::Reference(next) => self.view.resolve(&Object::Reference(next)),
                found => Ok(found),
            },
            other => Ok(other.clone()),
        }
    }

    /// The catalog as this update leaves it.
    ///
    /// # Errors
    /// As [`View::catalog`].
    pub fn catalog(&self) -> Result<Dictionary, PdfError> {
        let id = self.view.catalog_id()?;
        match self.objects.get(&id.number) {
            Some((_, Object::Dictionary(catalog))) => Ok(catalog.clone()),
            _ => self.view.catalog(),
        }
    }

    /// Sets the catalog.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn put_catalog(&mut self, catalog: Dictionary) -> Result<(), PdfError> {
        self.put(self.view.catalog_id()?, catalog)
    }

    /// Sets `id` to a signature dictionary with `contents_bytes` bytes kept free for `/Contents`.
    ///
    /// `dictionary`: without `/ByteRange` and `/Contents`, which are written here with their offsets noted.
    ///
    /// # Errors
    /// `TwoSignatures` when this update holds one already.
    pub fn put_signature(
        &mut self,
        id: ObjectId,
        dictionary: Dictionary,
        contents_bytes: usize,
    ) -> Result<(), UpdateError> {
        if self.signature.is_some() {
            return Err(UpdateError::TwoSignatures);
        }
        self.objects
            .insert(id.number, (id, Object::Dictionary(dictionary)));
        self.signature = Some((id, contents_bytes));
        Ok(())
    }

    /// Whether nothing was added or changed.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The bytes to append, with the place kept for the signature if there is one.
    ///
    /// Given the same document and the same objects, gives the same bytes.
    ///
    /// # Errors
    /// `Limit` beyond what a table row or a byte range can hold; `Pdf` when the document cannot be read.
    pub fn finish(self) -> Result<Tail, UpdateError> {
        let document = self.view.document().clone();
        let base = document.len();
        let mut out = Vec::new();
        if !ends_with_eol(&document)? {
            out.push(b'\n');
        }
        let mut places: Vec<(ObjectId, u64)> = Vec::with_capacity(self.objects.len());
        let mut placeholder = None;
        for (id, object) in self.objects.values() {
            places.push((*id, base.saturating_add(number::offset(out.len()))));
            out.extend_from_slice(format!("{} {} obj\n", id.number, id.generation).as_bytes());
            match (&self.signature, object) {
                (Some((signature, reserve)), Object::Dictionary(dictionary)) if signature == id => {
                    placeholder = Some(signature_dictionary(&mut out, dictionary, *reserve, base));
                }
                _ => write::object(&mut out, object),
            }
            out.extend_from_slice(b"\nendobj\n");
        }
        let id = new_identifier(&self.view, base, &out);
        self.cross_reference(&mut out, &places, base, id)?;
        let mut tail = Tail {
            base_length: base,
            bytes: out,
            placeholder: None,
        };
        if let Some((range_at, contents)) = placeholder {
            tail.fix_byte_range(range_at, contents)?;
        }
        Ok(tail)
    }

    fn cross_reference(
        &self,
        out: &mut Vec<u8>,
        places: &[(ObjectId, u64)],
        base: u64,
        id: Option<Object>,
    ) -> Result<(), UpdateError> {
        let document = self.view.document();
        let Some(last) = document.revisions().last() else {
            return Err(UpdateError::Limit("no revision"));
        };
        let start = base.saturating_add(number::offset(out.len()));
        let kind = last.kind;
        let size = i64::from(self.next.max(document.size())) + i64::from(kind == XrefKind::Stream);
        if size > NUMBER_LIMIT {
            return Err(UpdateError::Limit("the largest object number"));
        }
        let mut trailer = Dictionary::new().with("Size", size);
        if let Some(root) = last.trailer.get("Root") {
            trailer.set("Root", root.clone());
        }
        if let Some(info) = last.trailer.get("Info") {
            trailer.set("Info", info.clone());
        }
        if let Some(id) = id {
            trailer.set("ID", id);
        }
        trailer.set("Prev", i64::try_from(last.startxref).unwrap_or(0));
        match kind {
            XrefKind::Table | XrefKind::Hybrid => {
                if start > TABLE_OFFSET_LIMIT {
                    return Err(UpdateError::Limit(
                        "the largest offset of a cross-reference table",
                    ));
                }
                table(out, places);
                out.extend_from_slice(b"trailer\n");
                write::dictionary(out, &trailer);
            }
            XrefKind::Stream => {
                let own = ObjectId::new(u32::try_from(size.saturating_sub(1)).unwrap_or(0));
                let mut places = places.to_vec();
                places.push((own, start));
                xref_stream(out, own, &places, &trailer);
            }
        }
        out.extend_from_slice(format!("\nstartxref\n{start}\n%%EOF\n").as_bytes());
        Ok(())
    }
}

fn ends_with_eol(document: &Document) -> Result<bool, UpdateError> {
    let at = document.len().saturating_sub(1);
    let last = document.source().read_vec(at, 1);
    let last = last.map_err(|_| PdfError::new(super::error::PdfErrorKind::Io, at, "readable bytes"))?;
    Ok(matches!(last.as_slice(), [b'\n' | b'\r']))
}

/// `/ID` with its first half kept and a second half of its own for this state. ISO 32000-2 §14.4.
fn new_identifier(view: &View, base: u64, appended: &[u8]) -> Option<Object> {
    let known = view.value(&view.trailer(), "ID").ok()?;
    let first = known.as_array()?.first()?.clone();
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let mut before = Vec::new();
    write::object(&mut before, &known);
    hasher.update(&before);
    hasher.update(&base.to_be_bytes());
    hasher.update(appended);
    let mut second = hasher.finish();
    second.truncate(16);
    Some(Object::Array(vec![first, Object::String(second)]))
}

/// Writes the dictionary with room for the two values; gives the offset of the byte range in `out` and the
/// absolute span of the contents.
fn signature_dictionary(
    out: &mut Vec<u8>,
    dictionary: &Dictionary,
    reserve: usize,
    base: u64,
) -> (usize, Range<u64>) {
    out.extend_from_slice(b"<<");
    for (key, value) in dictionary.iter() {
        write::name(out, key);
        out.push(b' ');
        write::object(out, value);
    }
    out.extend_from_slice(b"/ByteRange ");
    let range_at = out.len();
    out.resize(out.len().saturating_add(byte_range_text([0; 4]).len()), b' ');
    out.extend_from_slice(b"/Contents ");
    let start = base.saturating_add(number::offset(out.len()));
    out.push(b'<');
    out.resize(out.len().saturating_add(reserve.saturating_mul(2)), b'0');
    out.push(b'>');
    let end = base.saturating_add(number::offset(out.len()));
    out.extend_from_slice(b">>");
    (range_at, start..end)
}

/// `/ByteRange` as text of one length, whatever its numbers.
fn byte_range_text(range: [u64; 4]) -> String {
    let [first, length, second, rest] = range;
    format!(
        "{:<width$}",
        format!("[{first} {length} {second} {rest}]"),
        width = 3 * RANGE_DIGITS + 6
    )
}

fn table(out: &mut Vec<u8>, places: &[(ObjectId, u64)]) {
    out.extend_from_slice(b"xref\n");
    for run in runs(places) {
        let Some((first, _)) = run.first() else { continue };
        out.extend_from_slice(format!("{} {}\n", first.number, run.len()).as_bytes());
        for (id, offset) in run {
            out.extend_from_slice(format!("{offset:010} {:05} n\r\n", id.generation).as_bytes());
        }
    }
    if places.is_empty() {
        out.extend_from_slice(b"0 0\n");
    }
}

fn runs(places: &[(ObjectId, u64)]) -> impl Iterator<Item = &[(ObjectId, u64)]> {
    places.chunk_by(|one, next| one.0.number.checked_add(1) == Some(next.0.number))
}

fn xref_stream(out: &mut Vec<u8>, own: ObjectId, places: &[(ObjectId, u64)], trailer: &Dictionary) {
    let largest = places.iter().map(|(_, offset)| *offset).max().unwrap_or(0);
    let width = 8_usize
        .saturating_sub(usize::try_from(largest.leading_zeros() / 8).unwrap_or(0))
        .max(1);
    let mut rows = Vec::new();
    let mut index = Vec::new();
    for run in runs(places) {
        let Some((first, _)) = run.first() else { continue };
        index.push(Object::Integer(i64::from(first.number)));
        index.push(Object::Integer(i64::try_from(run.len()).unwrap_or(0)));
        for (id, offset) in run {
            rows.push(1);
            rows.extend(offset.to_be_bytes().iter().skip(8_usize.saturating_sub(width)));
            rows.extend(id.generation.to_be_bytes());
        }
    }
    let widths = [1, i64::try_from(width).unwrap_or(8), 2];
    let mut dictionary = Dictionary::new().with("Type", Object::name("XRef"));
    for (key, value) in trailer.iter() {
        dictionary.set_name(key.clone(), value.clone());
    }
    dictionary.set(
        "W",
        Object::Array(widths.into_iter().map(Object::Integer).collect()),
    );
    dictionary.set("Index", Object::Array(index));
    out.extend_from_slice(format!("{} {} obj\n", own.number, own.generation).as_bytes());
    write::object(out, &Object::Stream(Stream::new(dictionary, rows)));
    out.extend_from_slice(b"\nendobj");
}

/// A stream of `bytes`, with Flate when that makes it smaller.
pub(crate) fn compressed(dictionary: Dictionary, bytes: Vec<u8>) -> Object {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = encoder.write_all(&bytes).and_then(|()| encoder.finish());
    Object::Stream(match packed {
        Ok(packed) if packed.len() < bytes.len() => {
            Stream::new(dictionary.with("Filter", Object::name("FlateDecode")), packed)
        }
        _ => Stream::new(dictionary, bytes),
    })
}

/// What an update appends. The whole file is the base, unchanged, and then these bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// Length of the file before, in bytes: where `bytes` begin.
    pub base_length: u64,
    /// The bytes to append.
    #[serde(with = "as_base64")]
    pub bytes: Vec<u8>,
    /// Where the signature goes, if the update has one.
    pub placeholder: Option<Placeholder>,
}

/// The room kept for a signature, in offsets of the whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placeholder {
    /// Offsets of `<` and just after `>`.
    pub contents: Range<u64>,
    /// What `/ByteRange` says.
    pub byte_range: [u64; 4],
}

impl Placeholder {
    /// Most bytes a signature may have to fit.
    pub const fn capacity_bytes(&self) -> u64 {
        self.contents
            .end
            .saturating_sub(self.contents.start)
            .saturating_sub(2)
            / 2
    }
}

/// A signature that is larger than the room kept for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature of {size_bytes} bytes does not fit the {capacity_bytes} bytes kept for it")]
pub struct DoesNotFit {
    /// Size of the signature.
    pub size_bytes: u64,
    /// Room kept.
    pub capacity_bytes: u64,
}

impl Tail {
    /// Length of the whole file with this tail.
    pub fn total_length(&self) -> u64 {
        self.base_length.saturating_add(number::offset(self.bytes.len()))
    }

    fn fix_byte_range(&mut self, range_at: usize, contents: Range<u64>) -> Result<(), UpdateError> {
        let rest = self.total_length().saturating_sub(contents.end);
        let byte_range = [0, contents.start, contents.end, rest];
        let empty = byte_range_text([0; 4]).len();
        let text = byte_range_text(byte_range);
        let place = self.bytes.get_mut(range_at..range_at.saturating_add(empty));
        match place {
            Some(place) if place.len() == text.len() => place.copy_from_slice(text.as_bytes()),
            _ => return Err(UpdateError::Limit("the room of a byte range")),
        }
        self.placeholder = Some(Placeholder { contents, byte_range });
        Ok(())
    }

    /// Adds what the signature covers to `hasher`: the base from `source`, and this tail without the placeholder.
    ///
    /// # Errors
    /// What reading `source` reports; `InvalidInput` when there is no placeholder.
    pub fn hash(&self, source: &dyn ReadAt, mut hasher: Hasher) -> io::Result<Vec<u8>> {
        hash_range(&mut hasher, source, 0, self.base_length)?;
        self.hash_tail(&mut hasher)?;
        Ok(hasher.finish())
    }

    /// Adds what the signature covers of this tail to `hasher`, which has seen the whole base already.
    ///
    /// # Errors
    /// `InvalidInput` when there is no placeholder.
    pub fn hash_tail(&self, hasher: &mut Hasher) -> io::Result<()> {
        let (before, after) = self.around().ok_or(io::ErrorKind::InvalidInput)?;
        hasher.update(before);
        hasher.update(after);
        Ok(())
    }

    /// The digest of what the signature covers.
    ///
    /// # Errors
    /// As [`Self::hash`].
    pub fn digest(&self, source: &dyn ReadAt, algorithm: HashAlgorithm) -> io::Result<Vec<u8>> {
        self.hash(source, Hasher::new(algorithm))
    }

    fn around(&self) -> Option<(&[u8], &[u8])> {
        let place = self.placeholder.as_ref()?;
        let start = usize::try_from(place.contents.start.checked_sub(self.base_length)?).ok()?;
        let end = usize::try_from(place.contents.end.checked_sub(self.base_length)?).ok()?;
        Some((self.bytes.get(..start)?, self.bytes.get(end..)?))
    }

    /// Writes `signature` (DER) into the room kept for it; the rest stays zero.
    ///
    /// # Errors
    /// `DoesNotFit` when it is too large, or no room was kept.
    pub fn embed(&mut self, signature: &[u8]) -> Result<(), DoesNotFit> {
        let capacity_bytes = self.placeholder.as_ref().map_or(0, Placeholder::capacity_bytes);
        let error = DoesNotFit {
            size_bytes: number::offset(signature.len()),
            capacity_bytes,
        };
        if error.size_bytes > capacity_bytes {
            return Err(error);
        }
        let start = self
            .placeholder
            .as_ref()
            .and_then(|place| place.contents.start.checked_sub(self.base_length));
        let start = start
            .and_then(|start| usize::try_from(start).ok())
            .and_then(|start| start.checked_add(1));
        let length = usize::try_from(capacity_bytes)
            .ok()
            .and_then(|capacity| capacity.checked_mul(2));
        let place = start
            .zip(length)
            .and_then(|(start, length)| self.bytes.get_mut(start..start.checked_add(length)?));
        let place = place.ok_or(error)?;
        let digits = hex::encode_upper(signature);
        let padded = digits.bytes().chain(std::iter::repeat(b'0'));
        place
            .iter_mut()
            .zip(padded)
            .for_each(|(target, digit)| *target = digit);
        Ok(())
    }

    /// All of `/Contents` as it stands now, padding too; what [`super::signature::vri_key`] takes.
    pub fn contents(&self) -> Option<Vec<u8>> {
        let place = self.placeholder.as_ref()?;
        let start = usize::try_from(place.contents.start.checked_sub(self.base_length)?)
            .ok()?
            .checked_add(1)?;
        let end = usize::try_from(place.contents.end.checked_sub(self.base_length)?)
            .ok()?
            .checked_sub(1)?;
        hex::decode(self.bytes.get(start..end)?).ok()
    }
}

impl Entry {
    /// Whether an object stands there.
    pub(crate) const fn is_used(self) -> bool {
        !matches!(self, Self::Free)
    }
}

/// Bytes as base64 text, so that a stored tail does not grow fourfold.
mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
