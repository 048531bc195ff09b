//! An application asks for signatures, looks after its request, and takes it back.

use std::sync::Arc;
use std::time::Duration;

use crate::ades::level::Level;
use crate::ades::pades::rehearse::rehearse;
use crate::ades::validate::indication::Indication;
use crate::ades::validate::{self, Context};
use crate::audit::EventKind;
use crate::base::bytes::ReadAt;
use crate::base::digest::Sha256Digest;
use crate::base::text::is_unseen;
use crate::base::time::Timestamp;
use crate::crypto::policy::AlgorithmPolicy;
use crate::journeys::App;
use crate::journeys::login::tokens::Caller;
use crate::mandates::{DocumentKind, Key};
use crate::pdf::document::Document as Pdf;
use crate::pki::trust::Trust;
use crate::signing::profile::Profile;
use crate::signing::request::{Document, Ending, Piece, RequestId, SigningRequest, Slot, Stage};
use crate::store::db::StoreError;
use crate::store::idempotency::{self, Claim};
use crate::store::{events, signing};

use super::{STALE_RETRIES, SignError, aside, kept, snapshot};

/// How long a request stays open when the application does not say.
const DEFAULT_LIFE: Duration = Duration::from_hours(14 * 24);
/// The longest an application may ask for.
const LONGEST_LIFE: Duration = Duration::from_hours(90 * 24);

/// What an application asks.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// What it is about, for the signers; 1 to 200 characters.
    pub title: String,
    /// What kind of document.
    pub kind: DocumentKind,
    /// The body whose document it is: its key, or its kind where the board has one of them.
    pub body: Key,
    /// Its policy domain.
    pub domain: Option<String>,
    /// The file's name; 1 to 200 characters without path separators.
    pub document_name: String,
    /// Where the signers' browsers may go afterwards: a redirect URI of the client.
    pub return_url: Option<String>,
    /// When it closes by itself.
    pub expires_at: Option<Timestamp>,
    /// When its signatures are raised; the board's own way where the application does not say.
    pub profile: Option<Profile>,
    /// Whether visible signatures carry the board's picture, where it has one; they do where the application does not
    /// say.
    pub picture: Option<bool>,
    /// Whether the document may be delivered in a container, signed together with others of a list; it may not where
    /// the application does not say.
    pub container: Option<bool>,
    /// The PDF.
    pub document: Vec<u8>,
}

/// Makes the request, once for each idempotency key.
///
/// # Errors
/// Everything about the document before anything is stored: empty, too large, no PDF, protected, closed by a
/// certification, holding a signature that is not valid; no plan by the board's rules; the key used otherwise.
pub async fn create(
    app: &App,
    caller: &Caller,
    idempotency_key: &str,
    new: NewRequest,
) -> Result<SigningRequest, SignError> {
    let client = caller.client.id.to_string();
    check_key(idempotency_key)?;
    let fingerprint = fingerprint(&new);
    match idempotency::claim(&app.db, &client, idempotency_key, fingerprint, app.now()).await? {
        Claim::Fresh => {}
        Claim::InProgress => return Err(SignError::IdempotencyBusy),
        Claim::OtherRequest => return Err(SignError::IdempotencyOther),
        Claim::Answered { response, .. } => {
            let id = response.parse().map_err(|_| SignError::Unknown)?;
            return Ok(kept(app, id).await?.request);
        }
    }
    match create_fresh(app, caller, idempotency_key, new).await {
        Ok(request) => Ok(request),
        Err(error) => {
            // Nothing was made: the same key may be used again once the cause is gone.
            idempotency::release(&app.db, &client, idempotency_key).await?;
            Err(error)
        }
    }
}

