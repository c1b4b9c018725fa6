//! The ring of signing keys: made at the first start, sealed at rest, kept over restarts.

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::signing::SigningKey;
use crate::clock::Timestamp;
use crate::oauth::{AccessClaims, InvalidToken, TokenClaims};
use crate::secret::{Sealer, Secret, Unsealable};
use crate::store::{KeyState, Store, StoreError, StoredKey};

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 4096;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key could be made.
    #[error("a signing key could not be made")]
    Generation,
    /// The stored key is damaged.
    #[error("signing key {0} is damaged")]
    Unusable(String),
    /// The master key does not open it.
    #[error("a signing key does not open: {0}")]
    Sealed(#[from] Unsealable),
    /// The signature failed.
    #[error("a token could not be signed")]
    Signing,
    /// Another process gave the database a new master key.
    #[error("the master key was replaced meanwhile: run this again, with the new one")]
    MasterReplaced,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every signing key, newest first. Cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    pub(super) store: Store,
    pub(super) sealer: Sealer,
    loaded: Arc<RwLock<Loaded>>,
}

/// The keys as they were at one security version (see [`Store::security_version`]).
#[derive(Clone)]
struct Loaded {
    version: u64,
    keys: Arc<[SigningKey]>,
}

/// The only header parameters we issue. Duplicates, and extensions that must be understood, do not parse.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
    crit: Option<IgnoredAny>,
}

/// Proves that every stored key can be used; uses none.
pub fn open_all(stored: Vec<StoredKey>, sealer: &Sealer) -> Result<(), KeyError> {
    stored
        .into_iter()
        .try_for_each(|key| SigningKey::load(key, sealer).map(drop))
}

impl KeyRing {
    /// Loads the keys; makes one when there is none.
    pub async fn open(store: Store, sealer: Sealer, now: Timestamp) -> Result<Self, KeyError> {
        let nothing = Loaded {
            version: 0,
            keys: Arc::new([]),
        };
        let ring = Self {
            store,
            sealer,
            loaded: Arc::new(RwLock::new(nothing)),
        };
        ring.follow().await?;
        if ring.keys().is_empty() {
            ring.rotate_when_due(now).await?;
            ring.follow().await?;
        }
        Ok(ring)
    }

    /// Reads the keys again where this process or another one may have changed them. Whoever signs or verifies
    /// calls this before; it costs two microseconds when nothing changed.
    pub async fn follow(&self) -> Result<(), KeyError> {
        let version = self.store.security_version()?;
        let known = self.loaded();
        if known.version == version {
            return Ok(());
        }
        let stored = self.store.read(|tx| tx.keys()).await?;
        let load = |key: StoredKey| match known.keys.iter().find(|known| known.kid() == key.kid) {
            Some(known) => Ok(known.moved(&key)),
            None => SigningKey::load(key, &self.sealer),
        };
        let keys = stored.into_iter().map(load).collect::<Result<Vec<_>, _>>()?;
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        // The keys are at least as new as the version; a later look may have been faster.
        if loaded.version < version {
            *loaded = Loaded {
                version,
                keys: keys.into(),
            };
        }
        Ok(())
    }

    /// Signs claims with the active key. Takes a quarter of a millisecond.
    pub fn sign<C: TokenClaims>(&self, claims: &C) -> Result<Secret, KeyError> {
        let keys = self.keys();
        let active = keys
            .iter()
            .find(|key| key.state == KeyState::Active)
            .ok_or(KeyError::Signing)?;
        active.sign(
            C::TYPE,
            &serde_json::to_vec(claims).map_err(|_| KeyError::Signing)?,
        )
    }

    /// Whether there is a key that signs.
    pub fn can_sign(&self) -> bool {
        self.keys().iter().any(|key| key.state == KeyState::Active)
    }

    /// Verifies an access token's header and signature and reads its claims, which are not judged yet.
    pub fn verify(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        if token.len() > MAX_TOKEN {
            return Err(InvalidToken::Signature);
        }
        let header = header(token).ok_or(InvalidToken::Signature)?;
        let keys = self.keys();
        let key = keys
            .iter()
            .find(|key| key.kid() == header.kid)
            .ok_or(InvalidToken::Signature)?;
        let data = jsonwebtoken::decode::<AccessClaims>(token, key.decoding(), &signature_only());
        data.map(|data| data.claims).map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => InvalidToken::Claim,
            _ => InvalidToken::Signature,
        })
    }

    /// The public keys (RFC 7517 section 5).
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.keys().iter().map(SigningKey::jwk).collect();
        json!({ "keys": keys })
    }

    fn keys(&self) -> Arc<[SigningKey]> {
        self.loaded().keys
    }

    fn loaded(&self) -> Loaded {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Times, issuer and audience are judged by `oauth::accept`, with a `now` that was handed in.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}

