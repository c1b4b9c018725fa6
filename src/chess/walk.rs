//! Random legal games for property tests: each number picks one of the legal moves.

use proptest::prelude::*;
use shakmaty::{Chess, Move, Position};

use super::game::Game;
use super::start::{STARTS, Start};

pub(super) fn steps() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..90)
}

/// Any start of Chess960.
pub(super) fn starts() -> impl Strategy<Value = Start> {
    (0..STARTS).prop_map(|number| Start::chess960(number).expect("it is below 960"))
}

/// A game that castles as soon as it can in every second one of its steps, which chance alone seldom does.
pub(super) fn game(start: &Start, steps: &[u8]) -> Game {
    let mut game = Game::new(start);
    for step in steps {
        let legal = game.position().legal_moves();
        let castling = legal.iter().find(|m| m.is_castle() && step % 2 == 0);
        let Some(m) = castling.or_else(|| legal.get(usize::from(*step) % legal.len().max(1))) else {
            break;
        };
        if game.play(*m).is_err() {
            break;
        }
    }
    game
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
