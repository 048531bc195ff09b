//! As what a person may log in today, and what an earlier choice still covers.

use crate::base::lang::Language;
use crate::base::time::Day;
use crate::identity::{BoardId, PersonId};
use crate::mandates::{self, PersonKey};
use crate::oidc::authorize::AuthorizationRequest;
use crate::oidc::claims::CapacityClaim;
use crate::oidc::client::{Client, Names};
use crate::oidc::grant::ChosenCapacity;
use crate::oidc::scope::Scope;
use crate::oidc::session::Session;
use crate::store::grants;

use super::LoginError;
use crate::journeys::App;

/// A capacity that a person may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Stable key, to be sent back with the choice.
    pub key: String,
    /// What the page shows, in four languages.
    pub labels: Names,
    /// The last day it is known to last.
    pub until: Option<Day>,
    /// What the application will see.
    pub claim: CapacityClaim,
}

/// The capacities that `person` has at `board` now, from the facts the board knows.
pub async fn capacities(app: &App, board: BoardId, person: PersonId) -> Result<Vec<Capacity>, LoginError> {
    let now = app.now();
    let snapshot = app.snapshots.current(&app.db, board, now).await?;
    Ok(snapshot
        .capacities(&PersonKey::from(person), now)
        .iter()
        .map(offered)
        .collect())
}

fn offered(capacity: &mandates::Capacity) -> Capacity {
    let label = |language| capacity.label(language);
    let mut claim = capacity.claim();
    // On whose behalf somebody acts is a claim of its own.
    let act_for = claim
        .as_object_mut()
        .and_then(|members| members.remove("act_for"));
    Capacity {
        key: capacity.id.to_string(),
        labels: Names {
            nl: label(Language::Nl),
            fr: label(Language::Fr),
            de: label(Language::De),
            en: label(Language::En),
        },
        until: capacity.to.map(Day::previous),
        claim: CapacityClaim {
            zegel_capacity: claim,
            act_for,
        },
    }
}

/// What an earlier confirmation in the same session still covers.
pub(super) enum Remembered {
    /// Everything asked, in this capacity.
    All(Option<ChosenCapacity>),
    /// Nothing, or not all that is asked.
    Nothing,
    /// The capacity ended, or must be chosen.
    NotTheCapacity,
}

pub(super) async fn remembered(
    app: &App,
    request: &AuthorizationRequest,
    client: &Client,
    session: &Session,
) -> Result<Remembered, LoginError> {
    let Some(earlier) = grants::latest(&app.db, session.id, client.id).await? else {
        return Ok(Remembered::Nothing);
    };
    if request.scopes.first_outside(&earlier.scopes).is_some() {
        return Ok(Remembered::Nothing);
    }
    let key = earlier.capacity.as_ref().map(|capacity| capacity.key.as_str());
    // A capacity is only as true as today's facts: one that ended is not given again.
    match chosen_capacity(app, request, session, key).await {
        Ok(capacity) => Ok(Remembered::All(capacity)),
        Err(LoginError::CapacityUnknown) => Ok(Remembered::NotTheCapacity),
        Err(error) => Err(error),
    }
}

pub(super) async fn chosen_capacity(
    app: &App,
    request: &AuthorizationRequest,
    session: &Session,
    key: Option<&str>,
) -> Result<Option<ChosenCapacity>, LoginError> {
    if !request.scopes.has(Scope::Capacity) {
        return Ok(None);
    }
    let person = session.person_at(request.board).ok_or(LoginError::Inconsistent)?;
    let all = capacities(app, request.board, person).await?;
    let found = match (all.as_slice(), key) {
        ([], None) => return Ok(None),
        ([only], None) => only,
        (all, Some(key)) => all
            .iter()
            .find(|capacity| capacity.key == key)
            .ok_or(LoginError::CapacityUnknown)?,
        (_, None) => return Err(LoginError::CapacityUnknown),
    };
    Ok(Some(ChosenCapacity {
        key: found.key.clone(),
        claim: found.claim.clone(),
    }))
}
