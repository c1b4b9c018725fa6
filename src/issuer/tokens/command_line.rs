//! Access tokens for whoever already owns the machine.

use crate::clock::Seconds;
use crate::id::{GrantId, UserId};
use crate::issuer::{Issuer, IssuerError};
use crate::oauth::{ClientId, ClientSnapshot, Grant, Scope, ScopeSet};
use crate::secret::{Secret, random};

impl Issuer {
    /// Makes a grant and an access token for a person without any client.
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
        self.0.keys.follow().await?;
        Ok(self.0.keys.sign(&claims)?)
    }
}
