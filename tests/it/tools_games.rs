//! Games as things a person has: start, show, take back, end, find, keep.

use serde_json::{Value, json};

use crate::support::Server;
use crate::support::game::{assert_whole, first_day};

#[tokio::test]
async fn a_new_game_against_the_engine() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let view = alice.new_game(first_day()).await;
    assert_whole(&view);
    assert_eq!(view["kind"], "game");
    assert_eq!(
        (&view["opponent"]["kind"], &view["opponent"]["level"]),
        (&json!("engine"), &json!(1))
    );
    assert_eq!(
        (&view["person_plays"], &view["turn"], &view["ply"]),
        (&json!("white"), &json!("white"), &json!(0))
    );
    assert_eq!(
        (&view["status"], &view["result"], &view["reason"]),
        (&json!("ongoing"), &json!("*"), &Value::Null)
    );
    assert_eq!(view["legal_moves"].as_array().unwrap().len(), 20);
    assert_eq!(
        (&view["played"], &view["reply"], &view["reply_pending"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    let id = view["game_id"].as_str().unwrap();
    assert!(
        id.len() == 8 && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
        "{id}"
    );
}

#[tokio::test]
async fn the_engine_begins_when_the_person_has_black() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let view = alice.new_game(json!({ "level": 1, "color": "black" })).await;
    assert_whole(&view);
    assert_eq!(
        (&view["ply"], &view["turn"], &view["person_plays"]),
        (&json!(1), &json!("black"), &json!("black"))
    );
    assert_eq!(view["reply"]["by"], "engine");
}

#[tokio::test]
async fn a_color_can_be_drawn() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let view = alice.new_game(json!({ "level": 1, "color": "random" })).await;
    assert!(["white", "black"].contains(&view["person_plays"].as_str().unwrap()));
    assert_eq!(view["turn"], view["person_plays"]);
}

#[tokio::test]
async fn strength_is_remembered_and_can_be_a_rating() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let first = alice.new_game(json!({})).await;
    assert_eq!(
        first["opponent"]["level"], 2,
        "without adaptive levels a first game is at level 2"
    );
    let strong = alice.new_game(json!({ "level": 7 })).await;
    alice.play(&strong, "e4").await.ok();
    assert_eq!(
        alice.new_game(json!({ "color": "white" })).await["opponent"]["level"],
        7,
        "as last time"
    );
    let full = alice.new_game(json!({ "rating": 3000 })).await;
    assert_eq!(full["opponent"]["level"], 10);
    let first_day = alice.new_game(json!({ "rating": 100 })).await;
    assert_eq!(first_day["opponent"]["level"], 1);
}

#[tokio::test]
async fn a_game_can_begin_with_moves_or_a_position_or_another_game() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let moved = alice
        .new_game(json!({ "level": 1, "color": "white", "moves": "1. e4 c5" }))
        .await;
    assert_eq!(
        (&moved["ply"], &moved["turn"], &moved["reply"]),
        (&json!(2), &json!("white"), &Value::Null)
    );

    let four = "4k3/8/8/8/8/8/4P3/4K3 w - -";
    let view = alice.new_game(json!({ "opponent": "nobody", "fen": four })).await;
    assert_eq!(
        (&view["ply"], &view["fen"]),
        (&json!(0), &json!("4k3/8/8/8/8/8/4P3/4K3 w - - 0 1"))
    );
    let rights = "4k3/8/8/8/8/8/4P3/4K3 w KQkq e6 0 1";
    let view = alice
        .new_game(json!({ "opponent": "nobody", "fen": rights }))
        .await;
    assert_eq!(view["fen"], "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1");
    assert!(
        !view["notes"].as_array().unwrap().is_empty(),
        "what was removed is said: {view}"
    );

    let from = json!({ "opponent": "nobody", "from_game": moved["game_id"], "ply": 1 });
    let view = alice.new_game(from).await;
    assert_eq!((&view["ply"], &view["turn"]), (&json!(1), &json!("black")));
    assert_eq!(
        alice.status(&view).await["moves"],
        json!(["e4"]),
        "the moves come along"
    );
    assert_eq!(
        alice.status(&moved).await["ply"],
        2,
        "the other game is as it was"
    );
}

