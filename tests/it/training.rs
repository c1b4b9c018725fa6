//! What teaches: puzzles and their ratings, hints, reviews, one's own mistakes, and the figures of it all.

use serde_json::{Value, json};

use crate::support::game::{assert_whole, legal};
use crate::support::mcp::request;
use crate::support::puzzles::{Puzzle, find, named_in};
use crate::support::talk::{declined, may, notes, texts, told};
use crate::support::{Actor, Reply, Server};

/// A loss in fifteen moves, with slips on both sides. The person is Black.
const LOSS: &str = "[Event \"Training\"]\n[Site \"?\"]\n[Date \"2026.01.02\"]\n[Round \"-\"]\n[White \"Bert\"]\n\
    [Black \"alice\"]\n[Result \"1-0\"]\n\n1. e4 e5 2. Nf3 f6 3. Nxe5 fxe5 4. Qh5+ Ke7 5. Qxe5+ Kf7 6. Bc4+ d5 \
    7. Bxd5+ Kg6 8. h4 h5 9. Bxb7 Bxb7 10. Qf5+ Kh6 11. d4+ g5 12. Qf7 Qe7 13. hxg5+ Qxg5 14. Rxh5# 1-0\n";

/// What the person is rated at in puzzles; nothing before the first.
async fn puzzle_rating(who: &Actor<'_>) -> Option<i64> {
    let profile = who.call("chess_profile", json!({})).await.ok();
    let ratings = profile["ratings"].as_array().unwrap();
    let found = ratings.iter().find(|rating| rating["kind"] == "puzzles")?;
    found["rating"].as_i64()
}

/// Plays a puzzle to its end.
async fn solve(who: &Actor<'_>, view: &Value, puzzle: &Puzzle) -> Value {
    let mut view = view.clone();
    for san in puzzle.solution() {
        view = told(who.play(&view, &san).await);
    }
    assert_eq!(view["status"], "solved");
    view
}

/// Takes in the lost game and returns its id.
async fn lost_game(who: &Actor<'_>) -> String {
    let imported = who.call("chess_import", json!({ "pgn": LOSS })).await.ok();
    assert_eq!(imported["faults"], json!([]), "{imported}");
    imported["imported"][0]["game_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_untouched_puzzle_is_shown_again() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let first = alice.puzzle(json!({})).await;
    assert_eq!(
        (&first["kind"], &first["opponent"]["kind"], &first["ply"]),
        (&json!("puzzle"), &json!("puzzle"), &json!(1))
    );
    assert_eq!(first["turn"], first["person_plays"]);
    assert_eq!(first["reply"]["by"], "puzzle", "the move that led to it is told");
    let task = texts(&first["notes"])[0].to_owned();
    let again = alice.puzzle(json!({})).await;
    assert_eq!(
        (&again["game_id"], &again["repeated"]),
        (&first["game_id"], &json!(true))
    );
    assert!(
        texts(&again["notes"]).contains(&task.as_str()),
        "what is asked: {again}"
    );
    let shown = told(alice.call("chess_show", json!({})).await);
    assert_eq!(shown["game_id"], first["game_id"]);
    assert!(texts(&shown["notes"]).contains(&task.as_str()), "{shown}");
    let another = alice.puzzle(json!({ "another": true })).await;
    assert_ne!(another["game_id"], first["game_id"]);
    assert_ne!(named_in(&another).id, named_in(&first).id);
    // Nothing was lost with the first, and nothing counted.
    declined(
        alice
            .call("chess_show", json!({ "game_id": first["game_id"] }))
            .await,
    );
    assert_eq!(puzzle_rating(&alice).await, None);
    let list = alice
        .call("chess_games", json!({ "filter": "puzzles" }))
        .await
        .ok();
    assert_eq!(list["games"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["games"][0]["status"], "open");
    let games = alice
        .call("chess_games", json!({ "filter": "unfinished" }))
        .await
        .ok();
    assert_eq!(games["games"], json!([]), "a puzzle is no game");
}

#[tokio::test]
async fn an_untouched_puzzle_is_shown_again_to_whoever_asks_for_its_theme() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let first = alice.puzzle(json!({ "theme": "mateIn2" })).await;
    let again = alice.puzzle(json!({ "theme": "mateIn2" })).await;
    assert_eq!(
        (&again["game_id"], &again["repeated"]),
        (&first["game_id"], &json!(true))
    );
    let harder = alice.puzzle(json!({ "difficulty": "hard" })).await;
    assert_eq!(harder["game_id"], first["game_id"]);
    assert!(notes(&harder).contains("`another` true"), "{harder}");
    let other = alice.puzzle(json!({ "theme": "mateIn1" })).await;
    assert_ne!(other["game_id"], first["game_id"]);
}

#[tokio::test]
async fn a_touched_puzzle_waits_while_others_are_solved() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let puzzle = find("mateIn2", Puzzle::can_be_lost);
    let left = alice.puzzle(json!({ "puzzle_id": puzzle.id })).await;
    alice.err_in(&left, &puzzle).await;
    let other = alice.puzzle(json!({ "another": true })).await;
    assert_ne!(other["game_id"], left["game_id"]);
    let back = alice.puzzle(json!({ "puzzle_id": puzzle.id })).await;
    assert_eq!(back["game_id"], left["game_id"]);
    assert!(
        notes(&back).contains("not solved already"),
        "it cannot count twice: {back}"
    );
    solve(&alice, &back, &puzzle).await;
}

