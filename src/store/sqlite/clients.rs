//! Clients and their documents in SQLite.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::clock::Timestamp;
use crate::oauth::{AuthMethod, Client, ClientId, ClientMetadata, KeptDocument, RedirectUri, ScopeSet};
use crate::secret::Digest;
use crate::store::ClientRows;

const CLIENT: &str =
    "SELECT id, name, redirect_uris, auth_method, refreshes, scopes, descriptive, secret, created_at,
                             activated_at, added FROM clients";
const DOCUMENT: &str = "SELECT url, document, fetched_at, fresh_until, last_used_at FROM client_documents";

impl ClientRows for SqliteTx<'_> {
    fn client(&mut self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        let mut query = self.sql(&format!("{CLIENT} WHERE id = ?1"))?;
        let raw = query.query_row([id.as_str()], RawClient::read).optional()?;
        raw.map(RawClient::into_client).transpose()
    }

    fn clients(&mut self) -> Result<Vec<Client>, StoreError> {
        let mut query = self.sql(&format!("{CLIENT} ORDER BY created_at, id"))?;
        let rows = query.query_map([], RawClient::read)?;
        rows.map(|row| row?.into_client()).collect()
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

    fn renew_client(&mut self, id: &ClientId, now: Timestamp) -> Result<(), StoreError> {
        let mut update =
            self.sql("UPDATE clients SET created_at = ?2 WHERE id = ?1 AND activated_at IS NULL")?;
        update.execute(params![id.as_str(), now])?;
        Ok(())
    }

    fn activate_client(&mut self, id: &ClientId, now: Timestamp) -> Result<(), StoreError> {
        let mut update =
            self.sql("UPDATE clients SET activated_at = ?2 WHERE id = ?1 AND activated_at IS NULL")?;
        update.execute(params![id.as_str(), now])?;
        Ok(())
    }

    fn count_unused_clients(&mut self) -> Result<u32, StoreError> {
        let mut query = self.sql("SELECT count(*) FROM clients WHERE activated_at IS NULL AND added = 0")?;
        Ok(query.query_row([], |row| row.get(0))?)
    }

    fn evict_unused_clients(&mut self, count: u32, now: Timestamp) -> Result<Vec<ClientId>, StoreError> {
        let mut delete = self.sql(
            "DELETE FROM clients WHERE id IN (
                 SELECT id FROM clients
                 WHERE activated_at IS NULL AND added = 0 AND NOT EXISTS (
                     SELECT 1 FROM sign_ins WHERE client_id = clients.id AND expires_at > ?2)
                 ORDER BY created_at LIMIT ?1)
             RETURNING id",
        )?;
        let ids = delete.query_map(params![count, now], |row| row.get::<_, String>(0))?;
        ids.map(|id| {
            let id = id?;
            parse("clients", &id, &id)
        })
        .collect()
    }

    fn delete_client(&mut self, id: &ClientId) -> Result<bool, StoreError> {
        let mut gone = 0;
        for sql in [
            "DELETE FROM sign_ins WHERE client_id = ?1",
            "DELETE FROM client_documents WHERE url = ?1",
            "DELETE FROM clients WHERE id = ?1",
        ] {
            gone += self.sql(sql)?.execute([id.as_str()])?;
        }
        Ok(gone > 0)
    }

    fn client_document(&mut self, id: &ClientId) -> Result<Option<KeptDocument>, StoreError> {
        let mut query = self.sql(&format!("{DOCUMENT} WHERE url = ?1"))?;
        let raw = query.query_row([id.as_str()], RawDocument::read).optional()?;
        raw.map(RawDocument::into_document).transpose()
    }

    fn client_documents(&mut self) -> Result<Vec<KeptDocument>, StoreError> {
        let mut query = self.sql(&format!("{DOCUMENT} ORDER BY last_used_at DESC, url"))?;
        let rows = query.query_map([], RawDocument::read)?;
        rows.map(|row| row?.into_document()).collect()
    }

    fn keep_client_document(&mut self, kept: &KeptDocument, keep: u32) -> Result<(), StoreError> {
        let mut insert = self.sql(
            "INSERT OR REPLACE INTO client_documents (url, document, fetched_at, fresh_until, last_used_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        insert.execute(params![
            kept.id.as_str(),
            kept.document,
            kept.fetched_at,
            kept.fresh_until,
            kept.last_used_at,
        ])?;
        let mut evict = self.sql(
            "DELETE FROM client_documents WHERE url IN (
                 SELECT url FROM client_documents ORDER BY last_used_at DESC, fetched_at DESC LIMIT -1 OFFSET ?1)",
        )?;
        evict.execute([keep])?;
        Ok(())
    }

    fn touch_client_document(&mut self, id: &ClientId, now: Timestamp) -> Result<(), StoreError> {
        let mut update = self.sql("UPDATE client_documents SET last_used_at = ?2 WHERE url = ?1")?;
        update.execute(params![id.as_str(), now])?;
        Ok(())
    }

    fn delete_client_document(&mut self, id: &ClientId) -> Result<(), StoreError> {
        self.sql("DELETE FROM client_documents WHERE url = ?1")?
            .execute([id.as_str()])?;
        Ok(())
    }
}

struct RawDocument {
    url: String,
    document: String,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
    last_used_at: Timestamp,
}

impl RawDocument {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            url: row.get(0)?,
            document: row.get(1)?,
            fetched_at: row.get(2)?,
            fresh_until: row.get(3)?,
            last_used_at: row.get(4)?,
        })
    }

    fn into_document(self) -> Result<KeptDocument, StoreError> {
        Ok(KeptDocument {
            id: parse("client_documents", &self.url, &self.url)?,
            document: self.document,
            fetched_at: self.fetched_at,
            fresh_until: self.fresh_until,
            last_used_at: self.last_used_at,
        })
    }
}

struct RawClient {
    id: String,
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
            id: row.get(0)?,
            name: row.get(1)?,
            redirect_uris: row.get(2)?,
            auth_method: row.get(3)?,
            refreshes: row.get(4)?,
            scopes: row.get(5)?,
            descriptive: row.get(6)?,
            secret: row.get(7)?,
            created_at: row.get(8)?,
            activated_at: row.get(9)?,
            added: row.get(10)?,
        })
    }

    fn into_client(self) -> Result<Client, StoreError> {
        let id = &self.id;
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
            id: parse("clients", id, id)?,
            metadata,
            secret: self.secret,
            created_at,
            activated_at,
            added: self.added,
        })
    }
}
