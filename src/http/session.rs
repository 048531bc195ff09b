//! Who is logged in, said on every page that knows it, and the way out.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::csrf;
use super::oidc;
use super::page::{self, Page};
use super::problem::Failure;
use super::site::Site;
use super::visit::Visit;
use crate::journeys::App;
use crate::journeys::login::{self, Browser, LoginError};

/// Who is logged in.
pub struct Known {
    /// Their names in reading order.
    pub name: String,
    /// The token of the form that logs them out.
    pub csrf: String,
}

impl std::fmt::Debug for Known {
    /// Names are not logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known")
    }
}

/// Has the pages of this visit say who is logged in.
pub(super) fn know(visit: &Visit, browser: &Browser, name: String) {
    let csrf = csrf::token(oidc::csrf_secret(browser));
    // Somebody who is known already stays known.
    let _ = visit.known.set(Known { name, csrf });
}

/// Has the pages of this visit say who is logged in, if anybody is.
pub(super) async fn look(app: &App, visit: &Visit, browser: &Browser) -> Result<(), LoginError> {
    if let Some(session) = login::current_session(app, browser).await? {
        know(visit, browser, session.full_name());
    }
    Ok(())
}

/// The button's form.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    csrf: String,
}

/// The page after it.
#[derive(Debug, Template)]
#[template(path = "logged-out.html")]
pub struct LoggedOut<'a> {
    /// The frame.
    pub page: Page<'a>,
}

impl LoggedOut<'_> {
    /// Key of the title.
    pub const TITLE: &'static str = "logged-out-title";
}

/// `POST /log-out`: ends this browser's session, and takes its cookies away.
pub async fn log_out(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    form: web::Form<Form>,
) -> Result<HttpResponse, Failure> {
    let browser = oidc::browser(&request, &visit);
    csrf::check(&request, &site, oidc::csrf_secret(&browser), &form.csrf)?;
    login::log_out(&app, &browser).await?;
    let mut response = see_other("/logged-out");
    oidc::without_session(&mut response, &site);
    Ok(response)
}

/// `GET /logged-out`: says so, where it is so.
pub async fn logged_out(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let browser = oidc::browser(&request, &visit);
    if login::current_session(&app, &browser).await?.is_some() {
        return Ok(see_other("/"));
    }
    Ok(page::show(&LoggedOut {
        page: Page::new(&site, &visit, LoggedOut::TITLE),
    }))
}

fn see_other(address: &'static str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .finish()
}
