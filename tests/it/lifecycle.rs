//! Starting and stopping: what a person reads, what a service manager sees.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::support::oauth::{PASSWORD, Request, callback};
use crate::support::server::{signal, spawn};
use crate::support::{Browser, Home, Reply, Server};

/// The generated password as the first start printed it.
fn printed_password(stdout: &str) -> String {
    let line = stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("Password:"));
    line.unwrap_or_else(|| panic!("no password in {stdout}"))
        .trim()
        .to_owned()
}

#[tokio::test]
async fn the_first_start_says_what_to_paste_and_how_to_sign_in() {
    let server = Server::start().await;
    let printed = server.stdout();
    assert!(printed.contains(&server.resource()), "{printed}");
    assert!(printed.contains("owner"), "{printed}");
    let password = printed_password(&printed);
    assert!(password.len() >= 16, "{password}");

    let app = server.app("Test App").await;
    let mut browser = Browser::new(&server);
    browser.open(&Request::of(&app, &server).url(&server)).await;
    browser.press_allow().await;
    browser
        .press("Sign in", &[("username", "owner"), ("password", &password)])
        .await;
    assert!(callback(&browser).contains_key("code"));
    assert!(
        !server.stderr().contains(&password),
        "the password is not in the log"
    );
}

#[tokio::test]
async fn the_password_is_shown_only_once_and_can_be_given() {
    let server = Home::new().set("OWNER_PASSWORD", PASSWORD).serve().await;
    assert!(
        !server.stdout().contains(PASSWORD),
        "a chosen password is not repeated"
    );
    let app = server.app("Test App").await;
    server.sign_in(&app, "owner").await;
    let server = server.crash_and_restart().await;
    let again = server.stdout();
    assert!(!again.contains("Password:"), "{again}");
    assert!(again.contains(&server.resource()), "{again}");
}

#[tokio::test]
async fn standard_output_is_for_people_and_standard_error_for_the_log() {
    let server = Server::start().await;
    server.alice().await;
    let lines: Vec<String> = server.stdout().lines().map(str::to_owned).collect();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("listening on http://"))
            .count(),
        1
    );
    assert!(
        !lines.iter().any(|line| line.starts_with('{')),
        "no log lines: {lines:?}"
    );
    for line in server.stderr().lines() {
        let entry: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(entry["level"].is_string(), "{line}");
    }
}

