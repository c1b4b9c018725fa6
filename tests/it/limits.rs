//! How often anybody may ask, and how many games a person may keep.

use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::support::mcp::request;
use crate::support::oauth::registration;
use crate::support::{Home, Reply, Server};

/// A server with these limits in the place of none.
async fn limited(settings: &[(&str, &str)]) -> Server {
    let mut home = Home::new();
    home.unset("AUTH_RATE_LIMIT");
    home.unset("TOOL_RATE_LIMIT");
    for (name, value) in settings {
        home.put(name, *value);
    }
    home.serve().await
}

/// The seconds to wait that a refusal names.
#[track_caller]
fn wait(reply: &Reply) -> u64 {
    assert_eq!(reply.status, 429, "{}", reply.body);
    let wait = reply.headers.get(RETRY_AFTER).expect("Retry-After");
    let seconds: u64 = wait.to_str().unwrap().parse().expect("whole seconds");
    assert!(seconds >= 1, "{seconds}");
    seconds
}

async fn register_from(server: &Server, client: &str) -> Reply {
    let request = server
        .http()
        .post(server.url("/oauth/register"))
        .header("x-forwarded-for", client)
        .header("origin", "https://inspector.example");
    Reply::to(request.json(&registration(&json!({})))).await
}

async fn ask_token(server: &Server, client: &str) -> Reply {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "none"),
        ("client_id", "nobody"),
    ];
    let request = server
        .http()
        .post(server.url("/oauth/token"))
        .header("x-forwarded-for", client);
    Reply::to(request.form(&form)).await
}

#[tokio::test]
async fn a_flood_of_registrations_is_held_back_and_nobody_else_is() {
    let server = limited(&[]).await;
    let mut refused = None;
    for number in 0..60 {
        let reply = register_from(&server, &format!("198.51.100.{number}")).await;
        if reply.status == 429 {
            refused = Some((number, reply));
            break;
        }
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    let (registered, reply) = refused.expect("sixty at once are too many");
    assert!(registered >= 20, "{registered} at once");
    assert!(wait(&reply) <= 6);
    assert_eq!(reply.oauth_error(429), "temporarily_unavailable");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(
        reply
            .header("access-control-expose-headers")
            .contains("retry-after")
    );

    assert_eq!(
        register_from(&server, "203.0.113.1").await.status,
        201,
        "another network"
    );
    let mut forged = Vec::new();
    for number in 0..10 {
        forged.push(
            register_from(&server, &format!("6.6.{number}.6, 198.51.100.1"))
                .await
                .status,
        );
    }
    assert!(
        forged.contains(&429),
        "what a client says of itself does not count: {forged:?}"
    );
}

#[tokio::test]
async fn addresses_are_limited_at_the_authorization_server_and_documents_are_free() {
    let server = limited(&[("AUTH_RATE_LIMIT", "1/3")]).await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(ask_token(&server, "198.51.100.7").await.status);
    }
    assert_eq!(statuses[..3], [401; 3], "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(
        ask_token(&server, "198.51.100.8").await.status,
        401,
        "another address"
    );

    let open_page = || {
        let page = server.http().get(server.url("/oauth/authorize"));
        Reply::to(page.header("x-forwarded-for", "198.51.100.9"))
    };
    let mut page = open_page().await;
    for _ in 0..12 {
        if page.status == 429 {
            break;
        }
        page = open_page().await;
    }
    wait(&page);
    assert!(
        page.header("content-type").starts_with("text/html"),
        "{:?}",
        page.headers
    );
    assert!(page.body.contains("Too many requests"), "{}", page.body);

    for path in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/oauth/jwks.json",
        "/healthz",
    ] {
        for _ in 0..10 {
            let request = server.http().get(server.url(path));
            Reply::to(request.header("x-forwarded-for", "198.51.100.7"))
                .await
                .expect(200);
        }
    }
}

#[tokio::test]
async fn only_trusted_proxies_speak_for_others() {
    let server = limited(&[("AUTH_RATE_LIMIT", "1/3"), ("TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let mut statuses = Vec::new();
    for number in 0..12 {
        statuses.push(ask_token(&server, &format!("198.51.100.{number}")).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn a_person_is_limited_and_others_play_on() {
    let server = limited(&[("TOOL_RATE_LIMIT", "1/5")]).await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let ping = |token: &str| {
        let request = server.mcp_as(token).header("origin", "https://chatgpt.com");
        Reply::to(request.json(&request_body()))
    };
    let mut refused = None;
    for _ in 0..20 {
        let reply = ping(&alice.tokens.access).await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    let refused = refused.expect("twenty at once are too many");
    wait(&refused);
    assert_eq!(refused.json()["jsonrpc"], "2.0");
    assert!(refused.json()["error"]["message"].is_string(), "{}", refused.body);
    assert_eq!(
        refused.header("access-control-allow-origin"),
        "https://chatgpt.com"
    );
    assert!(
        refused
            .header("access-control-expose-headers")
            .contains("retry-after")
    );
    assert_eq!(ping(&bob.tokens.access).await.status, 200);
}

fn request_body() -> Value {
    request("ping", &json!({}))
}

#[tokio::test]
async fn off_means_as_often_as_one_likes() {
    let server = limited(&[("AUTH_RATE_LIMIT", "off"), ("TOOL_RATE_LIMIT", "off")]).await;
    for _ in 0..70 {
        assert_eq!(ask_token(&server, "198.51.100.7").await.status, 401);
    }
}

#[tokio::test]
async fn a_person_keeps_only_so_many_games() {
    let server = Home::new().set("QUOTA_GAMES", "2").serve().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    alice.board("e4").await;
    alice.board("d4").await;
    let refusal = alice
        .call("chess_new_game", json!({ "opponent": "nobody", "moves": "c4" }))
        .await
        .refused();
    assert!(refusal.contains("/account") && refusal.contains('2'), "{refusal}");
    let kept = alice.call("chess_games", json!({})).await.ok();
    assert_eq!(kept["games"].as_array().map(Vec::len), Some(2));
    bob.board("e4").await;
}
