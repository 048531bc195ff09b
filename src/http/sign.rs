//! The pages of signing: `/sign/{id}/…`. Each handler reads its input, calls one step of `journeys::sign` and shows the
//! outcome.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::api;
use super::asked::Asked;
use super::download;
use super::headers::Policy;
use super::i18n::Value;
use super::page::{self, Page, Steps};
use super::pages::card::CardSigning;
use super::pages::interaction as waiting;
use super::pages::list as list_views;
use super::pages::sign as views;
use super::problem::Failure;
use crate::base::code::PersonCode;
use crate::base::digest::Sha256Digest;
use crate::base::lang::Language;
use crate::card::eid::LastTry;
use crate::journeys::App;
use crate::journeys::sign::view::{Standing, View};
use crate::journeys::sign::{SignError, ceremony, deliver, view};
use crate::mandates::Verdict;
use crate::pdf::document::Document as Pdf;
use crate::pdf::{preview, text};
use crate::signing::attempt::{Attempt, AttemptState, Driver};
use crate::signing::publication::Publication;
use crate::signing::request::{Ending, RequestId, Slot, Stage};
use crate::signing::shown::shown;
use crate::store::boards::Board;
use crate::store::clients;

/// Width of a page's picture, in pixels.
const PICTURE_WIDTH: u16 = 900;
/// Pages shown with a picture; the rest are text and the original.
const PICTURES: usize = 20;

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        if error.code() == PersonCode::ServerError {
            tracing::error!(cause = error.cause(), error = ?error, "a signing page failed");
        } else {
            tracing::info!(
                cause = error.cause(),
                code = error.code().as_str(),
                "a signing page refused"
            );
        }
        Self::new(error.code())
    }
}

/// What every form of these pages carries.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    csrf: String,
    /// Why somebody declines.
    #[serde(default)]
    reason: String,
    /// What the page before showed.
    #[serde(default)]
    seen: String,
    /// Set by the form that says that one PIN try is left.
    #[serde(default)]
    last_attempt: Option<String>,
}

impl Asked<RequestId> {
    /// What the person in this browser sees, or the log-in they must go through first.
    async fn view(&self) -> Result<Result<View, HttpResponse>, Failure> {
        let board = view::board_of(&self.app, self.id).await?;
        Ok(match self.log_in_first(board.id).await? {
            Some(log_in) => Err(log_in),
            None => Ok(view::view(&self.app, self.id, &self.browser).await?),
        })
    }
}

pub(super) fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .finish()
}

/// `GET /sign/{id}`: the page of the stage that the request has reached for this person.
pub async fn show(asked: Asked<RequestId>) -> Result<HttpResponse, Failure> {
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    match &view.standing {
        Standing::May { verdict, .. } => ask(&asked, &view, verdict).await,
        Standing::AlreadySigned if has_failed(&view) => closed(&asked, &view).await,
        Standing::AlreadySigned => Ok(done(&asked, &view).await),
        Standing::Closed => closed(&asked, &view).await,
        Standing::Waiting => Err(Failure::new(PersonCode::NotYourTurn)),
        Standing::MayNot { verdict } => Err(may_not(&view, verdict)),
    }
}

/// The refusal as the person reads it, with its cause for the people who look after the facts.
fn may_not(view: &View, verdict: &Verdict) -> Failure {
    let code = view.check_may_see().err().map(|error| error.code());
    let cause = verdict.cause().unwrap_or_default();
    tracing::info!(signing.id = %view.request.id, cause, "the check of authority says no");
    Failure::new(code.unwrap_or(PersonCode::SignerWithoutAuthority)).for_developers(cause)
}

async fn ask(asked: &Asked<RequestId>, view: &View, verdict: &Verdict) -> Result<HttpResponse, Failure> {
    let texts = asked.site.catalog.texts(asked.language());
    let document = document_view(asked, view).await?;
    let page = views::Ask {
        page: Page::titled(&asked.site, &asked.visit, views::Ask::title(texts, 1)).at_step(Steps::SIGN, 1),
        requester: requester(asked, view).await,
        until: Some(view.request.expires_at),
        capacity: capacity(verdict, asked.language()),
        slots: slots(view, asked.language()),
        documents: vec![document],
        next: asked.path("/confirm"),
        decline: asked.path("/decline"),
    };
    Ok(page::show(&page))
}

/// Name of the application that asks, with its organisation.
async fn requester(asked: &Asked<RequestId>, view: &View) -> String {
    client_name(&asked.app, &view.request.client, &view.board, asked.language()).await
}

