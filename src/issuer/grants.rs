//! Grants as the operator sees them: who let which app in, and the end of it.

use super::revoke;
use crate::account::{InvalidUsername, User, Username};
use crate::clock::Clock;
use crate::id::GrantId;
use crate::oauth::{Grant, RevokeReason};
use crate::store::{Store, StoreError};

/// Why a grant was not found.
#[derive(Debug, thiserror::Error)]
pub enum GrantsError {
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] InvalidUsername),
    /// No such account.
    #[error("there is no account {0}; `chess-mcp users list` shows them")]
    UnknownUser(String),
    /// No such grant.
    #[error("there is no live grant {0}; `chess-mcp grants list` shows them")]
    UnknownGrant(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The grants of everybody.
#[derive(Clone)]
pub struct Grants {
    store: Store,
    clock: Clock,
}

impl Grants {
    /// The grants in this store.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Every live grant with its person, last used first; of one local account where a name is given.
    pub async fn list(&self, username: Option<&str>) -> Result<Vec<(Grant, User)>, GrantsError> {
        let now = self.clock.now();
        let username = username.map(Username::parse).transpose()?;
        self.store
            .read(move |tx| {
                let account = match &username {
                    None => None,
                    Some(name) => Some(
                        tx.local_account(name)?
                            .ok_or_else(|| GrantsError::UnknownUser(name.as_str().to_owned()))?,
                    ),
                };
                let mut live = Vec::new();
                for grant in tx.unrevoked_grants(account.map(|account| account.user))? {
                    if !grant.is_live(now) {
                        continue;
                    }
                    let user = tx.user(grant.user)?;
                    live.extend(user.map(|user| (grant, user)));
                }
                Ok(live)
            })
            .await
    }

    /// Cuts a grant: its tokens fail from the next request on.
    pub async fn revoke(&self, id: &str) -> Result<Grant, GrantsError> {
        let now = self.clock.now();
        let unknown = GrantsError::UnknownGrant;
        let parsed: GrantId = id.parse().map_err(|_| unknown(id.to_owned()))?;
        self.store
            .write(move |tx| {
                let live = tx.grant(parsed)?.filter(|grant| grant.is_live(now));
                let grant = live.ok_or_else(|| unknown(parsed.to_string()))?;
                revoke(tx, &grant, RevokeReason::Operator, now)?;
                Ok(grant)
            })
            .await
    }
}
