//! Signing requests and the pieces of their documents.

use super::db::{Db, StoreError, Unit};
use super::row::{Row, Value};
use crate::base::code::PersonCode;
use crate::base::time::Timestamp;
use crate::identity::BoardId;
use crate::identity::PersonId;
use crate::signing::attempt::{Attempt, AttemptId, AttemptState, Driver};
use crate::signing::request::{Ending, Piece, RequestId, SigningRequest};

crate::statements! {
    INSERT = "INSERT INTO signing_request (id, board_id, client_id, state, request, version, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, 1, $6, $7)";
    UPDATE = "UPDATE signing_request SET state = $3, request = $4, closed_at = $5, version = version + 1 \
              WHERE id = $1 AND version = $2";
    BY_ID = "SELECT request, version FROM signing_request WHERE id = $1";
    OF_CLIENT = "SELECT request, version FROM signing_request WHERE client_id = $1 AND id < $2 \
                 ORDER BY id DESC LIMIT $3";
    OPEN_OF_BOARD = "SELECT request, version FROM signing_request WHERE board_id = $1 AND closed_at IS NULL \
                     AND expires_at > $2 ORDER BY created_at LIMIT 500";
    // A signature that is being finished is finished first; such requests must not fill the round for the others.
    OVERDUE = "SELECT request, version FROM signing_request WHERE closed_at IS NULL AND expires_at <= $1 \
               AND state <> 'finishing' ORDER BY expires_at LIMIT 100";
    ADD_PIECE = "INSERT INTO signing_piece (request_id, ordinal, sha256, length_bytes, added_at) \
                 VALUES ($1, $2, $3, $4, $5)";
    DROP_PUBLICATION = "DELETE FROM signing_piece WHERE request_id = $1 AND ordinal < 0";
    ADD_ATTEMPT = "INSERT INTO signing_attempt (id, request_id, slot, person_id, short_code, state, started_at, \
                   updated_at, driver, seen) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)";
    // A try that ended stays as it ended.
    MOVE_ATTEMPT = "UPDATE signing_attempt SET state = $2, code = $3, cause = $4, tries_left = $5, updated_at = $6 \
                    WHERE id = $1 AND state NOT IN ('done', 'failed')";
    BEAT = "UPDATE signing_attempt SET updated_at = $2 WHERE id = $1 AND state NOT IN ('done', 'failed')";
    SETTLE = "UPDATE signing_attempt SET state = 'done', code = NULL, cause = NULL, updated_at = $2 \
              WHERE request_id = $1 AND (state = 'finishing' OR code = 'timestamp_unavailable')";
    SETTLE_SLOT = "UPDATE signing_attempt SET state = 'done', code = NULL, cause = NULL, updated_at = $3 \
                   WHERE request_id = $1 AND slot = $2 AND (state = 'finishing' OR code = 'timestamp_unavailable')";
    LOSE = "UPDATE signing_attempt SET state = 'failed', code = $2, cause = $3, tries_left = NULL, updated_at = $4 \
            WHERE request_id = $1 AND (state = 'finishing' OR code = 'timestamp_unavailable')";
    LAST_ATTEMPT = "SELECT id, request_id, slot, person_id, short_code, state, code, cause, tries_left, started_at, \
                    updated_at, driver, seen FROM signing_attempt WHERE request_id = $1 AND person_id = $2 \
                    ORDER BY started_at DESC, id DESC LIMIT 1";
    ATTEMPT = "SELECT id, request_id, slot, person_id, short_code, state, code, cause, tries_left, started_at, \
               updated_at, driver, seen FROM signing_attempt WHERE id = $1";
}

/// A request as it was read, with the version that a change of it must name.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The request.
    pub request: SigningRequest,
    /// The version that was read.
    pub version: i64,
}

/// Adds a new request with its document's first piece as part of `unit`.
pub async fn add(unit: &mut Unit, request: &SigningRequest) -> Result<(), StoreError> {
    let values = [
        request.id.into(),
        request.board.into(),
        request.client.clone().into(),
        state(request).into(),
        text(request).into(),
        request.created_at.into(),
        request.expires_at.into(),
    ];
    unit.run_one(INSERT, &values).await?;
    add_piece(unit, request.id, 0, &request.document.base, request.created_at).await
}

/// Writes `request` over the version that was read.
///
/// # Errors
/// `Stale` when somebody else wrote in between: read it again and look whether the step still makes sense.
pub async fn save(unit: &mut Unit, request: &SigningRequest, version: i64) -> Result<(), StoreError> {
    let closed_at = request.closed.as_ref().map(|closed| closed.at);
    let values = [
        request.id.into(),
        version.into(),
        state(request).into(),
        text(request).into(),
        closed_at.into(),
    ];
    unit.run_one(UPDATE, &values).await
}

