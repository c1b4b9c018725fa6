//! Which hosts and origins are answered, and that no header of a stranger changes what we say (MCP transports, DNS rebinding).

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::mcp::request;
use crate::support::oauth::registration;
use crate::support::{Home, Reply, Server};

const DOCUMENT: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn a_foreign_host_is_misdirected_on_every_path() {
    let server = Server::start().await;
    let hosts = [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.2",
        "0.0.0.0",
        "[::2]",
    ];
    for path in [
        "/",
        "/mcp",
        DOCUMENT,
        "/oauth/authorize",
        "/oauth/jwks.json",
        "/healthz",
        "/nothing",
    ] {
        for host in hosts {
            let reply = Reply::to(server.http().get(server.url(path)).header("host", host)).await;
            assert_eq!(reply.status, 421, "{host}{path}");
            assert!(!reply.body.contains("evil"), "{}", reply.body);
        }
    }
    for path in [
        "/mcp",
        "/oauth/token",
        "/oauth/register",
        "/oauth/revoke",
        "/oauth/consent",
        "/oauth/sign-in",
    ] {
        let reply = Reply::to(
            server
                .http()
                .post(server.url(path))
                .header("host", "evil.example"),
        )
        .await;
        assert_eq!(reply.status, 421, "{path}");
    }
}

#[tokio::test]
async fn our_own_hosts_are_answered_with_any_port() {
    let server = Home::new()
        .set("PUBLIC_URL", "https://chess.example")
        .serve()
        .await;
    for host in [
        "chess.example",
        "CHESS.example",
        "chess.example:443",
        "localhost",
        "localhost:1",
        "127.0.0.1:80",
    ] {
        Reply::to(server.http().get(server.url(DOCUMENT)).header("host", host))
            .await
            .expect(200);
    }
    Reply::to(
        server
            .http()
            .get(server.url(DOCUMENT))
            .header("host", "[::1]:8000"),
    )
    .await
    .expect(200);
    Reply::to(
        server
            .http()
            .get(server.url(DOCUMENT))
            .header("host", "other.example"),
    )
    .await
    .expect(421);
}

#[tokio::test]
async fn spoofed_headers_change_no_byte_of_the_metadata() {
    let server = Server::start().await;
    let truth = Reply::to(server.http().get(server.url(DOCUMENT)))
        .await
        .expect(200)
        .body;
    let tricks = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "4443"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-server", "evil.example"),
        ("x-original-host", "evil.example"),
        ("x-original-url", "/oauth/jwks.json"),
        ("x-rewrite-url", "/oauth/jwks.json"),
        ("x-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-mcp-oauth-proxy-url", "https://evil.example"),
        ("tailscale-user-login", "evil@example.com"),
        ("via", "1.1 evil.example"),
        ("host", "localhost"),
    ];
    for (name, value) in tricks {
        let reply = Reply::to(server.http().get(server.url(DOCUMENT)).header(name, value))
            .await
            .expect(200);
        assert_eq!(reply.body, truth, "{name}: {value}");
        let reply = Reply::to(server.http().post(server.url("/mcp")).header(name, value))
            .await
            .expect(401);
        assert!(
            reply.header("www-authenticate").contains(server.origin()),
            "{name}: {value}"
        );
    }
}

