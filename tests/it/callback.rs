//! The way back from a provider: in the right browser, with a state of ours, once; and what a person can do where it
//! ends badly.

use crate::providers::{scene, two_doors};
use crate::support::browser::{Page, filled};
use crate::support::html::tags;
use crate::support::idp::{Fault, Kind, MARKUP, Person, Provider};
use crate::support::oauth::{CALLBACK, Granted, Request, Tokens, callback};
use crate::support::{App, Browser, Reply, Server};

/// The labels of all buttons on a page.
fn labels(page: &Page) -> Vec<String> {
    let buttons = page.forms().into_iter().flat_map(|form| form.buttons);
    buttons.map(|button| button.label).collect()
}

/// A browser at the provider's door, and the address to which it will be sent back.
async fn way_back(server: &Server, app: &App, provider: &Provider) -> (Browser, String) {
    let browser = server.at_provider(&Request::of(app, server), provider).await;
    let back = browser.sent_back(provider).await;
    (browser, back)
}

/// The same address with another value for one parameter.
fn with(back: &str, name: &str, value: &str) -> String {
    let mut url = url::Url::parse(back).unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let others = pairs.iter().filter(|(known, _)| known != name);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(others).append_pair(name, value);
    url.set_query(Some(&query.finish()));
    url.into()
}

fn state_of(back: &str) -> String {
    let url = url::Url::parse(back).unwrap();
    let found = url.query_pairs().find(|(name, _)| name == "state");
    found.expect("a state comes back").1.into_owned()
}

#[track_caller]
fn assert_stays(page: &Page, status: u16, what: &str) {
    assert_eq!(page.status, status, "{what}: {}", page.text());
    assert_eq!(page.left_for, None, "{what}");
    assert_eq!(page.header("location"), "", "{what}");
}

/// Consent in one browser, the answer in another: the link of an attacker, or an app that opens another web view.
#[tokio::test]
async fn the_answer_in_another_browser_is_asked_about_first() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let request = Request::of(&app, &server);
    let mut here = Browser::new(&server);
    here.open(&request.url(&server)).await;
    let consent = here.page.clone();
    here.press_allow().await;
    let back = here.sent_back(&provider).await;

    let mut there = Browser::new(&server);
    there.arrive(&back).await;
    assert_stays(&there.page, 200, "the other browser");
    assert!(there.page.asks_consent());
    let text = there.page.text();
    assert!(
        text.contains("Test App") && text.contains("You are signed in as Alice"),
        "{text}"
    );
    assert_eq!(server.rows("authorization_codes"), 0);
    assert_eq!(server.rows("grants"), 0);
    assert_eq!(server.events("binding_mismatch").len(), 1);
    let mut account = there.clone();
    account.visit("/account").await;
    assert!(
        !account.page.text().contains("Connected apps"),
        "nobody is signed in without a click"
    );

    here.arrive(&back).await;
    assert_stays(&here.page, 400, "the first browser, too late");
    here.page = consent;
    here.press_allow().await;
    assert_stays(&here.page, 400, "what was allowed there is over");
    there.press_allow().await;
    let code = callback(&there)["code"].clone();
    let granted = Granted {
        code,
        pkce: request.pkce,
        app,
    };
    let tokens = Tokens::of(&server.token(&granted.form()).await);
    assert!(server.admits(&tokens.access).await);
    assert_eq!(provider.exchanges().len(), 1);
    assert_eq!(server.events("login_ok"), ["keycloak"]);
    there.visit("/account").await;
    assert!(there.page.text().contains("Alice"), "{}", there.page.text());
}

