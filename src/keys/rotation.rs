//! The ring of keys moves on: by the schedule, by hand, or at once.
//!
//! A running server notices by itself (see [`KeyRing::follow`]), whoever made the change.

use super::KeyError;
use super::ring::KeyRing;
use super::schedule::{KeyFacts, Outlook, PUBLISHED_FOR, Step, decide_rotation, outlook};
use super::signing::generate;
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::oauth::ClientId;
use crate::store::{Fact, KeyState, StoreError, StoredKey, Tx};

/// A key as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// Its id, as in the header of what it signed.
    pub kid: String,
    /// What it is used for.
    pub state: KeyState,
    /// Since when.
    pub since: Timestamp,
    /// What comes next.
    pub outlook: Outlook,
}

/// The key that signs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its id.
    pub kid: String,
    /// From when it signs, if a server runs then.
    pub signs_from: Timestamp,
    /// Whether it was published before, and nothing changed now.
    pub already: bool,
}

/// The ring after every former key was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The key that signs now.
    pub kid: String,
    /// The keys whose signatures are void.
    pub dropped: Vec<String>,
}

impl KeyRing {
    /// Does what the schedule wants done by `now`; mostly nothing.
    pub async fn rotate_when_due(&self, now: Timestamp) -> Result<(), KeyError> {
        let due = self
            .store
            .read(move |tx| Ok::<_, StoreError>(decide_rotation(&facts(tx)?, now)))
            .await?;
        if due.is_empty() {
            return Ok(());
        }
        let wanted = due.iter().find_map(|step| match step {
            Step::Make(state) => Some(*state),
            Step::Move(..) | Step::Forget(_) => None,
        });
        let made = match wanted {
            Some(state) => Some(self.make(state, now).await?),
            None => None,
        };
        self.change(move |tx| {
            // Decided again: another process may have been first.
            let steps = decide_rotation(&facts(tx)?, now);
            take(tx, &steps, made.as_ref(), now)
        })
        .await
    }

    /// Publishes the key that signs from a day later; says so when one waits already.
    pub async fn publish_next(&self, now: Timestamp) -> Result<Published, KeyError> {
        let key = self.make(KeyState::Next, now).await?;
        self.change(move |tx| {
            let waiting = tx.keys()?.into_iter().find(|key| key.state == KeyState::Next);
            let already = waiting.is_some();
            if !already {
                insert(tx, &key, now)?;
            }
            let next = waiting.as_ref().unwrap_or(&key);
            Ok(Published {
                kid: next.kid.clone(),
                signs_from: next.state_since + PUBLISHED_FOR,
                already,
            })
        })
        .await
    }

    /// Makes a key that signs at once and drops every other one, also those that were only published: whatever
    /// they signed is void from the next request on. For keys that somebody else may have.
    pub async fn replace_all(&self, now: Timestamp) -> Result<Replaced, KeyError> {
        let key = self.make(KeyState::Active, now).await?;
        self.change(move |tx| {
            let dropped: Vec<String> = tx.keys()?.into_iter().map(|key| key.kid).collect();
            for kid in &dropped {
                forget(tx, kid, now)?;
            }
            insert(tx, &key, now)?;
            Ok(Replaced {
                kid: key.kid.clone(),
                dropped,
            })
        })
        .await
    }

    /// Every key with what comes next, newest first.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<ListedKey>, KeyError> {
        let keys = self.store.read(facts).await?;
        let listed = keys.iter().map(|key| ListedKey {
            kid: key.kid.clone(),
            state: key.state,
            since: key.since,
            outlook: outlook(&keys, key, now),
        });
        Ok(listed.collect())
    }

    async fn make(&self, state: KeyState, now: Timestamp) -> Result<StoredKey, KeyError> {
        let sealer = self.sealer.clone();
        #[expect(clippy::disallowed_methods, reason = "once a month, or by hand")]
        let task = tokio::task::spawn_blocking(move || generate(&sealer, state, now));
        task.await.map_err(|_| KeyError::Generation)?
    }

    /// Changes the ring in one unit, unless the master key was replaced since it was opened: what this ring seals
    /// would never open again.
    async fn change<T: Send + 'static>(
        &self,
        unit: impl Fn(&mut dyn Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let ours = self.sealer.key_id().to_owned();
        self.store
            .write(move |tx| {
                let in_use = tx.fact(Fact::MasterKeyId)?;
                if in_use.is_some_and(|id| id != ours) {
                    return Err(KeyError::MasterReplaced);
                }
                Ok(unit(tx)?)
            })
            .await
    }
}

/// The keys as the schedule sees them, newest first.
fn facts(tx: &mut dyn Tx) -> Result<Vec<KeyFacts>, StoreError> {
    let command_line = ClientId::command_line();
    let mut facts = Vec::new();
    for key in tx.keys()? {
        let needed_until = match key.state {
            KeyState::Retiring => tx.last_end(&command_line, key.state_since)?,
            KeyState::Next | KeyState::Active => None,
        };
        facts.push(KeyFacts {
            kid: key.kid,
            state: key.state,
            since: key.state_since,
            needed_until,
        });
    }
    Ok(facts)
}

fn take(tx: &mut dyn Tx, steps: &[Step], made: Option<&StoredKey>, now: Timestamp) -> Result<(), StoreError> {
    for step in steps {
        match step {
            // What became due between the two looks waits for the next time.
            Step::Make(state) => {
                if let Some(key) = made.filter(|key| key.state == *state) {
                    insert(tx, key, now)?;
                }
            }
            Step::Move(kid, state) => {
                tx.set_key_state(kid, *state, now)?;
                record(tx, kid, state.name(), now)?;
            }
            Step::Forget(kid) => forget(tx, kid, now)?,
        }
    }
    Ok(())
}

fn insert(tx: &mut dyn Tx, key: &StoredKey, now: Timestamp) -> Result<(), StoreError> {
    tx.insert_key(key)?;
    record(tx, &key.kid, key.state.name(), now)
}

fn forget(tx: &mut dyn Tx, kid: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.delete_key(kid)?;
    record(tx, kid, "dropped", now)
}

fn record(tx: &mut dyn Tx, kid: &str, state: &'static str, now: Timestamp) -> Result<(), StoreError> {
    tracing::info!(kid, state, "a signing key moved on");
    tx.record(&Event::new(EventKind::KeyRotated, now).detail(format!("{kid} {state}")))
}
