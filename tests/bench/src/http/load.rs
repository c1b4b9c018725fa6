//! Load: callers that call again as soon as they are answered, for a while.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use chess_mcp_bench::figures::percentile;
use chess_mcp_bench::server::{self, Server};

/// Somebody on a connection of their own who calls over and over.
pub(crate) trait Caller {
    /// One call, checked; how long the answer took.
    async fn call(&mut self) -> Result<Duration>;
}

/// What one round showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// Calls per second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Time of the server's process for a call, in microseconds.
    pub(crate) cpu: f64,
    /// Time of this program for a call, in microseconds.
    pub(crate) own_cpu: f64,
}

/// Lets all callers call for `time` and gives them back.
pub(crate) async fn run<C: Caller + 'static>(
    server: &Server,
    callers: Vec<C>,
    time: Duration,
) -> Result<(Round, Vec<C>)> {
    let (cpu, own, began) = (server.cpu()?, server::own_cpu()?, Instant::now());
    let end = began + time;
    let mut running = JoinSet::new();
    for mut caller in callers {
        running.spawn_local(async move {
            let mut took = Vec::new();
            while Instant::now() < end {
                took.push(caller.call().await?);
            }
            Ok::<_, anyhow::Error>((caller, took))
        });
    }
    let (mut callers, mut took) = (Vec::new(), Vec::new());
    while let Some(ended) = running.join_next().await {
        let (caller, times) = ended??;
        callers.push(caller);
        took.extend(times);
    }
    let elapsed = began.elapsed();
    let calls = took.len() as f64;
    let each = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() * 1e6 / calls;
    took.sort_unstable();
    let round = Round {
        rate: calls / elapsed.as_secs_f64(),
        p50: percentile(&took, 50),
        p99: percentile(&took, 99),
        cpu: each(cpu, server.cpu()?),
        own_cpu: each(own, server::own_cpu()?),
    };
    Ok((round, callers))
}
