//! What can go wrong while storing.

use std::error::Error;

/// Why a unit of work failed. *Not found* is not among them: that is an `Option`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row that makes no sense: written by something else, or by a fault of ours.
    #[error("table {table}: row {id} makes no sense: {source}")]
    Corrupt {
        /// Which table.
        table: &'static str,
        /// Which row.
        id: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The database was written by a later version of this program.
    #[error(
        "the database has version {found}, this program knows {known}: install the newer program again, or restore the copy that was made before the upgrade"
    )]
    Newer {
        /// Version of the database.
        found: u32,
        /// Newest version that this program knows.
        known: u32,
    },
    /// Not one of our databases.
    #[error("the file is not a chess-mcp database")]
    Foreign,
    /// No space left.
    #[error("the disk is full: free some space on the volume of the database")]
    Full,
    /// Another process held the database for too long.
    #[error("the database was busy for too long: is another program working on it?")]
    Busy,
    /// The backend failed.
    #[error("the database failed: {0}")]
    Backend(Box<dyn Error + Send + Sync>),
    /// The unit panicked, or the store was closed under it.
    #[error("the store stopped before the work was done")]
    Stopped,
}
