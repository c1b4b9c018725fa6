//! Who somebody is at a provider, and a browser's way there and back.

use crate::clock::{Seconds, Timestamp};
use crate::id::{ProviderId, UserId};
use crate::secret::{Digest, hex};

/// How long a browser may stay at a provider before it comes back.
pub const DEPARTURE_LIFE: Seconds = Seconds(600);

/// What names a person at a provider, and nothing else does: never an e-mail address, which changes hands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdentityKey {
    /// Who says so: the provider's issuer, or what stands for it.
    pub issuer: String,
    /// Whom it means. Unique, and never given to anybody else, within the issuer.
    pub subject: String,
}

impl IdentityKey {
    /// What names it in a form. Nothing can be done with it elsewhere.
    pub fn form_id(&self) -> String {
        let length = self.issuer.len().to_string();
        let text = [length.as_str(), ":", &self.issuer, &self.subject].concat();
        hex(&Digest::of(text.as_bytes()).as_bytes()[..8])
    }
}

/// An e-mail address, as a provider told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// As it was told.
    pub address: String,
    /// Whether the provider vouches that it is the person's.
    pub verified: bool,
}

/// What a provider told about a person who has just proven who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamIdentity {
    /// Which provider told it.
    pub provider: ProviderId,
    /// Whom it means.
    pub key: IdentityKey,
    /// The name they sign in with there, where there is such a thing; it may change hands.
    pub login: Option<String>,
    /// How they are called.
    pub name: Option<String>,
    /// Their address.
    pub email: Option<Email>,
}

impl UpstreamIdentity {
    /// How to call the person: never empty, not yet fit to be shown.
    pub fn display_name(&self) -> &str {
        let address = self.email.as_ref().map(|email| email.address.as_str());
        let before_the_at = address.and_then(|address| address.split('@').next());
        [self.name.as_deref(), self.login.as_deref(), before_the_at]
            .into_iter()
            .flatten()
            .find(|name| !name.trim().is_empty())
            .unwrap_or(&self.key.subject)
    }
}

/// A provider's account that leads to a person here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whose it is.
    pub user: UserId,
    /// What the provider told when it was last used.
    pub told: UpstreamIdentity,
    /// Since when it leads here.
    pub linked_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
}

/// A browser that was sent to a provider and is to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Digest of the `state` with which it comes back.
    pub state: Digest,
    /// To which provider.
    pub provider: ProviderId,
    /// Digest of the cookie that names the browser.
    pub browser: Digest,
    /// What for.
    pub errand: Errand,
    /// When it is no longer waited for.
    pub expires_at: Timestamp,
}

/// What a browser was sent to a provider for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// To let an app in.
    SignIn {
        /// The handle of the sign-in, sealed under the state.
        sealed_handle: String,
    },
    /// To open the account page.
    Enter,
    /// To make the provider's account another way in for this person.
    Link(UserId),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: &str, login: &str, email: &str) -> UpstreamIdentity {
        let text = |text: &str| Some(text.to_owned());
        UpstreamIdentity {
            provider: "test".parse().unwrap(),
            key: IdentityKey {
                issuer: "https://idp.example".to_owned(),
                subject: "s-1".to_owned(),
            },
            login: text(login),
            name: text(name),
            email: Some(Email {
                address: email.to_owned(),
                verified: true,
            }),
        }
    }

    #[test]
    fn a_person_is_called_by_the_best_name_there_is() {
        assert_eq!(identity("Ana", "ana1", "a@x.example").display_name(), "Ana");
        assert_eq!(identity(" ", "ana1", "a@x.example").display_name(), "ana1");
        assert_eq!(identity("", "", "a@x.example").display_name(), "a");
        assert_eq!(identity("", "", "@x.example").display_name(), "s-1");
    }

    #[test]
    fn issuer_and_subject_do_not_run_into_each_other() {
        let key = |issuer: &str, subject: &str| IdentityKey {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
        };
        assert_ne!(key("a", "bc").form_id(), key("ab", "c").form_id());
        assert_eq!(key("a", "b").form_id(), key("a", "b").form_id());
    }
}
