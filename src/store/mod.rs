//! Storage as units of work.
//!
//! [`Store::write`] and [`Store::read`] take a synchronous closure over a transaction ([`Tx`]); the decision
//! happens inside it. What follows from that shape:
//!
//! * a unit cannot await, so no transaction ever waits for another server;
//! * `Err` rolls the unit back, so what must be remembered is an `Ok`;
//! * a unit may run twice (after a lost race or a failed commit of its neighbours), so `now` and fresh
//!   secrets are made before and moved in;
//! * *not found* is an `Option`.
//!
//! The backend is chosen by the scheme of the database URL. There is one, SQLite; a second one implements
//! the row traits in a folder of its own and passes `contract.rs`.

#[cfg(test)]
pub(crate) mod contract;
mod error;
mod sqlite;
mod tx;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::StoreError;
pub use tx::{
    AccountRows, Attempt, AttemptState, AuditRows, Census, CensusRows, ClientRows, Declined, Fact, FactRows,
    Failures, FriendGame, GameFilter, GameRows, GameSummary, GrantRows, Grouping, GuestRows, HintGiven,
    IdentityRows, Invitation, Kept, KeptRating, KeyRows, KeyState, LastAdaptive, Mistake, Most, OpeningCount,
    OwedReply, PuzzleQuery, PuzzleRows, PuzzleSource, RatingChange, RatingKind, RatingRows, ReviewRows,
    SentMove, SignInRows, StoredGame, StoredKey, StoredPuzzle, StoredReview, Sweep, Tally, Tx,
};

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
}

/// Not a database URL that this program understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must look like sqlite:/path/to/chess-mcp.db")]
pub struct InvalidDatabaseUrl;

impl std::str::FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let path = text
            .strip_prefix("sqlite:")
            .map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        match path {
            Some(path) if !path.is_empty() && !path.contains('?') => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => Err(InvalidDatabaseUrl),
        }
    }
}

impl std::fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Sqlite(path) = self;
        write!(f, "sqlite:{}", path.display())
    }
}

impl DatabaseUrl {
    /// The file, for the lock beside it and for messages.
    pub fn path(&self) -> &Path {
        let Self::Sqlite(path) = self;
        path
    }
}

/// A handle on the database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<sqlite::Sqlite>);

impl Store {
    /// Opens the database, creates it where it is missing, and brings it to the newest version; a copy is
    /// made before an existing one is changed.
    pub fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let DatabaseUrl::Sqlite(path) = url;
        Ok(Self(Arc::new(sqlite::Sqlite::open(path)?)))
    }

    /// Runs a unit that only reads, on one consistent view of the database.
    pub async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: Fn(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.read(unit).await
    }

    /// Runs a unit that may change things. When this returns `Ok`, the change is on disk.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: Fn(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.write(unit).await
    }

    /// A number that rises whenever a grant, a person or a key is taken out of use, by this process or
    /// another one. Whoever keeps verified tokens compares it at each use. Takes about two microseconds and
    /// touches no disk, so it may be called from async code.
    pub fn security_version(&self) -> Result<u64, StoreError> {
        self.0.security_version()
    }

    /// Writes a consistent copy to `file`, which must not exist, while others go on reading and writing.
    pub async fn backup(&self, file: PathBuf) -> Result<(), StoreError> {
        self.0.backup(file).await
    }

    /// Checks the whole file (SQLite's `quick_check`).
    pub async fn check(&self) -> Result<(), StoreError> {
        self.0.check().await
    }

    /// Finishes waiting units and closes the database.
    pub async fn close(self) {
        self.0.close().await;
    }
}

/// Judges a file that is to be restored: one of our databases, whole, and not newer than this program.
pub fn inspect(url: &DatabaseUrl) -> Result<(), StoreError> {
    sqlite::inspect(url.path())
}

/// Judges a database like [`inspect`] and reads from it, without creating, upgrading or writing anything,
/// whether a server uses it or not.
pub fn look<T>(
    url: &DatabaseUrl,
    unit: impl FnOnce(&mut dyn Tx) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    sqlite::look(url.path(), unit)
}

/// Makes an empty file for a database or a copy of one. Only its owner may read it, from the first byte on: whoever
/// opens a file before its permissions are narrowed goes on reading. Fails where there is a file.
pub fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Brings everything that is in the write-ahead log into the file of a database that nobody else uses.
pub fn settle(url: &DatabaseUrl) -> Result<(), StoreError> {
    sqlite::settle(url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls() {
        for (text, path) in [
            ("sqlite:/var/lib/x.db", "/var/lib/x.db"),
            ("sqlite:///var/lib/x.db", "/var/lib/x.db"),
            ("sqlite:x.db", "x.db"),
        ] {
            assert_eq!(text.parse(), Ok(DatabaseUrl::Sqlite(PathBuf::from(path))));
        }
        for bad in ["", "x.db", "postgres://h/db", "sqlite:", "sqlite:x.db?mode=ro"] {
            assert_eq!(bad.parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl), "{bad}");
        }
    }
}