#[tokio::test]
async fn a_polite_signal_ends_it_with_success() {
    for name in ["TERM", "INT"] {
        let mut server = Server::start().await;
        server.alice().await;
        signal(server.pid(), name).await;
        assert_eq!(
            server.ended().await.code(),
            Some(0),
            "SIG{name}: {}",
            server.stderr()
        );
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_running_request_is_finished_before_the_end() {
    let mut server = Server::start().await;
    let (id, token) = {
        let alice = server.alice().await;
        (alice.board("e4").await["game_id"].clone(), alice.tokens.access)
    };
    let call = json!({ "name": "chess_analyze", "arguments": { "game_id": id, "seconds": 3 } });
    let request = server
        .mcp_as(&token)
        .json(&crate::support::mcp::request("tools/call", &call));
    let idle = server.work_of_children();
    let running = tokio::spawn(Reply::try_to(request));
    crate::support::until("the engine thinks", async || {
        server.work_of_children() > idle + 10
    })
    .await;
    server.terminate().await;
    let reply = running.await.unwrap().expect("the running call is answered");
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(server.ended().await.code(), Some(0));
}

#[tokio::test]
async fn idle_connections_do_not_delay_the_end() {
    let mut server = Server::start().await;
    let mut idle = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        .await
        .unwrap();
    let begun = Instant::now();
    server.terminate().await;
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_second_server_on_the_same_state_is_refused() {
    let server = Server::start().await;
    let told = server.cli(&["serve", "--bind", "127.0.0.1:0"]).await.failed();
    assert!(told.lines().count() <= 3, "one sentence: {told}");
    assert!(
        told.to_lowercase().contains("already") || told.to_lowercase().contains("another"),
        "{told}"
    );
    Reply::to(server.http().get(server.url("/healthz")))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_kill_leaves_no_lock_behind() {
    let server = Server::start().await;
    let server = server.crash_and_restart().await;
    Reply::to(server.http().get(server.url("/readyz")))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_taken_port_is_told_in_a_sentence() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = Home::new().run(&["serve", "--bind", &address]).await.failed();
    assert!(told.contains(&address) && told.contains("--bind"), "{told}");
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let mut server = Server::start().await;
    server.kill().await;
    let database = server.home().database();
    rusqlite::Connection::open(&database)
        .unwrap()
        .pragma_update(None, "user_version", 9999)
        .unwrap();
    let told = server.cli(&["serve", "--bind", "127.0.0.1:0"]).await.failed();
    assert!(told.contains("newer"), "{told}");
    let told = server.cli(&["users", "list"]).await.failed();
    assert!(told.contains("newer"), "{told}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_so() {
    let home = Home::new();
    std::fs::create_dir_all(home.state_dir()).unwrap();
    std::fs::write(
        home.database(),
        "this is a letter to my grandmother, not a database".repeat(100),
    )
    .unwrap();
    home.run(&["serve", "--bind", "127.0.0.1:0"]).await.failed();
}

#[tokio::test]
async fn the_wrong_key_opens_nothing() {
    let mut server = Server::start().await;
    server.kill().await;
    let home = Home::new().set("MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    std::fs::create_dir_all(home.state_dir()).unwrap();
    std::fs::copy(server.home().database(), home.database()).unwrap();
    let wal = format!("{}-wal", server.home().database().display());
    if std::path::Path::new(&wal).exists() {
        std::fs::copy(&wal, format!("{}-wal", home.database().display())).unwrap();
    }
    let told = home.run(&["serve", "--bind", "127.0.0.1:0"]).await.failed();
    assert!(told.to_lowercase().contains("key"), "{told}");
}

#[tokio::test]
async fn a_lost_key_is_not_replaced_by_a_new_one() {
    let mut server = Server::start().await;
    server.kill().await;
    let key = std::fs::read_dir(server.home().state_dir())
        .unwrap()
        .filter_map(Result::ok);
    let key = key
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("key"));
    let key = key.expect("a key file in the state directory");
    std::fs::rename(&key, server.home().path("hidden")).unwrap();
    let told = server.cli(&["serve", "--bind", "127.0.0.1:0"]).await.failed();
    assert!(told.to_lowercase().contains("key"), "{told}");
    std::fs::rename(server.home().path("hidden"), &key).unwrap();
    let server = server.start_again().await;
    Reply::to(server.http().get(server.url("/readyz")))
        .await
        .expect(200);
}

#[cfg(unix)]
#[tokio::test]
async fn secrets_on_disk_are_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start().await;
    let state = server.home().state_dir();
    assert_eq!(
        std::fs::metadata(&state).unwrap().permissions().mode() & 0o077,
        0,
        "{}",
        state.display()
    );
    for entry in std::fs::read_dir(&state).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().contains("key") {
            assert_eq!(
                entry.metadata().unwrap().permissions().mode() & 0o777,
                0o600,
                "{:?}",
                entry.path()
            );
        }
    }
}

#[tokio::test]
async fn a_changed_address_is_said_aloud() {
    let mut server = Server::start().await;
    let former = server.origin().to_owned();
    server.kill().await;
    let mut starting = spawn(server.home());
    starting.address().await;
    let printed = std::fs::read_to_string(&starting.stdout).unwrap();
    assert!(printed.contains(&former), "{printed}");
    starting.child.kill().await.unwrap();
}

#[tokio::test]
async fn alone_the_name_of_the_program_serves() {
    let home = Home::new().set("BIND_ADDR", "127.0.0.1:0");
    let mut command = home.command(&[]);
    let out = home.path("bare.out");
    command
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    crate::support::until("it listens", async || {
        std::fs::read_to_string(&out)
            .unwrap_or_default()
            .contains("listening on http://127.0.0.1:")
    })
    .await;
    child.kill().await.unwrap();
}