#[tokio::test]
async fn the_puzzle_of_the_day_is_the_same_for_everybody() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let hers = alice.puzzle(json!({ "daily": true })).await;
    let his = bob.puzzle(json!({ "daily": true })).await;
    assert!(notes(&hers).contains("puzzle of the day"), "{hers}");
    assert_eq!(hers["fen"], his["fen"]);
    assert_eq!(named_in(&hers).id, named_in(&his).id);
    assert_ne!(
        hers["game_id"], his["game_id"],
        "each has an attempt of their own"
    );
    let puzzle = named_in(&hers);
    let solved = solve(&alice, &hers, &puzzle).await;
    let again = told(alice.ask_puzzle(json!({ "daily": true })).await);
    assert_eq!(
        (&again["game_id"], &again["status"]),
        (&solved["game_id"], &json!("solved")),
        "once a day"
    );
    assert_eq!(bob.status(&his).await["status"], "open");
}

#[tokio::test]
async fn themes_are_read_as_people_write_them() {
    let server = Server::start().await;
    let alice = server.alice().await;
    for (asked, theme) in [
        ("mateIn1", "mateIn1"),
        ("mate in one", "mateIn1"),
        ("Mate in 2", "mateIn2"),
        ("mate-in-2", "mateIn2"),
        ("MATEIN3", "mateIn3"),
        ("back rank mate", "backRankMate"),
        ("pins", "pin"),
        ("end game", "endgame"),
        ("endgmae", "endgame"),
    ] {
        let view = alice.puzzle(json!({ "theme": asked, "another": true })).await;
        let puzzle = named_in(&view);
        assert!(puzzle.has(theme), "{asked}: {:?}", puzzle.themes);
    }
    let several = declined(alice.ask_puzzle(json!({ "theme": "forks and pins" })).await);
    assert!(several.contains("fork") && several.contains("pin"), "{several}");
    let unknown = declined(alice.ask_puzzle(json!({ "theme": "banana" })).await);
    assert!(
        unknown.contains("banana") && unknown.contains("theme"),
        "{unknown}"
    );
}

#[tokio::test]
async fn difficulty_is_measured_by_the_person() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mut rated = Vec::new();
    for difficulty in ["easy", "normal", "hard"] {
        let view = alice
            .puzzle(json!({ "difficulty": difficulty, "another": true }))
            .await;
        let notes = notes(&view);
        let (_, rest) = notes.split_once("is rated ").unwrap();
        let number: i64 = rest.split(',').next().unwrap().parse().unwrap();
        rated.push(number);
    }
    assert!(rated[0] + 100 < rated[2], "{rated:?}");
    let refused = alice
        .ask_puzzle(json!({ "difficulty": "brutal" }))
        .await
        .refused();
    assert!(refused.contains("difficulty"), "{refused}");
}

#[tokio::test]
async fn a_wrong_move_is_refuted_and_counted_once() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let puzzle = find("mateIn2", Puzzle::can_be_lost);
    let view = alice.puzzle(json!({ "puzzle_id": puzzle.id })).await;
    let wrong = alice.err_in(&view, &puzzle).await;
    let change = wrong["rating"]["change"].as_i64().unwrap();
    assert!(change < 0, "{wrong}");
    assert_eq!(wrong["ply"], view["ply"]);
    let rating = puzzle_rating(&alice).await.unwrap();
    assert_eq!(wrong["rating"]["rating"].as_i64(), Some(rating));
    alice.err_in(&view, &puzzle).await;
    assert_eq!(puzzle_rating(&alice).await, Some(rating), "once");
    let ended = declined(alice.finish(&wrong, "resign").await);
    assert!(ended.contains("chess_hint"), "{ended}");
    let solved = solve(&alice, &wrong, &puzzle).await;
    assert!(notes(&solved).contains("not at the first try"), "{solved}");
    assert_eq!(puzzle_rating(&alice).await, Some(rating), "nothing is won back");
    let profile = alice.call("chess_profile", json!({})).await.ok();
    assert_eq!(
        (&profile["puzzles"]["solved"], &profile["puzzles"]["failed"]),
        (&json!(0), &json!(1))
    );
    declined(alice.undo(&solved).await);
}

