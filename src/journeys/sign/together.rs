//! One person signs several documents of a list with one signature, in a container: at the counter's reader, or with the
//! card beside their own browser.
//!
//! For where one PIN makes one signature alone. It is all or nothing: what the container covers is exactly what was shown.
//! Whatever became of one document since, nothing is signed, that document says why, and the rest can be confirmed
//! again.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::ades::xades::stages::Prepared;
use crate::base::digest::HashAlgorithm;
use crate::base::lang::Language;
use crate::card::CardError;
use crate::card::eid::{LastTry, PinState};
use crate::identity::PersonId;
use crate::journeys::counter::{self, Action};
use crate::journeys::login::Browser;
use crate::journeys::{App, Counter};
use crate::oidc::challenge;
use crate::pki::certificate::Certificate;
use crate::signing::attempt::{Attempt, AttemptId, AttemptState, Driver};
use crate::signing::container::{ContainerId, ContainerStage, FEWEST, LeftOut, SigningContainer, may_pack};
use crate::signing::list::{ListId, SigningList};
use crate::signing::request::{RequestId, Stage, StepError};
use crate::store::{boards, signing};

use super::bytes::prepared_life;
use super::ceremony::{
    AtCounter, LAST_WORDS, READ_TIME, acceptable, beating, begin, counter_of, list_title, record,
    refuse_beside_silent, subject,
};
use super::container::{self, Fixed, Order, Stop};
use super::list::{Item, View};
use super::reader::{Answer, Said, SignItem, SignJob, at_reader, gate, has_keys, read_card};
use super::view::Standing;
use super::web_eid::{FINISHING, encoded, theirs};
use super::{SignError, kept, list};

/// How long a page waits for the reader to say whether it has keys.
const KEYS_TIME: Duration = Duration::from_secs(3);

/// Whether a document that waits for its signer goes into a container; none for one that does not wait.
pub fn goes_in(item: &Item) -> Option<Result<(), LeftOut>> {
    match &item.standing {
        Standing::May { slot, verdict } => Some(may_pack(&item.request, *slot, verdict)),
        _ => None,
    }
}

/// Whether so many of `chosen` can be signed together that it is worth offering. A board that wants a PIN for each
/// document gets one for each.
pub fn is_possible(view: &View, chosen: &[RequestId]) -> bool {
    let items = view.items.iter().filter(|item| chosen.contains(&item.request.id));
    view.board.one_pin && items.filter(|item| matches!(goes_in(item), Some(Ok(())))).count() >= FEWEST
}

/// Whether the PIN is typed on the keys of the reader here, once for each signature. Where that cannot be known now,
/// without a card or beside another action, it is not said.
pub async fn has_keypad(app: &App, browser: &Browser) -> bool {
    let Ok(counter) = counter_of(app, browser) else {
        return false;
    };
    let Some(reader) = counter.readers.choose(None).ok().filter(|_| counter.keypad) else {
        return false;
    };
    // WHY: the page waits less long than the reader may take. A reader whose deadline passes counts as stuck.
    let asked = at_reader(&counter, &reader, READ_TIME, has_keys);
    let said = tokio::time::timeout(KEYS_TIME, asked).await;
    said.is_ok_and(|keys| keys.unwrap_or(false))
}

/// What a person set out to do.
struct Work {
    list: SigningList,
    person: PersonId,
    short_code: String,
    attempts: Vec<Attempt>,
    last_try: LastTry,
    language: Language,
}

