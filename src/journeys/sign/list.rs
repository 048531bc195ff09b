//! Several documents for the same signers: an application makes a list of its requests, and a person signs those that
//! wait for them in one go.

use crate::audit::EventKind;
use crate::base::code::PersonCode;
use crate::base::digest::Sha256Digest;
use crate::identity::PersonId;
use crate::journeys::App;
use crate::journeys::login::tokens::Caller;
use crate::journeys::login::{self, Browser};
use crate::oidc::session::Session;
use crate::signing::attempt::{Attempt, AttemptState};
use crate::signing::list::{ListId, SigningList};
use crate::signing::request::{RequestId, SigningRequest};
use crate::store::boards::{self, Board};
use crate::store::idempotency::{self, Claim};
use crate::store::{events, lists};

use super::view::{self, Standing};
use super::{SignError, request};

/// What an application asks.
#[derive(Clone, Debug)]
pub struct NewList {
    /// What it is about, for the signers; 1 to 200 characters.
    pub title: String,
    /// Requests of the same client, in the order in which they are shown and signed.
    pub requests: Vec<RequestId>,
    /// Where the signers' browsers may go afterwards: a redirect URI of the client.
    pub return_url: Option<String>,
}

/// Makes the list, once for each idempotency key.
///
/// # Errors
/// A field that is wrong, a request that is not the caller's, the key used otherwise.
pub async fn create(app: &App, caller: &Caller, key: &str, new: NewList) -> Result<SigningList, SignError> {
    let client = caller.client.id.to_string();
    request::check_key(key)?;
    let fields = serde_json::json!(["list", new.title, new.requests, new.return_url]);
    let fingerprint = Sha256Digest::of(fields.to_string().as_bytes());
    match idempotency::claim(&app.db, &client, key, fingerprint, app.now()).await? {
        Claim::Fresh => {}
        Claim::InProgress => return Err(SignError::IdempotencyBusy),
        Claim::OtherRequest => return Err(SignError::IdempotencyOther),
        Claim::Answered { response, .. } => {
            return kept(app, response.parse().map_err(|_| SignError::Unknown)?).await;
        }
    }
    match create_fresh(app, caller, key, new).await {
        Ok(list) => Ok(list),
        Err(error) => {
            // Nothing was made: the same key may be used again once the cause is gone.
            idempotency::release(&app.db, &client, key).await?;
            Err(error)
        }
    }
}

async fn create_fresh(app: &App, caller: &Caller, key: &str, new: NewList) -> Result<SigningList, SignError> {
    request::check_text("title", &new.title)?;
    request::check_return_url(caller, new.return_url.as_deref())?;
    let most = usize::try_from(app.config.limits.documents).unwrap_or(usize::MAX);
    if new.requests.is_empty() || new.requests.len() > most {
        return Err(SignError::Invalid {
            field: "requests",
            problem: format!("expected 1 to {most} signing requests"),
        });
    }
    for (place, id) in new.requests.iter().enumerate() {
        let before = new.requests.get(..place).unwrap_or_default();
        if before.contains(id) {
            return Err(SignError::Invalid {
                field: "requests",
                problem: format!("{id} stands twice"),
            });
        }
        request::find(app, caller, *id)
            .await
            .map_err(|error| match error {
                SignError::Unknown => SignError::Invalid {
                    field: "requests",
                    problem: format!("{id} is no signing request of this client"),
                },
                error => error,
            })?;
    }
    let now = app.now();
    let list = SigningList {
        id: ListId::new(now, app.random.as_ref()),
        board: caller.board.id,
        client: caller.client.id.to_string(),
        title: new.title,
        requests: new.requests,
        return_url: new.return_url,
        created_at: now,
    };
    let event = app.event(
        list.board,
        EventKind::SigningRequested,
        Some(list.client.clone()),
        Some(list.id.to_string()),
        "ok",
        serde_json::json!({"requests": list.requests}),
    );
    let (added, key) = (list.clone(), key.to_owned());
    app.db
        .write(move |unit| {
            let (added, key, event) = (added.clone(), key.clone(), event.clone());
            Box::pin(async move {
                lists::add(unit, &added).await?;
                events::record(unit, &event).await?;
                idempotency::answer(unit, &added.client, &key, 201, &added.id.to_string()).await
            })
        })
        .await?;
    Ok(list)
}

/// The list of this caller with its requests as they are now; another client's is not found.
pub async fn find(
    app: &App,
    caller: &Caller,
    id: ListId,
) -> Result<(SigningList, Vec<SigningRequest>), SignError> {
    let list = kept(app, id).await?;
    if list.board != caller.board.id || list.client != caller.client.id.to_string() {
        return Err(SignError::Unknown);
    }
    let requests = lists::requests(&app.db, id).await?;
    Ok((list, requests))
}

/// The list with this id, whoever asks.
pub(super) async fn kept(app: &App, id: ListId) -> Result<SigningList, SignError> {
    lists::find(&app.db, id).await?.ok_or(SignError::Unknown)
}