/// Sends bytes as they are and reads the answer's first line.
async fn raw(server: &Server, bytes: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(crate::support::PATIENCE, stream.read_to_end(&mut answer)).await;
    read.expect("the server closes").unwrap();
    String::from_utf8_lossy(&answer)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn requests_without_one_clear_host_are_refused() {
    let server = Server::start().await;
    let cases = [
        format!("GET {DOCUMENT} HTTP/1.1\r\nConnection: close\r\n\r\n"),
        format!(
            "GET {DOCUMENT} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        ),
        format!("GET {DOCUMENT} HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n"),
        format!("GET {DOCUMENT} HTTP/1.1\r\nHost: local host\r\nConnection: close\r\n\r\n"),
        format!("GET http://evil.example{DOCUMENT} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        format!("GET {DOCUMENT} HTTP/1.1\r\nHost: localhost@evil.example\r\nConnection: close\r\n\r\n"),
    ];
    for case in cases {
        let line = raw(&server, &case).await;
        assert!(line.starts_with("HTTP/1.1 4"), "{case:?}: {line:?}");
    }
}

#[tokio::test]
async fn a_foreign_origin_is_refused_at_the_endpoint() {
    let server = Server::start().await;
    let token = server.alice().await.tokens.access;
    let post = |origin: &str| {
        server
            .mcp_as(&token)
            .header("origin", origin.to_owned())
            .json(&request("ping", &json!({})))
    };
    for origin in [
        "https://evil.example",
        "null",
        "http://chatgpt.com",
        "https://chatgpt.com.evil.example",
        "banana",
    ] {
        Reply::to(post(origin)).await.expect(403);
    }
    let own_port = server.address().rsplit(':').next().unwrap();
    let own = [
        format!("http://127.0.0.1:{own_port}"),
        "http://localhost:6274".into(),
        "http://[::1]:1".into(),
    ];
    for origin in own
        .iter()
        .map(String::as_str)
        .chain(["https://chatgpt.com", "https://claude.ai"])
    {
        let reply = Reply::to(post(origin)).await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), origin);
        let exposed = reply.header("access-control-expose-headers").to_lowercase();
        assert!(exposed.contains("www-authenticate"), "{exposed}");
    }
    let anonymous = server
        .mcp()
        .header("origin", "https://evil.example")
        .json(&request("ping", &json!({})));
    Reply::to(anonymous).await.expect(403);
}

#[tokio::test]
async fn more_origins_can_be_allowed() {
    let server = Home::new()
        .set("ALLOWED_ORIGINS", "https://inspector.example")
        .serve()
        .await;
    let post = server
        .mcp()
        .header("origin", "https://inspector.example")
        .json(&request("ping", &json!({})));
    let reply = Reply::to(post).await.expect(401);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "https://inspector.example"
    );
}

#[tokio::test]
async fn a_preflight_needs_no_token() {
    let server = Server::start().await;
    let options = server
        .http()
        .request(reqwest::Method::OPTIONS, server.url("/mcp"));
    let options = options
        .header("origin", "http://localhost:6274")
        .header("access-control-request-method", "POST");
    let wanted = "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name";
    let reply = Reply::to(options.header("access-control-request-headers", wanted))
        .await
        .expect(204);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "http://localhost:6274"
    );
    let allowed = reply.header("access-control-allow-headers").to_lowercase();
    for name in wanted.split(',') {
        assert!(
            allowed == "*" || allowed.contains(name),
            "{name} is not in {allowed}"
        );
    }
    assert!(reply.header("access-control-allow-methods").contains("POST"));
}

#[tokio::test]
async fn machine_endpoints_answer_browsers_of_any_origin() {
    let server = Server::start().await;
    let origin = "https://anywhere.example";
    let register = server
        .http()
        .post(server.url("/oauth/register"))
        .json(&registration(&json!({})));
    assert_eq!(Reply::to(register.header("origin", origin)).await.status, 201);
    for path in ["/oauth/token", "/oauth/revoke"] {
        let reply = Reply::to(
            server
                .http()
                .post(server.url(path))
                .header("origin", origin)
                .form(&[("x", "y")]),
        )
        .await;
        assert!(matches!(reply.status, 400 | 401), "{path}: {}", reply.status);
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
    }
}

#[tokio::test]
async fn headers_without_end_are_cut_off() {
    let server = Server::start().await;
    let request = server
        .http()
        .get(server.url("/"))
        .header("x-long", "x".repeat(200_000));
    let answer = Reply::try_to(request).await;
    assert!(answer.is_err() || (400..500).contains(&answer.unwrap().status));
    Reply::to(server.http().get(server.url("/healthz")))
        .await
        .expect(200);
}
