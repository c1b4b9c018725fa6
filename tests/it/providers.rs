//! Signing in through providers: what each of them is asked, who somebody is, and who may come in.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::browser::{Page, filled};
use crate::support::idp::{Asked, CLIENT_ID, CLIENT_SECRET, Fault, Kind, Person, Provider, Way};
use crate::support::oauth::{PASSWORD, Request, callback};
use crate::support::{App, Browser, Home, Reply, Server, until};

/// A provider, a server to which it alone leads, and an app.
pub(crate) async fn scene(kind: Kind) -> (Provider, Server, App) {
    let provider = Provider::open(kind).await;
    let server = Server::behind(&provider).await;
    let app = server.app("Test App").await;
    (provider, server, app)
}

/// Two providers, a server to which both lead, and an app.
pub(crate) async fn two_doors() -> (Provider, Provider, Server, App) {
    let (google, keycloak) = (
        Provider::open(Kind::Google).await,
        Provider::open(Kind::OpenId).await,
    );
    let server = keycloak.join(google.join(Home::new())).serve().await;
    let app = server.app("Test App").await;
    (google, keycloak, server, app)
}

/// Whether a page asks for a password.
fn asks_password(page: &Page) -> bool {
    let mut inputs = page.forms().into_iter().flat_map(|form| form.inputs);
    inputs.any(|input| input.name == "password")
}

/// The slugs of the providers that a page offers, in order.
fn offered(page: &Page) -> Vec<String> {
    let buttons = page.forms().into_iter().flat_map(|form| form.buttons);
    let buttons = buttons.filter(|button| button.name == "provider");
    buttons.map(|button| button.value).collect()
}

