//! Whatever is sent, the answer is clear, never a fault of the server, and nothing changes.

use serde_json::{Value, json};

use crate::support::{Actor, Reply, Server};

/// Everything that a person could notice about their games.
async fn all(alice: &Actor<'_>, boards: &[&Value]) -> Value {
    let list = alice.call("chess_games", json!({ "filter": "all" })).await.ok();
    let mut views = vec![list["games"].clone()];
    for board in boards {
        views.push(alice.status(board).await);
    }
    Value::Array(views)
}

/// Whether an answer is a clear refusal: `isError`, an error of the protocol, or a 4xx.
pub(crate) fn is_refusal(reply: &Reply) -> bool {
    if (400..500).contains(&reply.status) {
        return true;
    }
    let body = reply.json();
    let told = body["result"]["content"][0]["text"]
        .as_str()
        .is_some_and(|text| text.len() > 5);
    reply.status == 200 && ((body["result"]["isError"] == true && told) || body["error"]["code"].is_i64())
}

#[tokio::test]
async fn bad_arguments_are_refused_and_change_nothing() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    let game = alice.play(&game, "e4").await.ok();
    let board = alice.board("e4 e5").await;
    let (game_id, board_id) = (&game["game_id"], &board["game_id"]);
    let before = all(&alice, &[&game, &board]).await;
    let long = "e4 ".repeat(60_000);
    let nul = "e4\u{0}";
    let kings = "8/8/8/8/8/8/8/8 w - - 0 1";
    let both_in_check = "4k3/4R3/8/8/8/8/4r3/4K3 w - - 0 1";
    let huge_fen = format!("{}/8/8/8/8/8/8/8 w - - 0 1", "8".repeat(100_000));
    let cases = vec![
        ("chess_move", json!({})),
        (
            "chess_move",
            json!({ "move": "Ke2Ke3", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": " ", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": nul, "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": long, "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "e9", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "O-O", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "Kxe8", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "resign", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "--", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "0000", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "🐴f3", "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": 4, "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": ["d4"], "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": null, "game_id": game_id, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": game_id, "expected_ply": -1 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": game_id, "expected_ply": 1.5 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": game_id, "expected_ply": "two" }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": game_id, "expected_ply": 99_999_999_999_999_u64 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": "nosuchid", "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": "23456789", "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": "", "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": "../../etc", "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": "' or 1=1 --", "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": 7, "expected_ply": 2 }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": game_id, "expected_ply": 2, "by": "engine" }),
        ),
        (
            "chess_move",
            json!({ "move": "d4", "game_id": game_id, "expected_ply": 2, "banana": true }),
        ),
        ("chess_new_game", json!({ "opponent": "banana" })),
        ("chess_new_game", json!({ "level": 11 })),
        ("chess_new_game", json!({ "level": -1 })),
        ("chess_new_game", json!({ "level": "strong" })),
        ("chess_new_game", json!({ "color": "green" })),
        ("chess_new_game", json!({ "fen": "banana" })),
        ("chess_new_game", json!({ "fen": kings })),
        ("chess_new_game", json!({ "fen": both_in_check })),
        ("chess_new_game", json!({ "fen": huge_fen })),
        (
            "chess_new_game",
            json!({ "fen": "4k3/8/8/8/8/8/8/PPPPK3 w - - 0 1" }),
        ),
        ("chess_new_game", json!({ "moves": "e4 e4" })),
        ("chess_new_game", json!({ "moves": "banana" })),
        ("chess_new_game", json!({ "from_game": "nosuchid" })),
        ("chess_new_game", json!({ "from_game": board_id, "ply": 99 })),
        ("chess_new_game", json!({ "variant": "banana" })),
        ("chess_new_game", json!({ "coach": "yes" })),
        ("chess_new_game", json!({ "unknown": 1 })),
        ("chess_play_line", json!({})),
        ("chess_play_line", json!({ "game_id": board_id, "moves": "" })),
        ("chess_play_line", json!({ "game_id": board_id, "moves": "e4" })),
        ("chess_play_line", json!({ "game_id": game_id, "moves": "d4 d5" })),
        ("chess_play_line", json!({ "game_id": board_id, "moves": 5 })),
        ("chess_show", json!({ "game_id": "nosuchid" })),
        ("chess_show", json!({ "game_id": game_id, "ply": -1 })),
        ("chess_show", json!({ "game_id": game_id, "ply": 1000 })),
        ("chess_show", json!({ "banana": 1 })),
        ("chess_status", json!({ "game_id": "nosuchid" })),
        ("chess_status", json!({ "x": 1 })),
        ("chess_undo", json!({})),
        ("chess_undo", json!({ "game_id": game_id, "expected_ply": 7 })),
        ("chess_undo", json!({ "game_id": game_id, "answer": "accept" })),
        ("chess_undo", json!({ "game_id": game_id, "answer": "banana" })),
        ("chess_finish", json!({})),
        ("chess_finish", json!({ "action": "banana", "game_id": game_id })),
        ("chess_finish", json!({ "action": "resign" })),
        (
            "chess_finish",
            json!({ "action": "resign", "game_id": "nosuchid" }),
        ),
        ("chess_finish", json!({ "action": "abort", "game_id": game_id })),
        (
            "chess_finish",
            json!({ "action": "claim_draw", "game_id": game_id }),
        ),
        (
            "chess_finish",
            json!({ "action": "accept_draw", "game_id": game_id }),
        ),
        (
            "chess_finish",
            json!({ "action": "decline_draw", "game_id": game_id }),
        ),
        ("chess_games", json!({ "filter": "banana" })),
        ("chess_games", json!({ "limit": 0 })),
        ("chess_games", json!({ "limit": -5 })),
        ("chess_games", json!({ "limit": 1_000_000_000_000_u64 })),
        ("chess_games", json!({ "cursor": "banana" })),
        ("chess_games", json!({ "since": "yesterday-ish" })),
        ("chess_export", json!({ "game_id": "nosuchid" })),
        ("chess_export", json!({ "game_id": game_id, "format": "doc" })),
        (
            "chess_export",
            json!({ "game_id": game_id, "format": "fen", "ply": 1000 }),
        ),
        (
            "chess_export",
            json!({ "game_id": game_id, "format": "png", "ply": 1000 }),
        ),
        ("chess_export", json!({ "game_id": game_id, "format": "PNG" })),
        ("chess_analyze", json!({ "game_id": game_id, "lines": 6 })),
        ("chess_analyze", json!({ "game_id": game_id, "lines": 0 })),
        ("chess_analyze", json!({ "game_id": game_id, "seconds": 11 })),
        ("chess_analyze", json!({ "game_id": game_id, "seconds": -1 })),
        ("chess_analyze", json!({ "fen": "banana" })),
        ("chess_analyze", json!({ "game_id": game_id, "fen": kings })),
        ("chess_analyze", json!({ "game_id": game_id, "moves": "e4" })),
        ("chess_analyze", json!({ "game_id": game_id, "ply": 1000 })),
        ("chess_profile", json!({ "banana": 1 })),
    ];
    let mut taken = Vec::new();
    for (tool, arguments) in cases {
        let reply = alice.ask(tool, arguments.clone()).await;
        assert!(
            reply.status < 500,
            "{tool} {arguments:.100}: {} {}",
            reply.status,
            reply.body
        );
        if !is_refusal(&reply) {
            taken.push(format!("{tool} {arguments:.120}: {:.200}", reply.body));
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
    assert_eq!(all(&alice, &[&game, &board]).await, before);
}

#[tokio::test]
async fn tools_called_in_odd_ways_are_refused() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let odd = [
        json!({}),
        json!({ "name": "chess_move" }),
        json!({ "name": "chess_move", "arguments": null }),
        json!({ "name": "chess_move", "arguments": [] }),
        json!({ "name": "chess_move", "arguments": "e4" }),
        json!({ "name": "", "arguments": {} }),
        json!({ "name": null, "arguments": {} }),
        json!({ "name": "CHESS_MOVE", "arguments": { "move": "e4" } }),
        json!({ "name": "chess_move ", "arguments": { "move": "e4" } }),
        json!({ "name": "x".repeat(100_000), "arguments": {} }),
        json!([]),
        json!("x"),
    ];
    for params in odd {
        let reply = alice.rpc("tools/call", params.clone()).await;
        assert!(reply.status < 500, "{params:.100}: {}", reply.status);
        assert!(is_refusal(&reply), "{params:.100}: {}", reply.body);
    }
    assert_eq!(
        alice.call("chess_games", json!({ "filter": "all" })).await.ok()["games"],
        json!([])
    );
}

