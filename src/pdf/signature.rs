//! Signature fields, their dictionaries, and whether a signature covers exactly one revision of the file.
//!
//! Only the container is judged here; what stands inside `/Contents` is for the room `ades`.
//! ISO 32000-2 §12.8.1; EN 319 142-1 §5.

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use crate::base::bytes::ReadAt;
use crate::base::digest::{HashAlgorithm, Hasher};
use crate::base::time::Timestamp;

use super::document::{Document, View};
use super::error::PdfError;
use super::field::Field;
use super::object::{Dictionary, Name, Object, ObjectId};
use super::page::Rect;
use super::text_string;

/// Bytes hashed at once.
const CHUNK: u64 = 256 * 1024;
/// From this length on a thread for each digest costs less than it saves.
const SIDE_BY_SIDE_BYTES: u64 = 8 << 20;
/// Most signatures and time-stamps of one file. Each is looked up in the revision it covers, and judged with a path.
const SIGNATURE_LIMIT: usize = 256;

/// What a signature dictionary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureKind {
    /// A document time-stamp: `/Type /DocTimeStamp`.
    DocTimeStamp,
    /// A signature of a person or organisation.
    Signature,
}

/// A field for a signature and what is in it.
#[derive(Clone, Debug)]
pub struct SignatureField {
    /// The field.
    pub field: Field,
    /// Where its first widget shows, if it shows.
    pub rect: Option<Rect>,
    /// What is in it.
    pub state: FieldState,
}

/// What is in a signature field.
#[derive(Clone, Debug)]
pub enum FieldState {
    /// Nothing yet.
    Empty,
    /// Something that cannot be a signature over a revision of this file. It counts as failed, never as absent.
    Faulty(SignatureFault),
    /// A signature dictionary whose byte range covers one revision whole.
    Signed(Box<Signature>),
}

/// Why the value of a signature field is no signature over a revision of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// `/ByteRange` is not four whole numbers from 0, ascending, within the file.
    ByteRange,
    /// `/Perms` names it as the certification, and it says of no `/DocMDP`, or another signature was there before.
    Certification,
    /// The byte range does not end where a complete revision ends.
    Coverage,
    /// `/Contents` is missing, not a hexadecimal string, empty or zero.
    Contents,
    /// The gap of the byte range is not exactly the value of `/Contents`.
    Gap,
    /// `/Type` and `/SubFilter` contradict each other.
    Kind,
    /// `/V` is no reference to a dictionary that stands in the file itself.
    NotIndirect,
    /// The field did not have this value in the revision that the byte range covers.
    NotInRevision,
    /// Another field has the same value.
    Shared,
}

impl SignatureFault {
    /// The stable code for logs and reports.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::ByteRange => "PDF_SIGNATURE_BYTE_RANGE",
            Self::Certification => "PDF_SIGNATURE_CERTIFICATION",
            Self::Coverage => "PDF_SIGNATURE_COVERAGE",
            Self::Contents => "PDF_SIGNATURE_CONTENTS",
            Self::Gap => "PDF_SIGNATURE_GAP",
            Self::Kind => "PDF_SIGNATURE_KIND",
            Self::NotIndirect => "PDF_SIGNATURE_NOT_INDIRECT",
            Self::NotInRevision => "PDF_SIGNATURE_NOT_IN_REVISION",
            Self::Shared => "PDF_SIGNATURE_SHARED",
        }
    }
}

/// A signature dictionary whose byte range covers one revision whole.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The signature dictionary.
    pub id: ObjectId,
    /// Signature or document time-stamp.
    pub kind: SignatureKind,
    /// The dictionary.
    pub dictionary: Dictionary,
    /// `/ByteRange`: offset and length of the two ranges hashed.
    pub byte_range: [u64; 4],
    /// `/Contents` decoded, with its padding.
    pub contents: Vec<u8>,
    /// Offsets of `<` and just after `>` of `/Contents`.
    pub contents_span: Range<u64>,
    /// The revision it covers.
    pub revision: usize,
}

/// How the value of a signature is encoded, for as far as it is read here. ISO 32000-2 §12.8.3, table 255: who validates
/// has to know the encoding that `/SubFilter` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// `ETSI.CAdES.detached`: a detached CMS message with the attributes of PAdES. EN 319 142-1 §5.3.
    Cades,
    /// `adbe.pkcs7.detached`: a detached CMS message.
    Pkcs7Detached,
    /// `adbe.pkcs7.sha1`: a CMS message whose content is the SHA-1 of the bytes covered. ISO 32000-1 §12.8.3.3.1.
    Pkcs7Sha1,
}

