//! Games as rows: the columns, and what they mean.

use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension, Row};
use serde_json::{Value, json};

use super::super::StoreError;
use super::super::row::{corrupt, parse};
use crate::chess::{Color, Ending, Game, Opening, Opponent, PersonSide, PgnTags, Reason, Score};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{
    Attempt, AttemptState, Declined, FriendGame, GameSummary, HintGiven, Invitation, SentMove, StoredGame,
};

type Result<T> = std::result::Result<T, StoreError>;
type Parsed<T> = std::result::Result<T, &'static str>;

/// The columns of [`RawGame::read`], in its order.
macro_rules! select_game {
    ($rest:literal) => {
        concat!(
            "SELECT id, opponent, level, adaptive, side, coach, rated, variant, start_fen, moves, result, reason,
                    draw_offer, eco, opening, revision, touched, request, sent_text, sent_ply, sent_at, undone_from,
                    created_at, changed_at, hint_ply, hint_step, imported, other, hosts, invitation,
                    invitation_ends, days_per_move, deadline, undo_offer, declined, puzzle_id, puzzle_state,
                    puzzle_failed
             FROM seats ",
            $rest
        )
    };
}
pub(super) use select_game;

/// The columns of [`RawSummary::read`], in its order.
macro_rules! select_summary {
    ($rest:literal) => {
        concat!(
            "SELECT id, opponent, level, adaptive, side, ply, turn, result, reason, eco, opening, changed_at, change,
                    imported, (SELECT name FROM users WHERE users.id = other), puzzle_state
             FROM seats ",
            $rest
        )
    };
}
pub(super) use select_summary;

/// Takes the columns of a row one after the other.
struct Cells<'r> {
    row: &'r Row<'r>,
    at: usize,
}

impl Cells<'_> {
    fn next<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.at += 1;
        self.row.get(self.at - 1)
    }
}

pub(super) const fn color_column(color: Color) -> &'static str {
    match color {
        Color::White => "white",
        Color::Black => "black",
    }
}

pub(super) fn color(text: &str) -> Parsed<Color> {
    match text {
        "white" => Ok(Color::White),
        "black" => Ok(Color::Black),
        _ => Err("unknown colour"),
    }
}

/// No game has that many moves: the seventy-five-move rule ends it long before.
pub(super) fn ply_column(ply: usize) -> u16 {
    u16::try_from(ply).unwrap_or(u16::MAX)
}

pub(super) fn declined_column(declined: Declined) -> String {
    let what = if declined.draw { "draw" } else { "undo" };
    format!("{what} {}", color_column(declined.asked_by))
}

fn declined(text: &str) -> Parsed<Declined> {
    let (what, by) = text.split_once(' ').ok_or("unknown refusal")?;
    let asked_by = color(by)?;
    match what {
        "draw" | "undo" => Ok(Declined {
            draw: what == "draw",
            asked_by,
        }),
        _ => Err("unknown refusal"),
    }
}

pub(super) fn imported_column(tags: &PgnTags) -> String {
    json!({
        "event": tags.event, "site": tags.site, "date": tags.date, "round": tags.round,
        "white": tags.white, "black": tags.black, "white_elo": tags.white_elo, "black_elo": tags.black_elo,
        "time_control": tags.time_control,
    })
    .to_string()
}

fn imported(text: &str) -> Parsed<PgnTags> {
    let value: Value = serde_json::from_str(text).map_err(|_| "unreadable tags")?;
    // Older rows say in PGN's way that something is not known.
    let tag = |name: &str| value[name].as_str().filter(|tag| *tag != "?").map(str::to_owned);
    let elo = |name: &str| value[name].as_u64().and_then(|elo| elo.try_into().ok());
    Ok(PgnTags {
        event: tag("event"),
        site: tag("site"),
        date: tag("date"),
        round: tag("round"),
        white: tag("white"),
        black: tag("black"),
        white_elo: elo("white_elo"),
        black_elo: elo("black_elo"),
        time_control: tag("time_control"),
    })
}

pub(super) fn opponent(kind: &str, level: Option<u8>, adaptive: bool) -> Parsed<Opponent> {
    match (kind, level) {
        ("engine", Some(level)) => Ok(Opponent::Engine { level, adaptive }),
        ("assistant", None) => Ok(Opponent::Assistant),
        ("friend", None) => Ok(Opponent::Friend),
        ("nobody", None) => Ok(Opponent::Nobody),
        ("puzzle", None) => Ok(Opponent::Puzzle),
        _ => Err("unknown opponent"),
    }
}

