//! Hints: a little more each time, and what they cost.

use std::time::Duration;

use super::{Games, Result, assessment_of, choice, fair_play, line_of, puzzles, require_played_here, settle};
use crate::chess::{Assessment, Game, Hint, HintStep, Opponent, Refusal, UciMove, hint, numbered_line};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{AttemptState, HintGiven, StoredGame, StoredPuzzle, Tx};

/// How long the engine thinks about a hint.
const THOUGHT: Duration = Duration::from_millis(700);

/// What kind of help the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintKind {
    /// So much.
    Step(HintStep),
    /// The whole way out of a puzzle, which ends it.
    Solution,
}

/// A hint and what it cost.
#[derive(Debug, Clone)]
pub struct Hinted {
    /// The game it was for, as it stands now.
    pub stored: StoredGame,
    /// How far it went.
    pub kind: HintKind,
    /// What the person is told.
    pub text: String,
    /// The move in SAN, where it was told.
    pub san: Option<String>,
    /// What it cost, where it cost something.
    pub cost: Option<String>,
}

impl Games {
    /// A hint in the position on the board: of the kind that was asked for, else a step further than the last one.
    pub async fn hint(&self, user: UserId, game: Option<GameId>, kind: Option<HintKind>) -> Result<Hinted> {
        let now = self.0.clock.now();
        let find = move |tx: &mut dyn Tx| -> Result<_> {
            let stored = choice::to_change_or_just_ended(tx, user, game, now)?;
            if kind != Some(HintKind::Solution) || !is_given_up(&stored) {
                require_fair(tx, user, &stored)?;
            }
            let puzzle = match stored.puzzle.as_ref().map(|attempt| attempt.id) {
                Some(id) => tx.puzzle(user, id)?,
                None => None,
            };
            Ok((stored, puzzle))
        };
        let (stored, puzzle) = self.0.store.read(find).await?;
        let kind = kind.unwrap_or_else(|| HintKind::Step(next_step(&stored)));
        match (kind, puzzle) {
            (HintKind::Solution, Some(puzzle)) => self.solution(user, stored.id, puzzle).await,
            (HintKind::Solution, None) => Err(Refusal::other(
                "Only a puzzle has a solution to show; in a game `move` tells the best move.",
            )
            .into()),
            (HintKind::Step(step), puzzle) => {
                let (line, assessment) = match &puzzle {
                    Some(puzzle) => line_of_puzzle(puzzle, &stored.game),
                    None => self.best_line(user, &stored.game).await?,
                };
                let found =
                    hint(stored.game.position(), &line, assessment, step).ok_or_else(nothing_to_say)?;
                self.give(user, stored, puzzle, step, found).await
            }
        }
    }

    async fn best_line(&self, user: UserId, game: &Game) -> Result<(Vec<UciMove>, Assessment)> {
        let found = self.0.engines.evaluate(user, &line_of(game), 1, THOUGHT).await;
        match found {
            Ok(lines) => {
                let best = lines.into_iter().next().ok_or_else(nothing_to_say)?;
                let assessment = assessment_of(best.score, game.turn());
                Ok((best.moves, assessment))
            }
            Err(error) => {
                tracing::warn!(%error, "no hint");
                Err(
                    Refusal::other("No engine can be asked for a hint just now; try again in a moment.")
                        .into(),
                )
            }
        }
    }

    /// Notes that the hint was given, and what it cost.
    async fn give(
        &self,
        user: UserId,
        stored: StoredGame,
        puzzle: Option<StoredPuzzle>,
        step: HintStep,
        found: Hint,
    ) -> Result<Hinted> {
        let (id, ply, now) = (stored.id, stored.game.ply(), self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let mut stored = choice::named(tx, user, id)?;
            if stored.game.ply() != ply || !stored.is_open() {
                return Err(Refusal::other("The game went on meanwhile; ask again.").into());
            }
            let cost = charge(tx, user, &mut stored, puzzle.as_ref(), now)?;
            stored.hint = Some(HintGiven {
                ply,
                step: number_of(step),
            });
            stored.touched = true;
            stored.touch(now);
            tx.update_game(user, &stored)?;
            Ok((stored, cost))
        };
        let (stored, cost) = self.write(unit).await?;
        Ok(Hinted {
            stored,
            kind: HintKind::Step(step),
            text: found.text,
            san: found.san,
            cost,
        })
    }

