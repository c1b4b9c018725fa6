//! What is said about many measurements.

use std::time::Duration;

/// The value below which this many of a hundred lie.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}

/// Mean and sample variance.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    pub count: f64,
    pub mean: f64,
    pub variance: f64,
}

impl Moments {
    /// Of at least two values.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares = values.iter().map(|value| (value - mean).powi(2));
        Self {
            count,
            mean,
            variance: squares.sum::<f64>() / (count - 1.0),
        }
    }

    /// Welch's t: how far two means lie apart, in units of what chance alone does to them. Beyond about 2 in
    /// one of twenty pairs that do not differ, beyond 4.5 practically never.
    pub fn welch(self, other: Self) -> f64 {
        let spread = self.variance / self.count + other.variance / other.count;
        (self.mean - other.mean) / spread.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_the_sorted_list() {
        let sorted: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_millis(51));
        assert_eq!(percentile(&sorted, 99), Duration::from_millis(100));
        assert_eq!(percentile(&sorted[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }

    #[test]
    fn means_are_compared_as_welch_did() {
        let one = Moments::of(&[1.0, 2.0, 3.0, 4.0]);
        let two = Moments::of(&[3.0, 5.0, 7.0]);
        assert!((one.mean - 2.5).abs() < 1e-9 && (one.variance - 5.0 / 3.0).abs() < 1e-9);
        assert!((one.welch(two) + 1.889_822).abs() < 1e-5, "{}", one.welch(two));
        assert!(one.welch(one).abs() < 1e-9);
    }
}
