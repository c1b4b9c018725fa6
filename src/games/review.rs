//! Looking back on a game with an engine: once, and kept.
//!
//! # Design
//!
//! A position takes some hundredths of a second, several at a time; where a move seems to have lost much, the
//! positions around it are judged again with more patience, and with much more where it still is a blunder: whoever
//! hears that word of a good sacrifice believes no other. What was found is stored as it comes, so a game that is too
//! long for one call is finished by the next.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Games, Result, assessment_of, choice, fair_play, line_of};
use crate::chess::{Assessment, ByColor, Evaluated, Game, Judgement, Refusal, Review, ReviewedMove, review};
use crate::id::{GameId, UserId};
use crate::store::{StoredGame, StoredReview, Tx};

/// For each position at first.
const GLANCE: Duration = Duration::from_millis(50);

/// For each position around a move that seems to have lost much.
const SECOND_LOOK: Duration = Duration::from_millis(200);

/// For each position around what still looks like a blunder, that after the reply included.
const THIRD_LOOK: Duration = Duration::from_millis(600);

/// A move that lost this many points of a hundred is looked at again.
const SUSPICIOUS: f64 = 8.0;

/// Positions that are judged before what was found is stored.
const BATCH: usize = 24;

/// A call ends after 25 seconds; by then the person must have heard how far it got.
const PATIENCE: Duration = Duration::from_secs(18);

/// The first pass over all positions ends by then, and the next call goes on; the rest of the patience is for the
/// second looks.
const FIRST_PASS: Duration = Duration::from_secs(9);

/// How much of an engine's line is kept, in plies.
const LINE: usize = 8;

/// A game to look back on.
#[derive(Debug, Clone, Copy)]
pub struct ReviewRequest {
    /// Which game; without a name the one changed last.
    pub game: Option<GameId>,
}

/// A game that was looked back on.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The game.
    pub stored: StoredGame,
    /// What was found.
    pub review: Review,
}

impl Games {
    /// Looks back on a game. `progress` is told how many positions are done, of how many.
    pub async fn review(
        &self,
        user: UserId,
        request: ReviewRequest,
        progress: watch::Sender<(usize, usize)>,
    ) -> Result<Reviewed> {
        let find = move |tx: &mut dyn Tx| -> Result<_> {
            let Some(stored) = choice::to_read(tx, user, request.game)? else {
                return Err(Refusal::other("There is no game yet. Start one with chess_new_game.").into());
            };
            fair_play::check_game(&stored)?;
            let kept = tx.review(stored.id, &stored.game.uci_moves())?;
            Ok((stored, kept))
        };
        let (stored, kept) = self.0.store.read(find).await?;
        if stored.game.ply() == 0 {
            return Err(Refusal::Other(format!("Game {} has no moves to look back on.", stored.id)).into());
        }
        let mut evaluated = kept.map(|kept| kept.evaluated).unwrap_or_default();
        let positions = stored.game.ply() + 1;
        if evaluated.len() < positions {
            let deadline = Instant::now() + PATIENCE;
            self.first_pass(user, &stored, &mut evaluated, &progress).await?;
            self.second_looks(user, &stored.game, &mut evaluated, deadline)
                .await?;
            self.keep(&stored, &evaluated).await?;
        }
        let review = review(&stored.game, &evaluated);
        Ok(Reviewed { stored, review })
    }

    /// Judges every position. The last ones are not stored here but with the second looks, so that no review is taken
    /// for whole without them.
    async fn first_pass(
        &self,
        user: UserId,
        stored: &StoredGame,
        evaluated: &mut Vec<Evaluated>,
        progress: &watch::Sender<(usize, usize)>,
    ) -> Result<()> {
        let (began, first, positions) = (Instant::now(), evaluated.len(), stored.game.ply() + 1);
        while evaluated.len() < positions {
            let done = evaluated.len();
            if done > first && began.elapsed() > FIRST_PASS {
                return Err(unfinished(stored, done, positions).into());
            }
            self.judge_batch(user, &stored.game, evaluated).await?;
            progress.send_replace((evaluated.len(), positions));
            if evaluated.len() < positions {
                self.keep(stored, evaluated).await?;
            }
        }
        Ok(())
    }

