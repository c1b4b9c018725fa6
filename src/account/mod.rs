//! People, and what they prove who they are with.

mod guest;
mod identity;

use unicode_normalization::UnicodeNormalization;

use crate::clock::Timestamp;
use crate::id::UserId;

pub use guest::{GUEST_AFTER_GAME, GUEST_IDLE, GuestSession, MAX_GUEST_NAME};
pub use identity::{DEPARTURE_LIFE, Departure, Email, Errand, Identity, IdentityKey, UpstreamIdentity};

/// A person: somebody who may sign in, or a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The `sub` of their tokens.
    pub id: UserId,
    /// How pages and tools address them.
    pub name: String,
    /// When they were added.
    pub created_at: Timestamp,
    /// Since when they are shut out.
    pub disabled_at: Option<Timestamp>,
    /// An invited friend who plays one game without an account.
    pub is_guest: bool,
}

impl User {
    /// Whether they may use the server.
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Whether they may have a session of an account, a grant, a token. Guests never do.
    pub fn may_sign_in(&self) -> bool {
        self.is_active() && !self.is_guest
    }
}

/// Why a text cannot be the name of a local account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user name has 1 to 64 letters, digits, or any of . _ - @ +, and begins with a letter or digit")]
pub struct InvalidUsername;

/// The name of a local account, as it is compared: NFKC, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Username(String);

impl Username {
    /// Reads what was typed.
    pub fn parse(typed: &str) -> Result<Self, InvalidUsername> {
        if typed.len() > 256 {
            return Err(InvalidUsername);
        }
        let name: String = typed.trim().nfkc().collect::<String>().to_lowercase();
        let starts_well = name.chars().next().is_some_and(char::is_alphanumeric);
        let legal = name.chars().all(|c| c.is_alphanumeric() || "._-@+".contains(c));
        let fits = name.chars().count() <= 64;
        (starts_well && legal && fits)
            .then_some(Self(name))
            .ok_or(InvalidUsername)
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A local account: its sign-in name and the Argon2id hash of its password (PHC string format).
#[derive(Clone, PartialEq, Eq)]
pub struct LocalAccount {
    /// Whose account this is.
    pub user: UserId,
    /// The name to sign in with.
    pub username: Username,
    /// The password's hash.
    pub password_hash: String,
}

/// A browser in which a person is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSession {
    /// Who signed in.
    pub user: UserId,
    /// When they last proved who they are (`auth_time` of OpenID Connect Core section 2).
    pub auth_time: Timestamp,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
    /// When the browser was last seen; idle sessions end early.
    pub last_seen_at: Timestamp,
    /// Which browser, in words such as `Firefox on Linux`; empty where it did not say.
    pub agent: String,
    /// From which network it signed in: the prefix of its address; empty where that is unknown.
    pub network: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_compared_without_case_and_compatibility_forms() {
        let ana = Username::parse("Ana").unwrap();
        assert_eq!(Username::parse(" ana ").unwrap(), ana);
        assert_eq!(Username::parse("ＡＮＡ").unwrap(), ana);
        assert_eq!(
            Username::parse("jürgen.m+chess@example.org").unwrap().as_str(),
            "jürgen.m+chess@example.org"
        );
        for bad in [
            "",
            "  ",
            "-ana",
            "a b",
            "a\u{202e}b",
            "a\u{0}",
            "a/b",
            &"x".repeat(65),
            &"x".repeat(10_000),
        ] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }
}
