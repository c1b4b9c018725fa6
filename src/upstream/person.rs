//! From what a provider tells to a person. Pure.

use serde_json::{Map, Value};

use super::id_token::IdTokenClaims;
use super::provider::OpenId;
use crate::account::{Email, IdentityKey, UpstreamIdentity};
use crate::id::ProviderId;

/// Longest subject (OpenID Connect Core section 2).
const MAX_SUBJECT: usize = 255;
/// Longest name and address that are kept, in bytes.
const MAX_TEXT: usize = 320;

/// The person of an ID token, with what the userinfo endpoint adds.
pub(super) fn of_claims(
    id: &ProviderId,
    provider: &OpenId,
    proven: IdTokenClaims,
    more: Option<&Map<String, Value>>,
) -> Option<UpstreamIdentity> {
    let claim = |name: &str| {
        let own = proven.claims.get(name).filter(|value| !value.is_null());
        own.or_else(|| more?.get(name))
    };
    let email = text(claim("email")).map(|address| Email {
        // A word about the address counts only beside the address it is about.
        verified: is_true(if proven.claims.get("email").is_some_and(Value::is_string) {
            proven.claims.get(provider.vouches)
        } else {
            more.and_then(|more| more.get(provider.vouches))
        }),
        address,
    });
    Some(UpstreamIdentity {
        provider: id.clone(),
        login: text(claim("preferred_username")),
        name: text(claim("name")),
        email,
        key: IdentityKey {
            subject: subject(proven.claims.get(provider.subject)?)?,
            issuer: proven.issuer,
        },
    })
}

/// Whether an ID token alone says what is wanted to know.
pub(super) fn is_enough(claims: &Map<String, Value>) -> bool {
    ["email", "name"]
        .iter()
        .all(|name| claims.get(*name).is_some_and(Value::is_string))
}

/// The person that GitHub's `GET /user` and `GET /user/emails` are about.
pub(super) fn of_github(
    id: &ProviderId,
    base: &str,
    user: &Map<String, Value>,
    emails: &[Value],
) -> Option<UpstreamIdentity> {
    let number = user.get("id").and_then(Value::as_u64)?;
    let is = |email: &Value, what: &str| email.get(what).and_then(Value::as_bool).unwrap_or(false);
    let primary = emails.iter().find(|email| is(email, "primary"));
    let email = primary.and_then(|primary| {
        Some(Email {
            address: text(primary.get("email"))?,
            verified: is(primary, "verified"),
        })
    });
    Some(UpstreamIdentity {
        provider: id.clone(),
        key: IdentityKey {
            issuer: base.to_owned(),
            subject: number.to_string(),
        },
        login: text(user.get("login")),
        name: text(user.get("name")),
        email,
    })
}

/// The person that an endpoint without a standard is about: `sub`, or else `id`, names them.
pub(super) fn of_plain(
    id: &ProviderId,
    endpoint: &str,
    fields: &Map<String, Value>,
) -> Option<UpstreamIdentity> {
    let named = ["sub", "id"]
        .into_iter()
        .find_map(|name| subject(fields.get(name)?));
    let first = |names: &[&str]| names.iter().find_map(|name| text(fields.get(*name)));
    Some(UpstreamIdentity {
        provider: id.clone(),
        key: IdentityKey {
            issuer: endpoint.to_owned(),
            subject: named?,
        },
        login: first(&["preferred_username", "username", "login"]),
        name: first(&["name", "display_name", "global_name"]),
        email: first(&["email"]).map(|address| Email {
            verified: is_true(fields.get("email_verified")),
            address,
        }),
    })
}

fn subject(value: &Value) -> Option<String> {
    let subject = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string(),
        _ => return None,
    };
    let fits = (1..=MAX_SUBJECT).contains(&subject.len()) && !subject.chars().any(char::is_control);
    fits.then_some(subject)
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (1..=MAX_TEXT).contains(&text.len()).then(|| text.to_owned())
}

/// Providers write it as a boolean, as text, or as a number.
fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(true)) => true,
        Some(Value::String(text)) => text == "true" || text == "1",
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id() -> ProviderId {
        "test".parse().unwrap()
    }

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn told(provider: &OpenId, claims: &Value, more: Option<&Value>) -> Option<UpstreamIdentity> {
        let proven = IdTokenClaims {
            issuer: "https://idp.example".to_owned(),
            claims: fields(claims),
        };
        of_claims(&id(), provider, proven, more.map(fields).as_ref())
    }

    #[test]
    fn an_address_is_verified_where_it_is_told() {
        let any = OpenId::any("https://idp.example".to_owned());
        let both = json!({"sub": "1", "email": "a@x.example", "email_verified": true});
        assert!(told(&any, &both, None).unwrap().email.unwrap().verified);
        let texts = json!({"sub": "1", "email": "a@x.example", "email_verified": "true"});
        assert!(told(&any, &texts, None).unwrap().email.unwrap().verified);
        let later = told(&any, &json!({"sub": "1", "email_verified": false}), Some(&both));
        assert!(
            later.unwrap().email.unwrap().verified,
            "address and word are both of userinfo"
        );
        let mixed = told(&any, &json!({"sub": "1", "email": "b@x.example"}), Some(&both)).unwrap();
        assert_eq!(
            mixed.email.unwrap(),
            Email {
                address: "b@x.example".to_owned(),
                verified: false
            }
        );
    }

    #[test]
    fn microsoft_s_people_are_their_oid_and_nobody_vouches_for_their_address() {
        let microsoft = OpenId::microsoft("https://login.example/common/v2.0".to_owned());
        let claims = json!({"sub": "pairwise", "oid": "o-1", "email": "a@x.example", "email_verified": true});
        let person = told(&microsoft, &claims, None).unwrap();
        assert_eq!(person.key.subject, "o-1");
        assert!(!person.email.unwrap().verified);
        assert!(told(&microsoft, &json!({"sub": "pairwise"}), None).is_none());
    }

    #[test]
    fn github_s_people_are_a_number() {
        let user =
            fields(&json!({"id": 583_231, "login": "octocat", "name": null, "email": "old@x.example"}));
        let emails = [
            json!({"email": "b@x.example", "primary": false, "verified": true}),
            json!({"email": "a@x.example", "primary": true, "verified": true}),
        ];
        let person = of_github(&id(), "https://github.com", &user, &emails).unwrap();
        assert_eq!(person.key.subject, "583231");
        assert_eq!(person.email.as_ref().unwrap().address, "a@x.example");
        assert_eq!(person.display_name(), "octocat");
        let nobody = fields(&json!({"id": "583231", "login": "octocat"}));
        assert!(of_github(&id(), "https://github.com", &nobody, &[]).is_none());
    }

    #[test]
    fn an_endpoint_without_a_standard_names_somebody_for_good() {
        let person = |value: &Value| of_plain(&id(), "https://idp.example/me", &fields(value));
        assert_eq!(
            person(&json!({"id": 7, "username": "ana"})).unwrap().key.subject,
            "7"
        );
        assert_eq!(person(&json!({"sub": "s", "id": 7})).unwrap().key.subject, "s");
        for nobody in [
            json!({"name": "Ana"}),
            json!({"id": 1.5}),
            json!({"sub": ""}),
            json!({"id": "a\nb"}),
        ] {
            assert!(person(&nobody).is_none(), "{nobody}");
        }
        let unverified = person(&json!({"id": "7", "email": "a@x.example", "verified": true})).unwrap();
        assert!(!unverified.email.unwrap().verified);
    }
}
