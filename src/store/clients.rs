//! Applications registered with a board.

use super::db::{Db, StoreError, Unit};
use super::row::Row;
use crate::base::time::Timestamp;
use crate::identity::BoardId;
use crate::oidc::client::{Client, ClientId, ClientSlug};
use crate::oidc::secret::SecretHash;

crate::statements! {
    INSERT = "INSERT INTO client (id, board_id, slug, secret_hash, registration, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6)";
    BY_SLUG = "SELECT id, board_id, slug, secret_hash, registration, created_at, disabled_at FROM client \
               WHERE board_id = $1 AND slug = $2";
    BY_ID = "SELECT id, board_id, slug, secret_hash, registration, created_at, disabled_at FROM client WHERE id = $1";
    OF_BOARD = "SELECT id, board_id, slug, secret_hash, registration, created_at, disabled_at FROM client \
                WHERE board_id = $1 ORDER BY slug";
    DISABLE = "UPDATE client SET disabled_at = $3 WHERE board_id = $1 AND slug = $2 AND disabled_at IS NULL";
    REVOKE_TOKENS = "UPDATE access_token SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL";
}

/// Registers `client` as part of `unit`. `Conflict` when the board has one of that slug.
pub async fn add(unit: &mut Unit, client: &Client) -> Result<(), StoreError> {
    let registration = serde_json::to_string(&client.registration).unwrap_or_default();
    let values = [
        client.id.into(),
        client.board.into(),
        client.slug.as_str().into(),
        client.secret.0.to_vec().into(),
        registration.into(),
        client.created_at.into(),
    ];
    unit.run_one(INSERT, &values).await
}

/// The client `slug` of `board`, disabled ones included.
pub async fn find_by_slug(db: &Db, board: BoardId, slug: &ClientSlug) -> Result<Option<Client>, StoreError> {
    db.one(BY_SLUG, &[board.into(), slug.as_str().into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The client with this id, disabled ones included.
pub async fn find(db: &Db, id: ClientId) -> Result<Option<Client>, StoreError> {
    db.one(BY_ID, &[id.into()]).await?.as_ref().map(read).transpose()
}

/// The clients of `board` by slug.
pub async fn list(db: &Db, board: BoardId) -> Result<Vec<Client>, StoreError> {
    db.all(OF_BOARD, &[board.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Disables a client and revokes every token it has, as part of `unit`. Its row stays: grants and audit name it.
pub async fn disable(unit: &mut Unit, client: &Client, now: Timestamp) -> Result<(), StoreError> {
    unit.run_one(
        DISABLE,
        &[client.board.into(), client.slug.as_str().into(), now.into()],
    )
    .await?;
    unit.run(REVOKE_TOKENS, &[client.id.into(), now.into()]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<Client, StoreError> {
    let secret = row
        .bytes("secret_hash")?
        .try_into()
        .map_err(|_| row.error("secret_hash"))?;
    Ok(Client {
        id: row.parsed("id")?,
        board: row.parsed("board_id")?,
        slug: row.parsed("slug")?,
        secret: SecretHash(secret),
        registration: row.json("registration")?,
        created_at: row.time("created_at")?,
        disabled_at: row.optional_time("disabled_at")?,
    })
}
