//! What a person allowed a client in one session, and the code that carried it.

use super::claims::CapacityClaim;
use super::client::ClientId;
use super::scope::Scopes;
use super::session::SessionId;
use super::token::CodeBinding;
use crate::base::id::Id;
use crate::base::time::Timestamp;
use crate::identity::{BoardId, PersonId};

crate::id_kinds! {
    /// What a person allowed a client.
    pub GrantKind = "gra",
}

/// The id of a grant.
pub type GrantId = Id<GrantKind>;

/// What a person allowed a client in one session. All tokens hang on it and die with it.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The board whose issuer was asked.
    pub board: BoardId,
    /// The client.
    pub client: ClientId,
    /// The person, as the board knows them.
    pub person: PersonId,
    /// The session.
    pub session: SessionId,
    /// The pairwise subject.
    pub subject: String,
    /// What was allowed.
    pub scopes: Scopes,
    /// The nonce of the request.
    pub nonce: Option<String>,
    /// The capacity chosen.
    pub capacity: Option<ChosenCapacity>,
    /// The national number, wrapped, for a client with a legal basis.
    pub wrapped_number: Option<Vec<u8>>,
    /// What the code was bound to.
    pub code: CodeBinding,
    /// When it was given.
    pub created_at: Timestamp,
    /// Since when nothing that came of it is valid.
    pub revoked_at: Option<Timestamp>,
}

/// The capacity a person chose, with the key by which it is found again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ChosenCapacity {
    /// Stable key of the capacity.
    pub key: String,
    /// What clients see of it.
    pub claim: CapacityClaim,
}
