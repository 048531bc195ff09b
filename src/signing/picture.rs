//! The picture that the visible signatures of a board carry: its coat of arms or logo.

use crate::base::digest::Sha256Digest;
use crate::pdf::image::{Image, ImageError};

/// Largest file taken, in bytes. Each signature of a document carries the picture once more.
pub const BYTE_LIMIT: usize = 256 * 1024;

/// A PNG or JPEG file that was read, as a board keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({})", self.sha256())
    }
}

/// Why a board takes a picture not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The file is no picture that can stand in a signature.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// More bytes than [`BYTE_LIMIT`].
    #[error("the picture has more than 256 KiB, and each signature of a document carries it")]
    TooLarge,
}

impl PictureError {
    /// The stable cause code.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Image(error) => error.cause(),
            Self::TooLarge => "PDF_IMAGE_LIMIT",
        }
    }
}

impl Picture {
    /// Takes a PNG or JPEG file of at most [`BYTE_LIMIT`] bytes, after it was read to its end.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub fn parse(bytes: Vec<u8>) -> Result<Self, PictureError> {
        if bytes.len() > BYTE_LIMIT {
            return Err(PictureError::TooLarge);
        }
        Image::parse(&bytes, "")?;
        Ok(Self { bytes })
    }

    /// What was kept after [`Self::parse`] took it; [`Self::image`] reads it again.
    pub(crate) const fn kept(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The file's digest, for the audit trail.
    pub fn sha256(&self) -> Sha256Digest {
        Sha256Digest::of(&self.bytes)
    }

    /// The picture on white, with `alternative` for who does not see it. Decodes it: milliseconds.
    ///
    /// WHY on white: what shows through asks more of a page in a PDF/A (ISO 19005-1 §6.4, 19005-2 §6.2.10), and nothing
    /// but the signature is changed.
    ///
    /// # Errors
    /// When what was kept was changed so that it no longer reads.
    pub fn image(&self, alternative: &str) -> Result<Image, ImageError> {
        Image::parse(&self.bytes, alternative).map(|image| image.on_white())
    }
}
