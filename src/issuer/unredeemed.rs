//! Grants of which nothing came: the person allowed the access, and the app never fetched its tokens.

use super::{Issuer, revoke};
use crate::clock::Timestamp;
use crate::oauth::RevokeReason;
use crate::store::{StoreError, Tx};

/// Grants that one unit ends, so that nobody waits long behind it.
const SLICE: u32 = 100;

/// Ends grants whose code ran out before anybody redeemed it, so that they neither count nor show; says how many.
pub(super) fn end_unredeemed(tx: &mut dyn Tx, now: Timestamp) -> Result<usize, StoreError> {
    let lost = tx.unredeemed_grants(now, SLICE)?;
    for grant in &lost {
        revoke(tx, grant, RevokeReason::Unredeemed, now)?;
    }
    Ok(lost.len())
}

impl Issuer {
    /// Ends every grant whose code ran out before anybody redeemed it.
    pub async fn end_unredeemed_grants(&self) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        let some_are_due = self.0.store.read(move |tx| tx.unredeemed_grants(now, 1)).await?;
        if some_are_due.is_empty() {
            return Ok(());
        }
        while self.0.store.write(move |tx| end_unredeemed(tx, now)).await? > 0 {}
        Ok(())
    }
}
