//! `PUBLIC_URL=auto`: the tunnels of this machine are asked at the start and on SIGHUP. They are played by a
//! small agent whose address stands in its own settings file, and by a program named `tailscale`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::mcp::Answer;
use crate::support::server::signal;
use crate::support::{Home, Reply, Server, until};

/// Answers every request with what it was last told.
struct Agent {
    address: String,
    answer: Arc<Mutex<Value>>,
}

impl Agent {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answer = Arc::new(Mutex::new(json!({ "tunnels": [] })));
        let told = Arc::clone(&answer);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let body = told.lock().unwrap().to_string();
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { address, answer }
    }

    fn forward(&self, url: &str, port: &str) {
        let address = format!("http://localhost:{port}");
        *self.answer.lock().unwrap() = json!({ "tunnels": [
            { "proto": "https", "public_url": "https://other.example", "config": { "addr": "http://localhost:1" } },
            { "proto": "https", "public_url": url, "config": { "addr": address } },
        ] });
    }
}

/// A place where the agent's own settings say where it is.
fn home_with(agent: &Agent) -> Home {
    let home = Home::new().set("PUBLIC_URL", "auto");
    let settings = home.path(".config/ngrok/ngrok.yml");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    let text = format!("version: 3\nagent:\n  web_addr: {}\n", agent.address);
    std::fs::write(settings, text).unwrap();
    home
}

fn port(server: &Server) -> &str {
    server.address().rsplit_once(':').unwrap().1
}

async fn issuer(server: &Server) -> String {
    named(Reply::to(metadata(server)).await)
}

fn metadata(server: &Server) -> reqwest::RequestBuilder {
    server
        .http()
        .get(server.url("/.well-known/oauth-authorization-server"))
}

fn named(reply: Reply) -> String {
    reply.expect(200).json()["issuer"].as_str().unwrap().to_owned()
}

/// A move closes the connections that are kept open; a request that meets this is sent again.
async fn moves_to(server: &Server, address: &str) {
    until(&format!("the address becomes {address}"), async || {
        Reply::try_to(metadata(server))
            .await
            .is_ok_and(|reply| named(reply) == address)
    })
    .await;
}

#[tokio::test]
async fn without_a_tunnel_it_starts_on_loopback_and_says_so() {
    let agent = Agent::start().await;
    let server = home_with(&agent).serve().await;
    assert_eq!(issuer(&server).await, server.origin());
    let printed = server.stdout();
    assert!(
        printed.contains("No tunnel") && printed.contains("SIGHUP"),
        "{printed}"
    );
    assert!(printed.contains(&server.resource()), "{printed}");
}

#[tokio::test]
async fn a_tunnel_is_found_again_on_sighup_and_nothing_is_lost() {
    let agent = Agent::start().await;
    let server = home_with(&agent).serve().await;
    let alice = server.alice().await;
    let game = alice.board("e4").await;
    agent.forward("https://localhost:4431", port(&server));
    signal(server.pid(), "HUP").await;
    moves_to(&server, "https://localhost:4431").await;
    assert!(
        !server.admits(&alice.tokens.access).await,
        "the former issuer is void"
    );
    until("it is said aloud", async || {
        let printed = server.stdout();
        printed.contains("https://localhost:4431/mcp") && printed.contains(server.origin())
    })
    .await;
    assert_eq!(
        server.stdout().matches("listening on").count(),
        1,
        "the listener stays: {}",
        server.stdout()
    );
    let token = server.cli(&["token", "--user", "alice"]).await.ok();
    let call = json!({ "name": "chess_status", "arguments": { "game_id": game["game_id"] } });
    let status = Answer::of(&server.rpc(token.trim(), "tools/call", &call).await).ok();
    assert_eq!(status["ply"], 1, "the games stay");

    // The same address again changes nothing.
    signal(server.pid(), "HUP").await;
    server.logged("the public address is the same").await;
    assert_eq!(issuer(&server).await, "https://localhost:4431");
}

#[tokio::test]
async fn tailscale_is_asked_at_the_start() {
    let home = Home::new().set("PUBLIC_URL", "auto");
    let programs = home.path("programs");
    std::fs::create_dir_all(&programs).unwrap();
    tailscale(&programs);
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let server = home.set("PATH", path).serve().await;
    // Its name is on loopback, so that nobody goes looking for it elsewhere.
    assert_eq!(issuer(&server).await, "https://localhost");
    let printed = server.stdout();
    assert!(printed.contains("https://localhost/mcp"), "{printed}");
}

/// A command that knows one funnel, to the port that stands in the lock file.
fn tailscale(directory: &Path) {
    let script = r#"#!/bin/sh
port=$(sed 's/.*://' "$HOME/state/chess-mcp.db.lock")
case "$1" in
funnel) echo "{\"Web\":{\"localhost:443\":{\"Handlers\":{\"/\":{\"Proxy\":\"http://127.0.0.1:$port\"}}}},\"AllowFunnel\":{\"localhost:443\":true}}" ;;
status) echo '{"BackendState":"Running","Self":{"DNSName":"localhost."}}' ;;
esac
"#;
    let file = directory.join("tailscale");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}
