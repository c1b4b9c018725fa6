//! The authorization endpoint's own decisions: what is answered here, what goes back to the app (RFC 6749 §4.1, RFC 7636, RFC 8252 §7.3, RFC 8707, RFC 9207).

use serde_json::json;

use crate::support::oauth::{CALLBACK, Callback, Request, callback};
use crate::support::{App, Browser, Server};

/// Opens a request that must be answered with a page of ours, never with a redirect.
async fn page_of(server: &Server, request: &Request) -> Browser {
    let mut browser = Browser::new(server);
    browser.open(&request.url(server)).await;
    assert_eq!(browser.page.left_for, None, "{:?}", request.parameters);
    assert!(browser.page.redirects.is_empty(), "{:?}", request.parameters);
    browser
}

/// Opens a request that must go straight back to the app, with these three always right.
async fn sent_back(server: &Server, request: &Request) -> Callback {
    let mut browser = Browser::new(server);
    browser.open(&request.url(server)).await;
    let answer = callback(&browser);
    let left = browser.page.left_for.as_ref().unwrap();
    assert!(left.as_str().starts_with(&format!("{CALLBACK}?")), "{left}");
    assert_eq!(browser.page.redirects.last(), Some(&303));
    assert_eq!(answer["iss"], server.origin());
    assert_eq!(answer.get("state").map(String::as_str), Some("st/4te+~%&="));
    assert!(!answer.contains_key("code"), "{answer:?}");
    answer
}

#[tokio::test]
async fn an_unknown_client_is_told_here_what_to_do() {
    let server = Server::start().await;
    let app = server.app("Test App").await;
    let fine = Request::of(&app, &server);
    let unknown = [
        fine.clone().without("client_id"),
        fine.clone().set("client_id", ""),
        fine.clone().set("client_id", "chess-mcp-0000000000000000"),
        fine.clone().set("client_id", "<script>alert(1)</script>"),
        fine.clone().set("client_id", &"x".repeat(5000)),
        fine.clone().add("client_id", &app.id),
    ];
    for request in unknown {
        let browser = page_of(&server, &request).await;
        assert_eq!(browser.page.status, 400);
        assert!(
            !browser.page.body.contains("<script>alert"),
            "{}",
            browser.page.body
        );
        assert!(browser.page.header("content-type").starts_with("text/html"));
    }
}

#[tokio::test]
async fn an_unproven_redirect_uri_is_never_followed() {
    let server = Server::start().await;
    let app = server
        .app_with(&json!({ "redirect_uris": ["https://app.example/cb?x=1"] }))
        .await;
    let fine = Request::of(&app, &server);
    let bad = [
        "",
        "https://app.example/cb",
        "https://app.example/cb?x=2",
        "https://app.example/cb?x=1&y=2",
        "https://app.example/cb/?x=1",
        "https://APP.example/cb?x=1",
        "http://app.example/cb?x=1",
        "https://app.example:8443/cb?x=1",
        "https://app.example:443/cb?x=1",
        "https://app.example.evil.example/cb?x=1",
        "https://app.example/CB?x=1",
        "https://app.example/cb?x=1#f",
        "https://user@app.example/cb?x=1",
        "https://app.example/a/../cb?x=1",
        "https://app.example/%63b?x=1",
        "https://evil.example",
        "javascript:alert(1)",
        " https://app.example/cb?x=1",
        "https://app.example/cb?x=1\n",
    ];
    for uri in bad {
        for request in [
            fine.clone().set("redirect_uri", uri),
            fine.clone().add("redirect_uri", uri),
        ] {
            let browser = page_of(&server, &request.set("response_type", "token")).await;
            assert_eq!(browser.page.status, 400, "{uri:?}");
        }
    }
    assert_eq!(page_of(&server, &fine).await.page.status, 200);
}

#[tokio::test]
async fn the_only_registered_redirect_uri_may_be_left_out() {
    // RFC 6749 §3.1.2.3 lets it be absent with one registration; OAuth 2.1 clients always send it.
    // Either answer is allowed, a redirect to anywhere else is not.
    let server = Server::start().await;
    let app = server.app("Test App").await;
    let browser = page_of(&server, &Request::of(&app, &server).without("redirect_uri")).await;
    assert!(matches!(browser.page.status, 200 | 400));
}

