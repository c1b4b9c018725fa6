//! Moves: how they may be typed, what is answered, repeats and stale positions.

use serde_json::{Value, json};

use crate::support::actor::moving;
use crate::support::game::assert_whole;
use crate::support::{Actor, Server};

/// Plays a text on a board after some moves and tells what the server understood.
async fn understood(alice: &Actor<'_>, before: &str, text: &str) -> String {
    let board = alice.board(before).await;
    let answer = alice.play(&board, text).await;
    assert!(!answer.is_error, "{text:?} after {before:?}: {}", answer.text);
    let view = answer.ok();
    assert_whole(&view);
    view["played"]["san"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn moves_are_read_as_people_type_them() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let castling = "e4 e5 Nf3 Nc6 Bc4 Bc5";
    let long = "d4 d5 Nc3 Nc6 Bf4 Bf5 Qd2 Qd7";
    let capture = "e4 d5";
    let queening = "e4 d5 exd5 c6 dxc6 Nf6 cxb7 Nbd7";
    let cases = [
        ("", "e4", "e4"),
        ("", "e2e4", "e4"),
        ("", "e2-e4", "e4"),
        ("", "E2-E4", "e4"),
        ("", "e2 e4", "e4"),
        ("", "e4!", "e4"),
        ("", "1. e4", "e4"),
        ("", "1.e4", "e4"),
        ("", " e4 ", "e4"),
        ("", "e4.", "e4"),
        ("", "pawn to e4", "e4"),
        ("", "pawn e4", "e4"),
        ("", "e2 to e4", "e4"),
        ("", "Pe4", "e4"),
        ("", "Nf3", "Nf3"),
        ("", "nf3", "Nf3"),
        ("", "NF3", "Nf3"),
        ("", "Ng1f3", "Nf3"),
        ("", "Ng1-f3", "Nf3"),
        ("", "g1f3", "Nf3"),
        ("", "knight f3", "Nf3"),
        ("", "Knight to f3", "Nf3"),
        ("", "knight g1 to f3", "Nf3"),
        ("", "♘f3", "Nf3"),
        ("", "Nf3!?", "Nf3"),
        ("", "Sf3", "Nf3"),
        ("", "Cf3", "Nf3"),
        ("", "Cc3", "Nc3"),
        (castling, "O-O", "O-O"),
        (castling, "0-0", "O-O"),
        (castling, "o-o", "O-O"),
        (castling, "OO", "O-O"),
        (castling, "castle short", "O-O"),
        (castling, "castle kingside", "O-O"),
        (castling, "short castle", "O-O"),
        (castling, "castles", "O-O"),
        (castling, "e1g1", "O-O"),
        (castling, "Kg1", "O-O"),
        (castling, "e1h1", "O-O"),
        (long, "O-O-O", "O-O-O"),
        (long, "0-0-0", "O-O-O"),
        (long, "castle long", "O-O-O"),
        (long, "castle queenside", "O-O-O"),
        (long, "e1c1", "O-O-O"),
        (capture, "exd5", "exd5"),
        (capture, "e4xd5", "exd5"),
        (capture, "exd", "exd5"),
        (capture, "ed5", "exd5"),
        (capture, "e:d5", "exd5"),
        (capture, "e4d5", "exd5"),
        (capture, "e4 takes d5", "exd5"),
        (capture, "pawn takes d5", "exd5"),
        (capture, "e takes d5", "exd5"),
        (queening, "bxa8=Q", "bxa8=Q"),
        (queening, "bxa8Q", "bxa8=Q"),
        (queening, "b7a8q", "bxa8=Q"),
        (queening, "bxa8(Q)", "bxa8=Q"),
        (queening, "bxa8=N", "bxa8=N"),
        (queening, "b7xc8=R", "bxc8=R"),
        (queening, "bxa8/Q", "bxa8=Q"),
    ];
    let mut misread = Vec::new();
    for (before, text, san) in cases {
        let board = alice.board(before).await;
        let answer = alice.play(&board, text).await;
        let told = if answer.is_error {
            "refused".to_owned()
        } else {
            answer.ok()["played"]["san"].to_string()
        };
        if told.trim_matches('"') != san {
            misread.push(format!("{text:?} (wanted {san}): {told}"));
        }
        alice
            .call(
                "chess_finish",
                json!({ "action": "abort", "game_id": board["game_id"] }),
            )
            .await;
    }
    assert!(misread.is_empty(), "{misread:#?}");
}

#[tokio::test]
async fn checks_and_mates_are_spelt_out() {
    let server = Server::start().await;
    let alice = server.alice().await;
    assert_eq!(
        understood(&alice, "e4 e5 Nf3 Nc6 Bb5 d6 O-O Bd7", "Bxc6").await,
        "Bxc6"
    );
    let board = alice.board("f3 e5 g4").await;
    let mate = alice.play(&board, "Qh4").await.ok();
    assert_whole(&mate);
    assert_eq!(mate["played"]["san"], "Qh4#");
    assert_eq!(
        (&mate["status"], &mate["result"], &mate["reason"]),
        (&json!("finished"), &json!("0-1"), &json!("checkmate"))
    );
    assert_eq!(mate["legal_moves"], json!([]));
}

#[tokio::test]
async fn the_answer_to_a_move_tells_the_reply() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    let view = alice.play(&game, "e4").await.ok();
    assert_whole(&view);
    assert_eq!(
        (&view["played"]["san"], &view["played"]["by"]),
        (&json!("e4"), &json!("person"))
    );
    assert_eq!(view["played"]["uci"], "e2e4");
    assert!(
        view["played"]["words"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .contains("e4")
    );
    assert_eq!(view["reply"]["by"], "engine");
    assert_eq!(
        (&view["ply"], &view["turn"], &view["reply_pending"]),
        (&json!(2), &json!("white"), &json!(false))
    );
    assert!(!view["legal_moves"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn an_illegal_move_is_refused_with_what_is_legal() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("e4 e5").await;
    let before = alice.status(&board).await;
    let text = alice.play(&board, "Nf6").await.refused();
    for part in [
        "Nf6",
        "Nf3",
        "Nothing changed; ask the person.",
        before["fen"].as_str().unwrap(),
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    for san in crate::support::game::legal(&before) {
        assert!(text.contains(&san), "{san} is not in: {text}");
    }
    assert_eq!(alice.status(&board).await, before);
}

#[tokio::test]
async fn an_ambiguous_move_is_asked_back() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("Nf3 d5 d3 e5 c4 Nc6 Nc3 Nf6 a3 Be7 b3 O-O").await;
    let text = alice.play(&board, "Nd2").await;
    assert!(
        !text.is_error,
        "only one knight reaches d2 from f3: {}",
        text.text
    );
    let board = alice.board("d4 d5 Nf3 Nf6 c3 c6").await;
    let text = alice.play(&board, "Nd2").await.refused();
    assert!(text.contains("Nbd2") && text.contains("Nfd2"), "{text}");
    assert!(text.contains("Nothing changed"), "{text}");
    let text = alice.play(&board, "knight d2").await.refused();
    assert!(text.contains("Nbd2") && text.contains("Nfd2"), "{text}");
}

#[tokio::test]
async fn a_promotion_without_a_piece_is_asked_back() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("e4 d5 exd5 c6 dxc6 Nf6 cxb7 Nbd7").await;
    for text in ["bxa8", "b7a8", "bxa8="] {
        let refusal = alice.play(&board, text).await.refused();
        for piece in ["bxa8=Q", "bxa8=R", "bxa8=B", "bxa8=N"] {
            assert!(refusal.contains(piece), "{text}: {refusal}");
        }
    }
    assert_eq!(alice.status(&board).await["ply"], 8);
}

#[tokio::test]
async fn a_repeated_move_is_answered_and_not_played_again() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    let first = alice.play(&game, "e4").await.ok();
    let again = alice.play(&game, "e2e4").await.ok();
    assert_eq!(again["repeated"], true);
    assert_eq!(first["repeated"], false);
    for field in ["ply", "fen", "revision", "played", "reply"] {
        assert_eq!(again[field], first[field], "{field}");
    }
    let other = alice.play(&game, "d4").await.refused();
    assert!(
        other.contains(first["fen"].as_str().unwrap()),
        "the present position: {other}"
    );
    assert_eq!(alice.status(&game).await["ply"], 2);
}

#[tokio::test]
async fn a_repeat_long_after_is_still_known_by_its_ply() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("").await;
    let first = alice.play(&board, "e4").await.ok();
    let second = alice.play(&first, "e5").await.ok();
    alice.play(&second, "Nf3").await.ok();
    let again = alice.play(&board, "e4").await.ok();
    assert_eq!(again["repeated"], true);
    assert_eq!(again["ply"], 3, "it tells the position of now");
}

