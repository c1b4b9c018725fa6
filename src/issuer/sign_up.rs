//! Accounts that strangers make for themselves, where the operator allows it.
//!
//! A name that is taken is said to be: whoever chooses one has to know. So that nobody reads a list of names out of
//! the answers, each network has to wait after a few of them, as it does after wrong passwords.

use super::accounts::NewAccount;
use super::passwords::{WeakPassword, check};
use super::sign_in::wait;
use super::{Browser, Issuer};
use crate::account::{InvalidUsername, Username};
use crate::clock::{Seconds, Timestamp};
use crate::id::{Reference, UserId};
use crate::secret::{Digest, Secret};
use crate::store::{Failures, StoreError, Tx};

/// What somebody chose for their new account.
#[derive(Debug)]
pub struct NewAccountForm {
    /// `username`
    pub username: String,
    /// `password`
    pub password: Secret,
    /// `again`: the password once more, since nobody sees what they type.
    pub again: Secret,
}

/// A page that asks for them.
#[derive(Debug)]
pub struct SignUpPage {
    /// The sign-in that goes on afterwards; without one the account page does.
    pub sign_in: Option<SignUpFor>,
    /// Hidden in the form.
    pub csrf: String,
    /// What was typed before.
    pub username: String,
    /// Why the page is shown again.
    pub fault: Option<SignUpFault>,
}

/// The sign-in for which an account is made.
#[derive(Debug)]
pub struct SignUpFor {
    /// Hidden in the form.
    pub handle: Secret,
    /// How the client calls itself.
    pub client_name: String,
    /// Names the sign-in in the log.
    pub reference: Reference,
}

/// Why no account was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignUpFault {
    /// The name cannot be one.
    #[error("A name has 1 to 64 letters, digits, or any of . _ - @ +, and begins with a letter or a digit.")]
    Name,
    /// Somebody else has it.
    #[error("This name is taken. Choose another one.")]
    Taken,
    /// The password is not accepted.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The two passwords differ.
    #[error("The two passwords are not the same.")]
    Differs,
    /// Too many taken names; the next one counts after so long.
    #[error("Too many attempts.")]
    Wait(Seconds),
}

impl From<InvalidUsername> for SignUpFault {
    fn from(_: InvalidUsername) -> Self {
        Self::Name
    }
}

impl Issuer {
    /// Makes an account. The caller has checked that strangers may, and where the form came from.
    pub(super) async fn make_account(
        &self,
        form: &NewAccountForm,
        browser: &Browser,
        now: Timestamp,
    ) -> Result<Result<UserId, SignUpFault>, StoreError> {
        let username = match acceptable(form) {
            Ok(username) => username,
            Err(fault) => return Ok(Err(fault)),
        };
        let (wanted, key) = (username.clone(), taken_key(&browser.network));
        let free = self
            .0
            .store
            .write(move |tx| is_free(tx, &wanted, key, now))
            .await?;
        if let Err(fault) = free {
            return Ok(Err(fault));
        }
        let password_hash = self.0.passwords.hash(form.password.clone()).await?;
        let account = NewAccount::new(&form.username, username, password_hash, now);
        let user = account.user.id;
        let made = self
            .0
            .store
            .write(move |tx| account.insert(tx, "by the person"))
            .await?;
        if !made {
            return Ok(Err(SignUpFault::Taken));
        }
        tracing::info!(user.id = %user, "somebody made an account");
        Ok(Ok(user))
    }
}

fn acceptable(form: &NewAccountForm) -> Result<Username, SignUpFault> {
    let username = Username::parse(&form.username)?;
    check(&form.password, &username)?;
    if form.password != form.again {
        return Err(SignUpFault::Differs);
    }
    Ok(username)
}

/// Whether a name may be taken. Those that cannot are counted.
fn is_free(
    tx: &mut dyn Tx,
    username: &Username,
    key: Digest,
    now: Timestamp,
) -> Result<Result<(), SignUpFault>, StoreError> {
    let known = tx.failures(key)?;
    if let Some(wait) = known.and_then(|failures| wait(failures, now)) {
        return Ok(Err(SignUpFault::Wait(wait)));
    }
    if tx.local_account(username)?.is_none() {
        return Ok(Ok(()));
    }
    let count = known.map_or(0, |failures| failures.count).saturating_add(1);
    tx.set_failures(key, Some(Failures { count, last_at: now }))?;
    Ok(Err(SignUpFault::Taken))
}

/// Under which key taken names are counted: apart from every name that somebody might type.
fn taken_key(network: &str) -> Digest {
    let label = Digest::of(b"taken names");
    Digest::of(&[label.as_bytes(), network.as_bytes()].concat())
}
