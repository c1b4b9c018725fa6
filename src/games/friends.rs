//! Games between two people: inviting, joining, and the time to think where it was limited.

use super::{Games, Result, Shown, choice, settle};
use crate::chess::{Opponent, PersonSide, Refusal};
use crate::clock::{Seconds, Timestamp};
use crate::id::{GameId, UserId};
use crate::store::{FriendGame, Invitation, StoreError, StoredGame, Tx};

/// How long an invitation waits.
pub(super) const INVITATION: Seconds = Seconds(14 * 86_400);

/// Overdue games that are ended in one round.
const ROUND: u32 = 64;

const DAY: Seconds = Seconds(86_400);

/// What somebody is invited to, told before they join.
#[derive(Debug, Clone)]
pub struct Invited {
    /// To which game.
    pub game: GameId,
    /// The code, as it is written.
    pub code: String,
    /// Who invited.
    pub host: String,
    /// The side that is free.
    pub side: PersonSide,
    /// How many moves were played already.
    pub ply: usize,
    /// How long each may think about a move.
    pub days_per_move: Option<u8>,
    /// The invitation is the person's own.
    pub own: bool,
}

impl Games {
    /// What an invitation is to; nothing where it has ended or never was.
    pub async fn invited(&self, user: Option<UserId>, code: &str) -> Result<Option<Invited>> {
        let (now, code) = (self.0.clock.now(), normal(code));
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let Some((host, stored)) = tx.invited_game(&code, now)? else {
                return Ok(None);
            };
            let name = tx.user(host)?.map(|user| user.name).unwrap_or_default();
            Ok(Some(Invited {
                game: stored.id,
                code: code.clone(),
                host: name,
                side: opposite(stored.person),
                ply: stored.game.ply(),
                days_per_move: stored.friend.and_then(|friend| friend.days_per_move),
                own: Some(host) == user,
            }))
        };
        self.0.store.read(unit).await
    }

    /// Takes the free side of the game that a code leads to. Whoever has taken it is shown the game again.
    pub async fn join(&self, user: UserId, code: &str) -> Result<Shown> {
        let (now, code) = (self.0.clock.now(), normal(code));
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            match free_seat(tx, user, &code, now)? {
                Some(game) => sit_down(tx, user, game, now),
                None => joined_before(tx, user, &code),
            }
        };
        self.write(unit).await
    }

    /// Takes it for a guest, whom `arrive` brings into being in the same unit of work: whoever comes too late leaves
    /// nothing behind. Nobody is rated against a guest.
    pub async fn join_as_guest(
        &self,
        guest: UserId,
        code: &str,
        arrive: impl Fn(&mut dyn Tx, GameId) -> std::result::Result<(), StoreError> + Send + 'static,
    ) -> Result<GameId> {
        let (now, code) = (self.0.clock.now(), normal(code));
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let game = free_seat(tx, guest, &code, now)?.ok_or_else(unknown_code)?;
            arrive(tx, game)?;
            Ok(sit_down(tx, guest, game, now)?.stored.id)
        };
        self.write(unit).await
    }

    /// The game that a person has joined with this invitation.
    pub async fn joined(&self, user: UserId, code: &str) -> Result<Option<GameId>> {
        let code = normal(code);
        let unit = move |tx: &mut dyn Tx| -> Result<_> { Ok(tx.joined_game(user, &code)?) };
        self.0.store.read(unit).await
    }

    /// Ends the games whose player to move ran out of time.
    pub(super) async fn end_overdue(&self) -> Result<()> {
        let now = self.0.clock.now();
        let overdue = move |tx: &mut dyn Tx| -> Result<_> { Ok(tx.overdue_games(now, ROUND)?) };
        for (user, id) in self.0.store.read(overdue).await? {
            let unit = move |tx: &mut dyn Tx| -> Result<()> {
                let Some(mut stored) = tx.game(user, id)? else {
                    return Ok(());
                };
                if run_out(&mut stored, now) {
                    settle::save(tx, user, &mut stored, now)?;
                }
                Ok(())
            };
            self.write(unit).await?;
            tracing::info!(game.id = %id, "a game was lost on time");
        }
        Ok(())
    }
}

