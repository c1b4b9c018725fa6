//! What engines thought of games, kept so that nothing is computed twice.

use super::Result;
use crate::chess::{ByColor, Evaluated};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};

/// The evaluations of a game.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReview {
    /// One for each position, the start first.
    pub evaluated: Vec<Evaluated>,
    /// Per cent; none for a side that did not move.
    pub accuracy: ByColor<Option<f64>>,
    /// When they were made.
    pub made_at: Timestamp,
}

/// Reviews. They belong to exactly the moves they were made of.
pub trait ReviewRows {
    /// The review of a game with these moves, in UCI.
    fn review(&mut self, game: GameId, moves: &str) -> Result<Option<StoredReview>>;
    /// Keeps a review in place of the one before.
    fn put_review(&mut self, game: GameId, moves: &str, review: &StoredReview) -> Result<()>;
    /// The person's accuracy in their last reviewed games, newest first.
    fn accuracies(&mut self, user: UserId, limit: u32) -> Result<Vec<f64>>;
    /// Wholly reviewed games of the person's that are over, or came from elsewhere, and whose mistakes have not become
    /// puzzles.
    fn games_to_mine(&mut self, user: UserId, limit: u32) -> Result<Vec<GameId>>;
    /// Notes that the mistakes of a game are puzzles now.
    fn mark_mined(&mut self, user: UserId, game: GameId) -> Result<()>;
}
