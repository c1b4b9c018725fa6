//! Games in SQLite.
//!
//! Every game is one row, whoever plays it; the view `seats` shows it to each of its players from their side.

mod raw;

use rusqlite::{OptionalExtension, named_params, params};

use self::raw::{
    RawGame, RawSummary, color_column, declined_column, imported_column, one_game, ply_column, select_game,
    select_summary,
};
use super::row::parse;
use super::{SqliteTx, StoreError};
use crate::chess::{Opening, Opponent, Outcome, PersonSide};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{
    GameFilter, GameRows, GameSummary, Grouping, Kept, LastAdaptive, OpeningCount, OwedReply, StoredGame,
    Tally,
};

type Result<T> = std::result::Result<T, StoreError>;

impl SqliteTx<'_> {
    /// Adds what other tables know: the name of the friend, and what the result did to the person's rating.
    fn completed(&mut self, user: UserId, found: Option<StoredGame>) -> Result<Option<StoredGame>> {
        let Some(mut stored) = found else { return Ok(None) };
        if let Some(friend) = &mut stored.friend
            && let Some(other) = friend.other
        {
            let mut name = self.sql("SELECT name FROM users WHERE id = ?1")?;
            friend.name = name.query_row([other.to_string()], |row| row.get(0)).optional()?;
        }
        if !stored.is_open() {
            stored.rating = self.rating_change(user, stored.id)?;
        }
        Ok(Some(stored))
    }

    /// Hands the person's seats at shared games over to the friends who sit opposite; a game that goes on is
    /// thereby lost for the person.
    pub(super) fn leave_shared_games(&mut self, user: UserId, only: Option<GameId>) -> Result<()> {
        let (user, only) = (user.to_string(), only.map(|id| id.to_string()));
        let mut resign = self.sql(
            "UPDATE games
             SET reason = 'resignation', draw_offer = NULL, undo_offer = NULL, declined = NULL, deadline = NULL,
                 revision = revision + 1,
                 result = CASE (SELECT side FROM seats WHERE seats.id = games.id AND player = ?1)
                          WHEN 'white' THEN '0-1' ELSE '1-0' END
             WHERE friend_id IS NOT NULL AND reason IS NULL AND (user_id = ?1 OR friend_id = ?1)
               AND (?2 IS NULL OR id = ?2)",
        )?;
        resign.execute(params![user, only])?;
        let mut hand_over = self.sql(
            "UPDATE games
             SET user_id = friend_id, friend_id = NULL, request = NULL, invitation = NULL, invitation_ends = NULL,
                 person_plays = iif(person_plays = 'white', 'black', 'white')
             WHERE user_id = ?1 AND friend_id IS NOT NULL AND (?2 IS NULL OR id = ?2)",
        )?;
        hand_over.execute(params![user, only])?;
        let mut rise = self.sql(
            "UPDATE games SET friend_id = NULL, invitation = NULL, invitation_ends = NULL
             WHERE friend_id = ?1 AND (?2 IS NULL OR id = ?2)",
        )?;
        rise.execute(params![user, only])?;
        Ok(())
    }
}