/// The game whose free side this person may take with a code; nothing where the code leads nowhere.
fn free_seat(tx: &mut dyn Tx, user: UserId, code: &str, now: Timestamp) -> Result<Option<GameId>> {
    let Some((host, stored)) = tx.invited_game(code, now)? else {
        return Ok(None);
    };
    if host == user {
        return Err(Refusal::Other(format!(
            "That is the person's own invitation to game {}; it is for somebody else.",
            stored.id
        ))
        .into());
    }
    if !stored.is_open() {
        return Err(Refusal::other("That game is over already.").into());
    }
    Ok(Some(stored.id))
}

fn sit_down(tx: &mut dyn Tx, user: UserId, game: GameId, now: Timestamp) -> Result<Shown> {
    tx.take_seat(game, user)?;
    let mut own = choice::named(tx, user, game)?;
    own.touched = true;
    own.rated &= !settle::is_guest(tx, user)?;
    start_clock(&mut own, now);
    own.touch(now);
    settle::save(tx, user, &mut own, now)?;
    let host = own.friend.as_ref().and_then(|friend| friend.name.clone());
    let note = format!("Joined the game of {}.", host.unwrap_or_default());
    Ok(Shown::of(own).with_note(note))
}

/// The answer to the call that took the seat may have been lost.
fn joined_before(tx: &mut dyn Tx, user: UserId, code: &str) -> Result<Shown> {
    let id = tx.joined_game(user, code)?.ok_or_else(unknown_code)?;
    let stored = choice::named(tx, user, id)?;
    Ok(Shown {
        repeated: true,
        ..Shown::of(stored)
    })
}

/// A game that waits for whoever has the code.
pub(super) fn inviting(code: String, days_per_move: Option<u8>, now: Timestamp) -> FriendGame {
    FriendGame {
        invitation: Some(Invitation {
            code,
            ends: now + INVITATION,
        }),
        days_per_move,
        ..FriendGame::default()
    }
}

/// The player to move begins to think, if time is limited and both are there.
pub(super) fn start_clock(stored: &mut StoredGame, now: Timestamp) {
    let ongoing = stored.is_open();
    let Some(friend) = &mut stored.friend else { return };
    let days = friend.days_per_move.filter(|_| ongoing && friend.other.is_some());
    friend.deadline = days.map(|days| now + Seconds(i64::from(days) * DAY.0));
}

/// Ends a game whose player to move has run out of time; says whether it did.
pub(super) fn run_out(stored: &mut StoredGame, now: Timestamp) -> bool {
    let deadline = stored.friend.as_ref().and_then(|friend| friend.deadline);
    if deadline.is_none_or(|deadline| deadline > now) || !stored.is_open() {
        return false;
    }
    let late = stored.game.turn();
    if stored.game.lose_on_time(late).is_err() {
        return false;
    }
    start_clock(stored, now);
    stored.forget_requests();
    stored.touch(now);
    true
}

/// What a call says that found the time run out.
pub(super) fn too_late(stored: &StoredGame) -> &'static str {
    if stored.person.plays(stored.game.turn()) {
        "Too late: the time for this move had run out."
    } else {
        "The friend's time had run out."
    }
}

/// The color that is left for whoever joins.
fn opposite(side: PersonSide) -> PersonSide {
    side.color()
        .map_or(PersonSide::Both, |color| PersonSide::from(color.other()))
}

/// Whether a friend was invited and nobody has come yet.
pub(super) fn is_alone(stored: &StoredGame) -> bool {
    stored.opponent == Opponent::Friend && stored.friend.as_ref().is_none_or(|friend| friend.other.is_none())
}

/// Codes are read aloud and typed: case and blanks do not matter.
fn normal(code: &str) -> String {
    let code = code
        .trim()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(32)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn unknown_code() -> Refusal {
    Refusal::other(
        "That invitation does not exist, has been used, or has ended; ask the friend for a new one \
         (chess_new_game with opponent `friend`).",
    )
}
