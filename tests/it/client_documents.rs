//! Clients that are known by their metadata documents: nobody registers them.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::oauth::{CALLBACK, PASSWORD, Request, Tokens, callback};
use crate::support::site::{Answer, Site};
use crate::support::{App, Browser, Home, Reply, Server, until};

/// What a site answers for a document with this URL.
type Serve<'a> = dyn Fn(&str) -> Answer + 'a;

/// The page that an authorization request of this app leads to.
async fn asked(server: &Server, app: &App) -> Browser {
    let mut browser = Browser::new(server);
    browser.open(&Request::of(app, server).url(server)).await;
    browser
}

/// What the page says that refuses this app; it stays here.
async fn refused(server: &Server, app: &App) -> String {
    let browser = asked(server, app).await;
    let page = &browser.page;
    assert_eq!(page.status, 400, "{}: {}", app.id, page.text());
    assert!(page.left_for.is_none(), "{}", app.id);
    page.text()
}

async fn welcome(server: &Server, app: &App) -> Browser {
    let browser = asked(server, app).await;
    assert!(browser.page.asks_consent(), "{}: {}", app.id, browser.page.text());
    browser
}

/// Makes every kept document one that has to be read again.
pub(crate) fn age(server: &Server) {
    change(server, "UPDATE client_documents SET fresh_until = 0");
}

fn change(server: &Server, sql: &str) {
    let database = rusqlite::Connection::open(server.home().database()).unwrap();
    assert!(database.execute(sql, []).unwrap() > 0, "{sql}");
}

fn app_at(id: String) -> App {
    App {
        id,
        secret: None,
        redirect_uri: CALLBACK.to_owned(),
    }
}

#[tokio::test]
async fn a_document_is_all_that_a_client_needs() {
    let (site, server) = (Site::open().await, Server::start().await);
    let metadata = server
        .http()
        .get(server.url("/.well-known/oauth-authorization-server"));
    let metadata = Reply::to(metadata).await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    server.person("alice").await;
    let app = site.publish(
        "/client.json",
        &json!({ "client_name": "  Documented\u{202e} App" }),
    );
    let page = welcome(&server, &app).await.page;
    assert!(page.text().contains("Documented App"), "{}", page.text());
    let tokens = server.sign_in(&app, "alice").await;
    assert_eq!(tokens.claims()["client_id"], app.id.as_str());
    assert!(server.admits(&tokens.access).await);
    let tokens = Tokens::of(&server.refresh(&app, &tokens.refresh).await);
    assert!(server.admits(&tokens.access).await);
    server.revoke(&app, &tokens.refresh).await.expect(200);
    assert!(!server.admits(&tokens.access).await);
    assert_eq!(site.all_hits(), 1, "one fetch serves all of that");
}

#[tokio::test]
async fn a_client_of_a_document_has_no_secret_to_show() {
    let (site, server) = (Site::open().await, Server::start().await);
    server.person("alice").await;
    let app = site.publish("/client.json", &json!({}));
    let granted = server.code(&app, "alice").await;
    let with_secret = App {
        secret: Some("guess".to_owned()),
        ..app.clone()
    };
    let mut form = granted.form();
    form.push(("client_secret".to_owned(), "guess".to_owned()));
    assert_eq!(server.token(&form).await.oauth_error(401), "invalid_client");
    let tokens = Tokens::of(&server.token(&granted.form()).await);
    let reply = server.refresh(&with_secret, &tokens.refresh).await;
    assert_eq!(reply.oauth_error(401), "invalid_client");
    let another = site.publish("/another.json", &json!({}));
    let reply = server.refresh(&another, &tokens.refresh).await;
    assert_eq!(reply.oauth_error(400), "invalid_grant");
    Tokens::of(&server.refresh(&app, &tokens.refresh).await);
}

