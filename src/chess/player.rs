//! Who sits at the board: what kind of opponent, and which side is the person's.

use std::fmt;
use std::str::FromStr;

use shakmaty::Color;

/// Who answers the person's moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opponent {
    /// The engine, at one of its levels.
    Engine {
        /// 1 (a first day) to 10 (full strength).
        level: u8,
        /// The level follows the person's results from game to game.
        adaptive: bool,
    },
    /// The model that the person talks to; its moves are recorded like theirs.
    Assistant,
    /// Another person of this server.
    Friend,
    /// Nobody: the person moves both sides, to set up and to try.
    Nobody,
    /// A position with one answer; its solution replies.
    Puzzle,
}

impl Opponent {
    /// Every kind's word, as [`Opponent::kind`] gives it.
    pub const KINDS: [&'static str; 5] = ["engine", "assistant", "friend", "nobody", "puzzle"];

    /// The word the outside knows this kind by.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Engine { .. } => "engine",
            Self::Assistant => "assistant",
            Self::Friend => "friend",
            Self::Nobody => "nobody",
            Self::Puzzle => "puzzle",
        }
    }

    /// The engine's level, where there is one.
    pub const fn level(self) -> Option<u8> {
        match self {
            Self::Engine { level, .. } => Some(level),
            _ => None,
        }
    }

    /// Whether the engine answers.
    pub const fn is_engine(self) -> bool {
        matches!(self, Self::Engine { .. })
    }

    /// Whether somebody or something sits on the other side, so that there is a game to resign.
    pub const fn is_player(self) -> bool {
        matches!(self, Self::Engine { .. } | Self::Assistant | Self::Friend)
    }

    /// For sentences: `the engine`, `your friend`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Engine { .. } => "the engine",
            Self::Assistant => "the assistant",
            Self::Friend => "the friend",
            Self::Nobody => "nobody",
            Self::Puzzle => "the puzzle",
        }
    }
}

/// The side or sides that the person moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonSide {
    /// White.
    White,
    /// Black.
    Black,
    /// Both, on a board without an opponent.
    Both,
}

impl PersonSide {
    /// Whether the person moves the pieces of `color`.
    pub fn plays(self, color: Color) -> bool {
        self.color().is_none_or(|own| own == color)
    }

    /// The one colour of the person, or none where it is both.
    pub const fn color(self) -> Option<Color> {
        match self {
            Self::White => Some(Color::White),
            Self::Black => Some(Color::Black),
            Self::Both => None,
        }
    }

    /// The side from which a board is shown to the person.
    pub fn view(self) -> Color {
        self.color().unwrap_or(Color::White)
    }

    /// The word the outside knows this by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Black => "black",
            Self::Both => "both",
        }
    }
}

impl From<Color> for PersonSide {
    fn from(color: Color) -> Self {
        color.fold_wb(Self::White, Self::Black)
    }
}

impl fmt::Display for PersonSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PersonSide {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "white" => Ok(Self::White),
            "black" => Ok(Self::Black),
            "both" => Ok(Self::Both),
            _ => Err(()),
        }
    }
}
