//! Why a game is over, and what may be claimed.
//!
//! Mate, stalemate and dead position end a game at once, and so do five occurrences of a position and
//! seventy-five moves without progress (FIDE Laws 5.2, 9.6). Three occurrences and fifty moves give the
//! player whose turn it is a claim (9.2, 9.3). Positions count as the same by the side to move and the
//! moves that are possible, en passant and castling included.

use std::fmt;
use std::str::FromStr;

use shakmaty::{Chess, Color, Position};

/// How a game ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Who got what.
    pub score: Score,
    /// Why.
    pub reason: Reason,
}

impl Ending {
    pub(super) const fn draw(reason: Reason) -> Self {
        Self {
            score: Score::Draw,
            reason,
        }
    }

    pub(super) fn win(winner: Color, reason: Reason) -> Self {
        Self {
            score: Score::win(winner),
            reason,
        }
    }
}

/// The result as it stands in a PGN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// `1-0`
    White,
    /// `0-1`
    Black,
    /// `1/2-1/2`
    Draw,
    /// `*`: undecided, or ended without a result.
    None,
}

impl Score {
    /// The full point for `winner`.
    pub fn win(winner: Color) -> Self {
        winner.fold_wb(Self::White, Self::Black)
    }

    /// Who won, if anyone did.
    pub const fn winner(self) -> Option<Color> {
        match self {
            Self::White => Some(Color::White),
            Self::Black => Some(Color::Black),
            Self::Draw | Self::None => None,
        }
    }

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::White => "1-0",
            Self::Black => "0-1",
            Self::Draw => "1/2-1/2",
            Self::None => "*",
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Score {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::White, Self::Black, Self::Draw, Self::None]
            .into_iter()
            .find(|score| score.as_str() == text)
            .ok_or(())
    }
}

/// Why a game is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The king is attacked and cannot be saved.
    Checkmate,
    /// A player gave up.
    Resignation,
    /// The player to move has no move and is not in check.
    Stalemate,
    /// A player claimed the third occurrence of a position.
    Threefold,
    /// A position occurred for the fifth time.
    Fivefold,
    /// A player claimed fifty moves without a capture or a pawn move.
    FiftyMoves,
    /// Seventy-five moves without a capture or a pawn move.
    SeventyFiveMoves,
    /// Neither side can ever mate.
    DeadPosition,
    /// The players agreed.
    Agreement,
    /// A player ran out of time.
    Timeout,
    /// Called off before both sides had moved.
    Aborted,
}

impl Reason {
    const ALL: [Self; 11] = [
        Self::Checkmate,
        Self::Resignation,
        Self::Stalemate,
        Self::Threefold,
        Self::Fivefold,
        Self::FiftyMoves,
        Self::SeventyFiveMoves,
        Self::DeadPosition,
        Self::Agreement,
        Self::Timeout,
        Self::Aborted,
    ];

    /// The word the outside knows this by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checkmate => "checkmate",
            Self::Resignation => "resignation",
            Self::Stalemate => "stalemate",
            Self::Threefold => "threefold",
            Self::Fivefold => "fivefold",
            Self::FiftyMoves => "fifty_moves",
            Self::SeventyFiveMoves => "seventy_five_moves",
            Self::DeadPosition => "dead_position",
            Self::Agreement => "agreement",
            Self::Timeout => "timeout",
            Self::Aborted => "aborted",
        }
    }

    /// After a preposition: `by checkmate`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Checkmate => "by checkmate",
            Self::Resignation => "by resignation",
            Self::Stalemate => "by stalemate",
            Self::Threefold => "by threefold repetition",
            Self::Fivefold => "by fivefold repetition",
            Self::FiftyMoves => "by the fifty-move rule",
            Self::SeventyFiveMoves => "by the seventy-five-move rule",
            Self::DeadPosition => "because neither side can mate",
            Self::Agreement => "by agreement",
            Self::Timeout => "on time",
            Self::Aborted => "because it was called off",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or(())
    }
}

/// What the player to move may claim a draw by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The position stands for the third time at least.
    Threefold,
    /// Fifty moves without a capture or a pawn move.
    FiftyMoves,
}

impl Claim {
    /// The reason the game would end by.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Threefold => Reason::Threefold,
            Self::FiftyMoves => Reason::FiftyMoves,
        }
    }
}

/// Whether the last of `positions` ends the game by itself.
pub(super) fn automatic_ending(positions: &[Chess]) -> Option<Ending> {
    let position = positions.last()?;
    if position.legal_moves().is_empty() {
        return Some(if position.is_check() {
            Ending::win(!position.turn(), Reason::Checkmate)
        } else {
            Ending::draw(Reason::Stalemate)
        });
    }
    if position.is_insufficient_material() {
        return Some(Ending::draw(Reason::DeadPosition));
    }
    if occurrences(positions) >= 5 {
        return Some(Ending::draw(Reason::Fivefold));
    }
    (position.halfmoves() >= 150).then_some(Ending::draw(Reason::SeventyFiveMoves))
}

/// What may be claimed in the last of `positions`.
pub(super) fn claim(positions: &[Chess]) -> Option<Claim> {
    let position = positions.last()?;
    if occurrences(positions) >= 3 {
        return Some(Claim::Threefold);
    }
    (position.halfmoves() >= 100).then_some(Claim::FiftyMoves)
}

/// How often the last of `positions` has stood on the board, itself included.
pub(super) fn occurrences(positions: &[Chess]) -> usize {
    let Some((position, earlier)) = positions.split_last() else {
        return 0;
    };
    // Nothing before the last capture or pawn move can be the same position.
    let reach = usize::try_from(position.halfmoves()).unwrap_or(usize::MAX);
    1 + earlier
        .iter()
        .rev()
        .take(reach)
        .skip(1)
        .step_by(2)
        .filter(|past| *past == position)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
        for score in [Score::White, Score::Black, Score::Draw, Score::None] {
            assert_eq!(score.as_str().parse(), Ok(score));
        }
        assert!("1-1".parse::<Score>().is_err());
        assert!("boredom".parse::<Reason>().is_err());
    }
}
