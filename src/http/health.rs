//! For machines that watch the service.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::journeys::App;
use crate::store::boards;

/// `GET /healthz`: the process answers, nothing else.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// `GET /version`
pub async fn version() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "version": env!("CARGO_PKG_VERSION") }))
}

/// `GET /readyz`: whether requests can be served, part by part. Readers are told and never make it fail: pages and
/// validation work without them.
pub async fn ready(app: web::Data<App>) -> HttpResponse {
    let database = boards::list(&app.db).await.is_ok();
    // Pins are always there; without one root's certificate every card would be refused.
    let trust = app.trust.material().anchors.count() > 0;
    let readers = app
        .counter
        .as_ref()
        .map(|counter| counter.readers.list().map_or(0, |readers| readers.len()));
    let body = json!({ "database": database, "trust": trust, "readers": readers });
    if database && trust {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}
