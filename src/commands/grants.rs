//! `chess-mcp grants …`

use super::say;
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::issuer::Grants;

fn open(config: &Config) -> anyhow::Result<Grants> {
    Ok(Grants::new(app::open_store(config)?, Clock::System))
}

pub(crate) async fn list(config: &Config, user: Option<&str>) -> anyhow::Result<()> {
    for (grant, user) in open(config)?.list(user).await? {
        let app = grant.snapshot.display_name();
        say(&format!(
            "{}\t{}\t{app}\t{}\tto {}\tmay {}\tsince {}\tlast used {}\tuntil {}",
            grant.id,
            user.name,
            grant.client,
            grant.destination,
            grant.scopes,
            grant.created_at.date(),
            grant.last_used_at.date_time(),
            grant.expires_at.date(),
        ));
    }
    Ok(())
}

pub(crate) async fn revoke(config: &Config, id: &str) -> anyhow::Result<()> {
    let grant = open(config)?.revoke(id).await?;
    let app = grant.snapshot.display_name();
    say(&format!(
        "cut {app} ({}) off, from its next request on",
        grant.client
    ));
    Ok(())
}
