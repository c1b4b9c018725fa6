//! Which of a game's slips are worth talking about.

use shakmaty::Color;

use super::super::player::PersonSide;
use super::words::Standing;
use super::{Judgement, Review, ReviewedMove, Slip};

/// A move worth talking about.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// How many moves had been played before it: the position to think about once more.
    pub ply: usize,
    /// Whose move it was.
    pub mover: Color,
    /// How bad it was.
    pub judgement: Judgement,
    /// The move in SAN.
    pub played: String,
    /// The engine's in SAN, where it is known.
    pub better: Option<String>,
    /// How the engine would have gone on, numbered; may be empty.
    pub line: String,
    /// How many points of a hundred it took off the mover's chances.
    pub loss: f64,
    /// One sentence for a person.
    pub words: String,
}

/// No more moments than a listener keeps.
const MOST: usize = 5;

/// Losing the better half of the game weighs as much more as this many points.
const TURN: f64 = 10.0;

impl Review {
    /// The greatest losses and turning points of `side`, at most five, in the order of the game.
    ///
    /// Where both sides are asked for, a slip and the slip that answers it are one moment, the greater one.
    pub fn moments(&self, side: PersonSide) -> Vec<Moment> {
        let mut slips: Vec<(&ReviewedMove, &Slip)> = self
            .moves
            .iter()
            .filter(|reviewed| side.plays(reviewed.mover))
            .filter_map(|reviewed| Some((reviewed, reviewed.slip.as_ref()?)))
            .collect();
        slips.sort_by(|(one, _), (other, _)| weight(other).total_cmp(&weight(one)));
        let mut chosen: Vec<(&ReviewedMove, &Slip)> = Vec::with_capacity(MOST);
        for (reviewed, slip) in slips {
            let told = chosen
                .iter()
                .any(|(other, _)| other.ply.abs_diff(reviewed.ply) == 1);
            if !told && chosen.len() < MOST {
                chosen.push((reviewed, slip));
            }
        }
        chosen.sort_by_key(|(reviewed, _)| reviewed.ply);
        chosen
            .into_iter()
            .map(|(reviewed, slip)| moment(reviewed, slip))
            .collect()
    }
}

/// How much a slip matters: what it lost, and more where it turned the game.
fn weight(reviewed: &ReviewedMove) -> f64 {
    let standing = |assessment: super::Assessment| Standing::of(assessment.win_percent(reviewed.mover));
    let (had, has) = (standing(reviewed.before), standing(reviewed.after));
    let turned = had > has && (had > Standing::Even) != (has > Standing::Even);
    let fell = had > has && (had < Standing::Even) != (has < Standing::Even);
    reviewed.loss + if turned || fell { TURN } else { 0.0 }
}

fn moment(reviewed: &ReviewedMove, slip: &Slip) -> Moment {
    Moment {
        ply: reviewed.ply,
        mover: reviewed.mover,
        judgement: slip.judgement,
        played: reviewed.san.clone(),
        better: slip.better.clone(),
        line: slip.line.clone(),
        loss: reviewed.loss,
        words: slip.words.clone(),
    }
}
