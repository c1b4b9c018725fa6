//! The authorization server with memory: it loads records, lets `oauth` decide, and keeps what follows.

mod account;
mod accounts;
mod admission;
mod arrival;
mod bearer;
mod clients;
mod documents;
mod export;
mod grants;
mod guests;
mod introspection;
mod passwords;
mod people;
mod players;
mod registry;
mod sign_in;
mod sign_up;
#[cfg(test)]
mod tests;
mod tokens;
mod trace;
mod unredeemed;
mod userinfo;

use std::sync::Arc;

use crate::audit::{Event, EventKind};
use crate::clock::{Clock, Seconds, Timestamp};
use crate::id::Reference;
use crate::keys::{KeyError, KeyRing};
use crate::net::Net;
use crate::oauth::{AuthorizeError, Grant, RevokeReason, SignIn, SignInFault, TokenError};
use crate::secret::{MacKey, MasterKey, Secret};
use crate::store::{Fact, Store, StoreError, Tx};
use crate::upstream::Providers;
use crate::urls::PublicUrl;

pub use account::{
    AccountFault, AccountForm, AccountPage, AccountPost, ChangePassword, ConnectedApp, EntryForm, EntryPage,
    FormKey, LinkedProvider, OwnSession, SignUpForm,
};
pub use accounts::{AccountError, Accounts, ListedPerson, OWNER};
pub use admission::{Admission, InvalidEntry};
pub use arrival::{Arrival, Failure, Way};
pub use bearer::BearerError;
pub use clients::{RegisterError, Registered};
pub use export::AccountExport;
pub use grants::{Grants, GrantsError};
pub use guests::{Guest, Stranger};
pub use passwords::WeakPassword;
pub use players::Player;
pub use registry::{ListedClient, Origin, Registry, RegistryError};
pub use sign_in::{
    Account, Browser, Consent, ConsentForm, ConsentPage, Decision, GiveUp, Next, ProviderFault, ProviderForm,
    Retry, SignInForm, SignInPage, Wrong,
};
pub use sign_up::{NewAccountForm, SignUpFault, SignUpFor, SignUpPage};
pub use tokens::{ClientProof, Exchange, Renewal, Tokens};
pub use trace::{Trace, trace};
pub use userinfo::UserinfoError;

/// Who may register clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// Everybody.
    Open,
    /// Whoever presents this initial access token (RFC 7591 section 3).
    Token(Secret),
    /// Nobody.
    Off,
}

/// What the operator decided.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Life of an access token.
    pub access_token_ttl: Seconds,
    /// Life of a refresh token that nobody uses.
    pub refresh_token_idle_ttl: Seconds,
    /// Life of a grant.
    pub refresh_token_ttl: Seconds,
    /// Life of an authorization code.
    pub code_ttl: Seconds,
    /// For how long a retired refresh token is answered with the live one.
    pub refresh_replay_window: Seconds,
    /// Browser sessions of a person; the oldest beyond that end.
    pub sessions_per_user: u32,
    /// Live grants of a person and client; the longest idle beyond that end.
    pub grants_per_client: u32,
    /// Who may register clients.
    pub registration: Registration,
    /// Whether people may sign in with a local account.
    pub local_sign_in: bool,
    /// Whether strangers may make local accounts.
    pub local_sign_up: bool,
    /// Whether invited friends may play without an account.
    pub invited_guests: bool,
    /// Who may come in through a provider.
    pub admission: Admission,
}

/// What the server is put together from.
pub struct Parts {
    /// Keeps everything.
    pub store: Store,
    /// Signs.
    pub keys: KeyRing,
    /// Time.
    pub clock: Clock,
    /// Where people reach us.
    pub public_url: PublicUrl,
    /// What the operator decided.
    pub policy: Policy,
    /// Where people may prove who they are.
    pub providers: Providers,
    /// Reads the metadata documents of clients.
    pub net: Net,
}

