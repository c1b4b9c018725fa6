//! A position with its past, as the engine is told it, and what the engine says about it.
//!
//! The whole line goes to the engine, not only the last position: repetitions are part of chess. It is
//! replayed here first, so that nothing illegal reaches an engine, nothing that it was not built for, and nothing
//! illegal comes back from it.

use shakmaty::fen::Fen;
use shakmaty::uci::UciMove;
use shakmaty::{CastlingMode, Chess, Color, EnPassantMode, Move, Position, PositionError, Setup};

use super::error::EngineError;

/// Most men of one colour that an engine is told of. Stockfish's network has room for 32 men and trusts its caller.
const MOST_MEN: usize = 16;
/// Most legal moves: a game of chess never has more, and Stockfish's list holds 256 and is not watched.
const MOST_MOVES: usize = 218;

/// Where a game began and what was played since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub start: Fen,
    pub moves: Vec<UciMove>,
    pub chess960: bool,
}

/// A judgement from the side to move: positive is good for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// Hundredths of a pawn.
    Centipawns(i32),
    /// Moves until mate; negative when the side to move is mated.
    Mate(i32),
}

/// One way the game may go on, best first among its neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variation {
    /// Legal in turn from the end of the line; never empty.
    pub moves: Vec<UciMove>,
    pub score: Score,
    /// How many plies deep the engine had searched when it said so.
    pub depth: u32,
}

/// A line that was replayed: its last position, and the UCI command that sets it up.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) command: String,
    pub(super) position: Chess,
    mode: CastlingMode,
}

impl Line {
    /// Whether engines can be asked about it; where they cannot, every search ends in [`EngineError::BadLine`].
    pub fn suits_engines(&self) -> bool {
        self.replay().is_ok()
    }

    pub(super) fn replay(&self) -> Result<Replayed, EngineError> {
        let mode = CastlingMode::from_chess960(self.chess960);
        let mut position = set_up(self.start.clone(), mode)?;
        check_size(&position)?;
        let start = Fen::from_position(&position, EnPassantMode::Legal);
        let mut command = format!("position fen {start}");
        for (i, uci) in self.moves.iter().enumerate() {
            let played = uci.to_move(&position).map_err(|_| EngineError::BadLine)?;
            position.play_unchecked(played);
            check_size(&position)?;
            command.push_str(if i == 0 { " moves " } else { " " });
            command.push_str(&played.to_uci(mode).to_string());
        }
        Ok(Replayed {
            command,
            position,
            mode,
        })
    }

    /// Whether this is standard chess from the usual array, in which openings have names.
    pub(super) fn is_usual(&self) -> bool {
        !self.chess960 && *self.start.as_setup() == Setup::initial()
    }

    /// Whether this line goes on from `earlier`, or is it.
    pub(super) fn continues(&self, earlier: &Self) -> bool {
        self.chess960 == earlier.chess960
            && self.start == earlier.start
            && self.moves.starts_with(&earlier.moves)
    }
}

impl Replayed {
    /// A move of this position in the form of UCI, or `None` if it is not legal.
    pub(super) fn legal(&self, uci: UciMove) -> Option<UciMove> {
        let legal = uci.to_move(&self.position).ok()?;
        Some(self.uci(legal))
    }

    pub(super) fn uci(&self, legal: Move) -> UciMove {
        legal.to_uci(self.mode)
    }

    /// The moves that are legal in turn, up to the first that is not.
    pub(super) fn legal_prefix(&self, moves: &[UciMove]) -> Vec<UciMove> {
        let mut position = self.position.clone();
        let mut legal = Vec::with_capacity(moves.len());
        for uci in moves {
            let Ok(played) = uci.to_move(&position) else { break };
            position.play_unchecked(played);
            legal.push(self.uci(played));
        }
        legal
    }
}

