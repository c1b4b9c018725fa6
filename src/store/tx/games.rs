//! Games at rest: what is kept of one, and the verbs over them. Every verb that shows one takes the person who
//! sits at it; only an invitation finds a game for somebody who does not.

use super::Result;
use super::ratings::RatingChange;
use crate::chess::{Color, Game, Opening, Opponent, Outcome, PersonSide, PgnTags, Reason, Score};
use crate::clock::Timestamp;
use crate::id::{GameId, PuzzleId, UserId};

/// One person's game, or one that two share, as this person sees it.
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
    /// Whether its result counts for ratings.
    pub rated: bool,
    /// What its result did to the person's rating.
    pub rating: Option<RatingChange>,
    /// The moves and how it stands.
    pub game: Game,
    /// The deepest named position it went through.
    pub opening: Option<Opening>,
    /// What belongs to a game with another person, and to no other.
    pub friend: Option<FriendGame>,
    /// What belongs to a puzzle, and to nothing else.
    pub puzzle: Option<Attempt>,
    /// Who played it and where, when it came from elsewhere.
    pub imported: Option<PgnTags>,
    /// How far a hint has gone.
    pub hint: Option<HintGiven>,
    /// Rises with every change.
    pub revision: u32,
    /// Whether the person has done anything in it.
    pub touched: bool,
    /// The request that made it, to recognise a repeated one.
    pub request: Option<String>,
    /// What was last sent for a move.
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

/// The hint that was given last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HintGiven {
    /// The position it was about, by the moves played.
    pub ply: usize,
    /// 1 for the idea, 2 for the piece, 3 for the move.
    pub step: u8,
}

/// What two people who play each other have between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FriendGame {
    /// The other person, once there is one.
    pub other: Option<UserId>,
    /// How the other person is called.
    pub name: Option<String>,
    /// What lets another person in, while nobody has come and only to the one who invited.
    pub invitation: Option<Invitation>,
    /// How long each may think about a move, in days; without, for ever.
    pub days_per_move: Option<u8>,
    /// When the player to move loses on time.
    pub deadline: Option<Timestamp>,
    /// Who asked to take the last move back, and has no answer yet.
    pub undo_offer: Option<Color>,
    /// Whose last request was turned down.
    pub declined: Option<Declined>,
}

/// A request that was turned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declined {
    /// A draw, else a takeback.
    pub draw: bool,
    /// Who had asked.
    pub asked_by: Color,
}

/// What lets another person into a game.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Said or sent by one person to another; kept readable, because it is shown again until it is used.
    pub code: String,
    /// Until when it works.
    pub ends: Timestamp,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation")
            .field("ends", &self.ends)
            .finish_non_exhaustive()
    }
}

/// A person at a puzzle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which puzzle.
    pub id: PuzzleId,
    /// How far it got.
    pub state: AttemptState,
    /// A wrong move was made or a hint taken: it counts as not solved, whatever comes.
    pub failed: bool,
}

/// How far a person got with a puzzle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptState {
    /// The person may try.
    Open,
    /// The person found the way.
    Solved,
    /// The person was told the way.
    Unsolved,
}

impl AttemptState {
    /// The word the outside knows this by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Solved => "solved",
            Self::Unsolved => "unsolved",
        }
    }
}

impl std::str::FromStr for AttemptState {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        [Self::Open, Self::Solved, Self::Unsolved]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(())
    }
}

impl StoredGame {
    /// A new game with nothing special about it.
    pub fn new(id: GameId, opponent: Opponent, person: PersonSide, game: Game, now: Timestamp) -> Self {
        Self {
            id,
            opponent,
            person,
            coach: false,
            rated: false,
            rating: None,
            opening: Opening::of_game(game.positions()),
            game,
            friend: (opponent == Opponent::Friend).then(FriendGame::default),
            puzzle: None,
            imported: None,
            hint: None,
            revision: 1,
            touched: false,
            request: None,
            last_text: None,
            undone_from: None,
            created_at: now,
            changed_at: now,
        }
    }

    /// Whether moves may be made: it is played here, and neither the game is over nor the puzzle.
    pub fn is_open(&self) -> bool {
        let attempted = self
            .puzzle
            .as_ref()
            .is_none_or(|attempt| attempt.state == AttemptState::Open);
        self.game.is_ongoing() && attempted && self.imported.is_none()
    }

    /// Whether the engine has a move to make.
    pub fn owes_reply(&self) -> bool {
        self.opponent.is_engine() && self.game.is_ongoing() && !self.person.plays(self.game.turn())
    }

