//! ID tokens of providers (OpenID Connect Core section 3.1.3.7). Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::issuer::IssuerRule;
use super::jwks::Keys;
use crate::clock::{Seconds, Timestamp};
use crate::json;
use crate::secret::{Secret, equal};

use InvalidIdToken::Bad;

/// How far a provider's clock may be off.
const LEEWAY: Seconds = Seconds(60);
/// Longest ID token that is looked at, in bytes.
const MAX_TOKEN: usize = 32 * 1024;

/// An ID token that says who somebody is, and does not prove it yet.
pub(super) struct UnverifiedIdToken<'a> {
    token: &'a Secret,
    algorithm: Algorithm,
    kid: Option<String>,
}

/// What a good ID token has to say.
pub(super) struct Expected<'a> {
    /// The provider.
    pub(super) issuer: &'a IssuerRule,
    /// What it signs with.
    pub(super) algorithms: &'a [Algorithm],
    /// Who we are there.
    pub(super) client_id: &'a str,
    /// What we sent along.
    pub(super) nonce: &'a str,
    /// How long ago the person may have proven who they are, where that was asked for.
    pub(super) max_age: Option<Seconds>,
    /// Whether the provider says so where it was asked for.
    pub(super) tells_age: bool,
    /// The present second.
    pub(super) now: Timestamp,
}

/// What a proven ID token says.
#[derive(Debug)]
pub(super) struct IdTokenClaims {
    /// Who says so.
    pub(super) issuer: String,
    /// Everything it says.
    pub(super) claims: Map<String, Value>,
}

