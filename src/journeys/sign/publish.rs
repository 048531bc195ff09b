//! The publication copy: made after the last signature where the board has a seal, sealed, read back, stored.
//!
//! Runs from a job, which goes on where it was left when a time-stamp service or the key was away. The copy is
//! delivered at its level or not at all.

use std::sync::Arc;

use crate::ades::cms::attributes::Commitment;
use crate::ades::pades::stages::{Completed, Signed};
use crate::audit::EventKind;
use crate::base::bytes::{Concatenated, ReadAt};
use crate::base::lang::Language;
use crate::config::Environment;
use crate::config::seals::SealSettings;
use crate::journeys::App;
use crate::journeys::seal::{self, Order, Outside, SealError, Sealer};
use crate::pki::name::AttributeType;
use crate::signing::publication::{self, Publication, PublicationError, Signatory, Statement};
use crate::signing::request::{Ending, Piece, RequestId, SigningRequest, Stage};
use crate::store::db::StoreError;
use crate::store::signing::Kept;
use crate::store::{boards, events, signing};

use super::{SignError, aside, checked_document, kept};

/// The kind of job that makes a publication copy.
pub const JOB: &str = "publication_copy";

/// Why a publication copy is not there.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The copy cannot be made of this document.
    #[error(transparent)]
    Copy(#[from] PublicationError),
    /// The seal did not come to stand.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The request or its documents.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Self::Sign(error.into())
    }
}

impl PublishError {
    /// The stable cause code.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Copy(error) => error.cause(),
            Self::Seal(error) => error.cause(),
            Self::Sign(error) => error.cause(),
        }
    }

    /// Whether it lies in the document, so that no operator and no later try can help.
    fn is_final(&self) -> bool {
        match self {
            Self::Copy(_) | Self::Seal(SealError::Prepare(_)) => true,
            Self::Seal(SealError::Completion(error)) => error.is_final(),
            Self::Seal(_) | Self::Sign(_) => false,
        }
    }
}

/// The seal of the board whose request it is, when it has one.
///
/// # Errors
/// When the board cannot be read.
pub async fn seal_of<'a>(
    app: &'a App,
    request: &SigningRequest,
) -> Result<Option<&'a SealSettings>, StoreError> {
    if app.config.seals.is_empty() {
        return Ok(None);
    }
    let board = boards::find(&app.db, request.board).await?;
    let slug = board.map(|board| board.slug);
    Ok(app
        .config
        .seals
        .iter()
        .find(|seal| Some(&seal.board) == slug.as_ref()))
}

/// Makes the publication copy of `id` as far as it is still to be made. Nothing to do is no error.
///
/// # Errors
/// What stood in the way; whatever was gained is stored, and the next run goes on from there.
pub async fn publish(app: &App, id: RequestId) -> Result<(), PublishError> {
    let Kept { request, version } = kept(app, id).await?;
    let outcome = match &request.publication {
        Some(Publication::Waiting) => begin(app, &request, version).await,
        Some(Publication::Sealed { copy, signed }) => {
            let (copy, signed) = (copy.clone(), (**signed).clone());
            go_on(app, request.clone(), version, copy, signed).await
        }
        Some(Publication::Done { .. } | Publication::Failed { .. }) | None => return Ok(()),
    };
    match outcome {
        Err(error) if error.is_final() => {
            let cause = error.cause();
            tracing::error!(signing.id = %id, cause, "a publication copy can never be made");
            let failed = Publication::Failed {
                cause: cause.to_owned(),
            };
            let Kept { request, version } = kept(app, id).await?;
            save(app, request, version, failed, cause).await?;
            Ok(())
        }
        other => other,
    }
}

async fn begin(app: &App, request: &SigningRequest, version: i64) -> Result<(), PublishError> {
    let Some(settings) = seal_of(app, request).await? else {
        // The seal was taken away since; nobody else's is put in its place.
        return Err(SealError::NotASeal.into());
    };
    let outside = Outside::of(app);
    let mut sealer = Sealer::open(settings, &outside).await?;
    let (source, document_sha256) = checked_document(app, request).await?;
    // What is delivered as the original may be the container that the document stands in.
    let packed = request.packed.as_ref();
    let original_sha256 = packed.map_or(document_sha256, |packed| packed.piece.sha256);
    let statement = statement(app, request, &sealer, original_sha256);
    let base_length = request.document.base.length_bytes;
    let base: Arc<dyn ReadAt> = Arc::new(app.blobs.open(request.document.base.sha256).await?);
    drop(source);
    let read = Arc::clone(&base);
    let made = aside(move || publication::make(&read, &statement)).await??;
    let mut copy = Vec::new();
    if made.length_bytes == base_length {
        copy.push(request.document.base);
    } else {
        let length = usize::try_from(made.length_bytes).map_err(|_| SignError::DocumentLost)?;
        let bytes = aside(move || base.read_vec(0, length))
            .await?
            .map_err(|_| SignError::DocumentLost)?;
        copy.push(put(app, bytes).await?);
    }
    copy.push(put(app, made.tail).await?);
    let order = Order {
        commitment: Some(Commitment::ProofOfOrigin),
        tooltip: Some(sealer.organisation()),
        ..Order::invisible(settings.level)
    };
    let signed = sealer.sign(assemble(app, &copy).await?, order, &outside).await?;
    go_on(app, request.clone(), version, copy, signed).await
}

