//! What to call a move that lost something. The bounds are those of Lichess (lila's `Advice`).

use shakmaty::Color;

use super::super::assessment::{Assessment, winning_chances};

/// How bad a move was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// It lost a little.
    Inaccuracy,
    /// It lost a good deal.
    Mistake,
    /// It lost much, or all.
    Blunder,
}

impl Judgement {
    /// The word the outside knows this by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inaccuracy => "inaccuracy",
            Self::Mistake => "mistake",
            Self::Blunder => "blunder",
        }
    }
}

/// Judges a move of `mover`'s by what the position was worth before and after it; a good move has no name.
///
/// A forced mate that merely takes longer is no fault.
pub(super) fn judge(mover: Color, before: Assessment, after: Assessment) -> Option<Judgement> {
    if let (Some(before), Some(after)) = (before.centipawns(mover), after.centipawns(mover)) {
        return by_chances(winning_chances(before) - winning_chances(after));
    }
    let mated = after.mate_by(mover.other()).is_some();
    if before.mate_by(mover).is_some() && after.mate_by(mover).is_none() {
        return Some(by_what_is_left(after.centipawns(mover).unwrap_or(0)));
    }
    let was_mated = before.mate_by(mover.other()).is_some();
    (mated && !was_mated).then(|| by_what_is_left(before.centipawns(mover).unwrap_or(0).saturating_neg()))
}

fn by_chances(lost: f64) -> Option<Judgement> {
    [
        (0.3, Judgement::Blunder),
        (0.2, Judgement::Mistake),
        (0.1, Judgement::Inaccuracy),
    ]
    .into_iter()
    .find_map(|(bound, judgement)| (lost >= bound).then_some(judgement))
}

/// A mate missed is the less a pity the more is left; a mate allowed, the worse things stood.
const fn by_what_is_left(centipawns: i32) -> Judgement {
    match centipawns {
        1000.. => Judgement::Inaccuracy,
        701..=999 => Judgement::Mistake,
        _ => Judgement::Blunder,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Judgement::{Blunder, Inaccuracy, Mistake};
    use super::*;

    const fn cp(centipawns: i32) -> Assessment {
        Assessment::Centipawns(centipawns)
    }

    const fn mate(winner: Color, moves: u32) -> Assessment {
        Assessment::Mate { winner, moves }
    }

    #[test]
    fn moves_are_judged_by_the_chances_they_lose() {
        let (white, black) = (mate(Color::White, 3), mate(Color::Black, 3));
        for (before, after, expected) in [
            (cp(0), cp(0), None),
            (cp(0), cp(200), None),
            // These lose chances of 0.0918, 0.1100, 0.1980, 0.2174, 0.2981 and 0.3148.
            (cp(0), cp(-50), None),
            (cp(0), cp(-60), Some(Inaccuracy)),
            (cp(0), cp(-109), Some(Inaccuracy)),
            (cp(0), cp(-120), Some(Mistake)),
            (cp(0), cp(-167), Some(Mistake)),
            (cp(0), cp(-177), Some(Blunder)),
            // What is won stays won, and what is lost stays lost.
            (cp(900), cp(700), None),
            (cp(-700), cp(-900), None),
            (white, cp(1000), Some(Inaccuracy)),
            (white, cp(999), Some(Mistake)),
            (white, cp(701), Some(Mistake)),
            (white, cp(700), Some(Blunder)),
            (white, black, Some(Blunder)),
            (white, mate(Color::White, 9), None),
            (white, mate(Color::White, 0), None),
            (cp(0), black, Some(Blunder)),
            (cp(-700), black, Some(Blunder)),
            (cp(-701), black, Some(Mistake)),
            (cp(-1000), black, Some(Inaccuracy)),
            (black, mate(Color::Black, 1), None),
            (black, cp(0), None),
            (black, white, None),
            (cp(0), white, None),
        ] {
            assert_eq!(
                judge(Color::White, before, after),
                expected,
                "{before:?} {after:?}"
            );
        }
    }

    fn assessments() -> impl Strategy<Value = Assessment> {
        prop_oneof![
            any::<i32>().prop_map(Assessment::Centipawns),
            (-2000..2000).prop_map(Assessment::Centipawns),
            (any::<bool>(), 0..20_u32).prop_map(|(white, moves)| mate(Color::from_white(white), moves)),
        ]
    }

    proptest! {
        #[test]
        fn colours_are_judged_alike(before in assessments(), after in assessments()) {
            prop_assert_eq!(
                judge(Color::White, before, after),
                judge(Color::Black, before.mirrored(), after.mirrored())
            );
        }

        #[test]
        fn what_gains_is_no_fault(before in -3000..3000, gain in 0..3000) {
            prop_assert_eq!(judge(Color::White, cp(before), cp(before + gain)), None);
        }
    }
}
