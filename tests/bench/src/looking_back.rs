//! A game taken in and looked back on through the tools, as an assistant does it for a person.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::server::{Person, Server};
use crate::wire::{Connection, Tool};

/// An engine that never starts, so that the embedded one stands in wherever a Stockfish is installed.
pub const NO_STOCKFISH: &str = "/bin/false";

/// Somebody with a connection to the server.
pub struct Reader {
    connection: Connection,
    import: Tool,
    review: Tool,
}

/// A review, and what it took.
pub struct Reviewed {
    /// The structured half.
    pub facts: Value,
    /// All calls together.
    pub took: Duration,
    /// A call that takes long breaks off and goes on in the next.
    pub calls: u32,
}

impl Reader {
    pub async fn new(server: &Server, person: &Person) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(&server.address).await?,
            import: Tool::new("chess_import", Some(&person.token))?,
            review: Tool::new("chess_review", Some(&person.token))?,
        })
    }

    /// Takes one game in; returns its name.
    pub async fn take_in(&mut self, pgn: &str) -> Result<String> {
        let told = self
            .import
            .ask(&mut self.connection, &json!({ "pgn": pgn }))
            .await?;
        anyhow::ensure!(!told.is_error, "{}", told.text);
        let id = told.facts["imported"][0]["game_id"].as_str();
        Ok(id.context("a game has a name")?.to_owned())
    }

    /// Both sides and every move of a game.
    pub async fn review(&mut self, game: &str) -> Result<Reviewed> {
        let arguments = json!({ "game_id": game, "side": "both", "all": true });
        let (mut took, mut calls) = (Duration::ZERO, 0);
        loop {
            let told = self.review.ask(&mut self.connection, &arguments).await?;
            took += told.took;
            calls += 1;
            if !told.is_error {
                let facts = told.facts;
                return Ok(Reviewed { facts, took, calls });
            }
            let goes_on = told.text.contains("Call chess_review again");
            anyhow::ensure!(goes_on, "{}", told.text);
        }
    }
}
