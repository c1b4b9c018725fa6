//! `chess-mcp clients …`

use super::say;
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::issuer::{Origin, Registry};

pub(crate) fn open(config: &Config) -> anyhow::Result<Registry> {
    Ok(Registry::new(app::open_store(config)?, Clock::System))
}

pub(crate) async fn list(registry: &Registry) -> anyhow::Result<()> {
    for client in registry.list().await? {
        let used = match (client.live_grants, client.last_used_at) {
            (0, _) => "no live grant".to_owned(),
            (1, Some(last)) => format!("1 live grant, last used {}", last.date()),
            (grants, Some(last)) => format!("{grants} live grants, last used {}", last.date()),
            (grants, None) => format!("{grants} live grants"),
        };
        say(&format!(
            "{}\t{}\t{}\t{}\tsince {}\t{used}",
            client.id,
            client.name,
            client.origin.name(),
            client.destinations.join(", "),
            client.since.date(),
        ));
    }
    Ok(())
}

pub(crate) async fn add(
    registry: &Registry,
    name: &str,
    redirect_uris: &[String],
    confidential: bool,
) -> anyhow::Result<()> {
    let (id, secret) = registry.add(name, redirect_uris, confidential).await?;
    say(&format!("client_id: {id}"));
    if let Some(secret) = secret {
        say(&format!("client_secret: {}", secret.expose()));
        say("The secret is shown only now. Whoever loses it needs a new client.");
    }
    Ok(())
}

pub(crate) async fn remove(registry: &Registry, id: &str) -> anyhow::Result<()> {
    let (origin, live) = registry.remove(id).await?;
    let ended = match live {
        0 => "it had no live grant".to_owned(),
        1 => "its live grant ends now".to_owned(),
        live => format!("its {live} live grants end now"),
    };
    say(&format!("removed {id}: {ended}"));
    match origin {
        Origin::Registered => say("It may register again, unless REGISTRATION is off."),
        Origin::Document => {
            say("It needs no registration, so it may ask people again; they decide on the consent page.");
        }
        Origin::Added | Origin::CommandLine => {}
    }
    Ok(())
}