#[tokio::test]
async fn a_takeback_makes_the_same_move_new() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("").await;
    let played = alice.play(&board, "e4").await.ok();
    let undone = alice
        .call(
            "chess_undo",
            json!({ "game_id": board["game_id"], "expected_ply": 1 }),
        )
        .await
        .ok();
    assert_eq!(undone["ply"], 0);
    assert!(undone["revision"].as_u64() > played["revision"].as_u64());
    let again = alice.play(&board, "e4").await.ok();
    assert_eq!((&again["ply"], &again["repeated"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn an_undo_repeated_or_stale_takes_back_no_more() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("e4 e5 Nf3 Nc6").await;
    let undo = json!({ "game_id": board["game_id"], "expected_ply": 4 });
    let first = alice.call("chess_undo", undo.clone()).await.ok();
    assert_eq!(first["ply"], 3);
    let again = alice.call("chess_undo", undo).await;
    if !again.is_error {
        assert_eq!(again.ok()["repeated"], true);
    }
    assert_eq!(alice.status(&board).await["ply"], 3);
}

#[tokio::test]
async fn without_a_ply_the_same_words_count_once() {
    let server = Server::start().await;
    let alice = server.alice().await;
    alice.board("").await;
    let first = alice.call("chess_move", json!({ "move": "e4" })).await.ok();
    assert_eq!(first["repeated"], false);
    let again = alice.call("chess_move", json!({ "move": "e4" })).await;
    assert!(
        again.text.contains("expected_ply"),
        "it says how to play it again: {}",
        again.text
    );
    let again = again.ok();
    assert_eq!((&again["repeated"], &again["ply"]), (&json!(true), &json!(1)));
}

#[tokio::test]
async fn a_future_ply_is_refused() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("e4").await;
    for ply in [2, 40, 1_000_000] {
        let arguments = json!({ "game_id": board["game_id"], "expected_ply": ply, "move": "e5" });
        alice.call("chess_move", arguments).await.refused();
    }
    assert_eq!(alice.status(&board).await["ply"], 1);
}

#[tokio::test]
async fn which_game_is_meant_is_never_guessed() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let one = alice.new_game(crate::support::game::first_day()).await;
    let moved = alice.play(&one, "e4").await.ok();
    let implied = alice
        .call(
            "chess_move",
            json!({ "move": "d4", "expected_ply": moved["ply"] }),
        )
        .await
        .ok();
    assert_eq!(implied["game_id"], one["game_id"], "the only unfinished game");
    let two = alice.board("").await;
    let text = alice.call("chess_move", json!({ "move": "Nf3" })).await.refused();
    for game in [&one, &two] {
        assert!(text.contains(game["game_id"].as_str().unwrap()), "{text}");
    }
    alice.call("chess_undo", json!({})).await.refused();
    let shown = alice.call("chess_show", json!({})).await.ok();
    assert_eq!(
        shown["game_id"], two["game_id"],
        "reading takes the game changed last"
    );
}

