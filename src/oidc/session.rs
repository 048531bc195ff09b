//! The browser session as the rules see it, and whether it may stand in for a fresh log-in.

use std::time::Duration;

use super::authorize::{AuthorizationRequest, Prompt};
use crate::base::id::Id;
use crate::base::time::Timestamp;
use crate::identity::{AssuranceLevel, BoardId, Channel, Means, PersonId};
use crate::pki::revocation::Tolerance;

crate::id_kinds! {
    /// A browser session.
    pub SessionKind = "ses",
}

/// The id of a browser session: it goes into `sid` and audit, and opens nothing. The cookie is another value.
pub type SessionId = Id<SessionKind>;

/// After so long without a request a session is over.
pub const IDLE_LIMIT: Duration = Duration::from_mins(30);
/// The same for a session made at the counter, where the next person uses the same computer.
pub const COUNTER_IDLE_LIMIT: Duration = Duration::from_mins(10);
/// So long after the log-in a session is over, whatever happens.
pub const ABSOLUTE_LIMIT: Duration = Duration::from_hours(8);

/// A browser in which somebody proved who they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Family name as the card gave it.
    pub surname: String,
    /// Given names as the card gave them.
    pub given_names: Option<String>,
    /// Who this is at each board that knows them. Never the national number: it is not kept.
    pub persons: Vec<(BoardId, PersonId)>,
    /// With what they proved it.
    pub means: Means,
    /// How that came to us.
    pub channel: Channel,
    /// How sure.
    pub level: AssuranceLevel,
    /// When.
    pub authenticated_at: Timestamp,
    /// Last request.
    pub seen_at: Timestamp,
    /// What was tolerated of the status of the certificate they proved it with.
    pub tolerance: Tolerance,
}

impl Session {
    /// Who this is at `board`, when that board knows them.
    pub fn person_at(&self, board: BoardId) -> Option<PersonId> {
        self.persons
            .iter()
            .find(|(known, _)| *known == board)
            .map(|(_, person)| *person)
    }

    /// Whether the session is over at `now`.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let idle = match self.channel {
            Channel::Counter => COUNTER_IDLE_LIMIT,
            Channel::WebEid => IDLE_LIMIT,
        };
        now.since(self.seen_at) >= idle || now.since(self.authenticated_at) >= ABSOLUTE_LIMIT
    }

    /// Given names and surname in reading order, for pages.
    pub fn full_name(&self) -> String {
        match &self.given_names {
            Some(given) => format!("{given} {}", self.surname),
            None => self.surname.clone(),
        }
    }
}

impl std::fmt::Debug for Session {
    /// Names are not logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({})", self.id)
    }
}

/// What an authorization request comes to, given the session the browser has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The person must log in now.
    LogIn,
    /// `prompt=none` and only a page could help: `login_required`.
    LoginRequired,
    /// No way zegel has reaches the level asked: `unmet_authentication_requirements`.
    UnmetLevel,
    /// The session will do.
    Reuse,
}

/// Decides whether `session` satisfies `request` (reference login-and-oidc §4.3, step 10).
///
/// `tolerated`: what the application, or the operator's switch for an outage, tolerates of a missing status. A session
/// that rests on more is not reused for it.
///
/// `needs_number`: the answer will carry the national number, which no session keeps, so the card must be read.
pub fn decide(
    request: &AuthorizationRequest,
    session: Option<&Session>,
    minimum: AssuranceLevel,
    tolerated: Tolerance,
    needs_number: bool,
    now: Timestamp,
) -> Decision {
    // The highest level a way to log in of this service reaches is the card's.
    let needed = request.essential_level.unwrap_or(minimum).max(minimum);
    if request.unknown_essential_level {
        return Decision::UnmetLevel;
    }
    let usable = session.is_some_and(|session| {
        !session.is_over(now)
            && session.level >= needed
            && session.tolerance <= tolerated
            && session.person_at(request.board).is_some()
            && request
                .max_age
                .is_none_or(|limit| now.since(session.authenticated_at) <= limit)
    }) && !needs_number;
    match request.prompt {
        // There is no list of accounts: to select another one means another card, so that never reuses.
        Prompt::Consent | Prompt::None | Prompt::Unset if usable => Decision::Reuse,
        Prompt::None => Decision::LoginRequired,
        Prompt::Consent | Prompt::Login | Prompt::SelectAccount | Prompt::Unset => Decision::LogIn,
    }
}
