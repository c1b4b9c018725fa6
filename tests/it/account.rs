//! What a signed-in person sees and changes of their own, and what nobody else does.

use serde_json::{Value, json};

use crate::support::browser::filled;
use crate::support::html::tags;
use crate::support::oauth::{App, CALLBACK, PASSWORD, Request, Tokens};
use crate::support::{Actor, Browser, Reply, Server};

const CUT: &str = "/account/apps/cut";
const END: &str = "/account/sessions/end";
const CHANGE: &str = "/account/password";
const DELETE: &str = "/account/delete";
const DELETE_GAME: &str = "/account/games/delete";
const NEW_PASSWORD: &str = "another horse, another staple";

/// A link as a browser follows it, without following on.
async fn fetched(browser: &Browser, server: &Server, path: &str) -> Reply {
    let request = server.http().get(server.url(path));
    browser
        .once(request.header("sec-fetch-site", "same-origin"))
        .await
}

/// A value that a form of the present page hides.
#[track_caller]
fn hidden(browser: &Browser, action: &str, name: &str) -> String {
    let forms = browser.forms_to(action);
    let inputs = forms.iter().flat_map(|form| &form.inputs);
    let found = inputs.into_iter().find(|input| input.name == name);
    let found = found.unwrap_or_else(|| panic!("no {name} to {action}: {}", browser.page.body));
    found.value.clone()
}

#[tokio::test]
async fn the_account_asks_who_it_is_and_shows_what_is_theirs() {
    let server = Server::start().await;
    let alice = server.alice().await;
    server.bob().await;
    let game = alice.board("e4 e5").await;
    let mut browser = Browser::new(&server);
    browser.visit("/account").await;
    assert_eq!(browser.page.status, 200);
    assert!(browser.page.asks_sign_in());
    browser.enter_account("alice").await;
    assert_eq!(browser.page.redirects, [303]);
    let text = browser.page.text();
    let id = game["game_id"].as_str().unwrap();
    for said in [
        "alice",
        "App of alice",
        "127.0.0.1",
        "Browsers",
        "this one",
        "Analysis board",
        id,
    ] {
        assert!(text.contains(said), "{said} is not in: {text}");
    }
    assert!(!text.contains("bob"), "{text}");
}

#[tokio::test]
async fn a_cut_app_is_out_at_its_next_request() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mut browser = server.at_account("alice").await;
    browser.press("Cut", &[]).await;
    assert_eq!(browser.page.redirects, [303]);
    assert!(browser.page.url.ends_with("/account"), "{}", browser.page.url);
    assert!(browser.page.text().contains("The app is cut off."));
    assert!(!browser.page.text().contains("App of alice"));
    assert!(!server.admits(&alice.tokens.access).await);
    let refreshed = server.refresh(&alice.app, &alice.tokens.refresh).await;
    assert_eq!(refreshed.oauth_error(400), "invalid_grant");
    browser.visit("/account").await;
    assert!(!browser.page.text().contains("The app is cut off."), "said once");
}

#[tokio::test]
async fn all_apps_are_cut_at_once() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let other = server.app("Other App").await;
    let tokens = server.sign_in(&other, "alice").await;
    let bob = server.bob().await;
    let mut browser = server.at_account("alice").await;
    browser.press("Cut all apps", &[]).await;
    assert!(!server.admits(&alice.tokens.access).await);
    assert!(!server.admits(&tokens.access).await);
    assert!(server.admits(&bob.tokens.access).await, "Bob's app is Bob's");
}

