//! The engine's replies: in the call that made the move, or later when the engine was away.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Games, GamesError, Result, line_of, settle};
use crate::chess::{Opening, Opponent, warm_up_openings};
use crate::engine::{EngineError, Level};
use crate::id::{GameId, UserId};
use crate::secret;
use crate::store::{OwedReply, StoredGame, Tx};

/// A call ends after 25 seconds; by then the person must have heard that their move stands.
const PATIENCE: Duration = Duration::from_secs(18);

/// Pauses between attempts while the engine is away.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How often the clocks of people are looked at; they think for days.
const CLOCK_ROUND: Duration = Duration::from_secs(30);

/// How many owed replies are read at a time.
const PAGE: u32 = 64;

/// Who is waiting for an engine, and how those who owe hear of it.
#[derive(Default)]
pub(super) struct Answering {
    under_way: Mutex<HashMap<GameId, usize>>,
    /// A reply stayed owed.
    owed: Notify,
    /// An engine answered.
    runs: Notify,
}

/// A reply being made. Dropped before it is settled, even with its call, it leaves the reply owed.
struct Attempt<'a> {
    answering: &'a Answering,
    id: GameId,
    settled: bool,
}

/// What came of an owed reply.
enum Attempted {
    /// It is made, or somebody else makes it.
    Made,
    /// It cannot be made now; others may.
    Left,
    /// None can be made now.
    InVain,
}

/// Why a reply was not made.
enum Fault {
    Engine(EngineError),
    Games(GamesError),
}

impl Games {
    /// The game with the engine's reply, if it owed one and could make it.
    pub(super) async fn answer(&self, user: UserId, stored: StoredGame) -> Result<StoredGame> {
        if !stored.owes_reply() {
            return Ok(stored);
        }
        let kept = stored.clone();
        match self.try_answer(user, stored).await {
            Ok(answered) => Ok(answered),
            Err(Fault::Games(error)) => Err(error),
            Err(Fault::Engine(error)) => {
                tracing::warn!(game.id = %kept.id, %error, "the engine's reply is owed");
                Ok(kept)
            }
        }
    }

    async fn try_answer(&self, user: UserId, stored: StoredGame) -> std::result::Result<StoredGame, Fault> {
        let Opponent::Engine { level, .. } = stored.opponent else {
            return Ok(stored);
        };
        let mut attempt = self.0.answering.begin(stored.id);
        let level = Level::new(level).unwrap_or(Level::FIRST);
        let seed = u64::from_le_bytes(secret::random());
        let line = line_of(&stored.game);
        let search = self.0.engines.reply(user, &line, level, seed);
        let reply = match tokio::time::timeout(PATIENCE, search).await {
            Ok(reply) => reply.map_err(Fault::Engine)?,
            Err(_) => return Err(Fault::Engine(EngineError::Deadline(PATIENCE))),
        };
        let (id, revision, now) = (stored.id, stored.revision, self.0.clock.now());
        let current = self
            .write(move |tx| -> Result<_> {
                let Some(mut current) = tx.game(user, id)? else {
                    return Ok(None);
                };
                // Taken back, ended or answered by another call meanwhile.
                if current.revision != revision {
                    return Ok(Some(current));
                }
                current.game.play_uci(&reply)?;
                current.opening = Opening::after_move(current.game.positions(), current.opening.take());
                current.touch(now);
                settle::save(tx, user, &mut current, now)?;
                Ok(Some(current))
            })
            .await
            .map_err(Fault::Games)?;
        attempt.settled = true;
        self.0.answering.runs.notify_one();
        Ok(current.unwrap_or(stored))
    }

    /// Does what is due without a call, until `shutdown`: replies that are owed, from before the last stop too, and
    /// games that are lost on time.
    pub async fn run(self, shutdown: CancellationToken) {
        // Some milliseconds of reading that nobody's first move should wait for.
        std::thread::spawn(warm_up_openings);
        tokio::join!(self.make_replies(&shutdown), self.watch_clocks(&shutdown));
    }

