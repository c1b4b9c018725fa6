//! A person's moves in a puzzle: right, slower than asked, or wrong.

use std::time::Duration;

use super::{asked, settle};
use crate::chess::{
    Assessment, Color, Game, Move, Opening, Outcome, Refusal, Verdict, legal_line, numbered_line,
};
use crate::clock::Timestamp;
use crate::games::play::{self, PlayMove, Step};
use crate::games::{Games, Result, Shown, assessment_of, choice, line_of};
use crate::id::UserId;
use crate::store::{AttemptState, PuzzleSource, RatingKind, SentMove, StoredGame, StoredPuzzle, Tx};

/// How long the engine looks for the refutation of a move.
const LOOK: Duration = Duration::from_millis(300);

/// With this many hundredths of a pawn a move wins all the same, if not as asked.
const STILL_WINNING: i32 = 300;

/// A remedy may lose this many points of a hundred against the best one.
const AS_GOOD: f64 = 4.0;

/// How much of a refutation is told, in plies.
const REFUTATION: usize = 3;

/// What became of a move, before anything is stored.
enum Tried {
    /// It was sent before.
    Repeated(usize),
    /// It stands, with or without an answer.
    Right { m: Move, reply: Option<Move> },
    /// It wins, but not as asked.
    Slower { words: String },
    /// It does not work.
    Wrong { m: Move, words: String },
}

impl Games {
    /// Tries a move of the person's in the puzzle `stored`; the engine is asked with no transaction open.
    pub(in crate::games) async fn try_in_puzzle(
        &self,
        user: UserId,
        stored: StoredGame,
        request: &PlayMove,
    ) -> Result<Shown> {
        let Some(id) = stored.puzzle.as_ref().map(|attempt| attempt.id) else {
            return Ok(Shown::of(stored));
        };
        let find = move |tx: &mut dyn Tx| -> Result<_> { Ok(tx.puzzle(user, id)?) };
        let Some(puzzle) = self.0.store.read(find).await? else {
            return Ok(Shown::of(stored).with_note("This puzzle no longer exists."));
        };
        let now = self.0.clock.now();
        let tried = self.judge(user, &stored, &puzzle, request, now).await?;
        let (game, revision) = (stored.id, stored.revision);
        let text = request.text.as_str().to_owned();
        let puzzle = std::sync::Arc::new(puzzle);
        let tried = std::sync::Arc::new(tried);
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let mut stored = choice::named(tx, user, game)?;
            if stored.revision != revision {
                return Ok(Shown::of(stored)
                    .with_note("Another call was faster; this is how the puzzle stands now."));
            }
            apply(tx, user, &mut stored, &puzzle, &tried, &text, now)
        };
        self.write(unit).await
    }

    async fn judge(
        &self,
        user: UserId,
        stored: &StoredGame,
        puzzle: &StoredPuzzle,
        request: &PlayMove,
        now: Timestamp,
    ) -> Result<Tried> {
        if let Some(Step::Repeated(ply)) = play::guard(stored, request, now)? {
            return Ok(Tried::Repeated(ply));
        }
        if !stored.is_open() {
            return Err(over(stored).into());
        }
        let m = stored.game.read(request.text.as_str())?;
        Ok(match puzzle.puzzle.judge(stored.game.moves(), m) {
            Verdict::Solved => Tried::Right { m, reply: None },
            Verdict::Right { reply } => Tried::Right {
                m,
                reply: Some(reply),
            },
            Verdict::Slower { mate_in } => Tried::Slower {
                words: format!("mates too, but in {mate_in} moves"),
            },
            Verdict::Wrong { .. }
                if puzzle.source == PuzzleSource::Mistake && self.is_as_good(user, stored, m).await =>
            {
                Tried::Right { m, reply: None }
            }
            Verdict::Wrong { refutation } => self.refute(user, stored, m, refutation).await,
        })
    }

    /// Whether a move keeps what the best one keeps: a mistake may have more than one remedy.
    async fn is_as_good(&self, user: UserId, stored: &StoredGame, m: Move) -> bool {
        let solver = stored.game.turn();
        let mut after = stored.game.clone();
        if after.play(m).is_err() || !after.is_ongoing() {
            return after.score().winner() == Some(solver);
        }
        let (best, tried) = tokio::join!(self.worth(user, &stored.game), self.worth(user, &after));
        let (Some(best), Some(tried)) = (best, tried) else {
            return false;
        };
        best.win_percent(solver) - tried.win_percent(solver) <= AS_GOOD
    }

    async fn worth(&self, user: UserId, game: &Game) -> Option<Assessment> {
        let lines = self
            .0
            .engines
            .evaluate(user, &line_of(game), 1, LOOK)
            .await
            .ok()?;
        lines.first().map(|line| assessment_of(line.score, game.turn()))
    }

    /// Says why a move does not work; or that it wins all the same.
    async fn refute(&self, user: UserId, stored: &StoredGame, m: Move, known: Option<Move>) -> Tried {
        let mut after = stored.game.clone();
        let plain = || "does not work".to_owned();
        if after.play(m).is_err() || !after.is_ongoing() {
            return Tried::Wrong { m, words: plain() };
        }
        let solver = after.turn().other();
        let found = self.0.engines.evaluate(user, &line_of(&after), 1, LOOK).await;
        let best = found.ok().and_then(|lines| lines.into_iter().next());
        if let Some(best) = &best {
            let worth = assessment_of(best.score, after.turn());
            if wins(worth, solver) {
                return Tried::Slower {
                    words: "wins too, but there is something better".to_owned(),
                };
            }
        }
        let line = best.map(|best| {
            let moves = legal_line(after.position(), &best.moves, REFUTATION);
            numbered_line(after.position(), &moves)
        });
        let answer = known
            .map(|known| numbered_line(after.position(), &[known]))
            .or(line);
        let words = answer
            .filter(|line| !line.is_empty())
            .map_or_else(plain, |line| format!("fails to {line}"));
        Tried::Wrong { m, words }
    }
}

