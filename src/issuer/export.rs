//! Everything the authorization server keeps about a person, for themselves. Their games come from elsewhere.

use serde::Serialize;
use serde_json::{Value, json};

use super::account::{live_grants, live_sessions, session_id};
use super::{AccountFault, AccountForm, AccountPost, Issuer};
use crate::account::{Identity, User, Username};
use crate::audit::{Event, EventFilter};
use crate::clock::Timestamp;
use crate::id::Reference;
use crate::oauth::{ClientId, Grant};
use crate::store::Tx;

/// What is kept about a person: readable, whole, and without anything that opens a door.
#[derive(Debug, Serialize)]
pub struct AccountExport {
    /// Whose.
    #[serde(skip)]
    pub user: User,
    /// When it was taken.
    #[serde(skip)]
    pub at: Timestamp,
    /// The account itself.
    pub account: Value,
    /// The providers' accounts that lead to it.
    pub providers: Value,
    /// The apps they let in.
    pub apps: Value,
    /// The browsers they are signed in with.
    pub sessions: Value,
    /// What was recorded about them, oldest first.
    pub events: Value,
}

impl Issuer {
    /// Reads it all at one moment.
    pub async fn export(&self, post: &AccountPost) -> Result<AccountExport, AccountFault> {
        let (session, now) = (self.proven(post, AccountForm::Export)?, self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<AccountExport, AccountFault> {
            let user = super::account::who(tx, &session, now)?;
            let username = tx.username(user.id)?;
            let grants = live_grants(tx, user.id, now)?;
            let sessions = live_sessions(tx, user.id, now)?.into_iter();
            let of_person = EventFilter {
                user: Some(user.id),
                ..EventFilter::default()
            };
            let events = tx.events(&of_person)?.into_iter().rev();
            Ok(AccountExport {
                account: json!({
                    "id": user.id,
                    "name": user.name,
                    "username": username.as_ref().map(Username::as_str),
                    "created_at": user.created_at.iso8601(),
                }),
                providers: tx.identities(Some(user.id))?.iter().map(linked).collect(),
                apps: grants.iter().map(app).collect(),
                sessions: sessions
                    .map(|(cookie, session)| {
                        json!({
                            "id": session_id(cookie),
                            "browser": session.agent,
                            "network": session.network,
                            "signed_in_at": session.auth_time.iso8601(),
                            "last_seen_at": session.last_seen_at.iso8601(),
                            "expires_at": session.expires_at.iso8601(),
                        })
                    })
                    .collect(),
                events: events.map(|event| recorded(&event)).collect(),
                user,
                at: now,
            })
        };
        self.0.store.read(unit).await
    }
}

fn app(grant: &Grant) -> Value {
    json!({
        "id": grant.id,
        "client_id": grant.client.as_str(),
        "client_name": grant.snapshot.name,
        "verified_host": grant.client.document_host(),
        "destination": grant.destination,
        "scope": grant.scopes,
        "auth_time": grant.auth_time.iso8601(),
        "created_at": grant.created_at.iso8601(),
        "last_used_at": grant.last_used_at.iso8601(),
        "expires_at": grant.expires_at.iso8601(),
    })
}

fn linked(identity: &Identity) -> Value {
    let told = &identity.told;
    json!({
        "provider": told.provider,
        "issuer": told.key.issuer,
        "subject": told.key.subject,
        "login": told.login,
        "name": told.name,
        "email": told.email.as_ref().map(|email| &email.address),
        "email_verified": told.email.as_ref().map(|email| email.verified),
        "linked_at": identity.linked_at.iso8601(),
        "last_used_at": identity.last_used_at.iso8601(),
    })
}

fn recorded(event: &Event) -> Value {
    json!({
        "at": event.at.iso8601(),
        "kind": event.kind.name(),
        "reference": event.reference.as_ref().map(Reference::as_str),
        "client_id": event.client.as_ref().map(ClientId::as_str),
        "grant_id": event.grant,
        "network": event.network,
        "detail": event.detail,
    })
}
