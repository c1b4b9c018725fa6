//! What is counted while the server works, under which names.
//!
//! Every number is kept under a few fixed labels: no person, no client, no address and no path that somebody
//! made up. Without [`install`] counting costs next to nothing and is forgotten. Where the numbers are served
//! is not decided here.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of the times that are measured, in seconds.
const TIMES: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 25.0,
];
/// Bounds of the sizes of commits, in units of work.
const SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

const REQUESTS: &str = "chess_mcp_http_requests_total";
const REQUEST_TIME: &str = "chess_mcp_http_request_seconds";
const RATE_LIMITED: &str = "chess_mcp_rate_limited_total";
const TOOL_CALLS: &str = "chess_mcp_tool_calls_total";
const TOOL_TIME: &str = "chess_mcp_tool_call_seconds";
const TOKENS: &str = "chess_mcp_tokens_total";
const SIGN_INS: &str = "chess_mcp_sign_ins_total";
const REGISTRATIONS: &str = "chess_mcp_registrations_total";
const ENGINE_STARTS: &str = "chess_mcp_engine_starts_total";
const ENGINE_FAILURES: &str = "chess_mcp_engine_failures_total";
const ENGINE_BUSY: &str = "chess_mcp_engine_searches_running";
const ENGINE_QUEUE: &str = "chess_mcp_engine_searches_waiting";
const COMMIT_TIME: &str = "chess_mcp_store_commit_seconds";
const COMMIT_SIZE: &str = "chess_mcp_store_commit_units";
const GRANTS: &str = "chess_mcp_live_grants";
const GAMES: &str = "chess_mcp_games";
const MEMORY: &str = "chess_mcp_resident_memory_bytes";

/// The numbers so far. Cheap to clone.
#[derive(Clone)]
pub struct Numbers(PrometheusHandle);

/// Begins to count, for the whole process; the second time nothing happens and `None` is returned.
pub fn install() -> Option<Numbers> {
    let sizes = Matcher::Full(COMMIT_SIZE.to_owned());
    let recorder = PrometheusBuilder::new()
        .set_buckets(&TIMES)
        .and_then(|builder| builder.set_buckets_for_metric(sizes, &SIZES))
        .expect("there are bounds")
        .build_recorder();
    let numbers = Numbers(recorder.handle());
    metrics::set_global_recorder(recorder).ok()?;
    describe();
    Some(numbers)
}

fn describe() {
    describe_counter!(REQUESTS, "Requests answered, by route and class of status");
    describe_histogram!(REQUEST_TIME, Unit::Seconds, "Time to the answer's head, by route");
    describe_counter!(
        RATE_LIMITED,
        "Requests refused because there were too many, by limit"
    );
    describe_counter!(TOOL_CALLS, "Tool calls, by tool and outcome");
    describe_histogram!(TOOL_TIME, Unit::Seconds, "Time of a tool call, by tool");
    describe_counter!(TOKENS, "Token requests, by grant type and outcome");
    describe_counter!(SIGN_INS, "Ends of sign-ins, by outcome");
    describe_counter!(REGISTRATIONS, "Client registrations, by outcome");
    describe_counter!(ENGINE_STARTS, "Engine processes started");
    describe_counter!(
        ENGINE_FAILURES,
        "Engine processes ended because they failed in a search"
    );
    describe_gauge!(ENGINE_BUSY, "Searches that run");
    describe_gauge!(ENGINE_QUEUE, "Searches that wait for their turn");
    describe_histogram!(
        COMMIT_TIME,
        Unit::Seconds,
        "Time of a commit, from its first unit to the disk"
    );
    describe_histogram!(COMMIT_SIZE, "Units of work in a commit");
    describe_gauge!(GRANTS, "Connections of apps that are neither ended nor expired");
    describe_gauge!(GAMES, "Games kept");
    describe_gauge!(
        MEMORY,
        Unit::Bytes,
        "Resident memory of the server without its engines"
    );
}

impl Numbers {
    /// All of them in the text format of Prometheus.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Sorts what was measured into its bounds; due every few seconds, or what was measured piles up.
    pub fn tidy(&self) {
        self.0.run_upkeep();
    }
}

/// A request was answered. `route` is a pattern of ours, never the path that was asked for.
pub fn request(route: &str, status: u16, time: Duration) {
    let class = match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    counter!(REQUESTS, "route" => route.to_owned(), "status" => class).increment(1);
    histogram!(REQUEST_TIME, "route" => route.to_owned()).record(time);
}

/// A request was refused because there were too many.
pub fn rate_limited(limit: &'static str) {
    counter!(RATE_LIMITED, "limit" => limit).increment(1);
}

/// A tool was called.
pub fn tool_call(tool: &'static str, outcome: &'static str, time: Duration) {
    counter!(TOOL_CALLS, "tool" => tool, "outcome" => outcome).increment(1);
    histogram!(TOOL_TIME, "tool" => tool).record(time);
}

/// The token endpoint answered; `outcome` is `issued` or the code of the error.
pub fn token(grant_type: &'static str, outcome: &'static str) {
    counter!(TOKENS, "grant_type" => grant_type, "outcome" => outcome).increment(1);
}

/// A sign-in went one step to its end.
pub fn sign_in(outcome: &'static str) {
    counter!(SIGN_INS, "outcome" => outcome).increment(1);
}

/// A client was registered, or not.
pub fn registration(outcome: &'static str) {
    counter!(REGISTRATIONS, "outcome" => outcome).increment(1);
}

/// An engine process was started.
pub fn engine_started() {
    counter!(ENGINE_STARTS).increment(1);
}

/// An engine process was ended because it failed.
pub fn engine_failed() {
    counter!(ENGINE_FAILURES).increment(1);
}

/// Units of work were committed together.
pub fn commit(units: usize, time: Duration) {
    histogram!(COMMIT_TIME).record(time);
    // No commit is large enough for the rounding to show.
    histogram!(COMMIT_SIZE).record(f64::from(u32::try_from(units).unwrap_or(u32::MAX)));
}

/// How it stands now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    /// Searches that run.
    pub searches_running: u32,
    /// Searches that wait.
    pub searches_waiting: u32,
    /// Grants that are neither revoked nor expired; `None` leaves the number as it was.
    pub live_grants: Option<u32>,
    /// Games kept; `None` leaves the number as it was.
    pub games: Option<u32>,
}

/// Notes how it stands now, and how much memory that takes where the system says so.
pub fn standing(standing: Standing) {
    gauge!(ENGINE_BUSY).set(standing.searches_running);
    gauge!(ENGINE_QUEUE).set(standing.searches_waiting);
    if let Some(grants) = standing.live_grants {
        gauge!(GRANTS).set(grants);
    }
    if let Some(games) = standing.games {
        gauge!(GAMES).set(games);
    }
    if let Some(kilobytes) = resident_kilobytes() {
        gauge!(MEMORY).set(f64::from(kilobytes) * 1024.0);
    }
}

/// Linux says it in `/proc`.
fn resident_kilobytes() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
