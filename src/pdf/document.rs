//! A PDF file opened for reading: its revisions, and the objects as each revision shows them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::bytes::ReadAt;

use super::error::{PdfError, PdfErrorKind};
use super::filter;
use super::number;
use super::object::{Dictionary, Name, Object, ObjectId, Stream, StreamData};
use super::objstm::ObjectStream;
use super::parser::{Indirect, Parser};
use super::revision::{self, Revision};
use super::xref::{self, Entry};

/// Largest object stream, decoded.
const OBJECT_STREAM_LIMIT: usize = 16 * 1024 * 1024;
/// Decoded object streams kept for the next question, in bytes.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Longest chain of references that leads to a value.
const REFERENCE_LIMIT: usize = 16;
/// How far the search for the header of a file goes that has it in the wrong place.
const HEADER_SEARCH: usize = 1024;

/// An open file. Cheap to clone; holds the cross-reference entries and nothing else of the file.
#[derive(Clone)]
pub struct Document(Arc<Inner>);

struct Inner {
    source: Arc<dyn ReadAt>,
    version: (u8, u8),
    revisions: Vec<Revision>,
    /// Number, revision and place of every object, in this order.
    entries: Vec<(u32, u32, Entry)>,
    cache: Mutex<VecDeque<(u64, Arc<ObjectStream>)>>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("length", &self.len())
            .field("revisions", &self.0.revisions.len())
            .finish_non_exhaustive()
    }
}

impl Document {
    /// Reads header and cross-reference sections of `source`, nothing else.
    ///
    /// # Errors
    /// `Empty`, `NotPdf`, `Encrypted`; `Malformed` and `Limit` for what this reader does not accept; `Io`.
    pub fn open(source: Arc<dyn ReadAt>) -> Result<Self, PdfError> {
        if source.is_empty() {
            return Err(PdfError::new(PdfErrorKind::Empty, 0, "at least one byte"));
        }
        let version = header(&*source)?;
        let start = revision::last_startxref(&*source)?;
        let sections = xref::chain(&*source, start)?;
        let (revisions, belongs) = revision::group(&*source, &sections)?;
        let mut entries = Vec::with_capacity(sections.iter().map(|section| section.entries.len()).sum());
        for (section, index) in sections.into_iter().zip(&belongs) {
            let index = u32::try_from(*index).unwrap_or(u32::MAX);
            entries.extend(
                section
                    .entries
                    .into_iter()
                    .map(|(number, entry)| (number, index, entry)),
            );
        }
        entries.sort_by_key(|(number, index, _)| (*number, *index));
        let twice = entries.windows(2).any(|pair| match pair {
            [first, second] => {
                first.0 == second.0 && first.1 == second.1 && first.0 != 0 && first.2 != second.2
            }
            _ => false,
        });
        if twice {
            return Err(PdfError::malformed(start, "each object once in a revision"));
        }
        entries.dedup_by_key(|(number, index, _)| (*number, *index));
        let document = Self(Arc::new(Inner {
            source,
            version,
            revisions,
            entries,
            cache: Mutex::default(),
        }));
        document.latest().catalog()?;
        Ok(document)
    }

    /// Length of the file in bytes.
    pub fn len(&self) -> u64 {
        self.0.source.len()
    }

    /// Never: an empty file does not open.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The bytes themselves.
    pub fn source(&self) -> &Arc<dyn ReadAt> {
        &self.0.source
    }

    /// Version in the header, `(1, 7)`. The catalog of a view may raise it.
    pub fn header_version(&self) -> (u8, u8) {
        self.0.version
    }

    /// All revisions, oldest first; there is at least one.
    pub fn revisions(&self) -> &[Revision] {
        &self.0.revisions
    }

    /// Index of the newest revision.
    pub fn last_revision(&self) -> usize {
        self.0.revisions.len().saturating_sub(1)
    }

    /// The document as it is now.
    pub fn latest(&self) -> View {
        View {
            document: self.clone(),
            revision: self.last_revision(),
        }
    }

    /// The document as it was in `revision`, if there is one of that index.
    pub fn at(&self, revision: usize) -> Option<View> {
        (revision < self.0.revisions.len()).then(|| View {
            document: self.clone(),
            revision,
        })
    }

