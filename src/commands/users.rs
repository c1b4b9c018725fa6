//! `chess-mcp users …`

use std::io::Read as _;

use super::say;
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::issuer::Accounts;
use crate::secret::Secret;

/// Longest password that is read, with its newline, in bytes.
const MAX_INPUT: u64 = 4096;

pub(crate) fn open(config: &Config) -> anyhow::Result<Accounts> {
    Ok(Accounts::new(app::open_store(config)?, Clock::System))
}

pub(crate) async fn add(accounts: &Accounts, name: &str, from_stdin: bool) -> anyhow::Result<()> {
    let (password, generated) = password(from_stdin)?;
    accounts.add(name, &password).await?;
    say(&format!("added {name}"));
    tell(&password, generated);
    Ok(())
}

pub(crate) async fn passwd(accounts: &Accounts, name: &str, from_stdin: bool) -> anyhow::Result<()> {
    let (password, generated) = password(from_stdin)?;
    accounts.set_password(name, &password).await?;
    say(&format!(
        "changed the password of {name} and ended the browser sessions"
    ));
    tell(&password, generated);
    Ok(())
}

pub(crate) async fn list(accounts: &Accounts) -> anyhow::Result<()> {
    for person in accounts.list().await? {
        let user = &person.user;
        let local = person.username.iter().map(|name| name.as_str().to_owned());
        let told = person.told.iter();
        let elsewhere = told.map(|told| format!("{}:{}", told.provider, told.key.subject));
        let names: Vec<String> = local.chain(elsewhere).collect();
        let names = match names.as_slice() {
            [] if user.is_guest => "guest".to_owned(),
            [] => "-".to_owned(),
            names => names.join(", "),
        };
        let state = if user.is_active() { "active" } else { "disabled" };
        say(&format!(
            "{names}\t{state}\tsince {}\t{}\t{}",
            user.created_at.date(),
            user.id,
            user.name
        ));
    }
    Ok(())
}

pub(crate) async fn disable(accounts: &Accounts, name: &str) -> anyhow::Result<()> {
    accounts.disable(name).await?;
    say(&format!("{name} is shut out"));
    Ok(())
}

pub(crate) async fn enable(accounts: &Accounts, name: &str) -> anyhow::Result<()> {
    accounts.enable(name).await?;
    say(&format!("{name} may sign in again"));
    Ok(())
}

pub(crate) async fn remove(accounts: &Accounts, name: &str) -> anyhow::Result<()> {
    accounts.remove(name).await?;
    say(&format!("removed {name} and all their games"));
    Ok(())
}

/// The password, and whether we made it.
fn password(from_stdin: bool) -> anyhow::Result<(Secret, bool)> {
    if !from_stdin {
        return Ok((Accounts::generate_password(), true));
    }
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(MAX_INPUT)
        .read_to_string(&mut text)?;
    let line = text
        .strip_suffix('\n')
        .map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok((Secret::new(line.to_owned()), false))
}

fn tell(password: &Secret, generated: bool) {
    if generated {
        say(&format!("password: {}", password.expose()));
        say("It is shown only now; `chess-mcp users passwd` makes a new one.");
    }
}