    /// Ends a puzzle and tells its solution; again, where the answer that told it was lost.
    async fn solution(&self, user: UserId, id: GameId, puzzle: StoredPuzzle) -> Result<Hinted> {
        let now = self.0.clock.now();
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let mut stored = choice::named(tx, user, id)?;
            let before = stored.rating;
            let failed = stored.puzzle.as_ref().is_some_and(|attempt| attempt.failed);
            if stored.is_open() {
                puzzles::give_up(tx, user, &mut stored, &puzzle, now)?;
                stored.touched = true;
                stored.touch(now);
                tx.update_game(user, &stored)?;
            } else if !is_given_up(&stored) {
                return Err(Refusal::other("That puzzle is over already.").into());
            }
            let line = puzzle.puzzle.solution(stored.game.moves());
            let text = numbered_line(stored.game.position(), &line);
            let cost = (!failed && stored.rating != before).then(|| "It counts as not solved.".to_owned());
            Ok((stored, text, cost))
        };
        let (stored, line, cost) = self.write(unit).await?;
        Ok(Hinted {
            san: None,
            text: format!("The solution: {line}"),
            stored,
            kind: HintKind::Solution,
            cost,
        })
    }
}

fn is_given_up(stored: &StoredGame) -> bool {
    let state = stored.puzzle.as_ref().map(|attempt| attempt.state);
    state == Some(AttemptState::Unsolved)
}

fn require_fair(tx: &mut dyn Tx, user: UserId, stored: &StoredGame) -> Result<()> {
    require_played_here(stored)?;
    if !stored.is_open() {
        return Err(Refusal::Other(format!(
            "Game {} is over; chess_review looks back on it.",
            stored.id
        ))
        .into());
    }
    if stored.opponent == Opponent::Friend {
        return fair_play::check_game(stored);
    }
    if !stored.is_persons_turn() {
        return Err(Refusal::other("It is not the person's turn; a hint is for their own move.").into());
    }
    if stored.puzzle.is_some() {
        return Ok(());
    }
    fair_play::check_position(tx, user, &stored.game, stored.game.ply())
}

fn next_step(stored: &StoredGame) -> HintStep {
    let given = stored.hint.filter(|hint| hint.ply == stored.game.ply());
    match given.map(|hint| hint.step) {
        None => HintStep::Idea,
        Some(1) => HintStep::Piece,
        Some(_) => HintStep::Move,
    }
}

const fn number_of(step: HintStep) -> u8 {
    match step {
        HintStep::Idea => 1,
        HintStep::Piece => 2,
        HintStep::Move => 3,
    }
}

/// A game no longer counts, a puzzle counts as not solved; each only once.
fn charge(
    tx: &mut dyn Tx,
    user: UserId,
    stored: &mut StoredGame,
    puzzle: Option<&StoredPuzzle>,
    now: Timestamp,
) -> Result<Option<String>> {
    if let Some(puzzle) = puzzle {
        let failed = stored.puzzle.as_ref().is_some_and(|attempt| attempt.failed);
        puzzles::fail(tx, user, stored, puzzle, now)?;
        let counted = !failed && stored.rated;
        return Ok(counted.then(|| "With a hint the puzzle counts as not solved.".to_owned()));
    }
    let was_rated = stored.rated;
    settle::uncount(tx, user, stored)?;
    Ok(was_rated.then(|| "With a hint the game no longer counts for the rating.".to_owned()))
}

/// A puzzle knows its own answer.
fn line_of_puzzle(puzzle: &StoredPuzzle, game: &Game) -> (Vec<UciMove>, Assessment) {
    let line = puzzle.puzzle.solution(game.moves());
    let mut end = game.clone();
    for m in &line {
        if end.play(*m).is_err() {
            break;
        }
    }
    let turn = game.turn();
    let mates = end.score().winner() == Some(turn);
    let moves = i32::try_from(line.len().div_ceil(2)).unwrap_or(1);
    let assessment = if mates {
        Assessment::mate_for(turn, moves)
    } else {
        Assessment::centipawns_for(turn, 300)
    };
    (game.in_uci(&line), assessment)
}

fn nothing_to_say() -> Refusal {
    Refusal::other("There is nothing sure to say about this position; try again, or ask for the move itself.")
}
