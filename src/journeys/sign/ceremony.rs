//! One person puts one signature with the card in this machine's reader.
//!
//! Two visits to the reader's thread: the first reads the certificate, so that everything that could refuse it is
//! asked before the PIN; the second asks the PIN and signs the bytes that were fixed in between.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::ades::cms::attributes::ClaimedAttribute;
use crate::ades::pades::prepare::prepare;
use crate::ades::pades::stages::{Draft, Prepared, Signed};
use crate::audit::EventKind;
use crate::base::digest::Sha256Digest;
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::card::CardError;
use crate::card::eid::{LastTry, PinState};
use crate::config::Environment;
use crate::crypto::jws;
use crate::fetch::resume;
use crate::identity::PersonId;
use crate::journeys::counter::{self, Action};
use crate::journeys::login::Browser;
use crate::journeys::{App, Counter, is_blocked};
use crate::mandates::Verdict;
use crate::mandates::proof::{self, Claims, Subject};
use crate::oidc::challenge;
use crate::pdf::appearance::{Block, Line};
use crate::pdf::signature_field::Placement;
use crate::pki::certificate::Certificate;
use crate::pki::name::AttributeType;
use crate::pki::path::Path;
use crate::pki::purpose;
use crate::signing::appearance;
use crate::signing::attempt::{Attempt, AttemptId, AttemptState};
use crate::signing::request::{RequestId, Signer, SigningRequest, Stage, StepError};
use crate::store::db::StoreError;
use crate::store::keys::{self, KeyPurpose};
use crate::store::signing::Kept;
use crate::store::{boards, events, persons, queue, signing};

use super::STALE_RETRIES;
use super::reader::{SignJob, at_reader, gate, read_card};
use super::view::{self, Standing};
use super::{SignError, aside, checked_document, finish, kept, request};

/// How long reading the card may take.
const READ_TIME: Duration = Duration::from_secs(30);
/// How long the fixed bytes wait for their value, beside the person's typing.
const PREPARED_LIFE: Duration = Duration::from_mins(10);
/// A job looks after a kept value when the service was ended under it.
const RESUME_AFTER: Duration = Duration::from_mins(1);
/// Size of the visible block, in points.
const BLOCK: (f64, f64) = (230.0, 74.0);

/// Begins to sign with the card in this machine's reader. The page follows the attempt.
///
/// `last_try`: whether the person was told that one PIN try is left and goes on.
///
/// # Errors
/// Everything that can be known without the card: not at this computer, not logged in, not your turn, no authority,
/// a card action under way.
pub async fn start(
    app: &Arc<App>,
    id: RequestId,
    browser: &Browser,
    last_try: LastTry,
    language: Language,
) -> Result<Attempt, SignError> {
    if !browser.is_at_this_computer {
        return Err(SignError::CounterElsewhere);
    }
    let counter = app.counter.clone().ok_or(SignError::CounterElsewhere)?;
    let request = kept(app, id).await?.request;
    let (_, person) = view::who(app, &request, browser).await?;
    let slot = match view::standing(app, &request, person).await? {
        Standing::May { slot, .. } => slot,
        Standing::MayNot { verdict } => {
            let plan = request::refreshed_plan(app, &request).await?;
            return Err(view::why_not(&request, &plan, person, &verdict));
        }
        Standing::AlreadySigned => {
            let plan = request::refreshed_plan(app, &request).await?;
            let again = request
                .turn()
                .filter(|next| view::is_candidate(&plan, *next, person));
            return Err(match again {
                Some(_) if request.is_open(app.now()) => StepError::SamePerson,
                _ => StepError::NotYourTurn,
            }
            .into());
        }
        Standing::Closed => return Err(StepError::Closed.into()),
        Standing::Waiting => return Err(StepError::NotYourTurn.into()),
    };
    give_up_lost(app, id, person).await?;
    refuse_beside_another(app, &request, slot, person).await?;
    let now = app.now();
    let attempt = Attempt {
        id: AttemptId::new(now, app.random.as_ref()),
        request: id,
        slot,
        person,
        short_code: challenge::short_code(app.random.as_ref()),
        state: AttemptState::Checking,
        started_at: now,
        updated_at: now,
    };
    match signing::begin_attempt(&app.db, &attempt).await {
        // Two windows at once: the store lets one of them begin.
        Err(StoreError::Conflict(_)) => return Err(SignError::AlreadyWaiting),
        outcome => outcome?,
    }
    let action = counter.running.begin(id);
    let (app, begun) = (Arc::clone(app), attempt.clone());
    tokio::spawn(async move { run(&app, &counter, begun, last_try, language, action).await });
    Ok(attempt)
}

