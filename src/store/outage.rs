//! The operator's switch for as long as nobody outside tells whether cards are revoked.

use serde::{Deserialize, Serialize};

use super::db::{Db, StoreError, Unit};
use crate::base::time::Timestamp;

crate::statements! {
    CURRENT = "SELECT value FROM installation WHERE name = 'revocation_outage'";
    SET = "INSERT INTO installation (name, value) VALUES ('revocation_outage', $1) \
           ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    CLEAR = "DELETE FROM installation WHERE name = 'revocation_outage'";
}

/// A switch that was thrown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// Since when.
    pub since: Timestamp,
    /// Until when; then it is over by itself.
    pub until: Timestamp,
    /// Why, in the operator's words.
    pub reason: String,
}

impl Outage {
    /// Whether it counts at `now`.
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.since <= now && now < self.until
    }
}

/// The switch as it was last thrown and not taken back, over by now or not.
///
/// # Errors
/// When the database fails, or what is stored does not read.
pub async fn find(db: &Db) -> Result<Option<Outage>, StoreError> {
    let Some(row) = db.one(CURRENT, &[]).await? else {
        return Ok(None);
    };
    let outage = serde_json::from_str(&row.text("value")?).map_err(|_| row.error("value"))?;
    Ok(Some(outage))
}

/// Whether the switch is on at `now`.
///
/// # Errors
/// As [`find`].
pub async fn is_on(db: &Db, now: Timestamp) -> Result<bool, StoreError> {
    Ok(find(db).await?.is_some_and(|outage| outage.is_on(now)))
}

/// Throws the switch as part of `unit`, or takes it back.
///
/// # Errors
/// When the database fails.
pub async fn set(unit: &mut Unit, outage: Option<&Outage>) -> Result<(), StoreError> {
    match outage {
        Some(outage) => {
            let text = serde_json::json!(outage).to_string();
            unit.run(SET, &[text.into()]).await.map(|_| ())
        }
        None => unit.run(CLEAR, &[]).await.map(|_| ()),
    }
}
