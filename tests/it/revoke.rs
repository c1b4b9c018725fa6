//! The end of a grant, whoever ends it (RFC 7009).

use serde_json::json;

use crate::support::oauth::Tokens;
use crate::support::{Reply, Server};

async fn scene() -> Server {
    let server = Server::start().await;
    server.person("alice").await;
    server
}

#[tokio::test]
async fn revoking_the_refresh_token_ends_the_grant_at_once() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let other = server.sign_in(&app, "alice").await;
    assert!(server.admits(&tokens.access).await);
    server.revoke(&app, &tokens.refresh).await.expect(200);
    assert!(!server.admits(&tokens.access).await);
    assert_eq!(
        server.refresh(&app, &tokens.refresh).await.oauth_error(400),
        "invalid_grant"
    );
    assert!(
        server.admits(&other.access).await,
        "another grant of the same app goes on"
    );
}

#[tokio::test]
async fn revoking_the_access_token_ends_its_use() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    server.revoke(&app, &tokens.access).await.expect(200);
    assert!(!server.admits(&tokens.access).await);
}

#[tokio::test]
async fn revoking_a_retired_refresh_token_ends_the_grant_too() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    server.revoke(&app, &first.refresh).await.expect(200);
    assert!(!server.admits(&second.access).await);
    assert_eq!(
        server.refresh(&app, &second.refresh).await.oauth_error(400),
        "invalid_grant"
    );
}

#[tokio::test]
async fn what_is_no_token_is_revoked_without_a_word() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    for value in ["banana", "", "a.b.c", &tokens.refresh[1..]] {
        let reply = server.revoke(&app, value).await;
        let fine = reply.status == 200 || (value.is_empty() && reply.oauth_error(400) == "invalid_request");
        assert!(fine, "{value:?}: {} {}", reply.status, reply.body);
    }
    server.revoke(&app, &tokens.refresh).await.expect(200);
    server.revoke(&app, &tokens.refresh).await.expect(200);
}

#[tokio::test]
async fn the_hint_may_be_wrong() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let form = [
        ("token", &*tokens.refresh),
        ("token_type_hint", "access_token"),
        ("client_id", &*app.id),
    ];
    Reply::to(server.http().post(server.url("/oauth/revoke")).form(&form))
        .await
        .expect(200);
    assert!(!server.admits(&tokens.access).await);
}

#[tokio::test]
async fn a_client_cannot_revoke_anothers_tokens() {
    let server = scene().await;
    let (app, other) = (server.app("Test App").await, server.app("Other").await);
    let tokens = server.sign_in(&app, "alice").await;
    for token in [&tokens.refresh, &tokens.access] {
        let reply = server.revoke(&other, token).await;
        assert!(matches!(reply.status, 200 | 400), "{}", reply.status);
    }
    assert!(server.admits(&tokens.access).await);
    Tokens::of(&server.refresh(&app, &tokens.refresh).await);
}

#[tokio::test]
async fn a_confidential_client_proves_itself_to_revoke() {
    let server = scene().await;
    let app = server
        .app_with(&json!({ "token_endpoint_auth_method": "client_secret_basic" }))
        .await;
    let tokens = server.sign_in(&app, "alice").await;
    let bare = crate::support::App {
        secret: None,
        ..app.clone()
    };
    assert_eq!(
        server.revoke(&bare, &tokens.refresh).await.oauth_error(401),
        "invalid_client"
    );
    assert!(server.admits(&tokens.access).await);
    server.revoke(&app, &tokens.refresh).await.expect(200);
    assert!(!server.admits(&tokens.access).await);
}

#[tokio::test]
async fn requests_without_client_or_token_are_refused() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let url = server.url("/oauth/revoke");
    let no_token = Reply::to(server.http().post(&url).form(&[("client_id", &app.id)])).await;
    assert_eq!(no_token.oauth_error(400), "invalid_request");
    let no_client = Reply::to(server.http().post(&url).form(&[("token", "x")])).await;
    assert!(matches!(no_client.status, 400 | 401), "{}", no_client.status);
    let unknown = Reply::to(
        server
            .http()
            .post(&url)
            .form(&[("token", "x"), ("client_id", "chess-mcp-x")]),
    )
    .await;
    assert_eq!(unknown.oauth_error(401), "invalid_client");
    assert_eq!(Reply::to(server.http().get(&url)).await.status, 405);
}

#[tokio::test]
async fn a_disabled_person_is_out_at_the_next_request_and_back_when_enabled() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    assert!(server.admits(&tokens.access).await);
    server.cli(&["users", "disable", "alice"]).await.ok();
    assert!(!server.admits(&tokens.access).await);
    assert_eq!(
        server.refresh(&app, &tokens.refresh).await.oauth_error(400),
        "invalid_grant"
    );
    let mut browser = crate::support::Browser::new(&server);
    browser
        .open(&crate::support::oauth::Request::of(&app, &server).url(&server))
        .await;
    browser.press_allow().await;
    let password = crate::support::oauth::PASSWORD;
    browser
        .press("Sign in", &[("username", "alice"), ("password", password)])
        .await;
    assert_eq!(browser.page.left_for, None);
    server.cli(&["users", "enable", "alice"]).await.ok();
    assert!(server.admits(&server.sign_in(&app, "alice").await.access).await);
}

#[tokio::test]
async fn a_code_of_a_person_disabled_meanwhile_is_worth_nothing() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let granted = server.code(&app, "alice").await;
    server.cli(&["users", "disable", "alice"]).await.ok();
    assert_eq!(
        server.token(&granted.form()).await.oauth_error(400),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_removed_person_is_out_and_their_name_brings_no_games_back() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let alice = crate::support::Actor {
        server: &server,
        app: app.clone(),
        tokens,
    };
    let game = alice.board("e4").await;
    server.cli(&["users", "remove", "alice", "--yes"]).await.ok();
    assert!(!server.admits(&alice.tokens.access).await);
    assert_eq!(
        server.refresh(&app, &alice.tokens.refresh).await.oauth_error(400),
        "invalid_grant"
    );

    server.person("alice").await;
    let again = server.sign_in(&app, "alice").await;
    assert_ne!(again.claims()["sub"], alice.tokens.claims()["sub"]);
    let newcomer = crate::support::Actor {
        server: &server,
        app,
        tokens: again,
    };
    newcomer
        .call("chess_status", json!({ "game_id": game["game_id"] }))
        .await
        .refused();
}

#[tokio::test]
async fn removing_asks_for_a_yes() {
    let server = scene().await;
    let ran = server.cli(&["users", "remove", "alice"]).await;
    assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
    assert!(server.cli(&["users", "list"]).await.ok().contains("alice"));
}

#[tokio::test]
async fn the_longest_idle_grant_of_a_client_makes_room() {
    let server = crate::support::Home::new()
        .set("GRANTS_PER_CLIENT", "2")
        .serve()
        .await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let second = server.sign_in(&app, "alice").await;
    let third = server.sign_in(&app, "alice").await;
    assert!(server.admits(&third.access).await);
    let live = [
        server.admits(&first.access).await,
        server.admits(&second.access).await,
    ];
    assert_eq!(
        live.iter().filter(|live| **live).count(),
        1,
        "two grants of three live"
    );
}
