//! Files that a command writes: to a temporary file first, and never over one that is there.

use std::io::Write;
use std::path::Path;

/// Writes `content` to `path`, readable by its owner only: it comes from a card.
pub(super) fn write(path: &Path, content: &[u8], force: bool) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("`{}`: {error}", path.display());
    if !force && path.exists() {
        return Err(format!(
            "`{}` exists already; --force overwrites it",
            path.display()
        ));
    }
    let name = path
        .file_name()
        .ok_or_else(|| format!("`{}` names no file", path.display()))?;
    let draft = path.with_file_name(format!(".{}.new", name.to_string_lossy()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written
        .and_then(|()| std::fs::rename(&draft, path))
        .map_err(|error| {
            let _ = std::fs::remove_file(&draft);
            problem(error)
        })
}
