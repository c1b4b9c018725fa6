//! The board in a plain browser: its page and its calls, the way there through a sign-in, and guests.

use serde_json::{Value, json};

use crate::secrets_in_logs::on_disk;
use crate::support::actor::moving;
use crate::support::board::CALL;
use crate::support::browser::filled;
use crate::support::idp::{Kind, Person, Provider};
use crate::support::mcp::modern_with;
use crate::support::oauth::{PASSWORD, Request, callback};
use crate::support::{Actor, Browser, Home, Reply, Server};

const DESTINATION: &str = "chess-mcp-destination";
const GUEST: &str = "chess-mcp-guest";
const SESSION: &str = "chess-mcp-session";
const AS_GUEST: &str = "/join/guest";

/// A game of this person's with White that waits for a friend, and the path of its invitation.
async fn invitation(host: &Actor<'_>) -> (Value, String) {
    let game = host
        .new_game(json!({ "opponent": "friend", "color": "white" }))
        .await;
    let path = format!("/join/{}", game["invitation"]["code"].as_str().unwrap());
    (game, path)
}

fn path_of(game: &Value) -> String {
    format!("/play/{}", game["game_id"].as_str().unwrap())
}

/// A browser in which somebody has taken the seat without an account.
async fn guest(server: &Server, invitation: &str, name: &str) -> Browser {
    let mut browser = Browser::new(server);
    browser.visit(invitation).await;
    browser.press("Play as a guest", &[("name", name)]).await;
    browser
}

/// Types name and password on the present sign-in page.
async fn sign_in(browser: &mut Browser, person: &str) {
    browser
        .press("Sign in", &[("username", person), ("password", PASSWORD)])
        .await;
}

