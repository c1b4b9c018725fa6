//! The pool against real processes: the engine in our own binary, and shell scripts that misbehave.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use chess_mcp::chess::{Start, fen_of};
use chess_mcp::clock::Timestamp;
use chess_mcp::engine::{EngineError, EngineOptions, Engines, Level, Line, Score};
use chess_mcp::id::UserId;
use shakmaty::fen::Fen;
use shakmaty::{Chess, EnPassantMode};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

const BINARY: &str = env!("CARGO_BIN_EXE_chess-mcp");
const SOON: Duration = Duration::from_secs(20);

fn person(number: u8) -> UserId {
    UserId::new(Timestamp::from_seconds(1_700_000_000), [number; 10])
}

fn line(start: &str, moves: &[&str], chess960: bool) -> Line {
    let moves = moves.iter().map(|uci| uci.parse().unwrap()).collect();
    Line {
        start: start.parse().unwrap(),
        moves,
        chess960,
    }
}

fn opening() -> Line {
    let start = Fen::from_position(&Chess::default(), EnPassantMode::Legal);
    line(&start.to_string(), &["e2e4", "e7e5"], false)
}

fn pool(own: impl Into<PathBuf>, external: Option<PathBuf>, processes: usize) -> Engines {
    Engines::new(EngineOptions {
        own: Some(own.into()),
        external,
        processes,
        hash_mb: 4,
    })
}

/// Written by another process: a file that we hold open for writing while a neighbour forks cannot be run.
fn script(dir: &TempDir, name: &str, body: &str) -> PathBuf {
    let path = dir.path().join(name);
    let mut writer = Command::new("sh")
        .args(["-c", r#"cat > "$0" && chmod 755 "$0""#])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer
        .stdin
        .take()
        .unwrap()
        .write_all(format!("#!/bin/sh\n{body}\n").as_bytes())
        .unwrap();
    assert!(writer.wait().unwrap().success());
    path
}

/// A UCI engine that does this when it is told to search; it notes its process id in the file `pids`.
fn fake(dir: &TempDir, search: &str) -> PathBuf {
    let body = format!(
        r#"echo "$$" >> "$(dirname "$0")/pids"
while read -r line; do case "$line" in
  uci) echo "id name Fake 1"; echo uciok;;
  isready) echo readyok;;
  go*) {search};;
esac; done"#
    );
    script(dir, "fake", &body)
}

