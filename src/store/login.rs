//! Visits to the log-in pages, and the challenges handed out in them.

use super::db::{Db, StoreError, Unit};
use super::row::Row;
use crate::base::time::Timestamp;
use crate::oidc::challenge::Purpose;
use crate::oidc::interaction::{Interaction, InteractionId, Stage};
use crate::oidc::secret::SecretHash;

crate::statements! {
    INSERT = "INSERT INTO interaction (id, board_id, browser_hash, task, stage, number, version, created_at, \
              expires_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)";
    BY_ID = "SELECT id, board_id, browser_hash, task, stage, number, version, created_at, expires_at, finished_at \
             FROM interaction WHERE id = $1";
    ADVANCE = "UPDATE interaction SET stage = $3, number = $4, browser_hash = $5, finished_at = $6, \
               version = version + 1 WHERE id = $1 AND version = $2 AND finished_at IS NULL";
    REBIND = "UPDATE interaction SET browser_hash = $2, version = version + 1 WHERE browser_hash = $1 \
              AND finished_at IS NULL";
    SWEEP = "DELETE FROM interaction WHERE expires_at < $1";
    HAND_OUT = "INSERT INTO challenge (interaction_id, purpose, browser_hash, nonce, expires_at) \
                VALUES ($1, $2, $3, $4, $5) ON CONFLICT (interaction_id, purpose) DO UPDATE SET \
                browser_hash = $3, nonce = $4, expires_at = $5, spent_at = NULL";
    SPEND = "UPDATE challenge SET spent_at = $4 WHERE interaction_id = $1 AND purpose = $2 AND browser_hash = $3 \
             AND spent_at IS NULL RETURNING nonce, expires_at";
}

/// Adds a visit as part of `unit`.
pub async fn add(unit: &mut Unit, interaction: &Interaction) -> Result<(), StoreError> {
    let values = [
        interaction.id.into(),
        interaction.board.into(),
        interaction.browser.0.to_vec().into(),
        serde_json::to_string(&interaction.task)
            .unwrap_or_default()
            .into(),
        text_of(&interaction.stage).into(),
        interaction.wrapped_number.clone().into(),
        interaction.created_at.into(),
        interaction.expires_at.into(),
    ];
    unit.run_one(INSERT, &values).await
}

/// The visit with this id. Whether it belongs to the browser that asks is the caller's to check.
pub async fn find(db: &Db, id: InteractionId) -> Result<Option<Interaction>, StoreError> {
    db.one(BY_ID, &[id.into()]).await?.as_ref().map(read).transpose()
}

/// Writes stage, number, browser and end of `interaction`, as it was read with its version.
///
/// # Errors
/// `Stale` when somebody else moved the visit on, or finished it, since it was read.
pub async fn advance(unit: &mut Unit, interaction: &Interaction) -> Result<(), StoreError> {
    let values = [
        interaction.id.into(),
        interaction.version.into(),
        text_of(&interaction.stage).into(),
        interaction.wrapped_number.clone().into(),
        interaction.browser.0.to_vec().into(),
        interaction.finished_at.into(),
    ];
    unit.run_one(ADVANCE, &values).await
}

/// Moves every open visit of the browser `from` to the cookie `to`: who only knew the old cookie is left outside.
pub async fn rebind(unit: &mut Unit, from: SecretHash, to: SecretHash) -> Result<(), StoreError> {
    unit.run(REBIND, &[from.0.to_vec().into(), to.0.to_vec().into()])
        .await
        .map(|_| ())
}

/// Deletes visits that expired before `now`, with their challenges. Returns how many.
pub async fn sweep(db: &Db, now: Timestamp) -> Result<u64, StoreError> {
    db.write(move |unit| Box::pin(async move { unit.run(SWEEP, &[now.into()]).await }))
        .await
}

/// Hands out `nonce` as part of `unit`. An earlier one of the same visit and purpose is void from now on.
pub async fn hand_out(
    unit: &mut Unit,
    interaction: InteractionId,
    purpose: Purpose,
    browser: SecretHash,
    nonce: &str,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let values = [
        interaction.into(),
        purpose.as_str().into(),
        browser.0.to_vec().into(),
        nonce.into(),
        expires_at.into(),
    ];
    unit.run_one(HAND_OUT, &values).await
}

/// A challenge that was just spent.
pub struct Spent {
    /// The nonce, as it was handed out.
    pub nonce: String,
    /// Until when it could be answered.
    pub expires_at: Timestamp,
}

/// Takes the challenge of a visit, once: one statement that commits alone, before anything is verified, so that a
/// failed answer burns it as well. `None` when there is none for this visit, purpose and browser, or none any more.
pub async fn spend(
    db: &Db,
    interaction: InteractionId,
    purpose: Purpose,
    browser: SecretHash,
    now: Timestamp,
) -> Result<Option<Spent>, StoreError> {
    let values = [
        interaction.into(),
        purpose.as_str().into(),
        browser.0.to_vec().into(),
        now.into(),
    ];
    let rows = db.commit_alone(SPEND, &values).await?;
    let read = |row: &Row| -> Result<Spent, StoreError> {
        Ok(Spent {
            nonce: row.text("nonce")?,
            expires_at: row.time("expires_at")?,
        })
    };
    rows.first().map(read).transpose()
}

fn text_of(stage: &Stage) -> String {
    serde_json::to_string(stage).unwrap_or_default()
}

fn read(row: &Row) -> Result<Interaction, StoreError> {
    Ok(Interaction {
        id: row.parsed("id")?,
        board: row.parsed("board_id")?,
        browser: SecretHash(
            row.bytes("browser_hash")?
                .try_into()
                .map_err(|_| row.error("browser_hash"))?,
        ),
        task: row.json("task")?,
        stage: row.json("stage")?,
        wrapped_number: row.optional_bytes("number")?,
        version: row.int("version")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        finished_at: row.optional_time("finished_at")?,
    })
}
