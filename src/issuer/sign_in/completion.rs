//! The end of a sign-in: the grant and its code.

use super::Policy;
use crate::audit::{Event, EventKind};
use crate::clock::{Seconds, Timestamp};
use crate::id::GrantId;
use crate::issuer::unredeemed::end_unredeemed;
use crate::issuer::{IssuerError, at_fault, revoke};
use crate::oauth::{
    AuthorizationCode, Grant, Proven, RevokeReason, Scope, ScopeSet, SignIn, SignInFault, Stage,
};
use crate::secret::{Secret, random};
use crate::store::{StoreError, Tx};

/// Life of a connection whose person did not want it to last.
const UNWANTED_LIFE: Seconds = Seconds(24 * 3600);

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

/// Makes the grant and its code. A second press of the same button gets a fresh code in place of the first.
pub(super) fn complete(
    tx: &mut dyn Tx,
    sign_in: &SignIn,
    proven: Proven,
    fresh: &Fresh,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), IssuerError> {
    let grant = if let Stage::Done { grant, .. } = sign_in.stage {
        let unredeemed = tx.unredeemed_code(grant)?.ok_or_else(|| done(sign_in))?;
        let same = tx
            .grant(grant)?
            .is_some_and(|grant| grant.user == proven.user && grant.is_live(now));
        if !same {
            return Err(done(sign_in));
        }
        tx.delete_code(unredeemed.digest)?;
        grant
    } else {
        let scopes = sign_in.allowed().map_err(|fault| at_fault(sign_in, fault))?;
        make_grant(tx, sign_in, scopes, proven, fresh, policy, now)?
    };
    let request = &sign_in.request;
    tx.insert_code(&AuthorizationCode {
        digest: fresh.code.digest(),
        grant,
        client: request.client.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        expires_at: now + policy.code_ttl,
        redeemed_at: None,
    })?;
    Ok(())
}

fn done(sign_in: &SignIn) -> IssuerError {
    at_fault(sign_in, SignInFault::Done)
}

/// How long the connection lasts: the person may have left out that it stays.
fn life(asked: ScopeSet, allowed: ScopeSet, policy: &Policy) -> Seconds {
    let unwanted = asked.contains(Scope::OfflineAccess) && !allowed.contains(Scope::OfflineAccess);
    if unwanted {
        UNWANTED_LIFE.min(policy.refresh_token_ttl)
    } else {
        policy.refresh_token_ttl
    }
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
        snapshot: sign_in.client.clone(),
        destination: sign_in.request.redirect_uri.destination(),
        scopes,
        auth_time: proven.auth_time,
        created_at: now,
        expires_at: now + life(sign_in.request.scopes, scopes, policy),
        last_used_at: now,
        used_generation: 0,
        revoked_at: None,
    };
    tx.activate_client(client, now)?;
    tx.insert_grant(&grant)?;
    let made = Event::new(EventKind::GrantMade, now).reference(sign_in.reference);
    tx.record(&made.user(grant.user).client(client).grant(grant.id))?;
    tx.set_stage(
        sign_in.handle,
        Stage::Done {
            grant: grant.id,
            at: now,
        },
    )?;
    // Nobody is crowded out by a sign-in that its app never finished.
    end_unredeemed(tx, now)?;
    let others = tx.grants_of(proven.user, client)?;
    let live = others
        .iter()
        .filter(|other| other.is_live(now) && other.id != grant.id);
    let keep = usize::try_from(policy.grants_per_client.saturating_sub(1)).unwrap_or(usize::MAX);
    let crowded = live.clone().count().saturating_sub(keep);
    for longest_idle in live.take(crowded) {
        revoke(tx, longest_idle, RevokeReason::Crowded, now)?;
    }
    Ok(grant.id)
}
