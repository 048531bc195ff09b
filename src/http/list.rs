//! The pages of signing several documents in one go: `/list/{id}/…`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::csrf;
use super::oidc;
use super::page::{self, Page, Steps};
use super::pages::card::CardSigning;
use super::pages::list as views;
use super::pages::sign::Ask;
use super::problem::Failure;
use super::session;
use super::sign::{client_name, see_other};
use super::site::Site;
use super::visit::Visit;
use crate::base::code::PersonCode;
use crate::base::lang::Language;
use crate::card::eid::LastTry;
use crate::http::i18n::Value;
use crate::journeys::App;
use crate::journeys::login::{self, Begun, Browser};
use crate::journeys::sign::list::{self, Item, Progress, View};
use crate::journeys::sign::view::Standing;
use crate::journeys::sign::{ceremony, deliver};
use crate::oidc::interaction::OwnPath;
use crate::signing::attempt::{Attempt, AttemptState};
use crate::signing::list::{ListId, fingerprint};
use crate::signing::request::{RequestId, SigningRequest, Stage};

/// What the forms of these pages carry; `only` may stand once for each document.
#[derive(Debug, Default)]
struct Form {
    csrf: String,
    only: Vec<RequestId>,
    last_attempt: bool,
}

impl Form {
    /// Reads a query or a form's body. What is no id of a request names nothing.
    fn read(bytes: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in url::form_urlencoded::parse(bytes) {
            match name.as_ref() {
                "csrf" => form.csrf = value.into_owned(),
                "only" => form.only.extend(value.parse::<RequestId>()),
                "last_attempt" => form.last_attempt = true,
                _ => {}
            }
        }
        form
    }
}

/// One visit to one list.
struct Asked<'a> {
    app: web::Data<App>,
    site: &'a Site,
    visit: &'a Visit,
    id: ListId,
    browser: Browser,
}

impl<'a> Asked<'a> {
    fn new(
        app: web::Data<App>,
        http: &HttpRequest,
        site: &'a Site,
        visit: &'a Visit,
        id: &str,
    ) -> Result<Self, Failure> {
        let id = id.parse().map_err(|_| Failure::new(PersonCode::NotFound))?;
        Ok(Self {
            app,
            site,
            visit,
            id,
            browser: oidc::browser(http, visit),
        })
    }

    fn path(&self, rest: &str) -> String {
        format!("/list/{}{rest}", self.id)
    }

    fn csrf(&self) -> String {
        csrf::token(oidc::csrf_secret(&self.browser))
    }

    fn language(&self) -> Language {
        self.visit.language
    }

    fn is_here(&self) -> bool {
        self.browser.is_at_this_computer && self.app.counter.is_some()
    }

    /// What the person in this browser sees, or the log-in they must go through first.
    async fn view(&self) -> Result<Result<View, HttpResponse>, Failure> {
        let board = list::board_of(&self.app, self.id).await?;
        let here: OwnPath = self
            .path("")
            .parse()
            .map_err(|_| Failure::new(PersonCode::NotFound))?;
        match login::begin_own(&self.app, board.id, here, Some(self.language()), &self.browser).await? {
            Begun::There(_) => {
                session::look(&self.app, self.visit, &self.browser).await?;
                Ok(Ok(list::view(&self.app, self.id, &self.browser).await?))
            }
            begun => Ok(Err(oidc::begun(begun, None, self.visit, self.site))),
        }
    }

    async fn requester(&self, view: &View) -> String {
        client_name(&self.app, &view.list.client, &view.board, self.language()).await
    }

    async fn back(&self, view: &View) -> Option<(String, String)> {
        let url = view.list.return_url.clone()?;
        Some((self.requester(view).await, url))
    }
}

/// `GET /list/{id}`: the documents, with those ticked that wait for this person.
pub async fn show(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let asked = Asked::new(app, &http, &site, &visit, &id)?;
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    let texts = asked.site.catalog.texts(asked.language());
    let waiting = view.waiting().count();
    let title = match waiting {
        0 => texts.get("list-title"),
        count => Ask::title(texts, count),
    };
    let page = views::ListAsk {
        page: Page::titled(asked.site, asked.visit, title).at_step(Steps::SIGN, 1),
        requester: asked.requester(&view).await,
        title: view.list.title.clone(),
        waiting,
        items: view.items.iter().map(|item| line(&asked, item)).collect(),
        others: view.others,
        next: asked.path("/confirm"),
        back: asked.back(&view).await,
    };
    Ok(page::show(&page))
}

