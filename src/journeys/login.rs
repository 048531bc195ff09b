//! Log in, from an application's request to its tokens.
//!
//! An application sends a person to [`authorize`] → the request is checked → the browser gets a page ([`view`]) → a
//! card answers a challenge, through a Web eID program ([`card::web_eid_token`]) or the counter's reader
//! ([`card::start_counter`]) → the person proved is looked up at the board → the browser [`arrive`]s and gets its
//! session → the person picks a capacity and sees who receives what ([`choose`]) → code → [`tokens`].

mod capacity;
pub mod card;
mod codes;
mod end;
mod error;
mod proof;
mod tidy;
pub mod tokens;
mod views;

use std::sync::Arc;

use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::identity::{BoardId, PersonId};
use crate::oidc::authorize::{AuthorizationRequest, Prompt, Raw, Refusal};
use crate::oidc::claims;
use crate::oidc::client::Client;
use crate::oidc::interaction::{self, Interaction, InteractionId, OwnPath, Stage, Task};
use crate::oidc::response::{Answer, ErrorCode};
use crate::oidc::secret::{Opaque, SecretHash};
use crate::oidc::session::{self, Decision, Session};
use crate::pki::revocation::Tolerance;
use crate::store::boards::{self, Board};
use crate::store::keys::{self, KeyPurpose};
use crate::store::{clients, grants, login, outage, sessions};

use super::{App, counter};
use capacity::{Remembered, chosen_capacity, remembered};

pub use capacity::{Capacity, capacities};
pub use end::{end_session, log_out};
pub use error::LoginError;
pub use proof::arrive;
pub use tidy::tidy;
pub use views::{Asker, CapacityView, ChoiceView, FailedView, State, View, WaitingView, state, view};

/// What a request's cookies and connection say about the browser.
#[derive(Debug, Default)]
pub struct Browser {
    /// Value of `__Host-zegel-pre`, the cookie of a browser that did not log in yet.
    pub before: Option<Opaque>,
    /// Value of `__Host-zegel`, the cookie of the session.
    pub session: Option<Opaque>,
    /// Whether it runs on this very machine: only then is the counter's reader offered.
    pub is_at_this_computer: bool,
}

/// Name of the cookie before log-in. `Secure`, `HttpOnly`, `SameSite=Lax`, no expiry.
pub const BEFORE_COOKIE: &str = "__Host-zegel-pre";
/// Name of the session's cookie. `Secure`, `HttpOnly`, `SameSite=Lax`, no expiry.
pub const SESSION_COOKIE: &str = "__Host-zegel";

/// What a request to log in comes to.
#[derive(Debug)]
pub enum Begun {
    /// The application gets its answer at once.
    Answer(Answer),
    /// The person gets pages: go to the visit's first page, and set the cookie when one is given.
    Pages {
        /// The visit.
        interaction: InteractionId,
        /// A new value for [`BEFORE_COOKIE`].
        cookie: Option<Opaque>,
    },
    /// Nothing to ask: on to this page of ours.
    There(OwnPath),
}

/// How a visit ends.
#[derive(Debug)]
pub enum Finished {
    /// The application gets its answer.
    Answer(Answer),
    /// Back to the page of ours that asked.
    Own(OwnPath),
}

/// A browser that became a session.
#[derive(Debug)]
pub struct Arrived {
    /// The new value for [`SESSION_COOKIE`].
    pub cookie: Opaque,
    /// Where to go on: the visit's own page, or the page of ours that asked.
    pub next: Next,
}

/// Where a browser goes on after it arrived.
#[derive(Debug)]
pub enum Next {
    /// To the visit's page, where capacity and sharing are confirmed.
    Interaction(InteractionId),
    /// To the page of ours that asked.
    Own(OwnPath),
}

