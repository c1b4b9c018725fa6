//! Password hashing: Argon2id, two at a time, and the same work for names that do not exist.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::secret::{Secret, random};

/// Hashes that are computed at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Verifies passwords.
pub(super) struct Passwords {
    permits: Arc<Semaphore>,
    nobody: String,
}

impl Passwords {
    pub(super) fn new() -> Self {
        let nobody = hash(&Secret::bearer("nobody", random()));
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            nobody,
        }
    }

    /// Whether `password` belongs to `kept`; without a hash the same work is done for nothing.
    pub(super) async fn verify(&self, password: Secret, kept: Option<String>) -> bool {
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
            return false;
        };
        let exists = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.clone());
        #[expect(clippy::disallowed_methods, reason = "bounded by the permits")]
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let parsed = PasswordHash::new(&kept);
            parsed.is_ok_and(|kept| {
                Argon2::default()
                    .verify_password(password.expose().as_bytes(), &kept)
                    .is_ok()
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
