//! Where a mate in three may lie: a quick search in which the attacker only gives checks after the first move.
//!
//! It overlooks mates with two quiet moves, and that is the price for looking at many more positions. What it
//! finds is a mate; whether it is the shortest and has a single key is for the exact search to say.

use shakmaty::{Chess, Move, Position};

/// Whether the side to move mates within three moves by any move and then checks alone.
pub(crate) fn smells_of_mate_in_three(position: &Chess) -> bool {
    let mut escape = None;
    let after = |m| played(position, m);
    position
        .legal_moves()
        .into_iter()
        .map(after)
        .any(|after| is_mated(&after, 2, &mut escape))
}

/// `escape` is the reply that refuted the last move, and often refutes the next.
fn is_mated(position: &Chess, left: u8, escape: &mut Option<Move>) -> bool {
    let mut replies = position.legal_moves();
    if replies.is_empty() {
        return position.is_check();
    }
    if left == 0 {
        return false;
    }
    if let Some(at) = replies.iter().position(|m| Some(*m) == *escape) {
        replies.swap(0, at);
    }
    let refutes = |m: &&Move| !mates_by_checks(&played(position, **m), left);
    let Some(refutation) = replies.iter().find(refutes) else {
        return true;
    };
    *escape = Some(*refutation);
    false
}

fn mates_by_checks(position: &Chess, left: u8) -> bool {
    let checks = position
        .legal_moves()
        .into_iter()
        .map(|m| played(position, m))
        .filter(Position::is_check);
    let mut escape = None;
    checks
        .into_iter()
        .any(|after| is_mated(&after, left - 1, &mut escape))
}

fn played(position: &Chess, m: Move) -> Chess {
    let mut after = position.clone();
    after.play_unchecked(m);
    after
}
