//! Which game is meant, where none is named.
//!
//! There is no pointer to a current game: two conversations of one person must not move each other's boards.

use super::{GamesError, Result};
use crate::chess::{Opponent, Refusal};
use crate::clock::{Seconds, Timestamp};
use crate::id::{GameId, UserId};
use crate::secret::Digest;
use crate::store::{GameFilter, GameSummary, Kept, StoredGame, Tx};

/// Calls within this time of each other may be one call repeated.
pub(super) const REPEAT_WINDOW: Seconds = Seconds(60);

/// Names a request of this kind, so that a repeated one is known again.
pub(super) fn mark(kind: &str, request: &str) -> String {
    let digest = Digest::of(request.as_bytes());
    let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *digest.as_bytes();
    format!("{kind} {:032x}", u128::from_be_bytes(head))
}

/// The game to change: the named one, or the only one that goes on.
pub(super) fn to_change(tx: &mut dyn Tx, user: UserId, id: Option<GameId>) -> Result<StoredGame> {
    if let Some(id) = id {
        return named(tx, user, id);
    }
    match unfinished(tx, user)?.as_slice() {
        [] => Err(Refusal::other("There is no unfinished game. Start one with chess_new_game.").into()),
        [only] => named(tx, user, only.id),
        several => Err(which(several).into()),
    }
}

/// Like [`to_change`]; where nothing goes on, the game that has just ended: the call may be a repeated one.
pub(super) fn to_change_or_just_ended(
    tx: &mut dyn Tx,
    user: UserId,
    id: Option<GameId>,
    now: Timestamp,
) -> Result<StoredGame> {
    let newest = if id.is_none() { tx.newest_game(user)? } else { None };
    let just_ended = newest.filter(|game| !game.is_open() && game.changed_at + REPEAT_WINDOW > now);
    match to_change(tx, user, id) {
        Err(GamesError::Refused(_)) if just_ended.is_some() && unfinished(tx, user)?.is_empty() => {
            Ok(just_ended.unwrap_or_else(|| unreachable!("it was just found")))
        }
        found => found,
    }
}

/// The game to look at: the named one, or the one changed last.
pub(super) fn to_read(tx: &mut dyn Tx, user: UserId, id: Option<GameId>) -> Result<Option<StoredGame>> {
    match id {
        Some(id) => named(tx, user, id).map(Some),
        None => Ok(tx.newest_game(user)?),
    }
}

pub(super) fn named(tx: &mut dyn Tx, user: UserId, id: GameId) -> Result<StoredGame> {
    if let Some(game) = tx.game(user, id)? {
        return Ok(game);
    }
    let unfinished = unfinished(tx, user)?;
    let text = if unfinished.is_empty() {
        format!("There is no game {id}, and no unfinished one. Start one with chess_new_game.")
    } else {
        format!(
            "There is no game {id}. Unfinished games: {}.",
            listed(&unfinished)
        )
    };
    Err(Refusal::Other(text).into())
}

/// The games that go on, and the puzzle that is open if it was the last one touched or nothing else goes on: puzzles
/// that were left standing must not make every call ask which game is meant.
fn unfinished(tx: &mut dyn Tx, user: UserId) -> Result<Vec<GameSummary>> {
    let games = GameFilter {
        kept: Kept::Own,
        finished: Some(false),
        limit: 6,
        ..GameFilter::default()
    };
    let mut found = tx.games(user, &games)?;
    let last = if found.is_empty() {
        GameFilter {
            kept: Kept::Puzzles,
            finished: Some(false),
            limit: 1,
            ..GameFilter::default()
        }
    } else {
        GameFilter {
            limit: 1,
            ..GameFilter::default()
        }
    };
    let last = tx.games(user, &last)?.into_iter().next();
    found.extend(last.filter(|last| last.opponent == Opponent::Puzzle && last.is_ongoing()));
    Ok(found)
}

fn which(several: &[GameSummary]) -> Refusal {
    Refusal::Other(format!(
        "Several games are unfinished; name one by game_id: {}.",
        listed(several)
    ))
}

fn listed(games: &[GameSummary]) -> String {
    let mut texts: Vec<String> = games.iter().take(5).map(one).collect();
    if games.len() > 5 {
        texts.push("and more, see chess_games".to_owned());
    }
    texts.join("; ")
}

fn one(game: &GameSummary) -> String {
    let opponent = match (game.opponent, &game.name) {
        (Opponent::Engine { level, .. }, _) => format!("engine level {level}"),
        (Opponent::Friend, Some(name)) => format!("against {name}"),
        (Opponent::Friend, None) => "waiting for a friend".to_owned(),
        (Opponent::Assistant, _) => "against you".to_owned(),
        (Opponent::Nobody, _) => "no opponent".to_owned(),
        (Opponent::Puzzle, _) => "puzzle".to_owned(),
    };
    format!(
        "{} ({opponent}, person plays {}, ply {})",
        game.id, game.person, game.ply
    )
}
