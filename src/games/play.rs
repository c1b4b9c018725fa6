//! Moves: one, with the opponent's answer, or several on a board without an opponent.

use super::choice::{self, REPEAT_WINDOW};
use super::{Games, Result, Shown};
use crate::chess::{
    Game, MoveText, Opening, Opponent, PersonSide, Refusal, movetext_tokens, numbered, read_move,
};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{SentMove, StoredGame};

/// One move of the person.
#[derive(Debug, Clone)]
pub struct PlayMove {
    /// In which game, where it was said.
    pub game: Option<GameId>,
    /// What was typed.
    pub text: MoveText,
    /// How many moves the caller believes were played.
    pub expected_ply: Option<usize>,
}

/// What a sent move turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// New: played at this ply.
    Played(usize),
    /// Sent before: it was played at this ply.
    Repeated(usize),
}

impl Games {
    /// Plays a move; the engine answers before this returns, if it can.
    pub async fn play(&self, user: UserId, request: PlayMove) -> Result<Shown> {
        let now = self.0.clock.now();
        let guessed = request.expected_ply.is_none();
        let (stored, step) = self
            .0
            .store
            .write(move |tx| -> Result<_> {
                let mut stored = choice::to_move_in(tx, user, request.game, now)?;
                let step = decide_move(&mut stored, &request, now)?;
                if matches!(step, Step::Played(_)) {
                    tx.update_game(user, &stored)?;
                }
                Ok((stored, step))
            })
            .await?;
        let stored = self.answer(user, stored).await?;
        Ok(after_move(stored, step, guessed))
    }

    /// Plays several moves on a board without an opponent, up to the first that cannot be played.
    pub async fn play_line(&self, user: UserId, game: Option<GameId>, moves: String) -> Result<Shown> {
        let now = self.0.clock.now();
        let tokens = movetext_tokens(&moves)?;
        if tokens.is_empty() {
            return Err(Refusal::other("There are no moves in that text.").into());
        }
        self.0
            .store
            .write(move |tx| -> Result<_> {
                let mut stored = choice::to_change(tx, user, game)?;
                if stored.opponent != Opponent::Nobody {
                    return Err(Refusal::Other(format!(
                        "Game {} has an opponent; send its moves one by one with chess_move. Several moves for \
                         both sides go on a board without opponent (chess_new_game with opponent `nobody`).",
                        stored.id
                    ))
                    .into());
                }
                let shown = play_tokens(&mut stored, &tokens, now)?;
                tx.update_game(user, &stored)?;
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
        match stored.game.read(text).and_then(|m| stored.game.play(m)) {
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
    let text = request.text.as_str();
    let ply = stored.game.ply();
    match request.expected_ply {
        Some(expected) if expected > ply => return Err(ahead(stored, expected).into()),
        Some(expected) if expected < ply => {
            return repeat_at(stored, expected, text).ok_or_else(|| stale(stored, expected).into());
        }
        Some(_) => {}
        None => {
            if let Some(step) = unnumbered_repeat(stored, text, now) {
                return Ok(step);
            }
        }
    }
    if stored.owes_reply() {
        return Err(Refusal::Other(format!(
            "It is the engine's turn in game {}; its reply is still owed and will be made as soon as it runs. Look \
             again with chess_status.",
            stored.id
        ))
        .into());
    }
    let m = stored.game.read(text)?;
    stored.game.play(m)?;
    stored.opening = Opening::after_move(stored.game.positions(), stored.opening.take());
    stored.last_text = Some(SentMove {
        text: text.to_owned(),
        ply,
        at: now,
    });
    stored.undone_from = None;
    stored.touched = true;
    stored.touch(now);
    Ok(Step::Played(ply))
}

/// The same move as the one that was made at that ply: the answer to it was lost on the way.
fn repeat_at(stored: &StoredGame, expected: usize, text: &str) -> Option<Step> {
    let game = &stored.game;
    let by_person = game
        .mover(expected)
        .is_some_and(|mover| stored.person.plays(mover));
    let m = read_move(game.position_at(expected)?, text).ok()?;
    (by_person && game.moves().get(expected) == Some(&m)).then_some(Step::Repeated(expected))
}

/// The same text soon after, by the same side. Where the person moves both sides, a text that is legal now is
/// the other side's move and no repetition.
fn unnumbered_repeat(stored: &StoredGame, text: &str, now: Timestamp) -> Option<Step> {
    let sent = stored.last_text.as_ref()?;
    let same = sent.text == text && sent.ply < stored.game.ply() && sent.at + REPEAT_WINDOW > now;
    let others_move = stored.person == PersonSide::Both && stored.game.read(text).is_ok();
    (same && !others_move).then_some(Step::Repeated(sent.ply))
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
    let answered = stored.opponent != Opponent::Nobody
        && stored
            .game
            .mover(ply + 1)
            .is_some_and(|by| !stored.person.plays(by));
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
