//! Who may not log in or sign at a board, and with which certificate: blocked from a moment, until it is lifted.
//!
//! A person is kept by the board's pseudonym, a certificate by its fingerprint; rows stay when a block is lifted.

use super::db::{Db, StoreError, Unit};
use super::row::Row;
use crate::base::digest::Sha256Digest;
use crate::base::id::Id;
use crate::base::national::Pseudonym;
use crate::base::time::Timestamp;
use crate::identity::{BoardId, PersonId};

crate::statements! {
    INSERT = "INSERT INTO block (id, board_id, kind, subject, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    LIFT = "UPDATE block SET lifted_at = $4 WHERE board_id = $1 AND kind = $2 AND subject = $3 AND lifted_at IS NULL";
    IN_FORCE = "SELECT id FROM block WHERE board_id = $1 AND lifted_at IS NULL \
                AND ((kind = 'person' AND subject = $2) OR (kind = 'certificate' AND subject = $3))";
    OF_BOARD = "SELECT block.id AS id, block.kind AS kind, block.subject AS subject, block.reason AS reason, \
                block.created_at AS created_at, block.lifted_at AS lifted_at, person.id AS person_id FROM block \
                LEFT JOIN person ON block.kind = 'person' AND person.board_id = block.board_id \
                AND person.pseudonym = block.subject WHERE block.board_id = $1 ORDER BY block.created_at, block.id";
    PSEUDONYM = "SELECT pseudonym FROM person WHERE id = $1 AND board_id = $2";
    END_SESSIONS = "UPDATE session SET ended_at = $2, end_reason = 'blocked' WHERE ended_at IS NULL \
                    AND id IN (SELECT session_id FROM session_person WHERE person_id = $1)";
}

crate::id_kinds! {
    /// One block.
    pub BlockKind = "blk",
}

/// The id of a block.
pub type BlockId = Id<BlockKind>;

/// What is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A certificate, by the SHA-256 of its DER.
    Certificate(Sha256Digest),
    /// A person, whatever card they use.
    Person(Pseudonym),
}

impl Subject {
    /// The word in the store.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "certificate",
            Self::Person(_) => "person",
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Certificate(digest) => digest.0.to_vec(),
            Self::Person(pseudonym) => pseudonym.0.to_vec(),
        }
    }
}

/// A block to be added.
#[derive(Clone, Debug)]
pub struct NewBlock {
    /// Its id.
    pub id: BlockId,
    /// At which board.
    pub board: BoardId,
    /// What.
    pub subject: Subject,
    /// Why, for those who run the board.
    pub reason: String,
    /// From when.
    pub created_at: Timestamp,
}

/// A block as it stands in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: BlockId,
    /// The person, when it is one whom the board still knows.
    pub person: Option<PersonId>,
    /// The certificate, when it is one.
    pub certificate: Option<Sha256Digest>,
    /// Why.
    pub reason: String,
    /// From when.
    pub created_at: Timestamp,
    /// Since when no more.
    pub lifted_at: Option<Timestamp>,
}

/// Adds a block as part of `unit`; `Conflict` when the same is blocked already.
pub async fn add(unit: &mut Unit, block: &NewBlock) -> Result<(), StoreError> {
    let values = [
        block.id.into(),
        block.board.into(),
        block.subject.kind().into(),
        block.subject.bytes().into(),
        block.reason.clone().into(),
        block.created_at.into(),
    ];
    unit.run_one(INSERT, &values).await
}

/// Lifts the block of `subject` as part of `unit`; `Stale` when there is none in force.
pub async fn lift(
    unit: &mut Unit,
    board: BoardId,
    subject: Subject,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = [
        board.into(),
        subject.kind().into(),
        subject.bytes().into(),
        now.into(),
    ];
    unit.run_one(LIFT, &values).await
}

/// Ends the sessions of a person as part of `unit`: who is blocked is not let on by an earlier log-in.
pub async fn end_sessions(unit: &mut Unit, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
    unit.run(END_SESSIONS, &[person.into(), now.into()])
        .await
        .map(|_| ())
}

/// Whether `board` blocks the person with this pseudonym, or this certificate.
pub async fn is_blocked(
    db: &Db,
    board: BoardId,
    person: Pseudonym,
    certificate: Sha256Digest,
) -> Result<bool, StoreError> {
    let values = [
        board.into(),
        person.0.to_vec().into(),
        certificate.0.to_vec().into(),
    ];
    Ok(!db.all(IN_FORCE, &values).await?.is_empty())
}

/// Every block of `board`, the lifted ones too, oldest first.
pub async fn list(db: &Db, board: BoardId) -> Result<Vec<Listed>, StoreError> {
    db.all(OF_BOARD, &[board.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The pseudonym of a person of `board`. `None` when the board does not know the person; within, `None` when no
/// number of theirs was ever matched, so that no card leads to them.
pub async fn pseudonym_of(
    db: &Db,
    board: BoardId,
    person: PersonId,
) -> Result<Option<Option<Pseudonym>>, StoreError> {
    let Some(row) = db.one(PSEUDONYM, &[person.into(), board.into()]).await? else {
        return Ok(None);
    };
    let bytes = row.optional_bytes("pseudonym")?;
    let read = |bytes: Vec<u8>| {
        bytes
            .try_into()
            .map(Pseudonym)
            .map_err(|_| row.error("pseudonym"))
    };
    Ok(Some(bytes.map(read).transpose()?))
}

fn read(row: &Row) -> Result<Listed, StoreError> {
    let certificate = match row.text("kind")?.as_str() {
        "certificate" => {
            let bytes = row.bytes("subject")?.try_into();
            Some(Sha256Digest(bytes.map_err(|_| row.error("subject"))?))
        }
        _ => None,
    };
    Ok(Listed {
        id: row.parsed("id")?,
        person: row
            .optional_text("person_id")?
            .map(|text| text.parse().map_err(|_| row.error("person_id")))
            .transpose()?,
        certificate,
        reason: row.text("reason")?,
        created_at: row.time("created_at")?,
        lifted_at: row.optional_time("lifted_at")?,
    })
}
