//! Starting a game.

use super::choice::{self, REPEAT_WINDOW};
use super::{BEYOND_ENGINES, Games, Result, Shown, fair_play, friends, line_of, quota, require_room, settle};
use crate::chess::{
    Color, Game, Opponent, Outcome, PersonSide, Refusal, STARTS, Start, Variant, movetext_tokens,
};
use crate::clock::Timestamp;
use crate::engine::Level;
use crate::id::{GameId, InvitationCode, UserId};
use crate::secret;
use crate::store::{StoredGame, Tx};

/// A game to be started.
#[derive(Debug, Clone)]
pub struct NewGame {
    /// Against whom.
    pub opponent: NewOpponent,
    /// The person's side.
    pub side: SideChoice,
    /// Moves already played.
    pub moves: Option<String>,
    /// The rules.
    pub variant: Variant,
    /// Where it begins, unless it is the usual array.
    pub fen: Option<String>,
    /// The game to play on from, and the ply; without one, its end.
    pub from_game: Option<(GameId, Option<usize>)>,
    /// Whether threats and slips are pointed out; by default to beginners.
    pub coach: Option<bool>,
    /// The request in a canonical form: an equal one soon after is the same call repeated.
    pub request: String,
}

/// Against whom a game is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewOpponent {
    /// The engine.
    Engine(Strength),
    /// The model that the person talks to.
    Assistant,
    /// Another person, who is invited.
    Friend {
        /// How long each may think about a move, 1 to 14 days; without, for ever.
        days_per_move: Option<u8>,
    },
    /// Nobody.
    Nobody,
}

/// How strong an engine the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// As last time; the first time adaptive.
    AsLastTime,
    /// One step up after each win, one down after each loss.
    Adaptive,
    /// This level.
    Fixed(Level),
}

/// Which side the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideChoice {
    /// White.
    White,
    /// Black.
    Black,
    /// Either.
    Random,
}

/// Where adaptive games begin.
const FIRST_LEVEL: u8 = 2;

/// Up to this level, and where it adapts, slips are pointed out unless the person does not want it.
const COACHED_TO: u8 = 3;

/// What chance decides, decided before the unit of work.
#[derive(Debug, Clone)]
struct Draw {
    id: GameId,
    random_side: Color,
    chess960: u16,
    code: String,
}

impl Draw {
    fn new() -> Self {
        let [coin] = secret::random();
        let array = u16::from_le_bytes(secret::random());
        Self {
            id: GameId::new(secret::random()),
            random_side: if coin % 2 == 0 { Color::White } else { Color::Black },
            chess960: array % STARTS,
            code: InvitationCode::new(secret::random()).to_string(),
        }
    }
}

impl Games {
    /// Starts a game; the engine makes its first move at once when it is its turn.
    pub async fn start(&self, user: UserId, request: NewGame) -> Result<Shown> {
        let now = self.0.clock.now();
        let draw = Draw::new();
        let quota = self.0.quota;
        let mark = choice::mark("start", &request.request);
        let brings_moves = request.moves.is_some() || request.from_game.is_some();
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            if let Some(same) = tx.game_by_request(user, &mark, now - REPEAT_WINDOW)? {
                return Ok((same, true, Vec::new()));
            }
            let (mut stored, notes) = set_up(tx, user, &request, &draw, now)?;
            stored.request = Some(mark.clone());
            tx.discard_untouched_games(user)?;
            quota::check(tx, user, 1, quota)?;
            tx.insert_game(user, &stored)?;
            if !stored.game.is_ongoing() {
                settle::save(tx, user, &mut stored, now)?;
            }
            Ok((stored, false, notes))
        };
        let (stored, repeated, notes) = self.write(unit).await?;
        let before = stored.game.ply();
        let stored = self.answer(user, stored).await?;
        let last = stored.game.ply().checked_sub(1);
        // A repeated call is told of the engine's first move again: the answer that did may be lost. Where moves were
        // brought along, the last of them need not be the engine's.
        let reply = last.filter(|ply| {
            let by_other = stored.game.mover(*ply).is_some_and(|by| !stored.person.plays(by));
            by_other && stored.opponent.is_engine() && (repeated && !brings_moves || *ply >= before)
        });
        Ok(Shown {
            since: reply.unwrap_or(stored.game.ply()),
            reply,
            repeated,
            notes,
            ..Shown::of(stored)
        })
    }
}