#[tokio::test]
async fn a_solved_puzzle_takes_no_more_moves() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let puzzle = find("advantage", |puzzle| !puzzle.has("mate"));
    let view = alice.puzzle(json!({ "puzzle_id": puzzle.id })).await;
    let solved = solve(&alice, &view, &puzzle).await;
    assert_eq!(solved["result"], "*", "it wins and does not mate");
    let rating = puzzle_rating(&alice).await;
    for san in puzzle.answers() {
        let text = declined(alice.play(&solved, &san).await);
        assert!(text.contains("over"), "{text}");
    }
    assert_eq!(puzzle_rating(&alice).await, rating);
    assert_eq!(alice.status(&solved).await["status"], "solved");
    let on = json!({ "level": 1, "from_game": solved["game_id"], "color": solved["person_plays"] });
    let on = told(alice.call("chess_new_game", on).await);
    assert!(on["ply"].as_u64() >= solved["ply"].as_u64(), "{on}");
}

#[tokio::test]
async fn an_illegal_move_costs_nothing_in_a_puzzle() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let puzzle = find("mateIn1", |_| true);
    let view = alice.puzzle(json!({ "puzzle_id": puzzle.id })).await;
    for text in ["Ka9", "banana", "e4e4"] {
        let refusal = declined(alice.play(&view, text).await);
        assert!(refusal.contains(view["fen"].as_str().unwrap()), "{refusal}");
    }
    assert_eq!(puzzle_rating(&alice).await, None);
    let solved = solve(&alice, &view, &puzzle).await;
    assert!(solved["rating"]["change"].as_i64() > Some(0), "{solved}");
}

#[tokio::test]
async fn ratings_go_up_and_down_and_stand_in_the_profile() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mut rating = None;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let view = alice.puzzle(json!({ "theme": "mateIn1", "another": true })).await;
        let puzzle = named_in(&view);
        assert!(!ids.contains(&puzzle.id), "nobody gets a puzzle twice");
        let solved = solve(&alice, &view, &puzzle).await;
        let now = puzzle_rating(&alice).await;
        assert!(now > rating, "{rating:?} {now:?}");
        assert_eq!(solved["rating"]["rating"].as_i64(), now);
        rating = now;
        ids.push(puzzle.id);
    }
    let view = alice.puzzle(json!({ "another": true })).await;
    let solution = json!({ "game_id": view["game_id"], "kind": "solution" });
    alice.call("chess_hint", solution).await.ok();
    assert!(puzzle_rating(&alice).await < rating);
    let answer = alice.call("chess_profile", json!({})).await;
    let (text, profile) = (answer.text.clone(), answer.ok());
    let puzzles = &profile["puzzles"];
    for (what, number) in [("solved", 3), ("failed", 1), ("in_a_row", 0), ("mistakes_due", 0)] {
        assert_eq!(puzzles[what], number, "{what}: {puzzles}");
    }
    assert!(puzzles["source"].as_str().unwrap().contains("CC0"), "{puzzles}");
    assert_eq!(
        (&profile["streak"]["days"], &profile["streak"]["today"]),
        (&json!(1), &json!(true))
    );
    assert!(text.contains("3 solved at the first try, 1 not"), "{text}");
}

#[tokio::test]
async fn the_solution_ends_a_puzzle_unsolved() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let puzzle = find("mateIn2", |_| true);
    let view = alice.puzzle(json!({ "puzzle_id": puzzle.id })).await;
    let ask = json!({ "game_id": view["game_id"], "kind": "solution" });
    let answer = alice.call("chess_hint", ask.clone()).await;
    let (text, hinted) = (answer.text.clone(), answer.ok());
    assert_eq!(hinted["kind"], "solution");
    for san in puzzle.solution() {
        assert!(
            hinted["text"].as_str().unwrap().contains(&san) && text.contains(&san),
            "{san} is not in: {text}"
        );
    }
    assert!(
        hinted["cost"].as_str().unwrap().contains("not solved"),
        "{hinted}"
    );
    let over = told(
        alice
            .call("chess_status", json!({ "game_id": view["game_id"] }))
            .await,
    );
    assert_eq!(over["status"], "unsolved");
    assert_eq!(over["legal_moves"], json!([]));
    assert!(may(&over, "another") && !may(&over, "move"), "{over}");
    let again = alice.call("chess_hint", ask).await.ok();
    assert_eq!(
        (&again["text"], &again["cost"]),
        (&hinted["text"], &Value::Null),
        "told again where the answer was lost"
    );
    declined(alice.play(&view, &puzzle.solution()[0]).await);
    // Solved by heart afterwards it does not count.
    let rating = puzzle_rating(&alice).await;
    let second = json!({ "puzzle_id": puzzle.id, "another": true });
    let second = alice.puzzle(second).await;
    assert!(notes(&second).contains("does not count"), "{second}");
    solve(&alice, &second, &puzzle).await;
    assert_eq!(puzzle_rating(&alice).await, rating);
}

