//! Whom a command trusts: the Belgian roots, or a laboratory.

use std::path::Path;

use crate::pki::anchors::{TrustData, TrustDataError};
use crate::pki::trust::Trust;
use crate::store::trust::{self, TrustError};

/// The trust named cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustProblem {
    /// The data is broken, or mixes test and production.
    #[error(transparent)]
    Data(#[from] TrustDataError),
    /// The laboratory's folder cannot be used.
    #[error(transparent)]
    Folder(#[from] TrustError),
}

impl TrustProblem {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Data(_) | Self::Folder(TrustError::Data(_)) => "START_TRUST",
            Self::Folder(TrustError::File { .. }) => "FILE_READ",
            Self::Folder(TrustError::Store(error)) => error.cause(),
        }
    }
}

/// Production's pins, or those of the laboratory whose `folder` is given.
///
/// The built-in pins need no certificates at hand: a sealed file and a card carry their roots, and the pin decides.
pub fn open(folder: Option<&Path>) -> Result<Trust, TrustProblem> {
    match folder {
        None => Ok(Trust::new(TrustData::production()?)),
        Some(folder) => Ok(trust::open_folder(folder)?),
    }
}

/// The trust that `--trust` names: `production`, or a laboratory's folder, or the `trust.toml` in it.
pub fn named(name: &str) -> Result<Trust, TrustProblem> {
    if name == "production" {
        return open(None);
    }
    let path = Path::new(name);
    if path.is_file() {
        let text = std::fs::read_to_string(path).map_err(|source| TrustError::File {
            path: path.to_owned(),
            source,
        })?;
        return Ok(Trust::new(TrustData::test(&text)?));
    }
    open(Some(path))
}
