//! Registered clients in SQLite.

use rusqlite::{OptionalExtension, Row, params};

use super::row::corrupt;
use super::{SqliteTx, StoreError};
use crate::clock::Timestamp;
use crate::oauth::{AuthMethod, Client, ClientId, ClientMetadata, RedirectUri, ScopeSet};
use crate::secret::Digest;
use crate::store::ClientRows;

impl ClientRows for SqliteTx<'_> {
    fn client(&mut self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        let mut query = self.sql(
            "SELECT name, redirect_uris, auth_method, refreshes, scopes, descriptive, secret, created_at,
                    activated_at, added
             FROM clients WHERE id = ?1",
        )?;
        let raw = query.query_row([id.as_str()], RawClient::read).optional()?;
        raw.map(|raw| raw.into_client(id)).transpose()
    }

    fn insert_client(&mut self, client: &Client) -> Result<(), StoreError> {
        let metadata = &client.metadata;
        let uris: Vec<&str> = metadata.redirect_uris.iter().map(RedirectUri::as_str).collect();
        let mut insert = self.sql(
            "INSERT INTO clients (id, name, redirect_uris, auth_method, refreshes, scopes, descriptive, secret,
                                  created_at, activated_at, added)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        insert.execute(params![
            client.id.as_str(),
            metadata.name,
            serde_json::json!(uris).to_string(),
            metadata.auth_method.name(),
            metadata.refreshes,
            metadata.scopes.to_string(),
            serde_json::Value::Object(metadata.descriptive.clone()).to_string(),
            client.secret,
            client.created_at,
            client.activated_at,
            client.added,
        ])?;
        Ok(())
    }

    fn activate_client(&mut self, id: &ClientId, now: Timestamp) -> Result<(), StoreError> {
        let mut update =
            self.sql("UPDATE clients SET activated_at = ?2 WHERE id = ?1 AND activated_at IS NULL")?;
        update.execute(params![id.as_str(), now])?;
        Ok(())
    }
}

struct RawClient {
    name: Option<String>,
    redirect_uris: String,
    auth_method: String,
    refreshes: bool,
    scopes: String,
    descriptive: String,
    secret: Option<Digest>,
    created_at: Timestamp,
    activated_at: Option<Timestamp>,
    added: bool,
}

impl RawClient {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get(0)?,
            redirect_uris: row.get(1)?,
            auth_method: row.get(2)?,
            refreshes: row.get(3)?,
            scopes: row.get(4)?,
            descriptive: row.get(5)?,
            secret: row.get(6)?,
            created_at: row.get(7)?,
            activated_at: row.get(8)?,
            added: row.get(9)?,
        })
    }

    fn into_client(self, id: &ClientId) -> Result<Client, StoreError> {
        let uris: Vec<String> = serde_json::from_str(&self.redirect_uris).map_err(corrupt("clients", id))?;
        let redirect_uris = uris
            .iter()
            .map(|uri| RedirectUri::parse(uri))
            .collect::<Result<_, _>>();
        let auth_method = AuthMethod::from_name(&self.auth_method);
        let metadata = ClientMetadata {
            name: self.name,
            redirect_uris: redirect_uris.map_err(corrupt("clients", id))?,
            auth_method: auth_method
                .ok_or("unknown auth_method")
                .map_err(corrupt("clients", id))?,
            refreshes: self.refreshes,
            scopes: ScopeSet::parse(&self.scopes),
            descriptive: serde_json::from_str(&self.descriptive).map_err(corrupt("clients", id))?,
        };
        let (created_at, activated_at) = (self.created_at, self.activated_at);
        Ok(Client {
            id: id.clone(),
            metadata,
            secret: self.secret,
            created_at,
            activated_at,
            added: self.added,
        })
    }
}
