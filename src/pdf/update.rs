//! Incremental updates: what changed is appended, nothing before it moves. ISO 32000-2 §7.5.6.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::digest::{HashAlgorithm, Hasher};

use super::document::{Document, View};
use super::error::PdfError;
use super::number;
use super::object::{Dictionary, Object, ObjectId, Stream, StreamData};
use super::parser::NUMBER_LIMIT;
use super::protection::Protection;
use super::tail::byte_range_text;
pub use super::tail::{DoesNotFit, Placeholder, Tail};
use super::write;
use super::xref::XrefKind;

/// Largest stream copied into an update.
const STREAM_LIMIT: usize = 64 * 1024 * 1024;
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
    /// The document is encrypted with RC4: what is added would be protected by nothing.
    #[error("the PDF is encrypted with RC4")]
    WeakEncryption,
    /// A message authentication code covers the whole file: what is added would make it wrong. ISO/TS 32004.
    #[error("a message authentication code covers the whole PDF")]
    Authenticated,
    /// More than one signature was put into one update.
    #[error("an update holds one signature at most")]
    TwoSignatures,
}

impl UpdateError {
    /// The stable code for logs and tables.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Authenticated => "PDF_MAC",
            Self::Pdf(error) => error.cause(),
            Self::Limit(_) => "PDF_UPDATE_LIMIT",
            Self::TwoSignatures => "PDF_UPDATE_TWO_SIGNATURES",
            Self::WeakEncryption => "PDF_ENCRYPTION_WEAK",
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
    /// Whether `document` can get an update at all; [`Self::finish`] asks the same.
    ///
    /// # Errors
    /// `Authenticated` and `WeakEncryption`.
    pub fn may_follow(document: &Document) -> Result<(), UpdateError> {
        if document.has_authentication_code() {
            return Err(UpdateError::Authenticated);
        }
        if document.protection().is_some_and(Protection::is_weak) {
            return Err(UpdateError::WeakEncryption);
        }
        Ok(())
    }

    /// An update of the newest revision of `document`, still empty.
    pub fn new(document: &Document) -> Self {
        let mut update = Self {
            view: document.latest(),
            next: document.size().max(1),
            objects: BTreeMap::new(),
            signature: None,
        };
        update.avoid(&update.view.trailer());
        if let Ok(catalog) = update.view.catalog() {
            update.avoid(&catalog);
        }
        update
    }

    /// Keeps new objects away from numbers that `holder` refers to though the file has none of them yet: what is null
    /// there (ISO 32000-2 §7.3.10) would become something.
    pub(crate) fn avoid(&mut self, holder: &Dictionary) {
        holder.for_each_reference(&mut |id| self.next = self.next.max(id.number.saturating_add(1)));
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
        // A number beyond `/Size` is as free as those reserved, and `/Size` has to be above it.
        self.next = self.next.max(id.number.saturating_add(1));
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
            && !matches!(stream.data, StreamData::Memory(_))
        {
            stream.data = StreamData::Memory(self.view.raw_stream(stream, STREAM_LIMIT)?);
        }
        self.objects.insert(id.number, (id, object));
        Ok(())
    }

    /// The object that holds `value`, when that is a reference and leads to something.
    ///
    /// A reference into the void is null (ISO 32000-2 §7.3.10). Nothing is put there: others may refer to it as well, as
    /// something else, and its number may lie beyond `/Size`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) fn place(&self, value: Option<&Object>) -> Result<Option<ObjectId>, PdfError> {
        let id = value.and_then(Object::as_reference);
        Ok(match id {
            Some(id) if !self.get(id)?.is_null() => Some(id),
            _ => None,
        })
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
    /// As [`Self::may_follow`]; `Limit` beyond what a table row or a byte range can hold; `Pdf` when the document cannot be read.
    pub fn finish(self) -> Result<Tail, UpdateError> {
        let document = self.view.document().clone();
        let base = document.len();
        let protection = document.protection();
        Self::may_follow(&document)?;
        let mut out = Vec::new();
        if !ends_with_eol(&document)? {
            out.push(b'\n');
        }
        let mut places: Vec<(ObjectId, u64)> = Vec::with_capacity(self.objects.len());
        let mut placeholder = None;
        for (id, object) in self.objects.values() {
            places.push((*id, base.saturating_add(number::offset(out.len()))));
            out.extend_from_slice(format!("{} {} obj\n", id.number, id.generation).as_bytes());
            let sealed;
            let object = match protection {
                None => object,
                Some(protection) => {
                    sealed = protection
                        .sealed(*id, object.clone(), base)
                        .ok_or(UpdateError::Limit("what can be encrypted"))?;
                    &sealed
                }
            };
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
        // Neither is encrypted, and both must be what the keys were made with (ISO 32000-2 §7.6.2).
        if let Some(encrypt) = last.trailer.get("Encrypt") {
            trailer.set("Encrypt", encrypt.clone());
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
