//! A person's games: load, decide, save; and the engine's replies.
//!
//! # Design
//!
//! A person's move is one unit of work and on disk before anything else happens. Only then, with no
//! transaction open, the engine is asked; its reply is a second unit, which does nothing when the game has
//! moved on meanwhile. So neither a slow nor a dead engine can lose a move, and a reply that is still owed
//! is visible in the row and made good by [`Games::run`], after a restart too.
//!
//! Whatever changes a game ends in [`settle::save`], the one place that knows what else the end of a game
//! changes: ratings and the days on which the person played.

mod analysis;
mod answer;
mod change;
mod choice;
mod export;
mod fair_play;
mod finish;
mod friends;
mod hint;
mod import;
mod library;
mod play;
mod puzzles;
mod quota;
mod review;
mod settle;
mod start;
mod takeback;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::chess::{Assessment, Color, Game, Refusal, Variant};
use crate::clock::{Clock, Timestamp};
use crate::engine::{Engines, Line, Score};
use crate::store::{Store, StoreError};

pub use analysis::{Analysis, AnalysisLine, Analyze, Evaluation, Subject};
pub use export::ExportedGame;
pub use finish::Finish;
pub use friends::Invited;
pub use hint::{HintKind, Hinted};
pub use import::{ImportRequest, Imported, ImportedGame};
pub use library::{Page, Profile};
pub use play::{Mover, PlayMove};
pub use puzzles::{Difficulty, PuzzleRequest};
pub use review::{ReviewRequest, Reviewed};
pub use start::{NewGame, NewOpponent, SideChoice, Strength};
pub use takeback::{TakeBack, UndoAnswer};

pub use crate::store::{
    AttemptState, GameFilter, GameSummary, Grouping, Kept, KeptRating, OpeningCount, RatingKind, StoredGame,
    Tally,
};

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum GamesError {
    /// It cannot be done; the text is for the player.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, GamesError>;

/// Everybody's games. Cheap to clone.
#[derive(Clone)]
pub struct Games(Arc<Parts>);

struct Parts {
    store: Store,
    engines: Engines,
    clock: Clock,
    quota: u32,
    shipped: puzzles::Shipped,
    answering: answer::Answering,
    changes: change::Changes,
    /// Whose turn it is to read a PGN.
    reading: Arc<Semaphore>,
}

/// A game after a call, and what the call did.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The game as it stands.
    pub stored: StoredGame,
    /// Moves from this ply on are news to the person.
    pub since: usize,
    /// The ply of the person's last move in this call.
    pub played: Option<usize>,
    /// How many moves the call played for the person.
    pub played_count: usize,
    /// The ply of the opponent's answer in this call.
    pub reply: Option<usize>,
    /// The call was a repetition; nothing was done again.
    pub repeated: bool,
    /// The wish that this call, or the engine in it, answered. One that a friend turned down stays with the game.
    pub answered: Option<AnsweredOffer>,
    /// Another game in which somebody waits for the person.
    pub elsewhere: Option<GameSummary>,
    /// What else the person should know.
    pub notes: Vec<String>,
}

/// A wish and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnsweredOffer {
    /// A draw, else a takeback.
    pub draw: bool,
    /// The person had wished it, else the opponent.
    pub by_person: bool,
    /// What the answer was.
    pub accepted: bool,
}

impl Shown {
    fn of(stored: StoredGame) -> Self {
        let since = stored.game.ply();
        Self {
            stored,
            since,
            played: None,
            played_count: 0,
            reply: None,
            repeated: false,
            answered: None,
            elsewhere: None,
            notes: Vec::new(),
        }
    }

    fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl Games {
    /// The games in `store`, at most `quota` of each person, with `engines` to play against.
    pub fn new(store: Store, engines: Engines, clock: Clock, quota: u32) -> Self {
        let answering = answer::Answering::default();
        Self(Arc::new(Parts {
            store,
            engines,
            clock,
            quota,
            shipped: puzzles::Shipped::default(),
            answering,
            changes: change::Changes::default(),
            reading: Arc::new(Semaphore::new(1)),
        }))
    }

    /// Whether an engine runs, or can be started now.
    pub async fn engine_is_ready(&self) -> bool {
        self.0.engines.probe().await.is_ok()
    }
}

impl StoredGame {
    /// Notes that something happened.
    fn touch(&mut self, now: Timestamp) {
        self.revision += 1;
        self.changed_at = now;
    }

    /// A move answers what was asked before it, as a move at a board does.
    fn forget_requests(&mut self) {
        if let Some(friend) = &mut self.friend {
            friend.undo_offer = None;
            friend.declined = None;
        }
    }
}

/// Said of positions that no game can lead to.
const BEYOND_ENGINES: &str = "No engine is asked about a position with more than 16 men of one colour, or with more moves than \
                              chess allows.";

/// How long a game may get here, in plies; the longest that masters played had 538.
const LONGEST: usize = 1000;

/// Whether another move may be entered.
fn require_room(game: &Game) -> std::result::Result<(), Refusal> {
    if game.ply() < LONGEST {
        return Ok(());
    }
    Err(Refusal::Other(format!(
        "A game has at most {LONGEST} moves of both sides together here."
    )))
}

/// A game from elsewhere stays as it was played, also where it has no end.
fn require_played_here(stored: &StoredGame) -> std::result::Result<(), Refusal> {
    if stored.imported.is_none() {
        return Ok(());
    }
    Err(Refusal::Other(format!(
        "Game {0} was played elsewhere and stays as it is. To try moves or to play on, start from it: chess_new_game \
         with from_game {0} and ply.",
        stored.id
    )))
}

/// An engine's score of a position in which `turn` is to move.
fn assessment_of(score: Score, turn: Color) -> Assessment {
    match score {
        Score::Centipawns(value) => Assessment::centipawns_for(turn, value),
        Score::Mate(moves) => Assessment::mate_for(turn, moves),
    }
}

fn line_of(game: &Game) -> Line {
    let (start, moves) = game.line();
    Line {
        start,
        moves,
        chess960: game.variant() == Variant::Chess960,
    }
}
