//! Moves: one, with the opponent's answer, or several on a board without an opponent.

use super::choice::{self, REPEAT_WINDOW};
use super::{GameSummary, Games, Result, Shown, friends, require_played_here, require_room, settle};
use crate::chess::{
    Color, Game, MoveText, Opening, Opponent, PersonSide, Refusal, color_name, movetext_tokens, numbered,
};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{SentMove, StoredGame, Tx};

/// One move of the person.
#[derive(Debug, Clone)]
pub struct PlayMove {
    /// In which game, where it was said.
    pub game: Option<GameId>,
    /// What was typed.
    pub text: MoveText,
    /// How many moves the caller believes were played.
    pub expected_ply: Option<usize>,
    /// Whose move it is.
    pub by: Mover,
}

/// Who sends a move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mover {
    /// The person.
    #[default]
    Person,
    /// The model, where it is the person's opponent.
    Assistant,
}

/// What became of a call.
enum Moved {
    /// The move stands, now or from before; with another game that waits for the person.
    Step(Box<StoredGame>, Step, Option<GameSummary>),
    /// The player's time had run out.
    TooLate(Box<StoredGame>),
    /// Nothing yet: it is a puzzle, and judging a move in one takes its time.
    Puzzle(Box<StoredGame>),
}

/// What a sent move turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// New: played at this ply.
    Played(usize),
    /// Sent before: it was played at this ply.
    Repeated(usize),
}

impl Games {
    /// Plays a move; the engine, or the puzzle, answers before this returns, if it can.
    pub async fn play(&self, user: UserId, request: PlayMove) -> Result<Shown> {
        let now = self.0.clock.now();
        let guessed = request.expected_ply.is_none();
        let sent = request.clone();
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let mut stored = choice::to_change_or_just_ended(tx, user, request.game, now)?;
            if stored.puzzle.is_some() {
                return Ok(Moved::Puzzle(Box::new(stored)));
            }
            if friends::run_out(&mut stored, now) {
                // Kept by the ending itself: the refusal that follows must not undo it.
                settle::save(tx, user, &mut stored, now)?;
                return Ok(Moved::TooLate(Box::new(stored)));
            }
            let step = decide_move(&mut stored, &request, now)?;
            if matches!(step, Step::Played(_)) {
                friends::start_clock(&mut stored, now);
                settle::save(tx, user, &mut stored, now)?;
            }
            let elsewhere = tx.awaited_game(user, Some(stored.id))?;
            Ok(Moved::Step(Box::new(stored), step, elsewhere))
        };
        let (stored, step, elsewhere) = match self.write(unit).await? {
            Moved::Step(stored, step, elsewhere) => (stored, step, elsewhere),
            Moved::Puzzle(stored) => return self.try_in_puzzle(user, *stored, &sent).await,
            Moved::TooLate(stored) => {
                let note = friends::too_late(&stored);
                return Ok(Shown::of(*stored).with_note(note));
            }
        };
        let stored = self.answer(user, *stored).await?;
        Ok(Shown {
            elsewhere,
            ..after_move(stored, step, guessed)
        })
    }

    /// Plays several moves on a board without an opponent, up to the first that cannot be played.
    pub async fn play_line(&self, user: UserId, game: Option<GameId>, moves: String) -> Result<Shown> {
        let now = self.0.clock.now();
        let tokens = movetext_tokens(&moves)?;
        if tokens.is_empty() {
            return Err(Refusal::other("There are no moves in that text.").into());
        }
        self.write(move |tx| -> Result<_> {
            let mut stored = choice::to_change(tx, user, game)?;
            if stored.opponent != Opponent::Nobody {
                return Err(Refusal::Other(format!(
                    "Game {} has an opponent; send its moves one by one with chess_move. Several moves for \
                         both sides go on a board without opponent (chess_new_game with opponent `nobody`).",
                    stored.id
                ))
                .into());
            }
            require_played_here(&stored)?;
            let shown = play_tokens(&mut stored, &tokens, now)?;
            settle::save(tx, user, &mut stored, now)?;
            Ok(shown.with_game(stored))
        })
        .await
    }
}

