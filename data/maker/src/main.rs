//! Makes puzzles: lets the embedded engine play weak games against itself, looks in them for mates with a single
//! key and for blunders with a single answer, and packs what it found into the file that ships with the server.
//!
//! `make` works in pieces: it appends to a work file and goes on from it the next time. Several may run at once,
//! each with its own seed and work file; `pack` puts their work together.

mod engine;
mod game;
mod mates;
mod pack;
mod puzzle;
mod rating;
mod scent;
mod tactics;
mod work;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use self::engine::Engine;
use self::game::Game;
use self::puzzle::Kind;
use self::tactics::Verifier;
use self::work::WorkFile;

#[derive(Debug, Parser)]
#[command(about = "Makes the puzzles that ship with chess-mcp")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays games and appends the puzzles found in them to a work file
    Make(Make),
    /// Checks the puzzles of work files once more, chooses among them and writes the data file
    Pack(Pack),
}

/// How many of each kind are wanted.
#[derive(Debug, Clone, Copy, Args)]
struct Wanted {
    /// Mates in one
    #[arg(long, default_value_t = 11_000)]
    ones: usize,
    /// Mates in two
    #[arg(long, default_value_t = 9_500)]
    twos: usize,
    /// Mates in three
    #[arg(long, default_value_t = 5_000)]
    threes: usize,
    /// Puzzles that win material
    #[arg(long, default_value_t = 2_500)]
    tactics: usize,
}

impl Wanted {
    fn of(self, kind: Kind) -> usize {
        match kind {
            Kind::Mate(1) => self.ones,
            Kind::Mate(2) => self.twos,
            Kind::Mate(_) => self.threes,
            Kind::Tactic { .. } => self.tactics,
        }
    }
}

#[derive(Debug, Args)]
struct Make {
    /// The release build of chess-mcp: its embedded engine plays
    #[arg(long)]
    server: PathBuf,
    /// A Stockfish that verifies what wins material; without it the embedded engine does
    #[arg(long)]
    stockfish: Option<PathBuf>,
    /// Where found puzzles are appended
    #[arg(long)]
    work: PathBuf,
    /// Stops after this many minutes
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// Different seeds play different games
    #[arg(long, default_value_t = 1)]
    seed: u32,
    #[command(flatten)]
    wanted: Wanted,
}

#[derive(Debug, Args)]
struct Pack {
    /// The data file to write
    #[arg(long)]
    out: PathBuf,
    /// Work files
    #[arg(required = true)]
    work: Vec<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Make(options) => make(&options),
        Command::Pack(options) => pack::pack(&options.work, &options.out, options.wanted),
    }
}

fn make(options: &Make) -> Result<()> {
    let mut player = Engine::embedded(&options.server)?;
    let mut verifier = match &options.stockfish {
        Some(stockfish) => Verifier::new(Engine::external(stockfish)?)?,
        None => Verifier::new(Engine::embedded(&options.server)?)?,
    };
    let mut work = WorkFile::open(&options.work, options.seed)?;
    let began = Instant::now();
    let limit = Duration::from_secs(options.minutes * 60);
    let mut spent = Spent::default();
    while began.elapsed() < limit && work.misses_any(options.wanted) {
        let number = work.next_game();
        let mut random = StdRng::seed_from_u64((u64::from(options.seed) << 32) | u64::from(number));
        let game = spent.playing.of(|| Game::play(&mut player, &mut random))?;
        spent
            .mates
            .of(|| mates::find(&game, &mut random, &mut work, options.wanted))?;
        spent
            .tactics
            .of(|| tactics::find(&game, &mut verifier, &mut work, options.wanted))?;
        if number % 50 == 0 {
            println!(
                "{} after {} s: {spent}",
                work.summary(),
                began.elapsed().as_secs()
            );
        }
    }
    println!(
        "{} after {} s: {spent}",
        work.summary(),
        began.elapsed().as_secs()
    );
    Ok(())
}

/// Where the time goes.
#[derive(Debug, Default)]
struct Spent {
    playing: Stopwatch,
    mates: Stopwatch,
    tactics: Stopwatch,
}

#[derive(Debug, Default)]
struct Stopwatch(Duration);

impl Stopwatch {
    fn of<T>(&mut self, what: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = what();
        self.0 += began.elapsed();
        done
    }
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [playing, mates, tactics] =
            [&self.playing, &self.mates, &self.tactics].map(|watch| watch.0.as_secs());
        write!(
            f,
            "{playing} s playing, {mates} s on mates, {tactics} s on tactics"
        )
    }
}
