//! Plays each level against the next one and prints how the games ended.
//!
//! Every pair of games begins from the same opening with colours changed. Games end by the rules alone, or
//! drawn after [`game::LONGEST`] plies; what an engine thinks of its position decides nothing.

mod game;
mod openings;
mod tally;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use chess_mcp::engine::Level;
use clap::Parser;
use shakmaty::Color;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::game::{Ending, Opponents};
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
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=9))]
    from: u8,
    /// The stronger level of the last pair
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(2..=10))]
    to: u8,
    /// Games at a time; each keeps one core busy
    #[arg(long, default_value_t = 2)]
    at_once: u32,
}

/// A game as it was played, told from the side of the stronger level.
struct Played {
    ending: Ending,
    stronger: Color,
    thinking: [(Duration, u32); 2],
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Arc::new(Options::parse());
    anyhow::ensure!(
        options.server.is_file(),
        "{} is not a file",
        options.server.display()
    );
    println!("levels          games   won drawn  lost  score   95 % interval   ms a move   mean plies");
    for weaker in options.from..options.to {
        let tally = pair(&options, weaker).await?;
        println!("{:>2} against {:<2}  {tally}", weaker + 1, weaker);
    }
    Ok(())
}

/// All games of one pair of levels.
async fn pair(options: &Arc<Options>, weaker: u8) -> Result<Tally> {
    let (done, mut results) = mpsc::channel(1);
    let next = Arc::new(AtomicU32::new(0));
    let mut tables = JoinSet::new();
    for _ in 0..options.at_once.max(1) {
        tables.spawn(table(
            Arc::clone(options),
            weaker,
            Arc::clone(&next),
            done.clone(),
        ));
    }
    drop(done);
    let mut tally = Tally::default();
    while let Some(played) = results.recv().await {
        tally.add(&played);
    }
    while let Some(ended) = tables.join_next().await {
        ended??;
    }
    Ok(tally)
}

/// Plays one game after the other until all are taken.
async fn table(
    options: Arc<Options>,
    weaker: u8,
    next: Arc<AtomicU32>,
    done: mpsc::Sender<Played>,
) -> Result<()> {
    let level = |number| Level::new(number).context("there are ten levels");
    let levels = [level(weaker)?, level(weaker + 1)?];
    let opponents = Opponents::new(&options.server, options.external.as_deref());
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= options.games {
            break;
        }
        let opening = openings::nth(number / 2);
        let stronger = if number.is_multiple_of(2) {
            Color::White
        } else {
            Color::Black
        };
        let seed = (u64::from(weaker) << 48) | (u64::from(number) << 16);
        let game = opponents.play(&opening, levels, stronger, seed).await;
        let (ending, thinking) = game.with_context(|| format!("game {number} of level {weaker}"))?;
        if done
            .send(Played {
                ending,
                stronger,
                thinking,
            })
            .await
            .is_err()
        {
            break;
        }
    }
    opponents.leave().await;
    Ok(())
}
