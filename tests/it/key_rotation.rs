//! Signing keys come and go, and the master key can be replaced: beside the server, after it, and interrupted.

use std::time::Duration;

use serde_json::Value;

use crate::support::oauth::{Tokens, part};
use crate::support::{Home, Server, until};

async fn scene() -> Server {
    let server = Server::start().await;
    server.person("alice").await;
    server
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// The ids of the published keys, newest first.
async fn published(server: &Server) -> Vec<String> {
    let keys = server.published_keys().await;
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    keys.iter().map(kid).collect()
}

/// Makes the keys, and the grants of the command line, this much older. Nobody may be using the database.
fn age(home: &Home, seconds: i64) {
    let database = rusqlite::Connection::open(home.database()).unwrap();
    for sql in [
        "UPDATE signing_keys SET created_at = created_at - ?1, state_since = state_since - ?1",
        "UPDATE grants SET created_at = created_at - ?1",
    ] {
        database.execute(sql, [seconds]).unwrap();
    }
}

/// Stops the server, lets this much time pass for its keys, and starts it again.
async fn later(mut server: Server, seconds: i64) -> Server {
    server.kill().await;
    age(server.home(), seconds);
    server.start_again().await
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The line of `keys list` about this key.
async fn listed(server: &Server, kid: &str) -> String {
    let list = server.cli(&["keys", "list"]).await.ok();
    let line = list.lines().find(|line| line.starts_with(kid));
    line.unwrap_or_else(|| panic!("{kid} is not in {list}"))
        .to_owned()
}

#[tokio::test]
async fn a_key_is_published_for_a_day_signs_and_stays_until_its_tokens_have_ended() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let first = kid(&tokens.access);

    let said = server.cli(&["keys", "rotate"]).await.ok();
    let [second, published_first] = published(&server).await.try_into().unwrap();
    assert_eq!(published_first, first);
    assert!(said.contains(&second), "{said}");
    let again = server.cli(&["keys", "rotate"]).await.ok();
    assert!(again.contains(&second) && again.contains("already"), "{again}");
    assert!(listed(&server, &second).await.contains("\tnext\t"));
    assert!(listed(&server, &first).await.contains("\tactive\t"));
    let tokens = Tokens::of(&server.refresh(&app, &tokens.refresh).await);
    assert_eq!(kid(&tokens.access), first, "the next key does not sign yet");

    let server = later(server, DAY - HOUR).await;
    let tokens = Tokens::of(&server.refresh(&app, &tokens.refresh).await);
    assert_eq!(kid(&tokens.access), first, "not after 23 hours either");

    let server = later(server, HOUR).await;
    let mut tokens = tokens;
    until("the next key signs", async || {
        tokens = Tokens::of(&server.refresh(&app, &tokens.refresh).await);
        kid(&tokens.access) == second
    })
    .await;
    assert_eq!(published(&server).await, [second.clone(), first.clone()]);
    assert!(listed(&server, &first).await.contains("\tretiring\t"));

    // Times are whole seconds: a token of the very second of the change might be of either key.
    let server = later(server, 1).await;
    let old = server
        .cli(&["token", "--user", "alice", "--ttl", "604800"])
        .await
        .ok();
    assert_eq!(kid(&old), second);
    let server = later(server, DAY + HOUR).await;
    until("the former key is deleted", async || {
        published(&server).await == [second.clone()]
    })
    .await;
    assert!(server.admits(&tokens.access).await);
    assert!(server.admits(old.trim()).await);
}

#[tokio::test]
async fn a_retiring_key_waits_for_long_tokens_of_the_command_line() {
    let server = scene().await;
    let printed = server
        .cli(&["token", "--user", "alice", "--ttl", "604800"])
        .await
        .ok();
    let (token, first) = (printed.trim(), kid(printed.trim()));
    server.cli(&["keys", "rotate"]).await.ok();
    let server = later(server, DAY).await;
    until("the next key signs", async || {
        listed(&server, &first).await.contains("retiring")
    })
    .await;
    let server = later(server, 3 * DAY).await;
    server.cli(&["keys", "rotate"]).await.ok();
    assert_eq!(published(&server).await.len(), 3, "next, active and retiring");
    assert!(server.admits(token).await, "it was promised a week");
}

#[tokio::test]
async fn every_month_a_key_follows_by_itself() {
    let server = scene().await;
    let [first] = published(&server).await.try_into().unwrap();
    assert!(listed(&server, &first).await.contains("signs until"));
    let server = later(server, 29 * DAY).await;
    until("the next key is published", async || {
        published(&server).await.len() == 2
    })
    .await;
    let second = published(&server).await[0].clone();
    let server = later(server, DAY).await;
    let app = server.app("Test App").await;
    until("the next key signs", async || {
        kid(&server.sign_in(&app, "alice").await.access) == second
    })
    .await;
}

#[tokio::test]
async fn in_an_emergency_everything_signed_before_is_void_and_nobody_signs_in_again() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    server.cli(&["keys", "rotate"]).await.ok();
    let before = published(&server).await;
    assert!(server.admits(&tokens.access).await);
    let said = server.cli(&["keys", "rotate", "--now"]).await.ok();
    let after = published(&server).await;
    assert_eq!(after.len(), 1);
    assert!(
        before
            .iter()
            .all(|kid| !after.contains(kid) && said.contains(kid)),
        "{said}"
    );
    assert!(!server.admits(&tokens.access).await);
    let tokens = Tokens::of(&server.refresh(&app, &tokens.refresh).await);
    assert_eq!(
        kid(&tokens.access),
        after[0],
        "the running server signs with it at once"
    );
    assert!(server.admits(&tokens.access).await);
    assert_eq!(kid(&server.sign_in(&app, "alice").await.access), after[0]);
}

