//! What the userinfo endpoint tells (OpenID Connect Core sections 5.1 and 5.4).

use serde_json::{Value, json};

use super::scope::{Scope, ScopeSet};
use crate::clock::Timestamp;
use crate::id::UserId;

/// What is known of a person. Only a provider tells an e-mail address, so the scope `email` tells nothing of those who
/// have a local account alone.
#[derive(Debug, Clone, Copy)]
pub struct Profile<'a> {
    /// How pages address them.
    pub name: &'a str,
    /// The name they sign in with, where they have a local account.
    pub username: Option<&'a str>,
    /// Their address, and whether the provider that told it vouches for it.
    pub email: Option<(&'a str, bool)>,
    /// Since when name and account are so.
    pub updated_at: Timestamp,
}

/// The claims about a person that these scopes allow.
pub fn userinfo(user: UserId, scopes: ScopeSet, profile: &Profile<'_>) -> Value {
    let mut claims = json!({ "sub": user.to_string() });
    if scopes.contains(Scope::Profile) {
        claims["name"] = json!(profile.name);
        claims["updated_at"] = json!(profile.updated_at.seconds());
        if let Some(username) = profile.username {
            claims["preferred_username"] = json!(username);
        }
    }
    if let Some((address, verified)) = profile.email.filter(|_| scopes.contains(Scope::Email)) {
        claims["email"] = json!(address);
        claims["email_verified"] = json!(verified);
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_tells_its_own_claims() {
        let user = UserId::new(Timestamp::from_seconds(1), [1; 10]);
        let profile = Profile {
            name: "Ana",
            username: Some("ana"),
            email: None,
            updated_at: Timestamp::from_seconds(7),
        };
        let told = |scopes: &str, profile: &Profile<'_>| userinfo(user, ScopeSet::parse(scopes), profile);
        let sub = user.to_string();
        assert_eq!(told("openid email", &profile), json!({ "sub": sub }));
        assert_eq!(
            told("openid profile", &profile),
            json!({ "sub": sub, "name": "Ana", "preferred_username": "ana", "updated_at": 7 })
        );
        let elsewhere = Profile {
            username: None,
            email: Some(("ana@x.example", true)),
            ..profile
        };
        assert_eq!(
            told("openid email", &elsewhere),
            json!({ "sub": sub, "email": "ana@x.example", "email_verified": true })
        );
        assert_eq!(
            told("openid profile", &elsewhere),
            json!({ "sub": sub, "name": "Ana", "updated_at": 7 })
        );
    }
}
