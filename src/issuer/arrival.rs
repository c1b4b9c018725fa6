//! The way to a provider and back: a browser leaves with a `state`, and whoever brings that back is asked about.
//!
//! # Design
//!
//! A `state` is good once, for one provider, for ten minutes; it is used up before the provider is asked anything.
//! It belongs to the browser that left. For an app's sign-in the handle travels in the departure, sealed under the
//! state itself: the disk alone opens nothing. What comes back with another browser proves who sits at that one, and
//! no more: they are asked for consent again, by name (the consent of one browser is no good in another).

use super::{Issuer, IssuerError, sign_in};
use crate::account::{DEPARTURE_LIFE, Departure, Errand, UpstreamIdentity};
use crate::audit::{Event, EventKind};
use crate::clock::{Seconds, Timestamp};
use crate::id::{ProviderId, UserId};
use crate::metrics;
use crate::secret::{Digest, Sealer, Secret, Unsealable, random};
use crate::store::{StoreError, Tx};
use crate::upstream::{Callback, UpstreamError, Wish};

/// A way to sign in, as pages offer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The value of its button.
    pub id: ProviderId,
    /// What the button says.
    pub label: String,
}

/// Why nobody came back from a provider, as far as people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// They said no there.
    Denied,
    /// The operator's lists do not name them, or they are shut out.
    Refused,
    /// The provider does not answer.
    Unavailable,
    /// The provider's answer proves nothing.
    Misbehaved,
}

impl From<&UpstreamError> for Failure {
    fn from(error: &UpstreamError) -> Self {
        match error {
            UpstreamError::Denied => Self::Denied,
            UpstreamError::Unavailable(_) => Self::Unavailable,
            UpstreamError::Misbehaved(_) => Self::Misbehaved,
        }
    }
}

/// What follows a browser's return.
#[derive(Debug)]
pub enum Arrival {
    /// An app's sign-in goes on.
    SignIn(sign_in::Next),
    /// It goes on in this browser, which has to allow it first.
    Consent(Box<sign_in::Consent>),
    /// The account page, with this session's cookie.
    Entered(Secret),
    /// The account page: the provider's account is another way in now.
    Linked,
    /// The account page: the provider's account leads to somebody else.
    Taken,
    /// The account page: it did not work.
    Failed {
        /// With which provider.
        provider: Way,
        /// Why.
        failure: Failure,
    },
}

/// A browser that came back, and what it brought.
pub(super) struct Returned {
    pub(super) provider: ProviderId,
    pub(super) departure: Departure,
    pub(super) callback: Callback,
}

impl Issuer {
    /// Every provider, as pages offer them.
    pub fn ways(&self) -> Vec<Way> {
        let all = self.0.providers.all();
        all.map(|provider| Way {
            id: provider.id.clone(),
            label: provider.label.clone(),
        })
        .collect()
    }

    /// The provider with this slug.
    pub(super) fn way(&self, id: &ProviderId) -> Option<Way> {
        self.ways().into_iter().find(|way| way.id == *id)
    }

    /// Whether each provider can be used, as far as is known.
    pub fn provider_states(&self) -> Vec<(ProviderId, bool)> {
        let states = self.0.providers.states();
        states.map(|(id, usable)| (id.clone(), usable)).collect()
    }

    /// Looks at the providers where that is due.
    pub async fn refresh_providers(&self) {
        self.0.providers.refresh(self.0.clock.now()).await;
    }

    /// Lets a browser leave for a provider; says where to.
    pub(super) async fn send_off(
        &self,
        provider: &ProviderId,
        browser: Digest,
        errand: impl FnOnce(&Secret) -> Errand,
        wish: Wish,
    ) -> Result<Result<String, UpstreamError>, StoreError> {
        let now = self.0.clock.now();
        let state = Secret::bearer("us", random());
        let url = match self.0.providers.depart(provider, &state, wish, now).await {
            Ok(url) => url,
            Err(error) => return Ok(Err(error)),
        };
        let departure = Departure {
            state: state.digest(),
            provider: provider.clone(),
            browser,
            errand: errand(&state),
            expires_at: now + DEPARTURE_LIFE,
        };
        let waited_for = move |tx: &mut dyn Tx| tx.insert_departure(&departure);
        self.0.store.write(waited_for).await?;
        Ok(Ok(url))
    }

