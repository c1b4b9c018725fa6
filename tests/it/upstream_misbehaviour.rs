//! Providers that do wrong: whatever they say, nobody comes in by it, nothing of theirs is passed on, and they are
//! good again as soon as they behave.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::providers::scene;
use crate::secrets_in_logs::on_disk;
use crate::support::idp::{CLIENT_SECRET, Fault, Kind, MARKER, MOVED, Person, Provider, Way};
use crate::support::oauth::{Request, callback};
use crate::support::{App, Browser, Home, Server};

/// What is wrong with an answer on the way back, and the page that says so.
const WRONG: &[(Fault, u16)] = &[
    (Fault::Denies, 403),
    (Fault::Fails, 502),
    (Fault::FailsInMarkup, 502),
    (Fault::ForeignIss, 502),
    (Fault::MissingIss, 502),
    (Fault::TokenRefused, 502),
    (Fault::TokenFails, 503),
    (Fault::TokenHtml, 502),
    (Fault::TokenHuge, 502),
    (Fault::TokenMoved, 502),
    (Fault::TokenTwice, 502),
    (Fault::NoAccessToken, 502),
    (Fault::NoIdToken, 502),
    (Fault::NotAToken, 502),
    (Fault::WrongNonce, 502),
    (Fault::NoNonce, 502),
    (Fault::WrongAudience, 502),
    (Fault::OtherParty, 502),
    (Fault::WrongIssuer, 502),
    (Fault::Expired, 502),
    (Fault::FromTomorrow, 502),
    (Fault::NoExpiry, 502),
    (Fault::NoSubject, 502),
    (Fault::EmptySubject, 502),
    (Fault::ClaimTwice, 502),
    (Fault::ForeignKey, 502),
    (Fault::BroughtKey, 502),
    (Fault::UnknownKey, 502),
    (Fault::UnlistedAlgorithm, 502),
    (Fault::UnknownAlgorithm, 502),
    (Fault::Unsigned, 502),
    (Fault::MacWithPublicKey, 502),
    (Fault::OtherPerson, 502),
    (Fault::PersonTwice, 502),
    (Fault::PersonHtml, 502),
    (Fault::PersonHuge, 502),
    (Fault::PersonMoved, 502),
    (Fault::PersonFails, 503),
];

/// Faults before which the code must not even be handed in.
const BEFORE_THE_EXCHANGE: [Fault; 5] = [
    Fault::Denies,
    Fault::Fails,
    Fault::FailsInMarkup,
    Fault::ForeignIss,
    Fault::MissingIss,
];

/// A server at its most talkative behind this provider, and an app.
async fn talkative(provider: &Provider) -> (Server, App) {
    let home = provider.join(Home::new()).set("RUST_LOG", "trace");
    let server = home.serve().await;
    let app = server.app("Test App").await;
    (server, app)
}

/// Everything that people were told, and that nobody may find a token of a provider in.
#[derive(Default)]
struct Told(String);

impl Told {
    /// Walks through a provider that does this wrong, and expects the page of this status and no more.
    async fn refused(&mut self, scene: (&Server, &App, &Provider), fault: Fault, status: u16) {
        let (server, app, provider) = scene;
        provider.misbehave(fault);
        let exchanged = provider.exchanges().len();
        let before = (server.rows("authorization_codes"), server.rows("grants"));
        let mut browser = server.at_provider(&Request::of(app, server), provider).await;
        browser.go_through(provider).await;
        assert_eq!(browser.page.status, status, "{fault:?}: {}", browser.page.text());
        assert_eq!(browser.page.left_for, None, "{fault:?}");
        assert!(browser.page.redirects.is_empty(), "{fault:?}");
        let after = (server.rows("authorization_codes"), server.rows("grants"));
        assert_eq!(after, before, "{fault:?}");
        assert!(provider.asked(MOVED).is_empty(), "{fault:?}: nothing is followed");
        let used = provider.exchanges().len() - exchanged;
        let wanted = usize::from(!BEFORE_THE_EXCHANGE.contains(&fault));
        assert_eq!(used, wanted, "{fault:?}: the code is handed in once or never");
        let labels: Vec<String> = browser.page.forms()[0]
            .buttons
            .iter()
            .map(|button| button.label.clone())
            .collect();
        assert_eq!(labels, ["Try again", "Back to the app"], "{fault:?}");
        let mut account = browser.clone();
        account.visit("/account").await;
        assert!(
            !account.page.text().contains("Connected apps"),
            "{fault:?}: no session began"
        );
        self.0.push_str(&account.heard);
    }
}

