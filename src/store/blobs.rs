//! Blobs: immutable bytes under the address of their SHA-256. The blob is written first, its row after it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};

use super::db::StoreError;
use crate::base::bytes::FileAt;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;

/// How the name of a file begins that is on its way in; it ends with its owner.
pub const UPLOAD: &str = "upload-";
/// How the name of a copy begins that is not whole yet.
const DRAFT: &str = "draft-";
/// From when on a file on its way in, or a draft, is nobody's any more: no upload and no copy takes that long.
const ABANDONED: Duration = Duration::from_hours(24);

/// The blobs of this installation, with a local scratch folder where a document is spooled for reading at offsets.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    scratch: PathBuf,
}

impl Blobs {
    /// Blobs in the folder `root`, made when absent; scratch copies in `scratch`.
    pub fn in_folder(root: &Path, scratch: &Path) -> Result<Self, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Blob(error.to_string());
        std::fs::create_dir_all(root).map_err(|error| failed(&error))?;
        std::fs::create_dir_all(scratch).map_err(|error| failed(&error))?;
        let store = LocalFileSystem::new_with_prefix(root)
            .map_err(|error| failed(&error))?
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            scratch: scratch.to_owned(),
        })
    }

    /// Keeps `bytes` and returns their address. Keeping the same bytes again changes nothing.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<Sha256Digest, StoreError> {
        let address = Sha256Digest::of(&bytes);
        self.store
            .put(&object_path(address), PutPayload::from(bytes))
            .await
            .map_err(|error| StoreError::Blob(error.to_string()))?;
        Ok(address)
    }

    /// The bytes at `address`, checked against it.
    pub async fn get(&self, address: Sha256Digest) -> Result<Vec<u8>, StoreError> {
        let failed = |error: object_store::Error| StoreError::Blob(error.to_string());
        let answer = self.store.get(&object_path(address)).await.map_err(failed)?;
        let bytes = answer.bytes().await.map_err(failed)?.to_vec();
        if Sha256Digest::of(&bytes) != address {
            return Err(StoreError::BlobChanged(address.to_string()));
        }
        Ok(bytes)
    }

    /// The bytes at `address` as a local file that can be read at offsets; spooled once.
    pub async fn open(&self, address: Sha256Digest) -> Result<Arc<FileAt>, StoreError> {
        let failed = |error: std::io::Error| StoreError::Blob(error.to_string());
        let path = self.scratch.join(address.to_string());
        if !path.exists() {
            let bytes = self.get(address).await?;
            let (scratch, path) = (self.scratch.clone(), path.clone());
            let spooled = tokio::task::spawn_blocking(move || spool(&scratch, &path, &bytes));
            spooled
                .await
                .map_err(|error| failed(error.into()))?
                .map_err(failed)?;
        }
        FileAt::open(&path).map(Arc::new).map_err(failed)
    }

    /// Clears scratch of copies whose blob is gone, taken away by another instance, and of what a process left behind that
    /// ended in the middle of it. What it does not know stays. Says how many files went.
    ///
    /// # Errors
    /// When scratch or the store cannot be read.
    pub async fn sweep(&self, now: Timestamp) -> Result<usize, StoreError> {
        let failed = |error: std::io::Error| StoreError::Blob(error.to_string());
        let scratch = self.scratch.clone();
        let files = tokio::task::spawn_blocking(move || listed(&scratch));
        let files = files
            .await
            .map_err(|error| failed(error.into()))?
            .map_err(failed)?;
        let mut gone = 0_usize;
        for (name, modified) in files {
            let is_left = if let Some(address) = Sha256Digest::from_hex(&name) {
                match self.store.head(&object_path(address)).await {
                    Ok(_) => false,
                    Err(object_store::Error::NotFound { .. }) => true,
                    Err(error) => return Err(StoreError::Blob(error.to_string())),
                }
            } else {
                [UPLOAD, DRAFT].iter().any(|kind| name.starts_with(kind)) && now.since(modified) > ABANDONED
            };
            if is_left && tokio::fs::remove_file(self.scratch.join(&name)).await.is_ok() {
                gone = gone.saturating_add(1);
            }
        }
        Ok(gone)
    }

    /// Removes the blob at `address`, if it is there.
    pub async fn remove(&self, address: Sha256Digest) -> Result<(), StoreError> {
        let _ = tokio::fs::remove_file(self.scratch.join(address.to_string())).await;
        match self.store.delete(&object_path(address)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(StoreError::Blob(error.to_string())),
        }
    }
}

/// Name of each file in `folder`, and when it was written last.
fn listed(folder: &Path) -> std::io::Result<Vec<(String, Timestamp)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Gone since, or no file.
        let Some(about) = entry.metadata().ok().filter(std::fs::Metadata::is_file) else {
            continue;
        };
        let modified = jiff::Timestamp::try_from(about.modified()?).map_err(std::io::Error::other)?;
        if let Ok(name) = entry.file_name().into_string() {
            files.push((name, modified.into()));
        }
    }
    Ok(files)
}

/// Writes `bytes` beside `path` and gives them its name once they are whole and on disk: the name alone is trusted later.
///
/// WHY: each writer has a draft of its own. Several requests open one document at the same moment, and one that shared a
/// draft would find it gone, or be read half written.
fn spool(scratch: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(scratch)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_data()?;
    draft.persist(path)?;
    Ok(())
}

/// Two levels of folders, so that no folder grows without end.
fn object_path(address: Sha256Digest) -> ObjectPath {
    let name = address.to_string();
    let (front, _) = name.split_at(2);
    ObjectPath::from(format!("{front}/{name}"))
}
