//! Long legal games in which no position comes back, so that no game ends by itself.

use std::collections::HashSet;

use shakmaty::san::SanPlus;
use shakmaty::{Chess, Position};

/// Plies of a line: about as long as games are.
pub(crate) const PLIES: usize = 80;

/// The nth line, always the same one, in SAN as players write it.
pub(crate) fn nth(number: u64) -> Vec<String> {
    (0..)
        .find_map(|attempt| attempt_at(number.wrapping_mul(1_000).wrapping_add(attempt)))
        .expect("most attempts come to a whole line")
}

fn attempt_at(number: u64) -> Option<Vec<String>> {
    let mut random = number;
    let mut position = Chess::default();
    let mut seen = HashSet::new();
    let mut line = Vec::with_capacity(PLIES);
    while line.len() < PLIES {
        let moves = position.legal_moves();
        // Few captures, or the board is empty long before the line is full.
        let quiet: Vec<_> = moves.iter().filter(|played| !played.is_capture()).collect();
        let captures: Vec<_> = moves.iter().filter(|played| played.is_capture()).collect();
        let choice = if next(&mut random).is_multiple_of(4) && !captures.is_empty() {
            captures
        } else {
            quiet
        };
        let index = usize::try_from(next(&mut random))
            .ok()?
            .checked_rem(choice.len())?;
        line.push(SanPlus::from_move_and_play_unchecked(&mut position, *choice[index]).to_string());
        let new = seen.insert((position.board().clone(), position.turn()));
        if !new || position.outcome().is_known() {
            return None;
        }
    }
    Some(line)
}

/// `SplitMix64`.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_and_differ() {
        let lines: HashSet<_> = (0..64).map(nth).collect();
        assert_eq!(lines.len(), 64);
        assert!(lines.iter().all(|line| line.len() == PLIES));
    }
}
