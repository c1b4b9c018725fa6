//! From the start of the process to its first successful answer, with key and database there.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::calls::Noop;
use super::load::Caller as _;
use super::report::spread;
use chess_mcp_bench::server::{Home, Server};
use chess_mcp_bench::wire::{Connection, Tool};

/// Starts both servers in turn and prints how long each took.
pub(crate) async fn measure(chess: &Path, bare: &Path, starts: usize) -> Result<()> {
    let home = Home::new(chess)?;
    home.serve().await?.kill().await?;
    let person = home.people(1).await?.pop().context("one was asked for")?;
    let (mut ours, mut theirs, mut resident) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..starts {
        let server = home.serve().await?;
        let mut connection = Connection::open(&server.address).await?;
        let tool = Tool::new("chess_games", Some(&person.token))?;
        tool.call(&mut connection, tool.message("{}"), r#""games":[]"#)
            .await?;
        ours.push(millis(server.began.elapsed()));
        resident.push(server.resident()?);
        server.kill().await?;

        let server = Server::bare(bare).await?;
        Noop::new(&server).await?.call().await?;
        theirs.push(millis(server.began.elapsed()));
        server.kill().await?;
    }
    println!(
        "start to first answer, ms:  {}  (bare: {})",
        spread(&ours, 1),
        spread(&theirs, 1)
    );
    println!("resident memory after it, MB:  {}", spread(&resident, 1));
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
