//! Cutting apps off.

use super::page::live_grants;
use super::{AccountForm, AccountPost, who};
use crate::clock::Timestamp;
use crate::id::{GrantId, UserId};
use crate::issuer::{AccountFault, Issuer, revoke};
use crate::oauth::RevokeReason;
use crate::store::{StoreError, Tx};

impl Issuer {
    /// Cuts one of the person's apps: its tokens fail from the next request on. One that is cut already stays so.
    pub async fn cut_app(&self, post: &AccountPost, app: GrantId) -> Result<(), AccountFault> {
        let (session, now) = (self.proven(post, AccountForm::CutApp)?, self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<(), AccountFault> {
            let user = who(tx, &session, now)?;
            let theirs = tx.grant(app)?.filter(|grant| grant.user == user.id);
            let grant = theirs.ok_or(AccountFault::Unknown)?;
            if grant.is_live(now) {
                revoke(tx, &grant, RevokeReason::Person, now)?;
            }
            Ok(())
        };
        self.0.store.write(unit).await
    }

    /// Cuts all of the person's apps.
    pub async fn cut_apps(&self, post: &AccountPost) -> Result<(), AccountFault> {
        let (session, now) = (self.proven(post, AccountForm::CutApps)?, self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<(), AccountFault> {
            let user = who(tx, &session, now)?;
            Ok(cut_all(tx, user.id, now)?)
        };
        self.0.store.write(unit).await
    }
}

pub(super) fn cut_all(tx: &mut dyn Tx, user: UserId, now: Timestamp) -> Result<(), StoreError> {
    for grant in live_grants(tx, user, now)? {
        revoke(tx, &grant, RevokeReason::Person, now)?;
    }
    Ok(())
}