impl Signature {
    /// How the value is encoded; none for a sub-filter that is not read here, or when none is named.
    pub fn encoding(&self) -> Option<SignatureEncoding> {
        match self.sub_filter().as_str() {
            CADES_DETACHED => Some(SignatureEncoding::Cades),
            "adbe.pkcs7.detached" => Some(SignatureEncoding::Pkcs7Detached),
            "adbe.pkcs7.sha1" => Some(SignatureEncoding::Pkcs7Sha1),
            _ => None,
        }
    }

    /// `/SubFilter`, empty when absent.
    pub fn sub_filter(&self) -> String {
        let name = self.dictionary.get("SubFilter").and_then(Object::as_name);
        name.map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned())
            .unwrap_or_default()
    }

    /// `/M`: the time the signer claims. Document time-stamps have none.
    pub fn claimed_time(&self) -> Option<Timestamp> {
        text_string::parse_date(self.dictionary.get("M")?.as_string()?)
    }

    /// A text of the dictionary: `Name`, `Reason`, `Location`, `ContactInfo`.
    pub fn text(&self, key: &str) -> Option<String> {
        Some(text_string::decode(self.dictionary.get(key)?.as_string()?))
    }

    /// The key of this signature in `/VRI`: SHA-1 over all of `/Contents`, padding too, in upper-case hex.
    ///
    /// Source: EN 319 142-1 §5.4.2.3.
    pub fn vri_key(&self) -> String {
        vri_key(&self.contents)
    }

    /// The digest of the bytes the signature covers.
    ///
    /// # Errors
    /// What reading `source` reports.
    pub fn digest(&self, source: &dyn ReadAt, algorithm: HashAlgorithm) -> io::Result<Vec<u8>> {
        let mut hasher = Hasher::new(algorithm);
        let [start, length, second, rest] = self.byte_range;
        hash_range(&mut hasher, source, start, length)?;
        hash_range(&mut hasher, source, second, rest)?;
        Ok(hasher.finish())
    }
}

/// The key in `/VRI` of a signature whose whole `/Contents` is `contents`.
pub fn vri_key(contents: &[u8]) -> String {
    hex::encode_upper(HashAlgorithm::Sha1.digest(contents))
}

/// Adds `length` bytes at `offset` of `source` to `hasher`, in pieces.
///
/// # Errors
/// What reading `source` reports.
pub fn hash_range(hasher: &mut Hasher, source: &dyn ReadAt, offset: u64, length: u64) -> io::Result<()> {
    hash_range_by(&mut [hasher], source, offset, length)
}

/// As [`hash_range`], for several digests of the same bytes: of few they are read once, of many the digests are made
/// side by side.
///
/// # Errors
/// What reading `source` reports.
pub fn hash_range_by(
    hashers: &mut [&mut Hasher],
    source: &dyn ReadAt,
    offset: u64,
    length: u64,
) -> io::Result<()> {
    if hashers.len() > 1 && length >= SIDE_BY_SIDE_BYTES {
        // Each reads for itself: the system has the pages at hand, and the slowest digest alone decides the time.
        return std::thread::scope(|scope| {
            let running: Vec<_> = hashers
                .iter_mut()
                .map(|hasher| scope.spawn(|| hash_range_by(&mut [&mut **hasher], source, offset, length)))
                .collect();
            running.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("a digest could not be made")))
            })
        });
    }
    let end = offset.checked_add(length).ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut at = offset;
    let mut buffer = vec![0; usize::try_from(CHUNK.min(length)).unwrap_or(0)];
    while at < end {
        let size = usize::try_from(CHUNK.min(end.saturating_sub(at))).unwrap_or(0);
        let Some(part) = buffer.get_mut(..size) else { break };
        source.read_exact_at(part, at)?;
        for hasher in hashers.iter_mut() {
            hasher.update(part);
        }
        at = at.saturating_add(CHUNK);
    }
    Ok(())
}