/// How many guests the database knows.
fn guests(server: &Server) -> i64 {
    let database = rusqlite::Connection::open(server.home().database()).unwrap();
    let count = "SELECT count(*) FROM users WHERE guest = 1";
    database.query_row(count, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn whoever_has_to_sign_in_first_comes_back() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let board = bob.board("e4").await;
    let (_, invitation) = invitation(&alice).await;
    for (from, to, said) in [
        ("/play".to_owned(), "/play".to_owned(), "your board"),
        (path_of(&board), path_of(&board), "your game"),
        (format!("{invitation}/sign-in"), invitation, "the invitation"),
    ] {
        let mut browser = Browser::new(&server);
        browser.visit(&from).await;
        assert_eq!((browser.path(), browser.page.status), ("/account/sign-in", 200));
        assert!(
            browser.page.text().contains(&format!("Then you go on to {said}")),
            "{}",
            browser.page.text()
        );
        browser
            .press("Sign in", &[("username", "bob"), ("password", "wrong")])
            .await;
        assert_eq!(browser.page.status, 401);
        assert!(browser.page.text().contains(said), "{}", browser.page.text());
        sign_in(&mut browser, "bob").await;
        assert_eq!((browser.path(), browser.page.status), (to.as_str(), 200));
        assert_eq!(browser.page.redirects, [303]);
        assert!(!browser.cookies.contains_key(DESTINATION), "once");
        // The next sign-in is one to the account again.
        browser.visit("/account").await;
        browser.press("Sign out", &[]).await;
        sign_in(&mut browser, "bob").await;
        assert_eq!(browser.path(), "/account");
    }
    let link = format!("{}/sign-in", invitation_of(&alice).await);
    let mut here = server.at_account("bob").await;
    here.visit(&link).await;
    assert!(here.path().starts_with("/join/") && !here.path().ends_with("sign-in"));
}

async fn invitation_of(host: &Actor<'_>) -> String {
    invitation(host).await.1
}

#[tokio::test]
async fn a_new_account_leads_on_as_well() {
    let server = Home::new().set("LOCAL_SIGN_UP", "open").serve().await;
    let alice = server.alice().await;
    let path = invitation_of(&alice).await;
    let mut browser = Browser::new(&server);
    browser.visit(&format!("{path}/sign-in")).await;
    assert!(browser.page.body.contains("\"/account/sign-up\""));
    browser.visit("/account/sign-up").await;
    assert!(
        browser.page.text().contains("the invitation"),
        "{}",
        browser.page.text()
    );
    let chosen = [("username", "carol"), ("password", PASSWORD), ("again", PASSWORD)];
    browser.press("Create account", &chosen).await;
    assert_eq!((browser.path(), browser.page.status), (path.as_str(), 200));
    browser.press("Take the seat", &[]).await;
    assert!(browser.path().starts_with("/play/"), "{}", browser.path());
    assert_eq!(browser.told_to_board()["name"], "carol");
}

#[tokio::test]
async fn a_provider_leads_on_as_well() {
    let provider = Provider::open(Kind::Google).await;
    let server = provider
        .join(Home::new())
        .set("LOCAL_SIGN_IN", "on")
        .serve()
        .await;
    let alice = server.alice().await;
    let path = invitation_of(&alice).await;
    for (from, to) in [
        ("/play".to_owned(), "/play"),
        (format!("{path}/sign-in"), path.as_str()),
    ] {
        provider.person(Person::bob());
        let mut browser = Browser::new(&server);
        browser.visit(&from).await;
        browser.press(&provider.button(), &[]).await;
        browser.go_through(&provider).await;
        assert_eq!((browser.path(), browser.page.status), (to, 200));
        assert!(!browser.cookies.contains_key(DESTINATION));
    }
}

#[tokio::test]
async fn nobody_chooses_where_a_sign_in_leads() {
    let server = Server::start().await;
    server.person("alice").await;
    for planted in [
        "https://evil.example",
        "//evil.example",
        "/oauth/authorize",
        "join.//evil.example",
        "join.a/../../oauth",
        "game./evil",
        "account",
        "%2F%2Fevil.example",
    ] {
        let mut browser = Browser::new(&server);
        browser
            .visit("/account/sign-in?then=//evil.example&to=/play")
            .await;
        browser.cookies.insert(DESTINATION.to_owned(), planted.to_owned());
        sign_in(&mut browser, "alice").await;
        assert_eq!(
            (browser.path(), browser.page.status),
            ("/account", 200),
            "{planted}"
        );
    }
}

#[tokio::test]
async fn the_board_is_told_who_plays_and_what() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.board("e4 e5").await;
    let mut browser = server.at_account("alice").await;
    assert!(
        browser.page.body.contains("href=\"/play\""),
        "the account leads there"
    );
    let link = format!("href=\"{}\"", path_of(&game));
    assert!(browser.page.body.contains(&link), "so does each game");
    for (path, id) in [
        ("/play".to_owned(), &Value::Null),
        (path_of(&game), &game["game_id"]),
    ] {
        browser.visit(&path).await;
        let page = &browser.page;
        assert_eq!(page.status, 200);
        let said = browser.told_to_board();
        assert_eq!(
            (&said["game_id"], &said["guest"], &said["name"]),
            (id, &json!(false), &json!("alice"))
        );
        assert_eq!(
            (&said["call"], &said["account"]),
            (&json!(CALL), &json!("/account"))
        );
        let policy = page.header("content-security-policy");
        for directive in [
            "default-src 'none'",
            "script-src 'sha256-",
            "style-src 'sha256-",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(directive), "{directive}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), value, "{name}");
        }
    }
}