/// Completes the seal on the copy and stores it; a stage that waits is stored as such.
async fn go_on(
    app: &App,
    request: SigningRequest,
    version: i64,
    copy: Vec<Piece>,
    signed: Signed,
) -> Result<(), PublishError> {
    let document = assemble(app, &copy).await?;
    match seal::complete(document, signed, &Outside::of(app)).await {
        Ok(completed) => done(app, request, version, copy, completed).await,
        Err((error, gained)) => {
            let sealed = Publication::Sealed { copy, signed: gained };
            save(app, request, version, sealed, error.cause()).await?;
            Err(error.into())
        }
    }
}

async fn done(
    app: &App,
    request: SigningRequest,
    version: i64,
    mut copy: Vec<Piece>,
    completed: Completed,
) -> Result<(), PublishError> {
    let tail = completed.tails.into_iter().flat_map(|tail| tail.0).collect();
    copy.push(put(app, tail).await?);
    let at = app.now();
    let sealed = Publication::Done {
        pieces: copy,
        level: completed.level,
        at,
    };
    save(app, request, version, sealed, "ok").await?;
    Ok(())
}

async fn save(
    app: &App,
    mut request: SigningRequest,
    version: i64,
    publication: Publication,
    result: &'static str,
) -> Result<(), StoreError> {
    let now = app.now();
    let pieces = publication.pieces().to_vec();
    request.publication = Some(publication);
    let event = app.event(
        request.board,
        EventKind::PublicationCopy,
        None,
        Some(request.id.to_string()),
        result,
        serde_json::json!({}),
    );
    app.db
        .write(move |unit| {
            let (request, event, pieces) = (request.clone(), event.clone(), pieces.clone());
            Box::pin(async move {
                signing::save(unit, &request, version).await?;
                signing::keep_publication(unit, request.id, &pieces, now).await?;
                events::record(unit, &event).await
            })
        })
        .await
}

async fn put(app: &App, bytes: Vec<u8>) -> Result<Piece, SignError> {
    let length_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(Piece {
        sha256: app.blobs.put(bytes).await?,
        length_bytes,
    })
}

/// The pieces one behind the other.
pub(super) async fn assemble(app: &App, pieces: &[Piece]) -> Result<Arc<dyn ReadAt>, SignError> {
    let mut parts: Vec<Box<dyn ReadAt>> = Vec::new();
    let mut length = 0_u64;
    for piece in pieces {
        parts.push(Box::new(app.blobs.open(piece.sha256).await?));
        length = length.saturating_add(piece.length_bytes);
    }
    let whole = Concatenated::new(parts);
    if whole.len() == length {
        Ok(Arc::new(whole))
    } else {
        Err(SignError::DocumentLost)
    }
}

fn statement(
    app: &App,
    request: &SigningRequest,
    sealer: &Sealer,
    original_sha256: crate::base::digest::Sha256Digest,
) -> Statement {
    // WHY: a Flemish board's acts are in Dutch (art. 11 of the coordinated laws on the use of languages).
    let language = Language::Nl;
    let signatories = request
        .slots
        .iter()
        .filter_map(|slot| match &slot.stage {
            Stage::Done {
                signer, signed_at, ..
            } => Some(Signatory {
                name: signer.name.clone(),
                capacity: signer
                    .verdict
                    .capacity
                    .as_ref()
                    .map(|capacity| capacity.label(language)),
                mention: signer
                    .verdict
                    .mention()
                    .map(|mention| mention.text(language).to_owned()),
                signed_at: *signed_at,
            }),
            _ => None,
        })
        .collect();
    Statement {
        title: request.title.clone(),
        organisation: sealer
            .certificate()
            .subject()
            .find(AttributeType::Organization)
            .unwrap_or_default(),
        signatories,
        original_sha256,
        language,
        is_test: app.config.environment == Environment::Test,
    }
}

/// Whether `request` came to its end with all signatures.
pub(super) fn is_completed(request: &SigningRequest) -> bool {
    request
        .closed
        .as_ref()
        .is_some_and(|closed| closed.how == Ending::Completed)
}
