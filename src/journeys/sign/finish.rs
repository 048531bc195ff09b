//! From the card's value to a document at the level asked: time-stamp, revocation data, read back, stored.
//!
//! Where the signatures are raised at the end, the last one is followed by `raise`. Runs right after the card, and again
//! from a job when something outside was down or the service was ended.

use std::time::Duration;

use crate::ades::pades::completion::{Completion, Settings};
use crate::ades::pades::stages::{Completed, Signed};
use crate::audit::EventKind;
use crate::base::code::PersonCode;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::fetch::resume;
use crate::journeys::App;
use crate::signing::publication::Publication;
use crate::signing::request::{Ending, Piece, RequestId, SigningRequest, Slot, Stage, StepError};
use crate::store::db::StoreError;
use crate::store::signing::Kept;
use crate::store::{events, queue, signing};

use super::{STALE_RETRIES, SignError, aside, document, kept, publish, raise};

/// The kind of job that goes on where a signature was left.
pub const JOB: &str = "finish_signature";

/// A job looks after what is unfinished when the service was ended under it.
pub(super) const RESUME_AFTER: Duration = Duration::from_mins(1);
/// How long what might still come is waited for, from the card's value on.
pub(super) const LONGEST: Duration = Duration::from_hours(14 * 24);

/// Finishes the signature of `id` whose value is kept, and raises all of them where that is what is left. Nothing to do
/// is no error: somebody else was faster.
///
/// # Errors
/// What stood in the way. Whatever was gained is stored, so that the next run goes on from there; when no later run
/// can help, the request ends as failed.
pub async fn finish(app: &App, id: RequestId) -> Result<(), SignError> {
    finish_value(app, id).await?;
    raise::raise(app, id).await
}

async fn finish_value(app: &App, id: RequestId) -> Result<(), SignError> {
    let Kept { request, version } = kept(app, id).await?;
    let Some((number, signed)) = unfinished(&request) else {
        return Ok(());
    };
    let since = app.now().since(signed.signed_at());
    let outcome = go_on(app, request, version, number, signed).await;
    if let Err(error) = &outcome
        && (is_final(error) || since >= LONGEST)
    {
        give_up(app, id, number, error).await?;
    }
    outcome
}

async fn go_on(
    app: &App,
    request: SigningRequest,
    version: i64,
    number: u8,
    signed: Signed,
) -> Result<(), SignError> {
    let id = request.id;
    let source = document(app, &request).await?;
    let settings = settings(app);
    let before = signed.clone();
    let completion = aside(move || Completion::new(source, signed, settings)).await??;
    match resume::complete(completion, app.fetcher.as_ref(), &app.clock).await {
        Ok(completed) => store(app, request, version, number, completed).await,
        Err((error, gained)) => {
            if *gained != before {
                match keep_gains(app, request, version, number, *gained).await {
                    // Another instance is at the same signature; what it gained is as good.
                    Err(SignError::Store(StoreError::Stale(_))) if is_done(app, id, number).await? => {
                        return Ok(());
                    }
                    Ok(()) | Err(SignError::Store(StoreError::Stale(_))) => {}
                    Err(error) => return Err(error),
                }
            }
            Err(error.into())
        }
    }
}

/// What completing rests on.
pub(super) fn settings(app: &App) -> Settings {
    Settings {
        trust: app.trust.clone(),
        algorithms: AlgorithmPolicy::etsi_ts_119_312(),
        time_stamp_urls: app.config.outside.time_stamp_urls.clone(),
        time_stamp_policies: app.config.outside.time_stamp_policies.clone(),
        random: app.random.clone(),
    }
}

/// Whether no later run can help.
pub(super) fn is_final(error: &SignError) -> bool {
    matches!(error, SignError::Completion(error) if error.is_final())
}

