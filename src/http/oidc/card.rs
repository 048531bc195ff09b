//! The two ways to let a card answer: this machine's reader, or a Web eID program beside the browser.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{browser, csrf_secret};
use crate::base::code::PersonCode;
use crate::card::eid::LastTry;
use crate::http::csrf;
use crate::http::limiter::Admitted;
use crate::http::problem::Failure;
use crate::http::site::Site;
use crate::http::visit::Visit;
use crate::journeys::App;
use crate::journeys::login::{BEFORE_COOKIE, Browser, Next, card};
use crate::login::eid::RequestForm;
use crate::oidc::interaction::InteractionId;

/// The counter's form.
#[derive(Deserialize)]
pub(super) struct CounterForm {
    #[serde(default)]
    csrf: String,
    /// `yes` when the person was told that one PIN try is left and goes on.
    #[serde(default)]
    last_attempt: String,
}

/// `POST /interaction/{id}/counter`: opens the PIN window on this machine, then shows the waiting page.
pub(super) async fn counter(
    _: Admitted,
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    id: web::Path<String>,
    form: web::Form<CounterForm>,
) -> Result<HttpResponse, Failure> {
    let (id, browser) = (id_of(&id)?, browser(&request, &visit));
    csrf::check(&request, &site, csrf_secret(&browser), &form.csrf)?;
    let last_try = if form.last_attempt == "yes" {
        LastTry::Confirmed
    } else {
        LastTry::NotConfirmed
    };
    let cookie = card::start_counter(&app.into_inner(), id, &browser, last_try, visit.language).await?;
    let page = format!("/interaction/{id}");
    let mut response = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, page))
        .finish();
    super::with_cookie(&mut response, &site, BEFORE_COOKIE, &cookie);
    Ok(response)
}

/// The header in which a script sends the page's form token.
const CSRF_HEADER: &str = "x-csrf-token";

/// `POST /interaction/{id}/web-eid/challenge` → `{"nonce": "…"}`
pub(super) async fn challenge(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let (id, browser) = (id_of(&id)?, browser(&request, &visit));
    csrf::check(
        &request,
        &site,
        csrf_secret(&browser),
        text(&request, CSRF_HEADER).unwrap_or_default(),
    )?;
    let nonce = card::web_eid_challenge(&app, id, &browser).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "nonce": nonce })))
}

/// `POST /interaction/{id}/web-eid/token` → `{"next": "/…"}` and the session's cookie. The body is the token itself.
pub(super) async fn token(
    _: Admitted,
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (id, browser) = (id_of(&id)?, browser(&request, &visit));
    let form = RequestForm {
        content_type: text(&request, "content-type"),
        origin: text(&request, "origin"),
        fetch_site: text(&request, "sec-fetch-site"),
        csrf_valid: is_csrf_valid(&request, &browser),
    };
    // Bytes that are no text are no token; the verifier says so.
    let body = String::from_utf8_lossy(&body);
    let arrived = card::web_eid_token(&app, id, &browser, &form, &body).await?;
    let next = match &arrived.next {
        Next::Interaction(id) => format!("/interaction/{id}"),
        Next::Own(path) => path.as_str().to_owned(),
    };
    let mut response = HttpResponse::Ok().json(serde_json::json!({ "next": next }));
    super::session_cookie(&mut response, &site, &arrived.cookie);
    Ok(response)
}

fn is_csrf_valid(request: &HttpRequest, browser: &Browser) -> bool {
    let secret = csrf_secret(browser);
    let sent = text(request, CSRF_HEADER).unwrap_or_default();
    !secret.is_empty()
        && crate::base::secret::constant_time_eq(csrf::token(secret).as_bytes(), sent.as_bytes())
}

fn text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap_or("?"))
}

fn id_of(text: &str) -> Result<InteractionId, Failure> {
    text.parse().map_err(|_| Failure::new(PersonCode::NotFound))
}
