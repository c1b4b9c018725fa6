//! What every page carries, whatever it says: protection against framing, scripts, caches and leaks.

use serde_json::json;

use crate::support::browser::Page;
use crate::support::html::tags;
use crate::support::oauth::{PASSWORD, Request};
use crate::support::{Browser, Home};

#[track_caller]
fn assert_closed(name: &str, page: &Page, own: bool) {
    let policy = page.header("content-security-policy");
    for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(directive), "{name}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{name}: {policy}");
    // Both break the way back to an app, so only pages outside a sign-in have them.
    assert_eq!(policy.contains("form-action 'self'"), own, "{name}: {policy}");
    assert_eq!(policy.contains("form-action"), own, "{name}: {policy}");
    let opener = if own { "same-origin" } else { "" };
    assert_eq!(page.header("cross-origin-opener-policy"), opener, "{name}");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{name}");
    assert_eq!(page.header("x-frame-options"), "DENY", "{name}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{name}");
    assert_eq!(page.header("referrer-policy"), "same-origin", "{name}");
    assert_eq!(page.header("cache-control"), "no-store", "{name}");
    for tag in tags(&page.body) {
        assert!(
            !matches!(tag.name.as_str(), "script" | "img" | "iframe" | "base"),
            "{name}"
        );
        for (key, value) in &tag.attributes {
            assert!(!key.starts_with("on") && key != "style", "{name}: {key}");
            let outside = matches!(key.as_str(), "href" | "src" | "action") && !value.starts_with('/');
            assert!(!outside, "{name}: {key}={value}");
        }
    }
    for form in page.forms() {
        assert_eq!(form.method, "post", "{name}");
        assert!(!form.action.contains('?'), "{name}: {}", form.action);
    }
}

#[tokio::test]
async fn every_page_of_a_sign_in_is_closed_but_for_the_way_back() {
    let server = Home::new().set("LOCAL_SIGN_UP", "open").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let mut browser = Browser::new(&server);
    let mut pages = Vec::new();
    browser.visit("/").await;
    pages.push(("front", browser.page.clone()));
    browser
        .open(&Request::of(&app, &server).set("client_id", "nobody").url(&server))
        .await;
    pages.push(("unknown app", browser.page.clone()));
    browser.open(&Request::of(&app, &server).url(&server)).await;
    pages.push(("consent", browser.page.clone()));
    let stale = browser.clone();
    browser.press("Allow", &[]).await;
    pages.push(("sign-in", browser.page.clone()));
    browser
        .press("Sign in", &[("username", "alice"), ("password", "wrong")])
        .await;
    pages.push(("sign-in again", browser.page.clone()));
    browser.press("Create an account", &[]).await;
    pages.push(("sign-up", browser.page.clone()));
    browser
        .press(
            "Create account",
            &[("username", "alice"), ("password", PASSWORD), ("again", PASSWORD)],
        )
        .await;
    pages.push(("sign-up again", browser.page.clone()));
    let mut other = stale;
    other.cookies.clear();
    other.press("Allow", &[]).await;
    pages.push(("stale", other.page.clone()));
    for (name, page) in pages {
        assert_closed(name, &page, false);
    }
}

#[tokio::test]
async fn every_page_of_an_account_is_closed() {
    let server = Home::new().set("LOCAL_SIGN_UP", "open").serve().await;
    let alice = server.alice().await;
    let game = alice.new_game(json!({ "opponent": "nobody" })).await;
    let game = game["game_id"].as_str().unwrap();
    let mut pages = Vec::new();
    let mut browser = Browser::new(&server);
    browser.visit("/account/sign-up").await;
    pages.push(("sign-up".to_owned(), browser.page.clone()));
    browser.visit("/account").await;
    pages.push(("sign-in".to_owned(), browser.page.clone()));
    let mut stale = browser.clone();
    stale.cookies.clear();
    stale
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    pages.push(("stale".to_owned(), stale.page.clone()));
    browser
        .press("Sign in", &[("username", "alice"), ("password", "wrong")])
        .await;
    pages.push(("sign-in again".to_owned(), browser.page.clone()));
    browser.enter_account("alice").await;
    for path in [
        "/account",
        "/account/games",
        "/account/password",
        "/account/delete",
        &format!("/account/games/{game}/delete"),
        "/account/games/22222222/delete",
        "/account/games/nothing/pgn",
    ] {
        browser.visit(path).await;
        pages.push((path.to_owned(), browser.page.clone()));
    }
    for (path, fill) in [("/account/password", "current"), ("/account/delete", "password")] {
        browser.visit(path).await;
        browser.submit(path, &[(fill, "wrong"), ("name", "alice")]).await;
        pages.push((format!("{path} again"), browser.page.clone()));
    }
    for (name, page) in pages {
        assert_closed(&name, &page, true);
    }
}
