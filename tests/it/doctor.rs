//! `doctor`: each fault that can be staged on this machine is named with its remedy, and nothing is changed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::{Home, Server};

/// What `doctor --json` found: the verdict and every check.
struct Visit {
    well: bool,
    checks: Vec<Value>,
}

async fn visit(home: &Home) -> Visit {
    let ran = home.run(&["doctor", "--json"]).await;
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    let checks: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    for check in &checks {
        assert!(
            check["check"].is_string() && check["detail"].is_string(),
            "{check}"
        );
        let state = check["state"].as_str().unwrap();
        assert!(["ok", "problem", "skipped"].contains(&state), "{check}");
        assert_eq!(check["remedy"].is_string(), state == "problem", "{check}");
    }
    let well = checks.iter().all(|check| check["state"] != "problem");
    assert_eq!(ran.code == Some(0), well, "{ran:?}");
    Visit { well, checks }
}

impl Visit {
    #[track_caller]
    fn state(&self, name: &str) -> &str {
        let found = self.checks.iter().find(|check| check["check"] == name);
        let found = found.unwrap_or_else(|| panic!("no {name} in {:?}", self.checks));
        found["state"].as_str().unwrap()
    }

    /// The one problem of a part: what it is and what to do, in one text.
    #[track_caller]
    fn problem(&self, name: &str) -> String {
        let mut found = self.checks.iter().filter(|check| check["check"] == name);
        let problem = found.find(|check| check["state"] == "problem");
        let problem = problem.unwrap_or_else(|| panic!("no problem with {name} in {:?}", self.checks));
        format!("{} {}", problem["detail"], problem["remedy"])
    }
}

/// Every file below a directory with what is in it.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(listing) = std::fs::read_dir(directory) else {
        return BTreeMap::new();
    };
    let files = listing.map(|entry| entry.unwrap().path());
    files
        .map(|file| (file.display().to_string(), std::fs::read(&file).unwrap()))
        .collect()
}

#[tokio::test]
async fn a_healthy_server_has_nothing_to_mend() {
    let server = Server::start().await;
    server.alice().await;
    let visit = visit(server.home()).await;
    assert!(visit.well, "{:?}", visit.checks);
    for part in [
        "settings",
        "database",
        "master key",
        "signing key",
        "clock",
        "engine",
        "server",
        "public URL",
    ] {
        assert_eq!(visit.state(part), "ok", "{part}: {:?}", visit.checks);
    }
    let lines = server.cli(&["doctor"]).await.ok();
    assert!(lines.lines().all(|line| line.starts_with("ok ")), "{lines}");
}

#[tokio::test]
async fn looking_changes_nothing() {
    let fresh = Home::new();
    assert!(visit(&fresh).await.well);
    assert!(!fresh.state_dir().exists(), "nothing was made");

    let mut server = Server::start().await;
    server.alice().await;
    server.kill().await;
    let killed = contents(&server.home().state_dir());
    visit(server.home()).await;
    let unchanged = |before: &BTreeMap<String, Vec<u8>>, after: BTreeMap<String, Vec<u8>>| {
        // The index of the log is memory that processes share; it is made anew by whoever comes next.
        let kept = |files: &BTreeMap<String, Vec<u8>>| {
            let files = files.iter().filter(|(name, _)| !name.ends_with("-shm"));
            files
                .map(|(name, bytes)| (name.clone(), bytes.clone()))
                .collect::<Vec<_>>()
        };
        assert!(
            kept(before) == kept(&after),
            "{:?} {:?}",
            before.keys(),
            after.keys()
        );
    };
    unchanged(&killed, contents(&server.home().state_dir()));

    let mut server = server.start_again().await;
    server.terminate().await;
    server.ended().await;
    let ended = contents(&server.home().state_dir());
    visit(server.home()).await;
    let after = contents(&server.home().state_dir());
    assert!(ended == after, "{:?} {:?}", ended.keys(), after.keys());
}

