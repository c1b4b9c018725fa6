//! Learns the public address from a tunnel on this machine, and looks at the server through it.
//!
//! Two tunnels are asked, each in its own way: the agent of ngrok over its local API, Tailscale by its own
//! command. Only what forwards to our port counts. Nobody who sends us a request has a say in it.

mod ngrok;
mod probe;
mod tailscale;

use serde_json::Value;
use url::Url;

use crate::net::Net;
use crate::urls::PublicUrl;

pub use probe::{Astray, look, process_at};

/// An address that a tunnel forwards to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The address.
    pub url: PublicUrl,
    /// Whose tunnel it is, for people to read.
    pub tunnel: &'static str,
}

/// Asks the tunnels of this machine which address leads to our `port`; ngrok first. Takes seconds at most.
pub async fn find(net: &Net, port: u16) -> Option<Found> {
    if let Some(url) = ngrok::find(net, port).await {
        return Some(Found { url, tunnel: "ngrok" });
    }
    let url = tailscale::find(port).await?;
    Some(Found {
        url,
        tunnel: "Tailscale Funnel",
    })
}

/// The https origin that a tunnel gives, without what does not belong to one.
fn public(text: &str) -> Option<PublicUrl> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https")?;
    PublicUrl::parse(&url.origin().ascii_serialization()).ok()
}

/// Whether a tunnel's destination (`http://localhost:8000`, `127.0.0.1:8000`, `8000`) is our port on this
/// machine. We speak no TLS, so an https destination is somebody else.
fn is_ours(destination: &str, port: u16) -> bool {
    let bare = destination.strip_prefix("http://").unwrap_or(destination);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    let (host, number) = bare.rsplit_once(':').unwrap_or(("", bare));
    let here = matches!(
        host,
        "" | "localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0" | "[::]"
    );
    here && number.parse() == Ok(port)
}

/// The text at a path of keys.
fn text<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v str> {
    keys.iter().try_fold(value, |value, key| value.get(key))?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations() {
        for ours in [
            "http://localhost:8000",
            "http://127.0.0.1:8000/",
            "localhost:8000",
            "[::1]:8000",
            "8000",
        ] {
            assert!(is_ours(ours, 8000), "{ours}");
        }
        for other in [
            "http://localhost:80",
            "http://localhost:18000",
            "https://localhost:8000",
            "http://192.168.1.7:8000",
            "http://localhost:8000/path",
            "file:///srv",
            "",
        ] {
            assert!(!is_ours(other, 8000), "{other}");
        }
    }

    #[test]
    fn origins() {
        let read = |text| public(text).map(|url| url.to_string());
        assert_eq!(
            read("https://A.ngrok.app/").as_deref(),
            Some("https://a.ngrok.app")
        );
        assert_eq!(
            read("https://a.ngrok.app:443").as_deref(),
            Some("https://a.ngrok.app")
        );
        assert_eq!(read("http://a.ngrok.app"), None);
        assert_eq!(read("tcp://1.tcp.ngrok.io:12345"), None);
    }
}