#[tokio::test]
async fn what_a_client_may_take_is_what_its_document_said() {
    let (site, server) = (Site::open().await, Server::start().await);
    server.person("alice").await;
    let app = site.publish("/client.json", &json!({ "grant_types": ["authorization_code"] }));
    let tokens = server.sign_in(&app, "alice").await;
    assert!(tokens.refresh.is_empty());
    // As ChatGPT and Claude have it: stronger ways beside `none`, and grant types for other servers.
    let app = site.publish(
        "/rich.json",
        &json!({
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "jwks_uri": site.url("/jwks.json"), "logo_uri": site.url("/logo.svg"),
            "policy_uri": site.url("/policy"), "tos_uri": site.url("/tos"), "scope": "profile.read",
        }),
    );
    let tokens = server.sign_in(&app, "alice").await;
    assert!(!tokens.refresh.is_empty() && server.admits(&tokens.access).await);
    assert_eq!(site.all_hits(), 2, "nothing that a document points to is fetched");
}

#[tokio::test]
async fn a_document_that_does_not_hold_is_refused_here_with_the_reason() {
    let (site, server) = (Site::open().await, Server::start().await);
    let fine = |url: &str| crate::support::site::document(url, &json!({}));
    let laid_over =
        |changes: Value| move |url: &str| Answer::json(&crate::support::site::document(url, &changes));
    let twice = |url: &str| {
        let document = fine(url).to_string();
        let other = document.replacen('{', r#"{"redirect_uris": ["https://evil.example/cb"],"#, 1);
        Answer::raw("application/json", other)
    };
    let elsewhere = site.url("/elsewhere.json");
    site.put("/elsewhere.json", Answer::json(&fine(&elsewhere)));
    let never = Arc::new(Semaphore::new(0));
    let cases: Vec<(Box<Serve<'_>>, &str)> = vec![
        (
            Box::new(|url| {
                Answer::json(&fine(url))
                    .status(302)
                    .header("location", elsewhere.clone())
            }),
            "redirects",
        ),
        (Box::new(|url| Answer::json(&fine(url)).status(403)), "status 403"),
        (Box::new(|url| Answer::json(&fine(url)).status(500)), "status 500"),
        (
            Box::new(|url| Answer::raw("text/html", fine(url).to_string())),
            "JSON",
        ),
        (
            Box::new(|_| Answer::raw("application/json", "<html>")),
            "not a JSON object",
        ),
        (
            Box::new(|_| Answer::raw("application/json", "[]")),
            "not a JSON object",
        ),
        (
            Box::new(|url| Answer::raw("application/json", format!("{}{}", fine(url), " ".repeat(10_000)))),
            "larger than",
        ),
        (
            Box::new(|url| Answer::json(&fine(url)).header("content-encoding", "gzip")),
            "compressed",
        ),
        (Box::new(twice), "every name once"),
        (Box::new(|url| Answer::json(&fine(url)).behind(&never)), "in time"),
        (
            Box::new(laid_over(json!({ "client_id": site.url("/another.json") }))),
            "client_id",
        ),
        (
            Box::new(|url| Answer::json(&fine(&format!("{url} ")))),
            "client_id",
        ),
        (Box::new(laid_over(json!({ "client_id": null }))), "client_id"),
        (Box::new(laid_over(json!({ "client_secret": "s" }))), "secret"),
        (
            Box::new(laid_over(
                json!({ "token_endpoint_auth_method": "client_secret_post" }),
            )),
            "secret",
        ),
        (
            Box::new(laid_over(
                json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            )),
            "none",
        ),
        (
            Box::new(laid_over(json!({ "redirect_uris": [] }))),
            "redirect_uris",
        ),
        (
            Box::new(laid_over(
                json!({ "redirect_uris": [CALLBACK, "javascript:alert(1)"] }),
            )),
            "redirect_uris",
        ),
        (
            Box::new(laid_over(json!({ "grant_types": ["implicit"] }))),
            "grant_types",
        ),
    ];
    for (number, (answer, words)) in cases.iter().enumerate() {
        // By two names, because there is a bound for each host.
        let host = ["127.0.0.1", "localhost"][number % 2];
        let path = format!("/{number}.json");
        let url = site.url_at(host, &path);
        site.put(&path, answer(&url));
        let told = refused(&server, &app_at(url)).await;
        assert!(told.contains(words), "{number}: {words}: {told}");
        assert_eq!(site.hits(&path), 1, "{number}");
    }
    assert_eq!(site.hits("/elsewhere.json"), 0, "a redirect is not followed");
    let closed = site.url("/closed.json");
    drop(site);
    let server = Server::start().await;
    let told = refused(&server, &app_at(closed)).await;
    assert!(told.contains("cannot be reached"), "{told}");
}

#[tokio::test]
async fn other_addresses_are_not_even_asked() {
    let (site, server) = (Site::open().await, Server::start().await);
    let port = site.url("").rsplit_once(':').unwrap().1.to_owned();
    let hostile = [
        "http://chess.example/client.json".to_owned(),
        format!("https://127.0.0.1:{port}/client.json"),
        format!("https://localhost:{port}/client.json"),
        "https://127.0.0.1/client.json".to_owned(),
        "https://[::1]/client.json".to_owned(),
        "https://2130706433/client.json".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://intranet/client.json".to_owned(),
        "https://chess.example:8443/client.json".to_owned(),
        "https://chess.example".to_owned(),
        "https://chess.example/".to_owned(),
        "https://chess.example/a/../client.json".to_owned(),
        "https://CHESS.example/client.json".to_owned(),
        "https://user@chess.example/client.json".to_owned(),
        "https://chess.example/client.json#x".to_owned(),
        format!("http://user:secret@127.0.0.1:{port}/client.json"),
        format!("http://127.0.0.1:{port}/client.json#"),
        format!("http://127.0.0.1:{port}/a/../client.json"),
        format!("http://127.0.0.1:{port}"),
        format!("http://127.1:{port}/client.json"),
        format!("http://0.0.0.0:{port}/client.json"),
        format!("http://127.0.0.1.nip.example:{port}/client.json"),
        "javascript:alert(1)".to_owned(),
        "data:application/json,{}".to_owned(),
        "file:///etc/passwd".to_owned(),
        format!("https://chess.example/{}", "a".repeat(600)),
        "https://chess.example/<script>alert(1)</script>".to_owned(),
    ];
    for id in hostile {
        let browser = asked(&server, &app_at(id.clone())).await;
        assert_eq!(browser.page.status, 400, "{id}");
        assert!(browser.page.left_for.is_none(), "{id}");
        assert!(!browser.page.body.contains("<script>alert"), "{id}");
    }
    assert_eq!(site.all_hits(), 0);
}

#[tokio::test]
async fn a_public_server_reads_no_documents_of_its_own_machine() {
    let site = Site::open().await;
    let server = Home::new()
        .set("PUBLIC_URL", "https://chess.example")
        .serve()
        .await;
    let app = site.publish("/client.json", &json!({}));
    let told = refused(&server, &app).await;
    assert!(told.contains("plain http"), "{told}");
    assert_eq!(site.all_hits(), 0);
}

#[tokio::test]
async fn who_comes_through_a_proxy_has_nothing_fetched_from_this_machine() {
    let (site, server) = (Site::open().await, Server::start().await);
    let app = site.publish("/client.json", &json!({}));
    let url = Request::of(&app, &server).url(&server);
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=203.0.113.9"),
    ] {
        let reply = Reply::to(server.http().get(&url).header(name, value)).await;
        assert_eq!(reply.status, 400, "{name}: {value}");
        assert!(reply.body.contains("plain http"), "{}", reply.body);
    }
    assert_eq!(site.all_hits(), 0);
    welcome(&server, &app).await;
}

