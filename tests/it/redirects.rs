//! Redirect URIs, wherever a client may name them: at registration, in its metadata document, on the command
//! line, and in each request (OAuth 2.1 section 2.3, RFC 8252 section 7).

use serde_json::json;

use crate::support::oauth::{CALLBACK, Request, callback, registration};
use crate::support::site::Site;
use crate::support::{App, Browser, Server};

/// Nobody may be redirected to any of these.
const HOSTILE: [&str; 62] = [
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
    "https://APP.example/cb",
    "https://app.example/\u{202e}bc",
    "http://app.example/cb",
    "http://192.168.1.10/cb",
    "http://10.0.0.1:3000/cb",
    "http://0.0.0.0/cb",
    "http://localhost.evil.example/cb",
    "http://127.0.0.1.evil.example/cb",
    "http://localhost@evil.example/cb",
    "http://2130706433/cb",
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
    "myapp://cb",
    "search-ms:query=x",
    "jar:https://a!/b",
    "filesystem:https://a/b",
];

#[tokio::test]
async fn hostile_ones_are_not_registered() {
    let server = Server::start().await;
    let long = format!("https://app.example/{}", "a".repeat(2048));
    for uri in HOSTILE.into_iter().chain([long.as_str()]) {
        let alone = json!({ "redirect_uris": [uri] });
        let reply = server.register(&registration(&alone)).await;
        assert_eq!(reply.oauth_error(400), "invalid_redirect_uri", "{uri:?}");
        let beside = json!({ "redirect_uris": [CALLBACK, uri] });
        let reply = server.register(&registration(&beside)).await;
        assert_eq!(
            reply.oauth_error(400),
            "invalid_redirect_uri",
            "beside a good one: {uri:?}"
        );
    }
}

#[tokio::test]
async fn hostile_ones_spoil_a_document() {
    let site = Site::open().await;
    // In portions, because a server fetches only so much from one host at a time.
    for (portion, uris) in HOSTILE.chunks(10).enumerate() {
        let server = Server::start().await;
        for (number, uri) in uris.iter().enumerate() {
            let path = format!("/{portion}/{number}.json");
            site.publish(&path, &json!({ "redirect_uris": [CALLBACK, uri] }));
            let app = App {
                id: site.url(&path),
                secret: None,
                redirect_uri: CALLBACK.to_owned(),
            };
            let mut browser = Browser::new(&server);
            let page = browser.open(&Request::of(&app, &server).url(&server)).await;
            assert_eq!(page.status, 400, "{uri:?}");
            assert!(page.left_for.is_none(), "{uri:?}");
            assert!(
                page.text().contains("redirect_uris[1]"),
                "{uri:?}: {}",
                page.text()
            );
            assert_eq!(site.hits(&path), 1, "{uri:?}");
        }
    }
}

#[tokio::test]
async fn hostile_ones_are_not_added_by_command() {
    let server = Server::start().await;
    // An argument cannot hold a NUL.
    for uri in HOSTILE.into_iter().filter(|uri| !uri.contains('\0')) {
        let hostile = format!("--redirect-uri={uri}");
        let good = format!("--redirect-uri={CALLBACK}");
        let told = server
            .cli(&["clients", "add", "--name", "App", &good, &hostile])
            .await
            .failed();
        assert!(told.contains("redirect URI"), "{uri:?}: {told}");
    }
    assert_eq!(server.cli(&["clients", "list"]).await.ok(), "");
}

#[tokio::test]
async fn of_a_loopback_address_only_the_port_is_free() {
    let (site, server) = (Site::open().await, Server::start().await);
    let uris = json!({ "redirect_uris": ["http://localhost/callback", "http://[::1]:4000/callback?x=1"] });
    let apps = [server.app_with(&uris).await, site.publish("/client.json", &uris)];
    for app in apps {
        for (uri, welcome) in [
            ("http://localhost/callback", true),
            ("http://localhost:51212/callback", true),
            ("http://[::1]:51212/callback?x=1", true),
            ("http://[::1]/callback?x=1", true),
            ("http://localhost:51212/other", false),
            ("http://localhost:51212/callback/", false),
            ("http://localhost:51212/callback?x=1", false),
            ("http://localhost:51212/callback#f", false),
            ("http://127.0.0.1:51212/callback", false),
            ("http://[::1]:51212/callback", false),
            ("http://localhost.evil.example:51212/callback", false),
            ("https://localhost:51212/callback", false),
            ("https://localhost/callback", false),
        ] {
            let request = Request::of(&app, &server).set("redirect_uri", uri);
            let mut browser = Browser::new(&server);
            let page = browser.open(&request.url(&server)).await;
            assert_eq!(
                page.asks_consent(),
                welcome,
                "{uri} of {}: {}",
                app.id,
                page.text()
            );
            assert_eq!(page.status, if welcome { 200 } else { 400 }, "{uri}");
            assert!(page.left_for.is_none(), "{uri}");
        }
    }
}

#[tokio::test]
async fn the_answer_is_added_to_the_query_that_is_there() {
    let server = Server::start().await;
    server.person("alice").await;
    let uri = "https://app.example/cb?x=1&code=mine";
    let app = server.app_with(&json!({ "redirect_uris": [uri] })).await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press("Deny", &[]).await;
    let left = browser.page.left_for.clone().unwrap();
    assert!(left.as_str().starts_with(&format!("{uri}&")), "{left}");
    let answer = callback(&browser);
    assert_eq!((answer["x"].as_str(), answer["code"].as_str()), ("1", "mine"));
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(answer["iss"], server.origin());
    assert!(answer.contains_key("state"), "{left}");
}