fn names(asked: &Asked) -> Vec<&str> {
    let mut names: Vec<&str> = asked.parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

async fn readiness(server: &Server) -> Value {
    let reply = Reply::to(server.http().get(server.url("/readyz"))).await;
    reply.expect(200).json()["providers"].clone()
}

/// Signs Alice in, and returns what the provider was asked on the way: to let her in, and for tokens.
async fn crossed(kind: Kind) -> (Provider, Asked, Asked) {
    let (provider, server, app) = scene(kind).await;
    let request = Request::of(&app, &server);
    let mut browser = server.at_provider(&request, &provider).await;
    assert_eq!(
        browser.page.redirects,
        [303],
        "with one way in there is nothing to choose"
    );
    browser.go_through(&provider).await;
    let answer = callback(&browser);
    assert_eq!(answer["iss"], server.origin());
    assert_eq!(answer["state"], "st/4te+~%&=");

    let (visit, exchange) = (provider.visits().remove(0), provider.exchanges().remove(0));
    assert_eq!((provider.visits().len(), provider.exchanges().len()), (1, 1));
    assert_eq!(visit.parameter("response_type"), "code");
    assert_eq!(visit.parameter("client_id"), CLIENT_ID);
    assert_eq!(visit.parameter("redirect_uri"), server.callback_of(kind));
    assert_eq!(visit.parameter("code_challenge_method"), "S256");
    assert!(visit.parameter("state").len() >= 43, "{visit:?}");
    for (name, ours) in &request.parameters {
        let told = visit.parameters.iter().any(|(_, sent)| sent == ours);
        let common = matches!(name.as_str(), "response_type" | "code_challenge_method");
        assert!(common || !told, "{name} of the app is told: {visit:?}");
    }
    assert_eq!((visit.method.as_str(), exchange.method.as_str()), ("GET", "POST"));
    assert_eq!(exchange.parameter("grant_type"), "authorization_code");
    assert_eq!(exchange.parameter("redirect_uri"), server.callback_of(kind));
    let verifier = exchange.parameter("code_verifier");
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    assert_eq!(visit.parameter("code_challenge"), challenge);

    let tokens = server.sign_in_through(&app, &provider, &Person::alice()).await;
    assert!(server.admits(&tokens.access).await);
    let second = provider.visits().remove(1);
    for name in ["state", "code_challenge"] {
        assert_ne!(visit.parameter(name), second.parameter(name), "{name}");
    }
    browser.visit("/account").await;
    assert!(browser.page.text().contains("Alice"), "{}", browser.page.text());
    assert_eq!(server.events("login_ok"), [kind.slug(), kind.slug()]);
    (provider, visit, exchange)
}

const OF_OPENID: [&str; 8] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

const OF_EXCHANGE: [&str; 4] = ["code", "code_verifier", "grant_type", "redirect_uri"];

#[tokio::test]
async fn openid_providers_let_people_in() {
    for kind in [Kind::OpenId, Kind::Google, Kind::Microsoft] {
        let (provider, visit, exchange) = crossed(kind).await;
        assert_eq!(names(&visit), OF_OPENID, "{kind:?}");
        assert!(visit.parameter("nonce").len() >= 22, "{kind:?}: {visit:?}");
        let scopes: BTreeSet<&str> = visit.parameter("scope").split(' ').collect();
        assert_eq!(scopes, BTreeSet::from(["openid", "profile", "email"]), "{kind:?}");
        assert_eq!(names(&exchange), OF_EXCHANGE, "{kind:?}");
        assert!(exchange.header("authorization").starts_with("Basic "), "{kind:?}");
        assert_eq!(provider.looks_at_keys(), 1, "{kind:?}");
        assert_eq!(
            provider.questions().len(),
            0,
            "{kind:?}: the ID token has said it all"
        );
    }
}

#[tokio::test]
async fn github_lets_people_in() {
    let (provider, visit, exchange) = crossed(Kind::GitHub).await;
    assert_eq!(visit.parameter("nonce"), "");
    assert!(!visit.parameter("scope").contains("openid"), "{visit:?}");
    assert_eq!(exchange.parameter("client_secret"), CLIENT_SECRET);
    assert_eq!(exchange.parameter("client_id"), CLIENT_ID);
    assert_eq!(exchange.header("authorization"), "");
    assert!(exchange.header("accept").contains("application/json"));
    for question in provider.questions() {
        assert!(question.header("authorization").starts_with("Bearer "));
        assert_eq!(names(&question), [""; 0], "no token stands in an address");
    }
    assert_eq!(provider.asked("/api/v3/user/emails").len(), 2);
}

#[tokio::test]
async fn a_plain_oauth_provider_lets_people_in() {
    let (provider, visit, exchange) = crossed(Kind::Plain).await;
    assert_eq!((visit.parameter("nonce"), visit.parameter("scope")), ("", ""));
    // Nothing says how such a provider wants to hear a secret; this one takes it in either way and not in both.
    let mut told = names(&exchange);
    told.retain(|name| !name.starts_with("client_"));
    assert_eq!(told, OF_EXCHANGE);
    assert_eq!(provider.questions().len(), 2);
}

#[tokio::test]
async fn the_secret_is_posted_where_only_that_is_taken() {
    let provider = Provider::open(Kind::OpenId).await;
    provider.does(Way::WantsSecretPosted);
    let server = Server::behind(&provider).await;
    let app = server.app("Test App").await;
    server.sign_in_through(&app, &provider, &Person::alice()).await;
    let exchange = provider.exchanges().remove(0);
    assert_eq!(exchange.header("authorization"), "");
    assert_eq!(exchange.parameter("client_secret"), CLIENT_SECRET);
}

#[tokio::test]
async fn scopes_and_label_are_what_was_set() {
    let provider = Provider::open(Kind::OpenId).await;
    let local = provider.join(Home::new()).set("LOCAL_SIGN_IN", "on");
    let home = local
        .set("OIDC_KEYCLOAK_SCOPES", "openid groups")
        .set("OIDC_KEYCLOAK_LABEL", "Chess & Co");
    let server = home.serve().await;
    let app = server.app("Test App").await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press_allow().await;
    browser.press("Continue with Chess & Co", &[]).await;
    browser.go_through(&provider).await;
    assert!(callback(&browser).contains_key("code"));
    assert_eq!(provider.visits().remove(0).parameter("scope"), "openid groups");
}

#[tokio::test]
async fn what_an_id_token_leaves_out_is_asked_for() {
    let provider = Provider::open(Kind::OpenId).await;
    provider.does(Way::ThinIdTokens);
    let home = provider.join(Home::new());
    let server = home.set("ALLOWED_DOMAINS", "players.example").serve().await;
    let browser = server.at_account_through(&provider, &Person::alice()).await;
    assert!(browser.page.text().contains("Alice"), "{}", browser.page.text());
    let question = provider.questions().remove(0);
    assert!(question.header("authorization").starts_with("Bearer "));
}

#[tokio::test]
async fn either_place_of_the_document_will_do() {
    for for_oauth in [false, true] {
        let provider = Provider::open(Kind::OpenId).await;
        if for_oauth {
            provider.does(Way::PublishesForOAuth);
        }
        let server = Server::behind(&provider).await;
        let app = server.app("Test App").await;
        server.sign_in_through(&app, &provider, &Person::alice()).await;
        let openid = provider.asked("/realms/chess/.well-known/openid-configuration");
        let oauth = provider.asked("/.well-known/oauth-authorization-server/realms/chess");
        assert!(!openid.is_empty(), "it is looked for there first");
        assert_eq!(!oauth.is_empty(), for_oauth);
    }
}

#[tokio::test]
async fn who_has_several_ways_in_chooses_one() {
    let (google, keycloak, server, app) = two_doors().await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press_allow().await;
    assert_eq!((browser.page.status, &browser.page.left_for), (200, &None));
    assert!(google.visits().is_empty() && keycloak.visits().is_empty());
    let mut slugs = offered(&browser.page);
    slugs.sort_unstable();
    assert_eq!(slugs, ["google", "keycloak"]);
    assert!(!asks_password(&browser.page));
    let form = browser.page.forms().remove(0);
    assert_eq!(form.action, "/oauth/sign-in");
    let hidden: Vec<&str> = form.inputs.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(hidden, ["sign_in", "csrf"]);

    let choice = browser.clone();
    browser.choose(&google).await;
    assert_eq!(browser.page.redirects, [303]);
    let mut other = choice;
    other.choose(&keycloak).await;
    other.go_through(&keycloak).await;
    assert!(
        callback(&other).contains_key("code"),
        "a mind can be changed before the end"
    );

    let mut account = Browser::new(&server);
    account.visit("/account").await;
    assert_eq!(offered(&account.page).len(), 2);
    assert!(!asks_password(&account.page));
}

#[tokio::test]
async fn nobody_comes_in_through_a_provider_that_is_not_there() {
    let (_google, keycloak, server, app) = two_doors().await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press_allow().await;
    let form = browser.page.forms().remove(0);
    for slug in ["github", "", "Google", "../google"] {
        let mut fields = filled(&form, &[]);
        fields.push(("provider".to_owned(), slug.to_owned()));
        let action = browser.action_of(&form);
        browser.post(&action, &fields).await;
        assert!(
            (400..500).contains(&browser.page.status),
            "{slug}: {}",
            browser.page.status
        );
        assert_eq!(browser.page.left_for, None, "{slug}");
    }
    assert!(keycloak.visits().is_empty());
}

#[tokio::test]
async fn local_sign_in_is_on_where_it_was_asked_for() {
    for (mode, local) in [("auto", false), ("off", false), ("on", true)] {
        let (google, keycloak) = (
            Provider::open(Kind::Google).await,
            Provider::open(Kind::OpenId).await,
        );
        let home = keycloak.join(google.join(Home::new()));
        let server = home.set("LOCAL_SIGN_IN", mode).serve().await;
        server.person("alice").await;
        let app = server.app("Test App").await;
        let mut browser = Browser::new(&server);
        browser.visit("/account").await;
        assert_eq!(asks_password(&browser.page), local, "{mode}");
        browser.open(&Request::of(&app, &server).url(&server)).await;
        browser.press_allow().await;
        assert_eq!(asks_password(&browser.page), local, "{mode}");
        let forms = browser.page.forms();
        assert_eq!(forms[0].buttons.len(), 2, "the providers come first");
        let form = forms.last().unwrap();
        let mut fields = filled(form, &[]);
        fields.retain(|(name, _)| name != "username" && name != "password");
        fields.push(("username".to_owned(), "alice".to_owned()));
        fields.push(("password".to_owned(), PASSWORD.to_owned()));
        let action = browser.action_of(form);
        browser.post(&action, &fields).await;
        assert_eq!(browser.page.left_for.is_some(), local, "{mode}: also by hand");
        assert_eq!(server.rows("authorization_codes"), i64::from(local), "{mode}");
    }
}

#[tokio::test]
async fn one_provider_beside_local_accounts_is_a_choice() {
    let provider = Provider::open(Kind::GitHub).await;
    let home = provider.join(Home::new()).set("LOCAL_SIGN_IN", "on");
    let server = home.serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let local = server.sign_in(&app, "alice").await;
    let through = server.subject_through(&app, &provider, &Person::alice()).await;
    assert_ne!(local.claims()["sub"], through, "a name proves nothing");
}

/// Login CSRF: no other site sends anybody's browser to a provider through us.
#[tokio::test]
async fn only_our_own_pages_send_people_to_a_provider() {
    let (google, keycloak, server, app) = two_doors().await;
    let mut choice = Browser::new(&server);
    choice.open(&Request::of(&app, &server).url(&server)).await;
    choice.press_allow().await;
    let mut entry = Browser::new(&server);
    entry.visit("/account").await;
    for browser in [choice, entry] {
        let forms = browser.page.forms();
        let form = forms
            .iter()
            .find(|form| form.buttons.iter().any(|button| button.name == "provider"));
        let form = form.expect("a choice of providers");
        let url = browser.reach(&browser.action_of(form));
        let mut fields = filled(form, &[]);
        fields.push(("provider".to_owned(), "google".to_owned()));
        let post = |fields: &[(String, String)]| server.http().post(&url).form(fields);
        for foreign in [
            post(&fields)
                .header("origin", "https://evil.example")
                .header("sec-fetch-site", "cross-site"),
            post(&fields).header("origin", "null"),
            post(&fields),
        ] {
            let reply = browser.once(foreign).await.expect(403);
            assert_eq!(reply.header("location"), "");
        }
        let without: Vec<_> = fields
            .iter()
            .filter(|(name, _)| name != "csrf")
            .cloned()
            .collect();
        let own = post(&without).header("origin", server.origin());
        let reply = browser.once(own).await.expect(400);
        assert_eq!(reply.header("location"), "");
        let elsewhere = post(&fields).header("origin", server.origin());
        let reply = Browser::new(&server).once(elsewhere).await;
        assert!(
            !reply.header("location").starts_with(&google.url("")),
            "the form of another browser"
        );
    }
    assert!(google.visits().is_empty() && keycloak.visits().is_empty());
}

#[tokio::test]
async fn a_provider_that_is_away_stops_nothing_and_is_missed_until_it_is_back() {
    let (google, keycloak) = (
        Provider::open(Kind::Google).await,
        Provider::open(Kind::OpenId).await,
    );
    keycloak.go_away();
    let server = keycloak.join(google.join(Home::new())).serve().await;
    let app = server.app("Test App").await;
    until("readiness tells them apart", async || {
        let ready = readiness(&server).await;
        ready["google"] == "ok" && ready["keycloak"] == "unavailable"
    })
    .await;
    server.sign_in_through(&app, &google, &Person::alice()).await;

    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press_allow().await;
    browser.choose(&keycloak).await;
    assert_eq!((browser.page.status, &browser.page.left_for), (503, &None));
    assert_eq!(offered(&browser.page), ["keycloak", "google"]);

    keycloak.come_back();
    until("it can be tried again", async || {
        browser.press("Try again", &[]).await;
        browser.page.left_for.is_some()
    })
    .await;
    browser.go_through(&keycloak).await;
    assert!(callback(&browser).contains_key("code"));
    until("readiness has noticed", async || {
        readiness(&server).await["keycloak"] == "ok"
    })
    .await;

    let mut other = Browser::new(&server);
    keycloak.go_away();
    other.open(&Request::of(&app, &server).url(&server)).await;
    other.press_allow().await;
    other.choose(&keycloak).await;
    // It is away again at the latest when its tokens are wanted.
    if other.page.left_for.is_some() {
        keycloak.come_back();
        let back = other.sent_back(&keycloak).await;
        keycloak.go_away();
        other.arrive(&back).await;
    }
    assert_eq!((other.page.status, &other.page.left_for), (503, &None));
    other.press("Back to the app", &[]).await;
    assert_eq!(callback(&other)["error"], "temporarily_unavailable");
}

#[tokio::test]
async fn keys_that_were_changed_are_fetched_again_once() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    server.sign_in_through(&app, &provider, &Person::alice()).await;
    server.sign_in_through(&app, &provider, &Person::alice()).await;
    assert_eq!(provider.looks_at_keys(), 1, "keys are kept");
    provider.rotate();
    server.sign_in_through(&app, &provider, &Person::alice()).await;
    assert_eq!(provider.looks_at_keys(), 2);
    server.sign_in_through(&app, &provider, &Person::bob()).await;
    assert_eq!(provider.looks_at_keys(), 2);

    // What no key fits is no reason to ask for ever.
    provider.misbehave(Fault::UnknownKey);
    let mut browser = server.at_provider(&Request::of(&app, &server), &provider).await;
    browser.go_through(&provider).await;
    assert_eq!((browser.page.status, &browser.page.left_for), (502, &None));
    assert!(provider.looks_at_keys() <= 3);
}

