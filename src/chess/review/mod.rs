//! A game looked back on: what an engine's evaluations say about its moves.
//!
//! It turns evaluations into chances, accuracies and judgements, and finds the moments worth talking about.
//! It does not evaluate anything itself and claims nothing that the evaluations or the rules do not say.

mod accuracy;
mod judgement;
mod moments;
mod words;

use shakmaty::san::SanPlus;
use shakmaty::uci::UciMove;
use shakmaty::{ByColor, Color};

use super::assessment::Assessment;
use super::continuation::{legal_line, numbered_line};
use super::game::Game;
use super::opening::Opening;
use super::outcome::Reason;

pub use judgement::Judgement;
pub use moments::Moment;

/// What an engine says about one position of a game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// What it is worth.
    pub assessment: Assessment,
    /// How the engine would go on, its best move first; empty where it did not say or the game is over.
    pub line: Vec<UciMove>,
}

/// A game looked back on.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// The moves that were evaluated, in order.
    pub moves: Vec<ReviewedMove>,
    /// Per cent; none for a side that did not move.
    pub accuracy: ByColor<Option<f64>>,
    /// How many moves of either side were how bad.
    pub counts: ByColor<Counts>,
    /// The opening and the move that left it.
    pub opening: Option<OpeningLeft>,
}

/// A move looked back on.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewedMove {
    /// How many moves had been played before it.
    pub ply: usize,
    /// Whose it was.
    pub mover: Color,
    /// The move in SAN.
    pub san: String,
    /// What the position was worth before it.
    pub before: Assessment,
    /// What it was worth after it.
    pub after: Assessment,
    /// Per cent.
    pub accuracy: f64,
    /// How many points of a hundred it took off the mover's chances; never negative.
    pub loss: f64,
    /// What was wrong with it, if anything.
    pub slip: Option<Slip>,
}

/// What was wrong with a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// How bad it was.
    pub judgement: Judgement,
    /// The engine's move in SAN, where it is known.
    pub better: Option<String>,
    /// How the engine would have gone on: its move and what follows, numbered; may be empty.
    pub line: String,
    /// One sentence for a person.
    pub words: String,
}

/// How many of a side's moves were how bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Moves that lost a little.
    pub inaccuracies: u32,
    /// Moves that lost a good deal.
    pub mistakes: u32,
    /// Moves that lost much.
    pub blunders: u32,
}

/// How far a game followed what has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningLeft {
    /// The last named opening.
    pub opening: Opening,
    /// How many moves led to it.
    pub ply: usize,
    /// The first move after it in SAN; none where the game ended there.
    pub san: Option<String>,
}

/// How much of a line is of use to a reader.
const LINE_PLIES: usize = 8;

/// Looks back on `game`. `evaluated` begins with the start; where it ends early, so does the review.
pub fn review(game: &Game, evaluated: &[Evaluated]) -> Review {
    let assessments = assessments(game, evaluated);
    let hindsight = in_hindsight(game, evaluated, assessments.clone());
    let percents: Vec<f64> = assessments
        .iter()
        .map(|assessment| assessment.win_percent(Color::White))
        .collect();
    let moves: Vec<ReviewedMove> = (0..assessments.len().saturating_sub(1))
        .filter_map(|ply| {
            let mut reviewed = reviewed(game, &assessments, ply)?;
            let judgement = judge(&reviewed, [&assessments, &hindsight]);
            reviewed.slip = judgement.and_then(|judgement| slip(game, evaluated, &reviewed, judgement));
            Some(reviewed)
        })
        .collect();
    Review {
        accuracy: accuracy::of_game(game.mover(0).unwrap_or(game.turn()), &percents),
        counts: counts(&moves),
        opening: OpeningLeft::of(game),
        moves,
    }
}

/// What is known by the rules goes before what an engine says; the usual array is worth what Lichess says.
fn assessments(game: &Game, evaluated: &[Evaluated]) -> Vec<Assessment> {
    let mut assessments: Vec<Assessment> = game
        .positions()
        .iter()
        .zip(evaluated)
        .map(|(position, evaluated)| Assessment::of_end(position).unwrap_or(evaluated.assessment))
        .collect();
    if game.is_from_standard_start()
        && let Some(first) = assessments.first_mut()
    {
        *first = Assessment::INITIAL;
    }
    if is_drawn_by_rule(game)
        && let Some(last) = assessments.get_mut(game.ply())
    {
        *last = Assessment::Centipawns(0);
    }
    assessments
}

