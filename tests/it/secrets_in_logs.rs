//! Whole flows at the most talkative log level: no secret that occurred in them stands in the log, nor in the clear on
//! disk.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;

use crate::support::browser::filled;
use crate::support::mcp::{Answer, modern};
use crate::support::oauth::{App, Granted, PASSWORD, Request, Tokens, callback, registration};
use crate::support::{Browser, Home, Reply, Server};

const OWNER: &str = "the password of the owner";
const WRONG: &str = "wrong password typed";
const STATE: &str = "state-value-of-the-client-0123456789";

/// What nobody but its owner may read, and what each of them is.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Secrets {
    fn add(&mut self, name: &str, value: &str) {
        assert!(!value.is_empty(), "{name}");
        self.0.entry(value.to_owned()).or_insert_with(|| name.to_owned());
    }

    fn tokens(&mut self, tokens: &Tokens) {
        self.add("a refresh token", &tokens.refresh);
        self.add("an access token", &tokens.access);
        let signature = tokens.access.rsplit('.').next().unwrap_or_default();
        self.add("the signature of an access token", signature);
    }

    fn app(&mut self, app: &App) {
        if let Some(secret) = &app.secret {
            self.add("a client secret", secret);
            let basic = app.basic();
            self.add(
                "credentials in Basic",
                basic.strip_prefix("Basic ").unwrap_or_default(),
            );
        }
    }

    /// The hidden values of every form on the page, and every cookie so far.
    fn page(&mut self, browser: &Browser) {
        for form in browser.page.forms() {
            for (name, value) in filled(&form, &[])
                .into_iter()
                .filter(|(_, value)| value.len() >= 32)
            {
                self.add(&format!("{name} in a form"), &value);
            }
        }
        for line in &browser.set_cookies {
            let (name, rest) = line.split_once('=').unwrap_or_default();
            let value = rest.split(';').next().unwrap_or_default();
            if !value.is_empty() {
                self.add(&format!("the cookie {name}"), value);
            }
        }
    }

    /// Looks for all of them in a text and, with `spellings`, for other ways in which they may be written.
    fn absent_from(&self, text: &str, place: &str, spellings: bool) {
        for (secret, name) in &self.0 {
            assert!(!text.contains(secret.as_str()), "{name} is in {place}");
            if spellings {
                let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
                assert!(!text.contains(&encoded), "{name} is in {place}, encoded");
                let numbers = format!("{:?}", secret.as_bytes());
                assert!(!text.contains(&numbers), "{name} is in {place}, as numbers");
            }
        }
    }
}

/// Every file of the state but the one that is there to hold the master key.
pub(crate) fn on_disk(state: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(state)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.file_name().is_some_and(|name| name != "master.key"));
    files
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read(&path).unwrap_or_default(),
            )
        })
        .collect()
}

fn judge(server: &Server, secrets: &Secrets) {
    let log = server.home().everything_written();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log is talkative"
    );
    assert!(!log.contains(STATE), "the state of a request is in the log");
    secrets.absent_from(&log, "the log", true);
    let files = on_disk(&server.home().state_dir());
    assert!(
        files
            .iter()
            .any(|(name, _)| Path::new(name).extension().is_some_and(|kind| kind == "db")),
        "there is a database"
    );
    for (name, bytes) in files {
        secrets.absent_from(&String::from_utf8_lossy(&bytes), &name, false);
    }
}