/// Looks for what the providers handed out in all that was told, logged and stored.
fn assert_kept(server: &Server, provider: &Provider, told: &str) {
    let mut secrets: BTreeMap<String, &str> = BTreeMap::new();
    secrets.insert(MARKER.to_owned(), "the mark of every token");
    secrets.insert(CLIENT_SECRET.to_owned(), "the secret of the client");
    for token in provider.issued() {
        secrets.insert(token, "a token");
    }
    for exchange in provider.exchanges() {
        let basic = exchange.header("authorization").strip_prefix("Basic ");
        if let Some(basic) = basic {
            secrets.insert(basic.to_owned(), "the secret of the client in Basic");
        }
    }
    assert!(secrets.len() > 3, "something was handed out");
    let log = server.home().everything_written();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log is talkative"
    );
    for exchange in provider.exchanges() {
        for name in ["code", "code_verifier"] {
            let value = exchange.parameter(name);
            assert!(!value.is_empty() && !log.contains(value), "{name} is in the log");
        }
    }
    for visit in provider.visits() {
        assert!(!log.contains(visit.parameter("state")), "a state is in the log");
    }
    for (secret, name) in &secrets {
        assert!(!told.contains(secret.as_str()), "{name} was told to somebody");
        assert!(!log.contains(secret.as_str()), "{name} is in the log");
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        assert!(!log.contains(&encoded), "{name} is in the log, encoded");
        let numbers = format!("{:?}", secret.as_bytes());
        assert!(!log.contains(&numbers), "{name} is in the log, as numbers");
    }
    let files = on_disk(&server.home().state_dir());
    assert!(!files.is_empty());
    for (file, bytes) in files {
        let text = String::from_utf8_lossy(&bytes);
        for (secret, name) in &secrets {
            assert!(!text.contains(secret.as_str()), "{name} is in {file}");
        }
        for visit in provider.visits() {
            assert!(
                !text.contains(visit.parameter("state")),
                "a state is in {file} as it is"
            );
        }
    }
}

#[tokio::test]
async fn no_fault_of_a_provider_lets_anybody_in() {
    let provider = Provider::open(Kind::OpenId).await;
    // So that every answer counts: a name and an e-mail come from the last of them.
    provider.does(Way::ThinIdTokens);
    provider.does(Way::NamesItself);
    let (server, app) = talkative(&provider).await;
    let mut told = Told::default();
    for (fault, status) in WRONG {
        told.refused((&server, &app, &provider), *fault, *status).await;
    }
    let failed = server.events("login_failed");
    assert_eq!(failed.len(), WRONG.len(), "{failed:?}");
    assert!(
        failed.iter().all(|detail| detail.starts_with("keycloak: ")),
        "{failed:?}"
    );

    provider.behave();
    let mut browser = Browser::new(&server);
    let request = Request::of(&app, &server);
    server.walk_through(&mut browser, &request, &provider).await;
    told.0.push_str(&browser.heard);
    assert_eq!(server.events("login_ok"), ["keycloak"]);
    assert_kept(&server, &provider, &told.0);
}

/// Keys are kept, so each of these has a server of its own.
#[tokio::test]
async fn keys_that_cannot_be_had_let_nobody_in() {
    for (fault, status) in [
        (Fault::KeysFail, 503),
        (Fault::KeysHtml, 502),
        (Fault::KeysHuge, 502),
        (Fault::KeysMoved, 502),
    ] {
        let (provider, server, app) = scene(Kind::OpenId).await;
        Told::default()
            .refused((&server, &app, &provider), fault, status)
            .await;
        provider.behave();
        server.sign_in_through(&app, &provider, &Person::alice()).await;
    }
}

/// What stands in the document is checked before anybody is sent anywhere.
#[tokio::test]
async fn a_document_that_is_wrong_sends_nobody_anywhere() {
    for fault in [
        Fault::OtherIssuer,
        Fault::DocumentTwice,
        Fault::DocumentHtml,
        Fault::DocumentHuge,
        Fault::DocumentMoved,
        Fault::DocumentFails,
        Fault::InsecureEndpoint,
    ] {
        let provider = Provider::open(Kind::OpenId).await;
        provider.misbehave(fault);
        let server = Server::behind(&provider).await;
        let app = server.app("Test App").await;
        let browser = server_refuses(&server, &app).await;
        assert!(
            matches!(browser.page.status, 502 | 503),
            "{fault:?}: {}",
            browser.page.status
        );
        assert!(provider.visits().is_empty(), "{fault:?}");
        assert!(provider.asked(MOVED).is_empty(), "{fault:?}: nothing is followed");
    }
}

/// Allows an app where the one way in is barred, and stays on the page that says so.
async fn server_refuses(server: &Server, app: &App) -> Browser {
    let mut browser = Browser::new(server);
    browser.open(&Request::of(app, server).url(server)).await;
    browser.press_allow().await;
    assert_eq!(browser.page.left_for, None, "{}", browser.page.text());
    assert!(browser.page.redirects.is_empty());
    browser
}

#[tokio::test]
async fn nobody_waits_for_a_provider_for_ever() {
    let (provider, server, app) = scene(Kind::OpenId).await;
    let began = Instant::now();
    let mut told = Told::default();
    let scene = (&server, &app, &provider);
    told.refused(scene, Fault::TokenSlow, 503).await;
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    provider.behave();
    server.sign_in_through(&app, &provider, &Person::alice()).await;
}

