//! Everything known about one sign-in, for whoever is asked why it did not work.

use crate::account::User;
use crate::audit::{Event, EventFilter};
use crate::clock::Timestamp;
use crate::id::Reference;
use crate::oauth::Grant;
use crate::store::{Store, StoreError};

/// What the record says about a sign-in and what came of it.
#[derive(Debug)]
pub struct Trace {
    /// What happened, oldest first: in the sign-in, and later to its grant.
    pub events: Vec<Event>,
    /// The grant it led to, if that is still kept.
    pub grant: Option<Grant>,
    /// Who signed in, if they are still known.
    pub user: Option<User>,
}

impl Trace {
    /// Whether the grant's tokens are good.
    pub fn is_connected(&self, now: Timestamp) -> bool {
        let active = self.user.as_ref().is_some_and(User::is_active);
        active && self.grant.as_ref().is_some_and(|grant| grant.is_live(now))
    }
}

/// Looks a sign-in up by the reference on its pages; `None` when nothing is known about it.
pub async fn trace(store: &Store, reference: Reference) -> Result<Option<Trace>, StoreError> {
    store
        .read(move |tx| {
            let of_sign_in = EventFilter {
                reference: Some(reference),
                ..EventFilter::default()
            };
            let mut events = tx.events(&of_sign_in)?;
            if events.is_empty() {
                return Ok(None);
            }
            let grant = events.iter().find_map(|event| event.grant);
            let user = events.iter().find_map(|event| event.user);
            if grant.is_some() {
                let of_grant = EventFilter {
                    grant,
                    ..EventFilter::default()
                };
                let later = tx.events(&of_grant)?;
                events.extend(later.into_iter().filter(|event| event.reference.is_none()));
            }
            // Newest first is how they came; within a second that order is all there is.
            events.reverse();
            events.sort_by_key(|event| event.at);
            Ok(Some(Trace {
                events,
                grant: grant.map(|id| tx.grant(id)).transpose()?.flatten(),
                user: user.map(|id| tx.user(id)).transpose()?.flatten(),
            }))
        })
        .await
}
