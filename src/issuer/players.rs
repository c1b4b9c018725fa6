//! Who plays in a browser: whoever is signed in there, and guests at their games.

use super::sign_in::session::{SEEN_LATELY, signed_in};
use super::{AccountFault, AccountForm, Browser, Issuer};
use crate::account::{GuestSession, User};
use crate::clock::{Seconds, Timestamp};
use crate::id::{GameId, UserId};
use crate::secret::Secret;
use crate::store::{StoreError, Tx};

/// A guest who is seen again within this time is not noted anew.
const GUEST_SEEN_LATELY: Seconds = Seconds(3600);

/// Somebody at the board in a browser.
#[derive(Debug, Clone)]
pub struct Player {
    /// Who.
    pub user: UserId,
    /// How they are called.
    pub name: String,
    /// The one game of a guest; `None` for whoever is signed in.
    pub seat: Option<GameId>,
    /// What calls from the board carry.
    pub csrf: String,
}

impl Player {
    /// Whether they have no account.
    pub fn is_guest(&self) -> bool {
        self.seat.is_some()
    }
}

impl Issuer {
    /// Whoever is signed in with this browser.
    pub async fn player(&self, browser: &Browser) -> Result<Option<Player>, StoreError> {
        let Some(session) = browser.session.clone() else {
            return Ok(None);
        };
        let (now, wanted) = (self.0.clock.now(), session.clone());
        let unit = move |tx: &mut dyn Tx| signed_in(tx, Some(&wanted), now);
        let Some((user, kept)) = self.0.store.read(unit).await? else {
            return Ok(None);
        };
        if now.since(kept.last_seen_at) >= SEEN_LATELY {
            let cookie = session.digest();
            self.0
                .store
                .write(move |tx| tx.touch_session(cookie, now))
                .await?;
        }
        Ok(Some(self.at_board(user, None, &session)))
    }

    /// The guests whose cookies these are, in their order; what opens nothing any more is left out.
    pub async fn guests(&self, cookies: &[Secret]) -> Result<Vec<Player>, StoreError> {
        let mut players = Vec::new();
        for cookie in cookies {
            players.extend(self.seated(cookie).await?);
        }
        Ok(players)
    }

    async fn seated(&self, cookie: &Secret) -> Result<Option<Player>, StoreError> {
        let (now, digest) = (self.0.clock.now(), cookie.digest());
        let unit = move |tx: &mut dyn Tx| -> Result<Option<(User, GuestSession)>, StoreError> {
            let Some(session) = tx.guest_session(digest)?.filter(|found| found.is_live(now)) else {
                return Ok(None);
            };
            let user = tx.user(session.user)?.filter(User::is_active);
            Ok(user.map(|user| (user, session)))
        };
        let Some((user, session)) = self.0.store.read(unit).await? else {
            return Ok(None);
        };
        self.note_guest(cookie, &session, now).await?;
        Ok(Some(self.at_board(user, Some(session.game), cookie)))
    }

    async fn note_guest(
        &self,
        cookie: &Secret,
        session: &GuestSession,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if now.since(session.last_seen_at) < GUEST_SEEN_LATELY {
            return Ok(());
        }
        let digest = cookie.digest();
        self.0
            .store
            .write(move |tx| tx.touch_guest_session(digest, now))
            .await
    }

    fn at_board(&self, user: User, seat: Option<GameId>, cookie: &Secret) -> Player {
        Player {
            user: user.id,
            name: user.name,
            seat,
            csrf: self.form_key(cookie).csrf(AccountForm::Play),
        }
    }

    /// Who calls from the board. The CSRF value says as whom, where a browser shows several cookies; without a good one
    /// the store is not asked.
    pub async fn caller(
        &self,
        browser: &Browser,
        guests: &[Secret],
        csrf: &str,
    ) -> Result<Player, AccountFault> {
        let made = |cookie: &Secret| self.form_key(cookie).made(AccountForm::Play, csrf);
        if browser.session.as_ref().is_some_and(made) {
            return self.player(browser).await?.ok_or(AccountFault::SignedOut);
        }
        if let Some(cookie) = guests.iter().find(|cookie| made(cookie)) {
            return self.seated(cookie).await?.ok_or(AccountFault::SignedOut);
        }
        if browser.session.is_none() && guests.is_empty() {
            return Err(AccountFault::SignedOut);
        }
        Err(AccountFault::Stale)
    }
}
