//! Conversations as people have them, as the calls that a model makes of them. Each half of each answer
//! must be enough to go on.

use serde_json::{Value, json};

use crate::support::actor::moving;
use crate::support::game::legal;
use crate::support::puzzles::{find, named_in};
use crate::support::talk::{back, declined, may, notes, texts, told};
use crate::support::{Actor, Server};

/// A game against the first-day engine with these moves played.
async fn easy_game(alice: &Actor<'_>, moves: &str) -> Value {
    let game = json!({ "level": 1, "color": "white", "moves": moves });
    told(alice.call("chess_new_game", game).await)
}

/// The same person in another app.
async fn another_chat<'s>(server: &'s Server, person: &str) -> Actor<'s> {
    let app = server.app("Another chat").await;
    let tokens = server.sign_in(&app, person).await;
    Actor { server, app, tokens }
}

#[tokio::test]
async fn a_beginner() {
    let server = Server::start().await;
    let alice = server.alice().await;
    // "What can I do here?"
    let empty = alice.call("chess_show", json!({})).await;
    for tool in ["chess_new_game", "chess_puzzle"] {
        assert!(empty.text.contains(tool), "{}", empty.text);
        assert!(empty.facts["next"].as_str().unwrap().contains(tool));
    }
    // "I have never played. Somebody easy, please."
    let first = told(alice.call("chess_new_game", json!({ "level": 1 })).await);
    assert_eq!(first["opponent"]["name"], "First day");
    assert_eq!(legal(&first).len(), 20);
    // "The pawn in front of my king, two steps."
    let one = told(alice.play(&first, "pawn to e4").await);
    assert_eq!(one["played"]["words"], "pawn from e2 to e4");
    assert_eq!((&one["reply"]["by"], &one["ply"]), (&json!("engine"), &json!(2)));
    // "Queen takes f7, check!" A queen for a pawn: only the king can take her.
    let game = easy_game(&alice, "e4 e5 Qh5 Nc6").await;
    let slip = told(alice.play(&game, "queen takes f7").await);
    assert_eq!(
        (&slip["played"]["san"], &slip["reply"]["san"]),
        (&json!("Qxf7+"), &json!("Kxf7"))
    );
    let facts = texts(&slip["facts"]).join(" ");
    assert!(
        facts.contains("queen on f7") && facts.contains("can be taken back"),
        "{facts}"
    );
    assert!(may(&slip, "undo"));
    // "Oh no. May I?"
    let again = told(alice.undo(&slip).await);
    assert_eq!((&again["ply"], &again["fen"]), (&game["ply"], &game["fen"]));
    assert!(notes(&again).contains("Qxf7+, Kxf7"), "{again}");
}

#[tokio::test]
async fn a_mistyped_move() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = easy_game(&alice, "e4 e5").await;
    let before = alice.status(&game).await;
    let text = declined(alice.play(&game, "Ng3").await);
    assert!(text.starts_with("`Ng3` is not legal"), "{text}");
    let (_, rest) = text.split_once("Similar legal moves: ").unwrap();
    let (similar, rest) = rest.split_once(". Other legal moves: ").unwrap();
    let similar: Vec<&str> = similar.split(", ").collect();
    assert!(similar.len() <= 5 && similar.contains(&"Nf3"), "{similar:?}");
    let (others, place) = rest.split_once(". ").unwrap();
    let mut all: Vec<&str> = similar.into_iter().chain(others.split(", ")).collect();
    let mut known = legal(&game);
    all.sort_unstable();
    known.sort_unstable();
    assert_eq!(all, known, "each legal move once");
    let fen = game["fen"].as_str().unwrap();
    assert!(
        place.starts_with("Position at ply 2: ") && place.contains(fen),
        "{place}"
    );
    assert_eq!(alice.status(&game).await, before);
    // "I meant f3."
    let view = told(alice.play(&game, "knight f3").await);
    assert_eq!(view["played"]["san"], "Nf3");
}

#[tokio::test]
async fn a_move_in_german() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = easy_game(&alice, "e4 e5").await;
    let view = told(alice.play(&game, "Sf3").await);
    assert_eq!(
        (&view["played"]["san"], &view["played"]["words"]),
        (&json!("Nf3"), &json!("knight from g1 to f3"))
    );
    let board = alice.board("e4 e5 Nf3 Nc6").await;
    for (said, meant) in [("Lc4", "Bc4"), ("Dg5", "Qg5"), ("0-0", "O-O"), ("Dxg2", "Qxg2+")] {
        let now = alice.status(&board).await;
        let view = told(alice.play(&now, said).await);
        assert_eq!(view["played"]["san"], meant, "{said}");
    }
}