/// What a line did, before the game is put back in.
struct LinePlayed {
    since: usize,
    notes: Vec<String>,
}

impl LinePlayed {
    fn with_game(self, stored: StoredGame) -> Shown {
        let played_count = stored.game.ply() - self.since;
        Shown {
            since: self.since,
            played: stored.game.ply().checked_sub(1),
            played_count,
            notes: self.notes,
            ..Shown::of(stored)
        }
    }
}

fn play_tokens(stored: &mut StoredGame, tokens: &[String], now: Timestamp) -> Result<LinePlayed> {
    let since = stored.game.ply();
    let mut notes = Vec::new();
    for (i, text) in tokens.iter().enumerate() {
        let played = require_room(&stored.game)
            .and_then(|()| stored.game.read(text))
            .and_then(|m| stored.game.play(m));
        match played {
            Ok(()) => stored.opening = Opening::after_move(stored.game.positions(), stored.opening.take()),
            Err(refusal) if i == 0 => return Err(refusal.into()),
            Err(_) => {
                let played = numbered(&stored.game, since, stored.game.ply());
                let short: String = text.chars().filter(|c| !c.is_control()).take(20).collect();
                notes.push(format!(
                    "Stopped at `{short}`, move {} of {}, which cannot be played; played before it: {played}.",
                    i + 1,
                    tokens.len()
                ));
                break;
            }
        }
    }
    let last = tokens
        .get(stored.game.ply() - since - 1)
        .cloned()
        .unwrap_or_default();
    stored.last_text = Some(SentMove {
        text: last,
        ply: stored.game.ply() - 1,
        at: now,
    });
    stored.undone_from = None;
    stored.touched = true;
    stored.touch(now);
    Ok(LinePlayed { since, notes })
}

fn decide_move(stored: &mut StoredGame, request: &PlayMove, now: Timestamp) -> Result<Step> {
    if let Some(step) = guard(stored, request, now)? {
        return Ok(step);
    }
    let text = request.text.as_str();
    let ply = stored.game.ply();
    require_room(&stored.game)?;
    let m = stored.game.read(text)?;
    stored.game.play(m)?;
    stored.opening = Opening::after_move(stored.game.positions(), stored.opening.take());
    stored.last_text = Some(SentMove {
        text: text.to_owned(),
        ply,
        at: now,
    });
    stored.forget_requests();
    stored.undone_from = None;
    stored.touched = true;
    stored.touch(now);
    Ok(Step::Played(ply))
}

/// Whether a move may be made now: nothing where it may, what it was where it was made before.
pub(super) fn guard(stored: &StoredGame, request: &PlayMove, now: Timestamp) -> Result<Option<Step>> {
    let ply = stored.game.ply();
    require_played_here(stored)?;
    require_seat(stored, request.by)?;
    match request.expected_ply {
        Some(expected) if expected > ply => return Err(ahead(stored, expected).into()),
        Some(expected) if expected < ply => {
            let repeated = repeat_at(stored, expected, request);
            return repeated.map(Some).ok_or_else(|| stale(stored, expected).into());
        }
        Some(_) => {}
        None => {
            if let Some(step) = unnumbered_repeat(stored, request, now) {
                return Ok(Some(step));
            }
        }
    }
    require_turn(stored, request.by)?;
    Ok(None)
}

/// Whether the sender sits at this board at all.
fn require_seat(stored: &StoredGame, by: Mover) -> Result<()> {
    if by == Mover::Person || stored.opponent == Opponent::Assistant {
        return Ok(());
    }
    Err(Refusal::Other(format!(
        "`by: assistant` is for games against you (chess_new_game with opponent `assistant`); in game {} the person \
         plays against {}. Leave `by` out.",
        stored.id,
        stored.opponent.words()
    ))
    .into())
}

