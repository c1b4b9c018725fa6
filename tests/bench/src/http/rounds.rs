//! The rounds: the same load on both servers in turn, so that a busy moment of the machine meets both.

use std::path::Path;

use anyhow::Result;

use super::Options;
use super::calls::{Moves, Noop, Refresh, Status};
use super::load::{self, Caller, Round};
use super::report::{HEAD, row};
use chess_mcp_bench::server::{Home, Person, Server};
use chess_mcp_bench::sign_in;

/// Both servers and the people who use ours.
pub(crate) struct Bench {
    _home: Home,
    chess: Server,
    bare: Server,
    people: Vec<Person>,
}

impl Bench {
    /// Starts both servers, with as many people as there will be connections.
    pub(crate) async fn start(options: &Options, chess: &Path, bare: &Path) -> Result<Self> {
        let home = Home::new(chess)?;
        let most = options.connections.iter().copied().max().unwrap_or_default();
        let people = home.people(most.max(options.refreshing)).await?;
        let (chess, bare) = (home.serve().await?, Server::bare(bare).await?);
        Ok(Self {
            _home: home,
            chess,
            bare,
            people,
        })
    }

    /// All measurements, each printed as soon as it is done.
    pub(crate) async fn run(&self, options: &Options) -> Result<()> {
        let idle = (self.chess.resident()?, self.bare.resident()?);
        println!("\n{HEAD}");
        for connections in &options.connections {
            self.compare(options, *connections).await?;
        }
        // Before anybody signs in: hashing a password takes 19 MiB by design.
        let calls = (self.chess.resident()?, self.bare.resident()?);
        if options.wants("refresh") {
            self.refresh(options).await?;
        }
        let signed_in = self.chess.resident()?;
        println!("\nresident memory, MB: {:.1} idle (bare: {:.1})", idle.0, idle.1);
        println!("  {:.1} after the tool calls (bare: {:.1})", calls.0, calls.1);
        println!("  {signed_in:.1} after sign-ins and refreshes");
        Ok(())
    }

    async fn compare(&self, options: &Options, connections: usize) -> Result<()> {
        let time = options.round()?;
        let (mut noops, mut statuses, mut moves) = (Vec::new(), Vec::new(), Vec::new());
        for (number, person) in (0..).zip(&self.people[..connections]) {
            noops.push(Noop::new(&self.bare).await?);
            if options.wants("status") {
                statuses.push(Status::new(&self.chess, person, number).await?);
            }
            if options.wants("move") {
                moves.push(Moves::new(&self.chess, person, number).await?);
            }
        }
        let mut seen: [Vec<Round>; 3] = Default::default();
        for _ in 0..options.rounds {
            noops = once(&self.bare, noops, time, &mut seen[0]).await?;
            statuses = once(&self.chess, statuses, time, &mut seen[1]).await?;
            moves = once(&self.chess, moves, time, &mut seen[2]).await?;
        }
        let [noop, status, plays] = &seen;
        println!("{}", row("bare no-op", connections, noop, None));
        if !status.is_empty() {
            println!("{}", row("chess_status", connections, status, Some(noop)));
        }
        if !plays.is_empty() {
            println!("{}", row("chess_move", connections, plays, Some(noop)));
        }
        Ok(())
    }

    async fn refresh(&self, options: &Options) -> Result<()> {
        let client = sign_in::register(&self.chess).await?;
        let mut callers = Vec::new();
        for (number, person) in self.people[..options.refreshing].iter().enumerate() {
            let grant = sign_in::grant(&self.chess, &client, &person.name, number).await?;
            callers.push(Refresh::new(&self.chess, grant).await?);
        }
        let mut seen = Vec::new();
        for _ in 0..options.rounds {
            callers = once(&self.chess, callers, options.round()?, &mut seen).await?;
        }
        println!("{}", row("/oauth/token refresh", options.refreshing, &seen, None));
        Ok(())
    }
}

/// One round, if anybody calls.
async fn once<C: Caller + 'static>(
    server: &Server,
    callers: Vec<C>,
    time: std::time::Duration,
    seen: &mut Vec<Round>,
) -> Result<Vec<C>> {
    if callers.is_empty() {
        return Ok(callers);
    }
    let (round, callers) = load::run(server, callers, time).await?;
    seen.push(round);
    Ok(callers)
}