#[tokio::test]
async fn a_changed_password_ends_other_sessions_and_keeps_apps() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mut other = server.at_account("alice").await;
    let mut browser = server.at_account("alice").await;
    let old = browser.clone();
    browser.visit(CHANGE).await;
    for (current, new, again, status, said) in [
        (
            "not it at all",
            NEW_PASSWORD,
            NEW_PASSWORD,
            401,
            "not your password",
        ),
        (PASSWORD, "short", "short", 422, "at least 8"),
        (PASSWORD, "Password123", "Password123", 422, "among the first"),
        (PASSWORD, "alice2026", "alice2026", 422, "name of the account"),
        (PASSWORD, NEW_PASSWORD, "something else", 422, "not the same"),
    ] {
        let fill = [("current", current), ("password", new), ("again", again)];
        let page = browser.submit(CHANGE, &fill).await;
        assert_eq!(page.status, status, "{new}: {}", page.text());
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    let fill = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("again", NEW_PASSWORD),
    ];
    browser.submit(CHANGE, &fill).await;
    let text = browser.page.text();
    assert!(
        text.contains("Your password is changed") && text.contains("stay connected"),
        "{text}"
    );
    assert_ne!(
        browser.cookies, old.cookies,
        "the session goes on under another cookie"
    );
    assert_eq!(
        fetched(&old, &server, CHANGE).await.status,
        303,
        "the old cookie is dead"
    );
    other.visit("/account").await;
    assert!(other.page.asks_sign_in());
    assert!(server.admits(&alice.tokens.access).await);

    other.enter_account("alice").await;
    assert_eq!(other.page.status, 401);
    let fill = [("username", "alice"), ("password", NEW_PASSWORD)];
    other.press("Sign in", &fill).await;
    assert!(other.page.text().contains("Connected apps"));
}

#[tokio::test]
async fn a_changed_password_cuts_apps_where_that_was_asked() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mut browser = server.at_account("alice").await;
    browser.visit(CHANGE).await;
    let form = browser.forms_to(CHANGE).remove(0);
    let fill = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("again", NEW_PASSWORD),
    ];
    let mut fields = filled(&form, &fill);
    fields.push(("cut_apps".to_owned(), "yes".to_owned()));
    let url = browser.action_of(&form);
    browser.post(&url, &fields).await;
    assert!(
        browser.page.text().contains("all apps are cut off"),
        "{}",
        browser.page.text()
    );
    assert!(!server.admits(&alice.tokens.access).await);
}

