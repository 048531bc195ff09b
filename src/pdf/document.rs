//! A PDF file opened for reading: its revisions, and the objects as each revision shows them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::bytes::ReadAt;

use super::error::{PdfError, PdfErrorKind};
use super::lexer::Window;
use super::number;
use super::object::{Dictionary, Object, ObjectId};
use super::objstm::ObjectStream;
use super::parser::Parser;
use super::protection::Protection;
use super::revision::{self, Revision};
pub use super::view::View;
use super::xref::{self, Entry};

/// Largest object stream, decoded.
const OBJECT_STREAM_LIMIT: usize = 16 * 1024 * 1024;
/// Decoded object streams kept for the next question, in bytes.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// How far the search for the header of a file goes that has it in the wrong place.
const HEADER_SEARCH: usize = 1024;
/// What may be read as objects and decoded of any file, however short, in bytes: a few seconds' work.
const WORK_AT_LEAST: u64 = 512 * 1024 * 1024;
/// And for each of its bytes. An object is read anew for every question about it; a validation of twenty signatures
/// reads the objects that matter some hundred times, a file that makes one object be read for each of a hundred
/// thousand references does not get that far.
const WORK_A_BYTE: u64 = 16;

/// An open file. Cheap to clone; holds the cross-reference entries and nothing else of the file.
#[derive(Clone)]
pub struct Document(Arc<Inner>);

struct Inner {
    source: Arc<dyn ReadAt>,
    version: (u8, u8),
    revisions: Vec<Revision>,
    protection: Option<Protection>,
    /// Number, revision and place of every object, in this order.
    entries: Vec<(u32, u32, Entry)>,
    /// Places in `entries`, by revision.
    by_revision: Vec<u32>,
    /// Bytes that may still be read as objects or decoded.
    work_left: AtomicU64,
    cache: Mutex<VecDeque<(u64, Arc<ObjectStream>)>>,
    /// Where the last object was read.
    window: Mutex<Window>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("length", &self.len())
            .field("revisions", &self.0.revisions.len())
            .finish_non_exhaustive()
    }
}

/// An object as one revision gave it.
pub(crate) struct Version<'v> {
    pub(crate) id: ObjectId,
    /// Where it stands.
    pub(crate) entry: &'v Entry,
    /// The file as of that revision.
    pub(crate) view: &'v View,
    /// `None` when it cannot be read.
    pub(crate) object: Option<Object>,
}

impl Document {
    /// Reads header and cross-reference sections of `source`, nothing else.
    ///
    /// # Errors
    /// `Empty`, `NotPdf`; `Password`, `PasswordWrong` and `Encrypted` for what is not opened; `Malformed` and `Limit`
    /// for what this reader does not accept; `Io`.
    pub fn open(source: Arc<dyn ReadAt>) -> Result<Self, PdfError> {
        let work = WORK_AT_LEAST.saturating_add(source.len().saturating_mul(WORK_A_BYTE));
        Self::open_within(source, work)
    }

