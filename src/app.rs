//! The composition root: from configuration to the parts, put together. The only place that says `new` to
//! everything.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::engine::{self, EngineOptions, Engines};
use crate::games::Games;
use crate::http::HttpOptions;
use crate::id::BootId;
use crate::issuer::{Accounts, Issuer, Parts};
use crate::keys::{self, KeyRing};
use crate::metrics::Numbers;
use crate::net::{Net, SystemResolver};
use crate::secret::{MasterKey, random};
use crate::store::Store;
use crate::upstream::Providers;
use crate::urls::PublicUrl;

/// For how long, and how often, a taken lock is tried again.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The parts of a running server.
pub struct App {
    /// Keeps everything.
    pub store: Store,
    /// Signs people in.
    pub issuer: Issuer,
    /// Local accounts.
    pub accounts: Accounts,
    /// Plays.
    pub games: Games,
    /// Thinks.
    pub engines: Engines,
    /// Time.
    pub clock: Clock,
    /// Who may call, and how often.
    pub http: HttpOptions,
    /// Which run this is.
    pub boot: BootId,
    /// What is counted, if anybody wants to know.
    pub numbers: Option<Numbers>,
}

/// Held while a server runs. The operating system lets go of it when the process ends, however it ends.
pub struct Lock(File);

impl Lock {
    /// Writes down where the server listens, for commands that look for it.
    pub fn name(&mut self, address: SocketAddr) {
        let written = self
            .0
            .set_len(0)
            .and_then(|()| self.0.write_all(format!("{address}\n").as_bytes()));
        if let Err(error) = written {
            tracing::debug!(%error, "the lock file does not say where the server listens");
        }
    }
}

impl App {
    /// Opens the database, its keys and the engines.
    pub async fn open(
        config: &Config,
        public_url: PublicUrl,
        numbers: Option<Numbers>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let clock = Clock::System;
        let store = open_store(config)?;
        let (master, keys) = open_keys(config, &store).await?;
        let policy = config.policy.clone();
        let net = Net::new(SystemResolver, public_url.is_loopback());
        let listed = config.providers.clone();
        let providers = Providers::new(listed, net.clone(), &master, public_url.clone());
        let parts = Parts {
            store: store.clone(),
            keys,
            clock: clock.clone(),
            public_url,
            policy,
            providers,
            net,
        };
        let issuer = Issuer::new(parts, &master);
        let engines = Engines::new(EngineOptions {
            own: engine::own_executable().context("the engine cannot find this program's own file")?,
            external: config.stockfish_path.clone().or_else(engine::find_external),
            processes: config.engine_processes,
            hash_mb: config.engine_hash_mb,
        });
        let games = Games::new(store.clone(), engines.clone(), clock.clone(), config.quota_games);
        tokio::spawn(games.clone().run(shutdown.clone()));
        tokio::spawn(announce(engines.clone()));
        let accounts = Accounts::new(store.clone(), clock.clone());
        Ok(Self {
            store,
            issuer,
            accounts,
            games,
            engines,
            clock,
            http: config.http.clone(),
            boot: BootId::new(random()),
            numbers,
        })
    }
}

/// Says which engine plays, without keeping the start waiting.
async fn announce(engines: Engines) {
    match engines.probe().await {
        Ok(engine) => tracing::info!(engine, "engine is ready"),
        Err(error) => tracing::error!(%error, "no engine runs: games go on, its replies come when one does"),
    }
}

/// Opens the database.
pub fn open_store(config: &Config) -> anyhow::Result<Store> {
    let path = config.database_url.path();
    prepare_directory(path)?;
    Store::open(&config.database_url).with_context(|| format!("cannot open {}", path.display()))
}

/// Finds the master key that opens the database, and loads the signing keys.
pub async fn open_keys(config: &Config, store: &Store) -> anyhow::Result<(MasterKey, KeyRing)> {
    let master = keys::unlock(store, &config.master_key, &config.master_key_file()).await?;
    let ring = KeyRing::open(store.clone(), master.sealer(), Clock::System.now()).await?;
    Ok((master, ring))
}

/// Makes the directory of a file, for its owner alone.
pub fn prepare_directory(file: &Path) -> anyhow::Result<()> {
    let Some(directory) = file
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .with_context(|| format!("cannot make the directory {}", directory.display()))
}

/// The file that is locked while a server runs.
fn lock_file(config: &Config) -> PathBuf {
    PathBuf::from(format!("{}.lock", config.database_url.path().display()))
}

/// Where a server of this database listens, if one runs.
pub fn running_server(config: &Config) -> Option<SocketAddr> {
    let file = File::open(lock_file(config)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => std::io::read_to_string(file).ok()?.trim().parse().ok(),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Makes sure that no other server works on this database.
///
/// A server that was killed lets go at once, but for a process it was starting at that moment: for as long as
/// that one takes to begin, it holds what its parent held. So a taken lock is tried again for a while.
pub async fn lock(config: &Config) -> anyhow::Result<Lock> {
    let path = lock_file(config);
    // What it says is left until the lock is ours.
    let opened = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = opened.with_context(|| format!("cannot write {}", path.display()))?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(LOCK_PAUSE).await,
            Err(TryLockError::WouldBlock) => bail!(
                "another chess-mcp serves this database already: stop it first, or choose another STATE_DIR"
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
    }
}
