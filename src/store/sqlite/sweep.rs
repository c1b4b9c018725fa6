//! Removal of what has expired, and of what strangers can pile up, in SQLite.

use rusqlite::params;

use super::{SqliteTx, StoreError};
use crate::account::{GUEST_AFTER_GAME, GUEST_IDLE};
use crate::audit::EventKind;
use crate::clock::{Seconds, Timestamp};
use crate::oauth::{SIGN_IN_LIFE, STAND_IN, UNUSED_LIFE};
use crate::store::{Most, Sweep};

/// Codes stay a day after their end, so that a replay is recognised (RFC 6749 section 4.1.2).
const CODE_MEMORY: Seconds = Seconds(24 * 3600);

/// Ended grants stay a week, for whoever asks what happened.
const GRANT_MEMORY: Seconds = Seconds(7 * 24 * 3600);

/// What happened is kept for a quarter of a year.
const AUDIT_MEMORY: Seconds = Seconds(90 * 24 * 3600);

impl Sweep for SqliteTx<'_> {
    fn sweep(&mut self, now: Timestamp, limit: u32) -> Result<usize, StoreError> {
        let mut gone = 0;
        for (table, key, expired, before) in [
            ("sign_ins", "handle", "expires_at < ?1", now),
            ("departures", "state", "expires_at < ?1", now),
            ("browser_sessions", "cookie", "expires_at < ?1", now),
            ("guest_sessions", "cookie", "last_seen_at < ?1", now - GUEST_IDLE),
            (
                "guest_sessions",
                "cookie",
                "EXISTS (SELECT 1 FROM games WHERE id = game_id AND reason IS NOT NULL AND changed_at < ?1)",
                now - GUEST_AFTER_GAME,
            ),
            (
                "users",
                "id",
                // Somebody else's game shows a guest's name; one that the host has left goes with the guest.
                "guest = 1 AND created_at < ?1
                 AND NOT EXISTS (SELECT 1 FROM guest_sessions WHERE user_id = users.id)
                 AND NOT EXISTS (SELECT 1 FROM games WHERE friend_id = users.id)",
                now,
            ),
            (
                "sign_in_failures",
                "name",
                "last_at < ?1",
                now - Seconds(24 * 3600),
            ),
            (
                "authorization_codes",
                "digest",
                "expires_at < ?1",
                now - CODE_MEMORY,
            ),
            (
                "clients",
                "id",
                "activated_at IS NULL AND added = 0 AND created_at < ?1",
                // A sign-in that began in time may still end well.
                now - UNUSED_LIFE - SIGN_IN_LIFE,
            ),
            ("client_documents", "url", "fetched_at < ?1", now - STAND_IN),
            (
                "grants",
                "id",
                "expires_at < ?1 OR revoked_at < ?1",
                now - GRANT_MEMORY,
            ),
            ("audit_events", "id", "at < ?1", now - AUDIT_MEMORY),
        ] {
            let sql = format!(
                "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {expired} LIMIT ?2)"
            );
            gone += self.sql(&sql)?.execute(params![before, limit])?;
        }
        Ok(gone)
    }

    fn trim(&mut self, most: Most, limit: u32) -> Result<usize, StoreError> {
        let mut gone = 0;
        for (table, most) in [
            ("sign_ins", most.sign_ins),
            ("departures", most.sign_ins),
            ("audit_events", most.events),
        ] {
            let sql = format!(
                "DELETE FROM {table} WHERE rowid IN (
                     SELECT rowid FROM {table} ORDER BY rowid DESC LIMIT ?2 OFFSET ?1)"
            );
            gone += self.sql(&sql)?.execute([most, limit])?;
        }
        gone += self.trim_failures(most.failures, limit)?;
        gone += self.trim_events(most.anybodys_events, limit)?;
        Ok(gone)
    }
}

impl SqliteTx<'_> {
    /// Where few attempts failed, nobody has to wait yet: those rows go first.
    fn trim_failures(&mut self, most: u32, limit: u32) -> Result<usize, StoreError> {
        let count: u32 = self
            .sql("SELECT count(*) FROM sign_in_failures")?
            .query_row([], |row| row.get(0))?;
        let excess = count.saturating_sub(most).min(limit);
        if excess == 0 {
            return Ok(0);
        }
        let mut delete = self.sql(
            "DELETE FROM sign_in_failures WHERE name IN (
                 SELECT name FROM sign_in_failures ORDER BY count, last_at LIMIT ?1)",
        )?;
        Ok(delete.execute([excess])?)
    }

    /// Each kind that anybody can cause makes room for itself alone.
    fn trim_events(&mut self, most: u32, limit: u32) -> Result<usize, StoreError> {
        let floods: Vec<(String, u32)> = self
            .sql("SELECT kind, count(*) FROM audit_events GROUP BY kind HAVING count(*) > ?1")?
            .query_map([most], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut gone = 0;
        for (kind, count) in floods {
            if !EventKind::from_name(&kind).is_some_and(EventKind::is_anybodys) {
                continue;
            }
            let mut delete = self.sql(
                "DELETE FROM audit_events WHERE id IN (
                     SELECT id FROM audit_events WHERE kind = ?1 ORDER BY id LIMIT ?2)",
            )?;
            gone += delete.execute(params![kind, (count - most).min(limit)])?;
        }
        Ok(gone)
    }
}