#[tokio::test]
async fn in_another_browser_another_account_can_be_used() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    provider.person(Person::mallory());
    let (_, back) = way_back(&server, &app, &provider).await;
    let mut there = Browser::new(&server);
    there.arrive(&back).await;
    there.press("Use another account", &[]).await;
    let visit = provider.visits().remove(0);
    provider.person(Person::bob());
    there.go_through(&provider).await;
    assert!(callback(&there).contains_key("code"));
    let next = provider.visits().remove(1);
    assert_eq!(next.parameter("prompt"), "select_account");
    assert_ne!(next.parameter("state"), visit.parameter("state"));
    there.visit("/account").await;
    assert!(there.page.text().contains("Bob"), "{}", there.page.text());
    assert_eq!(server.rows("authorization_codes"), 1);
}

#[tokio::test]
async fn in_another_browser_it_can_be_denied() {
    let (provider, server, app) = scene(Kind::GitHub).await;
    let (_, back) = way_back(&server, &app, &provider).await;
    let mut there = Browser::new(&server);
    there.arrive(&back).await;
    assert!(there.page.asks_consent(), "{}", there.page.text());
    let form = there.page.forms().remove(0);
    let mut fields = filled(&form, &[]);
    fields.push(("decision".to_owned(), "allow".to_owned()));
    let action = there.action_of(&form);
    let mut third = Browser::new(&server);
    third.post(&action, &fields).await;
    assert_stays(&third.page, 400, "a third browser");
    there.press("Deny", &[]).await;
    let answer = callback(&there);
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(answer["iss"], server.origin());
    assert_eq!(server.rows("authorization_codes"), 0);
}

/// The cookie of another sign-in, or of another person's session, binds nothing.
#[tokio::test]
async fn a_browser_is_not_right_because_somebody_is_signed_in_there() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let mut victim = server.at_account_through(&provider, &Person::bob()).await;
    provider.person(Person::mallory());
    let (_, back) = way_back(&server, &app, &provider).await;
    victim.arrive(&back).await;
    assert_stays(&victim.page, 200, "the browser of somebody else");
    assert!(victim.page.text().contains("Mallory"), "{}", victim.page.text());
    assert_eq!(server.rows("authorization_codes"), 0);
    victim.visit("/account").await;
    assert!(victim.page.text().contains("Bob"), "{}", victim.page.text());
}

/// Login CSRF: whoever is made to follow the link of an attacker is not in the attacker's account afterwards.
#[tokio::test]
async fn an_account_is_entered_only_where_that_began() {
    let (google, _, server, _) = two_doors().await;
    google.person(Person::mallory());
    let mut begins = Browser::new(&server);
    begins.visit("/account").await;
    begins.choose(&google).await;
    let back = begins.sent_back(&google).await;
    let mut victim = server.at_account_through(&google, &Person::alice()).await;
    let mut nobody = Browser::new(&server);
    for browser in [&mut victim, &mut nobody] {
        browser.arrive(&back).await;
        assert_eq!(browser.page.left_for, None);
        browser.visit("/account").await;
        assert!(
            !browser.page.text().contains("Mallory"),
            "{}",
            browser.page.text()
        );
    }
    victim.visit("/account").await;
    assert!(victim.page.text().contains("Alice"), "{}", victim.page.text());
    begins.arrive(&back).await;
    assert_stays(&begins.page, 400, "the state is used up");
}

/// Whatever a request claims about names and proxies, people are sent back to the address that was set.
#[tokio::test]
async fn the_way_back_leads_to_us_and_nowhere_else() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-original-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
    ] {
        let mut browser = Browser::new(&server);
        browser.open(&Request::of(&app, &server).url(&server)).await;
        let form = browser.page.forms().remove(0);
        let mut fields = filled(&form, &[]);
        fields.push(("decision".to_owned(), "allow".to_owned()));
        let url = browser.reach(&browser.action_of(&form));
        let request = server.http().post(url).form(&fields).header(name, value);
        let request = request
            .header("origin", server.origin())
            .header("sec-fetch-site", "same-origin");
        let reply = browser.once(request).await.expect(303);
        let there = url::Url::parse(reply.header("location")).unwrap();
        let mut pairs = there.query_pairs();
        let sent = pairs.find(|(known, _)| known == "redirect_uri").unwrap().1;
        assert_eq!(sent, server.callback_of(provider.kind()), "{name}");
    }
}

