//! People as the operator keeps them: local accounts are added here; everybody is listed, shut out, removed.

use super::passwords::{MAX_PASSWORD, MIN_PASSWORD, check_length, hash};
use crate::account::{InvalidUsername, LocalAccount, UpstreamIdentity, User, Username};
use crate::audit::{Event, EventKind};
use crate::clock::{Clock, Timestamp};
use crate::id::UserId;
use crate::secret::{Secret, random};
use crate::store::{Store, StoreError, Tx};

/// Name of the account that is made at the first start.
pub const OWNER: &str = "owner";

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] InvalidUsername),
    /// The name is taken.
    #[error("there is already an account {0}; change its password with `chess-mcp users passwd {0}`")]
    Exists(String),
    /// No such account.
    #[error("there is no account {0}; `chess-mcp users list` shows them")]
    Unknown(String),
    /// They sign in through a provider alone, or not at all.
    #[error("{0} has no local account and no password: they sign in through a provider, or are a guest")]
    NoPassword(String),
    /// The password is too short or too long.
    #[error("a password has at least {MIN_PASSWORD} characters and at most {MAX_PASSWORD} bytes")]
    Password,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A person as the operator sees them.
#[derive(Debug, Clone)]
pub struct ListedPerson {
    /// Who.
    pub user: User,
    /// The name of their local account.
    pub username: Option<Username>,
    /// What providers told of them.
    pub told: Vec<UpstreamIdentity>,
}

/// The local accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    clock: Clock,
}

impl Accounts {
    /// The accounts in this store.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// A password nobody guesses: 20 letters and digits in groups, 98 bits.
    pub fn generate_password() -> Secret {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let bytes: [u8; 20] = random();
        let groups = bytes.chunks(5).map(|group| {
            group
                .iter()
                .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
                .collect::<String>()
        });
        Secret::new(groups.collect::<Vec<_>>().join("-"))
    }

    /// Adds an account.
    pub async fn add(&self, name: &str, password: &Secret) -> Result<UserId, AccountError> {
        let username = Username::parse(name)?;
        let password_hash = checked_hash(password)?;
        let made = NewAccount::new(name, username, password_hash, self.clock.now());
        self.store
            .write(move |tx| {
                if made.insert(tx, "by the operator")? {
                    return Ok(made.user.id);
                }
                Err(AccountError::Exists(made.account.username.as_str().to_owned()))
            })
            .await
    }

    /// Makes the first local account, unless there is any; says whether it did.
    pub async fn add_owner(&self, password: &Secret) -> Result<bool, AccountError> {
        let local = |tx: &mut dyn Tx| {
            let users = tx.users()?;
            Ok::<_, StoreError>(users.iter().any(|(_, username)| username.is_some()))
        };
        if self.store.read(local).await? {
            return Ok(false);
        }
        self.add(OWNER, password).await.map(|_| true)
    }

    /// Everybody, with the name of their local account and what providers call them.
    pub async fn list(&self) -> Result<Vec<ListedPerson>, AccountError> {
        self.store
            .read(|tx| {
                let identities = tx.identities(None)?;
                let listed = tx.users()?.into_iter().map(|(user, username)| {
                    let theirs = identities.iter().filter(|identity| identity.user == user.id);
                    let told = theirs.map(|identity| identity.told.clone()).collect();
                    ListedPerson { user, username, told }
                });
                Ok(listed.collect())
            })
            .await
    }

    /// The user id of a person who may sign in.
    pub async fn active(&self, name: &str) -> Result<UserId, AccountError> {
        let name = name.to_owned();
        self.store
            .read(move |tx| {
                let user = find(tx, &name)?;
                let active = tx.user(user)?.is_some_and(|user| user.may_sign_in());
                active
                    .then_some(user)
                    .ok_or_else(|| AccountError::Unknown(name.clone()))
            })
            .await
    }

    /// Changes a password and ends the person's browser sessions. Failed attempts are forgotten.
    pub async fn set_password(&self, name: &str, password: &Secret) -> Result<(), AccountError> {
        let password_hash = checked_hash(password)?;
        let changed = self.event(EventKind::PasswordChanged);
        let typed = name.to_owned();
        self.change(name, move |tx, user| {
            let username = tx
                .username(user)?
                .ok_or_else(|| AccountError::NoPassword(typed.clone()))?;
            tx.set_password_hash(user, &password_hash)?;
            tx.set_failures(super::sign_in::failures_key(username.as_str()), None)?;
            tx.record(&changed.clone().user(user))?;
            Ok(tx.delete_sessions(user)?)
        })
        .await
    }