/// An application's authorization request, as decoded pairs of query or form.
///
/// # Errors
/// What ends on a page of ours: unknown board or client, unregistered redirect URI, a parameter twice. Everything
/// else goes to the application as [`Begun::Answer`].
pub async fn authorize(
    app: &App,
    board: &str,
    pairs: Vec<(String, String)>,
    browser: &Browser,
) -> Result<Begun, LoginError> {
    let now = app.now();
    let board = board_called(app, board).await?;
    let raw = Raw::read(pairs)?;
    let client = clients::find_by_slug(&app.db, board.id, &raw.client()?).await?;
    let keys = match raw.get("id_token_hint") {
        Some(_) => keys::published(&app.db, board.id, KeyPurpose::Token).await?,
        None => Vec::new(),
    };
    let keys: Vec<_> = keys.into_iter().map(|key| key.public).collect();
    let request = match raw.check(board.id, &app.issuer(&board.slug), client.as_ref(), &keys, now) {
        Ok(request) => request,
        Err(Refusal::Page(error)) => return Err(error.into()),
        Err(Refusal::Redirected(error)) => {
            tracing::info!(
                client.id = raw.get("client_id"),
                code = error.code.as_str(),
                "authorization request refused"
            );
            return Ok(Begun::Answer(Answer::error(
                error.target,
                error.code,
                error.description,
            )));
        }
    };
    let client = client.ok_or(LoginError::Inconsistent)?;
    let session = hinted(app, &request, &client, current_session(app, browser).await?).await?;
    let needs_number = claims::releases_number(&client, &request.scopes);
    let refuse = |code, text| Ok(Begun::Answer(Answer::error(request.target.clone(), code, text)));
    let tolerated = if outage::is_on(&app.db, now).await? {
        Tolerance::Outage
    } else {
        client.registration.tolerance
    };
    match session::decide(
        &request,
        session.as_ref(),
        client.registration.minimum_level,
        tolerated,
        needs_number,
        now,
    ) {
        Decision::UnmetLevel => refuse(
            ErrorCode::UnmetAuthenticationRequirements,
            "no log-in here reaches that level",
        ),
        Decision::LoginRequired => refuse(ErrorCode::LoginRequired, "the person must log in"),
        Decision::LogIn => {
            let task = Task::Authorize {
                request: Box::new(request),
            };
            begin_pages(app, board.id, task, browser).await
        }
        Decision::Reuse => {
            let session = session.ok_or(LoginError::Inconsistent)?;
            match remembered(app, &request, &client, &session).await? {
                Remembered::All(capacity) if request.prompt != Prompt::Consent => {
                    codes::issue(app, &request, &client, &session, capacity, None)
                        .await
                        .map(Begun::Answer)
                }
                Remembered::Nothing if request.prompt == Prompt::None => refuse(
                    ErrorCode::ConsentRequired,
                    "the person must confirm what is shared",
                ),
                Remembered::NotTheCapacity if request.prompt == Prompt::None => refuse(
                    ErrorCode::InteractionRequired,
                    "the person must choose a capacity",
                ),
                _ => {
                    let task = Task::Authorize {
                        request: Box::new(request),
                    };
                    begin_choosing(app, board.id, task, &session, browser).await
                }
            }
        }
    }
}

/// A page of ours needs to know who is there, known at `board`.
pub async fn begin_own(
    app: &App,
    board: BoardId,
    return_to: OwnPath,
    language: Option<Language>,
    browser: &Browser,
) -> Result<Begun, LoginError> {
    let session = current_session(app, browser).await?;
    if session.is_some_and(|session| session.person_at(board).is_some()) {
        return Ok(Begun::There(return_to));
    }
    begin_pages(app, board, Task::OwnPage { return_to, language }, browser).await
}

/// The session of this browser, when it has one that is not over; notes that it was used.
pub async fn current_session(app: &App, browser: &Browser) -> Result<Option<Session>, LoginError> {
    let Some(cookie) = &browser.session else {
        return Ok(None);
    };
    let now = app.now();
    let seats = app.counter.as_ref().map(|counter| &counter.seats);
    let session = sessions::find_by_cookie(&app.db, cookie)
        .await?
        .filter(|session| !session.is_over(now) && !seats.is_some_and(|seats| seats.has_left(session.id)));
    if let Some(session) = &session {
        // One write a minute is enough to know that somebody is still there.
        if now.since(session.seen_at) >= std::time::Duration::from_mins(1) {
            sessions::seen(&app.db, session.id, now).await?;
        }
    }
    Ok(session)
}

/// The person confirms who receives what, in the capacity with this key: the last click before the code.
///
/// `capacity`: may be left out by who has one capacity or none.
pub async fn choose(
    app: &App,
    id: InteractionId,
    browser: &Browser,
    capacity: Option<&str>,
) -> Result<Finished, LoginError> {
    let mut interaction = open_interaction(app, id, browser).await?;
    let (Stage::Choosing { session: expected }, Task::Authorize { request }) =
        (interaction.stage.clone(), interaction.task.clone())
    else {
        return Err(LoginError::WrongStage);
    };
    let session = current_session(app, browser)
        .await?
        .filter(|session| session.id == expected);
    let session = session.ok_or(LoginError::InteractionUnknown)?;
    let client = clients::find(&app.db, request.client)
        .await?
        .ok_or(LoginError::Inconsistent)?;
    let chosen = chosen_capacity(app, &request, &session, capacity).await?;
    interaction.finished_at = Some(app.now());
    let wrapped = interaction.wrapped_number.take();
    let answer = codes::issue(
        app,
        &request,
        &client,
        &session,
        chosen,
        Some((interaction, wrapped)),
    )
    .await?;
    Ok(Finished::Answer(answer))
}

