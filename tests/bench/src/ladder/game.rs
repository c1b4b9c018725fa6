//! One game between two levels, to its end by the rules.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use chess_mcp::clock::Timestamp;
use chess_mcp::engine::{EngineOptions, Engines, Level, Line};
use chess_mcp::id::UserId;
use shakmaty::fen::Fen;
use shakmaty::uci::UciMove;
use shakmaty::{CastlingMode, Chess, Color, EnPassantMode, Position};

/// After this many plies a game is drawn.
pub(crate) const LONGEST: usize = 200;

/// How a game ended: who won, if anybody did, and after how many plies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) winner: Option<Color>,
    pub(crate) plies: usize,
}

/// The two engines of one table. Each keeps its own process and tables, as it would against a person.
pub(crate) struct Opponents {
    weaker: Engines,
    stronger: Engines,
    person: UserId,
}

impl Opponents {
    pub(crate) fn new(server: &Path, external: Option<&Path>) -> Self {
        let engines = || {
            Engines::new(EngineOptions {
                own: Some(server.to_owned()),
                external: external.map(Path::to_owned),
                processes: 1,
                hash_mb: 16,
            })
        };
        let person = UserId::new(Timestamp::default(), [0; 10]);
        Self {
            weaker: engines(),
            stronger: engines(),
            person,
        }
    }

    /// Plays on from an opening. `levels` and the thinking times go from the weaker to the stronger; `seed`
    /// decides where the first levels stray.
    pub(crate) async fn play(
        &self,
        opening: &[UciMove],
        levels: [Level; 2],
        stronger: Color,
        seed: u64,
    ) -> Result<(Ending, [(Duration, u32); 2])> {
        let mut board = Board::new();
        for uci in opening {
            board.play(*uci).context("an opening is not legal")?;
        }
        let mut thinking = [(Duration::ZERO, 0); 2];
        loop {
            if let Some(ending) = board.ending() {
                return Ok((ending, thinking));
            }
            let side = usize::from(board.position.turn() == stronger);
            let engines = [&self.weaker, &self.stronger][side];
            let seed = seed + board.line.moves.len() as u64;
            let began = Instant::now();
            let reply = engines
                .reply(self.person, &board.line, levels[side], seed)
                .await?;
            thinking[side].0 += began.elapsed();
            thinking[side].1 += 1;
            board.play(reply).context("an engine's move is not legal")?;
        }
    }

    /// Ends the processes.
    pub(crate) async fn leave(self) {
        self.weaker.shutdown().await;
        self.stronger.shutdown().await;
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
