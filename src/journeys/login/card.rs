//! The two ways in which a card answers the challenge; both end in the same verifier and the same proof.

use std::sync::Arc;

use crate::audit::EventKind;
use crate::base::lang::Language;
use crate::card::CardError;
use crate::card::eid::{CardSignature, CertificateKind, Eid, KeyReference, LastTry, PinState, SignRequest};
use crate::card::pin::{PinRequest, Purpose as PinPurpose};
use crate::card::transport::Connection;
use crate::crypto::ecdsa;
use crate::crypto::key::KeyKind;
use crate::fetch::resume;
use crate::identity::LoginResult;
use crate::login::LoginRefusal;
use crate::login::counter::CounterChallenge;
use crate::login::eid::{Challenged, EidRules, Received, RequestChecked, RequestForm, SpentNonce};
use crate::oidc::challenge::{self, Purpose};
use crate::oidc::interaction::{CardJobId, CardStep, Interaction, InteractionId, Stage, Task};
use crate::oidc::secret::{Opaque, SecretHash};
use crate::pki::certificate::Certificate;
use crate::pki::revocation::Tolerance;
use crate::pki::trust::Trust;
use crate::store::{boards, clients, events, login, outage, trust};
use crate::webeid::Token;

use super::proof::{self, prove};
use super::{Arrived, Browser, LoginError, is_given_up, open_interaction};
use crate::journeys::counter::{self, Action, PinWindow};
use crate::journeys::trust::learn_from_card;
use crate::journeys::{App, Counter, is_blocked};

/// A challenge for a Web eID program beside this browser. An earlier one of the same visit is void from now on.
///
/// Returns the nonce, 44 characters of base64.
pub async fn web_eid_challenge(
    app: &App,
    id: InteractionId,
    browser: &Browser,
) -> Result<String, LoginError> {
    let interaction = open_interaction(app, id, browser).await?;
    let nonce = challenge::nonce(app.random.as_ref());
    let (text, expires_at) = (nonce.clone(), challenge::expiry(app.now()));
    app.db
        .write(move |unit| {
            let text = text.clone();
            Box::pin(async move {
                login::hand_out(unit, id, Purpose::LogIn, interaction.browser, &text, expires_at).await
            })
        })
        .await?;
    Ok(nonce)
}

/// A Web eID program's answer, posted by the page: verified, and at once the browser's new session.
///
/// `form`: what was seen of the request. `text`: the body. A refused answer burns its challenge and is an event.
pub async fn web_eid_token(
    app: &App,
    id: InteractionId,
    browser: &Browser,
    form: &RequestForm<'_>,
    text: &str,
) -> Result<Arrived, LoginError> {
    let interaction = open_interaction(app, id, browser).await?;
    let rules = EidRules::belgian(app.origin());
    let received = RequestChecked::new(form, &rules).and_then(|checked| checked.read(text));
    let proved = match received {
        Ok(received) => answered(app, &interaction, Purpose::LogIn, received).await,
        Err(refusal) => Err(refusal.into()),
    };
    match proved {
        Ok(result) => proof::prove_and_arrive(app, id, browser, result).await,
        Err(error) => {
            record_refusal(app, &interaction, &error).await?;
            Err(error)
        }
    }
}