#[tokio::test]
async fn take_that_back() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = told(alice.call("chess_new_game", json!({ "level": 1 })).await);
    let moved = told(alice.play(&game, "a4").await);
    let undone = told(alice.undo(&moved).await);
    assert_eq!((&undone["ply"], &undone["turn"]), (&json!(0), &json!("white")));
    assert_eq!(undone["fen"], game["fen"]);
    assert!(notes(&undone).starts_with("Taken back: a4, "), "{undone}");
    assert!(
        notes(&undone).contains("no longer counts"),
        "what it costs is said: {undone}"
    );
    // The host lost the answer and calls again: that takes back no more.
    let again = alice.call("chess_undo", back(&moved)).await.ok();
    assert_eq!(
        (&again["repeated"], &again["ply"], &again["revision"]),
        (&json!(true), &json!(0), &undone["revision"])
    );
    let other = told(alice.play(&undone, "d4").await);
    assert_eq!(
        (&other["played"]["san"], &other["repeated"]),
        (&json!("d4"), &json!(false))
    );
}

#[tokio::test]
async fn black_against_1500() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let asked = json!({ "color": "black", "rating": 1500 });
    let answer = alice.call("chess_new_game", asked).await;
    let text = answer.text.clone();
    let game = told(answer);
    assert_eq!(
        game["opponent"],
        json!({ "kind": "engine", "level": 7, "name": "Strong club" })
    );
    assert!(
        text.contains("the person plays Black against the engine, level 7 (Strong club)"),
        "{text}"
    );
    assert_eq!(
        (&game["ply"], &game["turn"], &game["reply"]["by"]),
        (&json!(1), &json!("black"), &json!("engine"))
    );
    let diagram = game["diagram"].as_str().unwrap();
    assert!(
        diagram.starts_with("1 ") && diagram.trim_end().ends_with("hgfedcba"),
        "from Black's side: {diagram}"
    );
    let view = told(alice.play(&game, &legal(&game)[0]).await);
    assert_eq!((&view["ply"], &view["turn"]), (&json!(3), &json!("black")));
}

