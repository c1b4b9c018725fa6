//! Clients with memory: registration, resolution by id, and proof of identity at the token endpoint.
//!
//! # Design
//!
//! Anybody may register, so a flood must cost little. A public client has no secret to tell two of them apart:
//! its id is a function of what it registers, so an app that registers at each start stays one row. Rows that
//! nobody uses end after a day, and there are never more than [`MAX_UNUSED`] of them; the oldest make room.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use super::{Issuer, Registration};
use crate::audit::{Event, EventKind};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::{
    AuthMethod, AuthenticatedClient, Client, ClientId, LocalFault, RegistrationError, TokenError,
    validate_registration,
};
use crate::secret::{MacKey, MasterKey, Secret, equal, random};
use crate::store::{ClientRows, StoreError, Tx};

/// Most registrations that nobody used yet.
const MAX_UNUSED: u32 = 20_000;

/// How many make room at once: to count them, a whole index is read.
const ROOM: u32 = 250;

/// An app that registers again within this time changes nothing on disk.
const AGAIN: Seconds = Seconds(60);

/// Why a client was not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Its metadata is not acceptable.
    #[error(transparent)]
    Metadata(#[from] RegistrationError),
    /// An initial access token is needed, or the one that came is wrong.
    #[error("registration needs the token that the operator of this server gives out")]
    Token,
    /// Registration is off.
    #[error("this server does not register clients; ask its operator for a client id")]
    Off,
    /// Too many clients registered of late, and all of them are in use.
    #[error("too many clients registered of late; try again in ten minutes")]
    Full,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The answer to a registration. It holds the client's secret, so it goes to the client alone.
pub struct Registered(pub Value);

/// What registrations have in common.
pub(super) struct Registrations {
    /// Makes the ids of public clients.
    ids: MacKey,
    /// At most so many registrations are unused; `u32::MAX` when nobody counted yet.
    unused: AtomicU32,
}

impl Registrations {
    pub(super) fn new(master: &MasterKey) -> Self {
        Self {
            ids: master.mac("client-id"),
            unused: AtomicU32::new(u32::MAX),
        }
    }

    /// Lets the oldest unused registrations go where there are too many.
    fn make_room(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<(), RegisterError> {
        if self.unused.load(Ordering::Relaxed) < MAX_UNUSED {
            return Ok(());
        }
        let mut count = tx.count_unused_clients()?;
        if count >= MAX_UNUSED {
            let evicted = tx.evict_unused_clients(count - MAX_UNUSED + ROOM, now)?;
            for id in &evicted {
                tx.record(&Event::new(EventKind::ClientEvicted, now).client(id))?;
            }
            count = count.saturating_sub(u32::try_from(evicted.len()).unwrap_or(u32::MAX));
            tracing::warn!(
                evicted = evicted.len(),
                "unused registrations made room for newer ones"
            );
        }
        self.unused.store(count, Ordering::Relaxed);
        if count < MAX_UNUSED {
            Ok(())
        } else {
            Err(RegisterError::Full)
        }
    }
}

impl Issuer {
    /// Registers a client (RFC 7591). A public client that registers again is told its former id.
    pub async fn register(&self, body: &[u8], token: Option<&Secret>) -> Result<Registered, RegisterError> {
        self.may_register(token)?;
        let sent = validate_registration(body)?;
        let confidential = sent.auth_method != AuthMethod::None;
        let secret = confidential.then(|| Secret::bearer("cs", random()));
        let number = if confidential {
            random()
        } else {
            self.0.registrations.ids.number(&[&sent.identity()])
        };
        let client = Client {
            id: ClientId::registered(number),
            metadata: sent.clone(),
            secret: secret.as_ref().map(Secret::digest),
            created_at: self.0.clock.now(),
            activated_at: None,
            added: false,
        };
        let kept = self.keep(client).await?;
        Ok(Registered(kept.registration_response(&sent, secret.as_ref())))
    }

    fn may_register(&self, token: Option<&Secret>) -> Result<(), RegisterError> {
        match &self.policy().registration {
            Registration::Open => Ok(()),
            Registration::Off => Err(RegisterError::Off),
            Registration::Token(kept) => {
                let shown = token.ok_or(RegisterError::Token)?;
                let right = equal(kept.expose().as_bytes(), shown.expose().as_bytes());
                right.then_some(()).ok_or(RegisterError::Token)
            }
        }
    }

    /// The row of this registration: the one that is there, with its life begun anew, or a new one.
    async fn keep(&self, client: Client) -> Result<Client, RegisterError> {
        let (id, now) = (client.id.clone(), client.created_at);
        let known = self.0.store.read(move |tx| tx.client(&id)).await?;
        if let Some(known) = known.filter(|known| !needs_renewal(known, now)) {
            return Ok(known);
        }
        let this = self.clone();
        let unit = move |tx: &mut dyn Tx| -> Result<(Client, bool), RegisterError> {
            if let Some(mut known) = tx.client(&client.id)? {
                if needs_renewal(&known, now) {
                    tx.renew_client(&known.id, now)?;
                    known.created_at = now;
                }
                return Ok((known, false));
            }
            let registrations = &this.0.registrations;
            registrations.make_room(tx, now)?;
            tx.insert_client(&client)?;
            tx.record(&Event::new(EventKind::ClientRegistered, now).client(&client.id))?;
            registrations.unused.fetch_add(1, Ordering::Relaxed);
            Ok((client.clone(), true))
        };
        let written = self.0.store.write(unit).await;
        if matches!(written, Err(RegisterError::Store(_))) {
            // What the unit counted may not have come to pass.
            self.0.registrations.unused.store(u32::MAX, Ordering::Relaxed);
        }
        let (client, new) = written?;
        if new {
            let confidential = client.secret.is_some();
            tracing::info!(client.id = %client.id, confidential, "registered a client");
        }
        Ok(client)
    }

    /// The client with this id, as it is now.
    pub(super) async fn client(&self, id: ClientId, now: Timestamp) -> Result<Client, Unresolved> {
        if id.is_document() {
            return self.described_client(id, now).await;
        }
        let found = self.0.store.read(move |tx| tx.client(&id)).await?;
        found
            .filter(|client| !client.is_lapsed(now))
            .ok_or(Unresolved::Fault(LocalFault::UnknownClient))
    }
}

/// Whether an unused registration would end earlier than it should, seen from `now`.
fn needs_renewal(client: &Client, now: Timestamp) -> bool {
    !client.added && client.activated_at.is_none() && now.since(client.created_at) > AGAIN
}

/// Why there is no client with an id.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// It is unknown, or its document is no good.
    Fault(LocalFault),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Unresolved {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The client that proves to be `proof.id`. One that is known by its document is public: it has nothing to
/// prove, and its document is not needed again for what began with it.
pub(super) fn authenticate(
    rows: &mut dyn ClientRows,
    proof: &super::ClientProof,
    now: Timestamp,
) -> Result<Result<AuthenticatedClient, TokenError>, StoreError> {
    const UNKNOWN: TokenError =
        TokenError::client("the client is unknown, or its credentials are wrong; register again");
    const NO_SECRET: TokenError =
        TokenError::client("a client that is known by its metadata document has no secret");
    let Ok(id) = proof.id.parse::<ClientId>() else {
        return Ok(Err(UNKNOWN));
    };
    if id.is_document() {
        return Ok(match proof.secret {
            None => Ok(AuthenticatedClient {
                id,
                confidential: false,
            }),
            Some(_) => Err(NO_SECRET),
        });
    }
    let found = rows.client(&id)?.filter(|client| !client.is_lapsed(now));
    Ok(found
        .filter(|client| client.accepts(proof.secret.as_ref()))
        .map(|client| AuthenticatedClient {
            id,
            confidential: client.secret.is_some(),
        })
        .ok_or(UNKNOWN))
}