impl Work {
    /// Records a try of the person at each of `chosen`, in the list's order.
    ///
    /// # Errors
    /// `AlreadyWaiting` beside another window; `ListChanged` when one of them does not wait for them any more. Nothing
    /// is begun then.
    async fn begin(
        app: &App,
        list: SigningList,
        person: PersonId,
        chosen: &BTreeMap<RequestId, String>,
        driver: Driver,
        (last_try, language): (LastTry, Language),
    ) -> Result<Self, SignError> {
        let board = boards::find(&app.db, list.board).await?;
        let is_allowed = board.is_some_and(|board| board.one_pin);
        let listed = chosen.keys().filter(|id| list.requests.contains(id)).count();
        if !is_allowed || listed < FEWEST {
            return Err(StepError::NotTogether.into());
        }
        refuse_beside_silent(app, chosen.keys().copied(), person).await?;
        let mut work = Self {
            person,
            short_code: challenge::short_code(app.random.as_ref()),
            attempts: Vec::with_capacity(listed),
            last_try,
            language,
            list,
        };
        for id in &work.list.requests {
            let Some(seen) = chosen.get(id) else { continue };
            let request = kept(app, *id).await?.request;
            match begin(app, &request, person, &work.short_code, driver, seen).await {
                Ok(attempt) => work.attempts.push(attempt),
                Err(error) => {
                    let error = match error {
                        SignError::Authority { .. } | SignError::Step(_) => SignError::ListChanged,
                        error => error,
                    };
                    let stop = Stop { at: None, error };
                    container::record_stop(app, &work.list, &work.attempts, &stop).await;
                    return Err(stop.error);
                }
            }
        }
        Ok(work)
    }

    fn ids(&self) -> Vec<AttemptId> {
        self.attempts.iter().map(|attempt| attempt.id).collect()
    }

    /// Checks the certificate and the person's right to every document, and fixes the bytes.
    async fn fix(&self, app: &App, certificate: &Certificate) -> Result<Fixed, Stop> {
        let path = acceptable(app, self.list.board, self.person, certificate).await?;
        let order = Order {
            list: &self.list,
            person: self.person,
            attempts: &self.attempts,
            certificate,
            path: &path,
            expires_at: app.now().plus(prepared_life(app, 1, true)),
        };
        let fixed = container::fix(app, &order).await?;
        for attempt in &self.attempts {
            signing::move_attempt(&app.db, attempt.id, &AttemptState::Signing, app.now()).await?;
        }
        Ok(fixed)
    }

    fn title(&self) -> String {
        list_title(Some(&self.list), self.attempts.len(), self.language)
    }

    /// Finishes the container whose value is kept, and says on every page what came of it.
    async fn finish(&self, app: &App, id: ContainerId) {
        let outcome = beating(app, &self.ids(), Box::pin(container::finish(app, id))).await;
        for attempt in &self.attempts {
            record(app, self.list.board, attempt, outcome.as_ref()).await;
        }
    }
}

/// Begins to sign `chosen`, each with what was shown of it, with one signature by the card in this machine's reader.
///
/// # Errors
/// Everything that can be known without the card; then nothing is begun.
pub async fn start(
    app: &Arc<App>,
    id: ListId,
    chosen: &BTreeMap<RequestId, String>,
    browser: &Browser,
    last_try: LastTry,
    language: Language,
) -> Result<(), SignError> {
    let AtCounter {
        counter,
        list,
        session,
        person,
    } = AtCounter::of(app, id, browser).await?;
    let work = Work::begin(app, list, person, chosen, Driver::Counter, (last_try, language)).await?;
    // Whoever takes one of the documents back ends it for all: it can be confirmed again without that one.
    let action = counter.running.begin(id).also(session.id);
    let action = work
        .attempts
        .iter()
        .fold(action, |action, attempt| action.also(attempt.request));
    tokio::spawn(run(Arc::clone(app), counter, work, action));
    Ok(())
}

async fn run(app: Arc<App>, counter: Counter, work: Work, action: Action) {
    let outcome = beating(&app, &work.ids(), Box::pin(sign(&app, &counter, &work, &action))).await;
    // WHY: a deadline ends it here while its thread still asks for the PIN: the window closes now.
    drop(action);
    match outcome {
        Ok(id) => work.finish(&app, id).await,
        Err(stop) => container::record_stop(&app, &work.list, &work.attempts, &stop).await,
    }
}