#[tokio::test]
async fn a_token_of_another_directory_is_refused() {
    let (provider, server, app) = scene(Kind::Microsoft).await;
    let mut told = Told::default();
    for fault in [
        Fault::WrongTenant,
        Fault::WrongIssuer,
        Fault::WrongNonce,
        Fault::ForeignKey,
    ] {
        told.refused((&server, &app, &provider), fault, 502).await;
    }
    provider.behave();
    server.sign_in_through(&app, &provider, &Person::alice()).await;
}

#[tokio::test]
async fn github_refuses_in_its_own_way() {
    let provider = Provider::open(Kind::GitHub).await;
    let (server, app) = talkative(&provider).await;
    let mut told = Told::default();
    for (fault, status) in [
        (Fault::Denies, 403),
        (Fault::TokenRefused, 502),
        (Fault::TokenFails, 503),
        (Fault::TokenHtml, 502),
        (Fault::TokenTwice, 502),
        (Fault::TokenMoved, 502),
        (Fault::NoAccessToken, 502),
        (Fault::Nobody, 502),
        (Fault::EmptyName, 502),
        (Fault::PersonFails, 503),
        (Fault::PersonHtml, 502),
        (Fault::PersonHuge, 502),
        (Fault::PersonTwice, 502),
        (Fault::PersonMoved, 502),
    ] {
        told.refused((&server, &app, &provider), fault, status).await;
    }
    provider.behave();
    let mut browser = Browser::new(&server);
    let request = Request::of(&app, &server);
    server.walk_through(&mut browser, &request, &provider).await;
    told.0.push_str(&browser.heard);
    assert_kept(&server, &provider, &told.0);
}

/// Without a name for the person, everybody would be the same one.
#[tokio::test]
async fn a_plain_provider_that_names_nobody_lets_nobody_in() {
    let (provider, server, app) = scene(Kind::Plain).await;
    let mut told = Told::default();
    for (fault, status) in [
        (Fault::Nobody, 502),
        (Fault::EmptyName, 502),
        (Fault::PersonFails, 503),
        (Fault::PersonHtml, 502),
        (Fault::PersonTwice, 502),
        (Fault::TokenRefused, 502),
        (Fault::NoAccessToken, 502),
    ] {
        told.refused((&server, &app, &provider), fault, status).await;
    }
    provider.behave();
    server.sign_in_through(&app, &provider, &Person::alice()).await;
    assert_eq!(server.rows("users"), 1);
}

/// Mix-up: the answer of one provider is brought to the door of another.
#[tokio::test]
async fn a_code_is_handed_in_only_where_it_came_from() {
    let (google, keycloak, server, app) = crate::providers::two_doors().await;
    let request = Request::of(&app, &server);
    let mut browser = server.at_provider(&request, &keycloak).await;
    let back = browser.sent_back(&keycloak).await;
    browser
        .arrive(&back.replace("/callback/keycloak", "/callback/google"))
        .await;
    assert_eq!((browser.page.status, &browser.page.left_for), (400, &None));
    assert!(google.exchanges().is_empty() && keycloak.exchanges().is_empty());

    keycloak.misbehave(Fault::ForeignIss);
    let mut browser = server.at_provider(&request, &keycloak).await;
    browser.go_through(&keycloak).await;
    assert_eq!((browser.page.status, &browser.page.left_for), (502, &None));
    assert!(keycloak.exchanges().is_empty(), "also where none was promised");
}

/// What a provider hands out stays inside, whoever it is, also where all goes well.
#[tokio::test]
async fn tokens_of_providers_go_nowhere() {
    for kind in [
        Kind::OpenId,
        Kind::Google,
        Kind::Microsoft,
        Kind::GitHub,
        Kind::Plain,
    ] {
        let provider = Provider::open(kind).await;
        let (server, app) = talkative(&provider).await;
        let mut browser = Browser::new(&server);
        let request = Request::of(&app, &server).set("scope", "chess offline_access openid profile email");
        server.walk_through(&mut browser, &request, &provider).await;
        let granted = crate::support::oauth::Granted {
            code: callback(&browser)["code"].clone(),
            pkce: request.pkce,
            app,
        };
        let reply = server.token(&granted.form()).await.expect(200);
        let access = reply.json()["access_token"].as_str().unwrap().to_owned();
        let person = server.userinfo(&access).await.expect(200);
        browser.visit("/account").await;
        browser.submit("/account/export", &[]).await;
        let told = [&browser.heard, &reply.body, &person.body].map(String::as_str);
        assert_kept(&server, &provider, &told.concat());
        let server = server.crash_and_restart().await;
        assert!(server.admits(&access).await);
        assert_kept(&server, &provider, "");
    }
}
