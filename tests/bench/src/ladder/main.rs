//! Plays each level against the next one and prints how the games ended.
//!
//! Every pair of games begins from the same opening with colours changed. Games end by the rules alone, or
//! drawn after [`game::LONGEST`] plies; what an engine thinks of its position decides nothing.

mod book;
mod contender;
mod game;
mod openings;
mod taker;
mod tally;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use chess_mcp::engine::Level;
use clap::Parser;
use shakmaty::Color;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::book::{Book, Outcome, Record};
use self::contender::{Contender, Equipment, Seat};
use self::tally::Tally;

/// Plays each level against the next one and prints wins, draws, losses, score and thinking time.
#[derive(Debug, Parser)]
struct Options {
    /// The release build of chess-mcp: its embedded engine plays
    #[arg(long)]
    server: PathBuf,
    /// An external engine, which then plays the last level
    #[arg(long)]
    external: Option<PathBuf>,
    /// Games of each pair; an even number gives each level both colours equally often
    #[arg(long, default_value_t = 40)]
    games: u32,
    /// The weaker level of the first pair
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
    from: u8,
    /// The stronger level of the last pair
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=10))]
    to: u8,
    /// Instead of pairs of levels: the first of them against a player who only takes what can be taken
    #[arg(long)]
    taker: bool,
    /// Let the last level search this many nodes instead of its second
    #[arg(long, value_name = "N")]
    last_nodes: Option<u32>,
    /// Keep the games in this file; those in it are not played again
    #[arg(long, value_name = "FILE")]
    work: Option<PathBuf>,
    /// Begin no game after so many minutes
    #[arg(long)]
    minutes: Option<f64>,
    /// Games at a time; each keeps one core busy
    #[arg(long, default_value_t = 2)]
    at_once: u32,
}

/// Two who play each other. The upper one should win.
#[derive(Debug, Clone, Copy)]
struct Pairing {
    upper: Contender,
    lower: Contender,
}

/// Games that are still to be played, and until when they may begin.
struct Programme {
    numbers: Mutex<VecDeque<u32>>,
    deadline: Option<Instant>,
}

impl Programme {
    fn next(&self) -> Option<u32> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return None;
        }
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.pop_front()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    anyhow::ensure!(
        options.server.is_file(),
        "{} is not a file",
        options.server.display()
    );
    let equipment = Equipment {
        server: options.server.clone(),
        external: options.external.clone(),
        last_nodes: options.last_nodes,
    };
    let deadline = options
        .minutes
        .map(|minutes| Instant::now() + Duration::from_secs_f64(minutes.max(0.0) * 60.0));
    let mut book = Book::open(options.work.as_deref())?;
    if let Some(nodes) = options.last_nodes {
        println!("Level 10 searches {nodes} nodes a move here instead of a second.");
    }
    println!("who                 {}", tally::HEAD);
    for pairing in pairings(&options)? {
        let tally = play(pairing, &options, &equipment, deadline, &mut book).await?;
        let who = format!("{} against {}", pairing.upper, pairing.lower);
        println!("{who:<18}  {tally}");
    }
    Ok(())
}

fn pairings(options: &Options) -> Result<Vec<Pairing>> {
    let level = |number| {
        Level::new(number)
            .map(Contender::Level)
            .context("there are ten levels")
    };
    if options.taker {
        let upper = level(options.from)?;
        let lower = Contender::Taker;
        return Ok(vec![Pairing { upper, lower }]);
    }
    (options.from..options.to)
        .map(|lower| {
            let (upper, lower) = (level(lower + 1)?, level(lower)?);
            Ok(Pairing { upper, lower })
        })
        .collect()
}

/// Plays what is missing of a pairing, and tells what all its games came to.
async fn play(
    pairing: Pairing,
    options: &Options,
    equipment: &Equipment,
    deadline: Option<Instant>,
    book: &mut Book,
) -> Result<Tally> {
    let [upper, lower] = [pairing.upper, pairing.lower].map(|contender| contender.recipe(equipment));
    let played: Vec<u32> = book.between(&upper, &lower).map(|record| record.number).collect();
    let missing = (0..options.games).filter(|number| !played.contains(number));
    let programme = Arc::new(Programme {
        numbers: Mutex::new(missing.collect()),
        deadline,
    });
    let (done, mut results) = mpsc::channel(1);
    let mut tables = JoinSet::new();
    for _ in 0..options.at_once.max(1) {
        let programme = Arc::clone(&programme);
        tables.spawn(table(pairing, equipment.clone(), programme, done.clone()));
    }
    drop(done);
    while let Some(record) = results.recv().await {
        book.add(record)?;
    }
    while let Some(ended) = tables.join_next().await {
        ended??;
    }
    Ok(Tally::of(book.between(&upper, &lower)))
}

/// So many engines may fail before a table gives up: on a machine that is short of time one may.
const FAILURES: usize = 10;

/// Plays one game after the other until none is left to begin. A game in which an engine failed does not count;
/// a later run plays it.
async fn table(
    pairing: Pairing,
    equipment: Equipment,
    programme: Arc<Programme>,
    done: mpsc::Sender<Record>,
) -> Result<()> {
    let seats = [pairing.lower, pairing.upper].map(|contender| Seat::new(contender, &equipment));
    let mut failures = 0;
    while let Some(number) = programme.next() {
        match one_game(pairing, &equipment, &seats, number).await {
            Ok(record) => done.send(record).await?,
            Err(fault) if failures < FAILURES => {
                failures += 1;
                let Pairing { upper, lower } = pairing;
                eprintln!("Game {number} of {upper} against {lower} is left out: {fault:#}");
            }
            Err(fault) => return Err(fault),
        }
    }
    for seat in seats {
        seat.leave().await;
    }
    Ok(())
}

async fn one_game(pairing: Pairing, equipment: &Equipment, seats: &[Seat; 2], number: u32) -> Result<Record> {
    let colour = if number.is_multiple_of(2) {
        Color::White
    } else {
        Color::Black
    };
    let seed = u64::from(number) << 16;
    let opening = openings::nth(number / 2);
    let (ending, thinking) = game::play(seats, &opening, colour, seed).await?;
    let outcome = match ending.winner {
        None => Outcome::Drawn,
        Some(winner) if winner == colour => Outcome::Won,
        Some(_) => Outcome::Lost,
    };
    let ms = thinking.map(|spent| spent.time.as_secs_f64() * 1e3 / f64::from(spent.moves.max(1)));
    Ok(Record {
        upper: pairing.upper.recipe(equipment),
        lower: pairing.lower.recipe(equipment),
        number,
        outcome,
        plies: ending.plies,
        ms,
    })
}