/// Everything up to the value.
async fn sign(app: &App, counter: &Counter, work: &Work, action: &Action) -> Result<ContainerId, Stop> {
    let reader = counter.readers.choose(None)?;
    let trust = app.trust.clone();
    let card = at_reader(counter, &reader, READ_TIME, move |connection| {
        read_card(connection, &trust)
    })
    .await?;
    match (card.pin_state, work.last_try) {
        (PinState::Blocked, _) => return Err(CardError::PinBlocked.into()),
        (PinState::Left(1), LastTry::NotConfirmed) => return Err(CardError::PinLastTry.into()),
        _ => {}
    }
    let certificate = Certificate::parse(card.certificate.clone())?;
    let fixed = work.fix(app, &certificate).await?;
    let line = subject(app, &work.title(), &fixed.documents());
    let job = SignJob {
        subject: Some(line.clone()),
        items: vec![SignItem {
            subject: line,
            digest: fixed.prepared.digest(),
            hash: fixed.prepared.hash_algorithm(),
            algorithm: fixed.prepared.algorithm(),
        }],
        short_code: work.short_code.clone(),
        language: work.language,
        last_try: work.last_try,
        serial: card.serial,
        certificate,
        clock: Arc::clone(&app.clock),
    };
    let window = counter.window(action, &reader);
    let (gate, mut keeper) = gate(work.attempts.len());
    let deadline = counter::reader_deadline(&app.config);
    let mut signing = pin!(at_reader(counter, &reader, deadline, move |connection| {
        job.run(connection, &window, gate)
    }));
    // What came of the value, or why the card did not get to make one.
    let mut kept = None;
    let ended = loop {
        tokio::select! {
            biased;
            Some(said) = keeper.hear() => {
                let Some(outcome) = heard(app, work, &fixed, action, said).await else {
                    keeper.answer(Answer::Sign);
                    continue;
                };
                kept = Some(outcome);
                keeper.close();
            },
            ended = &mut signing => break ended,
        }
    };
    keeper.close();
    while let Ok(Some(said)) = tokio::time::timeout(LAST_WORDS, keeper.hear()).await {
        if let Said::Signed(..) = said {
            kept = heard(app, work, &fixed, action, said).await;
        }
    }
    let Some(outcome) = kept else {
        ended??;
        return Err(SignError::Interrupted.into());
    };
    outcome?;
    Ok(fixed.container.id)
}

/// What comes of what the reader's thread said; `None` where the card may sign.
async fn heard(
    app: &App,
    work: &Work,
    fixed: &Fixed,
    action: &Action,
    said: Said,
) -> Option<Result<(), Stop>> {
    let (id, prepared) = (fixed.container.id, &fixed.prepared);
    match said {
        // The person logged out, or left otherwise, after the PIN.
        Said::AtGate(_) if action.is_stopped() => Some(Err(CardError::PinCancelled.into())),
        Said::AtGate(_) => container::may_still(app, &fixed.container, prepared.expires_at())
            .await
            .err()
            .map(Err),
        Said::Signed(_, value) => Some(container::keep_value(app, id, work.person, prepared, &value).await),
    }
}

/// One digest for several documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The try of each document that it is for.
    pub tries: Vec<(RequestId, AttemptId)>,
    /// What the person is shown.
    pub title: String,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The digest, as long as `hash` says.
    pub digest: Vec<u8>,
}

/// Takes the certificate with which the person will sign `chosen` together, checks it and their right to each of them,
/// fixes the bytes, and hands out the digest.
///
/// `certificate`: DER, as the extension gave it.
///
/// # Errors
/// What the first document says that may not be signed like this any more; nothing is begun then.
pub async fn offer(
    app: &Arc<App>,
    id: ListId,
    chosen: &BTreeMap<RequestId, String>,
    browser: &Browser,
    certificate: Vec<u8>,
    language: Language,
) -> Result<Offer, SignError> {
    let list = list::kept(app, id).await?;
    let (_, person) = list::who(app, &list, browser).await?;
    let certificate = Certificate::parse(certificate)?;
    let ways = (LastTry::NotConfirmed, language);
    let work = Work::begin(app, list, person, chosen, Driver::Beside, ways).await?;
    let fixed = beating(app, &work.ids(), Box::pin(work.fix(app, &certificate))).await;
    let fixed = match fixed {
        Ok(fixed) => fixed,
        Err(stop) => {
            container::record_stop(app, &work.list, &work.attempts, &stop).await;
            return Err(stop.told());
        }
    };
    Ok(Offer {
        tries: work
            .attempts
            .iter()
            .map(|attempt| (attempt.request, attempt.id))
            .collect(),
        title: work.title(),
        hash: fixed.prepared.hash_algorithm(),
        digest: fixed.prepared.digest(),
    })
}

