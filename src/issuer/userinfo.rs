//! Userinfo with memory (OpenID Connect Core section 5.3): what the person allowed a client to know of them.

use serde_json::Value;

use super::{BearerError, Issuer};
use crate::account::Username;
use crate::oauth::{InvalidToken, Profile, Scope, userinfo};
use crate::store::StoreError;

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum UserinfoError {
    /// The token does not hold.
    #[error(transparent)]
    Bearer(#[from] BearerError),
    /// The token does not allow `openid`.
    #[error("the token does not allow openid")]
    InsufficientScope,
}

impl From<StoreError> for UserinfoError {
    fn from(error: StoreError) -> Self {
        Self::Bearer(error.into())
    }
}

impl Issuer {
    /// The claims about the person behind an access token. Its audience is the MCP endpoint: the two live under
    /// one roof, and what it may learn here is its scope's to say.
    pub async fn userinfo(&self, token: &str) -> Result<Value, UserinfoError> {
        let principal = self.authenticate(token).await?;
        if !principal.scopes.contains(Scope::OpenId) {
            return Err(UserinfoError::InsufficientScope);
        }
        let (id, scopes) = (principal.user, principal.scopes);
        self.0
            .store
            .read(move |tx| {
                // Removed since the token was looked at.
                let gone = BearerError::Invalid(InvalidToken::Revoked);
                let user = tx.user(id)?.ok_or(gone)?;
                let username = tx.username(id)?;
                let identities = tx.identities(Some(id))?;
                let email = identities
                    .iter()
                    .find_map(|identity| identity.told.email.as_ref());
                let profile = Profile {
                    name: &user.name,
                    username: username.as_ref().map(Username::as_str),
                    email: email.map(|email| (email.address.as_str(), email.verified)),
                    updated_at: user.created_at,
                };
                Ok(userinfo(id, scopes, &profile))
            })
            .await
    }
}
