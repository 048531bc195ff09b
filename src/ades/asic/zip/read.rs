//! An archive and its entries.

use std::io::{self, Read};
use std::sync::Arc;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::directory::{self, End};
use super::{ZipError, ZipErrorKind, layout};
use crate::base::bytes::ReadAt;

/// What opening and reading may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most entries.
    pub entries: u64,
    /// Most bytes of the central directory.
    pub directory: u64,
    /// Most bytes of all contents together, uncompressed.
    pub total: u64,
    /// How many times larger an entry of more than a megabyte may be than its compressed form. Deflate itself ends near
    /// 1 030.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 10_000,
            directory: 16 * 1024 * 1024,
            total: 16 * 1024 * 1024 * 1024,
            ratio: 500,
        }
    }
}

/// Contents up to this size are not judged by their ratio.
const RATIO_FREE: u64 = 1024 * 1024;

/// How a content is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored,
    /// Deflate, RFC 1951.
    Deflated,
}

impl Method {
    pub(super) const fn from_code(code: u16) -> Option<Self> {
        match code {
            0 => Some(Self::Stored),
            8 => Some(Self::Deflated),
            _ => None,
        }
    }

    pub(super) const fn code(self) -> u16 {
        match self {
            Self::Stored => 0,
            Self::Deflated => 8,
        }
    }
}

/// One entry, its local header found to agree.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub(super) name: String,
    pub(super) name_bytes: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) length: u64,
    pub(super) compressed: u64,
    pub(super) local: u64,
    pub(super) content: u64,
    /// Its central record, byte for byte.
    pub(super) record: Vec<u8>,
}

impl std::fmt::Debug for Entry {
    /// Without the name: it may say whom a document is about.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({:?}, {} bytes)", self.method, self.length)
    }
}

impl Entry {
    /// Its path in the archive, segments apart by `/`; a folder's ends with one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a folder, which has no content.
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    /// How it is kept.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Bytes of its content, uncompressed.
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// Where its content begins in the archive.
    pub const fn content_offset(&self) -> u64 {
        self.content
    }

    /// Its central record, byte for byte.
    pub(super) fn record(&self) -> &[u8] {
        &self.record
    }

    /// Whether its content is empty.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// An archive that reads the same to everybody.
#[derive(Clone)]
pub struct Archive {
    source: Arc<dyn ReadAt>,
    entries: Vec<Entry>,
    end: End,
    comment: Vec<u8>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

impl Archive {
    /// Reads directory and headers; contents are read later, by [`Archive::reader`].
    ///
    /// # Errors
    /// The first thing that is not as it must be, with its offset.
    pub fn open(source: Arc<dyn ReadAt>, limits: &Limits) -> Result<Self, ZipError> {
        let (end, comment) = directory::end(source.as_ref())?;
        let mut entries = directory::entries(source.as_ref(), end, limits)?;
        layout::check(source.as_ref(), &mut entries, end.directory)?;
        let mut total = 0_u64;
        for entry in &entries {
            total = total.saturating_add(entry.length);
            let most = entry.compressed.saturating_mul(limits.ratio).max(RATIO_FREE);
            if total > limits.total || entry.length > most {
                return Err(ZipError::new(
                    ZipErrorKind::Limit,
                    entry.local,
                    "a smaller content",
                ));
            }
            if entry.method == Method::Stored && entry.compressed != entry.length {
                return Err(ZipError::ambiguous(entry.local, "one size of a stored content"));
            }
        }
        Ok(Self {
            source,
            entries,
            end,
            comment,
        })
    }

    /// The entries in the directory's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of this very name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The archive's comment.
    pub fn comment(&self) -> &[u8] {
        &self.comment
    }

    /// The archive's own bytes.
    pub fn source(&self) -> &Arc<dyn ReadAt> {
        &self.source
    }

    /// Where the central directory begins: what stands before is entries, byte for byte.
    pub const fn directory_offset(&self) -> u64 {
        self.end.directory
    }

    /// Reads the content of `entry`. Its end is an error unless length and checksum are right.
    pub fn reader(&self, entry: &Entry) -> EntryReader {
        let raw = Span {
            source: Arc::clone(&self.source),
            at: entry.content,
            left: entry.compressed,
        };
        EntryReader {
            inner: match entry.method {
                Method::Stored => Inner::Stored(raw),
                Method::Deflated => Inner::Deflated(Box::new(DeflateDecoder::new(raw))),
            },
            left: entry.length,
            compressed: entry.compressed,
            crc: Crc::new(),
            expected: entry.crc,
            offset: entry.content,
            is_over: false,
        }
    }

    /// The whole content of `entry`, when it has at most `most` bytes.
    ///
    /// # Errors
    /// `ZIP_LIMIT` when it is larger, `ZIP_CONTENT` when it is not what was said.
    pub fn read(&self, entry: &Entry, most: u64) -> Result<Vec<u8>, ZipError> {
        if entry.length > most {
            return Err(ZipError::new(
                ZipErrorKind::Limit,
                entry.local,
                "a smaller content",
            ));
        }
        let mut bytes = Vec::new();
        self.reader(entry).read_to_end(&mut bytes).map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ZipError>());
            inner.cloned().unwrap_or(ZipError::new(
                ZipErrorKind::Content,
                entry.content,
                "a content that can be unpacked",
            ))
        })?;
        Ok(bytes)
    }
}

/// A stretch of the archive.
struct Span {
    source: Arc<dyn ReadAt>,
    at: u64,
    left: u64,
}

impl Read for Span {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let now = buffer.get_mut(..most).unwrap_or_default();
        self.source.read_exact_at(now, self.at)?;
        let read = super::raw::size(most);
        self.at = self.at.saturating_add(read);
        self.left = self.left.saturating_sub(read);
        Ok(most)
    }
}

enum Inner {
    Stored(Span),
    Deflated(Box<DeflateDecoder<Span>>),
}

impl Read for Inner {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(span) => span.read(buffer),
            Self::Deflated(decoder) => decoder.read(buffer),
        }
    }
}

/// The content of one entry, checked as it goes by.
pub struct EntryReader {
    inner: Inner,
    left: u64,
    compressed: u64,
    crc: Crc,
    expected: u32,
    offset: u64,
    is_over: bool,
}

impl std::fmt::Debug for EntryReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EntryReader({} bytes left)", self.left)
    }
}

impl EntryReader {
    fn fault(&self, expected: &'static str) -> io::Error {
        ZipError::new(ZipErrorKind::Content, self.offset, expected).into()
    }

    /// Nothing may follow: neither content beyond the length said, nor packed bytes behind the end of the packed stream.
    fn finish(&mut self) -> io::Result<()> {
        let beyond = self.inner.read(&mut [0])?;
        let is_used_up = match &self.inner {
            Inner::Stored(span) => span.left == 0,
            Inner::Deflated(decoder) => decoder.total_in() == self.compressed,
        };
        if beyond != 0 || !is_used_up {
            return Err(self.fault("a content of the length said"));
        }
        if self.crc.sum() != self.expected {
            return Err(self.fault("a content of the checksum said"));
        }
        self.is_over = true;
        Ok(())
    }
}

impl Read for EntryReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_over || buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            self.finish()?;
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let now = buffer.get_mut(..most).unwrap_or_default();
        let read = self.inner.read(now)?;
        if read == 0 {
            return Err(self.fault("a content of the length said"));
        }
        self.crc.update(now.get(..read).unwrap_or_default());
        self.left = self.left.saturating_sub(super::raw::size(read));
        Ok(read)
    }
}
