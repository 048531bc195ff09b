//! Signing with the card beside the person's own browser: what the page's script asks, `/sign/{id}/web-eid/…` and
//! `/list/{id}/web-eid/…`. JSON both ways; refusals are problem details.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::asked::{Asked, Subject};
use super::pages::card::CARD_PROBLEMS;
use super::problem::Failure;
use crate::base::code::PersonCode;
use crate::base::digest::HashAlgorithm;
use crate::journeys::sign::web_eid::{self, Offer, Target};
use crate::signing::attempt::AttemptId;
use crate::signing::list::ListId;
use crate::signing::request::RequestId;

/// The header in which the script sends the page's form token.
const CSRF_HEADER: &str = "x-csrf-token";

/// The signing certificate as the extension gave it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Certificate {
    /// Base64 of DER.
    pub(super) certificate: String,
    /// What the page showed of each document, by its request.
    seen: BTreeMap<String, String>,
}

impl Certificate {
    /// What was shown of each document. What is no id of a request names nothing.
    pub(super) fn seen(self) -> BTreeMap<RequestId, String> {
        let seen = self.seen.into_iter();
        seen.filter_map(|(id, shown)| Some((id.parse().ok()?, shown)))
            .collect()
    }
}

/// What the card made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Value {
    /// For which try.
    attempt: String,
    /// Base64; r‖s for EC keys.
    signature: String,
}

impl Value {
    /// The try, and the card's value.
    pub(super) fn read(&self) -> Result<(AttemptId, Vec<u8>), Failure> {
        let attempt = self.attempt.parse();
        let attempt =
            attempt.map_err(|_| Failure::new(PersonCode::RequestInvalid).for_developers("attempt"))?;
        Ok((attempt, bytes(&self.signature)?))
    }
}

/// The person is still at it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alive {
    /// The try of each request.
    tries: BTreeMap<String, String>,
}

/// Why the card does not sign.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stopped {
    code: String,
    #[serde(default)]
    tries_left: Option<u8>,
    /// The try of each request.
    tries: BTreeMap<String, String>,
}

impl Stopped {
    fn code(&self) -> PersonCode {
        // WHY: what the page says is shown to this person again, and a text is chosen by it; nothing else follows.
        let code = PersonCode::from_text(&self.code).filter(|code| is_of_card(*code));
        code.unwrap_or(PersonCode::AgentStopped)
    }

    fn tries_left(&self) -> Option<u8> {
        self.tries_left.filter(|left| *left <= 3)
    }
}

/// What is no id names nothing.
fn tries(named: &BTreeMap<String, String>) -> Vec<(RequestId, AttemptId)> {
    let ids = named
        .iter()
        .map(|(request, attempt)| Some((request.parse().ok()?, attempt.parse().ok()?)));
    ids.flatten().collect()
}

/// Reads a call of the page's script, which must come from a page of this session.
pub(super) fn read<S: Subject, T: DeserializeOwned>(asked: &Asked<S>, body: &[u8]) -> Result<T, Failure> {
    asked.check(asked.header(CSRF_HEADER))?;
    serde_json::from_slice(body)
        .map_err(|error| Failure::new(PersonCode::RequestInvalid).for_developers(error.to_string()))
}

pub(super) fn bytes(text: &str) -> Result<Vec<u8>, Failure> {
    STANDARD
        .decode(text)
        .map_err(|_| Failure::new(PersonCode::RequestInvalid).for_developers("expected base64"))
}

pub(super) fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// The name of a hash in the extension's protocol.
pub(super) const fn hash_name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha1 => "SHA-1",
        HashAlgorithm::Sha256 => "SHA-256",
        HashAlgorithm::Sha384 => "SHA-384",
        HashAlgorithm::Sha512 => "SHA-512",
    }
}

fn offered(offer: &Offer) -> HttpResponse {
    let items: Vec<_> = offer
        .documents
        .iter()
        .map(|document| {
            serde_json::json!({
                "id": document.request,
                "attempt": document.attempt,
                "title": document.title,
                "hash": base64(&document.digest),
                "hashFunction": hash_name(document.hash),
            })
        })
        .collect();
    HttpResponse::Ok().json(serde_json::json!({ "documents": items, "onePin": offer.one_pin }))
}

/// `POST /sign/{id}/web-eid/certificate` → `{"documents": [{"id", "attempt", "title", "hash", "hashFunction"}], "onePin"}`
pub async fn certificate(asked: Asked<RequestId>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let said: Certificate = read(&asked, &body)?;
    let seen = said.seen.get(&asked.id.to_string()).map(String::as_str);
    let target = Target::Request(asked.id, seen.unwrap_or_default());
    let der = bytes(&said.certificate)?;
    let app = asked.app.clone().into_inner();
    let offer = web_eid::offer(&app, target, &asked.browser, der, asked.language()).await?;
    Ok(offered(&offer))
}

/// `POST /list/{id}/web-eid/certificate`: the same for those documents of a list that stand in `seen`.
pub async fn list_certificate(asked: Asked<ListId>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let said: Certificate = read(&asked, &body)?;
    let der = bytes(&said.certificate)?;
    let seen = said.seen();
    let target = Target::List(asked.id, &seen);
    let app = asked.app.clone().into_inner();
    let offer = web_eid::offer(&app, target, &asked.browser, der, asked.language()).await?;
    Ok(offered(&offer))
}

/// `POST /sign/{id}/web-eid/signature` → `{"state": "finishing"}`: the value is kept. It may be sent again.
pub async fn signature(asked: Asked<RequestId>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let said: Value = read(&asked, &body)?;
    let (attempt, value) = said.read()?;
    let app = asked.app.clone().into_inner();
    web_eid::take(&app, asked.id, attempt, &asked.browser, &value).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({"state": "finishing"})))
}

/// `POST …/web-eid/alive` → `{"waiting"}`: the person is still at it; how many tries the card may still answer.
pub async fn alive<S: Subject>(asked: Asked<S>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let said: Alive = read(&asked, &body)?;
    let mut waiting = 0_u32;
    for (request, attempt) in tries(&said.tries) {
        let is_waiting = web_eid::alive(&asked.app, request, attempt, &asked.browser).await?;
        waiting = waiting.saturating_add(u32::from(is_waiting));
    }
    Ok(HttpResponse::Ok().json(serde_json::json!({ "waiting": waiting })))
}

/// `POST …/web-eid/failure`: why the card does not sign these now.
pub async fn failure<S: Subject>(asked: Asked<S>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let said: Stopped = read(&asked, &body)?;
    let (code, tries_left) = (said.code(), said.tries_left());
    for (request, attempt) in tries(&said.tries) {
        web_eid::give_up(&asked.app, request, attempt, &asked.browser, code, tries_left).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Whether `code` is about what happens between script, extension and card.
fn is_of_card(code: PersonCode) -> bool {
    code != PersonCode::ServerError && CARD_PROBLEMS.contains(&code)
}
