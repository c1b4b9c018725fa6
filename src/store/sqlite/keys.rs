//! Signing keys, and facts about the database, in SQLite.

use rusqlite::{OptionalExtension, params};

use super::row::corrupt;
use super::{SqliteTx, StoreError};
use crate::clock::Timestamp;
use crate::store::{Fact, FactRows, KeyRows, KeyState, StoredKey};

impl KeyRows for SqliteTx<'_> {
    fn keys(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        let mut query = self.sql(
            "SELECT kid, modulus, exponent, sealed_private, state, created_at, state_since FROM signing_keys
             ORDER BY created_at DESC, CASE state WHEN 'next' THEN 0 WHEN 'active' THEN 1 ELSE 2 END, kid",
        )?;
        let rows = query.query_map([], |row| {
            let state: String = row.get(4)?;
            let key = StoredKey {
                kid: row.get(0)?,
                modulus: row.get(1)?,
                exponent: row.get(2)?,
                sealed_private: row.get(3)?,
                state: KeyState::Active,
                created_at: row.get(5)?,
                state_since: row.get(6)?,
            };
            Ok((key, state))
        })?;
        rows.map(|row| {
            let (key, state) = row?;
            let known = KeyState::ALL.into_iter().find(|known| known.name() == state);
            let state = known
                .ok_or("unknown state")
                .map_err(corrupt("signing_keys", &key.kid))?;
            Ok(StoredKey { state, ..key })
        })
        .collect()
    }

    fn insert_key(&mut self, key: &StoredKey) -> Result<(), StoreError> {
        let mut insert = self.sql(
            "INSERT INTO signing_keys (kid, modulus, exponent, sealed_private, state, created_at, state_since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let state = key.state.name();
        insert.execute(params![
            key.kid,
            key.modulus,
            key.exponent,
            key.sealed_private,
            state,
            key.created_at,
            key.state_since
        ])?;
        Ok(())
    }

    fn set_key_state(&mut self, kid: &str, state: KeyState, now: Timestamp) -> Result<(), StoreError> {
        self.sql("UPDATE signing_keys SET state = ?2, state_since = ?3 WHERE kid = ?1")?
            .execute(params![kid, state.name(), now])?;
        Ok(())
    }

    fn reseal_key(&mut self, kid: &str, sealed_private: &str) -> Result<(), StoreError> {
        self.sql("UPDATE signing_keys SET sealed_private = ?2 WHERE kid = ?1")?
            .execute([kid, sealed_private])?;
        Ok(())
    }

    fn delete_key(&mut self, kid: &str) -> Result<(), StoreError> {
        self.sql("DELETE FROM signing_keys WHERE kid = ?1")?
            .execute([kid])?;
        Ok(())
    }
}

impl FactRows for SqliteTx<'_> {
    fn fact(&mut self, fact: Fact) -> Result<Option<String>, StoreError> {
        let mut query = self.sql("SELECT value FROM facts WHERE name = ?1")?;
        Ok(query.query_row([fact.name()], |row| row.get(0)).optional()?)
    }

    fn set_fact(&mut self, fact: Fact, value: &str) -> Result<(), StoreError> {
        self.sql("INSERT OR REPLACE INTO facts (name, value) VALUES (?1, ?2)")?
            .execute([fact.name(), value])?;
        Ok(())
    }
}
