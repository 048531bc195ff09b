//! One person signs with the card beside their own browser, through a Web eID extension: the certificate comes first,
//! the digests go out, each value comes back as soon as the card made it.
//!
//! The PIN is asked over there and never seen here. What is checked is what the counter checks, in the same order. Every
//! digest has a try of its own, and whoever speaks of it names that: another window speaks of other tries.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::ades::pades::finish::FinishError;
use crate::base::code::PersonCode;
use crate::base::digest::HashAlgorithm;
use crate::base::lang::Language;
use crate::card::eid::LastTry;
use crate::crypto::ecdsa;
use crate::crypto::key::KeyKind;
use crate::identity::PersonId;
use crate::journeys::App;
use crate::journeys::login::Browser;
use crate::oidc::challenge;
use crate::pki::certificate::Certificate;
use crate::pki::path::Path;
use crate::signing::attempt::{Attempt, AttemptId, AttemptState, Driver};
use crate::signing::list::{ListId, SigningList};
use crate::signing::request::{RequestId, SigningRequest, Stage, StepError};
use crate::store::signing;

use super::bytes::{keep_value, prepared_life};
use super::ceremony::{Ceremony, Work, acceptable, beating, begin, refuse_beside_silent};
use super::{SignError, finish, kept, list, view};

/// How many signatures that came from browsers are finished at the same time; the others wait, and say so.
pub(super) static FINISHING: Semaphore = Semaphore::const_new(16);

/// What the person signs, each document with what was shown of it.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// Those of a list that they ticked.
    List(ListId, &'a BTreeMap<RequestId, String>),
    /// One document.
    Request(RequestId, &'a str),
}

/// What a card is to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// One digest for each document.
    pub documents: Vec<ToSign>,
    /// Whether the board lets one PIN entry do for all of them.
    pub one_pin: bool,
}

/// One digest for the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToSign {
    /// The try that it belongs to.
    pub attempt: AttemptId,
    /// The request it belongs to.
    pub request: RequestId,
    /// What the person is shown.
    pub title: String,
    /// The hash that made the digest.
    pub hash: HashAlgorithm,
    /// The digest, as long as `hash` says.
    pub digest: Vec<u8>,
}

/// Takes the certificate with which the person will sign, checks it and their right, fixes the bytes of every document
/// that waits for them, and hands out the digests. Documents that cannot be signed any more are left out.
///
/// `certificate`: DER, as the extension gave it.
///
/// # Errors
/// As for the counter: the certificate, the person, the right; the first document's refusal when none is left.
pub async fn offer(
    app: &Arc<App>,
    target: Target<'_>,
    browser: &Browser,
    certificate: Vec<u8>,
    language: Language,
) -> Result<Offer, SignError> {
    let chosen = Chosen::read(app, target, browser).await?;
    let certificate = Certificate::parse(certificate)?;
    let (first, _) = chosen.requests.first().ok_or(StepError::NotYourTurn)?;
    let board = first.board;
    let path = acceptable(app, board, chosen.person, &certificate).await?;
    let requests = chosen.requests.iter().map(|(request, _)| request.id);
    refuse_beside_silent(app, requests, chosen.person).await?;
    let short_code = challenge::short_code(app.random.as_ref());
    let (mut attempts, mut refusal) = (Vec::new(), None);
    for (request, seen) in &chosen.requests {
        match begin(app, request, chosen.person, &short_code, Driver::Beside, seen).await {
            Ok(attempt) => attempts.push(attempt),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    if attempts.is_empty() {
        return Err(refusal.unwrap_or(StepError::NotYourTurn.into()));
    }
    let work = Work {
        board,
        person: chosen.person,
        short_code,
        list: chosen.list,
        last_try: LastTry::NotConfirmed,
        language,
    };
    let beaten: Vec<AttemptId> = attempts.iter().map(|attempt| attempt.id).collect();
    let mut ceremony = Ceremony::new(app, work, attempts);
    let offered = beating(
        app,
        &beaten,
        Box::pin(fix(app, &mut ceremony, &certificate, &path)),
    )
    .await;
    if let Err(error) = &offered {
        ceremony.fail_rest(error.into()).await;
    }
    offered
}

async fn fix(
    app: &App,
    ceremony: &mut Ceremony<'_>,
    certificate: &Certificate,
    path: &Path,
) -> Result<Offer, SignError> {
    // Which extension it is, nobody knows here: the stock one asks the PIN for each document.
    let life = prepared_life(app, ceremony.count(), false);
    let (fixed, left_out) = ceremony.fix_all(certificate, path, life).await;
    let mut documents = Vec::with_capacity(fixed.len());
    for document in &fixed {
        signing::move_attempt(&app.db, document.attempt.id, &AttemptState::Signing, app.now()).await?;
        documents.push(ToSign {
            attempt: document.attempt.id,
            request: document.request.id,
            title: document.request.title.clone(),
            hash: document.prepared.hash_algorithm(),
            digest: document.prepared.digest(),
        });
    }
    match left_out {
        Some(refusal) if documents.is_empty() => Err(refusal),
        _ => Ok(Offer {
            documents,
            one_pin: ceremony.one_pin().await?,
        }),
    }
}

/// The requests of a target with the person in the browser.
struct Chosen {
    person: PersonId,
    requests: Vec<(SigningRequest, String)>,
    list: Option<SigningList>,
}

impl Chosen {
    async fn read(app: &App, target: Target<'_>, browser: &Browser) -> Result<Self, SignError> {
        match target {
            Target::Request(id, seen) => {
                let request = kept(app, id).await?.request;
                let (_, person) = view::who(app, &request, browser).await?;
                Ok(Self {
                    person,
                    requests: vec![(request, seen.to_owned())],
                    list: None,
                })
            }
            Target::List(id, chosen) => {
                let list = list::kept(app, id).await?;
                let (_, person) = list::who(app, &list, browser).await?;
                let mut requests = Vec::new();
                for id in &list.requests {
                    if let Some(seen) = chosen.get(id) {
                        requests.push((kept(app, *id).await?.request, seen.clone()));
                    }
                }
                Ok(Self {
                    person,
                    requests,
                    list: Some(list),
                })
            }
        }
    }
}

/// Takes the card's value for the bytes of one try, keeps it, and has the signature finished beside the page. The same
/// value may come again: what is kept is kept.
///
/// `value`: as the extension gives it: r‖s for EC keys, PKCS#1 octets for RSA.
///
/// # Errors
/// `Step` when nothing is waited for, `ADES_VALUE_INVALID` when the value does not sign the bytes; the person may have
/// lost their right in between.
pub async fn take(
    app: &Arc<App>,
    id: RequestId,
    attempt: AttemptId,
    browser: &Browser,
    value: &[u8],
) -> Result<(), SignError> {
    let (request, attempt) = theirs(app, id, attempt, browser).await?;
    match attempt.state {
        AttemptState::Finishing | AttemptState::Done => return Ok(()),
        AttemptState::Signing => {}
        AttemptState::Checking | AttemptState::Failed { .. } => return Err(StepError::Stage.into()),
    }
    let Some(Stage::Prepared { signer, prepared }) = request.slot(attempt.slot).map(|slot| &slot.stage)
    else {
        return Err(StepError::Stage.into());
    };
    if signer.person != attempt.person {
        return Err(StepError::Stage.into());
    }
    let value = encoded(&prepared.certificate()?, value)?;
    if let Err(error) = keep_value(app, &attempt, prepared, value).await {
        let now = signing::attempt(&app.db, attempt.id).await?;
        if now.is_some_and(|now| matches!(now.state, AttemptState::Finishing | AttemptState::Done)) {
            // It came twice at once, and the other was faster.
            return Ok(());
        }
        super::ceremony::record(app, request.board, &attempt, Err(&error)).await;
        return Err(error);
    }
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let work = Box::pin(async {
            // The semaphore is never closed.
            let _permit = FINISHING.acquire().await;
            finish::finish(&app, attempt.request).await
        });
        let outcome = beating(&app, &[attempt.id], work).await;
        super::ceremony::record(&app, request.board, &attempt, outcome.as_ref()).await;
    });
    Ok(())
}

