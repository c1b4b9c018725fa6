//! What help is fair: none in a game against another person that goes on, nor in an open puzzle that counts.
//!
//! Whoever knows the rules of a server can always ask another engine elsewhere; what this one can do is not to be
//! the one that answers.

use super::Result;
use crate::chess::{Game, Opponent, Refusal};
use crate::id::{GameId, UserId};
use crate::store::{GameFilter, Kept, StoredGame, Tx};

/// How many unfinished games against people are looked through.
const LOOKED_AT: u32 = 50;

/// Whether an engine may be asked about this very game of the person's.
pub(super) fn check_game(stored: &StoredGame) -> Result<()> {
    if !stored.is_open() {
        return Ok(());
    }
    match stored.opponent {
        Opponent::Friend => Err(in_friend_game(stored.id).into()),
        Opponent::Puzzle if stored.rated => Err(Refusal::Other(format!(
            "Puzzle {} is still open, and an analysis would give it away. chess_hint (game_id {}) helps step by step.",
            puzzle_name(stored),
            stored.id
        ))
        .into()),
        Opponent::Puzzle | Opponent::Engine { .. } | Opponent::Assistant | Opponent::Nobody => Ok(()),
    }
}

/// Whether an engine may be asked about a position that came from elsewhere, such as a FEN, or about what follows
/// from the position after `base` moves of `asked`: not if one of them stands on the board of a game against a friend
/// or of an open puzzle that counts.
pub(super) fn check_position(tx: &mut dyn Tx, user: UserId, asked: &Game, base: usize) -> Result<()> {
    let asked = asked.positions().get(base..).unwrap_or_default();
    for stored in under_way(tx, user)? {
        if asked.iter().any(|asked| stored.game.shows(asked)) {
            return check_game(&stored);
        }
    }
    Ok(())
}

/// The person's games and puzzles in which help would not be fair.
fn under_way(tx: &mut dyn Tx, user: UserId) -> Result<Vec<StoredGame>> {
    let mut found = Vec::new();
    for kind in [Opponent::Friend, Opponent::Puzzle] {
        let filter = GameFilter {
            kept: Kept::All,
            finished: Some(false),
            opponent: Some(kind.kind()),
            limit: LOOKED_AT,
            ..GameFilter::default()
        };
        for summary in tx.games(user, &filter)? {
            found.extend(tx.game(user, summary.id)?);
        }
    }
    Ok(found)
}

fn in_friend_game(id: GameId) -> Refusal {
    Refusal::Other(format!(
        "Game {id} against another person is under way with this position: no analysis and no hints until it is \
         over. That is fair play, and it holds for both. Afterwards chess_review looks at everything."
    ))
}

fn puzzle_name(stored: &StoredGame) -> String {
    stored
        .puzzle
        .as_ref()
        .map(|attempt| attempt.id.to_string())
        .unwrap_or_default()
}