#[tokio::test]
async fn another_s_game_is_no_game() {
    let server = Server::start().await;
    let (alice, _bob) = (server.alice().await, server.bob().await);
    let game = alice.board("e4").await;
    let mut browser = server.at_account("bob").await;
    let mut pages = Vec::new();
    for path in [&path_of(&game), "/play/zzzzzzz2", "/play/nonsense-that-is-no-id"] {
        browser.visit(path).await;
        assert_eq!(browser.page.status, 404, "{path}");
        assert!(!browser.page.body.contains("alice"));
        pages.push(browser.page.body.clone());
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    // Whoever is signed out learns no more from either.
    for path in [&path_of(&game), "/play/zzzzzzz2"] {
        let mut stranger = Browser::new(&server);
        stranger.visit(path).await;
        assert_eq!(stranger.path(), "/account/sign-in", "{path}");
    }
}

#[tokio::test]
async fn both_doors_lead_to_one_board() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mut browser = server.at_account("alice").await;
    browser.visit("/play").await;
    let reply = browser
        .ask("chess_new_game", json!({ "opponent": "nobody", "moves": "e4" }))
        .await
        .expect(200);
    assert!(reply.header("content-type").starts_with("application/json"));
    assert_eq!(reply.header("cache-control"), "no-store");
    let started = reply.json();
    assert!(started["content"][0]["text"].is_string(), "{started}");
    let game = started["structuredContent"].clone();
    assert!(game.get("diagram").is_none(), "it draws the board itself: {game}");

    let chat = alice.play(&game, "e5").await;
    let (before, between) = (&started["_meta"]["seq"], chat.result["_meta"]["seq"].clone());
    let shown = browser.call("chess_show", json!({})).await;
    let after = &shown.result["_meta"]["seq"];
    assert!(
        before.as_i64() < between.as_i64() && between.as_i64() < after.as_i64(),
        "{before} {between} {after}"
    );
    let view = shown.ok();
    assert_eq!(view["moves"], json!(["e4", "e5"]));

    let refused = browser.call("chess_move", moving(&view, "Ke8")).await.refused();
    assert!(
        refused.contains("Nothing changed; ask the person."),
        "a refusal is a result: {refused}"
    );
    let moved = browser.call("chess_move", moving(&view, "Nf3")).await.ok();
    assert_eq!(moved["ply"], 3);
    assert_eq!(alice.status(&game).await["ply"], 3);
    let unknown = browser.call("chess_show", json!({ "bord": 1 })).await.refused();
    assert!(unknown.contains("bord"), "{unknown}");
    let without = browser
        .calling("chess_status", &json!({}))
        .json(&json!({ "tool": "chess_status" }));
    browser.once(without).await.expect(200);
}

#[tokio::test]
async fn calls_come_from_the_board_s_own_page() {
    let server = Server::start().await;
    let (alice, _bob) = (server.alice().await, server.bob().await);
    let game = alice.board("e4").await;
    let mut browser = server.at_account("alice").await;
    browser.visit("/play").await;
    let mut others = server.at_account("bob").await;
    others.visit("/play").await;
    let body = json!({ "tool": "chess_move", "arguments": moving(&game, "e5") });
    let csrf = browser.told_to_board()["csrf"].as_str().unwrap().to_owned();
    let bobs = others.told_to_board()["csrf"].as_str().unwrap().to_owned();
    let account = {
        let mut at_account = browser.clone();
        at_account.visit("/account").await;
        let form = at_account.forms_to("/account/sign-out").remove(0);
        let fields = filled(&form, &[]);
        fields.into_iter().find(|(name, _)| name == "csrf").unwrap().1
    };
    let own = server.origin();
    for (origin, site, value) in [
        (own, "same-origin", ""),
        (own, "same-origin", "AAAAAAAAAAAAAAAA"),
        (own, "same-origin", &bobs),
        (own, "same-origin", &account),
        ("https://evil.example", "cross-site", &csrf),
        ("https://evil.example", "", &csrf),
        ("https://chatgpt.com", "", &csrf),
        ("null", "", &csrf),
        (own, "cross-site", &csrf),
        (own, "same-site", &csrf),
        ("", "", &csrf),
    ] {
        let mut request = browser.posting(CALL).json(&body);
        for (name, value) in [
            ("origin", origin),
            ("sec-fetch-site", site),
            ("x-csrf-token", value),
        ] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let refused = browser.once(request).await;
        assert_eq!(
            refused.oauth_error(403),
            "access_denied",
            "{origin} {site} {value}"
        );
    }
    assert_eq!(alice.status(&game).await["ply"], 1, "nothing of that was played");
    // No cookie, and one that is no longer good.
    let mut stranger = browser.clone();
    stranger.cookies.clear();
    let refused = stranger.ask("chess_status", json!({})).await;
    assert_eq!(refused.oauth_error(401), "login_required");
    let kept = browser.clone();
    browser.visit("/account").await;
    browser.press("Sign out", &[]).await;
    let refused = kept.ask("chess_status", json!({})).await;
    assert_eq!(refused.oauth_error(401), "login_required");
    let removed = server.cli(&["users", "disable", "bob"]).await;
    removed.ok();
    let refused = others.ask("chess_status", json!({})).await;
    assert_eq!(refused.oauth_error(401), "login_required");
}

