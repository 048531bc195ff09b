//! The token endpoint.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::limiter;
use crate::http::problem::Failure;
use crate::http::site::Site;
use crate::journeys::App;
use crate::journeys::login::tokens::{self, TokenFailure};
use crate::oidc::token::TokenError;

/// `POST /b/{board}/token`
pub(super) async fn token(
    app: web::Data<App>,
    site: web::Data<Site>,
    request: HttpRequest,
    board: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let authorization = super::authorization(&request);
    let made = if super::is_form(&request) {
        tokens::token(&app, &board, authorization, &super::pairs(&body)).await
    } else {
        Err(TokenError::NotAForm.into())
    };
    match made {
        Ok(tokens) => Ok(HttpResponse::Ok()
            .insert_header(("cache-control", "no-store"))
            .insert_header(("pragma", "no-cache"))
            .json(tokens)),
        Err(TokenFailure::Failed(error)) => Err(error.into()),
        Err(TokenFailure::Refused(error)) => {
            tracing::info!(
                cause = error.cause(),
                code = error.code(),
                "token request refused"
            );
            if error.status() == StatusCode::UNAUTHORIZED.as_u16() {
                // Who proves to be an application may ask as often as it likes; who does not is counted.
                limiter::admit(&request, &site)?;
            }
            Ok(refused(error, authorization.is_some()))
        }
    }
}

/// RFC 6749 §5.2: 401 names the scheme when the client tried one in the header.
fn refused(error: TokenError, tried_header: bool) -> HttpResponse {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = HttpResponse::build(status);
    response
        .insert_header(("cache-control", "no-store"))
        .insert_header(("pragma", "no-cache"));
    if status == StatusCode::UNAUTHORIZED && tried_header {
        response.insert_header(("www-authenticate", "Basic realm=\"zegel\", charset=\"UTF-8\""));
    }
    response.json(serde_json::json!({ "error": error.code(), "error_description": error.description() }))
}
