//! Access tokens: JWTs as RFC 9068 profiles them. What we put in and what we demand.

use serde::{Deserialize, Serialize};

use super::client::ClientId;
use super::scope::ScopeSet;
use crate::clock::{Seconds, Timestamp};
use crate::id::{GrantId, UserId};

/// Longest life that an access token of a client can be given.
pub const LONGEST_LIFE: Seconds = Seconds(24 * 3600);

/// How far clocks may differ.
pub const LEEWAY: Seconds = Seconds(5);

/// Claims that are signed as one kind of token.
pub trait TokenClaims: Serialize {
    /// The `typ` header of that kind: what keeps one kind from being taken for another (RFC 8725 section 3.11).
    const TYPE: &'static str;
}

impl TokenClaims for AccessClaims {
    /// RFC 9068 section 2.1
    const TYPE: &'static str = "at+jwt";
}

/// The claims of an access token. Reading them is strict: integers for times, one audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who issued it.
    pub iss: String,
    /// For which resource.
    pub aud: String,
    /// Whose.
    pub sub: String,
    /// To which client.
    pub client_id: String,
    /// What it allows.
    pub scope: ScopeSet,
    /// Since when.
    pub iat: i64,
    /// Until when.
    pub exp: i64,
    /// Unique.
    pub jti: String,
    /// The grant behind it.
    pub gid: String,
    /// The generation of the refresh token it came with.
    #[serde(rename = "gen")]
    pub generation: u32,
    /// When the person proved who they are.
    pub auth_time: i64,
}

/// An authenticated caller of the MCP endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The person whose games these are.
    pub user: UserId,
    /// The client that calls for them.
    pub client: ClientId,
    /// The grant that allows it.
    pub grant: GrantId,
    /// What it allows.
    pub scopes: ScopeSet,
}

/// A token whose signature and claims hold. Whether its grant is still live is the store's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Who calls.
    pub principal: Principal,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// Generation of its refresh token.
    pub generation: u32,
}

/// The token is not one of ours, or no longer. Why is for the log; the caller learns `invalid_token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not a signed JWT of ours.
    #[error("malformed, or not signed by a key of this server")]
    Signature,
    /// Of another issuer.
    #[error("of another issuer")]
    Issuer,
    /// For another resource.
    #[error("for another audience")]
    Audience,
    /// Outside its time.
    #[error("expired")]
    Expired,
    /// A claim that does not parse.
    #[error("with a claim that makes no sense")]
    Claim,
    /// The grant was cut, or the person is out.
    #[error("of a grant that was revoked")]
    Revoked,
}

/// Judges claims whose signature was verified.
pub fn accept(
    claims: &AccessClaims,
    issuer: &str,
    resource: &str,
    now: Timestamp,
) -> Result<AccessToken, InvalidToken> {
    if claims.iss != issuer {
        return Err(InvalidToken::Issuer);
    }
    if claims.aud != resource {
        return Err(InvalidToken::Audience);
    }
    let expires_at = Timestamp::from_seconds(claims.exp);
    if now >= expires_at || Timestamp::from_seconds(claims.iat) > now + LEEWAY {
        return Err(InvalidToken::Expired);
    }
    let claim = |_| InvalidToken::Claim;
    let principal = Principal {
        user: claims.sub.parse().map_err(claim)?,
        client: claims.client_id.parse().map_err(|_| InvalidToken::Claim)?,
        grant: claims.gid.parse().map_err(claim)?,
        scopes: claims.scope,
    };
    Ok(AccessToken {
        principal,
        expires_at,
        generation: claims.generation,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims() -> serde_json::Value {
        json!({
            "iss": "https://a.example", "aud": "https://a.example/mcp", "scope": "chess",
            "sub": UserId::new(Timestamp::from_seconds(1), [1; 10]), "client_id": "chess-mcp-1",
            "iat": 100, "exp": 200, "jti": "x", "gid": GrantId::new(Timestamp::from_seconds(1), [2; 10]),
            "gen": 1, "auth_time": 90,
        })
    }

    fn judge(changes: &serde_json::Value, now: i64) -> Result<AccessToken, InvalidToken> {
        let mut value = claims();
        for (name, change) in changes.as_object().unwrap() {
            value[name] = change.clone();
        }
        let claims: AccessClaims = serde_json::from_value(value).map_err(|_| InvalidToken::Claim)?;
        accept(
            &claims,
            "https://a.example",
            "https://a.example/mcp",
            Timestamp::from_seconds(now),
        )
    }

    #[test]
    fn a_token_of_ours_names_its_caller() {
        let token = judge(&json!({}), 150).unwrap();
        assert_eq!(token.principal.client.as_str(), "chess-mcp-1");
        assert_eq!(token.expires_at, Timestamp::from_seconds(200));
    }

    #[test]
    fn anything_else_is_refused() {
        for (changes, now, why) in [
            (json!({}), 200, InvalidToken::Expired),
            (json!({}), 94, InvalidToken::Expired),
            (json!({"iss": "https://a.example/"}), 150, InvalidToken::Issuer),
            (json!({"aud": "https://a.example"}), 150, InvalidToken::Audience),
            (
                json!({"aud": ["https://a.example/mcp", "https://b.example"]}),
                150,
                InvalidToken::Claim,
            ),
            (
                json!({"aud": ["https://a.example/mcp"]}),
                150,
                InvalidToken::Claim,
            ),
            (json!({"exp": "200"}), 150, InvalidToken::Claim),
            (json!({"exp": 200.0}), 150, InvalidToken::Claim),
            (json!({"exp": 1e40}), 150, InvalidToken::Claim),
            (json!({"iat": null}), 150, InvalidToken::Claim),
            (json!({"sub": "somebody"}), 150, InvalidToken::Claim),
            (json!({"client_id": "other"}), 150, InvalidToken::Claim),
            (json!({"gid": "x"}), 150, InvalidToken::Claim),
            (json!({"gen": -1}), 150, InvalidToken::Claim),
        ] {
            assert_eq!(judge(&changes, now).unwrap_err(), why, "{changes}");
        }
    }
}