#[tokio::test]
async fn calls_that_are_none_are_told_so() {
    let server = Server::start().await;
    server.person("alice").await;
    let mut browser = server.at_account("alice").await;
    browser.visit("/play").await;
    let unknown = browser.ask("chess_nonsense", json!({})).await;
    assert_eq!(unknown.oauth_error(404), "invalid_request");
    let call = || browser.calling("chess_status", &json!({}));
    for body in [
        "",
        "{",
        "[]",
        "4",
        "{}",
        r#"{"tool": 4}"#,
        r#"{"tool": "chess_status", "x": 1}"#,
    ] {
        let reply = browser.once(call().body(body.to_owned())).await;
        assert_eq!(reply.oauth_error(400), "invalid_request", "{body}");
    }
    for arguments in [json!([]), json!("x"), json!(4)] {
        let body = json!({ "tool": "chess_status", "arguments": arguments });
        let reply = browser.once(call().json(&body)).await;
        assert_eq!(reply.oauth_error(400), "invalid_request", "{body}");
    }
    let large = json!({ "tool": "chess_status", "arguments": { "game_id": "x".repeat(300_000) } });
    let reply = browser.once(call().json(&large)).await;
    assert_eq!(reply.oauth_error(413), "invalid_request");
    let said = browser.told_to_board();
    let form = browser
        .posting(CALL)
        .header("origin", server.origin())
        .header("x-csrf-token", said["csrf"].as_str().unwrap())
        .form(&[("tool", "chess_status")]);
    assert_eq!(browser.once(form).await.oauth_error(415), "invalid_request");
    let fetched = Reply::to(server.http().get(server.url(CALL))).await;
    assert_eq!(fetched.status, 405);
}

#[tokio::test]
async fn calls_are_limited_by_person() {
    let mut home = Home::new();
    home.put("TOOL_RATE_LIMIT", "1/4");
    let server = home.serve().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let mut browser = server.at_account("alice").await;
    browser.visit("/play").await;
    let mut refused = None;
    for _ in 0..20 {
        let reply = browser.ask("chess_status", json!({})).await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
        reply.expect(200);
    }
    let refused = refused.expect("twenty at once are too many");
    assert_eq!(refused.oauth_error(429), "temporarily_unavailable");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let chat = alice.ask("chess_status", json!({})).await;
    assert_eq!(chat.status, 429, "both doors count together");
    assert_eq!(bob.ask("chess_status", json!({})).await.status, 200);
}

#[tokio::test]
async fn hosts_without_a_board_are_told_where_one_is() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.board("e4").await;
    let link = format!("{}{}", server.origin(), path_of(&game));
    let plain = alice.call("chess_show", json!({})).await;
    assert!(plain.text.contains(&link), "{}", plain.text);
    let moved = alice.play(&game, "e5").await;
    assert!(moved.text.contains(&link), "{}", moved.text);
    let read = alice.call("chess_status", json!({})).await;
    assert!(!read.text.contains(&link), "it draws no board: {}", read.text);
    let capable = json!({ "extensions": { "io.modelcontextprotocol/ui": {} } });
    let asked = modern_with(
        "tools/call",
        &json!({ "name": "chess_show", "arguments": {} }),
        &capable,
    );
    let drawn = server.rpc_modern(&alice.tokens.access, &asked).await.expect(200);
    assert!(!drawn.body.contains(&link), "{}", drawn.body);
}