fn set_up(
    tx: &mut dyn Tx,
    user: UserId,
    request: &NewGame,
    draw: &Draw,
    now: Timestamp,
) -> Result<(StoredGame, Vec<String>)> {
    let (mut game, mut notes) = beginning(tx, user, request, draw)?;
    let from_the_start = request.from_game.is_none() && request.fen.is_none() && request.moves.is_none();
    for text in movetext_tokens(request.moves.as_deref().unwrap_or_default())? {
        require_room(&game)?;
        let m = game.read(&text)?;
        game.play(m)?;
    }
    let opponent = opponent(tx, user, request.opponent, &mut notes)?;
    if let Some(ending) = game.ending().filter(|_| opponent.is_player()) {
        let how = ending.reason.words();
        return Err(Refusal::Other(format!(
            "That position is already over {how}; there is nothing to play."
        ))
        .into());
    }
    if opponent.is_engine() && !line_of(&game).suits_engines() {
        return Err(Refusal::other(BEYOND_ENGINES).into());
    }
    if opponent.is_engine() && !from_the_start {
        fair_play::check_position(tx, user, &game, game.ply())?;
    }
    let person = if opponent == Opponent::Nobody {
        PersonSide::Both
    } else {
        PersonSide::from(request.side.color(draw.random_side))
    };
    let standard = game.variant() == Variant::Standard;
    let mut stored = StoredGame::new(draw.id, opponent, person, game, now);
    stored.coach = request.coach.unwrap_or(is_coached(opponent));
    // Between two people nobody gets help.
    stored.coach &= opponent != Opponent::Friend;
    stored.rated =
        from_the_start && standard && matches!(opponent, Opponent::Engine { .. } | Opponent::Friend);
    if let NewOpponent::Friend { days_per_move } = request.opponent {
        stored.friend = Some(friends::inviting(draw.code.clone(), days_per_move, now));
    }
    if stored.rated && opponent.is_engine() {
        notes
            .push("It counts for the rating, unless a move is taken back or a hint is asked for.".to_owned());
    }
    Ok((stored, notes))
}

fn is_coached(opponent: Opponent) -> bool {
    matches!(opponent, Opponent::Engine { level, adaptive } if adaptive || level <= COACHED_TO)
}

fn opponent(tx: &mut dyn Tx, user: UserId, asked: NewOpponent, notes: &mut Vec<String>) -> Result<Opponent> {
    let strength = match asked {
        NewOpponent::Nobody => return Ok(Opponent::Nobody),
        NewOpponent::Assistant => return Ok(Opponent::Assistant),
        NewOpponent::Friend { .. } => return Ok(Opponent::Friend),
        NewOpponent::Engine(strength) => strength,
    };
    let last = match strength {
        Strength::AsLastTime => tx.last_engine(user)?,
        Strength::Adaptive => None,
        Strength::Fixed(level) => Some(Opponent::Engine {
            level: level.number(),
            adaptive: false,
        }),
    };
    match last {
        Some(fixed @ Opponent::Engine { adaptive: false, .. }) => Ok(fixed),
        _ => adapted(tx, user, notes),
    }
}

/// The level that the person's last adaptive game leads to.
fn adapted(tx: &mut dyn Tx, user: UserId, notes: &mut Vec<String>) -> Result<Opponent> {
    let last = tx.last_adaptive(user)?;
    let level = match last {
        None => Level::new(FIRST_LEVEL).unwrap_or(Level::FIRST),
        Some(last) => Level::new(last.level).unwrap_or(Level::FIRST).after(last.outcome),
    };
    let name = level.name();
    notes.push(match last {
        None => format!(
            "Adaptive strength: it begins at level {} ({name}) and follows the results, one level up after a win, \
             one down after a loss.",
            level.number()
        ),
        Some(last) if last.level == level.number() => {
            format!("Adaptive strength: it stays at level {} ({name}).", level.number())
        }
        Some(last) => format!(
            "Adaptive strength: after a {} at level {} it is level {} ({name}) now.",
            if last.outcome == Outcome::Win { "win" } else { "loss" },
            last.level,
            level.number()
        ),
    });
    Ok(Opponent::Engine {
        level: level.number(),
        adaptive: true,
    })
}

fn beginning(tx: &mut dyn Tx, user: UserId, request: &NewGame, draw: &Draw) -> Result<(Game, Vec<String>)> {
    match (&request.fen, request.from_game) {
        (Some(_), Some(_)) => Err(Refusal::other("Give either `fen` or `from_game`, not both.").into()),
        (Some(fen), None) => {
            let start = Start::from_fen(fen, request.variant)?;
            Ok((Game::new(&start), start.notes().to_vec()))
        }
        (None, Some(_)) if request.variant == Variant::Chess960 => {
            Err(Refusal::other("`from_game` keeps the rules of that game; leave `variant` out.").into())
        }
        (None, Some((id, ply))) => {
            let stored = choice::named(tx, user, id)?;
            if stored.puzzle.is_some() && stored.is_open() {
                return Err(Refusal::other(
                    "That puzzle is still open; solve it first, or ask for its solution.",
                )
                .into());
            }
            let mut game = stored.game;
            let ply = ply.unwrap_or(game.ply());
            if ply > game.ply() {
                return Err(Refusal::Other(format!("Game {id} goes only to ply {}.", game.ply())).into());
            }
            game.take_back_to(ply);
            Ok((game, Vec::new()))
        }
        (None, None) if request.variant == Variant::Chess960 => {
            let note = format!("Chess960, array {} (they are numbered 0 to 959).", draw.chess960);
            let start = Start::chess960(draw.chess960).unwrap_or_else(|| Start::usual(Variant::Chess960));
            Ok((Game::new(&start), vec![note]))
        }
        (None, None) => Ok((Game::default(), Vec::new())),
    }
}

impl SideChoice {
    fn color(self, random: Color) -> Color {
        match self {
            Self::White => Color::White,
            Self::Black => Color::Black,
            Self::Random => random,
        }
    }
}