fn line(asked: &Asked<'_>, item: &Item) -> views::ListItem {
    let verdict = match &item.standing {
        Standing::May { verdict, .. } => Some(verdict),
        _ => None,
    };
    let capacity = verdict.and_then(|verdict| verdict.capacity.as_ref());
    views::ListItem {
        title: item.request.title.clone(),
        chosen: verdict.map(|_| item.request.id.to_string()),
        state: match &item.standing {
            Standing::May { .. } => "list-state-you",
            Standing::AlreadySigned => "list-state-signed",
            Standing::Closed => "list-state-closed",
            Standing::MayNot { .. } | Standing::Waiting => "list-state-later",
        },
        role: capacity.map(|capacity| capacity.label(asked.language())),
        mention: verdict
            .and_then(|verdict| verdict.mention())
            .map(|mention| mention.text(asked.language()).to_owned()),
        href: format!("/sign/{}", item.request.id),
    }
}

/// `GET /list/{id}/confirm?only=…`: exactly what will be signed.
pub async fn confirm(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let asked = Asked::new(app, &http, &site, &visit, &id)?;
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    let chosen = Form::read(http.query_string().as_bytes()).only;
    let (mut documents, mut digests) = (Vec::new(), Vec::new());
    for item in view.waiting().filter(|item| chosen.contains(&item.request.id)) {
        let Standing::May { verdict, .. } = &item.standing else {
            continue;
        };
        let digest = deliver::digest(&asked.app, &item.request).await?;
        let capacity = verdict.capacity.as_ref();
        digests.push(digest);
        documents.push(views::ListDocument {
            id: item.request.id.to_string(),
            title: item.request.title.clone(),
            role: capacity
                .map(|capacity| capacity.label(asked.language()))
                .unwrap_or_default(),
            sha256: digest.to_string(),
        });
    }
    if documents.is_empty() {
        return Ok(see_other(&asked.path("")));
    }
    let only: Vec<&str> = documents.iter().map(|document| document.id.as_str()).collect();
    let card = CardSigning {
        base: asked.path(""),
        only: serde_json::json!(only).to_string(),
    };
    let page = views::ListConfirm {
        page: Page::new(asked.site, asked.visit, "confirm-sign-title").at_step(Steps::SIGN, 2),
        documents,
        fingerprint: fingerprint(&digests).to_string(),
        one_pin: view.board.one_pin,
        action: asked.is_here().then(|| asked.path("/counter")),
        card,
        back: asked.path(""),
        csrf: asked.csrf(),
    };
    Ok(page::show(&page))
}

/// `POST /list/{id}/counter`: the card in this computer's reader signs.
pub async fn counter(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let asked = Asked::new(app, &http, &site, &visit, &id)?;
    let form = Form::read(&body);
    csrf::check(&http, asked.site, oidc::csrf_secret(&asked.browser), &form.csrf)?;
    let last_try = if form.last_attempt {
        LastTry::Confirmed
    } else {
        LastTry::NotConfirmed
    };
    let shared = asked.app.clone().into_inner();
    let (browser, language) = (&asked.browser, asked.language());
    ceremony::start_list(&shared, asked.id, &form.only, browser, last_try, language).await?;
    Ok(see_other(&asked.path("/progress")))
}

/// `GET /list/{id}/progress`: how far this person's latest go is, and then what came of it.
pub async fn progress(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let asked = Asked::new(app, &http, &site, &visit, &id)?;
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    let Some(progress) = list::progress(&asked.app, asked.id, &asked.browser).await? else {
        return Ok(see_other(&asked.path("")));
    };
    let Some(state) = word(&progress) else {
        return Ok(result(&asked, &view, &progress).await);
    };
    let has_window = matches!(state, "checking" | "pin");
    let title = match state {
        "finishing" => "list-finishing-title",
        "signing" => "list-signing-title",
        _ => "waiting-title",
    };
    let page = views::ListProgress {
        page: Page::new(asked.site, asked.visit, title).at_step(Steps::SIGN, 3),
        short_code: has_window.then(|| progress.short_code.clone()),
        fingerprint: has_window
            .then(|| prepared_fingerprint(&view, &progress))
            .flatten(),
        state,
        signed: progress.signed(),
        total: progress.total(),
        state_href: asked.path("/state"),
        self_href: asked.path("/progress"),
    };
    Ok(page::show(&page))
}

