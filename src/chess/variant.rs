//! Which chess is played: the usual one, or Chess960, in which the pieces behind the pawns are shuffled.
//!
//! The two differ in where a game begins and in who may castle. A position knows which of them it belongs
//! to, so that nothing has to be carried beside it.

use std::fmt;
use std::str::FromStr;

use shakmaty::{CastlingMode, Chess, Position};

/// The rules of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variant {
    /// Chess as everybody knows it.
    #[default]
    Standard,
    /// Fischer's chess: 960 starts, castling from wherever king and rook stand.
    Chess960,
}

impl Variant {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Chess960];

    /// The word the outside knows this by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Chess960 => "chess960",
        }
    }

    /// The variant that `position` belongs to.
    pub fn of(position: &Chess) -> Self {
        match position.castles().mode() {
            CastlingMode::Standard => Self::Standard,
            CastlingMode::Chess960 => Self::Chess960,
        }
    }

    /// How castling is done, and written in UCI.
    pub(super) const fn castling(self) -> CastlingMode {
        match self {
            Self::Standard => CastlingMode::Standard,
            Self::Chess960 => CastlingMode::Chess960,
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Variant {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|variant| variant.as_str() == text)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for variant in Variant::ALL {
            assert_eq!(variant.as_str().parse(), Ok(variant));
        }
        assert!("atomic".parse::<Variant>().is_err());
        assert_eq!(Variant::of(&Chess::new()), Variant::default());
    }
}
