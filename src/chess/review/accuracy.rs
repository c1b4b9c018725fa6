//! How well was played, in per cent: of a move by what it lost, of a game by all of its moves.
//!
//! The formulas are those of Lichess: lichess.org/page/accuracy and lila's `AccuracyPercent`. A game's
//! accuracy is the mean of two means of its moves': one weighted by how volatile the game was around a move,
//! one harmonic, which a few bad moves pull down.

use shakmaty::{ByColor, Color};

/// The accuracy of a move that changed the mover's chances from `before` to `after` per cent; 0 to 100.
pub(super) fn of_move(before: f64, after: f64) -> f64 {
    if after >= before {
        return 100.0;
    }
    let fitted =
        103.166_810_071_164_9 * (-0.043_544_153_867_539_51 * (before - after)).exp() - 3.166_924_740_191_411;
    // One point for what the engine itself may have misjudged.
    (fitted + 1.0).clamp(0.0, 100.0)
}

/// The accuracy of either side over a game, none for a side that did not move.
///
/// `percents` are White's chances before the first move and after each; `first` made the first move.
pub(super) fn of_game(first: Color, percents: &[f64]) -> ByColor<Option<f64>> {
    let mut judged: ByColor<Vec<Weighted>> = ByColor::default();
    let mut mover = first;
    for (pair, weight) in percents.windows(2).zip(weights(percents)) {
        let chances = |white: f64| mover.fold_wb(white, 100.0 - white);
        let accuracy = of_move(chances(pair[0]), chances(pair[1]));
        judged.get_mut(mover).push(Weighted { accuracy, weight });
        mover = mover.other();
    }
    judged.map(|moves| mean_of_means(&moves))
}

struct Weighted {
    accuracy: f64,
    weight: f64,
}

/// One weight for each move: how much the chances varied in the moves around it.
fn weights(percents: &[f64]) -> impl Iterator<Item = f64> {
    let moves = percents.len().saturating_sub(1);
    let size = (moves / 10).clamp(2, 8);
    let first = percents.windows(size).take(1).cycle().take(size - 2);
    first
        .chain(percents.windows(size))
        .map(|window| standard_deviation(window).clamp(0.5, 12.0))
}

#[expect(clippy::cast_precision_loss, reason = "no game has 2^52 moves")]
const fn count(values: &[f64]) -> f64 {
    values.len() as f64
}

fn standard_deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / count(values);
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count(values);
    variance.sqrt()
}

fn mean_of_means(moves: &[Weighted]) -> Option<f64> {
    if moves.is_empty() {
        return None;
    }
    let weight: f64 = moves.iter().map(|m| m.weight).sum();
    let weighted = moves.iter().map(|m| m.accuracy * m.weight).sum::<f64>() / weight;
    // A move of no accuracy at all would make everything nothing.
    let inverses: Vec<f64> = moves.iter().map(|m| 1.0 / m.accuracy.max(1.0)).collect();
    let harmonic = count(&inverses) / inverses.iter().sum::<f64>();
    // The last digit of a sum of weights may go beyond.
    Some(f64::midpoint(weighted, harmonic).clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 0.001
    }

    #[test]
    fn a_move_is_as_accurate_as_it_keeps_the_chances() {
        for (before, after, accuracy) in [
            (50.0, 50.0, 100.0),
            (50.0, 60.0, 100.0),
            (50.0, 49.9, 100.0),
            (60.0, 55.0, 80.815_3),
            (60.0, 50.0, 64.579_8),
            (80.0, 40.0, 15.909_0),
            (100.0, 0.0, 0.0),
        ] {
            let found = of_move(before, after);
            assert!(near(found, accuracy), "{before} to {after}: {found}");
        }
    }

    #[test]
    fn a_short_game_by_hand() {
        // White loses ten points and gains them back from Black, who loses twenty: windows of two.
        let percents = [50.0, 40.0, 60.0, 60.0];
        let accuracy = of_game(Color::White, &percents);
        // White: 64.5798 with weight 5, 100 with weight 0.5; Black: 41.0168 with weight 10.
        let white = f64::midpoint(
            (64.579_8 * 5.0 + 100.0 * 0.5) / 5.5,
            2.0 / (1.0 / 64.579_8 + 0.01),
        );
        assert!(near(accuracy.white.unwrap(), white), "{accuracy:?}");
        assert!(near(accuracy.black.unwrap(), 41.016_8), "{accuracy:?}");
    }

    #[test]
    fn who_did_not_move_has_no_accuracy() {
        for (percents, white, black) in [
            (&[][..], false, false),
            (&[50.0], false, false),
            (&[50.0, 50.0], true, false),
            (&[50.0, 50.0, 50.0], true, true),
        ] {
            let accuracy = of_game(Color::White, percents);
            assert_eq!(
                (accuracy.white.is_some(), accuracy.black.is_some()),
                (white, black)
            );
        }
    }

    #[test]
    fn a_weight_for_every_move() {
        for moves in [1, 2, 3, 19, 20, 21, 40, 79, 80, 81, 300] {
            let percents: Vec<f64> = (0..=moves).map(f64::from).collect();
            assert_eq!(weights(&percents).count(), usize::try_from(moves).unwrap());
        }
        // Of thirty moves, windows of three: the first two moves share one.
        let percents: Vec<f64> = (0..=30).map(|i| f64::from(i * i)).collect();
        let weights: Vec<f64> = weights(&percents).collect();
        assert!(near(weights[0], weights[1]) && weights[2] > weights[1]);
    }

    proptest! {
        #[test]
        fn accuracy_is_a_percentage_and_knows_no_colour(percents in prop::collection::vec(0.0..=100.0, 0..120)) {
            let mirrored: Vec<f64> = percents.iter().map(|white| 100.0 - white).collect();
            let accuracy = of_game(Color::White, &percents);
            let other = of_game(Color::Black, &mirrored);
            for (one, two) in [(accuracy.white, other.black), (accuracy.black, other.white)] {
                prop_assert_eq!(one.is_some(), two.is_some());
                if let (Some(one), Some(two)) = (one, two) {
                    prop_assert!((0.0..=100.0).contains(&one));
                    prop_assert!((one - two).abs() < 1e-6);
                }
            }
        }
    }
}
