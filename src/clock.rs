//! Time: whole seconds, as the protocols count, and the only reader of the system clock.
//!
//! Everything below takes `now` as an argument, so that each rule about time is a plain function.

use std::ops::{Add, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the Unix epoch.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub fn since(self, earlier: Self) -> Seconds {
        Seconds(self.0.saturating_sub(earlier.0).max(0))
    }

    /// `YYYY-MM-DD`, in UTC (days to civil date after Howard Hinnant's algorithm).
    pub fn date(self) -> String {
        let z = self.0.div_euclid(86_400) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = doy - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `YYYY-MM-DDThh:mm:ssZ` (RFC 3339).
    pub fn iso8601(self) -> String {
        format!("{}Z", self.date_time().replacen(' ', "T", 1))
    }

    /// `YYYY-MM-DD hh:mm:ss`, in UTC.
    pub fn date_time(self) -> String {
        let s = self.0.rem_euclid(86_400);
        format!("{} {:02}:{:02}:{:02}", self.date(), s / 3600, s / 60 % 60, s % 60)
    }
}

/// A length of time in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub i64);

impl Add<Seconds> for Timestamp {
    type Output = Self;

    fn add(self, length: Seconds) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl Sub<Seconds> for Timestamp {
    type Output = Self;

    fn sub(self, length: Seconds) -> Self {
        Self(self.0.saturating_sub(length.0))
    }
}

/// Where `now` comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// Stands still until it is set; for tests.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `at` until [`Clock::set`] is called.
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.seconds())))
    }

    /// The present second.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp(i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX)),
            Self::Manual(seconds) => Timestamp(seconds.load(Ordering::Relaxed)),
        }
    }

    /// The present time in milliseconds since the Unix epoch; for what must only ever grow.
    pub fn unix_millis(&self) -> i64 {
        match self {
            Self::System => i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX),
            Self::Manual(seconds) => seconds.load(Ordering::Relaxed) * 1000,
        }
    }

    /// Moves a manual clock; the system's clock cannot be set.
    pub fn set(&self, at: Timestamp) {
        if let Self::Manual(seconds) = self {
            seconds.store(at.seconds(), Ordering::Relaxed);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system clock"
)]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (4_107_542_400, "2100-03-01"),
            (-86_400, "1969-12-31"),
        ] {
            assert_eq!(Timestamp::from_seconds(seconds).date(), date);
        }
        assert_eq!(
            Timestamp::from_seconds(1_709_164_801).date_time(),
            "2024-02-29 00:00:01"
        );
        assert_eq!(
            Timestamp::from_seconds(1_709_164_801).iso8601(),
            "2024-02-29T00:00:01Z"
        );
    }

    #[test]
    fn a_manual_clock_moves_only_when_set() {
        let clock = Clock::manual(Timestamp::from_seconds(10));
        clock.set(clock.now() + Seconds(5));
        assert_eq!(clock.now(), Timestamp::from_seconds(15));
        assert_eq!(clock.unix_millis(), 15_000);
        assert_eq!(Timestamp::from_seconds(3).since(clock.now()), Seconds(0));
    }
}
