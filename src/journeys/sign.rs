//! Seal, from an application's document to its delivery.
//!
//! An application hands over a document and says what it is ([`request::create`]) → the law's rule gives the plan →
//! each signer sees the document ([`view::view`]), is checked again at that moment and signs with the card
//! ([`ceremony::start`]): certificate, authority, prepared bytes, PIN, value, kept → time-stamp, revocation data, read
//! back ([`finish::finish`]) → the seal's publication copy, where the board has
//! a seal ([`publish`]) → the application fetches the signed original, the copy and the proof ([`deliver`]).
//!
//! What the card signed is never lost: the value is stored before anything outside is asked, and a job goes on from
//! there after a crash or while a service is down.

mod bytes;
pub mod ceremony;
pub mod container;
pub mod deliver;
mod error;
pub mod finish;
pub mod list;
mod picture;
pub mod publish;
mod raise;
mod reader;
pub mod request;
pub mod together;
pub mod view;
pub mod web_eid;

use std::sync::Arc;

use crate::base::bytes::{Concatenated, ReadAt};
use crate::base::digest::{HashAlgorithm, Hasher, Sha256Digest};
use crate::mandates::Snapshot;
use crate::pdf::signature::hash_range;
use crate::signing::request::{Piece, RequestId, SigningRequest, StepError};
use crate::store::signing::Kept;
use crate::store::{facts, signing};

use super::App;
pub use error::SignError;

/// How often a step is made again on what somebody else wrote in between.
const STALE_RETRIES: u8 = 5;

/// The request with this id, whoever asks.
async fn kept(app: &App, id: RequestId) -> Result<Kept, SignError> {
    signing::find(&app.db, id).await?.ok_or(SignError::Unknown)
}

/// What the board knows now about who may do what.
async fn snapshot(app: &App, request: &SigningRequest) -> Result<Snapshot, SignError> {
    Ok(app.snapshots.current(&app.db, request.board, app.now()).await?)
}

/// The document as it is now: what came, and what each finished signature appended.
async fn document(app: &App, request: &SigningRequest) -> Result<Arc<dyn ReadAt>, SignError> {
    let mut parts: Vec<Box<dyn ReadAt>> = vec![Box::new(app.blobs.open(request.document.base.sha256).await?)];
    for tail in &request.document.tails {
        parts.push(Box::new(app.blobs.open(tail.sha256).await?));
    }
    let document = Concatenated::new(parts);
    if document.len() != request.document.length_bytes() {
        return Err(SignError::DocumentLost);
    }
    Ok(Arc::new(document))
}

/// The document as [`document`] gives it, with its SHA-256, once every piece is what was recorded of it.
///
/// # Errors
/// `SIGNING_DOCUMENT_CHANGED` when a piece is another one: nobody signs it and nobody is given it.
async fn checked_document(
    app: &App,
    request: &SigningRequest,
) -> Result<(Arc<dyn ReadAt>, Sha256Digest), SignError> {
    let source = document(app, request).await?;
    let pieces: Vec<Piece> = std::iter::once(request.document.base)
        .chain(request.document.tails.iter().copied())
        .collect();
    let read = source.clone();
    let digest = aside(move || check_pieces(read.as_ref(), &pieces)).await??;
    Ok((source, digest))
}

/// Compares each piece of `source` with its record; returns the SHA-256 of the whole.
fn check_pieces(source: &dyn ReadAt, pieces: &[Piece]) -> Result<Sha256Digest, SignError> {
    let digest = |hasher: Hasher| -> Result<Sha256Digest, SignError> {
        let bytes = hasher.finish().try_into();
        bytes.map(Sha256Digest).map_err(|_| SignError::DocumentLost)
    };
    let mut whole = Hasher::new(HashAlgorithm::Sha256);
    let mut start = 0_u64;
    for piece in pieces {
        let mut own = Hasher::new(HashAlgorithm::Sha256);
        hash_range(&mut own, source, start, piece.length_bytes).map_err(|_| SignError::DocumentLost)?;
        if start == 0 {
            // The document as it came is by far the largest piece, and is read once.
            whole = own.clone();
        } else {
            hash_range(&mut whole, source, start, piece.length_bytes).map_err(|_| SignError::DocumentLost)?;
        }
        if digest(own)? != piece.sha256 {
            return Err(StepError::DocumentChanged.into());
        }
        start = start.saturating_add(piece.length_bytes);
    }
    digest(whole)
}

/// Runs `work`, which takes longer than a millisecond, beside the threads that serve requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SignError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| SignError::Interrupted)
}

/// The current facts are asked for by name here so that nobody adds a second cache beside it.
pub use facts::Snapshots;
