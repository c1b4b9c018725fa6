//! Why nothing was fetched, in words that may be shown to people.

use std::error::Error;

/// Why a URL that a stranger supplied is not fetched, whatever it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitUrl {
    /// Not https; plain http is for this machine alone, while the server itself is on loopback.
    #[error("it must begin with https://")]
    Insecure,
    /// A port other than 443.
    #[error("it must not name a port: only 443 is fetched from")]
    Port,
    /// A user or a password.
    #[error("it must not hold a user name or a password")]
    Userinfo,
    /// A fragment.
    #[error("it must not have a fragment")]
    Fragment,
    /// An address in the place of a name, however it is written.
    #[error("it must name its host, not give an address")]
    Address,
    /// A name that only a local network knows.
    #[error("its host must be a full domain name")]
    LocalName,
}

/// Why nothing was fetched. The sentences follow "… could not be read: ".
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// Refused before anything was looked up.
    #[error(transparent)]
    Unfit(#[from] UnfitUrl),
    /// The host name leads nowhere.
    #[error("its host name cannot be found")]
    Unknown,
    /// The host name leads, perhaps among other places, into a network that is not public.
    #[error("its host name leads to an address that is not on the public Internet")]
    NotPublic,
    /// No connection, or one that broke; the reason is for the log.
    #[error("its server cannot be reached")]
    Unreachable(String),
    /// Too slow, as a whole.
    #[error("its server did not answer completely in time")]
    Late,
    /// Redirects are not followed: what is elsewhere has its own URL.
    #[error("its server redirects elsewhere, which is not followed")]
    Redirected,
    /// Anything else that is not a 200.
    #[error("its server answered with status {0}")]
    Status(u16),
    /// Not JSON.
    #[error("its server did not say that it is JSON (application/json)")]
    NotJson,
    /// Compressed, although that was not asked for.
    #[error("its server sent it compressed, which was not asked for")]
    Compressed,
    /// More than is read.
    #[error("it is larger than {0} bytes")]
    TooLarge(usize),
    /// Nothing can be fetched over TLS on this machine.
    #[error("this machine has no certificate authorities to trust: install its package ca-certificates")]
    NoAuthorities,
}

impl FetchError {
    /// What the HTTP library met, with all its reasons, in one line for the log.
    pub(super) fn from_library(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Late;
        }
        let mut told = error.to_string();
        let mut source = error.source();
        while let Some(reason) = source {
            if let Some(own) = reason.downcast_ref::<Self>() {
                return own.clone();
            }
            told = format!("{told}: {reason}");
            source = reason.source();
        }
        Self::Unreachable(told)
    }
}
