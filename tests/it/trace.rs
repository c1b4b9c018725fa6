//! What the operator learns of a sign-in, and how a grant is cut from the command line.

use crate::support::oauth::{PASSWORD, Request, callback};
use crate::support::{Browser, Server, until};

/// The reference at the foot of the page.
fn reference(browser: &Browser) -> String {
    let text = browser.page.text();
    let (_, after) = text
        .rsplit_once("reference: ")
        .expect("the page shows a reference");
    after.chars().take(10).collect()
}

#[tokio::test]
async fn a_sign_in_can_be_traced_from_its_first_page_to_its_end() {
    let server = Server::start().await;
    server.person("anna").await;
    let app = server.app("Traced").await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    let reference = reference(&browser);
    browser.press_allow().await;
    assert_eq!(
        self::reference(&browser),
        reference,
        "every page shows the same one"
    );
    browser
        .press("Sign in", &[("username", "anna"), ("password", "wrong one")])
        .await;
    browser
        .press("Sign in", &[("username", "anna"), ("password", PASSWORD)])
        .await;
    callback(&browser);

    let trace = server
        .cli(&["auth", "trace", &reference.to_uppercase()])
        .await
        .ok();
    let steps = [
        "sign_in_began",
        "consent_granted",
        "login_failed",
        "login_ok",
        "grant_made",
    ];
    let mut rest = trace.as_str();
    for step in steps {
        let (_, after) = rest
            .split_once(step)
            .unwrap_or_else(|| panic!("no {step} in its place:\n{trace}"));
        rest = after;
    }
    assert!(trace.contains("Traced is connected for anna"), "{trace}");
    assert!(
        !trace.contains(PASSWORD) && !trace.contains("wrong one"),
        "{trace}"
    );
}

#[tokio::test]
async fn a_refused_request_carries_its_reference_to_the_app_and_to_the_page() {
    let server = Server::start().await;
    let app = server.app("Asks too much").await;
    let mut browser = Browser::new(&server);
    browser
        .open(&Request::of(&app, &server).set("scope", "admin").url(&server))
        .await;
    let answer = callback(&browser);
    let description = &answer["error_description"];
    let (_, after) = description
        .split_once("(reference ")
        .expect("the answer names its reference");
    let trace = server.cli(&["auth", "trace", &after[..10]]).await.ok();
    assert!(
        trace.contains("sign_in_refused") && trace.contains("invalid_scope"),
        "{trace}"
    );

    let unknown = Request::of(&app, &server).set("client_id", "chess-mcp-0123");
    browser.open(&unknown.url(&server)).await;
    assert_eq!(browser.page.status, 400);
    let trace = server.cli(&["auth", "trace", &reference(&browser)]).await.ok();
    assert!(trace.contains("does not know the app"), "{trace}");
}

#[tokio::test]
async fn an_unknown_reference_is_told_so() {
    let server = Server::start().await;
    let failure = server.cli(&["auth", "trace", "abcdefghjk"]).await.failed();
    assert!(failure.contains("nothing is known about abcdefghjk"), "{failure}");
    let failure = server.cli(&["auth", "trace", "no"]).await.failed();
    assert!(failure.contains("at the foot of each page"), "{failure}");
}

#[tokio::test]
async fn the_operator_sees_and_cuts_a_grant_beside_the_running_server() {
    let server = Server::start().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let list = server.cli(&["grants", "list"]).await.ok();
    assert_eq!(list.lines().count(), 2, "{list}");
    let list = server.cli(&["grants", "list", "--user", "alice"]).await.ok();
    assert!(
        list.contains("App of alice") && !list.contains("App of bob"),
        "{list}"
    );
    let id = list.split('\t').next().expect("the id comes first").to_owned();
    let said = server.cli(&["grants", "revoke", &id]).await.ok();
    assert!(said.contains("App of alice"), "{said}");
    assert!(!server.admits(&alice.tokens.access).await);
    assert_eq!(
        server.refresh(&alice.app, &alice.tokens.refresh).await.status,
        400
    );
    assert!(server.admits(&bob.tokens.access).await);
    until("the list is shorter", async || {
        server.cli(&["grants", "list"]).await.ok().lines().count() == 1
    })
    .await;
    for wrong in [&id[..], "nonsense"] {
        let failure = server.cli(&["grants", "revoke", wrong]).await.failed();
        assert!(failure.contains("there is no live grant"), "{failure}");
    }
    let failure = server.cli(&["grants", "list", "--user", "nobody"]).await.failed();
    assert!(failure.contains("there is no account nobody"), "{failure}");
}
