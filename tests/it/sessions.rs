//! Browser sessions: where they begin, how they end, and that nobody brings one along.

use crate::support::oauth::{PASSWORD, Request};
use crate::support::{Browser, Home, Server};

const SESSION: &str = "chess-mcp-session";

/// Whether this cookie opens anybody's account.
async fn opens(server: &Server, session: &str) -> bool {
    let mut browser = Browser::new(server);
    browser.cookies.insert(SESSION.to_owned(), session.to_owned());
    browser.visit("/account").await;
    browser.page.text().contains("Connected apps")
}

#[tokio::test]
async fn a_planted_cookie_dies_at_sign_in() {
    let server = Server::start().await;
    server.person("alice").await;
    server.person("mallory").await;
    let planted = server.at_account("mallory").await.cookies[SESSION].clone();
    for value in [planted.as_str(), "ss_planted-0123456789", "x"] {
        let mut victim = Browser::new(&server);
        victim.visit("/account").await;
        // The page was shown before; the cookie is planted while she types.
        victim.cookies.insert(SESSION.to_owned(), value.to_owned());
        victim
            .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
            .await;
        assert!(victim.page.text().contains("alice"), "{}", victim.page.text());
        assert_ne!(victim.cookies[SESSION], value);
        assert!(!opens(&server, value).await, "{value}");
    }
}

#[tokio::test]
async fn each_sign_in_and_each_switch_of_account_begins_a_session() {
    let server = Server::start().await;
    server.person("alice").await;
    server.person("bob").await;
    let app = server.app("Test App").await;
    let mut browser = Browser::new(&server);
    server
        .walk(&mut browser, &Request::of(&app, &server), "alice")
        .await;
    let alices = browser.cookies[SESSION].clone();
    assert!(opens(&server, &alices).await);

    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press("Use another account", &[]).await;
    browser
        .press("Sign in", &[("username", "bob"), ("password", PASSWORD)])
        .await;
    let bobs = browser.cookies[SESSION].clone();
    assert_ne!(alices, bobs);
    assert!(
        !opens(&server, &alices).await,
        "the former session ended with the switch"
    );
    browser.visit("/account").await;
    assert!(browser.page.text().contains("bob"));
}

#[tokio::test]
async fn signing_out_ends_the_session_for_whoever_kept_its_cookie() {
    let server = Server::start().await;
    server.person("alice").await;
    let mut browser = server.at_account("alice").await;
    let kept = browser.cookies[SESSION].clone();
    browser.press("Sign out", &[]).await;
    assert!(browser.page.text().contains("You are signed out."));
    assert!(browser.page.asks_sign_in());
    assert!(!browser.cookies.contains_key(SESSION), "{:?}", browser.cookies);
    assert!(!opens(&server, &kept).await);
}

#[tokio::test]
async fn other_browsers_are_ended_one_by_one_or_all_at_once() {
    let server = Server::start().await;
    server.person("alice").await;
    let (mut one, mut two) = (server.at_account("alice").await, server.at_account("alice").await);
    let mut three = server.at_account("alice").await;
    assert_eq!(three.forms_to("/account/sessions/end").len(), 2);
    three.press("End", &[]).await;
    assert!(three.page.text().contains("That browser is signed out."));
    one.visit("/account").await;
    two.visit("/account").await;
    let out = [&one, &two]
        .into_iter()
        .filter(|browser| browser.page.asks_sign_in());
    assert_eq!(out.count(), 1);

    let mut four = server.at_account("alice").await;
    four.press("End all others", &[]).await;
    for browser in [&mut one, &mut two, &mut three] {
        browser.visit("/account").await;
        assert!(browser.page.asks_sign_in());
    }
    four.visit("/account").await;
    assert!(four.forms_to("/account/sessions/end").is_empty());
}

#[tokio::test]
async fn the_oldest_sessions_make_room() {
    let server = Home::new().set("SESSIONS_PER_USER", "2").serve().await;
    server.person("alice").await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(server.at_account("alice").await.cookies[SESSION].clone());
    }
    let mut open = 0;
    for session in &sessions {
        open += u32::from(opens(&server, session).await);
    }
    assert_eq!(open, 2);
    assert!(opens(&server, &sessions[3]).await);
}

#[tokio::test]
async fn a_session_is_never_read_from_an_address() {
    let server = Server::start().await;
    server.person("alice").await;
    let session = server.at_account("alice").await.cookies[SESSION].clone();
    let mut browser = Browser::new(&server);
    browser
        .visit(&format!("/account?{SESSION}={session}&session={session}"))
        .await;
    assert!(browser.page.asks_sign_in());
}

#[tokio::test]
async fn who_fails_at_the_account_learns_nothing_and_has_to_wait() {
    let server = Server::start().await;
    server.person("alice").await;
    server.person("carol").await;
    server.cli(&["users", "disable", "carol"]).await.ok();
    let mut answers = Vec::new();
    for (name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("carol", PASSWORD)] {
        let mut browser = Browser::new(&server);
        browser.visit("/account").await;
        browser
            .press("Sign in", &[("username", name), ("password", password)])
            .await;
        assert!(!browser.cookies.contains_key(SESSION));
        answers.push((browser.page.status, browser.page.text()));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(answers[0].0, 401);

    let mut browser = Browser::new(&server);
    browser.visit("/account").await;
    for _ in 0..20 {
        browser
            .press("Sign in", &[("username", "alice"), ("password", "guess")])
            .await;
        if browser.page.status == 429 {
            break;
        }
    }
    assert_eq!(browser.page.status, 429);
    assert!(browser.page.header("retry-after").parse::<u32>().unwrap() >= 1);
}
