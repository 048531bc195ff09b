//! Containers: what the last signatures of several documents have in common.

use super::db::{Db, StoreError, Unit};
use crate::base::time::Timestamp;
use crate::signing::container::{ContainerId, SigningContainer};

crate::statements! {
    INSERT = "INSERT INTO signing_container (id, board_id, list_id, state, container, version, created_at) \
              VALUES ($1, $2, $3, $4, $5, 1, $6)";
    UPDATE = "UPDATE signing_container SET state = $3, container = $4, version = version + 1 \
              WHERE id = $1 AND version = $2";
    BY_ID = "SELECT container, version FROM signing_container WHERE id = $1";
    SWEEP = "DELETE FROM signing_container WHERE state = 'prepared' AND created_at < $1";
}

/// A container as it was read, with the version that a change of it must name.
#[derive(Clone, Debug)]
pub struct KeptContainer {
    /// The container.
    pub container: SigningContainer,
    /// The version that was read.
    pub version: i64,
}

/// Adds a container as part of `unit`.
pub async fn add(unit: &mut Unit, container: &SigningContainer) -> Result<(), StoreError> {
    let values = [
        container.id.into(),
        container.board.into(),
        container.list.into(),
        container.stage.as_str().into(),
        text(container).into(),
        container.created_at.into(),
    ];
    unit.run_one(INSERT, &values).await
}

/// Writes `container` over the version that was read.
///
/// # Errors
/// `Stale` when somebody else wrote in between.
pub async fn save(unit: &mut Unit, container: &SigningContainer, version: i64) -> Result<(), StoreError> {
    let values = [
        container.id.into(),
        version.into(),
        container.stage.as_str().into(),
        text(container).into(),
    ];
    unit.run_one(UPDATE, &values).await
}

/// The container with this id.
pub async fn find(db: &Db, id: ContainerId) -> Result<Option<KeptContainer>, StoreError> {
    let Some(row) = db.one(BY_ID, &[id.into()]).await? else {
        return Ok(None);
    };
    Ok(Some(KeptContainer {
        container: row.json("container")?,
        version: row.int("version")?,
    }))
}

/// Deletes those from before `before` that no card signed: what signs them is not taken any more. Returns how many.
pub async fn sweep(db: &Db, before: Timestamp) -> Result<u64, StoreError> {
    db.write(move |unit| Box::pin(async move { unit.run(SWEEP, &[before.into()]).await }))
        .await
}

fn text(container: &SigningContainer) -> String {
    // INVARIANT: a container is made of plain values; serialising it cannot fail.
    serde_json::to_string(container).unwrap_or_default()
}
