//! `chess-mcp token`: an access token without a browser, for whoever already owns the machine.

use anyhow::Context as _;

use super::say;
use crate::app;
use crate::clock::{Clock, Seconds};
use crate::config::{Config, PublicAddress};
use crate::issuer::{Accounts, Issuer, Parts};
use crate::net::{Net, SystemResolver};
use crate::store::Fact;
use crate::upstream::Providers;
use crate::urls::PublicUrl;

pub(crate) async fn run(config: &Config, user: &str, ttl: Option<i64>) -> anyhow::Result<()> {
    let store = app::open_store(config)?;
    let public_url = if let PublicAddress::Given(url) = &config.public_url {
        url.clone()
    } else {
        let missing = "no server ran on this database yet: start `chess-mcp serve` once, or set PUBLIC_URL";
        let issuer = store.read(|tx| tx.fact(Fact::Issuer)).await?.context(missing)?;
        PublicUrl::parse(&issuer).context("the stored issuer is not a URL")?
    };
    let user = Accounts::new(store.clone(), Clock::System).active(user).await?;
    let (master, keys) = app::open_keys(config, &store).await?;
    let net = Net::new(SystemResolver, public_url.is_loopback());
    let parts = Parts {
        store,
        keys,
        clock: Clock::System,
        policy: config.policy.clone(),
        providers: Providers::new(Vec::new(), net.clone(), &master, public_url.clone()),
        public_url,
        net,
    };
    let issuer = Issuer::new(parts, &master);
    let life = ttl.map_or(config.policy.access_token_ttl, Seconds);
    say(issuer.issue_for_command_line(user, life).await?.expose());
    Ok(())
}
