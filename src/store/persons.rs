//! Persons as one board knows them: an id, a name, and the keyed pseudonym that finds them again.

use super::db::{Db, StoreError, Unit};
use super::keys;
use super::row::Row;
use crate::base::national::{NationalNumber, Pseudonym};
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::crypto::wrap::KeyEncryptionKey;
use crate::identity::{BoardId, PersonId};

crate::statements! {
    INSERT = "INSERT INTO person (id, board_id, pseudonym, given_name, family_name, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6)";
    BY_ID = "SELECT id, board_id, given_name, family_name, created_at FROM person WHERE id = $1";
    BY_PSEUDONYM = "SELECT id, board_id, given_name, family_name, created_at FROM person \
                    WHERE board_id = $1 AND pseudonym = $2";
    OF_BOARD = "SELECT id, board_id, given_name, family_name, created_at FROM person WHERE board_id = $1 \
                ORDER BY family_name, given_name, id";
    LINK = "UPDATE person SET pseudonym = $2 WHERE id = $1 AND pseudonym IS NULL";
}

/// A person as one board knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct BoardPerson {
    /// Their id at this board.
    pub id: PersonId,
    /// Which board.
    pub board: BoardId,
    /// Given names, as the card or the source writes them; may be empty.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// When the board first knew them.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for BoardPerson {
    /// Names stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BoardPerson({})", self.id)
    }
}

/// Adds a person as part of `unit`; without a pseudonym when no eID was matched yet.
pub async fn add(
    unit: &mut Unit,
    person: &BoardPerson,
    pseudonym: Option<Pseudonym>,
) -> Result<(), StoreError> {
    let values = [
        person.id.into(),
        person.board.into(),
        pseudonym.map(|pseudonym| pseudonym.0.to_vec()).into(),
        person.given_name.clone().into(),
        person.family_name.clone().into(),
        person.created_at.into(),
    ];
    unit.run_one(INSERT, &values).await
}

/// The person with this id.
pub async fn find(db: &Db, id: PersonId) -> Result<Option<BoardPerson>, StoreError> {
    db.one(BY_ID, &[id.into()]).await?.as_ref().map(read).transpose()
}

/// The person `board` knows by this pseudonym.
pub async fn find_by_pseudonym(
    db: &Db,
    board: BoardId,
    pseudonym: Pseudonym,
) -> Result<Option<BoardPerson>, StoreError> {
    db.one(BY_PSEUDONYM, &[board.into(), pseudonym.0.to_vec().into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The pseudonym by which `board` knows whoever has `number`: what imports and log-ins both look a person up by.
///
/// The board's secret for it is made when first asked for.
pub async fn pseudonym(
    db: &Db,
    board: BoardId,
    number: &NationalNumber,
    kek: &KeyEncryptionKey,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Pseudonym, StoreError> {
    let key = keys::secret(db, board, "person_link", kek, random, now).await?;
    Ok(number.pseudonym(key.expose(), "person_link"))
}

/// Everybody `board` knows, by name.
pub async fn list(db: &Db, board: BoardId) -> Result<Vec<BoardPerson>, StoreError> {
    db.all(OF_BOARD, &[board.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Gives a person their pseudonym, once; `Stale` when they have one, `Conflict` when somebody else has it.
pub async fn link(unit: &mut Unit, id: PersonId, pseudonym: Pseudonym) -> Result<(), StoreError> {
    unit.run_one(LINK, &[id.into(), pseudonym.0.to_vec().into()])
        .await
}

fn read(row: &Row) -> Result<BoardPerson, StoreError> {
    Ok(BoardPerson {
        id: row.parsed("id")?,
        board: row.parsed("board_id")?,
        given_name: row.text("given_name")?,
        family_name: row.text("family_name")?,
        created_at: row.time("created_at")?,
    })
}
