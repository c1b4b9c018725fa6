//! Chat hosts as they behave on the wire, from the first probe to the last request: what each asks, in which
//! order and in which spelling. Those with a metadata document of their own get in although this machine
//! cannot read it.

use serde_json::{Value, json};
use url::Url;

use crate::support::mcp::{self, Answer};
use crate::support::oauth::{App, Pkce, Request, Tokens, claims};
use crate::support::{Browser, Home, Reply, Server};

/// How a host gets its client id.
enum Identity {
    /// The address of its metadata document.
    Document(&'static str),
    /// It registers these redirect URIs under this name; the first is used.
    Registers(&'static str, &'static [&'static str]),
}

use Identity::{Document, Registers};

/// How often, and in which spelling, a host names the resource.
#[derive(Clone, Copy)]
enum Resource {
    Absent,
    Once,
    Twice,
    Slash,
    Origin,
}

/// How a host speaks MCP once it is in.
#[derive(Clone, Copy)]
enum Speaks {
    /// `initialize` with this version, so many times.
    Initializes(&'static str, usize),
    /// `server/discover`, then `initialize` all the same.
    Both(&'static str),
    /// `server/discover` alone.
    Discovers,
}

struct Host {
    name: &'static str,
    identity: Identity,
    /// Where it listens this time.
    redirect_uri: &'static str,
    /// `MCP-Protocol-Version` on its discovery requests.
    discovery_version: Option<&'static str>,
    /// Where it looks for the authorization server's metadata, in order.
    ladder: &'static [&'static str],
    resource: Resource,
    /// What it asks for; `None` names no scope.
    scope: Option<&'static str>,
    speaks: Speaks,
    refreshes: bool,
    /// Whether it says goodbye.
    revokes: bool,
}

const RFC8414: &str = "/.well-known/oauth-authorization-server";
const OIDC: &str = "/.well-known/openid-configuration";

const HOSTS: [Host; 15] = [
    Host {
        name: "ChatGPT",
        identity: Document("https://chatgpt.com/oauth/client.json"),
        redirect_uri: "https://chatgpt.com/connector_platform_oauth_redirect",
        discovery_version: None,
        ladder: &[RFC8414, OIDC],
        resource: Resource::Twice,
        scope: Some("chess offline_access"),
        speaks: Speaks::Both("2025-11-25"),
        refreshes: true,
        revokes: true,
    },
    Host {
        name: "ChatGPT, told to register",
        identity: Registers("ChatGPT", &["https://chatgpt.com/connector/oauth/3f9aKx_b-c"]),
        redirect_uri: "https://chatgpt.com/connector/oauth/3f9aKx_b-c",
        discovery_version: None,
        ladder: &[RFC8414, OIDC],
        resource: Resource::Once,
        scope: Some("chess offline_access"),
        speaks: Speaks::Initializes("2025-11-25", 2),
        refreshes: true,
        revokes: true,
    },
    Host {
        name: "Claude",
        identity: Document("https://claude.ai/oauth/mcp-oauth-client-metadata"),
        redirect_uri: "https://claude.ai/api/mcp/auth_callback",
        discovery_version: None,
        ladder: &["/.well-known/oauth-authorization-server/mcp", RFC8414],
        resource: Resource::Once,
        scope: Some("chess offline_access"),
        speaks: Speaks::Initializes("2025-11-25", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "Claude, registering anew for each connection",
        identity: Registers(
            "Claude",
            &[
                "https://claude.ai/api/mcp/auth_callback",
                "https://claude.com/api/mcp/auth_callback",
            ],
        ),
        redirect_uri: "https://claude.com/api/mcp/auth_callback",
        discovery_version: None,
        ladder: &[RFC8414],
        resource: Resource::Once,
        scope: Some("chess offline_access"),
        speaks: Speaks::Initializes("2025-06-18", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "Claude Code",
        identity: Document("https://claude.ai/oauth/claude-code-client-metadata"),
        redirect_uri: "http://localhost:54545/callback",
        discovery_version: Some("2026-07-28"),
        ladder: &["/.well-known/oauth-authorization-server/mcp", RFC8414],
        resource: Resource::Slash,
        scope: Some("chess offline_access"),
        speaks: Speaks::Discovers,
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "Claude Code, with nothing but the origin",
        identity: Registers("Claude Code (chess)", &["http://localhost:61201/callback"]),
        redirect_uri: "http://localhost:61201/callback",
        discovery_version: Some("2025-11-25"),
        ladder: &[RFC8414],
        resource: Resource::Origin,
        scope: None,
        speaks: Speaks::Initializes("2025-11-25", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "Codex",
        identity: Registers("Codex", &["http://127.0.0.1:49321/callback/9c1de5a7f2"]),
        redirect_uri: "http://127.0.0.1:49321/callback/9c1de5a7f2",
        discovery_version: Some("2024-11-05"),
        ladder: &["/.well-known/oauth-authorization-server/mcp", RFC8414],
        resource: Resource::Twice,
        scope: Some("chess"),
        speaks: Speaks::Initializes("2025-06-18", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "Codex, by its document",
        identity: Document("https://chatgpt.com/oauth/codex/client.json"),
        redirect_uri: "http://127.0.0.1:49322/callback",
        discovery_version: Some("2024-11-05"),
        ladder: &[RFC8414],
        resource: Resource::Once,
        scope: Some("chess"),
        speaks: Speaks::Initializes("2025-06-18", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "VS Code",
        identity: Document("https://vscode.dev/oauth/client-metadata.json"),
        redirect_uri: "http://127.0.0.1:33418/",
        discovery_version: Some("2025-11-25"),
        ladder: &["/.well-known/oauth-authorization-server/mcp", RFC8414, OIDC],
        resource: Resource::Once,
        scope: Some("chess"),
        speaks: Speaks::Initializes("2025-11-25", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "Cursor",
        identity: Registers(
            "Cursor",
            &[
                "http://localhost:8787/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "cursor://anysphere.cursor-mcp/oauth/callback",
            ],
        ),
        redirect_uri: "cursor://anysphere.cursor-mcp/oauth/callback",
        discovery_version: Some("2025-06-18"),
        ladder: &[RFC8414],
        resource: Resource::Absent,
        scope: Some("chess offline_access openid profile email"),
        speaks: Speaks::Initializes("2025-06-18", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "Goose",
        identity: Document("https://goose-docs.ai/oauth/client-metadata.json"),
        redirect_uri: "http://127.0.0.1:40113/oauth_callback",
        discovery_version: Some("2025-03-26"),
        ladder: &[RFC8414],
        resource: Resource::Once,
        scope: Some("chess"),
        speaks: Speaks::Initializes("2025-03-26", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "MCP Inspector",
        identity: Registers("MCP Inspector", &["http://localhost:6274/oauth/callback"]),
        redirect_uri: "http://localhost:6274/oauth/callback",
        discovery_version: Some("2025-11-25"),
        ladder: &["/.well-known/oauth-authorization-server/mcp", RFC8414],
        resource: Resource::Once,
        scope: Some("chess"),
        speaks: Speaks::Both("2025-11-25"),
        refreshes: false,
        revokes: false,
    },
    Host {
        name: "mcp-remote",
        identity: Registers("MCP CLI Proxy", &["http://localhost:19876/oauth/callback"]),
        redirect_uri: "http://localhost:19876/oauth/callback",
        discovery_version: Some("2025-11-25"),
        ladder: &[RFC8414],
        resource: Resource::Once,
        scope: Some("chess offline_access"),
        speaks: Speaks::Initializes("2025-11-25", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "Zed",
        identity: Document("https://zed.dev/oauth/client-metadata.json"),
        redirect_uri: "http://127.0.0.1:52117/callback",
        discovery_version: None,
        ladder: &[RFC8414],
        resource: Resource::Once,
        scope: Some("chess"),
        speaks: Speaks::Initializes("2025-11-25", 1),
        refreshes: true,
        revokes: false,
    },
    Host {
        name: "OpenCode",
        identity: Document("https://opencode.ai/oauth/opencode/client.json"),
        redirect_uri: "http://127.0.0.1:19877/callback",
        discovery_version: Some("2025-06-18"),
        ladder: &[RFC8414],
        resource: Resource::Once,
        scope: Some("chess offline_access"),
        speaks: Speaks::Initializes("2025-06-18", 1),
        refreshes: true,
        revokes: true,
    },
];

#[tokio::test]
async fn every_host_gets_in_on_this_machine() {
    let server = Server::start().await;
    server.person("alice").await;
    for host in &HOSTS {
        walk(host, &server).await;
    }
}

#[tokio::test]
async fn every_host_gets_in_through_a_tunnel() {
    let server = Home::new()
        .set("PUBLIC_URL", "https://chess.example")
        .serve()
        .await;
    server.person("alice").await;
    for host in &HOSTS {
        walk(host, &server).await;
    }
}

/// Everything that a host does with a server, once.
async fn walk(host: &Host, server: &Server) {
    let name = host.name;
    let resource = discover_resource(host, server).await;
    let metadata = discover_server(host, server).await;
    let app = identify(host, server, &metadata).await;
    let tokens = connect(host, server, &app, &resource).await;
    assert_eq!(claims(&tokens.access)["aud"], resource.as_str(), "{name}");
    assert_eq!(claims(&tokens.access)["client_id"], app.id.as_str(), "{name}");
    play(host, server, &tokens.access).await;
    let tokens = if host.refreshes {
        refresh(host, server, &app, &tokens, &resource).await
    } else {
        tokens
    };
    if host.revokes {
        let mut form = vec![("token".to_owned(), tokens.refresh.clone())];
        app.sign(&mut form);
        let endpoint = text(&metadata, "revocation_endpoint");
        Reply::to(server.http().post(server.reach(&endpoint)).form(&form))
            .await
            .expect(200);
        let reply = server.rpc(&tokens.access, "ping", &json!({})).await.expect(401);
        let challenge = reply.header("www-authenticate");
        assert!(
            challenge.contains("error=\"invalid_token\""),
            "{name}: {challenge}"
        );
    }
}

/// An empty POST without a token, and what its challenge leads to.
async fn discover_resource(host: &Host, server: &Server) -> String {
    let name = host.name;
    let probe = Reply::to(server.http().post(server.url("/mcp")))
        .await
        .expect(401);
    let challenge = probe.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer ") && !challenge.contains("error="),
        "{name}: {challenge}"
    );
    let (_, rest) = challenge.split_once("resource_metadata=\"").unwrap();
    let (address, _) = rest.split_once('"').unwrap();
    let document = get(host, server, &server.reach(address)).await;
    assert_eq!(
        document["authorization_servers"],
        json!([server.origin()]),
        "{name}"
    );
    assert_eq!(document["scopes_supported"], json!(["chess"]), "{name}");
    let resource = text(&document, "resource");
    assert_eq!(resource, server.resource(), "{name}: what was pasted");
    resource
}

async fn discover_server(host: &Host, server: &Server) -> Value {
    let mut documents = Vec::new();
    for path in host.ladder {
        documents.push(get(host, server, &server.url(path)).await);
    }
    let document = documents[0].clone();
    assert!(documents.iter().all(|other| *other == document), "{}", host.name);
    assert_eq!(document["issuer"], server.origin(), "{}", host.name);
    let lists = |field: &str, value: &str| {
        let listed = document[field].as_array().unwrap();
        assert!(
            listed.contains(&json!(value)),
            "{}: {value} in {field}",
            host.name
        );
    };
    lists("code_challenge_methods_supported", "S256");
    lists("token_endpoint_auth_methods_supported", "none");
    lists("grant_types_supported", "refresh_token");
    lists("scopes_supported", "offline_access");
    assert_eq!(
        document["authorization_response_iss_parameter_supported"], true,
        "{}",
        host.name
    );
    document
}

async fn get(host: &Host, server: &Server, url: &str) -> Value {
    let mut request = server.http().get(url);
    if let Some(version) = host.discovery_version {
        request = request.header("mcp-protocol-version", version);
    }
    let reply = Reply::to(request).await.expect(200);
    assert!(
        reply.header("content-type").starts_with("application/json"),
        "{url}"
    );
    reply.json()
}

async fn identify(host: &Host, server: &Server, metadata: &Value) -> App {
    let id = match host.identity {
        Document(id) => {
            assert_eq!(metadata["client_id_metadata_document_supported"], true);
            id.to_owned()
        }
        Registers(name, uris) => {
            let sent = json!({
                "client_name": name, "redirect_uris": uris, "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "client_uri": "https://app.example", "software_id": "a-software-id",
            });
            let endpoint = server.reach(&text(metadata, "registration_endpoint"));
            let answer = Reply::to(server.http().post(endpoint).json(&sent)).await;
            let answer = answer.expect(201).json();
            assert_eq!(
                answer["redirect_uris"], sent["redirect_uris"],
                "{}: as it was sent",
                host.name
            );
            assert!(answer.get("client_secret").is_none(), "{}", host.name);
            text(&answer, "client_id")
        }
    };
    App {
        id,
        secret: None,
        redirect_uri: host.redirect_uri.to_owned(),
    }
}

/// The spellings of the resource that this host sends.
fn resources(host: &Host, server: &Server, resource: &str) -> Vec<String> {
    match host.resource {
        Resource::Absent => Vec::new(),
        Resource::Once => vec![resource.to_owned()],
        Resource::Twice => vec![resource.to_owned(); 2],
        Resource::Slash => vec![format!("{resource}/")],
        Resource::Origin => vec![server.origin().to_owned()],
    }
}

/// Consent and sign-in in a browser, and the code redeemed.
async fn connect(host: &Host, server: &Server, app: &App, resource: &str) -> Tokens {
    let name = host.name;
    let pkce = Pkce::new();
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", &app.id),
        ("redirect_uri", &app.redirect_uri),
        ("state", "s/+= &%"),
        ("code_challenge", &pkce.challenge),
        ("code_challenge_method", "S256"),
    ];
    let resources = resources(host, server, resource);
    parameters.extend(resources.iter().map(|resource| ("resource", resource.as_str())));
    parameters.extend(host.scope.map(|scope| ("scope", scope)));
    let parameters = parameters
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let request = Request { parameters, pkce };
    let mut browser = Browser::new(server);
    browser.open(&request.url(server)).await;
    assert!(browser.page.asks_consent(), "{name}: {}", browser.page.text());
    let answer = server.walk(&mut browser, &request, "alice").await;
    let left: Url = browser.page.left_for.clone().unwrap();
    assert!(
        left.as_str().starts_with(&format!("{}?", host.redirect_uri)),
        "{name}: {left}"
    );
    assert_eq!(answer["state"], "s/+= &%", "{name}");
    assert_eq!(answer["iss"], server.origin(), "{name}");
    let mut form = vec![
        ("grant_type".to_owned(), "authorization_code".to_owned()),
        ("code".to_owned(), answer["code"].clone()),
        ("redirect_uri".to_owned(), host.redirect_uri.to_owned()),
        ("code_verifier".to_owned(), request.pkce.verifier.clone()),
    ];
    form.extend(
        resources
            .into_iter()
            .map(|resource| ("resource".to_owned(), resource)),
    );
    app.sign(&mut form);
    let reply = server.token(&form).await;
    let tokens = Tokens::of(&reply);
    assert!(!tokens.refresh.is_empty(), "{name}");
    assert_eq!(reply.json()["token_type"], "Bearer", "{name}");
    tokens
}

async fn refresh(host: &Host, server: &Server, app: &App, tokens: &Tokens, resource: &str) -> Tokens {
    let mut form = crate::support::oauth::refreshing(app, &tokens.refresh);
    let resources = resources(host, server, resource);
    form.extend(
        resources
            .into_iter()
            .map(|resource| ("resource".to_owned(), resource)),
    );
    let renewed = Tokens::of(&server.token(&form).await);
    assert_ne!(renewed.refresh, tokens.refresh, "{}", host.name);
    // A second process of the same app, a moment later.
    assert_eq!(
        Tokens::of(&server.token(&form).await).refresh,
        renewed.refresh,
        "{}",
        host.name
    );
    assert!(server.admits(&renewed.access).await, "{}", host.name);
    renewed
}

/// The first requests with a token, and a move.
async fn play(host: &Host, server: &Server, token: &str) {
    let modern = match host.speaks {
        Speaks::Initializes(version, times) => {
            for _ in 0..times {
                initialize(host, server, token, version).await;
            }
            false
        }
        Speaks::Both(version) => {
            discover(host, server, token).await;
            initialize(host, server, token, version).await;
            false
        }
        Speaks::Discovers => {
            discover(host, server, token).await;
            true
        }
    };
    let call = json!({
        "name": "chess_new_game",
        "arguments": { "opponent": "nobody", "moves": "e4 e5" },
    });
    let reply = if modern {
        let body = mcp::modern("tools/call", &call);
        server.rpc_modern(token, &body).await
    } else {
        // VS Code names no version on its MCP requests.
        let body = mcp::request("tools/call", &call);
        Reply::to(server.mcp_as(token).json(&body)).await
    };
    let view = Answer::of(&reply).ok();
    assert_eq!(view["ply"], 2, "{}: {view}", host.name);
}

async fn initialize(host: &Host, server: &Server, token: &str, version: &str) {
    let params = json!({
        "protocolVersion": version, "capabilities": {},
        "clientInfo": { "name": host.name, "version": "1" },
    });
    let body = mcp::request("initialize", &params);
    let reply = Reply::to(server.mcp_as(token).json(&body)).await.expect(200);
    assert_eq!(
        reply.json()["result"]["protocolVersion"],
        version,
        "{}",
        host.name
    );
    assert!(reply.headers.get("mcp-session-id").is_none(), "{}", host.name);
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    Reply::to(server.mcp_as(token).json(&note)).await.expect(202);
}

async fn discover(host: &Host, server: &Server, token: &str) {
    let body = mcp::modern("server/discover", &json!({}));
    let reply = server.rpc_modern(token, &body).await.expect(200).json();
    let versions = reply["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(mcp::MODERN)), "{}: {reply}", host.name);
}

#[track_caller]
fn text(document: &Value, field: &str) -> String {
    let value = document[field].as_str();
    value
        .unwrap_or_else(|| panic!("no {field} in {document}"))
        .to_owned()
}
