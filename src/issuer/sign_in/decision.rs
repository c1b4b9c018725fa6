//! What follows the consent page: nothing, an end, or the way to where the person proves who they are.

use super::completion::{Fresh, complete};
use super::session::{self, is_good_enough, signed_in};
use super::{Browser, ConsentForm, Decision, Next, Shown, event, load};
use crate::audit::EventKind;
use crate::clock::Timestamp;
use crate::issuer::{Issuer, IssuerError};
use crate::metrics;
use crate::oauth::{Proven, ScopeSet, SignIn, Stage};
use crate::secret::{Digest, Secret, random};
use crate::store::{StoreError, Tx};

impl Issuer {
    /// The person decided on the consent page.
    pub async fn decide(&self, form: ConsentForm, browser: Browser) -> Result<Next, IssuerError> {
        let cookie = self
            .check_csrf(&browser, &form.handle, "consent", &form.csrf)
            .await?;
        let another = match form.decision {
            Decision::Deny => return self.deny(&form.handle, cookie, browser.network).await,
            Decision::Allow => false,
            Decision::AllowAsAnother => true,
        };
        let session = browser.session.filter(|_| !another);
        let browser = Browser { session, ..browser };
        let allowed = self
            .allow(&form.handle, form.scopes, cookie, another, &browser)
            .await?;
        match allowed {
            Allowed::Complete(next) => Ok(next),
            Allowed::ByNobodyYet(sign_in) => self.go_on(form.handle, &browser, &sign_in, another).await,
        }
    }

    async fn deny(&self, handle: &Secret, cookie: Digest, network: String) -> Result<Next, IssuerError> {
        let (handle, now) = (handle.digest(), self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<SignIn, IssuerError> {
            let sign_in = load(tx, handle, cookie, now)?;
            tx.delete_sign_in(handle)?;
            tx.record(&event(EventKind::ConsentDenied, &sign_in, now).network(&network))?;
            Ok(sign_in)
        };
        let sign_in = self.0.store.write(unit).await?;
        tracing::info!(reference = %sign_in.reference, "access was denied");
        metrics::sign_in("denied");
        Ok(Next::Leave {
            url: self.denied(&sign_in.request, sign_in.reference),
            session: None,
        })
    }

    /// Whoever has proven who they are already, recently enough, goes straight back; everybody else signs in.
    async fn allow(
        &self,
        handle: &Secret,
        ticked: ScopeSet,
        cookie: Digest,
        another: bool,
        browser: &Browser,
    ) -> Result<Allowed, IssuerError> {
        let (id, now, policy, fresh) = (
            handle.digest(),
            self.0.clock.now(),
            self.policy().clone(),
            Fresh::new(),
        );
        let (code, session) = (fresh.code.clone(), Secret::bearer("ss", random()));
        let (new, browser) = (session.digest(), browser.clone());
        let unit = move |tx: &mut dyn Tx| -> Result<(SignIn, Standing), IssuerError> {
            let sign_in = load(tx, id, cookie, now)?.allow(ticked);
            if let Stage::Allowed { scopes } = sign_in.stage {
                let granted = event(EventKind::ConsentGranted, &sign_in, now).network(&browser.network);
                tx.record(&granted.detail(scopes.to_string()))?;
            }
            let standing = standing(tx, &sign_in, another, &browser, now)?;
            if let Standing::JustProven(proven) | Standing::SignedIn(proven) = standing {
                complete(tx, &sign_in, proven, &fresh, &policy, now)?;
            } else if matches!(sign_in.stage, Stage::Allowed { .. }) {
                tx.set_stage(id, sign_in.stage)?;
            }
            if let Standing::JustProven(proven) = standing {
                let ok = event(EventKind::LoginOk, &sign_in, now).user(proven.user);
                let lately = tx.identities(Some(proven.user))?.into_iter().next();
                let provider = lately.map_or_else(String::new, |identity| identity.told.provider.to_string());
                tx.record(&ok.network(&browser.network).detail(provider))?;
                session::open(tx, new, proven.user, &browser, policy.sessions_per_user, now)?;
            }
            Ok((sign_in, standing))
        };
        let (sign_in, standing) = self.0.store.write(unit).await?;
        let session = match standing {
            Standing::Unknown => return Ok(Allowed::ByNobodyYet(Box::new(sign_in))),
            Standing::SignedIn(_) => None,
            Standing::JustProven(_) => Some(session),
        };
        tracing::info!(reference = %sign_in.reference, "sign-in is complete");
        metrics::sign_in("complete");
        let url = self.granted(&sign_in.request, &code);
        Ok(Allowed::Complete(Next::Leave { url, session }))
    }

    /// On to where the person proves who they are: the only provider, or a page with every way there is.
    async fn go_on(
        &self,
        handle: Secret,
        browser: &Browser,
        sign_in: &SignIn,
        another: bool,
    ) -> Result<Next, IssuerError> {
        let shown = Shown {
            another,
            ..Shown::default()
        };
        match self.ways().as_slice() {
            [only] if !self.policy().local_sign_in => {
                self.depart(handle, browser, sign_in, &only.id, another).await
            }
            _ => self.ask_sign_in(handle, browser, sign_in, shown),
        }
    }
}

/// What follows an Allow.
enum Allowed {
    Complete(Next),
    ByNobodyYet(Box<SignIn>),
}

/// Who pressed Allow.
#[derive(Clone, Copy)]
enum Standing {
    /// Somebody who came back from a provider with this browser.
    JustProven(Proven),
    /// Somebody who is signed in.
    SignedIn(Proven),
    /// Somebody who has to prove who they are.
    Unknown,
}

fn standing(
    tx: &mut dyn Tx,
    sign_in: &SignIn,
    another: bool,
    browser: &Browser,
    now: Timestamp,
) -> Result<Standing, StoreError> {
    if let Some(proven) = sign_in.proven.filter(|_| !another) {
        let active = tx.user(proven.user)?.is_some_and(|user| user.is_active());
        return Ok(if active {
            Standing::JustProven(proven)
        } else {
            Standing::Unknown
        });
    }
    let account = signed_in(tx, browser.session.as_ref(), now)?;
    let good = account.filter(|(_, session)| is_good_enough(&sign_in.request, session, now));
    let (Some((user, kept)), Some(cookie)) = (good, &browser.session) else {
        return Ok(Standing::Unknown);
    };
    tx.touch_session(cookie.digest(), now)?;
    Ok(Standing::SignedIn(Proven {
        user: user.id,
        auth_time: kept.auth_time,
    }))
}
