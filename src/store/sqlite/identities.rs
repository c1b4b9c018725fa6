//! Providers' accounts, and browsers that are at a provider, in SQLite.

use rusqlite::{OptionalExtension, Params, Row, params};

use super::row::parse;
use super::{SqliteTx, StoreError};
use crate::account::{Departure, Email, Errand, Identity, IdentityKey, UpstreamIdentity};
use crate::clock::Timestamp;
use crate::id::{ProviderId, UserId};
use crate::secret::Digest;
use crate::store::IdentityRows;

const IDENTITY: &str =
    "SELECT issuer, subject, user_id, provider, login, name, email, email_verified, linked_at,
                               last_used_at FROM identities";

impl IdentityRows for SqliteTx<'_> {
    fn identity(&mut self, key: &IdentityKey) -> Result<Option<Identity>, StoreError> {
        let sql = format!("{IDENTITY} WHERE issuer = ?1 AND subject = ?2");
        Ok(self.read_identities(&sql, [&key.issuer, &key.subject])?.pop())
    }

    fn identities(&mut self, user: Option<UserId>) -> Result<Vec<Identity>, StoreError> {
        let sql =
            format!("{IDENTITY} WHERE ?1 IS NULL OR user_id = ?1 ORDER BY last_used_at DESC, linked_at");
        self.read_identities(&sql, [user.map(|user| user.to_string())])
    }

    fn keep_identity(&mut self, identity: &Identity) -> Result<(), StoreError> {
        let told = &identity.told;
        let mut keep = self.sql(
            "INSERT INTO identities (issuer, subject, user_id, provider, login, name, email, email_verified,
                                     linked_at, last_used_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (issuer, subject) DO UPDATE SET
                 provider = excluded.provider, login = excluded.login, name = excluded.name, email = excluded.email,
                 email_verified = excluded.email_verified, last_used_at = excluded.last_used_at",
        )?;
        keep.execute(params![
            told.key.issuer,
            told.key.subject,
            identity.user.to_string(),
            told.provider.as_str(),
            told.login,
            told.name,
            told.email.as_ref().map(|email| &email.address),
            told.email.as_ref().is_some_and(|email| email.verified),
            identity.linked_at,
            identity.last_used_at,
        ])?;
        Ok(())
    }

    fn delete_identity(&mut self, key: &IdentityKey) -> Result<(), StoreError> {
        self.sql("DELETE FROM identities WHERE issuer = ?1 AND subject = ?2")?
            .execute([&key.issuer, &key.subject])?;
        Ok(())
    }

    fn insert_departure(&mut self, departure: &Departure) -> Result<(), StoreError> {
        let (sealed_handle, user) = match &departure.errand {
            Errand::SignIn { sealed_handle } => (Some(sealed_handle), None),
            Errand::Enter => (None, None),
            Errand::Link(user) => (None, Some(user.to_string())),
        };
        let mut insert = self.sql(
            "INSERT INTO departures (state, provider, browser, sealed_handle, user_id, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        insert.execute(params![
            departure.state,
            departure.provider.as_str(),
            departure.browser,
            sealed_handle,
            user,
            departure.expires_at,
        ])?;
        Ok(())
    }

    fn take_departure(
        &mut self,
        state: Digest,
        provider: &ProviderId,
    ) -> Result<Option<Departure>, StoreError> {
        let mut take = self.sql(
            "DELETE FROM departures WHERE state = ?1 AND provider = ?2
             RETURNING browser, sealed_handle, user_id, expires_at",
        )?;
        let raw = take.query_row(params![state, provider.as_str()], raw_departure);
        let Some((browser, sealed_handle, user, expires_at)) = raw.optional()? else {
            return Ok(None);
        };
        let errand = match (sealed_handle, user) {
            (Some(sealed_handle), _) => Errand::SignIn { sealed_handle },
            (None, Some(user)) => Errand::Link(parse("departures", provider, &user)?),
            (None, None) => Errand::Enter,
        };
        Ok(Some(Departure {
            state,
            provider: provider.clone(),
            browser,
            errand,
            expires_at,
        }))
    }
}

impl SqliteTx<'_> {
    fn read_identities(&mut self, sql: &str, params: impl Params) -> Result<Vec<Identity>, StoreError> {
        let mut query = self.sql(sql)?;
        let rows = query.query_map(params, RawIdentity::read)?;
        rows.map(|raw| raw?.into_identity()).collect()
    }
}

type RawDeparture = (Digest, Option<String>, Option<String>, Timestamp);

fn raw_departure(row: &Row<'_>) -> rusqlite::Result<RawDeparture> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

struct RawIdentity {
    key: IdentityKey,
    user: String,
    provider: String,
    login: Option<String>,
    name: Option<String>,
    email: Option<String>,
    verified: bool,
    linked_at: Timestamp,
    last_used_at: Timestamp,
}

impl RawIdentity {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            key: IdentityKey {
                issuer: row.get(0)?,
                subject: row.get(1)?,
            },
            user: row.get(2)?,
            provider: row.get(3)?,
            login: row.get(4)?,
            name: row.get(5)?,
            email: row.get(6)?,
            verified: row.get(7)?,
            linked_at: row.get(8)?,
            last_used_at: row.get(9)?,
        })
    }

    fn into_identity(self) -> Result<Identity, StoreError> {
        let verified = self.verified;
        Ok(Identity {
            user: parse("identities", &self.user, &self.user)?,
            told: UpstreamIdentity {
                provider: parse("identities", &self.user, &self.provider)?,
                key: self.key,
                login: self.login,
                name: self.name,
                email: self.email.map(|address| Email { address, verified }),
            },
            linked_at: self.linked_at,
            last_used_at: self.last_used_at,
        })
    }
}
