//! Sign-ins under way, in SQLite.

use rusqlite::{OptionalExtension, Row, params};

use super::grants::{snapshot, snapshot_text};
use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::{
    AuthorizationRequest, CodeChallenge, Prompt, Proven, RedirectUri, ScopeSet, SignIn, Stage,
};
use crate::secret::Digest;
use crate::store::SignInRows;

impl SignInRows for SqliteTx<'_> {
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