/// Strange but playable positions are for the people who set them up to enjoy.
fn set_up(start: Fen, mode: CastlingMode) -> Result<Chess, EngineError> {
    start
        .into_position(mode)
        .or_else(PositionError::ignore_invalid_castling_rights)
        .or_else(PositionError::ignore_invalid_ep_square)
        .or_else(PositionError::ignore_impossible_check)
        .or_else(PositionError::ignore_too_much_material)
        .map_err(|_| EngineError::BadLine)
}

/// An engine makes the moves of a line one by one, so every position on the way has to fit.
fn check_size(position: &Chess) -> Result<(), EngineError> {
    let board = position.board();
    let fits = Color::ALL
        .iter()
        .all(|color| board.by_color(*color).count() <= MOST_MEN);
    let fits = fits && position.legal_moves().len() <= MOST_MOVES;
    fits.then_some(()).ok_or(EngineError::BadLine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(start: &str, moves: &[&str], chess960: bool) -> Line {
        let moves = moves.iter().map(|uci| uci.parse().unwrap()).collect();
        Line {
            start: start.parse().unwrap(),
            moves,
            chess960,
        }
    }

    const START: &str = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1";

    #[test]
    fn castling_is_told_in_the_way_of_the_variant() {
        let start = "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1";
        for (chess960, expected) in [(false, "e1g1 e8c8"), (true, "e1h1 e8a8")] {
            for spelling in [["e1g1", "e8c8"], ["e1h1", "e8a8"]] {
                if chess960 && spelling[0] == "e1g1" {
                    continue;
                }
                let command = line(start, &spelling, chess960).replay().unwrap().command;
                assert_eq!(command, format!("position fen {start} moves {expected}"));
            }
        }
    }

    #[test]
    fn illegal_lines_are_refused() {
        for (start, moves) in [
            (START, &["e2e5"][..]),
            (START, &["e2e4", "e2e4"]),
            ("8/8/8/8/8/8/8/8 w - - 0 1", &[]),
            (START, &["0000"]),
        ] {
            assert!(
                matches!(line(start, moves, false).replay(), Err(EngineError::BadLine)),
                "{start} {moves:?}"
            );
        }
    }

    #[test]
    fn what_engines_have_no_room_for_does_not_reach_them() {
        for start in [
            "4k3/8/8/8/8/PPPPPPPP/PPPPPPPP/4K3 w - - 0 1",
            "rnbqkbnr/pppppppp/n7/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
            "2Q3Q1/k7/3Q1Q1Q/KQ5Q/4Q3/Q5Q1/Q6Q/2QQ1Q2 w - - 0 1",
        ] {
            let refused = line(start, &[], false).replay();
            assert!(matches!(refused, Err(EngineError::BadLine)), "{start}");
        }
        for start in [
            // As many moves as a game can have.
            "R6R/3Q4/1Q4Q1/4Q3/2Q4Q/Q4Q2/pp1Q4/kBNN1KB1 w - - 0 1",
            "QQQQQQQQ/8/8/k7/8/8/8/RNBQKBNR b - - 0 1",
            "4k3/pppppppp/8/8/8/NNNNNNN1/PPPPPPPP/4K3 w - - 0 1",
        ] {
            assert!(line(start, &[], false).replay().is_ok(), "{start}");
        }
    }

    #[test]
    fn a_line_continues_its_own_past_only() {
        let earlier = line(START, &["e2e4"], false);
        assert!(earlier.continues(&earlier));
        assert!(line(START, &["e2e4", "e7e5"], false).continues(&earlier));
        assert!(!line(START, &["d2d4", "e7e5"], false).continues(&earlier));
        assert!(!line(START, &["e2e4", "e7e5"], true).continues(&earlier));
        assert!(!line(START, &[], false).continues(&earlier));
    }

    #[test]
    fn a_variation_ends_before_its_first_illegal_move() {
        let replayed = line(START, &["e2e4"], false).replay().unwrap();
        let said: Vec<UciMove> = ["e7e5", "g1f3", "g1f3"]
            .iter()
            .map(|uci| uci.parse().unwrap())
            .collect();
        assert_eq!(replayed.legal_prefix(&said), said[..2]);
        assert_eq!(replayed.legal("e2e4".parse().unwrap()), None);
    }
}
