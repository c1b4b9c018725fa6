//! `chess-mcp puzzles import`: the puzzle file that Lichess publishes (database.lichess.org, CC0), plain or compressed.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::say;
use crate::app;
use crate::chess::Puzzle;
use crate::config::Config;
use crate::store::{PuzzleSource, Store, StoreError, Tx};

/// Puzzles that are stored in one unit; a server on the same database waits for one of them at most.
const BATCH: usize = 1000;

/// Which puzzles of the file are taken.
#[derive(Debug, Clone, Args)]
pub(crate) struct Wanted {
    /// The file: lichess_db_puzzle.csv or .csv.zst
    file: PathBuf,
    /// Take at most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Only puzzles rated at least so
    #[arg(long, value_name = "RATING", default_value_t = 0)]
    min_rating: u16,
    /// Only puzzles rated at most so
    #[arg(long, value_name = "RATING", default_value_t = 4000)]
    max_rating: u16,
    /// Only puzzles whose rating is sure to so many points
    #[arg(long, value_name = "POINTS", default_value_t = 90)]
    max_deviation: u16,
    /// Only puzzles that people liked so well, from -100 to 100
    #[arg(
        long,
        value_name = "PERCENT",
        default_value_t = 80,
        allow_negative_numbers = true
    )]
    min_popularity: i16,
    /// Only puzzles that were tried so often
    #[arg(long, value_name = "N", default_value_t = 200)]
    min_plays: u64,
}

/// A line of the file. It has further columns that are of no use here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    puzzle_id: String,
    #[serde(rename = "FEN")]
    fen: String,
    moves: String,
    rating: u16,
    rating_deviation: u16,
    popularity: i16,
    nb_plays: u64,
    themes: String,
}

/// What became of the lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    read: u64,
    taken: u64,
    new: u64,
    broken: u64,
}

pub(crate) async fn import(config: &Config, wanted: &Wanted) -> anyhow::Result<()> {
    let store = app::open_store(config)?;
    let started = Instant::now();
    let bar = ProgressBar::new(size(&wanted.file)?);
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} {percent} %, {msg}, {eta} to go",
    )?);
    bar.enable_steady_tick(Duration::from_millis(200));
    let counted = import_rows(&store, wanted, &bar).await?;
    bar.finish_and_clear();
    store.close().await;
    say(&format!(
        "{} puzzles read, {} wanted, {} new, {} unusable, in {:.0} s; wanted were those {wanted}",
        counted.read,
        counted.taken,
        counted.new,
        counted.broken,
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

fn size(file: &Path) -> anyhow::Result<u64> {
    let found = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(found.len())
}

async fn import_rows(store: &Store, wanted: &Wanted, bar: &ProgressBar) -> anyhow::Result<Counted> {
    let mut rows = csv::Reader::from_reader(open(&wanted.file, bar)?);
    let named = rows
        .headers()
        .is_ok_and(|names| names.iter().any(|name| name == "PuzzleId"));
    if !named {
        bail!(
            "{} does not begin with the columns of the Lichess puzzle file (PuzzleId,FEN,Moves,Rating,…)",
            wanted.file.display()
        );
    }
    let mut counted = Counted::default();
    let mut batch = Vec::with_capacity(BATCH);
    for row in rows.deserialize::<Row>() {
        counted.read += 1;
        let puzzle = match row {
            Ok(row) if !wanted.takes(&row) => continue,
            Ok(row) => row.puzzle(),
            Err(_) => None,
        };
        match puzzle {
            Some(puzzle) => {
                counted.taken += 1;
                batch.push(puzzle);
            }
            None => counted.broken += 1,
        }
        let enough = wanted.limit.is_some_and(|limit| counted.taken >= limit);
        if batch.len() == BATCH || enough {
            counted.new += keep(store, std::mem::take(&mut batch)).await?;
            bar.set_message(format!("{} puzzles", counted.taken));
        }
        if enough {
            break;
        }
    }
    counted.new += keep(store, batch).await?;
    Ok(counted)
}

/// The text of the file; the bar follows how much of the file itself was read.
fn open(file: &Path, bar: &ProgressBar) -> anyhow::Result<Box<dyn Read + Send>> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let read = bar.wrap_read(BufReader::with_capacity(1 << 20, opened));
    if file.extension().is_some_and(|extension| extension == "zst") {
        return Ok(Box::new(zstd::Decoder::new(read)?));
    }
    Ok(Box::new(read))
}

async fn keep(store: &Store, batch: Vec<Puzzle>) -> anyhow::Result<u64> {
    let unit = move |tx: &mut dyn Tx| -> Result<u32, StoreError> {
        tx.insert_puzzles(&batch, PuzzleSource::Imported)
    };
    Ok(u64::from(store.write(unit).await?))
}

/// What was asked of each puzzle, also where nobody said so.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rated {} to {}, deviation at most {}, popularity at least {}, played at least {} times",
            self.min_rating, self.max_rating, self.max_deviation, self.min_popularity, self.min_plays
        )
    }
}

impl Wanted {
    fn takes(&self, row: &Row) -> bool {
        (self.min_rating..=self.max_rating).contains(&row.rating)
            && row.rating_deviation <= self.max_deviation
            && row.popularity >= self.min_popularity
            && row.nb_plays >= self.min_plays
    }
}

impl Row {
    /// The puzzle, if its moves are legal.
    fn puzzle(&self) -> Option<Puzzle> {
        let id = self.puzzle_id.parse().ok()?;
        Puzzle::new(id, &self.fen, &self.moves, self.rating, &self.themes).ok()
    }
}