impl GameRows for SqliteTx<'_> {
    fn game(&mut self, user: UserId, id: GameId) -> Result<Option<StoredGame>> {
        let mut query = self.sql(select_game!("WHERE player = ?1 AND id = ?2"))?;
        let found = one_game(query.query_row(params![user.to_string(), id.as_str()], RawGame::read));
        drop(query);
        self.completed(user, found?)
    }

    fn revision(&mut self, user: UserId, id: GameId) -> Result<Option<u32>> {
        let mut query = self.sql("SELECT revision FROM seats WHERE player = ?1 AND id = ?2")?;
        let found = query.query_row(params![user.to_string(), id.as_str()], |row| row.get(0));
        Ok(found.optional()?)
    }

    fn newest_game(&mut self, user: UserId) -> Result<Option<StoredGame>> {
        let mut query = self.sql(select_game!("WHERE player = ?1 ORDER BY change DESC LIMIT 1"))?;
        let found = one_game(query.query_row([user.to_string()], RawGame::read));
        drop(query);
        self.completed(user, found?)
    }

    fn games(&mut self, user: UserId, filter: &GameFilter) -> Result<Vec<GameSummary>> {
        let mut query = self.sql(select_summary!(
            "WHERE player = ?1
               AND (?2 IS NULL OR (reason IS NOT NULL OR ifnull(puzzle_state, 'open') <> 'open') = ?2)
               AND (?3 IS NULL OR opponent = ?3)
               AND (?4 IS NULL OR side = ?4)
               AND (trim(?5) = '' OR instr(?5, ' ' || result || ' ') > 0)
               AND (?6 IS NULL OR (reason IS NOT NULL AND side = CASE result
                        WHEN '1-0' THEN iif(?6, 'white', 'black')
                        WHEN '0-1' THEN iif(?6, 'black', 'white') END))
               AND (?7 IS NULL OR instr(lower(opening), ?7) > 0 OR instr(lower(eco), ?7) = 1)
               AND (?8 IS NULL OR changed_at >= ?8)
               AND (?9 IS NULL OR changed_at < ?9)
               AND (?10 IS NULL OR change < ?10)
               AND CASE ?12 WHEN 'games' THEN puzzle_id IS NULL WHEN 'puzzles' THEN puzzle_id IS NOT NULL
                            WHEN 'own' THEN puzzle_id IS NULL AND imported IS NULL
                            WHEN 'imported' THEN imported IS NOT NULL ELSE 1 END
             ORDER BY change DESC LIMIT ?11"
        ))?;
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
            kept_word(filter.kept),
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
            "WHERE player = ?1
               AND id = (SELECT id FROM games WHERE user_id = ?1 AND touched = 0 AND request = ?2 AND created_at >= ?3
                         ORDER BY change DESC LIMIT 1)"
        ))?;
        let found = one_game(query.query_row(params![user.to_string(), request, since], RawGame::read));
        drop(query);
        self.completed(user, found?)
    }

    fn count_games(&mut self, user: UserId) -> Result<u32> {
        // Read from `games_of_user` alone.
        let mut count = self.sql("SELECT count(*) FROM games WHERE user_id = ?1")?;
        Ok(count.query_row([user.to_string()], |row| row.get(0))?)
    }

    fn insert_game(&mut self, user: UserId, game: &StoredGame) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO games (id, user_id, opponent, level, adaptive, person_plays, coach, variant, start_fen,
                                request, created_at, imported, puzzle_id, days_per_move, rated, moves, result,
                                revision, touched, changed_at, ply, turn, reply_owed, change)
             VALUES (:id, :user, :opponent, :level, :adaptive, :side, :coach, :variant, :start_fen, :request,
                     :created_at, :imported, :puzzle_id, :days_per_move, 0, '', '*', 0, 0, 0, 0, '', 0,
                     (SELECT ifnull(max(change), 0) + 1 FROM games))",
        )?;
        insert.execute(named_params! {
            ":id": game.id.as_str(),
            ":user": user.to_string(),
            ":opponent": game.opponent.kind(),
            ":level": game.opponent.level(),
            ":adaptive": matches!(game.opponent, Opponent::Engine { adaptive: true, .. }),
            ":side": game.person.as_str(),
            ":coach": game.coach,
            ":variant": game.game.variant().as_str(),
            ":start_fen": (!game.game.is_from_standard_start()).then(|| game.game.start_fen()),
            ":request": game.request,
            ":created_at": game.created_at,
            ":imported": game.imported.as_ref().map(imported_column),
            ":puzzle_id": game.puzzle.as_ref().map(|attempt| attempt.id.as_str()),
            ":days_per_move": game.friend.as_ref().and_then(|friend| friend.days_per_move),
        })?;
        drop(insert);
        self.update_game(user, game)
    }

    fn update_game(&mut self, user: UserId, game: &StoredGame) -> Result<()> {
        let mut update = self.sql(
            "UPDATE games
             SET moves = :moves, result = :result, reason = :reason, draw_offer = :draw_offer, eco = :eco,
                 opening = :opening, revision = :revision, touched = :touched, sent_text = :sent_text,
                 sent_ply = :sent_ply, sent_at = :sent_at, undone_from = :undone_from, changed_at = :changed_at,
                 ply = :ply, turn = :turn, reply_owed = :reply_owed, rated = :rated, hint_ply = :hint_ply,
                 hint_step = :hint_step, deadline = :deadline, undo_offer = :undo_offer, declined = :declined,
                 invitation = iif(friend_id IS NULL, :invitation, invitation),
                 invitation_ends = iif(friend_id IS NULL, :invitation_ends, invitation_ends),
                 puzzle_state = :puzzle_state, puzzle_failed = :puzzle_failed,
                 change = (SELECT max(change) + 1 FROM games)
             WHERE id = :id AND (user_id = :user OR friend_id = :user)",
        )?;
        let (eco, opening) = opening_columns(game);
        let sent = game.last_text.as_ref();
        let (friend, puzzle) = (game.friend.as_ref(), game.puzzle.as_ref());
        let invitation = friend.and_then(|friend| friend.invitation.as_ref());
        let undo_offer = friend.and_then(|friend| friend.undo_offer);
        let declined = friend.and_then(|friend| friend.declined);
        update.execute(named_params! {
            ":id": game.id.as_str(),
            ":user": user.to_string(),
            ":moves": game.game.uci_moves(),
            ":result": game.game.score().as_str(),
            ":reason": game.game.ending().map(|ending| ending.reason.as_str()),
            ":draw_offer": game.game.draw_offer().map(color_column),
            ":eco": eco,
            ":opening": opening,
            ":revision": game.revision,
            ":touched": game.touched,
            ":sent_text": sent.map(|sent| sent.text.as_str()),
            ":sent_ply": sent.map(|sent| ply_column(sent.ply)),
            ":sent_at": sent.map(|sent| sent.at),
            ":undone_from": game.undone_from.map(ply_column),
            ":changed_at": game.changed_at,
            ":ply": ply_column(game.game.ply()),
            ":turn": color_column(game.game.turn()),
            ":reply_owed": game.owes_reply(),
            ":rated": game.rated,
            ":hint_ply": game.hint.map(|hint| ply_column(hint.ply)),
            ":hint_step": game.hint.map(|hint| hint.step),
            ":deadline": friend.and_then(|friend| friend.deadline),
            ":undo_offer": undo_offer.map(color_column),
            ":declined": declined.map(declined_column),
            ":invitation": invitation.map(|invitation| invitation.code.as_str()),
            ":invitation_ends": invitation.map(|invitation| invitation.ends),
            ":puzzle_state": puzzle.map(|attempt| attempt.state.as_str()),
            ":puzzle_failed": puzzle.is_some_and(|attempt| attempt.failed),
        })?;
        Ok(())
    }

    fn delete_game(&mut self, user: UserId, id: GameId) -> Result<bool> {
        if self.game(user, id)?.is_none() {
            return Ok(false);
        }
        self.leave_shared_games(user, Some(id))?;
        let mut delete = self.sql("DELETE FROM games WHERE id = ?1 AND user_id = ?2")?;
        delete.execute(params![id.as_str(), user.to_string()])?;
        Ok(true)
    }

    fn discard_untouched_games(&mut self, user: UserId) -> Result<()> {
        // At ply 1 it is the turn of whoever did not move.
        let mut delete = self.sql(
            "DELETE FROM games WHERE user_id = ?1 AND touched = 0 AND opponent = 'engine'
                                 AND (ply = 0 OR ply = 1 AND turn = person_plays)",
        )?;
        delete.execute([user.to_string()])?;
        Ok(())
    }

    fn last_engine(&mut self, user: UserId) -> Result<Option<Opponent>> {
        let mut query = self.sql(
            "SELECT level, adaptive FROM games WHERE user_id = ?1 AND opponent = 'engine'
             ORDER BY created_at DESC, change DESC LIMIT 1",
        )?;
        let found = query.query_row([user.to_string()], |row| {
            Ok(Opponent::Engine {
                level: row.get(0)?,
                adaptive: row.get(1)?,
            })
        });
        Ok(found.optional()?)
    }

    fn last_adaptive(&mut self, user: UserId) -> Result<Option<LastAdaptive>> {
        let mut query = self.sql(
            "SELECT level, CASE result WHEN '1-0' THEN person_plays = 'white' WHEN '0-1' THEN person_plays = 'black' END
             FROM games WHERE user_id = ?1 AND adaptive = 1 AND reason IS NOT NULL AND reason <> 'aborted'
             ORDER BY change DESC LIMIT 1",
        )?;
        let found = query.query_row([user.to_string()], |row| {
            let won: Option<bool> = row.get(1)?;
            Ok(LastAdaptive {
                level: row.get(0)?,
                outcome: won.map_or(
                    Outcome::Draw,
                    |won| if won { Outcome::Win } else { Outcome::Loss },
                ),
            })
        });
        Ok(found.optional()?)
    }

    fn tallies(&mut self, user: UserId, by: Grouping) -> Result<Vec<Tally>> {
        let mut query = self.sql(
            "SELECT CASE ?2
                    WHEN 'color' THEN side
                    WHEN 'month' THEN strftime('%Y-%m', changed_at, 'unixepoch')
                    ELSE CASE WHEN imported IS NOT NULL THEN 'imported'
                         ELSE opponent || ifnull(' ' || level, '') END
                    END AS grouped,
                    sum(result = iif(side = 'white', '1-0', '0-1')), sum(result = '1/2-1/2'),
                    sum(result = iif(side = 'white', '0-1', '1-0'))
             FROM seats
             WHERE player = ?1 AND reason IS NOT NULL AND result <> '*' AND side <> 'both' AND puzzle_id IS NULL
             GROUP BY grouped ORDER BY iif(?2 = 'opponent', min(level), NULL), grouped",
        )?;
        let by = match by {
            Grouping::Opponent => "opponent",
            Grouping::Color => "color",
            Grouping::Month => "month",
        };
        let rows = query.query_map(params![user.to_string(), by], |row| {
            Ok(Tally {
                group: row.get(0)?,
                won: row.get(1)?,
                drawn: row.get(2)?,
                lost: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn opening_counts(&mut self, user: UserId, limit: u32) -> Result<Vec<OpeningCount>> {
        let mut query = self.sql(
            "SELECT eco, opening, count(*) AS games, sum(result = iif(side = 'white', '1-0', '0-1'))
             FROM seats
             WHERE player = ?1 AND reason IS NOT NULL AND reason <> 'aborted' AND eco IS NOT NULL AND side <> 'both'
               AND puzzle_id IS NULL
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

    fn owed_replies(&mut self, last: Option<&OwedReply>, limit: u32) -> Result<Vec<OwedReply>> {
        let mut query = self.sql(
            "SELECT user_id, id, changed_at FROM games
             WHERE reply_owed = 1 AND (?1 IS NULL OR (changed_at, id) > (?1, ?2)) ORDER BY changed_at, id LIMIT ?3",
        )?;
        let last = last.map(|last| (last.since, last.game.as_str())).unzip();
        let rows = query.query_map(params![last.0, last.1, limit], |row| {
            Ok(((row.get(0)?, row.get(1)?), row.get(2)?))
        })?;
        rows.map(|row| {
            let (ids, since) = row?;
            let (user, game) = owner_and_game(ids)?;
            Ok(OwedReply { user, game, since })
        })
        .collect()
    }

    fn invited_game(&mut self, code: &str, now: Timestamp) -> Result<Option<(UserId, StoredGame)>> {
        let mut query =
            self.sql("SELECT user_id, id FROM games WHERE invitation = ?1 AND invitation_ends > ?2 AND friend_id IS NULL")?;
        let found = query
            .query_row(params![code, now], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        drop(query);
        let Some(found) = found else { return Ok(None) };
        let (owner, id) = owner_and_game(found)?;
        Ok(self.game(owner, id)?.map(|stored| (owner, stored)))
    }

    fn joined_game(&mut self, user: UserId, code: &str) -> Result<Option<GameId>> {
        let mut query = self.sql("SELECT id FROM games WHERE invitation = ?1 AND friend_id = ?2")?;
        let found: Option<String> = query
            .query_row(params![code, user.to_string()], |row| row.get(0))
            .optional()?;
        found.map(|id| parse("games", &id, &id)).transpose()
    }

    fn awaited_game(&mut self, user: UserId, but: Option<GameId>) -> Result<Option<GameSummary>> {
        // Asked with every move: the terms are those of the indexes of unfinished games.
        let mut query = self.sql(select_summary!(
            "WHERE player = ?1 AND reason IS NULL AND opponent = 'friend' AND other IS NOT NULL AND turn = side
               AND (?2 IS NULL OR id <> ?2)
             ORDER BY change DESC LIMIT 1"
        ))?;
        let parameters = params![user.to_string(), but.as_ref().map(GameId::as_str)];
        let found = query.query_row(parameters, RawSummary::read);
        found.optional()?.map(RawSummary::into_summary).transpose()
    }

    fn take_seat(&mut self, id: GameId, friend: UserId) -> Result<()> {
        let mut update = self
            .sql("UPDATE games SET friend_id = ?2 WHERE id = ?1 AND friend_id IS NULL AND user_id <> ?2")?;
        update.execute(params![id.as_str(), friend.to_string()])?;
        Ok(())
    }

    fn overdue_games(&mut self, now: Timestamp, limit: u32) -> Result<Vec<(UserId, GameId)>> {
        let mut query =
            self.sql("SELECT user_id, id FROM games WHERE deadline <= ?1 ORDER BY deadline LIMIT ?2")?;
        let rows = query.query_map(params![now, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.map(|row| owner_and_game(row?)).collect()
    }
}

fn owner_and_game((user, id): (String, String)) -> Result<(UserId, GameId)> {
    Ok((parse("games", &id, &user)?, parse("games", &id, &id)?))
}

const fn kept_word(kept: Kept) -> &'static str {
    match kept {
        Kept::All => "all",
        Kept::Games => "games",
        Kept::Own => "own",
        Kept::Puzzles => "puzzles",
        Kept::Imported => "imported",
    }
}

fn opening_columns(game: &StoredGame) -> (Option<&str>, Option<&str>) {
    game.opening
        .as_ref()
        .map(|opening| (opening.eco.as_str(), opening.name.as_str()))
        .unzip()
}
