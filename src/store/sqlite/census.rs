//! How much there is, from indexes alone.

use rusqlite::params;

use super::{SqliteTx, StoreError};
use crate::clock::Timestamp;
use crate::store::{Census, CensusRows};

impl CensusRows for SqliteTx<'_> {
    fn census(&mut self, now: Timestamp) -> Result<Census, StoreError> {
        let live = "SELECT count(*) FROM grants WHERE revoked_at IS NULL AND expires_at > ?1";
        Ok(Census {
            live_grants: self.sql(live)?.query_row(params![now], |row| row.get(0))?,
            games: self
                .sql("SELECT count(*) FROM games")?
                .query_row([], |row| row.get(0))?,
        })
    }
}
