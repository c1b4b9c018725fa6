//! Games between two people: the invitation, moves, wishes and answers, fair play, and who sees what.

use serde_json::{Value, json};

use crate::support::actor::moving;
use crate::support::browser::filled;
use crate::support::talk::{back, declined, finishing, may, notes, texts, told};
use crate::support::{Actor, Browser, Server};

/// A game of alice's with White, which bob has joined: her view of it and his.
async fn between(alice: &Actor<'_>, bob: &Actor<'_>, arguments: Value) -> (Value, Value) {
    let mut asked = json!({ "opponent": "friend", "color": "white" });
    for (name, value) in arguments.as_object().unwrap() {
        asked[name] = value.clone();
    }
    let invited = told(alice.call("chess_new_game", asked).await);
    let code = json!({ "code": invited["invitation"]["code"] });
    let joined = told(bob.call("chess_join", code).await);
    assert_eq!(joined["game_id"], invited["game_id"]);
    (shown(alice, &invited).await, joined)
}

/// How somebody sees a game now.
async fn shown(who: &Actor<'_>, game: &Value) -> Value {
    told(
        who.call("chess_show", json!({ "game_id": game["game_id"] }))
            .await,
    )
}

/// Moves in turn, White first, each as its player sees the board; the view of whoever moved last.
async fn moves(white: &Actor<'_>, black: &Actor<'_>, game: &Value, line: &str) -> Value {
    let mut last = Value::Null;
    for text in line.split_whitespace() {
        let now = white.status(game).await;
        let mover = if now["turn"] == "white" { white } else { black };
        last = told(mover.play(&now, text).await);
        assert_eq!(last["played"]["by"], "person");
    }
    last
}

#[tokio::test]
async fn an_invitation_can_be_shown_again() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let answer = alice
        .call("chess_new_game", json!({ "opponent": "friend" }))
        .await;
    let text = answer.text.clone();
    let game = told(answer);
    let invitation = &game["invitation"];
    let (code, url) = (
        invitation["code"].as_str().unwrap(),
        invitation["url"].as_str().unwrap(),
    );
    assert!(code.len() >= 12, "at least 60 bits: {code}");
    assert_eq!(url, format!("{}/join/{code}", server.origin()));
    for said in [code, url, invitation["until"].as_str().unwrap()] {
        assert!(text.contains(said), "{said} is not in: {text}");
    }
    assert_eq!(
        (&game["opponent"]["kind"], &game["opponent"]["name"]),
        (&json!("friend"), &Value::Null)
    );
    let again = shown(&alice, &game).await;
    assert_eq!(&again["invitation"], invitation);
    for action in ["resign", "offer_draw"] {
        assert!(!may(&game, action), "{game}");
        let text = declined(alice.finish(&game, action).await);
        assert!(text.contains("Nobody has joined"), "{text}");
    }
    assert!(again["next"].as_str().unwrap().contains("invitation"), "{again}");
    let repeated = told(
        alice
            .call("chess_new_game", json!({ "opponent": "friend" }))
            .await,
    );
    assert_eq!(
        (&repeated["game_id"], &repeated["invitation"]),
        (&game["game_id"], invitation)
    );
}

#[tokio::test]
async fn a_code_is_read_as_people_pass_it_on() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let carol = server.actor("carol").await;
    let game = told(
        alice
            .call("chess_new_game", json!({ "opponent": "friend" }))
            .await,
    );
    let code = game["invitation"]["code"].as_str().unwrap();
    let own = declined(alice.call("chess_join", json!({ "code": code })).await);
    assert!(own.contains("own invitation"), "{own}");
    for wrong in ["", "zzzzzzzzzzzz", &code[1..], "https://elsewhere.example/"] {
        declined(bob.call("chess_join", json!({ "code": wrong })).await);
    }
    let spoken: String = code.chars().flat_map(|letter| [letter, ' ']).collect();
    let spoken = json!({ "code": spoken.to_uppercase() });
    let joined = told(bob.call("chess_join", spoken.clone()).await);
    assert_eq!(
        (&joined["game_id"], &joined["person_plays"]),
        (&game["game_id"], &json!("black"))
    );
    assert!(notes(&joined).contains("alice"), "{joined}");
    // The answer was lost: it is his seat still.
    let again = told(bob.call("chess_join", spoken).await);
    assert_eq!(again["game_id"], game["game_id"]);
    let used = declined(carol.call("chess_join", json!({ "code": code })).await);
    let never = declined(carol.call("chess_join", json!({ "code": "zzzzzzzzzzzz" })).await);
    assert_eq!(used, never, "a used code says no more than one that never was");
    let now = shown(&alice, &game).await;
    assert_eq!(now["opponent"]["name"], "bob");
    assert!(
        now.get("invitation").is_none_or(Value::is_null),
        "there is nobody left to invite: {now}"
    );
}

