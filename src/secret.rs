//! What must not be seen: bearer values, their digests, sealed data, and the randomness they are made of.
//!
//! A [`Secret`] is shown to the client once; the disk keeps its [`Digest`]. What has to be read back is
//! sealed by a [`Sealer`] under a key derived from the [`MasterKey`]. None of these types prints its value.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Fresh bytes from the operating system.
#[expect(clippy::disallowed_methods, reason = "the one source of randomness")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness");
    bytes
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            for nibble in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(u32::from(nibble), 16));
            }
            text
        })
}

/// Whether two byte strings are equal, in time that does not depend on where they differ.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// A value that whoever holds it may use: a token, a code, a password. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a value that came from outside.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// A bearer value with 256 bits of the given randomness; `prefix` says what it is to whoever finds it.
    pub fn bearer(prefix: &str, random: [u8; 32]) -> Self {
        Self::new(format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// The value itself. Whoever calls this hands it to its owner or to a cryptographic function.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the disk may know of it.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a 256-bit random value: enough to recognise it, useless to whoever reads the disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

/// Why a master key was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes in base64, for example from `openssl rand -base64 32`")]
pub struct InvalidMasterKey;

/// The key that protects what is kept. Every use derives its own key from it (HKDF-SHA256).
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// From 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// Reads the base64 form (standard or URL alphabet, padding optional).
    pub fn from_base64(text: &str) -> Result<Self, InvalidMasterKey> {
        let standard = text
            .trim()
            .trim_end_matches('=')
            .replace('-', "+")
            .replace('_', "/");
        let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(standard);
        let bytes = Zeroizing::new(bytes.map_err(|_| InvalidMasterKey)?);
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| InvalidMasterKey)?;
        Ok(Self::new(key))
    }

    /// The base64 form, for the key file alone.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.0))
    }

    /// Names the key without giving it away; goes into sealed envelopes and messages.
    pub fn id(&self) -> String {
        hex(&self.derive("key-id")[..4])
    }

    /// Seals rows of the database.
    pub fn sealer(&self) -> Sealer {
        Sealer {
            key_id: self.id(),
            key: self.derive("seal"),
        }
    }

    /// Authenticates values that browsers and clients hand back.
    pub fn mac(&self, purpose: &'static str) -> MacKey {
        MacKey(self.derive(purpose))
    }

    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        derive(&*self.0, label)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

fn derive(secret: &[u8], label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(b"chess-mcp"), secret)
        .expand(label.as_bytes(), key.as_mut_slice())
        .expect("32 bytes are within HKDF's limit");
    key
}

/// Why an envelope did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsealable {
    /// Not an envelope of this form.
    #[error("the sealed value is malformed")]
    Malformed,
    /// Sealed under the key with this id.
    #[error("sealed with master key {0}, which is not the one in use")]
    OtherKey(String),
    /// The right key id, but the content or its place was changed.
    #[error("the sealed value does not open with this key")]
    Forged,
}

/// Seals what must be read back: XChaCha20-Poly1305, bound to the place where it is kept.
#[derive(Clone)]
pub struct Sealer {
    key_id: String,
    key: Zeroizing<[u8; 32]>,
}

impl Sealer {
    /// Under a key derived from a bearer value, so that only its holder can open (and no thief of the disk).
    pub fn from_secret(secret: &Secret) -> Self {
        Self {
            key_id: "bearer".to_owned(),
            key: derive(secret.expose().as_bytes(), "seal-successor"),
        }
    }

    /// The id of the key behind it.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The envelope `v1.<key id>.<nonce>.<ciphertext>`. `place` names table, column and row.
    pub fn seal(&self, place: &str, plain: &[u8], nonce: [u8; 24]) -> String {
        let payload = Payload {
            msg: plain,
            aad: place.as_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .expect("short values can be sealed");
        format!(
            "v1.{}.{}.{}",
            self.key_id,
            URL_SAFE_NO_PAD.encode(nonce),
            URL_SAFE_NO_PAD.encode(sealed)
        )
    }

    /// Opens an envelope that [`Sealer::seal`] made for the same `place`.
    pub fn open(&self, place: &str, envelope: &str) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let mut parts = envelope.splitn(4, '.');
        let (Some("v1"), Some(key_id), Some(nonce), Some(sealed)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Unsealable::Malformed);
        };
        if key_id != self.key_id {
            return Err(Unsealable::OtherKey(key_id.to_owned()));
        }
        let nonce = URL_SAFE_NO_PAD.decode(nonce).map_err(|_| Unsealable::Malformed)?;
        let nonce: [u8; 24] = nonce.try_into().map_err(|_| Unsealable::Malformed)?;
        let sealed = URL_SAFE_NO_PAD
            .decode(sealed)
            .map_err(|_| Unsealable::Malformed)?;
        let payload = Payload {
            msg: &sealed,
            aad: place.as_bytes(),
        };
        let plain = self
            .cipher()
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Unsealable::Forged)?;
        Ok(Zeroizing::new(plain))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

