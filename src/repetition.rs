//! Spaced repetition: when a mistake that was made once is to be asked about again.
//!
//! After SM-2 (super-memory.com/english/ol/sm2.htm), with two grades, as a puzzle is solved or it is not. What
//! is being repeated is not its concern.

use crate::clock::{Seconds, Timestamp};

/// What is known about how well something is remembered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recall {
    /// Days between the last answer and the next question.
    pub interval_days: u32,
    /// By what the interval grows.
    pub ease: f64,
    /// How often it was known in a row.
    pub repetitions: u32,
    /// When to ask.
    pub due: Timestamp,
}

const DAY: i64 = 86_400;
const USUAL_EASE: f64 = 2.5;
const LEAST_EASE: f64 = 1.3;
/// SM-2 knows no bound; but luck in a row should not count for ever.
const MOST_EASE: f64 = 3.0;
/// What nobody needs to be asked more seldom than.
const LONGEST: u32 = 365;

impl Recall {
    /// Something new, to be asked at once.
    pub const fn first(now: Timestamp) -> Self {
        Self {
            interval_days: 0,
            ease: USUAL_EASE,
            repetitions: 0,
            due: now,
        }
    }

    /// Whether it is to be asked.
    pub fn is_due(self, now: Timestamp) -> bool {
        self.due <= now
    }

    /// What is known after an answer. Having known it before it was due proves little and changes nothing.
    #[must_use]
    pub fn after(self, solved: bool, now: Timestamp) -> Self {
        if !solved {
            return self.failed(now);
        }
        if !self.is_due(now) {
            return self;
        }
        let interval_days = match self.repetitions {
            0 => 1,
            1 => 6,
            _ => self.grown(),
        };
        Self {
            interval_days,
            ease: (self.ease + 0.1).min(MOST_EASE),
            repetitions: self.repetitions.saturating_add(1),
            due: days_after(now, interval_days),
        }
    }

    /// Begins again tomorrow, and will grow more slowly.
    fn failed(self, now: Timestamp) -> Self {
        Self {
            interval_days: 1,
            ease: (self.ease - 0.32).max(LEAST_EASE),
            repetitions: 0,
            due: days_after(now, 1),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of days, at most a year's"
    )]
    fn grown(self) -> u32 {
        let days = (f64::from(self.interval_days) * self.ease).round();
        (days.clamp(1.0, f64::from(LONGEST)) as u32).max(self.interval_days.min(LONGEST))
    }
}

fn days_after(now: Timestamp, days: u32) -> Timestamp {
    now + Seconds(i64::from(days) * DAY)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_seconds(n * DAY)
    }

    #[test]
    fn what_is_known_is_asked_ever_more_seldom() {
        let mut recall = Recall::first(day(0));
        assert!(recall.is_due(day(0)));
        let mut intervals = Vec::new();
        for _ in 0..7 {
            recall = recall.after(true, recall.due);
            intervals.push(recall.interval_days);
        }
        // 6 * 2.7, 16 * 2.8, 45 * 2.9, 131 * 3 and no more than a year.
        assert_eq!(intervals, [1, 6, 16, 45, 131, 365, 365]);
        assert_eq!(recall.due, day(929));
    }

    #[test]
    fn what_was_forgotten_begins_again_and_grows_more_slowly() {
        let known = Recall::first(day(0)).after(true, day(0)).after(true, day(1));
        let forgotten = known.after(false, day(7));
        assert_eq!((forgotten.interval_days, forgotten.repetitions), (1, 0));
        assert_eq!(forgotten.due, day(8));
        assert!(!forgotten.is_due(day(7)) && forgotten.is_due(day(8)));
        let again = forgotten
            .after(true, day(8))
            .after(true, day(9))
            .after(true, day(15));
        assert_eq!(again.interval_days, 15, "6 * 2.58");
    }

    #[test]
    fn knowing_it_too_early_changes_nothing() {
        let recall = Recall::first(day(0)).after(true, day(0));
        assert_eq!(recall.after(true, day(0)), recall);
        assert_eq!(
            recall.after(false, day(0)).repetitions,
            0,
            "not knowing it counts always"
        );
    }

    proptest! {
        #[test]
        fn bounds_hold_whatever_is_answered(answers in prop::collection::vec((any::<bool>(), 0..400_i64), 0..60)) {
            let mut now = day(20_000);
            let mut recall = Recall::first(now);
            for (solved, wait) in answers {
                now = now + Seconds(wait * DAY);
                recall = recall.after(solved, now);
                prop_assert!((1..=LONGEST).contains(&recall.interval_days));
                prop_assert!((LEAST_EASE..=MOST_EASE).contains(&recall.ease));
                prop_assert!(recall.due > now);
            }
        }
    }
}
