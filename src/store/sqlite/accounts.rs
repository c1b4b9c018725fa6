//! People, local accounts and browser sessions in SQLite.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::account::{BrowserSession, LocalAccount, User, Username};
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::secret::Digest;
use crate::store::{AccountRows, Failures};

impl AccountRows for SqliteTx<'_> {
    fn user(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let mut query =
            self.sql("SELECT id, name, created_at, disabled_at, guest FROM users WHERE id = ?1")?;
        query
            .query_row([id.to_string()], raw_user)
            .optional()?
            .map(user)
            .transpose()
    }

    fn users(&mut self) -> Result<Vec<(User, Option<Username>)>, StoreError> {
        let mut query = self.sql(
            "SELECT id, name, created_at, disabled_at, guest, username
             FROM users LEFT JOIN local_accounts ON user_id = id ORDER BY created_at, id",
        )?;
        let rows = query.query_map([], |row| Ok((raw_user(row)?, row.get::<_, Option<String>>(5)?)))?;
        rows.map(|row| {
            let (raw, name) = row?;
            let user = user(raw)?;
            let name = name.map(|name| username(user.id, &name)).transpose()?;
            Ok((user, name))
        })
        .collect()
    }

    fn insert_user(&mut self, user: &User) -> Result<(), StoreError> {
        let mut insert = self.sql(
            "INSERT INTO users (id, name, created_at, disabled_at, guest) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        insert.execute(params![
            user.id.to_string(),
            user.name,
            user.created_at,
            user.disabled_at,
            user.is_guest
        ])?;
        Ok(())
    }

    fn set_disabled(&mut self, id: UserId, since: Option<Timestamp>) -> Result<(), StoreError> {
        self.sql("UPDATE users SET disabled_at = ?2 WHERE id = ?1")?
            .execute(params![id.to_string(), since])?;
        Ok(())
    }

    fn delete_user(&mut self, id: UserId) -> Result<(), StoreError> {
        self.leave_shared_games(id, None)?;
        self.sql("DELETE FROM users WHERE id = ?1")?
            .execute([id.to_string()])?;
        Ok(())
    }

    fn username(&mut self, user: UserId) -> Result<Option<Username>, StoreError> {
        let mut query = self.sql("SELECT username FROM local_accounts WHERE user_id = ?1")?;
        let name: Option<String> = query.query_row([user.to_string()], |row| row.get(0)).optional()?;
        name.map(|name| username(user, &name)).transpose()
    }

    fn local_account(&mut self, username: &Username) -> Result<Option<LocalAccount>, StoreError> {
        let mut query = self.sql("SELECT user_id, password_hash FROM local_accounts WHERE username = ?1")?;
        let found: Option<(String, String)> = query
            .query_row([username.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((user, password_hash)) = found else {
            return Ok(None);
        };
        let user = parse("local_accounts", &user, &user)?;
        Ok(Some(LocalAccount {
            user,
            username: username.clone(),
            password_hash,
        }))
    }

    fn insert_local_account(&mut self, account: &LocalAccount) -> Result<(), StoreError> {
        let mut insert =
            self.sql("INSERT INTO local_accounts (user_id, username, password_hash) VALUES (?1, ?2, ?3)")?;
        insert.execute(params![
            account.user.to_string(),
            account.username.as_str(),
            account.password_hash
        ])?;
        Ok(())
    }

    fn set_password_hash(&mut self, user: UserId, hash: &str) -> Result<(), StoreError> {
        let mut update = self.sql("UPDATE local_accounts SET password_hash = ?2 WHERE user_id = ?1")?;
        update.execute(params![user.to_string(), hash])?;
        Ok(())
    }

    fn failures(&mut self, name: Digest) -> Result<Option<Failures>, StoreError> {
        let mut query = self.sql("SELECT count, last_at FROM sign_in_failures WHERE name = ?1")?;
        let read = |row: &Row<'_>| {
            Ok(Failures {
                count: row.get(0)?,
                last_at: row.get(1)?,
            })
        };
        Ok(query.query_row([name], read).optional()?)
    }

    fn set_failures(&mut self, name: Digest, failures: Option<Failures>) -> Result<(), StoreError> {
        match failures {
            None => self
                .sql("DELETE FROM sign_in_failures WHERE name = ?1")?
                .execute([name])?,
            Some(Failures { count, last_at }) => self
                .sql("INSERT OR REPLACE INTO sign_in_failures (name, count, last_at) VALUES (?1, ?2, ?3)")?
                .execute(params![name, count, last_at])?,
        };
        Ok(())
    }

    fn session(&mut self, cookie: Digest) -> Result<Option<BrowserSession>, StoreError> {
        let mut query = self.sql(
            "SELECT cookie, user_id, auth_time, last_seen_at, expires_at, agent, network
             FROM browser_sessions WHERE cookie = ?1",
        )?;
        let found = query.query_row([cookie], raw_session).optional()?;
        Ok(found.map(session).transpose()?.map(|(_, session)| session))
    }

    fn sessions(&mut self, user: UserId) -> Result<Vec<(Digest, BrowserSession)>, StoreError> {
        let mut query = self.sql(
            "SELECT cookie, user_id, auth_time, last_seen_at, expires_at, agent, network
             FROM browser_sessions WHERE user_id = ?1 ORDER BY last_seen_at DESC",
        )?;
        let rows = query.query_map([user.to_string()], raw_session)?;
        rows.map(|row| session(row?)).collect()
    }

    fn insert_session(
        &mut self,
        cookie: Digest,
        session: &BrowserSession,
        keep: u32,
    ) -> Result<(), StoreError> {
        let user = session.user.to_string();
        let mut insert = self.sql(
            "INSERT INTO browser_sessions (cookie, user_id, auth_time, last_seen_at, expires_at, agent, network)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        insert.execute(params![
            cookie,
            user,
            session.auth_time,
            session.last_seen_at,
            session.expires_at,
            session.agent,
            session.network
        ])?;
        let mut trim = self.sql(
            "DELETE FROM browser_sessions WHERE cookie IN (
                 SELECT cookie FROM browser_sessions WHERE user_id = ?1 AND cookie <> ?2
                 ORDER BY last_seen_at DESC LIMIT -1 OFFSET ?3)",
        )?;
        trim.execute(params![user, cookie, keep.saturating_sub(1)])?;
        Ok(())
    }

    fn touch_session(&mut self, cookie: Digest, seen: Timestamp) -> Result<(), StoreError> {
        let mut update = self.sql("UPDATE browser_sessions SET last_seen_at = ?2 WHERE cookie = ?1")?;
        update.execute(params![cookie, seen])?;
        Ok(())
    }

    fn delete_session(&mut self, cookie: Digest) -> Result<(), StoreError> {
        self.sql("DELETE FROM browser_sessions WHERE cookie = ?1")?
            .execute([cookie])?;
        Ok(())
    }

    fn delete_sessions(&mut self, user: UserId) -> Result<(), StoreError> {
        self.sql("DELETE FROM browser_sessions WHERE user_id = ?1")?
            .execute([user.to_string()])?;
        Ok(())
    }
}

