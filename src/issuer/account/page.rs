//! What the account page says.

use super::FormKey;
use super::providers::linked;
use crate::account::{BrowserSession, Identity, User, Username};
use crate::clock::Timestamp;
use crate::id::{GrantId, UserId};
use crate::issuer::sign_in::session::{SEEN_LATELY, is_live, signed_in};
use crate::issuer::{AccountFault, Browser, Issuer, Way};
use crate::oauth::{Grant, Scope};
use crate::secret::{Digest, hex};
use crate::store::{StoreError, Tx};

/// What a signed-in person sees of their account.
pub struct AccountPage {
    /// Whose account this is.
    pub user: UserId,
    /// How they are called.
    pub name: String,
    /// With which name they sign in; `None` for those who have no local account, or none that opens anything.
    pub username: Option<Username>,
    /// The providers' accounts that lead here, last used first.
    pub linked: Vec<LinkedProvider>,
    /// Providers that could be linked.
    pub linkable: Vec<Way>,
    /// Since when.
    pub created_at: Timestamp,
    /// The apps they let in, last used first.
    pub apps: Vec<ConnectedApp>,
    /// The browsers they are signed in with: this one first, then last seen first.
    pub sessions: Vec<OwnSession>,
    /// For the forms.
    pub forms: FormKey,
    /// The present second.
    pub now: Timestamp,
}

/// A provider's account that leads to a person.
#[derive(Debug, Clone)]
pub struct LinkedProvider {
    /// Names it in forms. Nothing can be done with it elsewhere.
    pub id: String,
    /// How the provider is known.
    pub label: String,
    /// How the person is known there; empty where that is unknown.
    pub account: String,
    /// Since when it leads here.
    pub linked_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// Whether the person has another way in.
    pub may_go: bool,
}

/// An app that a person let in.
#[derive(Debug, Clone)]
pub struct ConnectedApp {
    /// Names it in forms.
    pub id: GrantId,
    /// How it calls itself: not to be trusted.
    pub name: String,
    /// The host of its metadata document, which proves who it is; `None` for one that registered itself.
    pub verified_host: Option<String>,
    /// Where the person was sent back to; empty for the command line.
    pub destination: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

impl ConnectedApp {
    pub(in crate::issuer) fn of(grant: Grant) -> Self {
        Self {
            id: grant.id,
            name: grant.snapshot.display_name().to_owned(),
            verified_host: grant.client.document_host(),
            destination: grant.destination,
            scopes: grant.scopes.iter().collect(),
            created_at: grant.created_at,
            last_used_at: grant.last_used_at,
            expires_at: grant.expires_at,
        }
    }
}

/// A browser that a person is signed in with.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// Names it in forms. Nothing can be done with it elsewhere.
    pub id: String,
    /// Which browser, in words; empty where it did not say.
    pub agent: String,
    /// From which network; empty where that is unknown.
    pub network: String,
    /// When they signed in with it.
    pub signed_in_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

impl OwnSession {
    pub(in crate::issuer) fn of((cookie, session): (Digest, BrowserSession), this: Digest) -> Self {
        Self {
            id: session_id(cookie),
            agent: session.agent,
            network: session.network,
            signed_in_at: session.auth_time,
            last_seen_at: session.last_seen_at,
            is_this: cookie == this,
        }
    }
}

/// What names a session in a form: a digest of the digest, which opens nothing.
pub(in crate::issuer) fn session_id(cookie: Digest) -> String {
    hex(&Digest::of(cookie.as_bytes()).as_bytes()[..8])
}

/// What is read for the page.
struct Found {
    user: User,
    username: Option<Username>,
    identities: Vec<Identity>,
    grants: Vec<Grant>,
    sessions: Vec<(Digest, BrowserSession)>,
    last_seen_at: Timestamp,
}

impl Issuer {
    /// The account of whoever is signed in with this browser.
    pub async fn account_page(&self, browser: &Browser) -> Result<AccountPage, AccountFault> {
        let session = browser.session.clone().ok_or(AccountFault::SignedOut)?;
        let (this, now) = (session.digest(), self.0.clock.now());
        let wanted = session.clone();
        let unit = move |tx: &mut dyn Tx| -> Result<Found, AccountFault> {
            let (user, found) = signed_in(tx, Some(&wanted), now)?.ok_or(AccountFault::SignedOut)?;
            Ok(Found {
                username: tx.username(user.id)?,
                identities: tx.identities(Some(user.id))?,
                grants: live_grants(tx, user.id, now)?,
                sessions: live_sessions(tx, user.id, now)?,
                last_seen_at: found.last_seen_at,
                user,
            })
        };
        let found = self.0.store.read(unit).await?;
        if now.since(found.last_seen_at) >= SEEN_LATELY {
            self.0.store.write(move |tx| tx.touch_session(this, now)).await?;
        }
        let sessions = found.sessions.into_iter();
        let mut sessions: Vec<OwnSession> = sessions.map(|kept| OwnSession::of(kept, this)).collect();
        sessions.sort_by_key(|session| !session.is_this);
        let username = found.username.filter(|_| self.policy().local_sign_in);
        let (linked, linkable) = linked(found.identities, &self.ways(), username.is_some());
        Ok(AccountPage {
            linked,
            linkable,
            user: found.user.id,
            name: found.user.name,
            username,
            created_at: found.user.created_at,
            apps: found.grants.into_iter().map(ConnectedApp::of).collect(),
            sessions,
            forms: self.form_key(&session),
            now,
        })
    }
}

pub(in crate::issuer) fn live_grants(
    tx: &mut dyn Tx,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<Grant>, StoreError> {
    let mut grants = tx.unrevoked_grants(Some(user))?;
    grants.retain(|grant| grant.is_live(now));
    Ok(grants)
}

pub(in crate::issuer) fn live_sessions(
    tx: &mut dyn Tx,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<(Digest, BrowserSession)>, StoreError> {
    let mut sessions = tx.sessions(user)?;
    sessions.retain(|(_, session)| is_live(session, now));
    Ok(sessions)
}
