//! Games in SQLite.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{corrupt, parse};
use super::{SqliteTx, StoreError};
use crate::chess::{Color, Ending, Game, Opening, Opponent, PersonSide, Reason, Score};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{GameFilter, GameRows, GameSummary, OpeningCount, SentMove, StoredGame, Tally};

type Result<T> = std::result::Result<T, StoreError>;

/// The columns of [`RawGame::read`], in its order.
macro_rules! select_game {
    ($rest:literal) => {
        concat!(
            "SELECT id, opponent, level, person_plays, coach, start_fen, moves, result, reason, draw_offer, eco,
                    opening, revision, touched, request, sent_text, sent_ply, sent_at, undone_from, created_at,
                    changed_at
             FROM games WHERE user_id = ?1 ",
            $rest
        )
    };
}

impl GameRows for SqliteTx<'_> {
    fn game(&mut self, user: UserId, id: GameId) -> Result<Option<StoredGame>> {
        let mut query = self.sql(select_game!("AND id = ?2"))?;
        one_game(query.query_row(params![user.to_string(), id.as_str()], RawGame::read))
    }

    fn newest_game(&mut self, user: UserId) -> Result<Option<StoredGame>> {
        let mut query = self.sql(select_game!("ORDER BY change DESC LIMIT 1"))?;
        one_game(query.query_row([user.to_string()], RawGame::read))
    }

    fn games(&mut self, user: UserId, filter: &GameFilter) -> Result<Vec<GameSummary>> {
        let mut query = self.sql(
            "SELECT id, opponent, level, person_plays, ply, turn, result, reason, eco, opening, changed_at, change
             FROM games
             WHERE user_id = ?1
               AND (?2 IS NULL OR (reason IS NOT NULL) = ?2)
               AND (?3 IS NULL OR opponent = ?3)
               AND (?4 IS NULL OR person_plays = ?4)
               AND (trim(?5) = '' OR instr(?5, ' ' || result || ' ') > 0)
               AND (?6 IS NULL OR (reason IS NOT NULL AND person_plays = CASE result
                        WHEN '1-0' THEN iif(?6, 'white', 'black')
                        WHEN '0-1' THEN iif(?6, 'black', 'white') END))
               AND (?7 IS NULL OR instr(lower(opening), ?7) > 0 OR instr(lower(eco), ?7) = 1)
               AND (?8 IS NULL OR changed_at >= ?8)
               AND (?9 IS NULL OR changed_at < ?9)
               AND (?10 IS NULL OR change < ?10)
             ORDER BY change DESC LIMIT ?11",
        )?;
        let scores: Vec<&str> = filter.scores.iter().map(|score| score.as_str()).collect();
        let scores = format!(" {} ", scores.join(" "));
        let opening = filter.opening.as_ref().map(|text| text.to_lowercase());
        let parameters = params![
            user.to_string(),
            filter.finished,
            filter.opponent,
            filter.person.map(PersonSide::as_str),
            scores,
            filter.won,
            opening,
            filter.since,
            filter.until,
            filter.before,
            filter.limit,
        ];
        let rows = query.query_map(parameters, RawSummary::read)?;
        rows.map(|raw| raw?.into_summary()).collect()
    }

    fn game_by_request(
        &mut self,
        user: UserId,
        request: &str,
        since: Timestamp,
    ) -> Result<Option<StoredGame>> {
        let mut query = self.sql(select_game!(
            "AND touched = 0 AND request = ?2 AND created_at >= ?3 ORDER BY change DESC LIMIT 1"
        ))?;
        one_game(query.query_row(params![user.to_string(), request, since], RawGame::read))
    }

    fn count_games(&mut self, user: UserId) -> Result<u32> {
        // Read from `games_by_change` alone.
        let mut count = self.sql("SELECT count(*) FROM games WHERE user_id = ?1")?;
        Ok(count.query_row([user.to_string()], |row| row.get(0))?)
    }

    fn insert_game(&mut self, user: UserId, game: &StoredGame) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO games (id, user_id, opponent, level, person_plays, coach, start_fen, moves, result, reason,
                                draw_offer, eco, opening, revision, touched, request, created_at, changed_at, ply,
                                turn, reply_owed, change)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                     (SELECT ifnull(max(change), 0) + 1 FROM games WHERE user_id = ?2))",
        )?;
        let (eco, opening) = opening_columns(game);
        let ending = game.game.ending();
        insert.execute(params![
            game.id.as_str(),
            user.to_string(),
            game.opponent.kind(),
            game.opponent.level(),
            game.person.as_str(),
            game.coach,
            (!game.game.is_from_standard_start()).then(|| game.game.start_fen()),
            game.game.uci_moves(),
            game.game.score().as_str(),
            ending.map(|ending| ending.reason.as_str()),
            game.game.draw_offer().map(color_column),
            eco,
            opening,
            game.revision,
            game.touched,
            game.request,
            game.created_at,
            game.changed_at,
            ply_column(game.game.ply()),
            color_column(game.game.turn()),
            game.owes_reply(),
        ])?;
        Ok(())
    }

    fn update_game(&mut self, user: UserId, game: &StoredGame) -> Result<()> {
        let mut update = self.sql(
            "UPDATE games
             SET moves = ?3, result = ?4, reason = ?5, draw_offer = ?6, eco = ?7, opening = ?8, revision = ?9,
                 touched = ?10, sent_text = ?11, sent_ply = ?12, sent_at = ?13, undone_from = ?14, changed_at = ?15,
                 ply = ?16, turn = ?17, reply_owed = ?18,
                 change = (SELECT max(change) + 1 FROM games WHERE user_id = ?2)
             WHERE id = ?1 AND user_id = ?2",
        )?;
        let (eco, opening) = opening_columns(game);
        let sent = game.last_text.as_ref();
        update.execute(params![
            game.id.as_str(),
            user.to_string(),
            game.game.uci_moves(),
            game.game.score().as_str(),
            game.game.ending().map(|ending| ending.reason.as_str()),
            game.game.draw_offer().map(color_column),
            eco,
            opening,
            game.revision,
            game.touched,
            sent.map(|sent| sent.text.as_str()),
            sent.map(|sent| ply_column(sent.ply)),
            sent.map(|sent| sent.at),
            game.undone_from.map(ply_column),
            game.changed_at,
            ply_column(game.game.ply()),
            color_column(game.game.turn()),
            game.owes_reply(),
        ])?;
        Ok(())
    }

    fn delete_game(&mut self, user: UserId, id: GameId) -> Result<bool> {
        let mut delete = self.sql("DELETE FROM games WHERE id = ?1 AND user_id = ?2")?;
        Ok(delete.execute(params![id.as_str(), user.to_string()])? > 0)
    }

    fn discard_untouched_games(&mut self, user: UserId) -> Result<()> {
        let mut delete =
            self.sql("DELETE FROM games WHERE user_id = ?1 AND touched = 0 AND opponent = 'engine'")?;
        delete.execute([user.to_string()])?;
        Ok(())
    }

    fn last_level(&mut self, user: UserId) -> Result<Option<u8>> {
        let mut query = self.sql(
            "SELECT level FROM games WHERE user_id = ?1 AND level IS NOT NULL
             ORDER BY created_at DESC, change DESC LIMIT 1",
        )?;
        Ok(query.query_row([user.to_string()], |row| row.get(0)).optional()?)
    }

    fn tallies(&mut self, user: UserId) -> Result<Vec<Tally>> {
        let mut query = self.sql(
            "SELECT opponent, level,
                    sum(result = iif(person_plays = 'white', '1-0', '0-1')),
                    sum(result = '1/2-1/2'),
                    sum(result = iif(person_plays = 'white', '0-1', '1-0'))
             FROM games
             WHERE user_id = ?1 AND reason IS NOT NULL AND result <> '*' AND person_plays <> 'both'
             GROUP BY opponent, level ORDER BY opponent, level",
        )?;
        let rows = query.query_map([user.to_string()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })?;
        rows.map(|row| {
            let (kind, level, won, drawn, lost) = row?;
            Ok(Tally {
                opponent: opponent(&kind, level).map_err(corrupt("games", user))?,
                won,
                drawn,
                lost,
            })
        })
        .collect()
    }

    fn opening_counts(&mut self, user: UserId, limit: u32) -> Result<Vec<OpeningCount>> {
        let mut query = self.sql(
            "SELECT eco, opening, count(*) AS games, sum(result = iif(person_plays = 'white', '1-0', '0-1'))
             FROM games
             WHERE user_id = ?1 AND reason IS NOT NULL AND eco IS NOT NULL AND person_plays <> 'both'
             GROUP BY eco, opening ORDER BY games DESC, opening LIMIT ?2",
        )?;
        let rows = query.query_map(params![user.to_string(), limit], |row| {
            let opening = Opening {
                eco: row.get(0)?,
                name: row.get(1)?,
            };
            Ok(OpeningCount {
                opening,
                games: row.get(2)?,
                won: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn owed_replies(&mut self, limit: u32) -> Result<Vec<(UserId, GameId)>> {
        let mut query =
            self.sql("SELECT user_id, id FROM games WHERE reply_owed = 1 ORDER BY changed_at LIMIT ?1")?;
        let rows = query.query_map([limit], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (user, id) = row?;
            Ok((parse("games", &id, &user)?, parse("games", &id, &id)?))
        })
        .collect()
    }
}

fn opening_columns(game: &StoredGame) -> (Option<&str>, Option<&str>) {
    game.opening
        .as_ref()
        .map(|opening| (opening.eco.as_str(), opening.name.as_str()))
        .unzip()
}

/// No game has that many moves: the seventy-five-move rule ends it long before.
fn ply_column(ply: usize) -> u16 {
    u16::try_from(ply).unwrap_or(u16::MAX)
}

const fn color_column(color: Color) -> &'static str {
    match color {
        Color::White => "white",
        Color::Black => "black",
    }
}

fn color(text: &str) -> std::result::Result<Color, &'static str> {
    match text {
        "white" => Ok(Color::White),
        "black" => Ok(Color::Black),
        _ => Err("unknown colour"),
    }
}

fn opponent(kind: &str, level: Option<u8>) -> std::result::Result<Opponent, &'static str> {
    match (kind, level) {
        ("engine", Some(level)) => Ok(Opponent::Engine { level }),
        ("nobody", None) => Ok(Opponent::Nobody),
        _ => Err("unknown opponent"),
    }
}

