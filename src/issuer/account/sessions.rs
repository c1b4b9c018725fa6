//! Ending browser sessions.

use super::page::{live_sessions, session_id};
use super::{AccountForm, AccountPost, who};
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::issuer::{AccountFault, Issuer};
use crate::secret::Digest;
use crate::store::{StoreError, Tx};

impl Issuer {
    /// Signs this browser out.
    pub async fn sign_out(&self, post: &AccountPost) -> Result<(), AccountFault> {
        let (session, now) = (self.proven(post, AccountForm::SignOut)?, self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<(), AccountFault> {
            let user = who(tx, &session, now)?;
            Ok(end(tx, user.id, session.digest(), now)?)
        };
        self.0.store.write(unit).await
    }

    /// Ends one of the person's sessions, by the id that the page gave it.
    pub async fn end_session(&self, post: &AccountPost, id: String) -> Result<(), AccountFault> {
        let (session, now) = (self.proven(post, AccountForm::EndSession)?, self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<(), AccountFault> {
            let user = who(tx, &session, now)?;
            let theirs = live_sessions(tx, user.id, now)?;
            let named = theirs.into_iter().find(|(cookie, _)| session_id(*cookie) == id);
            let (cookie, _) = named.ok_or(AccountFault::Unknown)?;
            Ok(end(tx, user.id, cookie, now)?)
        };
        self.0.store.write(unit).await
    }

    /// Ends all of the person's sessions but this one.
    pub async fn end_sessions(&self, post: &AccountPost) -> Result<(), AccountFault> {
        let (session, now) = (self.proven(post, AccountForm::EndSessions)?, self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<(), AccountFault> {
            let user = who(tx, &session, now)?;
            let this = session.digest();
            for (cookie, _) in tx.sessions(user.id)? {
                if cookie != this {
                    end(tx, user.id, cookie, now)?;
                }
            }
            Ok(())
        };
        self.0.store.write(unit).await
    }
}

fn end(tx: &mut dyn Tx, user: UserId, cookie: Digest, now: Timestamp) -> Result<(), StoreError> {
    tx.delete_session(cookie)?;
    tx.record(&Event::new(EventKind::SessionEnded, now).user(user))
}
