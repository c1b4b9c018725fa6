//! Where the master key comes from, and whether it is the one that this database needs.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::secret::{MasterKey, random};
use crate::store::{Fact, Store, StoreError};

/// What the canary says when it opens.
const CANARY: &[u8] = b"chess-mcp";
const CANARY_PLACE: &str = "facts|value|canary";

/// Where to find the master key.
#[derive(Debug, Clone)]
pub enum MasterKeySource {
    /// Given in the settings.
    Given(MasterKey),
    /// In this file, which is made at the first start.
    File(PathBuf),
}

/// Why the database stays closed.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("cannot use the master key file {}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{} does not hold a master key: {source}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: crate::secret::InvalidMasterKey,
    },
    /// The database was sealed with another key.
    #[error(
        "the database needs master key {needed}, {given}: put the right key back into MASTER_KEY or {}",
        file.display()
    )]
    Wrong {
        /// Id of the key that opens it.
        needed: String,
        /// What was there instead.
        given: String,
        /// Where the key belongs when it is kept in a file.
        file: PathBuf,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Finds the master key and proves that it opens this database; the first time, makes both belong together.
pub async fn unlock(
    store: &Store,
    source: &MasterKeySource,
    file: &Path,
) -> Result<MasterKey, MasterKeyError> {
    let needed = store.read(|tx| tx.fact(Fact::MasterKeyId)).await?;
    let key = match source {
        MasterKeySource::Given(key) => key.clone(),
        MasterKeySource::File(path) => match read(path)? {
            Some(key) => key,
            None => match needed {
                Some(needed) => return Err(wrong(needed, "and there is none".to_owned(), file)),
                None => create(path)?,
            },
        },
    };
    let (sealer, id, nonce) = (key.sealer(), key.id(), random());
    let envelope = store
        .write(move |tx| {
            if let Some(envelope) = tx.fact(Fact::Canary)? {
                return Ok(envelope);
            }
            let envelope = sealer.seal(CANARY_PLACE, CANARY, nonce);
            tx.set_fact(Fact::Canary, &envelope)?;
            tx.set_fact(Fact::MasterKeyId, &id)?;
            Ok::<_, StoreError>(envelope)
        })
        .await?;
    opens(key, &envelope, needed, file)
}

/// Proves that the key that is there opens the database whose facts are given; makes none.
pub fn prove(
    source: &MasterKeySource,
    file: &Path,
    needed: String,
    canary: &str,
) -> Result<MasterKey, MasterKeyError> {
    let key = match source {
        MasterKeySource::Given(key) => Some(key.clone()),
        MasterKeySource::File(path) => read(path)?,
    };
    match key {
        Some(key) => opens(key, canary, Some(needed), file),
        None => Err(wrong(needed, "and there is none".to_owned(), file)),
    }
}

fn opens(
    key: MasterKey,
    canary: &str,
    needed: Option<String>,
    file: &Path,
) -> Result<MasterKey, MasterKeyError> {
    if key.sealer().open(CANARY_PLACE, canary).is_ok() {
        return Ok(key);
    }
    let needed = needed.unwrap_or_else(|| "of another installation".to_owned());
    Err(wrong(needed, format!("and the one given is {}", key.id()), file))
}

fn wrong(needed: String, given: String, file: &Path) -> MasterKeyError {
    MasterKeyError::Wrong {
        needed,
        given,
        file: file.to_owned(),
    }
}

fn read(path: &Path) -> Result<Option<MasterKey>, MasterKeyError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(MasterKeyError::File {
                path: path.to_owned(),
                source,
            });
        }
    };
    let key = MasterKey::from_base64(&text);
    key.map(Some).map_err(|source| MasterKeyError::Malformed {
        path: path.to_owned(),
        source,
    })
}

/// Writes a fresh key. Two processes that start at once agree on the one whose file came first.
fn create(path: &Path) -> Result<MasterKey, MasterKeyError> {
    let key = MasterKey::new(random());
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(format!("{}\n", *key.to_base64()).as_bytes())?;
        file.sync_all()
    });
    match written {
        Ok(()) => {
            tracing::warn!(file = %path.display(), "made a master key; a backup of the database needs it too");
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| MasterKeyError::File {
                path: path.to_owned(),
                source: error,
            })
        }
        Err(source) => Err(MasterKeyError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_opens_with_its_own_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let open = || {
            Store::open(
                &format!("sqlite:{}", dir.path().join("x.db").display())
                    .parse()
                    .unwrap(),
            )
            .unwrap()
        };
        let file = dir.path().join("master.key");
        let source = MasterKeySource::File(file.clone());
        let first = unlock(&open(), &source, &file).await.unwrap();
        let second = unlock(&open(), &source, &file).await.unwrap();
        assert_eq!(first.id(), second.id());

        let other = MasterKeySource::Given(MasterKey::new([1; 32]));
        let refused = unlock(&open(), &other, &file).await.unwrap_err();
        assert!(refused.to_string().contains(&first.id()), "{refused}");

        std::fs::remove_file(&file).unwrap();
        let missing = unlock(&open(), &source, &file).await.unwrap_err();
        assert!(missing.to_string().contains("and there is none"), "{missing}");
        assert!(!file.exists(), "no new key is made for a database that has one");

        std::fs::write(&file, "nonsense").unwrap();
        assert!(matches!(
            unlock(&open(), &source, &file).await,
            Err(MasterKeyError::Malformed { .. })
        ));
    }
}
