//! Ending a game: resigning, drawing, calling off.

use std::time::Duration;

use super::{AnsweredOffer, Games, Result, Shown, choice, friends, line_of, require_played_here, settle};
use crate::chess::{Color, Opponent, Reason, Refusal};
use crate::clock::Timestamp;
use crate::engine::Score;
use crate::id::{GameId, UserId};
use crate::store::{Declined, StoredGame, Tx};

/// How the person wants a game to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Gives up.
    Resign,
    /// Asks for a draw.
    OfferDraw,
    /// Takes the draw that was offered.
    AcceptDraw,
    /// Turns the offered draw down.
    DeclineDraw,
    /// Claims a draw by repetition or the fifty-move rule.
    ClaimDraw,
    /// Calls the game off.
    Abort,
}

/// The engine talks about a draw only after this many full moves.
const DRAW_TALK_AFTER: u32 = 20;

/// The engine takes a draw when the game is this even, in hundredths of a pawn.
const EVEN_ENOUGH: i32 = 30;

/// How long the engine thinks about a draw.
const DRAW_THOUGHT: Duration = Duration::from_millis(500);

impl Games {
    /// Ends the game or tries to. A game that is over stays as it is and is returned.
    pub async fn finish(&self, user: UserId, game: Option<GameId>, how: Finish) -> Result<Shown> {
        let now = self.0.clock.now();
        if how == Finish::OfferDraw {
            let find = move |tx: &mut dyn Tx| choice::to_change_or_just_ended(tx, user, game, now);
            let stored = self.0.store.read(find).await?;
            // A friend answers when they like; the engine answers at once, for the assistant too.
            let at_once = matches!(stored.opponent, Opponent::Engine { .. } | Opponent::Assistant);
            if stored.is_open() && at_once {
                return self.offer_draw_to_engine(user, stored).await;
            }
        }
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let mut stored = choice::to_change_or_just_ended(tx, user, game, now)?;
            if !stored.game.is_ongoing() {
                return Ok(already_over(stored));
            }
            if friends::run_out(&mut stored, now) {
                settle::save(tx, user, &mut stored, now)?;
                let note = friends::too_late(&stored);
                return Ok(Shown::of(stored).with_note(note));
            }
            decide_finish(&mut stored, how)?;
            end_of_turn(&mut stored, now);
            settle::save(tx, user, &mut stored, now)?;
            // By taking the draw, or by offering one where the other's offer stood.
            let agreed = stored
                .game
                .ending()
                .is_some_and(|ending| ending.reason == Reason::Agreement);
            let answered = agreed.then_some(AnsweredOffer {
                draw: true,
                by_person: false,
                accepted: true,
            });
            Ok(Shown {
                answered,
                ..Shown::of(stored)
            })
        };
        self.write(unit).await
    }

    /// The engine thinks with no transaction open; its consent holds only for the game it thought about.
    async fn offer_draw_to_engine(&self, user: UserId, stored: StoredGame) -> Result<Shown> {
        let who = sentence_start(stored.opponent.words());
        if stored.game.move_number() <= DRAW_TALK_AFTER {
            return Ok(declined(
                stored,
                &format!("{who} declines: it takes a draw only after move {DRAW_TALK_AFTER}."),
            ));
        }
        if !self.finds_it_even(user, &stored).await? {
            return Ok(declined(
                stored,
                &format!("{who} declines: it does not find the position even."),
            ));
        }
        let (id, revision, now) = (stored.id, stored.revision, self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let mut stored = choice::named(tx, user, id)?;
            if stored.revision != revision {
                return Err(Refusal::other("The game went on meanwhile; offer the draw again.").into());
            }
            let own = own_color(&stored, "offer a draw to")?;
            stored.game.offer_draw(own)?;
            stored.game.accept_draw(own.other())?;
            end_of_turn(&mut stored, now);
            settle::save(tx, user, &mut stored, now)?;
            Ok(Shown {
                answered: Some(by_engine(true)),
                ..Shown::of(stored)
            })
        };
        self.write(unit).await
    }

    async fn finds_it_even(&self, user: UserId, stored: &StoredGame) -> Result<bool> {
        let line = line_of(&stored.game);
        match self.0.engines.evaluate(user, &line, 1, DRAW_THOUGHT).await {
            Ok(lines) => Ok(lines.first().is_some_and(
                |best| matches!(best.score, Score::Centipawns(value) if value.abs() <= EVEN_ENOUGH),
            )),
            Err(error) => {
                tracing::warn!(game.id = %stored.id, %error, "the engine could not think about a draw");
                Err(Refusal::other("The engine cannot answer a draw offer just now; try again later.").into())
            }
        }
    }
}

fn declined(stored: StoredGame, note: &str) -> Shown {
    Shown {
        answered: Some(by_engine(false)),
        ..Shown::of(stored)
    }
    .with_note(note)
}

fn by_engine(accepted: bool) -> AnsweredOffer {
    AnsweredOffer {
        draw: true,
        by_person: true,
        accepted,
    }
}

fn sentence_start(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn already_over(stored: StoredGame) -> Shown {
    Shown {
        repeated: true,
        ..Shown::of(stored)
    }
    .with_note("The game was over already.")
}

fn end_of_turn(stored: &mut StoredGame, now: Timestamp) {
    if !stored.game.is_ongoing() {
        friends::start_clock(stored, now);
        stored.forget_requests();
    }
    stored.touched = true;
    stored.undone_from = None;
    stored.touch(now);
}

fn decide_finish(stored: &mut StoredGame, how: Finish) -> std::result::Result<(), Refusal> {
    require_played_here(stored)?;
    if stored.opponent == Opponent::Puzzle {
        return Err(Refusal::Other(format!(
            "A puzzle is not ended like a game: chess_hint with game_id {} and kind `solution` shows the answer, \
             chess_puzzle with `another` sets up the next one.",
            stored.id
        )));
    }
    match how {
        Finish::Resign => {
            let own = own_color(stored, "resign to")?;
            stored.game.resign(own)
        }
        Finish::Abort if friends::is_alone(stored) => stored.game.call_off(),
        Finish::Abort => stored.game.abort(),
        Finish::ClaimDraw if !stored.is_persons_turn() => Err(Refusal::Other(format!(
            "A draw is claimed by the player whose turn it is, and that is {}.",
            stored.opponent.words()
        ))),
        Finish::ClaimDraw => stored.game.claim_draw(),
        Finish::OfferDraw => {
            let own = own_color(stored, "offer a draw to")?;
            stored.game.offer_draw(own)?;
            if let Some(friend) = &mut stored.friend {
                friend.declined = None;
            }
            Ok(())
        }
        Finish::AcceptDraw => {
            let own = own_color(stored, "accept a draw from")?;
            stored.game.accept_draw(own)
        }
        Finish::DeclineDraw => {
            let own = own_color(stored, "decline a draw from")?;
            stored.game.decline_draw(own)?;
            if let Some(friend) = &mut stored.friend {
                friend.declined = Some(Declined {
                    draw: true,
                    asked_by: own.other(),
                });
            }
            Ok(())
        }
    }
}

fn own_color(stored: &StoredGame, to_do: &str) -> std::result::Result<Color, Refusal> {
    match stored.person.color() {
        Some(_) if friends::is_alone(stored) => Err(Refusal::Other(format!(
            "Nobody has joined game {} yet whom the person could {to_do}; it can be called off (abort).",
            stored.id
        ))),
        Some(color) if stored.opponent.is_player() => Ok(color),
        _ => Err(Refusal::Other(format!(
            "On a board without an opponent there is nobody to {to_do}."
        ))),
    }
}