    /// Judges again where much seems to be lost, and again where that still is a blunder.
    async fn second_looks(
        &self,
        user: UserId,
        game: &Game,
        evaluated: &mut [Evaluated],
        deadline: Instant,
    ) -> Result<()> {
        let suspects = around(&review(game, evaluated), 2, lost_much);
        self.look_again(user, game, evaluated, (suspects, SECOND_LOOK), deadline)
            .await?;
        let blunders = around(&review(game, evaluated), 3, is_blunder);
        self.look_again(user, game, evaluated, (blunders, THIRD_LOOK), deadline)
            .await
    }

    /// Judges the next positions, as many at a time as there are engines.
    async fn judge_batch(&self, user: UserId, game: &Game, evaluated: &mut Vec<Evaluated>) -> Result<()> {
        let first = evaluated.len();
        let last = (first + BATCH).min(game.ply() + 1);
        let judged: Vec<Result<Evaluated>> = stream::iter(first..last)
            .map(|ply| self.judge_position(user, game, ply, GLANCE))
            .buffered(self.0.engines.at_once())
            .collect()
            .await;
        for position in judged {
            evaluated.push(position?);
        }
        Ok(())
    }

    async fn judge_position(
        &self,
        user: UserId,
        game: &Game,
        ply: usize,
        think: Duration,
    ) -> Result<Evaluated> {
        if let Some(assessment) = game.position_at(ply).and_then(Assessment::of_end) {
            return Ok(Evaluated {
                assessment,
                line: Vec::new(),
            });
        }
        let mut before = game.clone();
        before.take_back_to(ply);
        let found = self.0.engines.evaluate(user, &line_of(&before), 1, think).await;
        let best = found.map_err(|error| {
            tracing::warn!(%error, "no review");
            Refusal::other(
                "No engine can be asked for a review just now; try again in a moment. What was done is kept.",
            )
        })?;
        let best = best
            .into_iter()
            .next()
            .ok_or_else(|| Refusal::other("The engine found nothing to say."))?;
        Ok(Evaluated {
            assessment: assessment_of(best.score, before.turn()),
            line: best.moves.into_iter().take(LINE).collect(),
        })
    }

    /// Judges these positions once more, each for this long.
    async fn look_again(
        &self,
        user: UserId,
        game: &Game,
        evaluated: &mut [Evaluated],
        (plies, think): (Vec<usize>, Duration),
        deadline: Instant,
    ) -> Result<()> {
        let mut again = stream::iter(plies)
            .map(|ply| async move { (ply, self.judge_position(user, game, ply, think).await) })
            .buffered(self.0.engines.at_once());
        while let Ok(Some((ply, judged))) = tokio::time::timeout_at(deadline, again.next()).await {
            if let Some(position) = evaluated.get_mut(ply) {
                *position = judged?;
            }
        }
        Ok(())
    }

    async fn keep(&self, stored: &StoredGame, evaluated: &[Evaluated]) -> Result<()> {
        let whole = evaluated.len() > stored.game.ply();
        let accuracy = if whole {
            review(&stored.game, evaluated).accuracy
        } else {
            ByColor::default()
        };
        let kept = StoredReview {
            evaluated: evaluated.to_vec(),
            accuracy,
            made_at: self.0.clock.now(),
        };
        let (id, moves) = (stored.id, stored.game.uci_moves());
        let unit = move |tx: &mut dyn Tx| -> Result<()> { Ok(tx.put_review(id, &moves, &kept)?) };
        self.write(unit).await
    }
}

fn lost_much(reviewed: &ReviewedMove) -> bool {
    reviewed.loss >= SUSPICIOUS
}

fn is_blunder(reviewed: &ReviewedMove) -> bool {
    let slip = reviewed.slip.as_ref();
    slip.is_some_and(|slip| slip.judgement == Judgement::Blunder)
}

/// So many positions from the one before each such move on, in order, each once.
fn around(review: &Review, positions: usize, is_such: fn(&ReviewedMove) -> bool) -> Vec<usize> {
    let such = review.moves.iter().filter(|reviewed| is_such(reviewed));
    let plies: BTreeSet<usize> = such
        .flat_map(|reviewed| reviewed.ply..reviewed.ply + positions)
        .filter(|ply| *ply <= review.moves.len())
        .collect();
    plies.into_iter().collect()
}

fn unfinished(stored: &StoredGame, done: usize, positions: usize) -> Refusal {
    Refusal::Unfinished(format!(
        "Game {} is long: {done} of {positions} positions are done and kept. Call chess_review again to go on.",
        stored.id
    ))
}