#[tokio::test]
async fn a_loopback_redirect_may_change_its_port_and_nothing_else() {
    let server = Server::start().await;
    let app = server
        .app_with(&json!({ "redirect_uris": ["http://localhost/callback"] }))
        .await;
    let fine = Request::of(&app, &server);
    for uri in ["http://localhost/callback", "http://localhost:51212/callback"] {
        let browser = page_of(&server, &fine.clone().set("redirect_uri", uri)).await;
        assert!(browser.page.asks_consent(), "{uri}");
    }
    let bad = [
        "http://localhost:51212/other",
        "http://127.0.0.1:51212/callback",
        "http://[::1]:51212/callback",
        "http://localhost.evil.com:51212/callback",
        "https://localhost:51212/callback",
        "http://localhost:51212/callback?x",
        "http://localhost:51212/callback/",
        "http://LOCALHOST:51212/callback",
        "http://localhost:0x1/callback",
        "http://localhost:99999/callback",
        "http://user@localhost:51212/callback",
    ];
    for uri in bad {
        let browser = page_of(&server, &fine.clone().set("redirect_uri", uri)).await;
        assert_eq!(browser.page.status, 400, "{uri}");
    }
}

#[tokio::test]
async fn other_faults_go_back_to_the_app() {
    let server = Server::start().await;
    let app = server.app("Test App").await;
    let fine = || Request::of(&app, &server);
    let cases = [
        (fine().without("response_type"), "invalid_request"),
        (fine().set("response_type", "token"), "unsupported_response_type"),
        (
            fine().set("response_type", "code token"),
            "unsupported_response_type",
        ),
        (fine().add("response_type", "code"), "invalid_request"),
        (fine().add("scope", "chess"), "invalid_request"),
        (fine().add("code_challenge", "x"), "invalid_request"),
        (fine().set("scope", "banana"), "invalid_scope"),
        (
            fine().set("resource", "https://other.example/mcp"),
            "invalid_target",
        ),
        (fine().set("resource", "not a uri"), "invalid_target"),
        (
            fine().set("resource", &format!("{}#f", server.resource())),
            "invalid_target",
        ),
        (
            fine().add("resource", "https://other.example/mcp"),
            "invalid_target",
        ),
        (fine().add("prompt", "none"), "login_required"),
        (fine().add("prompt", "none login"), "invalid_request"),
        (fine().add("max_age", "soon"), "invalid_request"),
    ];
    for (request, error) in cases {
        assert_eq!(
            sent_back(&server, &request).await["error"],
            error,
            "{:?}",
            request.parameters
        );
    }
}

#[tokio::test]
async fn everyone_needs_an_s256_challenge() {
    let server = Server::start().await;
    let confidential = server
        .app_with(&json!({ "token_endpoint_auth_method": "client_secret_basic" }))
        .await;
    for app in [server.app("Test App").await, confidential] {
        let fine = || Request::of(&app, &server);
        let challenge = fine().pkce.challenge;
        let bad = [
            fine().without("code_challenge"),
            fine().without("code_challenge_method"),
            fine().without("code_challenge").without("code_challenge_method"),
            fine().set("code_challenge", ""),
            fine().set("code_challenge_method", ""),
            fine().set("code_challenge_method", "plain"),
            fine().set("code_challenge_method", "s256"),
            fine().set("code_challenge", &challenge[1..]),
            fine().set("code_challenge", &format!("{challenge}=")),
            fine().set("code_challenge", &format!("{challenge}A")),
            fine().set("code_challenge", &format!("é{}", &challenge[2..])),
            fine().set("code_challenge", &format!("+{}", &challenge[1..])),
            fine().set("code_challenge", &"A".repeat(5000)),
        ];
        for request in bad {
            assert_eq!(
                sent_back(&server, &request).await["error"],
                "invalid_request",
                "{:?}",
                request.parameters
            );
        }
        let answer = sent_back(&server, &fine().without("code_challenge")).await;
        assert_eq!(
            answer["error_description"],
            "PKCE code_challenge and code_challenge_method=S256 are required"
        );
    }
}