    async fn watch_clocks(&self, shutdown: &CancellationToken) {
        loop {
            if let Err(error) = self.end_overdue().await {
                tracing::error!(%error, "cannot end the games that are lost on time");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(CLOCK_ROUND) => {}
            }
        }
    }

    async fn make_replies(&self, shutdown: &CancellationToken) {
        let mut pause = FIRST_PAUSE;
        loop {
            let away = tokio::select! {
                () = shutdown.cancelled() => return,
                away = self.make_owed_replies() => away,
            };
            let wait = async {
                if away {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.0.answering.runs.notified() => {}
                    }
                } else {
                    self.0.answering.owed.notified().await;
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = wait => {}
            }
            pause = if away {
                (pause * 2).min(LONGEST_PAUSE)
            } else {
                FIRST_PAUSE
            };
        }
    }

    /// One round; whether something stayed owed, so that another one after a pause makes sense.
    async fn make_owed_replies(&self) -> bool {
        let mut unanswered = false;
        let mut last = None;
        loop {
            let page = move |tx: &mut dyn Tx| -> Result<_> { Ok(tx.owed_replies(last.as_ref(), PAGE)?) };
            let owed = match self.0.store.read(page).await {
                Ok(owed) => owed,
                Err(error) => {
                    tracing::error!(%error, "cannot look for owed replies");
                    return true;
                }
            };
            last = owed.last().copied();
            for owed in owed {
                match self.make_good(owed).await {
                    Attempted::Made => {}
                    Attempted::Left => unanswered = true,
                    Attempted::InVain => return true,
                }
            }
            if last.is_none() {
                return unanswered;
            }
        }
    }

    async fn make_good(&self, owed: OwedReply) -> Attempted {
        let OwedReply { user, game: id, .. } = owed;
        if self.0.answering.is_under_way(id) {
            return Attempted::Made;
        }
        match self.make_owed_reply(user, id).await {
            Ok(()) => Attempted::Made,
            Err(Fault::Engine(
                error @ (EngineError::Unavailable(_) | EngineError::Busy | EngineError::ShuttingDown),
            )) => {
                tracing::debug!(%error, "the engine is still away");
                Attempted::InVain
            }
            // Of this game's level alone, and for good: level 10 may well have an engine.
            Err(Fault::Engine(error @ EngineError::NotBuiltIn)) => {
                tracing::debug!(game.id = %id, %error, "no engine of this program plays this level");
                Attempted::Left
            }
            // Perhaps a fault of this game alone: the others must not wait for it.
            Err(Fault::Engine(error)) => {
                tracing::warn!(game.id = %id, %error, "the engine cannot reply in this game");
                Attempted::Left
            }
            Err(Fault::Games(error)) => {
                tracing::error!(game.id = %id, %error, "an owed reply could not be stored");
                Attempted::InVain
            }
        }
    }

    async fn make_owed_reply(&self, user: UserId, id: GameId) -> std::result::Result<(), Fault> {
        let stored = self
            .0
            .store
            .read(move |tx| -> Result<_> { Ok(tx.game(user, id)?) })
            .await;
        let Some(stored) = stored.map_err(Fault::Games)? else {
            return Ok(());
        };
        if stored.owes_reply() {
            self.try_answer(user, stored).await?;
        }
        Ok(())
    }
}

impl Answering {
    fn begin(&self, id: GameId) -> Attempt<'_> {
        *self.lock().entry(id).or_default() += 1;
        Attempt {
            answering: self,
            id,
            settled: false,
        }
    }

    fn is_under_way(&self, id: GameId) -> bool {
        self.lock().contains_key(&id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<GameId, usize>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut under_way = self.answering.lock();
        if let Some(count) = under_way.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.id);
            }
        }
        drop(under_way);
        if !self.settled {
            self.answering.owed.notify_one();
        }
    }
}