/// The authorization server. Cheap to clone.
#[derive(Clone)]
pub struct Issuer(Arc<Inner>);

struct Inner {
    store: Store,
    keys: KeyRing,
    clock: Clock,
    public_url: PublicUrl,
    policy: Policy,
    providers: Providers,
    csrf: MacKey,
    registrations: clients::Registrations,
    documents: documents::Documents,
    passwords: passwords::Passwords,
    bearer: bearer::Verified,
}

/// Why an OAuth or sign-in request was not served.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The authorization request goes no further.
    #[error("authorization request refused")]
    Authorize {
        /// Why, and where the answer may go.
        error: AuthorizeError,
        /// Names this attempt on the page, in the answer and in the record.
        reference: Reference,
    },
    /// The token endpoint refuses.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A form came too late, from elsewhere, or twice.
    #[error("{fault}")]
    Form {
        /// What is wrong with it.
        fault: SignInFault,
        /// Names its sign-in.
        reference: Reference,
    },
    /// The form's CSRF value is not ours, or its sign-in is unknown.
    #[error("This page is no longer valid. Go back to the app and connect again.")]
    Stale,
    /// A signing key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Issuer {
    /// Puts the server together.
    pub fn new(parts: Parts, master: &MasterKey) -> Self {
        Self(Arc::new(Inner {
            store: parts.store,
            keys: parts.keys,
            clock: parts.clock,
            public_url: parts.public_url,
            policy: parts.policy,
            providers: parts.providers,
            csrf: master.mac("csrf"),
            registrations: clients::Registrations::new(master),
            documents: documents::Documents::new(parts.net),
            passwords: passwords::Passwords::new(),
            bearer: bearer::Verified::new(),
        }))
    }

    /// The public address: issuer and resource follow from it.
    pub fn public_url(&self) -> &PublicUrl {
        &self.0.public_url
    }

    /// What the operator decided.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// The public signing keys, as they are now.
    pub async fn jwks(&self) -> Result<serde_json::Value, KeyError> {
        self.0.keys.follow().await?;
        Ok(self.0.keys.jwks())
    }

    /// Moves the signing keys on where that is due.
    pub async fn rotate_keys_when_due(&self) -> Result<(), KeyError> {
        self.0.keys.rotate_when_due(self.0.clock.now()).await
    }

    /// Remembers the issuer of this run; says the former one where it was another.
    pub async fn remember_issuer(&self) -> Result<Option<String>, StoreError> {
        let issuer = self.0.public_url.origin().to_owned();
        self.0
            .store
            .write(move |tx| {
                let former = tx.fact(Fact::Issuer)?.filter(|former| *former != issuer);
                tx.set_fact(Fact::Issuer, &issuer)?;
                Ok(former)
            })
            .await
    }

    /// Whether database and keys are at hand.
    pub async fn is_ready(&self) -> bool {
        let database = self.0.store.read(|tx| tx.fact(Fact::MasterKeyId)).await;
        database.is_ok() && self.0.keys.can_sign()
    }
}

/// A fault of one of the forms of this sign-in.
fn at_fault(sign_in: &SignIn, fault: SignInFault) -> IssuerError {
    IssuerError::Form {
        fault,
        reference: sign_in.reference,
    }
}

/// Cuts a grant, and writes down why; one that was cut stays as it is.
fn revoke(tx: &mut dyn Tx, grant: &Grant, reason: RevokeReason, now: Timestamp) -> Result<(), StoreError> {
    if grant.revoked_at.is_some() {
        return Ok(());
    }
    tracing::warn!(grant.id = %grant.id, reason = reason.name(), "revoked a grant");
    let revoked = Event::new(EventKind::GrantRevoked, now).detail(reason.name());
    tx.record(&revoked.user(grant.user).client(&grant.client).grant(grant.id))?;
    tx.revoke_grant(grant.id, now, reason)
}
