//! The password of encrypted PDF files: read from a file, never an argument that others see in a list of processes.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use zeroize::Zeroizing;

use super::console::Console;
use super::files::{self, FileProblem};
use crate::base::bytes::{ReadAt, WithPassword};
use crate::base::secret::Secret;
use crate::pdf::document::Document;
use crate::pdf::error::{PdfError, PdfErrorKind};

/// Most bytes of a password file that are looked at: what PDF takes is at most 127 bytes.
const LIMIT: usize = 1024;

/// Where the password comes from.
#[derive(Args, Debug)]
pub(super) struct Password {
    /// A file whose first line is the password of the encrypted PDF files; without it they are opened as anybody
    /// may.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// A password that was read, or none; wiped when the last file opened with it is let go.
pub(super) struct Key(Option<Arc<Secret<Vec<u8>>>>);

impl Password {
    /// Reads the password.
    pub(super) fn read(&self) -> Result<Key, FileProblem> {
        let Some(path) = &self.password_file else {
            return Ok(Key(None));
        };
        let password = first_line(path).map_err(|error| FileProblem::Read(path.clone(), error))?;
        Ok(Key(Some(Arc::new(Secret::new(password)))))
    }
}

impl Key {
    /// Opens the document at `path`, as [`files::open`] does, with the password beside it.
    pub(super) fn open(&self, path: &Path) -> Result<Arc<dyn ReadAt>, FileProblem> {
        let source = files::open(path)?;
        Ok(match &self.0 {
            Some(password) => Arc::new(WithPassword::new(source, Arc::clone(password))),
            None => source,
        })
    }
}

/// Read in one piece into a place of its own size, so that no copy of it stays behind.
fn first_line(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Zeroizing::new(vec![0; LIMIT]);
    let mut file = File::open(path)?;
    let mut length = 0_usize;
    while let Some(room) = bytes.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read(room)? {
            0 => break,
            read => length = length.saturating_add(read),
        }
    }
    let text = bytes.get(..length).unwrap_or_default();
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(length);
    let line = text.get(..end).unwrap_or_default();
    Ok(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
}

/// Why `source` stays closed, when what is missing is its password or a way to read how it is encrypted.
pub(super) fn closed(source: &Arc<dyn ReadAt>) -> Option<PdfError> {
    Document::open(Arc::clone(source)).err().filter(|error| {
        matches!(
            error.kind,
            PdfErrorKind::Password | PdfErrorKind::PasswordWrong | PdfErrorKind::Encrypted
        )
    })
}

/// The way out of a refusal by its cause, where a password is one.
pub(super) fn hint(cause: &str) -> Option<&'static str> {
    match cause {
        "PDF_PASSWORD" => Some("--password-file names a file whose first line is the password"),
        "PDF_PERMISSIONS" => Some("with the owner's password in --password-file nothing is held back"),
        _ => None,
    }
}

/// Says it.
pub(super) fn tell(cause: &str, console: &mut Console) {
    if let Some(hint) = hint(cause) {
        console.hint(hint);
    }
}
