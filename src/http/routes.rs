//! Every route of the service, on one page.

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig, get, post};
use actix_web::{HttpRequest, HttpResponse};

use super::card_beside;
use super::health;
use super::interaction;
use super::list;
use super::pages;
use super::problem::Failure;
use super::session;
use super::sign;
use super::site::Site;
use super::together;
use super::verify;
use crate::base::code::PersonCode;
use crate::signing::list::ListId;
use crate::signing::request::RequestId;

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
        .route("/log-out", post().to(session::log_out))
        .route("/logged-out", get().to(session::logged_out))
        // Anybody may check a signed document.
        .route("/verify", get().to(verify::form))
        .route("/verify", post().to(verify::check))
        // The interface for applications.
        .configure(super::api::configure)
        // The pages of signing.
        .route("/sign/{id}", get().to(sign::show))
        .route("/sign/{id}/confirm", get().to(sign::confirm))
        .route("/sign/{id}/counter", post().to(sign::counter))
        .route("/sign/{id}/progress", get().to(sign::progress))
        .route("/sign/{id}/state", get().to(sign::state))
        .route("/sign/{id}/leave", post().to(sign::leave))
        .route("/sign/{id}/decline", get().to(sign::ask_decline))
        .route("/sign/{id}/decline", post().to(sign::decline))
        .route("/sign/{id}/page/{number}", get().to(sign::picture))
        .route("/sign/{id}/document", get().to(sign::document))
        .route("/sign/{id}/proof", get().to(sign::proof))
        .route("/sign/{id}/publication", get().to(sign::publication))
        // The same for several documents in one go.
        .route("/list/{id}", get().to(list::show))
        .route("/list/{id}/confirm", get().to(list::confirm))
        .route("/list/{id}/counter", post().to(list::counter))
        .route("/list/{id}/progress", get().to(list::progress))
        .route("/list/{id}/state", get().to(list::state))
        // And with one signature over all of them.
        .route("/list/{id}/together", get().to(together::confirm))
        .route("/list/{id}/together/counter", post().to(together::counter))
        .route("/list/{id}/together/progress", get().to(together::progress))
        .route(
            "/list/{id}/together/web-eid/certificate",
            post().to(together::certificate),
        )
        .route(
            "/list/{id}/together/web-eid/signature",
            post().to(together::signature),
        )
        .route(
            "/list/{id}/together/web-eid/alive",
            post().to(card_beside::alive::<ListId>),
        )
        .route(
            "/list/{id}/together/web-eid/failure",
            post().to(card_beside::failure::<ListId>),
        )
        // Both with the card beside the person's own browser.
        .route(
            "/sign/{id}/web-eid/certificate",
            post().to(card_beside::certificate),
        )
        .route("/sign/{id}/web-eid/signature", post().to(card_beside::signature))
        .route(
            "/sign/{id}/web-eid/alive",
            post().to(card_beside::alive::<RequestId>),
        )
        .route(
            "/sign/{id}/web-eid/failure",
            post().to(card_beside::failure::<RequestId>),
        )
        .route(
            "/list/{id}/web-eid/certificate",
            post().to(card_beside::list_certificate),
        )
        .route(
            "/list/{id}/web-eid/alive",
            post().to(card_beside::alive::<ListId>),
        )
        .route(
            "/list/{id}/web-eid/failure",
            post().to(card_beside::failure::<ListId>),
        )
        // For machines that watch the service.
        .route("/healthz", get().to(health::alive))
        .route("/readyz", get().to(health::ready))
        .route("/version", get().to(health::version))
        // Pages beside the journeys.
        .route("/", get().to(pages::start::start))
        .route("/accessibility", get().to(pages::start::accessibility))
        .route("/static/{name}", get().to(asset))
        .default_service(web::to(nothing_here));
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
