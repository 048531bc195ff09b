//! ZIP archives as ASiC needs them: read strictly, written plainly, added to without touching what is there.
//!
//! Two programs that read one archive differently are how unsigned content passes for signed. So every byte of an
//! archive must belong to exactly one thing, the central directory and each local header must say the same, and a name
//! must mean one file to everybody. Never repairs, never follows a path. Start from [`Archive::open`] and
//! [`write::Writer`].
//!
//! Source: PKWARE APPNOTE 6.3.10, EN 319 162-1 annex A, reference ades-signing §6.

pub mod assemble;
mod directory;
mod layout;
pub mod name;
mod raw;
mod read;
pub mod rewrite;
#[cfg(test)]
mod tests;
pub mod write;

use std::fmt;

pub use read::{Archive, Entry, EntryReader, Limits, Method};

/// Why an archive was refused, one variant per cause that a caller treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ZipErrorKind {
    /// Two parts of the archive contradict each other, or bytes belong to nothing: what one program reads, another
    /// does not.
    Ambiguous,
    /// An entry's content is not what its checksum or sizes say.
    Content,
    /// Two entries would be one file.
    Duplicate,
    /// An entry is encrypted.
    Encrypted,
    /// The bytes could not be read from where they are kept.
    Io,
    /// A bound of this reader was met: entries, sizes, ratio.
    Limit,
    /// Not well formed: damaged or cut off.
    Malformed,
    /// A name leads outside the archive, or is none.
    Name,
    /// No archive at all.
    NotZip,
    /// Well formed as far as seen, but it needs something this reader does not do.
    Unsupported,
}

impl ZipErrorKind {
    /// The stable code for logs and tables, `ZIP_…`.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Ambiguous => "ZIP_AMBIGUOUS",
            Self::Content => "ZIP_CONTENT",
            Self::Duplicate => "ZIP_DUPLICATE",
            Self::Encrypted => "ZIP_ENCRYPTED",
            Self::Io => "ZIP_IO",
            Self::Limit => "ZIP_LIMIT",
            Self::Malformed => "ZIP_MALFORMED",
            Self::Name => "ZIP_NAME",
            Self::NotZip => "ZIP_NOT_ZIP",
            Self::Unsupported => "ZIP_UNSUPPORTED",
        }
    }
}

/// A refusal with its place. The text never quotes the archive's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZipError {
    /// What kind of refusal.
    pub kind: ZipErrorKind,
    /// Byte offset in the archive where it was noticed.
    pub offset: u64,
    /// What was expected there, in words.
    pub expected: &'static str,
}

impl ZipError {
    pub(super) const fn new(kind: ZipErrorKind, offset: u64, expected: &'static str) -> Self {
        Self {
            kind,
            offset,
            expected,
        }
    }

    const fn malformed(offset: u64, expected: &'static str) -> Self {
        Self::new(ZipErrorKind::Malformed, offset, expected)
    }

    const fn ambiguous(offset: u64, expected: &'static str) -> Self {
        Self::new(ZipErrorKind::Ambiguous, offset, expected)
    }

    /// The stable code for logs and tables.
    pub const fn cause(&self) -> &'static str {
        self.kind.cause()
    }
}

impl fmt::Display for ZipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at offset {}: expected {}",
            self.kind.cause(),
            self.offset,
            self.expected
        )
    }
}

impl std::error::Error for ZipError {}

impl From<ZipError> for std::io::Error {
    fn from(error: ZipError) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}
