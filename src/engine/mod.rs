//! Opponents and analysis: [`Engines`], a bounded pool of UCI engines that people share fairly.
//!
//! Two engines, one way to talk to them: an external Stockfish where the operator has one, and the embedded
//! Fairy-Stockfish, there unless the program was built without it. Which position to ask about and what the answer means for a game is not
//! decided here.

pub mod embedded;

mod choice;
mod conversation;
mod error;
mod external;
mod level;
mod line;
mod pool;
mod process;
mod protocol;
mod queue;
mod search;
mod slots;

pub use embedded::own_executable;
pub use error::EngineError;
pub use external::find_external;
pub use level::Level;
pub use line::{Line, Score, Variation};
pub use pool::{EngineOptions, Engines};
pub use search::MAX_LINES;
