//! Why something cannot be done, written for the player.
//!
//! A refusal is all the text the player gets: what was tried, why not, what is possible instead, where the
//! game stands, and that nothing changed.

use std::fmt;

/// What was asked cannot be done. Nothing changed that the player could see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A move that cannot be played.
    Move(Box<MoveRefusal>),
    /// A FEN that is none; the text says why, after `because`.
    Fen(String),
    /// It is not done yet; the text says how far it got and how to go on.
    Unfinished(String),
    /// Anything else, as a whole sentence.
    Other(String),
}

impl Refusal {
    /// A refusal in one or two whole sentences.
    pub fn other(text: impl Into<String>) -> Self {
        Self::Other(text.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Move(refusal) => refusal.fmt(f)?,
            Self::Fen(why) => write!(f, "That FEN cannot be used: {why}.")?,
            Self::Unfinished(text) => return f.write_str(text),
            Self::Other(text) => f.write_str(text)?,
        }
        f.write_str(" Nothing changed; ask the person.")
    }
}

impl std::error::Error for Refusal {}

/// A move that cannot be played, and what can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveRefusal {
    /// What was sent, shortened where it was long.
    pub tried: String,
    /// What is the matter with it.
    pub fault: MoveFault,
    /// Up to five legal moves that resemble it.
    pub similar: Vec<String>,
    /// The remaining legal moves.
    pub others: Vec<String>,
    /// How many moves have been played.
    pub ply: usize,
    /// The position.
    pub fen: String,
}

/// What is the matter with a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveFault {
    /// It is no move in any notation that is read here.
    NotUnderstood,
    /// It is a move, but not a legal one; the text says why in a clause.
    Illegal(String),
    /// Several legal moves fit; these are the texts that each name one.
    Ambiguous(Vec<String>),
    /// A pawn reaches the last rank and it is not said what it becomes; these are the texts to send.
    Promotion(Vec<String>),
}

impl fmt::Display for MoveRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tried = &self.tried;
        match &self.fault {
            MoveFault::NotUnderstood => {
                write!(
                    f,
                    "`{tried}` was not understood as a move (Nf3, e4, O-O, e7e8q and `knight f3` are)."
                )?;
            }
            MoveFault::Illegal(why) => write!(f, "`{tried}` is not legal: {why}.")?,
            MoveFault::Ambiguous(choices) => {
                write!(
                    f,
                    "`{tried}` could mean more than one move. Send exactly one of: {}.",
                    choices.join(", ")
                )?;
            }
            MoveFault::Promotion(choices) => {
                write!(
                    f,
                    "`{tried}` promotes a pawn and does not say to what. Send exactly one of: {}.",
                    choices.join(", ")
                )?;
            }
        }
        if !self.similar.is_empty() {
            write!(f, " Similar legal moves: {}.", self.similar.join(", "))?;
        }
        if !self.others.is_empty() {
            let lead = if self.similar.is_empty() {
                "Legal moves"
            } else {
                "Other legal moves"
            };
            write!(f, " {lead}: {}.", self.others.join(", "))?;
        }
        write!(f, " Position at ply {}: {}.", self.ply, self.fen)
    }
}
