//! Taking moves back.

use super::choice;
use super::{Games, Result, Shown};
use crate::chess::{Game, Opening, Opponent, PersonSide, Refusal};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::StoredGame;

impl Games {
    /// Goes back to the person's previous turn, also after the end.
    pub async fn take_back(
        &self,
        user: UserId,
        game: Option<GameId>,
        expected_ply: Option<usize>,
    ) -> Result<Shown> {
        let now = self.0.clock.now();
        self.0
            .store
            .write(move |tx| -> Result<_> {
                let mut stored = choice::to_change(tx, user, game)?;
                if repeated(&stored, expected_ply) {
                    return Ok(Shown {
                        repeated: true,
                        ..Shown::of(stored)
                    });
                }
                let was_over = !stored.game.is_ongoing();
                let back = decide_take_back(&mut stored, expected_ply, now)?;
                tx.update_game(user, &stored)?;
                let shown = Shown::of(stored).with_note(back);
                Ok(if was_over {
                    shown.with_note("The game is open again.")
                } else {
                    shown
                })
            })
            .await
    }
}

/// The game has already gone back from the ply that the caller knows, and nothing happened since.
fn repeated(stored: &StoredGame, expected_ply: Option<usize>) -> bool {
    expected_ply.is_some() && stored.undone_from == expected_ply && expected_ply != Some(stored.game.ply())
}

/// Changes the game and says what was taken back.
fn decide_take_back(stored: &mut StoredGame, expected: Option<usize>, now: Timestamp) -> Result<String> {
    let ply = stored.game.ply();
    if let Some(expected) = expected.filter(|expected| *expected != ply) {
        return Err(Refusal::Other(format!(
            "expected_ply {expected} is out of date: game {} has {ply} moves. Position at ply {ply}: {}.",
            stored.id,
            stored.game.fen()
        ))
        .into());
    }
    let target = match previous_turn(&stored.game, stored.person, stored.opponent) {
        Some(target) => target,
        // Nothing was moved, but the end itself can be taken back.
        None if !stored.game.is_ongoing() => ply,
        None => return Err(Refusal::other("There is no move of the person's to take back.").into()),
    };
    let taken: Vec<String> = (target..ply).filter_map(|ply| stored.game.san(ply)).collect();
    stored.game.take_back_to(target);
    stored.opening = Opening::of_game(stored.game.positions());
    stored.undone_from = Some(ply);
    stored.last_text = None;
    stored.touched = true;
    stored.touch(now);
    Ok(if taken.is_empty() {
        "The end was taken back.".to_owned()
    } else {
        format!("Taken back: {}.", taken.join(", "))
    })
}

/// The last ply before now at which the person was to move.
fn previous_turn(game: &Game, person: PersonSide, opponent: Opponent) -> Option<usize> {
    let plies = 0..game.ply();
    match opponent {
        Opponent::Nobody => plies.last(),
        Opponent::Engine { .. } => plies
            .rev()
            .find(|ply| game.mover(*ply).is_some_and(|mover| person.plays(mover))),
    }
}