#[tokio::test]
async fn yesterdays_game() {
    let server = Server::start().await;
    let (game, ended) = {
        let alice = server.alice().await;
        let game = easy_game(&alice, "e4 e5 Nf3 Nc6").await;
        let game = told(alice.play(&game, "Bc4").await);
        (game, alice.board("f3 e5 g4 Qh4").await)
    };
    let server = server.crash_and_restart().await;
    let alice = another_chat(&server, "alice").await;
    // "Where were we?"
    let answer = alice.call("chess_games", json!({ "filter": "unfinished" })).await;
    let (text, list) = (answer.text.clone(), answer.ok());
    let rows = list["games"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{list}");
    let (row, id) = (&rows[0], game["game_id"].as_str().unwrap());
    assert_eq!(
        (&row["game_id"], &row["your_turn"], &row["ply"]),
        (&game["game_id"], &json!(true), &json!(6))
    );
    for said in [id, "engine level 1", "the person to move", "ply 6"] {
        assert!(text.contains(said), "{said} is not in: {text}");
    }
    assert!(!text.contains(ended["game_id"].as_str().unwrap()), "{text}");
    // "Let's go on."
    let shown = told(alice.call("chess_show", json!({ "game_id": id })).await);
    assert_eq!((&shown["fen"], &shown["ply"]), (&game["fen"], &json!(6)));
    assert_eq!(texts(&shown["moves"])[..5], ["e4", "e5", "Nf3", "Nc6", "Bc4"]);
    let view = told(alice.play(&shown, "castle short").await);
    assert_eq!(view["played"]["san"], "O-O");
}

#[tokio::test]
async fn a_pgn_with_a_question() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let pgn = "[Event \"Club\"]\n[White \"Bert\"]\n[Black \"Alice\"]\n[Result \"1-0\"]\n\n\
               1. e4 e5 2. Qh5 Ke7?? {what was wrong with that?} 3. Qxe5# 1-0\n";
    let answer = alice.call("chess_import", json!({ "pgn": pgn })).await;
    let (text, imported) = (answer.text.clone(), answer.ok());
    let row = &imported["imported"][0];
    assert_eq!(
        (&row["white"], &row["black"], &row["result"], &row["ply"]),
        (&json!("Bert"), &json!("Alice"), &json!("1-0"), &json!(5))
    );
    assert_eq!(imported["faults"], json!([]));
    let id = row["game_id"].as_str().unwrap();
    assert!(text.contains(id) && text.contains("chess_review"), "{text}");
    let status = told(alice.call("chess_status", json!({ "game_id": id })).await);
    assert_eq!(
        (&status["person_plays"], &status["result"], &status["reason"]),
        (&json!("black"), &json!("1-0"), &json!("checkmate"))
    );
    assert_eq!(status["opponent"]["name"], "Bert");
    // "What should I have played instead?"
    let ask = json!({ "game_id": id, "ply": 3, "seconds": 0.5 });
    let answer = alice.call("chess_analyze", ask).await;
    let (text, before) = (answer.text.clone(), answer.ok());
    let best = before["best"].as_str().unwrap();
    assert_ne!(best, "Ke7");
    assert!(text.contains(best) && text.contains(before["eval"]["words"].as_str().unwrap()));
    // "And how did I play all in all?"
    let answer = alice.call("chess_review", json!({ "game_id": id })).await;
    let (text, review) = (answer.text.clone(), answer.ok());
    assert_eq!(review["side"], "black");
    assert!(review["counts"]["blunders"].as_u64() >= Some(1), "{review}");
    let moments = review["moments"].as_array().unwrap();
    let slip = moments.iter().find(|moment| moment["played"] == "Ke7");
    let slip = slip.unwrap_or_else(|| panic!("{review}"));
    assert!(text.contains(slip["words"].as_str().unwrap()), "{text}");
    let there = json!({ "game_id": id, "ply": slip["ply"] });
    let shown = told(alice.call("chess_show", there).await);
    assert_eq!(
        (&shown["turn"], &shown["ply"]),
        (&json!("black"), &json!(3)),
        "its ply shows the position in which it was played"
    );
}

#[tokio::test]
async fn a_hard_mate_in_two() {
    let server = Server::start().await;
    let alice = server.alice().await;
    // "A mate in two, a hard one."
    let asked = json!({ "theme": "mate in 2", "difficulty": "hard" });
    let first = alice.puzzle(asked).await;
    assert!(named_in(&first).has("mateIn2"), "{first}");
    // "Another one", and it happens to be this one, in which the solver is behind.
    let puzzle = find("mateIn2", |puzzle| {
        puzzle.can_be_lost() && puzzle.other_mates().is_empty()
    });
    let view = alice
        .puzzle(json!({ "puzzle_id": puzzle.id, "another": true }))
        .await;
    assert_eq!(
        (&view["kind"], &view["status"]),
        (&json!("puzzle"), &json!("open"))
    );
    assert!(notes(&view).contains("Mate in 2"), "{view}");
    assert!(view["next"].as_str().unwrap().contains("chess_hint"), "{view}");
    let wrong = alice.err_in(&view, &puzzle).await;
    assert!(notes(&wrong).contains("taken back"), "{wrong}");
    assert!(may(&wrong, "move") && may(&wrong, "solution"), "{wrong}");
    // "Give me a hint."
    let solution = puzzle.solution();
    let hint = json!({ "game_id": view["game_id"] });
    for kind in ["idea", "piece", "move"] {
        let answer = alice.call("chess_hint", hint.clone()).await;
        let (text, hinted) = (answer.text.clone(), answer.ok());
        assert_eq!(hinted["kind"], kind);
        assert!(text.contains(hinted["text"].as_str().unwrap()), "{text}");
        let told = (kind == "move").then(|| solution[0].clone());
        assert_eq!(hinted["move"], json!(told), "{hinted}");
    }
    let mut view = alice.status(&view).await;
    for (i, san) in solution.iter().enumerate() {
        view = told(alice.play(&view, san).await);
        let is_last = i + 1 == solution.len();
        assert_eq!(view["status"], if is_last { "solved" } else { "open" });
        let asked = told(alice.call("chess_show", json!({})).await);
        assert_eq!(
            notes(&asked).contains("Mate in 1"),
            !is_last,
            "what is left: {asked}"
        );
        assert_eq!(view["reply"].is_null(), is_last, "{view}");
    }
    assert_eq!(view["reason"], "checkmate");
    assert!(notes(&view).contains("not at the first try"), "{view}");
    assert!(view["next"].as_str().unwrap().contains("chess_puzzle"), "{view}");
}

