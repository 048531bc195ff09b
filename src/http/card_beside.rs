//! Signing with the card beside the person's own browser: what the page's script asks, `/sign/{id}/web-eid/…` and
//! `/list/{id}/web-eid/…`. JSON both ways; refusals are problem details.

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::csrf;
use super::oidc;
use super::pages::card::CARD_PROBLEMS;
use super::problem::Failure;
use super::site::Site;
use super::visit::Visit;
use crate::base::code::PersonCode;
use crate::base::digest::HashAlgorithm;
use crate::journeys::App;
use crate::journeys::login::Browser;
use crate::journeys::sign::web_eid::{self, Target, ToSign};
use crate::signing::request::RequestId;

/// The header in which the script sends the page's form token.
const CSRF_HEADER: &str = "x-csrf-token";

/// The signing certificate as the extension gave it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    /// Base64 of DER.
    certificate: String,
    #[serde(default)]
    only: Only,
}

/// Which documents of a list.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct Only(Vec<String>);

impl Only {
    /// What is no id of a request names nothing.
    fn ids(&self) -> Vec<RequestId> {
        self.0.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

/// What the card made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    /// Base64; r‖s for EC keys.
    signature: String,
}

/// The person is still at it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alive {
    #[serde(default)]
    only: Only,
}

/// Why the card does not sign.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stopped {
    code: String,
    #[serde(default)]
    tries_left: Option<u8>,
    #[serde(default)]
    only: Only,
}

impl Stopped {
    fn code(&self) -> PersonCode {
        // WHY: what the page says is shown to this person again, and a text is chosen by it; nothing else follows.
        let code = PersonCode::from_text(&self.code).filter(|code| is_of_card(*code));
        code.unwrap_or(PersonCode::CardUnreadable)
    }

    fn tries_left(&self) -> Option<u8> {
        self.tries_left.filter(|left| *left <= 3)
    }
}

/// Reads a call of the page's script, which must come from a page of this session.
fn read<T: DeserializeOwned>(
    http: &HttpRequest,
    site: &Site,
    visit: &Visit,
    body: &[u8],
) -> Result<(Browser, T), Failure> {
    let browser = oidc::browser(http, visit);
    let token = http
        .headers()
        .get(CSRF_HEADER)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    csrf::check(http, site, oidc::csrf_secret(&browser), token)?;
    let read = serde_json::from_slice(body)
        .map_err(|error| Failure::new(PersonCode::RequestInvalid).for_developers(error.to_string()))?;
    Ok((browser, read))
}

fn bytes(text: &str) -> Result<Vec<u8>, Failure> {
    STANDARD
        .decode(text)
        .map_err(|_| Failure::new(PersonCode::RequestInvalid).for_developers("expected base64"))
}

fn id_of<T: std::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::new(PersonCode::NotFound))
}

/// The name of a hash in the extension's protocol.
const fn hash_name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha1 => "SHA-1",
        HashAlgorithm::Sha256 => "SHA-256",
        HashAlgorithm::Sha384 => "SHA-384",
        HashAlgorithm::Sha512 => "SHA-512",
    }
}

fn offered(documents: &[ToSign]) -> HttpResponse {
    let items: Vec<_> = documents
        .iter()
        .map(|document| {
            serde_json::json!({
                "id": document.request,
                "title": document.title,
                "hash": STANDARD.encode(&document.digest),
                "hashFunction": hash_name(document.hash),
            })
        })
        .collect();
    HttpResponse::Ok().json(serde_json::json!({ "documents": items }))
}

/// `POST /sign/{id}/web-eid/certificate` → `{"documents": [{"id", "title", "hash", "hashFunction"}]}`
pub async fn certificate(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (browser, said): (_, Certificate) = read(&http, &site, &visit, &body)?;
    let target = Target::Request(id_of(&id)?);
    let der = bytes(&said.certificate)?;
    let documents = web_eid::offer(&app.into_inner(), target, &browser, der, visit.language).await?;
    Ok(offered(&documents))
}

/// `POST /list/{id}/web-eid/certificate`: the same for those documents of a list that stand in `only`.
pub async fn list_certificate(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (browser, said): (_, Certificate) = read(&http, &site, &visit, &body)?;
    let only = said.only.ids();
    let target = Target::List(id_of(&id)?, &only);
    let der = bytes(&said.certificate)?;
    let documents = web_eid::offer(&app.into_inner(), target, &browser, der, visit.language).await?;
    Ok(offered(&documents))
}

/// `POST /sign/{id}/web-eid/signature` → `{"state": "finishing"}`: the value is kept.
pub async fn signature(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (browser, said): (_, Value) = read(&http, &site, &visit, &body)?;
    let value = bytes(&said.signature)?;
    web_eid::take(&app.into_inner(), id_of(&id)?, &browser, &value).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({"state": "finishing"})))
}

/// `POST /sign/{id}/web-eid/alive`: the person is still at it.
pub async fn alive(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (browser, _): (_, Alive) = read(&http, &site, &visit, &body)?;
    web_eid::alive(&app, Target::Request(id_of(&id)?), &browser).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /list/{id}/web-eid/alive`
pub async fn list_alive(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (browser, said): (_, Alive) = read(&http, &site, &visit, &body)?;
    web_eid::alive(&app, Target::List(id_of(&id)?, &said.only.ids()), &browser).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /sign/{id}/web-eid/failure`: why the card does not sign this document now.
pub async fn failure(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (browser, said): (_, Stopped) = read(&http, &site, &visit, &body)?;
    let target = Target::Request(id_of(&id)?);
    web_eid::give_up(&app, target, &browser, said.code(), said.tries_left()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /list/{id}/web-eid/failure`: the same for those documents in `only` that still wait for the card.
pub async fn list_failure(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (browser, said): (_, Stopped) = read(&http, &site, &visit, &body)?;
    let only = said.only.ids();
    let target = Target::List(id_of(&id)?, &only);
    web_eid::give_up(&app, target, &browser, said.code(), said.tries_left()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whether `code` is about what happens between script, extension and card.
fn is_of_card(code: PersonCode) -> bool {
    code != PersonCode::ServerError && CARD_PROBLEMS.contains(&code)
}
