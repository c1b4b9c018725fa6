//! Registrations in masses: an app that somebody uses goes on, and neither memory nor disk run full.
//!
//! `FLOOD_REGISTRATIONS` says how many there are.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::oauth::Tokens;
use crate::support::{Actor, Home, Reply, setting};

/// So many without `FLOOD_REGISTRATIONS`.
const REGISTRATIONS: u64 = 400;
/// Connections that register.
const CONNECTIONS: usize = 8;
/// After so many the app in use is looked at.
const BATCH: u64 = 1000;
/// Where they come from (RFC 5737), by way of a proxy on this machine, as all that comes from outside.
const FLOODER: &str = "198.51.100.7";
/// By how much memory may grow, and how large the database may be.
const MEMORY: u64 = 30 << 20;
const DATABASE: u64 = 40 << 20;

#[tokio::test]
async fn masses_of_registrations_are_borne_without_a_limit() {
    let answers = flood(Home::new()).await;
    assert_eq!(answers.keys().collect::<Vec<_>>(), [&201], "{answers:?}");
}

#[tokio::test]
async fn masses_of_registrations_are_borne_as_the_server_is_set_up() {
    let mut home = Home::new();
    home.unset("AUTH_RATE_LIMIT");
    let answers = flood(home).await;
    assert!(answers.contains_key(&201), "{answers:?}");
}

/// Registers as many clients as are asked for; how often each status was answered.
async fn flood(home: Home) -> BTreeMap<u16, u64> {
    let server = home.serve().await;
    let mut alice = server.alice().await;
    let before = server.memory();
    let (registrations, mut answers) = (setting("FLOOD_REGISTRATIONS", REGISTRATIONS), BTreeMap::new());
    for first in (0..registrations).step_by(usize::try_from(BATCH).unwrap()) {
        let mut running = JoinSet::new();
        let url = server.url("/oauth/register");
        for part in 0..CONNECTIONS {
            let numbers = (first..registrations.min(first + BATCH))
                .skip(part)
                .step_by(CONNECTIONS);
            running.spawn(register(url.clone(), numbers.collect()));
        }
        for status in running.join_all().await.into_iter().flatten() {
            *answers.entry(status).or_default() += 1;
        }
        goes_on(&mut alice).await;
    }
    let grown = server.memory().saturating_sub(before);
    let database = server.home().database_size();
    eprintln!("{answers:?}; memory grew by {grown} bytes, the database has {database}");
    assert!(grown < MEMORY, "memory grew by {grown} bytes");
    assert!(database < DATABASE, "the database has {database} bytes");
    answers
}

/// Registers the clients with these numbers, no two alike, over one connection.
async fn register(url: String, numbers: Vec<u64>) -> Vec<u16> {
    let http = crate::support::server::http_client();
    let mut statuses = Vec::with_capacity(numbers.len());
    for number in numbers {
        let method = if number % 2 == 0 {
            "none"
        } else {
            "client_secret_basic"
        };
        let metadata = json!({
            "client_name": format!("App {number}"),
            "redirect_uris": [format!("https://app{number}.example/callback")],
            "token_endpoint_auth_method": method,
        });
        let reply = Reply::to(http.post(&url).header("x-forwarded-for", FLOODER).json(&metadata)).await;
        match reply.status {
            201 => {}
            429 => assert!(
                reply.header("retry-after").parse::<u32>().is_ok(),
                "{:?}",
                reply.headers
            ),
            other => panic!("{other}: {}", reply.body),
        }
        statuses.push(reply.status);
    }
    statuses
}

/// The app in use still calls and refreshes.
async fn goes_on(actor: &mut Actor<'_>) {
    let games = actor.call("chess_games", json!({})).await.ok();
    assert!(games["games"].is_array(), "{games}");
    actor.tokens = Tokens::of(&actor.server.refresh(&actor.app, &actor.tokens.refresh).await);
}
