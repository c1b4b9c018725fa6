//! ID tokens (OpenID Connect Core section 2): who signed in, for the client alone.
//!
//! # Design
//!
//! An ID token says as little as the specification allows: names are told by the userinfo endpoint, which asks
//! the store at each request, so that nothing about a person is kept by a client longer than it needs it. Its
//! `typ` and its audience differ from those of an access token; neither is ever taken for the other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::access::TokenClaims;
use super::grant::Grant;
use crate::clock::{Seconds, Timestamp};
use crate::secret::{Digest, Secret};

/// Life of an ID token: it is looked at once, when it arrives.
const LIFE: Seconds = Seconds(600);

/// The claims of an ID token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdClaims {
    /// Who issued it.
    pub iss: String,
    /// Who signed in.
    pub sub: String,
    /// The client that asked.
    pub aud: String,
    /// Until when.
    pub exp: i64,
    /// Since when.
    pub iat: i64,
    /// When the person proved who they are.
    pub auth_time: i64,
    /// The `nonce` of the request, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Binds it to the access token it came with.
    pub at_hash: String,
}

impl TokenClaims for IdClaims {
    const TYPE: &'static str = "JWT";
}

impl IdClaims {
    /// What is said of the person behind `grant` to its client, together with this access token.
    pub fn new(issuer: &str, grant: &Grant, access: &Secret, nonce: Option<String>, now: Timestamp) -> Self {
        Self {
            iss: issuer.to_owned(),
            sub: grant.user.to_string(),
            aud: grant.client.to_string(),
            exp: (now + LIFE).seconds(),
            iat: now.seconds(),
            auth_time: grant.auth_time.seconds(),
            nonce,
            at_hash: at_hash(access),
        }
    }
}

/// The left half of the access token's digest (OpenID Connect Core section 3.1.3.6).
fn at_hash(access: &Secret) -> String {
    let digest = Digest::of(access.expose().as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_bytes()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_left_half_in_base64url() {
        // sha256("abc") = ba7816bf 8f01cfea 414140de 5dae2223 | b00361a3 …
        assert_eq!(at_hash(&Secret::new("abc".to_owned())), "ungWv48Bz-pBQUDeXa4iIw");
    }
}
