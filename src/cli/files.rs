//! Files that commands read and write: `-` is stdin or stdout, nothing is overwritten unasked, nothing half-written.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ades::content::{Content, DataObject};
use crate::base::bytes::{FileAt, ReadAt};

/// The most that is read from stdin as a document: what the service takes at most.
const STDIN_LIMIT: u64 = 2 * 1024 * 1024 * 1024;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// It is there already and `--force` was not given.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// It cannot be read.
    #[error("cannot read `{}`: {}", .0.display(), Plain(.1))]
    Read(PathBuf, io::Error),
    /// It cannot be written.
    #[error("cannot write `{}`: {}", .0.display(), Plain(.1))]
    Write(PathBuf, io::Error),
}

impl FileProblem {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Exists(_) => "FILE_EXISTS",
            Self::Read(..) => "FILE_READ",
            Self::Write(..) => "FILE_WRITE",
        }
    }

    /// The way out, where there is one.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exists(_) => Some("--force overwrites it"),
            Self::Read(..) | Self::Write(..) => None,
        }
    }
}

/// What went wrong with a file, in the words of this program.
struct Plain<'a>(&'a io::Error);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            io::ErrorKind::IsADirectory => f.write_str("it is a folder"),
            io::ErrorKind::NotADirectory => f.write_str("a part of its path is not a folder"),
            io::ErrorKind::NotFound => f.write_str("there is no such file or folder"),
            io::ErrorKind::PermissionDenied => f.write_str("permission denied"),
            _ => self.0.fmt(f),
        }
    }
}

/// Whether `path` stands for stdin or stdout.
pub fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Opens a document for reading by range; `-` is stdin, read to its end.
pub fn open(path: &Path) -> Result<Arc<dyn ReadAt>, FileProblem> {
    if is_standard(path) {
        return Ok(Arc::new(read(path)?));
    }
    let failed = |error| FileProblem::Read(path.to_owned(), error);
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let file = FileAt::open(path).map_err(failed)?;
    Ok(Arc::new(file))
}

/// Opens what detached signatures are over. One alone is it whatever its name; several are found by the last part of
/// their path.
pub fn beside(paths: &[PathBuf]) -> Result<Vec<DataObject>, FileProblem> {
    let object = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(DataObject {
            name: (paths.len() > 1).then(|| name.unwrap_or_default()),
            media_type: None,
            content: Content::Bytes(open(path)?),
        })
    };
    paths.iter().map(object).collect()
}

/// Reads a whole file; `-` is stdin.
pub fn read(path: &Path) -> Result<Vec<u8>, FileProblem> {
    let outcome = if is_standard(path) {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .take(STDIN_LIMIT)
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    outcome.map_err(|error| FileProblem::Read(path.to_owned(), error))
}

/// Who may read a file that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// Whoever the process's umask lets.
    AsUsual,
    /// Its owner alone: it comes from a card.
    ByOwner,
}

/// A file that will be made: looked at before the work, written after it.
#[derive(Clone, Debug)]
pub struct Output {
    path: PathBuf,
    readable: Readable,
}

impl Output {
    /// Checks that `path` may be written: not there yet unless `force`, in a folder that is there.
    pub fn plan(path: &Path, force: bool, readable: Readable) -> Result<Self, FileProblem> {
        let refused = |kind: io::ErrorKind| FileProblem::Write(path.to_owned(), kind.into());
        if path.file_name().is_none() || path.is_dir() {
            return Err(refused(io::ErrorKind::IsADirectory));
        }
        if !force && path.symlink_metadata().is_ok() {
            return Err(FileProblem::Exists(path.to_owned()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(refused(io::ErrorKind::NotFound));
        }
        Ok(Self {
            path: path.to_owned(),
            readable,
        })
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether both would be the same file, however their paths are written.
    pub fn is_same(&self, other: &Self) -> bool {
        let place = |path: &Path| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize();
            (folder.ok(), path.file_name().map(ToOwned::to_owned))
        };
        place(&self.path) == place(&other.path)
    }

    /// Writes `bytes`.
    pub fn write(&self, bytes: &[u8]) -> Result<(), FileProblem> {
        self.write_with(|file| file.write_all(bytes))
    }

    /// Has `fill` write a temporary file beside the path, and renames it. Whatever fails leaves nothing behind.
    pub fn write_with(
        &self,
        fill: impl FnOnce(&mut std::fs::File) -> io::Result<()>,
    ) -> Result<(), FileProblem> {
        let failed = |error| FileProblem::Write(self.path.clone(), error);
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let draft = self
            .path
            .with_file_name(format!(".{name}.{}.new", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        // A new file: a link that somebody put there is not followed.
        options.write(true).create_new(true);
        #[cfg(unix)]
        if self.readable == Readable::ByOwner {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(&draft).map_err(failed)?;
        fill(&mut file)
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&draft, &self.path))
            .map_err(|error| {
                let _ = std::fs::remove_file(&draft);
                failed(error)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_nothing_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pdf");
        let output = Output::plan(&path, false, Readable::AsUsual).unwrap();
        let failed = output.write_with(|file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().cause(), "FILE_WRITE");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

        output.write(b"whole").unwrap();
        let refused = Output::plan(&path, false, Readable::AsUsual).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("`{}` exists already", path.display())
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        Output::plan(&path, true, Readable::AsUsual).unwrap();
    }

    #[test]
    fn what_cannot_be_written_is_said_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        for (path, cause) in [
            (folder.path().to_owned(), "it is a folder"),
            (folder.path().join("no/a.pdf"), "there is no such file or folder"),
        ] {
            let refused = Output::plan(&path, true, Readable::AsUsual).unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!("cannot write `{}`: {cause}", path.display())
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_comes_from_a_card_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        let output = Output::plan(&path, false, Readable::ByOwner).unwrap();
        output.write(b"x").unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
