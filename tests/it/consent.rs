//! The pages a person walks through: consent first, then sign-in, then back to the app.

use serde_json::json;

use crate::support::browser::filled;
use crate::support::html::tags;
use crate::support::oauth::{CALLBACK, Granted, PASSWORD, Request, callback};
use crate::support::{App, Browser, Home, Server, until};

/// A server with Alice's account and an app.
pub(crate) async fn scene() -> (Server, App) {
    let server = Server::start().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    (server, app)
}

async fn opened(server: &Server, app: &App) -> Browser {
    let mut browser = Browser::new(server);
    browser.open(&Request::of(app, server).url(server)).await;
    browser
}

/// A browser in which Alice has signed in for this app.
pub(crate) async fn signed_in(server: &Server, app: &App) -> Browser {
    let mut browser = Browser::new(server);
    server
        .walk(&mut browser, &Request::of(app, server), "alice")
        .await;
    browser
}

#[tokio::test]
async fn consent_says_who_asks_for_what_and_where_it_goes() {
    let (server, app) = scene().await;
    let page = opened(&server, &app).await.page;
    assert_eq!(page.status, 200);
    let text = page.text();
    for word in ["Test App", "127.0.0.1"] {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
    let form = &page.forms()[0];
    let labels: Vec<&str> = form.buttons.iter().map(|button| button.label.as_str()).collect();
    assert_eq!(labels[..2], ["Allow", "Deny"]);
    let values: Vec<&str> = form.buttons.iter().map(|button| button.value.as_str()).collect();
    assert_eq!(values[..2], ["allow", "deny"]);
    assert!(form.buttons[..2].iter().all(|button| button.name == "decision"));
    assert_eq!(form.method.to_ascii_lowercase(), "post");
    assert!(!form.action.contains('?'), "{}", form.action);
    let optional = form.inputs.iter().filter(|input| input.kind == "checkbox");
    assert!(
        optional
            .into_iter()
            .all(|input| input.name == "scope" && input.checked),
        "{form:?}"
    );
}

#[tokio::test]
async fn consent_comes_first_then_sign_in_then_the_app() {
    let (server, app) = scene().await;
    let mut browser = opened(&server, &app).await;
    assert!(browser.page.asks_consent() && !browser.page.asks_sign_in());
    browser.press("Allow", &[]).await;
    assert!(browser.page.asks_sign_in(), "{}", browser.page.text());
    let form = &browser.page.forms()[0];
    let names: Vec<&str> = form.inputs.iter().map(|input| input.name.as_str()).collect();
    assert!(
        names.contains(&"username") && names.contains(&"password"),
        "{names:?}"
    );
    assert_eq!(form.buttons[0].label, "Sign in");
    browser
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    assert_eq!(browser.page.redirects, [303]);
    assert!(callback(&browser).contains_key("code"));
}

#[tokio::test]
async fn deny_goes_back_without_asking_who_it_was() {
    let (server, app) = scene().await;
    let mut browser = opened(&server, &app).await;
    browser.press("Deny", &[]).await;
    let answer = callback(&browser);
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(answer["iss"], server.origin());
    assert_eq!(answer["state"], "st/4te+~%&=");
    assert_eq!(browser.page.redirects, [303]);
}

#[tokio::test]
async fn a_second_app_is_asked_for_in_the_same_browser() {
    let (server, app) = scene().await;
    let mut browser = signed_in(&server, &app).await;
    let other = server.app("Other App").await;
    browser.open(&Request::of(&other, &server).url(&server)).await;
    assert_eq!(browser.page.status, 200);
    assert_eq!(browser.page.left_for, None);
    assert!(browser.page.asks_consent());
    let text = browser.page.text();
    assert!(text.contains("Other App") && text.contains("alice"), "{text}");
    assert!(text.to_lowercase().contains("use another account"), "{text}");
    browser.press_allow().await;
    assert!(
        callback(&browser).contains_key("code"),
        "a live session needs no second sign-in"
    );
}

#[tokio::test]
async fn what_was_granted_before_still_takes_a_click() {
    let (server, app) = scene().await;
    let mut browser = signed_in(&server, &app).await;
    browser.open(&Request::of(&app, &server).url(&server)).await;
    assert_eq!(browser.page.left_for, None);
    assert!(browser.page.asks_consent());
    assert!(
        browser.page.text().contains("Continue as"),
        "{}",
        browser.page.text()
    );
    browser.press_allow().await;
    assert!(callback(&browser).contains_key("code"));
}

#[tokio::test]
async fn another_account_can_be_used() {
    let (server, app) = scene().await;
    server.person("bob").await;
    let mut browser = signed_in(&server, &app).await;
    let request = Request::of(&app, &server);
    browser.open(&request.url(&server)).await;
    let forms = browser.page.forms();
    let mut labels = forms
        .iter()
        .flat_map(|form| &form.buttons)
        .map(|button| button.label.clone());
    let other = labels.find(|label| label.to_lowercase().contains("another account"));
    browser
        .press(&other.expect("a button for another account"), &[])
        .await;
    if browser.page.asks_consent() {
        browser.press_allow().await;
    }
    assert!(browser.page.asks_sign_in(), "{}", browser.page.text());
    browser
        .press("Sign in", &[("username", "bob"), ("password", PASSWORD)])
        .await;
    let code = callback(&browser)["code"].clone();
    let bob = Granted {
        code,
        pkce: request.pkce,
        app: app.clone(),
    };
    let bob = crate::support::oauth::Tokens::of(&server.token(&bob.form()).await);
    let alice = server.sign_in(&app, "alice").await;
    assert_ne!(bob.claims()["sub"], alice.claims()["sub"]);
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let (server, app) = scene().await;
    let silent = Request::of(&app, &server).add("prompt", "none");
    let mut stranger = Browser::new(&server);
    stranger.open(&silent.url(&server)).await;
    assert_eq!(callback(&stranger)["error"], "login_required");

    let mut browser = signed_in(&server, &app).await;
    let other = server.app("Other App").await;
    for app in [&app, &other] {
        browser
            .open(&Request::of(app, &server).add("prompt", "none").url(&server))
            .await;
        let answer = callback(&browser);
        assert_eq!(answer["error"], "consent_required");
        assert_eq!(answer["iss"], server.origin());
    }
}

#[tokio::test]
async fn a_new_sign_in_can_be_demanded() {
    let (server, app) = scene().await;
    for (name, value) in [("prompt", "login"), ("max_age", "0")] {
        let mut browser = signed_in(&server, &app).await;
        browser
            .open(&Request::of(&app, &server).add(name, value).url(&server))
            .await;
        browser.press_allow().await;
        assert!(
            browser.page.asks_sign_in(),
            "{name}={value}: {}",
            browser.page.text()
        );
        browser
            .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
            .await;
        assert!(callback(&browser).contains_key("code"));
    }
}

#[tokio::test]
async fn who_fails_to_sign_in_learns_nothing() {
    let (server, app) = scene().await;
    server.person("carol").await;
    server.cli(&["users", "disable", "carol"]).await.ok();
    let mut seen = Vec::new();
    for (name, password) in [
        ("alice", "wrong"),
        ("nobody", "wrong"),
        ("carol", PASSWORD),
        ("", ""),
        ("alice", ""),
    ] {
        let mut browser = opened(&server, &app).await;
        browser.press("Allow", &[]).await;
        browser
            .press("Sign in", &[("username", name), ("password", password)])
            .await;
        assert_eq!(browser.page.left_for, None, "{name}");
        assert!(
            browser.page.asks_sign_in(),
            "it can be tried again: {}",
            browser.page.text()
        );
        assert!(!browser.page.body.contains("value=\"wrong\""));
        // The reference of the sign-in differs from page to page; the sentence must not.
        let sentences: Vec<String> = sentences(&browser);
        seen.push((name, browser.page.status, sentences));
    }
    let (_, status, sentences) = &seen[0];
    for (name, other_status, other) in &seen[1..3] {
        assert_eq!((status, sentences), (other_status, other), "{name:?}");
    }
    assert!((400..500).contains(status), "{status}");
}

/// The words of a sign-in page that are the same for everybody.
fn sentences(browser: &Browser) -> Vec<String> {
    let text = browser.page.text();
    let words = text
        .split_whitespace()
        .filter(|word| word.chars().all(|c| c.is_alphabetic() || ".,'".contains(c)));
    // References are ten letters and digits; a word of letters only is kept unless it looks like one.
    words.filter(|word| word.len() != 10).map(str::to_owned).collect()
}

#[tokio::test]
async fn after_a_slip_the_right_password_still_works() {
    let (server, app) = scene().await;
    let mut browser = opened(&server, &app).await;
    browser.press("Allow", &[]).await;
    browser
        .press("Sign in", &[("username", "alice"), ("password", "wrong")])
        .await;
    browser
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    assert!(callback(&browser).contains_key("code"));
}

#[tokio::test]
async fn guessing_passwords_locks_the_account_for_a_while() {
    let (server, app) = scene().await;
    let mut browser = opened(&server, &app).await;
    browser.press("Allow", &[]).await;
    for _ in 0..30 {
        if !browser.page.asks_sign_in() {
            break;
        }
        browser
            .press("Sign in", &[("username", "alice"), ("password", "guess")])
            .await;
    }
    let mut right = opened(&server, &app).await;
    right.press("Allow", &[]).await;
    right
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    assert_eq!(
        right.page.left_for, None,
        "the right password during the lock-out"
    );
    assert!(right.page.status < 500);
}

#[tokio::test]
async fn every_page_is_protected_against_framing_and_scripts() {
    let (server, app) = scene().await;
    let mut pages = Vec::new();
    let mut browser = opened(&server, &app).await;
    pages.push(("consent", browser.page.clone()));
    browser.press("Allow", &[]).await;
    pages.push(("sign-in", browser.page.clone()));
    browser
        .press("Sign in", &[("username", "alice"), ("password", "wrong")])
        .await;
    pages.push(("sign-in again", browser.page.clone()));
    browser
        .open(&Request::of(&app, &server).set("client_id", "nobody").url(&server))
        .await;
    pages.push(("error", browser.page.clone()));
    browser.open(&format!("{}/", server.origin())).await;
    pages.push(("front", browser.page.clone()));
    for (name, page) in pages {
        let policy = page.header("content-security-policy");
        for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(directive), "{name}: {policy}");
        }
        assert!(!policy.contains("form-action"), "{name}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{name}: {policy}");
        assert_eq!(page.header("cross-origin-opener-policy"), "", "{name}");
        assert_eq!(page.header("x-frame-options").to_uppercase(), "DENY", "{name}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{name}");
        assert!(page.header("cache-control").contains("no-store"), "{name}");
        assert!(!tags(&page.body).iter().any(|tag| tag.name == "script"), "{name}");
        let handlers = tags(&page.body).into_iter().flat_map(|tag| tag.attributes);
        assert!(
            !handlers.into_iter().any(|(key, _)| key.starts_with("on")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn names_of_apps_are_text_and_nothing_else() {
    let server = Server::start().await;
    let plain = server.app("Plain").await;
    let ordinary = tags(&opened(&server, &plain).await.page.body);
    let names = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "</title><b>x</b>",
        "' autofocus onfocus='alert(1)",
        "<!-- ",
        "]]>",
        "&lt;b&gt;",
        "{{ 7*7 }}",
        "<style>*{display:none}</style>",
        "<a href=javascript:alert(1)>x</a>",
        "<form action=https://evil.example>",
    ];
    for name in names {
        let reply = server
            .register(&crate::support::oauth::registration(
                &json!({ "client_name": name }),
            ))
            .await;
        let reply = reply.expect(201).json();
        let app = App {
            id: reply["client_id"].as_str().unwrap().into(),
            secret: None,
            redirect_uri: CALLBACK.into(),
        };
        let page = opened(&server, &app).await.page;
        assert_eq!(page.status, 200);
        let shape = |tags: &[crate::support::html::Tag]| -> Vec<(String, Vec<String>)> {
            let keys =
                |tag: &crate::support::html::Tag| tag.attributes.iter().map(|(key, _)| key.clone()).collect();
            tags.iter().map(|tag| (tag.name.clone(), keys(tag))).collect()
        };
        assert_eq!(shape(&tags(&page.body)), shape(&ordinary), "{name}");
    }
}

#[tokio::test]
async fn forms_are_taken_only_from_our_own_pages() {
    let (server, app) = scene().await;
    let browser = opened(&server, &app).await;
    let form = browser.page.forms()[0].clone();
    let mut fields = filled(&form, &[]);
    fields.push(("decision".into(), "allow".into()));
    let url = browser.reach(&browser.action_of(&form));
    let post = || server.http().post(&url).form(&fields);

    let foreign = [
        post()
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site"),
        post().header("origin", "https://evil.example"),
        post()
            .header("origin", server.origin())
            .header("sec-fetch-site", "cross-site"),
        post()
            .header("origin", server.origin())
            .header("sec-fetch-site", "same-site"),
        post().header("origin", "null"),
        post(),
    ];
    for request in foreign {
        let reply = browser.once(request).await;
        assert_eq!(reply.status, 403, "{}", reply.body);
        assert_eq!(reply.header("location"), "");
    }

    let mut without = fields.clone();
    without.retain(|(name, value)| !is_token(name, value));
    assert!(
        without.len() < fields.len(),
        "the form holds a value against forgery: {fields:?}"
    );
    for tampered in [
        without,
        fields
            .iter()
            .cloned()
            .map(|(name, value)| twisted(name, value))
            .collect(),
    ] {
        let request = server.http().post(&url).form(&tampered);
        let request = request
            .header("origin", server.origin())
            .header("sec-fetch-site", "same-origin");
        let reply = browser.once(request).await;
        assert!(
            (400..500).contains(&reply.status),
            "{tampered:?}: {}",
            reply.status
        );
        assert_eq!(reply.header("location"), "");
    }

    let elsewhere = Browser::new(&server);
    let request = server.http().post(&url).form(&fields);
    let reply = elsewhere.once(request.header("origin", server.origin())).await;
    assert!(
        !reply.header("location").starts_with(CALLBACK),
        "another browser has no part in it"
    );

    let own = post().header("origin", server.origin());
    let reply = browser.once(own).await;
    assert!(
        matches!(reply.status, 200 | 303),
        "old browsers send only Origin: {} {}",
        reply.status,
        reply.body
    );
}

/// Hidden values that are neither scope nor decision: transaction and CSRF value.
fn is_token(name: &str, value: &str) -> bool {
    !matches!(name, "scope" | "decision") && value.len() >= 16
}

fn twisted(name: String, value: String) -> (String, String) {
    if !is_token(&name, &value) {
        return (name, value);
    }
    let last = if value.ends_with('A') { 'B' } else { 'A' };
    let kept: String = value.chars().take(value.chars().count() - 1).collect();
    (name, format!("{kept}{last}"))
}

#[tokio::test]
async fn decisions_are_posted_never_fetched() {
    let (server, app) = scene().await;
    let mut browser = opened(&server, &app).await;
    let form = browser.page.forms()[0].clone();
    let mut fields = filled(&form, &[]);
    fields.push(("decision".into(), "allow".into()));
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&fields)
        .finish();
    let action = browser.action_of(&form);
    browser.open(&format!("{action}?{query}")).await;
    assert_eq!(browser.page.left_for, None);
    assert!(
        (400..500).contains(&browser.page.status),
        "{}",
        browser.page.status
    );
}

#[tokio::test]
async fn a_page_rendered_twice_can_be_submitted_from_either() {
    let (server, app) = scene().await;
    let request = Request::of(&app, &server);
    let mut browser = Browser::new(&server);
    browser.open(&request.url(&server)).await;
    let first = browser.page.clone();
    browser.open(&request.url(&server)).await;
    browser.page = first;
    browser.press("Allow", &[]).await;
    assert!(browser.page.asks_sign_in(), "{}", browser.page.text());
}

#[tokio::test]
async fn a_double_click_on_allow_does_no_harm() {
    let (server, app) = scene().await;
    let mut browser = opened(&server, &app).await;
    let consent = browser.page.clone();
    browser.press("Allow", &[]).await;
    assert!(browser.page.asks_sign_in());
    browser.page = consent;
    browser.press("Allow", &[]).await;
    assert!(browser.page.asks_sign_in(), "{}", browser.page.text());
    browser
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    assert!(callback(&browser).contains_key("code"));
}

#[tokio::test]
async fn cookies_are_out_of_reach_and_change_at_sign_in() {
    let (server, app) = scene().await;
    let mut browser = opened(&server, &app).await;
    browser.press("Allow", &[]).await;
    let before = browser.cookies.clone();
    browser
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    assert!(!browser.set_cookies.is_empty());
    for line in &browser.set_cookies {
        let line = line.to_ascii_lowercase();
        assert!(
            line.contains("httponly") && line.contains("samesite=lax"),
            "{line}"
        );
        assert!(line.contains("path=/") && !line.contains("domain="), "{line}");
    }
    let fresh = browser
        .cookies
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value))
        .count();
    assert!(
        fresh > 0,
        "a session that was there before the sign-in went on: {:?}",
        browser.cookies
    );

    // A planted cookie must not become the session of the person who signs in.
    let session: Vec<String> = browser
        .cookies
        .keys()
        .filter(|name| !before.contains_key(*name))
        .cloned()
        .collect();
    assert!(
        !session.is_empty(),
        "a session begins with the sign-in: {:?}",
        browser.cookies
    );
    let mut victim = Browser::new(&server);
    victim.cookies = session
        .iter()
        .map(|name| (name.clone(), "planted-value-0123456789".to_owned()))
        .collect();
    server
        .walk(&mut victim, &Request::of(&app, &server), "alice")
        .await;
    assert!(
        !victim
            .cookies
            .values()
            .any(|value| value.contains("planted-value")),
        "{:?}",
        victim.cookies
    );
}

