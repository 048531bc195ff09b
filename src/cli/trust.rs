//! Whom a command trusts: the Belgian roots, or a laboratory; and which trusted lists.

use std::path::{Path, PathBuf};

use super::files::{self, FileProblem};
use crate::base::time::Timestamp;
use crate::pki::anchors::{TrustData, TrustDataError};
use crate::pki::lists::files::{ListFile, ListFiles, ListFilesDefect};
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
    /// A trusted list cannot be read.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// The trusted lists are not believed.
    #[error(transparent)]
    Lists(#[from] ListFilesDefect),
    /// Nothing says who signs the list of lists.
    #[error("the trust names no signers of trusted lists")]
    NoListAnchors,
}

impl TrustProblem {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Data(_) | Self::Folder(TrustError::Data(_)) => "START_TRUST",
            Self::Folder(TrustError::File { .. }) => "FILE_READ",
            Self::Folder(TrustError::Store(error)) => error.cause(),
            Self::File(problem) => problem.cause(),
            Self::Lists(defect) => defect.cause(),
            Self::NoListAnchors => "TL_ANCHOR_UNKNOWN",
        }
    }

    /// The way out, where there is one.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Data(_) | Self::Folder(_) => {
                Some("--trust takes `production`, or the folder of a laboratory's trust with its trust.toml")
            }
            Self::File(problem) => problem.hint(),
            Self::Lists(defect) => super::trust_lists::hint(defect),
            Self::NoListAnchors => Some("a laboratory has its own in lists.toml, beside its trust.toml"),
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

/// Gives `trust` the lists in `folder`, verified for `at` from its own list anchors: every `*.xml` in it is one, the list
/// of lists and its pivots among them.
///
/// # Errors
/// When one cannot be read or is not believed; then none is used.
pub fn add_lists(trust: &Trust, folder: &Path, at: Timestamp) -> Result<(), TrustProblem> {
    let failed = |error| FileProblem::Read(folder.to_owned(), error);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
        {
            paths.push(path);
        }
    }
    // Of two that are wrong the same one is named on every run.
    paths.sort();
    let read = |path: &PathBuf| {
        Ok::<_, FileProblem>(ListFile {
            name: path.display().to_string(),
            bytes: files::read(path)?,
        })
    };
    let files = ListFiles::sorted(paths.iter().map(read).collect::<Result<_, _>>()?)?;
    let anchors = trust.list_anchors().ok_or(TrustProblem::NoListAnchors)?;
    trust.set_lists(files.verify(anchors, at)?);
    Ok(())
}
