//! Numbered migrations: forward only, with a copy made before an existing database is changed.
//!
//! An applied migration is never edited; a change is a new file with the next number.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{APPLICATION_ID, StoreError, copy_into};

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_accounts_and_grants.sql"),
    include_str!("migrations/0002_games.sql"),
    include_str!("migrations/0003_authorization_server.sql"),
    include_str!("migrations/0004_providers.sql"),
    include_str!("migrations/0005_companion.sql"),
    include_str!("migrations/0006_guests.sql"),
    include_str!("migrations/0007_requests.sql"),
];

/// Brings the database to the newest version.
pub(super) fn to_newest(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    if version(connection)? == 0 && is_empty(connection)? {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    let found = check_version(connection)?;
    if found == newest() {
        return Ok(());
    }
    if found > 0 {
        keep_copy(connection, path, found)?;
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another process may have been first.
    let found = version(&transaction)?;
    for (number, sql) in (1..)
        .zip(MIGRATIONS)
        .skip(usize::try_from(found).unwrap_or(usize::MAX))
    {
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.commit()?;
    tracing::info!(from = found, to = newest(), "database is up to date");
    Ok(())
}

/// The version of one of our databases that this program can read.
pub(super) fn check_version(connection: &Connection) -> Result<u32, StoreError> {
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign);
    }
    let found = version(connection)?;
    if found > newest() {
        return Err(StoreError::Newer {
            found,
            known: newest(),
        });
    }
    Ok(found)
}

fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

fn keep_copy(connection: &Connection, path: &Path, version: u32) -> Result<(), StoreError> {
    let copy = PathBuf::from(format!("{}.before-upgrade-from-{version}", path.display()));
    if copy.exists() {
        return Ok(());
    }
    copy_into(connection, &copy)?;
    tracing::info!(copy = %copy.display(), "kept a copy of the database before upgrading it");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_database_is_copied_before_it_is_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let mut connection = Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute("INSERT INTO facts VALUES ('issuer', 'kept')", [])
            .unwrap();
        keep_copy(&connection, &path, 1).unwrap();
        to_newest(&mut connection, &path).unwrap();
        assert_eq!(version(&connection).unwrap(), newest());
        let copy = Connection::open(dir.path().join("x.db.before-upgrade-from-1")).unwrap();
        for database in [&connection, &copy] {
            let kept: String = database
                .query_row("SELECT value FROM facts", [], |row| row.get(0))
                .unwrap();
            assert_eq!(kept, "kept");
        }
        assert_eq!(version(&copy).unwrap(), 1);
    }
}
