//! An app's sign-in on its way through a provider.

use super::answer::provider_error;
use super::completion::{Fresh, complete};
use super::forms::{Consent, GiveUp, Next, ProviderFault, ProviderForm, Retry};
use super::session;
use super::{Browser, Shown, event, load};
use crate::account::UpstreamIdentity;
use crate::audit::EventKind;
use crate::id::ProviderId;
use crate::issuer::arrival::{Arrival, Failure, Returned, failed, fresh_user, seal_handle};
use crate::issuer::people::recognise;
use crate::issuer::{Issuer, IssuerError, Way, at_fault};
use crate::metrics;
use crate::oauth::{Proven, SignIn, Stage};
use crate::secret::{Digest, Secret, random};
use crate::store::Tx;
use crate::upstream::Wish;

impl Issuer {
    /// The person chose a provider.
    pub async fn choose(&self, form: ProviderForm, browser: Browser) -> Result<Next, IssuerError> {
        let sign_in = self.allowed_sign_in(&form.handle, &form.csrf, &browser).await?;
        self.depart(form.handle, &browser, &sign_in, &form.provider, form.another)
            .await
    }

    /// The person wants to see every way to sign in again.
    pub async fn choose_again(
        &self,
        handle: Secret,
        csrf: &str,
        browser: Browser,
    ) -> Result<Next, IssuerError> {
        let sign_in = self.allowed_sign_in(&handle, csrf, &browser).await?;
        self.ask_sign_in(handle, &browser, &sign_in, Shown::default())
    }

    /// The person does not get in through a provider and goes back to the app, which is told why.
    pub async fn give_up(&self, form: GiveUp, browser: Browser) -> Result<Next, IssuerError> {
        let sign_in = self.allowed_sign_in(&form.handle, &form.csrf, &browser).await?;
        let (id, code) = (sign_in.handle, form.code);
        let refused = event(EventKind::SignInRefused, &sign_in, self.0.clock.now());
        let refused = refused.network(&browser.network).detail(code.as_str());
        let unit = move |tx: &mut dyn Tx| {
            tx.delete_sign_in(id)?;
            tx.record(&refused)
        };
        self.0.store.write(unit).await?;
        let answer = provider_error(sign_in.request, code);
        Ok(Next::Leave {
            url: self.error_url(&answer, sign_in.reference),
            session: None,
        })
    }

    /// A sign-in that its person has allowed, by a form of its sign-in page.
    async fn allowed_sign_in(
        &self,
        handle: &Secret,
        csrf: &str,
        browser: &Browser,
    ) -> Result<SignIn, IssuerError> {
        let now = self.0.clock.now();
        let cookie = self.check_csrf(browser, handle, "sign-in", csrf).await?;
        let id = handle.digest();
        let sign_in = self.0.store.read(move |tx| load(tx, id, cookie, now)).await?;
        sign_in.allowed().map_err(|fault| at_fault(&sign_in, fault))?;
        Ok(sign_in)
    }

    /// Sends the browser to a provider. Consent was given before: nobody else's app borrows our name there.
    pub(super) async fn depart(
        &self,
        handle: Secret,
        browser: &Browser,
        sign_in: &SignIn,
        provider: &ProviderId,
        another: bool,
    ) -> Result<Next, IssuerError> {
        let way = self.way(provider).ok_or(IssuerError::Stale)?;
        let wish = Wish {
            choose: another,
            login: sign_in.request.prompt.login,
            max_age: sign_in.request.max_age,
        };
        let errand = |state: &Secret| seal_handle(state, &handle);
        let gone = self.send_off(provider, sign_in.browser, errand, wish).await?;
        match gone {
            Ok(url) => {
                tracing::info!(reference = %sign_in.reference, %provider, "a browser leaves for a provider");
                Ok(Next::Leave { url, session: None })
            }
            Err(error) => {
                let failed = failed(self.0.clock.now(), &browser.network).reference(sign_in.reference);
                self.note_failure(provider, &error.to_string(), failed).await?;
                let failure = Failure::from(&error);
                Ok(self.fault(way, failure, sign_in, handle, browser.cookie.as_ref()))
            }
        }
    }

    /// A browser came back for this sign-in.
    pub(in crate::issuer) async fn arrive_to_sign_in(
        &self,
        handle: Secret,
        returned: Returned,
        browser: Browser,
    ) -> Result<Arrival, IssuerError> {
        let (id, left, now) = (handle.digest(), returned.departure.browser, self.0.clock.now());
        let sign_in = self.0.store.read(move |tx| load(tx, id, left, now)).await?;
        sign_in.allowed().map_err(|fault| at_fault(&sign_in, fault))?;
        let way = self.way(&returned.provider).ok_or(IssuerError::Stale)?;
        let here = browser.cookie.clone().filter(|cookie| cookie.digest() == left);
        let failed = failed(now, &browser.network).reference(sign_in.reference);
        let asked = self
            .ask_provider(returned, sign_in.request.max_age, failed.clone())
            .await?;
        let told = match asked {
            Ok(told) => told,
            Err(failure) => {
                let page = self.fault(way, failure, &sign_in, handle, here.as_ref());
                return Ok(Arrival::SignIn(page));
            }
        };
        let arrived = if here.is_some() {
            self.let_app_in(&sign_in, told, &browser)
                .await?
                .map(Arrival::SignIn)
        } else {
            self.ask_here(&sign_in, told, &browser).await?
        };
        if let Some(arrival) = arrived {
            return Ok(arrival);
        }
        self.note_failure(&way.id, "the person is shut out", failed)
            .await?;
        let page = self.fault(way, Failure::Refused, &sign_in, handle, here.as_ref());
        Ok(Arrival::SignIn(page))
    }

