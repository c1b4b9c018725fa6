//! What a client learns about a token (RFC 7662).
//!
//! # Design
//!
//! A confidential client may ask about any token of this server: it stands for a service that was handed one and
//! has to judge it. A public client proves nothing, so it may ask about its own tokens alone. Whoever asks has to
//! hold the token, and learns little more than its holder could read from it: the person's name is told only to
//! the client that the token was issued to, and only where `profile` was granted (section 5).
//!
//! A refresh token is good at our token endpoint alone. So that no service takes one for an access token, its
//! audience is the issuer and its type says what it is.

use serde_json::{Value, json};

use super::access::AccessClaims;
use super::client::AuthenticatedClient;
use super::error::TokenError;
use super::grant::Grant;
use super::scope::Scope;
use super::token::RefreshToken;
use crate::clock::Timestamp;

/// A token of ours that was recognised, with the grant behind it.
#[derive(Debug, Clone, Copy)]
pub struct Recognised<'a> {
    /// Which token.
    pub token: RecognisedToken<'a>,
    /// Its grant.
    pub grant: &'a Grant,
    /// How its person is addressed; `None` when they may not use the server.
    pub active_user: Option<&'a str>,
}

/// Which token was recognised.
#[derive(Debug, Clone, Copy)]
pub enum RecognisedToken<'a> {
    /// An access token whose signature, issuer, audience and times hold.
    Access(&'a AccessClaims),
    /// A refresh token.
    Refresh(&'a RefreshToken),
}

/// Decides what `client`, which proved who it is, learns: `None` is for what is no token of ours.
pub fn decide_introspection(
    client: &AuthenticatedClient,
    found: Option<&Recognised<'_>>,
    issuer: &str,
    now: Timestamp,
) -> Result<Value, TokenError> {
    let Some(found) = found else {
        return Ok(inactive());
    };
    let own = found.grant.client == client.id;
    if !client.confidential && !own {
        return Err(TokenError::client(
            "a public client may ask about its own tokens alone",
        ));
    }
    let Some(name) = found.active_user.filter(|_| found.grant.is_live(now)) else {
        return Ok(inactive());
    };
    let Some((mut answer, scopes)) = active(found, issuer, now) else {
        return Ok(inactive());
    };
    if own && scopes.contains(Scope::Profile) {
        answer["username"] = json!(name);
    }
    Ok(answer)
}

/// Section 2.2: nothing is said about why.
fn inactive() -> Value {
    json!({ "active": false })
}

fn active(found: &Recognised<'_>, issuer: &str, now: Timestamp) -> Option<(Value, super::ScopeSet)> {
    match found.token {
        RecognisedToken::Access(claims) => {
            let answer = json!({
                "active": true,
                "token_type": "Bearer",
                "iss": claims.iss,
                "aud": claims.aud,
                "sub": claims.sub,
                "client_id": claims.client_id,
                "scope": claims.scope,
                "iat": claims.iat,
                "exp": claims.exp,
                "jti": claims.jti,
            });
            Some((answer, claims.scope))
        }
        RecognisedToken::Refresh(token) => {
            let live = token.retired.is_none() && now < token.expires_at;
            let grant = found.grant;
            let answer = json!({
                "active": true,
                "token_type": "refresh_token",
                "iss": issuer,
                "aud": issuer,
                "sub": grant.user.to_string(),
                "client_id": grant.client.to_string(),
                "scope": grant.scopes,
                "exp": token.expires_at.seconds(),
            });
            live.then_some((answer, grant.scopes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{GrantId, UserId};
    use crate::oauth::{ClientId, ClientSnapshot, ScopeSet, TokenCode};
    use crate::secret::Digest;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn client(n: u8, confidential: bool) -> AuthenticatedClient {
        AuthenticatedClient {
            id: ClientId::registered([n; 16]),
            confidential,
        }
    }

    fn grant() -> Grant {
        Grant {
            snapshot: ClientSnapshot::default(),
            id: GrantId::new(at(0), [1; 10]),
            user: UserId::new(at(0), [1; 10]),
            client: ClientId::registered([1; 16]),
            destination: "h.example".to_owned(),
            scopes: ScopeSet::parse("chess openid profile"),
            auth_time: at(0),
            created_at: at(0),
            expires_at: at(1000),
            last_used_at: at(0),
            used_generation: 0,
            revoked_at: None,
        }
    }

    fn refresh_token(retired: bool) -> RefreshToken {
        RefreshToken {
            digest: Digest::of(b"token"),
            grant: grant().id,
            generation: 1,
            expires_at: at(500),
            retired: retired.then(|| crate::oauth::Retired {
                at: at(1),
                successor: Digest::of(b"next"),
                sealed: String::new(),
            }),
        }
    }

    fn claims(scope: &str) -> AccessClaims {
        let grant = grant();
        AccessClaims {
            iss: "https://a.example".to_owned(),
            aud: "https://a.example/mcp".to_owned(),
            sub: grant.user.to_string(),
            client_id: grant.client.to_string(),
            scope: ScopeSet::parse(scope),
            iat: 1,
            exp: 400,
            jti: "j".to_owned(),
            gid: grant.id.to_string(),
            generation: 1,
            auth_time: 0,
        }
    }

    fn ask(
        who: &AuthenticatedClient,
        token: RecognisedToken<'_>,
        grant: &Grant,
        user: Option<&str>,
        now: i64,
    ) -> Result<Value, TokenError> {
        let found = Recognised {
            token,
            grant,
            active_user: user,
        };
        decide_introspection(who, Some(&found), "https://a.example", at(now))
    }

    #[test]
    fn a_name_is_told_to_its_own_client_where_profile_was_granted() {
        let (own, other) = (client(1, true), client(2, true));
        let (with, without) = (claims("chess profile"), claims("chess"));
        let told = |who, claims| ask(who, RecognisedToken::Access(claims), &grant(), Some("Ana"), 5).unwrap();
        assert_eq!(told(&own, &with)["username"], "Ana");
        assert!(told(&own, &without).get("username").is_none());
        let answer = told(&other, &with);
        assert_eq!(answer["active"], true);
        assert!(answer.get("username").is_none());
    }

    #[test]
    fn a_public_client_asks_about_its_own_tokens_alone() {
        let (own, other) = (client(1, false), client(2, false));
        let claims = claims("chess");
        for token in [
            RecognisedToken::Access(&claims),
            RecognisedToken::Refresh(&refresh_token(false)),
        ] {
            assert_eq!(
                ask(&own, token, &grant(), Some("Ana"), 5).unwrap()["active"],
                true
            );
            let refused = ask(&other, token, &grant(), Some("Ana"), 5).unwrap_err();
            assert_eq!(refused.code, TokenCode::InvalidClient);
        }
        let unknown = decide_introspection(&own, None, "https://a.example", at(5));
        assert_eq!(unknown, Ok(json!({ "active": false })));
    }

    #[test]
    fn what_is_over_is_inactive_and_no_more_is_said() {
        let who = client(2, true);
        let claims = claims("chess");
        let access = RecognisedToken::Access(&claims);
        let (live, retired) = (refresh_token(false), refresh_token(true));
        let revoked = Grant {
            revoked_at: Some(at(1)),
            ..grant()
        };
        for (token, grant, user, now) in [
            (access, revoked.clone(), Some("Ana"), 5),
            (access, grant(), None, 5),
            (access, grant(), Some("Ana"), 1000),
            (RecognisedToken::Refresh(&retired), grant(), Some("Ana"), 5),
            (RecognisedToken::Refresh(&live), grant(), Some("Ana"), 500),
            (RecognisedToken::Refresh(&live), revoked, Some("Ana"), 5),
        ] {
            assert_eq!(
                ask(&who, token, &grant, user, now),
                Ok(json!({ "active": false }))
            );
        }
        let answer = ask(&who, RecognisedToken::Refresh(&live), &grant(), Some("Ana"), 5).unwrap();
        assert_eq!(
            (&answer["aud"], &answer["token_type"]),
            (&json!("https://a.example"), &json!("refresh_token"))
        );
    }
}