fn header(token: &str) -> Option<Header> {
    use base64::Engine as _;
    let (encoded, _) = token.split_once('.')?;
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(encoded)
        .ok()?;
    let header: Header = serde_json::from_slice(&json).ok()?;
    let ours = header.alg == "RS256" && header.typ == AccessClaims::TYPE && header.crit.is_none();
    ours.then_some(header)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

    use super::*;
    use crate::oauth::ScopeSet;
    use crate::secret::MasterKey;

    fn claims() -> AccessClaims {
        AccessClaims {
            iss: "https://a.example".to_owned(),
            aud: "https://a.example/mcp".to_owned(),
            sub: "s".to_owned(),
            client_id: "c".to_owned(),
            scope: ScopeSet::all(),
            iat: 1,
            exp: 2,
            jti: "j".to_owned(),
            gid: "g".to_owned(),
            generation: 1,
            auth_time: 1,
        }
    }

    async fn ring(path: &std::path::Path) -> KeyRing {
        let store = Store::open(&format!("sqlite:{}", path.display()).parse().unwrap()).unwrap();
        KeyRing::open(
            store,
            MasterKey::new([1; 32]).sealer(),
            Timestamp::from_seconds(1),
        )
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn keys_outlive_a_restart_and_verify_what_they_signed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let first = ring(&path).await;
        let token = first.sign(&claims()).unwrap();
        let second = ring(&path).await;
        assert_eq!(first.jwks(), second.jwks());
        assert_eq!(second.verify(token.expose()), Ok(claims()));
        forgeries_are_refused(&second, token.expose());
        let wrong = KeyRing::open(
            second.store,
            MasterKey::new([2; 32]).sealer(),
            Timestamp::from_seconds(1),
        )
        .await;
        assert!(matches!(wrong, Err(KeyError::Sealed(_))));
    }

    #[tokio::test]
    async fn claims_that_make_no_sense_are_refused_though_the_signature_holds() {
        let dir = tempfile::tempdir().unwrap();
        let ring = ring(&dir.path().join("x.db")).await;
        let ours = serde_json::to_string(&claims()).unwrap();
        let judge = |typ: &str, claims: &str| {
            let token = ring.keys()[0].sign(typ, claims.as_bytes()).unwrap();
            ring.verify(token.expose()).map(drop)
        };
        assert_eq!(judge("at+jwt", &ours), Ok(()));
        for (was, is) in [
            (r#""exp":2"#, r#""exp":"2""#),
            (r#""exp":2"#, r#""exp":2.5"#),
            (r#""exp":2"#, r#""exp":1e400"#),
            (r#""exp":2"#, r#""exp":99999999999999999999"#),
            (r#""exp":2"#, r#""exp":null"#),
            (r#""exp":2,"#, ""),
            (r#""exp":2"#, r#""exp":2,"exp":3"#),
            (r#""iat":1"#, r#""iat":"1""#),
            (
                r#""aud":"https://a.example/mcp""#,
                r#""aud":["https://a.example/mcp","https://b.example"]"#,
            ),
            (
                r#""aud":"https://a.example/mcp""#,
                r#""aud":["https://a.example/mcp"]"#,
            ),
            (r#""sub":"s","#, ""),
            (r#""gid":"g","#, ""),
            (r#""scope":"chess"#, r#""scope":7,"x":"chess"#),
        ] {
            let forged = ours.replacen(was, is, 1);
            assert_ne!(forged, ours, "{was} is in {ours}");
            assert!(judge("at+jwt", &forged).is_err(), "{forged}");
        }
        for typ in ["JWT", "application/at+jwt", "AT+JWT", "logout+jwt", ""] {
            assert_eq!(judge(typ, &ours), Err(InvalidToken::Signature), "{typ:?}");
        }
    }

    fn forgeries_are_refused(ring: &KeyRing, token: &str) {
        let [header, payload, signature]: [&str; 3] =
            token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let kid = ring.keys()[0].kid().to_owned();
        let with = |json: String| format!("{}.{payload}.{signature}", B64.encode(json));
        let hs256 = |secret: &[u8]| {
            let mut header = jsonwebtoken::Header::new(Algorithm::HS256);
            header.typ = Some(AccessClaims::TYPE.to_owned());
            header.kid = Some(kid.clone());
            let key = jsonwebtoken::EncodingKey::from_secret(secret);
            jsonwebtoken::encode(&header, &claims(), &key).unwrap()
        };
        let public = ring.jwks()["keys"][0]["n"].as_str().unwrap().to_owned();
        for forged in [
            String::new(),
            "a.b.c".to_owned(),
            format!("{header}.{payload}."),
            format!("{header}.{payload}.{}", &signature[..signature.len() - 4]),
            format!("{header}.{}.{signature}", B64.encode("{}")),
            with(format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{kid}"}}"#)),
            with(format!(r#"{{"alg":"RS512","typ":"at+jwt","kid":"{kid}"}}"#)),
            with(format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{kid}"}}"#)),
            with(r#"{"alg":"RS256","typ":"at+jwt"}"#.to_owned()),
            with(r#"{"alg":"RS256","typ":"at+jwt","kid":"../../x"}"#.to_owned()),
            with(r#"{"alg":"RS256","typ":"at+jwt","kid":"' or 1=1"}"#.to_owned()),
            with(format!(
                r#"{{"alg":"RS256","typ":"at+jwt","kid":"{kid}","kid":"{kid}"}}"#
            )),
            with(format!(
                r#"{{"alg":"RS256","typ":"at+jwt","kid":"{kid}","crit":["x"]}}"#
            )),
            hs256(public.as_bytes()),
            hs256(b""),
            "x".repeat(MAX_TOKEN + 1),
        ] {
            assert_eq!(ring.verify(&forged), Err(InvalidToken::Signature), "{forged}");
        }
    }
}