/// Takes the card's value for the container of one try, keeps it, and has it finished beside the page. The same value
/// may come again: what is kept is kept.
///
/// `value`: as the extension gives it: r‖s for EC keys, PKCS#1 octets for RSA.
///
/// # Errors
/// `Step` when nothing is waited for, `ADES_VALUE_INVALID` when the value does not sign the bytes; the person may have
/// lost their right in between.
pub async fn take(
    app: &Arc<App>,
    id: ListId,
    attempt: AttemptId,
    browser: &Browser,
    value: &[u8],
) -> Result<(), SignError> {
    let tried = signing::attempt(&app.db, attempt)
        .await?
        .ok_or(StepError::Stage)?;
    let (request, attempt) = theirs(app, tried.request, attempt, browser).await?;
    match attempt.state {
        AttemptState::Finishing | AttemptState::Done => return Ok(()),
        AttemptState::Signing => {}
        AttemptState::Checking | AttemptState::Failed { .. } => return Err(StepError::Stage.into()),
    }
    let Some(Stage::Packed { container, .. }) = request.slot(attempt.slot).map(|slot| &slot.stage) else {
        return Err(StepError::Stage.into());
    };
    let packed = container::kept_container(app, *container).await?.container;
    let ContainerStage::Prepared { prepared } = &packed.stage else {
        return Err(StepError::Stage.into());
    };
    let is_of_it = packed
        .documents
        .iter()
        .any(|document| document.attempt == attempt.id);
    if packed.list != id || packed.person != attempt.person || !is_of_it {
        return Err(StepError::Stage.into());
    }
    let work = Work {
        list: list::kept(app, id).await?,
        person: attempt.person,
        short_code: attempt.short_code.clone(),
        attempts: tries(
            app,
            &packed.documents.iter().map(|one| one.attempt).collect::<Vec<_>>(),
        )
        .await?,
        last_try: LastTry::NotConfirmed,
        language: Language::Nl,
    };
    if let Err(stop) = keep(app, &packed, &work, prepared, value).await {
        let now = signing::attempt(&app.db, attempt.id).await?;
        if now.is_some_and(|now| matches!(now.state, AttemptState::Finishing | AttemptState::Done)) {
            // It came twice at once, and the other was faster.
            return Ok(());
        }
        container::record_stop(app, &work.list, &work.attempts, &stop).await;
        return Err(stop.told());
    }
    let (app, id) = (Arc::clone(app), packed.id);
    tokio::spawn(async move {
        // The semaphore is never closed.
        let _permit = beating(&app, &work.ids(), FINISHING.acquire()).await;
        work.finish(&app, id).await;
    });
    Ok(())
}

async fn keep(
    app: &App,
    packed: &SigningContainer,
    work: &Work,
    prepared: &Prepared,
    value: &[u8],
) -> Result<(), Stop> {
    let value = encoded(&prepared.certificate()?, value)?;
    // WHY: as at the counter, where it is asked at the gate: nobody keeps a value for what changed meanwhile.
    container::may_still_patiently(app, packed, prepared.expires_at()).await?;
    container::keep_value(app, packed.id, work.person, prepared, &value).await
}

async fn tries(app: &App, ids: &[AttemptId]) -> Result<Vec<Attempt>, SignError> {
    let mut tries = Vec::with_capacity(ids.len());
    for id in ids {
        tries.push(signing::attempt(&app.db, *id).await?.ok_or(StepError::Stage)?);
    }
    Ok(tries)
}
