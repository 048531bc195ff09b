//! `/verify`: anybody may check a signed document. Nothing is kept.

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::csrf;
use super::headers::Policy;
use super::limiter::Admitted;
use super::page::{self, Page};
use super::pages::verify::{Form, Outcome};
use super::problem::Failure;
use super::site::Site;
use super::upload;
use super::visit::Visit;
use crate::base::code::PersonCode;
use crate::journeys::App;
use crate::journeys::validate;

const PATH: &str = "/verify";

/// `GET /verify`
pub async fn form(site: web::Data<Site>, visit: Visit) -> HttpResponse {
    page::show(&view(&site, &visit, None))
}

/// `POST /verify`: a form with the part `file`; answers a page, or the report as JSON to who asks for it.
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
    let Some(upload) = taken.map_err(|failure| failure.back_to(PATH))? else {
        if visit.wants_json {
            return Err(Failure::new(PersonCode::RequestInvalid).field("file", "expected a file"));
        }
        let error = site.catalog.texts(visit.language).get(Form::FILE_MISSING);
        return Ok(page::respond(
            &view(&site, &visit, Some(error)),
            StatusCode::BAD_REQUEST,
            Policy::default(),
        ));
    };
    let document = upload.open().map_err(|error| {
        tracing::error!(%error, "an upload could not be read back");
        Failure::new(PersonCode::ServerError)
    })?;
    let report = validate::validate(&app, Arc::new(document))
        .await
        .map_err(|error| {
            if error.code() == PersonCode::ServerError {
                tracing::error!(cause = error.cause(), error = ?error, "validation failed");
            } else {
                tracing::info!(cause = error.cause(), "validation refused");
            }
            Failure::new(error.code()).back_to(PATH)
        })?;
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

fn view<'a>(site: &'a Site, visit: &'a Visit, error: Option<String>) -> Form<'a> {
    Form {
        page: Page::new(site, visit, Form::TITLE),
        limit_bytes: u64::try_from(site.limits.upload_bytes).unwrap_or(u64::MAX),
        error,
    }
}