#[tokio::test]
async fn a_guest_plays_a_friend_s_game_to_its_end() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let (game, path) = invitation(&alice).await;
    let mut ben = guest(&server, &path, "Ben").await;
    assert_eq!(ben.page.redirects, [303]);
    assert_eq!(ben.path(), path_of(&game));
    let said = ben.told_to_board();
    assert_eq!(
        (&said["guest"], &said["name"], &said["game_id"]),
        (&json!(true), &json!("Ben"), &game["game_id"])
    );
    for (san, who) in [("f3", true), ("e5", false), ("g4", true)] {
        let moved = if who {
            let view = alice.status(&game).await;
            alice.play(&view, san).await.ok()
        } else {
            let view = ben.call("chess_status", json!({})).await.ok();
            assert_eq!(view["person_plays"], "black");
            assert_eq!(view["opponent"]["name"], "alice");
            ben.call("chess_move", moving(&view, san)).await.ok()
        };
        assert_eq!(moved["played"]["san"], san);
    }
    let seen = alice.status(&game).await;
    assert_eq!(
        (&seen["opponent"]["kind"], &seen["opponent"]["name"]),
        (&json!("friend"), &json!("Ben"))
    );
    let view = ben.call("chess_show", json!({})).await.ok();
    let back = json!({ "game_id": view["game_id"], "expected_ply": view["ply"] });
    let early = ben.call("chess_undo", back).await;
    assert!(!early.text.is_empty());
    let view = ben.call("chess_show", json!({})).await.ok();
    let over = ben.call("chess_move", moving(&view, "Qh4#")).await.ok();
    assert_eq!(
        (&over["result"], &over["reason"]),
        (&json!("0-1"), &json!("checkmate"))
    );
    assert!(over.get("rating").is_none_or(Value::is_null), "{over}");
    let end = alice.call("chess_show", json!({})).await.ok();
    assert_eq!(end["result"], "0-1");
    assert!(end.get("rating").is_none_or(Value::is_null), "{end}");
    let profile = alice.call("chess_profile", json!({})).await.ok();
    assert_eq!(profile["ratings"], json!([]), "nobody is rated against a guest");
    assert_eq!(profile["results"][0]["opponent"]["kind"], "friend");
    let pgn = ben
        .call("chess_export", json!({ "game_id": game["game_id"] }))
        .await
        .ok();
    assert!(pgn["text"].as_str().unwrap().contains("[Black \"Ben\"]"), "{pgn}");
    let database = rusqlite::Connection::open(server.home().database()).unwrap();
    for table in ["ratings", "rating_changes", "active_days"] {
        let count = format!("SELECT count(*) FROM {table} JOIN users ON id = user_id WHERE guest = 1");
        let rows: i64 = database.query_row(&count, [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    // The game is still there for both.
    for path in [&path, "/play"] {
        ben.visit(path).await;
        assert_eq!(
            (ben.path(), ben.page.status),
            (path_of(&game).as_str(), 200),
            "{path}"
        );
    }
    let kept = alice.status(&game).await;
    assert_eq!(kept["opponent"]["name"], "Ben");
}

#[tokio::test]
async fn a_guest_answers_offers_and_resigns() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let (game, path) = invitation(&alice).await;
    let ben = guest(&server, &path, "").await;
    assert_eq!(ben.told_to_board()["name"], "Guest");
    alice.play(&alice.status(&game).await, "e4").await.ok();
    alice.finish(&game, "offer_draw").await.ok();
    let id = &game["game_id"];
    let declining = json!({ "game_id": id, "action": "decline_draw" });
    let declined = ben.call("chess_finish", declining).await.ok();
    assert_eq!(declined["offer"]["answer"], "declined");
    let view = ben.call("chess_show", json!({})).await.ok();
    ben.call("chess_move", moving(&view, "e5")).await.ok();
    let resigning = json!({ "game_id": id, "action": "resign" });
    let over = ben.call("chess_finish", resigning).await.ok();
    assert_eq!(
        (&over["result"], &over["reason"]),
        (&json!("1-0"), &json!("resignation"))
    );
}

#[tokio::test]
async fn a_guest_reaches_one_game_and_nothing_else() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let other = alice.board("e4").await;
    let (game, path) = invitation(&alice).await;
    let mut ben = guest(&server, &path, "Ben").await;
    let list = server
        .rpc(&alice.tokens.access, "tools/list", &json!({}))
        .await
        .json();
    let mut open = Vec::new();
    for tool in list["result"]["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        let reply = ben.ask(name, json!({ "nonsense": 1 })).await;
        match reply.status {
            200 => open.push(name.to_owned()),
            _ => assert_eq!(reply.oauth_error(403), "access_denied", "{name}"),
        }
    }
    open.retain(|name| name != "chess_board_sync");
    let expected = ["export", "finish", "move", "show", "status", "undo"];
    assert_eq!(open, expected.map(|name| format!("chess_{name}")));
    for tool in ["chess_show", "chess_status", "chess_export"] {
        let asked = ben.call(tool, json!({ "game_id": other["game_id"] })).await;
        let text = asked.refused();
        assert!(text.contains("There is no game"), "{text}");
    }
    // Not the account, not another game, not an app.
    ben.visit("/account").await;
    assert!(ben.page.asks_sign_in(), "{}", ben.page.text());
    ben.visit(&path_of(&other)).await;
    assert_eq!(ben.path(), "/account/sign-in");
    let app = server.app("Test App").await;
    ben.open(&Request::of(&app, &server).url(&server)).await;
    assert!(!ben.page.text().contains("Ben"), "{}", ben.page.text());
    ben.open(&Request::of(&app, &server).set("prompt", "none").url(&server))
        .await;
    assert_eq!(callback(&ben)["error"], "login_required");
    // Neither cookie is ever taken for the other.
    let mut swapped = Browser::new(&server);
    swapped
        .cookies
        .insert(SESSION.to_owned(), ben.cookies[GUEST].clone());
    swapped.visit("/account").await;
    assert!(swapped.page.asks_sign_in());
    swapped.visit(&path_of(&game)).await;
    assert_eq!(swapped.path(), "/account/sign-in");
    let session = server.at_account("alice").await.cookies[SESSION].clone();
    let mut swapped = Browser::new(&server);
    swapped.cookies.insert(GUEST.to_owned(), session);
    swapped.visit("/play").await;
    assert_eq!(swapped.path(), "/account/sign-in");
    // The operator sees a guest, and gives them nothing.
    let listed = server.cli(&["users", "list"]).await.ok();
    let line = listed.lines().find(|line| line.starts_with("guest\t")).unwrap();
    assert!(line.ends_with("Ben"), "{line}");
    let id = line.split('\t').nth(3).unwrap();
    server.cli(&["token", "--user", id]).await.failed();
    server.cli(&["users", "passwd", id]).await.failed();
    server.cli(&["users", "remove", id, "--yes"]).await.ok();
    assert!(!server.cli(&["users", "list"]).await.ok().contains("Ben"));
    ben.visit("/play").await;
    assert_eq!(ben.path(), "/account/sign-in");
    let end = alice.status(&game).await;
    assert_eq!(
        (&end["result"], &end["reason"]),
        (&json!("1-0"), &json!("resignation"))
    );
}

