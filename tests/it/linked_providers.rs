//! Several ways into one account: linked and unlinked by its owner, who was here a moment ago, and never the last one.

use serde_json::Value;

use crate::providers::two_doors;
use crate::support::browser::filled;
use crate::support::html::Form;
use crate::support::idp::{Fault, Kind, Person, Provider};
use crate::support::oauth::{PASSWORD, Request};
use crate::support::{App, Browser, Home, Server};

const LINK: &str = "/account/providers/link";
const UNLINK: &str = "/account/providers/unlink";
const DELETE: &str = "/account/delete";

/// Google, and a server with local accounts beside it.
async fn with_local() -> (Provider, Server, App) {
    let provider = Provider::open(Kind::Google).await;
    let home = provider.join(Home::new()).set("LOCAL_SIGN_IN", "on");
    let server = home.serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    (provider, server, app)
}

/// The form that begins to link this provider, with all that it sends.
fn linking(browser: &Browser, provider: &Provider) -> Vec<(String, String)> {
    let slug = provider.kind().slug();
    let forms = browser.forms_to(LINK).into_iter();
    let mut fitting = forms.filter(|form| offers(form, slug));
    let form = fitting
        .next()
        .unwrap_or_else(|| panic!("nothing links {slug}: {}", browser.page.text()));
    let mut fields = filled(&form, &[]);
    fields.retain(|(name, _)| name != "provider");
    fields.push(("provider".to_owned(), slug.to_owned()));
    fields
}

fn offers(form: &Form, slug: &str) -> bool {
    let pressed = form
        .buttons
        .iter()
        .any(|button| button.name == "provider" && button.value == slug);
    let hidden = form
        .inputs
        .iter()
        .any(|input| input.name == "provider" && input.value == slug);
    pressed || hidden
}

/// Begins to link this provider from the account page.
async fn begin_link(browser: &mut Browser, provider: &Provider) {
    let fields = linking(browser, provider);
    let url = browser.at(LINK);
    browser.post(&url, &fields).await;
}

/// Links the account of this person at the provider.
async fn link(browser: &mut Browser, provider: &Provider, person: &Person) {
    provider.person(person.clone());
    browser.visit("/account").await;
    begin_link(browser, provider).await;
    assert_eq!(browser.page.redirects, [303]);
    browser.go_through(provider).await;
}