#[tokio::test]
async fn no_secret_reaches_the_log_or_the_disk() {
    let home = Home::new().set("RUST_LOG", "trace").set("OWNER_PASSWORD", OWNER);
    let server = home.serve().await;
    server.person("alice").await;
    let mut secrets = Secrets::default();
    secrets.add("the owner's password", OWNER);
    secrets.add("a password", PASSWORD);
    secrets.add("a wrong password", WRONG);
    let master = std::fs::read_to_string(server.home().state_dir().join("master.key")).unwrap();
    secrets.add("the master key", master.trim());

    for method in ["client_secret_post", "client_secret_basic", "none"] {
        let app = server
            .app_with(&json!({ "token_endpoint_auth_method": method }))
            .await;
        secrets.app(&app);
        connect(&server, &app, &mut secrets).await;
    }
    let printed = server.cli(&["token", "--user", "alice"]).await.ok();
    secrets.add("a token of the command line", printed.trim());
    let generated = server.cli(&["users", "passwd", "alice"]).await.ok();
    for word in generated.split_whitespace().filter(|word| word.len() >= 20) {
        secrets.add("a generated password", word);
    }
    judge(&server, &secrets);
    let bytes = STANDARD.decode(master.trim()).unwrap();
    for (name, file) in on_disk(&server.home().state_dir()) {
        let found = file.windows(bytes.len()).any(|window| window == bytes);
        assert!(!found, "the master key is in {name}");
    }
    // A start of its own reads all of it again.
    let server = server.crash_and_restart().await;
    assert!(server.admits(printed.trim()).await);
    judge(&server, &secrets);
}

/// A person signs in, not at the first try, and the app uses, refreshes, replays and revokes what it got.
async fn connect(server: &Server, app: &App, secrets: &mut Secrets) {
    let request = Request::of(app, server).set("state", STATE);
    let mut browser = Browser::new(server);
    browser.open(&request.url(server)).await;
    secrets.page(&browser);
    browser.press_allow().await;
    secrets.page(&browser);
    for password in [WRONG, PASSWORD] {
        browser
            .press("Sign in", &[("username", "alice"), ("password", password)])
            .await;
        secrets.page(&browser);
    }
    let code = callback(&browser)["code"].clone();
    secrets.add("a code", &code);
    secrets.add("a verifier", &request.pkce.verifier);

    let granted = Granted {
        code,
        pkce: request.pkce,
        app: app.clone(),
    };
    let first = Tokens::of(&server.token(&granted.form()).await);
    let second = Tokens::of(&server.refresh(app, &first.refresh).await);
    let again = Tokens::of(&server.refresh(app, &first.refresh).await);
    for tokens in [&first, &second, &again] {
        secrets.tokens(tokens);
    }
    server.token(&granted.form()).await.expect(400);
    assert!(server.admits(&second.access).await);
    let flipped = format!("{}x", second.access);
    secrets.add("an access token, bent", &flipped);
    assert!(!server.admits(&flipped).await);
    for path in ["/mcp", "/oauth/token", "/oauth/authorize"] {
        let url = format!(
            "{}?access_token={}&code={}",
            server.url(path),
            second.access,
            granted.code
        );
        let refused = Reply::to(server.http().post(url)).await.status;
        assert!((400..500).contains(&refused), "{path}: {refused}");
    }
    if app.secret.is_some() {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &second.refresh),
        ];
        let with_basic = server.http().post(server.url("/oauth/token")).form(&form);
        let third = Reply::to(with_basic.header("authorization", app.basic())).await;
        secrets.tokens(&Tokens::of(&third));
    }
    server.revoke(app, &second.refresh).await.expect(200);
    // The same browser again: it is signed in, and its cookies and forms are new ones.
    browser.open(&Request::of(app, server).url(server)).await;
    secrets.page(&browser);
    browser.press_allow().await;
    secrets.page(&browser);
    secrets.add("a code", &callback(&browser)["code"]);
}

#[tokio::test]
async fn what_the_operator_sets_stays_out_of_the_log_and_the_disk() {
    let master = STANDARD.encode([0x5a; 32]);
    let (allowed, guessed) = (
        "registration-token-of-the-operator",
        "registration-token-that-was-guessed",
    );
    let home = Home::new()
        .set("RUST_LOG", "trace")
        .set("MASTER_KEY", master.as_str())
        .set("REGISTRATION", "token")
        .set("REGISTRATION_TOKEN", allowed);
    let server = home.serve().await;
    let mut secrets = Secrets::default();
    secrets.add("the master key", &master);
    secrets.add("the registration token", allowed);
    secrets.add("a guessed registration token", guessed);
    for (token, status) in [(guessed, 401), (allowed, 201)] {
        let post = server
            .http()
            .post(server.url("/oauth/register"))
            .bearer_auth(token);
        Reply::to(post.json(&registration(&json!({}))))
            .await
            .expect(status);
    }
    server.home().run(&["check-config"]).await.ok();
    // The owner's password was made at the start and is shown once, to the person at the terminal.
    judge(&server, &secrets);
}

