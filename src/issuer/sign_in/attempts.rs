//! Passwords that are tried: each attempt counts before it is judged, and later ones have to wait.
//!
//! # Design
//!
//! Names are no secret, so anybody can fail under any of them, and that must not keep its owner out. The wait that
//! grows is therefore one of the network that fails. Networks are cheap, so behind it stands a wait for whoever tries
//! the name from anywhere: it is never long, because its owner is among them, and a browser or network in which they
//! are signed in is spared it. Whoever shares that network may learn so that somebody there has the name.

use super::session::is_live;
use super::{Browser, Wrong};
use crate::account::{LocalAccount, Username};
use crate::clock::{Seconds, Timestamp};
use crate::id::UserId;
use crate::issuer::Issuer;
use crate::secret::{Digest, Secret};
use crate::store::{Failures, StoreError, Tx};

/// Attempts under one name before they have to wait.
const FREE_ATTEMPTS: u32 = 5;
/// Longest wait between two attempts of one network.
const LONGEST_WAIT: Seconds = Seconds(900);
/// Longest wait between two attempts under one name, wherever they come from.
const LONGEST_SHARED_WAIT: Seconds = Seconds(10);

/// A password that somebody typed under a name.
struct Attempt {
    typed: String,
    username: Option<Username>,
    browser: Browser,
    now: Timestamp,
}

/// An attempt that may be judged.
struct Admitted {
    account: Option<LocalAccount>,
    active: bool,
    counted: [Digest; 2],
}

impl Issuer {
    /// Whose password this is. An attempt counts before it is judged, so that many at once gain nothing.
    pub(in crate::issuer) async fn check_password(
        &self,
        typed: &str,
        password: Secret,
        browser: &Browser,
        now: Timestamp,
    ) -> Result<Result<UserId, Wrong>, StoreError> {
        if !self.policy().local_sign_in {
            return Ok(Err(Wrong::Password));
        }
        let attempt = Attempt {
            typed: typed.to_owned(),
            username: Username::parse(typed).ok(),
            browser: browser.clone(),
            now,
        };
        let admitted = match self.0.store.write(move |tx| attempt.admit(tx)).await? {
            Err(wait) => return Ok(Err(Wrong::Wait(wait))),
            Ok(admitted) => admitted,
        };
        let (user, kept) = admitted
            .account
            .map(|account| (account.user, account.password_hash))
            .unzip();
        let right = self.0.passwords.verify(password, kept).await;
        let Some(user) = user.filter(|_| right && admitted.active) else {
            return Ok(Err(Wrong::Password));
        };
        let forget = move |tx: &mut dyn Tx| {
            let mut keys = admitted.counted.iter();
            keys.try_for_each(|key| tx.set_failures(*key, None))
        };
        self.0.store.write(forget).await?;
        Ok(Ok(user))
    }
}

impl Attempt {
    /// Counts the attempt, or says how long it has to wait.
    fn admit(&self, tx: &mut dyn Tx) -> Result<Result<Admitted, Seconds>, StoreError> {
        let name = self.username.as_ref();
        let account = name.map(|name| tx.local_account(name)).transpose()?.flatten();
        let shared = failures_key(name.map_or(self.typed.as_str(), Username::as_str));
        let own = own_key(shared, account.as_ref(), &self.browser.network);
        let mut longest = self.wait(tx, own, LONGEST_WAIT)?;
        if !self.is_at_home(tx, account.as_ref())? {
            longest = longest.max(self.wait(tx, shared, LONGEST_SHARED_WAIT)?);
        }
        if let Some(wait) = longest {
            return Ok(Err(wait));
        }
        let counted = [own, shared];
        for key in counted {
            let before = tx.failures(key)?.map_or(0, |failures| failures.count);
            let failures = Failures {
                count: before.saturating_add(1),
                last_at: self.now,
            };
            tx.set_failures(key, Some(failures))?;
        }
        let user = account.as_ref().map(|account| tx.user(account.user));
        let user = user.transpose()?.flatten();
        Ok(Ok(Admitted {
            account,
            active: user.is_some_and(|user| user.is_active()),
            counted,
        }))
    }

    fn wait(&self, tx: &mut dyn Tx, key: Digest, longest: Seconds) -> Result<Option<Seconds>, StoreError> {
        let failures = tx.failures(key)?;
        Ok(failures.and_then(|failures| wait_at_most(longest, failures, self.now)))
    }

    /// Whether the owner of the account is signed in with this browser, or in this network.
    fn is_at_home(&self, tx: &mut dyn Tx, account: Option<&LocalAccount>) -> Result<bool, StoreError> {
        let Some(account) = account else { return Ok(false) };
        let here = self.browser.session.as_ref().map(Secret::digest);
        let sessions = tx.sessions(account.user)?;
        let mut live = sessions.iter().filter(|(_, session)| is_live(session, self.now));
        Ok(live.any(|(cookie, session)| Some(*cookie) == here || session.network == self.browser.network))
    }
}

/// Under which key failed attempts of a name are counted, whether or not there is such an account.
pub(in crate::issuer) fn failures_key(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

/// Under which key those of one network are counted. They were made at one password: with another, all is forgotten.
fn own_key(name: Digest, account: Option<&LocalAccount>, network: &str) -> Digest {
    let password = account.map_or("", |account| &account.password_hash);
    let password = Digest::of(password.as_bytes());
    Digest::of(&[name.as_bytes(), password.as_bytes(), network.as_bytes()].concat())
}

/// How long the next attempt of a network has to wait: doubling from a second.
pub(in crate::issuer) fn wait(failures: Failures, now: Timestamp) -> Option<Seconds> {
    wait_at_most(LONGEST_WAIT, failures, now)
}

fn wait_at_most(longest: Seconds, failures: Failures, now: Timestamp) -> Option<Seconds> {
    let beyond = failures.count.checked_sub(FREE_ATTEMPTS)?;
    let wait = Seconds(1_i64.checked_shl(beyond.min(20)).unwrap_or(i64::MAX)).min(longest);
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
        let many = Failures {
            count: 100,
            last_at: at(100),
        };
        assert_eq!(wait_at_most(Seconds(10), many, at(107)), Some(Seconds(3)));
        assert_eq!(wait_at_most(Seconds(10), many, at(110)), None);
    }
}