#[tokio::test]
async fn each_moves_in_turn_and_sees_the_others_moves() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, his) = between(&alice, &bob, json!({})).await;
    assert!(may(&hers, "move") && !may(&his, "move"));
    assert_eq!(his["legal_moves"], json!([]), "it is not his turn");
    let early = declined(bob.play(&his, "e5").await);
    assert!(
        early.contains("not the person's turn") && early.contains("alice"),
        "{early}"
    );
    let moved = told(alice.play(&hers, "e4").await);
    assert_eq!((&moved["reply"], &moved["turn"]), (&Value::Null, &json!("black")));
    let twice = declined(alice.play(&moved, "d4").await);
    assert!(twice.contains("bob"), "{twice}");
    let now = shown(&bob, &his).await;
    assert_eq!((&now["moves"], &now["turn"]), (&json!(["e4"]), &json!("black")));
    assert!(now["diagram"].as_str().unwrap().starts_with("1 "), "his side");
    assert_eq!(now["legal_moves"].as_array().unwrap().len(), 20);
    let mut for_her = moving(&now, "e5");
    for_her["by"] = json!("assistant");
    declined(bob.call("chess_move", for_her).await);
    let last = moves(&alice, &bob, &hers, "g5 d4 f6 Qh5#").await;
    assert_eq!(
        (&last["result"], &last["reason"]),
        (&json!("1-0"), &json!("checkmate"))
    );
    let end = shown(&alice, &hers).await;
    assert_eq!(
        (&end["status"], &end["result"]),
        (&json!("finished"), &json!("1-0"))
    );
}

#[tokio::test]
async fn whoever_is_waited_for_hears_of_it_elsewhere() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, _) = between(&alice, &bob, json!({})).await;
    let line = |who: &str| {
        format!(
            "Your turn in {} against {who}.",
            hers["game_id"].as_str().unwrap()
        )
    };
    let board = alice.board("e4").await;
    let answer = alice.play(&board, "e5").await;
    assert_eq!(answer.text.lines().last(), Some(line("bob").as_str()));
    told(answer);
    told(alice.play(&hers, "d4").await);
    let board = bob.board("e4").await;
    let answer = bob.play(&board, "e5").await;
    assert_eq!(answer.text.lines().last(), Some(line("alice").as_str()));
    told(answer);
    let answer = alice
        .play(&alice.status(&board_of(&alice).await).await, "Nf3")
        .await;
    assert!(!answer.text.contains("Your turn in"), "{}", answer.text);
    let profile = bob.call("chess_profile", json!({})).await.ok();
    assert_eq!(profile["your_turn"], json!([hers["game_id"]]));
    let listed = bob
        .call("chess_games", json!({ "opponent": "friend" }))
        .await
        .ok();
    assert_eq!(
        (
            &listed["games"][0]["your_turn"],
            &listed["games"][0]["opponent"]["name"]
        ),
        (&json!(true), &json!("alice"))
    );
}

/// The analysis board of somebody who has only one.
async fn board_of(who: &Actor<'_>) -> Value {
    let list = who
        .call("chess_games", json!({ "opponent": "nobody" }))
        .await
        .ok();
    list["games"][0].clone()
}

