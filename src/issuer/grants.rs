//! Grants as the operator sees them: who let which app in, and the end of it.

use super::accounts::{AccountError, find};
use super::revoke;
use crate::account::User;
use crate::clock::Clock;
use crate::id::GrantId;
use crate::oauth::{Grant, RevokeReason};
use crate::store::{Store, StoreError};

/// Why a grant was not found.
#[derive(Debug, thiserror::Error)]
pub enum GrantsError {
    /// No such person.
    #[error(transparent)]
    Person(#[from] AccountError),
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

    /// Every live grant with its person, last used first; of one person where one is named, as in `users list`.
    pub async fn list(&self, person: Option<&str>) -> Result<Vec<(Grant, User)>, GrantsError> {
        let now = self.clock.now();
        let person = person.map(str::to_owned);
        self.store
            .read(move |tx| {
                let user = person.as_deref().map(|named| find(tx, named)).transpose()?;
                let mut live = Vec::new();
                for grant in tx.unrevoked_grants(user)? {
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
