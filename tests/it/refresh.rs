//! Refreshing: rotation, late replays, who may not.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::oauth::{Request, Tokens, refreshing};
use crate::support::{App, Browser, Home, Server, until};

async fn scene() -> Server {
    let server = Server::start().await;
    server.person("alice").await;
    server
}

/// Waits until a replay window of one second, begun just now, is surely over.
async fn a_window_passes() {
    a_window_of(1).await;
}

/// The same for a window of so many seconds.
async fn a_window_of(seconds: u64) {
    let begun = std::time::Instant::now();
    let over = std::time::Duration::from_millis(seconds * 1000 + 1200);
    until("the window passes", async || begun.elapsed() > over).await;
}

#[tokio::test]
async fn refreshing_rotates_and_keeps_the_grant() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let reply = server.refresh(&app, &first.refresh).await.expect(200);
    assert!(reply.header("cache-control").contains("no-store"));
    let second = Tokens::of(&reply);
    assert_ne!(second.refresh, first.refresh);
    assert_ne!(second.access, first.access);
    let (old, new) = (first.claims(), second.claims());
    for name in ["iss", "aud", "sub", "client_id", "scope", "gid", "auth_time"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    assert_ne!(old["jti"], new["jti"]);
    assert_ne!(old["gen"], new["gen"]);
    assert!(server.admits(&second.access).await);
    assert!(
        server.admits(&first.access).await,
        "an access token lives out its time"
    );
}

#[tokio::test]
async fn a_chain_of_refreshes_goes_on() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let mut tokens = server.sign_in(&app, "alice").await;
    for _ in 0..10 {
        tokens = Tokens::of(&server.refresh(&app, &tokens.refresh).await);
        assert!(server.admits(&tokens.access).await);
    }
}

#[tokio::test]
async fn a_retired_token_within_the_window_gets_the_live_one() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    let third = Tokens::of(&server.refresh(&app, &second.refresh).await);
    assert!(server.admits(&third.access).await);
    for retired in [&first, &second] {
        let again = Tokens::of(&server.refresh(&app, &retired.refresh).await);
        assert_eq!(again.refresh, third.refresh, "exactly one refresh token lives");
        assert!(server.admits(&again.access).await);
    }
}

/// Sends a refresh over a connection of its own and hangs up: at once, or at the first byte of the answer, when
/// the rotation is on disk. Nothing of the answer is read.
async fn refresh_and_hang_up(server: &Server, app: &App, token: &str, at_first_byte: bool) {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(refreshing(app, token))
        .finish();
    let request = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        server.address(),
        body.len()
    );
    let mut connection = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    if at_first_byte {
        connection.read_exact(&mut [0]).await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_never_arrived_is_given_again() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let mut held = server.sign_in(&app, "alice").await;
    for round in 0..10 {
        refresh_and_hang_up(&server, &app, &held.refresh, round % 2 == 0).await;
        let found = Tokens::of(&server.refresh(&app, &held.refresh).await);
        assert!(server.admits(&found.access).await, "round {round}");
        let again = Tokens::of(&server.refresh(&app, &held.refresh).await);
        assert_eq!(again.refresh, found.refresh, "round {round}: one live token");
        held = found;
    }
}

#[tokio::test]
async fn an_answer_lost_with_the_server_is_given_again() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let mut held = server.sign_in(&app, "alice").await;
    let mut server = server;
    for round in 0..4 {
        // The answer has begun, so the rotation is on disk; then the machine goes.
        refresh_and_hang_up(&server, &app, &held.refresh, round % 2 == 0).await;
        server = server.crash_and_restart().await;
        held = Tokens::of(&server.refresh(&app, &held.refresh).await);
        assert!(server.admits(&held.access).await, "round {round}");
    }
}

