//! What is kept: the database, the master key, the signing keys, and the clock they go by.

use super::Check;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::keys::{self, MasterKeyError};
use crate::secret::MasterKey;
use crate::store::{self, Fact, KeyState, StoreError, StoredKey};

/// What the other checks go on from.
struct Kept {
    master_key_id: Option<String>,
    canary: Option<String>,
    signing_keys: Vec<StoredKey>,
}

pub(super) fn look(config: &Config, broken: &impl Fn(&[&str]) -> bool) -> Vec<Check> {
    const DATABASE: &str = "database";
    if broken(&["STATE_DIR", "DATABASE_URL"]) {
        return vec![Check::skipped(DATABASE, "the settings do not say where it is")];
    }
    let path = config.database_url.path();
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => {
            let detail = format!(
                "there is none at {} yet: the first start makes it",
                path.display()
            );
            return vec![Check::ok(DATABASE, detail)];
        }
        Err(error) => {
            let detail = format!("{} cannot be reached: {error}", path.display());
            return vec![Check::problem(DATABASE, detail, READABLE)];
        }
    }
    let kept = match read(config) {
        Ok(kept) => kept,
        Err(error) => {
            let detail = format!("{} does not open: {error}", path.display());
            return vec![Check::problem(DATABASE, detail, remedy(&error))];
        }
    };
    let mut checks = vec![Check::ok(DATABASE, format!("{} is whole", path.display()))];
    checks.extend(keys(config, &kept, broken));
    checks.push(clock(&kept.signing_keys));
    checks
}

const READABLE: &str = "make the file and its directory readable and writable for the user that runs the \
                        server, or correct STATE_DIR";

fn read(config: &Config) -> Result<Kept, StoreError> {
    store::look(&config.database_url, |tx| {
        Ok(Kept {
            master_key_id: tx.fact(Fact::MasterKeyId)?,
            canary: tx.fact(Fact::Canary)?,
            signing_keys: tx.keys()?,
        })
    })
}

fn remedy(error: &StoreError) -> &'static str {
    match error {
        StoreError::Newer { .. } => "install the newer program again, or `chess-mcp restore` an older copy",
        StoreError::Foreign => "set DATABASE_URL to the right file, or `chess-mcp restore` a backup",
        StoreError::Full => "free some space on its volume",
        StoreError::Busy => "stop the other program that works on it",
        StoreError::Corrupt { .. } | StoreError::Stopped => "`chess-mcp restore` a backup",
        StoreError::Backend(_) => {
            "make the file and its directory readable for this user; if it is damaged, `chess-mcp restore` a backup"
        }
    }
}

fn keys(config: &Config, kept: &Kept, broken: &impl Fn(&[&str]) -> bool) -> Vec<Check> {
    const MASTER: &str = "master key";
    if broken(&["MASTER_KEY"]) {
        return vec![Check::skipped(MASTER, "MASTER_KEY is wrong")];
    }
    let (Some(id), Some(canary)) = (&kept.master_key_id, &kept.canary) else {
        return vec![Check::ok(MASTER, "the first start makes it")];
    };
    match keys::prove(&config.master_key, &config.master_key_file(), id.clone(), canary) {
        Ok(key) => vec![
            Check::ok(MASTER, format!("{id} opens the database")),
            signing(&key, kept.signing_keys.clone()),
        ],
        Err(error) => {
            let remedy = match &error {
                MasterKeyError::File { .. } => "make the file readable for the user that runs the server",
                MasterKeyError::Malformed { .. }
                | MasterKeyError::Wrong { .. }
                | MasterKeyError::Store(_) => {
                    "put back the key that belongs to this database: it is kept with your backups, or in the \
                     master.key of the former STATE_DIR"
                }
            };
            vec![Check::problem(MASTER, error.to_string(), remedy)]
        }
    }
}

fn signing(master: &MasterKey, stored: Vec<StoredKey>) -> Check {
    const NAME: &str = "signing key";
    if stored.is_empty() {
        return Check::ok(NAME, "the next start makes it");
    }
    let signs = stored.iter().find(|key| key.state == KeyState::Active);
    let Some(signs) = signs.map(|key| key.kid.clone()) else {
        return Check::ok(NAME, "the next start lets one sign");
    };
    match keys::open_all(stored, &master.sealer()) {
        Ok(()) => Check::ok(NAME, format!("{signs} is ready to sign")),
        Err(error) => Check::problem(NAME, error.to_string(), "`chess-mcp restore` a backup"),
    }
}

/// Tokens are good from one time to another; a clock that is wrong makes all of them bad.
fn clock(stored: &[StoredKey]) -> Check {
    const NAME: &str = "clock";
    let now = Clock::System.now();
    let newest = stored.iter().map(|key| key.created_at).max();
    let earliest = newest.unwrap_or(Timestamp::from_seconds(0));
    if now < earliest {
        let detail = format!(
            "it says {}, before the newest signing key was made ({})",
            now.date_time(),
            earliest.date_time()
        );
        return Check::problem(NAME, detail, "set the clock of this machine, best by NTP");
    }
    Check::ok(NAME, format!("{} UTC", now.date_time()))
}
