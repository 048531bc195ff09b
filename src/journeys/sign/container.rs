//! A container of several documents: its bytes fixed, the card's value kept, and what becomes of it.
//!
//! The same as for one document, with all of them in each step: either every request is written or none is.

use std::sync::Arc;
use std::time::Duration;

use crate::ades::asic::container::Kind;
use crate::ades::asic::create::{self, File};
use crate::ades::asic::extend::read_back;
use crate::ades::cms::attributes::{ClaimedAttribute, Commitment};
use crate::ades::level::Level;
use crate::ades::xades::completion::Completion;
use crate::ades::xades::prepare::Moment;
use crate::ades::xades::stages::{CertificateForm, Draft, EnvelopedBy, Prepared, Signed};
use crate::audit::{Event, EventKind};
use crate::base::bytes::ReadAt;
use crate::base::code::PersonCode;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;
use crate::fetch::resume;
use crate::identity::PersonId;
use crate::journeys::App;
use crate::journeys::login::tokens::Caller;
use crate::mandates::Verdict;
use crate::pki::certificate::Certificate;
use crate::pki::path::Path;
use crate::signing::attempt::{Attempt, AttemptId, AttemptState};
use crate::signing::container::{
    self, ContainerId, ContainerStage, PackedDocument, SigningContainer, may_pack,
};
use crate::signing::list::SigningList;
use crate::signing::publication::Publication;
use crate::signing::request::{Packed, Piece, Signer, SigningRequest, Stage, StepError};
use crate::signing::shown::shown;
use crate::store::containers::{self, KeptContainer};
use crate::store::db::{StoreError, Unit};
use crate::store::signing::Kept;
use crate::store::{events, queue, signing};

use super::bytes::{ACT_LANGUAGE, STORE_PAUSE, STORE_RETRIES, prove, signer_name};
use super::deliver::PDF;
use super::finish::{LONGEST, RESUME_AFTER, settings, tell_pages};
use super::{STALE_RETRIES, SignError, aside, checked_document, kept, publish, view};

/// The kind of job that goes on where a container was left.
pub const JOB: &str = "finish_container";

/// How long a container is kept that nobody signed: longer than any value for it is taken.
const UNSIGNED_KEPT: Duration = Duration::from_hours(24);

/// Why several documents are not signed together: what one of them says, or something about all.
pub(super) struct Stop {
    /// The try of the document that it is about.
    pub(super) at: Option<AttemptId>,
    pub(super) error: SignError,
}

impl Stop {
    /// What whoever asked for all of them is told: each document's own page says the rest.
    pub(super) fn told(self) -> SignError {
        match self.at {
            Some(_) => SignError::ListChanged,
            None => self.error,
        }
    }
}

impl<E: Into<SignError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self {
            at: None,
            error: error.into(),
        }
    }
}

/// Who signs which documents with what.
pub(super) struct Order<'a> {
    pub(super) list: &'a SigningList,
    pub(super) person: PersonId,
    pub(super) attempts: &'a [Attempt],
    pub(super) certificate: &'a Certificate,
    pub(super) path: &'a Path,
    /// Until when a value is taken.
    pub(super) expires_at: Timestamp,
}

/// One document on its way into the container.
struct Going {
    kept: Kept,
    attempt: Attempt,
    signer: Signer,
    file: File,
    sha256: Sha256Digest,
}

/// A container whose bytes are fixed.
pub(super) struct Fixed {
    pub(super) container: SigningContainer,
    pub(super) prepared: Prepared,
}

impl Fixed {
    /// SHA-256 of each document in it.
    pub(super) fn documents(&self) -> Vec<Sha256Digest> {
        let documents = self.container.documents.iter();
        documents.map(|document| document.sha256).collect()
    }
}

/// The check of authority, made now for `person` and slot `number`.
async fn permitted(
    app: &App,
    request: &SigningRequest,
    person: PersonId,
    number: u8,
) -> Result<Verdict, SignError> {
    let verdict = view::verdict(app, request, person, number).await?;
    if verdict.is_permit() {
        Ok(verdict)
    } else {
        Err(view::refused(&verdict))
    }
}