#[tokio::test]
async fn a_move_without_any_game_says_how_to_begin() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let text = alice.call("chess_move", json!({ "move": "e4" })).await.refused();
    assert!(text.contains("chess_new_game"), "{text}");
}

#[tokio::test]
async fn a_finished_game_takes_no_move_but_can_be_taken_back() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("f3 e5 g4 Qh4").await;
    assert_eq!(board["status"], "finished");
    alice.play(&board, "e4").await.refused();
    let reopened = alice
        .call(
            "chess_undo",
            json!({ "game_id": board["game_id"], "expected_ply": 4 }),
        )
        .await
        .ok();
    assert_eq!(
        (&reopened["status"], &reopened["ply"]),
        (&json!("ongoing"), &json!(3))
    );
}

#[tokio::test]
async fn in_a_game_against_the_engine_nobody_moves_for_it() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    let mut arguments = moving(&game, "e4");
    arguments["by"] = json!("assistant");
    alice.call("chess_move", arguments).await.refused();
    assert_eq!(alice.status(&game).await["ply"], 0);
}

#[tokio::test]
async fn a_line_is_played_until_its_first_bad_move() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let board = alice.board("").await;
    let line = |moves: &str| json!({ "game_id": board["game_id"], "moves": moves });
    let view = alice
        .call(
            "chess_play_line",
            line("1. e4 c5 2. Nf3 {best by test} d6 (2... Nc6) 3. d4! cxd4 $1"),
        )
        .await
        .ok();
    assert_eq!((&view["ply"], &view["played_count"]), (&json!(6), &json!(6)));
    assert_eq!(view["opening"]["eco"].as_str().unwrap().chars().next(), Some('B'));
    let stopped = alice.call("chess_play_line", line("Nxd4 Nf6 Nc9 g6")).await;
    assert!(stopped.text.contains("Nc9"), "{}", stopped.text);
    let now = alice.status(&board).await;
    assert_eq!(
        now["ply"], 8,
        "the good moves before it are played: {}",
        now["recent"]
    );
    assert_eq!(
        now["moves"],
        json!(["e4", "c5", "Nf3", "d6", "d4", "cxd4", "Nxd4", "Nf6"])
    );
}

