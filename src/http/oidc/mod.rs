//! The protocol endpoints of a board's issuer, `/b/{board}/…`. Answers are exactly those of the RFCs, nothing extra.

mod answer;
mod authorize;
mod browser;
mod card;
mod discovery;
mod token;
mod userinfo;

use actix_web::web::{self, ServiceConfig, get, post};

pub use answer::answer;
pub use authorize::begun;
pub use browser::{browser, csrf_secret, session_cookie, with_cookie, without_session};

/// The endpoints.
pub fn configure(config: &mut ServiceConfig) {
    config
        .route(
            "/b/{board}/.well-known/openid-configuration",
            get().to(discovery::document),
        )
        .route(
            "/.well-known/oauth-authorization-server/b/{board}",
            get().to(discovery::document),
        )
        .route("/b/{board}/jwks", get().to(discovery::key_set))
        .service(
            web::resource("/b/{board}/authorize")
                .route(get().to(authorize::by_query))
                .route(post().to(authorize::by_form)),
        )
        .route("/b/{board}/token", post().to(token::token))
        .service(
            web::resource("/b/{board}/userinfo")
                .route(get().to(userinfo::userinfo))
                .route(post().to(userinfo::userinfo)),
        )
        // How a card answers, in a visit to the log-in pages.
        .route("/interaction/{id}/counter", post().to(card::counter))
        .route("/interaction/{id}/web-eid/challenge", post().to(card::challenge))
        .route("/interaction/{id}/web-eid/token", post().to(card::token));
}

/// Reads decoded pairs of a query or a form.
fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Whether a body claims to be a form.
fn is_form(request: &actix_web::HttpRequest) -> bool {
    let kind = request
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The Authorization header. One that is not text is there all the same, and fits nothing.
fn authorization(request: &actix_web::HttpRequest) -> Option<&str> {
    request
        .headers()
        .get("authorization")
        .map(|value| value.to_str().unwrap_or("?"))
}
