//! Administer: add a board with its keys, register and remove an application, block a person or a card. The command line
//! and the laboratory call these.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::audit::{Event, EventId, EventKind};
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::key::{Curve, KeyKind};
use crate::crypto::wrap::KeyEncryptionKey;
use crate::identity::{BoardId, PersonId};
use crate::oidc::client::Client;
use crate::signing::picture::Picture;
use crate::signing::profile::Profile;
use crate::store::blocks::{self, NewBlock, Subject};
use crate::store::boards::{self, Board};
use crate::store::db::{Db, StoreError};
use crate::store::keys::{self, KeyPurpose};
use crate::store::outage::{self as store_outage, Outage};
use crate::store::{clients, events};

/// Adds `board` with a key for each purpose: two for tokens (RS256 and ES256), one for verdicts.
///
/// # Errors
/// `Conflict` when the slug is taken.
pub async fn add_board(
    db: &Db,
    board: &Board,
    kek: Arc<KeyEncryptionKey>,
    random: Arc<dyn Random>,
) -> Result<(), StoreError> {
    let board = board.clone();
    db.write(move |unit| {
        let (board, kek, random) = (board.clone(), kek.clone(), random.clone());
        Box::pin(async move {
            boards::add(unit, &board).await?;
            for (purpose, kind) in [
                (KeyPurpose::Token, KeyKind::Rsa { bits: 2048 }),
                (KeyPurpose::Token, KeyKind::Ec(Curve::P256)),
                (KeyPurpose::Verdict, KeyKind::Ec(Curve::P256)),
            ] {
                keys::create(unit, board.id, purpose, kind, &kek, &*random, board.created_at).await?;
            }
            let event = Event {
                id: EventId::new(board.created_at, &*random),
                board: board.id,
                at: board.created_at,
                kind: EventKind::KeyChange,
                actor: None,
                object: Some(board.id.to_string()),
                result: "ok".to_owned(),
                detail: serde_json::json!({"change": "added"}),
            };
            events::record(unit, &event).await
        })
    })
    .await
}

/// What changes at a board; what is not named stays.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Changes {
    /// Whether one PIN entry does for a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_pin: Option<bool>,
    /// When signatures are raised, where the application does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The picture of its visible signatures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<PictureChange>,
}

/// What becomes of the picture of a board's visible signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PictureChange {
    /// They carry none.
    Remove,
    /// They carry this one.
    Set(Picture),
}

impl PictureChange {
    /// The picture from now on.
    pub const fn picture(&self) -> Option<&Picture> {
        match self {
            Self::Remove => None,
            Self::Set(picture) => Some(picture),
        }
    }
}

impl Serialize for PictureChange {
    /// By its digest, `none` without one: the audit trail holds no files.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Remove => serializer.serialize_str("none"),
            Self::Set(picture) => serializer.collect_str(&picture.sha256()),
        }
    }
}

/// Changes the settings of a board, with its audit event.
pub async fn change_board(
    db: &Db,
    board: BoardId,
    changes: Changes,
    random: &dyn Random,
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = Event {
        id: EventId::new(now, random),
        board,
        at: now,
        kind: EventKind::BoardChange,
        actor: None,
        object: Some(board.to_string()),
        result: "ok".to_owned(),
        detail: serde_json::json!(changes),
    };
    db.write(move |unit| {
        let (event, changes) = (event.clone(), changes.clone());
        Box::pin(async move {
            if let Some(one_pin) = changes.one_pin {
                boards::set_one_pin(unit, board, one_pin).await?;
            }
            if let Some(profile) = changes.profile {
                boards::set_profile(unit, board, profile).await?;
            }
            if let Some(change) = &changes.picture {
                boards::set_picture(unit, board, change.picture(), now).await?;
            }
            events::record(unit, &event).await
        })
    })
    .await
}

/// Registers `client`, with its audit event. `through`: by which program.
///
/// # Errors
/// `Conflict` when the board has a client of that name.
pub async fn register_client(
    db: &Db,
    client: &Client,
    through: &str,
    random: &dyn Random,
) -> Result<(), StoreError> {
    let client = client.clone();
    let event = client_change(&client, "registered", through, client.created_at, random);
    db.write(move |unit| {
        let (client, event) = (client.clone(), event.clone());
        Box::pin(async move {
            clients::add(unit, &client).await?;
            events::record(unit, &event).await
        })
    })
    .await
}

