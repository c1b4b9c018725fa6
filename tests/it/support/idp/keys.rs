//! The keys of a provider, and one that is none of its own.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use jsonwebtoken::{Algorithm, EncodingKey};
use rsa::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

/// A key pair.
pub(super) struct Key {
    pub(super) kid: &'static str,
    modulus: String,
    exponent: String,
    public_pem: String,
    encoding: EncodingKey,
}

/// The key that a provider signs with after this many rotations.
pub(super) fn own(rotations: usize) -> &'static Key {
    static KEYS: [OnceLock<Key>; 2] = [OnceLock::new(), OnceLock::new()];
    let names = ["first-key", "second-key"];
    KEYS[rotations].get_or_init(|| Key::new(names[rotations]))
}

/// A key that no provider publishes, under the name of the one that it does.
pub(super) fn foreign() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| Key::new("first-key"))
}

impl Key {
    fn new(kid: &'static str) -> Self {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key can be made");
        let private = key.to_pkcs8_pem(LineEnding::LF).expect("a key has a text form");
        let public = key.to_public_key();
        Self {
            kid,
            modulus: URL_SAFE_NO_PAD.encode(key.n().to_bytes_be()),
            exponent: URL_SAFE_NO_PAD.encode(key.e().to_bytes_be()),
            public_pem: public
                .to_public_key_pem(LineEnding::LF)
                .expect("a key has a text form"),
            encoding: EncodingKey::from_rsa_pem(private.as_bytes()).expect("it was just written"),
        }
    }

    /// The public half as `jwks_uri` shows it.
    pub(super) fn jwk(&self) -> Value {
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256",
            "kid": self.kid, "n": self.modulus, "e": self.exponent,
        })
    }

    /// A compact JWT of this header and this text.
    pub(super) fn sign(&self, header: &Value, payload: &str, algorithm: Algorithm) -> String {
        signed(header, payload, &self.encoding, algorithm)
    }

    /// The same with a MAC, for which the public key is the secret.
    pub(super) fn mac(&self, header: &Value, payload: &str) -> String {
        let secret = EncodingKey::from_secret(self.public_pem.as_bytes());
        signed(header, payload, &secret, Algorithm::HS256)
    }
}

/// A JWT without any signature.
pub(super) fn unsigned(header: &Value, payload: &str) -> String {
    format!("{}.", message(header, payload))
}

fn signed(header: &Value, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = message(header, payload);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).expect("the key fits the algorithm");
    format!("{message}.{signature}")
}

fn message(header: &Value, payload: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload))
}
