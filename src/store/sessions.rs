//! Browser sessions: found by the hash of their cookie, never by their id.

use super::db::{Db, StoreError, Unit};
use super::row::Row;
use crate::base::time::Timestamp;
use crate::identity::{BoardId, Channel, PersonId};
use crate::oidc::secret::{Opaque, SecretHash};
use crate::oidc::session::{Session, SessionId};

crate::statements! {
    INSERT = "INSERT INTO session (id, cookie_hash, surname, given_names, means, channel, level, authenticated_at, \
              seen_at, tolerance) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    INSERT_PERSON = "INSERT INTO session_person (session_id, board_id, person_id) VALUES ($1, $2, $3)";
    BY_COOKIE = "SELECT id, surname, given_names, means, channel, level, authenticated_at, seen_at, tolerance FROM session \
                 WHERE cookie_hash = $1 AND ended_at IS NULL";
    BY_ID = "SELECT id, surname, given_names, means, channel, level, authenticated_at, seen_at, tolerance FROM session \
             WHERE id = $1";
    PERSONS = "SELECT board_id, person_id FROM session_person WHERE session_id = $1 ORDER BY board_id";
    SEEN = "UPDATE session SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    SEEN_SINCE = "SELECT id FROM session WHERE channel = $1 AND seen_at > $2 AND ended_at IS NULL";
    END = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL";
    END_BY_COOKIE = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE cookie_hash = $1 AND ended_at IS NULL";
    // A session whose grants could not go yet waits for the next sweep.
    SWEEP = "DELETE FROM session WHERE seen_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM login_grant g WHERE g.session_id = session.id)";
}

/// Adds `session`, reached by the cookie that hashes to `cookie`, as part of `unit`.
pub async fn add(unit: &mut Unit, session: &Session, cookie: SecretHash) -> Result<(), StoreError> {
    let values = [
        session.id.into(),
        cookie.0.to_vec().into(),
        session.surname.clone().into(),
        session.given_names.clone().into(),
        session.means.as_str().into(),
        session.channel.as_str().into(),
        session.level.uri().into(),
        session.authenticated_at.into(),
        session.seen_at.into(),
        session.tolerance.as_str().into(),
    ];
    unit.run_one(INSERT, &values).await?;
    for (board, person) in &session.persons {
        unit.run_one(
            INSERT_PERSON,
            &[session.id.into(), (*board).into(), (*person).into()],
        )
        .await?;
    }
    Ok(())
}

/// The session of this cookie, unless it was ended. Whether it is too old is the caller's to ask.
pub async fn find_by_cookie(db: &Db, cookie: &Opaque) -> Result<Option<Session>, StoreError> {
    match db.one(BY_COOKIE, &[cookie.hash().0.to_vec().into()]).await? {
        Some(row) => Ok(Some(read(db, &row).await?)),
        None => Ok(None),
    }
}

/// The session with this id, ended ones included: for tokens that came of it.
pub async fn find(db: &Db, id: SessionId) -> Result<Option<Session>, StoreError> {
    match db.one(BY_ID, &[id.into()]).await? {
        Some(row) => Ok(Some(read(db, &row).await?)),
        None => Ok(None),
    }
}

/// Notes that the session was used at `now`.
pub async fn seen(db: &Db, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    db.commit_alone(SEEN, &[id.into(), now.into()]).await.map(|_| ())
}

/// Sessions made at a counter that were used after `since` and did not end.
pub async fn open_at_counters(db: &Db, since: Timestamp) -> Result<Vec<SessionId>, StoreError> {
    let values = [Channel::Counter.as_str().into(), since.into()];
    let rows = db.all(SEEN_SINCE, &values).await?;
    rows.iter().map(|row| Ok(row.parsed("id")?)).collect()
}

/// Ends a session as part of `unit`; one that ended before stays as it was. Says whether it ended now.
pub async fn end(unit: &mut Unit, id: SessionId, reason: &str, now: Timestamp) -> Result<bool, StoreError> {
    let ended = unit.run(END, &[id.into(), now.into(), reason.into()]).await?;
    Ok(ended > 0)
}

/// Ends the session of a cookie as part of `unit`, if there is one.
pub async fn end_by_cookie(
    unit: &mut Unit,
    cookie: SecretHash,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    unit.run(
        END_BY_COOKIE,
        &[cookie.0.to_vec().into(), now.into(), reason.into()],
    )
    .await
    .map(|_| ())
}

/// Deletes sessions last used before `before`, with the names in them and the grants that came of them. Returns how
/// many sessions and grants. A grant stays, and its session with it, as long as one of its tokens is kept.
pub async fn sweep(db: &Db, before: Timestamp) -> Result<u64, StoreError> {
    db.write(move |unit| {
        Box::pin(async move {
            let grants = super::grants::sweep(unit, before).await?;
            let sessions = unit.run(SWEEP, &[before.into()]).await?;
            Ok(grants.saturating_add(sessions))
        })
    })
    .await
}

async fn read(db: &Db, row: &Row) -> Result<Session, StoreError> {
    let id: SessionId = row.parsed("id")?;
    let mut persons: Vec<(BoardId, PersonId)> = Vec::new();
    for row in db.all(PERSONS, &[id.into()]).await? {
        persons.push((row.parsed("board_id")?, row.parsed("person_id")?));
    }
    Ok(Session {
        id,
        surname: row.text("surname")?,
        given_names: row.optional_text("given_names")?,
        persons,
        means: word(row, "means")?,
        channel: word(row, "channel")?,
        level: row.parsed("level")?,
        authenticated_at: row.time("authenticated_at")?,
        seen_at: row.time("seen_at")?,
        tolerance: word(row, "tolerance")?,
    })
}

/// A word that serde reads as a variant.
fn word<T: serde::de::DeserializeOwned>(row: &Row, column: &'static str) -> Result<T, StoreError> {
    let text = row.text(column)?;
    serde_json::from_value(serde_json::Value::String(text)).map_err(|_| row.error(column).into())
}
