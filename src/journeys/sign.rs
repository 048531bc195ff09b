//! Seal, from an application's document to its delivery.
//!
//! An application hands over a document and says what it is ([`request::create`]) → the law's rule gives the plan →
//! each signer sees the document ([`view::view`]), is checked again at that moment and signs with the card
//! ([`ceremony::start`]): certificate, authority, prepared bytes, PIN, value, kept → time-stamp, revocation data, read
//! back ([`finish::finish`]) → the application fetches the signed original and the proof ([`deliver`]).
//!
//! What the card signed is never lost: the value is stored before anything outside is asked, and a job goes on from
//! there after a crash or while a service is down.

pub mod ceremony;
pub mod deliver;
mod error;
pub mod finish;
pub mod request;
pub mod view;

use std::sync::Arc;

use crate::base::bytes::{Concatenated, ReadAt};
use crate::mandates::Snapshot;
use crate::signing::request::{RequestId, SigningRequest};
use crate::store::signing::Kept;
use crate::store::{facts, signing};

use super::App;
pub use error::SignError;

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

/// Runs `work`, which takes longer than a millisecond, beside the threads that serve requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SignError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| SignError::Interrupted)
}

/// The current facts are asked for by name here so that nobody adds a second cache beside it.
pub use facts::Snapshots;
