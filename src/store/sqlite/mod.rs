//! The SQLite backend: one writer that groups units into commits, a few readers, and a watch.
//!
//! # Design
//!
//! A unit that reads runs where it is called: a look-up takes less time than a change of threads, and readers
//! of a write-ahead log wait for nobody. What takes long (a backup, a check) gets a thread that may block.
//!
//! A commit with `synchronous=FULL` costs an fdatasync, whether one unit waits for it or fifty. So the writer
//! takes what is waiting, runs each unit in its own savepoint, and commits once; no answer leaves before.

mod accounts;
mod audit;
mod census;
mod clients;
mod games;
mod grants;
mod guests;
mod identities;
mod keys;
mod migrate;
mod puzzles;
mod ratings;
mod reviews;
mod row;
mod sign_ins;
mod sweep;
mod writer;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};
use tokio::sync::{Semaphore, oneshot};

use self::writer::Writer;
use super::{StoreError, Tx, new_file};

/// Connections that read at the same time.
const READERS: usize = 4;

/// How long a process waits for another one that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Marks our files (`PRAGMA application_id`): "CHMC".
const APPLICATION_ID: i32 = 0x4348_4d43;

pub(super) struct Sqlite {
    path: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
    watch: Mutex<Watch>,
}

/// Idle read connections, and permission to use one.
struct Readers {
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

/// The connection that notices what others changed.
struct Watch {
    connection: Connection,
    data_version: i64,
    security_version: u64,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
        migrate::to_newest(&mut connection, path)?;
        let readers = (0..READERS)
            .map(|_| connect_reader(path))
            .collect::<Result<_, _>>()?;
        let watch = Watch {
            connection: connect_reader(path)?,
            data_version: -1,
            security_version: 0,
        };
        Ok(Self {
            path: path.to_owned(),
            writer: Writer::start(connection),
            readers: Arc::new(Readers {
                permits: Semaphore::new(READERS),
                idle: Mutex::new(readers),
            }),
            watch: Mutex::new(watch),
        })
    }

    pub(super) async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: Fn(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.run(unit).await
    }

    /// Where the caller runs: a unit that reads takes microseconds, less than handing it to another thread.
    pub(super) async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: Fn(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Ok(_permit) = self.readers.permits.acquire().await else {
            return Err(StoreError::Stopped.into());
        };
        let reader = self.readers.borrow()?;
        let run = |sql| {
            reader
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute([]))
        };
        run("BEGIN").map_err(StoreError::from)?;
        let outcome = unit(&mut SqliteTx { connection: &reader });
        run("COMMIT").map_err(StoreError::from)?;
        outcome
    }

    pub(super) fn security_version(&self) -> Result<u64, StoreError> {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.look()
    }

    pub(super) async fn backup(&self, file: PathBuf) -> Result<(), StoreError> {
        let path = self.path.clone();
        // On a connection of its own: the readers refuse every kind of writing.
        self.on_reader(move |_| copy_into(&connect(&path, OpenFlags::empty())?, &file))
            .await
    }

    pub(super) async fn check(&self) -> Result<(), StoreError> {
        self.on_reader(quick_check).await
    }

    pub(super) async fn close(&self) {
        self.writer.close().await;
        tracing::debug!(path = %self.path.display(), "database closed");
    }

    /// Runs what takes long on a thread that may block, with a connection for reading.
    async fn on_reader<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Ok(_permit) = self.readers.permits.acquire().await else {
            return Err(StoreError::Stopped.into());
        };
        let readers = Arc::clone(&self.readers);
        #[expect(clippy::disallowed_methods, reason = "bounded by the permits of the readers")]
        let task = tokio::task::spawn_blocking(move || work(&*readers.borrow()?));
        task.await.unwrap_or_else(|_| Err(StoreError::Stopped.into()))
    }
}

impl Readers {
    /// An idle connection, for whoever holds a permit.
    fn borrow(&self) -> Result<Borrowed<'_>, StoreError> {
        let connection = lock(&self.idle).pop().ok_or(StoreError::Stopped)?;
        Ok(Borrowed {
            readers: self,
            connection: Some(connection),
        })
    }
}

/// Goes back to the idle connections however the work with it ends.
struct Borrowed<'r> {
    readers: &'r Readers,
    connection: Option<Connection>,
}

impl Deref for Borrowed<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok() {
            lock(&self.readers.idle).push(connection);
        }
    }
}

impl Watch {
    /// `PRAGMA data_version` reads shared memory alone; only when somebody wrote is the version asked for.
    fn look(&mut self) -> Result<u64, StoreError> {
        let data_version = self
            .connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if data_version != self.data_version {
            let sql = "SELECT version FROM security_version";
            let version: i64 = self
                .connection
                .prepare_cached(sql)?
                .query_row([], |row| row.get(0))?;
            self.security_version = version.unsigned_abs();
            self.data_version = data_version;
        }
        Ok(self.security_version)
    }
}

