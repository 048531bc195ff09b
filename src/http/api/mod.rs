//! The JSON interface `/api/v1` for applications: signing requests.
//!
//! Translates and calls `journeys::sign`; errors are problem details (RFC 9457) with a stable code.

mod lists;
mod multipart;
mod resource;
mod seals;

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::download;
use super::problem::Failure;
use crate::base::cause_words;
use crate::base::code::PersonCode;
use crate::base::lang::Language;
use crate::journeys::App;
use crate::journeys::login::tokens::{self, AccessFailure, Caller};
use crate::journeys::sign::{SignError, container, deliver, request};
use crate::oidc::bearer::BearerError;
use crate::signing::request::RequestId;

/// The routes of the interface.
pub fn configure(config: &mut ServiceConfig) {
    config.service(
        web::scope("/api/v1")
            .route("/signing_requests", web::post().to(create))
            .route("/signing_requests", web::get().to(list))
            .route("/signing_requests/{id}", web::get().to(show))
            .route("/signing_requests/{id}/withdraw", web::post().to(withdraw))
            .route("/signing_requests/{id}/document", web::get().to(document))
            .route(
                "/signing_requests/{id}/publication_copy",
                web::get().to(publication),
            )
            .route("/signing_requests/{id}/proof", web::get().to(proof))
            .route("/signing_lists", web::post().to(lists::create))
            .route("/signing_lists/{id}", web::get().to(lists::show))
            .route("/signing_containers/{id}", web::get().to(show_container))
            .configure(seals::configure),
    );
}

/// Who calls, by the bearer token; the answer to a bad token is that of RFC 6750 §3.
async fn caller(app: &App, http: &HttpRequest) -> Result<Caller, HttpResponse> {
    let header = http
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    tokens::caller(app, header)
        .await
        .map_err(|failure| match failure {
            AccessFailure::Refused(error) => challenge(error),
            AccessFailure::Failed(error) => {
                tracing::error!(cause = error.cause(), "a caller could not be looked up");
                HttpResponse::InternalServerError().json(serde_json::json!({"code": "server_error"}))
            }
        })
}

fn challenge(error: BearerError) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(error.status())
        .unwrap_or(actix_web::http::StatusCode::UNAUTHORIZED);
    HttpResponse::build(status)
        .insert_header((header::WWW_AUTHENTICATE, error.challenge()))
        .content_type("application/problem+json")
        .json(serde_json::json!({"status": status.as_u16(), "code": "not_authorised", "title": "not authorised"}))
}

/// The failure of a journey, with what a developer needs to mend a request of their own.
fn failure(error: &SignError) -> Failure {
    tracing::info!(
        cause = error.cause(),
        code = error.code().as_str(),
        "a signing request was refused"
    );
    let failure = Failure::new(error.code());
    match error {
        SignError::Invalid { field, problem } => failure.for_developers(format!("{field}: {problem}")),
        SignError::Plan(error) => failure.for_developers(error.to_string()),
        SignError::Prepare(error) => failure.for_developers(error.to_string()),
        // The cause alone: what a device or provider reported may name what is secret.
        SignError::Seal(cause) => {
            let words = cause_words::words(cause, Language::En).unwrap_or_default();
            failure.for_developers(format!("{cause}: {words}"))
        }
        SignError::IdempotencyBusy | SignError::IdempotencyOther | SignError::NotReady => {
            failure.for_developers(error.to_string())
        }
        _ => failure,
    }
}

/// `POST /api/v1/signing_requests`: parts `request` (JSON) and `document` (PDF), header `Idempotency-Key`.
async fn create(app: web::Data<App>, http: HttpRequest, body: Multipart) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let key = idempotency_key(&http);
    let parts = multipart::read(body, app.config.limits.upload_bytes).await?;
    let new = parts.into_request()?;
    let made = request::create(&app, &caller, key, new)
        .await
        .map_err(|error| failure(&error))?;
    let resource = resource::of(&app, &made);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/api/v1/signing_requests/{}", made.id)))
        .json(resource))
}

fn idempotency_key(http: &HttpRequest) -> &str {
    http.headers()
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Where a list goes on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    before: Option<String>,
}

async fn list(
    app: web::Data<App>,
    http: HttpRequest,
    page: web::Query<Page>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let before = match &page.before {
        Some(text) => Some(
            text.parse()
                .map_err(|_| Failure::new(PersonCode::RequestInvalid))?,
        ),
        None => None,
    };
    let requests = request::list(&app, &caller, before)
        .await
        .map_err(|error| failure(&error))?;
    let next = (requests.len() == 50)
        .then(|| requests.last().map(|last| last.id.to_string()))
        .flatten();
    let items: Vec<_> = requests
        .iter()
        .map(|request| resource::of(&app, request))
        .collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({"items": items, "next": next})))
}

/// The id in the path; one of another form names nothing.
fn id_of(text: &str) -> Result<RequestId, Failure> {
    text.parse().map_err(|_| Failure::new(PersonCode::NotFound))
}

async fn show(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let found = request::find(&app, &caller, id_of(&id)?)
        .await
        .map_err(|error| failure(&error))?;
    Ok(HttpResponse::Ok().json(resource::of(&app, &found)))
}

async fn withdraw(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let closed = request::withdraw(&app, &caller, id_of(&id)?)
        .await
        .map_err(|error| failure(&error))?;
    Ok(HttpResponse::Ok().json(resource::of(&app, &closed)))
}

async fn document(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    match deliver::signed_original(&app, &caller, id_of(&id)?).await {
        Ok(delivered) => Ok(file(delivered)),
        Err(error) => Err(failure(&error)),
    }
}

async fn publication(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let delivered = deliver::publication(&app, &caller, id_of(&id)?)
        .await
        .map_err(|error| failure(&error))?;
    Ok(file(delivered))
}

/// `GET /api/v1/signing_containers/{id}`: which documents stand in it.
async fn show_container(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let id = id.parse().map_err(|_| Failure::new(PersonCode::NotFound))?;
    let found = container::find(&app, &caller, id)
        .await
        .map_err(|error| failure(&error))?;
    Ok(HttpResponse::Ok().json(resource::of_container(&app, &found)))
}

/// A file to save under its name.
fn file(delivered: deliver::Delivered) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(delivered.media_type)
        .insert_header((header::CONTENT_DISPOSITION, attachment(&delivered.name)))
        .body(download::body(delivered.source))
}

async fn proof(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    match deliver::proof(&app, &caller, id_of(&id)?).await {
        Ok(proof) => Ok(HttpResponse::Ok().json(proof)),
        Err(error) => Err(failure(&error)),
    }
}

/// A Content-Disposition that saves under `name`: plain ASCII, and the whole name in UTF-8 beside it (RFC 6266).
pub(super) fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|sign| {
            if sign.is_ascii_alphanumeric() || "-_. ".contains(sign) {
                sign
            } else {
                '_'
            }
        })
        .collect();
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_break_out_of_its_header() {
        let header = attachment("be\"sluit\r\nX: é.pdf");
        assert!(!header.contains('\r') && !header.contains('\n'));
        assert!(
            header.starts_with("attachment; filename=\"be_sluit__X_ _.pdf\"; filename*=UTF-8''be%22sluit")
        );
    }
}