#[tokio::test]
async fn the_same_game_asked_for_twice_is_one_while_it_is_untouched() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let first = alice.new_game(first_day()).await;
    let again = alice.new_game(first_day()).await;
    assert_eq!(again["game_id"], first["game_id"]);
    alice.play(&first, "e4").await.ok();
    let other = alice.new_game(first_day()).await;
    assert_ne!(other["game_id"], first["game_id"]);
}

#[tokio::test]
async fn an_untouched_engine_game_makes_room_for_the_next() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let first = alice.new_game(first_day()).await;
    let black = alice.new_game(json!({ "level": 1, "color": "black" })).await;
    let third = alice.new_game(json!({ "level": 3 })).await;
    let list = alice.call("chess_games", json!({ "filter": "all" })).await.ok();
    let games = list["games"].as_array().unwrap();
    assert_eq!(games.len(), 1, "nothing of theirs is lost: {games:?}");
    assert_eq!(games[0]["game_id"], third["game_id"]);
    for gone in [first, black] {
        alice
            .call("chess_status", json!({ "game_id": gone["game_id"] }))
            .await
            .refused();
    }
}

#[tokio::test]
async fn undo_goes_back_to_the_persons_previous_turn() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(first_day()).await;
    let one = alice.play(&game, "e4").await.ok();
    let two = alice.play(&one, "d4").await.ok();
    let undo = |view: &Value| json!({ "game_id": view["game_id"], "expected_ply": view["ply"] });
    let back = alice.call("chess_undo", undo(&two)).await.ok();
    assert_whole(&back);
    assert_eq!(
        (&back["ply"], &back["fen"], &back["turn"]),
        (&json!(2), &one["fen"], &json!("white"))
    );
    let start = alice.call("chess_undo", undo(&back)).await.ok();
    assert_eq!(start["ply"], 0);
    alice.call("chess_undo", undo(&start)).await.refused();
}

#[tokio::test]
async fn show_shows_and_changes_nothing() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let none = alice.call("chess_show", json!({})).await;
    assert!(!none.is_error, "without a game an empty board: {}", none.text);
    let board = alice.board("e4 e5 Nf3").await;
    let before = alice.status(&board).await;
    let shown = alice
        .call("chess_show", json!({ "game_id": board["game_id"] }))
        .await
        .ok();
    assert_whole(&shown);
    assert_eq!(shown["moves"], json!(["e4", "e5", "Nf3"]));
    let earlier = alice
        .call("chess_show", json!({ "game_id": board["game_id"], "ply": 1 }))
        .await;
    assert!(
        earlier
            .text
            .contains("rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq"),
        "{}",
        earlier.text
    );
    alice
        .call("chess_show", json!({ "game_id": board["game_id"], "ply": 99 }))
        .await
        .refused();
    assert_eq!(alice.status(&board).await, before);
}

#[tokio::test]
async fn a_game_is_resigned_once() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(first_day()).await;
    alice.play(&game, "e4").await.ok();
    let resign = json!({ "action": "resign", "game_id": game["game_id"] });
    let over = alice.call("chess_finish", resign.clone()).await.ok();
    assert_whole(&over);
    assert_eq!(
        (&over["result"], &over["reason"]),
        (&json!("0-1"), &json!("resignation"))
    );
    let again = alice.call("chess_finish", resign).await.ok();
    assert_eq!(again["revision"], over["revision"]);
    let draw = alice
        .call(
            "chess_finish",
            json!({ "action": "offer_draw", "game_id": game["game_id"] }),
        )
        .await
        .ok();
    assert_eq!(
        draw["reason"], "resignation",
        "a finished game returns its result"
    );
}

