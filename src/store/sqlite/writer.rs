//! The one thread that writes: it groups waiting units into commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Reply, SqliteTx, StoreError, lock};
use crate::metrics;
use crate::store::Tx;

/// Most units that share one commit; bounds how long the first of them waits.
const GROUP: usize = 128;

pub(super) struct Writer {
    queue: Mutex<Option<Sender<Box<dyn Waiting>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_all(&connection, &receiver))
            .expect("a thread can be started");
        Self {
            queue: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        }
    }

    pub(super) async fn run<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: Fn(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let waiting = Box::new(Unit {
            work: unit,
            outcome: None,
            reply,
        });
        let queued = lock(&self.queue)
            .as_ref()
            .is_some_and(|queue| queue.send(waiting).is_ok());
        if !queued {
            return Err(StoreError::Stopped.into());
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Stopped.into()))
    }

    /// Lets what is queued finish, then ends the thread.
    pub(super) async fn close(&self) {
        drop(lock(&self.queue).take());
        let Some(thread) = lock(&self.thread).take() else {
            return;
        };
        #[expect(clippy::disallowed_methods, reason = "one call, at the very end")]
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the store's writer ended badly");
        }
    }
}

/// A unit in the queue, whatever its types.
trait Waiting: Send {
    /// Runs the unit; says whether its changes are to be kept.
    fn run(&mut self, tx: &mut SqliteTx<'_>) -> bool;
    /// Sends the answer; `commit` says what became of the changes that were to be kept.
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

struct Unit<F, T, E> {
    work: F,
    outcome: Option<Result<T, E>>,
    reply: Reply<T, E>,
}

impl<F, T, E> Waiting for Unit<F, T, E>
where
    F: Fn(&mut dyn Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut SqliteTx<'_>) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)));
        let outcome = outcome.unwrap_or_else(|_| Err(StoreError::Stopped.into()));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let outcome = match (self.outcome, commit) {
            (Some(Ok(_)) | None, Err(error)) => Err(error.into()),
            (Some(outcome), _) => outcome,
            (None, Ok(())) => Err(StoreError::Stopped.into()),
        };
        // Whoever asked may have gone; the work is done all the same.
        drop(self.reply.send(outcome));
    }
}

fn write_all(connection: &Connection, queue: &Receiver<Box<dyn Waiting>>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        let started = Instant::now();
        if commit_together(connection, &mut group).is_ok() {
            metrics::commit(group.len(), started.elapsed());
            for unit in group {
                unit.answer(Ok(()));
            }
            continue;
        }
        // One of them spoilt the transaction for all (disk full, say): each on its own finds out which.
        for unit in group {
            let mut alone = [unit];
            let committed = commit_together(connection, &mut alone);
            let [unit] = alone;
            unit.answer(committed);
        }
    }
    if let Err(error) = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::debug!(%error, "the write-ahead log stays for the next start");
    }
}

/// Runs every unit in its own savepoint, and commits once.
fn commit_together(connection: &Connection, group: &mut [Box<dyn Waiting>]) -> Result<(), StoreError> {
    let run = |sql| {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]))
    };
    let outcome = (|| -> rusqlite::Result<()> {
        run("BEGIN IMMEDIATE")?;
        for unit in group {
            run("SAVEPOINT unit")?;
            if !unit.run(&mut SqliteTx { connection }) {
                run("ROLLBACK TO unit")?;
            }
            run("RELEASE unit")?;
        }
        run("COMMIT").map(drop)
    })();
    if outcome.is_err() && !connection.is_autocommit() {
        drop(run("ROLLBACK"));
    }
    Ok(outcome?)
}
