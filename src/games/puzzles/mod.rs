//! Puzzles: which one a person gets, and what setting one up stores.
//!
//! A puzzle is kept like a game: its start and the moves made in it. How hard the next one is follows the person's
//! rating; what it is about is never told, because that would give half of it away.

mod attempt;
mod mistakes;
mod shipped;

use super::{Games, Result, Shown, choice, quota, settle};
use crate::chess::{Game, Goal, Opponent, PersonSide, Refusal, Start, Theme, Variant, color_name};
use crate::clock::Timestamp;
use crate::id::{GameId, PuzzleId, UserId};
use crate::secret;
use crate::store::{
    Attempt, AttemptState, PuzzleQuery, PuzzleSource, RatingKind, StoredGame, StoredPuzzle, Tx,
};

pub(super) use attempt::{fail, give_up};
pub(super) use shipped::Shipped;

/// Which puzzle the person wants.
#[derive(Debug, Clone, Copy, Default)]
pub struct PuzzleRequest {
    /// This one.
    pub id: Option<PuzzleId>,
    /// One about this.
    pub theme: Option<Theme>,
    /// How hard.
    pub difficulty: Difficulty,
    /// The same for everybody today.
    pub daily: bool,
    /// Not the one that is still open.
    pub another: bool,
}

/// How hard a puzzle should be, measured by the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Difficulty {
    /// Rather easy.
    Easy,
    /// About right.
    #[default]
    Normal,
    /// Rather hard.
    Hard,
}

impl Difficulty {
    /// By how many rating points a puzzle differs from the person.
    const fn shift(self) -> i32 {
        match self {
            Self::Easy => -250,
            Self::Normal => 0,
            Self::Hard => 250,
        }
    }
}

/// How far around the wished rating puzzles are looked for at first.
const SPREAD: i32 = 100;

/// Puzzles of the day lie between these ratings: most people can solve them, and have to think.
const DAILY: (u16, u16) = (1100, 1700);

/// Said to whoever asked for an easier or harder puzzle while one is open.
const STILL_OPEN: &str = "This puzzle was set up before and is untouched. For one of the difficulty asked for, call again with `another` true.";

/// What chance decides, decided before the unit of work.
#[derive(Debug, Clone, Copy)]
struct Draw {
    game: GameId,
    offset: i32,
    after: PuzzleId,
}

impl Draw {
    fn new() -> Self {
        let offset = i32::from(u16::from_le_bytes(secret::random())) % (2 * SPREAD) - SPREAD;
        Self {
            game: GameId::new(secret::random()),
            offset,
            after: PuzzleId::anywhere(secret::random()),
        }
    }
}

impl Games {
    /// Sets up a puzzle, or shows the one that is open.
    pub async fn puzzle(&self, user: UserId, request: PuzzleRequest) -> Result<Shown> {
        self.load_shipped_puzzles().await?;
        let (now, quota, draw) = (self.0.clock.now(), self.0.quota, Draw::new());
        if request.theme == Some(Theme::MyMistakes) {
            self.mine_mistakes(user).await?;
        }
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let open = match tx.attempt(user, None)? {
                Some(id) => Some(choice::named(tx, user, id)?),
                None => None,
            };
            if let Some(open) = &open
                && is_shown_again(tx, user, open, &request)?
            {
                let mut shown = again(tx, user, open.clone(), now)?;
                if request.difficulty != Difficulty::Normal {
                    shown.notes.push(STILL_OPEN.to_owned());
                }
                return Ok(shown);
            }
            let (id, notes) = choose(tx, user, &request, draw, now)?;
            let Some(puzzle) = tx.puzzle(user, id)? else {
                return Err(Refusal::Other(format!("There is no puzzle {id}.")).into());
            };
            if let Some(before) = tx.attempt(user, Some(id))?.filter(|_| !request.another)
                && !starts_again(&request)
            {
                let before = choice::named(tx, user, before)?;
                return again(tx, user, before, now);
            }
            // Only now, so that it is not the one that is given instead.
            if let Some(open) = open.as_ref().filter(|open| !open.touched) {
                tx.delete_game(user, open.id)?;
            }
            quota::check(tx, user, 1, quota)?;
            let stored = set_up(tx, user, &puzzle, draw.game, now)?;
            tx.insert_game(user, &stored)?;
            let mut shown = shown(stored, true);
            shown.notes = notes;
            shown.notes.extend(task(tx, user, &puzzle, &shown.stored, now)?);
            Ok(shown)
        };
        self.write(unit).await
    }
}