    /// Whether the person is to move.
    pub fn is_persons_turn(&self) -> bool {
        self.is_open() && self.person.plays(self.game.turn())
    }
}

/// What lists show of a game, read without replaying it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameSummary {
    /// Its name.
    pub id: GameId,
    /// Who answers.
    pub opponent: Opponent,
    /// The name of the friend, or of the other side in a game from elsewhere.
    pub name: Option<String>,
    /// How far the person got, where it is a puzzle.
    pub attempt: Option<AttemptState>,
    /// It came from elsewhere.
    pub is_imported: bool,
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
        self.reason.is_none() && self.attempt.is_none_or(|state| state == AttemptState::Open)
    }

    /// Whether the person is to move.
    pub fn is_persons_turn(&self) -> bool {
        self.is_ongoing() && !self.is_imported && self.person.plays(self.turn)
    }
}

/// What a list is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kept {
    /// Everything.
    #[default]
    All,
    /// Games, from elsewhere too.
    Games,
    /// Games that are played here.
    Own,
    /// Puzzles.
    Puzzles,
    /// Games from elsewhere.
    Imported,
}

/// Which games a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GameFilter {
    /// Games or puzzles.
    pub kept: Kept,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What they have in common, in the words of [`Grouping`].
    pub group: String,
    /// Games the person won.
    pub won: u32,
    /// Draws.
    pub drawn: u32,
    /// Games the person lost.
    pub lost: u32,
}

/// What results are added up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The opponent: `engine 3`, `friend`, `assistant`, `imported`.
    Opponent,
    /// The person's colour.
    Color,
    /// The month in which it ended, `2026-03`.
    Month,
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

/// How the last adaptive game went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastAdaptive {
    /// At which level.
    pub level: u8,
    /// How it ended for the person.
    pub outcome: Outcome,
}

/// A game in which the engine has a move to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwedReply {
    /// Whose game it is.
    pub user: UserId,
    /// Which game.
    pub game: GameId,
    /// Since when.
    pub since: Timestamp,
}

/// Games. Each verb with a person finds only games in which that person has a seat.
pub trait GameRows {
    /// The person's game with this id.
    fn game(&mut self, user: UserId, id: GameId) -> Result<Option<StoredGame>>;
    /// The revision of that game, which costs far less.
    fn revision(&mut self, user: UserId, id: GameId) -> Result<Option<u32>>;
    /// The person's game that changed last.
    fn newest_game(&mut self, user: UserId) -> Result<Option<StoredGame>>;
    /// How many games the person has begun.
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
    /// Takes the game from the person; says whether there was one. A friend keeps it.
    fn delete_game(&mut self, user: UserId, id: GameId) -> Result<bool>;
    /// Deletes the person's engine games in which they did nothing and no move is theirs.
    fn discard_untouched_games(&mut self, user: UserId) -> Result<()>;
    /// The engine that the person played last.
    fn last_engine(&mut self, user: UserId) -> Result<Option<Opponent>>;
    /// The person's adaptive game that ended last.
    fn last_adaptive(&mut self, user: UserId) -> Result<Option<LastAdaptive>>;
    /// How the person's finished games ended.
    fn tallies(&mut self, user: UserId, by: Grouping) -> Result<Vec<Tally>>;
    /// The openings of the person's finished games, the most frequent first.
    fn opening_counts(&mut self, user: UserId, limit: u32) -> Result<Vec<OpeningCount>>;
    /// Games of anybody in which the engine has a move to make, the longest waiting first, from the one after `last`
    /// on.
    fn owed_replies(&mut self, last: Option<&OwedReply>, limit: u32) -> Result<Vec<OwedReply>>;

    /// The game that an invitation leads to, with the person who invited.
    fn invited_game(&mut self, code: &str, now: Timestamp) -> Result<Option<(UserId, StoredGame)>>;
    /// The game that the person has joined with this invitation.
    fn joined_game(&mut self, user: UserId, code: &str) -> Result<Option<GameId>>;
    /// The person's game against a friend, other than `but`, that changed last among those in which it is their turn.
    fn awaited_game(&mut self, user: UserId, but: Option<GameId>) -> Result<Option<GameSummary>>;
    /// Gives the free side to a person; the invitation lets nobody else in then.
    fn take_seat(&mut self, id: GameId, friend: UserId) -> Result<()>;
    /// Friend games of anybody whose player to move ran out of time, with one of the players.
    fn overdue_games(&mut self, now: Timestamp, limit: u32) -> Result<Vec<(UserId, GameId)>>;
}