#[tokio::test]
async fn abort_is_for_games_that_have_not_begun() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(first_day()).await;
    let abort = |view: &Value| json!({ "action": "abort", "game_id": view["game_id"] });
    let over = alice.call("chess_finish", abort(&game)).await.ok();
    assert_eq!(
        (&over["status"], &over["reason"]),
        (&json!("finished"), &json!("aborted"))
    );
    let game = alice.new_game(json!({ "level": 1 })).await;
    let moved = alice.play(&game, "e4").await.ok();
    assert_eq!(moved["ply"], 2);
    assert!(
        !moved["can"].as_array().unwrap().contains(&json!("abort")),
        "{}",
        moved["can"]
    );
    alice.call("chess_finish", abort(&game)).await.refused();
}

#[tokio::test]
async fn the_engine_takes_a_draw_only_late_and_in_balance() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(first_day()).await;
    alice.play(&game, "e4").await.ok();
    let offer = json!({ "action": "offer_draw", "game_id": game["game_id"] });
    let answer = alice.call("chess_finish", offer).await;
    assert_eq!(alice.status(&game).await["status"], "ongoing");
    if !answer.is_error {
        assert_eq!(answer.ok()["offer"]["answer"], "declined");
    }
    let level = json!({ "level": 1, "fen": "4k3/4p3/8/8/8/8/4P3/4K3 w - - 0 40" });
    let game = alice.new_game(level).await;
    let moved = alice.play(&game, "Kd2").await.ok();
    if moved["status"] == "ongoing" {
        let offer = json!({ "action": "offer_draw", "game_id": game["game_id"] });
        let answer = alice.call("chess_finish", offer).await;
        assert!(answer.is_error || answer.facts["status"].is_string());
    }
}

#[tokio::test]
async fn there_is_nothing_to_resign_on_a_board_without_opponent() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("e4").await;
    for action in ["resign", "offer_draw", "accept_draw", "decline_draw"] {
        alice
            .call(
                "chess_finish",
                json!({ "action": action, "game_id": board["game_id"] }),
            )
            .await
            .refused();
    }
    assert_eq!(alice.status(&board).await["status"], "ongoing");
}

#[tokio::test]
async fn the_library_lists_newest_first_in_pages() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mut ids = Vec::new();
    for moves in ["e4", "d4", "c4", "Nf3", "g3"] {
        ids.push(alice.board(moves).await["game_id"].clone());
    }
    ids.reverse();
    let mut seen: Vec<Value> = Vec::new();
    let mut arguments = json!({ "filter": "all", "limit": 2 });
    for _ in 0..4 {
        let page = alice.call("chess_games", arguments.clone()).await.ok();
        seen.extend(
            page["games"]
                .as_array()
                .unwrap()
                .iter()
                .map(|game| game["game_id"].clone()),
        );
        if page["next_cursor"].is_null() {
            break;
        }
        arguments["cursor"] = page["next_cursor"].clone();
    }
    assert_eq!(seen, ids);
    let row = alice.call("chess_games", json!({ "limit": 1 })).await.ok()["games"][0].clone();
    for field in [
        "game_id",
        "kind",
        "opponent",
        "person_plays",
        "status",
        "result",
        "reason",
        "opening",
        "ply",
        "updated",
        "your_turn",
    ] {
        assert!(row.get(field).is_some(), "{field} is missing in {row}");
    }
}

#[tokio::test]
async fn the_library_can_be_searched() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mate = alice.board("f3 e5 g4 Qh4").await;
    let open = alice.board("e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 a6").await;
    let found = async |arguments: Value| -> Vec<Value> {
        let list = alice.call("chess_games", arguments).await.ok();
        list["games"]
            .as_array()
            .unwrap()
            .iter()
            .map(|game| game["game_id"].clone())
            .collect()
    };
    assert_eq!(
        found(json!({ "filter": "finished" })).await,
        [mate["game_id"].clone()]
    );
    assert_eq!(
        found(json!({ "filter": "unfinished" })).await,
        [open["game_id"].clone()]
    );
    assert_eq!(
        found(json!({ "filter": "all", "opening": "najdorf" })).await,
        [open["game_id"].clone()]
    );
    assert_eq!(
        found(json!({ "filter": "all", "opponent": "engine" })).await,
        Vec::<Value>::new()
    );
    assert_eq!(
        found(json!({ "filter": "all", "since": "2999-01-01" })).await,
        Vec::<Value>::new()
    );
    assert!(
        alice
            .call("chess_games", json!({}))
            .await
            .text
            .contains("/account")
    );
}

