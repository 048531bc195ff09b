//! The database of an installation as commands meet it: opened only when it is there and up to date, each thing that
//! is not found named.

use std::path::PathBuf;

use super::console::{Console, Exit};
use crate::identity::BoardId;
use crate::store::boards::{self, Board};
use crate::store::db::{Db, StoreError};
use crate::store::migrate;

/// Why a command cannot do its work in the database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseProblem {
    /// No board has this short name.
    #[error("there is no board `{0}`")]
    BoardUnknown(String),
    /// The board has no application of this name.
    #[error("the board has no application `{0}`")]
    ClientUnknown(String),
    /// There is no file yet.
    #[error("there is no database `{}`", .0.display())]
    Missing(PathBuf),
    /// Migrations are missing.
    #[error("the database is not up to date: it misses {0}")]
    Outdated(String),
    /// Nothing of this is blocked.
    #[error("`{0}` is not blocked")]
    NotBlocked(String),
    /// The board has no such person.
    #[error("the board knows no person `{0}`")]
    PersonUnknown(String),
    /// The board knows the person by name alone.
    #[error("no national number was matched to `{0}`, so no card leads to them")]
    PersonWithoutNumber(String),
    /// It failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The name is in use.
    #[error("there is {what} `{name}` already")]
    Taken {
        /// What has it.
        what: &'static str,
        /// The name.
        name: String,
    },
}

impl DatabaseProblem {
    /// The stable cause code.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::BoardUnknown(_) => "BOARD_UNKNOWN",
            Self::ClientUnknown(_) => "CLIENT_UNKNOWN",
            Self::Missing(_) => "STORE_MISSING",
            Self::Outdated(_) => "START_MIGRATION",
            Self::NotBlocked(_) => "BLOCK_UNKNOWN",
            Self::PersonUnknown(_) => "PERSON_UNKNOWN",
            Self::PersonWithoutNumber(_) => "PERSON_WITHOUT_NUMBER",
            Self::Store(error) => error.cause(),
            Self::Taken { .. } => "STORE_CONFLICT",
        }
    }

    /// The way out, where there is one.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::BoardUnknown(_) => Some("`zegel board list` shows the boards"),
            Self::ClientUnknown(_) => Some("`zegel client list` shows them"),
            Self::NotBlocked(_) => Some("`zegel person blocked` shows what is"),
            Self::Missing(_) | Self::Outdated(_) => Some("run: zegel migrate"),
            Self::Store(error) => error.hint(),
            Self::PersonUnknown(_) | Self::PersonWithoutNumber(_) | Self::Taken { .. } => None,
        }
    }

    /// Says it with its code and hint, and returns the exit code.
    pub fn tell(&self, console: &mut Console) -> Exit {
        let exit = console.fail_with(Exit::Failed, self.cause(), self);
        if let Some(hint) = self.hint() {
            console.hint(hint);
        }
        exit
    }

    /// `Taken` in the place of a conflict.
    pub fn taken(error: StoreError, what: &'static str, name: &str) -> Self {
        match error {
            StoreError::Conflict(_) => Self::Taken {
                what,
                name: name.to_owned(),
            },
            other => Self::Store(other),
        }
    }
}

/// Opens the database that is there and up to date. Never makes one: a slip in an address is not a new installation.
pub async fn open(url: &str) -> Result<Db, DatabaseProblem> {
    let (db, pending) = open_for_check(url).await?;
    if pending.is_empty() {
        Ok(db)
    } else {
        Err(DatabaseProblem::Outdated(pending.join(", ")))
    }
}

/// Opens the database that is there, with the names of what it misses.
pub async fn open_for_check(url: &str) -> Result<(Db, Vec<&'static str>), DatabaseProblem> {
    if let Some(path) = missing_file(url) {
        return Err(DatabaseProblem::Missing(path));
    }
    let db = Db::open(url).await?;
    let pending = migrate::pending(&db).await?;
    Ok((db, pending.names))
}

/// The board with this short name.
pub async fn board(db: &Db, slug: &str) -> Result<Board, DatabaseProblem> {
    let found = boards::find_by_slug(db, slug).await?;
    found.ok_or_else(|| DatabaseProblem::BoardUnknown(slug.to_owned()))
}

/// Its id.
pub async fn board_id(db: &Db, slug: &str) -> Result<BoardId, DatabaseProblem> {
    Ok(board(db, slug).await?.id)
}

/// Prints what came of work in the database.
pub fn finish<T>(
    console: &mut Console,
    outcome: Result<Result<T, DatabaseProblem>, std::io::Error>,
    shown: impl FnOnce(T) -> (String, serde_json::Value),
) -> Exit {
    match outcome {
        Ok(Ok(value)) => {
            let (text, json) = shown(value);
            console.result(text, &json);
            Exit::Good
        }
        Ok(Err(problem)) => problem.tell(console),
        Err(error) => console.fail_with(Exit::Failed, "START_RUNTIME", &error),
    }
}

/// The file of an SQLite database that is not there.
fn missing_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split('?').next().unwrap_or(path);
    let path = PathBuf::from(path);
    (!path.as_os_str().is_empty() && !path.starts_with(":memory:") && !path.exists()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_is_missing() {
        for (url, expected) in [
            ("sqlite:/nowhere/a.db", Some("/nowhere/a.db")),
            ("sqlite:///nowhere/a.db?mode=ro", Some("/nowhere/a.db")),
            ("sqlite:/", None),
            ("sqlite::memory:", None),
            ("postgres://zegel@db.example/zegel", None),
        ] {
            assert_eq!(missing_file(url), expected.map(PathBuf::from), "{url}");
        }
    }
}