/// Refuses while a try of this person runs; one that its service was ended under makes room.
async fn give_up_lost(app: &App, id: RequestId, person: PersonId) -> Result<(), SignError> {
    let Some(earlier) = signing::last_attempt(&app.db, id, person).await? else {
        return Ok(());
    };
    if !earlier.state.is_running() {
        return Ok(());
    }
    let earlier = view::given_up(app, earlier);
    if earlier.state.is_running() {
        return Err(SignError::AlreadyWaiting);
    }
    signing::move_attempt(&app.db, earlier.id, &earlier.state, app.now()).await?;
    Ok(())
}

/// Refuses while somebody else's card is at work on the same slot: preparing it anew would lose what that card signs.
async fn refuse_beside_another(
    app: &App,
    request: &SigningRequest,
    slot: u8,
    person: PersonId,
) -> Result<(), SignError> {
    let Some(Stage::Prepared { signer, .. }) = request.slot(slot).map(|slot| &slot.stage) else {
        return Ok(());
    };
    if signer.person == person {
        return Ok(());
    }
    let theirs = signing::last_attempt(&app.db, request.id, signer.person).await?;
    match theirs.map(|theirs| view::given_up(app, theirs)) {
        Some(theirs) if theirs.state.is_running() && theirs.slot == slot => {
            Err(StepError::NotYourTurn.into())
        }
        _ => Ok(()),
    }
}

/// What happens beside the page.
async fn run(
    app: &Arc<App>,
    counter: &Counter,
    attempt: Attempt,
    last_try: LastTry,
    language: Language,
    action: Action,
) {
    let work = Box::pin(ceremony(app, counter, &attempt, last_try, language, &action));
    let outcome = beating(app, attempt.id, work).await;
    // WHY: a deadline ends the attempt here while its thread still asks for the PIN: the window closes now.
    drop(action);
    let state = match &outcome {
        Ok(()) => AttemptState::Done,
        Err(error) => AttemptState::Failed {
            code: error.code(),
            cause: error.cause().to_owned(),
            tries_left: error.tries_left(),
        },
    };
    if let Err(error) = &outcome {
        tracing::info!(
            signing.id = %attempt.request, cause = error.cause(), code = error.code().as_str(),
            "a signature did not come about"
        );
        if let Ok(kept) = kept(app, attempt.request).await {
            let detail = serde_json::json!({"slot": attempt.slot, "code": error.code().as_str()});
            let event = app.event(
                kept.request.board,
                EventKind::SigningFailed,
                Some(attempt.person.to_string()),
                Some(attempt.request.to_string()),
                error.cause(),
                detail,
            );
            if let Err(error) = events::record_alone(&app.db, &event).await {
                tracing::error!(cause = error.cause(), "an audit event was lost");
            }
        }
    }
    if let Err(error) = signing::move_attempt(&app.db, attempt.id, &state, app.now()).await {
        tracing::error!(signing.id = %attempt.request, cause = error.cause(), "the attempt's end was not recorded");
    }
}

/// Runs `work` and says every few seconds that it is being worked on: an attempt without a beat is one whose service
/// was ended under it, and its signer may begin anew.
async fn beating<T>(app: &App, attempt: AttemptId, mut work: impl Future<Output = T> + Unpin) -> T {
    loop {
        tokio::select! {
            outcome = &mut work => return outcome,
            () = tokio::time::sleep(view::BEAT) => {
                if let Err(error) = signing::beat(&app.db, attempt, app.now()).await {
                    tracing::warn!(cause = error.cause(), "an attempt that goes on could not say so");
                }
            }
        }
    }
}

async fn ceremony(
    app: &Arc<App>,
    counter: &Counter,
    attempt: &Attempt,
    last_try: LastTry,
    language: Language,
    action: &Action,
) -> Result<(), SignError> {
    let reader = counter.readers.choose(None)?;
    let trust = app.trust.clone();
    let card = at_reader(counter, &reader, READ_TIME, move |connection| {
        read_card(connection, &trust)
    })
    .await?;
    match (card.pin_state, last_try) {
        (PinState::Blocked, _) => return Err(CardError::PinBlocked.into()),
        (PinState::Left(1), LastTry::NotConfirmed) => return Err(CardError::PinLastTry.into()),
        _ => {}
    }
    let kept = kept(app, attempt.request).await?;
    let certificate = Certificate::parse(card.certificate)?;
    check_person(app, &kept.request, attempt.person, &certificate).await?;
    let path = resume::signer(
        &app.trust,
        app.fetcher.as_ref(),
        app.clock.as_ref(),
        app.random.as_ref(),
        &certificate,
    )
    .await?;

    let (request, prepared) = fix_bytes(app, kept, attempt, &certificate, &path).await?;
    signing::move_attempt(&app.db, attempt.id, &AttemptState::Signing, app.now()).await?;

    let job = SignJob {
        subject: subject(app, &request, &prepared),
        short_code: attempt.short_code.clone(),
        language,
        last_try,
        serial: card.serial,
        digest: prepared.digest(),
        hash: prepared.hash_algorithm(),
        certificate: certificate.clone(),
        algorithm: prepared.algorithm(),
    };
    let deadline = counter::reader_deadline(&app.config);
    let window = counter.window(action, &reader);
    let (gate, keeper) = gate();
    let mut signing = pin!(at_reader(counter, &reader, deadline, move |connection| {
        job.run(connection, &window, gate)
    }));
    let mut allowed = Ok(());
    let value = tokio::select! {
        value = &mut signing => value,
        answer = keeper.keep(may_still(app, attempt)) => {
            allowed = answer;
            signing.await
        }
    };
    allowed?;
    let value = value??;
    keep_value(app, attempt, prepared, value).await?;
    signing::move_attempt(&app.db, attempt.id, &AttemptState::Finishing, app.now()).await?;
    finish::finish(app, attempt.request).await
}

