//! One person signs with the card in this machine's reader: one document, or those of a list that wait for them.
//!
//! Two visits to the reader's thread: the first reads the certificate, so that everything that could refuse it is
//! asked before the PIN; the second asks the PIN and signs the bytes that were fixed in between, document by document.
//! Each value is kept before the card signs the next.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::ades::pades::stages::Prepared;
use crate::audit::EventKind;
use crate::base::code::PersonCode;
use crate::base::digest::Sha256Digest;
use crate::base::lang::Language;
use crate::card::CardError;
use crate::card::eid::{LastTry, PinState};
use crate::fetch::resume;
use crate::identity::{BoardId, PersonId};
use crate::journeys::counter::{self, Action};
use crate::journeys::login::Browser;
use crate::journeys::{App, Counter};
use crate::oidc::challenge;
use crate::oidc::session::Session;
use crate::pki::certificate::Certificate;
use crate::pki::path::Path;
use crate::signing::attempt::{Attempt, AttemptId, AttemptState, Driver};
use crate::signing::list::{ListId, SigningList, fingerprint};
use crate::signing::request::{RequestId, SigningRequest, Stage, StepError};
use crate::store::db::StoreError;
use crate::store::{boards, events, signing};

use super::bytes::{check_authority, check_person, fix_bytes, keep_value, prepared_life};
use super::reader::{
    Answer, CardRead, Keeper, PIN_LIFE, Said, SignItem, SignJob, at_reader, gate, read_card,
};
use super::view::{self, Standing};
use super::{SignError, finish, kept, list, request};

/// How long reading the card may take.
pub(super) const READ_TIME: Duration = Duration::from_secs(30);
/// How long a value that the card may be making is waited for once the reader was given up.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(15);
/// How many signatures of a list are finished at the same time, beside the card that signs the next.
const FINISHING: usize = 4;

/// Begins to sign with the card in this machine's reader. The page follows the attempt.
///
/// `seen`: what the page before said was shown. `last_try`: whether the person was told that one PIN try is left and
/// goes on.
///
/// # Errors
/// Everything that can be known without the card: not at this computer, not logged in, not your turn, no authority,
/// a card action under way.
pub async fn start(
    app: &Arc<App>,
    id: RequestId,
    seen: &str,
    browser: &Browser,
    last_try: LastTry,
    language: Language,
) -> Result<Attempt, SignError> {
    let counter = counter_of(app, browser)?;
    let request = kept(app, id).await?.request;
    let (session, person) = view::who(app, &request, browser).await?;
    let short_code = challenge::short_code(app.random.as_ref());
    let attempt = begin(app, &request, person, &short_code, Driver::Counter, seen).await?;
    let work = Work {
        board: request.board,
        person,
        short_code,
        list: None,
        last_try,
        language,
    };
    let action = counter.running.begin(id).also(session.id);
    tokio::spawn(run(Arc::clone(app), counter, work, vec![attempt.clone()], action));
    Ok(attempt)
}

