//! Puzzles, what they are rated, and the mistakes that a person is asked about again.

use super::Result;
use crate::chess::{Puzzle, Rating, Theme};
use crate::clock::Timestamp;
use crate::id::{GameId, PuzzleId, UserId};
use crate::repetition::Recall;

/// Where a puzzle comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PuzzleSource {
    /// Shipped with the program.
    Own,
    /// From a file in the format of Lichess.
    Imported,
    /// From a person's own game; that person's alone.
    Mistake,
}

impl PuzzleSource {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Imported => "imported",
            Self::Mistake => "mistake",
        }
    }
}

impl std::str::FromStr for PuzzleSource {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, &'static str> {
        let all = [Self::Own, Self::Imported, Self::Mistake];
        let found = all.into_iter().find(|source| source.as_str() == text);
        found.ok_or("unknown source of a puzzle")
    }
}

/// A puzzle and what play has shown of it.
#[derive(Debug, Clone)]
pub struct StoredPuzzle {
    /// The puzzle; its own rating is the one it came with.
    pub puzzle: Puzzle,
    /// How hard it has proved.
    pub rating: Rating,
    /// How often it was tried.
    pub plays: u32,
    /// Where it comes from.
    pub source: PuzzleSource,
}

/// Which puzzle is wanted: the first at or after a place in the order of prior ratings and ids.
#[derive(Debug, Clone, Copy)]
pub struct PuzzleQuery {
    /// What it is about.
    pub theme: Option<Theme>,
    /// From this prior rating on.
    pub from: u16,
    /// Below this one.
    pub below: u16,
    /// From this id on among puzzles of that rating.
    pub after: PuzzleId,
}

/// A mistake of a person's, as a puzzle for them alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mistake {
    /// The puzzle.
    pub puzzle: PuzzleId,
    /// The game in which it was made.
    pub game: GameId,
    /// After how many moves.
    pub ply: usize,
    /// When to ask about it again.
    pub recall: Recall,
}

/// Puzzles.
pub trait PuzzleRows {
    /// The puzzle with this id, if it is everybody's or this person's.
    fn puzzle(&mut self, user: UserId, id: PuzzleId) -> Result<Option<StoredPuzzle>>;
    /// Adds puzzles for everybody; those that are there already are left as they are. How many were new.
    fn insert_puzzles(&mut self, puzzles: &[Puzzle], source: PuzzleSource) -> Result<u32>;
    /// How many puzzles of a source there are.
    fn count_puzzles(&mut self, source: PuzzleSource) -> Result<u32>;
    /// A puzzle for everybody that the person has never had.
    fn unseen_puzzle(&mut self, user: UserId, query: &PuzzleQuery) -> Result<Option<PuzzleId>>;
    /// A shipped puzzle, whether somebody has had it or not.
    fn shipped_puzzle(&mut self, query: &PuzzleQuery) -> Result<Option<PuzzleId>>;
    /// Keeps how hard a puzzle has proved, and that it was tried once more.
    fn rate_puzzle(&mut self, id: PuzzleId, rating: Rating) -> Result<()>;
    /// The person's last game at a puzzle: the open one, or, where a puzzle is named, the one at that puzzle.
    fn attempt(&mut self, user: UserId, puzzle: Option<PuzzleId>) -> Result<Option<GameId>>;
    /// How many of the person's attempts ended solved without a fault, and how many otherwise.
    fn attempts_counted(&mut self, user: UserId) -> Result<(u32, u32)>;
    /// How many puzzles in a row the person has solved without a fault, up to now.
    fn solved_in_a_row(&mut self, user: UserId) -> Result<u32>;

    /// Adds a mistake and its puzzle, unless it is there.
    fn insert_mistake(&mut self, user: UserId, puzzle: &Puzzle, mistake: &Mistake) -> Result<()>;
    /// The mistake behind a puzzle of the person's.
    fn mistake(&mut self, user: UserId, puzzle: PuzzleId) -> Result<Option<Mistake>>;
    /// Keeps when to ask about a mistake again.
    fn put_recall(&mut self, user: UserId, puzzle: PuzzleId, recall: Recall) -> Result<()>;
    /// The mistake that is due first, due by `now` or not.
    fn next_mistake(&mut self, user: UserId) -> Result<Option<Mistake>>;
    /// How many mistakes are due.
    fn mistakes_due(&mut self, user: UserId, now: Timestamp) -> Result<u32>;
}