/// Removes `client`, with its audit event: its tokens are void at once. `through`: by which program.
pub async fn remove_client(
    db: &Db,
    client: &Client,
    through: &str,
    now: Timestamp,
    random: &dyn Random,
) -> Result<(), StoreError> {
    let client = client.clone();
    let event = client_change(&client, "removed", through, now, random);
    db.write(move |unit| {
        let (client, event) = (client.clone(), event.clone());
        Box::pin(async move {
            clients::disable(unit, &client, now).await?;
            events::record(unit, &event).await
        })
    })
    .await
}

/// Blocks a person or a certificate at a board, with its audit event. Ends the sessions of `person`, when it is one.
///
/// # Errors
/// `Conflict` when the same is blocked already.
pub async fn block(
    db: &Db,
    block: &NewBlock,
    person: Option<PersonId>,
    random: &dyn Random,
) -> Result<(), StoreError> {
    let at = block.created_at;
    let detail = serde_json::json!({"kind": block.subject.kind(), "block": block.id});
    let event = Event {
        id: EventId::new(at, random),
        board: block.board,
        at,
        kind: EventKind::AccessBlocked,
        actor: None,
        object: object_of(block.subject, person),
        result: "ok".to_owned(),
        detail,
    };
    let block = block.clone();
    db.write(move |unit| {
        let (block, event) = (block.clone(), event.clone());
        Box::pin(async move {
            blocks::add(unit, &block).await?;
            if let Some(person) = person {
                blocks::end_sessions(unit, person, at).await?;
            }
            events::record(unit, &event).await
        })
    })
    .await
}

/// Lifts the block of a person or a certificate, with its audit event.
///
/// # Errors
/// `Stale` when there is none in force.
pub async fn unblock(
    db: &Db,
    board: BoardId,
    subject: Subject,
    person: Option<PersonId>,
    random: &dyn Random,
    at: Timestamp,
) -> Result<(), StoreError> {
    let event = Event {
        id: EventId::new(at, random),
        board,
        at,
        kind: EventKind::AccessUnblocked,
        actor: None,
        object: object_of(subject, person),
        result: "ok".to_owned(),
        detail: serde_json::json!({"kind": subject.kind()}),
    };
    db.write(move |unit| {
        let event = event.clone();
        Box::pin(async move {
            blocks::lift(unit, board, subject, at).await?;
            events::record(unit, &event).await
        })
    })
    .await
}

fn object_of(subject: Subject, person: Option<PersonId>) -> Option<String> {
    match subject {
        Subject::Certificate(fingerprint) => Some(fingerprint.to_string()),
        Subject::Person(_) => person.map(|person| person.to_string()),
    }
}

fn client_change(client: &Client, change: &str, through: &str, at: Timestamp, random: &dyn Random) -> Event {
    Event {
        id: EventId::new(at, random),
        board: client.board,
        at,
        kind: EventKind::ClientChange,
        actor: None,
        object: Some(client.id.to_string()),
        result: "ok".to_owned(),
        detail: serde_json::json!({ "change": change, "through": through }),
    }
}

/// Throws the switch for an outage of the services that tell whether cards are revoked, or takes it back (`None`), with
/// an audit event at every board. `through`: by which program.
///
/// # Errors
/// When the database fails; then nothing changed.
pub async fn set_outage(
    db: &Db,
    outage: Option<&Outage>,
    through: &str,
    now: Timestamp,
    random: &dyn Random,
) -> Result<(), StoreError> {
    let detail = match outage {
        Some(outage) => serde_json::json!({
            "change": "on", "until": outage.until, "reason": outage.reason, "through": through,
        }),
        None => serde_json::json!({ "change": "off", "through": through }),
    };
    let events: Vec<Event> = boards::list(db)
        .await?
        .iter()
        .map(|board| Event {
            id: EventId::new(now, random),
            board: board.id,
            at: now,
            kind: EventKind::StatusOutage,
            actor: None,
            object: None,
            result: "ok".to_owned(),
            detail: detail.clone(),
        })
        .collect();
    let outage = outage.cloned();
    db.write(move |unit| {
        let (outage, events) = (outage.clone(), events.clone());
        Box::pin(async move {
            store_outage::set(unit, outage.as_ref()).await?;
            for event in &events {
                events::record(unit, event).await?;
            }
            Ok(())
        })
    })
    .await
}
