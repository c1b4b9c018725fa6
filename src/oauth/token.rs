//! What the token endpoint decides (OAuth 2.1 section 4.1.3 and 4.3): records and `now` in, a decision out.
//!
//! # Design
//!
//! Clients lose answers, run in several processes and repeat themselves; thieves repeat tokens too. Both look
//! alike for a while, so the rules are about time:
//!
//! * a **code** that comes again within [`RETRY`] with the right verifier is a retry or a race, and only fails;
//!   later, or with a wrong verifier, it is a replay and ends the grant;
//! * a **refresh token** that was retired less than the replay window ago is answered with the one live token
//!   of its grant, never with a branch. After the window it may still be a laptop that slept through the
//!   answer: if the live token is its direct successor and nothing of that generation was ever used, the
//!   successor is replaced. Anything else is a reuse and ends the grant.

use super::client::ClientId;
use super::error::{TokenCode, TokenError};
use super::grant::{Grant, RevokeReason};
use super::pkce::CodeChallenge;
use super::redirect::RedirectUri;
use super::scope::ScopeSet;
use crate::clock::{Seconds, Timestamp};
use crate::id::GrantId;
use crate::secret::Digest;

/// For how long a second redemption of a code counts as the client's own retry.
pub(super) const RETRY: Seconds = Seconds(5);

/// An authorization code, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// Digest of the code.
    pub digest: Digest,
    /// The grant it leads to.
    pub grant: GrantId,
    /// Who may redeem it.
    pub client: ClientId,
    /// The redirect URI it was sent to.
    pub redirect_uri: RedirectUri,
    /// What the verifier has to meet.
    pub challenge: CodeChallenge,
    /// The `nonce` of its request.
    pub nonce: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was redeemed, or spoilt by a wrong verifier.
    pub redeemed_at: Option<Timestamp>,
}

/// What a client presents with a code.
#[derive(Debug, Clone, Copy)]
pub struct Redemption<'a> {
    /// The authenticated client.
    pub client: &'a ClientId,
    /// `redirect_uri`, byte for byte.
    pub redirect_uri: &'a str,
    /// `code_verifier`
    pub verifier: &'a str,
}

/// What happens to a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeDecision {
    /// Mark it redeemed and issue the first tokens.
    Redeem,
    /// Refuse; nothing changes.
    Refuse(TokenError),
    /// Mark it redeemed without issuing anything, and refuse.
    Spoil(TokenError),
    /// A replay: end the grant and refuse.
    Revoke(RevokeReason, TokenError),
}

const BAD_CODE: TokenError =
    TokenError::grant("the authorization code is unknown, expired, used or not for this client");

/// Answered for codes that do not exist, so that they look like those that do not hold.
pub const fn unknown_code() -> TokenError {
    BAD_CODE
}

/// Decides about a presented code. `user_active` says whether the person may still use the server.
pub fn decide_exchange(
    code: &AuthorizationCode,
    grant: &Grant,
    user_active: bool,
    presented: &Redemption<'_>,
    now: Timestamp,
) -> ExchangeDecision {
    use ExchangeDecision::{Redeem, Refuse, Revoke, Spoil};
    // Somebody else's client, or a wrong address, must not be able to burn the code.
    if code.client != *presented.client || code.redirect_uri.as_str() != presented.redirect_uri {
        return Refuse(BAD_CODE);
    }
    let proven = code.challenge.is_met_by(presented.verifier);
    if let Some(redeemed_at) = code.redeemed_at {
        let retry = proven && now.since(redeemed_at) <= RETRY;
        return if retry {
            Refuse(BAD_CODE)
        } else {
            Revoke(RevokeReason::CodeReplay, BAD_CODE)
        };
    }
    if now >= code.expires_at || !grant.is_live(now) || !user_active {
        return Refuse(BAD_CODE);
    }
    if proven {
        Redeem
    } else {
        Spoil(TokenError::grant(
            "code_verifier does not match the code_challenge",
        ))
    }
}

/// A refresh token, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Digest of the token.
    pub digest: Digest,
    /// Its grant.
    pub grant: GrantId,
    /// Counts the rotations of the grant, from 1.
    pub generation: u32,
    /// When it ends if nobody uses it.
    pub expires_at: Timestamp,
    /// `None` while it is the live one.
    pub retired: Option<Retired>,
}

/// What is known of a refresh token that gave way to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// When.
    pub at: Timestamp,
    /// The token that took its place.
    pub successor: Digest,
    /// The successor itself, sealed under a key derived from the retired token: its holder can open it, a
    /// thief of the disk cannot.
    pub sealed: String,
}

/// What happens to a presented refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshDecision {
    /// It is the live one: retire it and issue its successor.
    Rotate,
    /// A retired one within the window: answer with the live one, as it is.
    Repeat,
    /// The answer was lost: put a new token in the place of the live one.
    Replace,
    /// Refuse; nothing changes.
    Refuse(TokenError),
    /// A reuse: end the grant and refuse.
    Revoke(RevokeReason, TokenError),
}

