//! Who somebody is that comes through a provider, and whether they may come in.

use crate::providers::{scene, two_doors};
use crate::support::idp::{Kind, Person, Provider};
use crate::support::oauth::{Request, callback};
use crate::support::{App, Home, Server};

#[tokio::test]
async fn a_person_is_an_account_at_a_provider_and_nothing_else() {
    let (google, keycloak, server, app) = two_doors().await;
    let alice = Person::alice();
    let by_google = server.subject_through(&app, &google, &alice).await;
    let by_keycloak = server.subject_through(&app, &keycloak, &alice).await;
    assert_ne!(by_google, by_keycloak, "the same e-mail is not the same person");
    let namesake = Person::bob().renamed("Alice").with_email("alice@players.example");
    let other = server.subject_through(&app, &google, &namesake).await;
    assert_ne!(by_google, other, "nor is it within one provider");

    let moved = alice.renamed("Anna").with_email("anna@elsewhere.example");
    assert_eq!(server.subject_through(&app, &google, &moved).await, by_google);
    let server = server.crash_and_restart().await;
    assert_eq!(server.subject_through(&app, &google, &moved).await, by_google);
    assert_eq!(server.rows("users"), 3);
}

#[tokio::test]
async fn an_e_mail_of_a_directory_opens_nothing() {
    let (provider, server, app) = scene(Kind::Microsoft).await;
    let alice = server.subject_through(&app, &provider, &Person::alice()).await;
    let claims_hers = Person::mallory()
        .renamed("Alice")
        .with_email("alice@players.example");
    assert_ne!(server.subject_through(&app, &provider, &claims_hers).await, alice);
    let renamed = Person::alice().renamed("Anna").without_email();
    assert_eq!(server.subject_through(&app, &provider, &renamed).await, alice);
}

#[tokio::test]
async fn a_login_that_changed_hands_opens_nothing() {
    let (provider, server, app) = scene(Kind::GitHub).await;
    let alice = server.subject_through(&app, &provider, &Person::alice()).await;
    let taken = Person::mallory()
        .renamed("Alice")
        .with_email("alice@players.example");
    assert_ne!(server.subject_through(&app, &provider, &taken).await, alice);
    let renamed = Person::alice().renamed("Anna");
    assert_eq!(server.subject_through(&app, &provider, &renamed).await, alice);
}

/// Whether the page at the end of this person's way says that they may not come in; otherwise they are in.
async fn shut_out(server: &Server, app: &App, provider: &Provider, person: &Person) -> bool {
    provider.person(person.clone());
    let request = Request::of(app, server);
    let before = server.rows("authorization_codes");
    let mut browser = server.at_provider(&request, provider).await;
    browser.go_through(provider).await;
    if browser.page.left_for.is_some() {
        assert!(callback(&browser).contains_key("code"));
        return false;
    }
    assert_eq!(browser.page.status, 403, "{}", browser.page.text());
    assert_eq!(server.rows("authorization_codes"), before);
    browser.press("Back to the app", &[]).await;
    assert_eq!(callback(&browser)["error"], "access_denied");
    browser.visit("/account").await;
    assert!(
        !browser.page.text().contains("Connected apps"),
        "no session began"
    );
    true
}

#[tokio::test]
async fn who_is_on_a_list_comes_in() {
    let mail = |address: &str| Person::alice().with_email(address);
    let emails = ("ALLOWED_EMAILS", "bob@players.example, Alice@PLAYERS.example");
    let domains = ("ALLOWED_DOMAINS", "Players.Example,other.example");
    let subjects = [
        ("ALLOWED_USERS", "keycloak:00001001-aaaa-bbbb"),
        ("ALLOWED_USERS", "google:1001"),
    ];
    let table = [
        (
            Kind::OpenId,
            emails,
            vec![Person::alice(), Person::bob(), mail("ALICE@players.EXAMPLE")],
            vec![
                Person::carol(),
                Person::alice().unverified(),
                Person::alice().without_email(),
                mail("alice@players.example.evil.example"),
            ],
        ),
        (
            Kind::OpenId,
            domains,
            vec![Person::alice(), mail("a@other.example")],
            vec![
                Person::alice().unverified(),
                Person::alice().without_email(),
                mail("alice@sub.players.example"),
                mail("alice@evilplayers.example"),
                mail("alice@players.example@evil.example"),
                mail("players.example"),
            ],
        ),
        (
            Kind::OpenId,
            subjects[0],
            vec![Person::alice().without_email(), Person::alice().unverified()],
            vec![
                Person::bob(),
                Person::bob()
                    .renamed("Alice")
                    .with_email("keycloak:00001001-aaaa-bbbb"),
            ],
        ),
        (
            Kind::Google,
            subjects[1],
            vec![Person::alice()],
            vec![Person::bob().renamed("Alice")],
        ),
        (
            Kind::Google,
            emails,
            vec![Person::alice()],
            vec![Person::alice().unverified()],
        ),
        (
            Kind::Microsoft,
            emails,
            vec![Person::alice()],
            vec![Person::alice().unverified()],
        ),
        (
            Kind::GitHub,
            emails,
            vec![Person::alice()],
            vec![Person::alice().unverified(), Person::alice().without_email()],
        ),
        (
            Kind::GitHub,
            ("ALLOWED_EMAILS", "old-address@players.example"),
            vec![],
            vec![Person::alice()],
        ),
        (
            Kind::GitHub,
            ("ALLOWED_USERS", "github:alice, github:1003"),
            vec![Person::alice().unverified(), Person::carol()],
            vec![Person::bob()],
        ),
        (Kind::Plain, domains, vec![], vec![Person::alice()]),
    ];
    for (kind, (name, value), welcome, unwelcome) in table {
        let provider = Provider::open(kind).await;
        let server = provider.join(Home::new()).set(name, value).serve().await;
        let app = server.app("Test App").await;
        // Those outside come first: nobody is let in because an account is there already.
        for person in &unwelcome {
            let out = shut_out(&server, &app, &provider, person).await;
            assert!(out, "{kind:?} {name}={value} {person:?}");
        }
        for person in &welcome {
            let out = shut_out(&server, &app, &provider, person).await;
            assert!(!out, "{kind:?} {name}={value} {person:?}");
        }
        let failed = server.events("login_failed");
        let start = format!("{}: ", kind.slug());
        assert_eq!(failed.len(), unwelcome.len(), "{failed:?}");
        assert!(
            failed.iter().all(|detail| detail.starts_with(&start)),
            "{failed:?}"
        );
    }
}