fn side(text: &str) -> std::result::Result<PersonSide, &'static str> {
    text.parse().map_err(|()| "unknown side")
}

fn score(text: &str) -> std::result::Result<Score, &'static str> {
    text.parse().map_err(|()| "unknown result")
}

fn reason(text: Option<&str>) -> std::result::Result<Option<Reason>, &'static str> {
    text.map(|text| text.parse().map_err(|()| "unknown reason"))
        .transpose()
}

fn one_game(row: rusqlite::Result<RawGame>) -> Result<Option<StoredGame>> {
    row.optional()?.map(RawGame::into_game).transpose()
}

struct RawGame {
    id: String,
    opponent: String,
    level: Option<u8>,
    person: String,
    coach: bool,
    start_fen: Option<String>,
    moves: String,
    result: String,
    reason: Option<String>,
    draw_offer: Option<String>,
    opening: Option<Opening>,
    revision: u32,
    touched: bool,
    request: Option<String>,
    last_text: Option<SentMove>,
    undone_from: Option<usize>,
    created_at: Timestamp,
    changed_at: Timestamp,
}

impl RawGame {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            opponent: row.get(1)?,
            level: row.get(2)?,
            person: row.get(3)?,
            coach: row.get(4)?,
            start_fen: row.get(5)?,
            moves: row.get(6)?,
            result: row.get(7)?,
            reason: row.get(8)?,
            draw_offer: row.get(9)?,
            opening: read_opening(row, 10)?,
            revision: row.get(12)?,
            touched: row.get(13)?,
            request: row.get(14)?,
            last_text: read_sent(row)?,
            undone_from: row.get::<_, Option<u16>>(18)?.map(usize::from),
            created_at: row.get(19)?,
            changed_at: row.get(20)?,
        })
    }

    fn into_game(self) -> Result<StoredGame> {
        let id: GameId = parse("games", &self.id, &self.id)?;
        let score = score(&self.result).map_err(corrupt("games", id))?;
        let reason = reason(self.reason.as_deref()).map_err(corrupt("games", id))?;
        let ending = reason.map(|reason| Ending { score, reason });
        let offer = self
            .draw_offer
            .as_deref()
            .map(color)
            .transpose()
            .map_err(corrupt("games", id))?;
        let game = Game::restore(self.start_fen.as_deref(), &self.moves, ending, offer);
        Ok(StoredGame {
            id,
            opponent: opponent(&self.opponent, self.level).map_err(corrupt("games", id))?,
            person: side(&self.person).map_err(corrupt("games", id))?,
            coach: self.coach,
            game: game.map_err(corrupt("games", id))?,
            opening: self.opening,
            revision: self.revision,
            touched: self.touched,
            request: self.request,
            last_text: self.last_text,
            undone_from: self.undone_from,
            created_at: self.created_at,
            changed_at: self.changed_at,
        })
    }
}

