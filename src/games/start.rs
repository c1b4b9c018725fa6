//! Starting a game.

use super::choice::{self, REPEAT_WINDOW};
use super::{Games, Result, Shown, quota};
use crate::chess::{Color, Game, Opening, Opponent, PersonSide, Refusal, Start, movetext_tokens};
use crate::clock::Timestamp;
use crate::engine::Level;
use crate::id::{GameId, UserId};
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
    /// The engine, at this level or as last time.
    Engine(Option<Level>),
    /// Nobody.
    Nobody,
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

/// What a first game is played at.
const FIRST_LEVEL: u8 = 2;

/// Up to this level slips are pointed out unless the person does not want it.
const COACHED_TO: u8 = 3;

/// What chance decides, decided before the unit of work.
#[derive(Clone, Copy)]
struct Draw {
    id: GameId,
    random_side: Color,
}

impl Games {
    /// Starts a game; the engine makes its first move at once when it is its turn.
    pub async fn start(&self, user: UserId, request: NewGame) -> Result<Shown> {
        let now = self.0.clock.now();
        let [coin] = secret::random();
        let random_side = if coin % 2 == 0 { Color::White } else { Color::Black };
        let draw = Draw {
            id: GameId::new(secret::random()),
            random_side,
        };
        let quota = self.0.quota;
        let (stored, repeated, notes) = self
            .0
            .store
            .write(move |tx| -> Result<_> {
                if let Some(same) = tx.game_by_request(user, &request.request, now - REPEAT_WINDOW)? {
                    return Ok((same, true, Vec::new()));
                }
                let (stored, notes) = set_up(tx, user, &request, draw, now)?;
                tx.discard_untouched_games(user)?;
                quota::check(tx, user, 1, quota)?;
                tx.insert_game(user, &stored)?;
                Ok((stored, false, notes))
            })
            .await?;
        let before = stored.game.ply();
        let stored = self.answer(user, stored).await?;
        let last = stored.game.ply().checked_sub(1);
        // A repeated call is told of the engine's first move again: the answer that did may be lost.
        let reply = last.filter(|ply| {
            let by_engine = stored.game.mover(*ply).is_some_and(|by| !stored.person.plays(by));
            by_engine && (repeated || *ply >= before)
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
    draw: Draw,
    now: Timestamp,
) -> Result<(StoredGame, Vec<String>)> {
    let (mut game, notes) = beginning(tx, user, request)?;
    for text in movetext_tokens(request.moves.as_deref().unwrap_or_default())? {
        let m = game.read(&text)?;
        game.play(m)?;
    }
    let (opponent, person, coach) = match request.opponent {
        NewOpponent::Nobody => (Opponent::Nobody, PersonSide::Both, request.coach.unwrap_or(false)),
        NewOpponent::Engine(level) => {
            let level = match level {
                Some(level) => level.number(),
                None => tx.last_level(user)?.unwrap_or(FIRST_LEVEL),
            };
            let side = match request.side {
                SideChoice::White => Color::White,
                SideChoice::Black => Color::Black,
                SideChoice::Random => draw.random_side,
            };
            let coach = request.coach.unwrap_or(level <= COACHED_TO);
            (Opponent::Engine { level }, PersonSide::from(side), coach)
        }
    };
    if let Some(ending) = game.ending().filter(|_| opponent != Opponent::Nobody) {
        let how = ending.reason.words();
        return Err(Refusal::Other(format!(
            "That position is already over {how}; there is nothing to play."
        ))
        .into());
    }
    let moved = (0..game.ply()).any(|ply| game.mover(ply).is_some_and(|mover| person.plays(mover)));
    let stored = StoredGame {
        id: draw.id,
        opponent,
        person,
        coach,
        opening: Opening::of_game(game.positions()),
        game,
        revision: 1,
        touched: moved && opponent != Opponent::Nobody,
        request: Some(request.request.clone()),
        last_text: None,
        undone_from: None,
        created_at: now,
        changed_at: now,
    };
    Ok((stored, notes))
}

fn beginning(tx: &mut dyn Tx, user: UserId, request: &NewGame) -> Result<(Game, Vec<String>)> {
    match (&request.fen, request.from_game) {
        (Some(_), Some(_)) => Err(Refusal::other("Give either `fen` or `from_game`, not both.").into()),
        (Some(fen), None) => {
            let start = Start::from_fen(fen)?;
            Ok((Game::new(&start), start.notes().to_vec()))
        }
        (None, Some((id, ply))) => {
            let mut game = choice::named(tx, user, id)?.game;
            let ply = ply.unwrap_or(game.ply());
            if ply > game.ply() {
                return Err(Refusal::Other(format!("Game {id} has only {} moves.", game.ply())).into());
            }
            game.take_back_to(ply);
            Ok((game, Vec::new()))
        }
        (None, None) => Ok((Game::default(), Vec::new())),
    }
}
