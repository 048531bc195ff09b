//! What an installation is for, written once: a laboratory's database never becomes a real one, nor the other way
//! round.

use super::db::{Db, StoreError};
use crate::pki::anchors::Environment;

crate::statements! {
    CLAIM = "INSERT INTO installation (name, value) VALUES ('environment', $1) ON CONFLICT (name) DO NOTHING";
    ENVIRONMENT = "SELECT value FROM installation WHERE name = 'environment'";
}

const fn word(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "production",
        Environment::Test => "test",
    }
}

/// Whether this database serves `environment`. One that serves none yet does from now on.
///
/// # Errors
/// When the database fails.
pub async fn claim(db: &Db, environment: Environment) -> Result<bool, StoreError> {
    db.commit_alone(CLAIM, &[word(environment).into()]).await?;
    serves(db, environment).await
}

/// Whether this database serves `environment`, or none yet. Changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn serves(db: &Db, environment: Environment) -> Result<bool, StoreError> {
    let row = db.one(ENVIRONMENT, &[]).await?;
    row.map_or(Ok(true), |row| Ok(row.text("value")? == word(environment)))
}
