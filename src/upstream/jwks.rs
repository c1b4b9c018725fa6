//! A provider's keys (RFC 7517). Pure.

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use crate::json;

/// The keys with which a provider signs.
#[derive(Clone, Default)]
pub(super) struct Keys(Vec<Key>);

/// One of them.
#[derive(Clone)]
pub(super) struct Key {
    kid: Option<String>,
    algorithm: Option<String>,
    family: Family,
    /// For whom alone it signs: Microsoft has keys of single tenants.
    issuer: Option<String>,
    decoding: DecodingKey,
}

/// What a key can verify.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    Ec,
    Ed,
}

impl Family {
    fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => Some(Self::Rsa),
            Algorithm::ES256 | Algorithm::ES384 => Some(Self::Ec),
            Algorithm::EdDSA => Some(Self::Ed),
            _ => None,
        }
    }
}

impl Keys {
    /// Reads a key set. Keys that are not for signatures, or of a kind that is not known here, are left out.
    pub(super) fn read(document: &[u8]) -> Result<Self, String> {
        let mut fields =
            json::object(document).map_err(|fault| format!("the key set is no JSON object: {fault}"))?;
        let Some(Value::Array(keys)) = fields.remove("keys") else {
            return Err("the key set has no list of keys".to_owned());
        };
        Ok(Self(keys.into_iter().filter_map(Key::read).collect()))
    }

    /// The key that a token with this header is signed with. A token that names none is good with the only key
    /// there is for it.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let mut fit = self
            .0
            .iter()
            .filter(|key| key.fits(algorithm) && (kid.is_none() || key.kid.as_deref() == kid));
        let found = fit.next();
        // Keys may share an id where their kinds differ; among those that fit there is one.
        found.filter(|_| fit.next().is_none())
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let (issuer, algorithm) = (text("issuer"), text("alg"));
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let family = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Family::Rsa,
            AlgorithmParameters::EllipticCurve(_) => Family::Ec,
            AlgorithmParameters::OctetKeyPair(_) => Family::Ed,
            _ => return None,
        };
        let signs = !matches!(&jwk.common.public_key_use, Some(other) if *other != PublicKeyUse::Signature);
        Some(Self {
            decoding: DecodingKey::from_jwk(&jwk).ok().filter(|_| signs)?,
            kid: jwk.common.key_id,
            algorithm,
            family,
            issuer,
        })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let named = self.algorithm.as_deref().map(str::parse::<Algorithm>);
        let allowed = named.is_none_or(|named| named.is_ok_and(|named| named == algorithm));
        allowed && Family::of(algorithm) == Some(self.family)
    }

    /// Whether `signature` (base64url) of `message` was made with this key.
    pub(super) fn verifies(&self, message: &str, signature: &str, algorithm: Algorithm) -> bool {
        jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.decoding, algorithm)
            .unwrap_or(false)
    }

    /// Whether it signs for this issuer, whose tenant is `tenant`.
    pub(super) fn signs_for(&self, issuer: &str, tenant: Option<&str>) -> bool {
        let Some(own) = &self.issuer else { return true };
        own == issuer || tenant.is_some_and(|tenant| own.replace("{tenantid}", tenant) == issuer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(kid: &str) -> Value {
        json!({"kty": "RSA", "kid": kid, "use": "sig", "e": "AQAB", "n": "1hXO0Y2z9j8"})
    }

    fn read(keys: &Value) -> Result<Keys, String> {
        Keys::read(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn a_key_is_found_by_its_id_and_kind() {
        let keys = read(&json!([rsa("a"), rsa("b")])).unwrap();
        assert!(keys.find(Some("a"), Algorithm::RS256).is_some());
        assert!(keys.find(Some("c"), Algorithm::RS256).is_none());
        assert!(keys.find(Some("a"), Algorithm::ES256).is_none());
        assert!(keys.find(Some("a"), Algorithm::HS256).is_none());
        assert!(keys.find(None, Algorithm::RS256).is_none(), "two keys fit");
        assert!(
            read(&json!([rsa("a")]))
                .unwrap()
                .find(None, Algorithm::RS256)
                .is_some()
        );
        assert!(
            read(&json!([rsa("a"), rsa("a")]))
                .unwrap()
                .find(Some("a"), Algorithm::RS256)
                .is_none()
        );
    }

    #[test]
    fn keys_for_something_else_are_left_out() {
        let change = |name: &str, value: &str| {
            let mut key = rsa("a");
            key[name] = value.into();
            key
        };
        for other in [
            change("use", "enc"),
            change("kty", "strange"),
            json!({"kty": "oct", "kid": "a", "k": "c2VjcmV0"}),
            json!("a"),
        ] {
            let keys = read(&json!([other])).unwrap();
            assert!(keys.find(Some("a"), Algorithm::RS256).is_none(), "{other}");
        }
        let only = read(&json!([change("alg", "RS512")])).unwrap();
        assert!(only.find(Some("a"), Algorithm::RS256).is_none());
        assert!(only.find(Some("a"), Algorithm::RS512).is_some());
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        for bad in ["", "[]", "{}", r#"{"keys": {}}"#, r#"{"keys": [], "keys": []}"#] {
            assert!(Keys::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_of_one_tenant_signs_for_no_other() {
        let mut key = rsa("a");
        key["issuer"] = "https://login.example/{tenantid}/v2.0".into();
        let keys = read(&json!([key])).unwrap();
        let key = keys.find(Some("a"), Algorithm::RS256).unwrap();
        assert!(key.signs_for("https://login.example/t1/v2.0", Some("t1")));
        assert!(!key.signs_for("https://login.example/t2/v2.0", Some("t1")));
        assert!(!key.signs_for("https://login.example/t1/v2.0", None));
    }
}
