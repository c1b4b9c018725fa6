//! `chess-mcp keys …`

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::say;
use crate::app;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::keys::{self, MasterKeySource, Outlook};
use crate::secret::{MasterKey, random};

pub(crate) async fn list(config: &Config) -> anyhow::Result<()> {
    let store = app::open_store(config)?;
    let now = Clock::System.now();
    for key in app::open_keys(config, &store).await?.1.list(now).await? {
        say(&format!(
            "{}\t{}\tsince {}\t{}",
            key.kid,
            key.state.name(),
            key.since.date_time(),
            words(key.outlook, now)
        ));
    }
    Ok(())
}

fn words(outlook: Outlook, now: Timestamp) -> String {
    let (ahead, due, at) = match outlook {
        Outlook::Signs(at) => ("signs from", "signs", at),
        Outlook::Retires(at) => ("signs until", "gives way", at),
        Outlook::Ends(at) => ("is kept until", "is deleted", at),
    };
    if at > now {
        format!("{ahead} {}", at.date_time())
    } else {
        format!("{due} as soon as a server runs")
    }
}

pub(crate) async fn rotate(config: &Config, at_once: bool) -> anyhow::Result<()> {
    let store = app::open_store(config)?;
    let (_, ring) = app::open_keys(config, &store).await?;
    let now = Clock::System.now();
    if at_once {
        let replaced = ring.replace_all(now).await?;
        say(&format!("{} signs from now on", replaced.kid));
        for kid in replaced.dropped {
            say(&format!("{kid} is dropped"));
        }
        say(
            "Access tokens from before are void at their next use. Apps fetch new ones by themselves, nobody has to \
             sign in again; tokens that `chess-mcp token` printed have to be printed again.",
        );
        return Ok(());
    }
    let next = ring.publish_next(now).await?;
    let verb = if next.already {
        "is published already"
    } else {
        "is published"
    };
    say(&format!("{} {verb}", next.kid));
    say(&format!(
        "It signs from {} on, if the server runs then; the key before it stays until its last token has ended. \
         Nobody has to do anything.",
        next.signs_from.date_time()
    ));
    Ok(())
}

pub(crate) async fn rotate_master(config: &Config) -> anyhow::Result<()> {
    app::prepare_directory(config.database_url.path())?;
    let _lock = app::lock(config).await?;
    let store = app::open_store(config)?;
    let file = config.master_key_file();
    let former = keys::unlock(&store, &config.master_key, &file).await?;
    let new = MasterKey::new(random());
    match &config.master_key {
        MasterKeySource::File(path) => keys::exchange_file(path, &new)?,
        // Before the database needs it: a key that nobody has seen must not seal anything.
        MasterKeySource::Given(_) => hand_over(&new)?,
    }
    let resealed = keys::reseal_database(&store, &former, &new, Clock::System.now()).await;
    if resealed.is_err() {
        // Puts the former key back into its file.
        keys::unlock(&store, &config.master_key, &file).await?;
    }
    let count = resealed?;
    store.close().await;
    say(&format!(
        "The database needs master key {} from now on; {count} signing keys are sealed with it.",
        new.id()
    ));
    say(&farewell(&config.master_key, &former));
    Ok(())
}

/// Shows a new key to whoever keeps it outside, once, and makes sure that it was written.
fn hand_over(new: &MasterKey) -> anyhow::Result<()> {
    let lines = format!(
        "MASTER_KEY={}\nPut this in the place of the former value as soon as the next line says that the database \
         needs it; it is shown only now.\n",
        *new.to_base64()
    );
    let mut out = std::io::stdout().lock();
    out.write_all(lines.as_bytes())
        .and_then(|()| out.flush())
        .context("the new key could not be shown, so nothing was changed")
}

fn farewell(source: &MasterKeySource, former: &MasterKey) -> String {
    let former = former.id();
    let kept = |path: &Path| keys::previous(path).display().to_string();
    match source {
        MasterKeySource::File(path) => format!(
            "The former key {former} is kept in {}, because backups from before need it: make a new backup, then \
             delete it.",
            kept(path)
        ),
        MasterKeySource::Given(_) => {
            format!("Backups from before need the former key {former}: make a new backup, then forget it.")
        }
    }
}
