//! Dynamic client registration (RFC 7591).

use serde_json::json;

use crate::support::oauth::{CALLBACK, registration};
use crate::support::{Home, Reply, Server};

#[tokio::test]
async fn a_public_client_gets_an_id_and_no_secret() {
    let server = Server::start().await;
    let reply = server.register(&registration(&json!({}))).await.expect(201);
    assert!(reply.header("cache-control").contains("no-store"));
    let body = reply.json();
    assert!(
        body["client_id"].as_str().unwrap().starts_with("chess-mcp-"),
        "{body}"
    );
    assert!(body.get("client_secret").is_none(), "{body}");
    assert!(body["client_id_issued_at"].is_u64(), "{body}");
    assert_eq!(body["redirect_uris"], json!([CALLBACK]));
    assert_eq!(body["token_endpoint_auth_method"], "none");
    assert_eq!(body["client_name"], "Test App");
    assert_eq!(
        body["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    assert_eq!(body["response_types"], json!(["code"]));
}

#[tokio::test]
async fn without_a_method_a_client_is_confidential() {
    let server = Server::start().await;
    let body = server
        .register(&registration(&json!({ "token_endpoint_auth_method": null })))
        .await;
    let body = body.expect(201).json();
    assert_eq!(body["token_endpoint_auth_method"], "client_secret_basic");
    assert!(body["client_secret"].as_str().unwrap().len() >= 32, "{body}");
    assert!(body["client_secret_expires_at"].is_u64(), "{body}");
}

#[tokio::test]
async fn only_redirect_uris_are_required() {
    let server = Server::start().await;
    let body = server
        .register(&json!({ "redirect_uris": [CALLBACK] }))
        .await
        .expect(201)
        .json();
    assert_eq!(body["response_types"], json!(["code"]));
    assert_eq!(body["token_endpoint_auth_method"], "client_secret_basic");
}

#[tokio::test]
async fn the_answer_echoes_what_was_sent_also_for_a_known_app() {
    let server = Server::start().await;
    server.register(&registration(&json!({}))).await.expect(201);
    let again = json!({ "redirect_uris": ["http://127.0.0.1:4711/callback"] });
    let body = server.register(&registration(&again)).await.expect(201).json();
    assert_eq!(body["redirect_uris"], again["redirect_uris"]);
}

#[tokio::test]
async fn confidential_clients_each_get_their_own() {
    let server = Server::start().await;
    let changes = json!({ "token_endpoint_auth_method": "client_secret_post" });
    let one = server.app_with(&changes).await;
    let two = server.app_with(&changes).await;
    assert_ne!(one.id, two.id);
    assert_ne!(one.secret, two.secret);
}

#[tokio::test]
async fn redirect_uris_that_hosts_really_use_are_accepted() {
    let server = Server::start().await;
    let good = [
        "https://chatgpt.com/connector_platform_oauth_redirect",
        "https://claude.ai/api/mcp/auth_callback",
        "https://app.example:8443/cb?x=1",
        "http://localhost/callback",
        "http://localhost:33418/",
        "http://127.0.0.1:51212/callback/id",
        "http://[::1]:8080/cb",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "vscode://vscode.github-authentication/did-authenticate",
        "com.example.app:/oauth",
    ];
    for uri in good {
        let reply = server
            .register(&registration(&json!({ "redirect_uris": [uri] })))
            .await
            .expect(201);
        assert_eq!(reply.json()["redirect_uris"], json!([uri]));
    }
    server
        .register(&registration(&json!({ "redirect_uris": &good[..8] })))
        .await
        .expect(201);
}

#[tokio::test]
async fn hostile_redirect_uris_are_refused() {
    let server = Server::start().await;
    let long = format!("https://app.example/{}", "a".repeat(2048));
    let bad = [
        "",
        " ",
        "/callback",
        "callback",
        "//app.example/cb",
        "https://",
        "https:///cb",
        "https:app.example",
        "https://app.example/cb#fragment",
        "https://app.example/cb#",
        "https://user@app.example/cb",
        "https://user:secret@app.example/cb",
        "https://@app.example/cb",
        "https://app.example\\@evil.example/cb",
        "https://app.example/a/../b",
        "https://app.example/./b",
        "https://app.example/%2e%2e/b",
        "https://*.app.example/cb",
        "https://app.example/*",
        "https://app.example/cb\u{0}",
        "https://app.example/c b",
        "https://app.example/cb\n",
        "\thttps://app.example/cb",
        " https://app.example/cb",
        "https://app.example/cb ",
        "https://app.example/cb\r\nLocation: https://evil.example",
        "https://app.example:99999/cb",
        "http://app.example/cb",
        "http://192.168.1.10/cb",
        "http://10.0.0.1:3000/cb",
        "http://0.0.0.0/cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost@evil.example/cb",
        "http://[::2]/cb",
        "http://[::ffff:1.2.3.4]/cb",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "blob:https://a/b",
        "about:blank",
        "view-source:https://app.example",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://app.example/cb",
        "intent://x#Intent;end",
        "ms-settings:privacy",
        "chrome://settings",
        "chrome-extension://abc/cb",
        "ws://app.example",
        "wss://app.example/cb",
        "mailto:a@example.com",
        "tel:123",
        "urn:ietf:wg:oauth:2.0:oob",
        "custom:/cb",
        "myapp://cb",
        "search-ms:query=x",
        "jar:https://a!/b",
        "filesystem:https://a/b",
        "resource://x/cb",
        long.as_str(),
    ];
    for uri in bad {
        let reply = server
            .register(&registration(&json!({ "redirect_uris": [uri] })))
            .await;
        assert_eq!(reply.status, 400, "{uri:?}: {}", reply.body);
        assert_eq!(reply.oauth_error(400), "invalid_redirect_uri", "{uri:?}");
        let beside = json!({ "redirect_uris": [CALLBACK, uri] });
        assert_eq!(
            server.register(&registration(&beside)).await.status,
            400,
            "beside a good one: {uri:?}"
        );
    }
}

#[tokio::test]
async fn malformed_metadata_is_refused() {
    let server = Server::start().await;
    let eleven: Vec<String> = (0..11).map(|n| format!("https://app.example/{n}")).collect();
    let cases = [
        (json!({ "redirect_uris": null }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": eleven }), "invalid_redirect_uri"),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            "invalid_client_metadata",
        ),
        (
            json!({ "token_endpoint_auth_method": "banana" }),
            "invalid_client_metadata",
        ),
        (json!({ "grant_types": ["password"] }), "invalid_client_metadata"),
        (
            json!({ "grant_types": ["refresh_token"] }),
            "invalid_client_metadata",
        ),
        (json!({ "response_types": ["token"] }), "invalid_client_metadata"),
    ];
    for (changes, error) in cases {
        let reply = server.register(&registration(&changes)).await;
        assert_eq!(reply.oauth_error(400), error, "{changes}");
    }
    let types = [
        json!({ "redirect_uris": CALLBACK }),
        json!({ "redirect_uris": [1] }),
        json!({ "redirect_uris": { "0": CALLBACK } }),
        json!({ "client_name": 1 }),
        json!({ "client_name": ["a"] }),
        json!({ "grant_types": "authorization_code" }),
        json!({ "token_endpoint_auth_method": 1 }),
    ];
    for changes in types {
        let reply = server.register(&registration(&changes)).await;
        assert!(reply.oauth_error(400).starts_with("invalid_"), "{changes}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_registration_are_refused() {
    let server = Server::start().await;
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let unclosed = r#"{"redirect_uris":["http://127.0.0.1:3999/callback""#;
    for body in [
        "",
        "null",
        "[]",
        "1",
        "\"x\"",
        "{",
        "not json",
        unclosed,
        deep.as_str(),
        "\u{feff}{}",
        "{}",
    ] {
        let request = server.http().post(server.url("/oauth/register"));
        let reply = Reply::to(
            request
                .header("content-type", "application/json")
                .body(body.to_owned()),
        )
        .await;
        assert!(reply.oauth_error(400).starts_with("invalid_"), "{body:.40}");
    }
    let huge = registration(&json!({ "software_statement": "x".repeat(20_000) }));
    let reply = server.register(&huge).await;
    assert!(matches!(reply.status, 400 | 413), "{}", reply.status);
    let form = server
        .http()
        .post(server.url("/oauth/register"))
        .form(&[("redirect_uris", CALLBACK)]);
    let reply = Reply::to(form).await;
    assert!(matches!(reply.status, 400 | 415), "{}", reply.status);
    let get = Reply::to(server.http().get(server.url("/oauth/register"))).await;
    assert_eq!(get.status, 405);
}

#[tokio::test]
async fn unknown_metadata_is_ignored_and_names_are_made_harmless() {
    let server = Server::start().await;
    let changes = json!({
        "client_name": "Nice\u{202e}eman\u{0}\u{200b} App\u{7}",
        "application_type": "native",
        "logo_uri": "javascript:alert(1)",
        "something_new": { "deep": [1, 2, 3] },
    });
    let body = server.register(&registration(&changes)).await;
    // Either a cleaned name or a clear refusal, never the letters that turn a line around.
    if body.status == 201 {
        let name = body.json()["client_name"].as_str().unwrap().to_owned();
        let hidden = ['\u{202e}', '\u{0}', '\u{200b}', '\u{7}'];
        assert!(!name.contains(hidden), "{name:?}");
        assert!(!body.body.contains("javascript:"), "{}", body.body);
    } else {
        assert_eq!(body.oauth_error(400), "invalid_client_metadata");
    }
    let ignored = json!({ "application_type": "native", "something_new": { "deep": [1, 2, 3] } });
    server.register(&registration(&ignored)).await.expect(201);
}

#[tokio::test]
async fn the_alias_registers_too() {
    let server = Server::start().await;
    let url = server.url("/.well-known/oauth-authorization-server/register");
    Reply::to(server.http().post(url).json(&registration(&json!({}))))
        .await
        .expect(201);
}

#[tokio::test]
async fn browsers_of_any_origin_may_register() {
    let server = Server::start().await;
    let request = server
        .http()
        .post(server.url("/oauth/register"))
        .json(&registration(&json!({})));
    let reply = Reply::to(request.header("origin", "https://inspector.example"))
        .await
        .expect(201);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    let preflight = server
        .http()
        .request(reqwest::Method::OPTIONS, server.url("/oauth/register"));
    let preflight = preflight.header("origin", "https://inspector.example");
    let preflight = preflight.header("access-control-request-method", "POST");
    let reply = Reply::to(preflight.header("access-control-request-headers", "content-type")).await;
    assert!(matches!(reply.status, 200 | 204), "{}", reply.status);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn registration_can_be_switched_off() {
    let server = Home::new().set("REGISTRATION", "off").serve().await;
    let document = server
        .http()
        .get(server.url("/.well-known/oauth-authorization-server"));
    let document = Reply::to(document).await.json();
    assert!(document.get("registration_endpoint").is_none(), "{document}");
    let reply = server.register(&registration(&json!({}))).await;
    assert!(
        matches!(reply.status, 403 | 404),
        "{}: {}",
        reply.status,
        reply.body
    );
}

#[tokio::test]
async fn registration_can_ask_for_a_token() {
    let home = Home::new()
        .set("REGISTRATION", "token")
        .set("REGISTRATION_TOKEN", "let-me-in-please-1234567890");
    let server = home.serve().await;
    let metadata = registration(&json!({}));
    let url = server.url("/oauth/register");
    let reply = server.register(&metadata).await.expect(401);
    assert!(
        reply.header("www-authenticate").starts_with("Bearer"),
        "{:?}",
        reply.headers
    );
    let wrong = server
        .http()
        .post(&url)
        .bearer_auth("let-me-in-please-1234567891")
        .json(&metadata);
    Reply::to(wrong).await.expect(401);
    let right = server
        .http()
        .post(&url)
        .bearer_auth("let-me-in-please-1234567890")
        .json(&metadata);
    Reply::to(right).await.expect(201);
}
