//! Discovery document and key set: public, for any page of any origin, cacheable.

use actix_web::{HttpResponse, web};
use serde_json::Value;

use crate::http::problem::Failure;
use crate::journeys::App;
use crate::journeys::login::{LoginError, tokens};

/// `GET /b/{board}/.well-known/openid-configuration`
pub(super) async fn document(app: web::Data<App>, board: web::Path<String>) -> Result<HttpResponse, Failure> {
    public(
        tokens::discovery_document(&app, &board).await,
        "public, max-age=3600",
    )
}

/// `GET /b/{board}/jwks`
pub(super) async fn key_set(app: web::Data<App>, board: web::Path<String>) -> Result<HttpResponse, Failure> {
    public(tokens::key_set(&app, &board).await, "public, max-age=900")
}

fn public(made: Result<Value, LoginError>, cache: &'static str) -> Result<HttpResponse, Failure> {
    let made = made.map_err(|error| super::authorize::failure(&error))?;
    Ok(HttpResponse::Ok()
        .insert_header(("access-control-allow-origin", "*"))
        .insert_header(("cache-control", cache))
        .json(made))
}