/// Forged state: nothing is believed that was not handed out, and nothing goes to the provider.
#[tokio::test]
async fn states_that_are_not_ours_lead_nowhere() {
    let (google, keycloak, server, app) = two_doors().await;
    let (browser, back) = way_back(&server, &app, &keycloak).await;
    let state = state_of(&back);
    let elsewhere = back.replace("/callback/keycloak", "/callback/google");
    assert_ne!(elsewhere, back);
    let mut longer = state.clone();
    longer.push('A');
    let forged = [
        with(&back, "state", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        with(&back, "state", ""),
        with(&back, "state", &longer),
        with(&back, "state", &state[1..]),
        with(&back, "state", "' OR 1=1 --"),
        format!("{back}&state={state}"),
        format!("{back}&code=another"),
        elsewhere,
        server.callback_of(Kind::OpenId),
        format!("{}?code=x", server.callback_of(Kind::OpenId)),
        format!("{}?error=access_denied", server.callback_of(Kind::OpenId)),
    ];
    for url in forged {
        let mut other = browser.clone();
        other.arrive(&url).await;
        assert_stays(&other.page, 400, &url);
        assert!(labels(&other.page).is_empty(), "{url}");
    }
    let mut nowhere = browser.clone();
    nowhere
        .arrive(&back.replace("/callback/keycloak", "/callback/nobody"))
        .await;
    assert!(
        matches!(nowhere.page.status, 400 | 404),
        "{}",
        nowhere.page.status
    );
    assert_eq!(nowhere.page.left_for, None);
    assert!(google.exchanges().is_empty() && keycloak.exchanges().is_empty());
    assert_eq!(server.rows("authorization_codes"), 0);
}

#[tokio::test]
async fn a_state_is_good_once() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let (mut browser, back) = way_back(&server, &app, &provider).await;
    browser.arrive(&back).await;
    assert!(callback(&browser).contains_key("code"));
    browser.arrive(&back).await;
    assert_stays(&browser.page, 400, "once more");
    assert_eq!(provider.exchanges().len(), 1);

    for fault in [Fault::Denies, Fault::TokenFails, Fault::WrongNonce] {
        provider.misbehave(fault);
        let (mut browser, back) = way_back(&server, &app, &provider).await;
        browser.arrive(&back).await;
        assert_eq!(browser.page.left_for, None, "{fault:?}");
        provider.behave();
        let asked = provider.exchanges().len();
        for again in [back.clone(), with(&back, "code", "another")] {
            browser.arrive(&again).await;
            assert_stays(&browser.page, 400, "after a failure");
        }
        assert_eq!(provider.exchanges().len(), asked, "{fault:?}");
    }
    assert_eq!(server.rows("authorization_codes"), 1);
}

/// Who leaves twice for one sign-in comes back once, whoever that is.
#[tokio::test]
async fn a_finished_sign_in_is_not_finished_again() {
    let (google, keycloak, server, app) = two_doors().await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press_allow().await;
    let mut again = browser.clone();
    browser.choose(&google).await;
    let back = browser.sent_back(&google).await;
    again.choose(&keycloak).await;
    keycloak.person(Person::mallory());
    let other = again.sent_back(&keycloak).await;
    browser.arrive(&back).await;
    assert!(callback(&browser).contains_key("code"));
    browser.arrive(&other).await;
    assert_stays(&browser.page, 200, "already connected");
    assert_eq!(server.rows("authorization_codes"), 1);
    browser.visit("/account").await;
    assert!(browser.page.text().contains("Alice"), "{}", browser.page.text());
}

#[tokio::test]
async fn a_state_runs_out() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let (mut browser, back) = way_back(&server, &app, &provider).await;
    server.age_sign_ins();
    browser.arrive(&back).await;
    assert_stays(&browser.page, 400, "too late");
    assert!(provider.exchanges().is_empty());
}