#[tokio::test]
async fn the_solution_is_in_no_half_and_no_meta() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let puzzle = find("mateIn3", |puzzle| puzzle.solution()[0].len() >= 4);
    let view = alice.puzzle(json!({ "puzzle_id": puzzle.id })).await;
    let id = &view["game_id"];
    let silent = |reply: &Reply| {
        let mut result = reply.json()["result"].clone();
        // Legal moves are no secret, the solution among them.
        if let Some(view) = result["structuredContent"].as_object_mut() {
            view.remove("legal_moves");
        }
        if let Some(board) = result["_meta"]["board"].as_object_mut() {
            board.remove("legal");
        }
        let said = result.to_string();
        let said: Vec<&str> = said
            .split("\\n")
            .filter(|line| !line.starts_with("Legal moves: "))
            .collect();
        let said = said.join("\n");
        let secrets = puzzle.solution().into_iter().chain(puzzle.solution_in_uci());
        // A theme that is also the name of a field.
        let told = |theme: &&String| theme.len() > 5 && *theme != "opening";
        let themes = puzzle.themes.iter().filter(told).cloned();
        for secret in secrets.chain(themes) {
            assert!(!said.contains(&secret), "{secret} is in: {said}");
        }
    };
    for (tool, arguments) in [
        ("chess_puzzle", json!({})),
        ("chess_puzzle", json!({ "puzzle_id": puzzle.id })),
        ("chess_show", json!({ "game_id": id })),
        ("chess_status", json!({ "game_id": id })),
        ("chess_export", json!({ "game_id": id })),
        ("chess_games", json!({ "filter": "all" })),
        ("chess_profile", json!({})),
        ("chess_analyze", json!({ "game_id": id })),
        ("chess_analyze", json!({ "fen": view["fen"] })),
        (
            "chess_analyze",
            json!({ "game_id": id, "moves": legal(&view)[0] }),
        ),
        ("chess_review", json!({ "game_id": id })),
        ("chess_new_game", json!({ "level": 10, "fen": view["fen"] })),
        ("chess_new_game", json!({ "level": 10, "from_game": id })),
        ("chess_new_game", json!({ "opponent": "nobody", "from_game": id })),
    ] {
        silent(&alice.ask(tool, arguments).await);
    }
    for tool in ["chess_analyze", "chess_review"] {
        let text = declined(alice.call(tool, json!({ "game_id": id })).await);
        assert!(text.contains("chess_hint"), "{tool}: {text}");
    }
    let wrong = puzzle.wrong().into_iter().next().unwrap();
    let arguments = json!({ "game_id": id, "expected_ply": view["ply"], "move": wrong });
    silent(&alice.ask("chess_move", arguments).await);
    silent(
        &alice
            .ask("chess_hint", json!({ "game_id": id, "kind": "idea" }))
            .await,
    );
    silent(
        &alice
            .ask("chess_hint", json!({ "game_id": id, "kind": "piece" }))
            .await,
    );
}

#[tokio::test]
async fn hints_say_a_little_more_each_time() {
    let server = Server::start().await;
    let alice = server.alice().await;
    // Black's last move left mate on f7.
    let asked = json!({ "level": 1, "moves": "e4 e5 Bc4 Nc6 Qh5 a6" });
    let game = told(alice.call("chess_new_game", asked).await);
    assert!(may(&game, "hint"));
    let ask = json!({ "game_id": game["game_id"] });
    let mut texts = Vec::new();
    for (kind, san) in [
        ("idea", Value::Null),
        ("piece", Value::Null),
        ("move", json!("Qxf7#")),
        ("move", json!("Qxf7#")),
    ] {
        let answer = alice.call("chess_hint", ask.clone()).await;
        let (text, hinted) = (answer.text.clone(), answer.ok());
        assert_eq!(
            (&hinted["kind"], &hinted["move"], &hinted["game_id"]),
            (&json!(kind), &san, &game["game_id"])
        );
        assert!(text.contains(hinted["text"].as_str().unwrap()), "{text}");
        assert_eq!(hinted["ply"], 6);
        assert!(!san.is_null() || !text.contains("Qxf7"), "{kind}: {text}");
        texts.push(hinted["text"].as_str().unwrap().to_owned());
    }
    assert!(
        texts[0].contains("mate") && texts[1].contains("queen"),
        "{texts:?}"
    );
    assert_eq!(alice.status(&game).await["ply"], 6, "nothing was played");
    let solution = declined(
        alice
            .call(
                "chess_hint",
                json!({ "game_id": game["game_id"], "kind": "solution" }),
            )
            .await,
    );
    assert!(solution.contains("puzzle"), "{solution}");
}

