//! `chess-mcp serve`: the server, and what it tells whoever started it.
//!
//! # Design
//!
//! The address is part of everything that is put together, so a server whose tunnel has moved is put together
//! again: what runs is finished, then the next one takes over the listener and the lock, which stay.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::say;
use crate::app::{self, App};
use crate::config::{Config, PublicAddress};
use crate::id::BootId;
use crate::issuer::{Accounts, OWNER};
use crate::metrics::{self, Numbers};
use crate::net::{Net, SystemResolver};
use crate::urls::PublicUrl;
use crate::{server, tunnel};

/// A tunnel that was started with us may take a moment: when to look again through one that leads nowhere.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(15)];

pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    app::prepare_directory(config.database_url.path())?;
    let mut lock = app::lock(&config).await?;
    let (listener, bound) = listen(config.bind_addr, "--bind").await?;
    lock.name(bound);
    let stop = CancellationToken::new();
    server::stop_on_signals(stop.clone()).context("signals cannot be received")?;
    let numbers = count(&config, &stop).await?;
    let net = Net::new(SystemResolver, false);
    let mut tunnels = match &config.public_url {
        PublicAddress::Tunnel => Some(server::hangups().context("signals cannot be received")?),
        PublicAddress::Bound | PublicAddress::Given(_) => None,
    };
    let mut public_url = address(&config, &net, bound).await;
    let mut again = false;
    loop {
        let running = stop.child_token();
        let app = App::open(&config, public_url.clone(), numbers.clone(), &running).await?;
        greet(&config, &app).await?;
        if !again {
            say(&format!("listening on http://{bound}"));
        }
        if !public_url.is_loopback() {
            tokio::spawn(check(net.clone(), public_url.clone(), app.boot));
        }
        let serving = server::run(&listener, app, running.clone());
        let moved = async {
            let url = moved(tunnels.as_mut(), &net, bound, &public_url).await;
            running.cancel();
            url
        };
        public_url = match both(serving, moved, &stop).await {
            Some(url) => url,
            None => return Ok(()),
        };
        again = true;
    }
}

/// Serves until the address has moved, which is returned once everything has ended; `None`: until the end.
async fn both(
    serving: impl Future<Output = ()>,
    moved: impl Future<Output = PublicUrl>,
    stop: &CancellationToken,
) -> Option<PublicUrl> {
    tokio::pin!(serving);
    let url = tokio::select! {
        () = &mut serving => return None,
        url = moved => url,
    };
    serving.await;
    (!stop.is_cancelled()).then_some(url)
}

async fn listen(address: SocketAddr, flag: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: stop what uses that port, or choose another one with {flag}")
    })?;
    let bound = listener
        .local_addr()
        .context("the listening address is unknown")?;
    Ok((listener, bound))
}

/// Begins to count, where somebody wants to know.
async fn count(config: &Config, stop: &CancellationToken) -> anyhow::Result<Option<Numbers>> {
    let Some(address) = config.metrics_addr else {
        return Ok(None);
    };
    let (listener, bound) = listen(address, "--metrics-addr").await?;
    let numbers = metrics::install().context("metrics are counted already")?;
    tokio::spawn(server::serve_numbers(listener, numbers.clone(), stop.clone()));
    say(&format!("metrics on http://{bound}/metrics"));
    Ok(Some(numbers))
}

/// Where people reach us.
async fn address(config: &Config, net: &Net, bound: SocketAddr) -> PublicUrl {
    match &config.public_url {
        PublicAddress::Given(url) => url.clone(),
        PublicAddress::Bound => PublicUrl::loopback(bound),
        PublicAddress::Tunnel => ask(net, bound).await,
    }
}

async fn ask(net: &Net, bound: SocketAddr) -> PublicUrl {
    let Some(found) = tunnel::find(net, bound.port()).await else {
        say(&format!(
            "No tunnel on this machine leads to port {}: the server is on loopback. Start one (`ngrok http {0}`, or",
            bound.port()
        ));
        say(&format!(
            "`tailscale funnel --bg {}`), then send SIGHUP: `kill -HUP {}`.",
            bound.port(),
            std::process::id()
        ));
        return PublicUrl::loopback(bound);
    };
    tracing::info!(url = %found.url, tunnel = found.tunnel, "found the public address");
    found.url
}

/// Waits until a tunnel gives another address than `present`; forever when none is asked.
async fn moved(hangups: Option<&mut Signal>, net: &Net, bound: SocketAddr, present: &PublicUrl) -> PublicUrl {
    let Some(hangups) = hangups else {
        return std::future::pending().await;
    };
    loop {
        if hangups.recv().await.is_none() {
            return std::future::pending().await;
        }
        let url = ask(net, bound).await;
        if url != *present {
            tracing::info!(former = %present, now = %url, "the public address has moved");
            return url;
        }
        tracing::info!(url = %present, "the public address is the same");
    }
}

/// Looks at ourselves from outside, and says what it sees.
async fn check(net: Net, url: PublicUrl, boot: BootId) {
    let mut waits = LOOK_AGAIN.into_iter();
    let mut told = false;
    loop {
        let Err(fault) = tunnel::look(&net, &url, Some(boot)).await else {
            return say(&format!("{url} leads here: it can be pasted."));
        };
        if !told {
            tracing::warn!(%fault, remedy = fault.remedy(), "the public address does not lead here");
            say(&format!("Apps cannot connect yet: {fault}."));
            say(&format!("Remedy: {}.", fault.remedy()));
            told = true;
        }
        match waits.next() {
            Some(wait) => sleep(wait).await,
            None => return,
        }
    }
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
    if config.policy.local_sign_in {
        tell_local_sign_in(config, app).await?;
    }
    for provider in &config.providers {
        say(&format!(
            "  Sign in with {}; it must know this callback:",
            provider.label
        ));
        say(&format!("    {}", url.callback(&provider.id)));
    }
    if let Some(former) = app.issuer.remember_issuer().await? {
        say(&format!(
            "  The address was {former} before: apps that were connected there have to be added again."
        ));
    }
    say("");
    Ok(())
}

/// Makes the first account, and says how to sign in with one.
async fn tell_local_sign_in(config: &Config, app: &App) -> anyhow::Result<()> {
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
    Ok(())
}
