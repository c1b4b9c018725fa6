//! Why nobody came back from a provider.

use crate::net::FetchError;

/// Why a provider did not say who somebody is. The reasons are ours, for the log; what a provider wrote is in none
/// of them, since anybody can make a browser bring any text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// The person said no there.
    #[error("denied at the provider")]
    Denied,
    /// It cannot be reached, takes too long, or says that it cannot help now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It answered in a way that proves nothing.
    #[error("{0}")]
    Misbehaved(String),
}

impl UpstreamError {
    /// An answer that proves nothing.
    pub(super) fn misbehaved(why: impl Into<String>) -> Self {
        Self::Misbehaved(why.into())
    }

    /// A status that `part` answered with, which should have been 200.
    pub(super) fn status(part: &str, status: u16) -> Self {
        if (500..600).contains(&status) || status == 429 {
            return Self::Unavailable(format!("{part} answered with status {status}"));
        }
        Self::Misbehaved(format!("{part} answered with status {status}"))
    }

    /// What kept `part` from being read.
    pub(super) fn fetch(part: &str, error: &FetchError) -> Self {
        match error {
            FetchError::TooLarge(limit) => Self::Misbehaved(format!("{part} is larger than {limit} bytes")),
            FetchError::Unreachable(why) => Self::Unavailable(format!("{part} cannot be reached: {why}")),
            other => Self::Unavailable(format!("{part}: {other}")),
        }
    }
}
