//! Names to addresses, checked on the way.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolving};

use super::FetchError;

/// The addresses of a name, at some time.
pub type Addresses<'n> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'n>>;

/// What turns names into addresses: the system, or a table in tests.
pub trait Resolve: Send + Sync + 'static {
    /// Every address of `name`, asked for now.
    fn resolve<'n>(&'n self, name: &'n str) -> Addresses<'n>;
}

/// Asks the system.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'n>(&'n self, name: &'n str) -> Addresses<'n> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Hands out public addresses only.
///
/// It stands inside the connector, so what is checked is exactly what is connected to: a name that changes
/// its answer between two questions (DNS rebinding) is asked once.
pub(super) struct Guard {
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) permits: fn(IpAddr) -> bool,
}

impl reqwest::dns::Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, permits) = (Arc::clone(&self.resolver), self.permits);
        Box::pin(async move {
            let addresses = checked(&*resolver, permits, name.as_str()).await?;
            // Port 0 stands for the one of the URL.
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// One address that is not public spoils all: a public server does not have any.
async fn checked(
    resolver: &dyn Resolve,
    permits: fn(IpAddr) -> bool,
    name: &str,
) -> Result<Vec<IpAddr>, FetchError> {
    let addresses = resolver.resolve(name).await.map_err(|error| {
        tracing::debug!(%error, name, "a host name was not found");
        FetchError::Unknown
    })?;
    if addresses.is_empty() {
        return Err(FetchError::Unknown);
    }
    if addresses.iter().copied().all(permits) {
        Ok(addresses)
    } else {
        Err(FetchError::NotPublic)
    }
}
