//! [`Engines`]: the pool of engine processes.
//!
//! # Design
//! As many searches run at once as there are slots, and there are never more processes than slots, running
//! and kept ones together. A search owns its process; only one that ended well gives it back. Whatever else
//! happens - a deadline, a crash, a caller who went away - drops the process, which kills it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use shakmaty::uci::UciMove;
use tokio::time::{Instant, timeout_at};

use super::choice;
use super::error::EngineError;
use super::external::Reliance;
use super::level::Level;
use super::line::{Line, Variation};
use super::process::{Kind, Process, Program};
use super::queue::Purpose;
use super::search::{Found, Limit, MAX_LINES, Memory, Search};
use super::slots::Slots;
use crate::id::UserId;
use crate::metrics;

/// Beyond the time that a search takes by itself; then the process is killed.
const GRACE: Duration = Duration::from_secs(2);
/// Further grace when a fresh process has to be started for a second try.
const RESTART: Duration = Duration::from_secs(3);
/// The longest analysis.
const LONGEST: Duration = Duration::from_secs(10);

/// What the pool is made of.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Our own executable, which is the embedded engine where one is built in: [`super::own_executable`].
    pub own: Option<PathBuf>,
    /// The external engine, where there is one: [`super::find_external`].
    pub external: Option<PathBuf>,
    /// How many processes there are at most; at least 1.
    pub processes: usize,
    /// Memory of one process for its tables.
    pub hash_mb: u32,
}

/// The engines. Cheap to clone; processes are started when they are needed and kept.
#[derive(Debug, Clone)]
pub struct Engines(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    embedded: Option<Program>,
    external: Option<Program>,
    reliance: Reliance,
    external_name: OnceLock<String>,
    slots: Arc<Slots>,
    processes: usize,
    idle: Mutex<Vec<Process>>,
    probing: tokio::sync::Mutex<()>,
}

impl Engines {
    pub fn new(options: EngineOptions) -> Self {
        let hash_mb = options.hash_mb;
        let processes = options.processes.max(1);
        Self(Arc::new(Pool {
            embedded: options.own.map(|path| Program {
                kind: Kind::Embedded,
                path,
                hash_mb,
            }),
            external: options.external.map(|path| Program {
                kind: Kind::External,
                path,
                hash_mb,
            }),
            reliance: Reliance::default(),
            external_name: OnceLock::new(),
            slots: Slots::new(processes),
            processes,
            idle: Mutex::new(Vec::new()),
            probing: tokio::sync::Mutex::new(()),
        }))
    }

    /// The move of an opponent of this level. `seed` decides which of the known openings it plays, and where
    /// the first levels stray.
    ///
    /// Levels 1 to 9 play on the embedded engine everywhere; the last takes the external one if it can.
    pub async fn reply(
        &self,
        person: UserId,
        line: &Line,
        level: Level,
        seed: u64,
    ) -> Result<UciMove, EngineError> {
        self.reply_within(person, line, level, seed, level.plan().limit)
            .await
    }

    /// As [`Engines::reply`], but the last level may search this many nodes instead of a time: levels can so be
    /// compared on a machine that has other work.
    pub async fn reply_in_nodes(
        &self,
        person: UserId,
        line: &Line,
        level: Level,
        seed: u64,
        nodes: u32,
    ) -> Result<UciMove, EngineError> {
        let limit = match level.plan().limit {
            Limit::Time(_) => Limit::Nodes(nodes),
            limit => limit,
        };
        self.reply_within(person, line, level, seed, limit).await
    }

    async fn reply_within(
        &self,
        person: UserId,
        line: &Line,
        level: Level,
        seed: u64,
        limit: Limit,
    ) -> Result<UciMove, EngineError> {
        let mut search = Search::new(line, limit, level.plan().skill, 1)?;
        search.lines = choice::lines(level, line, &search.replayed.position);
        let kind = if level == Level::FULL {
            Kind::External
        } else {
            Kind::Embedded
        };
        let found = self.0.search(person, Purpose::Reply, kind, &search).await?;
        let mut random = StdRng::seed_from_u64(seed);
        Ok(choice::choose(level, &search, &found, &mut random))
    }

    /// What the best engine there is thinks of the position after `think` (10 s at most): the best
    /// `lines` variations (1 to [`super::MAX_LINES`]), fewer when there are fewer legal moves, never none.
    pub async fn evaluate(
        &self,
        person: UserId,
        line: &Line,
        lines: usize,
        think: Duration,
    ) -> Result<Vec<Variation>, EngineError> {
        let limit = Limit::Time(think.min(LONGEST));
        let search = Search::new(line, limit, Level::FULL.plan().skill, lines.clamp(1, MAX_LINES))?;
        let found = self
            .0
            .search(person, Purpose::Analysis, Kind::External, &search)
            .await?;
        if found.variations.is_empty() {
            return Err(EngineError::Nonsense("no evaluation"));
        }
        Ok(found.variations)
    }

    /// Which engine plays at full strength, for people to read: `Stockfish 15.1 at /usr/games/stockfish`.
    /// Its name is known once it was started: after [`Engines::probe`], for one.
    pub fn describe(&self) -> String {
        self.0.describe()
    }

