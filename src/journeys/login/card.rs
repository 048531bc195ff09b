//! The two ways in which a card answers the challenge; both end in the same verifier and the same proof.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::audit::EventKind;
use crate::base::lang::Language;
use crate::card::CardError;
use crate::card::eid::{CardSignature, CertificateKind, Eid, KeyReference, LastTry, PinState, SignRequest};
use crate::card::pin::{PinProgram, PinRequest, Purpose as PinPurpose};
use crate::card::transport::Connection;
use crate::crypto::ecdsa;
use crate::crypto::key::KeyKind;
use crate::fetch::resume;
use crate::identity::LoginResult;
use crate::login::LoginRefusal;
use crate::login::counter::CounterChallenge;
use crate::login::eid::{Challenged, EidRules, Received, RequestChecked, RequestForm, SpentNonce};
use crate::oidc::challenge::{self, Purpose};
use crate::oidc::interaction::{CardStep, Interaction, InteractionId, Stage, Task};
use crate::oidc::secret::{Opaque, SecretHash};
use crate::pki::certificate::Certificate;
use crate::pki::trust::Trust;
use crate::store::{boards, clients, events, login, trust};
use crate::webeid::Token;

use super::proof::{self, prove};
use super::{Arrived, Browser, LoginError, is_given_up, open_interaction};
use crate::journeys::trust::learn_from_card;
use crate::journeys::{App, Counter};

/// How long everything at the reader may take beside the person's typing.
const CARD_TIME: Duration = Duration::from_secs(30);

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
        Ok(result) => {
            prove(app, id, result).await?;
            proof::arrive(app, id, browser).await
        }
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
        Stage::Card { since, .. } if is_given_up(*since, now) => {}
        Stage::Card { .. } => return Err(LoginError::AlreadyWaiting),
        Stage::Proved(_) | Stage::Choosing { .. } => return Err(LoginError::WrongStage),
    }
    let (old, cookie) = (interaction.browser, Opaque::generate(app.random.as_ref()));
    let (short_code, nonce) = (
        challenge::short_code(app.random.as_ref()),
        challenge::nonce(app.random.as_ref()),
    );
    interaction.browser = cookie.hash();
    interaction.stage = Stage::Card {
        short_code: short_code.clone(),
        step: CardStep::Card,
        since: now,
    };
    let job = Job {
        origin: app.origin().to_owned(),
        subject: subject(app, &interaction, language).await?,
        nonce: nonce.clone(),
        short_code,
        language,
        last_try,
        pin_program: counter.pin_program.clone(),
        trust: Arc::clone(&app.trust),
        stop: counter.running.begin(id),
    };
    let expires_at = challenge::expiry(now);
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
    tokio::spawn(async move { at_counter(&app, &counter, interaction, job).await });
    Ok(cookie)
}

/// What happens beside the page: card, then checks, then the visit moves on.
async fn at_counter(app: &App, counter: &Counter, interaction: Interaction, job: Job) {
    let id = interaction.id;
    let outcome = counter_result(app, counter, &interaction, job).await;
    counter.running.end(id);
    let ended = match outcome {
        Ok(result) => match prove(app, id, result).await {
            Ok(()) => Ok(()),
            Err(error) => fail(app, id, &error).await,
        },
        Err(error) => match record_refusal(app, &interaction, &error).await {
            Ok(()) => fail(app, id, &error).await,
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
) -> Result<LoginResult, LoginError> {
    let reader = counter.readers.choose(None)?;
    let deadline = app.config.counter.pin_timeout.saturating_add(CARD_TIME);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    counter
        .readers
        .submit(&reader, deadline, move |connection| job.run(connection))
        .then(move |result| {
            // Nobody waits any more only when the service is ending.
            let _ = sender.send(result);
        });
    let token = receiver.await.map_err(|_| LoginError::Inconsistent)??;
    move_on(app, interaction.id, |stage| {
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
    verified(app, received.spend(spent)?).await
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

async fn verified(app: &App, challenged: Challenged) -> Result<LoginResult, LoginError> {
    let rules = EidRules::belgian(app.origin());
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
    // There is no block list yet: whoever proves who they are is let in, as a person without any role.
    Ok(outcome?.permit(|_| true)?)
}

/// What the reader's thread does for one log-in.
struct Job {
    origin: String,
    subject: String,
    nonce: String,
    short_code: String,
    language: Language,
    last_try: LastTry,
    pin_program: PinProgram,
    trust: Arc<Trust>,
    stop: Arc<AtomicBool>,
}

impl Job {
    /// Certificate, PIN, signature over origin and challenge; the same token that a Web eID program would send.
    fn run(self, connection: &mut dyn Connection) -> Result<Token, CardError> {
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
        let pin = self
            .pin_program
            .ask_for_pin(&request, &|| self.stop.load(Ordering::Relaxed))?;
        let digest = challenge.digest();
        let request = SignRequest {
            key: KeyReference::Authentication,
            hash: challenge.hash(),
            digest: &digest,
            last_try: self.last_try,
        };
        let signature = eid.sign(&request, &pin, &mut |signature| {
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
async fn fail(app: &App, id: InteractionId, error: &LoginError) -> Result<(), LoginError> {
    tracing::info!(interaction = %id, cause = error.cause(), code = error.code().as_str(), "log-in at the counter failed");
    let failed = Stage::failed(error.code(), error.cause(), error.tries_left());
    move_on(app, id, |stage| *stage = failed.clone()).await
}

/// Changes the stage of a visit whose card is at work; one that was cancelled meanwhile stays as it is.
async fn move_on(app: &App, id: InteractionId, change: impl Fn(&mut Stage)) -> Result<(), LoginError> {
    let mut interaction = login::find(&app.db, id)
        .await?
        .ok_or(LoginError::InteractionUnknown)?;
    if interaction.finished_at.is_some() || !matches!(interaction.stage, Stage::Card { .. }) {
        return Err(LoginError::InteractionFinished);
    }
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
