//! Accounts that strangers make for themselves, where they may.

use crate::support::oauth::{PASSWORD, Request, Tokens, callback};
use crate::support::{Browser, Home, Server};

const SIGN_UP: &str = "/account/sign-up";

async fn open_server() -> Server {
    Home::new().set("LOCAL_SIGN_UP", "open").serve().await
}

/// Fills in the page for a new account.
async fn choose(browser: &mut Browser, name: &str, password: &str, again: &str) -> u16 {
    let fill = [("username", name), ("password", password), ("again", again)];
    browser.press("Create account", &fill).await.status
}

#[tokio::test]
async fn strangers_make_no_accounts_unless_they_may() {
    let server = Server::start().await;
    let app = server.app("Test App").await;
    let mut browser = Browser::new(&server);
    browser.visit("/account").await;
    assert!(!browser.page.text().contains("Create an account"));
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press("Allow", &[]).await;
    assert!(!browser.page.text().contains("Create an account"));
    for path in [SIGN_UP, "/oauth/sign-up"] {
        let fields = [("username", "carol"), ("password", PASSWORD), ("again", PASSWORD)];
        let request = server.http().post(server.url(path)).form(&fields);
        let reply = browser.once(request.header("origin", server.origin())).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(
            browser.once(server.http().get(server.url(path))).await.status,
            404
        );
    }
    let listed = server.cli(&["users", "list"]).await.ok();
    assert!(!listed.contains("carol"), "{listed}");
}

#[tokio::test]
async fn a_stranger_makes_an_account_and_is_in_it() {
    let server = open_server().await;
    let mut browser = Browser::new(&server);
    browser.visit("/account").await;
    assert!(browser.page.text().contains("Create an account"));
    browser.visit(SIGN_UP).await;
    assert_eq!(choose(&mut browser, " Carol ", PASSWORD, PASSWORD).await, 200);
    let text = browser.page.text();
    assert!(
        text.contains("Carol") && text.contains("Your account is made"),
        "{text}"
    );
    browser.submit("/account/export", &[]).await;
    assert!(browser.page.body.contains("account_made"));
    let mut again = Browser::new(&server);
    again.enter_account("CAROL").await;
    assert!(again.page.text().contains("Connected apps"));
}

#[tokio::test]
async fn the_sign_in_goes_on_with_the_new_account() {
    let server = open_server().await;
    let app = server.app("Test App").await;
    let request = Request::of(&app, &server);
    let mut browser = Browser::new(&server);
    browser.open(&request.url(&server)).await;
    browser.press("Allow", &[]).await;
    browser.press("Create an account", &[]).await;
    assert_eq!(browser.page.status, 200);
    assert!(browser.page.text().contains("Test App"));
    browser.press("Sign in", &[]).await;
    assert!(
        browser.page.forms()[0]
            .inputs
            .iter()
            .any(|input| input.name == "username")
    );
    browser.press("Create an account", &[]).await;
    assert_eq!(
        choose(&mut browser, "carol", PASSWORD, "something else").await,
        422
    );
    choose(&mut browser, "carol", PASSWORD, PASSWORD).await;
    let answer = callback(&browser);
    assert_eq!(answer["iss"], server.origin());
    let granted = crate::support::oauth::Granted {
        code: answer["code"].clone(),
        pkce: request.pkce,
        app,
    };
    let tokens = Tokens::of(&server.token(&granted.form()).await);
    assert!(server.admits(&tokens.access).await);
    browser.visit("/account").await;
    assert!(
        browser.page.text().contains("carol"),
        "the browser is signed in as well"
    );
}

#[tokio::test]
async fn names_and_passwords_have_rules() {
    let server = open_server().await;
    server.person("alice").await;
    let mut browser = Browser::new(&server);
    browser.visit(SIGN_UP).await;
    for (name, password, said) in [
        ("-carol", PASSWORD, "letters, digits"),
        ("a b", PASSWORD, "letters, digits"),
        ("<b>", PASSWORD, "letters, digits"),
        ("carol", "short", "at least 8 characters"),
        ("carol", "carol123", "name of the account"),
        ("carol", "password", "among the first"),
        ("Ａｌｉｃｅ", PASSWORD, "taken"),
    ] {
        let status = choose(&mut browser, name, password, password).await;
        assert_eq!(status, 422, "{name}");
        assert!(
            browser.page.text().contains(said),
            "{name}: {}",
            browser.page.text()
        );
        assert!(!browser.page.body.contains("<b>"), "{name}");
    }
}

#[tokio::test]
async fn nobody_reads_a_list_of_names_out_of_the_answers() {
    let server = open_server().await;
    server.person("alice").await;
    let mut browser = Browser::new(&server);
    browser.visit(SIGN_UP).await;
    let mut status = 0;
    for _ in 0..20 {
        status = choose(&mut browser, "alice", PASSWORD, PASSWORD).await;
        if status == 429 {
            break;
        }
    }
    assert_eq!(status, 429);
    assert!(browser.page.header("retry-after").parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn of_many_who_want_a_name_one_gets_it() {
    let server = open_server().await;
    let mut browsers = Vec::new();
    for _ in 0..4 {
        let mut browser = Browser::new(&server);
        browser.visit(SIGN_UP).await;
        browsers.push(browser);
    }
    let tries = browsers
        .iter_mut()
        .map(|browser| choose(browser, "carol", PASSWORD, PASSWORD));
    let statuses = futures_join(tries).await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| matches!(status, 200 | 422)),
        "{statuses:?}"
    );
}

/// All at once, in one task.
async fn futures_join<F: Future<Output = u16>>(all: impl Iterator<Item = F>) -> Vec<u16> {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut done = vec![None; waiting.len()];
    std::future::poll_fn(move |context| {
        for (slot, future) in done.iter_mut().zip(&mut waiting) {
            if slot.is_none()
                && let std::task::Poll::Ready(status) = future.as_mut().poll(context)
            {
                *slot = Some(status);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(done.iter().copied().flatten().collect())
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}
