//! From rows to the domain: columns that do not parse name their table and row.

use std::error::Error;
use std::fmt::Display;
use std::str::FromStr;

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::StoreError;
use crate::clock::Timestamp;
use crate::secret::Digest;

/// Says which row made no sense.
pub(super) fn corrupt<E: Into<Box<dyn Error + Send + Sync>>>(
    table: &'static str,
    id: impl Display,
) -> impl FnOnce(E) -> StoreError {
    move |source| StoreError::Corrupt {
        table,
        id: id.to_string(),
        source: source.into(),
    }
}

/// Parses a text column.
pub(super) fn parse<T>(table: &'static str, id: impl Display, text: &str) -> Result<T, StoreError>
where
    T: FromStr,
    T::Err: Into<Box<dyn Error + Send + Sync>>,
{
    text.parse().map_err(corrupt(table, id))
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.seconds().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Self::from_seconds)
    }
}

impl ToSql for Digest {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_bytes().as_slice().into())
    }
}

impl FromSql for Digest {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self::from_bytes)
    }
}
