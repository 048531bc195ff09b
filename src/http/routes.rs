//! Every route of the service, on one page.

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig, get, post};
use actix_web::{HttpRequest, HttpResponse};

use super::interaction;
use super::pages;
use super::problem::Failure;
use super::site::Site;
use super::verify;
use crate::base::code::PersonCode;

/// Everything that is served.
pub fn configure(config: &mut ServiceConfig) {
    config
        // The protocol endpoints of every board's issuer.
        .configure(super::oidc::configure)
        // The visit that logs somebody in.
        .route("/interaction/{id}", get().to(interaction::show))
        .route("/interaction/{id}/state", get().to(interaction::state))
        .route("/interaction/{id}/capacity", post().to(interaction::choose))
        .route("/interaction/{id}/cancel", post().to(interaction::cancel))
        // Anybody may check a signed document.
        .route("/verify", get().to(verify::form))
        .route("/verify", post().to(verify::check))
        // For machines that watch the service.
        .route("/healthz", get().to(healthz))
        .route("/version", get().to(version))
        // Pages beside the journeys.
        .route("/", get().to(pages::start::start))
        .route("/accessibility", get().to(pages::start::accessibility))
        .route("/static/{name}", get().to(asset))
        .default_service(web::to(nothing_here));
}

/// `GET /healthz`: the process answers, nothing else.
async fn healthz() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// `GET /version`
async fn version() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "version": env!("CARGO_PKG_VERSION") }))
}

/// `GET /static/{name}`: an embedded file under its published name, kept for a year.
async fn asset(request: HttpRequest, site: web::Data<Site>) -> Result<HttpResponse, Failure> {
    let asset = site
        .assets
        .find(request.path())
        .ok_or_else(|| Failure::new(PersonCode::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type(asset.content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.bytes))
}

/// Whatever has no route.
async fn nothing_here() -> Result<HttpResponse, Failure> {
    Err(Failure::new(PersonCode::NotFound))
}