#[tokio::test]
async fn a_session_spares_the_way_to_the_provider() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let mut browser = Browser::new(&server);
    let request = Request::of(&app, &server);
    server.walk_through(&mut browser, &request, &provider).await;
    let other = server.app("Other App").await;
    browser.open(&Request::of(&other, &server).url(&server)).await;
    browser.press_allow().await;
    assert!(callback(&browser).contains_key("code"));
    assert_eq!(provider.visits().len(), 1);
}

#[tokio::test]
async fn what_the_app_wants_of_the_sign_in_is_handed_on() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    for (name, value) in [("prompt", "login"), ("max_age", "0"), ("max_age", "1")] {
        let mut browser = Browser::new(&server);
        server
            .walk_through(&mut browser, &Request::of(&app, &server), &provider)
            .await;
        if value == "1" {
            server.age_sessions(5);
        }
        let demanding = Request::of(&app, &server).add(name, value);
        browser.open(&demanding.url(&server)).await;
        browser.press_allow().await;
        assert!(
            browser.page.left_for.is_some(),
            "{name}={value}: {}",
            browser.page.text()
        );
        browser.go_through(&provider).await;
        assert!(callback(&browser).contains_key("code"));
        let visit = provider.visits().pop().unwrap();
        let handed_on = visit.parameter("prompt") == "login" || visit.parameter("max_age") == value;
        assert!(handed_on, "{name}={value}: {visit:?}");
    }
}