/// Records the piece that a finished signature appended, as part of the unit that saves the request.
pub async fn add_tail(
    unit: &mut Unit,
    request: &SigningRequest,
    piece: &Piece,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ordinal = i64::try_from(request.document.tails.len()).unwrap_or(i64::MAX);
    add_piece(unit, request.id, ordinal, piece, now).await
}

/// Records the container that is delivered for a document, as part of the unit that saves the request. It follows
/// what stands in the document itself, which it adds nothing to.
pub async fn add_container(
    unit: &mut Unit,
    request: &SigningRequest,
    piece: &Piece,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ordinal = i64::try_from(request.document.tails.len()).unwrap_or(i64::MAX);
    add_piece(unit, request.id, ordinal.saturating_add(1), piece, now).await
}

async fn add_piece(
    unit: &mut Unit,
    request: RequestId,
    ordinal: i64,
    piece: &Piece,
    now: Timestamp,
) -> Result<(), StoreError> {
    let length = i64::try_from(piece.length_bytes).unwrap_or(i64::MAX);
    let values = [
        request.into(),
        ordinal.into(),
        piece.sha256.to_string().into(),
        length.into(),
        now.into(),
    ];
    unit.run_one(ADD_PIECE, &values).await
}

/// Records the blobs of a request's publication copy, those it names no more beside them, as part of the unit that
/// saves the request. Each counts from -1 downwards, so that no signature's piece is meant.
pub async fn keep_publication(
    unit: &mut Unit,
    request: RequestId,
    pieces: &[Piece],
    now: Timestamp,
) -> Result<(), StoreError> {
    unit.run(DROP_PUBLICATION, &[request.into()]).await?;
    let mut ordinal = 0_i64;
    for piece in pieces {
        ordinal = ordinal.saturating_sub(1);
        add_piece(unit, request, ordinal, piece, now).await?;
    }
    Ok(())
}

/// The request with this id.
pub async fn find(db: &Db, id: RequestId) -> Result<Option<Kept>, StoreError> {
    db.one(BY_ID, &[id.into()]).await?.as_ref().map(read).transpose()
}