/// Asks once more, after the PIN, whether the request is open and the person may sign it.
async fn may_still(app: &App, attempt: &Attempt) -> Result<(), SignError> {
    let request = kept(app, attempt.request).await?.request;
    if request.closed.is_some() {
        return Err(StepError::Closed.into());
    }
    check_authority(app, &request, attempt).await.map(|_| ())
}

/// The verdict, when it permits.
async fn check_authority(
    app: &App,
    request: &SigningRequest,
    attempt: &Attempt,
) -> Result<Verdict, SignError> {
    let verdict = view::verdict(app, request, attempt.person, attempt.slot).await?;
    if verdict.is_permit() {
        Ok(verdict)
    } else {
        Err(view::refused(&verdict))
    }
}

/// The card must belong to whoever logged in: their numbers give the same pseudonym at this board. Neither may be
/// blocked there.
async fn check_person(
    app: &App,
    request: &SigningRequest,
    person: PersonId,
    certificate: &Certificate,
) -> Result<(), SignError> {
    let number = purpose::national_number(certificate)?;
    if is_blocked(app, request.board, &number, certificate.fingerprint()).await? {
        return Err(SignError::NotPermitted);
    }
    let pseudonym = persons::pseudonym(
        &app.db,
        request.board,
        &number,
        &app.kek,
        app.random.as_ref(),
        app.now(),
    )
    .await?;
    match persons::find_by_pseudonym(&app.db, request.board, pseudonym).await? {
        Some(found) if found.id == person => Ok(()),
        _ => Err(SignError::WrongPerson),
    }
}

/// Asks the check of authority once more, has the board's key sign it, fixes the bytes, and stores them.
async fn fix_bytes(
    app: &App,
    kept: Kept,
    attempt: &Attempt,
    certificate: &Certificate,
    path: &Path,
) -> Result<(SigningRequest, Prepared), SignError> {
    let now = app.now();
    let Kept { request, version } = kept;
    request.check_turn(attempt.slot, attempt.person, now)?;
    refuse_beside_another(app, &request, attempt.slot, attempt.person).await?;
    let verdict = check_authority(app, &request, attempt).await?;
    let (source, current) = checked_document(app, &request).await?;
    let proof = prove(app, &request, &verdict, current, certificate, now).await?;
    let name = signer_name(certificate);
    let draft = draft(app, &request, &verdict, &proof, &name, certificate, path, now);
    let prepared = aside(move || prepare(source, &draft, now)).await??;
    let signer = Signer {
        person: attempt.person,
        name,
        verdict,
        proof,
    };
    let event = app.event(
        request.board,
        EventKind::SigningPrepared,
        Some(attempt.person.to_string()),
        Some(request.id.to_string()),
        "ok",
        serde_json::json!({"slot": attempt.slot, "rules": signer.verdict.rules, "facts": signer.verdict.facts}),
    );
    let request = request.prepare(attempt.slot, signer, prepared.clone(), &current, now)?;
    let saved = request.clone();
    app.db
        .write(move |unit| {
            let (saved, event) = (saved.clone(), event.clone());
            Box::pin(async move {
                signing::save(unit, &saved, version).await?;
                events::record(unit, &event).await
            })
        })
        .await?;
    Ok((request, prepared))
}

