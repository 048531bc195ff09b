//! `/verify`: anybody may check a signed document. Nothing is kept.

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::csrf;
use super::headers::Policy;
use super::limiter::Admitted;
use super::page::{self, Page};
use super::pages::verify::{Form, FormError, Outcome};
use super::problem::Failure;
use super::site::Site;
use super::upload;
use super::visit::Visit;
use crate::ades::statement::PolicyIdentifier;
use crate::ades::validate::policy::ValidationPolicy;
use crate::base::bytes::{ReadAt, WithPassword};
use crate::base::code::PersonCode;
use crate::journeys::App;
use crate::journeys::validate::{self, Wish};

const PATH: &str = "/verify";

/// `GET /verify`
pub async fn form(site: web::Data<Site>, visit: Visit) -> HttpResponse {
    page::show(&view(&site, &visit, None))
}

/// What the query of `POST /verify` may ask, as the options of `zegel verify`.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// One of [`ValidationPolicy::NAMES`].
    policy: Option<String>,
    /// The signature policy that every signature must name.
    require_policy: Option<String>,
    /// 1 to 100: will it still validate after so many years?
    in_years: Option<u16>,
    /// `json`, or `etsi` for XML of ETSI TS 119 102-2; without it what `Accept` says.
    format: Option<String>,
}

/// How the report is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Etsi,
    Json,
    Page,
}

fn asked(request: &HttpRequest, visit: &Visit) -> Result<(Written, Wish), Failure> {
    let wrong = |field: &str, message: &str| Failure::new(PersonCode::RequestInvalid).field(field, message);
    let asked = web::Query::<Asked>::from_query(request.query_string())
        .map_err(|_| {
            wrong(
                "query",
                "expected policy, require_policy, in_years and format, once each",
            )
        })?
        .into_inner();
    let accepts = request
        .headers()
        .get("accept")
        .and_then(|value| value.to_str().ok());
    let written = match asked.format.as_deref() {
        Some("etsi") => Written::Etsi,
        Some("json") => Written::Json,
        Some(_) => return Err(wrong("format", "expected json or etsi")),
        None if accepts.is_some_and(|types| types.trim() == "application/xml") => Written::Etsi,
        None if visit.wants_json => Written::Json,
        None => Written::Page,
    };
    let mut wish = Wish::default();
    if let Some(name) = asked.policy {
        wish.policy = ValidationPolicy::named(&name)
            .ok_or_else(|| wrong("policy", "expected strict, etsi, archive or lenient"))?;
    }
    if let Some(required) = asked.require_policy {
        let required: PolicyIdentifier = required.parse().map_err(|why| wrong("require_policy", why))?;
        wish.policy = wish.policy.requiring(&required);
    }
    if asked.in_years.is_some_and(|years| !(1..=100).contains(&years)) {
        return Err(wrong("in_years", "expected 1 to 100"));
    }
    wish.in_years = asked.in_years;
    Ok((written, wish))
}

/// `POST /verify`: a form with the part `file`, `password` for a PDF that opens only with one, and `policy_document` for the
/// document of a signature policy; answers a page, or the
/// report as JSON or ETSI XML to who asks for it.
pub async fn check(
    _: Admitted,
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    form: Multipart,
) -> Result<HttpResponse, Failure> {
    csrf::check_origin(&request, &site)?;
    let (written, mut wish) = asked(&request, &visit)?;
    let limit = site.limits.upload_bytes;
    let taken = upload::take(form, "file", &app.config.scratch, limit, app.random.as_ref()).await;
    let taken = taken.map_err(|failure| failure.back_to(PATH))?;
    wish.policy
        .policy_documents
        .extend(taken.policy_document.map(Into::into));
    let Some(upload) = taken.upload else {
        if written != Written::Page {
            return Err(Failure::new(PersonCode::RequestInvalid).field("file", "expected a file"));
        }
        let text = site.catalog.texts(visit.language).get(Form::FILE_MISSING);
        return Ok(again(&site, &visit, StatusCode::BAD_REQUEST, "file", text));
    };
    let document = upload.open().map_err(|error| {
        tracing::error!(%error, "an upload could not be read back");
        Failure::new(PersonCode::ServerError)
    })?;
    let mut document: Arc<dyn ReadAt> = Arc::new(document);
    if let Some(password) = taken.password {
        // Wiped when the validation lets go of the document.
        document = Arc::new(WithPassword::new(document, Arc::new(password)));
    }
    let report = match validate::validate(&app, document, wish).await {
        Ok(report) => report,
        Err(error) => {
            let code = error.code();
            if code == PersonCode::ServerError {
                tracing::error!(cause = error.cause(), error = ?error, "validation failed");
            } else {
                tracing::info!(cause = error.cause(), "validation refused");
            }
            let wants_password = [PersonCode::DocumentPassword, PersonCode::DocumentPasswordWrong];
            if wants_password.contains(&code) && written == Written::Page {
                let texts = site.catalog.texts(visit.language);
                let text = texts.heading(code, &[]);
                return Ok(again(
                    &site,
                    &visit,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "password",
                    text,
                ));
            }
            return Err(Failure::new(code).back_to(PATH));
        }
    };
    match written {
        Written::Etsi => {
            let xml = report.to_etsi_xml();
            return Ok(HttpResponse::Ok().content_type("application/xml").body(xml));
        }
        Written::Json => return Ok(HttpResponse::Ok().json(report)),
        Written::Page => {}
    }
    let page = Page::new(&site, &visit, Outcome::TITLE);
    Ok(page::show(&Outcome {
        page,
        file_name: upload.name.clone(),
        report: &report,
    }))
}

/// The form once more, with what was wrong at `field`.
fn again(site: &Site, visit: &Visit, status: StatusCode, field: &'static str, text: String) -> HttpResponse {
    let error = FormError { field, text };
    page::respond(&view(site, visit, Some(error)), status, Policy::default())
}

fn view<'a>(site: &'a Site, visit: &'a Visit, error: Option<FormError>) -> Form<'a> {
    Form {
        page: Page::new(site, visit, Form::TITLE),
        limit_bytes: u64::try_from(site.limits.upload_bytes).unwrap_or(u64::MAX),
        error,
    }
}
