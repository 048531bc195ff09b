//! All signatures of a document raised at once, after the last signer: revocation data for all of them, one document
//! time-stamp over it, read back, stored.
//!
//! Until then each stands at B-T and the request is not completed, so nothing below its level is delivered.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ades::pades::extend::Extension;
use crate::base::bytes::ReadAt;
use crate::fetch::resume;
use crate::journeys::App;
use crate::pdf::document::Document as Pdf;
use crate::pdf::error::PdfError;
use crate::pdf::signature::FieldState;
use crate::pki::refusal::Refusal;
use crate::signing::request::{RequestId, SigningRequest};
use crate::store::signing::Kept;

use super::finish::{self, Step};
use super::{SignError, aside, checked_document, kept};
use crate::ades::pades::completion::CompletionError;

/// Raises the signatures of `id`, when all stand and that is what is left. Nothing to do is no error.
///
/// # Errors
/// What stood in the way. The signatures stay as they are for the next run, however long it takes: their time-stamps
/// prove them. When no later run can help, the request ends as failed.
pub(super) async fn raise(app: &App, id: RequestId) -> Result<(), SignError> {
    let kept = kept(app, id).await?;
    if !kept.request.is_raising() {
        return Ok(());
    }
    let outcome = go_on(app, kept).await;
    if let Err(error) = &outcome
        && is_final(error)
    {
        finish::end_failed(app, id, error.cause(), SigningRequest::fail_raising).await?;
    }
    outcome
}

async fn go_on(app: &App, kept: Kept) -> Result<(), SignError> {
    let request = &kept.request;
    let (source, _) = checked_document(app, request).await?;
    let base: Arc<dyn ReadAt> = Arc::new(app.blobs.open(request.document.base.sha256).await?);
    let (settings, level, now) = (finish::settings(app), request.level, app.now());
    let extension = aside(move || -> Result<Extension, SignError> {
        // WHY: what strangers signed before the document came is theirs: it may be undecided here for ever.
        let theirs = signed_fields(base)?;
        let fields = signed_fields(Arc::clone(&source))?;
        let own = fields.difference(&theirs).cloned().collect();
        Ok(Extension::of_fields(source, own, level, settings, now)?)
    })
    .await??;
    let raised = resume::asked_aside(extension, app.fetcher.as_ref(), &app.clock).await;
    let completed = raised.ok_or(SignError::Interrupted)??;
    let level = completed.level;
    let step = Step {
        is_due: &SigningRequest::is_raising,
        take: &|request, piece, now| request.raise(piece, level, now),
        detail: &|sha256| serde_json::json!({"slot": null, "level": level, "sha256": sha256}),
    };
    finish::store_tails(app, kept, completed, &step).await
}

/// The full names of the fields that are signed.
fn signed_fields(source: Arc<dyn ReadAt>) -> Result<BTreeSet<String>, PdfError> {
    let fields = Pdf::open(source)?.latest().signature_fields()?;
    let signed = fields
        .into_iter()
        .filter(|field| !matches!(field.state, FieldState::Empty));
    Ok(signed.map(|field| field.field.full_name).collect())
}

/// Whether no later run can help. A suspension may be lifted, and ends as a revocation otherwise.
fn is_final(error: &SignError) -> bool {
    match error {
        SignError::Completion(CompletionError::Refused(Refusal::Suspended { .. })) => false,
        SignError::Completion(error) => error.is_final(),
        _ => false,
    }
}