/// Asks the check of authority once more for every document, fixes the bytes of the container, and stores them with all
/// requests at once.
///
/// # Errors
/// What the first document says that may not be signed like this any more; nothing is stored then.
pub(super) async fn fix(app: &App, order: &Order<'_>) -> Result<Fixed, Stop> {
    let now = app.now();
    let name = signer_name(order.certificate);
    let mut going = Vec::with_capacity(order.attempts.len());
    for attempt in order.attempts {
        let at = Some(attempt.id);
        let one = one_document(app, order, attempt, &name, now).await;
        going.push(one.map_err(|error| Stop { at, error })?);
    }
    let names = container::names(going.iter().map(|one| one.file.name.as_str()));
    for (one, name) in going.iter_mut().zip(names) {
        one.file.name = name;
    }
    let draft = draft(order, &going);
    let files: Vec<File> = going.iter().map(|one| one.file.clone()).collect();
    let random = Arc::clone(&app.random);
    let prepared = aside(move || {
        let random = random.as_ref();
        create::prepare_xades(&files, &draft, Moment { now, random })
    })
    .await?
    .map_err(|error| SignError::Container(error.cause()))?;
    let container = SigningContainer {
        id: ContainerId::new(now, app.random.as_ref()),
        board: order.list.board,
        client: order.list.client.clone(),
        list: order.list.id,
        person: order.person,
        name: container::file_name(&order.list.title),
        documents: going.iter().map(Going::packed).collect(),
        stage: ContainerStage::Prepared {
            prepared: Box::new(prepared.clone()),
        },
        created_at: now,
    };
    store_fixed(app, &container, going, order.expires_at, now).await?;
    Ok(Fixed { container, prepared })
}

impl Going {
    fn packed(&self) -> PackedDocument {
        PackedDocument {
            request: self.kept.request.id,
            slot: self.attempt.slot,
            attempt: self.attempt.id,
            name: self.file.name.clone(),
            sha256: self.sha256,
        }
    }
}

async fn one_document(
    app: &App,
    order: &Order<'_>,
    attempt: &Attempt,
    name: &str,
    now: Timestamp,
) -> Result<Going, SignError> {
    let kept = kept(app, attempt.request).await?;
    let request = &kept.request;
    request.check_turn(attempt.slot, order.person, now)?;
    super::ceremony::refuse_beside_another(app, request, attempt.slot, order.person).await?;
    let verdict = permitted(app, request, order.person, attempt.slot).await?;
    may_pack(request, attempt.slot, &verdict).map_err(|_| StepError::NotTogether)?;
    let (source, sha256) = checked_document(app, request).await?;
    if attempt.seen.as_ref() != Some(&shown(request.id, attempt.slot, &sha256, &verdict)) {
        return Err(StepError::DocumentChanged.into());
    }
    let proof = prove(app, request, &verdict, sha256, order.certificate, now).await?;
    Ok(Going {
        attempt: attempt.clone(),
        signer: Signer {
            person: order.person,
            name: name.to_owned(),
            verdict,
            proof,
        },
        file: File {
            name: request.document.name.clone(),
            mime_type: PDF.to_owned(),
            source,
        },
        sha256,
        kept,
    })
}

/// What is signed beside the documents: the verdict about each of them, and each capacity in words once.
fn draft(order: &Order<'_>, going: &[Going]) -> Draft {
    let verdicts = going
        .iter()
        .map(|one| ClaimedAttribute::verdict(one.signer.proof.clone()));
    let mut claimed: Vec<ClaimedAttribute> = verdicts.collect();
    for one in going {
        let capacity = one.signer.verdict.capacity.as_ref();
        let role = capacity.map(|capacity| ClaimedAttribute::role(capacity.label(ACT_LANGUAGE)));
        let is_new = |role: &ClaimedAttribute| !claimed.contains(role);
        claimed.extend(role.filter(is_new));
    }
    Draft {
        level: level(going.iter().map(|one| &one.kept.request)),
        certificate: order.certificate.clone(),
        chain: order.path.certificates().iter().skip(1).cloned().collect(),
        algorithm: None,
        certificate_form: CertificateForm::V2,
        enveloped_by: EnvelopedBy::AllSignatures,
        claimed,
        // An officer who signs an act approves it (EN 319 132-1 §5.2.3).
        commitment: Some(Commitment::ProofOfApproval),
        place: None,
        policy: None,
        expires_at: order.expires_at,
    }
}

