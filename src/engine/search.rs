//! One question to an engine, in the commands of UCI, and its answer.

use std::time::Duration;

use shakmaty::Position;
use shakmaty::uci::UciMove;

use super::error::EngineError;
use super::line::{Line, Replayed, Variation};
use super::protocol::Info;

/// The most variations that an analysis may ask for.
pub const MAX_LINES: usize = 5;

/// A search that is limited by depth ends long before this on any machine that is not overwhelmed.
const EMERGENCY: Duration = Duration::from_secs(2);

/// The same for one that is limited by nodes alone, of which there may be more.
const LONG_EMERGENCY: Duration = Duration::from_secs(20);

/// When a search ends by itself. Every search has an end, so that an engine left alone falls silent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    Depth { depth: u8, nodes: u32 },
    Nodes(u32),
    Time(Duration),
}

impl Limit {
    /// After this long the search ends by itself.
    pub(super) fn longest(self) -> Duration {
        match self {
            Self::Depth { .. } => EMERGENCY,
            Self::Nodes(_) => LONG_EMERGENCY,
            Self::Time(time) => time,
        }
    }

    fn command(self) -> String {
        let millis = self.longest().as_millis().max(1);
        match self {
            Self::Depth { depth, nodes } => format!("go depth {depth} nodes {nodes} movetime {millis}"),
            Self::Nodes(nodes) => format!("go nodes {nodes} movetime {millis}"),
            Self::Time(_) => format!("go movetime {millis}"),
        }
    }
}

/// What to search, and how.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) replayed: Replayed,
    pub(super) limit: Limit,
    pub(super) memory: Memory,
    pub(super) lines: usize,
}

/// What a process has in its tables: a search that goes on from it may use them, any other starts afresh.
/// The skill is part of it, because a weak player must not profit from an analysis of the same game.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    pub(super) line: Line,
    pub(super) skill: i8,
}

impl Memory {
    pub(super) fn continues(&self, earlier: &Self) -> bool {
        self.skill == earlier.skill && self.line.continues(&earlier.line)
    }
}

/// What the engine answered, all of it legal.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) best: UciMove,
    /// In the engine's order; at most as many as were asked for, and never more than legal moves.
    pub(super) variations: Vec<Variation>,
}

impl Search {
    pub(super) fn new(line: &Line, limit: Limit, skill: i8, lines: usize) -> Result<Self, EngineError> {
        let replayed = line.replay()?;
        if replayed.position.legal_moves().is_empty() {
            return Err(EngineError::Finished);
        }
        let memory = Memory {
            line: line.clone(),
            skill,
        };
        Ok(Self {
            replayed,
            limit,
            memory,
            lines: lines.max(1),
        })
    }

    /// The options under which it runs, by the names that Stockfish and Fairy-Stockfish give them.
    pub(super) fn options(&self) -> [(&'static str, String); 3] {
        [
            ("UCI_Chess960", self.memory.line.chess960.to_string()),
            ("Skill Level", self.memory.skill.to_string()),
            ("MultiPV", self.lines.to_string()),
        ]
    }

    pub(super) fn go(&self) -> String {
        self.limit.command()
    }

    /// Takes the engine's last words for each variation, and its choice, if they make sense.
    pub(super) fn conclude(&self, best: &str, infos: Vec<Option<Info>>) -> Result<Found, EngineError> {
        let best = best.parse().ok().and_then(|uci| self.replayed.legal(uci));
        let best = best.ok_or(EngineError::Nonsense("its move is not legal"))?;
        let mut variations = Vec::with_capacity(infos.len());
        for info in infos.into_iter().map_while(|info| info) {
            let moves = self.replayed.legal_prefix(&info.moves);
            if moves.is_empty() {
                return Err(EngineError::Nonsense("a variation begins with an illegal move"));
            }
            variations.push(Variation {
                moves,
                score: info.score,
                depth: info.depth,
            });
        }
        Ok(Found { best, variations })
    }
}