/// Google tells few apps when a person signed in, so it is asked to let them sign in again.
#[tokio::test]
async fn a_provider_that_does_not_tell_the_age_of_a_sign_in_is_asked_for_a_new_one() {
    let (provider, server, app) = scene(Kind::Google).await;
    let mut browser = Browser::new(&server);
    let demanding = Request::of(&app, &server).add("max_age", "600");
    server.walk_through(&mut browser, &demanding, &provider).await;
    assert!(callback(&browser).contains_key("code"));
    assert_eq!(provider.visits().remove(0).parameter("prompt"), "login");
}

#[tokio::test]
async fn another_account_is_asked_for_at_the_provider() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let mut browser = Browser::new(&server);
    server
        .walk_through(&mut browser, &Request::of(&app, &server), &provider)
        .await;
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press("Use another account", &[]).await;
    browser.choose(&provider).await;
    provider.person(Person::bob());
    browser.go_through(&provider).await;
    assert!(callback(&browser).contains_key("code"));
    let visits = provider.visits();
    let prompts: Vec<&str> = visits.iter().map(|visit| visit.parameter("prompt")).collect();
    assert_eq!(prompts, ["", "select_account"]);
    browser.visit("/account").await;
    assert!(browser.page.text().contains("Bob"), "{}", browser.page.text());
}