fn over(stored: &StoredGame) -> Refusal {
    Refusal::Other(format!(
        "The puzzle in game {} is over; chess_puzzle with `another` sets up the next one, chess_new_game with \
         from_game plays on from here.",
        stored.id
    ))
}

fn wins(worth: Assessment, side: Color) -> bool {
    worth.mate_by(side).is_some() || worth.centipawns(side).is_some_and(|worth| worth >= STILL_WINNING)
}

fn apply(
    tx: &mut dyn Tx,
    user: UserId,
    stored: &mut StoredGame,
    puzzle: &StoredPuzzle,
    tried: &Tried,
    text: &str,
    now: Timestamp,
) -> Result<Shown> {
    match tried {
        Tried::Repeated(ply) => Ok(played(stored.clone(), *ply, true)),
        Tried::Slower { words } => {
            let note = format!(
                "{text} {words}. It was taken back and is not counted; {}",
                asked(puzzle, &stored.game)
            );
            Ok(Shown::of(stored.clone()).with_note(note))
        }
        Tried::Wrong { m, words } => {
            let san = stored.game.san_of(*m);
            fail(tx, user, stored, puzzle, now)?;
            stored.touched = true;
            stored.touch(now);
            tx.update_game(user, stored)?;
            let note = format!("{san} {words}. It was taken back; the puzzle stays open, try again.");
            Ok(Shown::of(stored.clone()).with_note(note))
        }
        Tried::Right { m, reply } => right(tx, user, stored, puzzle, (*m, *reply), text, now),
    }
}