/// What the operator's record holds about refresh tokens and codes.
fn recorded(server: &Server) -> Vec<String> {
    let database = rusqlite::Connection::open(server.home().database()).unwrap();
    let mut query = database
        .prepare(
            "SELECT kind || coalesce(' ' || detail, '') FROM audit_events
             WHERE kind IN ('refresh_race_replay', 'refresh_reuse', 'code_replay', 'grant_revoked')
               AND user_id IS NOT NULL AND client_id IS NOT NULL AND grant_id IS NOT NULL ORDER BY id",
        )
        .unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn replays_are_on_the_record() {
    let server = Home::new().set("REFRESH_REPLAY_WINDOW", "1").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let granted = server.code(&app, "alice").await;
    let first = Tokens::of(&server.token(&granted.form()).await);
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    server.refresh(&app, &first.refresh).await.expect(200);
    assert_eq!(recorded(&server), ["refresh_race_replay"]);
    assert!(server.admits(&second.access).await);
    a_window_passes().await;
    server.refresh(&app, &first.refresh).await.expect(400);
    let reuse = [
        "refresh_race_replay",
        "refresh_reuse",
        "grant_revoked refresh_reuse",
    ];
    assert_eq!(recorded(&server), reuse);

    let granted = server.code(&app, "alice").await;
    server.token(&granted.form()).await.expect(200);
    let mut wrong = granted.form();
    wrong.retain(|(name, _)| name != "code_verifier");
    wrong.push(("code_verifier".into(), "x".repeat(43)));
    server.token(&wrong).await.expect(400);
    assert_eq!(
        recorded(&server)[3..],
        ["code_replay", "grant_revoked code_replay"]
    );
}

#[tokio::test]
async fn after_the_window_a_lost_answer_is_made_good() {
    let server = Home::new().set("REFRESH_REPLAY_WINDOW", "1").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let lost = Tokens::of(&server.refresh(&app, &first.refresh).await);
    a_window_passes().await;
    let found = Tokens::of(&server.refresh(&app, &first.refresh).await);
    assert_ne!(
        found.refresh, lost.refresh,
        "the token of the lost answer is replaced"
    );
    assert!(server.admits(&found.access).await);
    Tokens::of(&server.refresh(&app, &found.refresh).await);
}

#[tokio::test]
async fn after_the_window_a_replay_ends_the_grant_if_the_answer_was_used() {
    let server = Home::new().set("REFRESH_REPLAY_WINDOW", "1").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    assert!(
        server.admits(&second.access).await,
        "the access token of that generation was used"
    );
    a_window_passes().await;
    assert_eq!(
        server.refresh(&app, &first.refresh).await.oauth_error(400),
        "invalid_grant"
    );
    assert!(!server.admits(&second.access).await);
    assert!(!server.admits(&first.access).await);
    assert_eq!(
        server.refresh(&app, &second.refresh).await.oauth_error(400),
        "invalid_grant"
    );
}

#[tokio::test]
async fn after_the_window_a_grandparent_ends_the_grant() {
    let server = Home::new().set("REFRESH_REPLAY_WINDOW", "1").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    let third = Tokens::of(&server.refresh(&app, &second.refresh).await);
    a_window_passes().await;
    assert_eq!(
        server.refresh(&app, &first.refresh).await.oauth_error(400),
        "invalid_grant"
    );
    assert_eq!(
        server.refresh(&app, &third.refresh).await.oauth_error(400),
        "invalid_grant"
    );
    assert!(!server.admits(&third.access).await);
}

#[tokio::test]
async fn that_a_generation_was_used_survives_a_crash_or_is_forgiven_never_forked() {
    let server = Home::new().set("REFRESH_REPLAY_WINDOW", "6").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    let server = server.crash_and_restart().await;
    a_window_of(6).await;
    let third = Tokens::of(&server.refresh(&app, &first.refresh).await);
    // The replaced token never lives beside its replacement.
    let back = server.refresh(&app, &second.refresh).await;
    if back.status == 200 {
        assert_eq!(Tokens::of(&back).refresh, third.refresh);
    } else {
        assert_eq!(back.oauth_error(400), "invalid_grant");
    }
}

#[tokio::test]
async fn another_client_cannot_refresh_and_does_no_harm() {
    let server = Home::new().set("REFRESH_REPLAY_WINDOW", "1").serve().await;
    server.person("alice").await;
    let (app, thief) = (server.app("Test App").await, server.app("Thief").await);
    let first = server.sign_in(&app, "alice").await;
    assert_eq!(
        server.refresh(&thief, &first.refresh).await.oauth_error(400),
        "invalid_grant"
    );
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    assert!(server.admits(&second.access).await);
    a_window_passes().await;
    assert_eq!(
        server.refresh(&thief, &first.refresh).await.oauth_error(400),
        "invalid_grant"
    );
    assert!(
        server.admits(&second.access).await,
        "a stranger cannot end somebody's grant"
    );
    Tokens::of(&server.refresh(&app, &second.refresh).await);
}

#[tokio::test]
async fn a_confidential_client_proves_itself_at_each_refresh() {
    let server = scene().await;
    let app = server
        .app_with(&json!({ "token_endpoint_auth_method": "client_secret_post" }))
        .await;
    let tokens = server.sign_in(&app, "alice").await;
    let bare = App {
        secret: None,
        ..app.clone()
    };
    assert_eq!(
        server.refresh(&bare, &tokens.refresh).await.oauth_error(401),
        "invalid_client"
    );
    let wrong = App {
        secret: Some("wrong".into()),
        ..app.clone()
    };
    assert_eq!(
        server.refresh(&wrong, &tokens.refresh).await.oauth_error(401),
        "invalid_client"
    );
    server.refresh(&app, &tokens.refresh).await.expect(200);
}

#[tokio::test]
async fn the_scope_may_shrink_but_not_grow() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let request = Request::of(&app, &server).set("scope", "chess");
    let answer = server.walk(&mut Browser::new(&server), &request, "alice").await;
    let granted = crate::support::oauth::Granted {
        code: answer["code"].clone(),
        pkce: request.pkce,
        app: app.clone(),
    };
    let narrow = Tokens::of(&server.token(&granted.form()).await);
    let mut wider = refreshing(&app, &narrow.refresh);
    wider.push(("scope".into(), "chess offline_access".into()));
    assert_eq!(server.token(&wider).await.oauth_error(400), "invalid_scope");

    let wide = server.sign_in(&app, "alice").await;
    let mut shrunk = refreshing(&app, &wide.refresh);
    shrunk.push(("scope".into(), "chess".into()));
    let reply = server.token(&shrunk).await.expect(200);
    assert_eq!(reply.json()["scope"], "chess");
    assert_eq!(Tokens::of(&reply).claims()["scope"], "chess");
    let whole = server
        .refresh(&app, &Tokens::of(&reply).refresh)
        .await
        .expect(200);
    assert_eq!(
        whole.json()["scope"],
        "chess offline_access",
        "the refresh token keeps the grant's scope"
    );
}

