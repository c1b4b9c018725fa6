//! Looks back on famous games and has each blunder that was found confirmed by a stronger engine.

mod second_opinion;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use chess_mcp::chess::{Assessment, Game, ReviewedMove};
use chess_mcp::engine::{EngineOptions, find_external};
use chess_mcp_bench::looking_back::{NO_STOCKFISH, Reader, Reviewed};
use chess_mcp_bench::server::Home;
use chess_mcp_bench::{famous, release};
use clap::Parser;
use serde_json::Value;
use tokio::task::LocalSet;

use self::second_opinion::{SecondOpinion, confirms};

/// Reviews ten famous games and asks a stronger engine about every blunder.
#[derive(Debug, Parser)]
struct Options {
    /// The release build of chess-mcp; made by cargo when left out
    #[arg(long)]
    server: Option<PathBuf>,
    /// The engine that reviews; the embedded one when left out
    #[arg(long)]
    reviewer: Option<PathBuf>,
    /// The stronger engine; when left out a Stockfish of this machine, else the embedded one
    #[arg(long)]
    stronger: Option<PathBuf>,
    /// Seconds it has for a position; the review has 0.6 for a position around a blunder
    #[arg(long, default_value_t = 6.0)]
    seconds: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let executable = release::executable(options.server.as_deref()).await?;
    LocalSet::new().run_until(compare(&options, &executable)).await
}

async fn compare(options: &Options, executable: &Path) -> Result<()> {
    let reviewer = options.reviewer.as_deref().map(|path| path.display().to_string());
    let home = Home::new(executable)?.set(
        "STOCKFISH_PATH",
        Some(reviewer.as_deref().unwrap_or(NO_STOCKFISH)),
    );
    let opinion = SecondOpinion::new(
        EngineOptions {
            own: Some(executable.to_owned()),
            external: options.stronger.clone().or_else(find_external),
            processes: 1,
            hash_mb: 128,
        },
        Duration::try_from_secs_f64(options.seconds)?,
    );
    println!(
        "reviewed by {}, confirmed by {} in {} s a position",
        reviewer.as_deref().unwrap_or("the embedded engine"),
        opinion.engines.probe().await?,
        options.seconds
    );
    let people = home.people(1).await?;
    let server = home.serve().await?;
    let mut reader = Reader::new(&server, &people[0]).await?;
    let (mut blunders, mut confirmed) = (0, 0);
    for read in famous::games()? {
        let players = famous::players(&read);
        let pgn = famous::written(&read.game, read.game.ply(), players.clone());
        let id = reader.take_in(&pgn).await?;
        let reviewed = reader.review(&id).await?;
        let mut doubtful = Vec::new();
        let plies = blunders_of(&reviewed);
        for ply in &plies {
            let second = opinion.on(&read.game, *ply).await?;
            if !confirms(&second) {
                doubtful.push(doubt(&read.game, *ply, &reviewed.facts, &second));
            }
        }
        let accuracy = &reviewed.facts["accuracy"];
        println!(
            "{} - {}: {} plies, {:.1} s, accuracy {} {}, blunders {}, confirmed {}",
            players.0,
            players.1,
            read.game.ply(),
            reviewed.took.as_secs_f64(),
            accuracy["white"],
            accuracy["black"],
            plies.len(),
            plies.len() - doubtful.len()
        );
        for doubt in &doubtful {
            println!("    not confirmed: {doubt}");
        }
        blunders += plies.len();
        confirmed += plies.len() - doubtful.len();
    }
    let share = 100.0 * confirmed as f64 / blunders.max(1) as f64;
    println!("{confirmed} of {blunders} blunders confirmed: {share:.1} %");
    opinion.engines.shutdown().await;
    server.kill().await
}

/// The plies of the moves that a review calls blunders.
fn blunders_of(reviewed: &Reviewed) -> Vec<usize> {
    let moves = reviewed.facts["moves"].as_array();
    let blunders = moves
        .into_iter()
        .flatten()
        .filter(|m| m["judgement"] == "blunder");
    blunders
        .filter_map(|m| usize::try_from(m["ply"].as_u64()?).ok())
        .collect()
}

/// What the two engines say, in pawns for White.
fn doubt(game: &Game, ply: usize, facts: &Value, second: &ReviewedMove) -> String {
    let first = |ply: usize| {
        let told = &facts["moves"][ply];
        match told["mate"].as_i64() {
            Some(moves) => format!("mate {moves}"),
            None => told["white"].to_string(),
        }
    };
    format!(
        "{} at ply {ply}: {} to {} where the stronger one has {} to {}, {}",
        game.san(ply).unwrap_or_default(),
        if ply == 0 {
            "0.15".to_owned()
        } else {
            first(ply - 1)
        },
        first(ply),
        in_pawns(second.before),
        in_pawns(second.after),
        second
            .slip
            .as_ref()
            .map_or("no slip", |slip| slip.judgement.as_str()),
    )
}

fn in_pawns(assessment: Assessment) -> String {
    match assessment {
        Assessment::Centipawns(white) => format!("{:.2}", f64::from(white) / 100.0),
        Assessment::Mate { winner, moves } => format!("mate {}{moves}", winner.fold_wb("", "-")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ten_games_are_famous() {
        assert_eq!(
            chess_mcp_bench::famous::games().map(|games| games.len()).ok(),
            Some(10)
        );
    }
}