    /// Shuts a person out: browsers and apps, from the next request on.
    pub async fn disable(&self, name: &str) -> Result<(), AccountError> {
        let now = self.clock.now();
        let disabled = self.event(EventKind::AccountDisabled);
        self.change(name, move |tx, user| {
            tx.delete_sessions(user)?;
            tx.record(&disabled.clone().user(user))?;
            Ok(tx.set_disabled(user, Some(now))?)
        })
        .await
    }

    /// Lets a person in again.
    pub async fn enable(&self, name: &str) -> Result<(), AccountError> {
        let enabled = self.event(EventKind::AccountEnabled);
        self.change(name, move |tx, user| {
            tx.record(&enabled.clone().user(user))?;
            Ok(tx.set_disabled(user, None)?)
        })
        .await
    }

    /// Removes a person and all their games.
    pub async fn remove(&self, name: &str) -> Result<(), AccountError> {
        let removed = self.event(EventKind::AccountRemoved);
        self.change(name, move |tx, user| {
            let username = tx.username(user)?;
            remove(tx, user, username.as_ref())?;
            Ok(tx.record(&removed.clone().user(user))?)
        })
        .await
    }

    fn event(&self, kind: EventKind) -> Event {
        Event::new(kind, self.clock.now()).detail("by the operator")
    }

    async fn change(
        &self,
        name: &str,
        change: impl Fn(&mut dyn Tx, UserId) -> Result<(), AccountError> + Send + 'static,
    ) -> Result<(), AccountError> {
        let name = name.to_owned();
        self.store
            .write(move |tx| {
                let user = find(tx, &name)?;
                change(tx, user)
            })
            .await
    }
}

/// An account that is about to be made.
pub(super) struct NewAccount {
    pub(super) user: User,
    account: LocalAccount,
}

impl NewAccount {
    /// Under the name as it was typed; `username` is what it is compared by.
    pub(super) fn new(typed: &str, username: Username, password_hash: String, now: Timestamp) -> Self {
        let id = UserId::new(now, random());
        let user = User {
            id,
            name: typed.trim().to_owned(),
            created_at: now,
            disabled_at: None,
            is_guest: false,
        };
        let account = LocalAccount {
            user: id,
            username,
            password_hash,
        };
        Self { user, account }
    }

    /// Makes it, unless the name is taken; says whether it did.
    pub(super) fn insert(&self, tx: &mut dyn Tx, by: &str) -> Result<bool, StoreError> {
        if tx.local_account(&self.account.username)?.is_some() {
            return Ok(false);
        }
        tx.insert_user(&self.user)?;
        tx.insert_local_account(&self.account)?;
        let made = Event::new(EventKind::AccountMade, self.user.created_at).user(self.user.id);
        tx.record(&made.detail(by))?;
        Ok(true)
    }
}

/// Removes a person with everything that is theirs. Their tokens fail from the next request on.
pub(super) fn remove(tx: &mut dyn Tx, user: UserId, username: Option<&Username>) -> Result<(), StoreError> {
    if let Some(username) = username {
        tx.set_failures(super::sign_in::failures_key(username.as_str()), None)?;
    }
    tx.delete_user(user)
}

/// The person that an operator names: by their local account, as `provider:subject`, or by their id.
pub(super) fn find(tx: &mut dyn Tx, named: &str) -> Result<UserId, AccountError> {
    let unknown = || AccountError::Unknown(named.to_owned());
    if let Ok(id) = named.parse::<UserId>() {
        return tx.user(id)?.map(|user| user.id).ok_or_else(unknown);
    }
    if let Some((provider, subject)) = named.split_once(':') {
        let all = tx.identities(None)?;
        let named = all.into_iter().find(|identity| {
            identity.told.provider.as_str() == provider && identity.told.key.subject == subject
        });
        return named.map(|identity| identity.user).ok_or_else(unknown);
    }
    let account = tx.local_account(&Username::parse(named)?)?;
    account.map(|account| account.user).ok_or_else(unknown)
}

fn checked_hash(password: &Secret) -> Result<String, AccountError> {
    check_length(password).map_err(|_| AccountError::Password)?;
    Ok(hash(password))
}
