//! What was read from a provider and is kept for a while.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;

use super::UpstreamError;
use crate::clock::{Seconds, Timestamp};

/// A value that is read when it is needed and then kept. Whoever needs it meanwhile waits for the one reading.
pub(super) struct Kept<T> {
    life: Seconds,
    read: Mutex<Option<(T, Timestamp)>>,
    at_hand: AtomicBool,
}

impl<T: Clone> Kept<T> {
    /// Nothing yet. What is read is good for so long.
    pub(super) fn for_at_most(life: Seconds) -> Self {
        Self {
            life,
            read: Mutex::new(None),
            at_hand: AtomicBool::new(false),
        }
    }

    /// The value, read anew where it is too old. An old value is better than none while its source is down.
    pub(super) async fn get(
        &self,
        now: Timestamp,
        source: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<T, UpstreamError> {
        let mut kept = self.read.lock().await;
        if let Some((value, at)) = kept.as_ref()
            && now.since(*at) < self.life
        {
            return Ok(value.clone());
        }
        let result = source.await;
        self.at_hand.store(result.is_ok(), Ordering::Relaxed);
        match (result, kept.as_ref()) {
            (Ok(value), _) => {
                *kept = Some((value.clone(), now));
                Ok(value)
            }
            (Err(UpstreamError::Unavailable(_)), Some((value, _))) => Ok(value.clone()),
            (Err(error), _) => Err(error),
        }
    }

    /// The value, read anew since the kept one turned out to be out of date; that one stays where this fails.
    pub(super) async fn renew(
        &self,
        now: Timestamp,
        source: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<T, UpstreamError> {
        let mut kept = self.read.lock().await;
        let value = source.await?;
        *kept = Some((value.clone(), now));
        Ok(value)
    }

    /// Whether the last reading went well.
    pub(super) fn is_at_hand(&self) -> bool {
        self.at_hand.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[tokio::test]
    async fn a_value_is_read_when_it_is_needed_and_too_old() {
        let kept = Kept::for_at_most(Seconds(10));
        let down = || async { Err(UpstreamError::Unavailable("down".to_owned())) };
        assert!(kept.get(at(0), down()).await.is_err());
        assert!(!kept.is_at_hand());
        assert_eq!(kept.get(at(0), async { Ok(1) }).await, Ok(1));
        assert_eq!(kept.get(at(9), async { Ok(2) }).await, Ok(1));
        assert_eq!(kept.get(at(10), async { Ok(3) }).await, Ok(3));
        assert!(kept.is_at_hand());
    }

    #[tokio::test]
    async fn an_old_value_stands_in_while_its_source_is_down_but_not_while_it_is_wrong() {
        let kept = Kept::for_at_most(Seconds(10));
        assert_eq!(kept.get(at(0), async { Ok(1) }).await, Ok(1));
        let down = async { Err(UpstreamError::Unavailable("down".to_owned())) };
        assert_eq!(kept.get(at(20), down).await, Ok(1));
        assert!(!kept.is_at_hand());
        let wrong = async { Err(UpstreamError::misbehaved("wrong")) };
        assert!(kept.get(at(20), wrong).await.is_err());
        let down = async { Err(UpstreamError::Unavailable("down".to_owned())) };
        assert!(kept.renew(at(5), down).await.is_err());
        assert_eq!(kept.get(at(5), async { Ok(2) }).await, Ok(1));
        assert_eq!(kept.renew(at(5), async { Ok(3) }).await, Ok(3));
        assert_eq!(kept.get(at(6), async { Ok(4) }).await, Ok(3));
    }
}
