//! Boards: the legal persons one service serves.

use serde::{Deserialize, Serialize};

use super::db::{Db, StoreError, Unit};
use super::row::Row;
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::identity::BoardId;
use crate::signing::picture::Picture;
use crate::signing::profile::Profile;

crate::statements! {
    INSERT = "INSERT INTO board (id, slug, kind, names, enterprise_number, region, created_at, one_pin, profile) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    SET_ONE_PIN = "UPDATE board SET one_pin = $2 WHERE id = $1";
    SET_PROFILE = "UPDATE board SET profile = $2 WHERE id = $1";
    SET_PICTURE = "INSERT INTO board_picture (board_id, bytes, set_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (board_id) DO UPDATE SET bytes = excluded.bytes, set_at = excluded.set_at";
    REMOVE_PICTURE = "DELETE FROM board_picture WHERE board_id = $1";
    PICTURE = "SELECT bytes FROM board_picture WHERE board_id = $1";
    PICTURED = "SELECT board_id FROM board_picture ORDER BY board_id";
    BY_SLUG = "SELECT id, slug, kind, names, enterprise_number, region, created_at, one_pin, profile FROM board WHERE slug = $1";
    BY_ID = "SELECT id, slug, kind, names, enterprise_number, region, created_at, one_pin, profile FROM board WHERE id = $1";
    EVERY = "SELECT id, slug, kind, names, enterprise_number, region, created_at, one_pin, profile FROM board ORDER BY slug";
}

/// A board: one legal person, a tenant of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Its id.
    pub id: BoardId,
    /// Short name in URLs: lower-case letters, digits and dashes.
    pub slug: String,
    /// What it is, `municipality`, `ocmw`, `province`, …
    pub kind: String,
    /// Its name in the languages it has one in.
    pub names: Names,
    /// Enterprise number, ten digits.
    pub enterprise_number: String,
    /// Which region's rules apply, `flanders`, …
    pub region: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Whether one PIN entry does for a list that was shown; each document has its own otherwise.
    pub one_pin: bool,
    /// When the signatures of a document are raised, where the application does not say.
    pub profile: Profile,
}

/// A name in up to four languages; one at least.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Nederlands.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nl: Option<String>,
    /// Français.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fr: Option<String>,
    /// Deutsch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub de: Option<String>,
    /// English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub en: Option<String>,
}

impl Names {
    /// The name in `language`, or in the first language there is one in.
    pub fn in_language(&self, language: Language) -> &str {
        let own = match language {
            Language::De => &self.de,
            Language::En => &self.en,
            Language::Fr => &self.fr,
            Language::Nl => &self.nl,
        };
        [own, &self.nl, &self.fr, &self.de, &self.en]
            .into_iter()
            .flatten()
            .next()
            .map_or("", String::as_str)
    }
}

/// Adds `board` as part of `unit`. `Conflict` when the slug is taken.
pub async fn add(unit: &mut Unit, board: &Board) -> Result<(), StoreError> {
    let names = serde_json::to_string(&board.names).unwrap_or_default();
    let values = [
        board.id.into(),
        board.slug.clone().into(),
        board.kind.clone().into(),
        names.into(),
        board.enterprise_number.clone().into(),
        board.region.clone().into(),
        board.created_at.into(),
        i64::from(board.one_pin).into(),
        board.profile.as_str().into(),
    ];
    unit.run_one(INSERT, &values).await
}

/// Says as part of `unit` whether one PIN entry does for a list at this board.
pub async fn set_one_pin(unit: &mut Unit, board: BoardId, one_pin: bool) -> Result<(), StoreError> {
    unit.run_one(SET_ONE_PIN, &[board.into(), i64::from(one_pin).into()])
        .await
}

/// Says as part of `unit` when signatures are raised at this board, where the application does not say.
pub async fn set_profile(unit: &mut Unit, board: BoardId, profile: Profile) -> Result<(), StoreError> {
    unit.run_one(SET_PROFILE, &[board.into(), profile.as_str().into()])
        .await
}

/// Says as part of `unit` which picture the visible signatures of this board carry.
pub async fn set_picture(
    unit: &mut Unit,
    board: BoardId,
    picture: Option<&Picture>,
    now: Timestamp,
) -> Result<(), StoreError> {
    match picture {
        Some(picture) => {
            let values = [board.into(), picture.bytes().into(), now.into()];
            unit.run_one(SET_PICTURE, &values).await
        }
        // One that was never there is gone as well.
        None => unit.run(REMOVE_PICTURE, &[board.into()]).await.map(|_| ()),
    }
}

/// The picture that the visible signatures of this board carry.
pub async fn picture(db: &Db, board: BoardId) -> Result<Option<Picture>, StoreError> {
    let row = db.one(PICTURE, &[board.into()]).await?;
    Ok(row.map(|row| row.bytes("bytes")).transpose()?.map(Picture::kept))
}

/// The boards that have a picture.
pub async fn pictured(db: &Db) -> Result<Vec<BoardId>, StoreError> {
    let rows = db.all(PICTURED, &[]).await?;
    rows.iter().map(|row| Ok(row.parsed("board_id")?)).collect()
}

/// The board whose slug is `slug`.
pub async fn find_by_slug(db: &Db, slug: &str) -> Result<Option<Board>, StoreError> {
    db.one(BY_SLUG, &[slug.into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The board with this id.
pub async fn find(db: &Db, id: BoardId) -> Result<Option<Board>, StoreError> {
    db.one(BY_ID, &[id.into()]).await?.as_ref().map(read).transpose()
}

/// All boards by slug.
pub async fn list(db: &Db) -> Result<Vec<Board>, StoreError> {
    db.all(EVERY, &[]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Board, StoreError> {
    Ok(Board {
        id: row.parsed("id")?,
        slug: row.text("slug")?,
        kind: row.text("kind")?,
        names: row.json("names")?,
        enterprise_number: row.text("enterprise_number")?,
        region: row.text("region")?,
        created_at: row.time("created_at")?,
        one_pin: row.int("one_pin")? != 0,
        profile: row.parsed("profile")?,
    })
}
