//! The two cookies of the log-in, read and written in one place.

use std::time::Duration;

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse};

use crate::http::cookies;
use crate::http::site::Site;
use crate::http::visit::Visit;
use crate::journeys::login::{BEFORE_COOKIE, Browser, SESSION_COOKIE};
use crate::oidc::secret::Opaque;

/// What the request says about its browser.
pub fn browser(request: &HttpRequest, visit: &Visit) -> Browser {
    let cookie = |name: &str| cookies::find(request, name).filter(|value| !value.is_empty());
    Browser {
        before: cookie(BEFORE_COOKIE).map(|value| Opaque::from_text(&value)),
        session: cookie(SESSION_COOKIE).map(|value| Opaque::from_text(&value)),
        is_at_this_computer: visit.is_at_this_computer,
    }
}

/// The value that the form token of this browser's pages is made from: its session's cookie, or the one before.
pub fn csrf_secret(browser: &Browser) -> &str {
    browser
        .session
        .as_ref()
        .or(browser.before.as_ref())
        .map_or("", Opaque::expose)
}

/// Gives the browser a new value of the cookie `name`. It ends with the browser.
pub fn with_cookie(response: &mut HttpResponse, site: &Site, name: &str, value: &Opaque) {
    if let Some(header) = cookies::set(site, name, value.expose(), None) {
        response.headers_mut().append(SET_COOKIE, header);
    }
}

/// Gives the browser its session, and takes the cookie from before away: whoever may have planted it is left outside.
pub fn session_cookie(response: &mut HttpResponse, site: &Site, value: &Opaque) {
    with_cookie(response, site, SESSION_COOKIE, value);
    without_cookie(response, site, BEFORE_COOKIE);
}

/// Takes both cookies away from the browser.
pub fn without_session(response: &mut HttpResponse, site: &Site) {
    without_cookie(response, site, SESSION_COOKIE);
    without_cookie(response, site, BEFORE_COOKIE);
}

/// Takes the cookie `name` away from the browser.
fn without_cookie(response: &mut HttpResponse, site: &Site, name: &str) {
    if let Some(header) = cookies::set(site, name, "", Some(Duration::ZERO)) {
        response.headers_mut().append(SET_COOKIE, header);
    }
}
