//! `/api/v1/signing_lists`: documents that their signers sign in one go.

use actix_web::http::header;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{caller, failure, idempotency_key, resource};
use crate::base::code::PersonCode;
use crate::http::problem::Failure;
use crate::journeys::App;
use crate::journeys::sign::list::{self, NewList};
use crate::signing::list::SigningList;
use crate::signing::request::{RequestId, SigningRequest};

/// Largest body read: two hundred ids and a title.
const MOST_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    title: String,
    requests: Vec<String>,
    return_url: Option<String>,
}

/// `POST /api/v1/signing_lists`: JSON, header `Idempotency-Key`.
pub(super) async fn create(
    app: web::Data<App>,
    http: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let new = read(&body)?;
    let made = list::create(&app, &caller, idempotency_key(&http), new)
        .await
        .map_err(|error| failure(&error))?;
    let (made, requests) = list::find(&app, &caller, made.id)
        .await
        .map_err(|error| failure(&error))?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/api/v1/signing_lists/{}", made.id)))
        .json(of(&app, &made, &requests)))
}

fn read(body: &[u8]) -> Result<NewList, Failure> {
    let refused = |problem: String| Failure::new(PersonCode::RequestInvalid).for_developers(problem);
    if body.len() > MOST_BYTES {
        return Err(refused(format!("expected at most {MOST_BYTES} bytes")));
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| refused(error.to_string()))?;
    let requests = body.requests.iter().map(|text| {
        text.parse::<RequestId>().map_err(|_| {
            refused(format!(
                "requests: `{}` is no id",
                text.chars().take(60).collect::<String>()
            ))
        })
    });
    Ok(NewList {
        title: body.title,
        requests: requests.collect::<Result<_, _>>()?,
        return_url: body.return_url,
    })
}

/// `GET /api/v1/signing_lists/{id}`: the list and how far each document is.
pub(super) async fn show(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let caller = match caller(&app, &http).await {
        Ok(caller) => caller,
        Err(answer) => return Ok(answer),
    };
    let id = id.parse().map_err(|_| Failure::new(PersonCode::NotFound))?;
    let (found, requests) = list::find(&app, &caller, id)
        .await
        .map_err(|error| failure(&error))?;
    Ok(HttpResponse::Ok().json(of(&app, &found, &requests)))
}

fn of(app: &App, list: &SigningList, requests: &[SigningRequest]) -> serde_json::Value {
    let items: Vec<_> = requests
        .iter()
        .map(|request| {
            json!({
                "id": request.id,
                "title": request.title,
                "state": resource::state(request, app.now()),
                "signatures": resource::signatures(request),
                "packaging": resource::packaging(request),
                "self": format!("{}/api/v1/signing_requests/{}", app.origin(), request.id),
            })
        })
        .collect();
    json!({
        "id": list.id,
        "title": list.title,
        "requests": items,
        "created_at": list.created_at,
        "signing_url": format!("{}/list/{}", app.origin(), list.id),
        "links": {"self": format!("{}/api/v1/signing_lists/{}", app.origin(), list.id)},
    })
}