#[tokio::test]
async fn a_hint_costs_the_rating_of_a_game_and_says_so() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = told(alice.call("chess_new_game", json!({ "level": 1 })).await);
    assert!(
        notes(&game).contains("hint"),
        "the cost is said before it arises: {game}"
    );
    let ask = json!({ "game_id": game["game_id"], "kind": "idea" });
    let answer = alice.call("chess_hint", ask.clone()).await;
    let (text, first) = (answer.text.clone(), answer.ok());
    let cost = first["cost"].as_str().unwrap();
    assert!(cost.contains("no longer counts") && text.contains(cost), "{text}");
    let second = alice.call("chess_hint", ask).await.ok();
    assert_eq!(second["cost"], Value::Null, "it is paid already");
    let moved = told(alice.play(&alice.status(&game).await, "e4").await);
    let over = told(alice.finish(&moved, "resign").await);
    assert!(over.get("rating").is_none_or(Value::is_null), "{over}");
    let profile = alice.call("chess_profile", json!({})).await.ok();
    assert_eq!(profile["ratings"], json!([]));
    let late = declined(
        alice
            .call("chess_hint", json!({ "game_id": game["game_id"] }))
            .await,
    );
    assert!(late.contains("chess_review"), "{late}");
    let none = declined(alice.call("chess_hint", json!({ "game_id": "zzzzzzz2" })).await);
    assert!(none.contains("zzzzzzz2"), "{none}");
}

#[tokio::test]
async fn a_review_finds_the_moments_and_is_kept() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let id = lost_game(&alice).await;
    let answer = alice.call("chess_review", json!({ "game_id": id })).await;
    let (text, review) = (answer.text.clone(), answer.ok());
    assert_eq!(
        (&review["game_id"], &review["side"]),
        (&json!(id), &json!("black"))
    );
    let accuracy = review["accuracy"].as_f64().unwrap();
    assert!((0.0..80.0).contains(&accuracy), "{review}");
    // How bad each was depends on how far the engine got.
    let bad = ["blunders", "mistakes"].map(|kind| review["counts"][kind].as_u64().unwrap());
    assert!(bad.iter().sum::<u64>() >= 2, "{review}");
    assert_eq!(review["opening"]["eco"], "C40", "{review}");
    let moments = review["moments"].as_array().unwrap();
    assert!((1..=5).contains(&moments.len()), "{review}");
    let san = texts(&alice.call("chess_status", json!({ "game_id": id })).await.ok()["moves"])
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    for moment in moments {
        let ply = usize::try_from(moment["ply"].as_u64().unwrap()).unwrap();
        assert_eq!(moment["played"], san[ply], "{moment}");
        assert_eq!(ply % 2, 1, "the person's own moves: {moment}");
        assert!(moment["loss"].as_f64() > Some(0.0), "{moment}");
        for field in ["words", "played"] {
            assert!(text.contains(moment[field].as_str().unwrap()), "{field}: {text}");
        }
        let better = moment["better"].as_str();
        assert!(better.is_none_or(|better| text.contains(better)), "{text}");
    }
    assert!(review.get("moves").is_none());
    let every = answer_meta(&alice, &id).await;
    assert_eq!(every.as_array().unwrap().len(), san.len(), "{every}");
    // A second look is quick and the same.
    let started = std::time::Instant::now();
    let again = alice.call("chess_review", json!({ "game_id": id })).await.ok();
    assert_eq!(again, review);
    assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
    let both = json!({ "game_id": id, "side": "both", "all": true });
    let both = alice.call("chess_review", both).await.ok();
    assert!(
        both["accuracy"]["white"].as_f64() > both["accuracy"]["black"].as_f64(),
        "{both}"
    );
    assert_eq!(both["moves"].as_array().unwrap().len(), san.len());
    let white = json!({ "game_id": id, "side": "white" });
    assert_eq!(alice.call("chess_review", white).await.ok()["side"], "white");
    let profile = alice.call("chess_profile", json!({})).await;
    let text = profile.text.clone();
    let profile = profile.ok();
    assert_eq!(profile["accuracy"]["games"], 1, "{profile}");
    let recent = profile["accuracy"]["recent"].as_f64().unwrap();
    assert!((recent - accuracy).abs() < 0.11, "{profile}");
    assert!(text.contains("ccuracy"), "{text}");
}

/// What a review says for the board alone.
async fn answer_meta(who: &Actor<'_>, id: &str) -> Value {
    let answer = who.call("chess_review", json!({ "game_id": id })).await;
    answer.result["_meta"]["moves"].clone()
}

#[tokio::test]
async fn a_review_tells_how_far_it_is() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let id = lost_game(&alice).await;
    let params = json!({
        "name": "chess_review", "arguments": { "game_id": id }, "_meta": { "progressToken": "how far" },
    });
    let call = server.mcp_as(&alice.tokens.access);
    let reply = Reply::to(call.json(&request("tools/call", &params)))
        .await
        .expect(200);
    let kind = reply.header("content-type");
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    let events = reply.body.lines().filter_map(|line| line.strip_prefix("data:"));
    let events: Vec<Value> = events
        .filter(|data| !data.trim().is_empty())
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let (last, told) = events.split_last().unwrap();
    assert!(
        last["result"]["structuredContent"]["accuracy"].is_number(),
        "{last}"
    );
    assert!(!told.is_empty(), "{}", reply.body);
    let mut before = 0.0;
    for progress in told {
        assert_eq!(progress["method"], "notifications/progress");
        let params = &progress["params"];
        assert_eq!(params["progressToken"], "how far");
        let done = params["progress"].as_f64().unwrap();
        assert!(
            done > before && Some(done) <= params["total"].as_f64(),
            "{params}"
        );
        before = done;
    }
    // Nothing precedes what is ready at once.
    let call = server.mcp_as(&alice.tokens.access);
    let reply = Reply::to(call.json(&request("tools/call", &params)))
        .await
        .expect(200);
    assert!(reply.body.contains("accuracy"), "{}", reply.body);
    assert!(!reply.body.contains("notifications/progress"), "{}", reply.body);
}