#[tokio::test]
async fn the_resource_is_that_of_the_grant() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let mut form = refreshing(&app, &tokens.refresh);
    form.push(("resource".into(), "https://other.example/mcp".into()));
    assert_eq!(server.token(&form).await.oauth_error(400), "invalid_target");
    let mut form = refreshing(&app, &tokens.refresh);
    form.push(("resource".into(), server.resource()));
    server.token(&form).await.expect(200);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let code = server.code(&app, "alice").await.code;
    for value in [
        "banana",
        &tokens.access,
        &code,
        &tokens.refresh[1..],
        &format!("{}x", tokens.refresh),
        "é",
        "\u{0}",
    ] {
        assert_eq!(
            server.refresh(&app, value).await.oauth_error(400),
            "invalid_grant",
            "{value}"
        );
    }
    assert_eq!(server.refresh(&app, "").await.oauth_error(400), "invalid_request");
    let mut twice = refreshing(&app, &tokens.refresh);
    twice.push(("refresh_token".into(), tokens.refresh.clone()));
    assert_eq!(server.token(&twice).await.oauth_error(400), "invalid_request");
    server.refresh(&app, &tokens.refresh).await.expect(200);
}

#[tokio::test]
async fn an_idle_grant_runs_out() {
    let server = Home::new().set("REFRESH_TOKEN_IDLE_TTL", "1").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    a_window_passes().await;
    assert_eq!(
        server.refresh(&app, &tokens.refresh).await.oauth_error(400),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_grant_has_an_end_however_busy_it_is() {
    let server = Home::new()
        .set("REFRESH_TOKEN_TTL", "3")
        .set("REFRESH_TOKEN_IDLE_TTL", "3")
        .serve()
        .await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let mut tokens = server.sign_in(&app, "alice").await;
    until("the grant ends", async || {
        let reply = server.refresh(&app, &tokens.refresh).await;
        if reply.status == 200 {
            tokens = Tokens::of(&reply);
            return false;
        }
        assert_eq!(reply.oauth_error(400), "invalid_grant");
        true
    })
    .await;
}
