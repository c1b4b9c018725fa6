//! Who reaches the server: the process, its public address, and the tunnel between them.

use std::net::SocketAddr;

use super::Check;
use crate::app;
use crate::config::{Config, PublicAddress};
use crate::net::{Net, SystemResolver};
use crate::tunnel;
use crate::urls::PublicUrl;

const SERVER: &str = "server";
const PUBLIC_URL: &str = "public URL";
const TUNNEL: &str = "tunnel";

/// Also says at which address people reach the server, as far as that is known.
pub(super) async fn look(
    config: &Config,
    broken: &impl Fn(&[&str]) -> bool,
) -> (Option<PublicUrl>, Vec<Check>) {
    let net = Net::new(SystemResolver, false);
    let running = app::running_server(config);
    let mut checks = vec![match running {
        Some(address) => Check::ok(SERVER, format!("runs on http://{address}")),
        None => Check::skipped(SERVER, "none runs on this database"),
    }];
    if broken(&["PUBLIC_URL", "BIND_ADDR"]) {
        checks.push(Check::skipped(PUBLIC_URL, "the settings do not say what it is"));
        return (None, checks);
    }
    let port = running.unwrap_or(config.bind_addr).port();
    let found = match &config.public_url {
        PublicAddress::Bound => None,
        PublicAddress::Given(url) if url.is_loopback() => None,
        PublicAddress::Given(_) | PublicAddress::Tunnel => tunnel::find(&net, port).await,
    };
    let reached = match (&config.public_url, &found) {
        (PublicAddress::Given(url), _) => Some(url.clone()),
        (PublicAddress::Tunnel, found) => found.as_ref().map(|found| found.url.clone()),
        (PublicAddress::Bound, _) => Some(PublicUrl::loopback(running.unwrap_or(config.bind_addr))),
    };
    match (&config.public_url, found) {
        (PublicAddress::Given(url), found) => {
            checks.push(public_url(&net, url, running).await);
            checks.push(tunnel_to(url, found, port));
        }
        (PublicAddress::Tunnel, Some(found)) => {
            let detail = format!("{} forwards {} to port {port}", found.tunnel, found.url);
            checks.push(Check::ok(TUNNEL, detail));
            checks.push(public_url(&net, &found.url, running).await);
        }
        (PublicAddress::Tunnel, None) => checks.push(Check::problem(
            TUNNEL,
            format!("no tunnel on this machine leads to port {port}"),
            format!("start one: `ngrok http {port}`, or `tailscale funnel --bg {port}`"),
        )),
        (PublicAddress::Bound, _) => checks.push(match running {
            Some(address) => public_url(&net, &PublicUrl::loopback(address), running).await,
            None => Check::skipped(PUBLIC_URL, "the address that the server listens on, once it runs"),
        }),
    }
    (reached, checks)
}

/// Fetches the server's own metadata from where people do.
async fn public_url(net: &Net, url: &PublicUrl, running: Option<SocketAddr>) -> Check {
    let boot = match running {
        Some(address) => tunnel::process_at(net, address).await,
        None => None,
    };
    match tunnel::look(net, url, boot).await {
        Ok(()) => Check::ok(
            PUBLIC_URL,
            format!("{url} leads to the server; paste {}", url.resource()),
        ),
        Err(fault) if running.is_none() => Check::problem(
            PUBLIC_URL,
            fault.to_string(),
            format!(
                "start `chess-mcp serve`; if that is not enough, {}",
                fault.remedy()
            ),
        ),
        Err(fault) => Check::problem(PUBLIC_URL, fault.to_string(), fault.remedy()),
    }
}

fn tunnel_to(url: &PublicUrl, found: Option<tunnel::Found>, port: u16) -> Check {
    match found {
        _ if url.is_loopback() => Check::skipped(TUNNEL, "none is needed on loopback"),
        Some(found) if found.url == *url => {
            Check::ok(TUNNEL, format!("{} forwards it to port {port}", found.tunnel))
        }
        Some(found) => Check::problem(
            TUNNEL,
            format!(
                "{} forwards {} to port {port}, not {url}",
                found.tunnel, found.url
            ),
            format!("set PUBLIC_URL={}, or PUBLIC_URL=auto", found.url),
        ),
        None => Check::skipped(
            TUNNEL,
            format!("neither ngrok nor Tailscale on this machine leads to port {port}; another proxy may"),
        ),
    }
}