#[tokio::test]
async fn an_invitation_s_code_stays_out_of_the_log() {
    let home = Home::new().set("RUST_LOG", "trace");
    let server = home.serve().await;
    let (alice, bob) = (server.alice().await, server.bob().await);
    let invite = json!({ "opponent": "friend" });
    let game = alice.call("chess_new_game", invite).await.ok();
    let code = game["invitation"]["code"].as_str().unwrap().to_owned();
    let mut secrets = Secrets::default();
    secrets.add("a code", &code);
    secrets.add("a code, shouted", &code.to_uppercase());
    let spoken: String = code.chars().flat_map(|letter| [letter, ' ']).collect();
    secrets.add("a code, spoken", spoken.trim());

    // As a path, right and wrong, to whoever looks at it.
    let mut browsers = [Browser::new(&server), server.at_account("alice").await];
    for browser in &mut browsers {
        for path in [
            "/join/{}",
            "/join/{}/",
            "/join/{}/more",
            "//join/{}",
            "/join//{}",
            "/Join/{}",
            "/x/join/{}",
        ] {
            browser.visit(&path.replace("{}", &code)).await;
            browser.visit(&path.replace("{}", &code.to_uppercase())).await;
        }
    }
    for method in [Method::HEAD, Method::POST, Method::DELETE] {
        Reply::to(
            server
                .http()
                .request(method, server.url(&format!("/join/{code}"))),
        )
        .await;
    }
    // As an argument, where it belongs and where it does not.
    let url = game["invitation"]["url"].clone();
    alice
        .call("chess_show", json!({ "game_id": game["game_id"] }))
        .await
        .ok();
    alice.call("chess_join", json!({ "code": code })).await.refused();
    bob.call("chess_show", json!({ "game_id": code })).await.refused();
    bob.ask("chess_join", json!({ "code": { "code": code } })).await;
    bob.ask(&code, json!({})).await;
    bob.rpc(&code, json!({})).await;
    let notified = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
                           "params": { "requestId": 1, "reason": code } });
    Reply::to(server.mcp_as(&bob.tokens.access).json(&notified)).await;
    let modern = modern(
        "tools/call",
        &json!({ "name": "chess_join", "arguments": { "code": spoken } }),
    );
    let joined = server.rpc_modern(&bob.tokens.access, &modern).await;
    assert!(!Answer::of(&joined).is_error, "{}", joined.body);
    bob.call("chess_join", json!({ "code": url })).await.ok();
    // By the button of its page.
    let game = bob
        .call("chess_new_game", json!({ "opponent": "friend" }))
        .await
        .ok();
    let code = game["invitation"]["code"].as_str().unwrap();
    secrets.add("a second code", code);
    let mut browser = server.at_account("alice").await;
    browser.visit(&format!("/join/{code}")).await;
    browser.submit("/join", &[]).await;
    assert_eq!(browser.page.status, 200, "{}", browser.page.text());

    let log = server.home().everything_written();
    assert!(log.contains("DEBUG"), "the log is talkative");
    assert!(log.contains("/join/…"), "requests are in the log");
    secrets.absent_from(&log, "the log", true);
    // A start of its own reads all of it again.
    let server = server.crash_and_restart().await;
    let carol = server.actor("carol").await;
    carol.call("chess_join", json!({ "code": code })).await.refused();
    secrets.absent_from(&server.home().everything_written(), "the log", true);
}
