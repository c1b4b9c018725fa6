//! A puzzle as it was found, before it has a rating and an id.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};
use chess_mcp::chess::{Material, Start, Variant, fen_of};
use shakmaty::uci::UciMove;
use shakmaty::{CastlingMode, Chess, Move, Position};

/// What is to be found in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A mate in this many moves.
    Mate(u8),
    /// Material.
    Tactic {
        /// What the verifying engine thought of the first move, in centipawns.
        score: i32,
    },
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mate(moves) => write!(f, "mate {moves}"),
            Self::Tactic { score } => write!(f, "tactic {score}"),
        }
    }
}

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(' ') {
            Some(("mate", moves)) => Ok(Self::Mate(moves.parse()?)),
            Some(("tactic", score)) => Ok(Self::Tactic {
                score: score.parse()?,
            }),
            _ => anyhow::bail!("`{text}` is no kind of puzzle"),
        }
    }
}

/// A position, the opponent's move, and the solution.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    pub(crate) start: Chess,
    pub(crate) moves: Vec<Move>,
}

impl Found {
    pub(crate) fn position_to_solve(&self) -> Chess {
        let mut position = self.start.clone();
        if let Some(first) = self.moves.first() {
            position.play_unchecked(*first);
        }
        position
    }

    /// The position to solve as it is compared with others: pieces, side, rights; not the clocks.
    pub(crate) fn key(&self) -> String {
        let fen = fen_of(&self.position_to_solve());
        fen.split(' ').take(4).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn uci(&self) -> String {
        let uci: Vec<String> = self
            .moves
            .iter()
            .map(|m| m.to_uci(CastlingMode::Standard).to_string())
            .collect();
        uci.join(" ")
    }

    /// Reads what [`fmt::Display`] writes.
    pub(crate) fn read(kind: &str, fen: &str, moves: &str) -> Result<Self> {
        let start =
            Start::from_fen(fen, Variant::Standard).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
        let start = start.position().clone();
        let mut position = start.clone();
        let mut line = Vec::new();
        for uci in moves.split(' ') {
            let m = uci
                .parse::<UciMove>()?
                .to_move(&position)
                .context("an illegal move")?;
            position.play_unchecked(m);
            line.push(m);
        }
        ensure!(
            line.len() >= 2 && line.len().is_multiple_of(2),
            "a line of {} moves",
            line.len()
        );
        Ok(Self {
            kind: kind.parse()?,
            start,
            moves: line,
        })
    }
}

/// `kind`, FEN and moves, with tabs between them.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t{}", self.kind, fen_of(&self.start), self.uci())
    }
}

/// The material edge of a position that is no fun any more, in points.
const EDGE: i32 = 12;

/// Whether the position is worth solving: there is something to choose from, to play with and to play against.
pub(crate) fn is_worth_solving(position: &Chess) -> bool {
    let board = position.board();
    let theirs = board.by_color(!position.turn()) & !board.kings();
    Material::of(position).balance.abs() <= EDGE
        && board.occupied().count() >= 8
        && theirs.count() >= 2
        && position.legal_moves().len() >= 4
}