#[tokio::test]
async fn a_game_without_moves_has_nothing_to_review() {
    let server = Server::start().await;
    let alice = server.alice().await;
    declined(alice.call("chess_review", json!({})).await);
    alice.board("").await;
    let text = declined(alice.call("chess_review", json!({})).await);
    assert!(text.contains("no moves"), "{text}");
}

#[tokio::test]
async fn ones_own_mistakes_become_puzzles() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let none = declined(alice.ask_puzzle(json!({ "theme": "my mistakes" })).await);
    assert!(none.contains("chess_review"), "{none}");
    let id = lost_game(&alice).await;
    let review = alice.call("chess_review", json!({ "game_id": id })).await.ok();
    let view = alice.puzzle(json!({ "theme": "myMistakes" })).await;
    assert!(notes(&view).contains(&id), "it says from where: {view}");
    assert!(notes(&view).contains("does not count"), "{view}");
    assert_eq!(view["person_plays"], "black");
    let ply = notes(&view);
    let ply: usize = ply
        .split_once(", ply ")
        .unwrap()
        .1
        .split('.')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let there = json!({ "game_id": id, "ply": ply });
    let there = alice.call("chess_show", there).await.ok();
    let place = |fen: &Value| {
        fen.as_str()
            .unwrap()
            .split(' ')
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(place(&there["fen"]), place(&view["fen"]), "the same moment");
    let all = json!({ "game_id": id, "all": true });
    let all = alice.call("chess_review", all).await.ok();
    let slip = &all["moves"][ply];
    let better = slip["better"].as_str().unwrap_or_else(|| panic!("{slip}"));
    let profile = alice.call("chess_profile", json!({})).await.ok();
    let due = profile["puzzles"]["mistakes_due"].as_u64().unwrap();
    assert!(due >= 1, "{profile}");
    let moved = told(alice.play(&view, better).await);
    assert!(
        moved["status"] == "solved" || notes(&moved).contains("goes on"),
        "{better} is what the review says: {moved}"
    );
    assert_eq!(puzzle_rating(&alice).await, None);
    if moved["status"] == "solved" {
        let profile = alice.call("chess_profile", json!({})).await.ok();
        assert_eq!(
            profile["puzzles"]["mistakes_due"].as_u64(),
            Some(due - 1),
            "it comes back another day"
        );
    }
    assert!(!review["moments"].as_array().unwrap().is_empty());
    // Nobody else is asked about them.
    let bob = server.bob().await;
    declined(bob.ask_puzzle(json!({ "theme": "myMistakes" })).await);
}

#[tokio::test]
async fn the_adaptive_level_follows_the_results() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mate = "6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1";
    let first = told(alice.call("chess_new_game", json!({})).await);
    assert_eq!(first["opponent"]["level"], 2, "the first time");
    assert!(
        notes(&first).contains("Adaptive") && notes(&first).contains("level 2"),
        "{first}"
    );
    let moved = told(alice.play(&first, "e4").await);
    told(alice.finish(&moved, "resign").await);
    let second = told(alice.call("chess_new_game", json!({ "level": 0 })).await);
    assert_eq!(second["opponent"]["level"], 1);
    assert!(notes(&second).contains("after a loss at level 2"), "{second}");
    let moved = told(alice.play(&second, "e4").await);
    told(alice.finish(&moved, "resign").await);
    let third = told(
        alice
            .call("chess_new_game", json!({ "level": 0, "fen": mate }))
            .await,
    );
    assert_eq!(third["opponent"]["level"], 1, "there is none below");
    let won = told(alice.play(&third, "Ra8").await);
    assert_eq!(
        (&won["result"], &won["reason"]),
        (&json!("1-0"), &json!("checkmate"))
    );
    let fourth = told(alice.call("chess_new_game", json!({ "color": "white" })).await);
    assert_eq!(
        fourth["opponent"]["level"], 2,
        "as last time, which was adaptive: {fourth}"
    );
    assert!(notes(&fourth).contains("after a win at level 1"), "{fourth}");
    let fixed = told(alice.call("chess_new_game", json!({ "level": 5 })).await);
    assert_eq!(fixed["opponent"]["level"], 5);
    assert!(!notes(&fixed).contains("Adaptive"), "{fixed}");
}

