//! The pages that stand beside the journeys: start and the accessibility statement.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::base::time::Day;
use crate::http::oidc;
use crate::http::page::{Page, show};
use crate::http::session;
use crate::http::site::Site;
use crate::http::visit::Visit;
use crate::journeys::App;

/// The start page: what this service is, and what a visitor can do without an application.
#[derive(Debug, Template)]
#[template(path = "start.html")]
pub struct Start<'a> {
    /// The frame.
    pub page: Page<'a>,
}

/// The accessibility statement.
#[derive(Debug, Template)]
#[template(path = "accessibility.html")]
pub struct Accessibility<'a> {
    /// The frame.
    pub page: Page<'a>,
}

impl Accessibility<'_> {
    /// When the statement was last written.
    pub fn written() -> &'static Day {
        static WRITTEN: std::sync::LazyLock<Day> = std::sync::LazyLock::new(|| {
            Day::new(2026, 11, 23).unwrap_or_else(|| jiff::civil::Date::ZERO.into())
        });
        &WRITTEN
    }
}

/// `GET /`
pub async fn start(site: web::Data<Site>, visit: Visit, request: HttpRequest) -> HttpResponse {
    let app = request.app_data::<web::Data<App>>();
    if let Some(app) = app
        && let Err(error) = session::look(app, &visit, &oidc::browser(&request, &visit)).await
    {
        // The page says what it is for all the same.
        tracing::error!(cause = error.cause(), "who is logged in could not be read");
    }
    show(&Start {
        page: Page::new(&site, &visit, "start-title"),
    })
}

/// `GET /accessibility`
pub async fn accessibility(site: web::Data<Site>, visit: Visit) -> HttpResponse {
    show(&Accessibility {
        page: Page::new(&site, &visit, "accessibility-title"),
    })
}