/// Begins a log-in at this machine's reader: the PIN window opens, and the page shows the same short code.
///
/// `last_try`: whether the person was told that one PIN try is left and goes on. Returns a new value for the cookie
/// before log-in: whoever planted the old one in this browser is left outside.
pub async fn start_counter(
    app: &Arc<App>,
    id: InteractionId,
    browser: &Browser,
    last_try: LastTry,
    language: Language,
) -> Result<Opaque, LoginError> {
    if !browser.is_at_this_computer {
        return Err(LoginError::CounterElsewhere);
    }
    let counter = app.counter.clone().ok_or(LoginError::CounterOff)?;
    let mut interaction = open_interaction(app, id, browser).await?;
    let now = app.now();
    match &interaction.stage {
        Stage::Open | Stage::Failed { .. } => {}
        // Should its window still stand, the person is not left with two of them.
        Stage::Card { since, .. } if is_given_up(app, *since) => counter.running.stop(id),
        Stage::Card { .. } => return Err(LoginError::AlreadyWaiting),
        Stage::Proved(_) | Stage::Choosing { .. } => return Err(LoginError::WrongStage),
    }
    let action = counter.running.begin(id);
    let (old, cookie) = (interaction.browser, Opaque::generate(app.random.as_ref()));
    let (short_code, nonce) = (
        challenge::short_code(app.random.as_ref()),
        challenge::nonce(app.random.as_ref()),
    );
    interaction.browser = cookie.hash();
    let job_id = CardJobId::new(now, app.random.as_ref());
    interaction.stage = Stage::Card {
        job: job_id,
        short_code: short_code.clone(),
        step: CardStep::Card,
        since: now,
    };
    let job = Job {
        id: job_id,
        origin: app.origin().to_owned(),
        subject: subject(app, &interaction, language).await?,
        nonce: nonce.clone(),
        short_code,
        language,
        last_try,
        trust: Arc::clone(&app.trust),
    };
    let expires_at = now.plus(counter::action_limit(&app.config));
    let begun = interaction.clone();
    app.db
        .write(move |unit| {
            let (begun, nonce) = (begun.clone(), nonce.clone());
            Box::pin(async move {
                login::advance(unit, &begun).await?;
                login::rebind(unit, old, begun.browser).await?;
                login::hand_out(
                    unit,
                    id,
                    Purpose::LogInAtCounter,
                    begun.browser,
                    &nonce,
                    expires_at,
                )
                .await
            })
        })
        .await?;
    let app = Arc::clone(app);
    tokio::spawn(async move { at_counter(&app, &counter, interaction, job, action).await });
    Ok(cookie)
}

/// What happens beside the page: card, then checks, then the visit moves on.
async fn at_counter(app: &App, counter: &Counter, interaction: Interaction, job: Job, action: Action) {
    let (id, job_id) = (interaction.id, job.id);
    let outcome = counter_result(app, counter, &interaction, job, &action).await;
    // WHY: a deadline ends the try here while its thread still asks for the PIN: the window closes now.
    drop(action);
    let ended = match outcome {
        Ok(result) => match prove_at_counter(app, id, job_id, result).await {
            Ok(()) => Ok(()),
            Err(error) => fail(app, id, job_id, &error).await,
        },
        Err(error) => match record_refusal(app, &interaction, &error).await {
            Ok(()) => fail(app, id, job_id, &error).await,
            Err(error) => Err(error),
        },
    };
    if let Err(error) = ended {
        // The page sees the visit standing still and gives up by itself.
        tracing::error!(interaction = %id, cause = error.cause(), error = ?error, "log-in at the counter was lost");
    }
}

async fn counter_result(
    app: &App,
    counter: &Counter,
    interaction: &Interaction,
    job: Job,
    action: &Action,
) -> Result<LoginResult, LoginError> {
    let reader = counter.readers.choose(None)?;
    counter.seats.begin(interaction.id, &reader, app.now());
    let window = counter.window(action, &reader);
    let deadline = counter::reader_deadline(&app.config);
    let job_id = job.id;
    let (sender, receiver) = tokio::sync::oneshot::channel();
    counter
        .readers
        .submit(&reader, deadline, move |connection| job.run(connection, &window))
        .then(move |result| {
            // Nobody waits any more only when the service is ending.
            let _ = sender.send(result);
        });
    let token = receiver.await.map_err(|_| LoginError::Inconsistent)??;
    move_on(app, interaction.id, job_id, |stage| {
        if let Stage::Card { step, .. } = stage {
            *step = CardStep::Checking;
        }
    })
    .await?;
    let received = RequestChecked::counter().read(&token.to_json())?;
    answered(app, interaction, Purpose::LogInAtCounter, received).await
}