fn read_opening(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Opening>> {
    let (eco, name): (Option<String>, Option<String>) = (row.get(column)?, row.get(column + 1)?);
    Ok(eco.zip(name).map(|(eco, name)| Opening { eco, name }))
}

fn read_sent(row: &Row<'_>) -> rusqlite::Result<Option<SentMove>> {
    let (text, ply, at): (Option<String>, Option<u16>, Option<Timestamp>) =
        (row.get(15)?, row.get(16)?, row.get(17)?);
    let sent = text.zip(ply).zip(at);
    Ok(sent.map(|((text, ply), at)| SentMove {
        text,
        ply: ply.into(),
        at,
    }))
}

struct RawSummary {
    id: String,
    opponent: String,
    level: Option<u8>,
    person: String,
    ply: usize,
    turn: String,
    result: String,
    reason: Option<String>,
    opening: Option<Opening>,
    changed_at: Timestamp,
    change: i64,
}

impl RawSummary {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            opponent: row.get(1)?,
            level: row.get(2)?,
            person: row.get(3)?,
            ply: row.get::<_, u16>(4)?.into(),
            turn: row.get(5)?,
            result: row.get(6)?,
            reason: row.get(7)?,
            opening: read_opening(row, 8)?,
            changed_at: row.get(10)?,
            change: row.get(11)?,
        })
    }

    fn into_summary(self) -> Result<GameSummary> {
        let id: GameId = parse("games", &self.id, &self.id)?;
        Ok(GameSummary {
            id,
            opponent: opponent(&self.opponent, self.level).map_err(corrupt("games", id))?,
            person: side(&self.person).map_err(corrupt("games", id))?,
            ply: self.ply,
            turn: color(&self.turn).map_err(corrupt("games", id))?,
            score: score(&self.result).map_err(corrupt("games", id))?,
            reason: reason(self.reason.as_deref()).map_err(corrupt("games", id))?,
            opening: self.opening,
            changed_at: self.changed_at,
            change: self.change,
        })
    }
}
