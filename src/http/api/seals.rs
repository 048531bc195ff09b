//! `/api/v1/seals` and `/api/v1/digests`: the board's seal on a document, and signatures over digests whose document
//! stays with the application.

use std::sync::Arc;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::{caller, failure, file, multipart};
use crate::ades::cms::attributes::ClaimedAttribute;
use crate::ades::cms::hash_only::{self, HashDraft, HashPrepared};
use crate::ades::level::Level;
use crate::base::bytes::ReadAt;
use crate::base::code::PersonCode;
use crate::base::text::is_plain;
use crate::config::Environment;
use crate::config::seals::SealSettings;
use crate::fetch::resume;
use crate::http::problem::Failure;
use crate::journeys::App;
use crate::journeys::login::tokens::Caller;
use crate::journeys::seal::asked::{self, SealPurpose};
use crate::journeys::seal::{Outside, SealError};
use crate::journeys::sign::{SignError, deliver};
use crate::pki::certificate::Certificate;

/// How long a prepared digest waits for its value.
const PREPARED_LIFE: Duration = Duration::from_mins(10);

/// The routes, under `/api/v1`.
pub(super) fn configure(scope: &mut ServiceConfig) {
    scope
        .route("/seals", web::post().to(seal))
        .route("/seals/digests", web::post().to(seal_digest))
        .route("/digests/prepare", web::post().to(prepare))
        .route("/digests/finish", web::post().to(finish));
}

fn wrong(detail: impl Into<String>) -> Failure {
    Failure::new(PersonCode::RequestInvalid).for_developers(detail.into())
}

fn refused(error: SealError) -> Failure {
    failure(&SignError::from(error))
}

/// The seal of the caller's board.
fn seal_of<'a>(app: &'a App, caller: &Caller) -> Result<&'a SealSettings, Failure> {
    let mut seals = app.config.seals.iter();
    seals
        .find(|seal| seal.board == caller.board.slug)
        .ok_or_else(|| Failure::new(PersonCode::NotFound).for_developers("the board has no seal"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    document_name: String,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    level: Option<Level>,
}

fn purpose(word: Option<&str>) -> Result<SealPurpose, Failure> {
    word.map_or(Ok(SealPurpose::default()), str::parse)
        .map_err(|expected: &str| wrong(format!("purpose: {expected}")))
}

/// `POST /api/v1/seals`: parts `request` (JSON) and `document` (PDF); the answer is the sealed PDF.
async fn seal(app: web::Data<App>, http: HttpRequest, body: Multipart) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let settings = seal_of(&app, &caller)?;
    let (wish, document) = multipart::read(body, app.config.limits.upload_bytes)
        .await?
        .into_parts::<Wish>()?;
    let asked_for = (
        purpose(wish.purpose.as_deref())?,
        wish.level.unwrap_or(settings.level),
    );
    let is_test = app.config.environment == Environment::Test;
    let source: Arc<dyn ReadAt> = Arc::new(document.clone());
    let sealed = asked::document(settings, source, asked_for, is_test, &Outside::of(&app))
        .await
        .map_err(refused)?;
    let tails = sealed.completed.tails.into_iter().map(|tail| tail.0);
    Ok(file(deliver::Delivered {
        media_type: deliver::PDF,
        name: wish.document_name,
        source: Arc::new(
            std::iter::once(document)
                .chain(tails)
                .flatten()
                .collect::<Vec<u8>>(),
        ),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestWish {
    digest: String,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    level: Option<Level>,
}

/// `POST /api/v1/seals/digests`: the board's seal on a digest, in hex; the answer is the message in base64.
async fn seal_digest(
    app: web::Data<App>,
    http: HttpRequest,
    wish: web::Json<DigestWish>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let settings = seal_of(&app, &caller)?;
    let digest = hex::decode(&wish.digest).map_err(|_| wrong("digest: expected hex digits"))?;
    let level = wish.level.unwrap_or(Level::T);
    let asked_for = (purpose(wish.purpose.as_deref())?, level);
    let message = asked::digest(settings, digest, asked_for, &Outside::of(&app))
        .await
        .map_err(refused)?;
    Ok(HttpResponse::Ok().json(json!({"cms": STANDARD.encode(message), "level": level})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrepareWish {
    /// The signer's certificate and its issuers, base64 DER, signer first.
    certificates: Vec<String>,
    digest: String,
    #[serde(default)]
    level: Option<Level>,
    /// Roles that the signer claims, in words.
    #[serde(default)]
    roles: Vec<String>,
}

/// `POST /api/v1/digests/prepare`: fixes the signed attributes over a digest. The certificate is checked now.
async fn prepare(
    app: web::Data<App>,
    http: HttpRequest,
    wish: web::Json<PrepareWish>,
) -> Result<HttpResponse, Failure> {
    if let Err(answer) = caller(&app, &http).await {
        return Ok(answer);
    }
    if !wish.roles.iter().all(|role| is_plain(role)) {
        return Err(wrong(
            "roles: expected one line each, without control or direction characters",
        ));
    }
    let digest = hex::decode(&wish.digest).map_err(|_| wrong("digest: expected hex digits"))?;
    let mut certificates = Vec::new();
    for text in &wish.certificates {
        let der = STANDARD
            .decode(text)
            .map_err(|_| wrong("certificates: expected base64"))?;
        certificates.push(Certificate::parse(der).map_err(|error| wrong(format!("certificates: {error}")))?);
    }
    let Some((signer, issuers)) = certificates.split_first() else {
        return Err(wrong("certificates: the signer's is missing"));
    };
    let path = resume::signer_with(
        &app.trust,
        app.fetcher.as_ref(),
        app.clock.as_ref(),
        app.random.as_ref(),
        signer,
        issuers,
    )
    .await
    .map_err(|refusal| failure(&SignError::Refused(refusal)))?;
    let now = app.now();
    let draft = HashDraft {
        level: wish.level.unwrap_or(Level::T),
        certificate: signer.clone(),
        chain: path.certificates().iter().skip(1).cloned().collect(),
        algorithm: None,
        digest,
        claimed: wish.roles.iter().cloned().map(ClaimedAttribute::role).collect(),
        commitment: None,
        expires_at: now.plus(PREPARED_LIFE),
    };
    let prepared = hash_only::prepare(&draft, now).map_err(|error| wrong(error.to_string()))?;
    Ok(HttpResponse::Ok().json(json!({
        "to_sign": hex::encode(prepared.to_sign()),
        "hash": prepared.algorithm().hash().name(),
        "contents_bytes": prepared.advised_bytes(),
        "expires_at": draft.expires_at,
        "prepared": prepared,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FinishWish {
    /// What `prepare` gave, unchanged.
    prepared: HashPrepared,
    /// The value in base64: DER for EC, octets for RSA.
    signature: String,
}

/// `POST /api/v1/digests/finish`: the value, verified, as a message.
async fn finish(
    app: web::Data<App>,
    http: HttpRequest,
    wish: web::Json<FinishWish>,
) -> Result<HttpResponse, Failure> {
    if let Err(answer) = caller(&app, &http).await {
        return Ok(answer);
    }
    let wish = wish.into_inner();
    let value = STANDARD
        .decode(&wish.signature)
        .map_err(|_| wrong("signature: expected base64"))?;
    let signed = wish
        .prepared
        .finish(value, app.now())
        .map_err(|error| failure(&SignError::Finish(error)))?;
    let message = asked::message(signed, &Outside::of(&app))
        .await
        .map_err(|error| failure(&SignError::Completion(error)))?;
    Ok(HttpResponse::Ok().json(json!({"cms": STANDARD.encode(message)})))
}
