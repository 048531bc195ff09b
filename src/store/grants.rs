//! Grants, their codes, the tokens that came of them, and pairwise subjects.

use super::db::{Db, StoreError, Unit};
use super::row::Row;
use crate::base::time::Timestamp;
use crate::identity::{BoardId, PersonId};
use crate::oidc::bearer::AccessToken;
use crate::oidc::client::ClientId;
use crate::oidc::grant::{Grant, GrantId};
use crate::oidc::pkce::CodeChallenge;
use crate::oidc::scope::Scopes;
use crate::oidc::secret::{Opaque, SecretHash};
use crate::oidc::session::SessionId;
use crate::oidc::token::CodeBinding;

crate::statements! {
    INSERT = "INSERT INTO login_grant (id, board_id, client_id, person_id, session_id, subject, scopes, \
              redirect_uri, code_challenge, nonce, capacity, number, code_hash, code_expires_at, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    SPEND_CODE = "UPDATE login_grant SET code_spent_at = $3 WHERE code_hash = $1 AND client_id = $2 \
                  AND code_spent_at IS NULL RETURNING id, board_id, client_id, person_id, session_id, subject, \
                  scopes, redirect_uri, code_challenge, nonce, capacity, number, code_expires_at, created_at, \
                  revoked_at";
    REVOKE_BY_CODE = "UPDATE login_grant SET revoked_at = $3, number = NULL WHERE code_hash = $1 \
                      AND client_id = $2 AND code_spent_at IS NOT NULL AND revoked_at IS NULL \
                      RETURNING id, board_id";
    IS_SPENT = "SELECT id, board_id FROM login_grant WHERE code_hash = $1 AND client_id = $2 \
                AND code_spent_at IS NOT NULL";
    BY_ID = "SELECT id, board_id, client_id, person_id, session_id, subject, scopes, redirect_uri, code_challenge, \
             nonce, capacity, number, code_expires_at, created_at, revoked_at FROM login_grant WHERE id = $1";
    LATEST = "SELECT id, board_id, client_id, person_id, session_id, subject, scopes, redirect_uri, code_challenge, \
              nonce, capacity, number, code_expires_at, created_at, revoked_at FROM login_grant \
              WHERE session_id = $1 AND client_id = $2 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC \
              LIMIT 1";
    FORGET_NUMBER = "UPDATE login_grant SET number = NULL WHERE number IS NOT NULL AND created_at < $1";
    SWEEP = "DELETE FROM login_grant WHERE session_id IN (SELECT id FROM session WHERE seen_at < $1) \
             AND NOT EXISTS (SELECT 1 FROM access_token t WHERE t.grant_id = login_grant.id)";
    INSERT_TOKEN = "INSERT INTO access_token (token_hash, board_id, client_id, grant_id, scopes, created_at, \
                    expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    TOKEN = "SELECT t.board_id, t.client_id, t.grant_id, t.scopes, t.expires_at, \
             COALESCE(t.revoked_at, g.revoked_at) AS revoked_at FROM access_token t \
             LEFT JOIN login_grant g ON g.id = t.grant_id WHERE t.token_hash = $1";
    SWEEP_TOKENS = "DELETE FROM access_token WHERE expires_at < $1";
    INSERT_SUBJECT = "INSERT INTO pairwise_subject (board_id, sector, person_id, subject, created_at) \
                      VALUES ($1, $2, $3, $4, $5) ON CONFLICT (board_id, sector, person_id) DO NOTHING";
    SUBJECT = "SELECT subject FROM pairwise_subject WHERE board_id = $1 AND sector = $2 AND person_id = $3";
}

/// Adds a grant whose code hashes to `code`, as part of `unit`.
pub async fn add(unit: &mut Unit, grant: &Grant, code: SecretHash) -> Result<(), StoreError> {
    let capacity = grant
        .capacity
        .as_ref()
        .map(|capacity| serde_json::to_string(capacity).unwrap_or_default());
    let values = [
        grant.id.into(),
        grant.board.into(),
        grant.client.into(),
        grant.person.into(),
        grant.session.into(),
        grant.subject.clone().into(),
        grant.scopes.to_string().into(),
        grant.code.redirect_uri.clone().into(),
        grant.code.challenge.as_str().into(),
        grant.nonce.clone().into(),
        capacity.into(),
        grant.wrapped_number.clone().into(),
        code.0.to_vec().into(),
        grant.code.expires_at.into(),
        grant.created_at.into(),
    ];
    unit.run_one(INSERT, &values).await
}

/// What presenting a code comes to.
#[derive(Debug)]
pub enum Presented {
    /// The first time: what it stands for. It is spent now, whatever follows.
    First(Box<Grant>),
    /// A later time: the grant and everything that came of it is revoked now.
    Again {
        /// The grant.
        grant: GrantId,
        /// Its board.
        board: BoardId,
    },
    /// Never handed out to this client.
    Unknown,
}

