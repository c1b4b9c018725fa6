//! Proof key for code exchange (RFC 7636), method S256 only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::{Digest, equal};

/// What is said wherever the challenge is missing or of another method.
pub const REQUIRED: &str = "PKCE code_challenge and code_challenge_method=S256 are required";

/// The SHA-256 digest of a verifier that the client has yet to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChallenge(Digest);

impl CodeChallenge {
    /// Reads an S256 challenge: 43 base64url characters, exactly 32 bytes (RFC 7636 section 4.2).
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        Some(Self(Digest::from_bytes(bytes)))
    }

    /// For the store.
    pub fn digest(&self) -> Digest {
        self.0
    }

    /// From the store.
    pub fn from_digest(digest: Digest) -> Self {
        Self(digest)
    }

    /// Whether `verifier` is well formed (RFC 7636 section 4.1) and the one that was promised.
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let legal = verifier
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        (43..=128).contains(&verifier.len())
            && legal
            && equal(Digest::of(verifier.as_bytes()).as_bytes(), self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_holds() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(challenge.is_met_by(VERIFIER));
        assert_eq!(CodeChallenge::from_digest(challenge.digest()), challenge);
    }

    #[test]
    fn only_the_promised_verifier_meets_it() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        let padded = format!("{VERIFIER}=");
        let long = VERIFIER.repeat(3);
        for bad in [
            "",
            CHALLENGE,
            &VERIFIER[..42],
            &padded,
            &long,
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX ",
        ] {
            assert!(!challenge.is_met_by(bad), "{bad}");
        }
    }

    #[test]
    fn challenges_are_32_bytes_of_base64url() {
        let padded = format!("{CHALLENGE}=");
        let short = &CHALLENGE[..42];
        for bad in [
            "",
            "plain",
            VERIFIER,
            &padded,
            short,
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
            "é",
        ] {
            // the verifier of the RFC is itself 43 characters of base64url: only its form can be judged
            assert_eq!(CodeChallenge::parse(bad).is_some(), bad == VERIFIER, "{bad}");
        }
    }
}
