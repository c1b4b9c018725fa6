//! Taking moves back: at once where nobody minds, by agreement between two people.

use super::{AnsweredOffer, Games, Result, Shown, choice, friends, require_played_here, settle};
use crate::chess::{Color, Game, Opening, Opponent, PersonSide, Refusal};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{Declined, StoredGame, Tx};

/// A wish to go back, or the answer to one.
#[derive(Debug, Clone, Copy)]
pub struct TakeBack {
    /// In which game, where it was said.
    pub game: Option<GameId>,
    /// How many moves the caller believes were played.
    pub expected_ply: Option<usize>,
    /// The person answers the friend's wish.
    pub answer: Option<UndoAnswer>,
}

/// What the person says to a friend who wants a move back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoAnswer {
    /// Yes.
    Accept,
    /// No.
    Decline,
}

impl Games {
    /// Goes back to the person's previous turn, also after the end; in a game between two people asks the other, or
    /// answers them.
    pub async fn take_back(&self, user: UserId, request: TakeBack) -> Result<Shown> {
        let now = self.0.clock.now();
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let mut stored = choice::to_change_or_just_ended(tx, user, request.game, now)?;
            if repeated(&stored, request.expected_ply) {
                return Ok(Shown {
                    repeated: true,
                    ..Shown::of(stored)
                });
            }
            require_present(&stored, request.expected_ply)?;
            match (stored.opponent, request.answer) {
                (Opponent::Friend, answer) => between_people(tx, user, stored, answer, now),
                (_, Some(_)) => Err(Refusal::other("There is no wish to answer; leave `answer` out.").into()),
                (Opponent::Puzzle, None) => Err(Refusal::other(
                    "In a puzzle wrong moves are taken back by themselves; try another one.",
                )
                .into()),
                (_, None) => {
                    let notes = alone(tx, user, &mut stored, now)?;
                    Ok(Shown {
                        notes,
                        ..Shown::of(stored)
                    })
                }
            }
        };
        self.write(unit).await
    }
}

/// The game has already gone back from the ply that the caller knows, and nothing happened since.
fn repeated(stored: &StoredGame, expected_ply: Option<usize>) -> bool {
    expected_ply.is_some() && stored.undone_from == expected_ply && expected_ply != Some(stored.game.ply())
}

fn require_present(stored: &StoredGame, expected: Option<usize>) -> Result<()> {
    let ply = stored.game.ply();
    match expected.filter(|expected| *expected != ply) {
        None => Ok(()),
        Some(expected) => Err(Refusal::Other(format!(
            "expected_ply {expected} is out of date: game {} has {ply} moves. Position at ply {ply}: {}.",
            stored.id,
            stored.game.fen()
        ))
        .into()),
    }
}

/// Nobody has to agree.
fn alone(tx: &mut dyn Tx, user: UserId, stored: &mut StoredGame, now: Timestamp) -> Result<Vec<String>> {
    let was_over = !stored.game.is_ongoing();
    require_played_here(stored)?;
    let target = match previous_turn(&stored.game, stored.person, stored.opponent) {
        Some(target) => target,
        // Nothing was moved, but the end itself can be taken back.
        None if was_over => stored.game.ply(),
        None => return Err(Refusal::other("There is no move of the person's to take back.").into()),
    };
    let was_rated = stored.rated;
    settle::uncount(tx, user, stored)?;
    let mut notes = vec![go_back(stored, target, now)];
    if was_over {
        notes.push("The game is open again.".to_owned());
    }
    if was_rated {
        notes.push("With a move taken back the game no longer counts for the rating.".to_owned());
    }
    settle::save(tx, user, stored, now)?;
    Ok(notes)
}