async fn create_fresh(
    app: &App,
    caller: &Caller,
    idempotency_key: &str,
    new: NewRequest,
) -> Result<SigningRequest, SignError> {
    let now = app.now();
    check_text("title", &new.title)?;
    check_text("document_name", &new.document_name)?;
    if let Some(domain) = &new.domain {
        check_text("domain", domain)?;
    }
    if new.document_name.contains(['/', '\\', '\0']) {
        return Err(invalid("document_name", "expected a file name without a path"));
    }
    check_return_url(caller, new.return_url.as_deref())?;
    let expires_at = new.expires_at.unwrap_or_else(|| now.plus(DEFAULT_LIFE));
    if expires_at <= now || expires_at > now.plus(LONGEST_LIFE) {
        return Err(invalid("expires_at", "expected a time within the next 90 days"));
    }
    let limit_bytes = app.config.limits.upload_bytes;
    if new.document.is_empty() {
        return Err(SignError::DocumentEmpty);
    }
    if u64::try_from(new.document.len()).unwrap_or(u64::MAX) > limit_bytes {
        return Err(SignError::DocumentTooLarge { limit_bytes });
    }
    let snapshot = app.snapshots.current(&app.db, caller.board.id, now).await?;
    let plan = snapshot.plan(new.kind, &new.body, now)?;
    let bytes = new.document;
    let trust = app.trust.clone();
    let (bytes, pages) = aside(move || {
        let source: Arc<dyn ReadAt> = Arc::new(bytes.clone());
        check_document(source, &trust, now).map(|pages| (bytes, pages))
    })
    .await??;
    let length_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    // The blob first and then its row: a row never points at bytes that are not there.
    let sha256 = app.blobs.put(bytes).await?;
    let slots = plan
        .slots
        .iter()
        .map(|slot| Slot {
            number: slot.number,
            stage: Stage::Open,
        })
        .collect();
    let request = SigningRequest {
        id: RequestId::new(now, app.random.as_ref()),
        board: caller.board.id,
        client: caller.client.id.to_string(),
        title: new.title,
        document: Document {
            name: new.document_name,
            pages,
            base: Piece { sha256, length_bytes },
            tails: Vec::new(),
        },
        kind: new.kind,
        body: new.body,
        domain: new.domain,
        level: Level::Lta,
        profile: new.profile.unwrap_or(caller.board.profile),
        picture: new.picture.unwrap_or(true),
        takes_container: new.container.unwrap_or(false),
        plan,
        slots,
        return_url: new.return_url,
        created_at: now,
        expires_at,
        closed: None,
        publication: None,
        packed: None,
    };
    let event = app.event(
        request.board,
        EventKind::SigningRequested,
        Some(request.client.clone()),
        Some(request.id.to_string()),
        "ok",
        serde_json::json!({"document_sha256": sha256, "rule": request.plan.rule.rule}),
    );
    let (added, key) = (request.clone(), idempotency_key.to_owned());
    app.db
        .write(move |unit| {
            let (added, key, event) = (added.clone(), key.clone(), event.clone());
            Box::pin(async move {
                signing::add(unit, &added).await?;
                events::record(unit, &event).await?;
                idempotency::answer(unit, &added.client, &key, 201, &added.id.to_string()).await
            })
        })
        .await?;
    Ok(request)
}

/// Reads the document, judges what is signed in it already, and whether one more signature would hold. Returns the
/// number of pages.
fn check_document(source: Arc<dyn ReadAt>, trust: &Trust, now: Timestamp) -> Result<u32, SignError> {
    let pdf = Pdf::open(source.clone())?;
    let view = pdf.latest();
    if let Err(refusal) = view.may_sign(None)? {
        return Err(SignError::Forbidden(refusal));
    }
    let pages = u32::try_from(view.page_count()?).unwrap_or(u32::MAX);
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let context = Context {
        trust,
        algorithms: &algorithms,
        verdict_keys: &[],
        at: now,
    };
    let report = validate::validate(source.clone(), &context);
    // A signature of somebody whose issuer is not known here is undecided, and none of our business; a broken one
    // must not be covered up by ours.
    if report
        .signatures
        .iter()
        .any(|signature| signature.indication == Indication::TotalFailed)
    {
        return Err(SignError::DocumentSignature);
    }
    rehearse(&source, now)?;
    Ok(pages)
}

/// The request of this caller; another client's is not found.
pub async fn find(app: &App, caller: &Caller, id: RequestId) -> Result<SigningRequest, SignError> {
    let request = kept(app, id).await?.request;
    if request.board == caller.board.id && request.client == caller.client.id.to_string() {
        Ok(request)
    } else {
        Err(SignError::Unknown)
    }
}

/// The caller's requests, newest first, from before `before`; at most 50.
pub async fn list(
    app: &App,
    caller: &Caller,
    before: Option<RequestId>,
) -> Result<Vec<SigningRequest>, SignError> {
    let kept = signing::of_client(&app.db, &caller.client.id.to_string(), before, 50).await?;
    Ok(kept.into_iter().map(|kept| kept.request).collect())
}

/// The application takes its request back.
pub async fn withdraw(app: &App, caller: &Caller, id: RequestId) -> Result<SigningRequest, SignError> {
    find(app, caller, id).await?;
    close(app, id, Ending::Withdrawn, Some(caller.client.id.to_string())).await
}

