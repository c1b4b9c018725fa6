//! What may happen on a board: positions, games, the reading and wording of moves, and how games end.
//!
//! Pure: no clock, no storage, no randomness. It decides whether a move is legal, when a game is over and
//! what may be claimed, and what can be said about a position without guessing. It does not know who
//! plays, where games are kept or how answers travel.

mod board;
mod exchange;
mod facts;
mod game;
mod movetext;
mod notation;
mod opening;
mod outcome;
mod pattern;
mod pgn;
mod player;
mod refusal;
mod start;
mod vocabulary;
mod wording;

#[cfg(test)]
mod walk;

pub use board::{Material, diagram, fen_of, san_moves};
pub use facts::{Coaching, facts};
pub use game::{Game, Unplayable};
pub use movetext::{MAX_MOVETEXT, movetext_tokens};
pub use notation::{MoveText, read_move};
pub use opening::{Opening, warm_up as warm_up_openings};
pub use outcome::{Claim, Ending, Reason, Score};
pub use pgn::{Pgn, PgnTags, numbered, numbered_sans};
pub use player::{Opponent, PersonSide};
pub use refusal::{MoveFault, MoveRefusal, Refusal};
pub use start::{MAX_FEN, Start};
pub use wording::{color_name, move_words, role_name};

pub use shakmaty::{Color, Move};