impl View {
    /// All signature fields with their state, in the order of the form.
    ///
    /// # Errors
    /// As [`View::fields`].
    pub fn signature_fields(&self) -> Result<Vec<SignatureField>, PdfError> {
        let fields: Vec<Field> = self.fields()?.into_iter().filter(is_signature_field).collect();
        let values: Vec<Option<ObjectId>> = fields
            .iter()
            .map(|field| field.value.as_ref().and_then(Object::as_reference))
            .collect();
        if fields.iter().filter(|field| is_filled(field)).count() > SIGNATURE_LIMIT {
            return Err(PdfError::limit(0, "fewer signatures"));
        }
        let mut uses: HashMap<ObjectId, usize> = HashMap::new();
        for id in values.iter().flatten() {
            let count = uses.entry(*id).or_default();
            *count = count.saturating_add(1);
        }
        let mut found = Vec::with_capacity(fields.len());
        for (index, field) in fields.into_iter().enumerate() {
            let mine = values.get(index).copied().flatten();
            let shared = mine.is_some_and(|id| uses.get(&id).is_some_and(|count| *count > 1));
            let state = match &field.value {
                None | Some(Object::Null) => FieldState::Empty,
                Some(_) if shared => FieldState::Faulty(SignatureFault::Shared),
                Some(value) => match self.signature(value, &field) {
                    Ok(signature) => FieldState::Signed(Box::new(signature)),
                    Err(fault) => FieldState::Faulty(fault),
                },
            };
            found.push(SignatureField {
                rect: self.widget_rect(&field)?,
                field,
                state,
            });
        }
        self.check_certification(&mut found)?;
        Ok(found)
    }

    /// What `/Perms` names as the certification is one, and the first signature. ISO 32000-2 §12.8.2.2.1, table 263.
    fn check_certification(&self, fields: &mut [SignatureField]) -> Result<(), PdfError> {
        let permissions = self.dictionary(&self.catalog()?, "Perms")?.unwrap_or_default();
        let Some(named) = permissions.get("DocMDP").and_then(Object::as_reference) else {
            return Ok(());
        };
        let first = fields
            .iter()
            .filter_map(|field| match &field.state {
                FieldState::Signed(signature) => Some(signature),
                _ => None,
            })
            .filter(|signature| signature.kind == SignatureKind::Signature)
            .map(|signature| signature.revision)
            .min();
        for field in fields {
            let FieldState::Signed(signature) = &field.state else {
                continue;
            };
            if signature.id != named {
                continue;
            }
            let mut says = false;
            for reference in self.array(&signature.dictionary, "Reference")? {
                if let Object::Dictionary(reference) = self.resolve(&reference)? {
                    says |= self
                        .value(&reference, "TransformMethod")?
                        .as_name()
                        .is_some_and(|name| name.is("DocMDP"));
                }
            }
            if !says || Some(signature.revision) != first {
                field.state = FieldState::Faulty(SignatureFault::Certification);
            }
        }
        Ok(())
    }

    /// The signatures that cover a revision, oldest first. Empty and faulty fields are left out: judge those by
    /// [`Self::signature_fields`].
    ///
    /// # Errors
    /// As [`View::fields`].
    pub fn signatures(&self) -> Result<Vec<Signature>, PdfError> {
        let mut signatures: Vec<Signature> = self
            .signature_fields()?
            .into_iter()
            .filter_map(|field| match field.state {
                FieldState::Signed(signature) => Some(*signature),
                _ => None,
            })
            .collect();
        signatures.sort_by_key(|signature| signature.revision);
        Ok(signatures)
    }

    fn widget_rect(&self, field: &Field) -> Result<Option<Rect>, PdfError> {
        let Some(widget) = field.widgets.first() else {
            return Ok(None);
        };
        let widget = self.get(*widget)?;
        let Some(rect) = widget.as_dictionary().and_then(|widget| widget.get("Rect")) else {
            return Ok(None);
        };
        Rect::from_object(self, rect)
    }

