//! Ratings: how strong somebody plays, and how sure that is, by Glicko-2.
//!
//! The arithmetic is the `skillratings` crate's; here are the bounds, the priors, and what time does. Each
//! game is a rating period of its own, as people want to see what a game did. What an opponent is rated, be it
//! a person, a level of the engine or a puzzle, is the caller's knowledge.

use std::fmt;

use shakmaty::Color;
use skillratings::Outcomes;
use skillratings::glicko2::{Glicko2Config, Glicko2Rating, glicko2_rating_period};

use super::outcome::Score;

/// How strong somebody plays. Puzzles have ratings too: how hard they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    value: f64,
    deviation: f64,
    volatility: f64,
}

/// What came of a game for the player whose rating is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Won, or solved.
    Win,
    /// Neither.
    Draw,
    /// Lost, or failed.
    Loss,
}

const LOWEST: f64 = 100.0;
const HIGHEST: f64 = 4000.0;
/// Below this nobody's strength is known, however much they play: it keeps ratings moving (as on Lichess).
const SUREST: f64 = 45.0;
/// What is assumed of somebody of whom nothing is known.
const UNKNOWN: f64 = 350.0;
const STEADIEST: f64 = 0.01;
const WILDEST: f64 = 0.1;
const USUAL_VOLATILITY: f64 = 0.06;
/// Above this deviation a rating says little.
const PROVISIONAL: f64 = 110.0;
/// One point on Glicko-2's own scale.
const SCALE: f64 = 173.717_8;
/// So many of Glicko-2's periods pass in a day: from 60, a year leads back to 110 (as on Lichess).
const PERIODS_PER_DAY: f64 = 0.214_36;

impl Default for Rating {
    fn default() -> Self {
        Self::new()
    }
}

impl Rating {
    /// Somebody new: 1500, which may as well be 800 or 2200.
    pub const fn new() -> Self {
        Self {
            value: 1500.0,
            deviation: UNKNOWN,
            volatility: USUAL_VOLATILITY,
        }
    }

    /// A puzzle nobody has tried, from how hard it looks.
    pub fn of_puzzle(value: f64) -> Self {
        Self::restored(value, 250.0, USUAL_VOLATILITY)
    }

    /// An opponent whose strength is known, such as a level of the engine.
    pub fn known(value: f64) -> Self {
        Self::restored(value, SUREST, USUAL_VOLATILITY)
    }

    /// A rating as it was kept; what lies out of bounds is moved to the nearest bound.
    pub fn restored(value: f64, deviation: f64, volatility: f64) -> Self {
        let bounded = |number: f64, from: f64, to: f64, otherwise: f64| {
            if number.is_nan() {
                otherwise
            } else {
                number.clamp(from, to)
            }
        };
        Self {
            value: bounded(value, LOWEST, HIGHEST, 1500.0),
            deviation: bounded(deviation, SUREST, UNKNOWN, UNKNOWN),
            volatility: bounded(volatility, STEADIEST, WILDEST, USUAL_VOLATILITY),
        }
    }

    /// The strength; 1500 is the usual beginning.
    pub const fn value(self) -> f64 {
        self.value
    }

    /// How unsure that is: with 95 % it lies within two of these.
    pub const fn deviation(self) -> f64 {
        self.deviation
    }

    /// How erratic the results are.
    pub const fn volatility(self) -> f64 {
        self.volatility
    }

    /// The rating after one game. The opponent's own is updated by its own call with the opposite outcome.
    #[must_use]
    pub fn update(self, opponent: Self, outcome: Outcome) -> Self {
        self.after_period(&[(opponent, outcome)])
    }

    /// The rating after several games that count as played at once.
    #[must_use]
    pub fn after_period(self, games: &[(Self, Outcome)]) -> Self {
        let games: Vec<(Glicko2Rating, Outcomes)> = games
            .iter()
            .map(|(opponent, outcome)| (opponent.to_glicko(), outcome.to_glicko()))
            .collect();
        let rated = glicko2_rating_period(&self.to_glicko(), &games, &Glicko2Config::new());
        Self::restored(rated.rating, rated.deviation, rated.volatility)
    }

    /// The rating after so many days without a game: less is known.
    #[must_use]
    pub fn after_days(self, days: u32) -> Self {
        let growth = (self.volatility * SCALE).powi(2) * PERIODS_PER_DAY * f64::from(days);
        let deviation = (self.deviation.powi(2) + growth).sqrt();
        Self::restored(self.value, deviation, self.volatility)
    }

    /// Whether the rating still says little.
    pub fn is_provisional(self) -> bool {
        self.deviation > PROVISIONAL
    }

    /// The strength as a whole number.
    #[expect(clippy::cast_possible_truncation, reason = "ratings lie between 100 and 4000")]
    pub fn rounded(self) -> i32 {
        self.value.round() as i32
    }

    const fn to_glicko(self) -> Glicko2Rating {
        Glicko2Rating {
            rating: self.value,
            deviation: self.deviation,
            volatility: self.volatility,
        }
    }
}

/// `1523`, and `1523?` where it says little.
impl fmt::Display for Rating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_provisional() { "?" } else { "" };
        write!(f, "{}{mark}", self.rounded())
    }
}