fn side(text: &str) -> Parsed<PersonSide> {
    text.parse().map_err(|()| "unknown side")
}

fn score(text: &str) -> Parsed<Score> {
    text.parse().map_err(|()| "unknown result")
}

fn reason(text: Option<&str>) -> Parsed<Option<Reason>> {
    let reason = text.map(|text| text.parse().map_err(|()| "unknown reason"));
    reason.transpose()
}

fn attempt_state(text: &str) -> Parsed<AttemptState> {
    text.parse().map_err(|()| "unknown state of a puzzle")
}

pub(super) fn one_game(row: rusqlite::Result<RawGame>) -> Result<Option<StoredGame>> {
    row.optional()?.map(RawGame::into_game).transpose()
}

/// A game before anything in it is understood.
#[expect(clippy::struct_excessive_bools, reason = "columns of a row")]
pub(super) struct RawGame {
    id: String,
    opponent: String,
    level: Option<u8>,
    adaptive: bool,
    side: String,
    coach: bool,
    rated: bool,
    variant: String,
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
    hint: Option<HintGiven>,
    imported: Option<String>,
    friend: RawFriend,
    puzzle_id: Option<String>,
    puzzle_state: Option<String>,
    puzzle_failed: bool,
}

struct RawFriend {
    other: Option<String>,
    hosts: bool,
    invitation: Option<Invitation>,
    days_per_move: Option<u8>,
    deadline: Option<Timestamp>,
    undo_offer: Option<String>,
    declined: Option<String>,
}