#[tokio::test]
async fn a_draw_is_offered_declined_and_accepted() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, his) = between(&alice, &bob, json!({})).await;
    moves(&alice, &bob, &hers, "e4 e5").await;
    declined(bob.finish(&his, "accept_draw").await);
    declined(bob.finish(&his, "decline_draw").await);
    let offered = told(alice.finish(&hers, "offer_draw").await);
    let offer = |by: &str, answer: Value| json!({ "kind": "draw", "by": by, "answer": answer });
    assert_eq!(offered["offer"], offer("person", Value::Null));
    assert!(!may(&offered, "accept_draw"), "{offered}");
    declined(alice.finish(&hers, "accept_draw").await);
    let answer = bob.call("chess_show", json!({})).await;
    assert!(answer.text.contains("offers a draw"), "{}", answer.text);
    let asked = told(answer);
    assert_eq!(asked["offer"], offer("friend", Value::Null));
    assert!(
        may(&asked, "accept_draw") && may(&asked, "decline_draw"),
        "{asked}"
    );
    let turned_down = told(bob.finish(&his, "decline_draw").await);
    assert_eq!(turned_down["offer"], offer("friend", json!("declined")));
    let heard = shown(&alice, &hers).await;
    assert_eq!(heard["offer"], offer("person", json!("declined")));
    assert_eq!(heard["status"], "ongoing");
    moves(&alice, &bob, &hers, "Nf3 Nc6").await;
    told(bob.finish(&his, "offer_draw").await);
    let over = told(alice.finish(&hers, "accept_draw").await);
    assert_eq!(
        (&over["result"], &over["reason"]),
        (&json!("1/2-1/2"), &json!("agreement"))
    );
    assert_eq!(over["offer"], offer("friend", json!("accepted")));
    assert_eq!(shown(&bob, &his).await["reason"], "agreement");
    declined_or_over(&bob, &his).await;
}

#[tokio::test]
async fn two_who_offer_a_draw_have_agreed() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, his) = between(&alice, &bob, json!({})).await;
    moves(&alice, &bob, &hers, "e4 e5").await;
    told(alice.finish(&hers, "offer_draw").await);
    let over = told(bob.finish(&his, "offer_draw").await);
    assert_eq!(
        (&over["reason"], &over["offer"]["answer"]),
        (&json!("agreement"), &json!("accepted"))
    );
}

/// A game that is over returns its result to whoever still answers.
async fn declined_or_over(who: &Actor<'_>, game: &Value) {
    let again = who
        .call("chess_finish", finishing(game, "accept_draw"))
        .await
        .ok();
    assert_eq!(
        (&again["reason"], &again["repeated"]),
        (&json!("agreement"), &json!(true))
    );
}

#[tokio::test]
async fn a_move_answers_a_draw_offer() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, his) = between(&alice, &bob, json!({})).await;
    moves(&alice, &bob, &hers, "e4").await;
    told(alice.finish(&hers, "offer_draw").await);
    let on = moves(&alice, &bob, &hers, "e5").await;
    assert!(
        on["offer"].is_null() || on["offer"]["answer"] == "declined",
        "a move is an answer: {on}"
    );
    declined(bob.finish(&his, "accept_draw").await);
}

#[tokio::test]
async fn a_takeback_is_asked_for_and_answered() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, his) = between(&alice, &bob, json!({})).await;
    declined(alice.undo(&hers).await);
    let moved = moves(&alice, &bob, &hers, "e4").await;
    let wish = |by: &str, answer: Value| json!({ "kind": "undo", "by": by, "answer": answer });
    let answer = |say: &str| json!({ "game_id": hers["game_id"], "answer": say });
    declined(bob.call("chess_undo", answer("accept")).await);
    let asked = told(alice.undo(&moved).await);
    assert_eq!(
        (&asked["offer"], &asked["ply"]),
        (&wish("person", Value::Null), &json!(1)),
        "nothing is taken back before the friend agrees"
    );
    let seen = bob.call("chess_show", json!({})).await;
    assert!(
        seen.text.contains("asks to take the last move back"),
        "{}",
        seen.text
    );
    let seen = told(seen);
    assert!(may(&seen, "accept_undo") && may(&seen, "decline_undo"), "{seen}");
    let no = told(bob.call("chess_undo", answer("decline")).await);
    assert_eq!(no["ply"], 1);
    let heard = shown(&alice, &hers).await;
    assert_eq!(heard["offer"], wish("person", json!("declined")));
    told(alice.undo(&heard).await);
    let yes = told(bob.call("chess_undo", answer("accept")).await);
    assert_eq!(
        (&yes["ply"], &yes["offer"]),
        (&json!(0), &wish("friend", json!("accepted")))
    );
    let now = shown(&alice, &hers).await;
    assert_eq!(
        (&now["ply"], &now["turn"], &now["moves"]),
        (&json!(0), &json!("white"), &json!([]))
    );
    // After an answer her last turn lies two moves back.
    moves(&alice, &bob, &hers, "d4 d5").await;
    let now = shown(&alice, &hers).await;
    told(alice.undo(&now).await);
    let yes = told(bob.call("chess_undo", answer("accept")).await);
    assert_eq!(yes["ply"], 0);
    // A wish that was not answered is gone with the next move.
    let moved = moves(&alice, &bob, &hers, "c4").await;
    told(alice.undo(&moved).await);
    let on = moves(&alice, &bob, &hers, "c5").await;
    assert_eq!(on["offer"], Value::Null);
    declined(bob.call("chess_undo", answer("accept")).await);
    assert_eq!(shown(&bob, &his).await["ply"], 2);
}

