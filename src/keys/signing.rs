//! One RSA key that signs JWTs (RS256, RFC 7518 section 3.3).
//!
//! # Design
//!
//! aws-lc-rs makes the key and signs, with the parsed key kept, which takes a quarter of a millisecond. The `rsa` crate
//! only reads the public half for its JWK form: its private operations are not constant-time (RUSTSEC-2023-0071).

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

use super::KeyError;
use crate::clock::Timestamp;
use crate::secret::{Digest, Sealer, Secret, Unsealable, random};
use crate::store::{KeyState, StoredKey};

/// A key, parsed and ready.
#[derive(Clone)]
pub(super) struct SigningKey {
    pub(super) state: KeyState,
    parsed: Arc<Parsed>,
}

/// What never changes about a key.
struct Parsed {
    kid: String,
    modulus: String,
    exponent: String,
    decoding: DecodingKey,
    pair: RsaKeyPair,
}

/// Makes a key and seals it. Takes a tenth of a second, so it runs where blocking is allowed.
pub(super) fn generate(sealer: &Sealer, state: KeyState, now: Timestamp) -> Result<StoredKey, KeyError> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generation)?;
    let public = pair.public_key().as_ref();
    let public = RsaPublicKey::from_pkcs1_der(public).map_err(|_| KeyError::Generation)?;
    let modulus = URL_SAFE_NO_PAD.encode(public.n().to_bytes_be());
    let exponent = URL_SAFE_NO_PAD.encode(public.e().to_bytes_be());
    let kid = thumbprint(&modulus, &exponent);
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generation)?;
    let sealed_private = sealer.seal(&place(&kid), private.as_ref(), random());
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
        Ok(Self {
            state: stored.state,
            parsed: Arc::new(Parsed {
                kid: stored.kid,
                modulus: stored.modulus,
                exponent: stored.exponent,
                decoding,
                pair,
            }),
        })
    }

    /// The same key in the state that it has in the store by now.
    pub(super) fn moved(&self, stored: &StoredKey) -> Self {
        Self {
            state: stored.state,
            parsed: Arc::clone(&self.parsed),
        }
    }

    /// Its id.
    pub(super) fn kid(&self) -> &str {
        &self.parsed.kid
    }

    /// The public key, to verify with.
    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.parsed.decoding
    }

    /// The compact JWT of these claims, of the type that `typ` names.
    pub(super) fn sign(&self, typ: &str, claims: &[u8]) -> Result<Secret, KeyError> {
        let header = json!({"alg": "RS256", "typ": typ, "kid": self.kid()}).to_string();
        let mut token = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let pair = &self.parsed.pair;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
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
        let Parsed {
            kid,
            modulus,
            exponent,
            ..
        } = &*self.parsed;
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": exponent})
    }
}

/// Seals the private key of a stored key under another master key.
pub(super) fn reseal(
    stored: &StoredKey,
    from: &Sealer,
    to: &Sealer,
    nonce: [u8; 24],
) -> Result<String, Unsealable> {
    let place = place(&stored.kid);
    let private = from.open(&place, &stored.sealed_private)?;
    Ok(to.seal(&place, &private, nonce))
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