/// The name of the application with this client id; its board's when it is gone.
pub(super) async fn client_name(app: &App, client: &str, board: &Board, language: Language) -> String {
    let client = match client.parse() {
        Ok(id) => clients::find(&app.db, id).await.ok().flatten(),
        Err(_) => None,
    };
    client.map_or_else(
        || board.names.in_language(language).to_owned(),
        |client| client.registration.names.in_language(language).to_owned(),
    )
}

fn capacity(verdict: &Verdict, language: Language) -> views::SigningCapacity {
    views::SigningCapacity {
        role: verdict
            .capacity
            .as_ref()
            .map(|capacity| capacity.label(language))
            .unwrap_or_default(),
        body: String::new(),
        basis: basis(verdict),
        mention: verdict.mention().map(|mention| mention.text(language).to_owned()),
    }
}

/// By which rules and decisions, as they are cited.
fn basis(verdict: &Verdict) -> Vec<String> {
    let rules = verdict
        .rules
        .iter()
        .map(|rule| format!("{} ({})", rule.article, rule.rule));
    rules
        .chain(
            verdict
                .decisions
                .iter()
                .map(|decision| decision.reference.clone()),
        )
        .collect()
}

fn slots(view: &View, language: Language) -> Vec<views::SlotView> {
    let mine = view.request.turn();
    view.request
        .slots
        .iter()
        .map(|slot| views::SlotView {
            role: role(view, slot.number, language),
            state: slot_state(slot, mine),
        })
        .collect()
}

fn role(view: &View, number: u8, language: Language) -> String {
    let planned = view.plan.slots.iter().find(|planned| planned.number == number);
    let roles = planned.map(|planned| {
        planned
            .roles
            .iter()
            .map(|role| role.name(language))
            .collect::<Vec<_>>()
    });
    roles.unwrap_or_default().join(", ")
}

fn slot_state(slot: &Slot, mine: Option<u8>) -> views::SlotState {
    match &slot.stage {
        Stage::Signed {
            signer, signed_at, ..
        }
        | Stage::PackedSigned {
            signer, signed_at, ..
        }
        | Stage::Done {
            signer, signed_at, ..
        } => views::SlotState::Signed {
            name: signer.name.clone(),
            at: *signed_at,
        },
        Stage::Open | Stage::Prepared { .. } | Stage::Packed { .. } if mine == Some(slot.number) => {
            views::SlotState::You
        }
        Stage::Open | Stage::Prepared { .. } | Stage::Packed { .. } => views::SlotState::Waiting,
    }
}

async fn document_view(asked: &Asked<RequestId>, view: &View) -> Result<views::DocumentView, Failure> {
    let (source, current) = deliver::source_for_signer(&asked.app, view).await?;
    let texts = web::block(move || {
        let pdf = Pdf::open(source)?;
        text::of_document(&pdf.latest())
    })
    .await
    .map_err(|_| Failure::new(PersonCode::ServerError))?;
    // A page whose text cannot be read still has its picture and the original.
    let texts = texts.unwrap_or_default();
    let count = usize::try_from(view.request.document.pages).unwrap_or(usize::MAX);
    let pages = (0..count.min(500))
        .map(|index| views::PageView {
            picture: (index < PICTURES).then(|| asked.path(&format!("/page/{}", index.saturating_add(1)))),
            text: texts.get(index).map(|page| page.text.clone()).unwrap_or_default(),
        })
        .collect();
    let signatures = view
        .request
        .slots
        .iter()
        .filter_map(|slot| match slot_state(slot, None) {
            views::SlotState::Signed { name, at } => Some(views::SignatureLine { name, at: Some(at) }),
            _ => None,
        })
        .collect();
    Ok(views::DocumentView {
        name: view.request.title.clone(),
        kind: Some(view.request.kind.name(asked.language()).to_owned()),
        size_bytes: view.request.document.length_bytes(),
        sha256: current.to_string(),
        base_sha256: (!view.request.document.tails.is_empty())
            .then(|| view.request.document.base.sha256.to_string()),
        original: asked.path("/document"),
        pages,
        signatures,
    })
}

