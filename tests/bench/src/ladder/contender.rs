//! Who plays: a level of the engine, or the taker.

use std::fmt;
use std::path::PathBuf;

use anyhow::Result;
use chess_mcp::clock::Timestamp;
use chess_mcp::engine::{EngineOptions, Engines, Level, Line};
use chess_mcp::id::UserId;
use rand::SeedableRng;
use rand::rngs::StdRng;
use shakmaty::uci::UciMove;
use shakmaty::{CastlingMode, Chess};

use crate::taker;

/// One side of a pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// A level of the server's engine.
    Level(Level),
    /// Takes what it can take and knows nothing else.
    Taker,
}

/// What the levels play with.
#[derive(Debug, Clone)]
pub(crate) struct Equipment {
    /// The executable of the server, in which the embedded engine is.
    pub(crate) server: PathBuf,
    /// Another engine for the last level.
    pub(crate) external: Option<PathBuf>,
    /// Nodes for a move of the last level, instead of its time.
    pub(crate) last_nodes: Option<u32>,
}

impl Contender {
    /// How it plays. Games are kept under these words, so that those of another way of playing do not count.
    pub(crate) fn recipe(self, equipment: &Equipment) -> String {
        let Self::Level(level) = self else {
            return "takes the most valuable".to_owned();
        };
        if level != Level::FULL {
            return level.recipe();
        }
        let engine = match &equipment.external {
            Some(path) => path.display().to_string(),
            None => "embedded".to_owned(),
        };
        match equipment.last_nodes {
            Some(nodes) => format!("{} but {nodes} nodes, {engine}", level.recipe()),
            None => format!("{}, {engine}", level.recipe()),
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => write!(f, "{}", level.number()),
            Self::Taker => f.write_str("taker"),
        }
    }
}

/// A contender at a table, with an engine process and tables of its own, as it would have against a person.
pub(crate) struct Seat {
    contender: Contender,
    engines: Engines,
    last_nodes: Option<u32>,
    person: UserId,
}

impl Seat {
    pub(crate) fn new(contender: Contender, equipment: &Equipment) -> Self {
        let engines = Engines::new(EngineOptions {
            own: Some(equipment.server.clone()),
            external: equipment.external.clone(),
            processes: 1,
            hash_mb: 16,
        });
        Self {
            contender,
            engines,
            last_nodes: equipment.last_nodes,
            person: UserId::new(Timestamp::default(), [0; 10]),
        }
    }

    /// Its move at the end of the line, in `position`, which has one.
    pub(crate) async fn reply(&self, line: &Line, position: &Chess, seed: u64) -> Result<UciMove> {
        let Contender::Level(level) = self.contender else {
            let taken = taker::choose(position, &mut StdRng::seed_from_u64(seed));
            return Ok(taken.to_uci(CastlingMode::Standard));
        };
        let reply = match self.last_nodes {
            Some(nodes) => {
                self.engines
                    .reply_in_nodes(self.person, line, level, seed, nodes)
                    .await
            }
            None => self.engines.reply(self.person, line, level, seed).await,
        };
        Ok(reply?)
    }

    /// Ends its process.
    pub(crate) async fn leave(self) {
        self.engines.shutdown().await;
    }
}
