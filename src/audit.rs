//! What happened around sign-ins, grants and keys: the words of the operator's record.
//!
//! An [`Event`] names people, clients and grants by their ids alone, and networks by their prefix. It holds no
//! secret, no name and no address of a single machine.

use crate::clock::Timestamp;
use crate::id::{GrantId, Reference, UserId};
use crate::oauth::ClientId;

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $kind,)*
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name in the store, in the log and on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

event_kinds! {
    /// A client registered itself.
    ClientRegistered = "client_registered",
    /// The operator added a client.
    ClientAdded = "client_added",
    /// The operator removed a client.
    ClientRemoved = "client_removed",
    /// An unused registration made room for newer ones.
    ClientEvicted = "client_evicted",
    /// A sign-in began: a client asked for access.
    SignInBegan = "sign_in_began",
    /// A client asked for access in a way that goes no further; the detail says why.
    SignInRefused = "sign_in_refused",
    /// The person allowed the access.
    ConsentGranted = "consent_granted",
    /// The person denied the access.
    ConsentDenied = "consent_denied",
    /// A form came from another browser than the one in which its sign-in began.
    BindingMismatch = "binding_mismatch",
    /// Somebody proved who they are.
    LoginOk = "login_ok",
    /// Somebody did not.
    LoginFailed = "login_failed",
    /// A grant was made.
    GrantMade = "grant_made",
    /// A grant was cut; the detail says why.
    GrantRevoked = "grant_revoked",
    /// An authorization code was presented again, too late for a retry.
    CodeReplay = "code_replay",
    /// A retired refresh token was presented again and its grant ended.
    RefreshReuse = "refresh_reuse",
    /// A retired refresh token was presented again within the window and answered with the live one.
    RefreshRaceReplay = "refresh_race_replay",
    /// An account was made.
    AccountMade = "account_made",
    /// An invited friend took their seat without an account.
    GuestSeated = "guest_seated",
    /// An account was removed with everything that was in it.
    AccountRemoved = "account_removed",
    /// An account was shut out.
    AccountDisabled = "account_disabled",
    /// An account was let in again.
    AccountEnabled = "account_enabled",
    /// A password was changed.
    PasswordChanged = "password_changed",
    /// A provider's account became another way in.
    ProviderLinked = "provider_linked",
    /// It no longer is.
    ProviderUnlinked = "provider_unlinked",
    /// A browser session was ended by its person.
    SessionEnded = "session_ended",
    /// A signing key was made, began to sign, or ceased to.
    KeyRotated = "key_rotated",
    /// The master key was replaced.
    MasterKeyRotated = "master_key_rotated",
    /// Somebody asked too often.
    LimitHit = "limit_hit",
}

impl EventKind {
    /// Whether somebody whom nobody let in can cause as many as they like: floods of them must not push out the rest.
    pub fn is_anybodys(self) -> bool {
        matches!(
            self,
            Self::ClientRegistered
                | Self::ClientEvicted
                | Self::SignInBegan
                | Self::SignInRefused
                | Self::ConsentDenied
                | Self::BindingMismatch
                | Self::LoginFailed
                | Self::LimitHit
        )
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// One line of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// In which sign-in.
    pub reference: Option<Reference>,
    /// Whose.
    pub user: Option<UserId>,
    /// Which client.
    pub client: Option<ClientId>,
    /// Which grant.
    pub grant: Option<GrantId>,
    /// From which network: the prefix of an address.
    pub network: Option<String>,
    /// Anything else worth knowing; never a secret.
    pub detail: Option<String>,
}

impl Event {
    /// Something that happened at `at`.
    pub fn new(kind: EventKind, at: Timestamp) -> Self {
        Self {
            at,
            kind,
            reference: None,
            user: None,
            client: None,
            grant: None,
            network: None,
            detail: None,
        }
    }

    /// In the sign-in with this reference.
    #[must_use]
    pub fn reference(self, reference: Reference) -> Self {
        let reference = Some(reference);
        Self { reference, ..self }
    }

    /// By or to this person.
    #[must_use]
    pub fn user(self, user: UserId) -> Self {
        let user = Some(user);
        Self { user, ..self }
    }

    /// By or to this client.
    #[must_use]
    pub fn client(self, client: &ClientId) -> Self {
        let client = Some(client.clone());
        Self { client, ..self }
    }

    /// About this grant.
    #[must_use]
    pub fn grant(self, grant: GrantId) -> Self {
        let grant = Some(grant);
        Self { grant, ..self }
    }

    /// From this network; an empty one is unknown.
    #[must_use]
    pub fn network(self, network: &str) -> Self {
        let network = Some(network.to_owned()).filter(|network| !network.is_empty());
        Self { network, ..self }
    }

    /// With this to add.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        let detail = Some(detail.into());
        Self { detail, ..self }
    }
}

/// Which events to show; what is left out does not matter. Newest first.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Of this sign-in.
    pub reference: Option<Reference>,
    /// Of this grant.
    pub grant: Option<GrantId>,
    /// Of this person.
    pub user: Option<UserId>,
    /// At most so many; 0 is no limit.
    pub limit: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_name(kind.name()), Some(*kind));
        }
    }
}