#[tokio::test]
async fn resigning_ends_it_for_both_and_counts_for_both() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, his) = between(&alice, &bob, json!({})).await;
    let moved = moves(&alice, &bob, &hers, "e4 e5").await;
    let over = told(bob.finish(&moved, "resign").await);
    assert_eq!(
        (&over["result"], &over["reason"]),
        (&json!("1-0"), &json!("resignation"))
    );
    assert_eq!(over["rating"]["kind"], "friend");
    assert!(over["rating"]["change"].as_i64() < Some(0), "{over}");
    let end = shown(&alice, &hers).await;
    assert_eq!(end["result"], "1-0");
    assert!(
        end["rating"]["change"].as_i64() > Some(0),
        "her own change and not his: {end}"
    );
    declined(alice.play(&end, "Nf3").await);
    let text = declined(alice.undo(&end).await);
    assert!(text.contains("over"), "{text}");
    for (who, field) in [(&alice, "won"), (&bob, "lost")] {
        let profile = who.call("chess_profile", json!({})).await.ok();
        assert_eq!(profile["results"][0]["opponent"]["kind"], "friend");
        assert_eq!(profile["results"][0][field], 1, "{profile}");
        assert_eq!(profile["ratings"][0]["kind"], "friend");
    }
    let listed = bob.call("chess_games", json!({ "result": "lost" })).await.ok();
    assert_eq!(listed["games"][0]["game_id"], his["game_id"]);
}

#[tokio::test]
async fn fair_play_holds_until_the_end() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, _) = between(&alice, &bob, json!({})).await;
    let now = moves(&alice, &bob, &hers, "e4 e5 Nf3 Nc6 Bb5").await;
    let (id, fen) = (&now["game_id"], &now["fen"]);
    let four: Vec<&str> = fen.as_str().unwrap().split(' ').take(4).collect();
    let clock = format!("{} 9 40", four.join(" "));
    let mut attempts = vec![
        ("chess_analyze", json!({ "game_id": id })),
        ("chess_analyze", json!({ "game_id": id, "ply": 1 })),
        ("chess_analyze", json!({ "game_id": id, "moves": "a6" })),
        ("chess_analyze", json!({ "fen": fen })),
        ("chess_analyze", json!({ "fen": four.join(" ") })),
        ("chess_analyze", json!({ "fen": clock })),
        ("chess_hint", json!({ "game_id": id })),
        ("chess_hint", json!({ "game_id": id, "kind": "move" })),
        ("chess_review", json!({ "game_id": id })),
        ("chess_new_game", json!({ "level": 10, "fen": fen })),
        ("chess_new_game", json!({ "level": 10, "from_game": id })),
        (
            "chess_new_game",
            json!({ "level": 10, "moves": "e4 e5 Nf3 Nc6 Bb5" }),
        ),
    ];
    // The move before, and then this one as something that is tried.
    let before = "r1bqkbnr/pppp1ppp/2n5/4p3/4P3/5N2/PPPP1PPP/RNBQKB1R w KQkq - 2 3";
    attempts.push(("chess_analyze", json!({ "fen": before, "moves": "Bb5" })));
    for who in [&alice, &bob] {
        for (tool, arguments) in &attempts {
            let text = declined(who.call(tool, arguments.clone()).await);
            assert!(text.contains("fair play"), "{tool} {arguments}: {text}");
        }
        // A board to think on helps nobody, but the engine does not look at it.
        let board = json!({ "opponent": "nobody", "fen": fen });
        let board = told(who.call("chess_new_game", board).await);
        for tool in ["chess_analyze", "chess_hint"] {
            declined(who.call(tool, json!({ "game_id": board["game_id"] })).await);
        }
        let elsewhere = json!({ "fen": "4k3/8/8/8/8/8/4P3/4K3 w - -", "seconds": 0.1 });
        who.call("chess_analyze", elsewhere).await.ok();
    }
    told(alice.finish(&hers, "resign").await);
    for (who, side) in [(&alice, "white"), (&bob, "black")] {
        for arguments in [
            json!({ "game_id": id, "seconds": 0.1 }),
            json!({ "fen": fen, "seconds": 0.1 }),
        ] {
            who.call("chess_analyze", arguments).await.ok();
        }
        let review = who.call("chess_review", json!({ "game_id": id })).await.ok();
        assert_eq!(review["side"], side);
        told(
            who.call(
                "chess_new_game",
                json!({ "level": 1, "from_game": id, "color": "black" }),
            )
            .await,
        );
    }
}

