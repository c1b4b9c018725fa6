//! What a position is worth: an engine's evaluation from White's side, and the chances that go with it.
//!
//! The chances are those of Lichess (lichess.org/page/accuracy), a curve fitted to games of people. It does
//! not know where an evaluation comes from.

use shakmaty::{Chess, Color, Position};

/// An evaluation, from White's side whoever is to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assessment {
    /// Hundredths of a pawn; positive is good for White.
    Centipawns(i32),
    /// A forced mate.
    Mate {
        /// Who mates.
        winner: Color,
        /// In how many moves of the winner's; 0 when the mate stands on the board.
        moves: u32,
    },
}

/// Beyond this many centipawns a game is as good as won, and more makes no difference.
const CEILING: i32 = 1000;

impl Assessment {
    /// What the usual array is worth: White's first move.
    pub const INITIAL: Self = Self::Centipawns(15);

    /// From centipawns as engines give them, from the side of `turn`, which is to move.
    pub fn centipawns_for(turn: Color, centipawns: i32) -> Self {
        Self::Centipawns(turn.fold_wb(centipawns, centipawns.saturating_neg()))
    }

    /// From a mate as engines give it: `turn`, which is to move, mates, or is mated where `moves` is not positive.
    pub fn mate_for(turn: Color, moves: i32) -> Self {
        Self::Mate {
            winner: if moves > 0 { turn } else { turn.other() },
            moves: moves.unsigned_abs(),
        }
    }

    /// What is known without an engine: mate, stalemate, and material that mates nobody.
    pub fn of_end(position: &Chess) -> Option<Self> {
        if position.is_checkmate() {
            return Some(Self::Mate {
                winner: position.turn().other(),
                moves: 0,
            });
        }
        let drawn = position.is_stalemate() || position.is_insufficient_material();
        drawn.then_some(Self::Centipawns(0))
    }

    /// The same with the colours exchanged.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Centipawns(centipawns) => Self::Centipawns(centipawns.saturating_neg()),
            Self::Mate { winner, moves } => Self::Mate {
                winner: winner.other(),
                moves,
            },
        }
    }

    /// The chances of `side`, from 0 to 100; 50 is an even game. A mate counts as ten pawns.
    pub fn win_percent(self, side: Color) -> f64 {
        let white = match self {
            Self::Centipawns(centipawns) => centipawns.clamp(-CEILING, CEILING),
            Self::Mate { winner, .. } => winner.fold_wb(CEILING, -CEILING),
        };
        50.0 + 50.0 * winning_chances(side.fold_wb(white, -white))
    }

    /// In how many moves `side` mates, if it does.
    pub fn mate_by(self, side: Color) -> Option<u32> {
        match self {
            Self::Mate { winner, moves } if winner == side => Some(moves),
            _ => None,
        }
    }

    /// Centipawns from the side of `side`; none where somebody mates.
    pub fn centipawns(self, side: Color) -> Option<i32> {
        match self {
            Self::Centipawns(white) => Some(side.fold_wb(white, white.saturating_neg())),
            Self::Mate { .. } => None,
        }
    }
}

/// From -1 (lost) to 1 (won), without a ceiling.
pub(super) fn winning_chances(centipawns: i32) -> f64 {
    2.0 / (1.0 + (-0.003_682_08 * f64::from(centipawns)).exp()) - 1.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::*;

    #[test]
    fn chances_follow_the_curve() {
        for (centipawns, percent) in [
            (0, 50.0),
            (15, 51.380_4),
            (100, 59.102_6),
            (-100, 40.897_4),
            (300, 75.112_6),
            (1000, 97.544_7),
            (5000, 97.544_7),
            (-5000, 2.455_3),
        ] {
            let found = Assessment::Centipawns(centipawns).win_percent(Color::White);
            assert!((found - percent).abs() < 0.001, "{centipawns}: {found}");
        }
        let mate = Assessment::mate_for(Color::Black, 3);
        assert!((mate.win_percent(Color::Black) - 97.544_7).abs() < 0.001);
    }

    #[test]
    fn engines_speak_from_the_side_to_move() {
        for (given, expected) in [
            (
                Assessment::centipawns_for(Color::Black, 30),
                Assessment::Centipawns(-30),
            ),
            (
                Assessment::centipawns_for(Color::Black, i32::MIN),
                Assessment::Centipawns(i32::MAX),
            ),
            (
                Assessment::mate_for(Color::Black, -2),
                Assessment::Mate {
                    winner: Color::White,
                    moves: 2,
                },
            ),
            (
                Assessment::mate_for(Color::White, 0),
                Assessment::Mate {
                    winner: Color::Black,
                    moves: 0,
                },
            ),
        ] {
            assert_eq!(given, expected);
        }
    }

    #[test]
    fn the_end_of_a_game_needs_no_engine() {
        let mated = Assessment::Mate {
            winner: Color::White,
            moves: 0,
        };
        for (fen, expected) in [
            ("R5k1/5ppp/8/8/8/8/8/K7 b - -", Some(mated)),
            ("7k/8/6Q1/8/8/8/8/K7 b - -", Some(Assessment::Centipawns(0))),
            ("7k/8/6N1/8/8/8/8/K7 b - -", Some(Assessment::Centipawns(0))),
            ("7k/8/8/8/8/8/R7/K7 b - -", None),
        ] {
            let start = Start::from_fen(fen, Variant::Standard).unwrap();
            assert_eq!(Assessment::of_end(start.position()), expected, "{fen}");
        }
    }

    proptest! {
        #[test]
        fn both_sides_share_a_hundred(centipawns in any::<i32>()) {
            let assessment = Assessment::Centipawns(centipawns);
            let (white, black) = (assessment.win_percent(Color::White), assessment.win_percent(Color::Black));
            prop_assert!((0.0..=100.0).contains(&white));
            prop_assert!((white + black - 100.0).abs() < 1e-9);
            prop_assert!((assessment.mirrored().win_percent(Color::Black) - white).abs() < 1e-9);
        }
    }
}