/// `GET /sign/{id}/page/{number}`: the picture of one page, from 1.
pub async fn picture(
    asked: Asked<RequestId>,
    path: web::Path<(String, usize)>,
) -> Result<HttpResponse, Failure> {
    let (_, number) = path.into_inner();
    let view = view::view(&asked.app, asked.id, &asked.browser).await?;
    let (source, _) = deliver::source_for_signer(&asked.app, &view).await?;
    let index = number.checked_sub(1).filter(|index| *index < PICTURES);
    let index = index.ok_or_else(|| Failure::new(PersonCode::NotFound))?;
    let drawn = web::block(move || {
        let pdf = Pdf::open(source).map_err(|_| PersonCode::DocumentDamaged)?;
        let view = pdf.latest();
        let page = view
            .page(index)
            .map_err(|_| PersonCode::DocumentDamaged)?
            .ok_or(PersonCode::NotFound)?;
        preview::png(&view, &page, PICTURE_WIDTH).map_err(|_| PersonCode::DocumentDamaged)
    })
    .await
    .map_err(|_| Failure::new(PersonCode::ServerError))?
    .map_err(Failure::new)?;
    let mut response = HttpResponse::Ok().content_type("image/png").body(drawn);
    Policy::Document.attach(&mut response);
    Ok(response)
}

/// `GET /sign/{id}/document`: the document as it is now.
pub async fn document(asked: Asked<RequestId>) -> Result<HttpResponse, Failure> {
    let delivered = deliver::for_signer(&asked.app, asked.id, &asked.browser).await?;
    let mut response = HttpResponse::Ok()
        .content_type(delivered.media_type)
        .insert_header((header::CONTENT_DISPOSITION, api::attachment(&delivered.name)))
        .body(download::body(delivered.source));
    Policy::Document.attach(&mut response);
    Ok(response)
}

/// `GET /sign/{id}/publication`: the copy for publication, sealed by the board.
pub async fn publication(asked: Asked<RequestId>) -> Result<HttpResponse, Failure> {
    let delivered = deliver::publication_for_signer(&asked.app, asked.id, &asked.browser).await?;
    let mut response = HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, api::attachment(&delivered.name)))
        .body(download::body(delivered.source));
    Policy::Document.attach(&mut response);
    Ok(response)
}

/// `GET /sign/{id}/proof`: the proof as far as it goes.
pub async fn proof(asked: Asked<RequestId>) -> Result<HttpResponse, Failure> {
    let proof = deliver::proof_for_signer(&asked.app, asked.id, &asked.browser).await?;
    let name = format!("{}.proof.json", asked.id);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_DISPOSITION, api::attachment(&name)))
        .json(proof))
}

/// `GET /sign/{id}/confirm`: exactly what will happen.
pub async fn confirm(asked: Asked<RequestId>) -> Result<HttpResponse, Failure> {
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    let Standing::May { verdict, slot } = &view.standing else {
        return Ok(see_other(&asked.path("")));
    };
    let current = deliver::digest(&asked.app, &view.request).await?;
    let seen = shown(asked.id, *slot, &current, verdict);
    let page = views::Confirm {
        page: Page::new(&asked.site, &asked.visit, views::Confirm::TITLE).at_step(Steps::SIGN, 2),
        capacity: capacity(verdict, asked.language()),
        documents: vec![(view.request.title.clone(), current.to_string())],
        action: asked.is_here().then(|| asked.path("/counter")),
        card: CardSigning {
            base: asked.path(""),
            seen: serde_json::json!({asked.id.to_string(): seen}).to_string(),
        },
        seen,
        back: asked.path(""),
        csrf: asked.csrf(),
    };
    Ok(page::show(&page))
}

/// `POST /sign/{id}/counter`: the card in this computer's reader signs.
pub async fn counter(asked: Asked<RequestId>, form: web::Form<Form>) -> Result<HttpResponse, Failure> {
    asked.check(&form.csrf)?;
    let last_try = if form.last_attempt.is_some() {
        LastTry::Confirmed
    } else {
        LastTry::NotConfirmed
    };
    let shared = asked.app.clone().into_inner();
    ceremony::start(
        &shared,
        asked.id,
        &form.seen,
        &asked.browser,
        last_try,
        asked.language(),
    )
    .await?;
    Ok(see_other(&asked.path("/progress")))
}