#[tokio::test]
async fn play_against_you() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let asked = json!({ "opponent": "assistant", "color": "white" });
    let game = told(alice.call("chess_new_game", asked).await);
    assert_eq!(game["opponent"]["kind"], "assistant");
    let reply = |view: &Value, text: &str| {
        let mut arguments = moving(view, text);
        arguments["by"] = json!("assistant");
        arguments
    };
    let early = declined(alice.call("chess_move", reply(&game, "e5")).await);
    assert!(early.contains("person's turn"), "{early}");
    let one = told(alice.play(&game, "e4").await);
    assert_eq!(
        (&one["turn"], &one["played"]["by"], &one["reply"]),
        (&json!("black"), &json!("person"), &Value::Null)
    );
    assert!(one["next"].as_str().unwrap().contains("by `assistant`"), "{one}");
    assert_eq!(legal(&one).len(), 20, "the assistant chooses among them");
    let twice = declined(alice.play(&one, "d4").await);
    assert!(twice.contains("by: assistant"), "{twice}");
    let two = told(alice.call("chess_move", reply(&one, "c5")).await);
    assert_eq!(
        (&two["played"]["by"], &two["turn"], &two["ply"]),
        (&json!("assistant"), &json!("white"), &json!(2))
    );
    let again = alice.call("chess_move", reply(&one, "c5")).await.ok();
    assert_eq!((&again["repeated"], &again["ply"]), (&json!(true), &json!(2)));
    let three = told(alice.play(&two, "Nf3").await);
    let undone = told(alice.undo(&three).await);
    assert_eq!((&undone["ply"], &undone["turn"]), (&json!(2), &json!("white")));
}

#[tokio::test]
async fn a_friend_is_invited() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let carol = server.actor("carol").await;
    let by_link = told(
        alice
            .call(
                "chess_new_game",
                json!({ "opponent": "friend", "color": "black" }),
            )
            .await,
    );
    assert_eq!(by_link["person_plays"], "black");
    let link = by_link["invitation"]["url"].clone();
    let joined = told(bob.call("chess_join", json!({ "code": link })).await);
    assert_eq!(
        (
            &joined["game_id"],
            &joined["person_plays"],
            &joined["opponent"]["name"]
        ),
        (&by_link["game_id"], &json!("white"), &json!("alice"))
    );
    let moved = told(bob.play(&joined, "e4").await);
    assert_eq!((&moved["turn"], &moved["reply"]), (&json!("black"), &Value::Null));
    let seen = told(
        alice
            .call("chess_show", json!({ "game_id": by_link["game_id"] }))
            .await,
    );
    assert_eq!(
        (&seen["moves"], &seen["opponent"]["name"], &seen["turn"]),
        (&json!(["e4"]), &json!("bob"), &json!("black"))
    );
    told(alice.play(&seen, "e5").await);
    // By the code alone.
    let by_code = told(
        alice
            .call("chess_new_game", json!({ "opponent": "friend" }))
            .await,
    );
    assert_ne!(by_code["game_id"], by_link["game_id"]);
    let code = by_code["invitation"]["code"].clone();
    told(bob.call("chess_join", json!({ "code": code })).await);
    // A third person has no part in either.
    for game in [&by_link, &by_code] {
        let code = &game["invitation"]["code"];
        declined(carol.call("chess_join", json!({ "code": code })).await);
        let theirs = json!({ "game_id": game["game_id"] });
        let missing = declined(carol.call("chess_show", theirs).await);
        let id = game["game_id"].as_str().unwrap();
        let none = declined(carol.call("chess_show", json!({ "game_id": "zzzzzzz2" })).await);
        assert_eq!(missing.replace(id, "zzzzzzz2"), none);
    }
}