#[tokio::test]
async fn a_line_is_for_boards_without_opponent() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    let text = alice
        .call(
            "chess_play_line",
            json!({ "game_id": game["game_id"], "moves": "e4 e5" }),
        )
        .await
        .refused();
    assert!(text.contains("chess_move"), "{text}");
    assert_eq!(alice.status(&game).await["ply"], 0);
}

#[tokio::test]
async fn every_half_alone_is_enough_and_short() {
    let server = Server::start().await;
    let alice = server.alice().await;
    // Forty legal moves or more, and a long game behind it.
    let shuffle = "Nc3 Nc6 Nf3 Nf6 Nb1 Nb8 Ng1 Ng8 e4 e5 Nf3 Nc6 d4 exd4 Nxd4 Nf6 Nc3 Bb4 Nxc6 bxc6 Bd3 d5 exd5 cxd5 O-O O-O \
                   Bg5 c6 Qf3 Be7 Rae1 Rb8 Re2 Be6 Rfe1 Qd7";
    let game = alice.board(shuffle).await;
    let answer = alice
        .call("chess_status", json!({ "game_id": game["game_id"] }))
        .await;
    let mut view = answer.facts.clone();
    assert!(view["legal_moves"].as_array().unwrap().len() >= 38);
    for part in [
        view["game_id"].as_str().unwrap(),
        view["fen"].as_str().unwrap(),
        "expected_ply",
    ] {
        assert!(answer.text.contains(part), "{part} is not in: {}", answer.text);
    }
    assert!(view["next"].as_str().unwrap().len() > 10);
    assert!(view["diagram"].is_string());
    view.as_object_mut().unwrap().remove("moves");
    // Four letters to a token is what models take for such text at best.
    assert!(
        view.to_string().len() < 600 * 4,
        "{} letters",
        view.to_string().len()
    );
    assert!(
        answer.text.len() < 600 * 4,
        "{} letters: {}",
        answer.text.len(),
        answer.text
    );
}

