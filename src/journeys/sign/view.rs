//! What a signer sees: the document, the plan as it stands, and what they themselves may do now.

use std::time::Duration;

use crate::base::code::PersonCode;
use crate::identity::PersonId;
use crate::journeys::App;
use crate::journeys::login::{self, Browser};
use crate::mandates::{Action, PersonKey, Question, SigningPlan, Verdict};
use crate::oidc::session::Session;
use crate::signing::attempt::{Attempt, AttemptState};
use crate::signing::request::{Ending, RequestId, SigningRequest, StepError};
use crate::store::boards::{self, Board};
use crate::store::signing;

use super::{SignError, kept, request, snapshot};

/// How often an attempt says that it is being worked on.
pub(super) const BEAT: Duration = Duration::from_secs(5);
/// After so long without a beat nobody knows whether an attempt goes on.
const SILENT: Duration = Duration::from_secs(10);
/// After so long without a beat an attempt counts as given up: the service was ended under it.
const GIVEN_UP: Duration = Duration::from_secs(20);

/// A request as one signer sees it.
#[derive(Debug)]
pub struct View {
    /// The request.
    pub request: SigningRequest,
    /// Its board.
    pub board: Board,
    /// Who looks.
    pub session: Session,
    /// The person at the board.
    pub person: PersonId,
    /// The plan with today's candidates.
    pub plan: SigningPlan,
    /// What this person can do now.
    pub standing: Standing,
    /// Their latest try.
    pub attempt: Option<Attempt>,
}

/// What a person can do about a request now.
#[derive(Debug)]
pub enum Standing {
    /// They signed already, or their signature is being finished.
    AlreadySigned,
    /// The request has ended.
    Closed,
    /// They may sign this slot.
    May {
        /// Which.
        slot: u8,
        /// The check of authority, made for this page. It is made again when they sign.
        verdict: Box<Verdict>,
    },
    /// They may not sign the slot that comes next.
    MayNot {
        /// Why.
        verdict: Box<Verdict>,
    },
    /// Another signature is being finished.
    Waiting,
}

/// The board of a request, for whoever is not logged in yet: nothing else of it is told.
pub async fn board_of(app: &App, id: RequestId) -> Result<Board, SignError> {
    let request = kept(app, id).await?.request;
    boards::find(&app.db, request.board)
        .await?
        .ok_or(SignError::Unknown)
}

/// The request as the person in `browser` sees it. Somebody its board does not know is told that there is no such
/// request; somebody it knows who has no part in it is told while it is open that they may not sign, and nothing else
/// of it, and afterwards that there is none.
pub async fn view(app: &App, id: RequestId, browser: &Browser) -> Result<View, SignError> {
    let request = kept(app, id).await?.request;
    let (session, person) = who(app, &request, browser).await?;
    let board = boards::find(&app.db, request.board)
        .await?
        .ok_or(SignError::Unknown)?;
    let plan = request::refreshed_plan(app, &request).await?;
    let standing = standing(app, &request, person).await?;
    if matches!(standing, Standing::Closed | Standing::Waiting) && !has_part(&request, &plan, person) {
        return Err(SignError::Unknown);
    }
    let attempt = signing::last_attempt(&app.db, id, person).await?;
    Ok(View {
        request,
        board,
        session,
        person,
        plan,
        standing,
        attempt: attempt.map(|found| given_up(app, found)),
    })
}

/// Why `person`, whom `verdict` does not permit what comes next, may not sign it: their turn comes later, or the check
/// of authority says no.
pub(super) fn why_not(
    request: &SigningRequest,
    plan: &SigningPlan,
    person: PersonId,
    verdict: &Verdict,
) -> SignError {
    let turn = request.turn();
    let is_later = request
        .slots
        .iter()
        .any(|slot| Some(slot.number) > turn && is_candidate(plan, slot.number, person));
    if is_later {
        StepError::NotYourTurn.into()
    } else {
        refused(verdict)
    }
}

/// Whether today's facts make `person` one of those who may sign slot `number`.
pub(super) fn is_candidate(plan: &SigningPlan, number: u8, person: PersonId) -> bool {
    let key = PersonKey::from(person);
    let mut slots = plan.slots.iter().filter(|slot| slot.number == number);
    slots.any(|slot| slot.candidates.iter().any(|candidate| candidate.person == key))
}

/// Whether `person` is one of the signers, by what stands in the document or by today's facts.
pub(super) fn has_part(request: &SigningRequest, plan: &SigningPlan, person: PersonId) -> bool {
    let signed = request
        .slots
        .iter()
        .filter_map(|slot| slot.stage.signer())
        .any(|signer| signer.person == person);
    let mut slots = plan.slots.iter();
    signed || slots.any(|slot| is_candidate(plan, slot.number, person))
}

