//! What happens around every request: a reference, the visitor's language, words for failures, protecting headers
//! and one line in the access log without anything about the person.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};

use super::cookies;
use super::headers::{self, Policy};
use super::i18n;
use super::page;
use super::problem::{self, Failure, ProblemDetails};
use super::site::Site;
use super::visit::Visit;
use crate::base::code::PersonCode;
use crate::base::lang::Language;

/// Wraps every route; see the module.
///
/// # Errors
/// None of its own; handlers and extractors turn their errors into answers before they come here.
pub async fn surround(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let Some(site) = request.app_data::<web::Data<Site>>().cloned() else {
        return Ok(request.into_response(HttpResponse::InternalServerError().finish()));
    };
    let started = site.clock.monotonic();
    let visit = Visit::of(&request, &site);
    let method = request.method().clone();
    let chosen = chosen_language(&visit);
    request.extensions_mut().insert(visit.clone());

    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(failure) = unworded(&response) {
        response = response.map_body(|_, _| actix_web::body::BoxBody::new(()));
        let mut worded = worded(&failure, &visit, &site);
        if let Some(seconds) = failure.retry_after {
            worded
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response = ServiceResponse::new(response.request().clone(), worded);
    }
    finish(&mut response, &site, &visit, chosen);
    log(
        &response,
        &visit,
        &method,
        site.clock.monotonic().saturating_sub(started),
    );
    Ok(response)
}

/// The failure whose words still have to be written, if the answer is one: a handler's, or the framework's own.
fn unworded(response: &ServiceResponse) -> Option<Failure> {
    if let Some(failure) = response.response().extensions().get::<Failure>() {
        return Some(failure.clone());
    }
    // The framework's own refusals carry plain text without a content type of ours.
    let own = response.headers().contains_key("content-type") && !is_plain(response);
    let code = match response.status() {
        _ if own => return None,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => PersonCode::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => PersonCode::DocumentTooLarge,
        status if status.is_client_error() => PersonCode::RequestInvalid,
        status if status.is_server_error() => PersonCode::ServerError,
        _ => return None,
    };
    Some(Failure::new(code))
}

fn is_plain(response: &ServiceResponse) -> bool {
    response
        .headers()
        .get("content-type")
        .is_some_and(|value| value.as_bytes().starts_with(b"text/plain"))
}

fn worded(failure: &Failure, visit: &Visit, site: &Site) -> HttpResponse {
    let mut answer = if visit.wants_json {
        ProblemDetails::of(failure, visit, site.catalog.texts(visit.language)).response()
    } else {
        page::failure(failure, visit, site)
    };
    if let Some(seconds) = problem::retry_after(failure.code) {
        let seconds = HeaderValue::from_static(seconds);
        answer
            .headers_mut()
            .insert(HeaderName::from_static("retry-after"), seconds);
    }
    answer
}

fn finish(response: &mut ServiceResponse, site: &Site, visit: &Visit, chosen: Option<Language>) {
    let policy = response
        .response()
        .extensions()
        .get::<Policy>()
        .cloned()
        .unwrap_or_default();
    headers::protect(response.headers_mut(), &policy, site);
    if let Ok(value) = HeaderValue::from_str(&visit.reference) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    if let Some(language) = chosen {
        let year = std::time::Duration::from_hours(365 * 24);
        if let Some(value) = cookies::set(site, i18n::COOKIE, language.tag(), Some(year)) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}

/// The language asked for with `?lang=`, to be remembered.
fn chosen_language(visit: &Visit) -> Option<Language> {
    url::form_urlencoded::parse(visit.query.as_bytes())
        .find(|(key, _)| key == "lang")
        .and_then(|(_, value)| value.parse().ok())
}

/// One line per request. The route's pattern stands for the path, which may name things of a person.
fn log(response: &ServiceResponse, visit: &Visit, method: &Method, duration: std::time::Duration) {
    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "(none)".to_owned());
    let code = response
        .response()
        .extensions()
        .get::<Failure>()
        .map(|failure| failure.code.as_str());
    tracing::info!(
        target: "zegel::access",
        reference = %visit.reference,
        http.method = %method,
        http.route = %route,
        http.status = response.status().as_u16(),
        code = code,
        duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
}
