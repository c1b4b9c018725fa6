//! The main job: a whole game against the first-day opponent, to its natural end by one's own moves.

use serde_json::json;

use crate::support::game::{assert_whole, choose, first_day, position};
use crate::support::{Actor, Server};

/// Plays until the game is over by itself, claiming a draw where one is due.
async fn play_out(alice: &Actor<'_>) -> serde_json::Value {
    let mut view = alice.new_game(first_day()).await;
    for _ in 0..300 {
        assert_whole(&view);
        if view["status"] == "finished" {
            return view;
        }
        let before = view["ply"].as_u64().unwrap();
        let claim = view["can"].as_array().unwrap().contains(&json!("claim_draw"));
        if claim && before > 200 {
            let claim = json!({ "action": "claim_draw", "game_id": view["game_id"] });
            view = alice.call("chess_finish", claim).await.ok();
            continue;
        }
        let chosen = choose(&view);
        view = alice.play(&view, &chosen).await.ok();
        assert_eq!(view["played"]["san"], chosen);
        let replied = u64::from(!view["reply"].is_null());
        assert_eq!(view["ply"].as_u64().unwrap(), before + 1 + replied);
        assert_eq!(view["reply_pending"], false);
    }
    panic!("600 plies and no end: {}", view["fen"]);
}

#[tokio::test]
async fn a_whole_game_is_played_kept_and_exported() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let over = play_out(&alice).await;
    let natural = [
        "checkmate",
        "stalemate",
        "threefold",
        "fivefold",
        "fifty_moves",
        "seventy_five_moves",
        "dead_position",
    ];
    assert!(natural.contains(&over["reason"].as_str().unwrap()), "{over}");
    let pgn = alice
        .call("chess_export", json!({ "game_id": over["game_id"] }))
        .await
        .ok();
    let pgn = pgn["text"].as_str().unwrap().to_owned();
    assert!(pgn.contains(&format!("[Result {}]", over["result"])), "{pgn}");
    let moves = alice.status(&over).await["moves"].clone();
    assert_eq!(
        moves.as_array().unwrap().len() as u64,
        over["ply"].as_u64().unwrap()
    );
    let mut board = shakmaty::Chess::default();
    for san in moves.as_array().unwrap() {
        let san: shakmaty::san::San = san
            .as_str()
            .unwrap()
            .trim_end_matches(['+', '#'])
            .parse()
            .unwrap();
        let played = san.to_move(&board).unwrap();
        board = shakmaty::Position::play(board, played).unwrap();
    }
    let end = position(&over);
    assert_eq!(shakmaty::Position::board(&board), shakmaty::Position::board(&end));
    let results = alice.call("chess_profile", json!({})).await.ok();
    assert!(results["results"].to_string().contains('1'), "{results}");
}