/// The person goes back without logging in.
pub async fn cancel(app: &App, id: InteractionId, browser: &Browser) -> Result<Finished, LoginError> {
    let mut interaction = open_interaction(app, id, browser).await?;
    interaction.finished_at = Some(app.now());
    interaction.wrapped_number = None;
    if let Some(counter) = &app.counter {
        counter.running.stop(id);
    }
    let task = interaction.task.clone();
    app.db
        .write(move |unit| {
            let interaction = interaction.clone();
            Box::pin(async move { login::advance(unit, &interaction).await })
        })
        .await?;
    Ok(match task {
        Task::Authorize { request } => Finished::Answer(Answer::error(
            request.target,
            ErrorCode::AccessDenied,
            "the person did not log in",
        )),
        Task::OwnPage { return_to, .. } => Finished::Own(return_to),
    })
}

/// The board at `slug`, by which its issuer is called.
async fn board_called(app: &App, slug: &str) -> Result<Board, LoginError> {
    boards::find_by_slug(&app.db, slug)
        .await?
        .ok_or(LoginError::BoardUnknown)
}

/// The visit, when it belongs to this browser, is not over and not finished.
async fn open_interaction(
    app: &App,
    id: InteractionId,
    browser: &Browser,
) -> Result<Interaction, LoginError> {
    let found = login::find(&app.db, id)
        .await?
        .ok_or(LoginError::InteractionUnknown)?;
    let is_theirs = [&browser.before, &browser.session]
        .into_iter()
        .flatten()
        .any(|cookie| found.browser.is_of(cookie));
    if !is_theirs {
        // The same answer as for a visit that never was: an id alone tells nothing.
        return Err(LoginError::InteractionUnknown);
    }
    if found.finished_at.is_some() {
        return Err(LoginError::InteractionFinished);
    }
    if app.now() >= found.expires_at {
        return Err(LoginError::InteractionExpired);
    }
    Ok(found)
}

async fn begin_pages(app: &App, board: BoardId, task: Task, browser: &Browser) -> Result<Begun, LoginError> {
    let (hash, cookie) = if let Some(cookie) = &browser.before {
        (cookie.hash(), None)
    } else {
        let cookie = Opaque::generate(app.random.as_ref());
        (cookie.hash(), Some(cookie))
    };
    let interaction = begin(app, board, task, Stage::Open, hash).await?;
    Ok(Begun::Pages { interaction, cookie })
}

async fn begin_choosing(
    app: &App,
    board: BoardId,
    task: Task,
    session: &Session,
    browser: &Browser,
) -> Result<Begun, LoginError> {
    let cookie = browser.session.as_ref().ok_or(LoginError::Inconsistent)?;
    let stage = Stage::Choosing { session: session.id };
    let interaction = begin(app, board, task, stage, cookie.hash()).await?;
    Ok(Begun::Pages {
        interaction,
        cookie: None,
    })
}

async fn begin(
    app: &App,
    board: BoardId,
    task: Task,
    stage: Stage,
    browser: SecretHash,
) -> Result<InteractionId, LoginError> {
    let now = app.now();
    let interaction = Arc::new(Interaction {
        id: InteractionId::new(now, app.random.as_ref()),
        board,
        browser,
        task,
        stage,
        wrapped_number: None,
        version: 0,
        created_at: now,
        expires_at: now.plus(interaction::LIFETIME),
        finished_at: None,
    });
    let id = interaction.id;
    app.db
        .write(move |unit| {
            let interaction = Arc::clone(&interaction);
            Box::pin(async move { login::add(unit, &interaction).await })
        })
        .await?;
    Ok(id)
}

/// The session, unless the request's hint names somebody else.
async fn hinted(
    app: &App,
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<Session>,
) -> Result<Option<Session>, LoginError> {
    let (Some(hinted), Some(found)) = (&request.hinted_subject, &session) else {
        return Ok(session);
    };
    let Some(person) = found.person_at(request.board) else {
        return Ok(None);
    };
    let is_theirs = is_subject(app, request.board, client, person, hinted).await?;
    Ok(session.filter(|_| is_theirs))
}

/// Whether `client` knows `person` as `subject`.
async fn is_subject(
    app: &App,
    board: BoardId,
    client: &Client,
    person: PersonId,
    subject: &str,
) -> Result<bool, LoginError> {
    let sector = &client.registration.sector;
    let known = grants::find_subject(&app.db, board, sector, person).await?;
    Ok(known.as_deref() == Some(subject))
}

/// What a wrapped national number is bound to while it waits.
fn number_context(id: InteractionId) -> String {
    format!("national_number:{id}")
}

/// When a visit's waiting card action is given up.
fn is_given_up(app: &App, since: Timestamp) -> bool {
    app.now().since(since) >= counter::action_limit(&app.config)
}
