//! What a token allows (RFC 6749 §3.3, RFC 6750 §3.1).

use serde_json::json;

use crate::support::oauth::{Request, Tokens, claims};
use crate::support::{Browser, Server};

async fn scene() -> Server {
    let server = Server::start().await;
    server.person("alice").await;
    server
}

#[tokio::test]
async fn a_token_without_chess_is_sent_to_ask_for_it() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = Tokens::of(&server.sign_in_for(&app, "alice", "openid profile").await);
    for method in ["initialize", "tools/list", "tools/call", "ping"] {
        let reply = server.rpc(&tokens.access, method, &json!({})).await;
        assert_eq!(reply.oauth_error(403), "insufficient_scope", "{method}");
        let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", server.origin());
        let mut parts: Vec<&str> = reply
            .header("www-authenticate")
            .strip_prefix("Bearer ")
            .unwrap()
            .split(", ")
            .collect();
        parts.sort_unstable();
        assert_eq!(
            parts,
            [
                "error=\"insufficient_scope\"",
                &format!("resource_metadata=\"{metadata}\""),
                "scope=\"chess\"",
            ]
        );
        assert!(!reply.body.contains("chess_"), "{}", reply.body);
    }
    server.userinfo(&tokens.access).await.expect(200);

    // Stepping up is another authorization, after which the same person is let in.
    let more = Tokens::of(&server.sign_in_for(&app, "alice", "openid profile chess").await);
    assert!(server.admits(&more.access).await);
    assert_eq!(more.claims()["sub"], tokens.claims()["sub"]);
}

#[tokio::test]
async fn a_refresh_may_leave_chess_out_and_take_it_again() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let first = Tokens::of(&server.sign_in_for(&app, "alice", "chess openid").await);
    let mut form = crate::support::oauth::refreshing(&app, &first.refresh);
    form.push(("scope".into(), "openid".into()));
    let narrow = Tokens::of(&server.token(&form).await);
    assert_eq!(narrow.claims()["scope"], "openid");
    assert_eq!(
        server
            .rpc(&narrow.access, "ping", &json!({}))
            .await
            .oauth_error(403),
        "insufficient_scope"
    );
    let whole = Tokens::of(&server.refresh(&app, &narrow.refresh).await);
    assert!(server.admits(&whole.access).await);
}

#[tokio::test]
async fn scopes_are_granted_as_asked_and_unknown_ones_dropped() {
    let server = scene().await;
    let app = server.app("Test App").await;
    for (asked, granted) in [
        ("chess", "chess"),
        ("chess offline_access", "chess offline_access"),
        ("offline_access chess admin:* email", "chess offline_access email"),
        ("openid", "openid"),
        (
            "openid profile email chess offline_access",
            "chess offline_access openid profile email",
        ),
    ] {
        let reply = server.sign_in_for(&app, "alice", asked).await.expect(200);
        assert_eq!(reply.json()["scope"], granted, "{asked}");
        assert_eq!(claims(&Tokens::of(&reply).access)["scope"], granted, "{asked}");
        assert!(reply.json()["refresh_token"].is_string());
    }
    let absent = Request::of(&app, &server).without("scope");
    let reply = server.redeem(&app, absent, "alice").await.expect(200);
    assert_eq!(reply.json()["scope"], "chess");
    let none = Request::of(&app, &server).set("scope", "admin root");
    let mut browser = Browser::new(&server);
    browser.open(&none.url(&server)).await;
    let left = browser.page.left_for.clone().unwrap();
    assert!(left.query().unwrap().contains("error=invalid_scope"), "{left}");
}

#[tokio::test]
async fn offline_access_is_tolerated_wherever_it_comes() {
    let server = scene().await;
    let app = server.app_with(&json!({ "scope": "chess offline_access" })).await;
    let first = Tokens::of(&server.sign_in_for(&app, "alice", "chess offline_access").await);
    let mut form = crate::support::oauth::refreshing(&app, &first.refresh);
    form.push(("scope".into(), "chess offline_access".into()));
    let second = Tokens::of(&server.token(&form).await);
    assert!(server.admits(&second.access).await);
}