/// The highest level that one of the documents must show.
fn level<'a>(requests: impl Iterator<Item = &'a SigningRequest>) -> Level {
    requests.map(|request| request.level).max().unwrap_or(Level::Lta)
}

async fn store_fixed(
    app: &App,
    container: &SigningContainer,
    going: Vec<Going>,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), Stop> {
    let mut writes = Vec::with_capacity(going.len());
    for one in going {
        let (at, slot) = (Some(one.attempt.id), one.attempt.slot);
        let event = app.event(
            container.board,
            EventKind::SigningPrepared,
            Some(container.person.to_string()),
            Some(one.kept.request.id.to_string()),
            "ok",
            serde_json::json!({"slot": slot, "container": container.id, "rules": one.signer.verdict.rules,
                "facts": one.signer.verdict.facts}),
        );
        let fixed = (container.id, expires_at);
        let packed = one.kept.request.pack(slot, one.signer, fixed, one.sha256, now);
        let packed = packed.map_err(|error| Stop {
            at,
            error: error.into(),
        })?;
        writes.push((packed, one.kept.version, event));
    }
    let added = container.clone();
    app.db
        .write(move |unit| {
            let (added, writes) = (added.clone(), writes.clone());
            Box::pin(async move {
                containers::add(unit, &added).await?;
                save_all(unit, &writes).await
            })
        })
        .await?;
    Ok(())
}

/// A request as it becomes, the version it was read at, and the event that says so.
type Change = (SigningRequest, i64, Event);

/// Saves every request of a container with its event: all of them or, as anything else in `unit` fails, none.
///
/// # Errors
/// `Stale` when somebody else changed one meanwhile, or when the store fails.
async fn save_all(unit: &mut Unit, changes: &[Change]) -> Result<(), StoreError> {
    for (request, version, event) in changes {
        signing::save(unit, request, *version).await?;
        events::record(unit, event).await?;
    }
    Ok(())
}

/// Asks once more, after the PIN, about every document: whether its request is open, still waits for this container, and
/// the person may sign it.
pub(super) async fn may_still(app: &App, container: &SigningContainer, until: Timestamp) -> Result<(), Stop> {
    for document in &container.documents {
        let at = Some(document.attempt);
        let stop = |error: SignError| Stop { at, error };
        let request = kept(app, document.request).await.map_err(stop)?.request;
        if request.closed.is_some() {
            return Err(stop(StepError::Closed.into()));
        }
        let stage = request.slot(document.slot).map(|slot| &slot.stage);
        let is_ours = matches!(stage, Some(Stage::Packed { container: fixed, .. }) if *fixed == container.id);
        let tried = signing::attempt(&app.db, document.attempt).await?;
        if !is_ours || !tried.is_some_and(|tried| tried.state.is_running()) {
            return Err(stop(StepError::Stage.into()));
        }
        permitted(app, &request, container.person, document.slot)
            .await
            .map_err(stop)?;
    }
    if until <= app.now() {
        return Err(crate::card::CardError::PinTimeout.into());
    }
    Ok(())
}

