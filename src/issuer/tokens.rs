//! Codes and refresh tokens become tokens; tokens are revoked.

use super::clients::authenticate;
use super::{Issuer, IssuerError, revoke};
use crate::clock::{Seconds, Timestamp};
use crate::id::{GrantId, UserId};
use crate::oauth::{
    AccessClaims, ClientId, ClientSnapshot, ExchangeDecision, Grant, Redemption, Refresh, RefreshDecision,
    RefreshToken, Retired, RevokeReason, Scope, ScopeSet, TokenCode, TokenError, decide_exchange,
    decide_refresh, means_ours, refreshed_scopes, unknown_code, unknown_refresh_token,
};
use crate::secret::{Digest, Sealer, Secret, hex, random};
use crate::store::{StoreError, Tx};

/// How a client says and proves who it is.
#[derive(Debug, Clone)]
pub struct ClientProof {
    /// `client_id`, as it came.
    pub id: String,
    /// Its secret, if one came.
    pub secret: Option<Secret>,
}

/// `grant_type=authorization_code`
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

/// `grant_type=refresh_token`
#[derive(Debug, Clone)]
pub struct Renewal {
    /// `refresh_token`
    pub token: Secret,
    /// `scope`
    pub scope: Option<String>,
    /// Every `resource`.
    pub resources: Vec<String>,
}

/// A successful answer of the token endpoint.
#[derive(Debug)]
pub struct Tokens {
    /// The access token.
    pub access: Secret,
    /// Its life.
    pub expires_in: Seconds,
    /// The refresh token, unless the client registered without.
    pub refresh: Option<Secret>,
    /// What the access token allows.
    pub scopes: ScopeSet,
}

/// What a unit of work found out, so that nothing that must be remembered is rolled back.
type Outcome<T> = Result<Result<T, TokenError>, StoreError>;

/// Secrets made before a unit runs, because it may run twice.
struct Fresh {
    refresh: Secret,
    nonces: [[u8; 24]; 2],
}

impl Fresh {
    fn new() -> Self {
        Self {
            refresh: Secret::bearer("rt", random()),
            nonces: [random(), random()],
        }
    }
}

/// A grant with the refresh token that its client holds from now on.
struct Issued {
    grant: Grant,
    generation: u32,
    refresh: Option<Secret>,
}