#[tokio::test]
async fn two_who_take_one_seat_do_not_both_get_it() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let (game, path) = invitation(&alice).await;
    let mut browsers = Vec::new();
    for _ in 0..8 {
        let mut browser = Browser::new(&server);
        browser.visit(&path).await;
        browsers.push(browser);
    }
    let mut race = tokio::task::JoinSet::new();
    for mut browser in browsers {
        race.spawn(async move {
            browser.press("Play as a guest", &[("name", "Racer")]).await;
            browser
        });
    }
    let (seated, late): (Vec<_>, Vec<_>) = race
        .join_all()
        .await
        .into_iter()
        .partition(|browser| browser.page.status == 200);
    assert_eq!((seated.len(), late.len()), (1, 7));
    assert_eq!(seated[0].path(), path_of(&game));
    for browser in &late {
        assert_eq!(browser.page.status, 404);
        assert!(browser.page.text().contains("This invitation has ended"));
        assert!(!browser.cookies.contains_key(GUEST));
    }
    assert_eq!(guests(&server), 1, "nobody is left behind");
    assert_eq!(alice.status(&game).await["opponent"]["name"], "Racer");
}

#[tokio::test]
async fn a_seat_for_guests_is_taken_from_our_own_page_alone() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let (_, path) = invitation(&alice).await;
    let mut browser = Browser::new(&server);
    browser.visit(&path).await;
    let form = browser.forms_to(AS_GUEST).remove(0);
    let fields = filled(&form, &[]);
    let mut without = fields.clone();
    without.retain(|(name, _)| name != "csrf");
    let mut other = Browser::new(&server);
    other.visit(&path).await;
    for (mut browser, fields) in [
        (browser.clone(), without),
        (browser.clone(), filled(&form, &[("csrf", "AAAAAAAAAAAAAAAA")])),
        (other, fields.clone()),
    ] {
        let url = browser.at(AS_GUEST);
        browser.post(&url, &fields).await;
        assert_eq!(browser.page.status, 400, "{}", browser.page.text());
    }
    for (origin, site) in [("https://evil.example", "cross-site"), ("null", "same-site")] {
        let request = browser.posting(AS_GUEST).form(&fields);
        let request = request.header("origin", origin).header("sec-fetch-site", site);
        assert_eq!(browser.once(request).await.status, 403, "{origin}");
    }
    assert_eq!(guests(&server), 0);
    let wrong = filled(&form, &[("code", "zzzzzzzzzzzzz")]);
    let url = browser.at(AS_GUEST);
    browser.post(&url, &wrong).await;
    assert_eq!(browser.page.status, 404);
    assert_eq!(guests(&server), 0);
    browser.visit(&path).await;
    browser.press("Play as a guest", &[("name", "x")]).await;
    assert_eq!(guests(&server), 1);
}

