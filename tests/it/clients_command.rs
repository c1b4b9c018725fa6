//! `clients list`, `clients add` and `clients remove`, beside a running server.

use serde_json::json;

use crate::support::oauth::{CALLBACK, PASSWORD, Request, Tokens, refreshing};
use crate::support::site::Site;
use crate::support::{App, Browser, Reply, Server};

/// Adds a client by command and reads what it prints.
async fn add(server: &Server, name: &str, more: &[&str]) -> App {
    let mut args = vec!["clients", "add", "--name", name, "--redirect-uri", CALLBACK];
    args.extend(more);
    let printed = server.cli(&args).await.ok();
    let value = |label: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(label));
        line.map(str::to_owned)
    };
    App {
        id: value("client_id: ").unwrap_or_else(|| panic!("no id: {printed}")),
        secret: value("client_secret: "),
        redirect_uri: CALLBACK.to_owned(),
    }
}

/// The line of `clients list` about this client.
async fn listed(server: &Server, app: &App) -> Option<String> {
    let list = server.cli(&["clients", "list"]).await.ok();
    let mut lines = list.lines().filter(|line| line.starts_with(&app.id));
    let line = lines.next().map(str::to_owned);
    assert!(lines.next().is_none(), "each client once: {list}");
    line
}

#[tokio::test]
async fn a_client_that_was_added_lets_people_in() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = add(
        &server,
        "Gate\u{202e}way\u{7}",
        &["--redirect-uri", "https://app.example/cb"],
    )
    .await;
    assert!(app.id.starts_with("chess-mcp-") && app.secret.is_none());
    let line = listed(&server, &app).await.unwrap();
    for word in ["Gateway", "added", "127.0.0.1", "app.example", "no live grant"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    let tokens = server.sign_in(&app, "alice").await;
    assert!(server.admits(&tokens.access).await);
    let line = listed(&server, &app).await.unwrap();
    assert!(line.contains("1 live grant, last used 20"), "{line}");
    let second = App {
        redirect_uri: "https://app.example/cb".to_owned(),
        ..app
    };
    server.code(&second, "alice").await;
}

#[tokio::test]
async fn a_confidential_client_has_to_show_its_secret() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = add(&server, "Gateway", &["--confidential"]).await;
    let secret = app.secret.clone().unwrap();
    assert!(secret.len() >= 32, "a strong secret");
    let tokens = server.sign_in(&app, "alice").await;
    let nameless = App {
        secret: None,
        ..app.clone()
    };
    let reply = server.refresh(&nameless, &tokens.refresh).await;
    assert_eq!(reply.oauth_error(401), "invalid_client");
    let basic = server.http().post(server.url("/oauth/token"));
    let basic = basic.header("authorization", app.basic());
    let mut form = refreshing(&nameless, &tokens.refresh);
    form.retain(|(name, _)| name != "client_id");
    Tokens::of(&Reply::to(basic.form(&form)).await);
    let printed = server.cli(&["clients", "list"]).await.ok();
    assert!(!printed.contains(&secret), "it is told once");
    let database = std::fs::read(server.home().database()).unwrap();
    let kept = database
        .windows(secret.len())
        .any(|part| part == secret.as_bytes());
    assert!(!kept, "only its digest is kept");
}

#[tokio::test]
async fn the_list_says_where_a_client_comes_from() {
    let (site, server) = (Site::open().await, Server::start().await);
    server.person("alice").await;
    assert_eq!(server.cli(&["clients", "list"]).await.ok(), "");
    let registered = server.app("Registered App").await;
    let added = add(&server, "Added App", &[]).await;
    let documented = site.publish("/client.json", &json!({ "client_name": "Some App" }));
    server.sign_in(&documented, "alice").await;
    server.cli(&["token", "--user", "alice"]).await.ok();
    for (app, words) in [
        (&registered, ["Registered App", "\tregistered\t", "no live grant"]),
        (&added, ["Added App", "\tadded\t", "no live grant"]),
        (&documented, ["Some App", "\tdocument\t", "1 live grant"]),
    ] {
        let line = listed(&server, app).await.unwrap();
        for word in words {
            assert!(line.contains(word), "{word}: {line}");
        }
    }
    let list = server.cli(&["clients", "list"]).await.ok();
    assert!(list.contains("chess-mcp-cli\t"), "{list}");
}

#[tokio::test]
async fn a_removed_client_is_out_from_its_next_request_on() {
    let (site, server) = (Site::open().await, Server::start().await);
    server.person("alice").await;
    server.person("bob").await;
    let registered = server.app("Registered App").await;
    let added = add(&server, "Added App", &[]).await;
    let documented = site.publish("/client.json", &json!({}));
    let bystander = server.app("Bystander").await;
    let stays = server.sign_in(&bystander, "alice").await;
    for app in [registered, added, documented] {
        let hers = server.sign_in(&app, "alice").await;
        let his = server.sign_in(&app, "bob").await;
        let mut under_way = Browser::new(&server);
        under_way.open(&Request::of(&app, &server).url(&server)).await;
        under_way.press_allow().await;
        assert!(under_way.page.asks_sign_in());

        let told = server.cli(&["clients", "remove", &app.id]).await.ok();
        assert!(told.contains(&app.id) && told.contains("2 live grants"), "{told}");
        for tokens in [&hers, &his] {
            assert!(!server.admits(&tokens.access).await);
            let reply = server.refresh(&app, &tokens.refresh).await;
            assert!(matches!(reply.status, 400 | 401), "{}", reply.body);
        }
        let page = under_way
            .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
            .await;
        assert!(page.left_for.is_none() && page.status == 400, "{}", page.text());
        assert_eq!(listed(&server, &app).await, None);
        let again = server.cli(&["clients", "remove", &app.id]).await.failed();
        assert!(again.contains("clients list"), "{again}");

        let mut browser = Browser::new(&server);
        let page = browser.open(&Request::of(&app, &server).url(&server)).await;
        let by_document = app.id.starts_with("http");
        assert_eq!(
            page.asks_consent(),
            by_document,
            "a document needs no registration"
        );
    }
    assert!(server.admits(&stays.access).await);
}

#[tokio::test]
async fn what_makes_no_sense_is_told() {
    let server = Server::start().await;
    let uri = "https://app.example/cb";
    let many: Vec<String> = (0..11).map(|n| format!("--redirect-uri={uri}{n}")).collect();
    let mut too_many = vec!["clients", "add", "--name", "App"];
    too_many.extend(many.iter().map(String::as_str));
    let failing: [&[&str]; 5] = [
        &["clients", "add", "--name", " \u{200b}", "--redirect-uri", uri],
        &[
            "clients",
            "add",
            "--name",
            "App",
            "--redirect-uri",
            "http://app.example/cb",
        ],
        &too_many,
        &["clients", "remove", "banana"],
        &["clients", "remove", "https://app.example/client.json"],
    ];
    for args in failing {
        server.cli(args).await.failed();
    }
    let wrong: [&[&str]; 5] = [
        &["clients"],
        &["clients", "add"],
        &["clients", "add", "--name", "App"],
        &["clients", "add", "--redirect-uri", uri],
        &["clients", "remove"],
    ];
    for args in wrong {
        server.cli(args).await.wrong_usage();
    }
}