type RawSession = (Digest, String, BrowserSessionTimes, String, String);

type BrowserSessionTimes = [Timestamp; 3];

fn raw_session(row: &Row<'_>) -> rusqlite::Result<RawSession> {
    let times = [row.get(2)?, row.get(3)?, row.get(4)?];
    Ok((row.get(0)?, row.get(1)?, times, row.get(5)?, row.get(6)?))
}

fn session(raw: RawSession) -> Result<(Digest, BrowserSession), StoreError> {
    let (cookie, user, [auth_time, last_seen_at, expires_at], agent, network) = raw;
    let session = BrowserSession {
        user: parse("browser_sessions", &user, &user)?,
        auth_time,
        expires_at,
        last_seen_at,
        agent,
        network,
    };
    Ok((cookie, session))
}

type RawUser = (String, String, Timestamp, Option<Timestamp>, bool);

fn raw_user(row: &Row<'_>) -> rusqlite::Result<RawUser> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn user((id, name, created_at, disabled_at, is_guest): RawUser) -> Result<User, StoreError> {
    Ok(User {
        id: parse("users", &id, &id)?,
        name,
        created_at,
        disabled_at,
        is_guest,
    })
}

fn username(user: UserId, text: &str) -> Result<Username, StoreError> {
    Username::parse(text).map_err(corrupt("local_accounts", user))
}