/// Whether it is the sender's turn.
fn require_turn(stored: &StoredGame, by: Mover) -> Result<()> {
    if !stored.is_open() || moves_for(stored, by, stored.game.turn()) {
        // What is over is refused with its result by the game itself.
        return Ok(());
    }
    let (id, ply) = (stored.id, stored.game.ply());
    let turn = color_name(stored.game.turn());
    let text = match (stored.opponent, by) {
        (Opponent::Engine { .. }, _) => format!(
            "It is the engine's turn in game {id}; its reply is still owed and will be made as soon as it runs. Look \
             again with chess_status."
        ),
        (Opponent::Friend, _) => {
            let friend = stored.friend.as_ref().and_then(|friend| friend.name.as_deref());
            let friend = friend.unwrap_or("the friend, who has not joined yet");
            format!("It is not the person's turn in game {id}: {turn} is to move, and that is {friend}.")
        }
        (_, Mover::Assistant) => format!(
            "It is the person's turn in game {id} ({turn}, ply {ply}), not yours: wait for their move and send it \
             without `by`."
        ),
        (_, Mover::Person) => format!(
            "It is your turn in game {id} ({turn}, ply {ply}), not the person's: send your own move with \
             `by: assistant` first."
        ),
    };
    Err(Refusal::Other(text).into())
}

fn moves_for(stored: &StoredGame, by: Mover, color: Color) -> bool {
    match by {
        Mover::Person => stored.person.plays(color),
        Mover::Assistant => !stored.person.plays(color),
    }
}

/// The same move as the one that was made at that ply: the answer to it was lost on the way.
fn repeat_at(stored: &StoredGame, expected: usize, request: &PlayMove) -> Option<Step> {
    let game = &stored.game;
    let by_sender = game
        .mover(expected)
        .is_some_and(|mover| moves_for(stored, request.by, mover));
    let m = game.read_at(expected, request.text.as_str())?;
    (by_sender && game.moves().get(expected) == Some(&m)).then_some(Step::Repeated(expected))
}

/// The same text soon after, by the same side. Where the person moves both sides, a text that is legal now is
/// the other side's move and no repetition.
fn unnumbered_repeat(stored: &StoredGame, request: &PlayMove, now: Timestamp) -> Option<Step> {
    let sent = stored.last_text.as_ref()?;
    let text = request.text.as_str();
    let same = sent.text == text && sent.ply < stored.game.ply() && sent.at + REPEAT_WINDOW > now;
    let by_sender = stored
        .game
        .mover(sent.ply)
        .is_some_and(|mover| moves_for(stored, request.by, mover));
    let others_move = stored.person == PersonSide::Both && stored.game.read(text).is_ok();
    (same && by_sender && !others_move).then_some(Step::Repeated(sent.ply))
}

fn where_it_stands(game: &Game) -> String {
    let from = game.ply().saturating_sub(4);
    let recent = numbered(game, from, game.ply());
    let recent = if recent.is_empty() {
        String::new()
    } else {
        format!(" Last moves: {recent}.")
    };
    format!("Position at ply {}: {}.{recent}", game.ply(), game.fen())
}

fn stale(stored: &StoredGame, expected: usize) -> Refusal {
    Refusal::Other(format!(
        "expected_ply {expected} is out of date: game {} has {} moves. {}",
        stored.id,
        stored.game.ply(),
        where_it_stands(&stored.game)
    ))
}

fn ahead(stored: &StoredGame, expected: usize) -> Refusal {
    Refusal::Other(format!(
        "expected_ply {expected} lies ahead: game {} has {} moves, some may have been taken back. {}",
        stored.id,
        stored.game.ply(),
        where_it_stands(&stored.game)
    ))
}

fn after_move(stored: StoredGame, step: Step, guessed: bool) -> Shown {
    let (Step::Played(ply) | Step::Repeated(ply)) = step;
    let repeated = matches!(step, Step::Repeated(_));
    let game = &stored.game;
    let answered =
        stored.opponent != Opponent::Nobody && game.mover(ply + 1) == game.mover(ply).map(Color::other);
    let now = stored.game.ply();
    let mut shown = Shown {
        since: ply,
        played: (ply < now).then_some(ply),
        played_count: 1,
        reply: answered.then_some(ply + 1),
        repeated,
        ..Shown::of(stored)
    };
    if repeated && guessed {
        shown.notes.push(format!(
            "Taken for a repeated call and not played again; to play it again send expected_ply {now}."
        ));
    }
    shown
}
