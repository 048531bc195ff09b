//! The last good trusted lists, and what went wrong since. Public data, the same for every board.

use super::db::{Db, StoreError};
use super::row::Value;
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;

crate::statements! {
    SAVE = "INSERT INTO trust_list (url, role, territory, sequence, xml, sha256, fetched_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (url) DO UPDATE \
            SET role = excluded.role, territory = excluded.territory, sequence = excluded.sequence, \
            xml = excluded.xml, sha256 = excluded.sha256, fetched_at = excluded.fetched_at \
            WHERE trust_list.sequence <= excluded.sequence";
    ALL = "SELECT url, role, territory, sequence, xml, fetched_at FROM trust_list ORDER BY role, sequence, url";
    ALARM = "INSERT INTO trust_list_alarm (territory, cause, since) VALUES ($1, $2, $3) \
             ON CONFLICT (territory) DO UPDATE SET cause = excluded.cause";
    CALM = "DELETE FROM trust_list_alarm WHERE territory = $1";
    ALARMS = "SELECT territory, cause, since FROM trust_list_alarm ORDER BY territory";
}

/// What a stored list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The list of lists.
    Lotl,
    /// A national list.
    National,
    /// A list of lists that leads from an older publication to the present one.
    Pivot,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Lotl => "lotl",
            Self::National => "national",
            Self::Pivot => "pivot",
        }
    }
}

/// A list as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredList {
    /// Where from.
    pub url: String,
    /// What it is.
    pub role: Role,
    /// Its territory.
    pub territory: String,
    /// Its sequence number.
    pub sequence: u64,
    /// The file.
    pub xml: Vec<u8>,
    /// When it came.
    pub fetched_at: Timestamp,
}

/// A list that could not be renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its territory.
    pub territory: String,
    /// Why, a stable code.
    pub cause: String,
    /// Since when.
    pub since: Timestamp,
}

/// Keeps `list` in the place of an older one from the same address; a newer one stays.
///
/// # Errors
/// When the database fails.
pub async fn save(db: &Db, list: &StoredList) -> Result<(), StoreError> {
    let values = [
        Value::from(list.url.clone()),
        Value::from(list.role.as_str().to_owned()),
        Value::from(list.territory.clone()),
        Value::from(i64::try_from(list.sequence).unwrap_or(i64::MAX)),
        Value::from(list.xml.clone()),
        Value::from(Sha256Digest::of(&list.xml).to_string()),
        Value::from(list.fetched_at),
    ];
    db.commit_alone(SAVE, &values).await.map(|_| ())
}

/// Every stored list. Whoever reads one verifies it again.
///
/// # Errors
/// When the database fails or holds what no version of zegel wrote.
pub async fn all(db: &Db) -> Result<Vec<StoredList>, StoreError> {
    let mut found = Vec::new();
    for row in db.all(ALL, &[]).await? {
        let role = match row.text("role")?.as_str() {
            "lotl" => Role::Lotl,
            "national" => Role::National,
            _ => Role::Pivot,
        };
        found.push(StoredList {
            url: row.text("url")?,
            role,
            territory: row.text("territory")?,
            sequence: u64::try_from(row.int("sequence")?).unwrap_or(0),
            xml: row.bytes("xml")?,
            fetched_at: row.time("fetched_at")?,
        });
    }
    Ok(found)
}

/// Notes that the list of `territory` could not be renewed; the first moment stays.
///
/// # Errors
/// When the database fails.
pub async fn alarm(db: &Db, territory: &str, cause: &str, now: Timestamp) -> Result<(), StoreError> {
    let values = [
        Value::from(territory.to_owned()),
        Value::from(cause.to_owned()),
        Value::from(now),
    ];
    db.commit_alone(ALARM, &values).await.map(|_| ())
}

/// Takes the alarm about `territory` away.
///
/// # Errors
/// When the database fails.
pub async fn calm(db: &Db, territory: &str) -> Result<(), StoreError> {
    db.commit_alone(CALM, &[Value::from(territory.to_owned())])
        .await
        .map(|_| ())
}

/// Every alarm.
///
/// # Errors
/// When the database fails.
pub async fn alarms(db: &Db) -> Result<Vec<Alarm>, StoreError> {
    let mut found = Vec::new();
    for row in db.all(ALARMS, &[]).await? {
        found.push(Alarm {
            territory: row.text("territory")?,
            cause: row.text("cause")?,
            since: row.time("since")?,
        });
    }
    Ok(found)
}
