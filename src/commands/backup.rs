//! `chess-mcp backup` and `chess-mcp restore`

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::say;
use crate::app;
use crate::config::Config;
use crate::keys::MasterKeySource;
use crate::store::{self, DatabaseUrl, Fact};

pub(crate) async fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        bail!(
            "{} exists already: choose another name, a backup never overwrites",
            file.display()
        );
    }
    let store = app::open_store(config)?;
    let absolute = std::path::absolute(file)?;
    store
        .backup(absolute)
        .await
        .with_context(|| format!("cannot write {}", file.display()))?;
    let key = store.read(|tx| tx.fact(Fact::MasterKeyId)).await?;
    say(&format!("wrote {}", file.display()));
    if let Some(key) = key {
        let place = match &config.master_key {
            MasterKeySource::Given(_) => "given in MASTER_KEY".to_owned(),
            MasterKeySource::File(path) => format!("kept in {}", path.display()),
        };
        say(&format!(
            "It needs master key {key}, {place}: keep a copy of that too, in another place."
        ));
    }
    Ok(())
}

pub(crate) async fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    let backup = DatabaseUrl::Sqlite(file.to_owned());
    if !file.is_file() {
        bail!("there is no file {}", file.display());
    }
    store::inspect(&backup).with_context(|| format!("{} cannot be restored", file.display()))?;
    let database = config.database_url.path();
    app::prepare_directory(database)?;
    let _lock = app::lock(config).await?;
    let former = beside(database, "before-restore");
    if database.exists() && former.exists() {
        bail!(
            "{} is still there from an earlier restore: move it away first",
            former.display()
        );
    }
    let staged = beside(database, "restoring");
    stage(file, &staged).with_context(|| format!("cannot write {}", staged.display()))?;
    if database.exists() {
        settle(config)?;
        std::fs::rename(database, &former).with_context(|| format!("cannot move {}", database.display()))?;
    }
    std::fs::rename(&staged, database).with_context(|| format!("cannot write {}", database.display()))?;
    say(&format!("restored {} to {}", file.display(), database.display()));
    if former.exists() {
        say(&format!(
            "The database that was there is kept as {}.",
            former.display()
        ));
    }
    Ok(())
}

/// Copies a backup to where it waits for its place. It may have been kept where many could read it: the copy is for its
/// owner alone.
fn stage(backup: &Path, staged: &Path) -> std::io::Result<()> {
    if staged.exists() {
        // An earlier restore did not get further.
        std::fs::remove_file(staged)?;
    }
    let mut copy = store::new_file(staged)?;
    std::io::copy(&mut File::open(backup)?, &mut copy)?;
    copy.sync_all()
}

/// Brings what is still in the write-ahead log into the file, which is then whole by itself.
fn settle(config: &Config) -> anyhow::Result<()> {
    let database = config.database_url.path();
    store::settle(&config.database_url).context("the present database cannot be set aside")?;
    for suffix in ["-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{suffix}", database.display()));
        if path.exists() {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}.{suffix}", database.display()))
}
