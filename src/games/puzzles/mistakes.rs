//! Puzzles out of the person's own games: the moments at which a review found something better.

use crate::chess::{Color, Game, Judgement, Puzzle, Refusal, Review, Variant, review};
use crate::clock::Timestamp;
use crate::games::{Games, Result};
use crate::id::{PuzzleId, UserId};
use crate::repetition::Recall;
use crate::secret::Digest;
use crate::store::{Mistake, StoredGame, Tx};

/// Games whose mistakes become puzzles in one call.
const AT_ONCE: u32 = 20;

/// Mistakes of one game that become puzzles: the worst.
const OF_ONE_GAME: usize = 5;

/// A mate this short is asked for to its end; of anything longer only the first move is.
const LONGEST_MATE: u32 = 4;

/// Nobody knows yet how hard it is.
const RATING: u16 = 1500;

impl Games {
    /// Makes puzzles of the mistakes in the person's reviewed games, unless that is done.
    pub(super) async fn mine_mistakes(&self, user: UserId) -> Result<()> {
        let now = self.0.clock.now();
        let unit = move |tx: &mut dyn Tx| -> Result<()> {
            for id in tx.games_to_mine(user, AT_ONCE)? {
                let Some(stored) = tx.game(user, id)? else {
                    continue;
                };
                if let Some(kept) = tx.review(id, &stored.game.uci_moves())? {
                    let review = review(&stored.game, &kept.evaluated);
                    for (ply, puzzle) in of_game(&stored, &review, &kept.evaluated) {
                        let mistake = Mistake {
                            puzzle: puzzle.id(),
                            game: id,
                            ply,
                            recall: Recall::first(now),
                        };
                        tx.insert_mistake(user, &puzzle, &mistake)?;
                    }
                }
                tx.mark_mined(user, id)?;
            }
            Ok(())
        };
        self.write(unit).await
    }
}

/// The mistake to ask about next.
pub(super) fn next(tx: &mut dyn Tx, user: UserId, now: Timestamp) -> Result<(PuzzleId, Vec<String>)> {
    let Some(mistake) = tx.next_mistake(user)? else {
        return Err(Refusal::other(
            "There are no mistakes to practise yet: they come from reviewed games. Review a finished game with \
             chess_review first.",
        )
        .into());
    };
    let due = tx.mistakes_due(user, now)?;
    let when = if due > 0 {
        format!("Mistakes due for practice: {due}.")
    } else {
        format!(
            "Nothing is due before {}; this one comes early.",
            mistake.recall.due.date()
        )
    };
    let whence = format!("It comes from game {}, ply {}.", mistake.game, mistake.ply);
    Ok((mistake.puzzle, vec![whence, when]))
}

/// The puzzles in a reviewed game, with the plies they stand at.
fn of_game(
    stored: &StoredGame,
    review: &Review,
    evaluated: &[crate::chess::Evaluated],
) -> Vec<(usize, Puzzle)> {
    let Some(own) = stored.person.color() else {
        return Vec::new();
    };
    if stored.game.variant() != Variant::Standard {
        return Vec::new();
    }
    let mut slips: Vec<_> = review
        .moves
        .iter()
        .filter(|reviewed| reviewed.mover == own && reviewed.ply > 0)
        .collect();
    slips.retain(|reviewed| {
        let judgement = reviewed.slip.as_ref().map(|slip| slip.judgement);
        matches!(judgement, Some(Judgement::Mistake | Judgement::Blunder))
    });
    slips.sort_by(|a, b| b.loss.total_cmp(&a.loss));
    slips
        .into_iter()
        .take(OF_ONE_GAME)
        .filter_map(|slip| Some((slip.ply, puzzle(stored, slip.ply, own, evaluated.get(slip.ply)?)?)))
        .collect()
}

/// The position after `ply` moves, with the move that led to it and what should have been played.
fn puzzle(stored: &StoredGame, ply: usize, own: Color, best: &crate::chess::Evaluated) -> Option<Puzzle> {
    let mut before: Game = stored.game.clone();
    before.take_back_to(ply - 1);
    let mates_in = best
        .assessment
        .mate_by(own)
        .filter(|moves| (1..=LONGEST_MATE).contains(moves));
    let plies = mates_in.map_or(1, |moves| usize::try_from(moves).unwrap_or(1) * 2 - 1);
    let line = best.line.get(..plies).or_else(|| best.line.get(..1))?;
    let mut moves = vec![stored.game.uci(ply - 1)?];
    moves.extend(line.iter().map(ToString::to_string));
    let digest = Digest::of(format!("{} {ply}", stored.id).as_bytes());
    let mut random = [0; 8];
    random.copy_from_slice(&digest.as_bytes()[..8]);
    Puzzle::new(
        PuzzleId::anywhere(random),
        &before.fen(),
        &moves.join(" "),
        RATING,
        "",
    )
    .ok()
}
