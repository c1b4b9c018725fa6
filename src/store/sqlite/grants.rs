//! Grants, codes and refresh tokens in SQLite.

use rusqlite::{OptionalExtension, Params, Row, params};

use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::clock::Timestamp;
use crate::id::{GrantId, UserId};
use crate::oauth::{
    AuthorizationCode, ClientId, ClientSnapshot, CodeChallenge, Grant, RedirectUri, RefreshToken, Retired,
    RevokeReason, ScopeSet,
};
use crate::secret::Digest;
use crate::store::GrantRows;

const GRANT: &str = "SELECT id, user_id, client_id, scopes, auth_time, created_at, expires_at, last_used_at,
                            used_generation, revoked_at, destination, client FROM grants";
const CODE: &str = "SELECT digest, grant_id, client_id, redirect_uri, challenge, expires_at, redeemed_at,
                           nonce FROM authorization_codes";
const REFRESH: &str = "SELECT digest, grant_id, generation, expires_at, retired_at, successor, sealed
                       FROM refresh_tokens";

impl GrantRows for SqliteTx<'_> {
    fn grant(&mut self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        Ok(self
            .grants(&format!("{GRANT} WHERE id = ?1"), [id.to_string()])?
            .pop())
    }

    fn grants_of(&mut self, user: UserId, client: &ClientId) -> Result<Vec<Grant>, StoreError> {
        let sql = format!(
            "{GRANT} WHERE user_id = ?1 AND client_id = ?2 AND revoked_at IS NULL ORDER BY last_used_at, created_at"
        );
        self.grants(&sql, [user.to_string().as_str(), client.as_str()])
    }

    fn unrevoked_grants(&mut self, user: Option<UserId>) -> Result<Vec<Grant>, StoreError> {
        let sql = format!(
            "{GRANT} WHERE revoked_at IS NULL AND (?1 IS NULL OR user_id = ?1)
             ORDER BY last_used_at DESC, created_at DESC"
        );
        self.grants(&sql, [user.map(|user| user.to_string())])
    }

    fn unredeemed_grants(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Grant>, StoreError> {
        // A second press of the same button replaces the code, so every code of the grant has to be over.
        let sql = format!(
            "{GRANT} WHERE revoked_at IS NULL
                AND id IN (SELECT grant_id FROM authorization_codes
                           WHERE redeemed_at IS NULL AND expires_at <= ?1)
                AND NOT EXISTS (SELECT 1 FROM authorization_codes
                                WHERE grant_id = grants.id AND (redeemed_at IS NOT NULL OR expires_at > ?1))
             LIMIT ?2"
        );
        self.grants(&sql, params![now, limit])
    }

    fn last_end(
        &mut self,
        client: &ClientId,
        made_until: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut query = self.sql(
            "SELECT max(expires_at) FROM grants
             WHERE client_id = ?1 AND created_at <= ?2 AND revoked_at IS NULL",
        )?;
        Ok(query.query_row(params![client.as_str(), made_until], |row| row.get(0))?)
    }

    fn insert_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        let mut insert = self.sql(
            "INSERT INTO grants (id, user_id, client_id, scopes, auth_time, created_at, expires_at, last_used_at,
                                 used_generation, revoked_at, destination, client)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        insert.execute(params![
            grant.id.to_string(),
            grant.user.to_string(),
            grant.client.as_str(),
            grant.scopes.to_string(),
            grant.auth_time,
            grant.created_at,
            grant.expires_at,
            grant.last_used_at,
            grant.used_generation,
            grant.revoked_at,
            grant.destination,
            snapshot_text(&grant.snapshot),
        ])?;
        Ok(())
    }

    fn revoke_grant(&mut self, id: GrantId, now: Timestamp, reason: RevokeReason) -> Result<(), StoreError> {
        let mut update = self.sql(
            "UPDATE grants SET revoked_at = ?2, revoke_reason = ?3 WHERE id = ?1 AND revoked_at IS NULL",
        )?;
        update.execute(params![id.to_string(), now, reason.name()])?;
        Ok(())
    }

    fn touch_grant(&mut self, id: GrantId, now: Timestamp, generation: u32) -> Result<(), StoreError> {
        let mut update = self.sql(
            "UPDATE grants SET last_used_at = max(last_used_at, ?2), used_generation = max(used_generation, ?3)
             WHERE id = ?1",
        )?;
        update.execute(params![id.to_string(), now, generation])?;
        Ok(())
    }

    fn code(&mut self, digest: Digest) -> Result<Option<AuthorizationCode>, StoreError> {
        let mut query = self.sql(&format!("{CODE} WHERE digest = ?1"))?;
        query
            .query_row([digest], RawCode::read)
            .optional()?
            .map(RawCode::into_code)
            .transpose()
    }

    fn unredeemed_code(&mut self, grant: GrantId) -> Result<Option<AuthorizationCode>, StoreError> {
        let mut query = self.sql(&format!("{CODE} WHERE grant_id = ?1 AND redeemed_at IS NULL"))?;
        query
            .query_row([grant.to_string()], RawCode::read)
            .optional()?
            .map(RawCode::into_code)
            .transpose()
    }

    fn insert_code(&mut self, code: &AuthorizationCode) -> Result<(), StoreError> {
        let mut insert = self.sql(
            "INSERT INTO authorization_codes (digest, grant_id, client_id, redirect_uri, challenge, expires_at,
                                              redeemed_at, nonce)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(params![
            code.digest,
            code.grant.to_string(),
            code.client.as_str(),
            code.redirect_uri.as_str(),
            code.challenge.digest(),
            code.expires_at,
            code.redeemed_at,
            code.nonce,
        ])?;
        Ok(())
    }

    fn redeem_code(&mut self, digest: Digest, now: Timestamp) -> Result<(), StoreError> {
        let mut update = self.sql("UPDATE authorization_codes SET redeemed_at = ?2 WHERE digest = ?1")?;
        update.execute(params![digest, now])?;
        Ok(())
    }

    fn delete_code(&mut self, digest: Digest) -> Result<(), StoreError> {
        self.sql("DELETE FROM authorization_codes WHERE digest = ?1")?
            .execute([digest])?;
        Ok(())
    }

    fn refresh_token(&mut self, digest: Digest) -> Result<Option<RefreshToken>, StoreError> {
        let mut query = self.sql(&format!("{REFRESH} WHERE digest = ?1"))?;
        query
            .query_row([digest], RawRefresh::read)
            .optional()?
            .map(RawRefresh::into_token)
            .transpose()
    }

    fn live_refresh_token(&mut self, grant: GrantId) -> Result<Option<RefreshToken>, StoreError> {
        let mut query = self.sql(&format!("{REFRESH} WHERE grant_id = ?1 AND retired_at IS NULL"))?;
        query
            .query_row([grant.to_string()], RawRefresh::read)
            .optional()?
            .map(RawRefresh::into_token)
            .transpose()
    }

    fn insert_refresh_token(&mut self, token: &RefreshToken) -> Result<(), StoreError> {
        let mut insert = self.sql(
            "INSERT INTO refresh_tokens (digest, grant_id, generation, expires_at) VALUES (?1, ?2, ?3, ?4)",
        )?;
        insert.execute(params![
            token.digest,
            token.grant.to_string(),
            token.generation,
            token.expires_at
        ])?;
        Ok(())
    }

    fn retire_refresh_token(&mut self, digest: Digest, retired: &Retired) -> Result<(), StoreError> {
        let mut update = self.sql(
            "UPDATE refresh_tokens SET retired_at = ?2, successor = ?3, sealed = ?4 WHERE digest = ?1",
        )?;
        update.execute(params![digest, retired.at, retired.successor, retired.sealed])?;
        Ok(())
    }
}

