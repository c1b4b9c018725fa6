//! The chain of a grant's refresh tokens: one live token at its head, and from every retired one a sealed link
//! to the token that took its place.

use crate::clock::{Seconds, Timestamp};
use crate::id::GrantId;
use crate::oauth::{Grant, RefreshToken, Retired};
use crate::secret::{Digest, Sealer, Secret, random};
use crate::store::{StoreError, Tx};

/// Most links that are followed. Each costs a look-up and a decryption while every other writer waits, and a client
/// may make as many within the replay window as its rate limit lets through. An honest race is one or two of them long.
pub(in crate::issuer) const MOST_LINKS: u32 = 256;

/// Secrets made before a unit runs, because it may run twice.
pub(super) struct Fresh {
    pub(super) token: Secret,
    nonces: [[u8; 24]; 2],
}

impl Fresh {
    pub(super) fn new() -> Self {
        Self {
            token: Secret::bearer("rt", random()),
            nonces: [random(), random()],
        }
    }
}

/// The first token of a chain.
pub(super) fn first(token: &Secret, grant: &Grant, idle: Seconds, now: Timestamp) -> RefreshToken {
    live(token.digest(), grant, 1, idle, now)
}

fn live(digest: Digest, grant: &Grant, generation: u32, idle: Seconds, now: Timestamp) -> RefreshToken {
    let expires_at = (now + idle).min(grant.expires_at);
    RefreshToken {
        digest,
        grant: grant.id,
        generation,
        expires_at,
        retired: None,
    }
}

/// The presented token, the live one of its grant, and the grant.
pub(super) fn find(
    tx: &mut dyn Tx,
    token: &Secret,
) -> Result<Option<(RefreshToken, RefreshToken, Grant)>, StoreError> {
    let Some(presented) = tx.refresh_token(token.digest())? else {
        return Ok(None);
    };
    let live = tx.live_refresh_token(presented.grant)?;
    let grant = tx.grant(presented.grant)?;
    Ok(live.zip(grant).map(|(live, grant)| (presented, live, grant)))
}

/// A new link at the head of the chain.
pub(super) struct Link<'a> {
    /// The token that was presented, as its client holds it.
    pub(super) held: &'a Secret,
    pub(super) grant: &'a Grant,
    /// For how long the new token is good if nobody uses it.
    pub(super) idle: Seconds,
    pub(super) fresh: &'a Fresh,
    pub(super) now: Timestamp,
}

impl Link<'_> {
    /// Puts the fresh token in the place of the live one that was presented; its generation and itself.
    pub(super) fn rotate(
        &self,
        tx: &mut dyn Tx,
        presented: &RefreshToken,
    ) -> Result<(u32, Secret), StoreError> {
        let retired = self.seal(self.held, self.fresh.nonces[0], self.now);
        tx.retire_refresh_token(presented.digest, &retired)?;
        self.insert(tx, presented.generation + 1)
    }

    /// Puts the fresh token in the place of a live one whose answer was lost: both that one and the presented
    /// one lead to it from now on.
    pub(super) fn replace(
        &self,
        tx: &mut dyn Tx,
        presented: &RefreshToken,
        lost: &RefreshToken,
    ) -> Result<(u32, Secret), StoreError> {
        let lost_token = successor(presented, self.held)?;
        let retired_at = presented.retired.as_ref().map_or(self.now, |retired| retired.at);
        let link = self.seal(self.held, self.fresh.nonces[0], retired_at);
        let lost_link = self.seal(&lost_token, self.fresh.nonces[1], self.now);
        tx.retire_refresh_token(presented.digest, &link)?;
        tx.retire_refresh_token(lost.digest, &lost_link)?;
        self.insert(tx, lost.generation + 1)
    }

    fn insert(&self, tx: &mut dyn Tx, generation: u32) -> Result<(u32, Secret), StoreError> {
        let token = &self.fresh.token;
        tx.insert_refresh_token(&live(token.digest(), self.grant, generation, self.idle, self.now))?;
        Ok((generation, token.clone()))
    }

    /// What is kept of a token that gives way to the fresh one: the link that its holder alone can open.
    fn seal(&self, retired: &Secret, nonce: [u8; 24], at: Timestamp) -> Retired {
        let successor = &self.fresh.token;
        let place = place(self.grant.id);
        Retired {
            at,
            successor: successor.digest(),
            sealed: Sealer::from_secret(retired).seal(&place, successor.expose().as_bytes(), nonce),
        }
    }
}

/// Follows the sealed links from a retired token to the live one, unless they may be too many.
pub(super) fn head(
    tx: &mut dyn Tx,
    presented: &RefreshToken,
    token: &Secret,
    live: &RefreshToken,
) -> Result<Option<Secret>, StoreError> {
    // Every link leads to a later generation.
    if live.generation.saturating_sub(presented.generation) > MOST_LINKS {
        return Ok(None);
    }
    let mut row = presented.clone();
    let mut held = token.clone();
    while row.retired.is_some() {
        held = successor(&row, &held)?;
        row = tx
            .refresh_token(held.digest())?
            .ok_or_else(|| broken(&row, "its successor is missing"))?;
    }
    Ok(Some(held))
}

fn successor(row: &RefreshToken, held: &Secret) -> Result<Secret, StoreError> {
    let retired = row
        .retired
        .as_ref()
        .ok_or_else(|| broken(row, "it is not retired"))?;
    let opened = Sealer::from_secret(held).open(&place(row.grant), &retired.sealed);
    let opened = opened.map_err(|_| broken(row, "its successor does not open"))?;
    let text = String::from_utf8(opened.to_vec()).map_err(|_| broken(row, "its successor is not text"))?;
    Ok(Secret::new(text))
}

fn place(grant: GrantId) -> String {
    format!("refresh_tokens|sealed|{grant}")
}

fn broken(row: &RefreshToken, why: &'static str) -> StoreError {
    StoreError::Corrupt {
        table: "refresh_tokens",
        id: row.grant.to_string(),
        source: why.into(),
    }
}
