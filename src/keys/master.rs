//! Where the master key comes from, and whether it is the one that this database needs.
//!
//! # Design
//!
//! A key file changes in steps, any of which may be the last: the key that goes in is written beside the file
//! (`….new`), the one that goes out is kept beside it (`….previous`), and a rename puts the first in its place. At each
//! moment both keys are in one of the three files, and the database itself says which of them it needs, so that
//! [`unlock`] can finish or undo what was interrupted. The former key stays: backups from before need it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::secret::{MasterKey, random};
use crate::store::{Fact, Store, StoreError};

/// What the canary says when it opens.
pub(super) const CANARY: &[u8] = b"chess-mcp";
pub(super) const CANARY_PLACE: &str = "facts|value|canary";

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
        MasterKeySource::File(path) => from_file(path, needed.as_deref(), file)?,
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
        MasterKeySource::File(path) => match read(path)? {
            Some(key) if key.id() == needed => Some(key),
            found => kept_beside(path, &needed).or(found),
        },
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

/// The key in the file, or beside it, that opens the database; a fresh one for a fresh database.
fn from_file(path: &Path, needed: Option<&str>, file: &Path) -> Result<MasterKey, MasterKeyError> {
    let found = read(path)?;
    let Some(needed) = needed else {
        return found.map_or_else(|| create(path), Ok);
    };
    if let Some(key) = found.as_ref().filter(|key| key.id() == needed) {
        return Ok(key.clone());
    }
    if let Some(key) = kept_beside(path, needed) {
        tracing::warn!(file = %path.display(), key = needed, "put back the master key that the database needs");
        exchange_file(path, &key)?;
        return Ok(key);
    }
    found.ok_or_else(|| wrong(needed.to_owned(), "and there is none".to_owned(), file))
}

/// The key that the database needs, where a change of the file was interrupted, or a backup from before it restored.
fn kept_beside(path: &Path, needed: &str) -> Option<MasterKey> {
    let beside = [previous(path), incoming(path)];
    let mut keys = beside.iter().filter_map(|path| read(path).ok().flatten());
    keys.find(|key| key.id() == needed)
}

/// Where the key that was in the file before stays.
pub fn previous(path: &Path) -> PathBuf {
    beside(path, "previous")
}

/// Where a key waits to be put into the file.
fn incoming(path: &Path) -> PathBuf {
    beside(path, "new")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}.{suffix}", path.display()))
}

/// Puts `key` into the file and keeps the one that was there as [`previous`]. When this returns, both are on disk;
/// wherever it is interrupted, [`unlock`] finds the one that the database needs.
pub fn exchange_file(path: &Path, key: &MasterKey) -> Result<(), MasterKeyError> {
    let former = read(path)?;
    write(&incoming(path), key)?;
    if let Some(former) = former {
        write(&previous(path), &former)?;
    }
    let renamed = std::fs::rename(incoming(path), path).and_then(|()| sync_directory(path));
    renamed.map_err(|source| MasterKeyError::File {
        path: path.to_owned(),
        source,
    })
}

/// Writes a key file for its owner alone, whatever was there.
fn write(path: &Path, key: &MasterKey) -> Result<(), MasterKeyError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let written = fill(path, &options, key).and_then(|()| sync_directory(path));
    written.map_err(|source| MasterKeyError::File {
        path: path.to_owned(),
        source,
    })
}

fn fill(path: &Path, options: &OpenOptions, key: &MasterKey) -> std::io::Result<()> {
    let mut options = options.clone();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(format!("{}\n", *key.to_base64()).as_bytes())?;
    file.sync_all()
}

/// Makes sure that a name in a directory is on disk, not only what it stands for.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(directory) if cfg!(unix) && !directory.as_os_str().is_empty() => {
            File::open(directory)?.sync_all()
        }
        _ => Ok(()),
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
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    match fill(path, &options, &key).and_then(|()| sync_directory(path)) {
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

    type Files<'k> = [Option<&'k MasterKey>; 3];

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

    #[tokio::test]
    async fn a_change_of_the_key_may_end_at_any_step() {
        let key = |n| MasterKey::new([n; 32]);
        let (former, new) = (key(1), key(2));
        // Which files there are when it ends, and whether the database was resealed by then.
        let steps: [(Files<'_>, bool); 6] = [
            ([Some(&former), None, Some(&new)], false),
            ([Some(&former), Some(&former), Some(&new)], false),
            ([Some(&new), Some(&former), None], false),
            ([Some(&new), Some(&former), None], true),
            // While it is undone.
            ([Some(&new), Some(&former), Some(&former)], false),
            ([Some(&new), Some(&new), Some(&former)], false),
        ];
        for (number, (files, resealed)) in steps.into_iter().enumerate() {
            let dir = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", dir.path().join("x.db").display());
            let store = Store::open(&url.parse().unwrap()).unwrap();
            let file = dir.path().join("master.key");
            write(&file, &former).unwrap();
            let source = MasterKeySource::File(file.clone());
            unlock(&store, &source, &file).await.unwrap();
            let now = crate::clock::Timestamp::from_seconds(1);
            crate::keys::KeyRing::open(store.clone(), former.sealer(), now)
                .await
                .unwrap();
            if resealed {
                let count = crate::keys::reseal_database(&store, &former, &new, now).await;
                assert_eq!(count.unwrap(), 1);
            }
            for (path, key) in [file.clone(), previous(&file), incoming(&file)].iter().zip(files) {
                match key {
                    Some(key) => write(path, key).unwrap(),
                    None => drop(std::fs::remove_file(path)),
                }
            }
            let needed = if resealed { &new } else { &former };
            for _ in 0..2 {
                let opened = unlock(&store, &source, &file).await.unwrap();
                assert_eq!(opened.id(), needed.id(), "step {number}");
                let kept = read(&file).unwrap().unwrap();
                assert_eq!(kept.id(), needed.id(), "step {number}: it is in its place again");
            }
            crate::keys::KeyRing::open(store, needed.sealer(), now)
                .await
                .unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn key_files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("master.key");
        create(&file).unwrap();
        exchange_file(&file, &MasterKey::new([3; 32])).unwrap();
        for path in [file.clone(), previous(&file)] {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
        assert!(!incoming(&file).exists());
    }
}