/// The requests of a client, newest first, those made before `before`.
pub async fn of_client(
    db: &Db,
    client: &str,
    before: Option<RequestId>,
    limit: u32,
) -> Result<Vec<Kept>, StoreError> {
    let before = before.unwrap_or(RequestId::from_u128(u128::MAX));
    db.all(OF_CLIENT, &[client.into(), before.into(), limit.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The requests of a board that take signatures at `now`, oldest first.
pub async fn open_of_board(db: &Db, board: BoardId, now: Timestamp) -> Result<Vec<Kept>, StoreError> {
    db.all(OPEN_OF_BOARD, &[board.into(), now.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Requests that nobody finished in time, but for those in which a signature is being finished.
pub async fn overdue(db: &Db, now: Timestamp) -> Result<Vec<Kept>, StoreError> {
    db.all(OVERDUE, &[now.into()]).await?.iter().map(read).collect()
}

fn state(request: &SigningRequest) -> &'static str {
    match request.closed.as_ref().map(|closed| &closed.how) {
        None if request.is_finishing() => "finishing",
        None => "open",
        Some(Ending::Completed) => "completed",
        Some(Ending::Declined { .. }) => "declined",
        Some(Ending::Expired) => "expired",
        Some(Ending::Failed { .. }) => "failed",
        Some(Ending::Withdrawn) => "withdrawn",
    }
}

fn text(request: &SigningRequest) -> String {
    // INVARIANT: the request is made of plain values; serialising them cannot fail.
    serde_json::to_string(request).unwrap_or_default()
}

pub(super) fn read(row: &Row) -> Result<Kept, StoreError> {
    Ok(Kept {
        request: row.json("request")?,
        version: row.int("version")?,
    })
}

/// Records that a try begins.
///
/// # Errors
/// `Conflict` while another try of the same person at the same request runs, in whatever window or instance.
pub async fn begin_attempt(db: &Db, attempt: &Attempt) -> Result<(), StoreError> {
    let values = [
        attempt.id.into(),
        attempt.request.into(),
        i64::from(attempt.slot).into(),
        attempt.person.into(),
        attempt.short_code.clone().into(),
        attempt.state.as_str().into(),
        attempt.started_at.into(),
        attempt.driver.as_str().into(),
        attempt.seen.clone().into(),
    ];
    db.commit_alone(ADD_ATTEMPT, &values).await.map(|_| ())
}

/// Notes that these attempts are being worked on, in one unit: a list has eighty of them.
pub async fn beat(db: &Db, ids: &[AttemptId], now: Timestamp) -> Result<(), StoreError> {
    db.write(move |unit| {
        let ids = ids.to_vec();
        Box::pin(async move {
            for id in ids {
                unit.run(BEAT, &[id.into(), now.into()]).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Records how far a try came. Commits alone: a failure stays known whatever else is undone.
pub async fn move_attempt(
    db: &Db,
    id: AttemptId,
    state: &AttemptState,
    now: Timestamp,
) -> Result<(), StoreError> {
    db.commit_alone(MOVE_ATTEMPT, &moved(id, state, now))
        .await
        .map(|_| ())
}

/// The same as part of the unit in which it came so far.
pub async fn move_attempt_in(
    unit: &mut Unit,
    id: AttemptId,
    state: &AttemptState,
    now: Timestamp,
) -> Result<(), StoreError> {
    unit.run(MOVE_ATTEMPT, &moved(id, state, now)).await.map(|_| ())
}

fn moved(id: AttemptId, state: &AttemptState, now: Timestamp) -> [Value; 6] {
    let (code, cause, tries) = match state {
        AttemptState::Failed {
            code,
            cause,
            tries_left,
        } => (
            Some(code.as_str()),
            Some(cause.clone()),
            tries_left.map(i64::from),
        ),
        _ => (None, None, None),
    };
    [
        id.into(),
        state.as_str().into(),
        code.into(),
        cause.into(),
        tries.into(),
        now.into(),
    ]
}

/// The try with this id.
pub async fn attempt(db: &Db, id: AttemptId) -> Result<Option<Attempt>, StoreError> {
    db.one(ATTEMPT, &[id.into()])
        .await?
        .as_ref()
        .map(read_attempt)
        .transpose()
}

/// A signature that waited for its time-stamp, or whose service was ended under it, stands now: its page is told.
pub async fn settle_attempts(db: &Db, request: RequestId, now: Timestamp) -> Result<(), StoreError> {
    db.commit_alone(SETTLE, &[request.into(), now.into()])
        .await
        .map(|_| ())
}

/// The signature of slot `number` stands, whatever the rest of its request waits for: its page is told.
pub async fn settle_slot(db: &Db, request: RequestId, number: u8, now: Timestamp) -> Result<(), StoreError> {
    let values = [request.into(), i64::from(number).into(), now.into()];
    db.commit_alone(SETTLE_SLOT, &values).await.map(|_| ())
}

/// A signature that was kept can never stand: whoever was told that it would follow is told so.
pub async fn lose_attempts(
    db: &Db,
    request: RequestId,
    code: PersonCode,
    cause: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = [request.into(), code.as_str().into(), cause.into(), now.into()];
    db.commit_alone(LOSE, &values).await.map(|_| ())
}

/// The latest try of `person` at `request`.
pub async fn last_attempt(
    db: &Db,
    request: RequestId,
    person: PersonId,
) -> Result<Option<Attempt>, StoreError> {
    db.one(LAST_ATTEMPT, &[request.into(), person.into()])
        .await?
        .as_ref()
        .map(read_attempt)
        .transpose()
}

pub(super) fn read_attempt(row: &Row) -> Result<Attempt, StoreError> {
    let small = |column: &'static str, number: i64| u8::try_from(number).map_err(|_| row.error(column));
    let state = match row.text("state")?.as_str() {
        "checking" => AttemptState::Checking,
        "signing" => AttemptState::Signing,
        "finishing" => AttemptState::Finishing,
        "done" => AttemptState::Done,
        "failed" => AttemptState::Failed {
            code: row
                .optional_text("code")?
                .as_deref()
                .and_then(PersonCode::from_text)
                .ok_or(row.error("code"))?,
            cause: row.text("cause")?,
            tries_left: row
                .optional_int("tries_left")?
                .map(|left| small("tries_left", left))
                .transpose()?,
        },
        _ => return Err(row.error("state").into()),
    };
    Ok(Attempt {
        id: row.parsed("id")?,
        request: row.parsed("request_id")?,
        slot: small("slot", row.int("slot")?)?,
        person: row.parsed("person_id")?,
        short_code: row.text("short_code")?,
        driver: match row.text("driver")?.as_str() {
            "beside" => Driver::Beside,
            "counter" => Driver::Counter,
            _ => return Err(row.error("driver").into()),
        },
        seen: row.optional_text("seen")?,
        state,
        started_at: row.time("started_at")?,
        updated_at: row.time("updated_at")?,
    })
}