#[tokio::test]
async fn a_rating_is_taken_back_with_the_end_and_not_given_twice() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let rated = async || {
        let profile = alice.call("chess_profile", json!({})).await.ok();
        profile["ratings"][0].clone()
    };
    let game = told(alice.call("chess_new_game", json!({ "level": 1 })).await);
    let moved = told(alice.play(&game, "e4").await);
    told(alice.finish(&moved, "resign").await);
    let first = rated().await;
    assert_eq!(first["games"], 1, "{first}");
    let game = told(alice.call("chess_new_game", json!({ "level": 2 })).await);
    let moved = told(alice.play(&game, "e4").await);
    let over = told(alice.finish(&moved, "resign").await);
    let second = rated().await;
    assert!(second["rating"].as_i64() < first["rating"].as_i64(), "{second}");
    let open = told(alice.undo(&over).await);
    assert!(
        notes(&open).contains("open again") && notes(&open).contains("no longer counts"),
        "{open}"
    );
    let third = rated().await;
    assert_eq!(
        (&third["rating"], &third["games"]),
        (&first["rating"], &first["games"])
    );
    let moved = told(alice.play(&open, "d4").await);
    let over = told(alice.finish(&moved, "resign").await);
    assert!(over.get("rating").is_none_or(Value::is_null), "{over}");
    assert_eq!(rated().await, third);
}

#[tokio::test]
async fn a_game_of_chess960_is_played_exported_and_read_back() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let asked = json!({ "variant": "chess960", "level": 1 });
    let game = told(alice.call("chess_new_game", asked).await);
    assert!(notes(&game).contains("Chess960, array"), "{game}");
    let start = game["fen"].as_str().unwrap().to_owned();
    let mut view = game;
    for _ in 0..4 {
        if view["status"] != "ongoing" {
            break;
        }
        let text = legal(&view)[0].clone();
        view = told(alice.play(&view, &text).await);
    }
    let status = alice.status(&view).await;
    let export = json!({ "game_id": view["game_id"] });
    let pgn = alice.call("chess_export", export).await.ok();
    let pgn = pgn["text"].as_str().unwrap();
    for tag in [
        "[Variant \"Chess960\"]",
        "[SetUp \"1\"]",
        &format!("[FEN \"{start}\"]"),
    ] {
        assert!(pgn.contains(tag), "{tag} is not in: {pgn}");
    }
    let read = alice.call("chess_import", json!({ "pgn": pgn })).await.ok();
    assert_eq!(read["faults"], json!([]), "{read}");
    let read = alice.status(&read["imported"][0]).await;
    assert_eq!((&read["moves"], &read["fen"]), (&status["moves"], &status["fen"]));
    // Castling, from an array in which the king stands beside its rook.
    let fen = "4k3/8/8/8/8/8/8/5KR1 w G - 0 1";
    let asked = json!({ "opponent": "nobody", "variant": "chess960", "fen": fen });
    let board = told(alice.call("chess_new_game", asked).await);
    assert!(legal(&board).contains(&"O-O".to_owned()), "{board}");
    let castled = told(alice.play(&board, "castle short").await);
    assert!(castled["fen"].as_str().unwrap().contains("5RK1"), "{castled}");
}

#[tokio::test]
async fn an_imported_game_keeps_what_its_tags_say() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let said = "[Event \"Club night\"]\n[Site \"Lisbon\"]\n[Date \"2024.05.??\"]\n[Round \"3.1\"]\n\
                [White \"Bert\"]\n[Black \"Dora\"]\n[Result \"1/2-1/2\"]\n\
                [WhiteElo \"1820\"]\n[BlackElo \"1790\"]\n[TimeControl \"5400+30\"]\n";
    let pgn = format!("{said}\n1. d4 d5 1/2-1/2\n");
    let read = alice.call("chess_import", json!({ "pgn": pgn })).await.ok();
    let game = json!({ "game_id": read["imported"][0]["game_id"] });
    let text = alice.call("chess_show", game.clone()).await.text;
    assert!(
        text.contains("from elsewhere") && text.contains("Bert") && text.contains("Dora"),
        "{text}"
    );
    let written = alice.call("chess_export", game).await.text;
    assert!(written.starts_with(said), "{written}");
    // Who played is not said.
    let read = alice
        .call("chess_import", json!({ "pgn": "1. d4 d5 *" }))
        .await
        .ok();
    assert_eq!(read["imported"][0]["white"], "?", "{read}");
}

