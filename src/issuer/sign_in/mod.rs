//! From an authorization request to a code: consent, then sign-in.
//!
//! Consent comes first and always takes a click. A sign-in belongs to the browser in which it began: the
//! browser's cookie is part of every form's CSRF value, and its digest is kept with the sign-in.

mod answer;
mod attempts;
mod completion;
mod forms;
mod session;

use self::answer::silent;
use self::completion::{Fresh, Proven, complete};
use self::session::{SESSION_LIFE, is_good_enough, signed_in};
use super::{Issuer, IssuerError, Policy};
use crate::account::BrowserSession;
use crate::clock::Timestamp;
use crate::id::Reference;
use crate::metrics;
use crate::oauth::{AuthorizeError, Client, LocalFault, RawRequest, SIGN_IN_LIFE, SignIn, Stage};
use crate::secret::{Digest, Secret, random};
use crate::store::{StoreError, Tx};

pub(super) use self::attempts::failures_key;
pub use self::forms::{
    Account, Browser, Consent, ConsentForm, ConsentPage, Decision, Next, SignInForm, SignInPage, Wrong,
};

impl Issuer {
    /// Begins a sign-in (OAuth 2.1 section 4.1.1) and says what to ask the person.
    pub async fn begin(&self, query: &str, browser: Browser) -> Result<Consent, IssuerError> {
        let now = self.0.clock.now();
        let raw = RawRequest::parse(query);
        let id = raw
            .client_id()
            .map_err(local)?
            .ok_or_else(|| local(LocalFault::UnknownClient))?;
        let session = browser.session;
        let unit = move |tx: &mut dyn Tx| -> Result<_, StoreError> {
            let account = signed_in(tx, session.as_ref(), now)?;
            let grants = match &account {
                Some((user, _)) => tx.grants_of(user.id, &id)?,
                None => Vec::new(),
            };
            Ok((tx.client(&id)?, account, grants))
        };
        let (client, account, grants) = self.0.store.read(unit).await?;
        let client = client.filter(|client| !client.is_lapsed(now));
        let client = client.ok_or_else(|| local(LocalFault::UnknownClient))?;
        let request = raw
            .validate(&client, self.public_url())
            .map_err(IssuerError::Authorize)?;
        if request.prompt.none {
            let answer = Box::new(silent(request, account.is_some()));
            return Err(IssuerError::Authorize(AuthorizeError::Redirect(answer)));
        }
        let handle = Secret::bearer("st", random());
        let cookie = browser.cookie.unwrap_or_else(|| Secret::bearer("br", random()));
        let sign_in = SignIn {
            handle: handle.digest(),
            reference: Reference::new(random()),
            request,
            browser: cookie.digest(),
            expires_at: now + SIGN_IN_LIFE,
            stage: Stage::Asked,
        };
        tracing::info!(reference = %sign_in.reference, client.id = %client.id, "sign-in began");
        let account = account.map(|(user, _)| Account {
            name: user.name,
            let_in: grants.iter().any(|grant| grant.covers(&sign_in.request, now)),
        });
        let page = self.consent_page(handle, &cookie, &sign_in, &client, account);
        self.0.store.write(move |tx| tx.insert_sign_in(&sign_in)).await?;
        Ok(Consent {
            page,
            browser: cookie,
        })
    }

    /// The person decided on the consent page.
    pub async fn decide(&self, form: ConsentForm, browser: Browser) -> Result<Next, IssuerError> {
        let cookie = self.check_csrf(&browser, &form.handle, "consent", &form.csrf)?;
        match form.decision {
            Decision::Deny => self.deny(&form.handle, cookie).await,
            Decision::Allow => self.allow(form.handle, cookie, browser).await,
            Decision::AllowAsAnother => {
                self.allow(
                    form.handle,
                    cookie,
                    Browser {
                        session: None,
                        ..browser
                    },
                )
                .await
            }
        }
    }

