//! ngrok: the local API of its agent (<https://ngrok.com/docs/agent/api>).

use std::path::PathBuf;
use std::time::Duration;

use hyper::Request;
use serde_json::Value;
use tokio::time::timeout;

use super::{is_ours, public, text};
use crate::net::Net;
use crate::urls::PublicUrl;

/// Where agents listen: the first takes 4040, each further one the next.
const USUAL_PORTS: std::ops::RangeInclusive<u16> = 4040..=4044;
/// It is on this machine: what has not answered by now is something else.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) async fn find(net: &Net, port: u16) -> Option<PublicUrl> {
    for agent in agents() {
        if let Some(answer) = ask(net, &agent, "/api/tunnels").await {
            let newer = async || of_endpoints(&ask(net, &agent, "/api/endpoints").await?, port);
            match of_tunnels(&answer, port) {
                Some(url) => return Some(url),
                None => {
                    if let Some(url) = newer().await {
                        return Some(url);
                    }
                }
            }
        }
    }
    None
}

async fn ask(net: &Net, agent: &str, path: &str) -> Option<Value> {
    let request = Request::get(format!("http://{agent}{path}")).header("accept", "application/json");
    let response = timeout(PATIENCE, net.fetch_trusted(request.body(Vec::new()).ok()?)).await;
    let response = response.ok()?.ok()?;
    serde_json::from_slice(response.body()).ok()
}

/// The address in the agent's own settings, else the usual ones.
fn agents() -> Vec<String> {
    let configured = settings_files()
        .iter()
        .find_map(|file| web_addr(&std::fs::read_to_string(file).ok()?));
    match configured {
        Some(address) => vec![address],
        None => USUAL_PORTS.map(|port| format!("127.0.0.1:{port}")).collect(),
    }
}

fn settings_files() -> Vec<PathBuf> {
    let current = dirs::config_dir().map(|dir| dir.join("ngrok").join("ngrok.yml"));
    let older = dirs::home_dir().map(|dir| dir.join(".ngrok2").join("ngrok.yml"));
    current.into_iter().chain(older).collect()
}

/// `web_addr` of a settings file, at the top (version 2) or under `agent` (version 3).
fn web_addr(yaml: &str) -> Option<String> {
    let mut values = yaml
        .lines()
        .filter_map(|line| line.trim().strip_prefix("web_addr:"));
    let value = values.next_back()?.split(" #").next()?.trim();
    let value = value.trim_matches(['"', '\'']);
    let (host, port) = value.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    let host = match host {
        "" | "0.0.0.0" | "localhost" => "127.0.0.1",
        host => host,
    };
    Some(format!("{host}:{port}"))
}

fn of_tunnels(answer: &Value, port: u16) -> Option<PublicUrl> {
    answer.get("tunnels")?.as_array()?.iter().find_map(|tunnel| {
        let ours = is_ours(text(tunnel, &["config", "addr"])?, port);
        text(tunnel, &["public_url"]).filter(|_| ours).and_then(public)
    })
}

/// Newer agents list endpoints, some of which are no tunnels any more.
fn of_endpoints(answer: &Value, port: u16) -> Option<PublicUrl> {
    answer.get("endpoints")?.as_array()?.iter().find_map(|endpoint| {
        let upstream = text(endpoint, &["upstream", "url"]).or_else(|| text(endpoint, &["upstream_url"]));
        let url = text(endpoint, &["url"]).or_else(|| text(endpoint, &["public_url"]));
        url.filter(|_| is_ours(upstream.unwrap_or_default(), port))
            .and_then(public)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_tunnel_to_our_port_is_taken() {
        let answer = json!({"tunnels": [
            {"proto": "https", "public_url": "https://other.ngrok.app", "config": {"addr": "http://localhost:80"}},
            {"proto": "tcp", "public_url": "tcp://0.tcp.ngrok.io:1", "config": {"addr": "localhost:8000"}},
            {"proto": "http", "public_url": "http://plain.ngrok.app", "config": {"addr": "http://localhost:8000"}},
            {"proto": "https", "public_url": "https://chess.ngrok.app", "config": {"addr": "http://localhost:8000"}},
        ]});
        let found = of_tunnels(&answer, 8000).unwrap();
        assert_eq!(found.origin(), "https://chess.ngrok.app");
        assert_eq!(of_tunnels(&answer, 9000), None);
        for nothing in [
            json!({"tunnels": []}),
            json!({}),
            json!([]),
            json!({"tunnels": [1, {}]}),
        ] {
            assert_eq!(of_tunnels(&nothing, 8000), None);
        }
    }

    #[test]
    fn endpoints_of_newer_agents() {
        let answer = json!({"endpoints": [
            {"url": "https://other.ngrok.app", "upstream": {"url": "http://localhost:80"}},
            {"url": "https://chess.ngrok.app", "upstream": {"url": "http://localhost:8000"}},
        ]});
        assert_eq!(of_endpoints(&answer, 8000).unwrap().host(), "chess.ngrok.app");
        assert_eq!(
            of_endpoints(&json!({"endpoints": [{"url": "https://a.ngrok.app"}]}), 8000),
            None
        );
    }

    #[test]
    fn the_agents_own_settings() {
        for (yaml, expected) in [
            ("version: 2\nweb_addr: localhost:4050\n", Some("127.0.0.1:4050")),
            (
                "version: 3\nagent:\n  authtoken: x\n  web_addr: \"127.0.0.1:4060\" # here\n",
                Some("127.0.0.1:4060"),
            ),
            ("agent:\n  web_addr: 0.0.0.0:4040\n", Some("127.0.0.1:4040")),
            ("web_addr: false\n", None),
            ("# web_addr: localhost:4050\n", None),
            ("", None),
        ] {
            assert_eq!(web_addr(yaml).as_deref(), expected, "{yaml}");
        }
    }
}
