//! Waiting for a change: every unit that changes games wakes whoever waits, and they look whether it was theirs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Games, GamesError, Result, Shown};
use crate::chess::Refusal;
use crate::id::{GameId, UserId};
use crate::store::Tx;

/// How soon somebody who waits looks again, however much happens in the games of others.
const PACE: Duration = Duration::from_millis(200);

/// How many calls of one person wait at a time; more are answered at once.
const WAITING: usize = 8;

/// Counts the units that changed games in this process, and who waits for one.
pub(super) struct Changes {
    count: watch::Sender<u64>,
    waiting: Mutex<HashMap<UserId, usize>>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            count: watch::Sender::new(0),
            waiting: Mutex::default(),
        }
    }
}

impl Changes {
    /// A place among those who wait, unless the person has too many.
    fn place(&self, user: UserId) -> Option<Place<'_>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.entry(user).or_default();
        if *count >= WAITING {
            return None;
        }
        *count += 1;
        Some(Place { changes: self, user })
    }
}

/// A call that waits. Dropped, it makes room for another one.
struct Place<'a> {
    changes: &'a Changes,
    user: UserId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self
            .changes
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = waiting.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.user);
            }
        }
    }
}

impl Games {
    /// Runs a unit that may change games. When this returns `Ok`, the change is on disk and those who wait for one
    /// are awake.
    pub(super) async fn write<T, F>(&self, unit: F) -> Result<T>
    where
        F: Fn(&mut dyn Tx) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let done = self.0.store.write(unit).await?;
        self.0
            .changes
            .count
            .send_modify(|count| *count = count.wrapping_add(1));
        Ok(done)
    }

    /// A game as soon as its revision is above `since`, else as it stands after `wait`. Without `game`, the one
    /// changed last.
    pub async fn changed(
        &self,
        user: UserId,
        game: Option<GameId>,
        since: Option<u32>,
        wait: Duration,
    ) -> Result<Shown> {
        let mut changes = self.0.changes.count.subscribe();
        let deadline = Instant::now() + wait;
        let mut shown = self.show(user, game).await?.ok_or_else(nothing_yet)?;
        let Some(since) = since else { return Ok(shown) };
        let Some(_place) = self.0.changes.place(user) else {
            return Ok(shown);
        };
        while shown.stored.revision <= since && another(&mut changes, deadline).await {
            if self.has_moved_on(user, game, shown.stored.revision).await? {
                shown = self.show(user, game).await?.ok_or_else(nothing_yet)?;
            }
        }
        Ok(shown)
    }

    /// Whether a game is worth reading again. Without `game` it is: another one may have changed last.
    async fn has_moved_on(&self, user: UserId, game: Option<GameId>, from: u32) -> Result<bool> {
        let Some(game) = game else { return Ok(true) };
        let unit = move |tx: &mut dyn Tx| -> Result<_> { Ok(tx.revision(user, game)?) };
        Ok(self.0.store.read(unit).await? != Some(from))
    }
}

/// Waits for a change that was not seen yet, and a moment longer. `false` when the time is over.
async fn another(changes: &mut watch::Receiver<u64>, deadline: Instant) -> bool {
    let now = Instant::now();
    if now >= deadline {
        return false;
    }
    // An error would mean that nobody can change anything any more; then there is nothing to wait for.
    let told = matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(())));
    if told {
        sleep_until((now + PACE).min(deadline)).await;
        changes.mark_unchanged();
    }
    told
}

fn nothing_yet() -> GamesError {
    Refusal::other("There is no game yet. Start one with chess_new_game.").into()
}