/// Spends a code: one statement that commits alone, so of any number of presentations exactly one is the first.
pub async fn spend_code(
    db: &Db,
    client: ClientId,
    code: &Opaque,
    now: Timestamp,
) -> Result<Presented, StoreError> {
    let values = [code.hash().0.to_vec().into(), client.into(), now.into()];
    if let Some(row) = db.commit_alone(SPEND_CODE, &values).await?.first() {
        return Ok(Presented::First(Box::new(read(row)?)));
    }
    let [hash, client, _] = values.clone();
    let revoked = db.commit_alone(REVOKE_BY_CODE, &values).await?.into_iter().next();
    let known = match revoked {
        Some(row) => Some(row),
        None => db.one(IS_SPENT, &[hash, client]).await?,
    };
    match known {
        Some(row) => Ok(Presented::Again {
            grant: row.parsed("id")?,
            board: row.parsed("board_id")?,
        }),
        None => Ok(Presented::Unknown),
    }
}

/// The grant with this id.
pub async fn find(db: &Db, id: GrantId) -> Result<Option<Grant>, StoreError> {
    db.one(BY_ID, &[id.into()]).await?.as_ref().map(read).transpose()
}

/// The latest grant of a session to a client: what may be given again without asking.
pub async fn latest(db: &Db, session: SessionId, client: ClientId) -> Result<Option<Grant>, StoreError> {
    db.one(LATEST, &[session.into(), client.into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Wipes the wrapped national numbers of grants given before `before`. Returns how many.
pub async fn forget_numbers(db: &Db, before: Timestamp) -> Result<u64, StoreError> {
    db.write(move |unit| Box::pin(async move { unit.run(FORGET_NUMBER, &[before.into()]).await }))
        .await
}

/// Deletes, as part of `unit`, grants of sessions last used before `before` of which no token is kept any more.
pub(super) async fn sweep(unit: &mut Unit, before: Timestamp) -> Result<u64, StoreError> {
    unit.run(SWEEP, &[before.into()]).await
}

/// Adds an access token as part of `unit`.
pub async fn add_token(
    unit: &mut Unit,
    token: SecretHash,
    stands_for: &AccessToken,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = [
        token.0.to_vec().into(),
        stands_for.board.into(),
        stands_for.client.into(),
        stands_for.grant.into(),
        stands_for.scopes.to_string().into(),
        now.into(),
        stands_for.expires_at.into(),
    ];
    unit.run_one(INSERT_TOKEN, &values).await
}

/// What an access token stands for; revoked itself or with its grant, it still says so.
pub async fn find_token(db: &Db, token: &Opaque) -> Result<Option<AccessToken>, StoreError> {
    let read = |row: &Row| -> Result<AccessToken, StoreError> {
        Ok(AccessToken {
            board: row.parsed("board_id")?,
            client: row.parsed("client_id")?,
            grant: row.optional_parsed("grant_id")?,
            scopes: Scopes::known_of(&row.text("scopes")?),
            expires_at: row.time("expires_at")?,
            revoked_at: row.optional_time("revoked_at")?,
        })
    };
    db.one(TOKEN, &[token.hash().0.to_vec().into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Deletes access tokens that expired before `now`. Returns how many.
pub async fn sweep_tokens(db: &Db, now: Timestamp) -> Result<u64, StoreError> {
    db.write(move |unit| Box::pin(async move { unit.run(SWEEP_TOKENS, &[now.into()]).await }))
        .await
}

/// The subject of `person` for `sector`, kept from the first time on; `fresh` is taken when there is none yet.
pub async fn subject(
    db: &Db,
    board: BoardId,
    sector: &str,
    person: PersonId,
    fresh: &str,
    now: Timestamp,
) -> Result<String, StoreError> {
    let key = [board.into(), sector.into(), person.into()];
    if let Some(row) = db.one(SUBJECT, &key).await? {
        return Ok(row.text("subject")?);
    }
    let values = [
        board.into(),
        sector.into(),
        person.into(),
        fresh.into(),
        now.into(),
    ];
    db.commit_alone(INSERT_SUBJECT, &values).await?;
    let row = db.one(SUBJECT, &key).await?.ok_or(StoreError::Stale("subject"))?;
    Ok(row.text("subject")?)
}

/// The subject of `person` for `sector`, if one was ever made.
pub async fn find_subject(
    db: &Db,
    board: BoardId,
    sector: &str,
    person: PersonId,
) -> Result<Option<String>, StoreError> {
    let row = db
        .one(SUBJECT, &[board.into(), sector.into(), person.into()])
        .await?;
    Ok(row.map(|row| row.text("subject")).transpose()?)
}

fn read(row: &Row) -> Result<Grant, StoreError> {
    let capacity = row.optional_text("capacity")?;
    let challenge = serde_json::Value::String(row.text("code_challenge")?);
    let challenge: CodeChallenge =
        serde_json::from_value(challenge).map_err(|_| row.error("code_challenge"))?;
    Ok(Grant {
        id: row.parsed("id")?,
        board: row.parsed("board_id")?,
        client: row.parsed("client_id")?,
        person: row.parsed("person_id")?,
        session: row.parsed("session_id")?,
        subject: row.text("subject")?,
        scopes: Scopes::known_of(&row.text("scopes")?),
        nonce: row.optional_text("nonce")?,
        capacity: capacity
            .map(|text| serde_json::from_str(&text).map_err(|_| row.error("capacity")))
            .transpose()?,
        wrapped_number: row.optional_bytes("number")?,
        code: CodeBinding {
            redirect_uri: row.text("redirect_uri")?,
            challenge,
            expires_at: row.time("code_expires_at")?,
        },
        created_at: row.time("created_at")?,
        revoked_at: row.optional_time("revoked_at")?,
    })
}