/// The same where the value is there already: a database that is away for a moment costs nobody a signature.
pub(super) async fn may_still_patiently(
    app: &App,
    container: &SigningContainer,
    until: Timestamp,
) -> Result<(), Stop> {
    let mut tries = 0_u8;
    loop {
        match may_still(app, container, until).await {
            Err(Stop {
                error: SignError::Store(StoreError::Database { .. }),
                ..
            }) if tries < STORE_RETRIES => {
                tries = tries.saturating_add(1);
                tokio::time::sleep(STORE_PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

/// The container with this id.
pub(super) async fn kept_container(app: &App, id: ContainerId) -> Result<KeptContainer, SignError> {
    containers::find(&app.db, id).await?.ok_or(SignError::Unknown)
}

/// Keeps the card's value in every request at once, together with the job that would go on from here.
pub(super) async fn keep_value(
    app: &App,
    id: ContainerId,
    person: PersonId,
    prepared: &Prepared,
    value: &[u8],
) -> Result<(), Stop> {
    let now = app.now();
    let signed = prepared.clone().finish(value, now)?;
    let mut tries = 0_u8;
    loop {
        match keep_signed(app, id, person, signed.clone(), now).await {
            // WHY: the card signed, so whatever was written in between is read again and decides.
            Err(Stop {
                error: SignError::Store(StoreError::Stale(_)),
                ..
            }) if tries < STALE_RETRIES => {}
            // And a database that is away for a moment costs nobody a signature.
            Err(Stop {
                error: SignError::Store(StoreError::Database { .. }),
                ..
            }) if tries < STORE_RETRIES => tokio::time::sleep(STORE_PAUSE).await,
            outcome => return outcome,
        }
        tries = tries.saturating_add(1);
    }
}

async fn keep_signed(
    app: &App,
    id: ContainerId,
    person: PersonId,
    signed: Signed,
    now: Timestamp,
) -> Result<(), Stop> {
    let KeptContainer { container, version } = kept_container(app, id).await?;
    let mut writes = Vec::with_capacity(container.documents.len());
    for document in &container.documents {
        let stop = |error: SignError| Stop {
            at: Some(document.attempt),
            error,
        };
        let Kept { request, version } = kept(app, document.request).await.map_err(stop)?;
        // WHY: the card signed minutes after the check whose proof stands in the bytes. A power that was taken back in
        // between leaves a value that nobody keeps.
        permitted(app, &request, person, document.slot)
            .await
            .map_err(stop)?;
        let signed = request.sign_packed(document.slot, person, id, now);
        let event = app.event(
            container.board,
            EventKind::SigningSucceeded,
            Some(person.to_string()),
            Some(document.request.to_string()),
            "ok",
            serde_json::json!({"slot": document.slot, "container": id}),
        );
        let signed = signed.map_err(|error| stop(error.into()))?;
        writes.push((signed, version, event));
    }
    let container = container.sign(person, signed, now)?;
    let random = app.random.clone();
    app.db
        .write(move |unit| {
            let (container, writes, random) = (container.clone(), writes.clone(), random.clone());
            Box::pin(async move {
                containers::save(unit, &container, version).await?;
                save_all(unit, &writes).await?;
                for document in &container.documents {
                    // In one with the value: a crash leaves no page that says it failed.
                    signing::move_attempt_in(unit, document.attempt, &AttemptState::Finishing, now).await?;
                }
                let (id, at) = (container.id.to_string(), now.plus(RESUME_AFTER));
                queue::plan(unit, JOB, &id, at, random.as_ref()).await
            })
        })
        .await?;
    Ok(())
}

/// Finishes the container `id` whose value is kept. Nothing to do is no error: somebody else was faster.
///
/// # Errors
/// What stood in the way. Whatever was gained is stored, so that the next run goes on from there; when no later run can
/// help, the requests of all its documents end as failed.
pub async fn finish(app: &App, id: ContainerId) -> Result<(), SignError> {
    let KeptContainer { container, version } = kept_container(app, id).await?;
    let ContainerStage::Signed { signed, signed_at } = &container.stage else {
        return Ok(());
    };
    let since = app.now().since(*signed_at);
    let signed = (**signed).clone();
    let outcome = go_on(app, &container, version, signed).await;
    if let Err(error) = &outcome
        && (super::finish::is_final(error) || since >= LONGEST)
    {
        give_up(app, id, error.cause()).await?;
    }
    outcome
}

/// Tells the pages that wait for a container what came of it.
///
/// # Errors
/// When the store fails.
pub async fn tell_all(app: &App, id: ContainerId) -> Result<(), SignError> {
    for document in kept_container(app, id).await?.container.documents {
        tell_pages(app, document.request).await?;
    }
    Ok(())
}

/// The documents of a container as it holds them.
async fn files(app: &App, container: &SigningContainer) -> Result<Vec<File>, SignError> {
    let mut files = Vec::with_capacity(container.documents.len());
    for document in &container.documents {
        let request = kept(app, document.request).await?.request;
        let (source, sha256) = checked_document(app, &request).await?;
        if sha256 != document.sha256 {
            return Err(StepError::DocumentChanged.into());
        }
        files.push(File {
            name: document.name.clone(),
            mime_type: PDF.to_owned(),
            source,
        });
    }
    Ok(files)
}

async fn go_on(
    app: &App,
    container: &SigningContainer,
    version: i64,
    signed: Signed,
) -> Result<(), SignError> {
    let (files, level) = (files(app, container).await?, signed.level());
    let outside = create::outside_of_files(files.clone());
    let completion = Completion::new(create::signatures_file(), outside, signed.clone(), settings(app));
    let outcome = resume::asked_keeping(completion, app.fetcher.as_ref(), &app.clock).await;
    let completed = match outcome.ok_or(SignError::Interrupted)? {
        Ok(completed) => completed,
        Err((error, completion)) => {
            let gained = completion.into_signed();
            if gained != signed && !keep_gains(app, container, version, gained).await? {
                return Ok(());
            }
            return Err(error.into());
        }
    };
    let (settings, now) = (settings(app), app.now());
    let (whole, shown) = aside(move || -> Result<(Arc<dyn ReadAt>, Level), SignError> {
        let whole = create::xades_container(Kind::Extended, &files, &completed, now)?;
        let shown = read_back(&whole, None, level, &settings, now)?;
        Ok((whole, shown))
    })
    .await??;
    store(app, container.id, whole, shown).await
}

/// Keeps what an unfinished run gained, a time-stamp above all. `false` when another instance finished it meanwhile.
async fn keep_gains(
    app: &App,
    container: &SigningContainer,
    version: i64,
    gained: Signed,
) -> Result<bool, SignError> {
    let (id, mut container) = (container.id, container.clone());
    if let ContainerStage::Signed { signed, .. } = &mut container.stage {
        **signed = gained;
    }
    let saved = app
        .db
        .write(move |unit| {
            let container = container.clone();
            Box::pin(async move { containers::save(unit, &container, version).await })
        })
        .await;
    match saved {
        Ok(()) => Ok(true),
        // Another instance is at the same; what it gained is as good.
        Err(StoreError::Stale(_)) => {
            let now = kept_container(app, id).await?.container;
            Ok(matches!(now.stage, ContainerStage::Signed { .. }))
        }
        Err(error) => Err(error.into()),
    }
}

/// Stores the finished container: the bytes first, then its row with every request, the audit and what follows.
async fn store(app: &App, id: ContainerId, whole: Arc<dyn ReadAt>, level: Level) -> Result<(), SignError> {
    let piece = Piece {
        length_bytes: whole.len(),
        sha256: app.blobs.put_from(whole).await?,
    };
    // WHY nothing goes on an error: a write whose answer was lost may stand all the same, now or in a moment.
    store_row(app, id, piece, level).await?;
    let kept = kept_container(app, id).await?.container;
    // Another instance was faster, with its own bytes: ours belong to nothing.
    if matches!(&kept.stage, ContainerStage::Done { piece: used, .. } if *used != piece) {
        app.blobs.remove(piece.sha256).await?;
    }
    Ok(())
}

async fn store_row(app: &App, id: ContainerId, piece: Piece, level: Level) -> Result<(), SignError> {
    let mut tries = 0_u8;
    loop {
        let now_kept = kept_container(app, id).await?;
        if !matches!(now_kept.container.stage, ContainerStage::Signed { .. }) {
            return Ok(());
        }
        match store_piece(app, now_kept, piece, level).await {
            // A request that took another instance's container in between says so as well as a version does.
            Err(SignError::Store(StoreError::Stale(_)) | SignError::Step(_)) if tries < STALE_RETRIES => {
                tries = tries.saturating_add(1);
            }
            outcome => return outcome,
        }
    }
}

async fn store_piece(app: &App, kept_: KeptContainer, piece: Piece, level: Level) -> Result<(), SignError> {
    let now = app.now();
    let KeptContainer { container, version } = kept_;
    let mut writes = Vec::with_capacity(container.documents.len());
    for document in &container.documents {
        let Kept { request, version } = kept(app, document.request).await?;
        let packed = Packed {
            container: container.id,
            by: container.person,
            name: container.name.clone(),
            piece,
        };
        let mut request = request.complete_packed(document.slot, packed, level, now)?;
        if publish::is_completed(&request) && publish::seal_of(app, &request).await?.is_some() {
            request.publication = Some(Publication::Waiting);
        }
        let event = app.event(
            container.board,
            EventKind::DocumentDelivered,
            None,
            Some(document.request.to_string()),
            "ok",
            serde_json::json!({"slot": document.slot, "container": container.id, "level": level,
                "sha256": piece.sha256}),
        );
        writes.push((request, version, event));
    }
    let container = container.complete(piece, level, now)?;
    let random = app.random.clone();
    app.db
        .write(move |unit| {
            let (container, writes, random) = (container.clone(), writes.clone(), random.clone());
            Box::pin(async move {
                containers::save(unit, &container, version).await?;
                save_all(unit, &writes).await?;
                for (request, ..) in &writes {
                    signing::add_container(unit, request, &piece, now).await?;
                    if request.publication.is_some() {
                        let id = request.id.to_string();
                        queue::plan(unit, publish::JOB, &id, now, random.as_ref()).await?;
                    }
                }
                Ok(())
            })
        })
        .await?;
    Ok(())
}

/// Ends the requests of a container whose signature can never stand. Somebody has to send the documents anew; the value
/// stays in the record.
async fn give_up(app: &App, id: ContainerId, cause: &'static str) -> Result<(), SignError> {
    let mut tries = 0_u8;
    loop {
        match give_up_once(app, id, cause).await {
            Err(SignError::Store(StoreError::Stale(_))) if tries < STALE_RETRIES => {
                tries = tries.saturating_add(1);
            }
            // Another instance was faster, with whatever came of it.
            Err(SignError::Step(_)) => return Ok(()),
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    tracing::error!(container.id = %id, cause, "a container can never be finished; its requests ended");
    tell_all(app, id).await
}

async fn give_up_once(app: &App, id: ContainerId, cause: &'static str) -> Result<(), SignError> {
    let now = app.now();
    let KeptContainer { container, version } = kept_container(app, id).await?;
    let mut writes = Vec::with_capacity(container.documents.len());
    for document in &container.documents {
        let Kept { request, version } = kept(app, document.request).await?;
        let event = app.event(
            container.board,
            EventKind::SigningFailed,
            None,
            Some(document.request.to_string()),
            cause,
            serde_json::json!({"slot": document.slot, "container": id, "final": true}),
        );
        writes.push((request.fail(document.slot, cause, now)?, version, event));
    }
    let container = container.fail(cause)?;
    app.db
        .write(move |unit| {
            let (container, writes) = (container.clone(), writes.clone());
            Box::pin(async move {
                containers::save(unit, &container, version).await?;
                save_all(unit, &writes).await
            })
        })
        .await?;
    Ok(())
}

/// The container of this caller that a card has signed; another client's is not found.
///
/// # Errors
/// `Unknown`, or when the store fails.
pub async fn find(app: &App, caller: &Caller, id: ContainerId) -> Result<SigningContainer, SignError> {
    let container = kept_container(app, id).await?.container;
    let is_theirs = container.board == caller.board.id && container.client == caller.client.id.to_string();
    if is_theirs && !matches!(container.stage, ContainerStage::Prepared { .. }) {
        Ok(container)
    } else {
        Err(SignError::Unknown)
    }
}

/// Deletes containers that nobody signed and nobody can sign any more. Returns how many.
///
/// # Errors
/// When the store fails.
pub async fn tidy(app: &App) -> Result<u64, SignError> {
    Ok(containers::sweep(&app.db, app.now().minus(UNSIGNED_KEPT)).await?)
}

/// What the page of the document that stopped a container is told, and what those of the others are.
pub(super) async fn record_stop(app: &App, list: &SigningList, attempts: &[Attempt], stop: &Stop) {
    let all_alike = stop.at.is_none();
    for attempt in attempts {
        if all_alike || stop.at == Some(attempt.id) {
            super::ceremony::record(app, list.board, attempt, Err(&stop.error)).await;
        } else {
            let error = SignError::ListChanged;
            let (code, cause) = (PersonCode::ListChanged, error.cause());
            super::ceremony::record_told(app, list.board, attempt, code, cause, None).await;
        }
    }
}
