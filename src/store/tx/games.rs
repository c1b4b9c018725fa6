//! Games at rest: what is kept of one, and the verbs over them. Every verb takes the person whose games
//! these are; there is none that finds a game without its owner.

use super::Result;
use crate::chess::{Color, Game, Opening, Opponent, PersonSide, Reason, Score};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};

/// One person's game.
#[derive(Debug, Clone)]
pub struct StoredGame {
    /// The name the person and the model know it by.
    pub id: GameId,
    /// Who answers.
    pub opponent: Opponent,
    /// The side that the person moves.
    pub person: PersonSide,
    /// Whether threats and slips are pointed out.
    pub coach: bool,
    /// The moves and how it stands.
    pub game: Game,
    /// The deepest named position it went through.
    pub opening: Option<Opening>,
    /// Rises with every change.
    pub revision: u32,
    /// Whether the person has done anything in it.
    pub touched: bool,
    /// The request that made it, to recognise a repeated one.
    pub request: Option<String>,
    /// What the person last sent for a move.
    pub last_text: Option<SentMove>,
    /// The ply from which the last takeback went back, while nothing else has happened since.
    pub undone_from: Option<usize>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// A move as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMove {
    /// The text.
    pub text: String,
    /// The ply it was played at.
    pub ply: usize,
    /// When.
    pub at: Timestamp,
}

impl StoredGame {
    /// Whether the engine has a move to make.
    pub fn owes_reply(&self) -> bool {
        matches!(self.opponent, Opponent::Engine { .. })
            && self.game.is_ongoing()
            && !self.person.plays(self.game.turn())
    }

    /// Whether the person is to move.
    pub fn is_persons_turn(&self) -> bool {
        self.game.is_ongoing() && self.person.plays(self.game.turn())
    }
}

/// What lists show of a game, read without replaying it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameSummary {
    /// Its name.
    pub id: GameId,
    /// Who answers.
    pub opponent: Opponent,
    /// The person's side.
    pub person: PersonSide,
    /// How many moves were played.
    pub ply: usize,
    /// Whose turn it is.
    pub turn: Color,
    /// The result; `*` without a reason while the game goes on.
    pub score: Score,
    /// Why it ended.
    pub reason: Option<Reason>,
    /// The opening.
    pub opening: Option<Opening>,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Its place in the order of changes of this person's games; pages continue below it.
    pub change: i64,
}

impl GameSummary {
    /// Whether it goes on.
    pub fn is_ongoing(&self) -> bool {
        self.reason.is_none()
    }

    /// Whether the person is to move.
    pub fn is_persons_turn(&self) -> bool {
        self.is_ongoing() && self.person.plays(self.turn)
    }
}

/// Which games a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GameFilter {
    /// Finished ones, or those that go on.
    pub finished: Option<bool>,
    /// The kind of opponent, as [`Opponent::kind`] names it.
    pub opponent: Option<&'static str>,
    /// The person's side.
    pub person: Option<PersonSide>,
    /// Results, of which one must hold.
    pub scores: Vec<Score>,
    /// Won (`true`) or lost (`false`) by the person.
    pub won: Option<bool>,
    /// A part of the opening's name, or the beginning of its code.
    pub opening: Option<String>,
    /// Changed at this time or later.
    pub since: Option<Timestamp>,
    /// Changed before this time.
    pub until: Option<Timestamp>,
    /// Below this place in the order of changes.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: u32,
}

/// How games of one kind ended for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Against whom.
    pub opponent: Opponent,
    /// Games the person won.
    pub won: u32,
    /// Draws.
    pub drawn: u32,
    /// Games the person lost.
    pub lost: u32,
}

/// An opening and how often the person had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningCount {
    /// The opening.
    pub opening: Opening,
    /// In how many finished games.
    pub games: u32,
    /// How many of them the person won.
    pub won: u32,
}

/// Games.
pub trait GameRows {
    /// The person's game with this id.
    fn game(&mut self, user: UserId, id: GameId) -> Result<Option<StoredGame>>;
    /// The person's game that changed last.
    fn newest_game(&mut self, user: UserId) -> Result<Option<StoredGame>>;
    /// How many games the person has.
    fn count_games(&mut self, user: UserId) -> Result<u32>;
    /// The person's games, newest change first.
    fn games(&mut self, user: UserId, filter: &GameFilter) -> Result<Vec<GameSummary>>;
    /// The untouched game that an equal request made at `since` or later.
    fn game_by_request(
        &mut self,
        user: UserId,
        request: &str,
        since: Timestamp,
    ) -> Result<Option<StoredGame>>;
    /// Adds a game; it becomes the one changed last.
    fn insert_game(&mut self, user: UserId, game: &StoredGame) -> Result<()>;
    /// Stores what changed; it becomes the one changed last.
    fn update_game(&mut self, user: UserId, game: &StoredGame) -> Result<()>;
    /// Deletes the person's game; says whether there was one.
    fn delete_game(&mut self, user: UserId, id: GameId) -> Result<bool>;
    /// Deletes the person's engine games in which they never moved.
    fn discard_untouched_games(&mut self, user: UserId) -> Result<()>;
    /// The level the person last played the engine at.
    fn last_level(&mut self, user: UserId) -> Result<Option<u8>>;
    /// How the person's finished games ended, by opponent.
    fn tallies(&mut self, user: UserId) -> Result<Vec<Tally>>;
    /// The openings of the person's finished games, the most frequent first.
    fn opening_counts(&mut self, user: UserId, limit: u32) -> Result<Vec<OpeningCount>>;
    /// Games of anybody in which the engine has a move to make, the longest waiting first.
    fn owed_replies(&mut self, limit: u32) -> Result<Vec<(UserId, GameId)>>;
}
