//! What may happen on a board: positions, games, the reading and wording of moves, and how games end.
//!
//! Pure: no clock, no storage, no randomness. It decides whether a move is legal, when a game is over and
//! what may be claimed, and what can be said about a position without guessing. It does not know who
//! plays, where games are kept or how answers travel.

mod assessment;
mod board;
mod check;
mod continuation;
mod diagram;
mod exchange;
mod facts;
mod game;
mod hint;
mod import;
mod mate;
mod mate_in_one;
mod mating;
mod motif;
mod movetext;
mod notation;
mod opening;
mod outcome;
mod pattern;
mod pgn;
mod player;
mod puzzle;
mod rating;
mod recognition;
mod refusal;
mod review;
mod start;
mod tactics;
mod theme;
mod variant;
mod vocabulary;
mod why_not;
mod wording;

#[cfg(test)]
mod facts_truth;
#[cfg(test)]
mod same_game;
#[cfg(test)]
pub(crate) mod walk;

pub use assessment::Assessment;
pub use board::{Material, diagram, fen_of, san_moves};
pub use continuation::{legal_line, numbered_line};
pub use diagram::{Arrow, DIAGRAM_SIZE, Diagram};
pub use exchange::gain as exchange_gain;
pub use facts::{Coaching, facts};
pub use game::{Game, Unplayable};
pub use hint::{Hint, HintStep, hint};
pub use import::{ImportFault, ImportLimits, Imported, ImportedGame, read_games};
pub use mate::{Defence, Exhausted, forced_mate, mating_keys, stoutest_defence};
pub use mate_in_one::{allows_mate_in_one, mate_in_one};
pub use movetext::{MAX_MOVETEXT, movetext_tokens};
pub use notation::{MoveText, read_move};
pub use opening::{Opening, warm_up as warm_up_openings};
pub use outcome::{Claim, Ending, Reason, Score};
pub use pgn::{Pgn, PgnTags, numbered, numbered_sans};
pub use player::{Opponent, PersonSide};
pub use puzzle::{Goal, InvalidPuzzle, Puzzle, Verdict};
pub use rating::{Outcome, Rating};
pub use recognition::motifs;
pub use refusal::{MoveFault, MoveRefusal, Refusal};
pub use review::{Counts, Evaluated, Judgement, Moment, OpeningLeft, Review, ReviewedMove, Slip, review};
pub use start::{MAX_FEN, STARTS, Start};
pub use theme::{Theme, UnknownTheme, theme_words};
pub use variant::Variant;
pub use wording::{color_name, move_words, role_name};

pub use shakmaty::uci::UciMove;
pub use shakmaty::{ByColor, Color, Move, Square};
