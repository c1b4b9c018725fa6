//! The board's resource, what results carry for it, and how a board learns of changes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::game::first_day;
use crate::support::mcp::request;
use crate::support::{Reply, Server};

async fn meta_of(server: &Server, token: &str, tool: &str, arguments: Value) -> (Value, Value) {
    let call = json!({ "name": tool, "arguments": arguments });
    let answer = server.rpc(token, "tools/call", &call).await.expect(200).json();
    let result = &answer["result"];
    assert_ne!(result["isError"], true, "{answer}");
    (result["structuredContent"].clone(), result["_meta"].clone())
}

async fn call_of_a_board(server: &Server, token: &str, tool: &str, arguments: Value) -> (Value, Value) {
    let params = json!({ "name": tool, "arguments": arguments, "_meta": { "chess-mcp/board": true } });
    let body = request("tools/call", &params);
    let answer = Reply::to(server.mcp_as(token).json(&body))
        .await
        .expect(200)
        .json();
    let result = &answer["result"];
    assert_ne!(result["isError"], true, "{answer}");
    (result["structuredContent"].clone(), result["_meta"].clone())
}

#[tokio::test]
async fn the_resource_is_listed_and_read_also_by_its_former_names() {
    let server = Server::start().await;
    let token = server.actor("alice").await.tokens.access;
    let list = server
        .rpc(&token, "resources/list", &json!({}))
        .await
        .expect(200)
        .json();
    let [resource] = list["result"]["resources"].as_array().unwrap().as_slice() else {
        panic!("{list}");
    };
    assert_eq!(resource["mimeType"], "text/html;profile=mcp-app");
    let uri = resource["uri"].as_str().unwrap();
    for asked in [uri, "ui://chess/board-000000000000.html"] {
        let read = server
            .rpc(&token, "resources/read", &json!({ "uri": asked }))
            .await
            .expect(200)
            .json();
        let content = &read["result"]["contents"][0];
        assert_eq!(content["uri"], asked);
        let html = content["text"].as_str().unwrap();
        assert!(
            html.starts_with("<!doctype html>") && html.len() < 150_000,
            "{}",
            html.len()
        );
        let ui = &content["_meta"]["ui"];
        assert_eq!(ui["csp"]["connectDomains"], json!([]));
        assert!(
            ui.get("domain").is_none(),
            "a wrong domain shows nothing at all: {ui}"
        );
        assert_eq!(content["_meta"]["openai/ui"]["preferredDisplayMode"], "inline");
    }
    for other in [
        "ui://chess/other.html",
        "ui://chess/board-1",
        "file:///etc/passwd",
    ] {
        let answer = server
            .rpc(&token, "resources/read", &json!({ "uri": other }))
            .await
            .json();
        assert!(answer["error"]["code"].is_i64(), "{other}: {answer}");
    }
}

#[tokio::test]
async fn a_result_carries_every_move_and_those_that_may_be_made() {
    let server = Server::start().await;
    let token = server.actor("alice").await.tokens.access;
    let (game, meta) = meta_of(
        &server,
        &token,
        "chess_new_game",
        json!({ "opponent": "nobody", "moves": "e4 e5 Nf3" }),
    )
    .await;
    let board = &meta["board"];
    assert_eq!(
        (&board["moves"], &board["uci"]),
        (&json!(["e4", "e5", "Nf3"]), &json!("e2e4 e7e5 g1f3"))
    );
    assert_eq!(
        board["start_fen"],
        "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"
    );
    let legal = board["legal"].as_object().unwrap();
    let told = game["legal_moves"].as_array().unwrap();
    assert_eq!(legal.len(), told.len());
    assert!(
        told.iter().all(|san| legal.contains_key(san.as_str().unwrap())),
        "{board}"
    );
    assert_eq!(legal["Nc6"], "b8c6");
    assert_eq!(board["levels"].as_array().unwrap().len(), 10);
    let (_, back) = meta_of(&server, &token, "chess_show", json!({ "ply": 1 })).await;
    assert_eq!(
        back["board"]["moves"].as_array().unwrap().len(),
        3,
        "the board can step on"
    );
    let (_, none) = meta_of(
        &server,
        &server.actor("bob").await.tokens.access,
        "chess_show",
        json!({}),
    )
    .await;
    assert_eq!(none["board"]["moves"], json!([]));
}

