//! What the games of a pairing came to.

use std::collections::BTreeMap;
use std::fmt;

use crate::book::{Outcome, Record};

/// The head of the table whose rows are tallies.
pub(crate) const HEAD: &str =
    "games   won drawn  lost  score   95 % interval   above 50 %  60 % or more   ms a move   mean plies";

/// 95 % of a normal distribution lie within so many deviations.
const Z: f64 = 1.959_964;

/// Wins, draws and losses of the upper contender, and how long both thought.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    won: u32,
    drawn: u32,
    lost: u32,
    plies: usize,
    ms: [f64; 2],
    /// The points from each opening, which is played with both colours.
    pairs: BTreeMap<u32, Vec<f64>>,
}

impl Tally {
    pub(crate) fn of<'a>(records: impl Iterator<Item = &'a Record>) -> Self {
        let mut tally = Self::default();
        for record in records {
            tally.add(record);
        }
        tally
    }

    fn add(&mut self, record: &Record) {
        let (count, points) = match record.outcome {
            Outcome::Won => (&mut self.won, 1.0),
            Outcome::Drawn => (&mut self.drawn, 0.5),
            Outcome::Lost => (&mut self.lost, 0.0),
        };
        *count += 1;
        self.pairs.entry(record.number / 2).or_default().push(points);
        self.plies += record.plies;
        for (sum, one) in self.ms.iter_mut().zip(record.ms) {
            *sum += one;
        }
    }

    fn games(&self) -> f64 {
        f64::from(self.won + self.drawn + self.lost).max(1.0)
    }

    /// The share of the points: a draw is half of one.
    fn score(&self) -> f64 {
        (f64::from(self.won) + f64::from(self.drawn) / 2.0) / self.games()
    }

    /// Where the score lies with 95 % certainty, from the scores of pairs of games: two games from one opening
    /// are not independent. One more pair, spread evenly over its five outcomes, keeps the interval from
    /// closing around 0 or 100 %.
    fn interval(&self) -> (f64, f64) {
        const OUTCOMES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
        let played = self
            .pairs
            .values()
            .map(|points| (points.iter().sum::<f64>() / points.len() as f64, 1.0));
        let scores: Vec<(f64, f64)> = played.chain(OUTCOMES.map(|score| (score, 0.2))).collect();
        let count = self.pairs.len() as f64 + 1.0;
        let mean = scores.iter().map(|(score, weight)| score * weight).sum::<f64>() / count;
        let squares = scores
            .iter()
            .map(|(score, weight)| (score - mean).powi(2) * weight);
        let half = Z * (squares.sum::<f64>() / count / count).sqrt();
        ((mean - half).max(0.0), (mean + half).min(1.0))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pairs.is_empty() {
            return f.write_str("    0   not played yet");
        }
        let (low, high) = self.interval();
        let said = |so| if so { "yes" } else { "no" };
        write!(
            f,
            "{:>5} {:>5} {:>5} {:>5} {:>5.1}%  {:>5.1}..{:>5.1}%  {:>10}  {:>12}  {:>5.0}/{:<5.0} {:>11.0}",
            self.won + self.drawn + self.lost,
            self.won,
            self.drawn,
            self.lost,
            self.score() * 100.0,
            low * 100.0,
            high * 100.0,
            said(low > 0.5),
            said(self.score() >= 0.6),
            self.ms[1] / self.games(),
            self.ms[0] / self.games(),
            self.plies as f64 / self.games(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(outcomes: &[Outcome]) -> Tally {
        let records: Vec<Record> = outcomes
            .iter()
            .zip(0..)
            .map(|(outcome, number)| Record {
                upper: String::new(),
                lower: String::new(),
                number,
                outcome: *outcome,
                plies: 100,
                ms: [1.0, 2.0],
            })
            .collect();
        Tally::of(records.iter())
    }

    #[test]
    fn independent_games_have_the_interval_of_coins() {
        use Outcome::{Lost, Won};
        // The four pairs that two fair coins give, 25 times: 50 % +- 9.8 of 200 games is 50 +- 6.9 %.
        let games = [Won, Won, Won, Lost, Lost, Won, Lost, Lost].repeat(25);
        let (low, high) = tally(&games).interval();
        assert!(
            (low - 0.431).abs() < 0.002 && (high - 0.569).abs() < 0.002,
            "{low} {high}"
        );
    }

    #[test]
    fn openings_that_decide_the_game_say_less_about_the_players() {
        use Outcome::{Lost, Won};
        let by_colour = [Won, Lost].repeat(50);
        let (low, high) = tally(&by_colour).interval();
        assert!(high - low < 0.03, "{low} {high}");
        let by_opening = [Won, Won, Lost, Lost].repeat(25);
        let (low, high) = tally(&by_opening).interval();
        assert!(high - low > 0.26, "{low} {high}");
    }

    #[test]
    fn a_clean_sweep_is_not_certainty() {
        let (low, high) = tally(&[Outcome::Won; 20]).interval();
        assert!((0.7..0.95).contains(&low) && high <= 1.0, "{low} {high}");
        let nothing = tally(&[]);
        assert!(nothing.score().abs() < 1e-9 && nothing.interval().0 < 0.1);
    }
}
