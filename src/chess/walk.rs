//! Random legal games for property tests: each number picks one of the legal moves.

use proptest::prelude::*;
use shakmaty::{Chess, Move, Position};

pub(super) fn steps() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..90)
}

pub(super) fn moves(steps: &[u8]) -> Vec<Move> {
    let mut position = Chess::new();
    let mut moves = Vec::new();
    for step in steps {
        let legal = position.legal_moves();
        if legal.is_empty() {
            break;
        }
        let m = legal[usize::from(*step) % legal.len()];
        position.play_unchecked(m);
        moves.push(m);
    }
    moves
}

pub(super) fn position(steps: &[u8]) -> Chess {
    let mut position = Chess::new();
    for m in moves(steps) {
        position.play_unchecked(m);
    }
    position
}