/// The word for a go that is still under way.
fn word(progress: &Progress) -> Option<&'static str> {
    match progress.state() {
        AttemptState::Checking => Some("checking"),
        AttemptState::Signing if progress.signed() == 0 => Some("pin"),
        AttemptState::Signing => Some("signing"),
        AttemptState::Finishing => Some("finishing"),
        AttemptState::Done | AttemptState::Failed { .. } => None,
    }
}

/// The fingerprint that the PIN window shows, once the bytes of every document are fixed.
fn prepared_fingerprint(view: &View, progress: &Progress) -> Option<String> {
    let fixed = progress
        .tries
        .iter()
        .filter(|attempt| attempt.state.is_running())
        .map(|attempt| {
            let request = request_of(view, attempt)?;
            match &request.slot(attempt.slot)?.stage {
                Stage::Prepared { prepared, .. } => Some(*prepared.document_sha256()),
                _ => None,
            }
        });
    let digests: Vec<_> = fixed.collect::<Option<_>>()?;
    (digests.len() > 1).then(|| fingerprint(&digests).to_string())
}

fn request_of<'v>(view: &'v View, attempt: &Attempt) -> Option<&'v SigningRequest> {
    let mut requests = view.items.iter().map(|item| &item.request);
    requests.find(|request| request.id == attempt.request)
}

async fn result(asked: &Asked<'_>, view: &View, progress: &Progress) -> HttpResponse {
    let texts = asked.site.catalog.texts(asked.language());
    let told = match progress.state() {
        AttemptState::Failed { code, tries_left, .. } => Some((code, tries_left)),
        _ => None,
    };
    let say = |code: PersonCode, tries_left: Option<u8>| {
        let values: Vec<(&str, Value)> = tries_left
            .map(|left| ("left", Value::from(left)))
            .into_iter()
            .collect();
        (texts.heading(code, &values), texts.detail(code, &values))
    };
    let results = progress.tries.iter().filter_map(|attempt| {
        let outcome = match &attempt.state {
            AttemptState::Failed { code, tries_left, .. } => say(*code, *tries_left).0,
            _ => texts.get("list-state-signed"),
        };
        Some(views::ListOutcome {
            title: request_of(view, attempt)?.title.clone(),
            outcome,
            href: format!("/sign/{}", attempt.request),
        })
    });
    let rest: Vec<String> = view
        .waiting()
        .filter(|item| {
            progress
                .tries
                .iter()
                .any(|attempt| attempt.request == item.request.id)
        })
        .map(|item| item.request.id.to_string())
        .collect();
    let title = match told {
        Some((code, tries_left)) => say(code, tries_left).0,
        None => texts.with("list-done-title", "count", progress.total()),
    };
    let page = views::ListResult {
        page: Page::titled(asked.site, asked.visit, title).at_step(Steps::SIGN, 4),
        code: told.map(|(code, _)| code),
        detail: told.map(|(code, tries_left)| say(code, tries_left).1),
        is_last_attempt: matches!(told, Some((_, Some(1)))),
        signed: progress.signed(),
        results: results.collect(),
        again: (!rest.is_empty() && asked.is_here()).then(|| asked.path("/counter")),
        rest,
        list: asked.path(""),
        back: asked.back(view).await,
        csrf: asked.csrf(),
    };
    page::show(&page)
}

/// The JSON that a waiting page asks for every second.
#[derive(serde::Serialize)]
struct State {
    state: &'static str,
    /// How many are signed.
    signed: usize,
    /// Of how many.
    total: usize,
    /// Where to go now, when waiting is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /list/{id}/state`: how far the latest go is, for the page that waits.
pub async fn state(
    app: web::Data<App>,
    site: web::Data<Site>,
    visit: Visit,
    http: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let asked = Asked::new(app, &http, &site, &visit, &id)?;
    let progress = list::progress(&asked.app, asked.id, &asked.browser).await?;
    let answer = match &progress {
        Some(progress) => {
            let state = word(progress);
            State {
                state: state.unwrap_or("done"),
                signed: progress.signed(),
                total: progress.total(),
                next: state.is_none().then(|| asked.path("/progress")),
            }
        }
        None => State {
            state: "open",
            signed: 0,
            total: 0,
            next: Some(asked.path("")),
        },
    };
    Ok(HttpResponse::Ok().json(answer))
}
