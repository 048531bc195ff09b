//! `/verify`: anybody may check a signed document. Nothing is kept.

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::csrf;
use super::headers::Policy;
use super::limiter::Admitted;
use super::page::{self, Page};
use super::pages::verify::{Form, FormError, Outcome};
use super::problem::Failure;
use super::site::Site;
use super::upload;
use super::visit::Visit;
use crate::base::bytes::{ReadAt, WithPassword};
use crate::base::code::PersonCode;
use crate::journeys::App;
use crate::journeys::validate;

const PATH: &str = "/verify";

/// `GET /verify`
pub async fn form(site: web::Data<Site>, visit: Visit) -> HttpResponse {
    page::show(&view(&site, &visit, None))
}

/// `POST /verify`: a form with the part `file`, and `password` for a PDF that opens only with one; answers a page, or the report as JSON to who asks for it.
pub async fn check(
    _: Admitted,
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    form: Multipart,
) -> Result<HttpResponse, Failure> {
    csrf::check_origin(&request, &site)?;
    let limit = site.limits.upload_bytes;
    let taken = upload::take(form, "file", &app.config.scratch, limit, app.random.as_ref()).await;
    let taken = taken.map_err(|failure| failure.back_to(PATH))?;
    let Some(upload) = taken.upload else {
        if visit.wants_json {
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
    let report = match validate::validate(&app, document).await {
        Ok(report) => report,
        Err(error) => {
            let code = error.code();
            if code == PersonCode::ServerError {
                tracing::error!(cause = error.cause(), error = ?error, "validation failed");
            } else {
                tracing::info!(cause = error.cause(), "validation refused");
            }
            let wants_password = [PersonCode::DocumentPassword, PersonCode::DocumentPasswordWrong];
            if wants_password.contains(&code) && !visit.wants_json {
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
    if visit.wants_json {
        return Ok(HttpResponse::Ok().json(report));
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
