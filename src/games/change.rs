//! Waiting for a change: every unit that changes games wakes whoever waits, and they look whether it was theirs.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Games, GamesError, Result, Shown};
use crate::chess::Refusal;
use crate::id::{GameId, UserId};
use crate::store::Tx;

/// How soon somebody who waits looks again, however much happens in the games of others.
const PACE: Duration = Duration::from_millis(200);

/// Counts the units that changed games in this process.
pub(super) struct Changes(watch::Sender<u64>);

impl Default for Changes {
    fn default() -> Self {
        Self(watch::Sender::new(0))
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
            .0
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
        let mut changes = self.0.changes.0.subscribe();
        let deadline = Instant::now() + wait;
        loop {
            changes.mark_unchanged();
            let shown = self.show(user, game).await?.ok_or_else(nothing_yet)?;
            let is_news = since.is_none_or(|since| shown.stored.revision > since);
            if is_news || Instant::now() >= deadline {
                return Ok(shown);
            }
            // An error would mean that nobody can change anything any more; then there is nothing to wait for.
            let looked_again_at = Instant::now() + PACE;
            if !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
                return Ok(shown);
            }
            sleep_until(looked_again_at.min(deadline)).await;
        }
    }
}

fn nothing_yet() -> GamesError {
    Refusal::other("There is no game yet. Start one with chess_new_game.").into()
}
