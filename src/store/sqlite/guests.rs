//! Browsers in which guests sit at their games, in SQLite.

use rusqlite::{OptionalExtension, Row, params};

use super::row::parse;
use super::{SqliteTx, StoreError};
use crate::account::GuestSession;
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::secret::Digest;
use crate::store::GuestRows;

impl GuestRows for SqliteTx<'_> {
    fn guest_session(&mut self, cookie: Digest) -> Result<Option<GuestSession>, StoreError> {
        let mut query = self.sql(
            "SELECT guest_sessions.user_id, game_id, last_seen_at, iif(reason IS NULL, NULL, changed_at)
             FROM guest_sessions JOIN games ON games.id = game_id WHERE cookie = ?1",
        )?;
        query
            .query_row([cookie], raw)
            .optional()?
            .map(session)
            .transpose()
    }

    fn insert_guest_session(
        &mut self,
        cookie: Digest,
        user: UserId,
        game: GameId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut insert = self.sql(
            "INSERT INTO guest_sessions (cookie, user_id, game_id, last_seen_at) VALUES (?1, ?2, ?3, ?4)",
        )?;
        insert.execute(params![cookie, user.to_string(), game.as_str(), now])?;
        Ok(())
    }

    fn touch_guest_session(&mut self, cookie: Digest, seen: Timestamp) -> Result<(), StoreError> {
        let mut update = self.sql("UPDATE guest_sessions SET last_seen_at = ?2 WHERE cookie = ?1")?;
        update.execute(params![cookie, seen])?;
        Ok(())
    }
}

type Raw = (String, String, Timestamp, Option<Timestamp>);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn session((user, game, last_seen_at, game_ended_at): Raw) -> Result<GuestSession, StoreError> {
    Ok(GuestSession {
        user: parse("guest_sessions", &user, &user)?,
        game: parse("guest_sessions", &user, &game)?,
        last_seen_at,
        game_ended_at,
    })
}