/// Steps 4 to 14: the challenge is spent, then everything is verified.
async fn answered(
    app: &App,
    interaction: &Interaction,
    purpose: Purpose,
    received: Received,
) -> Result<LoginResult, LoginError> {
    let spent = spend(app, interaction.id, purpose, interaction.browser).await?;
    verified(app, interaction, received.spend(spent)?).await
}

/// What counts when nobody outside tells whether the card is revoked: what the operator's switch says, or what was
/// agreed with the application that asks.
async fn tolerance(app: &App, interaction: &Interaction) -> Result<Tolerance, LoginError> {
    if outage::is_on(&app.db, app.now()).await? {
        return Ok(Tolerance::Outage);
    }
    let Task::Authorize { request } = &interaction.task else {
        return Ok(Tolerance::HardFail);
    };
    let client = clients::find(&app.db, request.client).await?;
    Ok(client.map_or(Tolerance::HardFail, |client| client.registration.tolerance))
}

async fn spend(
    app: &App,
    id: InteractionId,
    purpose: Purpose,
    browser: SecretHash,
) -> Result<SpentNonce, LoginError> {
    let now = app.now();
    Ok(match login::spend(&app.db, id, purpose, browser, now).await? {
        None => SpentNonce::Missing,
        Some(spent) if now >= spent.expires_at => SpentNonce::Expired,
        Some(spent) => SpentNonce::Spent(spent.nonce),
    })
}

async fn verified(
    app: &App,
    interaction: &Interaction,
    challenged: Challenged,
) -> Result<LoginResult, LoginError> {
    let rules = EidRules::belgian(app.origin()).tolerating(tolerance(app, interaction).await?);
    let verification = challenged.verify(&rules, &app.trust, app.now())?;
    let (outcome, _) = resume::log_in(
        verification,
        &app.trust,
        app.fetcher.as_ref(),
        &app.random,
        &app.clock,
    )
    .await;
    if let Err(error) = trust::keep(&app.db, &app.trust, app.now()).await {
        // What was learnt is in memory; nobody is kept out because it could not be stored.
        tracing::warn!(cause = error.cause(), error = ?error, "what was learnt of the PKI could not be stored");
    }
    let verified = outcome?;
    let (number, certificate) = verified.asked_about();
    let is_blocked = is_blocked(app, interaction.board, number, certificate).await?;
    // Beyond the board's block list, whoever proves who they are is let in, as a person without any role.
    Ok(verified.permit(|_| !is_blocked)?)
}

/// What the reader's thread does for one log-in.
struct Job {
    id: CardJobId,
    origin: String,
    subject: String,
    nonce: String,
    short_code: String,
    language: Language,
    last_try: LastTry,
    trust: Arc<Trust>,
}

impl Job {
    /// Certificate, PIN, signature over origin and challenge; the same token that a Web eID program would send.
    fn run(self, connection: &mut dyn Connection, window: &PinWindow) -> Result<Token, CardError> {
        let mut eid = Eid::new(connection);
        let der = eid.certificate(CertificateKind::Authentication)?;
        let malformed = CardError::Malformed {
            what: "authentication certificate",
            at: 0,
        };
        let challenge =
            CounterChallenge::new(&der, &self.origin, &self.nonce).map_err(|_| malformed.clone())?;
        let certificate = Certificate::parse(der).map_err(|_| malformed)?;
        learn_from_card(&mut eid, &self.trust, &certificate)?;
        let state = eid.pin_state()?;
        match (state, self.last_try) {
            (PinState::Blocked, _) => return Err(CardError::PinBlocked),
            (PinState::Left(1), LastTry::NotConfirmed) => return Err(CardError::PinLastTry),
            _ => {}
        }
        let request = PinRequest {
            purpose: PinPurpose::Login,
            subject: &self.subject,
            short_code: &self.short_code,
            language: self.language,
            tries_left: state.tries_left(),
            earlier: None,
        };
        let pin = window.pin(&mut eid, &request, 1)?;
        let digest = challenge.digest();
        let request = SignRequest {
            key: KeyReference::Authentication,
            hash: challenge.hash(),
            digest: &digest,
            last_try: self.last_try,
        };
        let signature = eid.sign(&request, pin.source(), &mut |signature| {
            fits(&certificate, &challenge, &digest, signature)
        })?;
        Ok(challenge.token(&signature.value))
    }
}

