//! Settings: where they come from, how faults are told, that none is undocumented.

use std::collections::BTreeSet;

use crate::support::{Home, Reply};

/// The names that a text sets or describes: words of capitals in front of `=`, or in `[env: …]`.
fn settings_of_example(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(|line| line.trim_start_matches(['#', ' ']));
    let names = lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().to_owned());
    names
        .filter(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || "_0123456789".contains(c))
        })
        .collect()
}

fn settings_of_help(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    let known = words.filter(|word| word.len() > 3 && word.contains('_'));
    known.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_example_lists_every_setting_of_the_help_and_no_other() {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example")).unwrap();
    let help = Home::new().run(&["--help"]).await.ok();
    let (listed, offered) = (settings_of_example(&example), settings_of_help(&help));
    let declared: BTreeSet<String> = help
        .split("[env: ")
        .skip(1)
        .filter_map(|rest| rest.split([']', '=']).next())
        .map(|name| name.trim().to_owned())
        .collect();
    assert!(declared.len() > 10, "{help}");
    let missing: Vec<_> = declared.difference(&listed).collect();
    assert!(missing.is_empty(), "not in .env.example: {missing:?}");
    let invented: Vec<_> = listed
        .iter()
        .filter(|name| !offered.contains(*name) && !declared.contains(*name))
        .collect();
    assert!(
        invented.is_empty(),
        "in .env.example, but not in --help: {invented:?}"
    );
}

/// The lines of the example that set something, without the sign that keeps them out.
fn lines_of_example() -> Vec<String> {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example")).unwrap();
    let lines = example.lines().filter_map(|line| line.strip_prefix('#'));
    let set = lines.filter(|line| {
        line.split_once('=').is_some_and(|(name, value)| {
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            !name.is_empty() && name.chars().all(is_name) && !value.is_empty()
        })
    });
    set.map(str::to_owned).collect()
}

#[tokio::test]
async fn each_line_of_the_example_is_valid_as_it_stands() {
    // These name places of another machine.
    let elsewhere = [
        "STATE_DIR=",
        "DATABASE_URL=",
        "MASTER_KEY_FILE=",
        "STOCKFISH_PATH=",
    ];
    let lines = lines_of_example();
    assert!(lines.len() > 25, "{lines:?}");
    let valid = lines
        .iter()
        .filter(|line| !elsewhere.iter().any(|name| line.starts_with(name)));
    let home = Home::new();
    let file: Vec<&str> = valid.map(String::as_str).collect();
    std::fs::write(home.work_dir().join(".env"), file.join("\n")).unwrap();
    home.run(&["check-config"]).await.ok();
}

#[tokio::test]
async fn the_example_names_the_defaults() {
    let examples = [
        "PUBLIC_URL",
        "ALLOWED_",
        "STATE_DIR",
        "DATABASE_URL",
        "MASTER_KEY",
        // What follows from it is shown: on, without a provider.
        "LOCAL_SIGN_IN",
        "STOCKFISH_PATH",
        "ENGINE_PROCESSES",
        "METRICS_ADDR",
        "LOG_FORMAT",
        "GOOGLE_",
        "GITHUB_",
        "MICROSOFT_",
    ];
    // The other tests serve at a free port and without limits.
    let home = Home::new()
        .set("BIND_ADDR", "")
        .set("TOOL_RATE_LIMIT", "")
        .set("AUTH_RATE_LIMIT", "");
    let shown = home.run(&["check-config"]).await.ok();
    let lines = lines_of_example();
    let defaults: Vec<&String> = lines
        .iter()
        .filter(|line| !examples.iter().any(|name| line.starts_with(name)))
        .collect();
    assert!(defaults.len() > 15, "{defaults:?}");
    for line in defaults {
        assert!(
            shown.lines().any(|shown| shown == line),
            "{line} is not in: {shown}"
        );
    }
}

#[tokio::test]
async fn a_flag_beats_the_environment_which_beats_the_file() {
    let mut home = Home::new();
    std::fs::write(
        home.work_dir().join(".env"),
        "CODE_TTL=41\nPUBLIC_URL=https://file.example\n",
    )
    .unwrap();
    let shown = home.run(&["check-config"]).await.ok();
    assert!(
        shown.contains("41") && shown.contains("https://file.example"),
        "{shown}"
    );
    home.put("PUBLIC_URL", "https://environment.example");
    let shown = home.run(&["check-config"]).await.ok();
    assert!(
        shown.contains("https://environment.example") && !shown.contains("file.example"),
        "{shown}"
    );
    let shown = home
        .run(&["--public-url", "https://flag.example", "check-config"])
        .await
        .ok();
    assert!(
        shown.contains("https://flag.example") && !shown.contains("environment.example"),
        "{shown}"
    );
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let home = Home::new()
        .set("PUBLIC_URL", "https://chess.example/path/")
        .set("MASTER_KEY", "short")
        .set("CODE_TTL", "soon")
        .set("REGISTRATION", "perhaps")
        .set("ALLOWED_USERS", "a b");
    let told = home.run(&["check-config"]).await.failed();
    for name in [
        "PUBLIC_URL",
        "MASTER_KEY",
        "CODE_TTL",
        "REGISTRATION",
        "ALLOWED_USERS",
    ] {
        assert!(told.contains(name), "{name} is not in {told}");
    }
    let served = home.run(&["serve"]).await.failed();
    assert!(served.contains("PUBLIC_URL"), "{served}");
}

#[tokio::test]
async fn public_urls_that_would_break_sign_in_are_refused() {
    let bad = [
        "http://chess.example",
        "https://chess.example/",
        "https://chess.example/x",
        "https://chess.example?x",
        "https://chess.example#x",
        "https://user@chess.example",
        "ftp://chess.example",
        "chess.example",
        "https://",
        "javascript:alert(1)",
        "https://chess.example; rm -rf /",
    ];
    for url in bad {
        let ran = Home::new().set("PUBLIC_URL", url).run(&["check-config"]).await;
        assert!(ran.failed().contains("PUBLIC_URL"), "{url}");
    }
    for url in [
        "https://chess.example",
        "http://localhost:8000",
        "http://127.0.0.1:1",
        "https://a.b.ts.net",
    ] {
        Home::new()
            .set("PUBLIC_URL", url)
            .run(&["check-config"])
            .await
            .ok();
    }
    Home::new()
        .set("MCP_SERVER_URL", "https://chess.example")
        .run(&["check-config"])
        .await
        .ok();
}

#[tokio::test]
async fn off_loopback_a_public_url_is_required() {
    let told = Home::new()
        .run(&["--bind", "0.0.0.0:0", "check-config"])
        .await
        .failed();
    assert!(told.contains("PUBLIC_URL"), "{told}");
}

#[tokio::test]
async fn secrets_are_masked_and_may_come_from_files() {
    let key = "c2VjcmV0LWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE=";
    let home = Home::new()
        .set("MASTER_KEY", key)
        .set("OWNER_PASSWORD", "a password nobody reads");
    let ran = home.run(&["check-config"]).await;
    let shown = format!("{}{}", ran.stdout, ran.stderr);
    ran.ok();
    assert!(!shown.contains(key) && !shown.contains("nobody reads"), "{shown}");

    let home = Home::new();
    std::fs::write(home.path("key"), format!("{key}\n")).unwrap();
    let file = home.path("key").display().to_string();
    let home = home.set("MASTER_KEY_FILE", file);
    let server = home.serve().await;
    Reply::to(server.http().get(server.url("/readyz")))
        .await
        .expect(200);
    assert!(
        !server.home().state_dir().join("master.key").exists(),
        "no second key is made"
    );
}

#[tokio::test]
async fn a_secret_file_that_cannot_be_read_is_named() {
    let told = Home::new()
        .set("MASTER_KEY_FILE", "/nonexistent/key")
        .run(&["check-config"])
        .await
        .failed();
    assert!(
        told.contains("MASTER_KEY_FILE") && told.contains("/nonexistent/key"),
        "{told}"
    );
}

#[tokio::test]
async fn lifetimes_are_what_was_set() {
    let server = Home::new().set("ACCESS_TOKEN_TTL", "77").serve().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let body = server
        .token(&server.code(&app, "alice").await.form())
        .await
        .expect(200)
        .json();
    assert_eq!(body["expires_in"], 77);
}