fn is_drawn_by_rule(game: &Game) -> bool {
    game.ending().is_some_and(|ending| {
        matches!(
            ending.reason,
            Reason::Stalemate | Reason::DeadPosition | Reason::Fivefold | Reason::SeventyFiveMoves
        )
    })
}

/// What a move led to says more of the position before it than the look at that did, because it looked one move
/// further: the position is worth as much where the engine's own move was played, and at least as much where a better
/// one was. So a sacrifice is known that the engine sees through only moves later.
fn in_hindsight(game: &Game, evaluated: &[Evaluated], mut assessments: Vec<Assessment>) -> Vec<Assessment> {
    for ply in (0..assessments.len().saturating_sub(1)).rev() {
        let Some(mover) = game.mover(ply) else { continue };
        let (now, then) = (assessments[ply], assessments[ply + 1]);
        let is_better = then.win_percent(mover) > now.win_percent(mover);
        if is_better || is_expected(game, evaluated, ply) {
            assessments[ply] = then;
        }
    }
    assessments
}

/// Whether the move of this ply is what the engine would have played.
fn is_expected(game: &Game, evaluated: &[Evaluated], ply: usize) -> bool {
    let (Some(position), Some(played)) = (game.position_at(ply), game.moves().get(ply)) else {
        return false;
    };
    let line = evaluated.get(ply).map(|evaluated| evaluated.line.as_slice());
    let best = line.and_then(|line| line.first()?.to_move(position).ok());
    best.as_ref() == Some(played)
}

fn reviewed(game: &Game, assessments: &[Assessment], ply: usize) -> Option<ReviewedMove> {
    let mover = game.mover(ply)?;
    let (before, after) = (*assessments.get(ply)?, *assessments.get(ply + 1)?);
    let (had, has) = (before.win_percent(mover), after.win_percent(mover));
    Some(ReviewedMove {
        ply,
        mover,
        san: game.san(ply)?,
        before,
        after,
        accuracy: accuracy::of_move(had, has),
        loss: (had - has).max(0.0),
        slip: None,
    })
}

/// The mildest of what the assessments say: a move is bad where it was bad when it was made, and still is when the
/// whole game is known.
fn judge(reviewed: &ReviewedMove, assessments: [&[Assessment]; 2]) -> Option<Judgement> {
    let judged = assessments.map(|of| {
        let (before, after) = (*of.get(reviewed.ply)?, *of.get(reviewed.ply + 1)?);
        judgement::judge(reviewed.mover, before, after)
    });
    judged.into_iter().min().flatten()
}

fn slip(game: &Game, evaluated: &[Evaluated], reviewed: &ReviewedMove, judgement: Judgement) -> Option<Slip> {
    let ply = reviewed.ply;
    // What the engine would have played itself is no fault of the player's.
    if is_expected(game, evaluated, ply) {
        return None;
    }
    let (position, after) = (game.position_at(ply)?, game.position_at(ply + 1)?);
    let played = *game.moves().get(ply)?;
    let line = legal_line(position, &evaluated.get(ply)?.line, LINE_PLIES);
    let reply = legal_line(after, &evaluated.get(ply + 1)?.line, 1);
    let told = words::Told {
        reviewed,
        played: numbered_line(position, &[played]),
        better: line.first().map(|m| numbered_line(position, &[*m])),
        left: words::left_to_be_taken(after, played, reply.first().copied()),
    };
    Some(Slip {
        judgement,
        better: line
            .first()
            .map(|m| SanPlus::from_move(position.clone(), *m).to_string()),
        words: told.sentence(),
        line: numbered_line(position, &line),
    })
}

fn counts(moves: &[ReviewedMove]) -> ByColor<Counts> {
    let mut counts = ByColor::<Counts>::default();
    for reviewed in moves {
        let Some(slip) = &reviewed.slip else { continue };
        let counts = counts.get_mut(reviewed.mover);
        match slip.judgement {
            Judgement::Inaccuracy => counts.inaccuracies += 1,
            Judgement::Mistake => counts.mistakes += 1,
            Judgement::Blunder => counts.blunders += 1,
        }
    }
    counts
}

impl OpeningLeft {
    /// The last named opening of a game from the usual array, and the move that left it.
    pub fn of(game: &Game) -> Option<Self> {
        let (ply, opening) = Opening::last_named(game.positions())?;
        Some(Self {
            opening,
            ply,
            san: game.san(ply),
        })
    }
}

#[cfg(test)]
mod tests;
