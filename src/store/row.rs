//! What goes into a statement and what comes out of it, the same for both engines.

use std::fmt;

use sqlx::{Column, Row as _, TypeInfo, ValueRef};

use crate::base::id::{Id, Kind};
use crate::base::time::Timestamp;

/// A value bound to `$n`. Nulls carry their type, because PostgreSQL asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// BLOB or BYTEA.
    Bytes(Option<Vec<u8>>),
    /// INTEGER or BIGINT.
    Int(Option<i64>),
    /// TEXT.
    Text(Option<String>),
}

impl fmt::Debug for Value {
    /// Shows the type alone: values may be personal or secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes(_) => "Bytes",
            Self::Int(_) => "Int",
            Self::Text(_) => "Text",
        })
    }
}

macro_rules! into_value {
    ($($from:ty => |$value:ident| $made:expr),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $made
            }
        }
    )*};
}
into_value! {
    &str => |value| Self::Text(Some(value.to_owned())),
    &String => |value| Self::Text(Some(value.clone())),
    String => |value| Self::Text(Some(value)),
    Option<String> => |value| Self::Text(value),
    Option<&str> => |value| Self::Text(value.map(str::to_owned)),
    i64 => |value| Self::Int(Some(value)),
    u32 => |value| Self::Int(Some(i64::from(value))),
    Option<i64> => |value| Self::Int(value),
    &[u8] => |value| Self::Bytes(Some(value.to_vec())),
    Vec<u8> => |value| Self::Bytes(Some(value)),
    Option<Vec<u8>> => |value| Self::Bytes(value),
    Timestamp => |value| Self::Int(Some(value.as_micros())),
    Option<Timestamp> => |value| Self::Int(value.map(Timestamp::as_micros)),
}

impl<K: Kind> From<Id<K>> for Value {
    fn from(value: Id<K>) -> Self {
        Self::Text(Some(value.to_string()))
    }
}

impl<K: Kind> From<Option<Id<K>>> for Value {
    fn from(value: Option<Id<K>>) -> Self {
        Self::Text(value.map(|value| value.to_string()))
    }
}

/// A value could not be read back as what the code expects there. Somebody changed the database by hand, or a bug
/// wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}` of `{statement}` does not hold what it should")]
pub struct RowError {
    /// Name of the statement that read it.
    pub statement: &'static str,
    /// Name of the column.
    pub column: &'static str,
}

/// One row of an answer, read by column name.
pub struct Row {
    statement: &'static str,
    cells: Vec<(String, Value)>,
}

impl Row {
    /// The text in `column`.
    pub fn text(&self, column: &'static str) -> Result<String, RowError> {
        self.optional_text(column)?.ok_or(self.error(column))
    }

    /// The text in `column`, or none when it is null.
    pub fn optional_text(&self, column: &'static str) -> Result<Option<String>, RowError> {
        match self.cell(column)? {
            Value::Text(text) => Ok(text.clone()),
            Value::Int(None) | Value::Bytes(None) => Ok(None),
            Value::Int(_) | Value::Bytes(_) => Err(self.error(column)),
        }
    }

    /// The number in `column`.
    pub fn int(&self, column: &'static str) -> Result<i64, RowError> {
        self.optional_int(column)?.ok_or(self.error(column))
    }

    /// The number in `column`, or none when it is null.
    pub fn optional_int(&self, column: &'static str) -> Result<Option<i64>, RowError> {
        match self.cell(column)? {
            Value::Int(number) => Ok(*number),
            Value::Text(None) | Value::Bytes(None) => Ok(None),
            Value::Text(_) | Value::Bytes(_) => Err(self.error(column)),
        }
    }

    /// The bytes in `column`.
    pub fn bytes(&self, column: &'static str) -> Result<Vec<u8>, RowError> {
        self.optional_bytes(column)?.ok_or(self.error(column))
    }

    /// The bytes in `column`, or none when it is null.
    pub fn optional_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, RowError> {
        match self.cell(column)? {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            Value::Int(None) | Value::Text(None) => Ok(None),
            Value::Int(_) | Value::Text(_) => Err(self.error(column)),
        }
    }

    /// The instant in `column`.
    pub fn time(&self, column: &'static str) -> Result<Timestamp, RowError> {
        Timestamp::from_micros(self.int(column)?).map_err(|_| self.error(column))
    }

    /// The instant in `column`, or none when it is null.
    pub fn optional_time(&self, column: &'static str) -> Result<Option<Timestamp>, RowError> {
        let micros = self.optional_int(column)?;
        micros
            .map(|micros| Timestamp::from_micros(micros).map_err(|_| self.error(column)))
            .transpose()
    }

    /// The text in `column`, read as a `T` by its `FromStr`: ids, days, numbers with rules.
    pub fn parsed<T: std::str::FromStr>(&self, column: &'static str) -> Result<T, RowError> {
        self.text(column)?.parse().map_err(|_| self.error(column))
    }

    /// As [`Self::parsed`], or none when it is null.
    pub fn optional_parsed<T: std::str::FromStr>(&self, column: &'static str) -> Result<Option<T>, RowError> {
        let text = self.optional_text(column)?;
        text.map(|text| text.parse().map_err(|_| self.error(column)))
            .transpose()
    }

    /// The JSON text in `column`, read as a `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T, RowError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| self.error(column))
    }

    /// The error that says `column` is not what it should be.
    pub fn error(&self, column: &'static str) -> RowError {
        RowError {
            statement: self.statement,
            column,
        }
    }

    fn cell(&self, column: &'static str) -> Result<&Value, RowError> {
        self.cells
            .iter()
            .find(|(name, _)| name == column)
            .map(|(_, value)| value)
            .ok_or(self.error(column))
    }

    pub(super) fn from_sqlite(
        statement: &'static str,
        row: &sqlx::sqlite::SqliteRow,
    ) -> Result<Self, sqlx::Error> {
        let mut cells = Vec::with_capacity(row.columns().len());
        for column in row.columns() {
            let raw = row.try_get_raw(column.ordinal())?;
            let kind = raw.type_info();
            let value = match (raw.is_null(), kind.name()) {
                (true, _) => Value::Text(None),
                (_, "INTEGER" | "BOOLEAN") => Value::Int(row.try_get(column.ordinal())?),
                (_, "BLOB") => Value::Bytes(row.try_get(column.ordinal())?),
                _ => Value::Text(row.try_get(column.ordinal())?),
            };
            cells.push((column.name().to_owned(), value));
        }
        Ok(Self { statement, cells })
    }

    pub(super) fn from_postgres(
        statement: &'static str,
        row: &sqlx::postgres::PgRow,
    ) -> Result<Self, sqlx::Error> {
        let mut cells = Vec::with_capacity(row.columns().len());
        for column in row.columns() {
            let value = match column.type_info().name() {
                "INT8" => Value::Int(row.try_get(column.ordinal())?),
                "INT4" => Value::Int(row.try_get::<Option<i32>, _>(column.ordinal())?.map(i64::from)),
                "BYTEA" => Value::Bytes(row.try_get(column.ordinal())?),
                _ => Value::Text(row.try_get(column.ordinal())?),
            };
            cells.push((column.name().to_owned(), value));
        }
        Ok(Self { statement, cells })
    }
}
