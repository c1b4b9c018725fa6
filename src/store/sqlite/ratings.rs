//! Ratings and active days in SQLite.

use rusqlite::{OptionalExtension, params};

use super::row::corrupt;
use super::{SqliteTx, StoreError};
use crate::chess::Rating;
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{KeptRating, RatingChange, RatingKind, RatingRows};

type Result<T> = std::result::Result<T, StoreError>;

impl SqliteTx<'_> {
    /// What a game did to the person's rating.
    pub(super) fn rating_change(&mut self, user: UserId, game: GameId) -> Result<Option<RatingChange>> {
        let mut query =
            self.sql("SELECT kind, change, rating FROM rating_changes WHERE game_id = ?1 AND user_id = ?2")?;
        let found = query.query_row(params![game.as_str(), user.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
        });
        let Some((kind, by, to)) = found.optional()? else {
            return Ok(None);
        };
        let kind = kind.parse().map_err(corrupt::<&str>("rating_changes", game))?;
        Ok(Some(RatingChange { kind, by, to }))
    }
}

impl RatingRows for SqliteTx<'_> {
    fn rating(&mut self, user: UserId, kind: RatingKind) -> Result<Option<KeptRating>> {
        let mut query = self.sql(
            "SELECT rating, deviation, volatility, plays, changed_at FROM ratings WHERE user_id = ?1 AND kind = ?2",
        )?;
        let found = query.query_row(params![user.to_string(), kind.as_str()], |row| {
            Ok(KeptRating {
                rating: Rating::restored(row.get(0)?, row.get(1)?, row.get(2)?),
                plays: row.get(3)?,
                changed_at: row.get(4)?,
            })
        });
        Ok(found.optional()?)
    }

    fn put_rating(&mut self, user: UserId, kind: RatingKind, kept: &KeptRating) -> Result<()> {
        let mut put = self.sql(
            "INSERT INTO ratings (user_id, kind, rating, deviation, volatility, plays, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET rating = ?3, deviation = ?4, volatility = ?5, plays = ?6, changed_at = ?7",
        )?;
        put.execute(params![
            user.to_string(),
            kind.as_str(),
            kept.rating.value(),
            kept.rating.deviation(),
            kept.rating.volatility(),
            kept.plays,
            kept.changed_at,
        ])?;
        Ok(())
    }

    fn put_rating_change(
        &mut self,
        user: UserId,
        game: GameId,
        change: RatingChange,
        at: Timestamp,
    ) -> Result<()> {
        let mut put = self.sql(
            "INSERT OR REPLACE INTO rating_changes (game_id, user_id, kind, change, rating, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        put.execute(params![
            game.as_str(),
            user.to_string(),
            change.kind.as_str(),
            change.by,
            change.to,
            at
        ])?;
        Ok(())
    }

    fn take_back_rating(&mut self, user: UserId, game: GameId) -> Result<()> {
        // Games that were counted since keep what they did.
        let mut lower = self.sql(
            "UPDATE ratings SET rating = ratings.rating - taken.change, plays = max(plays - 1, 0)
             FROM rating_changes AS taken
             WHERE taken.game_id = ?1 AND taken.user_id = ratings.user_id AND taken.kind = ratings.kind
               AND EXISTS (SELECT 1 FROM seats WHERE seats.id = ?1 AND player = ?2)",
        )?;
        lower.execute(params![game.as_str(), user.to_string()])?;
        let mut forget = self.sql("DELETE FROM rating_changes WHERE game_id = ?1")?;
        forget.execute([game.as_str()])?;
        Ok(())
    }

    fn rating_history(&mut self, user: UserId, kind: RatingKind, limit: u32) -> Result<Vec<f64>> {
        let mut query = self.sql(
            "SELECT rating FROM rating_changes WHERE user_id = ?1 AND kind = ?2 ORDER BY at DESC, game_id LIMIT ?3",
        )?;
        let rows = query.query_map(params![user.to_string(), kind.as_str(), limit], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn mark_active(&mut self, user: UserId, day: i64) -> Result<()> {
        let mut mark = self.sql("INSERT OR IGNORE INTO active_days (user_id, day) VALUES (?1, ?2)")?;
        mark.execute(params![user.to_string(), day])?;
        Ok(())
    }

    fn active_days(&mut self, user: UserId, limit: u32) -> Result<Vec<i64>> {
        let mut query =
            self.sql("SELECT day FROM active_days WHERE user_id = ?1 ORDER BY day DESC LIMIT ?2")?;
        let rows = query.query_map(params![user.to_string(), limit], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
