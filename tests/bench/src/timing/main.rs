//! How long sign-ins take, by whom they name, and what two hundred of them at once do to calls of tools.
//!
//! Figures only: a machine is never quiet enough to judge by them alone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use chess_mcp_bench::figures::{Moments, percentile};
use chess_mcp_bench::release;
use chess_mcp_bench::server::{Home, PASSWORD, Person, Server};
use chess_mcp_bench::sign_in::{Waiting, register};
use chess_mcp_bench::wire::{Connection, Tool};
use clap::Parser;
use tokio::task::{JoinSet, LocalSet};

/// Wrong passwords under one name before the next one has to wait.
const FREE_ATTEMPTS: usize = 4;
/// Calls of a tool before the sign-ins, for comparison.
const QUIET_CALLS: usize = 2000;

/// Times attempts to sign in, and calls while people sign in.
#[derive(Debug, Parser)]
struct Options {
    /// The release build of chess-mcp; made by cargo when left out
    #[arg(long)]
    server: Option<PathBuf>,
    /// Attempts of each kind
    #[arg(long, default_value_t = 200)]
    samples: usize,
    /// Sign-ins at once
    #[arg(long, default_value_t = 200)]
    parallel: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let executable = release::executable(options.server.as_deref()).await?;
    LocalSet::new().run_until(measure(&options, &executable)).await
}

async fn measure(options: &Options, executable: &Path) -> Result<()> {
    let home = Home::new(executable)?;
    let people = home.people(2 * options.samples.div_ceil(FREE_ATTEMPTS)).await?;
    let server = home.serve().await?;
    let client = register(&server).await?;
    crowd(&server, &client, &people, options.parallel).await?;
    let (known, disabled) = people.split_at(people.len() / 2);
    for person in disabled {
        home.run(&["users", "disable", &person.name], "").await?;
    }
    attempts(&server, &client, known, disabled, options.samples).await
}

/// One attempt of each kind in turn, so that a busy moment meets all of them.
async fn attempts(
    server: &Server,
    client: &str,
    known: &[Person],
    disabled: &[Person],
    samples: usize,
) -> Result<()> {
    let mut took = [const { Vec::new() }; 3];
    let mut page = Waiting::at_password(server, client, 0).await?;
    for number in 0..samples {
        let unknown = format!("nobody{number}");
        let turn = number / FREE_ATTEMPTS;
        let names = [unknown.as_str(), &known[turn].name, &disabled[turn].name];
        let passwords = ["wrong password", "wrong password", PASSWORD];
        for ((name, password), times) in names.into_iter().zip(passwords).zip(&mut took) {
            let reply = page.answer(name, password).await?;
            anyhow::ensure!(reply.status == 401, "{name}: {}: {}", reply.status, reply.text());
            times.push(reply.took);
        }
    }
    println!(
        "\n| attempt to sign in | n | mean ms | p50 ms | sd ms | Welch's t against a wrong password |\n|---|---|---|---|---|---|"
    );
    let kinds = [
        "unknown name",
        "known name, wrong password",
        "disabled person, right password",
    ];
    let moments = took.each_ref().map(|times| Moments::of(&millis(times)));
    for ((kind, times), of) in kinds.into_iter().zip(&mut took).zip(moments) {
        times.sort_unstable();
        let p50 = percentile(times, 50).as_secs_f64() * 1e3;
        let (mean, sd, t) = (of.mean, of.variance.sqrt(), of.welch(moments[1]));
        println!(
            "| {kind} | {} | {mean:.3} | {p50:.3} | {sd:.3} | {t:.2} |",
            times.len()
        );
    }
    Ok(())
}

fn millis(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1e3).collect()
}

/// Calls a tool on one connection, alone at first and then while everybody signs in at once.
async fn crowd(server: &Server, client: &str, people: &[Person], parallel: usize) -> Result<()> {
    let tool = Tool::new("chess_games", Some(&people[0].token))?;
    let mut connection = Connection::open(&server.address).await?;
    let mut quiet = Vec::with_capacity(QUIET_CALLS);
    for _ in 0..QUIET_CALLS {
        quiet.push(
            tool.call(&mut connection, tool.message("{}"), r#""games":["#)
                .await?
                .took,
        );
    }
    let mut pages = Vec::with_capacity(parallel);
    for number in 0..parallel {
        pages.push(Waiting::at_password(server, client, number).await?);
    }
    let (began, mut signing_in) = (std::time::Instant::now(), JoinSet::new());
    for (page, person) in pages.into_iter().zip(people.iter().cycle()) {
        let (mut page, name) = (page, person.name.clone());
        signing_in.spawn_local(async move { page.answer(&name, PASSWORD).await });
    }
    let (mut busy, mut statuses) = (Vec::new(), Vec::new());
    while !signing_in.is_empty() {
        busy.push(
            tool.call(&mut connection, tool.message("{}"), r#""games":["#)
                .await?
                .took,
        );
        while let Some(done) = signing_in.try_join_next() {
            statuses.push(done??.status);
        }
    }
    let took = began.elapsed().as_secs_f64();
    let good = statuses.iter().filter(|status| **status == 303).count();
    println!("{good} of {parallel} sign-ins at once were good, all answered in {took:.1} s");
    println!("\n| calls of chess_games | n | p50 ms | p99 ms | longest ms |\n|---|---|---|---|---|");
    for (when, mut times) in [("alone", quiet), ("meanwhile", busy)] {
        times.sort_unstable();
        let [p50, p99, longest] =
            [50, 99, 100].map(|percent| percentile(&times, percent).as_secs_f64() * 1e3);
        println!(
            "| {when} | {} | {p50:.2} | {p99:.2} | {longest:.2} |",
            times.len()
        );
    }
    Ok(())
}
