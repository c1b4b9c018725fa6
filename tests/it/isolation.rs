//! Nobody sees that another person's game exists.

use serde_json::{Value, json};

use crate::support::{Reply, Server};

/// Every way to name a game in a call.
fn attempts(game: &str) -> Vec<(&'static str, Value)> {
    vec![
        (
            "chess_move",
            json!({ "game_id": game, "expected_ply": 2, "move": "d4" }),
        ),
        ("chess_move", json!({ "game_id": game, "move": "d4" })),
        ("chess_play_line", json!({ "game_id": game, "moves": "d4 d5" })),
        ("chess_show", json!({ "game_id": game })),
        ("chess_show", json!({ "game_id": game, "ply": 1 })),
        ("chess_status", json!({ "game_id": game })),
        ("chess_undo", json!({ "game_id": game })),
        ("chess_undo", json!({ "game_id": game, "expected_ply": 2 })),
        ("chess_undo", json!({ "game_id": game, "answer": "accept" })),
        ("chess_finish", json!({ "game_id": game, "action": "resign" })),
        ("chess_finish", json!({ "game_id": game, "action": "abort" })),
        ("chess_finish", json!({ "game_id": game, "action": "claim_draw" })),
        ("chess_finish", json!({ "game_id": game, "action": "offer_draw" })),
        (
            "chess_finish",
            json!({ "game_id": game, "action": "accept_draw" }),
        ),
        ("chess_export", json!({ "game_id": game })),
        ("chess_export", json!({ "game_id": game, "format": "fen" })),
        ("chess_export", json!({ "game_id": game, "format": "png" })),
        ("chess_export", json!({ "game_id": game, "format": "svg" })),
        ("chess_analyze", json!({ "game_id": game })),
        ("chess_analyze", json!({ "game_id": game, "moves": "d4" })),
        (
            "chess_new_game",
            json!({ "opponent": "nobody", "from_game": game, "ply": 1 }),
        ),
        (
            "chess_new_game",
            json!({ "opponent": "engine", "level": 1, "from_game": game }),
        ),
    ]
}

/// An answer with the id that was asked for and the time taken out.
fn blank(reply: &Reply, game: &str) -> (u16, Value) {
    let mut body: Value = serde_json::from_str(&reply.body.replace(game, "GAME")).unwrap();
    if let Some(meta) = body["result"]["_meta"].as_object_mut() {
        meta.remove("seq");
    }
    (reply.status, body)
}

#[tokio::test]
async fn anothers_game_answers_like_one_that_does_not_exist() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let played = alice.new_game(crate::support::game::first_day()).await;
    let played = alice.play(&played, "e4").await.ok();
    let board = alice.board("e4 e5").await;
    let mate = alice.board("f3 e5 g4 Qh4").await;
    // An id of the right form that nobody has.
    let nowhere = "zzzzzzz2";
    for game in [&played, &board, &mate] {
        let before = alice.status(game).await;
        let id = game["game_id"].as_str().unwrap();
        for ((tool, theirs), (_, none)) in attempts(id).into_iter().zip(attempts(nowhere)) {
            let asked = bob.ask(tool, theirs.clone()).await;
            let missing = bob.ask(tool, none).await;
            assert_eq!(blank(&asked, id), blank(&missing, nowhere), "{tool} {theirs}");
            let body = asked.json();
            assert!(
                body["result"]["isError"] == true || body["error"].is_object(),
                "{tool} {theirs}: {body}"
            );
        }
        assert_eq!(alice.status(game).await, before);
    }
}

#[tokio::test]
async fn lists_defaults_and_profiles_know_only_ones_own() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let game = alice.new_game(crate::support::game::first_day()).await;
    alice.play(&game, "e4").await.ok();
    alice.board("f3 e5 g4 Qh4").await;
    let hers = game["game_id"].as_str().unwrap();
    for filter in ["all", "unfinished", "finished"] {
        assert_eq!(
            bob.call("chess_games", json!({ "filter": filter })).await.ok()["games"],
            json!([])
        );
    }
    for (tool, arguments) in [
        ("chess_show", json!({})),
        ("chess_status", json!({})),
        ("chess_export", json!({})),
        ("chess_move", json!({ "move": "d4" })),
        ("chess_undo", json!({})),
        ("chess_finish", json!({ "action": "resign" })),
        ("chess_profile", json!({})),
    ] {
        let reply = bob.ask(tool, arguments).await;
        assert!(!reply.body.contains(hers), "{tool}: {}", reply.body);
    }
    assert_eq!(alice.status(&game).await["status"], "ongoing");
    let page = alice
        .call("chess_games", json!({ "filter": "all", "limit": 1 }))
        .await
        .ok();
    let cursor = page["next_cursor"].clone();
    assert!(cursor.is_string());
    let stolen = bob
        .ask("chess_games", json!({ "filter": "all", "cursor": cursor }))
        .await;
    assert!(
        !stolen.body.contains(hers),
        "a cursor opens nothing: {}",
        stolen.body
    );
}

#[tokio::test]
async fn one_person_meets_their_games_through_every_app() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("e4").await;
    let app = server.app("Another App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let elsewhere = crate::support::Actor {
        server: &server,
        app,
        tokens,
    };
    assert_eq!(elsewhere.status(&board).await["game_id"], board["game_id"]);
    elsewhere.play(&board, "e5").await.ok();
    assert_eq!(alice.status(&board).await["ply"], 2);
}

#[tokio::test]
async fn the_command_line_token_opens_the_same_persons_games() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("e4").await;
    let token = server
        .cli(&["token", "--user", "alice"])
        .await
        .ok()
        .trim()
        .to_owned();
    let reply = server
        .rpc(
            &token,
            "tools/call",
            &json!({ "name": "chess_status", "arguments": {} }),
        )
        .await
        .expect(200);
    assert_eq!(
        reply.json()["result"]["structuredContent"]["game_id"],
        board["game_id"]
    );
}
