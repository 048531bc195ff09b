//! The pages of a visit that logs somebody in: `/interaction/{id}/…`. Each handler reads its input, calls one step of
//! [`login`] and shows the outcome. What ends at an application goes through [`oidc::answer`].

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::csrf;
use super::headers::Policy;
use super::i18n::Value;
use super::oidc;
use super::page::{self, Page, Steps};
use super::pages::interaction as views;
use super::problem::Failure;
use super::session;
use super::site::Site;
use super::visit::Visit;
use crate::base::code::PersonCode;
use crate::base::lang::Language;
use crate::card::readers::CardPresence;
use crate::journeys::App;
use crate::journeys::login::{
    self, Asker, Browser, CapacityView, ChoiceView, FailedView, Finished, Next, View,
};
use crate::oidc::interaction::{CardStep, InteractionId};

/// What every form of these pages carries.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    csrf: String,
    /// Key of the capacity chosen.
    #[serde(default)]
    capacity: Option<String>,
}

/// What the address may say beside the visit.
#[derive(Deserialize)]
pub struct Hints {
    /// `capacity` when the form came back without a choice.
    missing: Option<String>,
    /// Set on the state that a page with a failed try asks for.
    failed: Option<String>,
}

/// One request about one visit.
struct Asked<'a> {
    site: &'a Site,
    visit: &'a Visit,
    id: InteractionId,
    browser: Browser,
}

impl Asked<'_> {
    fn path(&self, rest: &str) -> String {
        format!("/interaction/{}{rest}", self.id)
    }

    fn csrf(&self) -> String {
        csrf::token(oidc::csrf_secret(&self.browser))
    }

    fn language(&self) -> Language {
        self.visit.language
    }

    fn client(&self, asker: &Asker) -> Option<views::ClientView> {
        asker
            .client
            .as_ref()
            .map(|(names, organisation)| views::ClientView {
                name: names.in_language(self.language()).to_owned(),
                organisation: organisation.clone(),
            })
    }
}

fn asked<'a>(
    request: &HttpRequest,
    site: &'a Site,
    visit: &'a Visit,
    id: &str,
) -> Result<Asked<'a>, Failure> {
    let id = id.parse().map_err(|_| Failure::new(PersonCode::NotFound))?;
    Ok(Asked {
        site,
        visit,
        id,
        browser: oidc::browser(request, visit),
    })
}

/// A form of these pages that came from the page itself.
fn posted<'a>(
    request: &HttpRequest,
    site: &'a Site,
    visit: &'a Visit,
    id: &str,
    form: &Form,
) -> Result<Asked<'a>, Failure> {
    let asked = asked(request, site, visit, id)?;
    csrf::check(request, site, oidc::csrf_secret(&asked.browser), &form.csrf)?;
    Ok(asked)
}

/// `GET /interaction/{id}`: the page of the stage that the visit has reached.
pub async fn show(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    id: web::Path<String>,
    hints: web::Query<Hints>,
) -> Result<HttpResponse, Failure> {
    let asked = asked(&request, &site, &visit, &id)?;
    Ok(match login::view(&app, asked.id, &asked.browser).await? {
        View::Choice(choice) => start(&asked, &choice),
        View::Waiting(waiting) => waiting_page(&asked, &waiting),
        View::Failed(failed) => failed_page(&asked, &failed),
        View::Arriving => arrive(&app, &asked).await?,
        View::Capacity(choosing) => {
            session::know(&visit, &asked.browser, choosing.full_name.clone());
            capacity(&asked, &choosing, hints.missing.is_some())
        }
    })
}

/// `GET /interaction/{id}/state`: where the visit stands, for the page that waits.
pub async fn state(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    id: web::Path<String>,
    hints: web::Query<Hints>,
) -> Result<HttpResponse, Failure> {
    let asked = asked(&request, &site, &visit, &id)?;
    let go_on = |state| views::State {
        state,
        next: Some(asked.path("")),
    };
    let stay = |state| views::State { state, next: None };
    let on_failed_page = hints.failed.is_some();
    Ok(
        HttpResponse::Ok().json(match login::state(&app, asked.id, &asked.browser).await? {
            login::State::Card { .. } if on_failed_page => go_on("pin"),
            login::State::Card { .. } => stay(views::WaitingState::Pin.as_str()),
            login::State::Checking if on_failed_page => go_on("checking"),
            login::State::Checking => stay(views::WaitingState::Checking.as_str()),
            login::State::Failed { code } if on_failed_page => {
                let waits = PersonCode::from_text(&code).is_some_and(views::goes_on_by_itself);
                stay(if waits && is_card_there(&app) {
                    "ready"
                } else {
                    "failed"
                })
            }
            login::State::Failed { .. } => go_on("failed"),
            login::State::Open => go_on("open"),
            login::State::Arriving => go_on("arriving"),
            login::State::Choosing => go_on("choosing"),
        }),
    )
}

/// Whether a card waits in a reader of this machine.
fn is_card_there(app: &App) -> bool {
    let counter = app.counter.as_ref();
    let readers = counter.and_then(|counter| counter.readers.list().ok());
    readers.is_some_and(|readers| {
        readers
            .iter()
            .any(|reader| matches!(reader.card, CardPresence::Present(_)))
    })
}

