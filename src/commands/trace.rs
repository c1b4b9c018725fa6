//! `chess-mcp auth trace REF`

use anyhow::{Context as _, bail};

use super::say;
use crate::app;
use crate::audit::Event;
use crate::clock::Clock;
use crate::config::Config;
use crate::id::Reference;
use crate::issuer::{Trace, trace};

pub(crate) async fn run(config: &Config, reference: &str) -> anyhow::Result<()> {
    let typed = reference.trim().to_lowercase();
    let hint =
        "a reference stands at the foot of each page of a sign-in and in the error that the app was sent";
    let reference: Reference = typed.parse().ok().context(hint)?;
    let store = app::open_store(config)?;
    let Some(found) = trace(&store, reference).await? else {
        bail!("nothing is known about {typed}: events are kept for 90 days; {hint}");
    };
    for event in &found.events {
        say(&line(event));
    }
    say(&outcome(&found));
    Ok(())
}

fn line(event: &Event) -> String {
    let mut line = format!("{}\t{}", event.at.date_time(), event.kind.name());
    let parts = [
        ("client", event.client.as_ref().map(ToString::to_string)),
        ("user", event.user.map(|user| user.to_string())),
        ("grant", event.grant.map(|grant| grant.to_string())),
        ("network", event.network.clone()),
        ("detail", event.detail.clone()),
    ];
    let known = parts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    line.extend(known.map(|(name, value)| format!("\t{name}={value}")));
    line
}

fn outcome(found: &Trace) -> String {
    let Some(grant) = &found.grant else {
        return "It led to no connection, or to one that is no longer kept.".to_owned();
    };
    let who = found
        .user
        .as_ref()
        .map_or("somebody who is gone", |user| user.name.as_str());
    let app = grant.snapshot.display_name();
    if found.is_connected(Clock::System.now()) {
        return format!(
            "{app} is connected for {who}; last used {}.",
            grant.last_used_at.date_time()
        );
    }
    format!("{app} was connected for {who} and no longer is.")
}
