//! What may happen between a client, a person and a token. Pure: no clock, no socket, no database.
//!
//! | clause | file | function |
//! |---|---|---|
//! | OAuth 2.1 section 4.1.1, authorization request | `authorize` | [`RawRequest::validate`] |
//! | OAuth 2.1 section 4.1.3, code exchange | `token` | [`decide_exchange`] |
//! | OAuth 2.1 section 4.3, refresh | `token` | [`decide_refresh`] |
//! | OAuth 2.1 section 2.3, RFC 8252 section 7.3, redirect URIs | `redirect` | [`RedirectUri::parse`], [`RedirectUri::matches`] |
//! | RFC 7591, registration | `registration` | [`validate_registration`] |
//! | draft-ietf-oauth-client-id-metadata-document | `document` | [`validate_document`] |
//! | RFC 7636, PKCE | `pkce` | [`CodeChallenge::is_met_by`] |
//! | RFC 7662, introspection | `introspection` | [`decide_introspection`] |
//! | RFC 8414, RFC 9728, metadata; RFC 6750, challenge | `metadata` | [`authorization_server`], [`protected_resource`], [`challenge`] |
//! | RFC 8707, resource indicators | `resource` | [`means_ours`] |
//! | RFC 9068, access tokens | `access` | [`accept`] |
//! | OpenID Connect Core section 2, ID tokens | `id_token` | [`IdClaims::new`] |
//! | OpenID Connect Core section 5, claims | `userinfo` | [`userinfo()`] |
//! | RFC 9207, `iss` | `error`, the `http` door | [`ErrorResponse`] |

mod access;
mod authorize;
mod client;
mod document;
mod error;
mod grant;
mod id_token;
mod introspection;
mod metadata;
mod pkce;
mod redirect;
mod registration;
mod resource;
mod scope;
mod token;
mod userinfo;

pub use access::{
    AccessClaims, AccessToken, InvalidToken, LEEWAY, LONGEST_LIFE, Principal, TokenClaims, accept,
};
pub use authorize::{AuthorizationRequest, Prompt, RawRequest};
pub use client::{
    AuthMethod, AuthenticatedClient, Client, ClientId, ClientMetadata, ClientSnapshot, InvalidClientId,
    UNUSED_LIFE,
};
pub use document::{
    InvalidDocument, InvalidDocumentUrl, KeptDocument, STAND_IN, document_client, validate_document,
    well_known_document,
};
pub use error::{
    AuthorizeCode, AuthorizeError, ErrorResponse, LocalFault, RegistrationError, TokenCode, TokenError,
};
pub use grant::{Grant, Proven, RevokeReason, SIGN_IN_LIFE, SignIn, SignInFault, Stage};
pub use id_token::IdClaims;
pub use introspection::{Recognised, RecognisedToken, decide_introspection};
pub use metadata::{
    Challenge, RESOURCE_SCOPES, authorization_server, challenge, protected_resource, userinfo_challenge,
};
pub use pkce::{CodeChallenge, REQUIRED as PKCE_REQUIRED};
pub use redirect::{InvalidRedirectUri, RedirectUri};
pub use registration::{MAX_REDIRECT_URIS, clean_name, validate_registration};
pub use resource::means_ours;
pub use scope::{Scope, ScopeSet};
#[cfg(test)]
pub(crate) use token::model;
pub use token::{
    AuthorizationCode, ExchangeDecision, Redemption, Refresh, RefreshDecision, RefreshToken, Retired,
    decide_exchange, decide_refresh, refreshed_scopes, unknown_code, unknown_refresh_token,
};
pub use userinfo::{Profile, userinfo};