impl RawGame {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut cells = Cells { row, at: 0 };
        let c = &mut cells;
        Ok(Self {
            id: c.next()?,
            opponent: c.next()?,
            level: c.next()?,
            adaptive: c.next()?,
            side: c.next()?,
            coach: c.next()?,
            rated: c.next()?,
            variant: c.next()?,
            start_fen: c.next()?,
            moves: c.next()?,
            result: c.next()?,
            reason: c.next()?,
            draw_offer: c.next()?,
            opening: read_opening(c)?,
            revision: c.next()?,
            touched: c.next()?,
            request: c.next()?,
            last_text: read_sent(c)?,
            undone_from: c.next::<Option<u16>>()?.map(usize::from),
            created_at: c.next()?,
            changed_at: c.next()?,
            hint: read_hint(c)?,
            imported: c.next()?,
            friend: RawFriend::read(c)?,
            puzzle_id: c.next()?,
            puzzle_state: c.next()?,
            puzzle_failed: c.next()?,
        })
    }

    /// All that is in the row; names and ratings are in others.
    fn into_game(self) -> Result<StoredGame> {
        let id: GameId = parse("games", &self.id, &self.id)?;
        let broken = || corrupt::<&str>("games", id);
        let score = score(&self.result).map_err(broken())?;
        let reason = reason(self.reason.as_deref()).map_err(broken())?;
        let ending = reason.map(|reason| Ending { score, reason });
        let offer = self
            .draw_offer
            .as_deref()
            .map(color)
            .transpose()
            .map_err(broken())?;
        let variant = self
            .variant
            .parse()
            .map_err(|()| "unknown variant")
            .map_err(broken())?;
        let game = Game::restore(variant, self.start_fen.as_deref(), &self.moves, ending, offer);
        let opponent = opponent(&self.opponent, self.level, self.adaptive).map_err(broken())?;
        let friend = match opponent {
            Opponent::Friend => Some(self.friend.into_friend(id)?),
            _ => None,
        };
        let puzzle = match (self.puzzle_id, self.puzzle_state) {
            (Some(puzzle), Some(state)) => Some(Attempt {
                id: parse("games", id, &puzzle)?,
                state: attempt_state(&state).map_err(broken())?,
                failed: self.puzzle_failed,
            }),
            _ => None,
        };
        let imported = self
            .imported
            .as_deref()
            .map(imported)
            .transpose()
            .map_err(broken())?;
        Ok(StoredGame {
            id,
            opponent,
            person: side(&self.side).map_err(broken())?,
            coach: self.coach,
            rated: self.rated,
            rating: None,
            game: game.map_err(corrupt("games", id))?,
            opening: self.opening,
            friend,
            puzzle,
            imported,
            hint: self.hint,
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

impl RawFriend {
    fn read(c: &mut Cells<'_>) -> rusqlite::Result<Self> {
        let (other, hosts): (Option<String>, bool) = (c.next()?, c.next()?);
        let (code, ends): (Option<String>, Option<Timestamp>) = (c.next()?, c.next()?);
        let invitation = code.zip(ends).filter(|_| hosts);
        Ok(Self {
            other,
            hosts,
            invitation: invitation.map(|(code, ends)| Invitation { code, ends }),
            days_per_move: c.next()?,
            deadline: c.next()?,
            undo_offer: c.next()?,
            declined: c.next()?,
        })
    }

    fn into_friend(self, id: GameId) -> Result<FriendGame> {
        let broken = || corrupt::<&str>("games", id);
        let other: Option<UserId> = self.other.map(|other| parse("games", id, &other)).transpose()?;
        Ok(FriendGame {
            other,
            name: None,
            invitation: self.invitation.filter(|_| self.hosts && other.is_none()),
            days_per_move: self.days_per_move,
            deadline: self.deadline,
            undo_offer: self
                .undo_offer
                .as_deref()
                .map(color)
                .transpose()
                .map_err(broken())?,
            declined: self
                .declined
                .as_deref()
                .map(declined)
                .transpose()
                .map_err(broken())?,
        })
    }
}

fn read_opening(c: &mut Cells<'_>) -> rusqlite::Result<Option<Opening>> {
    let (eco, name): (Option<String>, Option<String>) = (c.next()?, c.next()?);
    Ok(eco.zip(name).map(|(eco, name)| Opening { eco, name }))
}

fn read_sent(c: &mut Cells<'_>) -> rusqlite::Result<Option<SentMove>> {
    let (text, ply, at): (Option<String>, Option<u16>, Option<Timestamp>) = (c.next()?, c.next()?, c.next()?);
    let sent = text.zip(ply).zip(at);
    Ok(sent.map(|((text, ply), at)| SentMove {
        text,
        ply: ply.into(),
        at,
    }))
}

fn read_hint(c: &mut Cells<'_>) -> rusqlite::Result<Option<HintGiven>> {
    let (ply, step): (Option<u16>, Option<u8>) = (c.next()?, c.next()?);
    Ok(ply.zip(step).map(|(ply, step)| HintGiven {
        ply: ply.into(),
        step,
    }))
}

/// A line of a list before anything in it is understood.
pub(super) struct RawSummary {
    id: String,
    opponent: String,
    level: Option<u8>,
    adaptive: bool,
    side: String,
    ply: usize,
    turn: String,
    result: String,
    reason: Option<String>,
    opening: Option<Opening>,
    changed_at: Timestamp,
    change: i64,
    imported: Option<String>,
    friend: Option<String>,
    puzzle_state: Option<String>,
}

impl RawSummary {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut cells = Cells { row, at: 0 };
        let c = &mut cells;
        Ok(Self {
            id: c.next()?,
            opponent: c.next()?,
            level: c.next()?,
            adaptive: c.next()?,
            side: c.next()?,
            ply: c.next::<u16>()?.into(),
            turn: c.next()?,
            result: c.next()?,
            reason: c.next()?,
            opening: read_opening(c)?,
            changed_at: c.next()?,
            change: c.next()?,
            imported: c.next()?,
            friend: c.next()?,
            puzzle_state: c.next()?,
        })
    }

    pub(super) fn into_summary(self) -> Result<GameSummary> {
        let id: GameId = parse("games", &self.id, &self.id)?;
        let broken = || corrupt::<&str>("games", id);
        let person = side(&self.side).map_err(broken())?;
        let tags = self
            .imported
            .as_deref()
            .map(imported)
            .transpose()
            .map_err(broken())?;
        let attempt = self.puzzle_state.as_deref().map(attempt_state);
        Ok(GameSummary {
            id,
            opponent: opponent(&self.opponent, self.level, self.adaptive).map_err(broken())?,
            name: self
                .friend
                .or_else(|| tags.as_ref().and_then(|tags| tags.other_than(person))),
            attempt: attempt.transpose().map_err(broken())?,
            is_imported: tags.is_some(),
            person,
            ply: self.ply,
            turn: color(&self.turn).map_err(broken())?,
            score: score(&self.result).map_err(broken())?,
            reason: reason(self.reason.as_deref()).map_err(broken())?,
            opening: self.opening,
            changed_at: self.changed_at,
            change: self.change,
        })
    }
}