    /// [`Self::open`] with another bound on what may be read of the file in all.
    fn open_within(source: Arc<dyn ReadAt>, work: u64) -> Result<Self, PdfError> {
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
        let mut by_revision: Vec<u32> = (0..u32::try_from(entries.len()).unwrap_or(u32::MAX)).collect();
        by_revision.sort_by_key(|place| revision_at(&entries, *place));
        let protection = protection(&*source, &revisions, &entries, start)?;
        let document = Self(Arc::new(Inner {
            source,
            version,
            revisions,
            protection,
            entries,
            by_revision,
            work_left: AtomicU64::new(work),
            cache: Mutex::default(),
            window: Mutex::default(),
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
        self.0.source.is_empty()
    }

    /// The bytes themselves.
    pub fn source(&self) -> &Arc<dyn ReadAt> {
        &self.0.source
    }

    /// How the file is encrypted, if it is.
    pub(crate) fn protection(&self) -> Option<&Protection> {
        self.0.protection.as_ref()
    }

    /// Whether the file is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.protection.is_some()
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
        View::new(self.clone(), self.last_revision())
    }

    /// The document as it was in `revision`, if there is one of that index.
    pub fn at(&self, revision: usize) -> Option<View> {
        (revision < self.0.revisions.len()).then(|| View::new(self.clone(), revision))
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
        let (entries, places) = (&self.0.entries, &self.0.by_revision);
        let from = places.partition_point(|place| revision_at(entries, *place) < revision);
        places
            .iter()
            .skip(from)
            .map_while(|place| entries.get(usize::try_from(*place).ok()?))
            .take_while(|(_, index, _)| *index == revision)
            .map(|(number, _, entry)| (*number, *entry))
            .collect()
    }

    /// Calls `visit` with every version of every object in use, as long as it answers `true`. One pass over the whole file.
    pub(crate) fn for_each_version(&self, visit: &mut dyn FnMut(Version<'_>) -> bool) {
        for (number, revision, entry) in &self.0.entries {
            let generation = match entry {
                Entry::Free => continue,
                Entry::InFile { generation, .. } => *generation,
                Entry::InStream { .. } => 0,
            };
            let id = ObjectId {
                number: *number,
                generation,
            };
            let view = self.at(usize::try_from(*revision).unwrap_or(usize::MAX));
            let object = view.as_ref().and_then(|view| view.get(id).ok());
            let view = view.unwrap_or_else(|| self.latest());
            let version = Version {
                id,
                entry,
                view: &view,
                object,
            };
            if !visit(version) {
                break;
            }
        }
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

    /// Takes `bytes` from what may be read of this file.
    ///
    /// # Errors
    /// `Limit` when nothing is left: the file makes the same bytes be read over and over.
    pub(super) fn charge(&self, bytes: u64, at: u64) -> Result<(), PdfError> {
        let less = |left: u64| left.checked_sub(bytes);
        self.0
            .work_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .map(|_| ())
            .map_err(|_| PdfError::limit(at, "a file that is not read so many times over"))
    }

    /// What was read around the last object; nothing while somebody else reads with it.
    pub(super) fn take_window(&self) -> Window {
        self.0
            .window
            .try_lock()
            .map(|mut window| std::mem::take(&mut *window))
            .unwrap_or_default()
    }

    /// Leaves `window` for whoever reads next.
    pub(super) fn leave_window(&self, window: Window) {
        if let Ok(mut place) = self.0.window.try_lock() {
            *place = window;
        }
    }

    pub(super) fn object_stream(
        &self,
        container: u32,
        revision: usize,
    ) -> Result<Arc<ObjectStream>, PdfError> {
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
        let view = View::new(self.clone(), revision);
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

fn revision_at(entries: &[(u32, u32, Entry)], place: u32) -> u32 {
    usize::try_from(place)
        .ok()
        .and_then(|place| entries.get(place))
        .map_or(u32::MAX, |(_, revision, _)| *revision)
}

/// Opens an encrypted file; none when it is not encrypted.
///
/// One encryption for all of the file: who could put it there, change it or take it away in a later revision would
/// change what every earlier one says.
fn protection(
    source: &dyn ReadAt,
    revisions: &[Revision],
    entries: &[(u32, u32, Entry)],
    at: u64,
) -> Result<Option<Protection>, PdfError> {
    let stated = |revision: &Revision| {
        revision
            .trailer
            .get("Encrypt")
            .filter(|value| !value.is_null())
            .cloned()
    };
    let mut all = revisions.iter().map(stated);
    let encrypt = all.next().flatten();
    if !all.all(|other| other == encrypt) {
        return Err(PdfError::malformed(at, "the same `/Encrypt` in every revision"));
    }
    let Some(encrypt) = encrypt else {
        return Ok(None);
    };
    let mut identifiers = revisions.iter().map(|revision| {
        let halves = revision.trailer.get("ID").and_then(Object::as_array);
        halves.and_then(<[Object]>::first).and_then(Object::as_string)
    });
    let identifier = identifiers.next().flatten();
    let identifier = identifier.ok_or(PdfError::malformed(at, "a direct `/ID` in an encrypted file"))?;
    if !identifiers.all(|other| other == Some(identifier)) {
        return Err(PdfError::malformed(
            at,
            "the same first half of `/ID` in every revision",
        ));
    }
    let (dictionary, own, at) = match encrypt {
        Object::Dictionary(dictionary) => (dictionary, None, at),
        Object::Reference(id) => {
            let (dictionary, at) = encryption_dictionary(source, entries, id, at)?;
            (dictionary, Some(id), at)
        }
        _ => return Err(PdfError::malformed(at, "an encryption dictionary")),
    };
    Protection::open(&dictionary, own, at, identifier, source.password()).map(Some)
}

/// The encryption dictionary: an object of the file itself, written once and never again.
fn encryption_dictionary(
    source: &dyn ReadAt,
    entries: &[(u32, u32, Entry)],
    id: ObjectId,
    at: u64,
) -> Result<(Dictionary, u64), PdfError> {
    let from = entries.partition_point(|(number, ..)| *number < id.number);
    let mut places = entries
        .iter()
        .skip(from)
        .take_while(|(number, ..)| *number == id.number)
        .map(|(.., entry)| *entry);
    let (Some(Entry::InFile { offset, generation }), None) = (places.next(), places.next()) else {
        return Err(PdfError::malformed(
            at,
            "an encryption dictionary that stands in the file itself, once",
        ));
    };
    let indirect = Parser::new(source, offset, source.len()).indirect(None)?;
    match indirect.object {
        Object::Dictionary(dictionary) if indirect.id == id && generation == id.generation => {
            Ok((dictionary, offset))
        }
        _ => Err(PdfError::malformed(offset, "an encryption dictionary")),
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// A form whose one field has the same kid, of some length, very often.
    fn one_kid_often(kids: usize, length: usize) -> Vec<u8> {
        let objects = [
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>".to_owned(),
            "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned(),
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>".to_owned(),
            format!("<</FT/Tx/T(a)/Kids[{}]>>", "5 0 R ".repeat(kids)),
            format!("<</Rect[{}]>>", "0 ".repeat(length)),
        ];
        let mut out = "%PDF-1.7\n".to_owned();
        let mut rows = "0000000000 65535 f\r\n".to_owned();
        for (index, object) in objects.iter().enumerate() {
            write!(rows, "{:010} 00000 n\r\n", out.len()).unwrap();
            write!(out, "{} 0 obj\n{object}\nendobj\n", index + 1).unwrap();
        }
        let start = out.len();
        write!(
            out,
            "xref\n0 6\n{rows}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
        )
        .unwrap();
        out.into_bytes()
    }

    #[test]
    fn what_is_read_of_a_file_has_a_bound_however_often_it_refers_to_it() {
        let file: Arc<dyn ReadAt> = Arc::new(one_kid_often(2_000, 500));
        let open = |work| Document::open_within(file.clone(), work).unwrap().latest();
        assert_eq!(open(3_000_000).fields().unwrap().len(), 1);
        let error = open(300_000).fields().unwrap_err();
        assert_eq!(error.kind, PdfErrorKind::Limit);
        // The bound is on the file, not on one question about it.
        let view = open(5_000_000);
        let asked = (0..10).take_while(|_| view.fields().is_ok()).count();
        assert_eq!(asked, 2);
    }
}