/// Our own engine, noting its process id likewise.
fn recorded(dir: &TempDir) -> PathBuf {
    script(
        dir,
        "recorded",
        &format!(r#"echo "$$" >> "$(dirname "$0")/pids"; exec '{BINARY}' "$@""#),
    )
}

fn pids(dir: &TempDir) -> Vec<u32> {
    let noted = std::fs::read_to_string(dir.path().join("pids")).unwrap_or_default();
    noted.lines().map(|pid| pid.parse().unwrap()).collect()
}

fn kill(pid: u32) {
    let killed = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

/// Looks again and again until it is so.
async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !so() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn is_gone(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return true;
    };
    stat.rsplit(')')
        .next()
        .is_some_and(|fields| fields.trim_start().starts_with('Z'))
}

/// What a fake does to search without end, and to let that be seen.
const ENDLESS: &str = r#"echo now > "$(dirname "$0")/searching"; read -r forever"#;

async fn until_searching(dir: &TempDir) {
    until("a search", || dir.path().join("searching").exists()).await;
}

#[tokio::test]
async fn every_level_answers_with_a_legal_move() {
    let engines = pool(BINARY, None, 2);
    for level in Level::ALL {
        let mut played = opening();
        played
            .moves
            .push(engines.reply(person(1), &opening(), level, 7).await.unwrap());
        let next = engines.reply(person(1), &played, Level::FIRST, 7).await;
        assert!(next.is_ok(), "{}: {next:?}", level.name());
    }
}

#[tokio::test]
async fn an_opponent_does_not_always_open_alike() {
    let engines = pool(BINARY, None, 1);
    let start = Fen::from_position(&Chess::default(), EnPassantMode::Legal);
    let start = line(&start.to_string(), &[], false);
    for level in [1, 5, 9] {
        let level = Level::new(level).unwrap();
        let mut first_moves = HashSet::new();
        for seed in 0..12 {
            let reply = engines.reply(person(1), &start, level, seed).await.unwrap();
            first_moves.insert(reply.to_string());
        }
        assert!(first_moves.len() > 1, "{}: {first_moves:?}", level.name());
    }
}

#[tokio::test]
async fn a_finished_game_and_a_bad_line_are_told_apart() {
    let engines = pool(BINARY, None, 1);
    let mated = line("7k/6Q1/6K1/8/8/8/8/8 b - - 0 1", &[], false);
    assert!(matches!(
        engines.reply(person(1), &mated, Level::FULL, 0).await,
        Err(EngineError::Finished)
    ));
    let mut illegal = opening();
    illegal.moves.push("e1e5".parse().unwrap());
    let refused = engines
        .evaluate(person(1), &illegal, 1, Duration::from_millis(10))
        .await;
    assert!(matches!(refused, Err(EngineError::BadLine)));
}

#[tokio::test]
async fn an_evaluation_sees_the_mate_and_the_alternatives() {
    let engines = pool(BINARY, None, 1);
    let mate = line("6k1/5ppp/8/8/8/8/8/R5K1 w - - 0 1", &[], false);
    let best = engines
        .evaluate(person(1), &mate, 3, Duration::from_millis(200))
        .await
        .unwrap();
    assert_eq!(best.len(), 3);
    assert_eq!(best[0].moves[0].to_string(), "a1a8");
    assert_eq!(best[0].score, Score::Mate(1));
    let forced = line("7k/8/8/8/8/8/1r6/K7 w - - 0 1", &[], false);
    let only = engines
        .evaluate(person(1), &forced, 5, Duration::from_millis(50))
        .await
        .unwrap();
    assert_eq!(only.len(), 1, "fewer legal moves than lines");
}

#[tokio::test]
async fn chess960_castling_goes_both_ways() {
    let engines = pool(BINARY, None, 1);
    let castled = line(
        "1r2k1r1/pppppppp/8/8/8/8/PPPPPPPP/1R2K1R1 w KQkq - 0 1",
        &["e1g1"],
        true,
    );
    engines.reply(person(1), &castled, Level::FULL, 0).await.unwrap();
    // Four legal moves, one of them castling.
    let cornered = line("3r3k/8/8/8/8/7p/r6P/4K2R w K - 0 1", &[], true);
    let best = engines
        .evaluate(person(1), &cornered, 5, Duration::from_millis(100))
        .await
        .unwrap();
    assert_eq!(best.len(), 4, "{best:?}");
    let castling = best
        .iter()
        .any(|variation| variation.moves[0].to_string() == "e1h1");
    assert!(castling, "{best:?}");
}

#[tokio::test]
async fn chess960_is_played_from_any_start() {
    let engines = pool(BINARY, None, 1);
    for number in [0, 342, 959] {
        let start = Start::chess960(number).unwrap();
        let mut played = line(&fen_of(start.position()), &[], true);
        for ply in 0..30 {
            let level = Level::new(if ply % 2 == 0 { 7 } else { 4 }).unwrap();
            match engines.reply(person(1), &played, level, ply).await {
                Ok(reply) => played.moves.push(reply),
                Err(EngineError::Finished) => break,
                Err(fault) => panic!("{number} {played:?}: {fault}"),
            }
        }
    }
    // The engine is told which of two rooks castles, or its answer would not be Black's.
    let inner = line("4k3/8/8/8/8/8/8/RR2K3 w B - 0 1", &["e1b1"], true);
    engines.reply(person(1), &inner, Level::FULL, 0).await.unwrap();
}

#[tokio::test]
async fn a_search_that_is_killed_is_done_again() {
    let dir = TempDir::new().unwrap();
    let engines = pool(BINARY, Some(fake(&dir, ENDLESS)), 1);
    let evaluating = tokio::spawn({
        let engines = engines.clone();
        async move {
            engines
                .evaluate(person(1), &opening(), 1, Duration::from_secs(1))
                .await
        }
    });
    until_searching(&dir).await;
    kill(pids(&dir)[0]);
    evaluating.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_engine_that_crashes_twice_is_given_up() {
    let dir = TempDir::new().unwrap();
    let engines = pool(fake(&dir, "exit 1"), None, 1);
    assert!(matches!(
        engines.reply(person(1), &opening(), Level::FIRST, 0).await,
        Err(EngineError::Crashed)
    ));
    assert_eq!(pids(&dir).len(), 2);
}

#[tokio::test]
async fn bad_external_engines_cost_nobody_an_answer() {
    let searches = [
        "exit 1",
        "echo bestmove e2e4",
        "echo bestmove",
        "echo 'info depth 1 score cp 0 pv a1a8'; echo bestmove g1f3",
        "yes x | tr -d '\\n'",
        "printf 'bestmove \\377\\n'",
        "kill -9 $$",
    ];
    for search in searches {
        let dir = TempDir::new().unwrap();
        let engines = pool(BINARY, Some(fake(&dir, search)), 1);
        let best = engines
            .evaluate(person(1), &opening(), 1, Duration::from_millis(50))
            .await;
        assert!(best.is_ok(), "{search}: {best:?}");
        assert_eq!(pids(&dir).len(), 1, "{search} was asked once");
    }
}

#[tokio::test]
async fn what_is_no_engine_is_replaced_by_the_embedded_one() {
    let dir = TempDir::new().unwrap();
    for external in [
        dir.path().join("missing"),
        script(&dir, "false", "exit 1"),
        dir.path().to_path_buf(),
    ] {
        let engines = pool(BINARY, Some(external), 1);
        assert_eq!(engines.probe().await.unwrap(), "embedded Fairy-Stockfish");
        engines
            .reply(person(1), &opening(), Level::FULL, 0)
            .await
            .unwrap();
    }
    let nothing = pool(dir.path().join("missing"), Some(dir.path().join("missing")), 1);
    assert!(matches!(nothing.probe().await, Err(EngineError::Unavailable(_))));
    let reply = nothing.reply(person(1), &opening(), Level::FIRST, 0).await;
    assert!(matches!(reply, Err(EngineError::Unavailable(_))));
}

#[tokio::test]
async fn the_external_engine_is_for_full_strength_and_analysis_only() {
    let dir = TempDir::new().unwrap();
    let external = fake(
        &dir,
        "echo 'info depth 9 score cp 17 pv h2h4'; echo bestmove h2h4",
    );
    let engines = pool(BINARY, Some(external.clone()), 2);
    assert_eq!(
        engines.probe().await.unwrap(),
        format!("Fake 1 at {}", external.display())
    );
    let reply = engines
        .reply(person(1), &opening(), Level::FULL, 0)
        .await
        .unwrap();
    assert_eq!(reply.to_string(), "h2h4");
    let best = engines
        .evaluate(person(1), &opening(), 1, Duration::from_millis(10))
        .await
        .unwrap();
    assert_eq!(best[0].score, Score::Centipawns(17));
    let master = engines
        .reply(person(1), &opening(), Level::new(9).unwrap(), 0)
        .await
        .unwrap();
    assert_ne!(master.to_string(), "h2h4");
}

#[tokio::test]
async fn a_search_that_hangs_ends_at_its_deadline_and_leaves_nothing_behind() {
    let dir = TempDir::new().unwrap();
    let engines = pool(BINARY, Some(fake(&dir, "read -r forever")), 1);
    let opening = opening();
    let evaluating = engines.evaluate(person(1), &opening, 1, Duration::from_millis(10));
    let evaluated = timeout(SOON, evaluating).await.unwrap();
    assert!(
        matches!(evaluated, Err(EngineError::Deadline(_))),
        "{evaluated:?}"
    );
    until("its end", || is_gone(pids(&dir)[0])).await;
    engines.reply(person(1), &opening, Level::FIRST, 0).await.unwrap();
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_search_behind() {
    let dir = TempDir::new().unwrap();
    let engines = pool(BINARY, Some(fake(&dir, ENDLESS)), 1);
    let evaluating = tokio::spawn({
        let engines = engines.clone();
        async move {
            engines
                .evaluate(person(1), &opening(), 1, Duration::from_secs(10))
                .await
        }
    });
    until_searching(&dir).await;
    evaluating.abort();
    until("its end", || is_gone(pids(&dir)[0])).await;
    let opening = opening();
    let reply = engines.reply(person(2), &opening, Level::FIRST, 0);
    timeout(SOON, reply).await.unwrap().unwrap();
}

#[tokio::test]
async fn processes_are_kept_and_never_more_than_allowed() {
    let dir = TempDir::new().unwrap();
    let engines = pool(recorded(&dir), None, 2);
    for _ in 0..3 {
        let replies = (1..=6).map(|number| {
            let engines = engines.clone();
            tokio::spawn(async move { engines.reply(person(number), &opening(), Level::FIRST, 0).await })
        });
        for reply in replies.collect::<Vec<_>>() {
            reply.await.unwrap().unwrap();
        }
    }
    assert!(pids(&dir).len() <= 2, "{:?}", pids(&dir));
    engines.shutdown().await;
    for pid in pids(&dir) {
        until("its end", || is_gone(pid)).await;
    }
    let reply = engines.reply(person(1), &opening(), Level::FIRST, 0).await;
    assert!(matches!(reply, Err(EngineError::ShuttingDown)));
}

#[tokio::test]
async fn a_kept_process_that_died_is_not_noticed_by_the_next_person() {
    let dir = TempDir::new().unwrap();
    let engines = pool(recorded(&dir), None, 1);
    engines
        .reply(person(1), &opening(), Level::FIRST, 0)
        .await
        .unwrap();
    kill(pids(&dir)[0]);
    engines
        .reply(person(2), &opening(), Level::FIRST, 0)
        .await
        .unwrap();
    assert_eq!(pids(&dir).len(), 2);
}

#[tokio::test]
async fn an_engine_learns_nothing_of_our_environment() {
    let dir = TempDir::new().unwrap();
    let nosy = fake(&dir, r#"env > "$(dirname "$0")/env"; echo bestmove h2h4"#);
    let engines = pool(BINARY, Some(nosy), 1);
    engines
        .reply(person(1), &opening(), Level::FULL, 0)
        .await
        .unwrap();
    let seen = std::fs::read_to_string(dir.path().join("env")).unwrap();
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    assert!(seen.contains("PATH="), "{seen}");
    assert!(!seen.contains("CARGO_MANIFEST_DIR"), "{seen}");
}

/// What the engine sees when the server is killed with SIGKILL: the end of its input.
#[test]
fn an_engine_whose_server_is_gone_ends_in_the_middle_of_a_search() {
    let mut engine = Command::new(BINARY)
        .arg("__engine")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = engine.stdin.take().unwrap();
    let mut output = BufReader::new(engine.stdout.take().unwrap()).lines();
    input.write_all(b"uci\nposition startpos\ngo infinite\n").unwrap();
    assert!(output.any(|line| line.unwrap().starts_with("info depth 8")));
    drop(input);
    assert!(engine.wait().unwrap().success());
}
