//! Idempotency keys: a repeated create gets the first one's answer.

use std::time::Duration;

use super::db::{Db, StoreError, Unit};
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;

crate::statements! {
    // A claim that its service was ended under is taken over by the same request.
    CLAIM = "INSERT INTO idempotency (client_id, key, request_sha256, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (client_id, key) DO UPDATE SET created_at = excluded.created_at \
             WHERE idempotency.status IS NULL AND idempotency.created_at <= $5 \
             AND idempotency.request_sha256 = excluded.request_sha256 RETURNING key";
    READ = "SELECT request_sha256, status, response FROM idempotency WHERE client_id = $1 AND key = $2";
    ANSWER = "UPDATE idempotency SET status = $3, response = $4 WHERE client_id = $1 AND key = $2";
    RELEASE = "DELETE FROM idempotency WHERE client_id = $1 AND key = $2 AND status IS NULL";
}

/// How long a claim without an answer counts as being worked on. The work takes seconds.
const CLAIM_LIFE: Duration = Duration::from_mins(5);

/// What an idempotency key meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The key is new: do the work, then [`answer`].
    Fresh,
    /// The same request was answered before.
    Answered {
        /// Its HTTP status.
        status: i64,
        /// Its body.
        response: String,
    },
    /// The same request is being worked on.
    InProgress,
    /// The key was used for another request.
    OtherRequest,
}

/// Claims `key` for a request whose canonical bytes hash to `request`. Commits alone. A claim without an answer is the
/// same request's again after five minutes.
pub async fn claim(
    db: &Db,
    client: &str,
    key: &str,
    request: Sha256Digest,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    let values = [
        client.into(),
        key.into(),
        request.to_string().into(),
        now.into(),
        now.minus(CLAIM_LIFE).into(),
    ];
    if !db.commit_alone(CLAIM, &values).await?.is_empty() {
        return Ok(Claim::Fresh);
    }
    let Some(row) = db.one(READ, &[client.into(), key.into()]).await? else {
        return Ok(Claim::InProgress);
    };
    if row.text("request_sha256")? != request.to_string() {
        return Ok(Claim::OtherRequest);
    }
    Ok(
        match (row.optional_int("status")?, row.optional_text("response")?) {
            (Some(status), Some(response)) => Claim::Answered { status, response },
            _ => Claim::InProgress,
        },
    )
}

/// Keeps the answer, in the unit of the work itself.
pub async fn answer(
    unit: &mut Unit,
    client: &str,
    key: &str,
    status: i64,
    response: &str,
) -> Result<(), StoreError> {
    unit.run_one(
        ANSWER,
        &[client.into(), key.into(), status.into(), response.into()],
    )
    .await
}

/// Gives the key back when the work was refused and may be tried again.
pub async fn release(db: &Db, client: &str, key: &str) -> Result<(), StoreError> {
    db.commit_alone(RELEASE, &[client.into(), key.into()])
        .await
        .map(|_| ())
}