/// `GET /sign/{id}/progress`: the page of the stage that this person's try has reached.
pub async fn progress(asked: Asked<RequestId>) -> Result<HttpResponse, Failure> {
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    let Some(attempt) = &view.attempt else {
        return Ok(see_other(&asked.path("")));
    };
    let waiting_page = |state, current: Sha256Digest| waiting::Waiting {
        page: Page::new(&asked.site, &asked.visit, waiting::Waiting::TITLE).at_step(Steps::SIGN, 3),
        short_code: attempt.short_code.clone(),
        is_signing: true,
        state,
        state_href: asked.path("/state"),
        self_href: asked.path("/progress"),
        until: None,
        cancel: None,
        csrf: asked.csrf(),
        documents: vec![(view.request.title.clone(), current.to_string())],
    };
    let current = || deliver::digest(&asked.app, &view.request);
    if attempt.driver == Driver::Beside
        && matches!(attempt.state, AttemptState::Checking | AttemptState::Signing)
    {
        return Ok(page::show(&beside(&asked)));
    }
    Ok(match &attempt.state {
        AttemptState::Checking => {
            page::show(&waiting_page(waiting::WaitingState::Checking, current().await?))
        }
        AttemptState::Signing => page::show(&waiting_page(waiting::WaitingState::Pin, current().await?)),
        AttemptState::Finishing => page::show(&views::Finishing {
            page: Page::new(&asked.site, &asked.visit, "finishing-title").at_step(Steps::SIGN, 3),
            state_href: asked.path("/state"),
            self_href: asked.path("/progress"),
        }),
        AttemptState::Done => see_other(&asked.path("")),
        AttemptState::Failed { code, tries_left, .. } => failed(&asked, attempt, *code, *tries_left),
    })
}

/// Somebody signs beside another window of theirs; this one waits for what comes of it.
fn beside(asked: &Asked<RequestId>) -> list_views::ListProgress<'_> {
    list_views::ListProgress {
        page: Page::new(&asked.site, &asked.visit, "waiting-title").at_step(Steps::SIGN, 3),
        short_code: None,
        fingerprint: None,
        state: "beside",
        signed: 0,
        total: 1,
        state_href: asked.path("/state"),
        self_href: asked.path("/progress"),
    }
}

fn failed(
    asked: &Asked<RequestId>,
    attempt: &Attempt,
    code: PersonCode,
    tries_left: Option<u8>,
) -> HttpResponse {
    let texts = asked.site.catalog.texts(asked.language());
    let mut values: Vec<(&str, Value)> = Vec::new();
    values.extend(tries_left.map(|left| ("left", Value::from(left))));
    let view = waiting::Failed {
        page: Page::titled(&asked.site, &asked.visit, texts.heading(code, &values)).at_step(Steps::SIGN, 3),
        code,
        detail: texts.detail(code, &values),
        // At the counter the same again, by what was shown; beside a browser from the page that shows it.
        again: match attempt.driver {
            Driver::Counter => asked.is_here().then(|| asked.path("/counter")),
            Driver::Beside => None,
        },
        seen: attempt.seen.clone(),
        is_last_attempt: tries_left == Some(1),
        cancel: asked.path("/leave"),
        csrf: asked.csrf(),
        state_href: None,
        self_href: asked.path("/progress"),
    };
    page::show(&view)
}

/// `POST /sign/{id}/leave`: back to the document.
pub async fn leave(asked: Asked<RequestId>, form: web::Form<Form>) -> Result<HttpResponse, Failure> {
    asked.check(&form.csrf)?;
    Ok(see_other(&asked.path("")))
}

/// `GET /sign/{id}/state`: where the try stands, for the page that waits.
pub async fn state(asked: Asked<RequestId>) -> Result<HttpResponse, Failure> {
    let attempt = view::attempt(&asked.app, asked.id, &asked.browser).await?;
    let is_beside = attempt
        .as_ref()
        .is_some_and(|attempt| attempt.driver == Driver::Beside);
    let state = attempt.map(|attempt| attempt.state);
    let next = |rest: &str| Some(asked.path(rest));
    let answer = match state {
        Some(AttemptState::Checking | AttemptState::Signing) if is_beside => waiting::State {
            state: "beside",
            next: None,
        },
        Some(AttemptState::Checking) => waiting::State {
            state: waiting::WaitingState::Checking.as_str(),
            next: None,
        },
        Some(AttemptState::Signing) => waiting::State {
            state: waiting::WaitingState::Pin.as_str(),
            next: None,
        },
        Some(AttemptState::Finishing) => waiting::State {
            state: "finishing",
            next: None,
        },
        Some(AttemptState::Done) => waiting::State {
            state: "done",
            next: next(""),
        },
        Some(AttemptState::Failed { .. }) => waiting::State {
            state: "failed",
            next: next("/progress"),
        },
        None => waiting::State {
            state: "open",
            next: next(""),
        },
    };
    Ok(HttpResponse::Ok().json(answer))
}

/// `GET /sign/{id}/decline`: are you sure, and why.
pub async fn ask_decline(asked: Asked<RequestId>) -> Result<HttpResponse, Failure> {
    let view = match asked.view().await? {
        Ok(view) => view,
        Err(log_in) => return Ok(log_in),
    };
    if !matches!(view.standing, Standing::May { .. }) {
        return Ok(see_other(&asked.path("")));
    }
    let page = views::Decline {
        page: Page::new(&asked.site, &asked.visit, "decline-title"),
        requester: requester(&asked, &view).await,
        action: asked.path("/decline"),
        back: asked.path(""),
        csrf: asked.csrf(),
    };
    Ok(page::show(&page))
}