#[tokio::test]
async fn the_time_for_a_move_is_shown() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    for wrong in [0, 15] {
        let asked = json!({ "opponent": "friend", "days_per_move": wrong });
        alice.call("chess_new_game", asked).await.refused();
    }
    declined(
        alice
            .call("chess_new_game", json!({ "level": 1, "days_per_move": 3 }))
            .await,
    );
    let (hers, his) = between(&alice, &bob, json!({ "days_per_move": 3 })).await;
    for view in [&hers, &his] {
        assert_eq!(view["time"]["days_per_move"], 3, "{view}");
        assert!(view["time"]["deadline"].is_string(), "both are there: {view}");
    }
    let text = alice.call("chess_show", json!({})).await.text;
    let deadline = hers["time"]["deadline"].as_str().unwrap();
    assert!(text.contains("3 days") && text.contains(deadline), "{text}");
    let unlimited = told(
        alice
            .call(
                "chess_new_game",
                json!({ "opponent": "friend", "color": "black" }),
            )
            .await,
    );
    assert!(unlimited.get("time").is_none_or(Value::is_null), "{unlimited}");
    let over = told(bob.finish(&his, "resign").await);
    assert!(over["time"]["deadline"].is_null(), "{over}");
}

/// By the button at her account.
async fn alice_deletes(server: &Server, game: &str) {
    let mut browser = server.at_account("alice").await;
    browser.visit(&format!("/account/games/{game}/delete")).await;
    browser.submit("/account/games/delete", &[]).await;
    assert_eq!(browser.page.status, 200, "{}", browser.page.text());
}

#[tokio::test]
async fn what_one_deletes_stays_with_the_other() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, his) = between(&alice, &bob, json!({})).await;
    moves(&alice, &bob, &hers, "e4 e5").await;
    told(alice.finish(&hers, "resign").await);
    let id = hers["game_id"].as_str().unwrap();
    alice_deletes(&server, id).await;
    declined(alice.call("chess_show", json!({ "game_id": id })).await);
    let list = alice.call("chess_games", json!({ "filter": "all" })).await.ok();
    assert_eq!(list["games"], json!([]));
    let kept = shown(&bob, &his).await;
    assert_eq!(
        (&kept["moves"], &kept["result"]),
        (&json!(["e4", "e5"]), &json!("0-1"))
    );
    let pgn = bob.call("chess_export", json!({ "game_id": id })).await.ok();
    assert!(pgn["text"].as_str().unwrap().contains("[Black \"bob\"]"), "{pgn}");
}

#[tokio::test]
async fn who_deletes_a_game_that_goes_on_has_resigned_it() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let (hers, his) = between(&alice, &bob, json!({})).await;
    moves(&alice, &bob, &hers, "e4 e5").await;
    let before = shown(&bob, &his).await;
    let id = hers["game_id"].as_str().unwrap();
    alice_deletes(&server, id).await;
    let after = shown(&bob, &his).await;
    assert_eq!(
        (&after["result"], &after["reason"]),
        (&json!("0-1"), &json!("resignation"))
    );
    // A board that waits for news hears of it.
    assert!(
        after["revision"].as_u64() > before["revision"].as_u64(),
        "{after}"
    );
}