    /// The revision that ends at byte `end`, with or without its last end of line.
    pub fn revision_ending_at(&self, end: u64) -> Option<usize> {
        self.0
            .revisions
            .iter()
            .position(|revision| revision.end <= end && end <= revision.end_with_eol)
    }

    /// The largest `/Size` of all revisions: the first object number never used.
    pub fn size(&self) -> u32 {
        let sizes = self
            .0
            .revisions
            .iter()
            .filter_map(|revision| revision.trailer.get("Size")?.as_integer());
        sizes.max().and_then(|size| u32::try_from(size).ok()).unwrap_or(1)
    }

    /// Numbers listed by `revision` with their places, in order of number.
    pub(crate) fn entries_of(&self, revision: usize) -> Vec<(u32, Entry)> {
        let Ok(revision) = u32::try_from(revision) else {
            return Vec::new();
        };
        let listed = self.0.entries.iter().filter(|(_, index, _)| *index == revision);
        listed.map(|(number, _, entry)| (*number, *entry)).collect()
    }

    /// Number, revision and place of every object of every revision.
    pub(crate) fn all_entries(&self) -> &[(u32, u32, Entry)] {
        &self.0.entries
    }

    /// Newest place of `number` up to `revision`, with the revision that gave it.
    pub(crate) fn entry(&self, number: u32, revision: usize) -> Option<(usize, Entry)> {
        let bound = u32::try_from(revision).unwrap_or(u32::MAX);
        let after = self
            .0
            .entries
            .partition_point(|(other, index, _)| (*other, *index) <= (number, bound));
        let (other, index, entry) = self.0.entries.get(after.checked_sub(1)?)?;
        (*other == number).then(|| (usize::try_from(*index).unwrap_or(0), *entry))
    }

    fn object_stream(&self, container: u32, revision: usize) -> Result<Arc<ObjectStream>, PdfError> {
        let place = self.entry(container, revision);
        let Some((_, Entry::InFile { offset, .. })) = place else {
            return Err(PdfError::malformed(
                0,
                "an object stream that stands in the file itself",
            ));
        };
        {
            let mut cache = self.0.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = cache.iter().position(|(other, _)| *other == offset)
                && let Some(found) = cache.remove(at)
            {
                let stream = found.1.clone();
                cache.push_front(found);
                return Ok(stream);
            }
        }
        let view = View {
            document: self.clone(),
            revision,
        };
        let id = ObjectId::new(container);
        let indirect = view
            .indirect(id, 1)?
            .ok_or(PdfError::malformed(offset, "an object stream"))?;
        let Object::Stream(stream) = indirect.object else {
            return Err(PdfError::malformed(offset, "an object stream"));
        };
        if !stream.dictionary.is_name("Type", "ObjStm") {
            return Err(PdfError::malformed(offset, "a stream of type `ObjStm`"));
        }
        let bytes = view.stream_bytes(&stream, OBJECT_STREAM_LIMIT)?;
        let decoded = Arc::new(ObjectStream::new(&stream.dictionary, bytes, offset)?);
        let mut cache = self.0.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.push_front((offset, decoded.clone()));
        while cache.len() > 1
            && cache.iter().map(|(_, stream)| stream.size_bytes()).sum::<u64>() > CACHE_BYTES
        {
            cache.pop_back();
        }
        Ok(decoded)
    }
}

fn header(source: &dyn ReadAt) -> Result<(u8, u8), PdfError> {
    let length = usize::try_from(source.len())
        .unwrap_or(usize::MAX)
        .min(HEADER_SEARCH);
    let head = source
        .read_vec(0, length)
        .map_err(|_| PdfError::new(PdfErrorKind::Io, 0, "readable bytes"))?;
    let Some(rest) = head.strip_prefix(b"%PDF-") else {
        if let Some(at) = head.windows(5).position(|window| window == b"%PDF-") {
            return Err(PdfError::malformed(number::offset(at), "the header at offset 0"));
        }
        return Err(PdfError::new(
            PdfErrorKind::NotPdf,
            0,
            "a file that begins with `%PDF-`",
        ));
    };
    match rest {
        [major @ b'1'..=b'2', b'.', minor @ b'0'..=b'9', ..] => Ok((major - b'0', minor - b'0')),
        _ => Err(PdfError::malformed(5, "a version like `1.7`")),
    }
}