#[tokio::test]
async fn a_change_of_the_document_does_not_reach_what_has_begun() {
    let (site, server) = (Site::open().await, Server::start().await);
    server.person("alice").await;
    let app = site.publish("/client.json", &json!({}));
    let request = Request::of(&app, &server);
    let mut browser = Browser::new(&server);
    browser.open(&request.url(&server)).await;
    assert!(browser.page.asks_consent());
    let changed = json!({
        "client_name": "Changed", "grant_types": ["authorization_code"],
        "redirect_uris": ["https://elsewhere.example/cb"],
    });
    site.publish("/client.json", &changed);
    age(&server);
    browser.press_allow().await;
    browser
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    let left = browser.page.left_for.clone().unwrap();
    assert!(left.as_str().starts_with(CALLBACK), "{left}");
    let code = callback(&browser)["code"].clone();
    let granted = crate::support::oauth::Granted {
        code,
        pkce: request.pkce,
        app: app.clone(),
    };
    let tokens = Tokens::of(&server.token(&granted.form()).await);
    assert!(
        !tokens.refresh.is_empty(),
        "as the document allowed when it began"
    );
    let tokens = Tokens::of(&server.refresh(&app, &tokens.refresh).await);
    assert!(server.admits(&tokens.access).await);
    assert_eq!(site.hits("/client.json"), 1);
    // The next one begins with the document as it is now.
    let told = refused(&server, &app).await;
    assert!(told.contains("did not register"), "{told}");
    assert_eq!(site.hits("/client.json"), 2);
}

