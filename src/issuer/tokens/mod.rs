//! Codes and refresh tokens become tokens; tokens are revoked.
//!
//! One file for each way in: [`exchange`] (a code), [`refresh`] (a refresh token, with the [`chain`] it belongs
//! to), [`revocation`], and [`command_line`]. Here is what they share: how a client proves who it is, and how
//! what was decided is signed.

mod chain;
mod command_line;
mod exchange;
mod refresh;
mod revocation;

#[cfg(test)]
pub(super) use chain::MOST_LINKS;
pub use exchange::Exchange;
pub use refresh::Renewal;

use super::{Issuer, IssuerError};
use crate::clock::{Seconds, Timestamp};
use crate::id::UserId;
use crate::oauth::{AccessClaims, Grant, IdClaims, Scope, ScopeSet, TokenCode, TokenError, means_ours};
use crate::secret::{Secret, hex, random};
use crate::store::{StoreError, Tx};

/// How a client says and proves who it is.
#[derive(Debug, Clone)]
pub struct ClientProof {
    /// `client_id`, as it came.
    pub id: String,
    /// Its secret, if one came.
    pub secret: Option<Secret>,
}

/// A successful answer of the token endpoint.
#[derive(Debug)]
pub struct Tokens {
    /// The access token.
    pub access: Secret,
    /// Its life.
    pub expires_in: Seconds,
    /// The refresh token, unless the client registered without.
    pub refresh: Option<Secret>,
    /// Who signed in, where `openid` was granted.
    pub id_token: Option<Secret>,
    /// What the access token allows.
    pub scopes: ScopeSet,
}

/// What a unit of work found out, so that nothing that must be remembered is rolled back.
pub(super) type Outcome<T> = Result<Result<T, TokenError>, StoreError>;

/// What the store holds now, and what the client is to be told of it.
struct Issued {
    grant: Grant,
    generation: u32,
    refresh: Option<Secret>,
    scopes: ScopeSet,
    /// Only the first ID token of a grant carries it (OpenID Connect Core section 12.2).
    nonce: Option<String>,
}

impl Issuer {
    fn check_resources(&self, resources: &[String]) -> Result<(), TokenError> {
        let ours = resources.iter().all(|asked| means_ours(asked, self.public_url()));
        let description = "resource is not this server's MCP endpoint";
        ours.then_some(()).ok_or(TokenError {
            code: TokenCode::InvalidTarget,
            description,
        })
    }

    /// Signs what was issued, with the keys as they are now.
    async fn tokens(&self, issued: Issued, now: Timestamp) -> Result<Tokens, IssuerError> {
        self.0.keys.follow().await?;
        let grant = &issued.grant;
        let expires_in = self.policy().access_token_ttl.min(grant.expires_at.since(now));
        let claims = self.claims(grant, issued.scopes, issued.generation, now, expires_in);
        let access = self.0.keys.sign(&claims)?;
        let id_token = if issued.scopes.contains(Scope::OpenId) {
            let origin = self.public_url().origin();
            let claims = IdClaims::new(origin, grant, &access, issued.nonce, now);
            Some(self.0.keys.sign(&claims)?)
        } else {
            None
        };
        Ok(Tokens {
            access,
            expires_in,
            refresh: issued.refresh,
            id_token,
            scopes: issued.scopes,
        })
    }

    fn claims(
        &self,
        grant: &Grant,
        scope: ScopeSet,
        generation: u32,
        now: Timestamp,
        life: Seconds,
    ) -> AccessClaims {
        let url = self.public_url();
        let jti: [u8; 16] = random();
        AccessClaims {
            iss: url.origin().to_owned(),
            aud: url.resource(),
            sub: grant.user.to_string(),
            client_id: grant.client.to_string(),
            scope,
            iat: now.seconds(),
            exp: (now + life).seconds(),
            jti: hex(&jti),
            gid: grant.id.to_string(),
            generation,
            auth_time: grant.auth_time.seconds(),
        }
    }
}

fn is_active(tx: &mut dyn Tx, user: UserId) -> Result<bool, StoreError> {
    Ok(tx.user(user)?.is_some_and(|user| user.is_active()))
}
