//! Looks at the server from outside: does its public address lead to this very process?

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::{Request, Response};
use serde_json::Value;

use super::text;
use crate::id::BootId;
use crate::net::{FetchError, Net};
use crate::urls::{BOOT_HEADER, PublicUrl, path};

/// Why the public address does not lead here. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Astray {
    /// Nobody answers.
    #[error("nothing answers at {url} ({why})")]
    Silent {
        /// The public address.
        url: String,
        /// What was met.
        why: FetchError,
    },
    /// Something answers that is not a server of ours.
    #[error("something else answers at {url}: status {status}{hint}")]
    Other {
        /// The public address.
        url: String,
        /// With which status.
        status: u16,
        /// What the tunnel says about it.
        hint: String,
    },
    /// A server of ours answers, under another name.
    #[error("the server that answers at {url} is told that its address is {told}")]
    Misnamed {
        /// The public address.
        url: String,
        /// Its own idea of it.
        told: String,
    },
    /// A server of ours answers, but not this one.
    #[error("another chess-mcp answers at {url}")]
    Another {
        /// The public address.
        url: String,
    },
}

impl Astray {
    /// The way out.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Silent { .. } => {
                "start the tunnel, or set PUBLIC_URL to the address that the tunnel shows, and look again"
            }
            Self::Other { .. } => {
                "let the tunnel forward to the address that the server listens on, or correct PUBLIC_URL"
            }
            Self::Misnamed { .. } => {
                "set PUBLIC_URL to the address that people use, and start the server again"
            }
            Self::Another { .. } => {
                "stop the other server, or let the tunnel forward to the address that this one listens on"
            }
        }
    }
}

/// Looks whether `url` leads to a server of that name; to the one that is `boot`, where that is known.
pub async fn look(net: &Net, url: &PublicUrl, boot: Option<BootId>) -> Result<(), Astray> {
    let at = || url.origin().to_owned();
    let response = fetch(net, url.origin(), url.host())
        .await
        .map_err(|why| Astray::Silent { url: at(), why })?;
    let Some((told, answered)) = ours(&response) else {
        let code = response.headers().get("ngrok-error-code");
        let code = code.and_then(|code| code.to_str().ok());
        return Err(Astray::Other {
            url: at(),
            status: response.status().as_u16(),
            hint: code.map_or(String::new(), |code| format!(", {code}")),
        });
    };
    if told != url.resource() {
        let told = told.strip_suffix(path::MCP).unwrap_or(&told).to_owned();
        return Err(Astray::Misnamed { url: at(), told });
    }
    if boot.is_some_and(|boot| boot != answered) {
        return Err(Astray::Another { url: at() });
    }
    Ok(())
}

/// Which process serves at an address of this machine, if one does.
pub async fn process_at(net: &Net, address: SocketAddr) -> Option<BootId> {
    let here = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let origin = format!("http://{}", SocketAddr::new(here, address.port()));
    // A name to which every server of ours answers, whatever it listens on.
    let response = fetch(net, &origin, "localhost").await.ok()?;
    ours(&response).map(|(_, boot)| boot)
}

async fn fetch(net: &Net, origin: &str, host: &str) -> Result<Response<Vec<u8>>, FetchError> {
    let request = Request::get(format!("{origin}{}", path::RESOURCE_METADATA))
        .header("host", host)
        .header("accept", "application/json")
        // Else the free plan of ngrok may answer with a page of its own.
        .header("ngrok-skip-browser-warning", "1")
        .body(Vec::new())
        .expect("an origin and a path are a URL");
    net.fetch_trusted(request).await
}

/// The resource that the metadata names, and the process that sent it.
fn ours(response: &Response<Vec<u8>>) -> Option<(String, BootId)> {
    let boot = response.headers().get(BOOT_HEADER)?.to_str().ok()?;
    let document: Value = serde_json::from_slice(response.body()).ok()?;
    Some((text(&document, &["resource"])?.to_owned(), boot.parse().ok()?))
}