impl SqliteTx<'_> {
    fn grants(&self, sql: &str, parameters: impl Params) -> Result<Vec<Grant>, StoreError> {
        let mut query = self.sql(sql)?;
        let rows = query.query_map(parameters, RawGrant::read)?;
        rows.map(|row| row?.into_grant()).collect()
    }
}

pub(super) fn snapshot_text(snapshot: &ClientSnapshot) -> String {
    serde_json::json!(snapshot).to_string()
}

pub(super) fn snapshot(table: &'static str, id: &str, text: &str) -> Result<ClientSnapshot, StoreError> {
    serde_json::from_str(text).map_err(corrupt(table, id))
}

struct RawGrant {
    id: String,
    user: String,
    client: String,
    scopes: String,
    auth_time: Timestamp,
    created_at: Timestamp,
    expires_at: Timestamp,
    last_used_at: Timestamp,
    used_generation: u32,
    revoked_at: Option<Timestamp>,
    destination: String,
    snapshot: String,
}

impl RawGrant {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user: row.get(1)?,
            client: row.get(2)?,
            scopes: row.get(3)?,
            auth_time: row.get(4)?,
            created_at: row.get(5)?,
            expires_at: row.get(6)?,
            last_used_at: row.get(7)?,
            used_generation: row.get(8)?,
            revoked_at: row.get(9)?,
            destination: row.get(10)?,
            snapshot: row.get(11)?,
        })
    }

    fn into_grant(self) -> Result<Grant, StoreError> {
        let id = &self.id;
        Ok(Grant {
            id: parse("grants", id, id)?,
            user: parse("grants", id, &self.user)?,
            client: parse("grants", id, &self.client)?,
            snapshot: snapshot("grants", id, &self.snapshot)?,
            destination: self.destination,
            scopes: ScopeSet::parse(&self.scopes),
            auth_time: self.auth_time,
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            used_generation: self.used_generation,
            revoked_at: self.revoked_at,
        })
    }
}

