//! Clients with memory: registration, and proof of identity at the token endpoint.

use serde_json::Value;

use super::{Issuer, Registration};
use crate::clock::Timestamp;
use crate::oauth::{AuthMethod, Client, ClientId, RegistrationError, TokenError, validate_registration};
use crate::secret::{Secret, equal, random};
use crate::store::{ClientRows, StoreError};

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
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The answer to a registration. It holds the client's secret, so it goes to the client alone.
pub struct Registered(pub Value);

impl Issuer {
    /// Registers a client (RFC 7591).
    pub async fn register(&self, body: &[u8], token: Option<&Secret>) -> Result<Registered, RegisterError> {
        match &self.policy().registration {
            Registration::Open => {}
            Registration::Off => return Err(RegisterError::Off),
            Registration::Token(kept) => {
                let shown = token.ok_or(RegisterError::Token)?;
                if !equal(kept.expose().as_bytes(), shown.expose().as_bytes()) {
                    return Err(RegisterError::Token);
                }
            }
        }
        let metadata = validate_registration(body)?;
        let confidential = metadata.auth_method != AuthMethod::None;
        let secret = confidential.then(|| Secret::bearer("cs", random()));
        let client = Client {
            id: ClientId::registered(random()),
            metadata,
            secret: secret.as_ref().map(Secret::digest),
            created_at: self.0.clock.now(),
            activated_at: None,
            added: false,
        };
        let answer = client.registration_response(secret.as_ref());
        tracing::info!(client.id = %client.id, confidential, "registered a client");
        self.0.store.write(move |tx| tx.insert_client(&client)).await?;
        Ok(Registered(answer))
    }
}

impl Issuer {
    /// The client with this id, as it is now; `None` for one that is unknown or lapsed.
    pub(super) async fn client(&self, id: ClientId, now: Timestamp) -> Result<Option<Client>, StoreError> {
        let found = self.0.store.read(move |tx| tx.client(&id)).await?;
        Ok(found.filter(|client| !client.is_lapsed(now)))
    }
}

/// The client that proves to be `proof.id`.
pub(super) fn authenticate(
    rows: &mut dyn ClientRows,
    proof: &super::ClientProof,
    now: Timestamp,
) -> Result<Result<Client, TokenError>, StoreError> {
    const UNKNOWN: TokenError =
        TokenError::client("the client is unknown, or its credentials are wrong; register again");
    let Ok(id) = proof.id.parse() else {
        return Ok(Err(UNKNOWN));
    };
    let found = rows.client(&id)?.filter(|client| !client.is_lapsed(now));
    Ok(found
        .filter(|client| client.accepts(proof.secret.as_ref()))
        .ok_or(UNKNOWN))
}