/// The extension's value as CMS carries it.
pub(super) fn encoded(certificate: &Certificate, value: &[u8]) -> Result<Vec<u8>, SignError> {
    let key = certificate.public_key().map_err(FinishError::from)?;
    Ok(match key.kind() {
        // A value of another length is no value of this key: the check that follows says so.
        KeyKind::Ec(curve) => ecdsa::raw_to_der(value, curve).unwrap_or_default(),
        KeyKind::Rsa { .. } => value.to_vec(),
    })
}

/// The page says that the person is still at these tries. Returns how many of them the card may still sign: those whose
/// bytes are too old by now are over.
pub async fn alive(
    app: &App,
    id: RequestId,
    attempt: AttemptId,
    browser: &Browser,
) -> Result<bool, SignError> {
    let (request, attempt) = theirs(app, id, attempt, browser).await?;
    let stage = request.slot(attempt.slot).map(|slot| &slot.stage);
    let until = stage.and_then(Stage::fixed_until);
    let is_fresh = until.is_some_and(|until| app.now() < until);
    if attempt.state != AttemptState::Signing || !is_fresh {
        return Ok(false);
    }
    signing::beat(&app.db, &[attempt.id], app.now()).await?;
    Ok(true)
}

/// The page says that the card will not make the signature of this try, and why. Nothing was signed; it may be begun
/// anew. A try that is over stays as it ended.
pub async fn give_up(
    app: &App,
    id: RequestId,
    attempt: AttemptId,
    browser: &Browser,
    code: PersonCode,
    tries_left: Option<u8>,
) -> Result<(), SignError> {
    let (request, attempt) = theirs(app, id, attempt, browser).await?;
    if attempt.state == AttemptState::Signing {
        super::ceremony::record_told(app, request.board, &attempt, code, "WEB_EID", tries_left).await;
    }
    Ok(())
}

/// The request, and a try of the person in `browser` at it that this browser drives.
pub(super) async fn theirs(
    app: &App,
    id: RequestId,
    attempt: AttemptId,
    browser: &Browser,
) -> Result<(SigningRequest, Attempt), SignError> {
    let request = kept(app, id).await?.request;
    let (_, person) = view::who(app, &request, browser).await?;
    let attempt = signing::attempt(&app.db, attempt).await?;
    match attempt {
        Some(attempt)
            if attempt.request == id && attempt.person == person && attempt.driver == Driver::Beside =>
        {
            Ok((request, attempt))
        }
        _ => Err(StepError::Stage.into()),
    }
}