impl Issuer {
    /// Redeems an authorization code (OAuth 2.1 section 4.1.3).
    pub async fn exchange(&self, proof: ClientProof, exchange: Exchange) -> Result<Tokens, IssuerError> {
        self.check_resources(&exchange.resources)?;
        let (now, policy, fresh) = (self.0.clock.now(), self.policy().clone(), Fresh::new());
        let unit = move |tx: &mut dyn Tx| -> Outcome<Issued> {
            let client = match authenticate(tx, &proof, now)? {
                Ok(client) => client,
                Err(error) => return Ok(Err(error)),
            };
            let Some(code) = tx.code(exchange.code.digest())? else {
                return Ok(Err(unknown_code()));
            };
            let Some(grant) = tx.grant(code.grant)? else {
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
                    Ok(Err(error))
                }
                ExchangeDecision::Revoke(reason, error) => {
                    revoke(tx, &grant, reason, now).map(|()| Err(error))
                }
                ExchangeDecision::Redeem => {
                    tx.redeem_code(code.digest, now)?;
                    let refresh = client.metadata.refreshes.then(|| fresh.refresh.clone());
                    if let Some(refresh) = &refresh {
                        let idle = policy.refresh_token_idle_ttl;
                        tx.insert_refresh_token(&live(refresh.digest(), &grant, 1, idle, now))?;
                    }
                    Ok(Ok(Issued {
                        grant,
                        generation: 1,
                        refresh,
                    }))
                }
            }
        };
        let issued = self.0.store.write(unit).await??;
        let scopes = issued.grant.scopes;
        self.tokens(issued, scopes, now)
    }

    /// Answers a refresh token (OAuth 2.1 section 4.3).
    pub async fn refresh(&self, proof: ClientProof, renewal: Renewal) -> Result<Tokens, IssuerError> {
        self.check_resources(&renewal.resources)?;
        let (now, policy, fresh) = (self.0.clock.now(), self.policy().clone(), Fresh::new());
        let this = self.clone();
        let Renewal { token, scope, .. } = renewal;
        let unit = move |tx: &mut dyn Tx| -> Outcome<(Issued, ScopeSet)> {
            let client = match authenticate(tx, &proof, now)? {
                Ok(client) => client,
                Err(error) => return Ok(Err(error)),
            };
            let Some((presented, live, mut grant)) = chain(tx, &token)? else {
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
            let idle = policy.refresh_token_idle_ttl;
            let (generation, refresh) = match decide_refresh(&facts, now) {
                RefreshDecision::Refuse(error) => return Ok(Err(error)),
                RefreshDecision::Revoke(reason, error) => {
                    return revoke(tx, &grant, reason, now).map(|()| Err(error));
                }
                RefreshDecision::Rotate => rotate(tx, &presented, &token, &grant, idle, &fresh, now)?,
                RefreshDecision::Repeat => (live.generation, head(tx, &presented, &token)?),
                RefreshDecision::Replace => {
                    tracing::info!(grant.id = %grant.id, "replaced a refresh token whose answer was lost");
                    replace(tx, &presented, &live, &token, &grant, idle, &fresh, now)?
                }
            };
            Ok(Ok((
                Issued {
                    grant,
                    generation,
                    refresh: Some(refresh),
                },
                scopes,
            )))
        };
        let (issued, scopes) = self.0.store.write(unit).await??;
        self.tokens(issued, scopes, now)
    }

    /// Revokes the grant behind a token of this client (RFC 7009). Unknown tokens are no error.
    pub async fn revoke(&self, proof: ClientProof, token: Secret) -> Result<(), IssuerError> {
        let now = self.0.clock.now();
        let signed: Option<GrantId> = self
            .0
            .keys
            .verify(token.expose())
            .ok()
            .and_then(|claims| claims.gid.parse().ok());
        let unit = move |tx: &mut dyn Tx| -> Outcome<()> {
            let client = match authenticate(tx, &proof, now)? {
                Ok(client) => client,
                Err(error) => return Ok(Err(error)),
            };
            let refresh = tx.refresh_token(token.digest())?;
            let Some(id) = signed.or(refresh.map(|refresh| refresh.grant)) else {
                return Ok(Ok(()));
            };
            if let Some(grant) = tx.grant(id)?.filter(|grant| grant.client == client.id) {
                revoke(tx, &grant, RevokeReason::Client, now)?;
            }
            Ok(Ok(()))
        };
        Ok(self.0.store.write(unit).await??)
    }

    /// Makes a grant and an access token for a person without any client, for the command line.
    pub async fn issue_for_command_line(&self, user: UserId, life: Seconds) -> Result<Secret, IssuerError> {
        let now = self.0.clock.now();
        let grant = Grant {
            id: GrantId::new(now, random()),
            user,
            client: ClientId::command_line(),
            snapshot: ClientSnapshot::default(),
            destination: String::new(),
            scopes: ScopeSet::of(Scope::Chess),
            auth_time: now,
            created_at: now,
            expires_at: now + life,
            last_used_at: now,
            used_generation: 0,
            revoked_at: None,
        };
        let claims = self.claims(&grant, grant.scopes, 1, now, life);
        self.0.store.write(move |tx| tx.insert_grant(&grant)).await?;
        Ok(self.0.keys.sign(&claims)?)
    }

    fn check_resources(&self, resources: &[String]) -> Result<(), TokenError> {
        let ours = resources.iter().all(|asked| means_ours(asked, self.public_url()));
        let description = "resource is not this server's MCP endpoint";
        ours.then_some(()).ok_or(TokenError {
            code: TokenCode::InvalidTarget,
            description,
        })
    }

    fn tokens(&self, issued: Issued, scopes: ScopeSet, now: Timestamp) -> Result<Tokens, IssuerError> {
        let Issued {
            grant,
            generation,
            refresh,
        } = issued;
        let expires_in = self.policy().access_token_ttl.min(grant.expires_at.since(now));
        let access = self
            .0
            .keys
            .sign(&self.claims(&grant, scopes, generation, now, expires_in))?;
        Ok(Tokens {
            access,
            expires_in,
            refresh,
            scopes,
        })
    }

    fn claims(
        &self,
        grant: &Grant,
        scope: ScopeSet,
        generation: u32,
        now: Timestamp,
        life: Seconds,
    ) -> AccessClaims {
        let url = self.public_url();
        let jti: [u8; 16] = random();
        AccessClaims {
            iss: url.origin().to_owned(),
            aud: url.resource(),
            sub: grant.user.to_string(),
            client_id: grant.client.to_string(),
            scope,
            iat: now.seconds(),
            exp: (now + life).seconds(),
            jti: hex(&jti),
            gid: grant.id.to_string(),
            generation,
            auth_time: grant.auth_time.seconds(),
        }
    }
}