impl Outcome {
    /// What a game's result means for `side`; none where it has no result.
    pub fn of(score: Score, side: Color) -> Option<Self> {
        match score {
            Score::None => None,
            Score::Draw => Some(Self::Draw),
            Score::White => Some(side.fold_wb(Self::Win, Self::Loss)),
            Score::Black => Some(side.fold_wb(Self::Loss, Self::Win)),
        }
    }

    /// The same for the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Win => Self::Loss,
            Self::Draw => Self::Draw,
            Self::Loss => Self::Win,
        }
    }

    const fn to_glicko(self) -> Outcomes {
        match self {
            Self::Win => Outcomes::WIN,
            Self::Draw => Outcomes::DRAW,
            Self::Loss => Outcomes::LOSS,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rated(value: f64, deviation: f64) -> Rating {
        Rating {
            value,
            deviation,
            volatility: USUAL_VOLATILITY,
        }
    }

    #[test]
    fn the_example_of_glickmans_paper() {
        // http://www.glicko.net/glicko/glicko2.pdf, the player after three games in one period.
        let player = rated(1500.0, 200.0).after_period(&[
            (rated(1400.0, 30.0), Outcome::Win),
            (rated(1550.0, 100.0), Outcome::Loss),
            (rated(1700.0, 300.0), Outcome::Loss),
        ]);
        assert!((player.value - 1464.06).abs() < 0.01, "{player:?}");
        assert!((player.deviation - 151.52).abs() < 0.01, "{player:?}");
        assert!((player.volatility - 0.059_99).abs() < 0.000_01, "{player:?}");
    }

    #[test]
    fn two_newcomers_part_by_as_much() {
        let (winner, loser) = (
            Rating::new().update(Rating::new(), Outcome::Win),
            Rating::new().update(Rating::new(), Outcome::Loss),
        );
        assert_eq!((winner.rounded(), loser.rounded()), (1662, 1338));
        assert!((winner.deviation - 290.3).abs() < 0.1, "{winner:?}");
        let draw = Rating::new().update(Rating::new(), Outcome::Draw);
        assert_eq!(draw.rounded(), 1500);
        assert!(draw.deviation < UNKNOWN, "a draw says something too");
    }

    #[test]
    fn a_rating_settles_and_time_unsettles_it() {
        let mut rating = Rating::new();
        for i in 0..40 {
            assert_eq!(rating.is_provisional(), rating.to_string().ends_with('?'));
            rating = rating.update(
                Rating::known(1500.0),
                if i % 2 == 0 { Outcome::Win } else { Outcome::Loss },
            );
        }
        assert!(!rating.is_provisional(), "{rating:?}");
        assert!((rating.value - 1500.0).abs() < 60.0, "{rating:?}");
        let year = rated(1500.0, 60.0).after_days(365);
        assert!((year.deviation - 110.0).abs() < 1.0, "{year:?}");
        assert!((rating.after_days(u32::MAX).deviation - UNKNOWN).abs() < 1e-9);
        assert_eq!(rating.after_days(0), rating);
    }

    #[test]
    fn bounds_hold() {
        let nonsense = Rating::restored(f64::NAN, f64::INFINITY, -1.0);
        assert_eq!(
            (nonsense.value, nonsense.deviation, nonsense.volatility),
            (1500.0, 350.0, 0.01)
        );
        let (mut low, mut high) = (Rating::known(0.0), Rating::known(9999.0));
        for _ in 0..50 {
            (low, high) = (low.update(high, Outcome::Loss), high.update(low, Outcome::Win));
        }
        assert_eq!((low.rounded(), high.rounded()), (100, 4000));
    }

    #[test]
    fn results_are_outcomes_for_either_side() {
        for (score, white) in [
            (Score::White, Some(Outcome::Win)),
            (Score::Black, Some(Outcome::Loss)),
            (Score::Draw, Some(Outcome::Draw)),
            (Score::None, None),
        ] {
            assert_eq!(Outcome::of(score, Color::White), white);
            assert_eq!(Outcome::of(score, Color::Black), white.map(Outcome::reversed));
        }
    }

    fn ratings() -> impl Strategy<Value = Rating> {
        (0.0..5000.0, 0.0..500.0, 0.0..0.2).prop_map(|(v, d, s)| Rating::restored(v, d, s))
    }

    proptest! {
        #[test]
        fn winning_never_costs_and_losing_never_pays(player in ratings(), opponent in ratings()) {
            let won = player.update(opponent, Outcome::Win);
            let drew = player.update(opponent, Outcome::Draw);
            let lost = player.update(opponent, Outcome::Loss);
            prop_assert!(won.value >= player.value && lost.value <= player.value);
            prop_assert!(won.value >= drew.value && drew.value >= lost.value);
            for rating in [won, drew, lost] {
                prop_assert!((LOWEST..=HIGHEST).contains(&rating.value));
                prop_assert!((SUREST..=UNKNOWN).contains(&rating.deviation));
                prop_assert!((STEADIEST..=WILDEST).contains(&rating.volatility));
            }
        }
    }
}