#[tokio::test]
async fn the_master_key_is_replaced_with_the_server_stopped() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let keys = server.published_keys().await;
    let file = server.home().state_dir().join("master.key");
    let former = std::fs::read_to_string(&file).unwrap();
    let backup = server.home().path("before.db");
    server.cli(&["backup", backup.to_str().unwrap()]).await.ok();

    let told = server.cli(&["keys", "rotate-master"]).await.failed();
    assert!(told.contains("stop it first"), "{told}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), former);

    let mut server = server;
    server.kill().await;
    let said = server.cli(&["keys", "rotate-master"]).await.ok();
    let new = std::fs::read_to_string(&file).unwrap();
    assert_ne!(new, former);
    let previous = server.home().state_dir().join("master.key.previous");
    assert_eq!(std::fs::read_to_string(&previous).unwrap(), former);
    assert!(said.contains("master.key.previous"), "{said}");
    assert!(
        !said.contains(new.trim()) && !said.contains(former.trim()),
        "{said}"
    );

    let server = server.start_again().await;
    assert_eq!(
        server.published_keys().await,
        keys,
        "the signing keys are the same"
    );
    assert!(server.admits(&tokens.access).await);
    let tokens = Tokens::of(&server.refresh(&app, &tokens.refresh).await);
    assert!(server.admits(&tokens.access).await);

    // A backup from before finds its key, and the present database could still find its own.
    let mut server = server;
    server.kill().await;
    server.cli(&["restore", backup.to_str().unwrap()]).await.ok();
    let server = server.start_again().await;
    assert_eq!(server.published_keys().await, keys);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), former);
    assert_eq!(std::fs::read_to_string(&previous).unwrap(), new);
}

#[tokio::test]
async fn a_master_key_from_the_settings_is_shown_once() {
    let former = "A".repeat(43) + "=";
    let home = Home::new().set("MASTER_KEY", &former);
    home.run(&["users", "add", "alice"]).await.ok();
    home.run(&["keys", "list"]).await.ok();
    let said = home.run(&["keys", "rotate-master"]).await.ok();
    let new = said
        .lines()
        .find_map(|line| line.strip_prefix("MASTER_KEY="))
        .unwrap();
    let told = home.run(&["keys", "list"]).await.failed();
    assert!(told.contains("needs master key"), "{told}");
    assert!(!told.contains(&former) && !told.contains(new), "{told}");
    assert!(!home.state_dir().join("master.key").exists());
    let home = home.set("MASTER_KEY", new);
    home.run(&["keys", "list"]).await.ok();
}

#[tokio::test]
async fn replacing_the_master_key_may_be_killed_at_any_moment() {
    let home = Home::new();
    let listed = home.run(&["keys", "list"]).await.ok();
    let key = listed.split('\t').next().unwrap();
    let file = home.state_dir().join("master.key");
    let (mut changed, mut last) = (0, std::fs::read_to_string(&file).unwrap());
    for round in 0..24 {
        let mut child = home.command(&["keys", "rotate-master"]).spawn().unwrap();
        // Spread over the time that it takes; the last rounds let it finish.
        let fuse = Duration::from_millis(round * 4);
        if tokio::time::timeout(fuse, child.wait()).await.is_err() {
            child.kill().await.unwrap();
        }
        let listed = home.run(&["keys", "list"]).await.ok();
        assert!(listed.starts_with(key), "round {round}: {listed}");
        let now = std::fs::read_to_string(&file).unwrap();
        changed += u32::from(now != last);
        last = now;
    }
    home.run(&["keys", "rotate-master"]).await.ok();
    assert_ne!(std::fs::read_to_string(&file).unwrap(), last);
    assert!(home.run(&["keys", "list"]).await.ok().starts_with(key));
    eprintln!("{changed} of 24 were through before they were killed");
}
