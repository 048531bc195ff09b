//! What is known about one request before any handler runs.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::i18n;
use super::session::Known;
use super::site::Site;
use crate::base::code::PersonCode;
use crate::base::lang::Language;
use crate::base::random;
use crate::http::problem::Failure;

/// One request: its reference, its language, and where it came from. An extractor; the middleware makes it.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Shown to the person, written to the log, sent as `X-Request-Id`.
    pub reference: String,
    /// The language of the answer.
    pub language: Language,
    /// Path of the page that was asked for, or that holds the form that was sent: for links to the same page.
    pub path: String,
    /// Query of the request.
    pub query: String,
    /// Whether the browser runs on this very computer. Fails closed.
    pub is_at_this_computer: bool,
    /// Whether the caller wants JSON problems rather than pages.
    pub wants_json: bool,
    /// Who is logged in, once a handler has found out. Clones share it, so that a page of refusal says it as well.
    pub known: Arc<OnceLock<Known>>,
}

impl Visit {
    /// Reads `request` as `site` sees it.
    pub(crate) fn of(request: &ServiceRequest, site: &Site) -> Self {
        let peer = request.peer_addr().map(|address| address.ip().to_canonical());
        let path = request.path().to_owned();
        let wants_json = path.starts_with("/api/") || prefers_json(request.request());
        Self {
            reference: reference(request.request(), site, peer),
            language: i18n::choose(request.request(), site.default_language),
            query: request.query_string().to_owned(),
            is_at_this_computer: is_at_this_computer(request.request(), site, peer),
            path: if request.method() == Method::POST {
                page_of_form(&path).to_owned()
            } else {
                path
            },
            wants_json,
            known: Arc::default(),
        }
    }
}

impl FromRequest for Visit {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            request
                .extensions()
                .get::<Self>()
                .cloned()
                .ok_or_else(|| Failure::new(PersonCode::ServerError)),
        )
    }
}

/// A browser on this very computer: what the counter's reader is offered to. An extractor that refuses everyone
/// else with `counter_only_here`.
#[derive(Clone, Copy, Debug)]
pub struct AtThisComputer;

impl FromRequest for AtThisComputer {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let here = request
            .extensions()
            .get::<Visit>()
            .is_some_and(|visit| visit.is_at_this_computer);
        ready(if here {
            Ok(Self)
        } else {
            Err(Failure::new(PersonCode::CounterOnlyHere))
        })
    }
}

/// Whether the visitor's connection comes from this computer.
///
/// Without a believed proxy the socket alone decides, and a request that shows traces of an unknown proxy is
/// refused: that proxy's socket is on loopback too, but the person may be anywhere. A believed proxy must itself be
/// on this computer, and say so of everybody before it: loopback in the mouth of another computer is that computer.
/// Whoever is behind the proxy writes the beginning of the list, so one word that cannot be read spoils all of it.
fn is_at_this_computer(request: &HttpRequest, site: &Site, peer: Option<IpAddr>) -> bool {
    let Some(peer) = peer.filter(IpAddr::is_loopback) else {
        return false;
    };
    if !site.trusted_proxies.contains(peer) {
        return !request.headers().keys().any(|name| is_trace(name.as_str()));
    }
    let lines: Option<Vec<&str>> = request
        .headers()
        .get_all("x-forwarded-for")
        .map(|value| value.to_str().ok())
        .collect();
    lines.is_some_and(|lines| {
        let mut named = lines.iter().flat_map(|line| line.split(',')).peekable();
        named.peek().is_some()
            && named.all(|item| {
                let address = item.trim().parse::<IpAddr>();
                address.is_ok_and(|address| address.to_canonical().is_loopback())
            })
    })
}

/// Whether a header of this name shows that a proxy passed the request on.
fn is_trace(name: &str) -> bool {
    matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
}

/// The page to go back to from the answer to a form sent to `path`: not every form's address can be asked for.
fn page_of_form(path: &str) -> &str {
    let visit = ["/interaction/", "/sign/"].into_iter().find_map(|kind| {
        let id = path.strip_prefix(kind)?.split('/').next()?;
        path.get(..kind.len().saturating_add(id.len()))
    });
    match path {
        "/verify" => path,
        _ => visit.unwrap_or("/"),
    }
}

/// Takes a believed proxy's reference when it is short and plain; otherwise makes one of 64 random bits.
fn reference(request: &HttpRequest, site: &Site, peer: Option<IpAddr>) -> String {
    let given = request
        .headers()
        .get("x-request-id")
        .and_then(|value| value.to_str().ok())
        .filter(|_| peer.is_some_and(|peer| site.trusted_proxies.contains(peer)))
        .filter(|text| (8..=64).contains(&text.len()))
        .filter(|text| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        });
    given.map_or_else(
        || hex::encode(random::bytes::<8>(site.random.as_ref())),
        str::to_owned,
    )
}

/// Whether `Accept` names JSON before HTML. Programs that say nothing get a page like everybody.
fn prefers_json(request: &HttpRequest) -> bool {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match (accept.find("json"), accept.find("text/html")) {
        (Some(json), Some(html)) => json < html,
        (json, _) => json.is_some(),
    }
}
