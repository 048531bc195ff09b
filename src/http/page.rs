//! How a page is put together: the frame every page stands in, and turning a view into an answer.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::headers::Policy;
use super::i18n::{self, Texts};
use super::pages;
use super::problem::{Failure, status};
use super::session::Known;
use super::site::Site;
use super::visit::Visit;
use crate::base::lang::Language;

/// What the frame of a page needs. Every view has one in its field `page`.
#[derive(Debug)]
pub struct Page<'a> {
    /// The installation.
    pub site: &'a Site,
    /// The request.
    pub visit: &'a Visit,
    /// The texts in the reader's language.
    pub t: Texts<'a>,
    /// The one heading, which is also the title.
    pub title: String,
    /// Where this page stands in its flow.
    pub steps: Option<Steps>,
}

/// The steps of a flow with the one this page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Keys of the steps' names, in order.
    pub names: &'static [&'static str],
    /// The step this page is, counted from 1.
    pub current: usize,
}

impl Steps {
    /// The steps of logging in.
    pub const LOGIN: &'static [&'static str] = &["step-confirm", "step-pin", "step-capacity"];
    /// The steps of signing.
    pub const SIGN: &'static [&'static str] = &["step-read", "step-confirm", "step-pin", "step-done"];
}

/// A link to the same page in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageLink {
    /// The language.
    pub language: Language,
    /// Path and query.
    pub href: String,
    /// Whether this is the language of the page.
    pub is_current: bool,
}

impl<'a> Page<'a> {
    /// The frame of a page whose heading is the text `key`.
    pub fn new(site: &'a Site, visit: &'a Visit, key: &str) -> Self {
        let t = site.catalog.texts(visit.language);
        Self::titled(site, visit, t.get(key))
    }

    /// The frame of a page with a heading made elsewhere, as the first sentence of a code.
    pub fn titled(site: &'a Site, visit: &'a Visit, title: String) -> Self {
        Self {
            site,
            visit,
            t: site.catalog.texts(visit.language),
            title,
            steps: None,
        }
    }

    /// As step `current`, counted from 1, of `names`.
    #[must_use]
    pub fn at_step(mut self, names: &'static [&'static str], current: usize) -> Self {
        self.steps = Some(Steps { names, current });
        self
    }

    /// Who is logged in, where the page knows.
    pub fn known(&self) -> Option<&Known> {
        self.visit.known.get()
    }

    /// The four language links.
    pub fn languages(&self) -> Vec<LanguageLink> {
        Language::ALL
            .into_iter()
            .map(|language| LanguageLink {
                language,
                href: i18n::same_page_in(language, &self.visit.path, &self.visit.query),
                is_current: language == self.t.language,
            })
            .collect()
    }

    /// The contact as a link.
    pub fn contact_href(&self) -> String {
        let contact = &self.site.contact;
        if contact.contains('@') {
            format!("mailto:{contact}")
        } else {
            contact.clone()
        }
    }

    /// The published path of an embedded file.
    pub fn asset(&self, name: &str) -> &str {
        self.site.assets.path(name)
    }
}

/// The answer that shows `view`.
///
/// A template that cannot be rendered is a fault of ours: the answer is a bare 500 and the cause is logged.
pub fn respond(view: &impl Template, status: StatusCode, policy: Policy) -> HttpResponse {
    let mut response = match view.render() {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            HttpResponse::InternalServerError()
                .content_type("text/html; charset=utf-8")
                .body("500")
        }
    };
    policy.attach(&mut response);
    response
}

/// The answer that shows `view` with status 200 and forms that end here.
pub fn show(view: &impl Template) -> HttpResponse {
    respond(view, StatusCode::OK, Policy::default())
}

/// The page of a failure, with its status.
pub fn failure(failure: &Failure, visit: &Visit, site: &Site) -> HttpResponse {
    respond(
        &pages::problem::Problem::of(failure, visit, site),
        status(failure.code),
        Policy::default(),
    )
}