#[tokio::test]
async fn a_call_repeated_after_a_time_out() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let ask = json!({ "level": 1, "color": "black" });
    let first = told(alice.call("chess_new_game", ask.clone()).await);
    let again = told(alice.call("chess_new_game", ask).await);
    assert_eq!(again["repeated"], true);
    for field in ["game_id", "ply", "fen", "reply", "revision"] {
        assert_eq!(again[field], first[field], "{field}");
    }
    let text = legal(&first)[0].clone();
    let moved = told(alice.play(&first, &text).await);
    let answer = alice.play(&first, &text).await;
    assert!(
        answer.text.contains("already recorded, not played again"),
        "{}",
        answer.text
    );
    let again = told(answer);
    assert_eq!(again["repeated"], true);
    for field in ["ply", "fen", "played", "reply", "revision", "legal_moves"] {
        assert_eq!(again[field], moved[field], "{field}");
    }
    // A move of the engine's is not the person's own, however often it is sent.
    let engines = moved["reply"]["san"].as_str().unwrap();
    let mut stolen = moving(&moved, engines);
    stolen["expected_ply"] = json!(2);
    declined(alice.call("chess_move", stolen).await);
}

#[tokio::test]
async fn a_model_that_plays_ahead() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = told(alice.call("chess_new_game", json!({ "level": 1 })).await);
    let moved = told(alice.play(&game, "e4").await);
    let before = alice.status(&moved).await;
    let fen = moved["fen"].as_str().unwrap();
    // It makes the opponent's move, which was made already, and then the person's next one.
    for (text, ply) in [("a5", 1), ("d4", 4), ("d4", 3)] {
        let mut ahead = moving(&moved, text);
        ahead["expected_ply"] = json!(ply);
        let refusal = declined(alice.call("chess_move", ahead).await);
        assert!(
            refusal.contains(fen) && refusal.contains(&format!("expected_ply {ply}")),
            "the present position: {refusal}"
        );
    }
    let mut for_engine = moving(&moved, "d4");
    for_engine["by"] = json!("assistant");
    let refusal = declined(alice.call("chess_move", for_engine).await);
    assert!(refusal.contains("by: assistant"), "{refusal}");
    let two = declined(alice.play(&moved, "d4 d5").await);
    assert!(two.contains("d4 d5"), "{two}");
    let line = json!({ "game_id": moved["game_id"], "moves": "d4 d5 c4" });
    assert!(declined(alice.call("chess_play_line", line).await).contains("chess_move"));
    assert_eq!(alice.status(&moved).await, before, "nothing of it was played");
}