#[tokio::test]
async fn an_import_names_its_faults_by_game_and_line() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let pgn = "[White \"alice\"]\n[Black \"Bert\"]\n\n1. e4 e5 2. Ke2 *\n\n\
               [White \"Bert\"]\n[Black \"Carl\"]\n\n1. e4 e5\n2. Ke3 Nc6 *\n\n\
               [White \"Carl\"]\n[Black \"Alice\"]\n\n1. f3 e5 2. g4 Qh4# 0-1\n";
    let answer = alice.call("chess_import", json!({ "pgn": pgn })).await;
    let (text, read) = (answer.text.clone(), answer.ok());
    let imported = read["imported"].as_array().unwrap();
    assert_eq!(imported.len(), 2, "{read}");
    assert_eq!(imported[1]["result"], "0-1");
    let faults = read["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{read}");
    assert_eq!((&faults[0]["game"], &faults[0]["line"]), (&json!(2), &json!(10)));
    assert!(faults[0]["fault"].as_str().unwrap().contains("Ke3"), "{read}");
    assert!(text.contains("game 2, line 10") && text.contains("Ke3"), "{text}");
    let won = alice.status(&imported[1]).await;
    assert_whole(&won);
    assert_eq!(
        (&won["person_plays"], &won["kind"]),
        (&json!("black"), &json!("game"))
    );
    // Equal arguments soon after are the same call.
    let again = alice.call("chess_import", json!({ "pgn": pgn })).await.ok();
    assert_eq!(
        (&again["imported"], &again["repeated"]),
        (&read["imported"], &json!(true))
    );
    let list = alice
        .call("chess_games", json!({ "filter": "imported" }))
        .await
        .ok();
    assert_eq!(list["games"].as_array().unwrap().len(), 2, "{list}");
    // What was played elsewhere stays as it is, and can be played on from.
    let kept = declined(alice.undo(&won).await);
    assert!(kept.contains("from_game"), "{kept}");
    let on = json!({ "opponent": "nobody", "from_game": won["game_id"], "ply": 3 });
    assert_eq!(told(alice.call("chess_new_game", on).await)["ply"], 3);
    for (pgn, said) in [
        ("", "no game"),
        ("  \n", "no game"),
        ("1. e5 *", "e5"),
        ("banana", "banana"),
    ] {
        let text = declined(alice.call("chess_import", json!({ "pgn": pgn })).await);
        assert!(text.contains(said), "{pgn:?}: {text}");
    }
}

#[tokio::test]
async fn an_import_has_limits() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let many = "1. e4 e5 *\n\n".repeat(101);
    let answer = alice.call("chess_import", json!({ "pgn": many })).await;
    let (text, read) = (answer.text.clone(), answer.ok());
    assert_eq!(read["imported"].as_array().unwrap().len(), 100);
    assert_eq!(read["faults"][0]["game"], 101, "{read}");
    assert!(text.contains("100") && text.len() < 3000, "{text}");
    let long = format!("{{{}}} 1. e4 *", "long ".repeat(41_000));
    let text = alice.call("chess_import", json!({ "pgn": long })).await.refused();
    assert!(text.contains("200 KB"), "{text}");
    let list = alice
        .call("chess_games", json!({ "filter": "imported", "limit": 50 }))
        .await
        .ok();
    assert!(list["next_cursor"].is_string(), "{list}");
}

#[tokio::test]
async fn the_profile_adds_it_up() {
    let server = Server::start().await;
    let alice = server.alice().await;
    for (asked, text) in [
        (
            json!({ "level": 1, "fen": "6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1" }),
            "Ra8",
        ),
        (
            json!({ "level": 3, "color": "black", "fen": "r3k3/8/8/8/8/8/5PPP/6K1 b - - 0 1" }),
            "Ra1",
        ),
    ] {
        let game = told(alice.call("chess_new_game", asked).await);
        let won = told(alice.play(&game, text).await);
        assert_eq!(won["reason"], "checkmate");
    }
    let game = told(alice.call("chess_new_game", json!({ "level": 1 })).await);
    let moved = told(alice.play(&game, "e4").await);
    told(alice.finish(&moved, "resign").await);
    lost_game(&alice).await;
    let waiting = told(alice.call("chess_new_game", json!({ "level": 4 })).await);
    let waiting = told(alice.play(&waiting, "d4").await);
    let answer = alice.call("chess_profile", json!({})).await;
    let (text, profile) = (answer.text.clone(), answer.ok());
    assert_eq!(profile["name"], "alice");
    let of_level = |level: u64| {
        let results = profile["results"].as_array().unwrap().iter();
        let mut found = results.filter(|row| row["opponent"]["level"] == level);
        found.next().cloned().unwrap_or_default()
    };
    let one = of_level(1);
    assert_eq!((&one["won"], &one["lost"]), (&json!(1), &json!(1)), "{profile}");
    assert_eq!(of_level(3)["won"], 1, "{profile}");
    let colors = profile["by_color"].as_array().unwrap();
    let sum = |field: &str| -> u64 { colors.iter().filter_map(|row| row[field].as_u64()).sum() };
    assert_eq!((sum("won"), sum("lost"), sum("drawn")), (2, 2, 0), "{profile}");
    assert_eq!(profile["by_month"].as_array().unwrap().len(), 1, "{profile}");
    assert_eq!(
        (&profile["streak"]["days"], &profile["streak"]["best"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(profile["your_turn"], json!([waiting["game_id"]]));
    let openings = profile["openings"].as_array().unwrap();
    assert!(
        openings
            .iter()
            .all(|row| row["games"].as_u64() >= row["won"].as_u64()),
        "{profile}"
    );
    for said in [
        "level 1",
        "level 3",
        waiting["game_id"].as_str().unwrap(),
        "CC0",
        "chess_show",
    ] {
        assert!(text.contains(said), "{said} is not in: {text}");
    }
}
