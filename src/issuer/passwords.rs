//! Password hashing: Argon2id, two at a time, and the same work for names that do not exist.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::secret::{Secret, random};

/// Hashes that are computed at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

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