#[tokio::test]
async fn two_chats_at_once() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let other = another_chat(&server, "alice").await;
    let game = told(alice.call("chess_new_game", json!({ "level": 1 })).await);
    // The other chat sees the same game and moves first.
    let there = told(other.call("chess_show", json!({})).await);
    assert_eq!(there["game_id"], game["game_id"]);
    let moved = told(other.play(&there, "e4").await);
    let stale = declined(alice.play(&game, "d4").await);
    assert!(stale.contains(moved["fen"].as_str().unwrap()), "{stale}");
    // A board of its own in the one chat moves nothing under the other.
    let board = other.board("c4").await;
    let now = told(
        alice
            .call("chess_status", json!({ "game_id": game["game_id"] }))
            .await,
    );
    assert_eq!(now["ply"], 2);
    let on = told(alice.play(&now, "d3").await);
    assert_eq!(on["game_id"], game["game_id"]);
    assert_eq!(other.status(&board).await["ply"], 1);
    let which = declined(alice.call("chess_move", json!({ "move": "Nf3" })).await);
    for game in [&game, &board] {
        assert!(which.contains(game["game_id"].as_str().unwrap()), "{which}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_engine_is_away() {
    use crate::engine::{kill_engines, strong_game, wait_for_reply};

    let home = crate::support::Home::new().set("ENGINE_PROCESSES", "1");
    let server = home.serve().await;
    let alice = server.alice().await;
    let game = strong_game(&alice).await;
    let story = async {
        let answer = alice.play(&game, "e4").await;
        let text = answer.text.clone();
        let view = told(answer);
        assert_eq!(
            (&view["played"]["san"], &view["reply"], &view["reply_pending"]),
            (&json!("e4"), &Value::Null, &json!(true))
        );
        assert!(
            text.contains("the move is kept and the reply will follow"),
            "{text}"
        );
        assert!(view["next"].as_str().unwrap().contains("chess_status"), "{view}");
        assert_eq!(view["legal_moves"], json!([]));
        assert!(!may(&view, "move") && may(&view, "undo"), "{view}");
        let impatient = declined(alice.play(&view, "e5").await);
        assert!(impatient.contains("engine's turn"), "{impatient}");
    };
    tokio::select! {
        () = story => {}
        () = kill_engines(&server) => unreachable!("it never stops by itself"),
    }
    let now = wait_for_reply(&alice, &game).await;
    assert_eq!(
        (&now["reply_pending"], &now["turn"]),
        (&json!(false), &json!("white"))
    );
    told(alice.call("chess_show", json!({})).await);
}

#[tokio::test]
async fn a_position_from_a_book() {
    let server = Server::start().await;
    let alice = server.alice().await;
    // The Réti study, copied with castling rights that nobody has.
    let fen = "7K/8/k1P5/7p/8/8/8/8 w KQkq - 0 1";
    let asked = json!({ "opponent": "nobody", "fen": fen });
    let view = told(alice.call("chess_new_game", asked).await);
    assert_eq!(view["fen"], "7K/8/k1P5/7p/8/8/8/8 w - - 0 1");
    assert!(notes(&view).to_lowercase().contains("castling"), "{view}");
    let passing = json!({ "opponent": "nobody", "fen": "4k3/8/8/3pP3/8/8/8/4K3 w - d6" });
    let view = told(alice.call("chess_new_game", passing).await);
    assert_eq!(view["notes"], json!([]), "that one is possible");
    assert!(legal(&view).contains(&"exd6".to_owned()));
    let ghost = json!({ "opponent": "nobody", "fen": "4k3/8/8/4P3/8/8/8/4K3 w - d6 0 1" });
    let view = told(alice.call("chess_new_game", ghost).await);
    assert!(notes(&view).contains("en passant"), "{view}");
    assert!(!view["fen"].as_str().unwrap().contains("d6"), "{view}");
    let broken = json!({ "opponent": "nobody", "fen": "7K/8/k1P5/7p/8/8/8 w - -" });
    let text = declined(alice.call("chess_new_game", broken).await);
    assert!(text.contains("FEN"), "{text}");
}

#[tokio::test]
async fn another_mate_than_the_stored_one() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let puzzle = find("mateIn2", |puzzle| !puzzle.other_mates().is_empty());
    let view = alice.puzzle(json!({ "puzzle_id": puzzle.id })).await;
    let solution = puzzle.solution();
    let view = told(alice.play(&view, &solution[0]).await);
    assert_eq!(
        (&view["status"], &view["reply"]["by"]),
        (&json!("open"), &json!("puzzle"))
    );
    let mate = &puzzle.other_mates()[0];
    assert_ne!(mate, &solution[1]);
    let view = told(alice.play(&view, mate).await);
    assert_eq!(
        (&view["status"], &view["reason"], &view["played"]["san"]),
        (&json!("solved"), &json!("checkmate"), &json!(mate))
    );
    assert!(
        view["rating"]["change"].as_i64() > Some(0),
        "at the first try: {view}"
    );
}

#[tokio::test]
async fn a_draw_offer_declined() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = easy_game(&alice, "e4 e5").await;
    let answer = alice.finish(&game, "offer_draw").await;
    let text = answer.text.clone();
    let view = told(answer);
    assert_eq!(
        (&view["status"], &view["offer"]),
        (
            &json!("ongoing"),
            &json!({ "kind": "draw", "by": "person", "answer": "declined" })
        )
    );
    assert!(text.contains("declined the draw; the game goes on"), "{text}");
    assert!(notes(&view).contains("only after move 20"), "{view}");
    let on = told(alice.play(&view, "Nf3").await);
    assert_eq!(
        on["offer"],
        Value::Null,
        "an answered offer is gone with the next move"
    );
    // Late, and a queen up: there is nothing to give away.
    let late = json!({ "level": 1, "fen": "3qk3/8/8/8/8/8/8/4K3 w - - 0 40" });
    let late = told(alice.call("chess_new_game", late).await);
    let view = told(alice.finish(&late, "offer_draw").await);
    assert_eq!(view["offer"]["answer"], "declined");
    assert!(notes(&view).contains("even"), "{view}");
}