/// The account that opens for a local name.
async fn local_subject(server: &Server, app: &App, name: &str) -> String {
    let tokens = server.sign_in(app, name).await;
    tokens.claims()["sub"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_at_account(browser: &Browser) {
    assert!(
        browser.page.url.ends_with("/account") && browser.page.text().contains("Connected apps"),
        "{} ({}): {}",
        browser.page.url,
        browser.page.status,
        browser.page.text()
    );
}

/// The page asks who it is, although somebody is signed in.
#[track_caller]
fn assert_asked_to_sign_in(browser: &Browser, what: &str) {
    let page = &browser.page;
    assert_eq!(page.left_for, None, "{what}");
    let mut buttons = page.forms().into_iter().flat_map(|form| form.buttons);
    let asks = buttons.any(|button| button.name == "provider" && button.label.starts_with("Continue with"));
    assert!(asks, "{what}: {} ({}): {}", page.url, page.status, page.text());
    assert!(!page.text().contains("Connected apps"), "{what}: {}", page.text());
}

#[tokio::test]
async fn the_file_with_everything_names_the_linked_providers() {
    let (google, server, _) = with_local().await;
    let mut browser = server.at_account("alice").await;
    link(&mut browser, &google, &Person::alice()).await;
    browser.submit("/account/export", &[]).await;
    let file: Value = serde_json::from_str(&browser.page.body).unwrap();
    let linked = &file["providers"][0];
    assert_eq!(linked["provider"], "google", "{file}");
    assert!(
        linked["subject"].is_string() && linked["email"].is_string(),
        "{file}"
    );
}

#[tokio::test]
async fn a_linked_provider_opens_the_same_account() {
    let (google, server, app) = with_local().await;
    let hers = local_subject(&server, &app, "alice").await;
    let mut browser = server.at_account("alice").await;
    assert!(browser.forms_to(UNLINK).is_empty());
    link(&mut browser, &google, &Person::alice()).await;
    assert_at_account(&browser);
    assert!(
        browser.page.body.contains("role=\"status\""),
        "it says that it is done"
    );
    assert!(browser.page.text().contains("Google"), "{}", browser.page.text());
    assert_eq!(browser.forms_to(UNLINK).len(), 1);
    assert_eq!(server.events("provider_linked").len(), 1);
    let visit = google.visits().remove(0);
    assert_eq!(visit.parameter("redirect_uri"), server.callback_of(Kind::Google));

    let through = server.subject_through(&app, &google, &Person::alice()).await;
    assert_eq!(through, hers);
    let list = server.cli(&["users", "list"]).await.ok();
    assert_eq!(list.matches(&hers).count(), 1, "{list}");
    let other = server.subject_through(&app, &google, &Person::bob()).await;
    assert_ne!(other, hers);
}

#[tokio::test]
async fn two_providers_lead_to_one_account() {
    let (google, keycloak, server, app) = two_doors().await;
    let hers = server.subject_through(&app, &google, &Person::alice()).await;
    let mut browser = server.at_account_through(&google, &Person::alice()).await;
    link(&mut browser, &keycloak, &Person::alice()).await;
    assert_at_account(&browser);
    assert_eq!(browser.forms_to(UNLINK).len(), 2);
    assert_eq!(
        server.subject_through(&app, &keycloak, &Person::alice()).await,
        hers
    );
    // Who she is there need not look like who she is here.
    assert_ne!(
        server.subject_through(&app, &keycloak, &Person::bob()).await,
        hers
    );
}

#[tokio::test]
async fn what_is_unlinked_opens_it_no_more() {
    let (google, server, app) = with_local().await;
    let hers = local_subject(&server, &app, "alice").await;
    let mut browser = server.at_account("alice").await;
    link(&mut browser, &google, &Person::alice()).await;
    browser.submit(UNLINK, &[]).await;
    assert_eq!(browser.page.redirects, [303]);
    assert_at_account(&browser);
    assert!(browser.forms_to(UNLINK).is_empty());
    assert_eq!(server.events("provider_unlinked").len(), 1);
    let next = server.subject_through(&app, &google, &Person::alice()).await;
    assert_ne!(next, hers, "somebody new, for all we know");
    assert_eq!(local_subject(&server, &app, "alice").await, hers);
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let (google, keycloak, server, app) = two_doors().await;
    let hers = server.subject_through(&app, &google, &Person::alice()).await;
    let mut browser = server.at_account_through(&google, &Person::alice()).await;
    assert!(browser.forms_to(UNLINK).is_empty(), "nothing offers it");
    link(&mut browser, &keycloak, &Person::alice()).await;
    let both = browser.clone();
    browser.submit(UNLINK, &[]).await;
    assert_eq!(server.events("provider_unlinked").len(), 1);

    // The page of a moment ago still has both forms.
    for form in both.forms_to(UNLINK) {
        let mut late = both.clone();
        let url = late.action_of(&form);
        late.post(&url, &filled(&form, &[])).await;
        assert_eq!(late.page.left_for, None);
    }
    assert_eq!(server.events("provider_unlinked").len(), 1);
    let mut in_by = Vec::new();
    for provider in [&google, &keycloak] {
        in_by.push(server.subject_through(&app, provider, &Person::alice()).await == hers);
    }
    in_by.sort_unstable();
    assert_eq!(in_by, [false, true]);
}

#[tokio::test]
async fn an_identity_of_somebody_else_is_not_taken() {
    let (google, server, app) = with_local().await;
    let bobs = server.subject_through(&app, &google, &Person::bob()).await;
    let mut browser = server.at_account("alice").await;
    link(&mut browser, &google, &Person::bob()).await;
    assert!(server.events("provider_linked").is_empty());
    let told = browser.page.text();
    assert!(!told.contains("Bob"), "nobody learns whose it is: {told}");
    browser.visit("/account").await;
    assert!(browser.page.text().contains("alice"), "she is still herself");
    assert!(browser.forms_to(UNLINK).is_empty());
    assert_eq!(server.subject_through(&app, &google, &Person::bob()).await, bobs);

    // What is hers already is no conflict.
    link(&mut browser, &google, &Person::alice()).await;
    assert_eq!(server.events("provider_linked").len(), 1);
    assert_eq!(browser.forms_to(UNLINK).len(), 1);
}

/// Linking is begun by one person and ended in the browser of another: neither account gets a second door.
#[tokio::test]
async fn a_link_ends_only_where_it_began() {
    let (google, server, app) = with_local().await;
    server.person("mallory").await;
    server.person("bob").await;
    for (who_begins, whose_browser) in [("mallory", "bob"), ("mallory", "")] {
        let mut begins = server.at_account(who_begins).await;
        google.person(Person::alice());
        begin_link(&mut begins, &google).await;
        let back = begins.sent_back(&google).await;
        let mut other = match whose_browser {
            "" => Browser::new(&server),
            name => server.at_account(name).await,
        };
        other.arrive(&back).await;
        assert_eq!(other.page.left_for, None, "{whose_browser}");
        begins.arrive(&back).await;
        assert_eq!(begins.page.status, 400, "{}", begins.page.text());
    }
    assert!(server.events("provider_linked").is_empty());
    let alices = server.subject_through(&app, &google, &Person::alice()).await;
    for name in ["mallory", "bob"] {
        assert_ne!(local_subject(&server, &app, name).await, alices);
    }
}

#[tokio::test]
async fn who_signed_out_links_nothing() {
    let (google, server, _) = with_local().await;
    let mut browser = server.at_account("alice").await;
    begin_link(&mut browser, &google).await;
    let back = browser.sent_back(&google).await;
    browser.visit("/account").await;
    browser.press("Sign out", &[]).await;
    browser.arrive(&back).await;
    assert!(!browser.page.text().contains("Connected apps"));
    assert!(server.events("provider_linked").is_empty());
}

#[tokio::test]
async fn a_link_that_fails_changes_nothing() {
    let (google, server, _) = with_local().await;
    for (fault, status) in [
        (Fault::Denies, 403),
        (Fault::WrongNonce, 502),
        (Fault::TokenFails, 503),
    ] {
        let mut browser = server.at_account("alice").await;
        google.misbehave(fault);
        begin_link(&mut browser, &google).await;
        browser.go_through(&google).await;
        assert_eq!(browser.page.left_for, None, "{fault:?}");
        let told = browser.page.status;
        assert!(told == status || told == 200, "{fault:?}: {told}");
        assert!(!browser.heard.contains("from the provider"));
        browser.visit("/account").await;
        assert_at_account(&browser);
        assert!(browser.forms_to(UNLINK).is_empty(), "{fault:?}");
    }
    assert!(server.events("provider_linked").is_empty());
}

#[tokio::test]
async fn a_provider_is_linked_only_soon_after_a_sign_in() {
    let (google, server, _) = with_local().await;
    let mut browser = server.at_account("alice").await;
    server.age_sessions(11 * 60);
    begin_link(&mut browser, &google).await;
    assert_asked_to_sign_in(&browser, "link");
    assert!(google.visits().is_empty());
    browser
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    link(&mut browser, &google, &Person::alice()).await;
    assert_eq!(server.events("provider_linked").len(), 1);
}

#[tokio::test]
async fn ways_in_are_given_up_only_soon_after_a_sign_in() {
    let (google, keycloak, server, _) = two_doors().await;
    let mut browser = server.at_account_through(&google, &Person::alice()).await;
    link(&mut browser, &keycloak, &Person::alice()).await;
    let mut leaves = browser.clone();
    leaves.visit(DELETE).await;
    assert_eq!(leaves.forms_to(DELETE).len(), 1);

    server.age_sessions(11 * 60);
    leaves.submit(DELETE, &[("name", "Alice")]).await;
    assert_asked_to_sign_in(&leaves, "delete");
    browser.submit(UNLINK, &[]).await;
    assert_asked_to_sign_in(&browser, "unlink");
    assert!(server.events("provider_unlinked").is_empty());
    assert_eq!(server.rows("users"), 1);

    // She signs in again in the same browser, and goes on.
    google.person(Person::alice());
    browser.press(&google.button(), &[]).await;
    browser.go_through(&google).await;
    assert!(
        browser.page.text().contains("Connected apps"),
        "{}",
        browser.page.text()
    );
    browser.visit("/account").await;
    browser.submit(UNLINK, &[]).await;
    assert_eq!(server.events("provider_unlinked").len(), 1);
}

#[tokio::test]
async fn an_account_without_password_is_deleted_by_its_name() {
    let (google, keycloak, server, app) = two_doors().await;
    let tokens = server.sign_in_through(&app, &google, &Person::alice()).await;
    let hers = tokens.claims()["sub"].as_str().unwrap().to_owned();
    let mut browser = server.at_account_through(&google, &Person::alice()).await;
    link(&mut browser, &keycloak, &Person::alice()).await;
    browser.visit(DELETE).await;
    let form = browser.forms_to(DELETE).remove(0);
    assert!(
        form.inputs.iter().all(|input| input.name != "password"),
        "there is none to type"
    );
    browser.submit(DELETE, &[("name", "Bob")]).await;
    assert_eq!(browser.page.status, 422);
    assert!(server.admits(&tokens.access).await);
    browser.submit(DELETE, &[("name", "Alice")]).await;
    assert!(
        browser.page.text().contains("Your account is deleted"),
        "{}",
        browser.page.text()
    );
    assert!(!server.admits(&tokens.access).await);
    assert_eq!(server.rows("users"), 0);
    for provider in [&google, &keycloak] {
        let next = server.subject_through(&app, provider, &Person::alice()).await;
        assert_ne!(next, hers, "nothing of hers is found again");
    }
}

/// Local accounts were turned off: hers is left, and her password proves nothing any more.
#[tokio::test]
async fn a_password_that_opens_nothing_is_not_asked_for() {
    let google = Provider::open(Kind::Google).await;
    let home = google.join(Home::new());
    let settings = home.work_dir().join(".env");
    std::fs::write(&settings, "LOCAL_SIGN_IN=on\n").unwrap();
    let mut server = home.serve().await;
    server.person("alice").await;
    let mut browser = server.at_account("alice").await;
    link(&mut browser, &google, &Person::alice()).await;
    server.kill().await;
    std::fs::write(&settings, "LOCAL_SIGN_IN=off\n").unwrap();
    let server = server.start_again().await;

    let mut browser = server.at_account_through(&google, &Person::alice()).await;
    assert!(browser.forms_to(UNLINK).is_empty(), "it is her last way in");
    browser.visit(DELETE).await;
    let form = browser.forms_to(DELETE).remove(0);
    assert!(form.inputs.iter().all(|input| input.name != "password"));
    browser.submit(DELETE, &[("name", "alice")]).await;
    assert!(
        browser.page.text().contains("Your account is deleted"),
        "{}",
        browser.page.text()
    );
}

#[tokio::test]
async fn links_are_made_from_our_own_pages_by_their_owner_alone() {
    let (google, server, _) = with_local().await;
    server.person("bob").await;
    let mut alice = server.at_account("alice").await;
    link(&mut alice, &google, &Person::alice()).await;
    let unlink = alice.forms_to(UNLINK).remove(0);
    let identity = filled(&unlink, &[]);
    let identity = &identity.iter().find(|(name, _)| name == "identity").unwrap().1;

    let mut bob = server.at_account("bob").await;
    link(&mut bob, &google, &Person::bob()).await;
    let url = server.url(UNLINK);
    for form in [&bob.forms_to(UNLINK)[0], &unlink] {
        let fields = filled(form, &[]);
        let post = |fields: &[(String, String)]| server.http().post(&url).form(fields);
        let foreign = post(&fields).header("origin", "https://evil.example");
        assert_eq!(bob.once(foreign).await.status, 403);
        assert_eq!(bob.once(post(&fields)).await.status, 403);
        let without: Vec<_> = fields
            .iter()
            .filter(|(name, _)| name != "csrf")
            .cloned()
            .collect();
        let own = post(&without).header("origin", server.origin());
        assert_eq!(bob.once(own).await.status, 400);
    }
    // His form, her identity: like one that does not exist.
    let mut bodies = Vec::new();
    for id in [
        identity.as_str(),
        "01900000-0000-7000-8000-000000000000",
        "<b>",
        "",
    ] {
        let mut browser = bob.clone();
        browser.submit(UNLINK, &[("identity", id)]).await;
        assert_eq!(browser.page.status, 404, "{id}");
        bodies.push(browser.page.body.clone());
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    alice.visit("/account").await;
    assert_eq!(alice.forms_to(UNLINK).len(), 1);
    for path in [LINK, UNLINK] {
        let fetched = alice.once(server.http().get(server.url(path))).await;
        assert_eq!(fetched.status, 405, "{path}");
    }
    let mut stranger = Browser::new(&server);
    stranger.visit("/account").await;
    assert!(stranger.forms_to(LINK).is_empty());
    let forged = [
        ("csrf".to_owned(), "x".to_owned()),
        ("provider".to_owned(), "google".to_owned()),
    ];
    let url = stranger.at(LINK);
    stranger.post(&url, &forged).await;
    assert_eq!(stranger.page.left_for, None);
    assert!(!stranger.page.text().contains("Connected apps"));
}

/// A link gives nobody a sign-in: an app that asks meanwhile still gets its own page.
#[tokio::test]
async fn a_link_is_no_sign_in_for_an_app() {
    let (google, server, app) = with_local().await;
    let mut browser = server.at_account("alice").await;
    link(&mut browser, &google, &Person::alice()).await;
    assert_eq!(server.rows("authorization_codes"), 0);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    assert!(browser.page.asks_consent());
    assert_eq!(browser.page.left_for, None);
}