/// `POST /sign/{id}/decline`
pub async fn decline(asked: Asked<RequestId>, form: web::Form<Form>) -> Result<HttpResponse, Failure> {
    asked.check(&form.csrf)?;
    view::decline(&asked.app, asked.id, &asked.browser, &form.reason).await?;
    Ok(see_other(&asked.path("")))
}

async fn done(asked: &Asked<RequestId>, view: &View) -> HttpResponse {
    let next = view
        .request
        .turn()
        .map(|number| role(view, number, asked.language()));
    let request = &view.request;
    let ending = request.closed.as_ref().map(|closed| &closed.how);
    let complete = matches!(ending, Some(Ending::Completed));
    let below = request.lowest_level().filter(|shown| *shown < request.level);
    let page = views::Done {
        page: Page::new(&asked.site, &asked.visit, "sign-done-title").at_step(Steps::SIGN, 4),
        lead: match deliver::own_container(view) {
            Some(_) => "together-done-lead",
            None => "sign-done-lead",
        },
        documents: vec![views::DoneDocument {
            name: view.request.title.clone(),
            container: in_container(asked, view),
            download: asked.path("/document"),
            proof: complete.then(|| asked.path("/proof")),
            publication: matches!(view.request.publication, Some(Publication::Done { .. }))
                .then(|| asked.path("/publication")),
        }],
        ended: (!complete).then(|| ended(asked, view)).flatten(),
        all_stand: request.all_stand(),
        below: below.map(|shown| (shown, request.level)),
        next,
        back: back(asked, view).await,
    };
    page::show(&page)
}

/// That the last signature stands in a container, in a sentence. Its name tells of the list: whoever signed that reads it.
fn in_container(asked: &Asked<RequestId>, view: &View) -> Option<String> {
    let texts = asked.site.catalog.texts(asked.language());
    view.request.packed.as_ref()?;
    Some(match deliver::own_container(view) {
        Some(packed) => texts.with("sign-done-container", "name", packed.name.clone()),
        None => texts.get("sign-done-container-others"),
    })
}

/// How the request ended, in a sentence.
fn ended(asked: &Asked<RequestId>, view: &View) -> Option<String> {
    let key = match view.request.closed.as_ref().map(|closed| &closed.how) {
        Some(Ending::Completed) => "ended-completed",
        Some(Ending::Declined { .. }) => "ended-declined",
        Some(Ending::Failed { .. }) => "ended-failed",
        Some(Ending::Withdrawn) => "ended-withdrawn",
        None if view.request.is_finishing() || view.request.is_open(asked.app.now()) => return None,
        Some(Ending::Expired) | None => "ended-expired",
    };
    Some(asked.site.catalog.texts(asked.language()).get(key))
}

async fn back(asked: &Asked<RequestId>, view: &View) -> Option<(String, String)> {
    let url = view.request.return_url.clone()?;
    Some((requester(asked, view).await, url))
}

fn has_failed(view: &View) -> bool {
    let ending = view.request.closed.as_ref().map(|closed| &closed.how);
    matches!(ending, Some(Ending::Failed { .. }))
}

async fn closed(asked: &Asked<RequestId>, view: &View) -> Result<HttpResponse, Failure> {
    let requester = requester(asked, view).await;
    if has_failed(view) && matches!(view.standing, Standing::AlreadySigned) {
        return Err(Failure::new(PersonCode::SignatureFailed).with("requester", requester));
    }
    let is_own = matches!(
        view.request.closed.as_ref().map(|closed| &closed.how),
        Some(Ending::Declined { by, .. }) if *by == view.person
    );
    if !is_own {
        let mut failure = Failure::new(PersonCode::RequestClosed).with("requester", requester);
        if let Some(ended) = ended(asked, view) {
            failure = failure.with("reason", ended);
        }
        return Err(failure);
    }
    let texts = asked.site.catalog.texts(asked.language());
    let values = [("requester", Value::from(requester))];
    let page = views::Declined {
        page: Page::titled(
            &asked.site,
            &asked.visit,
            texts.heading(PersonCode::RequestDeclined, &values),
        ),
        detail: texts.detail(PersonCode::RequestDeclined, &values),
        back: back(asked, view).await,
    };
    Ok(page::show(&page))
}
