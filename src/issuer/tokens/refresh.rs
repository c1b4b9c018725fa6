//! `grant_type=refresh_token`

use super::chain::{Fresh, Link, find, head};
use super::{ClientProof, Issued, Outcome, Tokens, is_active};
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::issuer::clients::authenticate;
use crate::issuer::{Issuer, IssuerError, revoke};
use crate::oauth::{
    Grant, Refresh, RefreshDecision, decide_refresh, refreshed_scopes, unknown_refresh_token,
};
use crate::secret::Secret;
use crate::store::{StoreError, Tx};

/// What a client presents to go on.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// `refresh_token`
    pub token: Secret,
    /// `scope`
    pub scope: Option<String>,
    /// Every `resource`.
    pub resources: Vec<String>,
}

impl Issuer {
    /// Answers a refresh token (OAuth 2.1 section 4.3).
    pub async fn refresh(&self, proof: ClientProof, renewal: Renewal) -> Result<Tokens, IssuerError> {
        self.check_resources(&renewal.resources)?;
        let (now, policy, fresh) = (self.0.clock.now(), self.policy().clone(), Fresh::new());
        let this = self.clone();
        let Renewal { token, scope, .. } = renewal;
        let unit = move |tx: &mut dyn Tx| -> Outcome<Issued> {
            let client = match authenticate(tx, &proof, now)? {
                Ok(client) => client,
                Err(error) => return Ok(Err(error)),
            };
            let Some((presented, live, mut grant)) = find(tx, &token)? else {
                return Ok(Err(unknown_refresh_token()));
            };
            grant.used_generation = grant.used_generation.max(this.0.bearer.used_generation(grant.id));
            // Before anything changes: a request that asks for too much must not cost the token.
            let scopes = match refreshed_scopes(grant.scopes, scope.as_deref()) {
                Ok(scopes) => scopes,
                Err(error) => return Ok(Err(error)),
            };
            let facts = Refresh {
                client: &client.id,
                presented: &presented,
                live: &live,
                grant: &grant,
                user_active: is_active(tx, grant.user)?,
                replay_window: policy.refresh_replay_window,
            };
            let link = Link {
                held: &token,
                grant: &grant,
                idle: policy.refresh_token_idle_ttl,
                fresh: &fresh,
                now,
            };
            let (generation, refresh) = match decide_refresh(&facts, now) {
                RefreshDecision::Refuse(error) => return Ok(Err(error)),
                RefreshDecision::Revoke(reason, error) => {
                    record(tx, EventKind::RefreshReuse, &grant, now)?;
                    return revoke(tx, &grant, reason, now).map(|()| Err(error));
                }
                RefreshDecision::Rotate => link.rotate(tx, &presented)?,
                RefreshDecision::Repeat => {
                    let Some(head) = head(tx, &presented, &token, &live)? else {
                        // Not a reuse to end the grant for: whoever holds the live token goes on.
                        return Ok(Err(unknown_refresh_token()));
                    };
                    record(tx, EventKind::RefreshRaceReplay, &grant, now)?;
                    (live.generation, head)
                }
                RefreshDecision::Replace => {
                    tracing::info!(grant.id = %grant.id, "replaced a refresh token whose answer was lost");
                    link.replace(tx, &presented, &live)?
                }
            };
            Ok(Ok(Issued {
                grant,
                generation,
                refresh: Some(refresh),
                scopes,
                nonce: None,
            }))
        };
        let issued = self.0.store.write(unit).await??;
        self.tokens(issued, now).await
    }
}

fn record(tx: &mut dyn Tx, kind: EventKind, grant: &Grant, now: Timestamp) -> Result<(), StoreError> {
    let event = Event::new(kind, now);
    tx.record(&event.user(grant.user).client(&grant.client).grant(grant.id))
}