/// The other person has to agree.
fn between_people(
    tx: &mut dyn Tx,
    user: UserId,
    mut stored: StoredGame,
    answer: Option<UndoAnswer>,
    now: Timestamp,
) -> Result<Shown> {
    if !stored.is_open() {
        return Err(Refusal::other(
            "The game against the friend is over; nothing is taken back in it any more. Offer a new one.",
        )
        .into());
    }
    if friends::run_out(&mut stored, now) {
        settle::save(tx, user, &mut stored, now)?;
        let note = friends::too_late(&stored);
        return Ok(Shown::of(stored).with_note(note));
    }
    let own = own_color(&stored)?;
    let asked_by = stored.friend.as_ref().and_then(|friend| friend.undo_offer);
    let mut answered = None;
    let note = match (answer, asked_by) {
        (None, Some(by)) if by == own => {
            return Ok(Shown {
                repeated: true,
                ..Shown::of(stored)
            }
            .with_note("The friend was asked already and has not answered."));
        }
        // Both want it.
        (None | Some(UndoAnswer::Accept), Some(by)) => {
            answered = Some(AGREED);
            agree(&mut stored, by, now)
        }
        (Some(UndoAnswer::Decline), Some(by)) => decline(&mut stored, by),
        (Some(_), None) => {
            return Err(Refusal::other(
                "The friend has not asked for a move back; there is nothing to answer.",
            )
            .into());
        }
        (None, None) => ask(&mut stored, own)?,
    };
    // Asking and declining take time from whoever thinks, as at a board.
    stored.touch(now);
    settle::save(tx, user, &mut stored, now)?;
    Ok(Shown {
        answered,
        ..Shown::of(stored)
    }
    .with_note(note))
}

/// The person agreed to what the friend wished.
const AGREED: AnsweredOffer = AnsweredOffer {
    draw: false,
    by_person: false,
    accepted: true,
};

fn agree(stored: &mut StoredGame, asked_by: Color, now: Timestamp) -> String {
    let target = last_turn_of(&stored.game, asked_by).unwrap_or(stored.game.ply());
    let note = go_back(stored, target, now);
    clear_wishes(stored, None);
    friends::start_clock(stored, now);
    note
}

fn decline(stored: &mut StoredGame, asked_by: Color) -> String {
    let declined = Declined {
        draw: false,
        asked_by,
    };
    clear_wishes(stored, Some(declined));
    "The takeback was declined; the game goes on.".to_owned()
}

fn ask(stored: &mut StoredGame, own: Color) -> Result<String> {
    if last_turn_of(&stored.game, own).is_none() {
        return Err(Refusal::other("There is no move of the person's to take back.").into());
    }
    let Some(friend) = &mut stored.friend else {
        return Err(Refusal::other("There is nobody to ask.").into());
    };
    if friend.other.is_none() {
        return Err(Refusal::other("Nobody has joined yet who could agree to a takeback.").into());
    }
    friend.undo_offer = Some(own);
    friend.declined = None;
    Ok("The friend was asked for the move back; it is taken back when they agree.".to_owned())
}

fn clear_wishes(stored: &mut StoredGame, declined: Option<Declined>) {
    if let Some(friend) = &mut stored.friend {
        friend.undo_offer = None;
        friend.declined = declined;
    }
}

fn own_color(stored: &StoredGame) -> Result<Color> {
    let own = stored.person.color();
    own.ok_or_else(|| Refusal::other("The person has no side in this game.").into())
}

/// Changes the game and says what was taken back.
fn go_back(stored: &mut StoredGame, target: usize, now: Timestamp) -> String {
    let ply = stored.game.ply();
    let taken: Vec<String> = (target..ply).filter_map(|ply| stored.game.san(ply)).collect();
    stored.game.take_back_to(target);
    stored.opening = Opening::of_game(stored.game.positions());
    stored.undone_from = Some(ply);
    stored.last_text = None;
    stored.hint = None;
    stored.touched = true;
    stored.touch(now);
    if taken.is_empty() {
        "The end was taken back.".to_owned()
    } else {
        format!("Taken back: {}.", taken.join(", "))
    }
}

/// The last ply before now at which the person was to move.
fn previous_turn(game: &Game, person: PersonSide, opponent: Opponent) -> Option<usize> {
    let mut plies = (0..game.ply()).rev();
    match opponent {
        Opponent::Nobody => plies.next(),
        _ => plies.find(|ply| game.mover(*ply).is_some_and(|mover| person.plays(mover))),
    }
}

fn last_turn_of(game: &Game, color: Color) -> Option<usize> {
    (0..game.ply()).rev().find(|ply| game.mover(*ply) == Some(color))
}
