//! What may happen between a client, a person and a token. Pure: no clock, no socket, no database.
//!
//! | clause | file | function |
//! |---|---|---|
//! | OAuth 2.1 section 4.1.1, authorization request | `authorize` | [`RawRequest::validate`] |
//! | OAuth 2.1 section 4.1.3, code exchange | `token` | [`decide_exchange`] |
//! | OAuth 2.1 section 4.3, refresh | `token` | [`decide_refresh`] |
//! | OAuth 2.1 section 2.3, RFC 8252 section 7.3, redirect URIs | `redirect` | [`RedirectUri::parse`], [`RedirectUri::matches`] |
//! | RFC 7591, registration | `client` | [`validate_registration`] |
//! | RFC 7636, PKCE | `pkce` | [`CodeChallenge::is_met_by`] |
//! | RFC 8414, RFC 9728, metadata; RFC 6750, challenge | `metadata` | [`authorization_server`], [`protected_resource`], [`challenge`] |
//! | RFC 8707, resource indicators | `resource` | [`means_ours`] |
//! | RFC 9068, access tokens | `access` | [`accept`] |
//! | RFC 9207, `iss` | `error`, the `http` door | [`ErrorResponse`] |

mod access;
mod authorize;
mod client;
mod error;
mod grant;
mod metadata;
mod pkce;
mod redirect;
mod resource;
mod scope;
mod token;

pub use access::{AccessClaims, AccessToken, InvalidToken, LEEWAY, Principal, TOKEN_TYPE, accept};
pub use authorize::{AuthorizationRequest, Prompt, RawRequest};
pub use client::{
    AuthMethod, Client, ClientId, ClientMetadata, ClientSnapshot, InvalidClientId, UNUSED_LIFE, clean_name,
    validate_registration,
};
pub use error::{
    AuthorizeCode, AuthorizeError, ErrorResponse, LocalFault, RegistrationError, TokenCode, TokenError,
};
pub use grant::{Grant, RevokeReason, SIGN_IN_LIFE, SignIn, SignInFault, Stage};
pub use metadata::{Challenge, RESOURCE_SCOPES, authorization_server, challenge, protected_resource};
pub use pkce::{CodeChallenge, REQUIRED as PKCE_REQUIRED};
pub use redirect::{InvalidRedirectUri, RedirectUri};
pub use resource::means_ours;
pub use scope::{Scope, ScopeSet};
#[cfg(test)]
pub(crate) use token::model;
pub use token::{
    AuthorizationCode, ExchangeDecision, Redemption, Refresh, RefreshDecision, RefreshToken, Retired,
    decide_exchange, decide_refresh, refreshed_scopes, unknown_code, unknown_refresh_token,
};