#[tokio::test]
async fn of_many_arrivals_one_is_heard() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let (browser, back) = way_back(&server, &app, &provider).await;
    let mut arrivals = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (browser, request) = (browser.clone(), server.http().get(&back));
        arrivals.spawn(async move { browser.once(request).await });
    }
    let answers = arrivals.join_all().await;
    let (heard, refused): (Vec<Reply>, Vec<Reply>) =
        answers.into_iter().partition(|reply| reply.status == 303);
    assert_eq!(heard.len(), 1);
    assert!(refused.iter().all(|reply| reply.status == 400), "{refused:?}");
    assert_eq!(provider.exchanges().len(), 1);
    assert_eq!(server.rows("authorization_codes"), 1);
}

#[tokio::test]
async fn only_a_link_leads_back() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let (mut browser, back) = way_back(&server, &app, &provider).await;
    let path = server.callback_of(Kind::OpenId);
    let (_, query) = back.split_once('?').unwrap();
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let posted = browser.once(server.http().post(&path).form(&fields)).await;
    assert_eq!(posted.status, 405, "{}", posted.body);
    assert!(provider.exchanges().is_empty());
    browser.arrive(&back).await;
    assert!(callback(&browser).contains_key("code"), "nothing was used up");
}

#[tokio::test]
async fn who_refuses_at_the_provider_can_go_back_or_try_again() {
    let (google, keycloak, server, app) = two_doors().await;
    keycloak.misbehave(Fault::Denies);
    let mut browser = server.at_provider(&Request::of(&app, &server), &keycloak).await;
    browser.go_through(&keycloak).await;
    assert_stays(&browser.page, 403, "refused");
    assert_eq!(
        labels(&browser.page),
        ["Try again", "Continue with Google", "Back to the app"]
    );
    let form = browser.page.forms().remove(0);
    assert_eq!(form.action, "/oauth/sign-in");
    let values: Vec<&str> = form.buttons.iter().map(|button| button.value.as_str()).collect();
    assert_eq!(values, ["keycloak", "google", "access_denied"]);
    assert!(!browser.heard.contains("from the provider"));

    let mut gone = browser.clone();
    gone.press("Back to the app", &[]).await;
    assert_eq!(gone.page.redirects, [303]);
    let answer = callback(&gone);
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(answer["state"], "st/4te+~%&=");
    assert_eq!(answer["iss"], server.origin());
    assert!(!answer.contains_key("code"));
    let left = gone.page.left_for.as_ref().unwrap().as_str();
    assert!(left.starts_with(CALLBACK) && !left.contains("alert"), "{left}");

    let mut browser = server.at_provider(&Request::of(&app, &server), &keycloak).await;
    browser.go_through(&keycloak).await;
    keycloak.behave();
    browser.press("Try again", &[]).await;
    browser.go_through(&keycloak).await;
    assert!(callback(&browser).contains_key("code"));
    let visits = keycloak.visits();
    let prompts: Vec<&str> = visits.iter().map(|visit| visit.parameter("prompt")).collect();
    assert_eq!(prompts, ["", "", "select_account"]);
    let states: std::collections::BTreeSet<&str> =
        visits.iter().map(|visit| visit.parameter("state")).collect();
    assert_eq!(states.len(), 3);
    assert!(google.visits().is_empty());
}

#[tokio::test]
async fn another_provider_can_be_taken_instead() {
    let (google, keycloak, server, app) = two_doors().await;
    keycloak.misbehave(Fault::Denies);
    let mut browser = server.at_provider(&Request::of(&app, &server), &keycloak).await;
    browser.go_through(&keycloak).await;
    browser.choose(&google).await;
    browser.go_through(&google).await;
    assert!(callback(&browser).contains_key("code"));
    assert_eq!(server.events("login_ok"), ["google"]);
    let failed = server.events("login_failed");
    assert!(
        failed.len() == 1 && failed[0].starts_with("keycloak: "),
        "{failed:?}"
    );
}