/// A mistake is asked about as often as it takes.
fn starts_again(request: &PuzzleRequest) -> bool {
    request.theme == Some(Theme::MyMistakes)
}

/// Whether the open puzzle answers the request: it is the one that was named, or it was not touched and is about what
/// was asked for.
fn is_shown_again(tx: &mut dyn Tx, user: UserId, open: &StoredGame, request: &PuzzleRequest) -> Result<bool> {
    let Some(attempt) = open.puzzle.as_ref().filter(|_| !request.another) else {
        return Ok(false);
    };
    match (request.id, request.theme) {
        (Some(named), _) => Ok(attempt.id == named),
        _ if open.touched || request.daily => Ok(false),
        (None, None) => Ok(true),
        (None, Some(theme)) => Ok(tx
            .puzzle(user, attempt.id)?
            .is_some_and(|puzzle| is_about(&puzzle, theme))),
    }
}

fn is_about(puzzle: &StoredPuzzle, theme: Theme) -> bool {
    match theme {
        Theme::MyMistakes => puzzle.source == PuzzleSource::Mistake,
        theme => puzzle.puzzle.themes().contains(&theme),
    }
}

fn choose(
    tx: &mut dyn Tx,
    user: UserId,
    request: &PuzzleRequest,
    draw: Draw,
    now: Timestamp,
) -> Result<(PuzzleId, Vec<String>)> {
    if let Some(id) = request.id {
        return Ok((id, Vec::new()));
    }
    if request.daily {
        let id = daily(tx, now)?.ok_or_else(none_left)?;
        return Ok((id, vec![format!("The puzzle of the day, {}.", now.date())]));
    }
    if request.theme == Some(Theme::MyMistakes) {
        return mistakes::next(tx, user, now);
    }
    let rating = settle::kept(tx, user, RatingKind::Puzzles, now)?.rating.rounded();
    let wished = (rating + request.difficulty.shift() + draw.offset).clamp(0, 4000);
    let place = |from: i32, below: i32, after| PuzzleQuery {
        theme: request.theme,
        from: u16::try_from(from.max(0)).unwrap_or(0),
        below: u16::try_from(below.max(0)).unwrap_or(u16::MAX),
        after,
    };
    // From the wished rating upwards, then a little below it, then whatever there is.
    for query in [
        place(wished, wished + SPREAD, draw.after),
        place(wished - SPREAD, wished + SPREAD, draw.after),
        place(wished - 4 * SPREAD, wished + 4 * SPREAD, PuzzleId::FIRST),
        place(0, 5000, PuzzleId::FIRST),
    ] {
        if let Some(id) = tx.unseen_puzzle(user, &query)? {
            return Ok((id, Vec::new()));
        }
    }
    Err(none_left().into())
}

fn none_left() -> Refusal {
    Refusal::other(
        "There is no such puzzle that the person has not had. Leave `theme` out for any puzzle; the operator can load \
         more with `chess-mcp puzzles import`.",
    )
}

/// The same for everybody on one day, and another one the next day.
fn daily(tx: &mut dyn Tx, now: Timestamp) -> Result<Option<PuzzleId>> {
    let digest = secret::Digest::of(format!("puzzle of {}", now.date()).as_bytes());
    let [a, b, rest @ ..] = *digest.as_bytes();
    let (lowest, highest) = DAILY;
    let from = lowest + u16::from_le_bytes([a, b]) % (highest - lowest);
    let mut random = [0; 8];
    random.copy_from_slice(&rest[..8]);
    let mut query = PuzzleQuery {
        theme: None,
        from,
        below: u16::MAX,
        after: PuzzleId::anywhere(random),
    };
    if let Some(found) = tx.shipped_puzzle(&query)? {
        return Ok(Some(found));
    }
    query.from = 0;
    Ok(tx.shipped_puzzle(&query)?)
}

