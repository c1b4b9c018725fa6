//! Introspection with memory (RFC 7662): finds the token, its grant and its person.

use serde_json::Value;

use super::clients::authenticate;
use super::tokens::Outcome;
use super::{ClientProof, Issuer, IssuerError};
use crate::account::User;
use crate::oauth::{
    AccessClaims, Grant, Recognised, RecognisedToken, RefreshToken, accept, decide_introspection,
};
use crate::secret::Secret;
use crate::store::{StoreError, Tx};

/// A token that was recognised, of either kind.
enum Found {
    Access(AccessClaims),
    Refresh(RefreshToken),
}

impl Issuer {
    /// What this client learns about a token, whatever the token is. Asking is not using: it leaves no trace on
    /// the grant.
    pub async fn introspect(&self, proof: ClientProof, token: Secret) -> Result<Value, IssuerError> {
        let now = self.0.clock.now();
        self.0.keys.follow().await?;
        let url = self.public_url().clone();
        let signed = self.0.keys.verify(token.expose()).ok();
        let signed = signed.filter(|claims| accept(claims, url.origin(), &url.resource(), now).is_ok());
        let unit = move |tx: &mut dyn Tx| -> Outcome<Value> {
            let client = match authenticate(tx, &proof, now)? {
                Ok(client) => client,
                Err(error) => return Ok(Err(error)),
            };
            let Some((token, grant)) = find(tx, signed.as_ref(), &token)? else {
                return Ok(decide_introspection(&client, None, url.origin(), now));
            };
            let user = tx.user(grant.user)?.filter(User::is_active);
            let recognised = Recognised {
                token: match &token {
                    Found::Access(claims) => RecognisedToken::Access(claims),
                    Found::Refresh(token) => RecognisedToken::Refresh(token),
                },
                grant: &grant,
                active_user: user.as_ref().map(|user| user.name.as_str()),
            };
            Ok(decide_introspection(
                &client,
                Some(&recognised),
                url.origin(),
                now,
            ))
        };
        Ok(self.0.store.read(unit).await??)
    }
}

/// Whichever kind of token it is, with its grant; a hint would only save a look-up.
fn find(
    tx: &mut dyn Tx,
    signed: Option<&AccessClaims>,
    token: &Secret,
) -> Result<Option<(Found, Grant)>, StoreError> {
    let (found, id) = if let Some(claims) = signed {
        (Found::Access(claims.clone()), claims.gid.parse().ok())
    } else if let Some(refresh) = tx.refresh_token(token.digest())? {
        let grant = refresh.grant;
        (Found::Refresh(refresh), Some(grant))
    } else {
        return Ok(None);
    };
    let grant = id.map(|id| tx.grant(id)).transpose()?.flatten();
    Ok(grant.map(|grant| (found, grant)))
}
