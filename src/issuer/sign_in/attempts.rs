//! Passwords that are tried: each attempt counts before it is judged, and later ones have to wait.

use super::Wrong;
use crate::account::Username;
use crate::clock::{Seconds, Timestamp};
use crate::id::UserId;
use crate::issuer::Issuer;
use crate::secret::{Digest, Secret};
use crate::store::{Failures, StoreError};

/// Attempts under one name before they have to wait.
const FREE_ATTEMPTS: u32 = 5;
/// Longest wait between two attempts.
const LONGEST_WAIT: Seconds = Seconds(900);

impl Issuer {
    /// Whose password this is. An attempt counts before it is judged, so that many at once gain nothing.
    pub(in crate::issuer) async fn check_password(
        &self,
        typed: &str,
        password: Secret,
        now: Timestamp,
    ) -> Result<Result<UserId, Wrong>, StoreError> {
        if !self.policy().local_sign_in {
            return Ok(Err(Wrong::Password));
        }
        let username = Username::parse(typed).ok();
        let key = failures_key(username.as_ref().map_or(typed, Username::as_str));
        let attempt = self
            .0
            .store
            .write(move |tx| {
                let failures = tx.failures(key)?.unwrap_or(Failures {
                    count: 0,
                    last_at: now,
                });
                if let Some(wait) = wait(failures, now) {
                    return Ok(Err(wait));
                }
                tx.set_failures(
                    key,
                    Some(Failures {
                        count: failures.count.saturating_add(1),
                        last_at: now,
                    }),
                )?;
                let account = username
                    .as_ref()
                    .map(|name| tx.local_account(name))
                    .transpose()?
                    .flatten();
                let active = account
                    .as_ref()
                    .map(|account| tx.user(account.user))
                    .transpose()?
                    .flatten();
                Ok::<_, StoreError>(Ok((account, active.is_some_and(|user| user.is_active()))))
            })
            .await?;
        let (account, active) = match attempt {
            Err(wait) => return Ok(Err(Wrong::Wait(wait))),
            Ok(found) => found,
        };
        let (user, kept) = account
            .map(|account| (account.user, account.password_hash))
            .unzip();
        let right = self.0.passwords.verify(password, kept).await;
        let Some(user) = user.filter(|_| right && active) else {
            return Ok(Err(Wrong::Password));
        };
        self.0.store.write(move |tx| tx.set_failures(key, None)).await?;
        Ok(Ok(user))
    }
}

/// Under which key failed attempts of a name are counted, whether or not there is such an account.
pub(in crate::issuer) fn failures_key(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

/// How long the next attempt has to wait: doubling from a second.
pub(in crate::issuer) fn wait(failures: Failures, now: Timestamp) -> Option<Seconds> {
    let beyond = failures.count.checked_sub(FREE_ATTEMPTS)?;
    let wait = Seconds(1_i64.checked_shl(beyond.min(20)).unwrap_or(i64::MAX)).min(LONGEST_WAIT);
    let until = failures.last_at + wait;
    (now < until).then(|| until.since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_wait_longer_and_longer() {
        let at = Timestamp::from_seconds;
        let after = |count, seconds: i64| {
            wait(
                Failures {
                    count,
                    last_at: at(100),
                },
                at(100 + seconds),
            )
        };
        assert_eq!(after(0, 0), None);
        assert_eq!(after(4, 0), None);
        assert_eq!(after(5, 0), Some(Seconds(1)));
        assert_eq!(after(5, 1), None);
        assert_eq!(after(8, 3), Some(Seconds(5)));
        assert_eq!(after(100, 0), Some(LONGEST_WAIT));
        assert_eq!(after(u32::MAX, 900), None);
    }
}