/// `POST /interaction/{id}/capacity`: the last click before the application gets its code.
pub async fn choose(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    id: web::Path<String>,
    form: web::Form<Form>,
) -> Result<HttpResponse, Failure> {
    let asked = posted(&request, &site, &visit, &id, &form)?;
    match login::choose(&app, asked.id, &asked.browser, form.capacity.as_deref()).await {
        Ok(finished) => Ok(finish(&finished, &asked)),
        Err(login::LoginError::CapacityUnknown) if form.capacity.is_none() => {
            Ok(see_other(&asked.path("?missing=capacity")))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /interaction/{id}/cancel`: the way out, to whoever asked.
pub async fn cancel(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    request: HttpRequest,
    id: web::Path<String>,
    form: web::Form<Form>,
) -> Result<HttpResponse, Failure> {
    let asked = posted(&request, &site, &visit, &id, &form)?;
    Ok(finish(
        &login::cancel(&app, asked.id, &asked.browser).await?,
        &asked,
    ))
}

/// The browser fetches the session of whoever proved who they are, and goes on.
async fn arrive(app: &App, asked: &Asked<'_>) -> Result<HttpResponse, Failure> {
    let arrived = match login::arrive(app, asked.id, &asked.browser).await {
        // The visit's page says what is wrong with the card, and takes another try.
        Err(login::LoginError::Card(_)) => return Ok(see_other(&asked.path(""))),
        arrived => arrived?,
    };
    let mut response = match &arrived.next {
        Next::Interaction(_) => see_other(&asked.path("")),
        Next::Own(path) => see_other(path.as_str()),
    };
    oidc::session_cookie(&mut response, asked.site, &arrived.cookie);
    Ok(response)
}

fn finish(finished: &Finished, asked: &Asked<'_>) -> HttpResponse {
    match finished {
        Finished::Answer(answer) => oidc::answer(answer, asked.visit, asked.site),
        Finished::Own(path) => see_other(path.as_str()),
    }
}

fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .finish()
}

/// Shows a page whose forms may end at the application that asked.
fn respond(view: &impl askama::Template, asker: &Asker, status: StatusCode) -> HttpResponse {
    page::respond(
        view,
        status,
        Policy::Page {
            form_targets: asker.form_target.clone().into_iter().collect(),
        },
    )
}

fn start(asked: &Asked<'_>, choice: &ChoiceView) -> HttpResponse {
    let asker = &choice.asker;
    let client = asked.client(asker);
    let texts = asked.site.catalog.texts(asked.language());
    let title = views::Start::title(texts, client.as_ref());
    let view = views::Start {
        page: Page::titled(asked.site, asked.visit, title).at_step(Steps::LOGIN, 1),
        client,
        shared: asker.shared.clone(),
        counter: choice.counter.then(|| asked.path("/counter")),
        card: views::CardWay {
            challenge: asked.path("/web-eid/challenge"),
            token: asked.path("/web-eid/token"),
        },
        cancel: asked.path("/cancel"),
        csrf: asked.csrf(),
    };
    respond(&view, asker, StatusCode::OK)
}

fn waiting_page(asked: &Asked<'_>, waiting: &login::WaitingView) -> HttpResponse {
    let view = views::Waiting {
        page: Page::new(asked.site, asked.visit, views::Waiting::TITLE).at_step(Steps::LOGIN, 2),
        short_code: waiting.short_code.clone(),
        is_signing: false,
        state: match waiting.step {
            CardStep::Card => views::WaitingState::Pin,
            CardStep::Checking => views::WaitingState::Checking,
        },
        state_href: asked.path("/state"),
        self_href: asked.path(""),
        until: Some(waiting.asker.expires_at),
        cancel: Some(asked.path("/cancel")),
        csrf: asked.csrf(),
        documents: Vec::new(),
    };
    respond(&view, &waiting.asker, StatusCode::OK)
}

fn failed_page(asked: &Asked<'_>, failed: &FailedView) -> HttpResponse {
    let texts = asked.site.catalog.texts(asked.language());
    let mut values: Vec<(&str, Value)> = Vec::new();
    values.extend(failed.tries_left.map(|left| ("left", Value::from(left))));
    values.extend(
        asked
            .client(&failed.asker)
            .map(|client| ("client", Value::from(client.name))),
    );
    let view = views::Failed {
        page: Page::titled(asked.site, asked.visit, texts.heading(failed.code, &values))
            .at_step(Steps::LOGIN, 2),
        code: failed.code,
        detail: texts.detail(failed.code, &values),
        again: failed.counter.then(|| asked.path("/counter")),
        seen: None,
        is_last_attempt: failed.tries_left == Some(1),
        cancel: asked.path("/cancel"),
        csrf: asked.csrf(),
        state_href: views::goes_on_by_itself(failed.code).then(|| asked.path("/state?failed=1")),
        self_href: asked.path(""),
    };
    // A page of a visit that goes on is no HTTP error: the state is the person's, not the request's.
    respond(&view, &failed.asker, StatusCode::OK)
}

fn capacity(asked: &Asked<'_>, choosing: &CapacityView, is_choice_missing: bool) -> HttpResponse {
    let options: Vec<views::CapacityOption> = choosing
        .capacities
        .iter()
        .map(|capacity| views::CapacityOption {
            key: capacity.key.clone(),
            role: capacity.labels.in_language(asked.language()).to_owned(),
            body: String::new(),
            until: capacity.until,
            standing_in: None,
            is_preselected: choosing.preselected.as_deref() == Some(capacity.key.as_str()),
        })
        .collect();
    let client = asked
        .client(&choosing.asker)
        .unwrap_or_else(|| views::ClientView {
            name: asked.site.name.clone(),
            organisation: String::new(),
        });
    let view = views::Capacity {
        page: Page::new(asked.site, asked.visit, views::Capacity::title_key(options.len()))
            .at_step(Steps::LOGIN, 3),
        name: choosing.full_name.clone(),
        client,
        shared: choosing.asker.shared.clone(),
        options,
        is_choice_missing,
        action: asked.path("/capacity"),
        cancel: asked.path("/cancel"),
        csrf: asked.csrf(),
    };
    respond(&view, &choosing.asker, StatusCode::OK)
}
