//! What every test stands on: a server, a browser, an app, a person.

pub(crate) mod account;
pub(crate) mod actor;
pub(crate) mod board;
pub(crate) mod browser;
pub(crate) mod game;
pub(crate) mod home;
pub(crate) mod html;
pub(crate) mod idp;
pub(crate) mod mcp;
pub(crate) mod oauth;
pub(crate) mod puzzles;
pub(crate) mod record;
pub(crate) mod reply;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod talk;
pub(crate) mod typed;

use std::time::{Duration, Instant};

pub(crate) use actor::Actor;
pub(crate) use browser::Browser;
pub(crate) use home::Home;
pub(crate) use oauth::App;
pub(crate) use reply::Reply;
pub(crate) use server::Server;

/// How long anything may take before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How often a fact is looked at while waiting for it.
pub(crate) const GLANCE: Duration = Duration::from_millis(20);

/// A number that whoever runs the tests may choose.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(default, |value| {
        value.parse().unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// Waits until a fact can be observed.
pub(crate) async fn until(what: &str, mut fact: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !fact().await {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}
