//! The pages of signing several documents in one go: `/list/{id}/…`.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};

use super::asked::Asked;
use super::page::{self, Page, Steps};
use super::pages::card::CardSigning;
use super::pages::list as views;
use super::pages::sign::Ask;
use super::problem::Failure;
use super::sign::{client_name, see_other};
use super::together;
use crate::base::code::PersonCode;
use crate::base::digest::Sha256Digest;
use crate::card::eid::LastTry;
use crate::http::i18n::Value;
use crate::journeys::sign::list::{self, Item, Progress, View};
use crate::journeys::sign::view::Standing;
use crate::journeys::sign::{ceremony, deliver};
use crate::signing::attempt::{Attempt, AttemptState, Driver};
use crate::signing::list::{ListId, fingerprint};
use crate::signing::request::{RequestId, SigningRequest};
use crate::signing::shown::shown;

/// What the forms of these pages carry; `only` may stand once for each document.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) csrf: String,
    pub(super) only: Vec<RequestId>,
    /// What the page before showed of each document: `srq_…:64 hex digits`.
    pub(super) seen: BTreeMap<RequestId, String>,
    pub(super) last_attempt: bool,
}

impl Form {
    /// Reads a query or a form's body. What is no id of a request names nothing.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in url::form_urlencoded::parse(bytes) {
            match name.as_ref() {
                "csrf" => form.csrf = value.into_owned(),
                "only" => form.only.extend(value.parse::<RequestId>()),
                "seen" => form.seen.extend(
                    value
                        .split_once(':')
                        .and_then(|(id, shown)| Some((id.parse().ok()?, shown.to_owned()))),
                ),
                "last_attempt" => form.last_attempt = true,
                _ => {}
            }
        }
        form
    }

    /// Whether the person was told that one PIN try is left and goes on.
    pub(super) const fn last_try(&self) -> LastTry {
        if self.last_attempt {
            LastTry::Confirmed
        } else {
            LastTry::NotConfirmed
        }
    }
}

impl Asked<ListId> {
    /// What the person in this browser sees, or the log-in they must go through first.
    pub(super) async fn view(&self) -> Result<Result<View, HttpResponse>, Failure> {
        let board = list::board_of(&self.app, self.id).await?;
        Ok(match self.log_in_first(board.id).await? {
            Some(log_in) => Err(log_in),
            None => Ok(list::view(&self.app, self.id, &self.browser).await?),
        })
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
pub async fn show(asked: Asked<ListId>) -> Result<HttpResponse, Failure> {
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
        page: Page::titled(&asked.site, &asked.visit, title).at_step(Steps::SIGN, 1),
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

fn line(asked: &Asked<ListId>, item: &Item) -> views::ListItem {
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
pub async fn confirm(asked: Asked<ListId>) -> Result<HttpResponse, Failure> {
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    let form = Form::read(asked.query().as_bytes());
    let chosen = form.only;
    let (mut documents, mut digests) = (Vec::new(), Vec::new());
    for item in view.waiting().filter(|item| chosen.contains(&item.request.id)) {
        let (document, digest) = shown_document(&asked, item).await?;
        documents.extend(document);
        digests.push(digest);
    }
    if documents.is_empty() {
        return Ok(see_other(&asked.path("")));
    }
    let card = CardSigning {
        base: asked.path(""),
        seen: views::seen(&documents),
    };
    let page = views::ListConfirm {
        page: Page::new(&asked.site, &asked.visit, "confirm-sign-title").at_step(Steps::SIGN, 2),
        documents,
        fingerprint: fingerprint(&digests).to_string(),
        one_pin: view.board.one_pin,
        together: together::offered(&asked, &view, &chosen, form.last_attempt).await,
        action: asked.is_here().then(|| asked.path("/counter")),
        card,
        is_last_attempt: form.last_attempt,
        back: asked.path(""),
        csrf: asked.csrf(),
    };
    Ok(page::show(&page))
}

/// A document that waits for this person as the page shows it before the PIN, with its SHA-256.
pub(super) async fn shown_document(
    asked: &Asked<ListId>,
    item: &Item,
) -> Result<(Option<views::ListDocument>, Sha256Digest), Failure> {
    let digest = deliver::digest(&asked.app, &item.request).await?;
    let Standing::May { verdict, slot } = &item.standing else {
        return Ok((None, digest));
    };
    let capacity = verdict.capacity.as_ref();
    let document = views::ListDocument {
        id: item.request.id.to_string(),
        title: item.request.title.clone(),
        role: capacity
            .map(|capacity| capacity.label(asked.language()))
            .unwrap_or_default(),
        sha256: digest.to_string(),
        seen: shown(item.request.id, *slot, &digest, verdict),
    };
    Ok((Some(document), digest))
}

/// `POST /list/{id}/counter`: the card in this computer's reader signs.
pub async fn counter(asked: Asked<ListId>, body: web::Bytes) -> Result<HttpResponse, Failure> {
    let form = Form::read(&body);
    asked.check(&form.csrf)?;
    let (shared, last_try) = (asked.app.clone().into_inner(), form.last_try());
    let (browser, language) = (&asked.browser, asked.language());
    ceremony::start_list(&shared, asked.id, &form.seen, browser, last_try, language).await?;
    Ok(see_other(&asked.path("/progress")))
}

/// `GET /list/{id}/progress`: how far this person's latest go is, and then what came of it.
pub async fn progress(asked: Asked<ListId>) -> Result<HttpResponse, Failure> {
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
        page: Page::new(&asked.site, &asked.visit, title).at_step(Steps::SIGN, 3),
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
    let is_beside = progress
        .tries
        .iter()
        .any(|attempt| attempt.driver == Driver::Beside);
    match progress.state() {
        AttemptState::Checking | AttemptState::Signing if is_beside => Some("beside"),
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
            request.slot(attempt.slot)?.stage.fixed_document()
        });
    let digests: Vec<_> = fixed.collect::<Option<_>>()?;
    (digests.len() > 1).then(|| fingerprint(&digests).to_string())
}

fn request_of<'v>(view: &'v View, attempt: &Attempt) -> Option<&'v SigningRequest> {
    let mut requests = view.items.iter().map(|item| &item.request);
    requests.find(|request| request.id == attempt.request)
}

async fn result(asked: &Asked<ListId>, view: &View, progress: &Progress) -> HttpResponse {
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
        page: Page::titled(&asked.site, &asked.visit, title).at_step(Steps::SIGN, 4),
        code: told.map(|(code, _)| code),
        detail: told.map(|(code, tries_left)| say(code, tries_left).1),
        is_last_attempt: matches!(told, Some((_, Some(1)))),
        signed: progress.signed(),
        container: container(view, progress),
        results: results.collect(),
        again: (!rest.is_empty()).then(|| asked.path("/confirm")),
        rest,
        list: asked.path(""),
        back: asked.back(view).await,
    };
    page::show(&page)
}

/// Name and address of the container that this go put the documents into, once it stands.
fn container(view: &View, progress: &Progress) -> Option<(String, String)> {
    let requests = progress
        .tries
        .iter()
        .filter(|attempt| attempt.state == AttemptState::Done);
    let mut packed = requests.filter_map(|attempt| {
        let request = request_of(view, attempt)?;
        let packed = request
            .packed
            .as_ref()
            .filter(|packed| packed.by == view.person)?;
        Some((packed.name.clone(), format!("/sign/{}/document", request.id)))
    });
    packed.next()
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
pub async fn state(asked: Asked<ListId>) -> Result<HttpResponse, Failure> {
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
