//! From access token to caller, at every request.
//!
//! # Design
//!
//! Verifying a signature costs twenty microseconds and reading the grant as many again, so verified tokens
//! are kept. An entry counts only for the security version (see [`crate::store::Store::security_version`])
//! under which it was made: whatever is taken out of use, by whomever, bites at the next request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use quick_cache::sync::Cache;

use super::Issuer;
use crate::clock::Timestamp;
use crate::id::GrantId;
use crate::keys::KeyError;
use crate::oauth::{AccessToken, InvalidToken, Principal, accept};
use crate::secret::Digest;
use crate::store::StoreError;

/// Tokens that are kept at once.
const CAPACITY: usize = 10_000;

/// Why a request has no caller.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// The token does not hold.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// The keys could not be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Verified tokens, and what was used since the last flush.
pub(super) struct Verified {
    tokens: Cache<Digest, (u64, AccessToken)>,
    used: Mutex<HashMap<GrantId, Use>>,
}

#[derive(Clone, Copy)]
struct Use {
    at: Timestamp,
    generation: u32,
}

impl Verified {
    pub(super) fn new() -> Self {
        Self {
            tokens: Cache::new(CAPACITY),
            used: Mutex::default(),
        }
    }

    /// Highest generation of an access token of this grant that was used since the last flush.
    pub(super) fn used_generation(&self, grant: GrantId) -> u32 {
        self.used().get(&grant).map_or(0, |used| used.generation)
    }

    fn note(&self, grant: GrantId, at: Timestamp, generation: u32) {
        let mut used = self.used();
        let entry = used.entry(grant).or_insert(Use { at, generation });
        *entry = Use {
            at,
            generation: generation.max(entry.generation),
        };
    }

    fn used(&self) -> std::sync::MutexGuard<'_, HashMap<GrantId, Use>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Issuer {
    /// Who presents this access token.
    pub async fn authenticate(&self, token: &str) -> Result<Principal, BearerError> {
        let now = self.0.clock.now();
        let version = self.0.store.security_version()?;
        let digest = Digest::of(token.as_bytes());
        let verified = &self.0.bearer;
        let known = verified.tokens.get(&digest).filter(|(of, _)| *of == version);
        let token = match known {
            Some((_, known)) if now < known.expires_at => known,
            Some(_) => return Err(InvalidToken::Expired.into()),
            None => {
                let fresh = self.verify(token, now).await?;
                verified.tokens.insert(digest, (version, fresh.clone()));
                fresh
            }
        };
        verified.note(token.principal.grant, now, token.generation);
        Ok(token.principal)
    }

    async fn verify(&self, token: &str, now: Timestamp) -> Result<AccessToken, BearerError> {
        self.0.keys.follow().await?;
        let claims = self.0.keys.verify(token)?;
        let url = self.public_url();
        let token = accept(&claims, url.origin(), &url.resource(), now)?;
        let (grant, user) = (token.principal.grant, token.principal.user);
        let live = self
            .0
            .store
            .read(move |tx| {
                let grant = tx
                    .grant(grant)?
                    .is_some_and(|grant| grant.is_live(now) && grant.user == user);
                Ok::<_, StoreError>(grant && tx.user(user)?.is_some_and(|user| user.is_active()))
            })
            .await?;
        live.then_some(token)
            .ok_or(BearerError::Invalid(InvalidToken::Revoked))
    }

    /// Writes down which grants were used since the last call.
    pub async fn flush_uses(&self) -> Result<(), StoreError> {
        let uses: Vec<_> = self
            .0
            .bearer
            .used()
            .iter()
            .map(|(grant, used)| (*grant, *used))
            .collect();
        if uses.is_empty() {
            return Ok(());
        }
        let written = uses.clone();
        self.0
            .store
            .write(move |tx| {
                uses.iter()
                    .try_for_each(|(grant, used)| tx.touch_grant(*grant, used.at, used.generation))
            })
            .await?;
        // What was used again meanwhile stays for the next time.
        let mut pending = self.0.bearer.used();
        for (grant, was) in written {
            if pending
                .get(&grant)
                .is_some_and(|is| is.at == was.at && is.generation == was.generation)
            {
                pending.remove(&grant);
            }
        }
        Ok(())
    }
}
