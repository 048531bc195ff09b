//! Bringing a database up to date: numbered scripts, the same numbers on both engines, never changed once applied.

use super::db::{Db, EngineKind, StoreError};
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;

struct Migration {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($number:literal $name:literal),* $(,)?) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations![
    1 "0001_base",
    2 "0002_login",
    3 "0003_facts",
    4 "0004_trust",
    5 "0005_signing",
    6 "0006_one_attempt",
    7 "0007_installation",
    8 "0008_blocks",
    9 "0009_tidy",
    10 "0010_lists",
    11 "0011_tolerance",
    12 "0012_trusted_lists",
    13 "0013_profile",
    14 "0014_picture",
    15 "0015_containers",
];

const TABLE_SQLITE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER NOT NULL PRIMARY KEY, \
                            name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT";
const TABLE_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT NOT NULL PRIMARY KEY, \
                              name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL)";

crate::statements! {
    APPLIED = "SELECT number, name, sha256 FROM schema_migration ORDER BY number";
    RECORD = "INSERT INTO schema_migration (number, name, sha256, applied_at) VALUES ($1, $2, $3, $4)";
}

/// What a database still needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Names of the scripts not applied yet, in order.
    pub names: Vec<&'static str>,
}

/// Applies every script that is missing, each once.
///
/// # Errors
/// `Schema` when the database holds a script this program does not know, or knows with another text.
pub async fn migrate(db: &Db, now: Timestamp) -> Result<Pending, StoreError> {
    db.script("schema_migration", for_engine(db, TABLE_SQLITE, TABLE_POSTGRES))
        .await?;
    let pending = pending(db).await?;
    for migration in MIGRATIONS
        .iter()
        .filter(|migration| pending.names.contains(&migration.name))
    {
        let sql = for_engine(db, migration.sqlite, migration.postgres);
        // One unit per script, its record included: an interrupted script leaves nothing behind.
        db.write(move |unit| {
            Box::pin(async move {
                unit.script(migration.name, sql).await?;
                let digest = Sha256Digest::of(sql.as_bytes()).to_string();
                let values = [
                    migration.number.into(),
                    migration.name.into(),
                    digest.into(),
                    now.into(),
                ];
                unit.run_one(RECORD, &values).await
            })
        })
        .await?;
    }
    Ok(pending)
}

/// Which scripts are missing; changes nothing.
///
/// # Errors
/// `Schema` as [`migrate`].
pub async fn pending(db: &Db) -> Result<Pending, StoreError> {
    let applied = match db.all(APPLIED, &[]).await {
        Ok(rows) => rows,
        // No table yet: nothing was ever applied.
        Err(StoreError::Database {
            source: sqlx::Error::Database(_),
            ..
        }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut done = Vec::new();
    for row in &applied {
        let (number, name, digest) = (row.int("number")?, row.text("name")?, row.text("sha256")?);
        let Some(known) = MIGRATIONS.iter().find(|known| known.number == number) else {
            return Err(StoreError::Schema(format!(
                "it holds `{name}`, which is newer than this program"
            )));
        };
        let sql = for_engine(db, known.sqlite, known.postgres);
        if Sha256Digest::of(sql.as_bytes()).to_string() != digest {
            return Err(StoreError::Schema(format!(
                "`{name}` was applied with another text"
            )));
        }
        done.push(number);
    }
    let names = MIGRATIONS
        .iter()
        .filter(|known| !done.contains(&known.number))
        .map(|known| known.name)
        .collect();
    Ok(Pending { names })
}

/// Every migration by its name: what a database that is not there yet misses.
pub fn names() -> Vec<&'static str> {
    MIGRATIONS.iter().map(|known| known.name).collect()
}

const fn for_engine(db: &Db, sqlite: &'static str, postgres: &'static str) -> &'static str {
    match db.kind() {
        EngineKind::Sqlite => sqlite,
        EngineKind::Postgres => postgres,
    }
}
