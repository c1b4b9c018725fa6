//! The discovery documents. They name only what answers.

use serde_json::{Value, json};

use super::client::AuthMethod;
use super::scope::{Scope, ScopeSet};
use crate::urls::{PublicUrl, path};

/// The scopes that a resource request needs.
pub const RESOURCE_SCOPES: ScopeSet = ScopeSet::of(Scope::Chess);

/// What ID tokens and the userinfo endpoint tell of a person and their sign-in.
const CLAIMS: [&str; 13] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "at_hash",
    "name",
    "preferred_username",
    "updated_at",
    "email",
    "email_verified",
];

/// Authorization server metadata (RFC 8414 section 2, OpenID Connect Discovery section 3). `registration` says whether clients may register.
pub fn authorization_server(url: &PublicUrl, registration: bool) -> Value {
    let methods: Vec<&str> = AuthMethod::ALL.iter().map(|method| method.name()).collect();
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
    let mut document = json!({
        "issuer": url.origin(),
        "authorization_endpoint": url.at(path::AUTHORIZE),
        "token_endpoint": url.at(path::TOKEN),
        "revocation_endpoint": url.at(path::REVOKE),
        "introspection_endpoint": url.at(path::INTROSPECT),
        "userinfo_endpoint": url.at(path::USERINFO),
        "jwks_uri": url.at(path::JWKS),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": CLAIMS,
        // Left out, it would mean yes.
        "request_uri_parameter_supported": false,
        "client_id_metadata_document_supported": true,
        "protected_resources": [url.resource()],
    });
    if registration {
        document["registration_endpoint"] = json!(url.at(path::REGISTER));
    }
    document
}

/// Protected resource metadata (RFC 9728 section 2).
pub fn protected_resource(url: &PublicUrl) -> Value {
    json!({
        "resource": url.resource(),
        "authorization_servers": [url.origin()],
        "scopes_supported": [Scope::Chess.name()],
        "bearer_methods_supported": ["header"],
        "resource_name": "Chess",
    })
}

/// Why a request to the resource is refused (RFC 6750 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// No token came.
    NoToken,
    /// The token does not hold.
    InvalidToken,
    /// The token does not allow this.
    InsufficientScope,
}

/// The `WWW-Authenticate` header (RFC 9728 section 5.1).
pub fn challenge(url: &PublicUrl, why: Challenge) -> String {
    let (error, metadata) = (error(why), url.at(path::RESOURCE_METADATA));
    format!("Bearer {error}resource_metadata=\"{metadata}\", scope=\"{RESOURCE_SCOPES}\"")
}

/// The same for the userinfo endpoint, which needs `openid` (OpenID Connect Core section 5.3.3).
pub fn userinfo_challenge(why: Challenge) -> String {
    let (error, scope) = (error(why), Scope::OpenId.name());
    format!("Bearer {error}scope=\"{scope}\"")
}

/// The first part of a challenge.
fn error(why: Challenge) -> &'static str {
    match why {
        Challenge::NoToken => "",
        Challenge::InvalidToken => "error=\"invalid_token\", ",
        Challenge::InsufficientScope => "error=\"insufficient_scope\", ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuer_and_resource_are_the_same_everywhere() {
        let url = PublicUrl::parse("https://a.example").unwrap();
        let server = authorization_server(&url, true);
        let resource = protected_resource(&url);
        assert_eq!(server["issuer"], resource["authorization_servers"][0]);
        assert_eq!(server["issuer"], "https://a.example");
        assert_eq!(resource["resource"], "https://a.example/mcp");
        assert_eq!(resource["scopes_supported"], json!(["chess"]));
        assert!(
            authorization_server(&url, false)
                .get("registration_endpoint")
                .is_none()
        );
    }

    #[test]
    fn challenges_name_an_error_only_for_a_token_that_came() {
        let url = PublicUrl::parse("https://a.example").unwrap();
        let rest = "resource_metadata=\"https://a.example/.well-known/oauth-protected-resource/mcp\", scope=\"chess\"";
        assert_eq!(challenge(&url, Challenge::NoToken), format!("Bearer {rest}"));
        assert_eq!(
            challenge(&url, Challenge::InvalidToken),
            format!("Bearer error=\"invalid_token\", {rest}")
        );
        assert_eq!(userinfo_challenge(Challenge::NoToken), "Bearer scope=\"openid\"");
        assert_eq!(
            userinfo_challenge(Challenge::InsufficientScope),
            "Bearer error=\"insufficient_scope\", scope=\"openid\""
        );
    }
}