/// Keyed authentication (HMAC-SHA256) of values that come back to us.
#[derive(Clone)]
pub struct MacKey(Zeroizing<[u8; 32]>);

impl MacKey {
    /// The tag of the given parts, in base64url. No part runs into the next one.
    pub fn tag(&self, parts: &[&str]) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.0).expect("HMAC takes any key");
        for part in parts {
            mac.update(&part.len().to_be_bytes());
            mac.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    /// A number that only the holder of the key can work out: the same for the same parts, and else random.
    pub fn number(&self, parts: &[&str]) -> [u8; 16] {
        let digest = Digest::of(self.tag(parts).as_bytes());
        std::array::from_fn(|index| digest.as_bytes()[index])
    }

    /// Whether `tag` is the tag of these parts.
    pub fn verify(&self, parts: &[&str], tag: &str) -> bool {
        equal(self.tag(parts).as_bytes(), tag.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_prints() {
        let secret = Secret::bearer("rt", [7; 32]);
        let key = MasterKey::new([9; 32]);
        let shown = format!("{secret:?} {:?} {key:?}", secret.digest());
        assert!(
            !shown.contains(secret.expose()) && !shown.contains(key.to_base64().as_str()),
            "{shown}"
        );
    }

    #[test]
    fn sealed_values_open_only_in_their_place_and_with_their_key() {
        let sealer = MasterKey::new([1; 32]).sealer();
        let envelope = sealer.seal("keys|private|a", b"value", [2; 24]);
        assert_eq!(
            sealer.open("keys|private|a", &envelope).unwrap().as_slice(),
            b"value"
        );
        assert_eq!(sealer.open("keys|private|b", &envelope), Err(Unsealable::Forged));
        let other = MasterKey::new([3; 32]).sealer();
        assert!(matches!(
            other.open("keys|private|a", &envelope),
            Err(Unsealable::OtherKey(_))
        ));
        for bad in ["", "v1", "v2.a.b.c", "v1.x.!.!", &envelope[..envelope.len() - 2]] {
            assert!(sealer.open("keys|private|a", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_successor_is_sealed_under_its_predecessor() {
        let (old, new) = (Secret::bearer("rt", [1; 32]), Secret::bearer("rt", [2; 32]));
        let envelope = Sealer::from_secret(&old).seal("row", new.expose().as_bytes(), [0; 24]);
        let opened = Sealer::from_secret(&old).open("row", &envelope).unwrap();
        assert_eq!(opened.as_slice(), new.expose().as_bytes());
        assert_eq!(
            Sealer::from_secret(&new).open("row", &envelope),
            Err(Unsealable::Forged)
        );
    }

    #[test]
    fn master_keys_are_read_in_every_usual_spelling() {
        let key = MasterKey::new([0xfb; 32]);
        let text = key.to_base64();
        for spelling in [
            text.to_string(),
            format!("{}\n", *text),
            text.replace('+', "-").replace('/', "_"),
        ] {
            assert_eq!(MasterKey::from_base64(&spelling).unwrap().id(), key.id());
        }
        for bad in ["", "short", "!!!!", &"A".repeat(80)] {
            assert_eq!(MasterKey::from_base64(bad).unwrap_err(), InvalidMasterKey);
        }
    }

    #[test]
    fn tags_separate_their_parts() {
        let key = MasterKey::new([4; 32]).mac("csrf");
        assert_ne!(key.tag(&["ab", "c"]), key.tag(&["a", "bc"]));
        assert!(key.verify(&["a"], &key.tag(&["a"])));
        assert!(!key.verify(&["a"], ""));
    }
}
