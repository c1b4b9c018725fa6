//! Reviews in SQLite. Evaluations are text, a line for each position: `15 e2e4 e7e5` in centipawns from White's side,
//! or `w3 …`, `b2 …` where White or Black mates in so many moves.

use rusqlite::{OptionalExtension, params};

use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::chess::{Assessment, ByColor, Color, Evaluated};
use crate::id::{GameId, UserId};
use crate::store::{ReviewRows, StoredReview};

type Result<T> = std::result::Result<T, StoreError>;

impl ReviewRows for SqliteTx<'_> {
    fn review(&mut self, game: GameId, moves: &str) -> Result<Option<StoredReview>> {
        let mut query = self.sql(
            "SELECT assessments, accuracy_white, accuracy_black, made_at FROM reviews
             WHERE game_id = ?1 AND moves = ?2",
        )?;
        let found = query.query_row(params![game.as_str(), moves], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        });
        let Some((text, white, black, made_at)) = found.optional()? else {
            return Ok(None);
        };
        let evaluated = text.lines().map(evaluated).collect::<Option<Vec<_>>>();
        Ok(Some(StoredReview {
            evaluated: evaluated
                .ok_or("unreadable evaluations")
                .map_err(corrupt::<&str>("reviews", game))?,
            accuracy: ByColor { white, black },
            made_at,
        }))
    }

    fn put_review(&mut self, game: GameId, moves: &str, review: &StoredReview) -> Result<()> {
        let mut put = self.sql(
            "INSERT OR REPLACE INTO reviews (game_id, moves, assessments, accuracy_white, accuracy_black, made_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let lines: Vec<String> = review.evaluated.iter().map(line).collect();
        put.execute(params![
            game.as_str(),
            moves,
            lines.join("\n"),
            review.accuracy.white,
            review.accuracy.black,
            review.made_at,
        ])?;
        Ok(())
    }

    fn accuracies(&mut self, user: UserId, limit: u32) -> Result<Vec<f64>> {
        let mut query = self.sql(
            "SELECT CASE side WHEN 'white' THEN accuracy_white ELSE accuracy_black END AS accuracy
             FROM reviews JOIN seats ON seats.id = game_id
             WHERE player = ?1 AND side <> 'both' AND accuracy IS NOT NULL AND reviews.moves = seats.moves
             ORDER BY seats.change DESC LIMIT ?2",
        )?;
        let rows = query.query_map(params![user.to_string(), limit], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn games_to_mine(&mut self, user: UserId, limit: u32) -> Result<Vec<GameId>> {
        let mut query = self.sql(
            "SELECT seats.id FROM reviews JOIN seats ON seats.id = game_id
             WHERE player = ?1 AND side <> 'both' AND reviews.moves = seats.moves
               AND (reason IS NOT NULL OR imported IS NOT NULL)
               AND ifnull(accuracy_white, accuracy_black) IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM mined WHERE mined.game_id = seats.id AND mined.user_id = ?1)
             ORDER BY seats.change DESC LIMIT ?2",
        )?;
        let rows = query.query_map(params![user.to_string(), limit], |row| row.get::<_, String>(0))?;
        rows.map(|id| {
            let id = id?;
            parse("reviews", &id, &id)
        })
        .collect()
    }

    fn mark_mined(&mut self, user: UserId, game: GameId) -> Result<()> {
        let mut mark = self.sql("INSERT OR IGNORE INTO mined (user_id, game_id) VALUES (?1, ?2)")?;
        mark.execute(params![user.to_string(), game.as_str()])?;
        Ok(())
    }
}

fn line(evaluated: &Evaluated) -> String {
    let mut words = vec![match evaluated.assessment {
        Assessment::Centipawns(centipawns) => centipawns.to_string(),
        Assessment::Mate { winner, moves } => format!("{}{moves}", winner.fold_wb('w', 'b')),
    }];
    words.extend(evaluated.line.iter().map(ToString::to_string));
    words.join(" ")
}

fn evaluated(line: &str) -> Option<Evaluated> {
    let mut words = line.split(' ');
    let worth = words.next()?;
    let mate = |winner, moves: &str| {
        Some(Assessment::Mate {
            winner,
            moves: moves.parse().ok()?,
        })
    };
    let assessment = match (worth.strip_prefix('w'), worth.strip_prefix('b')) {
        (Some(moves), _) => mate(Color::White, moves)?,
        (_, Some(moves)) => mate(Color::Black, moves)?,
        (None, None) => Assessment::Centipawns(worth.parse().ok()?),
    };
    let line = words.map(|uci| uci.parse().ok()).collect::<Option<Vec<_>>>()?;
    Some(Evaluated { assessment, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evaluations_are_read_as_they_were_written() {
        for text in ["15 e2e4 e7e5", "-300", "w3 a7a8q", "b0", "w0"] {
            assert_eq!(line(&evaluated(text).unwrap()), text);
        }
        for text in ["", "x", "w", "15 e9e4", "15  e2e4"] {
            assert_eq!(evaluated(text), None, "{text}");
        }
    }
}
