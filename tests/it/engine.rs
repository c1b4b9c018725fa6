//! The engine as a process that may be missing, broken or killed: the person's move stays.
#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::home::executable;
use crate::support::server::signal;
use crate::support::{Actor, GLANCE, Home, Server, until};

/// A UCI engine that says how it was called and then is the embedded one, or ends at once while
/// the file `broken` lies beside it.
fn external_engine(home: &Home, broken: bool) -> PathBuf {
    let path = home.path("stockfish");
    let (flag, calls, engine) = (home.path("broken"), home.path("calls"), executable());
    let (flag, calls, engine) = (flag.display(), calls.display(), engine.display());
    let script = format!(
        "#!/bin/sh\necho called >> '{calls}'\nif [ -e '{flag}' ]; then exit 3; fi\nexec '{engine}' __engine\n"
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    if broken {
        std::fs::write(home.path("broken"), "").unwrap();
    }
    path
}

/// The embedded engine, and the Stockfish of this machine where it has one.
fn engines(server: &Server) -> Vec<u32> {
    let children = server.children().into_iter();
    children
        .filter(|(_, line)| line.contains("__engine") || line.contains("stockfish"))
        .map(|(pid, _)| pid)
        .collect()
}

/// Kills every engine as soon as it is seen, for as long as it is awaited.
pub(crate) async fn kill_engines(server: &Server) {
    loop {
        for pid in engines(server) {
            // It may be gone by itself meanwhile.
            let script = format!("kill -KILL {pid} 2>/dev/null || true");
            let shell = tokio::process::Command::new("/bin/sh")
                .args(["-c", &script])
                .status()
                .await;
            shell.expect("a shell");
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// A game against full strength, which thinks for about a second.
pub(crate) async fn strong_game(alice: &Actor<'_>) -> Value {
    alice.new_game(json!({ "level": 10, "color": "white" })).await
}

/// Plays a move while no engine survives.
async fn move_without_engine(server: &Server, alice: &Actor<'_>, game: &Value) -> Value {
    tokio::select! {
        answer = alice.play(game, "e4") => answer.ok(),
        () = kill_engines(server) => unreachable!("it never stops by itself"),
    }
}

pub(crate) async fn wait_for_reply(alice: &Actor<'_>, game: &Value) -> Value {
    until("the owed reply is made", async || {
        alice.status(game).await["ply"] == 2
    })
    .await;
    alice.status(game).await
}

#[tokio::test]
async fn an_engine_killed_in_its_search_costs_nobody_a_move() {
    let server = Home::new().set("ENGINE_PROCESSES", "1").serve().await;
    let alice = server.alice().await;
    let game = strong_game(&alice).await;
    let view = move_without_engine(&server, &alice, &game).await;
    assert_eq!(view["played"]["san"], "e4");
    assert_eq!(
        (&view["reply"], &view["reply_pending"], &view["ply"]),
        (&Value::Null, &json!(true), &json!(1))
    );
    assert_eq!(view["status"], "ongoing");
    let now = wait_for_reply(&alice, &game).await;
    assert_eq!(
        (&now["reply_pending"], &now["turn"]),
        (&json!(false), &json!("white"))
    );
    assert_eq!(now["moves"][0], "e4");
}

#[tokio::test]
async fn one_killed_process_is_replaced_within_the_call() {
    let server = Home::new().set("ENGINE_PROCESSES", "1").serve().await;
    let alice = server.alice().await;
    let game = strong_game(&alice).await;
    let kill_one = async {
        until("an engine thinks", async || !engines(&server).is_empty()).await;
        signal(engines(&server)[0], "KILL").await;
    };
    let (answer, ()) = tokio::join!(alice.play(&game, "e4"), kill_one);
    assert_eq!(answer.ok()["played"]["san"], "e4");
    wait_for_reply(&alice, &game).await;
}

#[tokio::test]
async fn while_a_reply_is_owed_the_move_can_be_repeated_and_taken_back() {
    let server = Home::new().set("ENGINE_PROCESSES", "1").serve().await;
    let alice = server.alice().await;
    let game = strong_game(&alice).await;
    let story = async {
        let view = alice.play(&game, "e4").await.ok();
        assert_eq!(view["reply_pending"], true);
        let again = alice.play(&game, "e4").await.ok();
        assert_eq!((&again["repeated"], &again["ply"]), (&json!(true), &json!(1)));
        alice.play(&view, "e5").await.refused();
        let undo = json!({ "game_id": game["game_id"], "expected_ply": 1 });
        let back = alice.call("chess_undo", undo).await.ok();
        assert_eq!((&back["ply"], &back["reply_pending"]), (&json!(0), &json!(false)));
    };
    tokio::select! {
        () = story => {}
        () = kill_engines(&server) => unreachable!("it never stops by itself"),
    }
    assert_eq!(alice.play(&game, "d4").await.ok()["played"]["san"], "d4");
}

#[tokio::test]
async fn an_owed_reply_is_made_after_a_restart() {
    let server = Home::new().set("ENGINE_PROCESSES", "1").serve().await;
    let (game, app, tokens) = {
        let alice = server.alice().await;
        let game = strong_game(&alice).await;
        let view = move_without_engine(&server, &alice, &game).await;
        assert_eq!(view["reply_pending"], true);
        (game, alice.app, alice.tokens)
    };
    let server = server.crash_and_restart().await;
    let alice = Actor {
        server: &server,
        app,
        tokens,
    };
    wait_for_reply(&alice, &game).await;
}

#[tokio::test]
async fn analysis_without_an_engine_says_so_and_the_server_lives() {
    let server = Home::new().set("ENGINE_PROCESSES", "1").serve().await;
    let alice = server.alice().await;
    let board = alice.board("e4").await;
    let ask = alice.call(
        "chess_analyze",
        json!({ "game_id": board["game_id"], "seconds": 2 }),
    );
    let answer = tokio::select! {
        answer = ask => answer,
        () = kill_engines(&server) => unreachable!("it never stops by itself"),
    };
    assert!(answer.refused().to_lowercase().contains("engine"));
    alice
        .call("chess_analyze", json!({ "game_id": board["game_id"] }))
        .await
        .ok();
}

#[tokio::test]
async fn without_stockfish_the_embedded_engine_is_there() {
    let server = Home::new().set("PATH", "/nonexistent").serve().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    assert_eq!(alice.play(&game, "e4").await.ok()["reply"]["by"], "engine");
    let board = alice.board("e4").await;
    alice
        .call("chess_analyze", json!({ "game_id": board["game_id"] }))
        .await
        .ok();
}

#[tokio::test]
async fn an_external_engine_is_used_and_named_in_the_log() {
    let home = Home::new();
    let path = external_engine(&home, false);
    let server = home
        .set("STOCKFISH_PATH", path.display().to_string())
        .serve()
        .await;
    let alice = server.alice().await;
    let board = alice.board("e4").await;
    alice
        .call("chess_analyze", json!({ "game_id": board["game_id"] }))
        .await
        .ok();
    assert!(
        server.home().path("calls").exists(),
        "the external engine analyses"
    );
    server.logged(&path.display().to_string()).await;
}

#[tokio::test]
async fn a_broken_external_engine_is_stood_in_for() {
    let home = Home::new();
    let path = external_engine(&home, true);
    let server = home
        .set("STOCKFISH_PATH", path.display().to_string())
        .serve()
        .await;
    let alice = server.alice().await;
    let game = strong_game(&alice).await;
    alice.play(&game, "e4").await.ok();
    wait_for_reply(&alice, &game).await;
    let board = alice.board("e4").await;
    alice
        .call("chess_analyze", json!({ "game_id": board["game_id"] }))
        .await
        .ok();
}

#[tokio::test]
async fn engines_end_with_the_server() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.new_game(crate::support::game::first_day()).await;
    alice.play(&game, "e4").await.ok();
    let children = engines(&server);
    assert!(!children.is_empty(), "an engine process is kept");
    let mut server = server;
    server.kill().await;
    let gone = |pid: &u32| !PathBuf::from(format!("/proc/{pid}")).exists() || is_dead(*pid);
    until("the engines end", async || children.iter().all(gone)).await;
}

/// Whether a process is a zombie: it has ended and only its parent has not looked.
fn is_dead(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
}
