//! Looks now and then how it stands, for the metrics.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::engine::Engines;
use crate::metrics::{self, Numbers, Standing};
use crate::store::{Census, Store};

const GLANCE: Duration = Duration::from_secs(5);
/// Counting rows reads whole indexes.
const COUNT: Duration = Duration::from_mins(1);

/// Looks until `shutdown`.
pub(crate) async fn run(
    store: Store,
    engines: Engines,
    clock: Clock,
    numbers: Numbers,
    shutdown: CancellationToken,
) {
    let mut glances = interval(GLANCE);
    glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counted: Option<Instant> = None;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = glances.tick() => {}
        }
        let due = counted.is_none_or(|at| at.elapsed() >= COUNT);
        let census = if due { count(&store, &clock).await } else { None };
        if census.is_some() {
            counted = Some(Instant::now());
        }
        let (running, waiting) = engines.load();
        metrics::standing(Standing {
            searches_running: number(running),
            searches_waiting: number(waiting),
            live_grants: census.map(|census| census.live_grants),
            games: census.map(|census| census.games),
        });
        numbers.tidy();
    }
}

async fn count(store: &Store, clock: &Clock) -> Option<Census> {
    let now = clock.now();
    let counted = store.read(move |tx| tx.census(now)).await;
    counted
        .inspect_err(|error| tracing::warn!(%error, "could not count what is kept"))
        .ok()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
