//! Userinfo: the token in the header, or in a posted form.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::problem::Failure;
use crate::journeys::App;
use crate::journeys::login::tokens::{self, AccessFailure};
use crate::oidc::bearer::BearerError;

/// `GET` and `POST /b/{board}/userinfo`
pub(super) async fn userinfo(
    app: web::Data<App>,
    request: HttpRequest,
    board: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let form = if super::is_form(&request) {
        super::pairs(&body)
    } else {
        Vec::new()
    };
    let form_token = form
        .iter()
        .find(|(name, _)| name == "access_token")
        .map(|(_, value)| value.as_str());
    match tokens::userinfo(&app, &board, super::authorization(&request), form_token).await {
        Ok(claims) => Ok(HttpResponse::Ok()
            .insert_header(("access-control-allow-origin", "*"))
            .insert_header(("cache-control", "no-store"))
            .json(claims)),
        Err(AccessFailure::Failed(error)) => Err(error.into()),
        Err(AccessFailure::Refused(error)) => {
            tracing::info!(cause = error.cause(), "userinfo refused");
            Ok(refused(error))
        }
    }
}

/// The answer of RFC 6750 §3: the challenge in its header, and a body that says no more.
fn refused(error: BearerError) -> HttpResponse {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    HttpResponse::build(status)
        .insert_header(("access-control-allow-origin", "*"))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("www-authenticate", error.challenge()))
        .json(serde_json::json!({ "error": error.code() }))
}