#[tokio::test]
async fn any_list_lets_in_and_none_concerns_local_accounts() {
    let provider = Provider::open(Kind::OpenId).await;
    let home = provider
        .join(Home::new())
        .set("LOCAL_SIGN_IN", "on")
        .set("ALLOWED_EMAILS", "alice@players.example")
        .set("ALLOWED_DOMAINS", "bobs.example")
        .set("ALLOWED_USERS", "keycloak:00001003-aaaa-bbbb");
    let server = home.serve().await;
    server.person("anna").await;
    let app = server.app("Test App").await;
    server.sign_in(&app, "anna").await;
    for person in [
        Person::alice(),
        Person::bob().with_email("bob@bobs.example"),
        Person::carol().without_email(),
    ] {
        assert!(!shut_out(&server, &app, &provider, &person).await, "{person:?}");
    }
    assert!(shut_out(&server, &app, &provider, &Person::mallory()).await);
}

#[tokio::test]
async fn who_was_let_in_before_is_shut_out_by_a_new_list() {
    let (provider, mut server, app) = scene(Kind::OpenId).await;
    assert!(!shut_out(&server, &app, &provider, &Person::alice()).await);
    server.kill().await;
    let settings = server.home().work_dir().join(".env");
    std::fs::write(settings, "ALLOWED_EMAILS=bob@players.example\n").unwrap();
    let server = server.start_again().await;
    assert!(shut_out(&server, &app, &provider, &Person::alice()).await);
    assert!(!shut_out(&server, &app, &provider, &Person::bob()).await);
}

#[tokio::test]
async fn commands_know_people_by_their_provider() {
    let (provider, server, app) = scene(Kind::GitHub).await;
    let tokens = server.sign_in_through(&app, &provider, &Person::alice()).await;
    let name = provider.name_of(&Person::alice());
    assert_eq!(name, "github:1001");
    let list = server.cli(&["users", "list"]).await.ok();
    let line = list.lines().find(|line| line.contains(&name));
    let line = line.unwrap_or_else(|| panic!("{name} is not in {list}"));
    let id = tokens.claims()["sub"].as_str().unwrap().to_owned();
    assert!(line.contains(&id) && line.contains("active"), "{line}");

    let printed = server.cli(&["token", "--user", &name]).await.ok();
    assert!(server.admits(printed.trim()).await);
    let grants = server.cli(&["grants", "list", "--user", &name]).await.ok();
    assert!(grants.contains("Test App"), "{grants}");
    let by_id = server.cli(&["grants", "list", "--user", &id]).await.ok();
    assert_eq!(by_id, grants);

    server.cli(&["users", "disable", &name]).await.ok();
    assert!(!server.admits(&tokens.access).await);
    assert!(shut_out(&server, &app, &provider, &Person::alice()).await);
    server.cli(&["users", "enable", &id]).await.ok();
    assert_eq!(
        server.subject_through(&app, &provider, &Person::alice()).await,
        id
    );
    server.cli(&["users", "remove", &name, "--yes"]).await.ok();
    let next = server.subject_through(&app, &provider, &Person::alice()).await;
    assert_ne!(next, id, "whoever was removed begins anew");
    for unknown in ["github:9999", "google:1001", "alice"] {
        server.cli(&["users", "disable", unknown]).await.failed();
    }
}