const BAD_REFRESH: TokenError =
    TokenError::grant("the refresh token is unknown, expired, revoked or not for this client; sign in again");

/// Answered for refresh tokens that do not exist, so that they look like those that do not hold.
pub const fn unknown_refresh_token() -> TokenError {
    BAD_REFRESH
}

/// What is known when a refresh token is presented.
#[derive(Debug, Clone, Copy)]
pub struct Refresh<'a> {
    /// The authenticated client.
    pub client: &'a ClientId,
    /// The token that was presented.
    pub presented: &'a RefreshToken,
    /// The live token of its grant.
    pub live: &'a RefreshToken,
    /// The grant.
    pub grant: &'a Grant,
    /// Whether the person may still use the server.
    pub user_active: bool,
    /// For how long a retired token is answered with the live one.
    pub replay_window: Seconds,
}

/// Decides about a presented refresh token.
pub fn decide_refresh(facts: &Refresh<'_>, now: Timestamp) -> RefreshDecision {
    use RefreshDecision::{Refuse, Repeat, Replace, Revoke, Rotate};
    let Refresh {
        presented,
        live,
        grant,
        ..
    } = facts;
    // A stranger must not be able to end somebody's session.
    if grant.client != *facts.client {
        return Refuse(BAD_REFRESH);
    }
    if !grant.is_live(now) || !facts.user_active || now >= live.expires_at {
        return Refuse(BAD_REFRESH);
    }
    let Some(retired) = &presented.retired else {
        return Rotate;
    };
    if now.since(retired.at) <= facts.replay_window {
        return Repeat;
    }
    let answer_was_lost = retired.successor == live.digest && grant.used_generation < live.generation;
    if answer_was_lost {
        Replace
    } else {
        Revoke(RevokeReason::RefreshReuse, BAD_REFRESH)
    }
}

/// The scopes of a refreshed access token: all of the grant's, or the part that is asked for (RFC 6749
/// section 6).
pub fn refreshed_scopes(granted: ScopeSet, asked: Option<&str>) -> Result<ScopeSet, TokenError> {
    let Some(asked) = asked.filter(|scope| !scope.trim().is_empty()) else {
        return Ok(granted);
    };
    let scopes = ScopeSet::parse(asked);
    let within = !scopes.is_empty() && scopes.is_subset(granted);
    let beyond = TokenError {
        code: TokenCode::InvalidScope,
        description: "scope goes beyond what was granted",
    };
    within.then_some(scopes).ok_or(beyond)
}