/// Begins to sign those of `chosen`, each with what was shown of it, that wait for the person in `browser`, with one PIN entry where the board allows
/// it. What meanwhile waits for somebody else, or ended, is left out.
///
/// # Errors
/// As [`start`], and the first document's refusal when none is left.
pub async fn start_list(
    app: &Arc<App>,
    id: ListId,
    chosen: &BTreeMap<RequestId, String>,
    browser: &Browser,
    last_try: LastTry,
    language: Language,
) -> Result<Vec<Attempt>, SignError> {
    let AtCounter {
        counter,
        list,
        session,
        person,
    } = AtCounter::of(app, id, browser).await?;
    refuse_beside_silent(app, chosen.keys().copied(), person).await?;
    let short_code = challenge::short_code(app.random.as_ref());
    let (mut attempts, mut refusal) = (Vec::new(), None);
    for id in &list.requests {
        let Some(seen) = chosen.get(id) else { continue };
        let request = kept(app, *id).await?.request;
        match begin(app, &request, person, &short_code, Driver::Counter, seen).await {
            Ok(attempt) => attempts.push(attempt),
            Err(SignError::Store(error)) => {
                refusal = Some(error.into());
                break;
            }
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    if attempts.is_empty() {
        return Err(refusal.unwrap_or(StepError::NotYourTurn.into()));
    }
    let work = Work {
        board: list.board,
        person,
        short_code,
        list: Some(list),
        last_try,
        language,
    };
    let action = counter.running.begin(id).also(session.id);
    tokio::spawn(run(Arc::clone(app), counter, work, attempts.clone(), action));
    Ok(attempts)
}

/// Somebody with a list of documents at this machine's reader.
pub(super) struct AtCounter {
    pub(super) counter: Counter,
    pub(super) list: SigningList,
    pub(super) session: Session,
    pub(super) person: PersonId,
}

impl AtCounter {
    /// Who stands there, with the list `id`.
    ///
    /// # Errors
    /// `CounterElsewhere`; `Unknown` for a list that is not there or not theirs to see.
    pub(super) async fn of(app: &App, id: ListId, browser: &Browser) -> Result<Self, SignError> {
        let counter = counter_of(app, browser)?;
        let list = list::kept(app, id).await?;
        let (session, person) = list::who(app, &list, browser).await?;
        Ok(Self {
            counter,
            list,
            session,
            person,
        })
    }
}

pub(super) fn counter_of(app: &App, browser: &Browser) -> Result<Counter, SignError> {
    if !browser.is_at_this_computer {
        return Err(SignError::CounterElsewhere);
    }
    app.counter.clone().ok_or(SignError::CounterElsewhere)
}

/// Records a try of `person` at what comes next of `request`, when that is theirs.
pub(super) async fn begin(
    app: &App,
    request: &SigningRequest,
    person: PersonId,
    short_code: &str,
    driver: Driver,
    seen: &str,
) -> Result<Attempt, SignError> {
    let slot = their_slot(app, request, person).await?;
    give_up_lost(app, request.id, person).await?;
    refuse_beside_another(app, request, slot, person).await?;
    let now = app.now();
    let attempt = Attempt {
        id: AttemptId::new(now, app.random.as_ref()),
        request: request.id,
        slot,
        person,
        short_code: short_code.to_owned(),
        driver,
        seen: (!seen.is_empty()).then(|| seen.to_owned()),
        state: AttemptState::Checking,
        started_at: now,
        updated_at: now,
    };
    match signing::begin_attempt(&app.db, &attempt).await {
        // Two windows at once: the store lets one of them begin.
        Err(StoreError::Conflict(_)) => Err(SignError::AlreadyWaiting),
        outcome => {
            outcome?;
            Ok(attempt)
        }
    }
}

/// The slot of `request` that is `person`'s to sign now.
async fn their_slot(app: &App, request: &SigningRequest, person: PersonId) -> Result<u8, SignError> {
    match view::standing(app, request, person).await? {
        Standing::May { slot, .. } => Ok(slot),
        Standing::MayNot { verdict } => {
            let plan = request::refreshed_plan(app, request).await?;
            Err(view::why_not(request, &plan, person, &verdict))
        }
        Standing::AlreadySigned => {
            let plan = request::refreshed_plan(app, request).await?;
            let again = request
                .turn()
                .filter(|next| view::is_candidate(&plan, *next, person));
            Err(match again {
                Some(_) if request.is_open(app.now()) => StepError::SamePerson,
                _ => StepError::NotYourTurn,
            }
            .into())
        }
        Standing::Closed => Err(StepError::Closed.into()),
        Standing::Waiting => Err(StepError::NotYourTurn.into()),
    }
}

/// Refuses while it is not known whether this person's try at one of `requests` still runs.
///
/// WHY: the tries of a list that its service was ended under make room together. Begun one by one, a part of the list would
/// be left out just because its turn came a moment too soon. What surely runs in another window is left out.
pub(super) async fn refuse_beside_silent(
    app: &App,
    requests: impl Iterator<Item = RequestId>,
    person: PersonId,
) -> Result<(), SignError> {
    for id in requests {
        let earlier = signing::last_attempt(&app.db, id, person).await?;
        let earlier = earlier.map(|earlier| view::given_up(app, earlier));
        if earlier.is_some_and(|earlier| view::is_silent(app, &earlier)) {
            return Err(SignError::AlreadyWaiting);
        }
    }
    Ok(())
}

/// Refuses while a try of this person runs; one that its service was ended under makes room.
pub(super) async fn give_up_lost(app: &App, id: RequestId, person: PersonId) -> Result<(), SignError> {
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
pub(super) async fn refuse_beside_another(
    app: &App,
    request: &SigningRequest,
    slot: u8,
    person: PersonId,
) -> Result<(), SignError> {
    let Some(stage) = request.slot(slot).map(|slot| &slot.stage) else {
        return Ok(());
    };
    let (Some(signer), Some(until)) = (stage.signer(), stage.fixed_until()) else {
        return Ok(());
    };
    if signer.person == person || until <= app.now() {
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

/// What one person set out to do.
pub(super) struct Work {
    pub(super) board: BoardId,
    pub(super) person: PersonId,
    pub(super) short_code: String,
    /// The list, when they sign from one.
    pub(super) list: Option<SigningList>,
    pub(super) last_try: LastTry,
    pub(super) language: Language,
}

/// How a try failed, as its page and the audit trail are told.
#[derive(Clone, Copy)]
pub(super) struct Told {
    code: PersonCode,
    cause: &'static str,
    tries_left: Option<u8>,
}

impl From<&SignError> for Told {
    fn from(error: &SignError) -> Self {
        Self {
            code: error.code(),
            cause: error.cause(),
            tries_left: error.tries_left(),
        }
    }
}

/// What happens beside the page.
async fn run(app: Arc<App>, counter: Counter, work: Work, attempts: Vec<Attempt>, action: Action) {
    let mut ceremony = Ceremony::new(&app, work, attempts);
    let outcome = ceremony.hold(&counter, &action).await;
    // WHY: a deadline ends the attempt here while its thread still asks for the PIN: the window closes now.
    drop(action);
    if let Err(error) = &outcome {
        ceremony.fail_rest(error.into()).await;
    }
    ceremony.finish_all().await;
}

/// The documents of one ceremony, each with its try.
pub(super) struct Ceremony<'a> {
    app: &'a Arc<App>,
    work: Work,
    /// Those whose end is not recorded yet, in the list's order.
    open: Vec<Attempt>,
    finishing: JoinSet<(Attempt, Result<(), SignError>)>,
    permits: Arc<Semaphore>,
}

/// A document whose bytes are fixed.
pub(super) struct Fixed {
    pub(super) attempt: Attempt,
    pub(super) request: SigningRequest,
    pub(super) prepared: Prepared,
}

impl<'a> Ceremony<'a> {
    pub(super) fn new(app: &'a Arc<App>, work: Work, attempts: Vec<Attempt>) -> Self {
        Self {
            app,
            work,
            open: attempts,
            finishing: JoinSet::new(),
            permits: Arc::new(Semaphore::new(FINISHING)),
        }
    }

    /// Everything up to the last value; every few seconds the tries say that they are being worked on: one without a
    /// beat is one whose service was ended under it, and its signer may begin anew.
    async fn hold(&mut self, counter: &Counter, action: &Action) -> Result<(), SignError> {
        let app = Arc::clone(self.app);
        let beaten: Vec<AttemptId> = self.open.iter().map(|attempt| attempt.id).collect();
        beating(&app, &beaten, Box::pin(self.sign(counter, action))).await
    }

    async fn sign(&mut self, counter: &Counter, action: &Action) -> Result<(), SignError> {
        let app = Arc::clone(self.app);
        let reader = counter.readers.choose(None)?;
        let trust = app.trust.clone();
        let card = at_reader(counter, &reader, READ_TIME, move |connection| {
            read_card(connection, &trust)
        })
        .await?;
        match (card.pin_state, self.work.last_try) {
            (PinState::Blocked, _) => return Err(CardError::PinBlocked.into()),
            (PinState::Left(1), LastTry::NotConfirmed) => return Err(CardError::PinLastTry.into()),
            _ => {}
        }
        let certificate = Certificate::parse(card.certificate.clone())?;
        let path = acceptable(&app, self.work.board, self.work.person, &certificate).await?;
        let one_pin = self.one_pin().await?;
        let life = prepared_life(&app, self.open.len(), one_pin);
        let (fixed, _) = self.fix_all(&certificate, &path, life).await;
        if fixed.is_empty() {
            return Ok(());
        }
        for document in &fixed {
            let id = document.attempt.id;
            signing::move_attempt(&app.db, id, &AttemptState::Signing, app.now()).await?;
        }
        let (job, deadline) = self.job(&card, &certificate, &fixed, one_pin);
        let window = counter.window(action, &reader);
        let (gate, keeper) = gate(1);
        let signing = at_reader(counter, &reader, deadline, move |connection| {
            job.run(connection, &window, gate)
        });
        self.keep_values(&fixed, action, keeper, signing).await
    }

    /// Fixes the bytes of every document that still may be signed; the others end here, each for its own cause, and the
    /// first of these is returned too.
    pub(super) async fn fix_all(
        &mut self,
        certificate: &Certificate,
        path: &Path,
        life: Duration,
    ) -> (Vec<Fixed>, Option<SignError>) {
        let (mut fixed, mut refusal) = (Vec::with_capacity(self.open.len()), None);
        for attempt in self.open.clone() {
            let outcome = match kept(self.app, attempt.request).await {
                Ok(kept) => fix_bytes(self.app, kept, &attempt, certificate, path, life).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok((request, prepared)) => fixed.push(Fixed {
                    attempt,
                    request,
                    prepared,
                }),
                Err(error) => {
                    self.fail(attempt.id, (&error).into()).await;
                    refusal = refusal.or(Some(error));
                }
            }
        }
        (fixed, refusal)
    }

    /// What the reader's thread does with `fixed`, and how long it may take.
    fn job(
        &self,
        card: &CardRead,
        certificate: &Certificate,
        fixed: &[Fixed],
        one_pin: bool,
    ) -> (SignJob, Duration) {
        let app = self.app;
        let one_pin = fixed.len() == 1 || one_pin;
        let items = fixed.iter().map(|document| SignItem {
            subject: subject(app, &document.request.title, &[document_of(document)]),
            digest: document.prepared.digest(),
            hash: document.prepared.hash_algorithm(),
            algorithm: document.prepared.algorithm(),
        });
        let title = match fixed {
            [document] => document.request.title.clone(),
            _ => list_title(self.work.list.as_ref(), fixed.len(), self.work.language),
        };
        let job = SignJob {
            subject: one_pin
                .then(|| subject(app, &title, &fixed.iter().map(document_of).collect::<Vec<_>>())),
            items: items.collect(),
            short_code: self.work.short_code.clone(),
            language: self.work.language,
            last_try: self.work.last_try,
            serial: card.serial,
            certificate: certificate.clone(),
            clock: Arc::clone(&app.clock),
        };
        let once = counter::reader_deadline(&app.config);
        let deadline = match u32::try_from(fixed.len()).unwrap_or(u32::MAX) {
            1 => once,
            _ if one_pin => once.saturating_add(PIN_LIFE),
            many => once.saturating_mul(many),
        };
        (job, deadline)
    }

    /// Whether the board lets one PIN entry do for a list.
    pub(super) async fn one_pin(&self) -> Result<bool, SignError> {
        let board = boards::find(&self.app.db, self.work.board).await?;
        Ok(board.is_some_and(|board| board.one_pin))
    }

    /// Listens to the reader's thread until it has said everything: asks once more before each signature, keeps each
    /// value.
    async fn keep_values(
        &mut self,
        fixed: &[Fixed],
        action: &Action,
        mut keeper: Keeper,
        signing: impl Future<Output = Result<Result<(), SignError>, SignError>>,
    ) -> Result<(), SignError> {
        let mut signing = pin!(signing);
        let outcome = loop {
            tokio::select! {
                biased;
                Some(said) = keeper.hear() => self.heard(fixed, action, &mut keeper, said).await,
                outcome = &mut signing => break outcome,
            }
        };
        keeper.close();
        while let Ok(Some(said)) = tokio::time::timeout(LAST_WORDS, keeper.hear()).await {
            self.heard(fixed, action, &mut keeper, said).await;
        }
        outcome?
    }

    async fn heard(&mut self, fixed: &[Fixed], action: &Action, keeper: &mut Keeper, said: Said) {
        let (Said::AtGate(number) | Said::Signed(number, _)) = &said;
        let Some(document) = fixed.get(*number) else {
            return;
        };
        let attempt = &document.attempt;
        match said {
            // The person logged out, or left otherwise, after the PIN.
            Said::AtGate(_) if action.is_stopped() => {
                self.fail_rest((&SignError::from(CardError::PinCancelled)).into())
                    .await;
                keeper.close();
            }
            Said::AtGate(_) => match may_still(self.app, attempt, &document.prepared).await {
                Ok(()) => keeper.answer(Answer::Sign),
                Err(error) => {
                    self.fail(attempt.id, (&error).into()).await;
                    keeper.answer(Answer::Skip);
                }
            },
            Said::Signed(_, value) => match keep_value(self.app, attempt, &document.prepared, value).await {
                Ok(()) => self.finish_soon(attempt.id),
                Err(error) => {
                    self.fail(attempt.id, (&error).into()).await;
                    // WHY: what the store does not take must not be signed; what a person may no longer sign says
                    // nothing about the next document.
                    if !matches!(error, SignError::Authority { .. } | SignError::Step(_)) {
                        keeper.close();
                    }
                }
            },
        }
    }

    /// The value is kept: the rest needs no card, and goes on beside it.
    fn finish_soon(&mut self, id: AttemptId) {
        let Some(attempt) = self.take(id) else { return };
        let app = Arc::clone(self.app);
        let permits = Arc::clone(&self.permits);
        self.finishing.spawn(async move {
            let work = Box::pin(async {
                // The semaphore is never closed.
                let _permit = permits.acquire().await;
                finish::finish(&app, attempt.request).await
            });
            let outcome = beating(&app, &[id], work).await;
            (attempt, outcome)
        });
    }

    /// Waits for the signatures whose values are kept.
    async fn finish_all(&mut self) {
        while let Some(joined) = self.finishing.join_next().await {
            // A task that ended otherwise left its value to the job.
            let Ok((attempt, outcome)) = joined else { continue };
            record(self.app, self.work.board, &attempt, outcome.as_ref()).await;
        }
    }

    fn take(&mut self, id: AttemptId) -> Option<Attempt> {
        let place = self.open.iter().position(|attempt| attempt.id == id)?;
        Some(self.open.remove(place))
    }

    async fn fail(&mut self, id: AttemptId, told: Told) {
        if let Some(attempt) = self.take(id) {
            self.record_failure(&attempt, told).await;
        }
    }

    /// How many documents are still in it.
    pub(super) fn count(&self) -> usize {
        self.open.len()
    }

    pub(super) async fn fail_rest(&mut self, told: Told) {
        for attempt in std::mem::take(&mut self.open) {
            self.record_failure(&attempt, told).await;
        }
    }

    async fn record_failure(&self, attempt: &Attempt, told: Told) {
        record_failure(self.app, self.work.board, attempt, told).await;
    }
}

/// Records how the finishing of `attempt` ended.
pub(super) async fn record(app: &App, board: BoardId, attempt: &Attempt, outcome: Result<&(), &SignError>) {
    match outcome {
        Ok(()) => record_end(app, attempt, &AttemptState::Done).await,
        Err(error) => record_failure(app, board, attempt, error.into()).await,
    }
}

/// Records that `attempt` ended without a signature, for what was told from outside.
pub(super) async fn record_told(
    app: &App,
    board: BoardId,
    attempt: &Attempt,
    code: PersonCode,
    cause: &'static str,
    tries_left: Option<u8>,
) {
    let told = Told {
        code,
        cause,
        tries_left,
    };
    record_failure(app, board, attempt, told).await;
}

async fn record_failure(app: &App, board: BoardId, attempt: &Attempt, told: Told) {
    tracing::info!(
        signing.id = %attempt.request, cause = told.cause, code = told.code.as_str(),
        "a signature did not come about"
    );
    let event = app.event(
        board,
        EventKind::SigningFailed,
        Some(attempt.person.to_string()),
        Some(attempt.request.to_string()),
        told.cause,
        serde_json::json!({"slot": attempt.slot, "code": told.code.as_str()}),
    );
    if let Err(error) = events::record_alone(&app.db, &event).await {
        tracing::error!(cause = error.cause(), "an audit event was lost");
    }
    let state = AttemptState::Failed {
        code: told.code,
        cause: told.cause.to_owned(),
        tries_left: told.tries_left,
    };
    record_end(app, attempt, &state).await;
}

async fn record_end(app: &App, attempt: &Attempt, state: &AttemptState) {
    if let Err(error) = signing::move_attempt(&app.db, attempt.id, state, app.now()).await {
        tracing::error!(signing.id = %attempt.request, cause = error.cause(), "the attempt's end was not recorded");
    }
}

/// Runs `work` and says every few seconds that `attempts` are being worked on.
pub(super) async fn beating<T>(app: &App, attempts: &[AttemptId], work: impl Future<Output = T>) -> T {
    alongside(work, view::BEAT, || async {
        if let Err(error) = signing::beat(&app.db, attempts, app.now()).await {
            tracing::warn!(cause = error.cause(), "an attempt that goes on could not say so");
        }
    })
    .await
}

/// Runs `work`, and `beat` every `pause` until it ends.
///
/// WHY: both are polled side by side. A beat waits for the database while `work` may hold a part of it; were `work` left
/// alone meanwhile, neither would go on.
async fn alongside<T, B: Future<Output = ()>>(
    work: impl Future<Output = T>,
    pause: Duration,
    beat: impl FnMut() -> B,
) -> T {
    tokio::select! {
        outcome = work => outcome,
        never = heart(pause, beat) => match never {},
    }
}

async fn heart<B: Future<Output = ()>>(pause: Duration, mut beat: impl FnMut() -> B) -> Infallible {
    loop {
        tokio::time::sleep(pause).await;
        beat().await;
    }
}

/// The path of a signer's certificate, when it is theirs, trusted, and not known to be bad.
pub(super) async fn acceptable(
    app: &App,
    board: BoardId,
    person: PersonId,
    certificate: &Certificate,
) -> Result<Path, SignError> {
    check_person(app, board, person, certificate).await?;
    let (fetcher, clock, random) = (app.fetcher.as_ref(), app.clock.as_ref(), app.random.as_ref());
    Ok(resume::signer(&app.trust, fetcher, clock, random, certificate).await?)
}

/// Asks once more, after the PIN, whether the request is open, still waits for these bytes of this try, and the person
/// may sign it.
async fn may_still(app: &App, attempt: &Attempt, prepared: &Prepared) -> Result<(), SignError> {
    let request = kept(app, attempt.request).await?.request;
    if request.closed.is_some() {
        return Err(StepError::Closed.into());
    }
    let stage = request.slot(attempt.slot).map(|slot| &slot.stage);
    let is_ours = matches!(stage, Some(Stage::Prepared { prepared: fixed, .. }) if **fixed == *prepared);
    let tried = signing::attempt(&app.db, attempt.id).await?;
    if !is_ours || !tried.is_some_and(|tried| tried.state.is_running()) {
        return Err(StepError::Stage.into());
    }
    if prepared.expires_at() <= app.now() {
        return Err(CardError::PinTimeout.into());
    }
    check_authority(app, &request, attempt).await.map(|_| ())
}

fn document_of(fixed: &Fixed) -> Sha256Digest {
    *fixed.prepared.document_sha256()
}

/// The line in the PIN window that says what is signed. The fingerprint first: a long title is cut off.
pub(super) fn subject(app: &App, title: &str, documents: &[Sha256Digest]) -> String {
    let short: String = fingerprint(documents).to_string().chars().take(12).collect();
    format!("{short}… {title} ({})", app.origin())
}

/// What the PIN window calls the documents of a list.
pub(super) fn list_title(list: Option<&SigningList>, count: usize, language: Language) -> String {
    let documents = match language {
        Language::De => "Dokumente",
        Language::En | Language::Fr => "documents",
        Language::Nl => "documenten",
    };
    let title = list.map(|list| list.title.as_str()).unwrap_or_default();
    format!("{count} {documents}: {title}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_beat_that_waits_for_what_the_work_holds_does_not_hold_up_the_work() {
        let database = tokio::sync::Mutex::new(0_u32);
        let (waits, waited) = tokio::sync::oneshot::channel();
        let waits = std::cell::Cell::new(Some(waits));
        let work = async {
            let mut held = database.lock().await;
            // Goes on only once a beat stands before the same door.
            waited.await.unwrap();
            *held += 1;
            drop(held);
            tokio::task::yield_now().await;
            *database.lock().await
        };
        let beat = || async {
            if let Some(waits) = waits.take() {
                waits.send(()).unwrap();
            }
            *database.lock().await += 10;
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), alongside(work, Duration::ZERO, beat));
        let count = ended.await.unwrap();
        assert_eq!(count % 10, 1);
        assert!(count > 10, "{count}");
    }
}
