//! What is done now and then: writing down uses, ending and deleting what is over, moving signing keys on.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::issuer::Issuer;
use crate::store::{Most, Store, StoreError};

const USES: Duration = Duration::from_mins(1);
const SWEEP: Duration = Duration::from_mins(5);
const LOOK: Duration = Duration::from_secs(30);

/// Rows of a kind that one unit deletes, so that nobody waits long behind it.
const SLICE: u32 = 500;

/// Anybody can begin a sign-in, or fail at one, and so leave events; beyond these numbers the oldest make room.
const MOST: Most = Most {
    sign_ins: 20_000,
    events: 100_000,
    anybodys_events: 10_000,
    failures: 50_000,
};

/// Works until `shutdown`; writes down the last uses before it ends.
pub(crate) async fn run(store: Store, issuer: Issuer, clock: Clock, shutdown: CancellationToken) {
    let mut uses = interval(USES);
    let mut sweeps = interval(SWEEP);
    uses.set_missed_tick_behavior(MissedTickBehavior::Delay);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = uses.tick() => {
                flush(&issuer).await;
                end_unredeemed(&issuer).await;
            }
            _ = sweeps.tick() => {
                sweep(&store, &clock).await;
                rotate_keys(&issuer).await;
            }
        }
    }
    flush(&issuer).await;
}

/// Keeps what is known of the providers fresh until `shutdown`, and asks those that are down again and again.
pub(crate) async fn look_after_providers(issuer: Issuer, shutdown: CancellationToken) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = looks.tick() => {}
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = issuer.refresh_providers() => {}
        }
    }
}

async fn flush(issuer: &Issuer) {
    if let Err(error) = issuer.flush_uses().await {
        tracing::warn!(%error, "could not write down which connections were used");
    }
}

async fn end_unredeemed(issuer: &Issuer) {
    if let Err(error) = issuer.end_unredeemed_grants().await {
        tracing::warn!(%error, "could not end connections that no app ever used");
    }
}

async fn rotate_keys(issuer: &Issuer) {
    if let Err(error) = issuer.rotate_keys_when_due().await {
        tracing::warn!(%error, "could not move the signing keys on");
    }
}

async fn sweep(store: &Store, clock: &Clock) {
    let now = clock.now();
    loop {
        match store
            .write(move |tx| Ok::<_, StoreError>(tx.sweep(now, SLICE)? + tx.trim(MOST, SLICE)?))
            .await
        {
            Ok(0) => return,
            Ok(rows) => tracing::debug!(rows, "deleted what has expired"),
            Err(error) => return tracing::warn!(%error, "could not delete what has expired"),
        }
    }
}
