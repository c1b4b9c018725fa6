//! Times the first look back on a game, through the tools of a real server.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use chess_mcp_bench::looking_back::{NO_STOCKFISH, Reader};
use chess_mcp_bench::server::Home;
use chess_mcp_bench::{famous, release};
use clap::Parser;
use tokio::task::LocalSet;

/// Times the review of the first plies of Kasparov against Topalov, 1999.
#[derive(Debug, Parser)]
struct Options {
    /// The release build of chess-mcp; made by cargo when left out
    #[arg(long)]
    server: Option<PathBuf>,
    /// An external engine for the review; the embedded one when left out
    #[arg(long)]
    external: Option<PathBuf>,
    /// How many moves of either side are looked at
    #[arg(long, default_value_t = 80)]
    plies: usize,
    /// Reviews, each by another person who never asked before
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let executable = release::executable(options.server.as_deref()).await?;
    let external = options.external.as_deref().map(|path| path.display().to_string());
    let home = Home::new(&executable)?.set(
        "STOCKFISH_PATH",
        Some(external.as_deref().unwrap_or(NO_STOCKFISH)),
    );
    LocalSet::new().run_until(measure(&options, &home)).await
}

async fn measure(options: &Options, home: &Home) -> Result<()> {
    let game = famous::games()?
        .into_iter()
        .find(|game| game.tags.black.as_deref() == Some("Topalov"))
        .context("the game is among the famous ones")?;
    let pgn = famous::written(&game.game, options.plies, famous::players(&game));
    let people = home.people(options.rounds).await?;
    let server = home.serve().await?;
    println!(
        "engine: {}",
        options
            .external
            .as_deref()
            .map_or("embedded".to_owned(), |path| path.display().to_string())
    );
    for person in &people {
        let mut reader = Reader::new(&server, person).await?;
        let id = reader.take_in(&pgn).await?;
        let first = reader.review(&id).await?;
        let again = reader.review(&id).await?;
        anyhow::ensure!(again.facts == first.facts, "a review is kept");
        println!(
            "{} plies: {:.1} s in {} call(s); asked again: {:.0} ms; accuracy {} {}",
            first.facts["moves"].as_array().map_or(0, Vec::len),
            first.took.as_secs_f64(),
            first.calls,
            again.took.as_secs_f64() * 1e3,
            first.facts["accuracy"]["white"],
            first.facts["accuracy"]["black"],
        );
    }
    server.kill().await
}
