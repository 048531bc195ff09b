//! The objects of a document as one of its revisions shows them.

use super::document::Document;
use super::error::{PdfError, PdfErrorKind};
use super::filter;
use super::number;
use super::object::{Dictionary, Name, Object, ObjectId, Stream, StreamData};
use super::parser::{Indirect, Parser};
use super::xref::Entry;

/// Longest chain of references that leads to a value.
const REFERENCE_LIMIT: usize = 16;
/// What reading any object costs beside its bytes, in bytes.
const READ_COST: u64 = 64;
/// By how many bytes encryption makes a stream longer at most: an initialisation vector and a whole block of padding.
const SEALED_MORE: usize = 32;

/// The objects as one revision shows them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct View {
    document: Document,
    revision: usize,
}

impl View {
    /// `revision` must be one of `document`.
    pub(super) const fn new(document: Document, revision: usize) -> Self {
        Self { document, revision }
    }

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
            .revisions()
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
        Ok(raised.max(self.document.header_version()))
    }

    /// The decoded bytes of `stream`, never more than `cap`.
    ///
    /// # Errors
    /// `Limit` above `cap`; `Unsupported` for image filters and LZW; `Malformed`.
    pub fn stream_bytes(&self, stream: &Stream, cap: usize) -> Result<Vec<u8>, PdfError> {
        let encoded = self.raw_stream(stream, cap)?;
        let at = place(stream);
        self.document.charge(number::offset(encoded.len()), at)?;
        let decoded = filter::decode(encoded, &self.filters(&stream.dictionary)?, cap, at)?;
        self.document.charge(number::offset(decoded.len()), at)?;
        Ok(decoded)
    }

    /// The bytes of `stream` as they are stored, never more than `cap`.
    ///
    /// # Errors
    /// `Limit` above `cap`; `Io`.
    pub fn raw_stream(&self, stream: &Stream, cap: usize) -> Result<Vec<u8>, PdfError> {
        match &stream.data {
            StreamData::Memory(bytes) => Ok(bytes.clone()),
            StreamData::File { offset, length } => self.stored(*offset, *length, cap),
            StreamData::Sealed {
                offset,
                length,
                id,
                method,
            } => {
                let sealed = self.stored(*offset, *length, cap.saturating_add(SEALED_MORE))?;
                self.document.charge(*length, *offset)?;
                let protection = self.document.protection();
                let protection =
                    protection.ok_or(PdfError::malformed(*offset, "data that is not encrypted"))?;
                let bytes = protection.data(*id, *method, &sealed, *offset)?;
                if bytes.len() > cap {
                    return Err(PdfError::limit(*offset, "a smaller stream"));
                }
                Ok(bytes)
            }
        }
    }

    fn stored(&self, offset: u64, length: u64, cap: usize) -> Result<Vec<u8>, PdfError> {
        let length = usize::try_from(length).ok().filter(|length| *length <= cap);
        let length = length.ok_or(PdfError::limit(offset, "a smaller stream"))?;
        let source = &self.document.source();
        source
            .read_vec(offset, length)
            .map_err(|_| PdfError::new(PdfErrorKind::Io, offset, "readable bytes"))
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
            // What it encrypted is decrypted by now; it stands first (ISO 32000-2 §7.4.10).
            if index == 0 && name.is("Crypt") && self.document.protection().is_some() {
                continue;
            }
            let given = parameters
                .get(index)
                .map(|given| self.resolve(given))
                .transpose()?;
            let given = match given {
                Some(Object::Dictionary(given)) => {
                    let mut direct = Dictionary::new();
                    for key in filter::PARAMETERS {
                        if let Some(value) = given.get(key) {
                            direct.set(key, self.resolve(value)?);
                        }
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
            .revisions()
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
                let read = container.object(index, id.number);
                let length = read
                    .as_ref()
                    .map_or(container.size_bytes(), |(_, length)| *length);
                self.document.charge(length.saturating_add(READ_COST), 0)?;
                read.map(|(object, _)| object)
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
            .revisions()
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
        let mut parser =
            Parser::new(&**self.document.source(), offset, end).with_window(self.document.take_window());
        let read = parser.indirect(Some(&length_of));
        self.document.leave_window(parser.into_window());
        let reached = match &read {
            Ok(indirect) => indirect.end.saturating_sub(data_length(&indirect.object)),
            Err(error) => error.offset,
        };
        self.document
            .charge(reached.saturating_sub(offset).saturating_add(READ_COST), offset)?;
        let indirect = read?;
        if indirect.id != id {
            return Err(PdfError::malformed(
                offset,
                "the object where the cross-reference section says",
            ));
        }
        let Some(protection) = self.document.protection() else {
            return Ok(Some(indirect));
        };
        Ok(Some(Indirect {
            object: protection.opened(id, indirect.object, offset)?,
            ..indirect
        }))
    }
}

/// Length of a stream's data, which is passed over when the object is read.
const fn data_length(object: &Object) -> u64 {
    match object {
        Object::Stream(Stream {
            data: StreamData::File { length, .. } | StreamData::Sealed { length, .. },
            ..
        }) => *length,
        _ => 0,
    }
}

const fn place(stream: &Stream) -> u64 {
    match stream.data {
        StreamData::File { offset, .. } | StreamData::Sealed { offset, .. } => offset,
        StreamData::Memory(_) => 0,
    }
}
