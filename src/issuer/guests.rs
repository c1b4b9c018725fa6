//! Guests: invited friends who take their seat without an account.
//!
//! # Design
//!
//! Whoever has an invitation was trusted by the person who passed it on, and an invitation is good for one guest: so
//! guests cost what invitations cost. A guest comes into being in the very unit of work that gives them the seat;
//! whoever comes too late leaves nothing behind. Their cookie opens that game and nothing else: it lies in a table of
//! its own, and no code that asks for a session of an account ever looks there.

use super::account::browser_cookie;
use super::{AccountFault, AccountForm, Browser, Issuer};
use crate::account::{MAX_GUEST_NAME, User};
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::oauth::clean_name;
use crate::secret::{Secret, random};
use crate::store::{StoreError, Tx};

/// How a guest is called who gave no name.
const NAMELESS: &str = "Guest";

/// A browser in which nobody is signed in, in front of an invitation.
pub struct Stranger {
    /// The cookie that names the browser, to be set: the form belongs to it.
    pub browser: Secret,
    /// What the form for guests carries; `None` where guests may not come.
    pub csrf: Option<String>,
}

/// A guest who is about to sit down.
#[derive(Debug, Clone)]
pub struct Guest {
    user: User,
    cookie: Secret,
    network: String,
    now: Timestamp,
}

impl Issuer {
    /// What somebody needs who is not signed in and was invited.
    pub fn stranger(&self, browser: &Browser) -> Stranger {
        let cookie = browser_cookie(browser);
        let csrf = self.policy().invited_guests.then(|| {
            let forms = self.form_key(&cookie);
            forms.csrf(AccountForm::JoinAsGuest)
        });
        Stranger {
            browser: cookie,
            csrf,
        }
    }

    /// Takes the form of somebody who wants to play without an account. `name` is what they typed, if anything.
    pub fn guest(&self, csrf: &str, name: &str, browser: &Browser) -> Result<Guest, AccountFault> {
        self.own_page(browser, AccountForm::JoinAsGuest, csrf)?;
        if !self.policy().invited_guests {
            return Err(AccountFault::Unknown);
        }
        let now = self.0.clock.now();
        let user = User {
            id: UserId::new(now, random()),
            name: guest_name(name),
            created_at: now,
            disabled_at: None,
            is_guest: true,
        };
        Ok(Guest {
            user,
            cookie: Secret::bearer("gs", random()),
            network: browser.network.clone(),
            now,
        })
    }
}

impl Guest {
    /// Who they will be.
    pub fn id(&self) -> UserId {
        self.user.id
    }

    /// What opens their game.
    pub fn cookie(&self) -> &Secret {
        &self.cookie
    }

    /// Lets them come, to this game; the unit gives them the seat.
    pub fn insert(&self, tx: &mut dyn Tx, game: GameId) -> Result<(), StoreError> {
        tx.insert_user(&self.user)?;
        tx.insert_guest_session(self.cookie.digest(), self.user.id, game, self.now)?;
        let came = Event::new(EventKind::GuestSeated, self.now).user(self.user.id);
        tx.record(&came.network(&self.network))
    }
}

/// A name as others may see it: 30 characters, no tricks of writing.
fn guest_name(typed: &str) -> String {
    let short: String = clean_name(typed).chars().take(MAX_GUEST_NAME).collect();
    match short.trim() {
        "" => NAMELESS.to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_guests_are_short_and_plain() {
        for (typed, name) in [
            ("Ana", "Ana"),
            ("  Ana \t Maria ", "Ana Maria"),
            ("", "Guest"),
            (" \u{202e}\u{200b}\n", "Guest"),
            ("A\u{202e}na", "Ana"),
            ("<b>Ana</b>", "<b>Ana</b>"),
        ] {
            assert_eq!(guest_name(typed), name, "{typed:?}");
        }
        assert_eq!(guest_name(&"ü".repeat(80)), "ü".repeat(30));
        let cut = format!("{} b", "a".repeat(29));
        assert_eq!(guest_name(&cut), "a".repeat(29), "no blank at the end");
    }
}
