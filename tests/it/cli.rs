//! The commands, also beside a running server.

use serde_json::json;

use crate::support::oauth::{PASSWORD, Request, callback};
use crate::support::{Browser, Home, Server};

#[tokio::test]
async fn help_and_version_are_as_usual() {
    let home = Home::new();
    assert_eq!(
        home.run(&["--version"]).await.ok().trim(),
        format!("chess-mcp {}", env!("CARGO_PKG_VERSION"))
    );
    let help = home.run(&["--help"]).await.ok();
    for command in [
        "serve",
        "check-config",
        "users",
        "keys",
        "token",
        "backup",
        "restore",
    ] {
        assert!(help.contains(command), "{command} is not in {help}");
    }
}

#[tokio::test]
async fn wrong_usage_is_told_with_code_2() {
    let home = Home::new();
    let wrong: [&[&str]; 9] = [
        &["banana"],
        &["serve", "--banana"],
        &["users"],
        &["users", "add"],
        &["users", "banana"],
        &["token"],
        &["token", "--user"],
        &["backup"],
        &["keys"],
    ];
    for args in wrong {
        assert!(!home.run(args).await.wrong_usage().is_empty(), "{args:?}");
    }
}

#[tokio::test]
async fn accounts_come_and_go_beside_the_server() {
    let server = Server::start().await;
    let added = server.cli(&["users", "add", "dora"]).await.ok();
    let password = added
        .split_whitespace()
        .max_by_key(|word| word.len())
        .unwrap()
        .to_owned();
    assert!(password.len() >= 16, "a strong password is printed: {added}");
    assert!(server.cli(&["users", "list"]).await.ok().contains("dora"));
    let told = server.cli(&["users", "add", "dora"]).await.failed();
    assert!(told.contains("dora"), "{told}");

    let app = server.app("Test App").await;
    let enter = async |password: &str| {
        let mut browser = Browser::new(&server);
        browser.open(&Request::of(&app, &server).url(&server)).await;
        browser.press_allow().await;
        browser
            .press("Sign in", &[("username", "dora"), ("password", password)])
            .await;
        browser
    };
    assert!(callback(&enter(&password).await).contains_key("code"));

    let changed = server
        .home()
        .run_with(
            &["users", "passwd", "dora", "--password-stdin"],
            "a new password\n",
        )
        .await;
    changed.ok();
    assert_eq!(
        enter(&password).await.page.left_for,
        None,
        "the old password is void"
    );
    assert!(callback(&enter("a new password").await).contains_key("code"));
}

#[tokio::test]
async fn one_newline_is_stripped_from_a_password_and_no_more() {
    let server = Server::start().await;
    let typed = " a password with spaces  \n";
    server
        .home()
        .run_with(&["users", "add", "eve", "--password-stdin"], typed)
        .await
        .ok();
    let app = server.app("Test App").await;
    for (password, fits) in [
        ("a password with spaces", false),
        (" a password with spaces  ", true),
    ] {
        let mut browser = Browser::new(&server);
        browser.open(&Request::of(&app, &server).url(&server)).await;
        browser.press_allow().await;
        browser
            .press("Sign in", &[("username", "eve"), ("password", password)])
            .await;
        assert_eq!(browser.page.left_for.is_some(), fits, "{password:?}");
    }
}

#[tokio::test]
async fn names_and_passwords_that_make_no_sense_are_refused() {
    let home = Home::new();
    for name in ["", " ", "a b", "a\nb", "../x", &"x".repeat(300)] {
        let ran = home
            .run_with(
                &["users", "add", name, "--password-stdin"],
                &format!("{PASSWORD}\n"),
            )
            .await;
        assert!(matches!(ran.code, Some(1 | 2)), "{name:?}: {ran:?}");
    }
    let ran = home
        .run_with(&["users", "add", "alice", "--password-stdin"], "\n")
        .await;
    ran.failed();
    for command in ["passwd", "disable", "enable"] {
        let told = home.run_with(&["users", command, "nobody"], "").await.failed();
        assert!(told.contains("nobody"), "{told}");
    }
    home.run(&["users", "remove", "nobody", "--yes"]).await.failed();
}

