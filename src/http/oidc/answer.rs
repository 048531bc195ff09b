//! An answer on its way to the application: a redirect, or a form that submits itself.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;

use crate::http::headers::Policy;
use crate::http::page::{self, Page};
use crate::http::site::Site;
use crate::http::visit::Visit;
use crate::oidc::response::{Answer, ResponseMode};

/// The page whose form goes to the application by itself, or by its button where there is no script.
#[derive(Template)]
#[template(path = "form-post.html")]
struct FormPost<'a> {
    page: Page<'a>,
    action: &'a str,
    parameters: &'a [(&'static str, String)],
}

/// Sends `answer`: 303 for a query (never 307, which would repeat a posted body), a page for a form.
///
/// Source: RFC 9700 §4.12; OAuth 2.0 Form Post Response Mode.
pub fn answer(answer: &Answer, visit: &Visit, site: &Site) -> HttpResponse {
    match answer.mode() {
        ResponseMode::Query => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, answer.location()))
            .finish(),
        ResponseMode::FormPost => {
            let view = FormPost {
                page: Page::new(site, visit, "action-continue"),
                action: answer.redirect_uri(),
                parameters: answer.parameters(),
            };
            page::respond(&view, StatusCode::OK, Policy::ending_at(answer.redirect_uri()))
        }
    }
}
