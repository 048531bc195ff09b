//! One person signs with the card beside their own browser, through a Web eID extension: the certificate comes first,
//! the digests go out, each value comes back as soon as the card made it.
//!
//! The PIN is asked over there and never seen here. What is checked is what the counter checks, in the same order.

use std::sync::Arc;

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
use crate::signing::attempt::{Attempt, AttemptState};
use crate::signing::list::{ListId, SigningList};
use crate::signing::request::{RequestId, SigningRequest, Stage, StepError};
use crate::store::signing;

use super::bytes::keep_value;
use super::ceremony::{Ceremony, Work, acceptable, beating, begin};
use super::{SignError, finish, kept, list, view};

/// What the person signs: one document, or those of a list that they ticked.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A list, and which of its documents.
    List(ListId, &'a [RequestId]),
    /// One document.
    Request(RequestId),
}

/// One digest for the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToSign {
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
) -> Result<Vec<ToSign>, SignError> {
    let chosen = Chosen::read(app, target, browser).await?;
    let certificate = Certificate::parse(certificate)?;
    let board = chosen.requests.first().ok_or(StepError::NotYourTurn)?.board;
    let path = acceptable(app, board, chosen.person, &certificate).await?;
    let short_code = challenge::short_code(app.random.as_ref());
    let (mut attempts, mut refusal) = (Vec::new(), None);
    for request in &chosen.requests {
        match begin(app, request, chosen.person, &short_code).await {
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
    let mut ceremony = Ceremony::new(app, work, attempts);
    let (fixed, left_out) = ceremony.fix_all(&certificate, &path).await;
    let mut offered = Vec::with_capacity(fixed.len());
    for document in &fixed {
        signing::move_attempt(&app.db, document.attempt.id, &AttemptState::Signing, app.now()).await?;
        offered.push(ToSign {
            request: document.request.id,
            title: document.request.title.clone(),
            hash: document.prepared.hash_algorithm(),
            digest: document.prepared.digest(),
        });
    }
    match left_out {
        Some(refusal) if offered.is_empty() => Err(refusal),
        _ => Ok(offered),
    }
}

/// The requests of a target with the person in the browser.
struct Chosen {
    person: PersonId,
    requests: Vec<SigningRequest>,
    list: Option<SigningList>,
}

impl Chosen {
    async fn read(app: &App, target: Target<'_>, browser: &Browser) -> Result<Self, SignError> {
        match target {
            Target::Request(id) => {
                let request = kept(app, id).await?.request;
                let (_, person) = view::who(app, &request, browser).await?;
                Ok(Self {
                    person,
                    requests: vec![request],
                    list: None,
                })
            }
            Target::List(id, chosen) => {
                let list = list::kept(app, id).await?;
                let person = list::who(app, &list, browser).await?;
                let mut requests = Vec::new();
                for request in list.requests.iter().filter(|request| chosen.contains(request)) {
                    requests.push(kept(app, *request).await?.request);
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

/// Takes the card's value for one document, keeps it, and has the signature finished beside the page.
///
/// `value`: as the extension gives it: r‖s for EC keys, PKCS#1 octets for RSA.
///
/// # Errors
/// `Step` when nothing is waited for, `ADES_VALUE_INVALID` when the value does not sign the bytes; the person may have
/// lost their right in between.
pub async fn take(app: &Arc<App>, id: RequestId, browser: &Browser, value: &[u8]) -> Result<(), SignError> {
    let (request, attempt) = waiting(app, id, browser).await?;
    let Some(Stage::Prepared { signer, prepared }) = request.slot(attempt.slot).map(|slot| &slot.stage)
    else {
        return Err(StepError::Stage.into());
    };
    if signer.person != attempt.person {
        return Err(StepError::Stage.into());
    }
    let certificate = prepared.certificate()?;
    let key = certificate.public_key().map_err(FinishError::from)?;
    let value = match key.kind() {
        // A value of another length is no value of this key: the check that follows says so.
        KeyKind::Ec(curve) => ecdsa::raw_to_der(value, curve).unwrap_or_default(),
        KeyKind::Rsa { .. } => value.to_vec(),
    };
    if let Err(error) = keep_value(app, &attempt, prepared, value).await {
        super::ceremony::record(app, request.board, &attempt, Err(&error)).await;
        return Err(error);
    }
    signing::move_attempt(&app.db, attempt.id, &AttemptState::Finishing, app.now()).await?;
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let work = Box::pin(finish::finish(&app, attempt.request));
        let outcome = beating(&app, &[attempt.id], work).await;
        super::ceremony::record(&app, request.board, &attempt, outcome.as_ref()).await;
    });
    Ok(())
}

/// The page says that the person is still at those documents of `target` that wait for the card.
pub async fn alive(app: &App, target: Target<'_>, browser: &Browser) -> Result<(), SignError> {
    let chosen = Chosen::read(app, target, browser).await?;
    for request in &chosen.requests {
        if let Some(attempt) = waiting_try(app, request.id, chosen.person).await? {
            signing::beat(&app.db, attempt.id, app.now()).await?;
        }
    }
    Ok(())
}

/// The page says that the card will not sign those documents of `target` that still wait for it, and why. Nothing of
/// them was signed; they may be begun anew.
pub async fn give_up(
    app: &App,
    target: Target<'_>,
    browser: &Browser,
    code: PersonCode,
    tries_left: Option<u8>,
) -> Result<(), SignError> {
    let chosen = Chosen::read(app, target, browser).await?;
    for request in &chosen.requests {
        if let Some(attempt) = waiting_try(app, request.id, chosen.person).await? {
            super::ceremony::record_told(app, request.board, &attempt, code, "WEB_EID", tries_left).await;
        }
    }
    Ok(())
}

/// The latest try of `person` at a request, while it waits for the card.
async fn waiting_try(app: &App, id: RequestId, person: PersonId) -> Result<Option<Attempt>, SignError> {
    let attempt = signing::last_attempt(&app.db, id, person).await?;
    Ok(attempt.filter(|attempt| attempt.state == AttemptState::Signing))
}

/// The request, and the try of the person in `browser` at it that waits for the card.
async fn waiting(
    app: &App,
    id: RequestId,
    browser: &Browser,
) -> Result<(SigningRequest, Attempt), SignError> {
    let request = kept(app, id).await?.request;
    let (_, person) = view::who(app, &request, browser).await?;
    let attempt = waiting_try(app, id, person).await?;
    Ok((request, attempt.ok_or(StepError::Stage)?))
}