#[tokio::test]
async fn where_guests_may_not_come_one_signs_in() {
    let listed = [("ALLOWED_EMAILS", "ana@x.example")];
    let off = [("INVITED_GUESTS", "off")];
    for settings in [&off[..], &listed[..]] {
        let mut home = Home::new();
        for (name, value) in settings {
            home.put(name, *value);
        }
        let server = home.serve().await;
        let (alice, bob) = (server.alice().await, server.bob().await);
        let (game, path) = invitation(&alice).await;
        let mut browser = Browser::new(&server);
        browser.visit(&path).await;
        assert_eq!(browser.page.status, 200);
        assert!(!browser.page.text().contains("guest"), "{}", browser.page.text());
        assert!(browser.page.text().contains("Sign in and take the seat"));
        assert!(browser.page.forms().is_empty());
        browser.visit(&format!("{path}/sign-in")).await;
        sign_in(&mut browser, "bob").await;
        browser.press("Take the seat", &[]).await;
        assert_eq!(browser.path(), path_of(&game));
        assert_eq!(bob.status(&game).await["person_plays"], "black");
        // Whoever has taken it comes back to it.
        browser.visit(&path).await;
        assert_eq!(browser.path(), path_of(&game));
    }
    let shown = Home::new().run(&["check-config"]).await.ok();
    assert!(shown.contains("INVITED_GUESTS=on"), "{shown}");
    let shown = Home::new()
        .set("ALLOWED_USERS", "github:octocat")
        .run(&["check-config"])
        .await
        .ok();
    assert!(shown.contains("INVITED_GUESTS=off"), "{shown}");
    let told = Home::new()
        .set("INVITED_GUESTS", "perhaps")
        .run(&["check-config"])
        .await
        .failed();
    assert!(told.contains("INVITED_GUESTS"), "{told}");
}