/// Ends the request of a signature that can never stand. Somebody has to send the document anew; the value stays in
/// the record.
async fn give_up(app: &App, id: RequestId, number: u8, error: &SignError) -> Result<(), SignError> {
    let fail = move |request: SigningRequest, cause: &str, now| request.fail(number, cause, now);
    end_failed(app, id, error.cause(), fail).await
}

/// Ends the request as `fail` does, on whatever was written in between, with its audit event; its pages are told.
pub(super) async fn end_failed(
    app: &App,
    id: RequestId,
    cause: &'static str,
    fail: impl Fn(SigningRequest, &str, Timestamp) -> Result<SigningRequest, StepError>,
) -> Result<(), SignError> {
    let mut tries = 0_u8;
    loop {
        match end_failed_once(app, id, cause, &fail).await {
            Err(SignError::Store(StoreError::Stale(_))) if tries < STALE_RETRIES => {
                tries = tries.saturating_add(1);
            }
            // Another instance was faster, with whatever came of it.
            Err(SignError::Step(_)) => return Ok(()),
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    tracing::error!(signing.id = %id, cause, "a signature can never be finished; its request ended");
    tell_pages(app, id).await
}

/// Tells the pages that wait for a signature what came of it: in a request that goes on, those whose signature stands.
pub async fn tell_pages(app: &App, id: RequestId) -> Result<(), SignError> {
    let request = kept(app, id).await?.request;
    let (db, now) = (&app.db, app.now());
    match request.closed.map(|closed| closed.how) {
        Some(Ending::Failed { cause, .. }) => {
            signing::lose_attempts(db, id, PersonCode::SignatureFailed, &cause, now).await?;
        }
        Some(_) => signing::settle_attempts(db, id, now).await?,
        None => {
            let standing = |slot: &&Slot| matches!(slot.stage, Stage::Done { .. });
            for slot in request.slots.iter().filter(standing) {
                signing::settle_slot(db, id, slot.number, now).await?;
            }
        }
    }
    Ok(())
}

async fn end_failed_once(
    app: &App,
    id: RequestId,
    cause: &'static str,
    fail: impl Fn(SigningRequest, &str, Timestamp) -> Result<SigningRequest, StepError>,
) -> Result<(), SignError> {
    let Kept { request, version } = kept(app, id).await?;
    let request = fail(request, cause, app.now())?;
    let slot = match request.closed.as_ref().map(|closed| &closed.how) {
        Some(Ending::Failed { slot, .. }) => *slot,
        _ => None,
    };
    let event = app.event(
        request.board,
        EventKind::SigningFailed,
        None,
        Some(id.to_string()),
        cause,
        serde_json::json!({"slot": slot, "final": true}),
    );
    app.db
        .write(move |unit| {
            let (request, event) = (request.clone(), event.clone());
            Box::pin(async move {
                signing::save(unit, &request, version).await?;
                events::record(unit, &event).await
            })
        })
        .await?;
    Ok(())
}

/// Whether the value of slot `number` waits to be finished.
fn is_waiting(request: &SigningRequest, number: u8) -> bool {
    unfinished(request).is_some_and(|(waiting, _)| waiting == number)
}

async fn is_done(app: &App, id: RequestId, number: u8) -> Result<bool, SignError> {
    Ok(!is_waiting(&kept(app, id).await?.request, number))
}

/// The slot whose value waits, if there is one. In a request that ended none does.
fn unfinished(request: &SigningRequest) -> Option<(u8, Signed)> {
    if request.closed.is_some() {
        return None;
    }
    request.slots.iter().find_map(|slot| match &slot.stage {
        Stage::Signed { signed, .. } => Some((slot.number, (**signed).clone())),
        _ => None,
    })
}

/// Stores the finished signature: the bytes first, then their row with the request, the audit and the job's end.
async fn store(
    app: &App,
    request: SigningRequest,
    version: i64,
    number: u8,
    completed: Completed,
) -> Result<(), SignError> {
    let level = completed.level;
    let step = Step {
        is_due: &|request| is_waiting(request, number),
        take: &|request, piece, now| request.complete(number, piece, level, now),
        detail: &|sha256| serde_json::json!({"slot": number, "level": level, "sha256": sha256}),
    };
    store_tails(app, Kept { request, version }, completed, &step).await
}

/// What becomes of a request when bytes were made that follow its document.
pub(super) struct Step<'a> {
    /// Whether these bytes are still waited for.
    pub(super) is_due: &'a (dyn Fn(&SigningRequest) -> bool + Sync),
    /// The request with them.
    pub(super) take:
        &'a (dyn Fn(SigningRequest, Piece, Timestamp) -> Result<SigningRequest, StepError> + Sync),
    /// What the audit event says of the bytes of this hash.
    pub(super) detail: &'a (dyn Fn(Sha256Digest) -> serde_json::Value + Sync),
}

/// Stores what was made to follow the document, on whatever was written in between.
pub(super) async fn store_tails(
    app: &App,
    mut now_kept: Kept,
    completed: Completed,
    step: &Step<'_>,
) -> Result<(), SignError> {
    let tail: Vec<u8> = completed.tails.into_iter().flat_map(|tail| tail.0).collect();
    let length_bytes = u64::try_from(tail.len()).unwrap_or(u64::MAX);
    let piece = Piece {
        sha256: app.blobs.put(tail).await?,
        length_bytes,
    };
    let id = now_kept.request.id;
    let mut tries = 0_u8;
    loop {
        match store_piece(app, now_kept, piece, step).await {
            Err(SignError::Store(StoreError::Stale(_))) if tries < STALE_RETRIES => {}
            outcome => return outcome,
        }
        tries = tries.saturating_add(1);
        now_kept = kept(app, id).await?;
        if !(step.is_due)(&now_kept.request) {
            // Another instance was faster with the same: its piece counts, ours belongs to nothing.
            let mut tails = now_kept.request.document.tails.iter();
            if tails.all(|tail| tail.sha256 != piece.sha256) {
                app.blobs.remove(piece.sha256).await?;
            }
            return Ok(());
        }
    }
}

async fn store_piece(app: &App, kept: Kept, piece: Piece, step: &Step<'_>) -> Result<(), SignError> {
    let now = app.now();
    let version = kept.version;
    let mut request = (step.take)(kept.request, piece, now)?;
    let publishes = publish::is_completed(&request) && publish::seal_of(app, &request).await?.is_some();
    if publishes {
        request.publication = Some(Publication::Waiting);
    }
    let event = app.event(
        request.board,
        EventKind::DocumentDelivered,
        None,
        Some(request.id.to_string()),
        "ok",
        (step.detail)(piece.sha256),
    );
    let random = app.random.clone();
    app.db
        .write(move |unit| {
            let (request, event, random) = (request.clone(), event.clone(), random.clone());
            Box::pin(async move {
                signing::save(unit, &request, version).await?;
                signing::add_tail(unit, &request, &piece, now).await?;
                let id = request.id.to_string();
                if publishes {
                    queue::plan(unit, publish::JOB, &id, now, random.as_ref()).await?;
                }
                if request.is_raising() {
                    // In one with the last signature: a crash before it is raised leaves it to the job.
                    queue::plan(unit, JOB, &id, now.plus(RESUME_AFTER), random.as_ref()).await?;
                }
                events::record(unit, &event).await
            })
        })
        .await?;
    Ok(())
}

/// Keeps what an unfinished run gained, a time-stamp above all.
async fn keep_gains(
    app: &App,
    mut request: SigningRequest,
    version: i64,
    number: u8,
    gained: Signed,
) -> Result<(), SignError> {
    for slot in request.slots.iter_mut().filter(|slot| slot.number == number) {
        if let Stage::Signed { signed, .. } = &mut slot.stage {
            **signed = gained.clone();
        }
    }
    app.db
        .write(move |unit| {
            let request = request.clone();
            Box::pin(async move { signing::save(unit, &request, version).await })
        })
        .await?;
    Ok(())
}
