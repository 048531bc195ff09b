//! The pages of signing several documents of a list with one signature, in a container: `/list/{id}/together/…`. The
//! script of the page says so with JSON; refusals are problem details.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};

use super::asked::Asked;
use super::card_beside::{self, bytes, hash_name, read};
use super::list::{Form, shown_document};
use super::page::{self, Page, Steps};
use super::pages::card::CardSigning;
use super::pages::list as views;
use super::problem::Failure;
use super::sign::see_other;
use crate::base::code::PersonCode;
use crate::journeys::sign::list::{Item, View};
use crate::journeys::sign::together::{self, goes_in};
use crate::journeys::sign::view::Standing;
use crate::signing::container::{FEWEST, LeftOut};
use crate::signing::list::{ListId, fingerprint};
use crate::signing::request::RequestId;

/// The way to the page for `chosen`, where so many of them can be signed together that it is worth offering.
pub(super) async fn offered(
    asked: &Asked<ListId>,
    view: &View,
    chosen: &[RequestId],
    is_last_attempt: bool,
) -> Option<views::Together> {
    if !together::is_possible(view, chosen) {
        return None;
    }
    let mut query: Vec<String> = chosen.iter().map(|id| format!("only={id}")).collect();
    query.extend(is_last_attempt.then(|| "last_attempt=yes".to_owned()));
    Some(views::Together {
        href: asked.path(&format!("/together?{}", query.join("&"))),
        is_needed: together::has_keypad(&asked.app, &asked.browser).await,
    })
}

/// `GET /list/{id}/together?only=…`: exactly what one signature will be over, and what is left out of it.
pub async fn confirm(asked: Asked<ListId>) -> Result<HttpResponse, Failure> {
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    let form = Form::read(asked.query().as_bytes());
    let (mut documents, mut digests, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for item in view
        .items
        .iter()
        .filter(|item| form.only.contains(&item.request.id))
    {
        match goes_in(item) {
            Some(Ok(())) => {
                let (document, digest) = shown_document(&asked, item).await?;
                documents.extend(document);
                digests.push(digest);
            }
            why => left_out.push(views::LeftOut {
                title: item.request.title.clone(),
                why: why_not(item, why),
                href: format!("/sign/{}", item.request.id),
            }),
        }
    }
    if documents.len() < FEWEST || !view.board.one_pin {
        return Ok(see_other(&asked.path("")));
    }
    let base = asked.path("/together");
    let one_by_one = form.only.iter().map(|id| format!("only={id}"));
    let page = views::ListTogether {
        page: Page::new(&asked.site, &asked.visit, "confirm-sign-title").at_step(Steps::SIGN, 2),
        card: CardSigning {
            base: base.clone(),
            seen: views::seen(&documents),
        },
        documents,
        left_out,
        fingerprint: fingerprint(&digests).to_string(),
        action: asked.is_here().then(|| format!("{base}/counter")),
        is_last_attempt: form.last_attempt,
        one_by_one: asked.path(&format!("/confirm?{}", one_by_one.collect::<Vec<_>>().join("&"))),
        back: asked.path(""),
        csrf: asked.csrf(),
    };
    Ok(page::show(&page))
}

/// Key of the text that says why a document is left out.
const fn why_not(item: &Item, why: Option<Result<(), LeftOut>>) -> &'static str {
    match (why, &item.standing) {
        (Some(Err(LeftOut::Application)), _) => "together-out-application",
        (Some(Err(LeftOut::LaterSigners)), _) => "together-out-later_signers",
        (Some(Err(LeftOut::Mention)), _) => "together-out-mention",
        (Some(Err(LeftOut::RaisedAtEnd)), _) => "together-out-raised_at_end",
        (_, Standing::AlreadySigned) => "list-state-signed",
        (_, Standing::Closed) => "list-state-closed",
        (_, Standing::May { .. } | Standing::MayNot { .. } | Standing::Waiting) => "list-state-later",
    }
}

/// `POST /list/{id}/together/counter`: the card in this computer's reader signs.
pub async fn counter(asked: Asked<ListId>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let form = Form::read(&body);
    asked.check(&form.csrf)?;
    let (shared, last_try) = (asked.app.clone().into_inner(), form.last_try());
    let (browser, language) = (&asked.browser, asked.language());
    together::start(&shared, asked.id, &form.seen, browser, last_try, language).await?;
    Ok(see_other(&asked.path("/progress")))
}

/// `GET /list/{id}/together/progress`: how far it is stands with the list.
pub async fn progress(asked: Asked<ListId>) -> HttpResponse {
    see_other(&asked.path("/progress"))
}

/// `POST /list/{id}/together/web-eid/certificate` → `{"documents": [{"id", "attempt", "title", "hash",
/// "hashFunction"}], "onePin", "tries"}`: one digest for those documents that stand in `seen`, and the try of each.
pub async fn certificate(asked: Asked<ListId>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let said: card_beside::Certificate = read(&asked, &body)?;
    let der = bytes(&said.certificate)?;
    let seen = said.seen();
    let app = asked.app.clone().into_inner();
    let offer = together::offer(&app, asked.id, &seen, &asked.browser, der, asked.language()).await?;
    let first = offer.tries.first().copied();
    let first = first.ok_or_else(|| Failure::new(PersonCode::ServerError))?;
    let tries: BTreeMap<String, String> = offer
        .tries
        .iter()
        .map(|(request, attempt)| (request.to_string(), attempt.to_string()))
        .collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({
        "documents": [{
            "id": first.0,
            "attempt": first.1,
            "title": offer.title,
            "hash": card_beside::base64(&offer.digest),
            "hashFunction": hash_name(offer.hash),
        }],
        "onePin": true,
        "tries": tries,
    })))
}

/// `POST /list/{id}/together/web-eid/signature` → `{"state": "finishing"}`: the value is kept. It may be sent again.
pub async fn signature(asked: Asked<ListId>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let said: card_beside::Value = read(&asked, &body)?;
    let (attempt, value) = said.read()?;
    let app = asked.app.clone().into_inner();
    together::take(&app, asked.id, attempt, &asked.browser, &value).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({"state": "finishing"})))
}
