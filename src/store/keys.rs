//! A board's own keys and secrets, wrapped under the installation's key-encryption key.

use std::fmt;
use std::str::FromStr;

use super::db::{Db, StoreError, Unit};
use super::row::Row;
use crate::base::random::{self, Random};
use crate::base::secret::Secret;
use crate::base::time::Timestamp;
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::crypto::jws;
use crate::crypto::key::{KeyKind, PrivateKey, PublicKey};
use crate::crypto::wrap::KeyEncryptionKey;
use crate::identity::BoardId;

crate::statements! {
    INSERT = "INSERT INTO board_key (kid, board_id, purpose, algorithm, spki, wrapped, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    ACTIVE = "SELECT kid, board_id, purpose, algorithm, spki, wrapped, created_at, retired_at FROM board_key \
              WHERE board_id = $1 AND purpose = $2 AND retired_at IS NULL ORDER BY created_at DESC, kid";
    PUBLISHED = "SELECT kid, board_id, purpose, algorithm, spki, wrapped, created_at, retired_at FROM board_key \
                 WHERE board_id = $1 AND purpose = $2 ORDER BY created_at DESC, kid";
    BY_KID = "SELECT kid, board_id, purpose, algorithm, spki, wrapped, created_at, retired_at FROM board_key \
              WHERE kid = $1";
    RETIRE = "UPDATE board_key SET retired_at = $2 WHERE kid = $1 AND retired_at IS NULL";
    INSERT_SECRET = "INSERT INTO board_secret (board_id, purpose, wrapped, created_at) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (board_id, purpose) DO NOTHING";
    SECRET = "SELECT wrapped FROM board_secret WHERE board_id = $1 AND purpose = $2";
}

/// What a board's key signs. Keys of one purpose are never used for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPurpose {
    /// ID tokens and access tokens.
    Token,
    /// Verdicts of the check of authority, and proofs.
    Verdict,
}

impl KeyPurpose {
    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Verdict => "verdict",
        }
    }
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyPurpose {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Token, Self::Verdict]
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(())
    }
}

/// A board's key with its private half still wrapped.
#[derive(Clone, Debug)]
pub struct BoardKey {
    /// RFC 7638 thumbprint, base64url.
    pub kid: String,
    /// Whose.
    pub board: BoardId,
    /// For what.
    pub purpose: KeyPurpose,
    /// The algorithm it signs with.
    pub algorithm: SignatureAlgorithm,
    /// The public half.
    pub public: PublicKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped being used for new signatures.
    pub retired_at: Option<Timestamp>,
    wrapped: Vec<u8>,
}

impl BoardKey {
    /// Opens the private half.
    ///
    /// # Errors
    /// `Key` when `kek` is not the key it was wrapped under.
    pub fn open(&self, kek: &KeyEncryptionKey) -> Result<PrivateKey, StoreError> {
        let der = kek
            .unwrap(&self.wrapped, &context(self.board, self.purpose))
            .map_err(|_| StoreError::Key)?;
        PrivateKey::from_pkcs8_der(der.expose()).map_err(|_| StoreError::Key)
    }
}

fn context(board: BoardId, purpose: KeyPurpose) -> String {
    format!("board_key:{board}:{purpose}")
}

/// Makes a key of `kind` for `board` as part of `unit`.
pub async fn create(
    unit: &mut Unit,
    board: BoardId,
    purpose: KeyPurpose,
    kind: KeyKind,
    kek: &KeyEncryptionKey,
    random: &dyn Random,
    now: Timestamp,
) -> Result<String, StoreError> {
    let key = PrivateKey::generate(kind).map_err(|_| StoreError::Key)?;
    let kid = jws::thumbprint(key.public()).map_err(|_| StoreError::Key)?;
    let der = key.to_pkcs8_der().map_err(|_| StoreError::Key)?;
    let wrapped = kek
        .wrap(der.expose(), &context(board, purpose), random)
        .map_err(|_| StoreError::Key)?;
    let algorithm = kind.default_algorithm().jwa_name().ok_or(StoreError::Key)?;
    let values = [
        kid.clone().into(),
        board.into(),
        purpose.as_str().into(),
        algorithm.into(),
        key.public().spki_der().into(),
        wrapped.into(),
        now.into(),
    ];
    unit.run_one(INSERT, &values).await?;
    Ok(kid)
}

/// The keys of `board` that sign now, newest first.
pub async fn active(db: &Db, board: BoardId, purpose: KeyPurpose) -> Result<Vec<BoardKey>, StoreError> {
    db.all(ACTIVE, &[board.into(), purpose.as_str().into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The keys of `board` that others may still meet, retired ones included.
pub async fn published(db: &Db, board: BoardId, purpose: KeyPurpose) -> Result<Vec<BoardKey>, StoreError> {
    db.all(PUBLISHED, &[board.into(), purpose.as_str().into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The key called `kid`.
pub async fn find(db: &Db, kid: &str) -> Result<Option<BoardKey>, StoreError> {
    db.one(BY_KID, &[kid.into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Stops using the key called `kid` for new signatures.
pub async fn retire(unit: &mut Unit, kid: &str, now: Timestamp) -> Result<(), StoreError> {
    unit.run_one(RETIRE, &[kid.into(), now.into()]).await
}

/// The board's 32-byte secret for `purpose` (pseudonyms, pairwise subjects), made when first asked for.
pub async fn secret(
    db: &Db,
    board: BoardId,
    purpose: &'static str,
    kek: &KeyEncryptionKey,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Secret<Vec<u8>>, StoreError> {
    let context = format!("board_secret:{board}:{purpose}");
    let mut row = db.one(SECRET, &[board.into(), purpose.into()]).await?;
    if row.is_none() {
        let fresh = Secret::new(random::bytes::<32>(random).to_vec());
        let wrapped = kek
            .wrap(fresh.expose(), &context, random)
            .map_err(|_| StoreError::Key)?;
        // Two instances may come here at once; the first one's secret stays.
        db.commit_alone(
            INSERT_SECRET,
            &[board.into(), purpose.into(), wrapped.into(), now.into()],
        )
        .await?;
        row = db.one(SECRET, &[board.into(), purpose.into()]).await?;
    }
    let wrapped = row.ok_or(StoreError::Key)?.bytes("wrapped")?;
    kek.unwrap(&wrapped, &context).map_err(|_| StoreError::Key)
}

fn read(row: &Row) -> Result<BoardKey, StoreError> {
    Ok(BoardKey {
        kid: row.text("kid")?,
        board: row.parsed("board_id")?,
        purpose: row.parsed("purpose")?,
        algorithm: SignatureAlgorithm::from_jwa_name(&row.text("algorithm")?)
            .ok_or(row.error("algorithm"))?,
        public: PublicKey::from_spki_der(&row.bytes("spki")?).map_err(|_| row.error("spki"))?,
        created_at: row.time("created_at")?,
        retired_at: row.optional_time("retired_at")?,
        wrapped: row.bytes("wrapped")?,
    })
}