#[tokio::test]
async fn behind_https_the_cookies_are_bound_to_the_host() {
    let server = Home::new()
        .set("PUBLIC_URL", "https://chess.example")
        .serve()
        .await;
    let app = server.app("Test App").await;
    let request = Request::of(&app, &server).set("resource", "https://chess.example/mcp");
    let url = server.reach(&request.url(&server));
    let reply = crate::support::Reply::to(server.http().get(url).header("host", "chess.example"))
        .await
        .expect(200);
    let lines: Vec<&str> = reply
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap())
        .collect();
    assert!(!lines.is_empty());
    for line in lines {
        assert!(
            line.starts_with("__Host-") && line.to_ascii_lowercase().contains("secure"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_disabled_persons_session_is_over() {
    let (server, app) = scene().await;
    let mut browser = signed_in(&server, &app).await;
    server.cli(&["users", "disable", "alice"]).await.ok();
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press_allow().await;
    assert!(browser.page.asks_sign_in(), "{}", browser.page.text());
}

#[tokio::test]
async fn a_sign_in_left_lying_does_not_outlive_its_code() {
    let server = Home::new().set("CODE_TTL", "4").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let granted = server.code(&app, "alice").await;
    let stale = server.code(&app, "alice").await;
    server.token(&granted.form()).await.expect(200);
    // Wait for the clock itself: a code made now and one made before are a second apart at the end.
    let made = std::time::Instant::now();
    until("the code runs out", async || {
        made.elapsed() > std::time::Duration::from_millis(5100)
    })
    .await;
    assert_eq!(
        server.token(&stale.form()).await.oauth_error(400),
        "invalid_grant"
    );
}

/// The consent form as it is sent with only these boxes ticked.
async fn allow_with(browser: &mut Browser, ticked: &[&str]) {
    let form = browser.page.forms().swap_remove(0);
    let mut fields = filled(&form, &[]);
    fields.retain(|(name, value)| name != "scope" || ticked.contains(&value.as_str()));
    fields.push(("decision".to_owned(), "allow".to_owned()));
    let action = browser.action_of(&form);
    browser.post(&action, &fields).await;
}

#[tokio::test]
async fn optional_scopes_can_be_left_out() {
    let server = Server::start().await;
    server.person("anna").await;
    let app = server.app("Curious").await;
    let everything = "chess offline_access openid profile email";
    for (ticked, granted) in [
        (&["offline_access", "profile", "email"][..], everything),
        (&["offline_access", "email"], "chess offline_access openid email"),
        (&[], "chess openid"),
    ] {
        let request = Request::of(&app, &server).set("scope", everything);
        let mut browser = Browser::new(&server);
        browser.open(&request.url(&server)).await;
        allow_with(&mut browser, ticked).await;
        browser
            .press("Sign in", &[("username", "anna"), ("password", PASSWORD)])
            .await;
        let code = callback(&browser)["code"].clone();
        let pkce = request.pkce;
        let app = app.clone();
        let reply = server
            .token(&Granted { code, pkce, app }.form())
            .await
            .expect(200);
        assert_eq!(reply.json()["scope"], granted);
        assert!(reply.json()["refresh_token"].is_string(), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_connection_that_need_not_last_ends_after_a_day() {
    let server = Server::start().await;
    server.person("anna").await;
    let app = server.app("Brief").await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    allow_with(&mut browser, &[]).await;
    browser
        .press("Sign in", &[("username", "anna"), ("password", PASSWORD)])
        .await;
    callback(&browser);
    server.sign_in(&server.app("Lasting").await, "anna").await;
    let list = server.cli(&["grants", "list"]).await.ok();
    let day = |app: &str, word: &str| {
        let line = list
            .lines()
            .find(|line| line.contains(app))
            .expect("a line for the app");
        let (_, date) = line.split_once(word).expect("the line says when");
        date.chars().take(10).collect::<String>()
    };
    assert!(day("Brief", "until ") < day("Lasting", "until "), "{list}");
    assert!(day("Brief", "since ") <= day("Brief", "until "), "{list}");
}