#[tokio::test]
async fn what_a_provider_says_is_not_shown() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    for (fault, status, error) in [
        (Fault::Denies, 403, "access_denied"),
        (Fault::Fails, 502, "server_error"),
        (Fault::FailsInMarkup, 502, "server_error"),
        (Fault::TokenRefused, 502, "server_error"),
        (Fault::TokenFails, 503, "temporarily_unavailable"),
    ] {
        provider.misbehave(fault);
        let mut browser = server.at_provider(&Request::of(&app, &server), &provider).await;
        browser.go_through(&provider).await;
        assert_stays(&browser.page, status, &format!("{fault:?}"));
        assert!(!tags(&browser.page.body).iter().any(|tag| tag.name == "script"));
        assert!(
            !browser.page.text().contains("from the provider"),
            "{fault:?}: not even as text"
        );
        assert_eq!(browser.page.header("x-frame-options"), "DENY");
        let policy = browser.page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(browser.page.header("cache-control").contains("no-store"));
        browser.press("Back to the app", &[]).await;
        let answer = callback(&browser);
        assert_eq!(answer["error"], error, "{fault:?}");
        assert_eq!(answer["state"], "st/4te+~%&=");
        assert_eq!(answer["iss"], server.origin());
        assert!(!format!("{answer:?}").contains("alert"), "{answer:?}");
    }
    assert!(MARKUP.contains("from the provider"));
    assert_eq!(server.rows("authorization_codes"), 0);
}

#[tokio::test]
async fn an_error_in_another_browser_has_no_buttons() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    provider.misbehave(Fault::Denies);
    let (mut here, back) = way_back(&server, &app, &provider).await;
    let mut there = Browser::new(&server);
    there.arrive(&back).await;
    assert_stays(&there.page, 403, "another browser");
    assert!(there.page.forms().is_empty(), "{}", there.page.body);
    here.arrive(&back).await;
    assert_stays(&here.page, 400, "the state is used up");
}

#[tokio::test]
async fn giving_up_is_for_the_person_alone() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    provider.misbehave(Fault::Denies);
    let mut browser = server.at_provider(&Request::of(&app, &server), &provider).await;
    browser.go_through(&provider).await;
    let form = browser.page.forms().remove(0);
    let action = browser.action_of(&form);
    let fields = |changed: &str, value: &str| {
        let mut fields = filled(&form, &[]);
        fields.push(("give_up".to_owned(), "access_denied".to_owned()));
        fields.retain(|(name, _)| name != changed);
        fields.push((changed.to_owned(), value.to_owned()));
        fields
    };
    let url = browser.reach(&action);
    let posted = server.http().post(&url).form(&fields("x", "x"));
    let foreign = posted
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(browser.once(foreign).await.status, 403);
    for (name, value) in [
        ("csrf", ""),
        ("csrf", "AAAA"),
        ("sign_in", ""),
        ("give_up", "invalid_scope&code=x"),
        ("give_up", MARKUP),
    ] {
        let mut other = browser.clone();
        other.post(&action, &fields(name, value)).await;
        assert_stays(&other.page, 400, &format!("{name}={value}"));
    }
    let mut stranger = Browser::new(&server);
    stranger.post(&action, &fields("x", "x")).await;
    assert_stays(&stranger.page, 400, "another browser");
    browser.press("Back to the app", &[]).await;
    assert_eq!(callback(&browser)["error"], "access_denied");
    browser.post(&action, &fields("x", "x")).await;
    assert_stays(&browser.page, 400, "it is over");
}

