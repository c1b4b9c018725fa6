//! Measures the server against a bare one in alternating rounds and prints what it saw.
//!
//! Every answer is checked. A wrong one ends the program with a non-zero exit status; a slow one never does.

mod calls;
mod lines;
mod load;
mod report;
mod rounds;
mod start;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use chess_mcp_bench::release;
use clap::Parser;
use tokio::task::LocalSet;

use self::rounds::Bench;

/// Measures a release build of chess-mcp against a bare rmcp server.
#[derive(Debug, Parser)]
struct Options {
    /// The release build of chess-mcp; made by cargo when left out
    #[arg(long)]
    server: Option<PathBuf>,
    /// Rounds of each measurement
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds that a round lasts
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Connections, as a list
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64])]
    connections: Vec<usize>,
    /// Connections that refresh tokens
    #[arg(long, default_value_t = 16)]
    refreshing: usize,
    /// Starts that are timed
    #[arg(long, default_value_t = 7)]
    starts: usize,
    /// Only these calls, as a list: noop, status, move, refresh, start
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

impl Options {
    fn wants(&self, what: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == what)
    }

    fn round(&self) -> Result<Duration> {
        Duration::try_from_secs_f64(self.seconds).context("--seconds")
    }
}

// One thread makes all the load: the other cores are the servers'.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let chess = release::executable(options.server.as_deref()).await?;
    let bare = std::env::current_exe()?.with_file_name("bare");
    anyhow::ensure!(
        bare.is_file(),
        "{} is not there: run `cargo build --release`",
        bare.display()
    );
    LocalSet::new().run_until(measure(&options, &chess, &bare)).await
}

async fn measure(options: &Options, chess: &Path, bare: &Path) -> Result<()> {
    let size = |path: &Path| -> Result<f64> { Ok(path.metadata()?.len() as f64 / 1e6) };
    println!(
        "size of the executable: {:.1} MB (bare: {:.1} MB)",
        size(chess)?,
        size(bare)?
    );
    if options.wants("start") {
        start::measure(chess, bare, options.starts).await?;
    }
    let bench = Bench::start(options, chess, bare).await?;
    bench.run(options).await
}