impl View {
    /// Says whether this person may see the document.
    ///
    /// # Errors
    /// As `why_not`, for whoever may not sign what comes next.
    pub fn check_may_see(&self) -> Result<(), SignError> {
        match &self.standing {
            Standing::MayNot { verdict } => Err(why_not(&self.request, &self.plan, self.person, verdict)),
            Standing::AlreadySigned | Standing::Closed | Standing::May { .. } | Standing::Waiting => Ok(()),
        }
    }
}

/// Who is in `browser`, at the request's board.
pub(super) async fn who(
    app: &App,
    request: &SigningRequest,
    browser: &Browser,
) -> Result<(Session, PersonId), SignError> {
    let session = login::current_session(app, browser)
        .await?
        .ok_or(SignError::Unknown)?;
    let person = session.person_at(request.board).ok_or(SignError::Unknown)?;
    Ok((session, person))
}

/// What `person` can do about `request` now.
pub(super) async fn standing(
    app: &App,
    request: &SigningRequest,
    person: PersonId,
) -> Result<Standing, SignError> {
    let now = app.now();
    let signed = |slot: &&crate::signing::request::Slot| {
        slot.stage.is_signed() && slot.stage.signer().is_some_and(|signer| signer.person == person)
    };
    let has_signed = request.slots.iter().find(signed).is_some();
    if !request.is_open(now) {
        return Ok(if has_signed {
            Standing::AlreadySigned
        } else {
            Standing::Closed
        });
    }
    let Some(slot) = request.turn() else {
        return Ok(if has_signed {
            Standing::AlreadySigned
        } else {
            Standing::Waiting
        });
    };
    let verdict = verdict(app, request, person, slot).await?;
    Ok(
        if verdict.is_permit() && request.check_turn(slot, person, now).is_ok() {
            Standing::May {
                slot,
                verdict: Box::new(verdict),
            }
        } else if has_signed {
            Standing::AlreadySigned
        } else {
            Standing::MayNot {
                verdict: Box::new(verdict),
            }
        },
    )
}

/// The check of authority for `person` and `slot`, now.
pub(super) async fn verdict(
    app: &App,
    request: &SigningRequest,
    person: PersonId,
    slot: u8,
) -> Result<Verdict, SignError> {
    let snapshot = snapshot(app, request).await?;
    Ok(snapshot.may(&Question {
        person: &PersonKey::from(person),
        action: Action::Sign { slot },
        object: &request.object(),
        capacity: None,
        at: app.now(),
    }))
}

/// The person says no. Only somebody who may sign now can end the request with it.
pub async fn decline(
    app: &App,
    id: RequestId,
    browser: &Browser,
    reason: &str,
) -> Result<SigningRequest, SignError> {
    let request = kept(app, id).await?.request;
    let (_, person) = who(app, &request, browser).await?;
    match standing(app, &request, person).await? {
        Standing::May { .. } => {}
        Standing::Closed => return Err(StepError::Closed.into()),
        Standing::AlreadySigned | Standing::Waiting => return Err(StepError::NotYourTurn.into()),
        Standing::MayNot { verdict } => {
            let plan = request::refreshed_plan(app, &request).await?;
            return Err(why_not(&request, &plan, person, &verdict));
        }
    }
    let reason: String = reason
        .chars()
        .filter(|sign| !sign.is_control())
        .take(500)
        .collect();
    request::close(
        app,
        id,
        Ending::Declined { by: person, reason },
        Some(person.to_string()),
    )
    .await
}

/// The error of a verdict that does not permit.
pub(super) fn refused(verdict: &Verdict) -> SignError {
    match verdict.refusal() {
        Some(refusal) => SignError::Authority {
            cause: refusal.code.cause(),
            ground: refusal.ground,
        },
        None => SignError::Interrupted,
    }
}

/// The latest try of the person in `browser`; whoever the board knows and never tried has none.
pub async fn attempt(app: &App, id: RequestId, browser: &Browser) -> Result<Option<Attempt>, SignError> {
    let request = kept(app, id).await?.request;
    let (_, person) = who(app, &request, browser).await?;
    Ok(signing::last_attempt(&app.db, id, person)
        .await?
        .map(|found| given_up(app, found)))
}

/// Whether `attempt` may go on, or its service was ended: it missed a beat and is not given up yet.
pub(super) fn is_silent(app: &App, attempt: &Attempt) -> bool {
    attempt.state.is_running() && app.now().since(attempt.updated_at) >= SILENT
}

/// An attempt that the service was ended under is shown as interrupted, not as running for ever.
pub(super) fn given_up(app: &App, mut attempt: Attempt) -> Attempt {
    if attempt.state.is_running() && app.now().since(attempt.updated_at) >= GIVEN_UP {
        attempt.state = AttemptState::Failed {
            code: match attempt.state {
                // The value is kept, and a job goes on from there.
                AttemptState::Finishing => PersonCode::TimestampUnavailable,
                _ => PersonCode::ServerError,
            },
            cause: "SIGNING_ATTEMPT_LOST".to_owned(),
            tries_left: None,
        };
    }
    attempt
}
