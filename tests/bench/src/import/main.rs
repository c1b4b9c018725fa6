//! Times `chess-mcp puzzles import` on a file in the format of Lichess, made from the puzzles that ship.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use chess_mcp_bench::release;
use chess_mcp_bench::server::Home;
use clap::Parser;
use tempfile::TempDir;
use tokio::task::LocalSet;

/// Times the import of a puzzle file.
#[derive(Debug, Parser)]
struct Options {
    /// The release build of chess-mcp; made by cargo when left out
    #[arg(long)]
    server: Option<PathBuf>,
    /// Rows of the file
    #[arg(long, default_value_t = 200_000)]
    rows: usize,
}

const HEAD: &str = "PuzzleId,FEN,Moves,Rating,RatingDeviation,Popularity,NbPlays,Themes,GameUrl,OpeningTags";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let executable = release::executable(options.server.as_deref()).await?;
    LocalSet::new().run_until(measure(&options, &executable)).await
}

async fn measure(options: &Options, executable: &Path) -> Result<()> {
    let directory = TempDir::with_prefix("chess-mcp-bench-")?;
    let file = directory.path().join("puzzles.csv.zst");
    write(&file, options.rows)?;
    let home = Home::new(executable)?;
    for what in ["into an empty database", "the same again"] {
        let began = Instant::now();
        let path = file.to_str().context("a path is text")?;
        let printed = home.run(&["puzzles", "import", path], "").await?;
        let minutes = began.elapsed().as_secs_f64() / 60.0;
        let expected = format!("{0} puzzles read, {0} wanted", options.rows);
        anyhow::ensure!(printed.starts_with(&expected), "{printed}");
        println!(
            "{what}: {:.1} s, {:.0} rows a minute; it said: {}",
            minutes * 60.0,
            options.rows as f64 / minutes,
            printed.trim()
        );
    }
    Ok(())
}

/// The shipped puzzles again and again, each time under other names.
fn write(file: &Path, rows: usize) -> Result<()> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/puzzles.tsv.zst");
    let text = String::from_utf8(zstd::decode_all(std::fs::File::open(shipped)?)?)?;
    let puzzles: Vec<&str> = text.lines().skip(1).collect();
    let mut out = zstd::Encoder::new(std::fs::File::create(file)?, 3)?.auto_finish();
    writeln!(out, "{HEAD}")?;
    for (number, row) in (0..rows).zip(puzzles.iter().cycle()) {
        let round = number / puzzles.len();
        let fields: Vec<&str> = row.split('\t').collect();
        let [id, fen, moves, rating, themes] = fields[..] else {
            anyhow::bail!("not a puzzle: {row}");
        };
        writeln!(
            out,
            "{id}-{round},{fen},{moves},{rating},75,95,1000,{themes},https://example.org/{id},"
        )?;
    }
    Ok(out.flush()?)
}
