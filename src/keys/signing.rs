//! One RSA key that signs JWTs (RS256, RFC 7518 section 3.3).
//!
//! # Design
//!
//! The `rsa` crate makes and exports the key and is then done: its private operations are not constant-time
//! (RUSTSEC-2023-0071). aws-lc-rs signs, with the parsed key kept, which takes a quarter of a millisecond.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::traits::PublicKeyParts;
use serde::Serialize;
use serde_json::{Value, json};

use super::KeyError;
use crate::clock::Timestamp;
use crate::oauth::TOKEN_TYPE;
use crate::secret::{Digest, Sealer, Secret, random};
use crate::store::{KeyState, StoredKey};

const BITS: usize = 2048;

/// A key, parsed and ready.
pub(super) struct SigningKey {
    pub(super) kid: String,
    pub(super) state: KeyState,
    pub(super) created_at: Timestamp,
    pub(super) decoding: DecodingKey,
    modulus: String,
    exponent: String,
    pair: RsaKeyPair,
    header: String,
}

/// Makes a key and seals it. Takes a tenth of a second, so it runs where blocking is allowed.
pub(super) fn generate(sealer: &Sealer, state: KeyState, now: Timestamp) -> Result<StoredKey, KeyError> {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).map_err(|_| KeyError::Generation)?;
    let modulus = URL_SAFE_NO_PAD.encode(key.n().to_bytes_be());
    let exponent = URL_SAFE_NO_PAD.encode(key.e().to_bytes_be());
    let kid = thumbprint(&modulus, &exponent);
    let private = key.to_pkcs8_der().map_err(|_| KeyError::Generation)?;
    let sealed_private = sealer.seal(&place(&kid), private.as_bytes(), random());
    Ok(StoredKey {
        kid,
        modulus,
        exponent,
        sealed_private,
        state,
        created_at: now,
        state_since: now,
    })
}

impl SigningKey {
    /// Opens and parses a stored key.
    pub(super) fn load(stored: StoredKey, sealer: &Sealer) -> Result<Self, KeyError> {
        let unusable = |_| KeyError::Unusable(stored.kid.clone());
        let der = sealer.open(&place(&stored.kid), &stored.sealed_private)?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(unusable)?;
        let decoding = DecodingKey::from_rsa_components(&stored.modulus, &stored.exponent);
        let decoding = decoding.map_err(|_| KeyError::Unusable(stored.kid.clone()))?;
        let header = json!({"alg": "RS256", "typ": TOKEN_TYPE, "kid": stored.kid}).to_string();
        Ok(Self {
            header: URL_SAFE_NO_PAD.encode(header),
            kid: stored.kid,
            state: stored.state,
            created_at: stored.created_at,
            modulus: stored.modulus,
            exponent: stored.exponent,
            decoding,
            pair,
        })
    }

    /// The compact JWT of these claims.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<Secret, KeyError> {
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Signing)?;
        let mut token = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| KeyError::Signing)?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(Secret::new(token))
    }

    /// The public key (RFC 7517 section 4, RFC 7518 section 6.3.1).
    pub(super) fn jwk(&self) -> Value {
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": self.modulus, "e": self.exponent})
    }
}

/// RFC 7638 section 3: the digest of the required members in lexicographic order, without white space.
fn thumbprint(modulus: &str, exponent: &str) -> String {
    let canonical = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
    URL_SAFE_NO_PAD.encode(Digest::of(canonical.as_bytes()).as_bytes())
}

fn place(kid: &str) -> String {
    format!("signing_keys|sealed_private|{kid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_the_rfc() {
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        assert_eq!(
            thumbprint(modulus, "AQAB"),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }
}
