//! Dynamic client registration (RFC 7591).

use serde_json::json;

use crate::support::oauth::{CALLBACK, Request, registration};
use crate::support::{App, Browser, Home, Reply, Server};

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

/// How many clients are kept.
fn rows(server: &Server, which: &str) -> u32 {
    let database = rusqlite::Connection::open(server.home().database()).unwrap();
    let sql = format!("SELECT count(*) FROM clients WHERE {which}");
    database.query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn an_app_that_registers_again_is_the_same_one() {
    let server = Server::start().await;
    let first = registration(&json!({ "redirect_uris": ["http://localhost:4000/cb", "cursor://a/cb"] }));
    let id = server.register(&first).await.expect(201).json()["client_id"].clone();
    for port in 4000..4020 {
        let uris = json!([format!("http://localhost:{port}/cb"), "cursor://a/cb"]);
        let again = registration(&json!({ "redirect_uris": uris, "something_new": port }));
        let body = server.register(&again).await.expect(201).json();
        assert_eq!(body["client_id"], id);
        assert_eq!(body["redirect_uris"], uris);
        assert!(body.get("client_secret").is_none());
    }
    assert_eq!(rows(&server, "1"), 1);
    // The one row answers on the port of the day.
    let app = App {
        id: id.as_str().unwrap().to_owned(),
        secret: None,
        redirect_uri: "http://localhost:4019/cb".to_owned(),
    };
    server.person("alice").await;
    let tokens = server.sign_in(&app, "alice").await;
    let used = server.register(&first).await.expect(201).json();
    assert_eq!(used["client_id"], id);
    assert!(server.admits(&tokens.access).await);
    for other in [
        json!({ "client_name": "Another" }),
        json!({ "redirect_uris": ["http://localhost:4000/cb"] }),
        json!({ "redirect_uris": ["http://127.0.0.1:4000/cb", "cursor://a/cb"] }),
        json!({ "grant_types": ["authorization_code"] }),
    ] {
        let body = server.register(&registration(&other)).await.expect(201).json();
        assert_ne!(body["client_id"], id, "{other}");
    }
}

#[tokio::test]
async fn the_id_of_an_app_is_this_server_s_own() {
    let (one, two) = (Server::start().await, Server::start().await);
    assert_ne!(one.app("Test App").await.id, two.app("Test App").await.id);
    let before = one.app("Test App").await.id;
    let one = one.crash_and_restart().await;
    assert_eq!(one.app("Test App").await.id, before);
}

#[tokio::test]
async fn many_at_once_become_one() {
    let server = Server::start().await;
    let register = async || server.app("Test App").await.id;
    let ids: [String; 6] = tokio::join!(
        register(),
        register(),
        register(),
        register(),
        register(),
        register()
    )
    .into();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(rows(&server, "1"), 1);
}

#[tokio::test]
async fn a_registration_that_lapsed_begins_anew() {
    let server = Server::start().await;
    let app = server.app("Test App").await;
    let database = rusqlite::Connection::open(server.home().database()).unwrap();
    let yesterday = "UPDATE clients SET created_at = created_at - 86401";
    assert_eq!(database.execute(yesterday, []).unwrap(), 1);
    let mut browser = Browser::new(&server);
    let page = browser.open(&Request::of(&app, &server).url(&server)).await;
    assert_eq!(page.status, 400, "{}", page.text());
    let again = server.app("Test App").await;
    assert_eq!(again.id, app.id);
    let page = browser.open(&Request::of(&app, &server).url(&server)).await;
    assert!(page.asks_consent(), "{}", page.text());
}

#[tokio::test]
async fn a_flood_pushes_out_only_what_nobody_uses() {
    let home = Home::new();
    assert_eq!(home.run(&["clients", "list"]).await.ok(), "");
    let fill = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20999)
        INSERT INTO clients (id, redirect_uris, auth_method, refreshes, scopes, descriptive, created_at)
        SELECT printf('chess-mcp-%032x', i), '[\"http://127.0.0.1:3999/callback\"]', 'none', 1, 'chess', '{}',
               unixepoch() - 21000 + i FROM n";
    let database = rusqlite::Connection::open(home.database()).unwrap();
    assert_eq!(database.execute(fill, []).unwrap(), 21_000);
    let used = "UPDATE clients SET activated_at = created_at WHERE id = printf('chess-mcp-%032x', 1)";
    assert_eq!(database.execute(used, []).unwrap(), 1);
    let server = home.serve().await;
    let nth = |n: u32| App {
        id: format!("chess-mcp-{n:032x}"),
        secret: None,
        redirect_uri: CALLBACK.to_owned(),
    };
    let mut under_way = Browser::new(&server);
    let oldest = Request::of(&nth(0), &server);
    assert!(under_way.open(&oldest.url(&server)).await.asks_consent());
    let newest = server.app("Test App").await;
    assert!(rows(&server, "activated_at IS NULL") <= 20_000);
    for (app, stays) in [
        (nth(0), true),
        (nth(1), true),
        (nth(2), false),
        (nth(20_999), true),
        (newest, true),
    ] {
        let mut browser = Browser::new(&server);
        let page = browser.open(&Request::of(&app, &server).url(&server)).await;
        assert_eq!(page.asks_consent(), stays, "{}", app.id);
    }
    let evicted: u32 = database
        .query_row(
            "SELECT count(*) FROM audit_events WHERE kind = 'client_evicted'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(evicted >= 1000, "{evicted} are in the record");
    // More of them change nothing in that.
    for number in 0..300 {
        server.app(&format!("App {number}")).await;
    }
    assert!(rows(&server, "activated_at IS NULL") <= 20_000);
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
        r#"{"redirect_uris":["http://127.0.0.1:3999/callback"],"redirect_uris":["https://evil.example/cb"]}"#,
        r#"{"redirect_uris":["http://127.0.0.1:3999/callback"],"a":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"#,
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