/// The objects as one revision shows them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct View {
    document: Document,
    revision: usize,
}

impl View {
    /// The document this is a view of.
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// Index of the revision shown.
    pub const fn revision(&self) -> usize {
        self.revision
    }

    /// The trailer of this revision. Empty never: a document without one does not open.
    pub fn trailer(&self) -> Dictionary {
        self.document
            .0
            .revisions
            .get(self.revision)
            .map(|revision| revision.trailer.clone())
            .unwrap_or_default()
    }

    /// The object `id`; `Null` when it is free, unknown, or of another generation (ISO 32000-2 §7.3.10).
    ///
    /// # Errors
    /// When the place the cross-reference section names holds no such object.
    pub fn get(&self, id: ObjectId) -> Result<Object, PdfError> {
        self.load(id, 0)
    }

    /// `object`, or what its reference leads to.
    ///
    /// # Errors
    /// As [`Self::get`]; `Limit` for a chain of references without an end.
    pub fn resolve(&self, object: &Object) -> Result<Object, PdfError> {
        let mut found = object.clone();
        for _ in 0..REFERENCE_LIMIT {
            match found {
                Object::Reference(id) => found = self.get(id)?,
                other => return Ok(other),
            }
        }
        Err(PdfError::limit(0, "a reference that leads to a value"))
    }