/// Whether the card's value verifies: a faulty card or reader is told apart from a refused log-in.
fn fits(
    certificate: &Certificate,
    challenge: &CounterChallenge,
    digest: &[u8],
    signature: &CardSignature,
) -> bool {
    let Ok(key) = certificate.public_key() else {
        return false;
    };
    let value = match key.kind() {
        KeyKind::Ec(curve) => ecdsa::raw_to_der(&signature.value, curve).ok(),
        KeyKind::Rsa { .. } => Some(signature.value.clone()),
    };
    value.is_some_and(|value| key.verify_digest(challenge.algorithm(), digest, &value).is_ok())
}

/// The line in the PIN window that says who asks, and for which site.
async fn subject(app: &App, interaction: &Interaction, language: Language) -> Result<String, LoginError> {
    let name = match &interaction.task {
        Task::Authorize { request } => {
            let client = clients::find(&app.db, request.client)
                .await?
                .ok_or(LoginError::Inconsistent)?;
            client.registration.names.in_language(language).to_owned()
        }
        Task::OwnPage { .. } => {
            let board = boards::find(&app.db, interaction.board)
                .await?
                .ok_or(LoginError::Inconsistent)?;
            board.names.in_language(language).to_owned()
        }
    };
    Ok(format!("{name} ({})", app.origin()))
}

/// The visit shows the failure and takes another try.
async fn fail(app: &App, id: InteractionId, job: CardJobId, error: &LoginError) -> Result<(), LoginError> {
    tracing::info!(interaction = %id, cause = error.cause(), code = error.code().as_str(), "log-in at the counter failed");
    let failed = Stage::failed(error.code(), error.cause(), error.tries_left());
    move_on(app, id, job, |stage| *stage = failed.clone()).await
}

/// The visit in which this try is at work. Not when it was cancelled meanwhile, and not when another try began.
async fn visit_of(app: &App, id: InteractionId, job: CardJobId) -> Result<Interaction, LoginError> {
    let interaction = login::find(&app.db, id)
        .await?
        .ok_or(LoginError::InteractionUnknown)?;
    let is_at_work = matches!(&interaction.stage, Stage::Card { job: now, .. } if *now == job);
    if interaction.finished_at.is_some() || !is_at_work {
        return Err(LoginError::InteractionFinished);
    }
    Ok(interaction)
}

/// The proof that this try brought.
async fn prove_at_counter(
    app: &App,
    id: InteractionId,
    job: CardJobId,
    result: LoginResult,
) -> Result<(), LoginError> {
    prove(app, visit_of(app, id, job).await?, result).await
}

/// Changes the stage of the visit in which this try is at work.
async fn move_on(
    app: &App,
    id: InteractionId,
    job: CardJobId,
    change: impl Fn(&mut Stage),
) -> Result<(), LoginError> {
    let mut interaction = visit_of(app, id, job).await?;
    change(&mut interaction.stage);
    app.db
        .write(move |unit| {
            let interaction = interaction.clone();
            Box::pin(async move { login::advance(unit, &interaction).await })
        })
        .await?;
    Ok(())
}

/// A refused log-in is an event, without anything about the person.
async fn record_refusal(app: &App, interaction: &Interaction, error: &LoginError) -> Result<(), LoginError> {
    let detail = serde_json::json!({ "code": error.code().as_str(), "detail": error.detail() });
    let object = Some(interaction.id.to_string());
    let event = app.event(
        interaction.board,
        EventKind::LoginFailed,
        None,
        object,
        error.cause(),
        detail,
    );
    Ok(events::record_alone(&app.db, &event).await?)
}

impl From<LoginRefusal> for LoginError {
    fn from(refusal: LoginRefusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<CardError> for LoginError {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}
