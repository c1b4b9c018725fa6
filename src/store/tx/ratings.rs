//! How strong people are at what, and the days on which they played.

use super::Result;
use crate::chess::Rating;
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};

/// What a person is rated at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatingKind {
    /// Games against the engine.
    Engine,
    /// Games against other people.
    Friend,
    /// Puzzles.
    Puzzles,
}

impl RatingKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Engine, Self::Friend, Self::Puzzles];

    /// The word the outside knows this by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Friend => "friend",
            Self::Puzzles => "puzzles",
        }
    }
}

impl std::str::FromStr for RatingKind {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, &'static str> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or("unknown kind of rating")
    }
}

/// A person's rating as it was after their last game.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeptRating {
    /// The rating.
    pub rating: Rating,
    /// How many games or puzzles went into it.
    pub plays: u32,
    /// When the last one did.
    pub changed_at: Timestamp,
}

/// What one game or puzzle did to a rating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatingChange {
    /// Which rating.
    pub kind: RatingKind,
    /// By how many points.
    pub by: f64,
    /// To how many.
    pub to: f64,
}

/// Ratings and activity.
pub trait RatingRows {
    /// The person's rating of this kind, once they have played.
    fn rating(&mut self, user: UserId, kind: RatingKind) -> Result<Option<KeptRating>>;
    /// Keeps a rating in place of the one before.
    fn put_rating(&mut self, user: UserId, kind: RatingKind, rating: &KeptRating) -> Result<()>;
    /// Notes what a game did to the person's rating; [`super::GameRows`] shows it with the game.
    fn put_rating_change(
        &mut self,
        user: UserId,
        game: GameId,
        change: RatingChange,
        at: Timestamp,
    ) -> Result<()>;
    /// Takes back what a game of the person's did to ratings, the other player's too.
    fn take_back_rating(&mut self, user: UserId, game: GameId) -> Result<()>;
    /// The ratings that the person's last counted games of this kind led to, newest first.
    fn rating_history(&mut self, user: UserId, kind: RatingKind, limit: u32) -> Result<Vec<f64>>;

    /// Notes that the person played on a day, counted from 1970.
    fn mark_active(&mut self, user: UserId, day: i64) -> Result<()>;
    /// The last days on which the person played, newest first.
    fn active_days(&mut self, user: UserId, limit: u32) -> Result<Vec<i64>>;
}
