//! Revocation (RFC 7009): a client gives up what it holds.

use super::{ClientProof, Outcome};
use crate::id::GrantId;
use crate::issuer::clients::authenticate;
use crate::issuer::{Issuer, IssuerError, revoke};
use crate::oauth::RevokeReason;
use crate::secret::Secret;
use crate::store::Tx;

impl Issuer {
    /// Revokes the grant behind a token of this client. Unknown tokens are no error.
    pub async fn revoke(&self, proof: ClientProof, token: Secret) -> Result<(), IssuerError> {
        let now = self.0.clock.now();
        self.0.keys.follow().await?;
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
}
