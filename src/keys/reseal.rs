//! A new master key for everything that the former one sealed, in one transaction.

use super::master::{CANARY, CANARY_PLACE};
use super::signing::reseal;
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::secret::{MasterKey, Unsealable, random};
use crate::store::{Fact, Store, StoreError, StoredKey};

/// Why the master key was not replaced. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// Something does not open with the former key.
    #[error("a signing key does not open, so nothing was changed: {0}")]
    Sealed(#[from] Unsealable),
    /// Another process made, moved or dropped a signing key.
    #[error("the signing keys changed meanwhile, and nothing else did: run this again")]
    Changed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals every private key, and the canary, under `new`; says how many keys. Whoever still holds the former key
/// opens backups from before, and nothing else.
///
/// No other process may use the sealed values meanwhile: the caller holds the lock of the database. Where `new` is
/// kept is the caller's business too, and has to be settled before.
pub async fn reseal_database(
    store: &Store,
    former: &MasterKey,
    new: &MasterKey,
    now: Timestamp,
) -> Result<usize, ResealError> {
    let (from, to) = (former.sealer(), new.sealer());
    let keys = store.read(|tx| tx.keys()).await?;
    let resealed: Vec<(StoredKey, String)> = keys
        .into_iter()
        .map(|key| reseal(&key, &from, &to, random()).map(|sealed| (key, sealed)))
        .collect::<Result<_, _>>()?;
    let count = resealed.len();
    let canary = to.seal(CANARY_PLACE, CANARY, random());
    let (former, new) = (former.id(), new.id());
    store
        .write(move |tx| {
            let unchanged = tx.keys()?.iter().eq(resealed.iter().map(|(key, _)| key));
            if !unchanged || tx.fact(Fact::MasterKeyId)?.as_deref() != Some(former.as_str()) {
                return Err(ResealError::Changed);
            }
            for (key, sealed) in &resealed {
                tx.reseal_key(&key.kid, sealed)?;
            }
            tx.set_fact(Fact::Canary, &canary)?;
            tx.set_fact(Fact::MasterKeyId, &new)?;
            let replaced = Event::new(EventKind::MasterKeyRotated, now);
            Ok(tx.record(&replaced.detail(format!("{former} gave way to {new}")))?)
        })
        .await?;
    Ok(count)
}
