//! Append-only, hash-chained events: who did what on which object with which result.
//!
//! Never holds a name, a number, a PIN, a token or a document's content: persons and objects are ids. Start from
//! [`Event`].

use serde::{Deserialize, Serialize};

use crate::base::digest::Sha256Digest;
use crate::base::id::Id;
use crate::base::time::Timestamp;
use crate::id_kinds;
use crate::identity::BoardId;

id_kinds! {
    /// Names one audit event.
    pub EventKindMark = "evt",
}

/// The id of an event.
pub type EventId = Id<EventKindMark>;

/// What kind of thing happened. The text is stable: it is exported and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A person or a certificate was blocked at a board.
    AccessBlocked,
    /// Such a block was lifted.
    AccessUnblocked,
    /// An authority's fact was added or corrected.
    AuthorityFact,
    /// A rule set was adopted or withdrawn.
    AuthorityRules,
    /// A setting of a board was changed.
    BoardChange,
    /// An application was registered, changed or removed.
    ClientChange,
    /// An authorization code was issued.
    CodeIssued,
    /// A code was presented a second time; everything that came from it was revoked.
    CodeReused,
    /// A document was delivered.
    DocumentDelivered,
    /// A board's key was made or retired.
    KeyChange,
    /// A log-in was refused.
    LoginFailed,
    /// A log-in succeeded.
    LoginSucceeded,
    /// The national number was given to an application.
    NationalNumberReleased,
    /// A session ended.
    SessionEnded,
    /// A publication copy was sealed, or waits, or cannot be made: the result says which.
    PublicationCopy,
    /// A document was refused or a request withdrawn.
    SigningDeclined,
    /// A signature did not come about.
    SigningFailed,
    /// A document was prepared for a signer.
    SigningPrepared,
    /// A signing request was made.
    SigningRequested,
    /// A signature was made and verified.
    SigningSucceeded,
    /// The operator's switch for an outage of revocation services was thrown or taken back.
    StatusOutage,
    /// Tokens were issued.
    TokenIssued,
    /// Tokens were revoked.
    TokenRevoked,
    /// A check of authority was answered.
    VerdictGiven,
}

impl EventKind {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessBlocked => "access_blocked",
            Self::AccessUnblocked => "access_unblocked",
            Self::AuthorityFact => "authority_fact",
            Self::AuthorityRules => "authority_rules",
            Self::BoardChange => "board_change",
            Self::ClientChange => "client_change",
            Self::CodeIssued => "code_issued",
            Self::CodeReused => "code_reused",
            Self::DocumentDelivered => "document_delivered",
            Self::KeyChange => "key_change",
            Self::LoginFailed => "login_failed",
            Self::LoginSucceeded => "login_succeeded",
            Self::NationalNumberReleased => "national_number_released",
            Self::SessionEnded => "session_ended",
            Self::SigningDeclined => "signing_declined",
            Self::SigningFailed => "signing_failed",
            Self::PublicationCopy => "publication_copy",
            Self::SigningPrepared => "signing_prepared",
            Self::SigningRequested => "signing_requested",
            Self::SigningSucceeded => "signing_succeeded",
            Self::StatusOutage => "status_outage",
            Self::TokenIssued => "token_issued",
            Self::TokenRevoked => "token_revoked",
            Self::VerdictGiven => "verdict_given",
        }
    }
}

/// One event, as it is written. It joins the board's chain later, by a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; ids of one instance sort by time.
    pub id: EventId,
    /// The board it concerns.
    pub board: BoardId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// Who did it: a person's or a client's id, or nobody known.
    pub actor: Option<String>,
    /// On what: an id.
    pub object: Option<String>,
    /// `ok`, or a stable cause code.
    pub result: String,
    /// Further values that are safe to keep: codes, ids, counts.
    pub detail: serde_json::Value,
}

/// The hash that closes `event` in its board's chain: SHA-256 over the previous hash, the place in the chain and
/// the event's canonical text. A changed, missing or moved event breaks every hash after it.
///
/// `previous`: the hash of the event before, or 32 zero bytes for the first.
pub fn chain_hash(previous: &[u8; 32], sequence: u64, event: &Event) -> Sha256Digest {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(previous);
    bytes.extend_from_slice(&sequence.to_be_bytes());
    // INVARIANT: serde_json keeps struct fields in order and sorts map keys, so the text is canonical.
    bytes.extend_from_slice(serde_json::to_string(event).unwrap_or_default().as_bytes());
    Sha256Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    #[test]
    fn the_hash_depends_on_everything() {
        let random = SeededRandom::new(3);
        let at: Timestamp = "2026-03-03T09:00:00Z".parse().unwrap();
        let event = Event {
            id: EventId::new(at, &random),
            board: BoardId::new(at, &random),
            at,
            kind: EventKind::LoginSucceeded,
            actor: None,
            object: None,
            result: "ok".to_owned(),
            detail: serde_json::json!({"b": 1, "a": 2}),
        };
        let hash = chain_hash(&[0; 32], 1, &event);
        assert_eq!(hash, chain_hash(&[0; 32], 1, &event.clone()));
        assert_ne!(hash, chain_hash(&[1; 32], 1, &event));
        assert_ne!(hash, chain_hash(&[0; 32], 2, &event));
        let changed = Event {
            result: "PATH_NO_ANCHOR".to_owned(),
            ..event
        };
        assert_ne!(hash, chain_hash(&[0; 32], 1, &changed));
    }

    #[test]
    fn kinds_have_one_text() {
        let text = serde_json::to_string(&EventKind::NationalNumberReleased).unwrap();
        assert_eq!(
            text,
            format!("\"{}\"", EventKind::NationalNumberReleased.as_str())
        );
    }
}