/// The verdict as a compact JWS by the board's key.
async fn prove(
    app: &App,
    request: &SigningRequest,
    verdict: &Verdict,
    document_sha256: Sha256Digest,
    certificate: &Certificate,
    now: Timestamp,
) -> Result<String, SignError> {
    let board = boards::find(&app.db, request.board)
        .await?
        .ok_or(SignError::Unknown)?;
    let subject = Subject {
        issuer: &app.issuer(&board.slug),
        document_sha256,
        signer_certificate_sha256: certificate.fingerprint(),
        request: &request.id.to_string(),
        slots: u8::try_from(request.slots.len()).unwrap_or(u8::MAX),
        now,
    };
    let claims = Claims::new(verdict, &subject, &app.snapshots.rules())?;
    let key = keys::active(&app.db, request.board, KeyPurpose::Verdict)
        .await?
        .into_iter()
        .next();
    let key = key.ok_or(SignError::Key)?;
    let private = key.open(&app.kek)?;
    jws::sign(
        &private,
        key.algorithm,
        Some(&key.kid),
        proof::TYPE,
        &claims.to_json(),
    )
    .map_err(|_| SignError::Key)
}

/// The name as the certificate writes it: what stands in the document is what the card says.
fn signer_name(certificate: &Certificate) -> String {
    let subject = certificate.subject();
    let kinds = [AttributeType::GivenName, AttributeType::Surname];
    let parts: Vec<String> = kinds.into_iter().filter_map(|kind| subject.find(kind)).collect();
    parts.join(" ")
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is a different thing that the order names"
)]
fn draft(
    app: &App,
    request: &SigningRequest,
    verdict: &Verdict,
    proof: &str,
    name: &str,
    certificate: &Certificate,
    path: &Path,
    now: Timestamp,
) -> Draft {
    let is_test = app.config.environment == Environment::Test;
    // WHY: a Flemish board's acts are in Dutch, whatever language the signer reads (art. 11 of the coordinated laws
    // on the use of languages).
    let lines = appearance::lines(name, verdict, Language::Nl, now);
    let block = Block {
        lines: lines
            .into_iter()
            .map(|line| {
                if line == name {
                    Line::bold(line)
                } else {
                    Line::regular(line)
                }
            })
            .collect(),
        mark: is_test.then(|| "TEST".to_owned()),
    };
    let tooltip = verdict
        .capacity
        .as_ref()
        .map(|capacity| format!("{name}, {}", capacity.label(Language::Nl)));
    Draft {
        level: request.level,
        certificate: certificate.clone(),
        chain: path.certificates().iter().skip(1).cloned().collect(),
        placement: Placement::Automatic {
            block,
            width: BLOCK.0,
            height: BLOCK.1,
        },
        tooltip,
        name: Some(name.to_owned()),
        location: None,
        claimed: vec![ClaimedAttribute::verdict(proof.to_owned())],
        commitment: None,
        time_stamp_bytes: None,
        expires_at: now.plus(PREPARED_LIFE.saturating_add(app.config.counter.pin_timeout)),
    }
}

/// The line in the PIN window that says what is signed. The digest first: a long title is cut off.
fn subject(app: &App, request: &SigningRequest, prepared: &Prepared) -> String {
    let digest = prepared.document_sha256().to_string();
    let short: String = digest.chars().take(12).collect();
    format!("{short}… {} ({})", request.title, app.origin())
}

/// Keeps the card's value before anything outside is asked, together with the job that would go on from here.
async fn keep_value(
    app: &App,
    attempt: &Attempt,
    prepared: Prepared,
    value: Vec<u8>,
) -> Result<(), SignError> {
    let now = app.now();
    let signed = prepared.finish(value, now)?;
    let mut tries = 0_u8;
    loop {
        match keep_signed(app, attempt, signed.clone(), now).await {
            // WHY: the card signed, so whatever was written in between is read again and decides.
            Err(SignError::Store(StoreError::Stale(_))) if tries < STALE_RETRIES => {
                tries = tries.saturating_add(1);
            }
            outcome => return outcome,
        }
    }
}

async fn keep_signed(app: &App, attempt: &Attempt, signed: Signed, now: Timestamp) -> Result<(), SignError> {
    let Kept { request, version } = kept(app, attempt.request).await?;
    // WHY: the card signed minutes after the check whose proof stands in the bytes. A power that was taken back in
    // between leaves a value that nobody keeps.
    check_authority(app, &request, attempt).await?;
    let request = request.sign(attempt.slot, attempt.person, signed, now)?;
    let event = app.event(
        request.board,
        EventKind::SigningSucceeded,
        Some(attempt.person.to_string()),
        Some(request.id.to_string()),
        "ok",
        serde_json::json!({"slot": attempt.slot}),
    );
    let random = app.random.clone();
    app.db
        .write(move |unit| {
            let (request, event, random) = (request.clone(), event.clone(), random.clone());
            Box::pin(async move {
                signing::save(unit, &request, version).await?;
                events::record(unit, &event).await?;
                let id = request.id.to_string();
                queue::plan(unit, finish::JOB, &id, now.plus(RESUME_AFTER), random.as_ref()).await
            })
        })
        .await?;
    Ok(())
}
