//! Sign-ins, grants, codes and refresh tokens in SQLite.

use rusqlite::{OptionalExtension, Params, Row, params};

use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::clock::{Seconds, Timestamp};
use crate::id::{GrantId, UserId};
use crate::oauth::{
    AuthorizationCode, AuthorizationRequest, ClientId, ClientSnapshot, CodeChallenge, Grant, Prompt, Proven,
    RedirectUri, RefreshToken, Retired, RevokeReason, ScopeSet, SignIn, Stage,
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
    fn sign_in(&mut self, handle: Digest) -> Result<Option<SignIn>, StoreError> {
        let mut query = self.sql(
            "SELECT reference, client_id, redirect_uri, state, challenge, scopes, prompt_login, max_age, browser,
                    expires_at, allowed, grant_id, done_at, client, nonce, prompt_consent, proven_user,
                    proven_at
             FROM sign_ins WHERE handle = ?1",
        )?;
        let raw = query.query_row([handle], RawSignIn::read).optional()?;
        raw.map(|raw| raw.into_sign_in(handle)).transpose()
    }

    fn insert_sign_in(&mut self, sign_in: &SignIn) -> Result<(), StoreError> {
        let request = &sign_in.request;
        let mut insert = self.sql(
            "INSERT INTO sign_ins (handle, reference, client_id, redirect_uri, state, challenge, scopes,
                                   prompt_login, max_age, browser, expires_at, client, nonce, prompt_consent,
                                   proven_user, proven_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        insert.execute(params![
            sign_in.handle,
            sign_in.reference.as_str(),
            request.client.as_str(),
            request.redirect_uri.as_str(),
            request.state,
            request.challenge.digest(),
            request.scopes.to_string(),
            request.prompt.login,
            request.max_age.map(|age| age.0),
            sign_in.browser,
            sign_in.expires_at,
            snapshot_text(&sign_in.client),
            request.nonce,
            request.prompt.consent,
            sign_in.proven.map(|proven| proven.user.to_string()),
            sign_in.proven.map(|proven| proven.auth_time),
        ])?;
        drop(insert);
        self.set_stage(sign_in.handle, sign_in.stage)
    }

    fn set_stage(&mut self, handle: Digest, stage: Stage) -> Result<(), StoreError> {
        let (allowed, grant, done_at) = match stage {
            Stage::Asked => (None, None, None),
            Stage::Allowed { scopes } => (Some(scopes.to_string()), None, None),
            Stage::Done { grant, at } => (None, Some(grant.to_string()), Some(at)),
        };
        let mut update =
            self.sql("UPDATE sign_ins SET allowed = ?2, grant_id = ?3, done_at = ?4 WHERE handle = ?1")?;
        update.execute(params![handle, allowed, grant, done_at])?;
        Ok(())
    }

    fn delete_sign_in(&mut self, handle: Digest) -> Result<(), StoreError> {
        self.sql("DELETE FROM sign_ins WHERE handle = ?1")?
            .execute([handle])?;
        Ok(())
    }

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

fn snapshot_text(snapshot: &ClientSnapshot) -> String {
    serde_json::json!(snapshot).to_string()
}

fn snapshot(table: &'static str, id: &str, text: &str) -> Result<ClientSnapshot, StoreError> {
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

struct RawSignIn {
    reference: String,
    client: String,
    redirect_uri: String,
    state: Option<String>,
    challenge: Digest,
    scopes: String,
    prompt_login: bool,
    max_age: Option<i64>,
    browser: Digest,
    expires_at: Timestamp,
    allowed: Option<String>,
    grant: Option<String>,
    done_at: Option<Timestamp>,
    snapshot: String,
    nonce: Option<String>,
    prompt_consent: bool,
    proven_user: Option<String>,
    proven_at: Option<Timestamp>,
}

impl RawSignIn {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            reference: row.get(0)?,
            client: row.get(1)?,
            redirect_uri: row.get(2)?,
            state: row.get(3)?,
            challenge: row.get(4)?,
            scopes: row.get(5)?,
            prompt_login: row.get(6)?,
            max_age: row.get(7)?,
            browser: row.get(8)?,
            expires_at: row.get(9)?,
            allowed: row.get(10)?,
            grant: row.get(11)?,
            done_at: row.get(12)?,
            snapshot: row.get(13)?,
            nonce: row.get(14)?,
            prompt_consent: row.get(15)?,
            proven_user: row.get(16)?,
            proven_at: row.get(17)?,
        })
    }

    fn into_sign_in(self, handle: Digest) -> Result<SignIn, StoreError> {
        let id = &self.reference;
        let stage = match (&self.allowed, &self.grant, self.done_at) {
            (_, Some(grant), Some(at)) => Stage::Done {
                grant: parse("sign_ins", id, grant)?,
                at,
            },
            (Some(scopes), _, _) => Stage::Allowed {
                scopes: ScopeSet::parse(scopes),
            },
            _ => Stage::Asked,
        };
        let request = AuthorizationRequest {
            client: parse("sign_ins", id, &self.client)?,
            redirect_uri: RedirectUri::parse(&self.redirect_uri).map_err(corrupt("sign_ins", id))?,
            state: self.state,
            challenge: CodeChallenge::from_digest(self.challenge),
            scopes: ScopeSet::parse(&self.scopes),
            nonce: self.nonce,
            // `prompt=none` never gets as far as a page.
            prompt: Prompt {
                none: false,
                login: self.prompt_login,
                consent: self.prompt_consent,
            },
            max_age: self.max_age.map(Seconds),
        };
        let reference = parse("sign_ins", id, id)?;
        let proven = self.proven_user.as_deref().zip(self.proven_at);
        let proven = proven.map(|(user, auth_time)| {
            let user = parse("sign_ins", id, user)?;
            Ok::<_, StoreError>(Proven { user, auth_time })
        });
        Ok(SignIn {
            handle,
            reference,
            client: snapshot("sign_ins", id, &self.snapshot)?,
            request,
            browser: self.browser,
            expires_at: self.expires_at,
            stage,
            proven: proven.transpose()?,
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