    async fn deny(&self, handle: &Secret, cookie: Digest) -> Result<Next, IssuerError> {
        let (handle, now) = (handle.digest(), self.0.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<SignIn, IssuerError> {
            let sign_in = load(tx, handle, cookie, now)?;
            tx.delete_sign_in(handle)?;
            Ok(sign_in)
        };
        let sign_in = self.0.store.write(unit).await?;
        tracing::info!(reference = %sign_in.reference, "access was denied");
        metrics::sign_in("denied");
        Ok(Next::Leave {
            url: self.denied(&sign_in.request),
            session: None,
        })
    }

    /// Whoever is signed in already, recently enough, goes straight back; everybody else signs in.
    async fn allow(&self, handle: Secret, cookie: Digest, browser: Browser) -> Result<Next, IssuerError> {
        let (id, now, policy, fresh) = (
            handle.digest(),
            self.0.clock.now(),
            self.policy().clone(),
            Fresh::new(),
        );
        let code = fresh.code.clone();
        let session = browser.session;
        let unit = move |tx: &mut dyn Tx| -> Result<(SignIn, bool), IssuerError> {
            let sign_in = load(tx, id, cookie, now)?.allow();
            let account = signed_in(tx, session.as_ref(), now)?;
            let good = account.filter(|(_, session)| is_good_enough(&sign_in.request, session, now));
            if let (Some((user, kept)), Some(session)) = (good, &session) {
                tx.touch_session(session.digest(), now)?;
                let proven = Proven {
                    user: user.id,
                    auth_time: kept.auth_time,
                };
                complete(tx, &sign_in, proven, &fresh, &policy, now)?;
                return Ok((sign_in, true));
            }
            if matches!(sign_in.stage, Stage::Allowed { .. }) {
                tx.set_stage(id, sign_in.stage)?;
            }
            Ok((sign_in, false))
        };
        let (sign_in, complete) = self.0.store.write(unit).await?;
        if complete {
            tracing::info!(reference = %sign_in.reference, "sign-in is complete");
            metrics::sign_in("complete");
            return Ok(Next::Leave {
                url: self.granted(&sign_in.request, &code),
                session: None,
            });
        }
        self.ask_password(handle, browser.cookie.as_ref(), &sign_in, String::new(), None)
            .await
    }

    /// The person typed name and password.
    pub async fn sign_in(&self, form: SignInForm, browser: Browser) -> Result<Next, IssuerError> {
        let now = self.0.clock.now();
        let cookie = self.check_csrf(&browser, &form.handle, "sign-in", &form.csrf)?;
        let handle = form.handle.digest();
        let sign_in = self.0.store.read(move |tx| load(tx, handle, cookie, now)).await?;
        let user = match self.check_password(&form.username, form.password, now).await? {
            Ok(user) => user,
            Err(wrong) => {
                tracing::info!(reference = %sign_in.reference, ?wrong, "sign-in failed");
                metrics::sign_in("failed");
                let cookie = browser.cookie.as_ref();
                return self
                    .ask_password(form.handle, cookie, &sign_in, form.username, Some(wrong))
                    .await;
            }
        };
        let (policy, fresh, session) = (
            self.policy().clone(),
            Fresh::new(),
            Secret::bearer("ss", random()),
        );
        let code = fresh.code.clone();
        let (former, new) = (browser.session.as_ref().map(Secret::digest), session.digest());
        let unit = move |tx: &mut dyn Tx| -> Result<SignIn, IssuerError> {
            let sign_in = load(tx, handle, cookie, now)?;
            complete(
                tx,
                &sign_in,
                Proven { user, auth_time: now },
                &fresh,
                &policy,
                now,
            )?;
            // A new session each time: whoever planted or knew the former cookie has nothing (session fixation).
            if let Some(former) = former {
                tx.delete_session(former)?;
            }
            let expires_at = now + SESSION_LIFE;
            let session = BrowserSession {
                user,
                auth_time: now,
                expires_at,
                last_seen_at: now,
            };
            tx.insert_session(new, &session, policy.sessions_per_user)?;
            Ok(sign_in)
        };
        let sign_in = self.0.store.write(unit).await?;
        tracing::info!(reference = %sign_in.reference, user.id = %user, "sign-in is complete");
        metrics::sign_in("complete");
        Ok(Next::Leave {
            url: self.granted(&sign_in.request, &code),
            session: Some(session),
        })
    }

    fn consent_page(
        &self,
        handle: Secret,
        cookie: &Secret,
        sign_in: &SignIn,
        client: &Client,
        account: Option<Account>,
    ) -> ConsentPage {
        let request = &sign_in.request;
        ConsentPage {
            csrf: self.csrf(cookie, &handle, "consent"),
            handle,
            client_name: client.display_name().to_owned(),
            destination: request.redirect_uri.destination(),
            local_app: request.redirect_uri.is_loopback(),
            scopes: request.scopes.iter().collect(),
            account,
            reference: sign_in.reference,
        }
    }

    async fn ask_password(
        &self,
        handle: Secret,
        cookie: Option<&Secret>,
        sign_in: &SignIn,
        username: String,
        wrong: Option<Wrong>,
    ) -> Result<Next, IssuerError> {
        let cookie = cookie.ok_or(IssuerError::Stale)?;
        let id = sign_in.request.client.clone();
        let client = self
            .0
            .store
            .read(move |tx| tx.client(&id))
            .await?
            .ok_or(IssuerError::Stale)?;
        Ok(Next::SignIn(Box::new(SignInPage {
            csrf: self.csrf(cookie, &handle, "sign-in"),
            handle,
            client_name: client.display_name().to_owned(),
            username,
            wrong,
            reference: sign_in.reference,
        })))
    }

    fn csrf(&self, cookie: &Secret, handle: &Secret, form: &str) -> String {
        self.0.csrf.tag(&[cookie.expose(), handle.expose(), form])
    }

    /// The digest of the browser's cookie, once the form is proven to come from a page it was shown.
    fn check_csrf(
        &self,
        browser: &Browser,
        handle: &Secret,
        form: &str,
        csrf: &str,
    ) -> Result<Digest, IssuerError> {
        let cookie = browser.cookie.as_ref().ok_or(IssuerError::Stale)?;
        let ours = self
            .0
            .csrf
            .verify(&[cookie.expose(), handle.expose(), form], csrf);
        ours.then(|| cookie.digest()).ok_or(IssuerError::Stale)
    }
}

fn local(fault: LocalFault) -> IssuerError {
    IssuerError::Authorize(AuthorizeError::Local(fault))
}

fn load(tx: &mut dyn Tx, handle: Digest, browser: Digest, now: Timestamp) -> Result<SignIn, IssuerError> {
    let sign_in = tx.sign_in(handle)?.ok_or(IssuerError::Stale)?;
    sign_in.check(browser, now)?;
    Ok(sign_in)
}
