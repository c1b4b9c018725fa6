//! Token buckets (governor's GCRA): how much, how often, and for how long to wait.
//!
//! # Design
//!
//! A limiter that remembers every address it has seen is itself a way to fill the memory. Here the number of
//! buckets is fixed, and a keyed hash chooses one. Two keys may share a bucket; with thousands of buckets
//! that happens to the busy clients of a small server practically never, in a flood to few, and nobody
//! outside can arrange it.

use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::marker::PhantomData;
use std::num::{NonZeroU32, NonZeroU64};
use std::str::FromStr;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

/// Buckets of one limit: eight bytes each.
const BUCKETS: u64 = 16_384;
/// More than this is no limit any more.
const MOST: u32 = 1_000_000;

/// So many a second in the long run, so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    per_second: NonZeroU32,
    burst: NonZeroU32,
}

/// Not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be requests per second / burst, like 20/60 (whole numbers from 1 to {MOST}), or off")]
pub struct InvalidRate;

impl Rate {
    /// A rate that is known to make sense.
    pub const fn new(per_second: u32, burst: u32) -> Self {
        match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
            (Some(per_second), Some(burst)) => Self { per_second, burst },
            _ => panic!("a rate of nothing"),
        }
    }

    /// The same for a crowd.
    pub(super) fn times(self, many: NonZeroU32) -> Self {
        Self {
            per_second: self.per_second.saturating_mul(many),
            burst: self.burst.saturating_mul(many),
        }
    }
}

impl From<Rate> for Quota {
    fn from(rate: Rate) -> Self {
        Self::per_second(rate.per_second).allow_burst(rate.burst)
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let (per_second, burst) = text.split_once('/').ok_or(InvalidRate)?;
        let read = |number: &str| {
            let number: NonZeroU32 = number.trim().parse().ok()?;
            (number.get() <= MOST).then_some(number)
        };
        match (read(per_second), read(burst)) {
            (Some(per_second), Some(burst)) => Ok(Self { per_second, burst }),
            _ => Err(InvalidRate),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.per_second, self.burst)
    }
}

/// For how long to wait, in whole seconds, at least one: what `Retry-After` says (RFC 6585 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait(pub(super) NonZeroU64);

impl Wait {
    fn of(time: Duration) -> Self {
        let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        Self(NonZeroU64::new(whole).unwrap_or(NonZeroU64::MIN))
    }
}

/// One bucket for each key.
pub(super) struct Buckets<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    limiter: RateLimiter<K, Cells<K>, C, NoOpMiddleware<C::Instant>>,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    pub(super) fn new(quota: impl Into<Quota>) -> Self {
        Self::on(DefaultClock::default(), quota)
    }
}

impl<K: Hash + Eq + Clone, C: Clock> Buckets<K, C> {
    fn on(clock: C, quota: impl Into<Quota>) -> Self {
        Self {
            limiter: RateLimiter::new(quota.into(), Cells::new(), clock),
        }
    }

    /// Takes one token out of the key's bucket, or says when there is one again.
    pub(super) fn take(&self, key: &K) -> Result<(), Wait> {
        let now = self.limiter.clock().now();
        self.limiter
            .check_key(key)
            .map_err(|until| Wait::of(until.wait_time_from(now)))
    }
}

/// Where the buckets are.
struct Cells<K> {
    hasher: RandomState,
    states: Box<[InMemoryState]>,
    key: PhantomData<fn(&K)>,
}

impl<K> Cells<K> {
    fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            states: (0..BUCKETS).map(|_| InMemoryState::default()).collect(),
            key: PhantomData,
        }
    }
}

impl<K: Hash> StateStore for Cells<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let place = self.hasher.hash_one(key) % BUCKETS;
        let place = usize::try_from(place).expect("fewer buckets than addresses in memory");
        self.states[place].measure_and_replace(&NotKeyed::NonKey, decide)
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn buckets(rate: &str) -> (FakeRelativeClock, Buckets<u32, FakeRelativeClock>) {
        let clock = FakeRelativeClock::default();
        let rate: Rate = rate.parse().unwrap();
        (clock.clone(), Buckets::on(clock, rate))
    }

    fn seconds(wait: Wait) -> u64 {
        wait.0.get()
    }

    #[test]
    fn a_burst_and_then_a_trickle() {
        let (clock, buckets) = buckets("2/5");
        for _ in 0..5 {
            assert_eq!(buckets.take(&1), Ok(()));
        }
        assert_eq!(buckets.take(&1).map_err(seconds), Err(1));
        clock.advance(Duration::from_millis(500));
        assert_eq!(buckets.take(&1), Ok(()));
        assert!(buckets.take(&1).is_err());
        clock.advance(Duration::from_mins(1));
        for _ in 0..5 {
            assert_eq!(buckets.take(&1), Ok(()), "full again, and no fuller");
        }
        assert!(buckets.take(&1).is_err());
    }

    #[test]
    fn keys_do_not_pay_for_each_other() {
        let (_, buckets) = buckets("1/1");
        let served = (0..100).filter(|key| buckets.take(key).is_ok()).count();
        assert!(served >= 95, "{served} of 100");
        assert_eq!((0..100).filter(|key| buckets.take(key).is_ok()).count(), 0);
    }

    #[test]
    fn a_wait_is_rounded_up_and_never_nothing() {
        let of = |millis| Wait::of(Duration::from_millis(millis)).0.get();
        assert_eq!([of(0), of(1), of(1000), of(1001), of(6000)], [1, 1, 1, 2, 6]);
    }

    #[test]
    fn rates_are_read_and_shown() {
        assert_eq!("20/60".parse(), Ok(Rate::new(20, 60)));
        assert_eq!(" 1 / 1000000 ".parse(), Ok(Rate::new(1, 1_000_000)));
        assert_eq!(Rate::new(5, 30).to_string(), "5/30");
        for bad in [
            "",
            "20",
            "/",
            "0/5",
            "5/0",
            "-1/5",
            "1.5/5",
            "5/1000001",
            "5/5/5",
            "off",
        ] {
            assert_eq!(bad.parse::<Rate>(), Err(InvalidRate), "{bad}");
        }
    }
}