#[tokio::test]
async fn export_gives_what_other_programs_read() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.board("f3 e5 g4 Qh4").await;
    let answer = alice
        .call("chess_export", json!({ "game_id": game["game_id"] }))
        .await;
    let text = answer.text.clone();
    let pgn = answer.ok();
    assert_eq!(
        (&pgn["format"], &pgn["text"]),
        (&json!("pgn"), &json!(text)),
        "the text block is the PGN alone"
    );
    for tag in ["Event", "Site", "Date", "Round", "White", "Black", "Result"] {
        assert!(text.contains(&format!("[{tag} \"")), "{tag} is missing in {text}");
    }
    assert!(
        text.contains("[Result \"0-1\"]") && text.contains("1. f3 e5 2. g4 Qh4# 0-1"),
        "{text}"
    );
    let fen = alice
        .call(
            "chess_export",
            json!({ "game_id": game["game_id"], "format": "fen", "ply": 1 }),
        )
        .await
        .ok();
    assert!(
        fen["text"]
            .as_str()
            .unwrap()
            .starts_with("rnbqkbnr/pppppppp/8/8/8/5P2/PPPPP1PP/RNBQKBNR b KQkq -"),
        "{fen}"
    );
}

#[tokio::test]
async fn a_pgn_from_a_position_says_so() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let fen = "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1";
    let game = alice
        .new_game(json!({ "opponent": "nobody", "fen": fen, "moves": "e4 Kd7" }))
        .await;
    let pgn = alice
        .call("chess_export", json!({ "game_id": game["game_id"] }))
        .await
        .ok();
    let text = pgn["text"].as_str().unwrap();
    assert!(
        text.contains("[SetUp \"1\"]") && text.contains(&format!("[FEN \"{fen}\"]")),
        "{text}"
    );
    assert!(text.contains("1. e4 Kd7 *"), "{text}");
}

#[tokio::test]
async fn analysis_is_seen_from_white_and_changes_nothing() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("f3 e5 g4").await;
    let before = alice.status(&board).await;
    let answer = alice
        .call(
            "chess_analyze",
            json!({ "game_id": board["game_id"], "lines": 2 }),
        )
        .await
        .ok();
    assert_eq!(answer["eval"]["mate"], -1, "Black mates in one: {answer}");
    assert_eq!(answer["best"], "Qh4#");
    assert_eq!(answer["lines"].as_array().unwrap().len(), 2);
    assert!(!answer["eval"]["words"].as_str().unwrap().is_empty());
    assert_eq!(answer["fen"], before["fen"]);
    let tried = json!({ "game_id": board["game_id"], "moves": "Qh4" });
    alice.call("chess_analyze", tried).await.ok();
    let queen = "4k3/8/8/8/8/8/8/Q3K3 w - - 0 1";
    let answer = alice.call("chess_analyze", json!({ "fen": queen })).await.ok();
    let (pawns, mate) = (answer["eval"]["white"].as_f64(), answer["eval"]["mate"].as_i64());
    assert!(
        pawns.is_some_and(|pawns| pawns > 3.0) || mate.is_some_and(|mate| mate > 0),
        "{answer}"
    );
    assert_eq!(alice.status(&board).await, before);
}

#[tokio::test]
async fn the_profile_counts_what_was_played() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let empty = alice.call("chess_profile", json!({})).await.ok();
    for field in [
        "name",
        "ratings",
        "results",
        "streak",
        "accuracy",
        "openings",
        "your_turn",
    ] {
        assert!(empty.get(field).is_some(), "{field} is missing in {empty}");
    }
    let game = alice.new_game(first_day()).await;
    alice.play(&game, "e4").await.ok();
    alice
        .call(
            "chess_finish",
            json!({ "action": "resign", "game_id": game["game_id"] }),
        )
        .await
        .ok();
    let after = alice.call("chess_profile", json!({})).await.ok();
    assert_ne!(after["results"], empty["results"], "{after}");
}