/// Nobody is sent to a provider before they have allowed the app that asks.
#[tokio::test]
async fn consent_comes_before_the_provider_hears_of_it() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let request = Request::of(&app, &server);
    let mut browser = Browser::new(&server);
    browser.open(&request.url(&server)).await;
    assert_stays(&browser.page, 200, "consent");
    assert!(browser.page.asks_consent());
    for (name, value) in [
        ("prompt", "login"),
        ("prompt", "select_account"),
        ("max_age", "0"),
    ] {
        let mut other = Browser::new(&server);
        other.open(&request.clone().add(name, value).url(&server)).await;
        assert_stays(&other.page, 200, value);
    }
    let mut silent = Browser::new(&server);
    silent
        .open(&request.clone().set("prompt", "none").url(&server))
        .await;
    assert_eq!(callback(&silent)["error"], "login_required");
    let mut denied = browser.clone();
    denied.press("Deny", &[]).await;
    assert_eq!(callback(&denied)["error"], "access_denied");
    assert!(provider.visits().is_empty(), "nobody was sent there");

    let mut browser = Browser::new(&server);
    browser.open(&request.url(&server)).await;
    browser.press_allow().await;
    let there = browser.page.left_for.as_ref().expect("now it is time");
    assert!(there.as_str().starts_with(&provider.url("")), "{there}");
}

/// Confused deputy: one app that anybody can register rides on what the person allowed another one, over the one
/// client that we are at the provider.
#[tokio::test]
async fn confused_deputy_the_provider_remembers_and_we_still_ask() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let mut browser = Browser::new(&server);
    server
        .walk_through(&mut browser, &Request::of(&app, &server), &provider)
        .await;
    let twin = serde_json::json!({ "client_name": "Test App", "redirect_uris": ["https://evil.example/cb"] });
    for attacker in [server.app_with(&twin).await, server.app("Another App").await] {
        let request = Request::of(&attacker, &server);
        for prompt in ["", "login", "consent"] {
            let asked = match prompt {
                "" => request.clone(),
                prompt => request.clone().add("prompt", prompt),
            };
            browser.open(&asked.url(&server)).await;
            assert_stays(&browser.page, 200, prompt);
            assert!(browser.page.asks_consent());
            assert!(!browser.page.text().contains("Continue as"));
        }
        let silent = request.set("prompt", "none");
        browser.open(&silent.url(&server)).await;
        assert_eq!(callback(&browser)["error"], "consent_required");
        let mut stranger = Browser::new(&server);
        stranger.open(&silent.url(&server)).await;
        assert_eq!(callback(&stranger)["error"], "login_required");
    }
    assert_eq!(provider.visits().len(), 1, "nobody was sent there again");
    assert_eq!(server.rows("authorization_codes"), 1);
}

/// Session fixation: no cookie from before the way through the provider opens anything afterwards.
#[tokio::test]
async fn the_way_back_begins_a_new_session() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let session = "chess-mcp-session";
    let planted = server
        .at_account_through(&provider, &Person::mallory())
        .await
        .cookies[session]
        .clone();
    provider.person(Person::alice());
    let (mut victim, back) = way_back(&server, &app, &provider).await;
    victim.cookies.insert(session.to_owned(), planted.clone());
    victim.arrive(&back).await;
    assert!(callback(&victim).contains_key("code"));
    assert_ne!(victim.cookies[session], planted);
    victim.visit("/account").await;
    assert!(victim.page.text().contains("Alice"), "{}", victim.page.text());
    let mut mallory = Browser::new(&server);
    mallory.cookies.insert(session.to_owned(), planted);
    mallory.visit("/account").await;
    assert!(!mallory.page.text().contains("Alice"));
}

#[tokio::test]
async fn a_sign_in_survives_a_restart_on_its_way() {
    let (provider, server, app) = scene(Kind::GitHub).await;
    let (browser, back) = way_back(&server, &app, &provider).await;
    let server = server.crash_and_restart().await;
    let request = server.http().get(server.reach(&back));
    let reply = browser.once(request).await.expect(303);
    assert!(reply.header("location").contains("code="), "{:?}", reply.headers);
}
