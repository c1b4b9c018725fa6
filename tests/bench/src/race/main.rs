//! The same token and the same code presented by many processes at once, and again later: what the server answers,
//! and what is left of the sign-in afterwards. Printed beside what two other authorization servers for MCP did.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chess_mcp_bench::release;
use chess_mcp_bench::server::{Home, Server};
use chess_mcp_bench::sign_in::{self, Tokens, refreshing};
use chess_mcp_bench::wire::{Connection, Reply, Tool};
use clap::Parser;
use tokio::task::{JoinSet, LocalSet};

/// Longer than the server takes a second presentation for a retry: 5 s for codes, and the window set below.
const LATER: Duration = Duration::from_millis(6500);
const WINDOW: &str = "5";

/// Counts what races and replays do to sign-ins.
#[derive(Debug, Parser)]
struct Options {
    /// The release build of chess-mcp; made by cargo when left out
    #[arg(long)]
    server: Option<PathBuf>,
    /// Processes that race
    #[arg(long, default_value_t = 20)]
    racers: usize,
}

/// The other columns: measured on 2026-11-20 on loopback, with twenty racers.
const PEERS: &str = "| | fastmcp 4.1.2 | workers-oauth-provider 1.2.3 | chess-mcp |";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let executable = release::executable(options.server.as_deref()).await?;
    LocalSet::new()
        .run_until(async {
            let home = Home::new(&executable)?.set("REFRESH_REPLAY_WINDOW", Some(WINDOW));
            home.people(1).await?;
            let server = home.serve().await?;
            println!("{PEERS}\n|---|---|---|---|");
            refreshes(&server, options.racers).await?;
            redemptions(&server, options.racers).await?;
            replays(&server).await
        })
        .await
}

fn row(what: &str, fastmcp: &str, workers: &str, ours: impl std::fmt::Display) {
    println!("| {what} | {fastmcp} | {workers} | {ours} |");
}

/// Posts the same form over as many connections at once.
async fn at_once(server: &Server, racers: usize, form: &str) -> Result<Vec<Reply>> {
    let mut running = JoinSet::new();
    for _ in 0..racers {
        let (mut connection, form) = (Connection::open(&server.address).await?, form.to_owned());
        running.spawn_local(async move { connection.post_form("/oauth/token", form).await });
    }
    running.join_all().await.into_iter().collect()
}

async fn post(server: &Server, form: String) -> Result<Reply> {
    let mut connection = Connection::open(&server.address).await?;
    connection.post_form("/oauth/token", form).await
}

async fn is_admitted(server: &Server, access_token: &str) -> Result<bool> {
    let tool = Tool::new("chess_games", Some(access_token))?;
    tool.is_admitted(&mut Connection::open(&server.address).await?)
        .await
}

async fn refreshes(server: &Server, racers: usize) -> Result<()> {
    let client = sign_in::register(server).await?;
    let grant = sign_in::grant(server, &client, "person0", 0).await?;
    let replies = at_once(server, racers, &refreshing(&client, &grant.refresh_token)).await?;
    let good: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    let tokens = good
        .iter()
        .map(|reply| Tokens::of(reply))
        .collect::<Result<Vec<_>>>()?;
    let different: BTreeSet<_> = tokens.iter().map(|pair| pair.refresh_token.as_str()).collect();
    let mut admitted = 0;
    for pair in &tokens {
        admitted += usize::from(is_admitted(server, &pair.access_token).await?);
    }
    let mut live = 0;
    for token in &different {
        live += usize::from(post(server, refreshing(&client, token)).await?.status == 200);
    }
    row(
        &format!("{racers} refreshes of one token at once: answered 200"),
        "20",
        "20",
        good.len(),
    );
    row(
        "– different refresh tokens in the answers",
        "20",
        "20",
        different.len(),
    );
    row("– of these still good afterwards", "20", "1", live);
    row("– access tokens that work", "", "", admitted);
    Ok(())
}

async fn redemptions(server: &Server, racers: usize) -> Result<()> {
    let client = sign_in::register(server).await?;
    let code = sign_in::code(server, &client, "person0", 1).await?;
    let replies = at_once(server, racers, &code.form).await?;
    let good: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    let mut lives = 0;
    for reply in &good {
        lives += usize::from(is_admitted(server, &Tokens::of(reply)?.access_token).await?);
    }
    row(
        &format!("{racers} redemptions of one code at once: answered 200"),
        "1",
        "16",
        good.len(),
    );
    row("– access tokens that work a moment later", "1", "0", lives);
    Ok(())
}

async fn replays(server: &Server) -> Result<()> {
    let client = sign_in::register(server).await?;
    let code = sign_in::code(server, &client, "person0", 2).await?;
    let redeemed = Tokens::of(&post(server, code.form.clone()).await?)?;
    let grant = sign_in::grant(server, &client, "person0", 3).await?;
    let next = Tokens::of(&post(server, refreshing(&client, &grant.refresh_token)).await?)?;
    let both =
        is_admitted(server, &redeemed.access_token).await? && is_admitted(server, &next.access_token).await?;
    anyhow::ensure!(both, "fresh tokens are good");
    tokio::time::sleep(LATER).await;
    let again = post(server, code.form).await?;
    let end = fate(is_admitted(server, &redeemed.access_token).await?);
    row(
        "a code replayed after 5 s",
        "",
        "400, grant ended",
        format!("{}, grant {end}", again.status),
    );
    let again = post(server, refreshing(&client, &grant.refresh_token)).await?;
    let end = fate(is_admitted(server, &next.access_token).await?);
    let newest = post(server, refreshing(&client, &next.refresh_token)).await?;
    let newest = newest.status.to_string();
    let ours = format!("{}, grant {end}, the newest {newest}", again.status);
    let window = WINDOW.parse::<u32>().context("the window is a number")?;
    let what = format!("a refresh token replayed {window} s after its successor was used");
    row(
        &what,
        "401, its successors go on",
        "400, the newest goes on",
        ours,
    );
    Ok(())
}

fn fate(admitted: bool) -> &'static str {
    if admitted { "goes on" } else { "ended" }
}