    fn signature(&self, value: &Object, field: &Field) -> Result<Signature, SignatureFault> {
        let id = value.as_reference().ok_or(SignatureFault::NotIndirect)?;
        let indirect = self
            .indirect(id, 0)
            .ok()
            .flatten()
            .ok_or(SignatureFault::NotIndirect)?;
        let Object::Dictionary(dictionary) = indirect.object else {
            return Err(SignatureFault::NotIndirect);
        };
        let byte_range = byte_range(&dictionary, self.document().len()).ok_or(SignatureFault::ByteRange)?;
        let (Some(contents_span), Some(Object::String(contents))) =
            (indirect.contents_span, dictionary.get("Contents"))
        else {
            return Err(SignatureFault::Contents);
        };
        if contents.iter().all(|byte| *byte == 0) {
            return Err(SignatureFault::Contents);
        }
        let [_, first, second, rest] = byte_range;
        if first != contents_span.start || second != contents_span.end {
            return Err(SignatureFault::Gap);
        }
        if !self.is_plain_hex(&contents_span) {
            return Err(SignatureFault::Contents);
        }
        let kind = kind(&dictionary)?;
        let revision = self.document().revision_ending_at(second.saturating_add(rest));
        let revision = revision.ok_or(SignatureFault::Coverage)?;
        self.check_in_revision(revision, field, id)?;
        let contents = contents.clone();
        Ok(Signature {
            id,
            kind,
            dictionary,
            byte_range,
            contents,
            contents_span,
            revision,
        })
    }

    /// `<`, an even number of hex digits and `>`, nothing between them.
    fn is_plain_hex(&self, span: &Range<u64>) -> bool {
        let length = span
            .end
            .checked_sub(span.start)
            .and_then(|length| usize::try_from(length).ok());
        let bytes = length.and_then(|length| self.document().source().read_vec(span.start, length).ok());
        let Some([b'<', digits @ .., b'>']) = bytes.as_deref() else {
            return false;
        };
        digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit)
    }

    fn check_in_revision(&self, revision: usize, field: &Field, id: ObjectId) -> Result<(), SignatureFault> {
        let wrong = SignatureFault::NotInRevision;
        let then = self.document().at(revision).ok_or(wrong)?;
        let fields = then.fields().map_err(|_| wrong)?;
        let same = fields.iter().any(|other| {
            other.id == field.id
                && other.full_name == field.full_name
                && is_signature_field(other)
                && other.value.as_ref().and_then(Object::as_reference) == Some(id)
        });
        if same { Ok(()) } else { Err(wrong) }
    }
}

/// Whether `field` is for signatures.
fn is_filled(field: &Field) -> bool {
    field.value.as_ref().is_some_and(|value| !value.is_null())
}

pub(crate) fn is_signature_field(field: &Field) -> bool {
    field.kind.as_ref().is_some_and(|kind| kind.is("Sig"))
}

fn kind(dictionary: &Dictionary) -> Result<SignatureKind, SignatureFault> {
    let time_stamp = dictionary.is_name("SubFilter", "ETSI.RFC3161");
    match dictionary.get("Type").map(Object::as_name) {
        Some(Some(name)) if name.is("DocTimeStamp") && time_stamp => Ok(SignatureKind::DocTimeStamp),
        Some(Some(name)) if name.is("Sig") && !time_stamp => Ok(SignatureKind::Signature),
        None if !time_stamp => Ok(SignatureKind::Signature),
        _ => Err(SignatureFault::Kind),
    }
}

fn byte_range(dictionary: &Dictionary, length: u64) -> Option<[u64; 4]> {
    let items = dictionary.get("ByteRange")?.as_array()?;
    let numbers: Option<Vec<u64>> = items
        .iter()
        .map(|item| item.as_integer().and_then(|value| u64::try_from(value).ok()))
        .collect();
    let numbers: [u64; 4] = numbers?.try_into().ok()?;
    let [start, first, second, rest] = numbers;
    let ordered = start == 0 && first < second && second.checked_add(rest).is_some_and(|end| end <= length);
    ordered.then_some(numbers)
}

/// The signature fields of the newest revision.
///
/// # Errors
/// As [`View::fields`].
pub fn fields(document: &Document) -> Result<Vec<SignatureField>, PdfError> {
    document.latest().signature_fields()
}

/// `/SubFilter` of a signature at any PAdES level. EN 319 142-1 §5.3.
pub const CADES_DETACHED: &str = "ETSI.CAdES.detached";
/// `/SubFilter` of a document time-stamp. EN 319 142-1 §5.4.3.
pub const RFC3161: &str = "ETSI.RFC3161";

impl From<&Signature> for Name {
    fn from(signature: &Signature) -> Self {
        Self(signature.vri_key().into_bytes())
    }
}
