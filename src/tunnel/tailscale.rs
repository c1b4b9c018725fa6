//! Tailscale Funnel: what its own command says of itself.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use super::{is_ours, public, text};
use crate::urls::PublicUrl;

/// A daemon that is not there is found out at once.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the command may know of our environment: none of our secrets.
const PASSED_ON: [&str; 3] = ["PATH", "HOME", "TMPDIR"];

pub(super) async fn find(port: u16) -> Option<PublicUrl> {
    let funnel = ask(&["funnel", "status", "--json"]).await?;
    let status = ask(&["status", "--json"]).await?;
    of_status(&funnel, &status, port)
}

async fn ask(arguments: &[&str]) -> Option<Value> {
    let environment = PASSED_ON
        .iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut command = Command::new("tailscale");
    command
        .args(arguments)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// The funnel to our port on this machine's own name; on port 443 if it can be, where every chat app
/// reaches it.
fn of_status(funnel: &Value, status: &Value, port: u16) -> Option<PublicUrl> {
    if text(status, &["BackendState"]) != Some("Running") {
        return None;
    }
    let own = text(status, &["Self", "DNSName"])?.trim_end_matches('.');
    // `tailscale funnel 8000`, without `--bg`, is kept by session.
    let sessions = funnel.get("Foreground").and_then(Value::as_object);
    let sessions = sessions.into_iter().flat_map(|sessions| sessions.values());
    let mut found: Vec<(bool, PublicUrl)> = std::iter::once(funnel)
        .chain(sessions)
        .flat_map(|settings| open_addresses(settings, own, port))
        .filter_map(|address| {
            let on_443 = address.ends_with(":443");
            Some((!on_443, public(&format!("https://{address}"))?))
        })
        .collect();
    found.sort_by_key(|(elsewhere, _)| *elsewhere);
    found.into_iter().next().map(|(_, url)| url)
}

/// Every `name:port` that lets the Internet in to our port.
fn open_addresses<'v>(settings: &'v Value, own: &'v str, port: u16) -> impl Iterator<Item = &'v str> {
    let allowed = settings.get("AllowFunnel").and_then(Value::as_object);
    let allowed = allowed.into_iter().flatten();
    allowed.filter_map(move |(address, open)| {
        let (name, _) = address.rsplit_once(':')?;
        let destination = text(settings, &["Web", address, "Handlers", "/", "Proxy"])?;
        let ours = open == &Value::Bool(true) && name.eq_ignore_ascii_case(own) && is_ours(destination, port);
        ours.then_some(address.as_str())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn running() -> Value {
        json!({"BackendState": "Running", "Self": {"DNSName": "laptop.tail1234.ts.net."}})
    }

    fn funnel(address: &str, proxy: &str) -> Value {
        json!({
            "TCP": {"443": {"HTTPS": true}},
            "Web": {address: {"Handlers": {"/": {"Proxy": proxy}}}},
            "AllowFunnel": {address: true},
        })
    }

    #[test]
    fn the_funnel_to_our_port_is_taken() {
        let settings = funnel("laptop.tail1234.ts.net:443", "http://127.0.0.1:8000");
        let found = of_status(&settings, &running(), 8000).unwrap();
        assert_eq!(found.origin(), "https://laptop.tail1234.ts.net");
        let session = json!({"Foreground": {"abc": settings}});
        assert_eq!(of_status(&session, &running(), 8000), Some(found));
        let elsewhere = funnel("laptop.tail1234.ts.net:8443", "http://127.0.0.1:8000");
        let found = of_status(&elsewhere, &running(), 8000).unwrap();
        assert_eq!(found.origin(), "https://laptop.tail1234.ts.net:8443");
        let mut both = elsewhere;
        both["Foreground"] = session["Foreground"].clone();
        let found = of_status(&both, &running(), 8000).unwrap();
        assert_eq!(found.origin(), "https://laptop.tail1234.ts.net");
    }

    #[test]
    fn nothing_else_is() {
        let own = "laptop.tail1234.ts.net:443";
        let ours = funnel(own, "http://127.0.0.1:8000");
        let mut shut = ours.clone();
        shut["AllowFunnel"][own] = json!(false);
        for other in [
            shut,
            funnel(own, "http://127.0.0.1:9000"),
            funnel("desktop.tail1234.ts.net:443", "http://127.0.0.1:8000"),
            json!({"Web": ours["Web"]}),
            json!({}),
            json!(null),
        ] {
            assert_eq!(of_status(&other, &running(), 8000), None, "{other}");
        }
        let stopped = json!({"BackendState": "Stopped", "Self": {"DNSName": "laptop.tail1234.ts.net."}});
        assert_eq!(of_status(&ours, &stopped, 8000), None);
        assert_eq!(of_status(&ours, &json!({}), 8000), None);
    }
}
