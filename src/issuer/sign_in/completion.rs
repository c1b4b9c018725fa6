//! The end of a sign-in: the grant and its code.

use super::Policy;
use crate::clock::Timestamp;
use crate::id::{GrantId, UserId};
use crate::issuer::IssuerError;
use crate::oauth::{AuthorizationCode, Grant, RevokeReason, ScopeSet, SignIn, SignInFault, Stage};
use crate::secret::{Secret, random};
use crate::store::{StoreError, Tx};

/// Secrets made before a unit runs.
pub(super) struct Fresh {
    pub(super) code: Secret,
    grant: [u8; 10],
}

impl Fresh {
    pub(super) fn new() -> Self {
        Self {
            code: Secret::bearer("ac", random()),
            grant: random(),
        }
    }
}

/// A person who proved who they are.
#[derive(Clone, Copy)]
pub(super) struct Proven {
    pub(super) user: UserId,
    pub(super) auth_time: Timestamp,
}

/// Makes the grant and its code. A second press of the same button gets a fresh code in place of the first.
pub(super) fn complete(
    tx: &mut dyn Tx,
    sign_in: &SignIn,
    proven: Proven,
    fresh: &Fresh,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), IssuerError> {
    let grant = match sign_in.stage {
        Stage::Done { grant, .. } => {
            let unredeemed = tx.unredeemed_code(grant)?.ok_or(SignInFault::Done)?;
            let same = tx
                .grant(grant)?
                .is_some_and(|grant| grant.user == proven.user && grant.is_live(now));
            if !same {
                return Err(SignInFault::Done.into());
            }
            tx.delete_code(unredeemed.digest)?;
            grant
        }
        _ => make_grant(tx, sign_in, sign_in.allowed()?, proven, fresh, policy, now)?,
    };
    let request = &sign_in.request;
    tx.insert_code(&AuthorizationCode {
        digest: fresh.code.digest(),
        grant,
        client: request.client.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        expires_at: now + policy.code_ttl,
        redeemed_at: None,
    })?;
    Ok(())
}

fn make_grant(
    tx: &mut dyn Tx,
    sign_in: &SignIn,
    scopes: ScopeSet,
    proven: Proven,
    fresh: &Fresh,
    policy: &Policy,
    now: Timestamp,
) -> Result<GrantId, StoreError> {
    let client = &sign_in.request.client;
    let grant = Grant {
        id: GrantId::new(now, fresh.grant),
        user: proven.user,
        client: client.clone(),
        destination: sign_in.request.redirect_uri.destination(),
        scopes,
        auth_time: proven.auth_time,
        created_at: now,
        expires_at: now + policy.refresh_token_ttl,
        last_used_at: now,
        used_generation: 0,
        revoked_at: None,
    };
    tx.activate_client(client, now)?;
    tx.insert_grant(&grant)?;
    tx.set_stage(
        sign_in.handle,
        Stage::Done {
            grant: grant.id,
            at: now,
        },
    )?;
    let others = tx.grants_of(proven.user, client)?;
    let live = others
        .iter()
        .filter(|other| other.is_live(now) && other.id != grant.id);
    let keep = usize::try_from(policy.grants_per_client.saturating_sub(1)).unwrap_or(usize::MAX);
    let crowded = live.clone().count().saturating_sub(keep);
    for longest_idle in live.take(crowded) {
        tx.revoke_grant(longest_idle.id, now, RevokeReason::Crowded)?;
    }
    Ok(grant.id)
}
