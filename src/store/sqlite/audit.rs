//! The record of what happened, in SQLite.

use rusqlite::{Row, params};

use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::audit::{Event, EventFilter, EventKind};
use crate::clock::Timestamp;
use crate::id::Reference;
use crate::oauth::ClientId;
use crate::store::AuditRows;

impl AuditRows for SqliteTx<'_> {
    fn record(&mut self, event: &Event) -> Result<(), StoreError> {
        let mut insert = self.sql(
            "INSERT INTO audit_events (at, kind, reference, user_id, client_id, grant_id, network, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(params![
            event.at,
            event.kind.name(),
            event.reference.as_ref().map(Reference::as_str),
            event.user.map(|user| user.to_string()),
            event.client.as_ref().map(ClientId::as_str),
            event.grant.map(|grant| grant.to_string()),
            event.network,
            event.detail,
        ])?;
        Ok(())
    }

    fn events(&mut self, filter: &EventFilter) -> Result<Vec<Event>, StoreError> {
        let limit = match filter.limit {
            0 => -1,
            limit => i64::from(limit),
        };
        let mut query = self.sql(
            "SELECT id, at, kind, reference, user_id, client_id, grant_id, network, detail FROM audit_events
             WHERE (?1 IS NULL OR reference = ?1) AND (?2 IS NULL OR grant_id = ?2) AND (?3 IS NULL OR user_id = ?3)
             ORDER BY id DESC LIMIT ?4",
        )?;
        let parameters = params![
            filter.reference.as_ref().map(Reference::as_str),
            filter.grant.map(|grant| grant.to_string()),
            filter.user.map(|user| user.to_string()),
            limit,
        ];
        let rows = query.query_map(parameters, RawEvent::read)?;
        rows.map(|row| row?.into_event()).collect()
    }
}

struct RawEvent {
    id: i64,
    at: Timestamp,
    kind: String,
    reference: Option<String>,
    user: Option<String>,
    client: Option<String>,
    grant: Option<String>,
    network: Option<String>,
    detail: Option<String>,
}

impl RawEvent {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            kind: row.get(2)?,
            reference: row.get(3)?,
            user: row.get(4)?,
            client: row.get(5)?,
            grant: row.get(6)?,
            network: row.get(7)?,
            detail: row.get(8)?,
        })
    }

    fn into_event(self) -> Result<Event, StoreError> {
        let id = self.id;
        let kind = EventKind::from_name(&self.kind).ok_or("unknown kind");
        Ok(Event {
            at: self.at,
            kind: kind.map_err(corrupt("audit_events", id))?,
            reference: optional(id, self.reference)?,
            user: optional(id, self.user)?,
            client: optional(id, self.client)?,
            grant: optional(id, self.grant)?,
            network: self.network,
            detail: self.detail,
        })
    }
}

fn optional<T>(id: i64, text: Option<String>) -> Result<Option<T>, StoreError>
where
    T: std::str::FromStr,
    T::Err: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    text.map(|text| parse("audit_events", id, &text)).transpose()
}
