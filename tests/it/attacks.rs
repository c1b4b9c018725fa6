//! Attacks on the way from an app to its person's consent, each by the name under which it is known. Those on
//! single endpoints stand with them; `README.md` beside this file lists all.

use serde_json::json;

use crate::consent::{scene, signed_in};
use crate::support::browser::filled;
use crate::support::oauth::{PASSWORD, Request, callback};
use crate::support::{Browser, Server};

/// Confused deputy: an app that anybody can register rides on what the person allowed another one.
#[tokio::test]
async fn confused_deputy_an_app_gets_nothing_from_what_another_was_allowed() {
    let (server, app) = scene().await;
    let mut browser = signed_in(&server, &app).await;
    let twin = json!({ "client_name": "Honest App", "redirect_uris": ["https://evil.example/cb"] });
    for attacker in [server.app_with(&twin).await, server.app("Another App").await] {
        assert_ne!(attacker.id, app.id);
        let request = Request::of(&attacker, &server);
        browser.open(&request.url(&server)).await;
        assert_eq!(
            browser.page.left_for, None,
            "nobody is sent anywhere without a click"
        );
        assert!(browser.page.asks_consent());
        assert!(
            !browser.page.text().contains("Continue as"),
            "{}",
            browser.page.text()
        );
        let silent = request.set("prompt", "none");
        browser.open(&silent.url(&server)).await;
        assert_eq!(callback(&browser)["error"], "consent_required");
        let mut stranger = Browser::new(&server);
        stranger.open(&silent.url(&server)).await;
        assert_eq!(callback(&stranger)["error"], "login_required");
    }
}

/// Login CSRF: the attacker begins, the victim's browser is made to go on, or the other way round.
#[tokio::test]
async fn a_sign_in_goes_on_only_in_the_browser_where_it_began() {
    let (server, app) = scene().await;
    let mut here = Browser::new(&server);
    here.open(&Request::of(&app, &server).url(&server)).await;
    let form = here.page.forms().swap_remove(0);
    let mut fields = filled(&form, &[]);
    fields.push(("decision".to_owned(), "allow".to_owned()));
    let action = here.action_of(&form);

    let mut there = signed_in(&server, &server.app("Another App").await).await;
    let before = server.cli(&["grants", "list"]).await.ok();
    there.post(&action, &fields).await;
    assert_eq!(there.page.status, 400);
    assert_eq!(there.page.left_for, None);
    assert!(
        there.page.text().contains("another browser"),
        "{}",
        there.page.text()
    );
    assert_eq!(server.cli(&["grants", "list"]).await.ok(), before);

    let mut nowhere = Browser::new(&server);
    nowhere.post(&action, &fields).await;
    assert_eq!((nowhere.page.status, &nowhere.page.left_for), (400, &None));

    here.post(&action, &fields).await;
    here.press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    assert!(callback(&here).contains_key("code"), "the honest browser goes on");
}

/// Forged state: nothing on the pages is believed that this server did not hand out, and nothing twice.
#[tokio::test]
async fn forged_and_spent_handles_lead_nowhere() {
    let (server, app) = scene().await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    let form = browser.page.forms().swap_remove(0);
    let (action, honest) = (browser.action_of(&form), filled(&form, &[]));
    let with = |name: &str, value: &str| {
        let mut fields = honest.clone();
        fields.retain(|(known, _)| known != name);
        fields.push((name.to_owned(), value.to_owned()));
        fields.push(("decision".to_owned(), "allow".to_owned()));
        fields
    };
    let other = server.app("Another App").await;
    let mut second = browser.clone();
    second.open(&Request::of(&other, &server).url(&server)).await;
    let foreign = filled(&second.page.forms().swap_remove(0), &[]);
    let handle = foreign
        .iter()
        .find(|(name, _)| name == "sign_in")
        .expect("a handle")
        .1
        .clone();
    for (name, value) in [
        ("sign_in", "st_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("sign_in", ""),
        ("sign_in", &handle),
        ("csrf", "AAAA"),
        ("csrf", ""),
    ] {
        browser.post(&action, &with(name, value)).await;
        assert_eq!(browser.page.status, 400, "{name}={value}");
        assert_eq!(browser.page.left_for, None, "{name}={value}");
    }
    let mut deny = honest.clone();
    deny.push(("decision".to_owned(), "deny".to_owned()));
    browser.post(&action, &deny).await;
    assert_eq!(callback(&browser)["error"], "access_denied");
    browser.post(&action, &with("ignored", "x")).await;
    assert_eq!(
        (browser.page.status, &browser.page.left_for),
        (400, &None),
        "it is spent"
    );
}

/// Silent re-approval: consent is shortened for the same app, address and scopes alone, and always takes a click.
#[tokio::test]
async fn consent_is_shortened_only_where_nothing_changed() {
    let server = Server::start().await;
    server.person("alice").await;
    let uris = json!(["http://127.0.0.1:3999/callback", "https://other.example/cb"]);
    let app = server.app_with(&json!({ "redirect_uris": uris })).await;
    let request = || Request::of(&app, &server).set("scope", "chess offline_access");
    let mut browser = Browser::new(&server);
    server.walk(&mut browser, &request(), "alice").await;
    let mut asks = async |request: Request| {
        browser.open(&request.url(&server)).await;
        assert!(browser.page.asks_consent(), "a page, and nothing without a click");
        browser.page.text()
    };
    assert!(asks(request()).await.contains("Continue as"));
    assert!(
        asks(request().set("scope", "chess"))
            .await
            .contains("Continue as"),
        "less is fine"
    );
    for (changed, what) in [
        (
            request().set("scope", "chess offline_access profile"),
            "more scopes",
        ),
        (
            request().set("redirect_uri", "https://other.example/cb"),
            "another address",
        ),
        (request().set("prompt", "consent"), "the app wants it in full"),
    ] {
        let text = asks(changed).await;
        assert!(!text.contains("Continue as"), "{what}: {text}");
    }
    let list = server.cli(&["grants", "list"]).await.ok();
    for id in list.lines().filter_map(|line| line.split('\t').next()) {
        server.cli(&["grants", "revoke", id]).await.ok();
    }
    assert!(
        !asks(request()).await.contains("Continue as"),
        "what was cut is asked for in full"
    );
}

/// Silent re-approval, once more: an app whose document says something else now is asked for in full.
#[tokio::test]
async fn an_app_that_changed_is_asked_for_in_full() {
    let server = Server::start().await;
    server.person("alice").await;
    let site = crate::support::site::Site::open().await;
    let app = site.publish("/app.json", &json!({ "client_name": "Honest App" }));
    let mut browser = Browser::new(&server);
    server
        .walk(&mut browser, &Request::of(&app, &server), "alice")
        .await;
    browser.open(&Request::of(&app, &server).url(&server)).await;
    assert!(
        browser.page.text().contains("Continue as"),
        "{}",
        browser.page.text()
    );
    site.publish("/app.json", &json!({ "client_name": "Something Else" }));
    crate::client_documents::age(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    let text = browser.page.text();
    assert!(
        text.contains("Something Else") && !text.contains("Continue as"),
        "{text}"
    );
}
