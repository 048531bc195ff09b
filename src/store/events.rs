//! Audit events: written in the unit of what they record, chained per board by a job.

use super::db::{Db, StoreError, Unit};
use crate::audit::{Event, EventKind, chain_hash};
use crate::identity::BoardId;

crate::statements! {
    INSERT = "INSERT INTO audit_event (id, board_id, at, kind, actor, object, result, detail) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    UNCHAINED_BOARDS = "SELECT DISTINCT board_id FROM audit_event WHERE sequence IS NULL";
    LAST = "SELECT sequence, hash FROM audit_event WHERE board_id = $1 AND sequence IS NOT NULL \
            ORDER BY sequence DESC LIMIT 1";
    UNCHAINED = "SELECT id, board_id, at, kind, actor, object, result, detail FROM audit_event \
                 WHERE board_id = $1 AND sequence IS NULL ORDER BY at, id LIMIT 500";
    CHAIN = "UPDATE audit_event SET sequence = $2, previous = $3, hash = $4 WHERE id = $1 AND sequence IS NULL";
    CHAINED = "SELECT id, board_id, at, kind, actor, object, result, detail, sequence, previous, hash \
               FROM audit_event WHERE board_id = $1 AND sequence > $2 ORDER BY sequence LIMIT 1000";
    RECENT = "SELECT id, board_id, at, kind, actor, object, result, detail FROM audit_event \
              WHERE board_id = $1 ORDER BY at DESC, id DESC LIMIT $2";
}

/// Writes `event` as part of `unit`.
pub async fn record(unit: &mut Unit, event: &Event) -> Result<(), StoreError> {
    let values = [
        event.id.into(),
        event.board.into(),
        event.at.into(),
        event.kind.as_str().into(),
        event.actor.clone().into(),
        event.object.clone().into(),
        event.result.clone().into(),
        event.detail.to_string().into(),
    ];
    unit.run_one(INSERT, &values).await
}

/// Writes `event` alone, for failures that a rollback must not undo.
pub async fn record_alone(db: &Db, event: &Event) -> Result<(), StoreError> {
    let event = event.clone();
    db.write(move |unit| {
        let event = event.clone();
        Box::pin(async move { record(unit, &event).await })
    })
    .await
}

/// The latest `limit` events of `board`, newest first.
pub async fn recent(db: &Db, board: BoardId, limit: u32) -> Result<Vec<Event>, StoreError> {
    db.all(RECENT, &[board.into(), limit.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Puts every event that is not chained yet into its board's chain. Returns how many.
pub async fn chain_all(db: &Db) -> Result<u64, StoreError> {
    let mut chained = 0_u64;
    for row in db.all(UNCHAINED_BOARDS, &[]).await? {
        let board: BoardId = row.parsed("board_id")?;
        loop {
            let now = db
                .write(move |unit| Box::pin(async move { chain_some(unit, board).await }))
                .await?;
            chained = chained.saturating_add(now);
            if now == 0 {
                break;
            }
        }
    }
    Ok(chained)
}

async fn chain_some(unit: &mut Unit, board: BoardId) -> Result<u64, StoreError> {
    let (mut sequence, mut previous) = match unit.one(LAST, &[board.into()]).await? {
        Some(row) => (row.int("sequence")?, hash_of(&row.bytes("hash")?)?),
        None => (0, [0; 32]),
    };
    let mut count = 0_u64;
    for row in unit.all(UNCHAINED, &[board.into()]).await? {
        let event = read(&row)?;
        sequence = sequence.saturating_add(1);
        let hash = chain_hash(&previous, u64::try_from(sequence).unwrap_or(0), &event);
        let values = [
            event.id.into(),
            sequence.into(),
            previous.to_vec().into(),
            hash.0.to_vec().into(),
        ];
        unit.run_one(CHAIN, &values).await?;
        previous = hash.0;
        count = count.saturating_add(1);
    }
    Ok(count)
}

/// Where a board's chain is broken first, if it is.
pub async fn first_break(db: &Db, board: BoardId) -> Result<Option<i64>, StoreError> {
    let (mut after, mut previous) = (0_i64, [0_u8; 32]);
    loop {
        let rows = db.all(CHAINED, &[board.into(), after.into()]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in &rows {
            let sequence = row.int("sequence")?;
            let expected = chain_hash(&previous, u64::try_from(sequence).unwrap_or(0), &read(row)?);
            let unbroken = sequence == after.saturating_add(1)
                && row.bytes("previous")? == previous
                && row.bytes("hash")? == expected.0;
            if !unbroken {
                return Ok(Some(sequence));
            }
            (after, previous) = (sequence, expected.0);
        }
    }
}

fn hash_of(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes
        .try_into()
        .map_err(|_| StoreError::Schema("an audit hash is not 32 bytes".to_owned()))
}

fn read(row: &super::row::Row) -> Result<Event, StoreError> {
    let kind: EventKind = serde_json::from_value(serde_json::Value::String(row.text("kind")?))
        .map_err(|_| row.error("kind"))?;
    Ok(Event {
        id: row.parsed("id")?,
        board: row.parsed("board_id")?,
        at: row.time("at")?,
        kind,
        actor: row.optional_text("actor")?,
        object: row.optional_text("object")?,
        result: row.text("result")?,
        detail: row.json("detail")?,
    })
}