    /// A browser comes back from a provider with this query.
    pub async fn arrive(
        &self,
        provider: ProviderId,
        query: &str,
        browser: sign_in::Browser,
    ) -> Result<Arrival, IssuerError> {
        let now = self.0.clock.now();
        let callback = Callback::parse(query).map_err(|_| IssuerError::Stale)?;
        let (state, wanted) = (callback.state.digest(), provider.clone());
        let left = self
            .0
            .store
            .write(move |tx| tx.take_departure(state, &wanted))
            .await?;
        let departure = left.filter(|departure| now < departure.expires_at);
        let returned = Returned {
            provider,
            departure: departure.ok_or(IssuerError::Stale)?,
            callback,
        };
        match &returned.departure.errand {
            Errand::SignIn { sealed_handle } => {
                let handle = open_handle(&returned.callback.state, sealed_handle);
                let handle = handle.map_err(|_| IssuerError::Stale)?;
                self.arrive_to_sign_in(handle, returned, browser).await
            }
            Errand::Enter => self.arrive_to_enter(returned, browser).await,
            Errand::Link(user) => self.arrive_to_link(*user, returned, browser).await,
        }
    }

    /// Asks the provider who came back, and the operator's lists whether they may. Why not is written down.
    pub(super) async fn ask_provider(
        &self,
        returned: Returned,
        max_age: Option<Seconds>,
        failed: Event,
    ) -> Result<Result<UpstreamIdentity, Failure>, StoreError> {
        let now = self.0.clock.now();
        let provider = returned.provider;
        let told = self
            .0
            .providers
            .arrive(&provider, returned.callback, max_age, now)
            .await;
        let (failure, why) = match told {
            Ok(person) if self.policy().admission.admits(&person) => return Ok(Ok(person)),
            Ok(person) => (Failure::Refused, format!("{} is on no list", person.key.subject)),
            Err(error) => (Failure::from(&error), error.to_string()),
        };
        self.note_failure(&provider, &why, failed).await?;
        Ok(Err(failure))
    }

    /// Remembers that somebody did not get in through a provider.
    pub(super) async fn note_failure(
        &self,
        provider: &ProviderId,
        why: &str,
        failed: Event,
    ) -> Result<(), StoreError> {
        tracing::info!(%provider, why, "nobody came back from a provider");
        metrics::sign_in("failed");
        let failed = failed.detail(format!("{provider}: {why}"));
        self.0.store.write(move |tx| tx.record(&failed)).await
    }
}

/// The id of somebody who may turn out to be new here.
pub(super) fn fresh_user(now: Timestamp) -> UserId {
    UserId::new(now, random())
}

/// Seals a sign-in's handle under the state with which its browser leaves.
pub(super) fn seal_handle(state: &Secret, handle: &Secret) -> Errand {
    let sealer = Sealer::from_secret(state);
    Errand::SignIn {
        sealed_handle: sealer.seal(PLACE, handle.expose().as_bytes(), random()),
    }
}

const PLACE: &str = "departures|sealed_handle";

fn open_handle(state: &Secret, sealed: &str) -> Result<Secret, Unsealable> {
    let plain = Sealer::from_secret(state).open(PLACE, sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| Unsealable::Malformed)?;
    Ok(Secret::new(text.to_owned()))
}

/// Somebody did not get in.
pub(super) fn failed(now: Timestamp, network: &str) -> Event {
    Event::new(EventKind::LoginFailed, now).network(network)
}
