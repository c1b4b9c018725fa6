//! An engine of the operator's, Stockfish as a rule: where it is, and whether it can be relied on just now.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// After a failed start the embedded engine stands in this long before the external one is tried again.
const REST: Duration = Duration::from_mins(1);

const NAME: &str = if cfg!(windows) {
    "stockfish.exe"
} else {
    "stockfish"
};
const PLACES: [&str; 3] = ["/usr/games", "/usr/local/bin", "/opt/homebrew/bin"];

/// A Stockfish on `PATH`, or where packages put it.
pub fn find_external() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(PLACES.iter().map(PathBuf::from));
    places
        .filter(|place| place.is_absolute())
        .map(|place| place.join(NAME))
        .find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// Whether starts of the external engine succeed. Says so in the log when that changes, not at every try.
#[derive(Debug, Default)]
pub(super) struct Reliance {
    failed: Mutex<Option<Instant>>,
}

impl Reliance {
    pub(super) fn is_usable(&self) -> bool {
        self.lock().is_none_or(|failed| failed.elapsed() >= REST)
    }

    pub(super) fn failed(&self, fault: &dyn std::fmt::Display) {
        if self.lock().replace(Instant::now()).is_none() {
            tracing::warn!(%fault, "the external engine cannot be used; the embedded one stands in");
        }
    }

    pub(super) fn succeeded(&self, name: &str) {
        if self.lock().take().is_some() {
            tracing::info!(engine.name = name, "the external engine is back");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failed_engine_rests_and_is_tried_again() {
        let reliance = Reliance::default();
        assert!(reliance.is_usable());
        reliance.failed(&"broken");
        assert!(!reliance.is_usable());
        tokio::time::advance(REST).await;
        assert!(reliance.is_usable());
        reliance.failed(&"broken");
        assert!(!reliance.is_usable());
        reliance.succeeded("Stockfish");
        assert!(reliance.is_usable());
    }
}
