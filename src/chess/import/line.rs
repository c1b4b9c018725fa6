//! The moves of a game as they are read, one after the other.

use shakmaty::{Chess, Color, Move, Position};

use super::super::board::fen_of;
use super::super::game::{Game, Unplayable};
use super::super::outcome::{Reason, automatic_ending};
use super::super::start::Start;

/// A game that goes on for as long as there are legal moves. The fifth occurrence of a position and the
/// seventy-fifth move without progress end a game here and now, but ended none before 2014.
#[derive(Default)]
pub(super) struct Line {
    start: Start,
    position: Chess,
    /// In UCI, with blanks between them.
    moves: String,
    plies: usize,
}

impl Line {
    pub(super) fn new(start: Start) -> Self {
        Self {
            position: start.position().clone(),
            start,
            ..Self::default()
        }
    }

    pub(super) fn position(&self) -> &Chess {
        &self.position
    }

    pub(super) fn turn(&self) -> Color {
        self.position.turn()
    }

    /// The full-move number that stands on the board.
    pub(super) fn number(&self) -> u32 {
        self.position.fullmoves().get()
    }

    pub(super) fn plies(&self) -> usize {
        self.plies
    }

    /// Why no move can follow.
    pub(super) fn over(&self) -> Option<Reason> {
        let ending = automatic_ending(std::slice::from_ref(&self.position))?;
        matches!(ending.reason, Reason::Checkmate | Reason::Stalemate).then_some(ending.reason)
    }

    /// Makes a move that is legal.
    pub(super) fn play(&mut self, m: Move) {
        if !self.moves.is_empty() {
            self.moves.push(' ');
        }
        let castling = self.start.variant().castling();
        m.to_uci(castling).append_to_string(&mut self.moves);
        self.position.play_unchecked(m);
        self.plies += 1;
    }

    /// The game, open still.
    pub(super) fn game(&self) -> Result<Game, Unplayable> {
        let fen = (!self.start.is_standard()).then(|| fen_of(self.start.position()));
        Game::restore(self.start.variant(), fen.as_deref(), &self.moves, None, None)
    }
}