#[tokio::test]
async fn the_text_ends_with_what_to_do_next() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    let answer = alice.play(&game, "e4").await;
    let text = answer.text.clone();
    let view = answer.ok();
    let last = text.trim_end().lines().last().unwrap();
    let ply = format!("{}", view["ply"]);
    assert!(
        last.contains(view["game_id"].as_str().unwrap()) && last.contains(&ply),
        "{last}"
    );
    assert!(text.contains("Show the person this board as it is:"), "{text}");
}

#[tokio::test]
async fn the_ends_of_a_game_are_seen() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let ends = async |arguments: Value, moves: &str| {
        let board = alice.new_game(arguments).await;
        if moves.is_empty() {
            return board;
        }
        alice
            .call(
                "chess_play_line",
                json!({ "game_id": board["game_id"], "moves": moves }),
            )
            .await
            .ok()
    };
    let bare = |fen: &str| json!({ "opponent": "nobody", "fen": fen });
    let stalemate = ends(bare("8/8/8/8/8/2k5/3p4/3K4 b - - 0 1"), "Kd3").await;
    assert_eq!(
        (&stalemate["reason"], &stalemate["result"]),
        (&json!("stalemate"), &json!("1/2-1/2"))
    );
    let taken = ends(bare("8/8/8/8/8/1k6/3p4/3K4 w - - 0 1"), "Kxd2").await;
    assert_eq!(
        (&taken["reason"], &taken["result"]),
        (&json!("dead_position"), &json!("1/2-1/2"))
    );
    let knights = "Nf3 Nf6 Ng1 Ng8 ";
    let five = ends(
        json!({ "opponent": "nobody", "coach": false }),
        &knights.repeat(4),
    )
    .await;
    assert_eq!(
        (&five["reason"], &five["result"]),
        (&json!("fivefold"), &json!("1/2-1/2"))
    );
    let seventy = ends(bare("8/8/8/8/8/1k6/8/R3K3 w - - 149 100"), "Kf2").await;
    assert_eq!(seventy["reason"], "seventy_five_moves");
}

#[tokio::test]
async fn draws_can_be_claimed_when_they_are_due() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let three = alice.board("Nf3 Nf6 Ng1 Ng8 Nf3 Nf6 Ng1 Ng8").await;
    assert_eq!(three["status"], "ongoing");
    assert!(
        three["can"].as_array().unwrap().contains(&json!("claim_draw")),
        "{}",
        three["can"]
    );
    let claim = json!({ "action": "claim_draw", "game_id": three["game_id"] });
    let ended = alice.call("chess_finish", claim.clone()).await.ok();
    assert_eq!(
        (&ended["reason"], &ended["result"]),
        (&json!("threefold"), &json!("1/2-1/2"))
    );
    let again = alice.call("chess_finish", claim).await.ok();
    assert_eq!(again["reason"], "threefold", "a finished game returns its result");
    let early = alice.board("e4 e5").await;
    alice
        .call(
            "chess_finish",
            json!({ "action": "claim_draw", "game_id": early["game_id"] }),
        )
        .await
        .refused();
    let fifty = alice
        .new_game(json!({ "opponent": "nobody", "fen": "8/8/8/8/8/1k6/8/R3K3 w - - 99 80" }))
        .await;
    let fifty = alice.play(&fifty, "Kf2").await.ok();
    assert!(
        fifty["can"].as_array().unwrap().contains(&json!("claim_draw")),
        "{}",
        fifty["can"]
    );
    let claim = json!({ "action": "claim_draw", "game_id": fifty["game_id"] });
    assert_eq!(
        alice.call("chess_finish", claim).await.ok()["reason"],
        "fifty_moves"
    );
}