#[tokio::test]
async fn guessing_at_an_open_session_has_to_wait_as_well() {
    let server = Server::start().await;
    server.person("alice").await;
    let mut browser = server.at_account("alice").await;
    browser.visit(CHANGE).await;
    let fill = [
        ("current", "guess"),
        ("password", NEW_PASSWORD),
        ("again", NEW_PASSWORD),
    ];
    for _ in 0..20 {
        browser.submit(CHANGE, &fill).await;
        if browser.page.status == 429 {
            break;
        }
    }
    assert_eq!(browser.page.status, 429);
    assert!(browser.page.header("retry-after").parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn games_are_taken_along_and_deleted_one_by_one() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let kept = alice.board("d4 d5").await;
    let gone = alice.board("f3 e5 g4 Qh4#").await;
    let id = gone["game_id"].as_str().unwrap();
    let mut browser = server.at_account("alice").await;
    assert!(browser.page.text().contains("Black won by checkmate"));

    let pgn = fetched(&browser, &server, &format!("/account/games/{id}/pgn")).await;
    assert_eq!(pgn.status, 200);
    assert!(pgn.header("content-type").starts_with("application/x-chess-pgn"));
    assert_eq!(
        pgn.header("content-disposition"),
        format!("attachment; filename=\"chess-{id}.pgn\"")
    );
    assert_eq!(pgn.header("cache-control"), "no-store");
    assert!(pgn.body.contains("1. f3 e5 2. g4 Qh4# 0-1"), "{}", pgn.body);

    browser.visit(&format!("/account/games/{id}/delete")).await;
    assert!(browser.page.text().contains("Delete this game?"));
    let asked = browser.clone();
    browser.press("Delete game", &[]).await;
    assert!(browser.page.text().contains("The game is deleted."));
    assert!(!browser.page.text().contains(id));
    let refused = alice.call("chess_status", json!({ "game_id": id })).await;
    refused.refused();
    assert_eq!(alice.status(&kept).await["ply"], 2);
    let mut again = asked;
    again.press("Delete game", &[]).await;
    assert_eq!(again.page.status, 404);
    for path in ["pgn", "delete"] {
        let reply = fetched(&again, &server, &format!("/account/games/{id}/{path}")).await;
        assert_eq!(reply.status, 404);
    }
}

#[tokio::test]
async fn a_long_list_of_games_has_pages() {
    let server = Server::start().await;
    let alice = server.alice().await;
    // Equal requests within a minute are one game, so each of these is another one.
    let firsts = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let pairs = firsts
        .iter()
        .flat_map(|white| firsts.iter().map(move |black| (white, black)));
    for (white, black) in pairs.take(51) {
        alice.board(&format!("{white}3 {black}6")).await;
    }
    let mut browser = server.at_account("alice").await;
    let shown = |browser: &Browser| browser.page.body.matches("/pgn\"").count();
    assert_eq!(shown(&browser), 5);
    browser.visit("/account/games").await;
    assert_eq!(shown(&browser), 50);
    let older = tags(&browser.page.body).into_iter().find_map(|tag| {
        tag.attribute("href")
            .filter(|href| href.contains("before="))
            .map(str::to_owned)
    });
    browser.visit(&older.unwrap()).await;
    assert_eq!(shown(&browser), 1);
    browser.visit("/account/games?before=%3Cb%3E").await;
    assert_eq!((browser.page.status, shown(&browser)), (200, 50));
}

#[tokio::test]
async fn everything_goes_into_one_file_and_no_secret_with_it() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let bob = server.bob().await;
    bob.board("c4").await;
    let game = alice.board("e4 e5 Nf3").await;
    let mut browser = server.at_account("alice").await;
    browser.submit("/account/export", &[]).await;
    let page = &browser.page;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-disposition")
            .starts_with("attachment; filename=\"chess-")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let file: Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(file["account"]["username"], "alice");
    assert_eq!(file["account"]["id"], alice.tokens.claims()["sub"]);
    assert_eq!(file["apps"].as_array().unwrap().len(), 1);
    assert_eq!(file["apps"][0]["client_id"], alice.app.id);
    assert_eq!(file["apps"][0]["scope"], "chess offline_access");
    assert_eq!(file["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(file["games"].as_array().unwrap().len(), 1);
    assert_eq!(file["games"][0]["game_id"], game["game_id"]);
    assert_eq!(file["games"][0]["moves"], json!(["e4", "e5", "Nf3"]));
    assert!(
        file["games"][0]["pgn"]
            .as_str()
            .unwrap()
            .contains("1. e4 e5 2. Nf3 *")
    );
    let events = file["events"].as_array().unwrap();
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    for kind in ["account_made", "login_ok", "grant_made"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let cookies = browser.cookies.values().map(String::as_str);
    let secrets = [
        alice.tokens.access.as_str(),
        &alice.tokens.refresh,
        PASSWORD,
        "argon2",
        "bob",
    ];
    for secret in cookies.chain(secrets) {
        assert!(!page.body.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_all_that_was_in_it() {
    let server = Server::start().await;
    let alice = server.alice().await;
    alice.board("e4").await;
    let mut other = server.at_account("alice").await;
    let mut browser = server.at_account("alice").await;
    browser.visit(DELETE).await;
    for (name, password, status) in [
        ("bob", PASSWORD, 422),
        ("", PASSWORD, 422),
        ("alice", "wrong", 401),
    ] {
        let page = browser
            .submit(DELETE, &[("name", name), ("password", password)])
            .await;
        assert_eq!(page.status, status, "{name}: {}", page.text());
    }
    assert!(server.admits(&alice.tokens.access).await);
    browser
        .submit(DELETE, &[("name", " Alice "), ("password", PASSWORD)])
        .await;
    assert!(
        browser.page.text().contains("Your account is deleted"),
        "{}",
        browser.page.text()
    );
    assert!(browser.page.asks_sign_in());
    assert!(!server.admits(&alice.tokens.access).await);
    other.visit("/account").await;
    assert!(other.page.asks_sign_in());
    other.enter_account("alice").await;
    assert_eq!(other.page.status, 401);

    // Whoever takes the name next finds nothing of hers.
    server.person("alice").await;
    let next = server.at_account("alice").await;
    assert!(next.page.text().contains("No game yet"));
    assert!(next.page.text().contains("No app is connected"));
}

#[tokio::test]
async fn what_is_anothers_answers_like_what_does_not_exist() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let game = alice.board("e4").await;
    let his = bob.board("d4").await;
    let mut hers = server.at_account("alice").await;
    let (app, session) = (hidden(&hers, CUT, "app"), hidden(&hers, END, "session"));
    let game_id = game["game_id"].as_str().unwrap();
    for (action, field, theirs, nothing) in [
        (CUT, "app", app.as_str(), "01900000-0000-7000-8000-000000000000"),
        (END, "session", &session, "0000000000000000"),
        (DELETE_GAME, "game", game_id, "22222222"),
    ] {
        let mut bodies = Vec::new();
        for id in [theirs, nothing, "<b>", ""] {
            let mut browser = server.at_account("bob").await;
            if action == DELETE_GAME {
                let his = his["game_id"].as_str().unwrap();
                browser.visit(&format!("/account/games/{his}/delete")).await;
            }
            browser.submit(action, &[(field, id)]).await;
            assert_eq!(browser.page.status, 404, "{action} {id}");
            bodies.push(browser.page.body.clone());
        }
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{action}");
    }
    let browser = server.at_account("bob").await;
    for path in ["pgn", "delete"] {
        let reply = fetched(&browser, &server, &format!("/account/games/{game_id}/{path}")).await;
        assert_eq!(reply.status, 404);
    }
    assert!(server.admits(&alice.tokens.access).await);
    assert_eq!(alice.status(&game).await["ply"], 1);
    hers.visit("/account").await;
    assert!(hers.page.text().contains("App of alice"));
    assert_eq!(hidden(&hers, END, "session"), session);
}

/// Every form that a signed-in person can post, as its page shows it.
async fn every_form(server: &Server, alice: &Actor<'_>) -> Vec<(Browser, String, Vec<(String, String)>)> {
    let game = alice.board("e4").await;
    let mut all = Vec::new();
    let delete_game = format!("/account/games/{}/delete", game["game_id"].as_str().unwrap());
    for path in ["/account", CHANGE, DELETE, &delete_game] {
        let mut browser = server.at_account("alice").await;
        browser.visit(path).await;
        for form in browser.page.forms() {
            let fill = [
                ("current", PASSWORD),
                ("password", PASSWORD),
                ("again", PASSWORD),
                ("name", "alice"),
            ];
            all.push((browser.clone(), form.action.clone(), filled(&form, &fill)));
        }
    }
    let mut stranger = Browser::new(server);
    for path in ["/account", "/account/sign-up"] {
        stranger.visit(path).await;
        let form = stranger.page.forms().remove(0);
        let fill = [("username", "carol"), ("password", PASSWORD), ("again", PASSWORD)];
        all.push((stranger.clone(), form.action.clone(), filled(&form, &fill)));
    }
    all
}

#[tokio::test]
async fn no_form_of_the_account_is_taken_from_elsewhere() {
    let server = crate::support::Home::new()
        .set("LOCAL_SIGN_UP", "open")
        .set("SESSIONS_PER_USER", "50")
        .serve()
        .await;
    let alice = server.alice().await;
    let bobs = {
        server.person("bob").await;
        let mut browser = server.at_account("bob").await;
        browser.visit("/account").await;
        hidden(&browser, "/account/sign-out", "csrf")
    };
    // With two apps there is a form that cuts them all.
    let other = server.app("Other App").await;
    server.sign_in(&other, "alice").await;
    let mut seen = std::collections::BTreeSet::new();
    for (browser, action, fields) in every_form(&server, &alice).await {
        seen.insert(action.clone());
        let url = server.url(&action);
        let post = |fields: &[(String, String)]| server.http().post(&url).form(fields);
        let foreign = [
            post(&fields)
                .header("origin", "https://evil.example")
                .header("sec-fetch-site", "cross-site"),
            post(&fields).header("origin", "https://evil.example"),
            post(&fields)
                .header("origin", server.origin())
                .header("sec-fetch-site", "same-site"),
            post(&fields).header("origin", "null"),
            post(&fields),
        ];
        for request in foreign {
            assert_eq!(browser.once(request).await.status, 403, "{action}");
        }
        let csrf = |value: &str| -> Vec<(String, String)> {
            let changed = fields.iter().cloned().map(|(name, kept)| match name.as_str() {
                "csrf" => (name, value.to_owned()),
                _ => (name, kept),
            });
            changed.collect()
        };
        let mut wrong = vec![csrf(""), csrf("x"), csrf(&bobs)];
        wrong.push(
            fields
                .iter()
                .filter(|(name, _)| name != "csrf")
                .cloned()
                .collect(),
        );
        for fields in wrong {
            let request = post(&fields).header("origin", server.origin());
            let reply = browser
                .once(request.header("sec-fetch-site", "same-origin"))
                .await;
            assert_eq!(reply.status, 400, "{action} {fields:?}: {}", reply.body);
            assert_eq!(reply.header("location"), "");
        }
        // The right values in a browser that is not theirs.
        let request = post(&fields).header("origin", server.origin());
        let reply = Browser::new(&server).once(request).await;
        let refused = reply.status == 400 || (reply.status == 303 && reply.header("location") == "/account");
        assert!(refused, "{action}: {}", reply.status);
        assert!(!reply.headers.contains_key("content-disposition"));
        let fetched = browser.once(server.http().get(&url)).await;
        assert!(
            matches!(fetched.status, 200 | 303 | 405),
            "{action}: {}",
            fetched.status
        );
    }
    assert_eq!(seen.len(), 11, "{seen:?}");
    assert!(server.admits(&alice.tokens.access).await);
    let mut browser = server.at_account("alice").await;
    assert_eq!(browser.forms_to(CUT).len(), 2);
    browser.visit("/account/games").await;
    assert!(browser.page.text().contains("Analysis board"));
}

#[tokio::test]
async fn a_value_of_one_form_is_no_good_for_another() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let browser = server.at_account("alice").await;
    let cut = hidden(&browser, CUT, "csrf");
    for action in [
        "/account/export",
        "/account/sign-out",
        "/account/apps/cut-all",
        DELETE,
        CHANGE,
    ] {
        let request = server.http().post(server.url(action)).form(&[("csrf", &cut)]);
        let reply = browser.once(request.header("origin", server.origin())).await;
        assert_eq!(reply.status, 400, "{action}");
    }
    assert!(server.admits(&alice.tokens.access).await);
}

#[tokio::test]
async fn names_of_connected_apps_are_text_and_nothing_else() {
    let server = Server::start().await;
    server.person("alice").await;
    let shape = async |name: &str| -> Vec<(String, Vec<String>)> {
        let metadata = crate::support::oauth::registration(&json!({ "client_name": name }));
        let reply = server.register(&metadata).await.expect(201).json();
        let app = App {
            id: reply["client_id"].as_str().unwrap().to_owned(),
            secret: None,
            redirect_uri: CALLBACK.to_owned(),
        };
        let mut browser = Browser::new(&server);
        let request = Request::of(&app, &server);
        let answer = server.walk(&mut browser, &request, "alice").await;
        let granted = crate::support::oauth::Granted {
            code: answer["code"].clone(),
            pkce: request.pkce,
            app: app.clone(),
        };
        let tokens = Tokens::of(&server.token(&granted.form()).await);
        browser.visit("/account").await;
        let keys =
            |tag: &crate::support::html::Tag| tag.attributes.iter().map(|(key, _)| key.clone()).collect();
        let shape = tags(&browser.page.body)
            .iter()
            .map(|tag| (tag.name.clone(), keys(tag)))
            .collect();
        server.revoke(&app, &tokens.refresh).await.expect(200);
        browser.press("Sign out", &[]).await;
        shape
    };
    let ordinary = shape("Plain").await;
    for name in [
        "<script>alert(1)</script>",
        "\" onmouseover=\"alert(1)",
        "</bdi></p></section><form action=https://evil.example>",
        "<!-- ",
        "&lt;b&gt;",
        "<style>*{display:none}</style>",
    ] {
        assert_eq!(shape(name).await, ordinary, "{name}");
    }
}

#[tokio::test]
async fn a_notice_says_only_what_we_wrote() {
    let server = Server::start().await;
    server.person("alice").await;
    let mut browser = server.at_account("alice").await;
    for planted in ["Call +1 555 0100 now", "<b>x</b>", "app-cut-"] {
        browser
            .cookies
            .insert("chess-mcp-notice".to_owned(), planted.to_owned());
        browser.visit(&format!("/account?notice={}", planted.len())).await;
        assert!(!browser.page.body.contains("role=\"status\""), "{planted}");
    }
}
