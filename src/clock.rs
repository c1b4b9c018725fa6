//! Time: whole seconds, as the protocols count, and the only reader of the system clock.
//!
//! Everything below takes `now` as an argument, so that each rule about time is a plain function.

use std::ops::{Add, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
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

    /// The first second of a day that is written `YYYY-MM-DD`, in UTC; nothing where there is no such day.
    pub fn start_of(date: &str) -> Option<Self> {
        let day: NaiveDate = date.parse().ok()?;
        let start = Self(day.and_time(NaiveTime::MIN).and_utc().timestamp());
        // The parser takes other spellings too.
        (start.date() == date).then_some(start)
    }

    /// `YYYY-MM-DD`, in UTC.
    pub fn date(self) -> String {
        self.utc().format("%Y-%m-%d").to_string()
    }

    /// `YYYY-MM-DDThh:mm:ssZ` (RFC 3339).
    pub fn iso8601(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// `YYYY-MM-DD hh:mm:ss`, in UTC.
    pub fn date_time(self) -> String {
        self.utc().format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// As the calendar has it; what lies hundreds of thousands of years away is the last second that it knows.
    fn utc(self) -> DateTime<Utc> {
        let end = if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        };
        DateTime::from_timestamp(self.0, 0).unwrap_or(end)
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
            let at = Timestamp::from_seconds(seconds);
            assert_eq!(at.date(), date);
            assert_eq!(Timestamp::start_of(date), Some(at));
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
    fn what_is_no_day_has_no_start() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "2025-02-29",
            "2026-1-1",
            "+2026-01-01",
            " 2026-01-01",
            "99999999999-01-01",
            "--------01",
        ] {
            assert_eq!(Timestamp::start_of(text), None, "{text}");
        }
    }

    #[test]
    fn no_time_is_too_far_away_for_a_date() {
        for seconds in [i64::MIN, i64::MAX] {
            assert!(Timestamp::from_seconds(seconds).iso8601().ends_with('Z'));
        }
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
