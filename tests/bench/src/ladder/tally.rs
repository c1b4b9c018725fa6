//! What the games of a pair came to.

use std::fmt;
use std::time::Duration;

use crate::Played;

/// Wins, draws and losses of the stronger level, and how long both thought.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    won: u32,
    drawn: u32,
    lost: u32,
    plies: usize,
    /// Of the weaker and the stronger level.
    thinking: [(Duration, u32); 2],
}

impl Tally {
    pub(crate) fn add(&mut self, played: &Played) {
        match played.ending.winner {
            None => self.drawn += 1,
            Some(winner) if winner == played.stronger => self.won += 1,
            Some(_) => self.lost += 1,
        }
        self.plies += played.ending.plies;
        for (sum, one) in self.thinking.iter_mut().zip(played.thinking) {
            sum.0 += one.0;
            sum.1 += one.1;
        }
    }

    fn games(&self) -> f64 {
        f64::from(self.won + self.drawn + self.lost).max(1.0)
    }

    /// The share of the points: a draw is half of one.
    fn score(&self) -> f64 {
        (f64::from(self.won) + f64::from(self.drawn) / 2.0) / self.games()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = wilson(self.score(), self.games());
        let ms = self
            .thinking
            .map(|(time, moves)| time.as_secs_f64() * 1e3 / f64::from(moves.max(1)));
        write!(
            f,
            "{:>5} {:>5} {:>5} {:>5} {:>5.1}%  {:>5.1}..{:>5.1}%  {:>5.0}/{:<5.0} {:>11.0}",
            self.games(),
            self.won,
            self.drawn,
            self.lost,
            self.score() * 100.0,
            low * 100.0,
            high * 100.0,
            ms[1],
            ms[0],
            self.plies as f64 / self.games(),
        )
    }
}

/// Wilson's interval for a share of `n` at 95 %. Draws vary less than wins and losses: it errs to the wide side.
fn wilson(share: f64, n: f64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    ((middle - half) / scale, (middle + half) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        let (low, high) = wilson(0.5, 40.0);
        assert!(
            (low - 0.352).abs() < 0.001 && (high - 0.648).abs() < 0.001,
            "{low} {high}"
        );
        let (low, high) = wilson(1.0, 10.0);
        assert!(
            (low - 0.722).abs() < 0.001 && (high - 1.0).abs() < 0.001,
            "{low} {high}"
        );
    }
}