fn set_up(
    tx: &mut dyn Tx,
    user: UserId,
    puzzle: &StoredPuzzle,
    id: GameId,
    now: Timestamp,
) -> Result<StoredGame> {
    let start = Start::from_fen(&puzzle.puzzle.start_fen(), Variant::Standard)?;
    let mut game = Game::new(&start);
    if let Some(first) = puzzle.puzzle.first() {
        game.play(first)?;
    }
    let person = PersonSide::from(puzzle.puzzle.solver());
    let mut stored = StoredGame::new(id, Opponent::Puzzle, person, game, now);
    stored.opening = None;
    stored.rated =
        puzzle.source != PuzzleSource::Mistake && tx.attempt(user, Some(puzzle.puzzle.id()))?.is_none();
    stored.puzzle = Some(Attempt {
        id: puzzle.puzzle.id(),
        state: AttemptState::Open,
        failed: false,
    });
    Ok(stored)
}

/// The puzzle as it stands; a fresh one with the opponent's move that led to it.
fn shown(stored: StoredGame, fresh: bool) -> Shown {
    let ply = stored.game.ply();
    Shown {
        since: ply.saturating_sub(1),
        reply: (fresh && ply > 0).then_some(0),
        repeated: !fresh,
        ..Shown::of(stored)
    }
}

/// A puzzle that was set up before; an open one with what is asked.
fn again(tx: &mut dyn Tx, user: UserId, stored: StoredGame, now: Timestamp) -> Result<Shown> {
    let open = stored.puzzle.as_ref().filter(|_| stored.is_open());
    let puzzle = match open {
        Some(attempt) => tx.puzzle(user, attempt.id)?,
        None => None,
    };
    let mut shown = shown(stored, false);
    if let Some(puzzle) = puzzle {
        shown.notes = task(tx, user, &puzzle, &shown.stored, now)?;
    }
    Ok(shown)
}

/// What is asked of the person in an open puzzle; nothing of any other game.
pub(super) fn asked_in(tx: &mut dyn Tx, user: UserId, stored: &StoredGame) -> Result<Option<String>> {
    let Some(attempt) = stored.puzzle.as_ref().filter(|_| stored.is_open()) else {
        return Ok(None);
    };
    let puzzle = tx.puzzle(user, attempt.id)?;
    Ok(puzzle.map(|puzzle| asked(&puzzle, &stored.game)))
}

/// What is asked, and what it counts.
fn task(
    tx: &mut dyn Tx,
    user: UserId,
    puzzle: &StoredPuzzle,
    stored: &StoredGame,
    now: Timestamp,
) -> Result<Vec<String>> {
    let mut notes = vec![asked(puzzle, &stored.game)];
    let failed = stored.puzzle.as_ref().is_some_and(|attempt| attempt.failed);
    if stored.rated && failed {
        notes.push(format!(
            "Puzzle {} counts as not solved already; it can be solved all the same.",
            puzzle.puzzle.id()
        ));
    } else if stored.rated {
        let own = settle::kept(tx, user, RatingKind::Puzzles, now)?.rating.rounded();
        notes.push(format!(
            "Puzzle {} is rated {}, the person {own}. A wrong move or a hint counts as not solved.",
            puzzle.puzzle.id(),
            puzzle.rating.rounded()
        ));
    } else {
        notes.push(format!(
            "Puzzle {} does not count for the rating.",
            puzzle.puzzle.id()
        ));
    }
    Ok(notes)
}

/// `White to move. Mate in 2.`, as many moves as are left where `game` stands.
pub(super) fn asked(puzzle: &StoredPuzzle, game: &Game) -> String {
    let made = u8::try_from(game.ply() / 2).unwrap_or(u8::MAX);
    let goal = match (puzzle.source, puzzle.puzzle.goal()) {
        (_, Goal::Mate(moves)) => Goal::Mate(moves.saturating_sub(made).max(1)).words(),
        (PuzzleSource::Mistake, Goal::Material | Goal::Equality | Goal::Advantage) => {
            "Find a better move than was played".to_owned()
        }
        (_, goal) => goal.words(),
    };
    format!("{} to move. {goal}.", color_name(puzzle.puzzle.solver()))
}