/// Why an ID token proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidIdToken {
    /// It may be signed with a key that is newer than those we know.
    #[error("the ID token is signed with an unknown key")]
    UnknownKey,
    /// It never will prove anything.
    #[error("the ID token {0}")]
    Bad(&'static str),
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    azp: Option<String>,
    tid: Option<String>,
    auth_time: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

impl<'a> UnverifiedIdToken<'a> {
    /// Reads the header. `algorithms` are those that the provider says it signs with.
    pub(super) fn read(token: &'a Secret, algorithms: &[Algorithm]) -> Result<Self, InvalidIdToken> {
        if token.expose().len() > MAX_TOKEN {
            return Err(Bad("is too long"));
        }
        let encoded = token.expose().split('.').next().unwrap_or_default();
        let fields = part(encoded).ok_or(Bad("has no readable header"))?;
        let header: Header =
            serde_json::from_value(Value::Object(fields)).map_err(|_| Bad("has no readable header"))?;
        if header.crit.is_some() {
            return Err(Bad("demands extensions that are not known here"));
        }
        let algorithm = header
            .alg
            .parse()
            .ok()
            .filter(|algorithm| algorithms.contains(algorithm));
        Ok(Self {
            token,
            algorithm: algorithm.ok_or(Bad("is signed in a way that the provider does not name"))?,
            kid: header.kid,
        })
    }

    /// Proves it.
    pub(super) fn verify(
        &self,
        keys: &Keys,
        expected: &Expected<'_>,
    ) -> Result<IdTokenClaims, InvalidIdToken> {
        let (message, signature) = self.token.expose().rsplit_once('.').ok_or(Bad("is no JWT"))?;
        let (_, payload) = message.split_once('.').ok_or(Bad("is no JWT"))?;
        let key = keys
            .find(self.kid.as_deref(), self.algorithm)
            .ok_or(InvalidIdToken::UnknownKey)?;
        if !key.verifies(message, signature, self.algorithm) {
            return Err(Bad("has a signature that does not hold"));
        }
        let fields = part(payload).ok_or(Bad("has no readable claims"))?;
        let claims: Claims = serde_json::from_value(Value::Object(fields.clone()))
            .map_err(|_| Bad("lacks a claim, or has one of the wrong kind"))?;
        let tenant = claims.tid.as_deref();
        if expected.issuer.wants_tenant() && tenant.is_none() {
            return Err(Bad("does not name its tenant"));
        }
        let issuer = expected.issuer.accept(&claims.iss, tenant);
        let issuer = issuer.ok_or(Bad("is of another issuer"))?;
        if !key.signs_for(&issuer, tenant) {
            return Err(Bad("is signed with a key of another tenant"));
        }
        judge(&claims, expected)?;
        Ok(IdTokenClaims {
            issuer,
            claims: fields,
        })
    }
}

/// Everything that does not depend on keys and issuers.
fn judge(claims: &Claims, expected: &Expected<'_>) -> Result<(), InvalidIdToken> {
    let audience = claims.aud.names();
    let ours = audience.iter().any(|name| name == expected.client_id);
    let party = match &claims.azp {
        Some(party) => party == expected.client_id,
        None => audience.len() == 1,
    };
    if !(ours && party) {
        return Err(Bad("is for another client"));
    }
    let nonce = claims.nonce.as_deref().unwrap_or_default();
    if !equal(nonce.as_bytes(), expected.nonce.as_bytes()) {
        return Err(Bad("answers another request: its nonce is not ours"));
    }
    let at = Timestamp::from_seconds;
    if expected.now >= at(claims.exp) + LEEWAY {
        return Err(Bad("has expired"));
    }
    let begins = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
    if at(begins) > expected.now + LEEWAY {
        return Err(Bad("is not good yet: one of the two clocks is wrong"));
    }
    let Some(max_age) = expected.max_age else {
        return Ok(());
    };
    let Some(proven) = claims.auth_time else {
        // It must be there (OpenID Connect Core section 3.1.2.1): without it `max_age` may have been passed over.
        let silent = Err(Bad(
            "does not say when the person signed in, though that was asked for",
        ));
        return if expected.tells_age { silent } else { Ok(()) };
    };
    if expected.now.since(at(proven)) > Seconds(max_age.0.saturating_add(LEEWAY.0)) {
        return Err(Bad("is of a sign-in that is too old"));
    }
    Ok(())
}

/// A part of a JWT: one JSON object, every name once.
fn part(encoded: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    json::object(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use jsonwebtoken::EncodingKey;
    use rsa::RsaPrivateKey;
    use rsa::pkcs1::EncodeRsaPrivateKey as _;
    use rsa::traits::PublicKeyParts as _;
    use serde_json::json;

    use super::*;
    use crate::upstream::OpenId;

    const NOW: i64 = 1_000_000;

    static PAIR: LazyLock<RsaPrivateKey> =
        LazyLock::new(|| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap());

    fn modulus() -> String {
        URL_SAFE_NO_PAD.encode(PAIR.n().to_bytes_be())
    }

    fn keys(kid: &str) -> Keys {
        let key = json!({"kty": "RSA", "kid": kid, "use": "sig", "e": "AQAB", "n": modulus()});
        Keys::read(json!({ "keys": [key] }).to_string().as_bytes()).unwrap()
    }

    /// Signed as it stands, whatever it says.
    fn token(header: &str, payload: &str) -> Secret {
        let message = [header, payload]
            .map(|part| URL_SAFE_NO_PAD.encode(part))
            .join(".");
        let der = PAIR.to_pkcs1_der().unwrap();
        let key = EncodingKey::from_rsa_der(der.as_bytes());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::RS256).unwrap();
        Secret::new(format!("{message}.{signature}"))
    }

    fn claims(changes: &Value) -> String {
        let mut claims = json!({
            "iss": "https://idp.example", "sub": "s-1", "aud": "client", "nonce": "nonce",
            "iat": NOW - 1, "exp": NOW + 300,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.to_string()
    }

    fn judge_it(token: &Secret, max_age: Option<Seconds>) -> Result<IdTokenClaims, InvalidIdToken> {
        judge_of(token, max_age, true)
    }

    fn judge_of(
        token: &Secret,
        max_age: Option<Seconds>,
        tells_age: bool,
    ) -> Result<IdTokenClaims, InvalidIdToken> {
        let provider = OpenId::any("https://idp.example".to_owned());
        let issuer = IssuerRule::of(&provider, "https://idp.example").unwrap();
        let expected = Expected {
            issuer: &issuer,
            algorithms: &[Algorithm::RS256, Algorithm::ES256],
            client_id: "client",
            nonce: "nonce",
            max_age,
            tells_age,
            now: Timestamp::from_seconds(NOW),
        };
        UnverifiedIdToken::read(token, expected.algorithms)?.verify(&keys("k"), &expected)
    }

    const HEADER: &str = r#"{"alg":"RS256","kid":"k"}"#;

    #[test]
    fn a_good_token_says_who_somebody_is() {
        for changes in [
            json!({}),
            json!({"aud": ["client"]}),
            json!({"aud": ["client", "other"], "azp": "client"}),
            json!({"exp": NOW - 59}),
            json!({"iat": NOW + 59}),
        ] {
            let proven = judge_it(&token(HEADER, &claims(&changes)), None);
            let proven = proven.unwrap_or_else(|why| panic!("{changes}: {why}"));
            assert_eq!(
                (proven.issuer.as_str(), &proven.claims["sub"]),
                ("https://idp.example", &json!("s-1"))
            );
        }
        assert!(
            judge_it(&token(r#"{"alg":"RS256"}"#, &claims(&json!({}))), None).is_ok(),
            "there is one key"
        );
    }

    #[test]
    fn claims_that_are_not_about_this_sign_in_prove_nothing() {
        for changes in [
            json!({"iss": "https://other.example"}),
            json!({"iss": null}),
            json!({"aud": "other"}),
            json!({"aud": []}),
            json!({"aud": ["client", "other"]}),
            json!({"aud": ["client", "other"], "azp": "other"}),
            json!({"azp": "other"}),
            json!({"nonce": "other"}),
            json!({"nonce": null}),
            json!({"exp": NOW - 60}),
            json!({"exp": "never"}),
            json!({"exp": null}),
            json!({"iat": NOW + 61}),
            json!({"nbf": NOW + 61}),
        ] {
            assert!(
                judge_it(&token(HEADER, &claims(&changes)), None).is_err(),
                "{changes}"
            );
        }
    }

    #[test]
    fn a_sign_in_that_is_too_old_or_of_an_unknown_age_proves_nothing() {
        let aged = |auth_time: i64| {
            judge_it(
                &token(HEADER, &claims(&json!({ "auth_time": auth_time }))),
                Some(Seconds(10)),
            )
        };
        assert!(aged(NOW - 70).is_ok());
        assert!(aged(NOW - 71).is_err());
        let untold = token(HEADER, &claims(&json!({})));
        assert!(judge_it(&untold, Some(Seconds(10))).is_err());
        assert!(judge_it(&untold, None).is_ok(), "nobody asked");
        assert!(
            judge_of(&untold, Some(Seconds(10)), false).is_ok(),
            "a provider that never says"
        );
    }

    #[test]
    fn headers_and_signatures_are_not_taken_on_trust() {
        let good = claims(&json!({}));
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256","kid":"k"}"#,
            r#"{"alg":"RS512","kid":"k"}"#,
            r#"{"alg":"ES256","kid":"k"}"#,
            r#"{"alg":"RS256","kid":"k","crit":["b64"],"b64":false}"#,
            r#"{"alg":"RS256","alg":"RS256","kid":"k"}"#,
            r#"{"kid":"k"}"#,
            "[]",
            "",
        ] {
            assert!(judge_it(&token(header, &good), None).is_err(), "{header}");
        }
        let unknown = judge_it(&token(r#"{"alg":"RS256","kid":"new"}"#, &good), None);
        assert_eq!(unknown.unwrap_err(), InvalidIdToken::UnknownKey);
        let twice = good.replacen('{', r#"{"sub":"s-2","#, 1);
        assert!(
            judge_it(&token(HEADER, &twice), None).is_err(),
            "a name occurs twice"
        );
        let signed = token(HEADER, &good);
        let (message, signature) = signed.expose().rsplit_once('.').unwrap();
        let (head, _) = message.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(claims(&json!({"sub": "s-2"})));
        for forged in [
            format!("{head}.{other}.{signature}"),
            format!("{message}."),
            format!("{message}.!"),
            message.to_owned(),
            "x".repeat(MAX_TOKEN + 1),
        ] {
            assert!(judge_it(&Secret::new(forged), None).is_err());
        }
    }
}