#[tokio::test]
async fn the_resource_may_be_spelt_in_the_ways_clients_spell_it() {
    let server = Server::start().await;
    let app = server.app("Test App").await;
    let fine = || Request::of(&app, &server);
    let resource = server.resource();
    let good = [
        fine().without("resource"),
        fine().add("resource", &resource),
        fine().set("resource", &format!("{resource}/")),
        fine().set("resource", &resource.replace("http://", "HTTP://")),
        fine().set("resource", server.origin()),
        fine().set("resource", &format!("{}/", server.origin())),
    ];
    for request in good {
        let browser = page_of(&server, &request).await;
        assert!(
            browser.page.asks_consent(),
            "{:?}: {}",
            request.parameters,
            browser.page.text()
        );
    }
}

#[tokio::test]
async fn scopes_that_nobody_knows_are_dropped() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    for (asked, given) in [
        (None, "chess"),
        (Some("chess banana"), "chess"),
        (Some("chess chess"), "chess"),
    ] {
        let fine = Request::of(&app, &server);
        let request = asked.map_or_else(
            || fine.clone().without("scope"),
            |scope| fine.clone().set("scope", scope),
        );
        let answer = server.walk(&mut Browser::new(&server), &request, "alice").await;
        let granted = granted(&app, &request, &answer);
        let reply = server.token(&granted.form()).await.expect(200);
        assert_eq!(reply.json()["scope"], given, "{asked:?}");
    }
}

fn granted(app: &App, request: &Request, answer: &Callback) -> crate::support::oauth::Granted {
    crate::support::oauth::Granted {
        code: answer["code"].clone(),
        pkce: request.pkce.clone(),
        app: app.clone(),
    }
}

#[tokio::test]
async fn success_carries_code_state_and_issuer_once_and_keeps_the_query() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = server
        .app_with(&json!({ "redirect_uris": ["http://127.0.0.1:3999/cb?x=1"] }))
        .await;
    let request = Request::of(&app, &server);
    let mut browser = Browser::new(&server);
    let answer = server.walk(&mut browser, &request, "alice").await;
    let names: Vec<&str> = answer.keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "iss", "state", "x"]);
    assert_eq!(answer["state"], "st/4te+~%&=");
    assert_eq!(answer["iss"], server.origin());
    assert!(
        browser
            .page
            .left_for
            .unwrap()
            .as_str()
            .starts_with("http://127.0.0.1:3999/cb?x=1&")
    );
}

#[tokio::test]
async fn a_request_without_state_gets_none() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let request = Request::of(&app, &server).without("state");
    let answer = server.walk(&mut Browser::new(&server), &request, "alice").await;
    assert!(!answer.contains_key("state"), "{answer:?}");
}

#[tokio::test]
async fn hostile_values_never_reach_a_page_unescaped() {
    let server = Server::start().await;
    let app = server.app("Test App").await;
    let payloads = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'onmouseover='x",
        "{{7*7}}",
    ];
    for payload in payloads {
        for name in [
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "resource",
            "response_type",
            "login_hint",
            "ui",
        ] {
            let mut browser = Browser::new(&server);
            browser
                .open(&Request::of(&app, &server).set(name, payload).url(&server))
                .await;
            assert!(
                !browser.page.body.contains("<script>alert"),
                "{name}: {}",
                browser.page.body
            );
            assert!(
                !browser.page.body.contains("<img"),
                "{name}: {}",
                browser.page.body
            );
            assert!(
                browser.page.status < 500,
                "{name}={payload}: {}",
                browser.page.status
            );
        }
    }
}

#[tokio::test]
async fn odd_queries_are_client_faults() {
    let server = Server::start().await;
    let long = format!("client_id={}", "x".repeat(30_000));
    for query in [
        "",
        "%",
        "%ff%fe",
        "&&&",
        "=",
        "client_id",
        "client_id=%00",
        "client_id=\u{e9}",
        long.as_str(),
    ] {
        let mut browser = Browser::new(&server);
        browser
            .open(&format!("{}/oauth/authorize?{query}", server.origin()))
            .await;
        assert!(
            (400..500).contains(&browser.page.status),
            "{query:.40}: {}",
            browser.page.status
        );
        assert_eq!(browser.page.left_for, None);
    }
}
