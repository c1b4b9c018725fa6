//! `grant_type=authorization_code`

use super::chain::{Fresh, first};
use super::{ClientProof, Issued, Outcome, Tokens, is_active};
use crate::audit::{Event, EventKind};
use crate::issuer::clients::authenticate;
use crate::issuer::{Issuer, IssuerError, revoke};
use crate::oauth::{
    AuthorizationCode, ExchangeDecision, Grant, Redemption, RevokeReason, decide_exchange, unknown_code,
};
use crate::secret::Secret;
use crate::store::{StoreError, Tx};

/// What a client presents with a code.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// `code`
    pub code: Secret,
    /// `redirect_uri`
    pub redirect_uri: String,
    /// `code_verifier`
    pub verifier: Secret,
    /// Every `resource`.
    pub resources: Vec<String>,
}

impl Issuer {
    /// Redeems an authorization code (OAuth 2.1 section 4.1.3).
    pub async fn exchange(&self, proof: ClientProof, exchange: Exchange) -> Result<Tokens, IssuerError> {
        self.check_resources(&exchange.resources)?;
        let (now, idle) = (self.0.clock.now(), self.policy().refresh_token_idle_ttl);
        let fresh = Fresh::new();
        let unit = move |tx: &mut dyn Tx| -> Outcome<Issued> {
            let client = match authenticate(tx, &proof, now)? {
                Ok(client) => client,
                Err(error) => return Ok(Err(error)),
            };
            let Some((code, grant)) = find(tx, &exchange.code)? else {
                return Ok(Err(unknown_code()));
            };
            let active = is_active(tx, grant.user)?;
            let presented = Redemption {
                client: &client.id,
                redirect_uri: &exchange.redirect_uri,
                verifier: exchange.verifier.expose(),
            };
            match decide_exchange(&code, &grant, active, &presented, now) {
                ExchangeDecision::Refuse(error) => Ok(Err(error)),
                ExchangeDecision::Spoil(error) => {
                    tx.redeem_code(code.digest, now)?;
                    // Its one code is gone: nothing can come of this grant any more.
                    revoke(tx, &grant, RevokeReason::Unredeemed, now).map(|()| Err(error))
                }
                ExchangeDecision::Revoke(reason, error) => {
                    let replay = Event::new(EventKind::CodeReplay, now);
                    tx.record(&replay.user(grant.user).client(&grant.client).grant(grant.id))?;
                    revoke(tx, &grant, reason, now).map(|()| Err(error))
                }
                ExchangeDecision::Redeem => {
                    tx.redeem_code(code.digest, now)?;
                    let refresh = grant.snapshot.refreshes.then(|| fresh.token.clone());
                    if let Some(refresh) = &refresh {
                        tx.insert_refresh_token(&first(refresh, &grant, idle, now))?;
                    }
                    Ok(Ok(Issued {
                        generation: 1,
                        refresh,
                        scopes: grant.scopes,
                        nonce: code.nonce,
                        grant,
                    }))
                }
            }
        };
        let issued = self.0.store.write(unit).await??;
        self.tokens(issued, now).await
    }
}

fn find(tx: &mut dyn Tx, code: &Secret) -> Result<Option<(AuthorizationCode, Grant)>, StoreError> {
    let Some(code) = tx.code(code.digest())? else {
        return Ok(None);
    };
    let grant = tx.grant(code.grant)?;
    Ok(grant.map(|grant| (code, grant)))
}