    /// Signs the person in with this browser, and lets the app in. `None`: they are shut out.
    async fn let_app_in(
        &self,
        sign_in: &SignIn,
        told: UpstreamIdentity,
        browser: &Browser,
    ) -> Result<Option<Next>, IssuerError> {
        let (now, policy, fresh) = (self.0.clock.now(), self.policy().clone(), Fresh::new());
        let (newcomer, cookie) = (fresh_user(now), Secret::bearer("ss", random()));
        let (code, new) = (fresh.code.clone(), cookie.digest());
        let (id, bound, browser) = (sign_in.handle, sign_in.browser, browser.clone());
        let unit = move |tx: &mut dyn Tx| -> Result<Option<SignIn>, IssuerError> {
            let sign_in = load(tx, id, bound, now)?;
            let Some(user) = recognise(tx, &told, newcomer, now)? else {
                return Ok(None);
            };
            let proven = Proven {
                user: user.id,
                auth_time: now,
            };
            let ok = event(EventKind::LoginOk, &sign_in, now).user(user.id);
            tx.record(&ok.network(&browser.network).detail(told.provider.as_str()))?;
            complete(tx, &sign_in, proven, &fresh, &policy, now)?;
            session::open(tx, new, user.id, &browser, policy.sessions_per_user, now)?;
            Ok(Some(sign_in))
        };
        let Some(sign_in) = self.0.store.write(unit).await? else {
            return Ok(None);
        };
        tracing::info!(reference = %sign_in.reference, "sign-in is complete");
        metrics::sign_in("complete");
        Ok(Some(Next::Leave {
            url: self.granted(&sign_in.request, &code),
            session: Some(cookie),
        }))
    }

    /// Moves the sign-in to this browser, whose person has proven who they are and allowed nothing yet.
    async fn ask_here(
        &self,
        sign_in: &SignIn,
        told: UpstreamIdentity,
        browser: &Browser,
    ) -> Result<Option<Arrival>, IssuerError> {
        let now = self.0.clock.now();
        let (newcomer, handle) = (fresh_user(now), Secret::bearer("st", random()));
        let cookie = browser.cookie.clone();
        let cookie = cookie.unwrap_or_else(|| Secret::bearer("br", random()));
        let (id, left, network) = (sign_in.handle, sign_in.browser, browser.network.clone());
        let (here, new): (Digest, Digest) = (cookie.digest(), handle.digest());
        let unit = move |tx: &mut dyn Tx| -> Result<Option<(SignIn, String)>, IssuerError> {
            let sign_in = load(tx, id, left, now)?;
            sign_in.allowed().map_err(|fault| at_fault(&sign_in, fault))?;
            let Some(user) = recognise(tx, &told, newcomer, now)? else {
                return Ok(None);
            };
            let moved = SignIn {
                handle: new,
                browser: here,
                stage: Stage::Asked,
                proven: Some(Proven {
                    user: user.id,
                    auth_time: now,
                }),
                ..sign_in
            };
            tx.delete_sign_in(id)?;
            tx.insert_sign_in(&moved)?;
            let mismatch = event(EventKind::BindingMismatch, &moved, now).user(user.id);
            tx.record(&mismatch.network(&network).detail("asked for consent again"))?;
            Ok(Some((moved, user.name)))
        };
        let Some((moved, name)) = self.0.store.write(unit).await? else {
            return Ok(None);
        };
        tracing::info!(reference = %moved.reference, "a sign-in goes on in another browser, with consent of its own");
        let account = Some(super::Account { name, let_in: false });
        let page = self.consent_page(handle, &cookie, &moved, account);
        Ok(Some(Arrival::Consent(Box::new(Consent {
            page,
            browser: cookie,
        }))))
    }

    /// The page that says why nobody came back. Only the browser that left may try again.
    fn fault(
        &self,
        provider: Way,
        failure: Failure,
        sign_in: &SignIn,
        handle: Secret,
        cookie: Option<&Secret>,
    ) -> Next {
        let retry = cookie.map(|cookie| Retry {
            csrf: self.csrf(cookie, &handle, "sign-in"),
            handle,
            others: self
                .ways()
                .into_iter()
                .filter(|way| way.id != provider.id)
                .collect(),
            local: self.policy().local_sign_in,
        });
        Next::Fault(Box::new(ProviderFault {
            provider,
            failure,
            client_name: sign_in.client.display_name().to_owned(),
            retry,
            reference: sign_in.reference,
        }))
    }
}
