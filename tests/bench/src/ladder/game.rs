//! One game between two contenders, to its end by the rules.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use chess_mcp::engine::Line;
use shakmaty::fen::Fen;
use shakmaty::uci::UciMove;
use shakmaty::{CastlingMode, Chess, Color, EnPassantMode, Position};

use crate::contender::Seat;

/// After this many plies a game is drawn.
pub(crate) const LONGEST: usize = 400;

/// How a game ended: who won, if anybody did, and after how many plies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) winner: Option<Color>,
    pub(crate) plies: usize,
}

/// How long a contender thought, and for how many moves.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Thinking {
    pub(crate) time: Duration,
    pub(crate) moves: u32,
}

/// Plays on from an opening. The seats and their thinking go from the lower contender to the upper, who has the
/// pieces of this colour; `seed` decides what chance decides.
pub(crate) async fn play(
    seats: &[Seat; 2],
    opening: &[UciMove],
    upper: Color,
    seed: u64,
) -> Result<(Ending, [Thinking; 2])> {
    let mut board = Board::new();
    for uci in opening {
        board.play(*uci).context("an opening is not legal")?;
    }
    let mut thinking = [Thinking::default(); 2];
    loop {
        if let Some(ending) = board.ending() {
            return Ok((ending, thinking));
        }
        let side = usize::from(board.position.turn() == upper);
        let seed = seed + board.line.moves.len() as u64;
        let began = Instant::now();
        let reply = seats[side].reply(&board.line, &board.position, seed).await?;
        thinking[side].time += began.elapsed();
        thinking[side].moves += 1;
        board.play(reply).context("a reply is not legal")?;
    }
}

struct Board {
    position: Chess,
    line: Line,
    /// How often each position stood on the board, by the fields of its FEN that count for repetition.
    seen: HashMap<String, u32>,
    thrice: bool,
}

impl Board {
    fn new() -> Self {
        let start = Fen::from_position(&Chess::default(), EnPassantMode::Legal);
        let line = Line {
            start,
            moves: Vec::new(),
            chess960: false,
        };
        let mut board = Self {
            position: Chess::default(),
            line,
            seen: HashMap::new(),
            thrice: false,
        };
        board.count();
        board
    }

    fn play(&mut self, uci: UciMove) -> Result<()> {
        let played = uci.to_move(&self.position)?;
        self.position.play_unchecked(played);
        self.line.moves.push(played.to_uci(CastlingMode::Standard));
        self.count();
        Ok(())
    }

    fn count(&mut self) {
        let fen = Fen::from_position(&self.position, EnPassantMode::Legal).to_string();
        let same = fen.split(' ').take(4).collect::<Vec<_>>().join(" ");
        let times = self.seen.entry(same).or_default();
        *times += 1;
        self.thrice |= *times >= 3;
    }

    fn ending(&self) -> Option<Ending> {
        let plies = self.line.moves.len();
        if let Some(winner) = self.position.is_checkmate().then(|| !self.position.turn()) {
            return Some(Ending {
                winner: Some(winner),
                plies,
            });
        }
        let drawn = self.position.is_stalemate()
            || self.position.is_insufficient_material()
            || self.thrice
            || self.position.halfmoves() >= 100
            || plies >= LONGEST;
        drawn.then_some(Ending { winner: None, plies })
    }
}