#[cfg(test)]
mod histories;
#[cfg(test)]
pub(crate) mod model;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use crate::oauth::ClientSnapshot;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn client(n: u8) -> ClientId {
        ClientId::registered([n; 16])
    }

    fn grant() -> Grant {
        Grant {
            snapshot: ClientSnapshot::default(),
            id: GrantId::new(at(0), [1; 10]),
            user: UserId::new(at(0), [1; 10]),
            client: client(1),
            destination: "h.example".to_owned(),
            scopes: ScopeSet::all(),
            auth_time: at(0),
            created_at: at(0),
            expires_at: at(100_000),
            last_used_at: at(0),
            used_generation: 0,
            revoked_at: None,
        }
    }

    fn code() -> AuthorizationCode {
        AuthorizationCode {
            nonce: None,
            digest: Digest::of(b"code"),
            grant: grant().id,
            client: client(1),
            redirect_uri: RedirectUri::parse("https://h.example/cb").unwrap(),
            challenge: CodeChallenge::from_digest(Digest::of(VERIFIER.as_bytes())),
            expires_at: at(60),
            redeemed_at: None,
        }
    }

    fn exchange(code: &AuthorizationCode, who: u8, uri: &str, verifier: &str, now: i64) -> ExchangeDecision {
        let client = client(who);
        let presented = Redemption {
            client: &client,
            redirect_uri: uri,
            verifier,
        };
        decide_exchange(code, &grant(), true, &presented, at(now))
    }

    #[test]
    fn a_code_is_redeemed_once_by_its_client() {
        let uri = "https://h.example/cb";
        assert_eq!(exchange(&code(), 1, uri, VERIFIER, 59), ExchangeDecision::Redeem);
        assert!(matches!(
            exchange(&code(), 1, uri, VERIFIER, 60),
            ExchangeDecision::Refuse(_)
        ));
        assert!(matches!(
            exchange(&code(), 2, uri, VERIFIER, 0),
            ExchangeDecision::Refuse(_)
        ));
        assert!(matches!(
            exchange(&code(), 1, "https://h.example/cb/", VERIFIER, 0),
            ExchangeDecision::Refuse(_)
        ));
        assert!(matches!(
            exchange(&code(), 1, uri, &"x".repeat(43), 0),
            ExchangeDecision::Spoil(_)
        ));
    }

    #[test]
    fn a_late_or_unproven_replay_ends_the_grant() {
        let uri = "https://h.example/cb";
        let redeemed = AuthorizationCode {
            redeemed_at: Some(at(10)),
            ..code()
        };
        assert!(matches!(
            exchange(&redeemed, 1, uri, VERIFIER, 15),
            ExchangeDecision::Refuse(_)
        ));
        assert!(matches!(
            exchange(&redeemed, 1, uri, VERIFIER, 16),
            ExchangeDecision::Revoke(..)
        ));
        assert!(matches!(
            exchange(&redeemed, 1, uri, "wrong", 11),
            ExchangeDecision::Revoke(..)
        ));
        assert!(matches!(
            exchange(&redeemed, 2, uri, VERIFIER, 16),
            ExchangeDecision::Refuse(_)
        ));
        assert!(matches!(
            exchange(&redeemed, 1, uri, VERIFIER, 5000),
            ExchangeDecision::Revoke(..)
        ));
    }

    #[test]
    fn people_and_grants_that_are_out_get_no_tokens() {
        let client = client(1);
        let presented = Redemption {
            client: &client,
            redirect_uri: "https://h.example/cb",
            verifier: VERIFIER,
        };
        let revoked = Grant {
            revoked_at: Some(at(0)),
            ..grant()
        };
        for decision in [
            decide_exchange(&code(), &revoked, true, &presented, at(1)),
            decide_exchange(&code(), &grant(), false, &presented, at(1)),
        ] {
            assert!(matches!(decision, ExchangeDecision::Refuse(_)));
        }
    }

    fn token(generation: u32, retired: Option<(i64, u32)>) -> RefreshToken {
        let digest = |generation: u32| Digest::of(&generation.to_be_bytes());
        let retired = retired.map(|(when, successor)| Retired {
            at: at(when),
            successor: digest(successor),
            sealed: String::new(),
        });
        let digest = digest(generation);
        RefreshToken {
            digest,
            grant: grant().id,
            generation,
            expires_at: at(50_000),
            retired,
        }
    }

    fn refresh(
        presented: &RefreshToken,
        live: &RefreshToken,
        grant: &Grant,
        who: u8,
        now: i64,
    ) -> RefreshDecision {
        let client = client(who);
        let replay_window = Seconds(600);
        decide_refresh(
            &Refresh {
                client: &client,
                presented,
                live,
                grant,
                user_active: true,
                replay_window,
            },
            at(now),
        )
    }

    #[test]
    fn the_live_token_rotates_for_its_client_alone() {
        let live = token(1, None);
        assert_eq!(refresh(&live, &live, &grant(), 1, 5), RefreshDecision::Rotate);
        assert!(matches!(
            refresh(&live, &live, &grant(), 2, 5),
            RefreshDecision::Refuse(_)
        ));
        assert!(matches!(
            refresh(&live, &live, &grant(), 1, 50_000),
            RefreshDecision::Refuse(_)
        ));
        let revoked = Grant {
            revoked_at: Some(at(1)),
            ..grant()
        };
        assert!(matches!(
            refresh(&live, &live, &revoked, 1, 5),
            RefreshDecision::Refuse(_)
        ));
    }

    #[test]
    fn a_retired_token_is_answered_with_the_live_one_for_a_while() {
        let (old, live) = (token(1, Some((100, 2))), token(5, None));
        assert_eq!(refresh(&old, &live, &grant(), 1, 700), RefreshDecision::Repeat);
        assert!(matches!(
            refresh(&old, &live, &grant(), 2, 700),
            RefreshDecision::Refuse(_)
        ));
        assert!(matches!(
            refresh(&old, &live, &grant(), 1, 701),
            RefreshDecision::Revoke(..)
        ));
    }

    #[test]
    fn a_lost_answer_is_forgiven_until_its_tokens_are_used() {
        let (old, live) = (token(1, Some((100, 2))), token(2, None));
        assert_eq!(refresh(&old, &live, &grant(), 1, 5000), RefreshDecision::Replace);
        let earlier = Grant {
            used_generation: 1,
            ..grant()
        };
        assert_eq!(refresh(&old, &live, &earlier, 1, 5000), RefreshDecision::Replace);
        let used = Grant {
            used_generation: 2,
            ..grant()
        };
        assert!(matches!(
            refresh(&old, &live, &used, 1, 5000),
            RefreshDecision::Revoke(..)
        ));
    }

    #[test]
    fn scopes_only_shrink() {
        let chess = ScopeSet::parse("chess");
        assert_eq!(refreshed_scopes(ScopeSet::all(), None), Ok(ScopeSet::all()));
        assert_eq!(refreshed_scopes(ScopeSet::all(), Some("chess")), Ok(chess));
        assert_eq!(refreshed_scopes(chess, Some("")), Ok(chess));
        assert!(refreshed_scopes(chess, Some("chess offline_access")).is_err());
        assert!(refreshed_scopes(chess, Some("admin")).is_err());
    }
}
