//! One visit to the pages of something that is signed: about what, by which browser, in which language.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};

use super::csrf;
use super::oidc;
use super::problem::Failure;
use super::session;
use super::site::Site;
use super::visit::Visit;
use crate::base::code::PersonCode;
use crate::base::lang::Language;
use crate::identity::BoardId;
use crate::journeys::App;
use crate::journeys::login::{self, Begun, Browser};
use crate::oidc::interaction::OwnPath;
use crate::signing::list::ListId;
use crate::signing::request::RequestId;

/// Something with pages of its own, named by the id in their addresses.
pub trait Subject: FromStr + std::fmt::Display + Copy {
    /// Where its pages begin.
    const PLACE: &'static str;
}

impl Subject for ListId {
    const PLACE: &'static str = "/list";
}

impl Subject for RequestId {
    const PLACE: &'static str = "/sign";
}

/// The visit. An extractor: what is no id of a subject names nothing.
pub struct Asked<S> {
    pub(super) app: web::Data<App>,
    pub(super) site: web::Data<Site>,
    pub(super) visit: Visit,
    pub(super) id: S,
    pub(super) browser: Browser,
    http: HttpRequest,
}

impl<S: Subject> FromRequest for Asked<S> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Self::read(http, payload))
    }
}

impl<S: Subject> Asked<S> {
    fn read(http: &HttpRequest, payload: &mut Payload) -> Result<Self, Failure> {
        let missing = || Failure::new(PersonCode::ServerError);
        let visit = Visit::from_request(http, payload).into_inner()?;
        let id = http.match_info().get("id").and_then(|text| text.parse().ok());
        Ok(Self {
            app: http.app_data::<web::Data<App>>().cloned().ok_or_else(missing)?,
            site: http.app_data::<web::Data<Site>>().cloned().ok_or_else(missing)?,
            id: id.ok_or_else(|| Failure::new(PersonCode::NotFound))?,
            browser: oidc::browser(http, &visit),
            visit,
            http: http.clone(),
        })
    }

    /// The path of a page of the subject.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("{}/{}{rest}", S::PLACE, self.id)
    }

    /// The token that the forms of this session carry.
    pub(super) fn csrf(&self) -> String {
        csrf::token(oidc::csrf_secret(&self.browser))
    }

    /// Refuses a change that no page of this session asked for.
    pub(super) fn check(&self, token: &str) -> Result<(), Failure> {
        Ok(csrf::check(
            &self.http,
            &self.site,
            oidc::csrf_secret(&self.browser),
            token,
        )?)
    }

    /// A header of the request; what is no text is none.
    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.http.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The query of the request, as it came.
    pub(super) fn query(&self) -> &str {
        self.http.query_string()
    }

    pub(super) const fn language(&self) -> Language {
        self.visit.language
    }

    /// Whether the reader of this installation is beside this browser.
    pub(super) fn is_here(&self) -> bool {
        self.browser.is_at_this_computer && self.app.counter.is_some()
    }

    /// The log-in that whoever is not known at `board` goes through first; it comes back to the subject's first page.
    pub(super) async fn log_in_first(&self, board: BoardId) -> Result<Option<HttpResponse>, Failure> {
        let here: OwnPath = self
            .path("")
            .parse()
            .map_err(|_| Failure::new(PersonCode::NotFound))?;
        match login::begin_own(&self.app, board, here, Some(self.language()), &self.browser).await? {
            Begun::There(_) => {
                session::look(&self.app, &self.visit, &self.browser).await?;
                Ok(None)
            }
            begun => Ok(Some(oidc::begun(begun, None, &self.visit, &self.site))),
        }
    }
}