/// Ends a request without its signatures.
pub(super) async fn close(
    app: &App,
    id: RequestId,
    how: Ending,
    actor: Option<String>,
) -> Result<SigningRequest, SignError> {
    let mut tries = 0_u8;
    loop {
        match close_once(app, id, how.clone(), actor.clone()).await {
            Err(SignError::Store(StoreError::Stale(_))) if tries < STALE_RETRIES => {
                tries = tries.saturating_add(1);
            }
            outcome => {
                if let (Ok(_), Some(counter)) = (&outcome, &app.counter) {
                    // Whoever is asked for a PIN for it is asked in vain.
                    counter.running.stop(id);
                }
                return outcome;
            }
        }
    }
}

async fn close_once(
    app: &App,
    id: RequestId,
    how: Ending,
    actor: Option<String>,
) -> Result<SigningRequest, SignError> {
    let now = app.now();
    let kept = kept(app, id).await?;
    let result = match &how {
        Ending::Completed => "ok",
        Ending::Declined { .. } => "declined",
        Ending::Expired => "expired",
        Ending::Failed { .. } => "failed",
        Ending::Withdrawn => "withdrawn",
    };
    let closed = kept.request.close(how, now)?;
    let object = Some(id.to_string());
    let event = app.event(
        closed.board,
        EventKind::SigningDeclined,
        actor,
        object,
        result,
        serde_json::json!({}),
    );
    let saved = closed.clone();
    app.db
        .write(move |unit| {
            let (saved, event) = (saved.clone(), event.clone());
            Box::pin(async move {
                signing::save(unit, &saved, kept.version).await?;
                events::record(unit, &event).await
            })
        })
        .await?;
    Ok(closed)
}

/// Closes every request that nobody finished in time. Returns how many.
pub async fn expire_overdue(app: &App) -> Result<usize, SignError> {
    let mut count = 0_usize;
    for kept in signing::overdue(&app.db, app.now()).await? {
        // A card may have signed in between: that signature is finished first.
        match close(app, kept.request.id, Ending::Expired, None).await {
            Ok(_) => count = count.saturating_add(1),
            Err(SignError::Step(_) | SignError::Store(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// The plan's candidates as they are today.
pub async fn refreshed_plan(
    app: &App,
    request: &SigningRequest,
) -> Result<crate::mandates::SigningPlan, SignError> {
    Ok(snapshot(app, request)
        .await?
        .plan(request.kind, &request.body, app.now())?)
}

fn fingerprint(new: &NewRequest) -> Sha256Digest {
    let mut fields = serde_json::json!([
        new.title,
        new.kind.as_str(),
        new.body.as_str(),
        new.domain,
        new.document_name,
        new.return_url,
        new.expires_at,
        Sha256Digest::of(&new.document),
    ]);
    // A member that came later counts where it is there: what was sent before it is still the same.
    if let Some(fields) = fields.as_array_mut() {
        fields.extend(new.profile.map(|profile| profile.as_str().into()));
        fields.extend(new.picture.map(serde_json::Value::from));
        fields.extend(
            new.container
                .map(|allowed| serde_json::json!({"container": allowed})),
        );
    }
    Sha256Digest::of(fields.to_string().as_bytes())
}

/// Whether `url`, if there is one, is an address the caller registered.
pub(super) fn check_return_url(caller: &Caller, url: Option<&str>) -> Result<(), SignError> {
    let known = &caller.client.registration.redirect_uris;
    match url {
        Some(url) if !known.iter().any(|known| known.as_str() == url) => Err(invalid(
            "return_url",
            "expected a redirect URI that is registered for this client",
        )),
        _ => Ok(()),
    }
}

pub(super) fn check_key(key: &str) -> Result<(), SignError> {
    let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && (8..=128).contains(&key.len()) {
        Ok(())
    } else {
        Err(invalid(
            "Idempotency-Key",
            "expected 8 to 128 visible ASCII characters",
        ))
    }
}

pub(super) fn check_text(field: &'static str, text: &str) -> Result<(), SignError> {
    let length = text.chars().count();
    if !(1..=200).contains(&length) {
        return Err(invalid(field, "expected 1 to 200 characters"));
    }
    if text.chars().any(|sign| sign.is_control() || is_unseen(sign)) {
        return Err(invalid(
            field,
            "expected no control, direction or other characters without a shape",
        ));
    }
    Ok(())
}

fn invalid(field: &'static str, problem: &str) -> SignError {
    SignError::Invalid {
        field,
        problem: problem.to_owned(),
    }
}