/// One transaction on one connection.
pub(super) struct SqliteTx<'c> {
    connection: &'c Connection,
}

impl SqliteTx<'_> {
    fn sql(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?)
    }
}

pub(super) fn inspect(path: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    migrate::check_version(&connection)?;
    quick_check(&connection)
}

pub(super) fn look<T>(
    path: &Path,
    unit: impl FnOnce(&mut dyn Tx) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let connection = connect_to_look(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    migrate::check_version(&connection)?;
    quick_check(&connection)?;
    unit(&mut SqliteTx {
        connection: &connection,
    })
}

/// Without a write-ahead log nobody uses the file, and whoever opened it in the ordinary way would make one.
fn connect_to_look(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let log = PathBuf::from(format!("{}-wal", path.display()));
    if log.exists() {
        return Ok(Connection::open_with_flags(path, flags)?);
    }
    let absolute = std::path::absolute(path).map_err(|error| StoreError::Backend(error.into()))?;
    let mut url = url::Url::from_file_path(absolute).map_err(|()| StoreError::Foreign)?;
    url.set_query(Some("immutable=1"));
    Ok(Connection::open_with_flags(
        url.as_str(),
        flags | OpenFlags::SQLITE_OPEN_URI,
    )?)
}

pub(super) fn settle(path: &Path) -> Result<(), StoreError> {
    Ok(connect(path, OpenFlags::empty())?.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
}

fn quick_check(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StoreError::Backend(verdict.into()))
    }
}

fn connect(path: &Path, create: OpenFlags) -> Result<Connection, StoreError> {
    if create.contains(OpenFlags::SQLITE_OPEN_CREATE)
        && let Err(error) = new_file(path)
    {
        // It is there already, or SQLite is about to say what is wrong.
        tracing::trace!(path = %path.display(), %error, "made no new file");
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Without it this build of SQLite plans a statement again for every new set of values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

fn connect_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::empty())?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Writes one consistent snapshot to `file`, which must not exist.
fn copy_into(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    let target = file.to_str().ok_or(StoreError::Foreign)?;
    new_file(file).map_err(|error| StoreError::Backend(error.into()))?;
    // VACUUM INTO takes a file that is there as long as it is empty.
    let copied = connection.execute("VACUUM INTO ?1", [target]);
    if copied.is_err()
        && let Err(error) = std::fs::remove_file(file)
    {
        tracing::warn!(file = %file.display(), %error, "could not remove an unfinished copy");
    }
    Ok(copied.map(drop)?)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            _ => Self::Backend(Box::new(error)),
        }
    }
}

/// How a waiting unit hears of its end.
type Reply<T, E> = oneshot::Sender<Result<T, E>>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, contract};

    #[tokio::test]
    async fn passes_the_contract() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        contract::every_backend(|| Store(Arc::new(Sqlite::open(&path).unwrap()))).await;
    }

    #[test]
    fn other_files_are_not_taken_for_ours() {
        let dir = tempfile::tempdir().unwrap();
        let text = dir.path().join("text.db");
        std::fs::write(
            &text,
            "not a database, but long enough to have a header of its own".repeat(40),
        )
        .unwrap();
        assert!(matches!(Sqlite::open(&text), Err(StoreError::Foreign)));
        let other = dir.path().join("other.db");
        Connection::open(&other)
            .unwrap()
            .execute_batch("CREATE TABLE t (x)")
            .unwrap();
        assert!(matches!(Sqlite::open(&other), Err(StoreError::Foreign)));
        assert!(matches!(inspect(&other), Err(StoreError::Foreign)));
    }

    #[test]
    fn what_is_written_is_for_its_owner_alone_from_the_first_byte() {
        let dir = tempfile::tempdir().unwrap();
        let (path, copy) = (dir.path().join("x.db"), dir.path().join("copy.db"));
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_CREATE).unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        copy_into(&connection, &copy).unwrap();
        assert!(copy_into(&connection, &copy).is_err(), "never overwritten");
        assert!(copy.metadata().unwrap().len() > 0);
        #[cfg(unix)]
        for file in [&path, &copy] {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
    }

    #[test]
    fn a_copy_that_fails_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("copy.db");
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("BEGIN").unwrap();
        assert!(
            copy_into(&connection, &copy).is_err(),
            "no copy within a transaction"
        );
        assert!(!copy.exists());
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        drop(Sqlite::open(&path).unwrap());
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", 9999)
            .unwrap();
        assert!(matches!(
            Sqlite::open(&path),
            Err(StoreError::Newer { found: 9999, .. })
        ));
    }
}
