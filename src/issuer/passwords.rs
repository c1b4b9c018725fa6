//! Passwords: which ones are accepted, and hashing with Argon2id, two at a time, with the same work for names
//! that do not exist.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::account::Username;
use crate::secret::{Secret, random};
use crate::store::StoreError;

/// Hashes that are computed at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Shortest password that is accepted, in characters.
pub(super) const MIN_PASSWORD: usize = 8;
/// Longest one, in bytes: more would only be work for the hash.
pub(super) const MAX_PASSWORD: usize = 1024;

/// What guessers try first, as [`core()`] leaves it. Every other rule only makes people write passwords down.
const COMMON: [&str; 36] = [
    "password",
    "passwort",
    "passw0rd",
    "motdepasse",
    "contraseña",
    "qwerty",
    "qwertyui",
    "qwertyuiop",
    "qwertz",
    "azerty",
    "asdfgh",
    "asdfghjk",
    "asdfghjkl",
    "zxcvbnm",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "batman",
    "dragon",
    "monkey",
    "shadow",
    "letmein",
    "welcome",
    "trustno",
    "starwars",
    "whatever",
    "computer",
    "changeme",
    "administrator",
    "checkmate",
    "stockfish",
    "chess",
    "abcdefgh",
];

/// Why a password that somebody chose is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("A password needs at least {MIN_PASSWORD} characters.")]
    Short,
    /// Too long.
    #[error("A password has at most {MAX_PASSWORD} bytes.")]
    Long,
    /// It is the name of its account.
    #[error("A password must not be the name of the account.")]
    Name,
    /// It is among the first that guessers try.
    #[error("This password is among the first that anybody tries. Choose another one.")]
    Common,
}

/// Judges the length alone: whoever runs the server may choose as they like otherwise.
pub(super) fn check_length(password: &Secret) -> Result<(), WeakPassword> {
    if password.expose().chars().count() < MIN_PASSWORD {
        return Err(WeakPassword::Short);
    }
    if password.expose().len() > MAX_PASSWORD {
        return Err(WeakPassword::Long);
    }
    Ok(())
}

/// Judges a password that a person chose for themselves.
pub(super) fn check(password: &Secret, username: &Username) -> Result<(), WeakPassword> {
    check_length(password)?;
    let text = password.expose().to_lowercase();
    if core(&text) == core(username.as_str()) || text == username.as_str() {
        return Err(WeakPassword::Name);
    }
    // Digits alone, one or two letters over and over, and a common word with a number behind it.
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let digits_alone = core(&text).is_empty() && text.chars().count() < 16;
    if letters.len() < 3 || digits_alone || COMMON.contains(&core(&text)) {
        return Err(WeakPassword::Common);
    }
    Ok(())
}

/// The word in a password, without the digits and marks that people put around it.
fn core(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphabetic())
}

/// A hash that no password has, of the same cost as all others.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y2hlc3MtbWNwLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Verifies passwords.
pub(super) struct Passwords {
    permits: Arc<Semaphore>,
    /// How often that work was done: once for each attempt, whoever it names.
    computed: Arc<AtomicU64>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            computed: Arc::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// Whether `password` belongs to `kept`; without a hash the same work is done for nothing.
    pub(super) async fn verify(&self, password: Secret, kept: Option<String>) -> bool {
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
            return false;
        };
        let computed = Arc::clone(&self.computed);
        let exists = kept.is_some();
        let kept = kept.unwrap_or_else(|| NOBODY.to_owned());
        #[expect(clippy::disallowed_methods, reason = "bounded by the permits")]
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let parsed = PasswordHash::new(&kept);
            parsed.is_ok_and(|kept| {
                let verified = Argon2::default().verify_password(password.expose().as_bytes(), &kept);
                computed.fetch_add(1, Ordering::Relaxed);
                verified.is_ok()
            })
        });
        task.await.unwrap_or(false) && exists
    }

    /// The hash of a new password.
    pub(super) async fn hash(&self, password: Secret) -> Result<String, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Stopped)?;
        #[expect(clippy::disallowed_methods, reason = "bounded by the permits")]
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            hash(&password)
        });
        task.await.map_err(|_| StoreError::Stopped)
    }
}

/// The Argon2id hash in PHC string format, with the crate's default cost (OWASP's first recommendation).
pub(super) fn hash(password: &Secret) -> String {
    let salt: [u8; 16] = random();
    let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
    hash.expect("the default cost and a salt of 16 bytes are valid")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_costs_what_everybody_costs() {
        let cost = |phc: &str| phc.rsplitn(3, '$').last().map(str::to_owned);
        let real = hash(&Secret::new("some password".to_owned()));
        assert_eq!(cost(NOBODY), cost(&real));
        assert_eq!(NOBODY.len(), real.len());
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[test]
    fn what_guessers_try_first_is_refused() {
        let name = Username::parse("Magnus7").unwrap();
        let judge = |text: &str| check(&Secret::new(text.to_owned()), &name);
        for (text, weak) in [
            ("short", WeakPassword::Short),
            ("äöüäöüä", WeakPassword::Short),
            (&*"x".repeat(1025), WeakPassword::Long),
            ("MAGNUS7!", WeakPassword::Name),
            ("magnus2026", WeakPassword::Name),
            ("Password1!", WeakPassword::Common),
            ("12345678", WeakPassword::Common),
            ("2026-11-21", WeakPassword::Common),
            ("aaaaaaaa", WeakPassword::Common),
            ("abababab", WeakPassword::Common),
            ("Checkmate99", WeakPassword::Common),
        ] {
            assert_eq!(judge(text), Err(weak), "{text}");
        }
        for good in [
            "correct horse battery staple",
            "xk7-pfw2-qq",
            "Zwischenzug!",
            "äöüäöüäö",
        ] {
            assert_eq!(judge(good), Ok(()), "{good}");
        }
    }

    #[tokio::test]
    async fn only_the_right_password_of_an_existing_account_holds() {
        let passwords = Passwords::new();
        let secret = |text: &str| Secret::new(text.to_owned());
        let kept = hash(&secret("correct horse"));
        assert!(kept.starts_with("$argon2id$"));
        assert!(
            passwords
                .verify(secret("correct horse"), Some(kept.clone()))
                .await
        );
        assert!(!passwords.verify(secret("correct horsf"), Some(kept)).await);
        assert!(!passwords.verify(secret("x"), None).await);
        assert!(!passwords.verify(secret("x"), Some("not a hash".to_owned())).await);
    }
}