#[tokio::test]
async fn an_open_puzzle_tells_the_board_no_solution() {
    let server = Server::start().await;
    let token = server.actor("alice").await.tokens.access;
    let (puzzle, meta) = meta_of(&server, &token, "chess_puzzle", json!({ "theme": "mateIn2" })).await;
    let told = meta["board"]["moves"].as_array().unwrap();
    assert_eq!(
        json!(told.len()),
        puzzle["ply"],
        "nothing that is still to be found"
    );
    let legal = meta["board"]["legal"].as_object().unwrap();
    assert_eq!(legal.len(), puzzle["legal_moves"].as_array().unwrap().len());
    let keys: Vec<&String> = meta["board"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["legal", "levels", "moves", "newest", "start_fen", "uci"]);
}

#[tokio::test]
async fn the_newest_board_is_the_one_the_model_had_shown() {
    let server = Server::start().await;
    let token = server.actor("alice").await.tokens.access;
    let (game, first) = meta_of(&server, &token, "chess_new_game", json!({ "opponent": "nobody" })).await;
    let id = &game["game_id"];
    assert_eq!(first["board"]["newest"], first["seq"]);
    let by_hand = json!({ "game_id": id, "move": "e4", "expected_ply": 0 });
    let (_, moved) = call_of_a_board(&server, &token, "chess_move", by_hand).await;
    assert_eq!(
        moved["board"]["newest"], first["seq"],
        "a move by hand shows no other board"
    );
    assert!(moved["seq"].as_i64() > first["seq"].as_i64());
    let by_model = json!({ "game_id": id, "move": "e5", "expected_ply": 1 });
    let (_, second) = meta_of(&server, &token, "chess_move", by_model).await;
    assert_eq!(second["board"]["newest"], second["seq"]);
    let (_, synced) = call_of_a_board(&server, &token, "chess_board_sync", json!({ "game_id": id })).await;
    assert_eq!(synced["board"]["newest"], second["seq"]);
}

#[tokio::test]
async fn a_waiting_board_hears_of_the_friend_s_move_at_once() {
    let server = Server::start().await;
    let (alice, bob) = (
        server.actor("alice").await.tokens.access,
        server.actor("bob").await.tokens.access,
    );
    let (game, _) = meta_of(&server, &alice, "chess_new_game", json!({ "opponent": "friend" })).await;
    let code = &game["invitation"]["code"];
    let (joined, shown) = meta_of(&server, &bob, "chess_join", json!({ "code": code })).await;
    let id = joined["game_id"].clone();
    let since = joined["revision"].clone();
    let wait = json!({ "game_id": id, "since_revision": since, "wait_s": 20 });
    let started = Instant::now();
    let play = async {
        meta_of(
            &server,
            &alice,
            "chess_move",
            json!({ "move": "e4", "game_id": id, "expected_ply": 0 }),
        )
        .await
    };
    let ((heard, _), _) = tokio::join!(call_of_a_board(&server, &bob, "chess_board_sync", wait), play);
    assert_eq!(
        (&heard["ply"], &heard["turn"]),
        (&json!(1), &json!("black")),
        "{heard}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(19),
        "it did not wait to the end"
    );
    let now = json!({ "game_id": id, "since_revision": heard["revision"], "wait_s": 0 });
    let (same, meta) = call_of_a_board(&server, &bob, "chess_board_sync", now).await;
    assert_eq!(same["revision"], heard["revision"]);
    assert_eq!(
        meta["board"]["newest"], shown["seq"],
        "the friend's board is another matter"
    );
}

#[tokio::test]
async fn strangers_learn_nothing_by_waiting() {
    let server = Server::start().await;
    let (alice, bob) = (
        server.actor("alice").await.tokens.access,
        server.actor("bob").await.tokens.access,
    );
    let (game, _) = meta_of(&server, &alice, "chess_new_game", first_day()).await;
    let call =
        |id: &Value| json!({ "name": "chess_board_sync", "arguments": { "game_id": id, "wait_s": 20 } });
    let theirs = server
        .rpc(&bob, "tools/call", &call(&game["game_id"]))
        .await
        .json();
    let none = server
        .rpc(&bob, "tools/call", &call(&json!("zzzzzzzz")))
        .await
        .json();
    let text = |answer: &Value, id: &str| {
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        text.replace(id, "GAME")
    };
    assert_eq!(theirs["result"]["isError"], true);
    assert_eq!(
        text(&theirs, game["game_id"].as_str().unwrap()),
        text(&none, "zzzzzzzz")
    );
}