#[tokio::test]
async fn the_account_is_entered_through_a_provider() {
    let (google, keycloak, server, _) = two_doors().await;
    let browser = server.at_account_through(&google, &Person::alice()).await;
    assert!(browser.page.text().contains("Alice"));
    let mut browser = server.at_account_through(&keycloak, &Person::bob()).await;
    assert!(browser.page.text().contains("Bob"));
    browser.press("Sign out", &[]).await;
    assert_eq!(offered(&browser.page).len(), 2);
}

#[tokio::test]
async fn behind_https_people_come_back_to_the_public_address() {
    let provider = Provider::open(Kind::OpenId).await;
    let home = provider.join(Home::new());
    let server = home.set("PUBLIC_URL", "https://chess.example").serve().await;
    let app = server.app("Test App").await;
    let mut browser = Browser::new(&server);
    server
        .walk_through(&mut browser, &Request::of(&app, &server), &provider)
        .await;
    let visit = provider.visits().remove(0);
    assert_eq!(
        visit.parameter("redirect_uri"),
        "https://chess.example/oauth/callback/keycloak"
    );
    for line in &browser.set_cookies {
        let line = line.to_ascii_lowercase();
        assert!(line.starts_with("__host-") && line.contains("; secure"), "{line}");
        assert!(
            line.contains("; httponly") && line.contains("samesite=lax"),
            "{line}"
        );
    }
}
