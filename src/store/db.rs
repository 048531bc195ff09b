//! The database: an enum of two engines behind one face, and the registry of every statement.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgPool, Postgres, Sqlite, SqlitePool};

use super::row::{Row, RowError, Value};

/// One SQL text, valid on both engines, with the name it has in errors and tests.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// `room::NAME`.
    pub name: &'static str,
    /// The text, with `$1`, `$2`, … as places.
    pub sql: &'static str,
}

/// Declares the statements of a file and registers them: `statements! { INSERT_BOARD = "INSERT …"; … }`.
///
/// Makes one constant each and `STATEMENTS`, which [`all_statements`] must list, so that a test can prepare every
/// one on both engines.
#[macro_export]
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* const $name: $crate::store::db::Statement = $crate::store::db::Statement {
            name: concat!(module_path!(), "::", stringify!($name)),
            sql: $sql,
        };)*
        /// Every statement of this file.
        pub(in $crate::store) const STATEMENTS: &[$crate::store::db::Statement] = &[$($name),*];
    };
}

/// Every statement of the store, for the test that prepares them all on both engines.
pub fn all_statements() -> Vec<Statement> {
    [
        super::blocks::STATEMENTS,
        super::boards::STATEMENTS,
        super::clients::STATEMENTS,
        super::events::STATEMENTS,
        super::facts::STATEMENTS,
        super::grants::STATEMENTS,
        super::idempotency::STATEMENTS,
        super::installation::STATEMENTS,
        super::keys::STATEMENTS,
        super::containers::STATEMENTS,
        super::lists::STATEMENTS,
        super::outage::STATEMENTS,
        super::login::STATEMENTS,
        super::migrate::STATEMENTS,
        super::persons::STATEMENTS,
        super::queue::STATEMENTS,
        super::signing::STATEMENTS,
        super::sessions::STATEMENTS,
        super::trust::STATEMENTS,
        super::trusted_lists::STATEMENTS,
    ]
    .concat()
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique value is there already, or something it refers to is not.
    #[error("`{0}` conflicts with what is stored")]
    Conflict(&'static str),
    /// The database does not answer, or answers with an error.
    #[error("the database failed at `{statement}`")]
    Database {
        /// Which statement, or which act.
        statement: &'static str,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// A row does not read back as what it should be.
    #[error(transparent)]
    Inconsistent(#[from] RowError),
    /// A document's or blob's bytes are missing or cannot be read or written.
    #[error("stored bytes cannot be had: {0}")]
    Blob(String),
    /// The bytes at an address are others than were kept there.
    #[error("stored bytes were changed: {0}")]
    BlobChanged(String),
    /// A wrapped key or secret does not open with this installation's key-encryption key.
    #[error("a stored key does not open with the key-encryption key of this installation")]
    Key,
    /// The database's schema is not the one this program knows.
    #[error("the database schema does not fit this program: {0}")]
    Schema(String),
    /// Somebody else changed the thing in between; read it again.
    #[error("`{0}` was changed by somebody else in between")]
    Stale(&'static str),
}

impl StoreError {
    /// Whether the same call may succeed when simply made again.
    pub fn is_retryable(&self) -> bool {
        match self {
            // PostgreSQL: 40001 serialization failure, 40P01 deadlock. SQLite: 5 busy, 261/517 its extensions.
            Self::Database {
                source: sqlx::Error::Database(error),
                ..
            } => error
                .code()
                .is_some_and(|code| ["40001", "40P01", "5", "261", "517"].contains(&code.as_ref())),
            _ => false,
        }
    }

    pub(super) fn from_sqlx(statement: &'static str, source: sqlx::Error) -> Self {
        match &source {
            sqlx::Error::Database(error)
                if error.is_unique_violation()
                    || error.is_foreign_key_violation()
                    || error.is_check_violation() =>
            {
                Self::Conflict(statement)
            }
            _ => Self::Database { statement, source },
        }
    }

    /// The way out, where there is one.
    pub fn hint(&self) -> Option<&'static str> {
        let Self::Database { source, .. } = self else {
            return None;
        };
        let code = match source {
            sqlx::Error::Database(error) => error.code(),
            _ => None,
        };
        // PostgreSQL: class 28 invalid authorization, 3D000 no such database, 53300 too many connections.
        Some(match (source, code.as_deref()) {
            (sqlx::Error::Io(_), _) => {
                "see that the database server runs, and check host and port in database.url"
            }
            (_, Some("28000" | "28P01")) => {
                "check user and password in database.url, and whom the server lets in"
            }
            (_, Some("3D000")) => "make the database on the server, or check its name in database.url",
            (_, Some("53300")) => {
                "the server has no connection free: raise max_connections, or stop who holds them"
            }
            _ => "check database.url, and that the server runs and lets this user in",
        })
    }

    /// The stable cause code for logs.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "STORE_CONFLICT",
            Self::Database { .. } => "STORE_DATABASE",
            Self::Inconsistent(_) => "STORE_INCONSISTENT",
            Self::Blob(_) => "STORE_BLOB",
            Self::BlobChanged(_) => "STORE_BLOB_CHANGED",
            Self::Key => "STORE_KEY",
            Self::Schema(_) => "STORE_SCHEMA",
            Self::Stale(_) => "STORE_STALE",
        }
    }
}

/// The open database. Cloning is cheap.
#[derive(Clone)]
pub struct Db(Engine);

#[derive(Clone)]
enum Engine {
    Postgres(PgPool),
    /// WHY: SQLite has one writer; a pool of one makes writers queue here instead of failing with "busy".
    Sqlite {
        writer: SqlitePool,
        reader: SqlitePool,
    },
}

/// Which engine a [`Db`] runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// A boxed future, as [`Db::write`] takes them.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

const RETRIES: u32 = 10;
/// Tells colliding units apart, so that they do not come back together and collide again.
static COLLISIONS: AtomicU32 = AtomicU32::new(0);
/// Longest wait for a connection.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Db {
    /// Opens `url`: `sqlite:PATH` (made when absent) or `postgres://…`. Does not migrate.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let failed = |source| StoreError::from_sqlx("open", source);
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url)
                .map_err(failed)?
                .application_name("zegel")
                // Its notices (a table that is there already) say nothing to an operator.
                .options([("statement_timeout", "30000"), ("client_min_messages", "warning")]);
            let pool = sqlx::postgres::PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(LONGEST_WAIT)
                .connect_lazy_with(answering(options).await.map_err(failed)?);
            return Ok(Self(Engine::Postgres(pool)));
        }
        let options = SqliteConnectOptions::from_str(url)
            .map_err(failed)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        let reader = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed)?;
        Ok(Self(Engine::Sqlite { writer, reader }))
    }

    /// The engine underneath.
    pub const fn kind(&self) -> EngineKind {
        match self.0 {
            Engine::Postgres(_) => EngineKind::Postgres,
            Engine::Sqlite { .. } => EngineKind::Sqlite,
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match &self.0 {
            Engine::Postgres(pool) => pool.close().await,
            Engine::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
        }
    }

    /// All rows of a reading statement.
    pub async fn all(&self, statement: Statement, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let failed = |source| StoreError::from_sqlx(statement.name, source);
        match &self.0 {
            Engine::Postgres(pool) => {
                let rows = postgres_query(statement, values)
                    .fetch_all(pool)
                    .await
                    .map_err(failed)?;
                rows.iter()
                    .map(|row| Row::from_postgres(statement.name, row).map_err(failed))
                    .collect()
            }
            Engine::Sqlite { reader, .. } => {
                let rows = sqlite_query(statement, values)
                    .fetch_all(reader)
                    .await
                    .map_err(failed)?;
                rows.iter()
                    .map(|row| Row::from_sqlite(statement.name, row).map_err(failed))
                    .collect()
            }
        }
    }

    /// The first row of a reading statement, if any.
    pub async fn one(&self, statement: Statement, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.all(statement, values).await?.into_iter().next())
    }

    /// One writing statement that commits alone; the rows it returns.
    ///
    /// For spending single-use things and recording failures: a later rollback must not give them back.
    pub async fn commit_alone(&self, statement: Statement, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let values = values.to_vec();
        self.write(move |unit| {
            let values = values.clone();
            Box::pin(async move { unit.all(statement, &values).await })
        })
        .await
    }

    /// Runs `work` as one unit that commits when it returns `Ok` and leaves nothing behind otherwise.
    ///
    /// BEGIN IMMEDIATE on SQLite; SERIALIZABLE on PostgreSQL, where the whole of `work` is run again, a bounded
    /// number of times, when it collided with another unit. `work` must therefore do nothing but SQL.
    pub async fn write<T, F>(&self, mut work: F) -> Result<T, StoreError>
    where
        F: for<'u> FnMut(&'u mut Unit) -> Boxed<'u, Result<T, StoreError>> + Send,
        T: Send,
    {
        let mut attempt = 0_u32;
        loop {
            let outcome = self.write_once(&mut work).await;
            attempt = attempt.saturating_add(1);
            match outcome {
                Err(error) if error.is_retryable() && attempt < RETRIES => {
                    let spread = COLLISIONS.fetch_add(1, Ordering::Relaxed) % 8;
                    let pause = attempt.saturating_mul(7).saturating_add(spread.saturating_mul(3));
                    tokio::time::sleep(Duration::from_millis(u64::from(pause))).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn write_once<T, F>(&self, work: &mut F) -> Result<T, StoreError>
    where
        F: for<'u> FnMut(&'u mut Unit) -> Boxed<'u, Result<T, StoreError>> + Send,
        T: Send,
    {
        let failed = |source| StoreError::from_sqlx("begin or commit", source);
        let mut unit = match &self.0 {
            Engine::Postgres(pool) => Unit::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE")
                    .await
                    .map_err(failed)?,
            ),
            Engine::Sqlite { writer, .. } => {
                Unit::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?)
            }
        };
        let made = work(&mut unit).await;
        match (made, unit) {
            (Ok(made), Unit::Postgres(transaction)) => {
                transaction.commit().await.map(|()| made).map_err(failed)
            }
            (Ok(made), Unit::Sqlite(transaction)) => {
                transaction.commit().await.map(|()| made).map_err(failed)
            }
            (Err(error), Unit::Postgres(transaction)) => {
                let _ = transaction.rollback().await;
                Err(error)
            }
            (Err(error), Unit::Sqlite(transaction)) => {
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    /// Runs a migration script as it stands.
    pub(super) async fn script(&self, name: &'static str, sql: &'static str) -> Result<(), StoreError> {
        let failed = |source| StoreError::from_sqlx(name, source);
        match &self.0 {
            Engine::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()).map_err(failed),
            Engine::Sqlite { writer, .. } => sqlx::raw_sql(sql)
                .execute(writer)
                .await
                .map(|_| ())
                .map_err(failed),
        }
    }

    /// Runs a script as it stands. For tests that must forge what no function of the store can write.
    #[doc(hidden)]
    pub async fn script_for_tests(&self, sql: &'static str) -> Result<(), StoreError> {
        self.script("script for tests", sql).await
    }

    /// Every column as `table.column nullable|required`, sorted. For the test that compares both engines.
    #[doc(hidden)]
    pub async fn columns_for_tests(&self) -> Result<Vec<String>, StoreError> {
        let sql = match self.kind() {
            EngineKind::Postgres => {
                "SELECT table_name || '.' || column_name || CASE WHEN is_nullable = 'YES' THEN ' nullable' \
                 ELSE ' required' END AS described FROM information_schema.columns WHERE table_schema = 'public'"
            }
            EngineKind::Sqlite => {
                "SELECT m.name || '.' || c.name || CASE WHEN c.\"notnull\" = 0 THEN ' nullable' ELSE ' required' END \
                 AS described FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'"
            }
        };
        let rows = self.all(Statement { name: "columns", sql }, &[]).await?;
        let mut columns: Vec<String> = rows
            .iter()
            .map(|row| row.text("described"))
            .collect::<Result<_, _>>()?;
        columns.sort();
        Ok(columns)
    }

    /// Prepares `statement` without running it.
    pub async fn prepare(&self, statement: Statement) -> Result<(), StoreError> {
        use sqlx::Executor as _;
        let failed = |source| StoreError::from_sqlx(statement.name, source);
        let sql = sqlx::SqlStr::from_static(statement.sql);
        match &self.0 {
            Engine::Postgres(pool) => pool.prepare(sql).await.map(|_| ()).map_err(failed),
            Engine::Sqlite { writer, .. } => writer.prepare(sql).await.map(|_| ()).map_err(failed),
        }
    }
}

/// A unit of writing: statements that commit together or not at all.
pub enum Unit {
    /// On PostgreSQL.
    Postgres(sqlx::Transaction<'static, Postgres>),
    /// On SQLite.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

impl Unit {
    /// All rows of a statement, reading or with RETURNING.
    pub async fn all(&mut self, statement: Statement, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let failed = |source| StoreError::from_sqlx(statement.name, source);
        match self {
            Self::Postgres(transaction) => {
                let rows = postgres_query(statement, values)
                    .fetch_all(&mut **transaction)
                    .await
                    .map_err(failed)?;
                rows.iter()
                    .map(|row| Row::from_postgres(statement.name, row).map_err(failed))
                    .collect()
            }
            Self::Sqlite(transaction) => {
                let rows = sqlite_query(statement, values)
                    .fetch_all(&mut **transaction)
                    .await
                    .map_err(failed)?;
                rows.iter()
                    .map(|row| Row::from_sqlite(statement.name, row).map_err(failed))
                    .collect()
            }
        }
    }

    /// The first row of a statement, if any.
    pub async fn one(&mut self, statement: Statement, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.all(statement, values).await?.into_iter().next())
    }

    /// Runs a statement and tells how many rows it touched.
    pub async fn run(&mut self, statement: Statement, values: &[Value]) -> Result<u64, StoreError> {
        let failed = |source| StoreError::from_sqlx(statement.name, source);
        match self {
            Self::Postgres(transaction) => postgres_query(statement, values)
                .execute(&mut **transaction)
                .await
                .map(|done| done.rows_affected())
                .map_err(failed),
            Self::Sqlite(transaction) => sqlite_query(statement, values)
                .execute(&mut **transaction)
                .await
                .map(|done| done.rows_affected())
                .map_err(failed),
        }
    }

    /// Runs a script of several statements as it stands.
    pub(super) async fn script(&mut self, name: &'static str, sql: &'static str) -> Result<(), StoreError> {
        let failed = |source| StoreError::from_sqlx(name, source);
        match self {
            Self::Postgres(transaction) => sqlx::raw_sql(sql)
                .execute(&mut **transaction)
                .await
                .map(|_| ())
                .map_err(failed),
            Self::Sqlite(transaction) => sqlx::raw_sql(sql)
                .execute(&mut **transaction)
                .await
                .map(|_| ())
                .map_err(failed),
        }
    }

    /// Runs a statement that must touch exactly one row; anything else means somebody was faster.
    pub async fn run_one(&mut self, statement: Statement, values: &[Value]) -> Result<(), StoreError> {
        match self.run(statement, values).await? {
            1 => Ok(()),
            _ => Err(StoreError::Stale(statement.name)),
        }
    }
}

/// The same, once a server has answered to them.
///
/// WHY: a pool tries again until its time is over and then says just that; one connection says at once what is wrong.
async fn answering(options: PgConnectOptions) -> Result<PgConnectOptions, sqlx::Error> {
    let silent = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    let connected = tokio::time::timeout(LONGEST_WAIT, options.connect()).await;
    connected.map_err(silent)??.close().await?;
    Ok(options)
}

fn postgres_query<'q>(
    statement: Statement,
    values: &[Value],
) -> sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments> {
    values.iter().cloned().fold(
        sqlx::query(AssertSqlSafe(statement.sql)),
        |query, value| match value {
            Value::Bytes(value) => query.bind(value),
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
        },
    )
}

fn sqlite_query<'q>(
    statement: Statement,
    values: &[Value],
) -> sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments> {
    values.iter().cloned().fold(
        sqlx::query(AssertSqlSafe(statement.sql)),
        |query, value| match value {
            Value::Bytes(value) => query.bind(value),
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
        },
    )
}
