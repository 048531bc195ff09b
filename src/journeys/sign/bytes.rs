//! What is asked before a card signs, the bytes it signs, and the value it gave, kept before anything else.

use std::time::Duration;

use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::pades::stages::{Draft, Prepared, Signed};
use crate::audit::EventKind;
use crate::base::digest::Sha256Digest;
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::config::Environment;
use crate::crypto::jws;
use crate::identity::{BoardId, PersonId};
use crate::journeys::{App, is_blocked};
use crate::mandates::Verdict;
use crate::mandates::proof::{self, Claims, Subject};
use crate::pki::certificate::Certificate;
use crate::pki::name::AttributeType;
use crate::pki::path::Path;
use crate::pki::purpose;
use crate::signing::appearance;
use crate::signing::attempt::{Attempt, AttemptState};
use crate::signing::request::{Signer, SigningRequest, StepError};
use crate::signing::shown::shown;
use crate::store::db::StoreError;
use crate::store::keys::{self, KeyPurpose};
use crate::store::signing::Kept;
use crate::store::{boards, events, persons, queue, signing};

use super::reader::PIN_LIFE;
use super::{STALE_RETRIES, SignError, aside, checked_document, finish, kept, picture, view};

/// The longest that fixed bytes wait for their values.
const LONGEST_LIFE: Duration = Duration::from_hours(2);
/// How often and how long a value that the store does not take is offered to it again.
pub(super) const STORE_RETRIES: u8 = 20;
pub(super) const STORE_PAUSE: Duration = Duration::from_millis(500);

/// WHY: a Flemish board's acts are in Dutch, whatever language the signer reads (art. 11 of the coordinated laws on the
/// use of languages).
pub(super) const ACT_LANGUAGE: Language = Language::Nl;

/// How long the fixed bytes of `documents` wait for their values: for one PIN entry, or for as many as there are
/// documents.
pub(super) fn prepared_life(app: &App, documents: usize, one_pin: bool) -> Duration {
    let typing = app.config.counter.pin_timeout;
    let entries = if one_pin {
        1
    } else {
        u32::try_from(documents).unwrap_or(u32::MAX)
    };
    PIN_LIFE
        .saturating_add(typing.saturating_mul(entries))
        .min(LONGEST_LIFE)
}

/// The verdict, when it permits.
pub(super) async fn check_authority(
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
pub(super) async fn check_person(
    app: &App,
    board: BoardId,
    person: PersonId,
    certificate: &Certificate,
) -> Result<(), SignError> {
    let number = purpose::national_number(certificate)?;
    if is_blocked(app, board, &number, certificate.fingerprint()).await? {
        return Err(SignError::NotPermitted);
    }
    let pseudonym =
        persons::pseudonym(&app.db, board, &number, &app.kek, app.random.as_ref(), app.now()).await?;
    match persons::find_by_pseudonym(&app.db, board, pseudonym).await? {
        Some(found) if found.id == person => Ok(()),
        _ => Err(SignError::WrongPerson),
    }
}

/// Asks the check of authority once more, has the board's key sign it, fixes the bytes, and stores them.
pub(super) async fn fix_bytes(
    app: &App,
    kept: Kept,
    attempt: &Attempt,
    certificate: &Certificate,
    path: &Path,
    life: Duration,
) -> Result<(SigningRequest, Prepared), SignError> {
    let now = app.now();
    let Kept { request, version } = kept;
    request.check_turn(attempt.slot, attempt.person, now)?;
    super::ceremony::refuse_beside_another(app, &request, attempt.slot, attempt.person).await?;
    let verdict = check_authority(app, &request, attempt).await?;
    let (source, current) = checked_document(app, &request).await?;
    if attempt.seen.as_ref() != Some(&shown(request.id, attempt.slot, &current, &verdict)) {
        // WHY: what is signed is what the person was shown, the bytes as well as the capacity.
        return Err(StepError::DocumentChanged.into());
    }
    let proof = prove(app, &request, &verdict, current, certificate, now).await?;
    let name = signer_name(certificate);
    let until = now.plus(life);
    let picture = picture::of(app, &request).await?;
    let draft = draft(
        app,
        &request,
        &verdict,
        &proof,
        &name,
        certificate,
        path,
        now,
        until,
    );
    let prepared = aside(move || picture::prepare(source, draft, picture, now)).await??;
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
pub(super) async fn prove(
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
pub(super) fn signer_name(certificate: &Certificate) -> String {
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
    expires_at: Timestamp,
) -> Draft {
    let lines = appearance::lines(name, verdict, ACT_LANGUAGE, now);
    let is_test = app.config.environment == Environment::Test;
    let tooltip = verdict
        .capacity
        .as_ref()
        .map(|capacity| format!("{name}, {}", capacity.label(ACT_LANGUAGE)));
    let mut claimed = vec![ClaimedAttribute::verdict(proof.to_owned())];
    // Beside the verdict, which only readers of it understand: the capacity in words, as a claim.
    let capacity = verdict.capacity.as_ref();
    claimed.extend(capacity.map(|capacity| ClaimedAttribute::role(capacity.label(ACT_LANGUAGE))));
    Draft {
        level: request.level_of_each(),
        certificate: certificate.clone(),
        chain: path.certificates().iter().skip(1).cloned().collect(),
        algorithm: None,
        placement: appearance::placement(lines, name, is_test),
        tooltip,
        name: Some(name.to_owned()),
        location: None,
        claimed,
        // An officer who signs an act approves it (EN 319 122-1 §5.2.3).
        commitment: Some(Commitment::ProofOfApproval),
        policy: None,
        certify: None,
        lock: None,
        time_stamp_bytes: None,
        expires_at,
    }
}

/// Keeps the card's value before anything outside is asked, together with the job that would go on from here.
pub(super) async fn keep_value(
    app: &App,
    attempt: &Attempt,
    prepared: &Prepared,
    value: Vec<u8>,
) -> Result<(), SignError> {
    let now = app.now();
    let signed = prepared.clone().finish(value, now)?;
    let mut tries = 0_u8;
    loop {
        match keep_signed(app, attempt, signed.clone(), now).await {
            // WHY: the card signed, so whatever was written in between is read again and decides.
            Err(SignError::Store(StoreError::Stale(_))) if tries < STALE_RETRIES => {}
            // And a database that is away for a moment costs nobody a signature.
            Err(SignError::Store(StoreError::Database { .. })) if tries < STORE_RETRIES => {
                tokio::time::sleep(STORE_PAUSE).await;
            }
            outcome => return outcome,
        }
        tries = tries.saturating_add(1);
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
    let (random, id) = (app.random.clone(), attempt.id);
    app.db
        .write(move |unit| {
            let (request, event, random) = (request.clone(), event.clone(), random.clone());
            Box::pin(async move {
                signing::save(unit, &request, version).await?;
                // In one with the value: a crash leaves no page that says it failed.
                signing::move_attempt_in(unit, id, &AttemptState::Finishing, now).await?;
                events::record(unit, &event).await?;
                let id = request.id.to_string();
                queue::plan(
                    unit,
                    finish::JOB,
                    &id,
                    now.plus(finish::RESUME_AFTER),
                    random.as_ref(),
                )
                .await
            })
        })
        .await?;
    Ok(())
}