#[tokio::test]
async fn a_promotion() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let fen = json!({ "opponent": "nobody", "fen": "8/4P3/8/8/8/8/k7/4K3 w - - 0 1" });
    let game = told(alice.call("chess_new_game", fen).await);
    for said in ["e8", "e7e8", "pawn to e8"] {
        let text = declined(alice.play(&game, said).await);
        assert!(
            text.contains("Send exactly one of: e8=Q, e8=R, e8=B, e8=N."),
            "{said}: {text}"
        );
        assert!(text.contains(game["fen"].as_str().unwrap()), "{text}");
    }
    let view = told(alice.play(&game, "e8=N").await);
    assert_eq!(
        (&view["played"]["san"], &view["played"]["uci"]),
        (&json!("e8=N"), &json!("e7e8n"))
    );
    assert_eq!(view["played"]["words"], "pawn from e7 to e8 and becomes a knight");
}

#[tokio::test]
async fn what_if() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = easy_game(&alice, "e4 e5 Bc4 Nc6").await;
    let before = alice.status(&game).await;
    // "What if I go Qh5 and he does not see it?"
    let tried = json!({ "game_id": game["game_id"], "moves": "Qh5 a6", "seconds": 0.3 });
    let answer = alice.call("chess_analyze", tried).await;
    let (text, seen) = (answer.text.clone(), answer.ok());
    assert_eq!(
        (&seen["best"], &seen["eval"]["mate"], &seen["ply"]),
        (&json!("Qxf7#"), &json!(1), &json!(6))
    );
    for said in ["Qxf7#", "White mates in one move", "Nothing was recorded"] {
        assert!(text.contains(said), "{said} is not in: {text}");
    }
    assert!(text.contains(seen["fen"].as_str().unwrap()), "{text}");
    // "And if he does?"
    let tried = json!({ "game_id": game["game_id"], "moves": "Qh5 g6", "lines": 2, "seconds": 0.3 });
    let seen = alice.call("chess_analyze", tried).await.ok();
    assert_eq!(seen["lines"].as_array().unwrap().len(), 2);
    let wild = json!({ "game_id": game["game_id"], "moves": "Qh5 Kd4" });
    let text = declined(alice.call("chess_analyze", wild).await);
    assert!(text.contains("Kd4"), "{text}");
    assert_eq!(alice.status(&game).await, before, "nothing was recorded");
    told(alice.play(&game, "Qh5").await);
}

#[tokio::test]
async fn giving_up_and_looking_back() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = told(alice.call("chess_new_game", json!({ "level": 1 })).await);
    assert!(
        notes(&game).contains("counts for the rating"),
        "what help will cost is said before: {game}"
    );
    let moved = told(alice.play(&game, "e4").await);
    // "I have to go; he wins."
    let over = told(alice.finish(&moved, "resign").await);
    assert_eq!(
        (&over["status"], &over["result"], &over["reason"]),
        (&json!("finished"), &json!("0-1"), &json!("resignation"))
    );
    assert!(over["rating"]["change"].as_i64() < Some(0), "{over}");
    assert!(over["next"].as_str().unwrap().contains("chess_review"), "{over}");
    assert_eq!(over["legal_moves"], json!([]));
    // "How am I doing?"
    let answer = alice.call("chess_profile", json!({})).await;
    let (text, profile) = (answer.text.clone(), answer.ok());
    let rating = &profile["ratings"][0];
    assert_eq!(
        (&rating["kind"], &rating["rating"]),
        (&json!("engine"), &over["rating"]["rating"])
    );
    assert_eq!(
        (
            &profile["results"][0]["lost"],
            &profile["results"][0]["opponent"]["level"]
        ),
        (&json!(1), &json!(1))
    );
    assert!(text.contains("0 won, 0 drawn, 1 lost"), "{text}");
    // "No, wait."
    let open = told(alice.undo(&over).await);
    assert_eq!(
        (&open["status"], &open["result"]),
        (&json!("ongoing"), &json!("*"))
    );
    assert!(open.get("rating").is_none(), "{open}");
    let profile = alice.call("chess_profile", json!({})).await.ok();
    assert!(
        profile["ratings"].as_array().unwrap().is_empty() || profile["ratings"][0]["games"] == 0,
        "{profile}"
    );
    assert_eq!(profile["results"], json!([]));
}
