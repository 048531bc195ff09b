//! The authorization endpoint: a query, or a form that becomes one.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::{answer, browser, pairs};
use crate::base::code::PersonCode;
use crate::base::lang::Language;
use crate::http::limiter::Admitted;
use crate::http::problem::Failure;
use crate::http::site::Site;
use crate::http::visit::Visit;
use crate::journeys::App;
use crate::journeys::login::{self, BEFORE_COOKIE, Begun, LoginError};
use crate::oidc::authorize::PageError;

/// `GET /b/{board}/authorize`
pub(super) async fn by_query(
    _: Admitted,
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    board: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let pairs = pairs(request.query_string().as_bytes());
    authorize(&app, &site, &visit, &request, &board, pairs).await
}

/// Longest address that a posted request is sent on to. Common proxies take a request line of 8 KiB.
const LONGEST_ADDRESS: usize = 7_680;

/// `POST /b/{board}/authorize`: the same request as a query. A form of another site comes without our cookies
/// (`SameSite=Lax`), so only the browser's own next request can know its session, or keep the visit it is in.
pub(super) async fn by_form(request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, Failure> {
    if !super::is_form(&request) {
        return Err(Failure::new(PersonCode::RequestInvalid));
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs(&body))
        .finish();
    let address = format!("{}?{query}", request.path());
    if address.len() > LONGEST_ADDRESS {
        return Err(failure(&PageError::TooLarge.into()));
    }
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .finish())
}

async fn authorize(
    app: &App,
    site: &Site,
    visit: &Visit,
    request: &HttpRequest,
    board: &str,
    pairs: Vec<(String, String)>,
) -> Result<HttpResponse, Failure> {
    let wanted = pairs
        .iter()
        .find(|(name, _)| name == "ui_locales")
        .and_then(|(_, list)| Language::best_of(list));
    let outcome = login::authorize(app, board, pairs, &browser(request, visit)).await;
    Ok(begun(
        outcome.map_err(|error| failure(&error))?,
        wanted,
        visit,
        site,
    ))
}

/// The answer that sends a browser where a request to log in led. `wanted`: the language the application asked for.
pub fn begun(begun: Begun, wanted: Option<Language>, visit: &Visit, site: &Site) -> HttpResponse {
    match begun {
        Begun::Answer(sent) => answer(&sent, visit, site),
        Begun::There(path) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, path.as_str()))
            .finish(),
        Begun::Pages { interaction, cookie } => {
            let language = wanted
                .map(|language| format!("?lang={language}"))
                .unwrap_or_default();
            let page = format!("/interaction/{interaction}{language}");
            let mut response = HttpResponse::SeeOther()
                .insert_header((header::LOCATION, page))
                .finish();
            if let Some(cookie) = cookie {
                super::with_cookie(&mut response, site, BEFORE_COOKIE, &cookie);
            }
            response
        }
    }
}

/// What a person is shown for an error of the log-in; logged here, once.
pub(super) fn failure(error: &LoginError) -> Failure {
    match error.code() {
        PersonCode::ServerError => tracing::error!(cause = error.cause(), error = ?error, "log-in failed"),
        code => tracing::info!(cause = error.cause(), code = code.as_str(), "log-in refused"),
    }
    let failure = Failure::new(error.code());
    match error {
        LoginError::Page(page) => failure.for_developers(format!("{page} ({})", page.cause())),
        _ => failure,
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        failure(&error)
    }
}
