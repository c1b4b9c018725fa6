//! `chess-mcp serve`: the server, and what it tells whoever started it.

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::say;
use crate::app::{self, App};
use crate::config::Config;
use crate::issuer::{Accounts, OWNER};
use crate::server;
use crate::urls::PublicUrl;

pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    app::prepare_directory(config.database_url.path())?;
    let _lock = app::lock(&config).await?;
    let listener = TcpListener::bind(config.bind_addr).await.with_context(|| {
        let address = config.bind_addr;
        format!("cannot listen on {address}: stop what uses that port, or choose another one with --bind")
    })?;
    let bound = listener
        .local_addr()
        .context("the listening address is unknown")?;
    let public_url = config
        .public_url
        .clone()
        .unwrap_or_else(|| PublicUrl::loopback(bound));
    let shutdown = CancellationToken::new();
    server::stop_on_signals(shutdown.clone()).context("signals cannot be received")?;
    let app = App::open(&config, public_url, &shutdown).await?;
    greet(&config, &app).await?;
    say(&format!("listening on http://{bound}"));
    server::run(listener, app, shutdown).await;
    Ok(())
}

async fn greet(config: &Config, app: &App) -> anyhow::Result<()> {
    let url = app.issuer.public_url();
    say(&format!("chess-mcp {}", env!("CARGO_PKG_VERSION")));
    say("");
    say(&format!(
        "  Paste this URL into your chat app:  {}",
        url.resource()
    ));
    if url.is_loopback() {
        say(
            "  It reaches this machine alone. For ChatGPT or Claude on the web, open a tunnel to the port below",
        );
        say("  and set PUBLIC_URL to its address (see the README).");
    }
    let chosen = config.owner_password.clone();
    let given = chosen.is_some();
    let password = chosen.unwrap_or_else(Accounts::generate_password);
    if app
        .accounts
        .add_owner(&password)
        .await
        .context("OWNER_PASSWORD")?
    {
        let shown = if given {
            "the password in OWNER_PASSWORD"
        } else {
            password.expose()
        };
        say(&format!("  Sign in as:  {OWNER}"));
        say(&format!("  Password:    {shown}"));
        if !given {
            say("  It is shown only now; `chess-mcp users passwd owner` makes a new one.");
        }
    } else {
        say(
            "  Sign in with your account; `chess-mcp users list` shows them, `users passwd NAME` changes a password.",
        );
    }
    if let Some(former) = app.issuer.remember_issuer().await? {
        say(&format!(
            "  The address was {former} before: apps that were connected there have to be added again."
        ));
    }
    say("");
    Ok(())
}