    /// Makes sure that an engine runs, starting one if none does, and says which as [`Engines::describe`].
    pub async fn probe(&self) -> Result<String, EngineError> {
        self.0.probe().await
    }

    /// How many searches may run at once.
    pub fn at_once(&self) -> usize {
        self.0.processes
    }

    /// How many searches run, and how many wait for their turn.
    pub fn load(&self) -> (usize, usize) {
        self.0.slots.load()
    }

    /// Starts no more searches, answers those who wait for one, and returns when the running ones have ended
    /// and all processes are gone.
    pub async fn shutdown(&self) {
        self.0.slots.close().await;
        self.0.idle().clear();
    }
}

impl Pool {
    async fn search(
        &self,
        person: UserId,
        purpose: Purpose,
        wanted: Kind,
        search: &Search,
    ) -> Result<Found, EngineError> {
        let _slot = self.slots.enter(person, purpose).await?;
        let mut process = self.process(wanted, Some(&search.memory)).await?;
        let allowed = search.limit.longest() + GRACE;
        let deadline = Instant::now() + allowed;
        let fault = match timeout_at(deadline, process.search(search)).await {
            Ok(Ok(found)) => {
                self.keep(process);
                return Ok(found);
            }
            Ok(Err(fault)) => fault,
            Err(_) => EngineError::Deadline(allowed),
        };
        metrics::engine_failed();
        tracing::warn!(engine.name = process.name(), %fault, "an engine failed in a search and was ended");
        drop(process);
        let Some(embedded) = self.embedded.as_ref().filter(|_| fault.is_fault_of_process()) else {
            return Err(fault);
        };
        timeout_at(deadline + RESTART, self.again(embedded, search))
            .await
            .unwrap_or(Err(fault))
    }

    /// A second try, on a fresh process of the engine that we can vouch for.
    async fn again(&self, embedded: &Program, search: &Search) -> Result<Found, EngineError> {
        let mut process = self.start(embedded).await?;
        let found = process.search(search).await?;
        self.keep(process);
        Ok(found)
    }

    /// A process of the wanted engine, kept or new; the embedded one when the external one is not to be had.
    async fn process(&self, wanted: Kind, memory: Option<&Memory>) -> Result<Process, EngineError> {
        let external = self
            .external
            .as_ref()
            .filter(|_| wanted == Kind::External && self.reliance.is_usable());
        if let Some(external) = external {
            if let Some(kept) = self.take(Kind::External, memory) {
                return Ok(kept);
            }
            match self.start(external).await {
                Ok(started) => {
                    self.reliance.succeeded(started.name());
                    self.external_name.get_or_init(|| started.name().to_owned());
                    return Ok(started);
                }
                Err(fault) => self.reliance.failed(&fault),
            }
        }
        let embedded = self.embedded.as_ref().ok_or(EngineError::NotBuiltIn)?;
        match self.take(Kind::Embedded, memory) {
            Some(kept) => Ok(kept),
            None => self.start(embedded).await,
        }
    }

    /// A kept process, best one that remembers the past of this search.
    fn take(&self, kind: Kind, memory: Option<&Memory>) -> Option<Process> {
        let mut idle = self.idle();
        idle.retain_mut(Process::is_alive);
        let remembers = |process: &Process| memory.is_some_and(|memory| process.remembers(memory));
        let place = idle
            .iter()
            .position(|process| process.kind() == kind && remembers(process))
            .or_else(|| idle.iter().position(|process| process.kind() == kind))?;
        Some(idle.remove(place))
    }

    async fn start(&self, program: &Program) -> Result<Process, EngineError> {
        self.make_room();
        let process = Process::start(program).await?;
        metrics::engine_started();
        Ok(process)
    }

    /// Ends the processes kept longest, so that with the running searches there are not more than may be.
    fn make_room(&self) {
        let room = self.processes.saturating_sub(self.slots.running());
        let mut idle = self.idle();
        let surplus = idle.len().saturating_sub(room);
        idle.drain(..surplus);
    }

    fn keep(&self, process: Process) {
        if !self.slots.is_closed() {
            self.idle().push(process);
        }
    }

    async fn probe(&self) -> Result<String, EngineError> {
        let _one_at_a_time = self.probing.lock().await;
        if self.slots.is_closed() {
            return Err(EngineError::ShuttingDown);
        }
        if self.has_kept() {
            return Ok(self.describe());
        }
        // No slot is free: engines are running.
        let Some(_slot) = self.slots.try_enter(Purpose::Analysis) else {
            return Ok(self.describe());
        };
        let process = self.process(Kind::External, None).await?;
        self.keep(process);
        Ok(self.describe())
    }

    fn has_kept(&self) -> bool {
        let mut idle = self.idle();
        idle.retain_mut(Process::is_alive);
        !idle.is_empty()
    }

    fn describe(&self) -> String {
        let Some(external) = self.external.as_ref().filter(|_| self.reliance.is_usable()) else {
            let embedded = self.embedded.as_ref().map(|_| "embedded Fairy-Stockfish");
            return embedded.unwrap_or("none").to_owned();
        };
        let name = self.external_name.get().map_or("external engine", String::as_str);
        format!("{name} at {}", external.path.display())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
