//! Blobs: immutable bytes under the address of their SHA-256. The blob is written first, its row after it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};

use super::db::StoreError;
use crate::base::bytes::{FileAt, ReadAt};
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::base::time::Timestamp;

/// How the name of a file begins that is on its way in; it ends with its owner.
pub const UPLOAD: &str = "upload-";
/// How the name of a copy begins that is not whole yet.
const DRAFT: &str = "draft-";
/// How the name of a draft began before drafts had a name of ours.
const OLD_DRAFT: &str = ".tmp";
/// How much of a blob is held at a time, in bytes. Stores of the S3 kind take no smaller part than 5 MiB but the last.
const PIECE: usize = 8 << 20;
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

    /// Keeps what `source` holds and returns its address; it is read in pieces and never held. Keeping the same again
    /// changes nothing.
    ///
    /// # Errors
    /// `BlobChanged` when it does not read the same twice; nothing is kept then.
    pub async fn put_from(&self, source: Arc<dyn ReadAt>) -> Result<Sha256Digest, StoreError> {
        let mut first = Hasher::new(HashAlgorithm::Sha256);
        let mut at = 0;
        while let Some(piece) = piece_at(&source, at).await? {
            at = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            first.update(&piece);
        }
        let address = address_of(first);
        let failed = |error: object_store::Error| StoreError::Blob(error.to_string());
        let mut upload = self
            .store
            .put_multipart(&object_path(address))
            .await
            .map_err(failed)?;
        let outcome = copied(&source, upload.as_mut(), address).await;
        if outcome.is_err() {
            // What stays of it is the store's to clear; the error says what matters.
            let _ = upload.abort().await;
        }
        outcome?;
        upload.complete().await.map_err(failed)?;
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
            self.spool(address, &path).await?;
        }
        FileAt::open(&path).map(Arc::new).map_err(failed)
    }

    /// Copies the blob at `address` beside `path`, and gives it its name once it is whole and on disk: the name alone is
    /// trusted later.
    ///
    /// WHY: each writer has a draft of its own. Several requests open one document at the same moment, and one that
    /// shared a draft would find it gone, or be read half written.
    async fn spool(&self, address: Sha256Digest, path: &Path) -> Result<(), StoreError> {
        let failed = |error: object_store::Error| StoreError::Blob(error.to_string());
        let lost = |error: std::io::Error| StoreError::Blob(error.to_string());
        let mut stream = self
            .store
            .get(&object_path(address))
            .await
            .map_err(failed)?
            .into_stream();
        let draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(&self.scratch);
        let mut draft = draft.map_err(lost)?;
        let mut hasher = Hasher::new(HashAlgorithm::Sha256);
        let mut ahead = Vec::new();
        loop {
            let next = stream.next().await.transpose().map_err(failed)?;
            let is_last = next.is_none();
            ahead.extend_from_slice(&next.unwrap_or_default());
            if ahead.len() < PIECE && !is_last {
                continue;
            }
            // Aside: a disk may be slow.
            let piece = std::mem::take(&mut ahead);
            let written = tokio::task::spawn_blocking(move || {
                hasher.update(&piece);
                draft.write_all(&piece)?;
                if is_last {
                    draft.as_file().sync_data()?;
                }
                Ok((draft, hasher))
            });
            let written: std::io::Result<_> = written.await.map_err(|error| lost(error.into()))?;
            (draft, hasher) = written.map_err(lost)?;
            if is_last {
                break;
            }
        }
        if address_of(hasher) != address {
            return Err(StoreError::BlobChanged(address.to_string()));
        }
        draft.persist(path).map_err(|error| lost(error.error))?;
        Ok(())
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
                [UPLOAD, DRAFT, OLD_DRAFT]
                    .iter()
                    .any(|kind| name.starts_with(kind))
                    && now.since(modified) > ABANDONED
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

/// The next piece of `source` from `at` on; none at its end.
async fn piece_at(source: &Arc<dyn ReadAt>, at: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let failed = |error: std::io::Error| StoreError::Blob(error.to_string());
    let left = usize::try_from(source.len().saturating_sub(at)).unwrap_or(usize::MAX);
    if left == 0 {
        return Ok(None);
    }
    let source = Arc::clone(source);
    tokio::task::spawn_blocking(move || source.read_vec(at, left.min(PIECE)))
        .await
        .map_err(|error| failed(error.into()))?
        .map(Some)
        .map_err(failed)
}

/// Hands all of `source` to `upload`.
async fn copied(
    source: &Arc<dyn ReadAt>,
    upload: &mut dyn MultipartUpload,
    address: Sha256Digest,
) -> Result<(), StoreError> {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let mut at = 0;
    while let Some(piece) = piece_at(source, at).await? {
        at = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        hasher.update(&piece);
        let handed = upload.put_part(PutPayload::from(piece)).await;
        handed.map_err(|error| StoreError::Blob(error.to_string()))?;
    }
    if address_of(hasher) == address {
        Ok(())
    } else {
        Err(StoreError::BlobChanged(address.to_string()))
    }
}

fn address_of(hasher: Hasher) -> Sha256Digest {
    Sha256Digest(hasher.finish().try_into().unwrap_or_default())
}

/// Two levels of folders, so that no folder grows without end.
fn object_path(address: Sha256Digest) -> ObjectPath {
    let name = address.to_string();
    let (front, _) = name.split_at(2);
    ObjectPath::from(format!("{front}/{name}"))
}