/// The board of a list, for whoever is not logged in yet: nothing else of it is told.
pub async fn board_of(app: &App, id: ListId) -> Result<Board, SignError> {
    let list = kept(app, id).await?;
    boards::find(&app.db, list.board).await?.ok_or(SignError::Unknown)
}

/// Who is in `browser`, at the list's board.
pub(super) async fn who(
    app: &App,
    list: &SigningList,
    browser: &Browser,
) -> Result<(Session, PersonId), SignError> {
    let session = login::current_session(app, browser)
        .await?
        .ok_or(SignError::Unknown)?;
    let person = session.person_at(list.board).ok_or(SignError::Unknown)?;
    Ok((session, person))
}

/// A list as one signer sees it.
#[derive(Debug)]
pub struct View {
    /// The list.
    pub list: SigningList,
    /// Its board.
    pub board: Board,
    /// Who looks.
    pub person: PersonId,
    /// The documents in which they have a part, in order.
    pub items: Vec<Item>,
    /// How many documents are for others alone.
    pub others: usize,
}

/// One document of a list.
#[derive(Debug)]
pub struct Item {
    /// Its request.
    pub request: SigningRequest,
    /// What this person can do about it now.
    pub standing: Standing,
}

impl View {
    /// The documents that wait for this person now.
    pub fn waiting(&self) -> impl Iterator<Item = &Item> {
        self.items
            .iter()
            .filter(|item| matches!(item.standing, Standing::May { .. }))
    }
}

/// The list as the person in `browser` sees it.
///
/// # Errors
/// `Unknown` for somebody its board does not know, and for whoever has no part in any of its documents.
pub async fn view(app: &App, id: ListId, browser: &Browser) -> Result<View, SignError> {
    let list = kept(app, id).await?;
    let (_, person) = who(app, &list, browser).await?;
    let board = boards::find(&app.db, list.board)
        .await?
        .ok_or(SignError::Unknown)?;
    let (mut items, mut others) = (Vec::new(), 0_usize);
    for request in lists::requests(&app.db, id).await? {
        let standing = view::standing(app, &request, person).await?;
        let is_theirs = match &standing {
            Standing::May { .. } | Standing::AlreadySigned => true,
            Standing::Closed | Standing::MayNot { .. } | Standing::Waiting => {
                let plan = request::refreshed_plan(app, &request).await?;
                view::has_part(&request, &plan, person)
            }
        };
        if is_theirs {
            items.push(Item { request, standing });
        } else {
            others = others.saturating_add(1);
        }
    }
    if items.is_empty() {
        return Err(SignError::Unknown);
    }
    Ok(View {
        list,
        board,
        person,
        items,
        others,
    })
}

/// How far the latest go of one person at a list came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The letters that page and PIN window both show.
    pub short_code: String,
    /// The tries of that go, one for each document, in the list's order.
    pub tries: Vec<Attempt>,
}

impl Progress {
    /// How many documents it is about.
    pub fn total(&self) -> usize {
        self.tries.len()
    }

    /// How many of them the card has signed.
    pub fn signed(&self) -> usize {
        let signed = |attempt: &&Attempt| {
            matches!(
                attempt.state,
                AttemptState::Finishing
                    | AttemptState::Done
                    | AttemptState::Failed {
                        // The value is kept, and a job goes on from there.
                        code: PersonCode::TimestampUnavailable,
                        ..
                    }
            )
        };
        self.tries.iter().filter(signed).count()
    }

    /// Whether anything of it may still come further by itself.
    pub fn is_running(&self) -> bool {
        self.tries.iter().any(|attempt| attempt.state.is_running())
    }

    /// The state that tells most: what the person should look at now.
    pub fn state(&self) -> AttemptState {
        let is = |wanted: &AttemptState| self.tries.iter().any(|attempt| attempt.state == *wanted);
        for state in [
            AttemptState::Checking,
            AttemptState::Signing,
            AttemptState::Finishing,
        ] {
            if is(&state) {
                return state;
            }
        }
        let failed = self
            .tries
            .iter()
            .map(|attempt| &attempt.state)
            .find(|state| matches!(state, AttemptState::Failed { .. }));
        failed.cloned().unwrap_or(AttemptState::Done)
    }
}

/// The latest go of the person in `browser`; `None` for whoever never tried.
pub async fn progress(app: &App, id: ListId, browser: &Browser) -> Result<Option<Progress>, SignError> {
    let list = kept(app, id).await?;
    let (_, person) = who(app, &list, browser).await?;
    let attempts = lists::attempts(&app.db, id, person).await?;
    let Some(latest) = attempts
        .iter()
        .max_by_key(|attempt| (attempt.started_at, attempt.id))
    else {
        return Ok(None);
    };
    let short_code = latest.short_code.clone();
    let tries = attempts
        .into_iter()
        .filter(|attempt| attempt.short_code == short_code)
        .map(|attempt| view::given_up(app, attempt))
        .collect();
    Ok(Some(Progress { short_code, tries }))
}