fn right(
    tx: &mut dyn Tx,
    user: UserId,
    stored: &mut StoredGame,
    puzzle: &StoredPuzzle,
    (m, reply): (Move, Option<Move>),
    text: &str,
    now: Timestamp,
) -> Result<Shown> {
    let ply = stored.game.ply();
    stored.game.play(m)?;
    stored.last_text = Some(SentMove {
        text: text.to_owned(),
        ply,
        at: now,
    });
    if let Some(reply) = reply {
        stored.game.play(reply)?;
    } else {
        solve(tx, user, stored, puzzle, now)?;
    }
    stored.opening = None::<Opening>;
    stored.hint = None;
    stored.touched = true;
    stored.touch(now);
    tx.update_game(user, stored)?;
    let mut shown = played(stored.clone(), ply, false);
    if reply.is_some() {
        shown.notes.push("That is right; the puzzle goes on.".to_owned());
    }
    if reply.is_none() && stored.puzzle.as_ref().is_some_and(|attempt| attempt.failed) {
        shown.notes.push("Solved, but not at the first try.".to_owned());
    }
    Ok(shown)
}

fn played(stored: StoredGame, ply: usize, repeated: bool) -> Shown {
    let reply = (ply + 1 < stored.game.ply()).then_some(ply + 1);
    Shown {
        since: ply,
        played: Some(ply),
        played_count: 1,
        reply,
        repeated,
        ..Shown::of(stored)
    }
}

fn solve(
    tx: &mut dyn Tx,
    user: UserId,
    stored: &mut StoredGame,
    puzzle: &StoredPuzzle,
    now: Timestamp,
) -> Result<()> {
    let Some(attempt) = &mut stored.puzzle else {
        return Ok(());
    };
    attempt.state = AttemptState::Solved;
    let clean = !attempt.failed;
    tx.mark_active(user, settle::day_of(now))?;
    match puzzle.source {
        // What went wrong before was counted when it did.
        _ if !clean => Ok(()),
        PuzzleSource::Mistake => recall(tx, user, puzzle, true, now),
        PuzzleSource::Own | PuzzleSource::Imported => count(tx, user, stored, puzzle, Outcome::Win, now),
    }
}

/// Counts the puzzle as not solved, once.
pub(in crate::games) fn fail(
    tx: &mut dyn Tx,
    user: UserId,
    stored: &mut StoredGame,
    puzzle: &StoredPuzzle,
    now: Timestamp,
) -> Result<()> {
    let Some(attempt) = &mut stored.puzzle else {
        return Ok(());
    };
    if attempt.failed {
        return Ok(());
    }
    attempt.failed = true;
    if puzzle.source == PuzzleSource::Mistake {
        return recall(tx, user, puzzle, false, now);
    }
    count(tx, user, stored, puzzle, Outcome::Loss, now)
}

/// Ends a puzzle with its solution told.
pub(in crate::games) fn give_up(
    tx: &mut dyn Tx,
    user: UserId,
    stored: &mut StoredGame,
    puzzle: &StoredPuzzle,
    now: Timestamp,
) -> Result<()> {
    fail(tx, user, stored, puzzle, now)?;
    if let Some(attempt) = &mut stored.puzzle {
        attempt.state = AttemptState::Unsolved;
    }
    Ok(())
}

fn recall(tx: &mut dyn Tx, user: UserId, puzzle: &StoredPuzzle, solved: bool, now: Timestamp) -> Result<()> {
    let id = puzzle.puzzle.id();
    if let Some(mistake) = tx.mistake(user, id)? {
        tx.put_recall(user, id, mistake.recall.after(solved, now))?;
    }
    Ok(())
}

/// Person and puzzle are rated by each other.
fn count(
    tx: &mut dyn Tx,
    user: UserId,
    stored: &mut StoredGame,
    puzzle: &StoredPuzzle,
    outcome: Outcome,
    now: Timestamp,
) -> Result<()> {
    if !stored.rated {
        return Ok(());
    }
    let own = settle::kept(tx, user, RatingKind::Puzzles, now)?;
    let played = (RatingKind::Puzzles, own, puzzle.rating, outcome);
    stored.rating = Some(settle::apply(tx, user, stored, played, now)?);
    tx.rate_puzzle(
        puzzle.puzzle.id(),
        puzzle.rating.update(own.rating, outcome.reversed()),
    )?;
    Ok(())
}
