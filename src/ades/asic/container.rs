//! A container that is read: which kind it is, what is data and what is about signatures.

use std::sync::Arc;

use super::zip::{Archive, Entry, Limits, Method, ZipError};
use crate::base::bytes::ReadAt;

/// Largest file about signatures that is read, in bytes.
pub const SIGNATURE_FILE_AT_MOST: u64 = 64 << 20;
/// Name of the entry that says what the archive is.
pub const MIMETYPE: &str = "mimetype";
/// Where content begins behind a header of 30 bytes and that name, when nothing stands before and no extra field
/// between: where other programs look for the type.
const MIMETYPE_OFFSET: u64 = 38;

/// The two kinds. EN 319 162-1 §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any number of files.
    Extended,
    /// One file.
    Simple,
}

impl Kind {
    /// Its media type, which is what the entry `mimetype` holds.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Extended => "application/vnd.etsi.asic-e+zip",
            Self::Simple => "application/vnd.etsi.asic-s+zip",
        }
    }
}

/// Why an archive is no container.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// The entry `mimetype` is not the first, not stored as it is, or holds no type of a container.
    #[error("the archive does not begin with the type of a signature container")]
    MediaType,
    /// The files do not stand as the kind asks.
    #[error("the container's files are not as its kind asks: {0}")]
    Files(&'static str),
    /// The archive cannot be read.
    #[error(transparent)]
    Zip(#[from] ZipError),
}

impl ContainerError {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::MediaType => "ASIC_MIMETYPE",
            Self::Files(_) => "ASIC_FILES",
            Self::Zip(error) => error.cause(),
        }
    }
}

/// A container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its archive.
    pub archive: Archive,
    /// Which kind.
    pub kind: Kind,
}

/// What an entry below `META-INF/` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// XAdES signatures.
    Xades,
    /// A CAdES signature.
    Cades,
    /// A time-stamp token.
    TimeStamp,
    /// An ASiC manifest: what a CAdES signature or a time-stamp is over.
    AsicManifest,
    /// The list of files of OpenDocument.
    FileList,
    /// Anything else.
    Other,
}

/// Whether `source` begins as a container does.
pub fn is_container(source: &dyn ReadAt) -> bool {
    source
        .read_vec(0, 38)
        .is_ok_and(|head| head.starts_with(b"PK\x03\x04") && head.ends_with(MIMETYPE.as_bytes()))
}

impl Container {
    /// Opens a container.
    ///
    /// # Errors
    /// See [`ContainerError`].
    pub fn open(source: Arc<dyn ReadAt>) -> Result<Self, ContainerError> {
        let archive = Archive::open(source, &Limits::default())?;
        let mimetype = archive.entry(MIMETYPE).ok_or(ContainerError::MediaType)?;
        if mimetype.content_offset() != MIMETYPE_OFFSET || mimetype.method() != Method::Stored {
            return Err(ContainerError::MediaType);
        }
        let bytes = archive.read(mimetype, 64)?;
        let kind = [Kind::Extended, Kind::Simple]
            .into_iter()
            .find(|kind| kind.media_type().as_bytes() == bytes)
            .ok_or(ContainerError::MediaType)?;
        let container = Self { archive, kind };
        if kind == Kind::Simple {
            let mut data = container.data();
            let is_one = data.next().is_some_and(|only| !only.name().contains('/')) && data.next().is_none();
            if !is_one {
                return Err(ContainerError::Files("one file beside META-INF"));
            }
        }
        Ok(container)
    }

    /// The files that signatures are about.
    pub fn data(&self) -> impl Iterator<Item = &Entry> {
        self.archive
            .entries()
            .iter()
            .filter(|entry| entry.name() != MIMETYPE && !is_meta(entry.name()) && !entry.is_folder())
    }

    /// The entries below `META-INF/` with `role`, by name.
    pub fn with_role(&self, role: Role) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = self
            .archive
            .entries()
            .iter()
            .filter(|entry| role_of(entry.name()) == Some(role))
            .collect();
        found.sort_by(|one, other| one.name().cmp(other.name()));
        found
    }

    /// The content of a file about signatures.
    ///
    /// # Errors
    /// When it is too large or damaged.
    pub fn read(&self, entry: &Entry) -> Result<Vec<u8>, ZipError> {
        self.archive.read(entry, SIGNATURE_FILE_AT_MOST)
    }
}

fn is_meta(name: &str) -> bool {
    name.get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("META-INF/"))
}

/// EN 319 162-1 §4.3.3, §4.4.3: by name, in any case.
fn role_of(name: &str) -> Option<Role> {
    if !is_meta(name) || name.ends_with('/') {
        return None;
    }
    let lower = name.get(9..)?.to_ascii_lowercase();
    let (stem, extension) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    Some(match extension {
        "xml" if stem == "manifest" => Role::FileList,
        "xml" if stem.contains("asicmanifest") || stem.contains("asicarchivemanifest") => Role::AsicManifest,
        "xml" if stem.contains("signatures") => Role::Xades,
        "p7s" if stem.contains("signature") => Role::Cades,
        "tst" if stem.contains("timestamp") => Role::TimeStamp,
        _ => Role::Other,
    })
}