fn is_active(tx: &mut dyn Tx, user: UserId) -> Result<bool, StoreError> {
    Ok(tx.user(user)?.is_some_and(|user| user.is_active()))
}

/// The presented token, the live one of its grant, and the grant.
fn chain(tx: &mut dyn Tx, token: &Secret) -> Result<Option<(RefreshToken, RefreshToken, Grant)>, StoreError> {
    let Some(presented) = tx.refresh_token(token.digest())? else {
        return Ok(None);
    };
    let live = tx.live_refresh_token(presented.grant)?;
    let grant = tx.grant(presented.grant)?;
    Ok(live.zip(grant).map(|(live, grant)| (presented, live, grant)))
}

fn live(digest: Digest, grant: &Grant, generation: u32, idle: Seconds, now: Timestamp) -> RefreshToken {
    let expires_at = (now + idle).min(grant.expires_at);
    RefreshToken {
        digest,
        grant: grant.id,
        generation,
        expires_at,
        retired: None,
    }
}

fn place(grant: GrantId) -> String {
    format!("refresh_tokens|sealed|{grant}")
}

fn retired_for(successor: &Secret, by: &Secret, grant: GrantId, nonce: [u8; 24], at: Timestamp) -> Retired {
    let sealed = Sealer::from_secret(by).seal(&place(grant), successor.expose().as_bytes(), nonce);
    Retired {
        at,
        successor: successor.digest(),
        sealed,
    }
}

fn rotate(
    tx: &mut dyn Tx,
    presented: &RefreshToken,
    token: &Secret,
    grant: &Grant,
    idle: Seconds,
    fresh: &Fresh,
    now: Timestamp,
) -> Result<(u32, Secret), StoreError> {
    let generation = presented.generation + 1;
    let retired = retired_for(&fresh.refresh, token, grant.id, fresh.nonces[0], now);
    tx.retire_refresh_token(presented.digest, &retired)?;
    tx.insert_refresh_token(&live(fresh.refresh.digest(), grant, generation, idle, now))?;
    Ok((generation, fresh.refresh.clone()))
}

/// Both the presented token and the one that was lost lead to the new one from now on.
#[expect(
    clippy::too_many_arguments,
    reason = "the facts of one decision; a struct would only rename them"
)]
fn replace(
    tx: &mut dyn Tx,
    presented: &RefreshToken,
    lost: &RefreshToken,
    token: &Secret,
    grant: &Grant,
    idle: Seconds,
    fresh: &Fresh,
    now: Timestamp,
) -> Result<(u32, Secret), StoreError> {
    let lost_token = successor(presented, token)?;
    let retired_at = presented.retired.as_ref().map_or(now, |retired| retired.at);
    let link = retired_for(&fresh.refresh, token, grant.id, fresh.nonces[0], retired_at);
    let lost_link = retired_for(&fresh.refresh, &lost_token, grant.id, fresh.nonces[1], now);
    tx.retire_refresh_token(presented.digest, &link)?;
    tx.retire_refresh_token(lost.digest, &lost_link)?;
    let generation = lost.generation + 1;
    tx.insert_refresh_token(&live(fresh.refresh.digest(), grant, generation, idle, now))?;
    Ok((generation, fresh.refresh.clone()))
}

/// Follows the sealed links from a retired token to the live one.
fn head(tx: &mut dyn Tx, presented: &RefreshToken, token: &Secret) -> Result<Secret, StoreError> {
    let mut row = presented.clone();
    let mut held = token.clone();
    while row.retired.is_some() {
        held = successor(&row, &held)?;
        row = tx
            .refresh_token(held.digest())?
            .ok_or_else(|| broken(&row, "its successor is missing"))?;
    }
    Ok(held)
}

fn successor(row: &RefreshToken, held: &Secret) -> Result<Secret, StoreError> {
    let retired = row
        .retired
        .as_ref()
        .ok_or_else(|| broken(row, "it is not retired"))?;
    let opened = Sealer::from_secret(held).open(&place(row.grant), &retired.sealed);
    let opened = opened.map_err(|_| broken(row, "its successor does not open"))?;
    let text = String::from_utf8(opened.to_vec()).map_err(|_| broken(row, "its successor is not text"))?;
    Ok(Secret::new(text))
}

fn broken(row: &RefreshToken, why: &'static str) -> StoreError {
    StoreError::Corrupt {
        table: "refresh_tokens",
        id: row.grant.to_string(),
        source: why.into(),
    }
}
