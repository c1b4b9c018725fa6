//! Why there is no answer from an engine.

use std::time::Duration;

/// Why there is no answer from an engine. None of these says anything about the game: it stands as it was.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("no engine could be started: {0}")]
    Unavailable(String),
    #[error(
        "this program was built without an engine of its own; with Stockfish (see STOCKFISH_PATH) level 10 and analysis work"
    )]
    NotBuiltIn,
    #[error("too many searches are waiting")]
    Busy,
    #[error("the engine did not answer within {0:?} and was stopped")]
    Deadline(Duration),
    #[error("the engine broke off in the middle of a search")]
    Crashed,
    #[error("the engine said something that makes no sense: {0}")]
    Nonsense(&'static str),
    #[error("the server is shutting down")]
    ShuttingDown,
    #[error("the position has no legal move")]
    Finished,
    #[error(
        "no engine can be asked about this line: a position or move in it is not legal, a side has more than 16 men, \
         or there are more than 218 moves to choose from"
    )]
    BadLine,
}

impl EngineError {
    /// Whether a fresh process may do better.
    pub(super) fn is_fault_of_process(&self) -> bool {
        matches!(self, Self::Crashed | Self::Nonsense(_))
    }
}