    /// The value of `key` in `dictionary`, references followed; `Null` when absent.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn value(&self, dictionary: &Dictionary, key: &str) -> Result<Object, PdfError> {
        dictionary
            .get(key)
            .map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    /// The dictionary under `key`, references followed; `None` when absent or something else.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn dictionary(&self, dictionary: &Dictionary, key: &str) -> Result<Option<Dictionary>, PdfError> {
        Ok(self.value(dictionary, key)?.as_dictionary().cloned())
    }

    /// The array under `key`, references to the array itself followed; empty when absent or something else.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn array(&self, dictionary: &Dictionary, key: &str) -> Result<Vec<Object>, PdfError> {
        match self.value(dictionary, key)? {
            Object::Array(items) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// Number and generation of the catalog.
    ///
    /// # Errors
    /// `Malformed` when the trailer names none.
    pub fn catalog_id(&self) -> Result<ObjectId, PdfError> {
        let root = self.trailer().get("Root").and_then(Object::as_reference);
        root.ok_or(PdfError::malformed(self.startxref(), "a trailer with `/Root`"))
    }

    /// The catalog.
    ///
    /// # Errors
    /// `Malformed` when there is none.
    pub fn catalog(&self) -> Result<Dictionary, PdfError> {
        match self.get(self.catalog_id()?)? {
            Object::Dictionary(catalog) if catalog.is_name("Type", "Catalog") => Ok(catalog),
            _ => Err(PdfError::malformed(
                self.startxref(),
                "a catalog of type `Catalog`",
            )),
        }
    }

    /// The form dictionary, if the catalog has one, and where it stands when it is an object of its own.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn acro_form(&self) -> Result<Option<(Option<ObjectId>, Dictionary)>, PdfError> {
        let catalog = self.catalog()?;
        let Some(value) = catalog.get("AcroForm") else {
            return Ok(None);
        };
        let found = self.resolve(value)?;
        Ok(found
            .as_dictionary()
            .map(|form| (value.as_reference(), form.clone())))
    }

    /// The version that counts: the later of header and catalog (ISO 32000-2 §7.2.2).
    ///
    /// # Errors
    /// As [`Self::catalog`].
    pub fn version(&self) -> Result<(u8, u8), PdfError> {
        let catalog = self.catalog()?;
        let raised = match catalog
            .get("Version")
            .and_then(Object::as_name)
            .map(Name::as_bytes)
        {
            Some([major @ b'1'..=b'9', b'.', minor @ b'0'..=b'9']) => (major - b'0', minor - b'0'),
            _ => (0, 0),
        };
        Ok(raised.max(self.document.0.version))
    }

    /// The decoded bytes of `stream`, never more than `cap`.
    ///
    /// # Errors
    /// `Limit` above `cap`; `Unsupported` for image filters and LZW; `Malformed`.
    pub fn stream_bytes(&self, stream: &Stream, cap: usize) -> Result<Vec<u8>, PdfError> {
        let encoded = self.raw_stream(stream, cap)?;
        filter::decode(encoded, &self.filters(&stream.dictionary)?, cap, place(stream))
    }

    /// The bytes of `stream` as they are stored, never more than `cap`.
    ///
    /// # Errors
    /// `Limit` above `cap`; `Io`.
    pub fn raw_stream(&self, stream: &Stream, cap: usize) -> Result<Vec<u8>, PdfError> {
        match &stream.data {
            StreamData::Memory(bytes) => Ok(bytes.clone()),
            StreamData::File { offset, length } => {
                let length = usize::try_from(*length).ok().filter(|length| *length <= cap);
                let length = length.ok_or(PdfError::limit(*offset, "a smaller stream"))?;
                let source = &self.document.0.source;
                source
                    .read_vec(*offset, length)
                    .map_err(|_| PdfError::new(PdfErrorKind::Io, *offset, "readable bytes"))
            }
        }
    }

    fn filters(&self, dictionary: &Dictionary) -> Result<Vec<(Name, Option<Dictionary>)>, PdfError> {
        let names = match self.value(dictionary, "Filter")? {
            Object::Name(name) => vec![Object::Name(name)],
            Object::Array(items) => items,
            _ => Vec::new(),
        };
        let parameters = match self.value(dictionary, "DecodeParms")? {
            Object::Array(items) => items,
            other => vec![other],
        };
        let mut filters = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let Object::Name(name) = self.resolve(name)? else {
                return Err(PdfError::malformed(0, "filter names"));
            };
            let given = parameters
                .get(index)
                .map(|given| self.resolve(given))
                .transpose()?;
            let given = match given {
                Some(Object::Dictionary(given)) => {
                    let mut direct = Dictionary::new();
                    for (key, value) in given.iter() {
                        direct.set_name(key.clone(), self.resolve(value)?);
                    }
                    Some(direct)
                }
                _ => None,
            };
            filters.push((name, given));
        }
        Ok(filters)
    }

    fn startxref(&self) -> u64 {
        self.document
            .0
            .revisions
            .get(self.revision)
            .map_or(0, |revision| revision.startxref)
    }

    fn load(&self, id: ObjectId, depth: usize) -> Result<Object, PdfError> {
        match self.document.entry(id.number, self.revision) {
            Some((_, Entry::InStream { stream, index })) if id.generation == 0 => {
                if depth > 1 {
                    return Err(PdfError::limit(0, "a length that is not inside an object stream"));
                }
                let container = self.document.object_stream(stream, self.revision)?;
                container.object(index, id.number)
            }
            Some((_, Entry::InFile { .. })) => Ok(self
                .indirect(id, depth)?
                .map_or(Object::Null, |indirect| indirect.object)),
            _ => Ok(Object::Null),
        }
    }

    /// The object with its place in the file; `None` when it is not in the file itself or of another generation.
    pub(crate) fn indirect(&self, id: ObjectId, depth: usize) -> Result<Option<Indirect>, PdfError> {
        let Some((given_by, Entry::InFile { offset, generation })) =
            self.document.entry(id.number, self.revision)
        else {
            return Ok(None);
        };
        if generation != id.generation {
            return Ok(None);
        }
        // WHY: an object of a revision may not reach into a later one.
        let end = self
            .document
            .0
            .revisions
            .get(given_by)
            .map_or(0, |revision| revision.end);
        if offset >= end {
            return Err(PdfError::malformed(offset, "an object within its own revision"));
        }
        let length_of = |length: ObjectId| -> Result<u64, PdfError> {
            if depth > 1 {
                return Err(PdfError::limit(offset, "a stream length that is found directly"));
            }
            let value = self.load(length, depth.saturating_add(1))?;
            let value = value.as_integer().and_then(|value| u64::try_from(value).ok());
            value.ok_or(PdfError::malformed(offset, "a stream length of 0 or more"))
        };
        let indirect = Parser::new(&*self.document.0.source, offset, end).indirect(Some(&length_of))?;
        if indirect.id != id {
            return Err(PdfError::malformed(
                offset,
                "the object where the cross-reference section says",
            ));
        }
        Ok(Some(indirect))
    }
}

const fn place(stream: &Stream) -> u64 {
    match stream.data {
        StreamData::File { offset, .. } => offset,
        StreamData::Memory(_) => 0,
    }
}