#[tokio::test]
async fn the_page_of_an_invitation_takes_the_seat_by_its_button() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let bob = server.bob().await;
    let game = told(
        alice
            .call(
                "chess_new_game",
                json!({ "opponent": "friend", "days_per_move": 2 }),
            )
            .await,
    );
    let code = game["invitation"]["code"].as_str().unwrap();
    let path = format!("/join/{code}");
    // Somebody without an account reads what it is and takes nothing.
    let mut stranger = Browser::new(&server);
    stranger.visit(&path).await;
    assert_eq!(stranger.page.status, 200);
    let text = stranger.page.text().to_lowercase();
    assert!(text.contains("alice") && text.contains("black"), "{text}");
    // Her own browser is told that it is her own.
    let mut own = server.at_account("alice").await;
    own.visit(&path).await;
    assert!(own.forms_to("/join").is_empty(), "{}", own.page.text());
    let mut browser = server.at_account("bob").await;
    browser.visit(&path).await;
    browser
        .visit(&path.to_uppercase().replace("/JOIN", "/join"))
        .await;
    assert_eq!(
        shown(&alice, &game).await["opponent"]["name"],
        Value::Null,
        "looking changes nothing"
    );
    let form = browser.forms_to("/join").remove(0);
    let action = browser.action_of(&form);
    let mut forged = filled(&form, &[("csrf", "AAAAAAAAAAAAAAAA")]);
    browser.clone().post(&action, &forged).await;
    forged.retain(|(name, _)| name != "csrf");
    let mut without = browser.clone();
    without.post(&action, &forged).await;
    assert!(without.page.status >= 400, "{}", without.page.text());
    let elsewhere = server.http().post(server.url("/join"));
    let elsewhere = elsewhere
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site");
    let reply = browser.once(elsewhere.form(&filled(&form, &[]))).await;
    assert_eq!(reply.status, 403, "{}", reply.body);
    assert_eq!(
        shown(&alice, &game).await["opponent"]["name"],
        Value::Null,
        "nothing of that counts"
    );
    browser.submit("/join", &[]).await;
    assert_eq!(
        (browser.page.status, &browser.page.redirects[..]),
        (200, &[303][..])
    );
    assert_eq!(shown(&alice, &game).await["opponent"]["name"], "bob");
    assert_eq!(shown(&bob, &game).await["person_plays"], "black");
    // It was for one other person.
    let carol = server.actor("carol").await;
    let mut late = server.at_account("carol").await;
    late.visit(&path).await;
    let never = {
        let mut browser = late.clone();
        browser.visit("/join/zzzzzzzzzzzz").await;
        browser.page
    };
    assert_eq!((late.page.status, &late.page.body), (404, &never.body));
    declined(carol.call("chess_join", json!({ "code": code })).await);
}

#[tokio::test]
async fn a_third_person_sees_nothing_of_it_with_any_tool() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let carol = server.actor("carol").await;
    let (hers, _) = between(&alice, &bob, json!({})).await;
    let now = moves(&alice, &bob, &hers, "e4 e5").await;
    let id = hers["game_id"].as_str().unwrap();
    let before = alice.status(&hers).await;
    let list = server
        .rpc(&carol.tokens.access, "tools/list", &json!({}))
        .await
        .json();
    for tool in list["result"]["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        if tool["inputSchema"]["properties"].get("game_id").is_none() {
            continue;
        }
        let required = json!({
            "chess_move": { "move": "Nf3", "expected_ply": 2 },
            "chess_play_line": { "moves": "Nf3 Nc6" },
            "chess_finish": { "action": "resign" },
            "chess_undo": { "answer": "accept" },
            "chess_board_sync": { "since_revision": 0, "wait_s": 0 },
        });
        let arguments = required.get(name).cloned().unwrap_or_else(|| json!({}));
        let (mut theirs, mut none) = (arguments.clone(), arguments);
        theirs["game_id"] = json!(id);
        none["game_id"] = json!("zzzzzzz2");
        let asked = carol.ask(name, theirs).await;
        let missing = carol.ask(name, none).await;
        assert_eq!(asked.json()["result"]["isError"], true, "{name}: {}", asked.body);
        let (asked, missing) = (&asked.json()["result"], &missing.json()["result"]);
        let blank = asked["content"].to_string().replace(id, "zzzzzzz2");
        assert_eq!(blank, missing["content"].to_string(), "{name}");
    }
    for (tool, arguments) in [
        ("chess_games", json!({ "filter": "all" })),
        ("chess_profile", json!({})),
        ("chess_show", json!({})),
        ("chess_new_game", json!({ "from_game": id })),
        ("chess_board_sync", json!({})),
    ] {
        let reply = carol.ask(tool, arguments).await;
        let said = reply.body.replace(&format!("There is no game {id}"), "");
        assert!(
            !said.contains(id) && !said.contains("bob"),
            "{tool}: {}",
            reply.body
        );
    }
    // Her own analysis of the same position is hers to make, and says nothing of theirs.
    let fen = json!({ "fen": now["fen"], "seconds": 0.1 });
    carol.call("chess_analyze", fen).await.ok();
    assert_eq!(alice.status(&hers).await, before);
    let wish = carol.call("chess_undo", back(&hers)).await.refused();
    assert!(!wish.contains("alice"), "{wish}");
    assert_eq!(texts(&before["legal_moves"]).len(), 29);
}
