//! What a client learns about a token (RFC 7662).

use serde_json::{Value, json};

use crate::support::oauth::Tokens;
use crate::support::{App, Reply, Server};

async fn scene() -> Server {
    let server = Server::start().await;
    server.person("alice").await;
    server
}

async fn service(server: &Server) -> App {
    let changes = json!({ "client_name": "Service", "token_endpoint_auth_method": "client_secret_post" });
    server.app_with(&changes).await
}

async fn told(server: &Server, who: &App, token: &str) -> Value {
    let reply = server.introspect(who, token).await.expect(200);
    assert!(reply.header("cache-control").contains("no-store"));
    assert!(reply.header("content-type").starts_with("application/json"));
    reply.json()
}

fn inactive() -> Value {
    json!({ "active": false })
}

#[tokio::test]
async fn an_access_token_is_told_as_it_is() {
    let server = scene().await;
    let (app, service) = (server.app("Test App").await, service(&server).await);
    let tokens = Tokens::of(&server.sign_in_for(&app, "alice", "chess profile").await);
    let claims = tokens.claims();
    let answer = told(&server, &service, &tokens.access).await;
    assert_eq!(
        (&answer["active"], &answer["token_type"]),
        (&json!(true), &json!("Bearer"))
    );
    for name in ["iss", "aud", "sub", "client_id", "scope", "exp", "iat", "jti"] {
        assert_eq!(answer[name], claims[name], "{name}");
    }
    assert!(
        answer.get("username").is_none(),
        "a name is not everybody's to know"
    );
    let own = told(&server, &app, &tokens.access).await;
    assert_eq!(own["username"], "alice");
}

#[tokio::test]
async fn a_refresh_token_is_never_taken_for_an_access_token() {
    let server = scene().await;
    let (app, service) = (server.app("Test App").await, service(&server).await);
    let first = server.sign_in(&app, "alice").await;
    for who in [&app, &service] {
        let answer = told(&server, who, &first.refresh).await;
        assert_eq!(answer["active"], true);
        assert_eq!(answer["token_type"], "refresh_token");
        assert_eq!(answer["aud"], server.origin(), "it is good at the issuer alone");
        assert_eq!(answer["sub"], first.claims()["sub"]);
        assert_eq!(answer["client_id"], app.id);
        assert!(answer.get("username").is_none(), "profile was not granted");
    }
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    assert_eq!(told(&server, &service, &first.refresh).await, inactive());
    assert_eq!(told(&server, &service, &second.refresh).await["active"], true);
}

#[tokio::test]
async fn what_is_over_or_unknown_is_inactive_and_no_more_is_said() {
    let server = scene().await;
    let (app, service) = (server.app("Test App").await, service(&server).await);
    let tokens = server.sign_in(&app, "alice").await;
    let code = server.code(&app, "alice").await.code;
    let expired = server.expired("alice").await;
    let stranger = server.stranger().await;
    for token in ["banana", "a.b.c", &code, &expired, &stranger, &tokens.access[1..]] {
        assert_eq!(told(&server, &service, token).await, inactive(), "{token:.20}");
        assert_eq!(told(&server, &app, token).await, inactive(), "{token:.20}");
    }
    server.cli(&["users", "disable", "alice"]).await.ok();
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(told(&server, &service, token).await, inactive());
    }
    server.cli(&["users", "enable", "alice"]).await.ok();
    assert_eq!(told(&server, &service, &tokens.access).await["active"], true);
    server.revoke(&app, &tokens.refresh).await.expect(200);
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(told(&server, &service, token).await, inactive());
        assert_eq!(told(&server, &app, token).await, inactive());
    }
}

#[tokio::test]
async fn a_public_client_learns_about_its_own_tokens_alone() {
    let server = scene().await;
    let (app, other) = (server.app("Test App").await, server.app("Other").await);
    let tokens = server.sign_in(&app, "alice").await;
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(told(&server, &app, token).await["active"], true);
        let refused = server.introspect(&other, token).await;
        assert_eq!(refused.oauth_error(401), "invalid_client");
        assert!(!refused.body.contains(tokens.claims()["sub"].as_str().unwrap()));
    }
    assert!(server.admits(&tokens.access).await);
}

#[tokio::test]
async fn who_does_not_prove_themselves_learns_nothing() {
    let server = scene().await;
    let app = server
        .app_with(&json!({ "token_endpoint_auth_method": "client_secret_basic" }))
        .await;
    let tokens = server.sign_in(&app, "alice").await;
    let url = server.url("/oauth/introspect");
    let token = [("token", tokens.access.as_str())];
    let bare = App {
        secret: None,
        ..app.clone()
    };
    let wrong = App {
        secret: Some("wrong".into()),
        ..app.clone()
    };
    let unknown = App {
        id: "chess-mcp-unknown".into(),
        ..bare.clone()
    };
    for who in [&bare, &wrong, &unknown] {
        let refused = server.introspect(who, &tokens.access).await;
        assert_eq!(refused.oauth_error(401), "invalid_client");
    }
    let nobody = Reply::to(server.http().post(&url).form(&token)).await;
    assert_eq!(nobody.oauth_error(401), "invalid_client");
    let bearer = server.http().post(&url).form(&token).bearer_auth(&tokens.access);
    assert_eq!(Reply::to(bearer).await.oauth_error(401), "invalid_client");
    let basic = server.http().post(&url).form(&token);
    let basic = Reply::to(basic.header("authorization", wrong.basic())).await;
    assert!(basic.header("www-authenticate").starts_with("Basic"));
    let basic = server.http().post(&url).form(&token);
    let basic = Reply::to(basic.header("authorization", app.basic()))
        .await
        .expect(200);
    assert_eq!(basic.json()["active"], true);

    let empty = server.introspect(&app, "").await;
    assert_eq!(empty.oauth_error(400), "invalid_request");
    let query = server.http().get(format!("{url}?token={}", tokens.access));
    assert_eq!(Reply::to(query).await.status, 405);
    let foreign = server.http().post(&url).form(&token);
    let foreign = Reply::to(foreign.header("origin", "https://app.example")).await;
    assert_eq!(foreign.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn asking_is_not_using() {
    let server = crate::support::Home::new()
        .set("REFRESH_REPLAY_WINDOW", "0")
        .serve()
        .await;
    server.person("alice").await;
    let (app, service) = (server.app("Test App").await, service(&server).await);
    let first = server.sign_in(&app, "alice").await;
    let lost = Tokens::of(&server.refresh(&app, &first.refresh).await);
    assert_eq!(told(&server, &service, &lost.access).await["active"], true);
    // Were the access token counted as used, this would be taken for a theft once the window is over.
    let begun = std::time::Instant::now();
    crate::support::until("the window passes", async || {
        begun.elapsed() > std::time::Duration::from_millis(1200)
    })
    .await;
    let found = Tokens::of(&server.refresh(&app, &first.refresh).await);
    assert!(server.admits(&found.access).await);
}