#[tokio::test]
async fn one_browser_holds_several_guests_and_a_person() {
    let server = Server::start().await;
    let (alice, _bob) = (server.alice().await, server.bob().await);
    let (first, first_path) = invitation(&alice).await;
    let second = alice
        .new_game(json!({ "opponent": "friend", "color": "black" }))
        .await;
    let second_path = format!("/join/{}", second["invitation"]["code"].as_str().unwrap());
    let mut browser = guest(&server, &first_path, "Ben").await;
    browser.visit(&second_path).await;
    browser.press("Play as a guest", &[("name", "Benjamin")]).await;
    for (game, name) in [(&first, "Ben"), (&second, "Benjamin")] {
        browser.visit(&path_of(game)).await;
        let said = browser.told_to_board();
        assert_eq!(
            (&said["name"], &said["game_id"]),
            (&json!(name), &game["game_id"])
        );
        let view = browser.call("chess_show", json!({})).await.ok();
        assert_eq!(view["game_id"], game["game_id"], "each call is of one of them");
    }
    browser.visit("/play").await;
    assert_eq!(browser.path(), path_of(&second), "the newest");
    // The account comes first, and the games of the guests stay where they are.
    browser.enter_account("bob").await;
    browser.visit("/play").await;
    assert_eq!(browser.told_to_board()["name"], "bob");
    browser.visit(&path_of(&first)).await;
    assert_eq!(browser.told_to_board()["name"], "Ben");
    let view = browser.call("chess_show", json!({})).await.ok();
    assert_eq!(view["game_id"], first["game_id"]);
}

#[tokio::test]
async fn seats_are_limited_as_pages_are() {
    let mut home = Home::new();
    home.put("AUTH_RATE_LIMIT", "1/3");
    let server = home.serve().await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let request = server.http().post(server.url(AS_GUEST));
        let request = request
            .header("origin", server.origin())
            .header("x-forwarded-for", "198.51.100.9");
        let reply = Reply::to(request.form(&[("code", "zzzzzzzzzzzzz")])).await;
        statuses.push(reply.status);
    }
    assert_eq!(statuses[..3], [400; 3], "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn what_opens_a_guest_s_game_is_neither_logged_nor_kept() {
    let server = Home::new().set("RUST_LOG", "trace").serve().await;
    let alice = server.alice().await;
    let (_, path) = invitation(&alice).await;
    let ben = guest(&server, &path, "Ben").await;
    ben.call("chess_status", json!({})).await.ok();
    let cookie = ben.cookies[GUEST].clone();
    let line = ben
        .set_cookies
        .iter()
        .find(|line| line.starts_with(GUEST))
        .unwrap();
    assert!(line.contains("; HttpOnly; SameSite=Lax"), "{line}");
    let csrf = ben.told_to_board()["csrf"].as_str().unwrap().to_owned();
    let log = server.home().everything_written();
    for (name, secret) in [("cookie", cookie.as_str()), ("CSRF value", csrf.as_str())] {
        assert!(!log.contains(secret), "the {name} is in the log");
    }
    for (file, bytes) in on_disk(&server.home().state_dir()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&cookie) && !text.contains(&csrf), "{file}");
    }
    // The seat outlives the process.
    let server = server.crash_and_restart().await;
    let mut again = Browser::new(&server);
    again.cookies = ben.cookies.clone();
    again.visit("/play").await;
    assert!(again.path().starts_with("/play/"), "{}", again.path());
    assert_eq!(again.told_to_board()["name"], "Ben");
}