#[tokio::test]
async fn games_that_make_no_sense_are_not_started() {
    let server = Server::start().await;
    let alice = server.alice().await;
    for arguments in [
        json!({ "opponent": "friend", "level": 3 }),
        json!({ "opponent": "assistant", "rating": 1500 }),
        json!({ "opponent": "engine", "days_per_move": 3 }),
        json!({ "opponent": "friend", "days_per_move": 15 }),
        json!({ "opponent": "friend", "days_per_move": 0 }),
        json!({ "level": 11 }),
        json!({ "variant": "atomic" }),
    ] {
        let answer = alice.ask("chess_new_game", arguments.clone()).await;
        assert!(is_refusal(&answer), "{arguments}: {}", answer.body);
    }
}

#[tokio::test]
async fn no_endpoint_answers_rubbish_with_a_fault_of_its_own() {
    let server = Server::start().await;
    let token = server.alice().await.tokens.access;
    let paths = [
        "/",
        "/mcp",
        "/mcp/",
        "/oauth/authorize",
        "/oauth/consent",
        "/oauth/sign-in",
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/register",
        "/oauth/jwks.json",
        "/oauth/callback/google",
        "/healthz",
        "/readyz",
        "/.well-known/x",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource",
        "/%00",
        "/%",
        "/..%2f..%2f",
        "/mcp?%ff",
        "/oauth/authorize?%ff=%00",
        "/oauth/callback/%2e%2e",
    ];
    let bodies: [(&str, Vec<u8>); 7] = [
        ("application/json", b"{\"a\":".to_vec()),
        ("application/json", vec![0xff, 0xfe, 0x00]),
        ("application/x-www-form-urlencoded", b"a=%ff&a=%zz&&".to_vec()),
        ("application/x-www-form-urlencoded", vec![0x00; 1000]),
        ("multipart/form-data; boundary=x", b"--x\r\n".to_vec()),
        ("\u{7f}".trim(), b"x".to_vec()),
        ("text/html", b"<b>".to_vec()),
    ];
    for path in paths {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW"] {
            for (kind, body) in &bodies {
                let method: reqwest::Method = method.parse().unwrap();
                let mut request = server
                    .http()
                    .request(method.clone(), server.url(path))
                    .body(body.clone());
                if let Ok(kind) = reqwest::header::HeaderValue::from_str(kind) {
                    request = request.header("content-type", kind);
                }
                for request in [request.try_clone().unwrap(), request.bearer_auth(&token)] {
                    let reply = Reply::to(request).await;
                    assert!(reply.status < 500, "{method} {path} {kind}: {}", reply.status);
                }
            }
        }
    }
    assert!(server.admits(&token).await);
}