struct RawCode {
    digest: Digest,
    grant: String,
    client: String,
    redirect_uri: String,
    challenge: Digest,
    expires_at: Timestamp,
    redeemed_at: Option<Timestamp>,
    nonce: Option<String>,
}

impl RawCode {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            digest: row.get(0)?,
            grant: row.get(1)?,
            client: row.get(2)?,
            redirect_uri: row.get(3)?,
            challenge: row.get(4)?,
            expires_at: row.get(5)?,
            redeemed_at: row.get(6)?,
            nonce: row.get(7)?,
        })
    }

    fn into_code(self) -> Result<AuthorizationCode, StoreError> {
        let id = &self.grant;
        Ok(AuthorizationCode {
            digest: self.digest,
            grant: parse("authorization_codes", id, id)?,
            client: parse("authorization_codes", id, &self.client)?,
            redirect_uri: RedirectUri::parse(&self.redirect_uri)
                .map_err(corrupt("authorization_codes", id))?,
            challenge: CodeChallenge::from_digest(self.challenge),
            expires_at: self.expires_at,
            redeemed_at: self.redeemed_at,
            nonce: self.nonce,
        })
    }
}

struct RawRefresh {
    digest: Digest,
    grant: String,
    generation: u32,
    expires_at: Timestamp,
    retired_at: Option<Timestamp>,
    successor: Option<Digest>,
    sealed: Option<String>,
}

impl RawRefresh {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            digest: row.get(0)?,
            grant: row.get(1)?,
            generation: row.get(2)?,
            expires_at: row.get(3)?,
            retired_at: row.get(4)?,
            successor: row.get(5)?,
            sealed: row.get(6)?,
        })
    }

    fn into_token(self) -> Result<RefreshToken, StoreError> {
        let id = &self.grant;
        let retired = match (self.retired_at, self.successor, self.sealed) {
            (None, _, _) => None,
            (Some(at), Some(successor), Some(sealed)) => Some(Retired {
                at,
                successor,
                sealed,
            }),
            _ => return Err(corrupt("refresh_tokens", id)("retired without a successor")),
        };
        let grant = parse("refresh_tokens", id, id)?;
        let (digest, generation, expires_at) = (self.digest, self.generation, self.expires_at);
        Ok(RefreshToken {
            digest,
            grant,
            generation,
            expires_at,
            retired,
        })
    }
}
