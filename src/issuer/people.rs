//! Who somebody is here, by what a provider told of them.
//!
//! # Design
//!
//! Issuer and subject decide and nothing else: the same e-mail address at two providers may be two people, and an
//! address that is free again belongs to somebody new.

use crate::account::{Identity, UpstreamIdentity, User};
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::oauth::clean_name;
use crate::store::{StoreError, Tx};

/// How somebody is called whose provider told nothing that can be shown.
const NAMELESS: &str = "Player";

/// The person behind a provider's account: known, or new under the id `fresh`. `None`: they are shut out.
pub(super) fn recognise(
    tx: &mut dyn Tx,
    told: &UpstreamIdentity,
    fresh: UserId,
    now: Timestamp,
) -> Result<Option<User>, StoreError> {
    let Some(known) = tx.identity(&told.key)? else {
        return newcomer(tx, told, fresh, now).map(Some);
    };
    let Some(user) = tx.user(known.user)?.filter(User::is_active) else {
        return Ok(None);
    };
    tx.keep_identity(&Identity {
        told: told.clone(),
        last_used_at: now,
        ..known
    })?;
    Ok(Some(user))
}

fn newcomer(
    tx: &mut dyn Tx,
    told: &UpstreamIdentity,
    id: UserId,
    now: Timestamp,
) -> Result<User, StoreError> {
    let name = clean_name(told.display_name());
    let user = User {
        id,
        name: if name.is_empty() {
            NAMELESS.to_owned()
        } else {
            name
        },
        created_at: now,
        disabled_at: None,
        is_guest: false,
    };
    tx.insert_user(&user)?;
    tx.keep_identity(&Identity {
        user: id,
        told: told.clone(),
        linked_at: now,
        last_used_at: now,
    })?;
    let made = Event::new(EventKind::AccountMade, now).user(id);
    tx.record(&made.detail(format!("through {}", told.provider)))?;
    Ok(user)
}
