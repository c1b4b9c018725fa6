//! Puzzles in SQLite.

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::chess::{Puzzle, Rating, Theme, theme_words};
use crate::clock::Timestamp;
use crate::id::{GameId, PuzzleId, UserId};
use crate::repetition::Recall;
use crate::store::{Mistake, PuzzleQuery, PuzzleRows, PuzzleSource, StoredPuzzle};

type Result<T> = std::result::Result<T, StoreError>;

/// The columns of [`RawMistake::read`], in its order.
macro_rules! select_mistake {
    ($rest:literal) => {
        concat!(
            "SELECT puzzle_id, game_id, ply, due_at, interval_days, ease, repetitions FROM recalls
             WHERE user_id = ?1 AND game_id IS NOT NULL ",
            $rest
        )
    };
}
impl PuzzleRows for SqliteTx<'_> {
    fn puzzle(&mut self, user: UserId, id: PuzzleId) -> Result<Option<StoredPuzzle>> {
        let mut query = self.sql(
            "SELECT id, fen, moves, prior, themes, rating, deviation, volatility, plays, source FROM puzzles
             WHERE id = ?1 AND (user_id IS NULL OR user_id = ?2)",
        )?;
        let found = query.query_row(params![id.as_str(), user.to_string()], RawPuzzle::read);
        found.optional()?.map(RawPuzzle::into_puzzle).transpose()
    }

    fn insert_puzzles(&mut self, puzzles: &[Puzzle], source: PuzzleSource) -> Result<u32> {
        let mut new = 0;
        for puzzle in puzzles {
            new += u32::from(self.insert_puzzle(None, puzzle, source)?);
        }
        Ok(new)
    }

    fn count_puzzles(&mut self, source: PuzzleSource) -> Result<u32> {
        let mut count = self.sql("SELECT count(*) FROM puzzles WHERE source = ?1")?;
        Ok(count.query_row([source.as_str()], |row| row.get(0))?)
    }

    fn unseen_puzzle(&mut self, user: UserId, query: &PuzzleQuery) -> Result<Option<PuzzleId>> {
        let mut find = self.sql(match query.theme {
            None => {
                "SELECT id FROM puzzles
                 WHERE user_id IS NULL AND (prior, id) >= (:from, :after) AND prior < :below AND :theme IS NULL
                   AND NOT EXISTS (SELECT 1 FROM games WHERE games.user_id = :user AND puzzle_id = puzzles.id)
                 ORDER BY prior, id LIMIT 1"
            }
            Some(_) => {
                "SELECT puzzle_id FROM puzzle_themes AS themed
                 WHERE theme = :theme AND (prior, puzzle_id) >= (:from, :after) AND prior < :below
                   AND NOT EXISTS (SELECT 1 FROM games
                                   WHERE games.user_id = :user AND games.puzzle_id = themed.puzzle_id)
                 ORDER BY prior, puzzle_id LIMIT 1"
            }
        })?;
        let found = find.query_row(
            named_params! {
                ":user": user.to_string(),
                ":from": query.from,
                ":below": query.below,
                ":after": query.after.as_str(),
                ":theme": query.theme.map(Theme::word),
            },
            |row| row.get::<_, String>(0),
        );
        puzzle_id(found)
    }

    fn shipped_puzzle(&mut self, query: &PuzzleQuery) -> Result<Option<PuzzleId>> {
        let mut find = self.sql(
            "SELECT id FROM puzzles
             WHERE user_id IS NULL AND source = 'own' AND (prior, id) >= (?1, ?2) AND prior < ?3
             ORDER BY prior, id LIMIT 1",
        )?;
        let parameters = params![query.from, query.after.as_str(), query.below];
        puzzle_id(find.query_row(parameters, |row| row.get::<_, String>(0)))
    }

    fn rate_puzzle(&mut self, id: PuzzleId, rating: Rating) -> Result<()> {
        let mut update = self.sql(
            "UPDATE puzzles SET rating = ?2, deviation = ?3, volatility = ?4, plays = plays + 1 WHERE id = ?1",
        )?;
        update.execute(params![
            id.as_str(),
            rating.value(),
            rating.deviation(),
            rating.volatility()
        ])?;
        Ok(())
    }

    fn attempt(&mut self, user: UserId, puzzle: Option<PuzzleId>) -> Result<Option<GameId>> {
        let mut query = self.sql(
            "SELECT id FROM games
             WHERE user_id = ?1 AND puzzle_id IS NOT NULL AND iif(?2 IS NULL, puzzle_state = 'open', puzzle_id = ?2)
             ORDER BY change DESC LIMIT 1",
        )?;
        let parameters = params![user.to_string(), puzzle.as_ref().map(PuzzleId::as_str)];
        let found = query.query_row(parameters, |row| row.get::<_, String>(0));
        found.optional()?.map(|id| parse("games", &id, &id)).transpose()
    }

    fn attempts_counted(&mut self, user: UserId) -> Result<(u32, u32)> {
        let mut query = self.sql(
            "SELECT ifnull(sum(puzzle_state = 'solved' AND NOT puzzle_failed), 0),
                    ifnull(sum(puzzle_state <> 'solved' OR puzzle_failed), 0)
             FROM games WHERE user_id = ?1 AND puzzle_id IS NOT NULL AND (puzzle_state <> 'open' OR puzzle_failed)",
        )?;
        Ok(query.query_row([user.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    fn solved_in_a_row(&mut self, user: UserId) -> Result<u32> {
        let mut query = self.sql(
            "SELECT count(*) FROM games
             WHERE user_id = ?1 AND puzzle_id IS NOT NULL AND puzzle_state = 'solved' AND NOT puzzle_failed
               AND change > ifnull((SELECT max(change) FROM games
                                    WHERE user_id = ?1 AND puzzle_id IS NOT NULL
                                      AND (puzzle_state = 'unsolved' OR puzzle_failed)), 0)",
        )?;
        Ok(query.query_row([user.to_string()], |row| row.get(0))?)
    }

    fn insert_mistake(&mut self, user: UserId, puzzle: &Puzzle, mistake: &Mistake) -> Result<()> {
        self.insert_puzzle(Some(user), puzzle, PuzzleSource::Mistake)?;
        let mut insert = self.sql(
            "INSERT OR IGNORE INTO recalls (user_id, puzzle_id, game_id, ply, due_at, interval_days, ease, repetitions)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let recall = mistake.recall;
        insert.execute(params![
            user.to_string(),
            mistake.puzzle.as_str(),
            mistake.game.as_str(),
            u16::try_from(mistake.ply).unwrap_or(u16::MAX),
            recall.due,
            recall.interval_days,
            recall.ease,
            recall.repetitions,
        ])?;
        Ok(())
    }

    fn mistake(&mut self, user: UserId, puzzle: PuzzleId) -> Result<Option<Mistake>> {
        let mut query = self.sql(select_mistake!("AND puzzle_id = ?2"))?;
        let found = query.query_row(params![user.to_string(), puzzle.as_str()], RawMistake::read);
        found.optional()?.map(RawMistake::into_mistake).transpose()
    }

    fn put_recall(&mut self, user: UserId, puzzle: PuzzleId, recall: Recall) -> Result<()> {
        let mut update = self.sql(
            "UPDATE recalls SET due_at = ?3, interval_days = ?4, ease = ?5, repetitions = ?6
             WHERE user_id = ?1 AND puzzle_id = ?2",
        )?;
        update.execute(params![
            user.to_string(),
            puzzle.as_str(),
            recall.due,
            recall.interval_days,
            recall.ease,
            recall.repetitions,
        ])?;
        Ok(())
    }

    fn next_mistake(&mut self, user: UserId) -> Result<Option<Mistake>> {
        let mut query = self.sql(select_mistake!("ORDER BY due_at, puzzle_id LIMIT 1"))?;
        let found = query.query_row([user.to_string()], RawMistake::read);
        found.optional()?.map(RawMistake::into_mistake).transpose()
    }

    fn mistakes_due(&mut self, user: UserId, now: Timestamp) -> Result<u32> {
        let mut count = self.sql("SELECT count(*) FROM recalls WHERE user_id = ?1 AND due_at <= ?2")?;
        Ok(count.query_row(params![user.to_string(), now], |row| row.get(0))?)
    }
}

impl SqliteTx<'_> {
    /// Adds one puzzle; says whether it was new.
    fn insert_puzzle(&mut self, user: Option<UserId>, puzzle: &Puzzle, source: PuzzleSource) -> Result<bool> {
        let rating = Rating::of_puzzle(f64::from(puzzle.rating()));
        let mut insert = self.sql(
            "INSERT OR IGNORE INTO puzzles
                 (id, user_id, source, fen, moves, themes, prior, rating, deviation, volatility, plays)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)",
        )?;
        let new = insert.execute(params![
            puzzle.id().as_str(),
            user.map(|user| user.to_string()),
            source.as_str(),
            puzzle.start_fen(),
            puzzle.uci_moves(),
            theme_words(puzzle.themes()),
            puzzle.rating(),
            rating.value(),
            rating.deviation(),
            rating.volatility(),
        ])? > 0;
        drop(insert);
        // What is one person's alone is not found by theme.
        if !new || user.is_some() {
            return Ok(new);
        }
        let mut mark =
            self.sql("INSERT OR IGNORE INTO puzzle_themes (theme, prior, puzzle_id) VALUES (?1, ?2, ?3)")?;
        for theme in puzzle.themes() {
            mark.execute(params![theme.word(), puzzle.rating(), puzzle.id().as_str()])?;
        }
        Ok(true)
    }
}

fn puzzle_id(found: rusqlite::Result<String>) -> Result<Option<PuzzleId>> {
    let found = found.optional()?;
    found.map(|id| parse("puzzles", &id, &id)).transpose()
}

struct RawPuzzle {
    id: String,
    fen: String,
    moves: String,
    prior: u16,
    themes: String,
    rating: Rating,
    plays: u32,
    source: String,
}

impl RawPuzzle {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            fen: row.get(1)?,
            moves: row.get(2)?,
            prior: row.get(3)?,
            themes: row.get(4)?,
            rating: Rating::restored(row.get(5)?, row.get(6)?, row.get(7)?),
            plays: row.get(8)?,
            source: row.get(9)?,
        })
    }

    fn into_puzzle(self) -> Result<StoredPuzzle> {
        let id: PuzzleId = parse("puzzles", &self.id, &self.id)?;
        let puzzle = Puzzle::new(id, &self.fen, &self.moves, self.prior, &self.themes);
        Ok(StoredPuzzle {
            puzzle: puzzle.map_err(corrupt("puzzles", id))?,
            rating: self.rating,
            plays: self.plays,
            source: parse("puzzles", id, &self.source)?,
        })
    }
}

struct RawMistake {
    puzzle: String,
    game: String,
    ply: u16,
    recall: Recall,
}

impl RawMistake {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            puzzle: row.get(0)?,
            game: row.get(1)?,
            ply: row.get(2)?,
            recall: Recall {
                due: row.get(3)?,
                interval_days: row.get(4)?,
                ease: row.get(5)?,
                repetitions: row.get(6)?,
            },
        })
    }

    fn into_mistake(self) -> Result<Mistake> {
        Ok(Mistake {
            puzzle: parse("recalls", &self.puzzle, &self.puzzle)?,
            game: parse("recalls", &self.puzzle, &self.game)?,
            ply: self.ply.into(),
            recall: self.recall,
        })
    }
}
