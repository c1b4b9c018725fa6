//! The same thing asked twenty times at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::actor::moving;
use crate::support::mcp::{Answer, LEGACY, request};
use crate::support::oauth::{Tokens, refreshing};
use crate::support::{Reply, Server, until};

const PARALLEL: usize = 20;

/// Sends one request many times at once, each over a connection of its own.
async fn at_once(build: impl Fn(&reqwest::Client) -> reqwest::RequestBuilder) -> Vec<Reply> {
    let mut running = JoinSet::new();
    for _ in 0..PARALLEL {
        running.spawn(Reply::to(build(&crate::support::server::http_client())));
    }
    running.join_all().await
}

async fn post_at_once(server: &Server, form: &[(String, String)]) -> Vec<Reply> {
    let url = server.url("/oauth/token");
    at_once(|http| http.post(&url).form(form)).await
}

async fn move_at_once(server: &Server, token: &str, arguments: &Value) -> Vec<Answer> {
    let url = server.url("/mcp");
    let body = request(
        "tools/call",
        &json!({ "name": "chess_move", "arguments": arguments }),
    );
    let replies = at_once(|http| {
        let post = http
            .post(&url)
            .header("accept", crate::support::mcp::ACCEPTED)
            .bearer_auth(token);
        post.header("mcp-protocol-version", LEGACY).json(&body)
    });
    replies.await.iter().map(Answer::of).collect()
}

#[tokio::test]
async fn one_of_many_redemptions_wins_and_stays_in() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let granted = server.code(&app, "alice").await;
    let replies = post_at_once(&server, &granted.form()).await;
    let winners: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(winners.len(), 1);
    for loser in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(loser.oauth_error(400), "invalid_grant");
    }
    let tokens = Tokens::of(winners[0]);
    assert!(server.admits(&tokens.access).await);
    Tokens::of(&server.refresh(&app, &tokens.refresh).await);
}

#[tokio::test]
async fn a_late_replay_of_a_code_ends_its_grant() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let granted = server.code(&app, "alice").await;
    let other = server.sign_in(&app, "alice").await;
    let tokens = Tokens::of(&server.token(&granted.form()).await);
    assert_eq!(
        server.token(&granted.form()).await.oauth_error(400),
        "invalid_grant"
    );
    assert!(
        server.admits(&tokens.access).await,
        "an immediate retry does no harm"
    );
    let redeemed = std::time::Instant::now();
    until("five seconds pass", async || {
        redeemed.elapsed() > std::time::Duration::from_millis(6500)
    })
    .await;
    assert_eq!(
        server.token(&granted.form()).await.oauth_error(400),
        "invalid_grant"
    );
    assert!(!server.admits(&tokens.access).await);
    assert_eq!(
        server.refresh(&app, &tokens.refresh).await.oauth_error(400),
        "invalid_grant"
    );
    assert!(
        server.admits(&other.access).await,
        "the person's other grants go on"
    );
}

#[tokio::test]
async fn many_refreshes_share_one_live_token() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let mut refresh = server.sign_in(&app, "alice").await.refresh;
    for _ in 0..3 {
        let replies = post_at_once(&server, &refreshing(&app, &refresh)).await;
        let tokens: Vec<Tokens> = replies.iter().map(Tokens::of).collect();
        let live: BTreeSet<&str> = tokens.iter().map(|pair| pair.refresh.as_str()).collect();
        assert_eq!(live.len(), 1, "20 answers, one and the same live token");
        for pair in &tokens {
            assert!(server.admits(&pair.access).await);
        }
        assert_ne!(tokens[0].refresh, refresh);
        refresh.clone_from(&tokens[0].refresh);
    }
}

#[tokio::test]
async fn many_identical_moves_are_one_move() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("").await;
    let answers = move_at_once(&server, &alice.tokens.access, &moving(&board, "e4")).await;
    let views: Vec<Value> = answers.into_iter().map(Answer::ok).collect();
    assert_eq!(views.iter().filter(|view| view["repeated"] == false).count(), 1);
    for view in &views {
        assert_eq!((&view["ply"], &view["played"]["san"]), (&json!(1), &json!("e4")));
    }
    assert_eq!(alice.status(&board).await["ply"], 1);
}

#[tokio::test]
async fn many_identical_moves_against_the_engine_get_one_reply() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    let answers = move_at_once(&server, &alice.tokens.access, &moving(&game, "e4")).await;
    for answer in answers {
        assert!(!answer.is_error, "{}", answer.text);
    }
    let now = alice.status(&game).await;
    assert_eq!(now["ply"], 2, "one move, one reply: {}", now["recent"]);
}

#[tokio::test]
async fn of_two_different_moves_at_the_same_ply_one_is_played() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("").await;
    let (one, two) = tokio::join!(alice.play(&board, "e4"), alice.play(&board, "d4"));
    assert_ne!(one.is_error, two.is_error);
    let refused = if one.is_error { one } else { two }.refused();
    assert!(refused.contains("ply"), "{refused}");
    assert_eq!(alice.status(&board).await["ply"], 1);
}

#[tokio::test]
async fn a_game_asked_for_twenty_times_is_one_game() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let url = server.url("/mcp");
    let arguments = json!({ "opponent": "nobody" });
    let body = request(
        "tools/call",
        &json!({ "name": "chess_new_game", "arguments": arguments }),
    );
    let replies = at_once(|http| {
        let post = http.post(&url).header("accept", crate::support::mcp::ACCEPTED);
        post.bearer_auth(&alice.tokens.access).json(&body)
    })
    .await;
    let games: Vec<Value> = replies
        .iter()
        .map(|reply| Answer::of(reply).ok()["game_id"].clone())
        .collect();
    assert!(games.iter().all(|game| *game == games[0]), "{games:?}");
}