#[tokio::test]
async fn a_token_is_printed_alone_and_works() {
    let server = Server::start().await;
    server.person("alice").await;
    let printed = server
        .cli(&["token", "--user", "alice", "--ttl", "60"])
        .await
        .ok();
    let token = printed.trim_end();
    assert_eq!(printed.lines().count(), 1);
    assert!(server.admits(token).await);
    let claims = crate::support::oauth::claims(token);
    assert_eq!(claims["client_id"], "chess-mcp-cli");
    assert_eq!(claims["iss"], server.origin());
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        60
    );
    server.cli(&["token", "--user", "nobody"]).await.failed();
    server.cli(&["users", "disable", "alice"]).await.ok();
    assert!(!server.admits(token).await);
    server.cli(&["token", "--user", "alice"]).await.failed();
}

#[tokio::test]
async fn without_a_first_serve_there_is_no_issuer() {
    let home = Home::new();
    home.run_with(
        &["users", "add", "alice", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    )
    .await
    .ok();
    let told = home.run(&["token", "--user", "alice"]).await.failed();
    assert!(told.contains("PUBLIC_URL"), "{told}");
    let home = home.set("PUBLIC_URL", "https://chess.example");
    let token = home.run(&["token", "--user", "alice"]).await.ok();
    assert_eq!(
        crate::support::oauth::claims(token.trim())["iss"],
        "https://chess.example"
    );
}

#[tokio::test]
async fn keys_are_listed_without_their_secrets() {
    let server = Server::start().await;
    let listed = server.cli(&["keys", "list"]).await.ok();
    let published = server.http().get(server.url("/oauth/jwks.json"));
    let published = crate::support::Reply::to(published).await.json();
    assert!(
        listed.contains(published["keys"][0]["kid"].as_str().unwrap()),
        "{listed}"
    );
    assert!(!listed.contains("PRIVATE"), "{listed}");
}

#[tokio::test]
async fn a_backup_brings_everything_back() {
    let server = Server::start().await;
    let (app, tokens, game) = {
        let alice = server.alice().await;
        let game = alice.board("e4").await;
        (alice.app.clone(), alice.tokens.clone(), game)
    };
    let file = server.home().path("backup.db");
    let file = file.to_str().unwrap();
    let said = server.cli(&["backup", file]).await.ok();
    assert!(
        said.to_lowercase().contains("key"),
        "it says which key it needs: {said}"
    );
    server.cli(&["backup", file]).await.failed();
    {
        let alice = crate::support::Actor {
            server: &server,
            app: app.clone(),
            tokens: tokens.clone(),
        };
        alice.play(&game, "e5").await.ok();
        assert_eq!(alice.status(&game).await["ply"], 2);
    }
    let told = server.cli(&["restore", file]).await.failed();
    assert!(
        told.to_lowercase().contains("serve") || told.contains("running"),
        "{told}"
    );

    let mut server = server;
    server.kill().await;
    #[cfg(unix)]
    {
        assert_eq!(permissions(file), 0o600);
        let carried_over = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(file, carried_over).unwrap();
    }
    server.cli(&["restore", file]).await.ok();
    #[cfg(unix)]
    assert_eq!(permissions(server.home().database()), 0o600);
    let server = server.start_again().await;
    let alice = crate::support::Actor {
        server: &server,
        app,
        tokens,
    };
    assert_eq!(alice.status(&game).await["ply"], 1, "the state of the backup");
}

#[cfg(unix)]
fn permissions(file: impl AsRef<std::path::Path>) -> u32 {
    let metadata = std::fs::metadata(file).unwrap();
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
}

#[tokio::test]
async fn only_a_backup_can_be_restored() {
    let home = Home::new();
    home.run(&["restore", "/nonexistent/file"]).await.failed();
    let rubbish = home.path("rubbish");
    std::fs::write(&rubbish, "not a database").unwrap();
    home.run(&["restore", rubbish.to_str().unwrap()]).await.failed();
    assert!(!home.database().exists());
}

#[tokio::test]
async fn removing_a_person_deletes_their_games() {
    let server = Server::start().await;
    let alice = server.alice().await;
    alice.board("e4").await;
    let bob = server.bob().await;
    let kept = bob.board("d4").await;
    server.cli(&["users", "remove", "alice", "--yes"]).await.ok();
    assert!(!server.cli(&["users", "list"]).await.ok().contains("alice"));
    assert_eq!(bob.status(&kept).await["ply"], 1);
    let games: i64 = rusqlite::Connection::open(server.home().database())
        .unwrap()
        .query_row("select count(*) from games", [], |row| row.get(0))
        .unwrap();
    assert_eq!(games, 1);
    bob.call("chess_games", json!({})).await.ok();
}
