//! What is handed out: the document as it is, the signed original, and the proof beside it.

use std::sync::Arc;

use crate::ades::asic::container::Kind;
use crate::ades::validate::verdict::ProofFile;
use crate::base::bytes::ReadAt;
use crate::base::digest::Sha256Digest;
use crate::journeys::App;
use crate::journeys::login::Browser;
use crate::journeys::login::tokens::Caller;
use crate::signing::publication::Publication;
use crate::signing::request::{Ending, Packed, RequestId, SigningRequest, Stage, StepError};
use crate::store::keys::{self, KeyPurpose};

use super::{SignError, aside, checked_document, publish, request, view};

/// The media type of a document.
pub const PDF: &str = "application/pdf";

/// The bytes of a document with the name to save them under.
pub struct Delivered {
    /// The name the application gave.
    pub name: String,
    /// What they are.
    pub media_type: &'static str,
    /// The bytes, to be read in pieces: a container may be as large as all its documents.
    pub source: Arc<dyn ReadAt>,
}

impl std::fmt::Debug for Delivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Delivered({} bytes)", self.source.len())
    }
}

/// The document as it is now, for a signer who has part in it. In a container it is handed to whoever signed that: others
/// may have no part in what stands beside it.
pub async fn for_signer(app: &App, id: RequestId, browser: &Browser) -> Result<Delivered, SignError> {
    let view = view::view(app, id, browser).await?;
    view.check_may_see()?;
    match own_container(&view) {
        Some(packed) => container(app, packed).await,
        None => document(app, &view.request).await,
    }
}

/// The container that holds the document, for whoever signed it.
pub fn own_container(view: &view::View) -> Option<&Packed> {
    let packed = view.request.packed.as_ref();
    packed.filter(|packed| packed.by == view.person)
}

/// The document as it is now, as something that can be read at offsets, with its SHA-256, for the page that shows it.
pub async fn source_for_signer(
    app: &App,
    view: &view::View,
) -> Result<(Arc<dyn ReadAt>, Sha256Digest), SignError> {
    view.check_may_see()?;
    checked_document(app, &view.request).await
}

/// SHA-256 of the document as it is now: what a card would sign, on every page and in the PIN window.
pub async fn digest(app: &App, request: &SigningRequest) -> Result<Sha256Digest, SignError> {
    Ok(checked_document(app, request).await?.1)
}

/// The proof as far as it goes, for a signer who has part in it.
pub async fn proof_for_signer(app: &App, id: RequestId, browser: &Browser) -> Result<ProofFile, SignError> {
    let view = view::view(app, id, browser).await?;
    view.check_may_see()?;
    let sha256 = match own_container(&view) {
        Some(packed) => packed.piece.sha256,
        None => digest(app, &view.request).await?,
    };
    proof_of(app, &view.request, sha256).await
}

/// The signed original, once every signature stands at the level asked.
///
/// # Errors
/// `NotReady` before; `Closed` when the request ended without its signatures.
pub async fn signed_original(app: &App, caller: &Caller, id: RequestId) -> Result<Delivered, SignError> {
    let request = completed(app, caller, id).await?;
    original(app, &request).await
}

/// The proof file, once every signature stands.
///
/// # Errors
/// `NotReady` before; `Closed` when the request ended without its signatures.
pub async fn proof(app: &App, caller: &Caller, id: RequestId) -> Result<ProofFile, SignError> {
    let request = completed(app, caller, id).await?;
    let sha256 = match &request.packed {
        Some(packed) => packed.piece.sha256,
        None => digest(app, &request).await?,
    };
    proof_of(app, &request, sha256).await
}

/// The publication copy, once it stands.
///
/// # Errors
/// `NotReady` before; `Unknown` where the board has no seal, or no copy can be made.
pub async fn publication(app: &App, caller: &Caller, id: RequestId) -> Result<Delivered, SignError> {
    let request = completed(app, caller, id).await?;
    publication_of(app, &request).await
}

/// The same for a signer who has part in it.
pub async fn publication_for_signer(
    app: &App,
    id: RequestId,
    browser: &Browser,
) -> Result<Delivered, SignError> {
    let view = view::view(app, id, browser).await?;
    view.check_may_see()?;
    publication_of(app, &view.request).await
}

async fn publication_of(app: &App, request: &SigningRequest) -> Result<Delivered, SignError> {
    let pieces = match &request.publication {
        Some(Publication::Done { pieces, .. }) => pieces,
        Some(Publication::Waiting | Publication::Sealed { .. }) => return Err(SignError::NotReady),
        Some(Publication::Failed { .. }) | None => return Err(SignError::Unknown),
    };
    let source = publish::assemble(app, pieces).await?;
    let (read, pieces) = (Arc::clone(&source), pieces.clone());
    aside(move || super::check_pieces(read.as_ref(), &pieces)).await??;
    let stem = request.document.name.strip_suffix(".pdf");
    let stem = stem.unwrap_or(&request.document.name);
    Ok(Delivered {
        name: format!("{stem}-publication.pdf"),
        media_type: PDF,
        source,
    })
}

async fn completed(app: &App, caller: &Caller, id: RequestId) -> Result<SigningRequest, SignError> {
    let request = request::find(app, caller, id).await?;
    match request.closed.as_ref().map(|closed| &closed.how) {
        Some(Ending::Completed) => Ok(request),
        Some(_) => Err(StepError::Closed.into()),
        None => Err(SignError::NotReady),
    }
}

/// The document itself.
async fn document(app: &App, request: &SigningRequest) -> Result<Delivered, SignError> {
    let (source, _) = checked_document(app, request).await?;
    Ok(Delivered {
        name: request.document.name.clone(),
        media_type: PDF,
        source,
    })
}

/// What is delivered as the signed original: the document, or the container that its last signature stands in.
async fn original(app: &App, request: &SigningRequest) -> Result<Delivered, SignError> {
    match &request.packed {
        None => document(app, request).await,
        Some(packed) => container(app, packed).await,
    }
}

async fn container(app: &App, packed: &Packed) -> Result<Delivered, SignError> {
    Ok(Delivered {
        name: packed.name.clone(),
        media_type: Kind::Extended.media_type(),
        // Checked against its address.
        source: app.blobs.open(packed.piece.sha256).await?,
    })
}

/// The proof of the request, for whoever is handed the file with `sha256`.
async fn proof_of(app: &App, request: &SigningRequest, sha256: Sha256Digest) -> Result<ProofFile, SignError> {
    let verdicts = request
        .slots
        .iter()
        .filter(|slot| matches!(slot.stage, Stage::Done { .. }))
        .filter_map(|slot| slot.stage.signer().map(|signer| signer.proof.clone()))
        .collect();
    let keys = keys::published(&app.db, request.board, KeyPurpose::Verdict).await?;
    let keys: Vec<_> = keys.into_iter().map(|key| key.public).collect();
    Ok(ProofFile::new(sha256, verdicts, &keys))
}