#[tokio::test]
async fn faults_of_settings_are_checks_and_hide_no_others() {
    let home = Home::new()
        .set("PUBLIC_URL", "https://chess.example/path/")
        .set("CODE_TTL", "soon")
        .set("MASTER_KEY", "short");
    let visit = visit(&home).await;
    assert!(!visit.well);
    let faults: Vec<String> = visit
        .checks
        .iter()
        .filter(|check| check["check"] == "settings")
        .map(ToString::to_string)
        .collect();
    for name in ["PUBLIC_URL", "CODE_TTL", "MASTER_KEY"] {
        assert!(
            faults.iter().any(|fault| fault.contains(name)),
            "{name}: {faults:?}"
        );
    }
    assert_eq!(visit.state("engine"), "ok");
    assert_eq!(visit.state("public URL"), "skipped");
}

#[tokio::test]
async fn databases_that_do_not_open_are_told_apart() {
    let home = Home::new();
    std::fs::create_dir_all(home.state_dir()).unwrap();
    std::fs::write(home.database(), "a letter, not a database ".repeat(200)).unwrap();
    let told = visit(&home).await.problem("database");
    assert!(
        told.contains("not a chess-mcp database") && told.contains("restore"),
        "{told}"
    );

    let home = Home::new();
    std::fs::create_dir_all(home.database()).unwrap();
    let told = visit(&home).await.problem("database");
    assert!(
        told.contains("does not open") && told.contains("readable"),
        "{told}"
    );

    let mut server = Server::start().await;
    server.terminate().await;
    server.ended().await;
    let connection = rusqlite::Connection::open(server.home().database()).unwrap();
    connection.pragma_update(None, "user_version", 9999).unwrap();
    drop(connection);
    let told = visit(server.home()).await.problem("database");
    assert!(told.contains("9999") && told.contains("newer program"), "{told}");
}

#[tokio::test]
async fn a_wrong_or_lost_key_is_named() {
    let mut server = Server::start().await;
    server.kill().await;
    let key = server.home().state_dir().join("master.key");
    std::fs::rename(&key, server.home().path("hidden")).unwrap();
    let told = visit(server.home()).await.problem("master key");
    assert!(
        told.contains("there is none") && told.contains("put back"),
        "{told}"
    );
    assert!(!key.exists(), "no new one is made");
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    let told = visit(server.home()).await.problem("master key");
    assert!(
        told.contains("the one given is") && told.contains("put back"),
        "{told}"
    );
}

#[tokio::test]
async fn an_engine_that_is_none_is_named() {
    let home = Home::new().set("STOCKFISH_PATH", "/bin/ls");
    let told = visit(&home).await.problem("engine");
    assert!(
        told.contains("/bin/ls") && told.contains("STOCKFISH_PATH"),
        "{told}"
    );
}

#[tokio::test]
async fn an_address_that_leads_nowhere_or_elsewhere_is_told_apart() {
    // Nobody listens on a port that was just given back.
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let server = Home::new()
        .set("PUBLIC_URL", format!("http://{closed}"))
        .serve()
        .await;
    let told = visit(server.home()).await.problem("public URL");
    assert!(
        told.contains("nothing answers") && told.contains("tunnel"),
        "{told}"
    );

    let other = Server::start().await;
    let server = Home::new().set("PUBLIC_URL", other.origin()).serve().await;
    let told = visit(server.home()).await.problem("public URL");
    assert!(
        told.contains("another chess-mcp") && told.contains("stop"),
        "{told}"
    );

    let by_another_name = other.origin().replace("127.0.0.1", "localhost");
    let server = Home::new().set("PUBLIC_URL", by_another_name).serve().await;
    let told = visit(server.home()).await.problem("public URL");
    assert!(
        told.contains(other.origin()) && told.contains("PUBLIC_URL"),
        "{told}"
    );
}

#[tokio::test]
async fn a_tunnel_that_is_down_is_named() {
    let server = Home::new().set("PUBLIC_URL", "auto").serve().await;
    let told = visit(server.home()).await.problem("tunnel");
    assert!(
        told.contains("no tunnel") && told.contains("ngrok http"),
        "{told}"
    );
}
