//! A person's games: load, decide, save; and the engine's replies.
//!
//! # Design
//!
//! A person's move is one unit of work and on disk before anything else happens. Only then, with no
//! transaction open, the engine is asked; its reply is a second unit, which does nothing when the game has
//! moved on meanwhile. So neither a slow nor a dead engine can lose a move, and a reply that is still owed
//! is visible in the row and made good by [`Games::run`], after a restart too.

mod analysis;
mod answer;
mod choice;
mod export;
mod finish;
mod library;
mod play;
mod quota;
mod start;
mod takeback;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::chess::{Game, Refusal};
use crate::clock::{Clock, Timestamp};
use crate::engine::{Engines, Line};
use crate::store::{Store, StoreError};

pub use analysis::{Analysis, AnalysisLine, Analyze, Evaluation, Subject};
pub use export::ExportedGame;
pub use finish::Finish;
pub use library::{Page, Profile};
pub use play::PlayMove;
pub use start::{NewGame, NewOpponent, SideChoice};

pub use crate::store::{GameFilter, GameSummary, OpeningCount, StoredGame, Tally};

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
    answering: answer::Answering,
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
    /// The opponent's answer to the person's draw offer.
    pub draw_accepted: Option<bool>,
    /// What else the person should know.
    pub notes: Vec<String>,
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
            draw_accepted: None,
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
            answering,
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
}

fn line_of(game: &Game) -> Line {
    let (start, moves) = game.line();
    Line {
        start,
        moves,
        chess960: false,
    }
}