#[tokio::test]
async fn a_host_that_is_away_locks_nobody_out() {
    let (site, server) = (Site::open().await, Server::start().await);
    server.person("alice").await;
    let app = site.publish("/client.json", &json!({}));
    welcome(&server, &app).await;
    site.put("/client.json", Answer::raw("text/html", "challenge").status(503));
    age(&server);
    server.sign_in(&app, "alice").await;
    assert_eq!(site.hits("/client.json"), 2);
    welcome(&server, &app).await;
    assert_eq!(
        site.hits("/client.json"),
        2,
        "a bad answer is remembered for a minute"
    );
    drop(site);
    let server = server.crash_and_restart().await;
    welcome(&server, &app).await;
    change(
        &server,
        "UPDATE client_documents SET fetched_at = fetched_at - 31 * 24 * 3600",
    );
    let told = refused(&server, &app).await;
    assert!(told.contains("cannot be reached"), "a month is enough: {told}");
}

#[tokio::test]
async fn a_document_that_was_withdrawn_is_not_replaced_by_a_copy() {
    let (site, server) = (Site::open().await, Server::start().await);
    let app = site.publish("/client.json", &json!({}));
    welcome(&server, &app).await;
    site.put("/client.json", Answer::json(&json!({ "withdrawn": true })));
    age(&server);
    let told = refused(&server, &app).await;
    assert!(told.contains("client_id"), "{told}");
    // Neither now nor when the host is away afterwards.
    drop(site);
    let server = server.crash_and_restart().await;
    refused(&server, &app).await;
}

#[tokio::test]
async fn a_bad_answer_is_not_asked_for_again_at_once() {
    let (site, server) = (Site::open().await, Server::start().await);
    let app = app_at(site.url("/client.json"));
    refused(&server, &app).await;
    site.publish("/client.json", &json!({}));
    let told = refused(&server, &app).await;
    assert!(told.contains("status 404"), "{told}");
    assert_eq!(site.hits("/client.json"), 1);
}

#[tokio::test]
async fn many_who_ask_at_once_are_served_by_one_fetch() {
    let (site, server) = (Site::open().await, Server::start().await);
    let (gate, app) = (
        Arc::new(Semaphore::new(0)),
        site.publish("/client.json", &json!({})),
    );
    let document = site.document("/client.json", &json!({}));
    site.put("/client.json", Answer::json(&document).behind(&gate));
    let visit = async || assert!(asked(&server, &app).await.page.asks_consent());
    let visitors = async {
        tokio::join!(
            visit(),
            visit(),
            visit(),
            visit(),
            visit(),
            visit(),
            visit(),
            visit()
        );
    };
    let release = async {
        until("somebody asks the site", async || site.hits("/client.json") > 0).await;
        // Time for the others to arrive: what they do meanwhile is theirs.
        for _ in 0..50 {
            Reply::to(server.http().get(server.url("/healthz")))
                .await
                .expect(200);
        }
        gate.add_permits(1);
    };
    tokio::join!(visitors, release);
    assert_eq!(site.hits("/client.json"), 1);
}

#[tokio::test]
async fn nobody_is_asked_too_often() {
    let (site, server) = (Site::open().await, Server::start().await);
    for number in 0..10 {
        let path = format!("/{number}.json");
        welcome(&server, &site.publish(&path, &json!({}))).await;
    }
    let one_more = site.publish("/more.json", &json!({}));
    let told = refused(&server, &one_more).await;
    assert!(told.contains("too many"), "{told}");
    assert_eq!(site.hits("/more.json"), 0);
    // What is known stays known.
    welcome(&server, &app_at(site.url("/0.json"))).await;
    assert_eq!(site.all_hits(), 10);
}
