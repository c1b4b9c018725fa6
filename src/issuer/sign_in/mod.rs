//! From an authorization request to a code: consent, then sign-in.
//!
//! Consent comes first and always takes a click. A sign-in belongs to the browser in which it began: the
//! browser's cookie is part of every form's CSRF value, and its digest is kept with the sign-in. Only what was
//! allowed goes on to a provider, and whoever comes back from one with another browser is asked again there.

mod answer;
mod attempts;
mod completion;
mod decision;
mod forms;
pub(super) mod session;
mod sign_up;
mod upstream;

use self::answer::silent;
use self::completion::{Fresh, complete};
use self::session::signed_in;
use super::clients::Unresolved;
use super::{Issuer, IssuerError, Policy, at_fault};
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::id::{Reference, UserId};
use crate::metrics;
use crate::oauth::{
    AuthorizationRequest, AuthorizeError, Client, LocalFault, Proven, RawRequest, SIGN_IN_LIFE, SignIn,
    SignInFault, Stage,
};
use crate::secret::{Digest, Secret, random};
use crate::store::{StoreError, Tx};

pub(super) use self::attempts::{failures_key, wait};
pub use self::forms::{
    Account, Browser, Consent, ConsentForm, ConsentPage, Decision, GiveUp, Next, ProviderFault, ProviderForm,
    Retry, SignInForm, SignInPage, Wrong,
};

/// What a sign-in page shows beside its fields.
#[derive(Default)]
struct Shown {
    username: String,
    wrong: Option<Wrong>,
    another: bool,
}

impl Issuer {
    /// Begins a sign-in (OAuth 2.1 section 4.1.1) and says what to ask the person.
    pub async fn begin(&self, query: &str, browser: Browser) -> Result<Consent, IssuerError> {
        let now = self.0.clock.now();
        let reference = Reference::new(random());
        let refuse = |error| IssuerError::Authorize { error, reference };
        let asked = self.asked(query, &browser, now).await;
        let (client, request) = match asked {
            Ok(asked) => asked,
            Err(Refusal::Request(error)) => {
                self.note_refusal(reference, &error, &browser, now).await?;
                return Err(refuse(error));
            }
            Err(Refusal::Store(error)) => return Err(error.into()),
        };
        let account = self
            .account(&request, &client, browser.session.clone(), now)
            .await?;
        if request.prompt.none {
            let error = AuthorizeError::Redirect(Box::new(silent(request, account.is_some())));
            self.note_refusal(reference, &error, &browser, now).await?;
            return Err(refuse(error));
        }
        let handle = Secret::bearer("st", random());
        let cookie = browser.cookie.unwrap_or_else(|| Secret::bearer("br", random()));
        let sign_in = SignIn {
            handle: handle.digest(),
            reference,
            client: client.snapshot(),
            request,
            browser: cookie.digest(),
            expires_at: now + SIGN_IN_LIFE,
            stage: Stage::Asked,
            proven: None,
        };
        tracing::info!(%reference, client.id = %client.id, "sign-in began");
        let page = self.consent_page(handle, &cookie, &sign_in, account);
        let began = Event::new(EventKind::SignInBegan, now)
            .reference(reference)
            .client(&client.id)
            .network(&browser.network);
        let unit = move |tx: &mut dyn Tx| {
            tx.record(&began)?;
            tx.insert_sign_in(&sign_in)
        };
        self.0.store.write(unit).await?;
        Ok(Consent {
            page,
            browser: cookie,
        })
    }

    /// Who asks, and for what.
    async fn asked(
        &self,
        query: &str,
        browser: &Browser,
        now: Timestamp,
    ) -> Result<(Client, AuthorizationRequest), Refusal> {
        let raw = RawRequest::parse(query);
        let id = raw.client_id()?.ok_or(LocalFault::UnknownClient)?;
        let nearby = self.public_url().is_loopback() && !browser.forwarded;
        if id.is_local_document() && !nearby {
            let why = "plain http is only for a server that is on the same machine".to_owned();
            return Err(LocalFault::Document { id, why }.into());
        }
        let client = self.client(id, now).await?;
        let request = raw
            .validate(&client, self.public_url())
            .map_err(Refusal::Request)?;
        Ok((client, request))
    }

    /// Who is signed in with this browser, and whether they let the client in before.
    async fn account(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        session: Option<Secret>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let id = client.id.clone();
        let unit = move |tx: &mut dyn Tx| -> Result<_, StoreError> {
            let Some((user, _)) = signed_in(tx, session.as_ref(), now)? else {
                return Ok(None);
            };
            let grants = tx.grants_of(user.id, &id)?;
            Ok(Some((user, grants)))
        };
        let found = self.0.store.read(unit).await?;
        let snapshot = client.snapshot();
        Ok(found.map(|(user, grants)| Account {
            name: user.name,
            let_in: !request.prompt.consent
                && grants.iter().any(|grant| grant.covers(request, &snapshot, now)),
        }))
    }

    /// A refused request is remembered under its reference, so that whoever reports it can be helped.
    async fn note_refusal(
        &self,
        reference: Reference,
        error: &AuthorizeError,
        browser: &Browser,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (code, why) = match error {
            AuthorizeError::Local(fault) => ("not redirected", fault.to_string()),
            AuthorizeError::Redirect(answer) => (answer.code.as_str(), answer.description.to_owned()),
        };
        tracing::info!(%reference, code, why, "authorization request refused");
        let refused = Event::new(EventKind::SignInRefused, now)
            .reference(reference)
            .network(&browser.network)
            .detail(format!("{code}: {why}"));
        self.0.store.write(move |tx| tx.record(&refused)).await
    }

    /// The person typed name and password.
    pub async fn sign_in(&self, form: SignInForm, browser: Browser) -> Result<Next, IssuerError> {
        let now = self.0.clock.now();
        let cookie = self
            .check_csrf(&browser, &form.handle, "sign-in", &form.csrf)
            .await?;
        let handle = form.handle.digest();
        let sign_in = self.0.store.read(move |tx| load(tx, handle, cookie, now)).await?;
        let user = match self
            .check_password(&form.username, form.password, &browser, now)
            .await?
        {
            Ok(user) => user,
            Err(wrong) => {
                tracing::info!(reference = %sign_in.reference, ?wrong, "sign-in failed");
                let failed = event(EventKind::LoginFailed, &sign_in, now).network(&browser.network);
                self.0.store.write(move |tx| tx.record(&failed)).await?;
                metrics::sign_in("failed");
                let shown = Shown {
                    username: form.username,
                    wrong: Some(wrong),
                    another: false,
                };
                return self.ask_sign_in(form.handle, &browser, &sign_in, shown);
            }
        };
        self.finish(handle, cookie, user, browser, now).await
    }

    /// Signs a person who has just proven who they are in with this browser, and lets the app in.
    async fn finish(
        &self,
        handle: Digest,
        cookie: Digest,
        user: UserId,
        browser: Browser,
        now: Timestamp,
    ) -> Result<Next, IssuerError> {
        let (policy, fresh, session) = (
            self.policy().clone(),
            Fresh::new(),
            Secret::bearer("ss", random()),
        );
        let (code, new) = (fresh.code.clone(), session.digest());
        let unit = move |tx: &mut dyn Tx| -> Result<SignIn, IssuerError> {
            let sign_in = load(tx, handle, cookie, now)?;
            let proven = Proven { user, auth_time: now };
            let ok = event(EventKind::LoginOk, &sign_in, now);
            tx.record(&ok.user(user).network(&browser.network))?;
            complete(tx, &sign_in, proven, &fresh, &policy, now)?;
            session::open(tx, new, user, &browser, policy.sessions_per_user, now)?;
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
        account: Option<Account>,
    ) -> ConsentPage {
        let request = &sign_in.request;
        ConsentPage {
            csrf: self.csrf(cookie, &handle, "consent"),
            handle,
            client_name: sign_in.client.display_name().to_owned(),
            verified_host: request.client.document_host(),
            destination: request.redirect_uri.destination(),
            local_app: request.redirect_uri.is_loopback(),
            scopes: request.scopes.iter().collect(),
            account,
            reference: sign_in.reference,
        }
    }

    fn ask_sign_in(
        &self,
        handle: Secret,
        browser: &Browser,
        sign_in: &SignIn,
        shown: Shown,
    ) -> Result<Next, IssuerError> {
        let cookie = browser.cookie.as_ref().ok_or(IssuerError::Stale)?;
        let policy = self.policy();
        Ok(Next::SignIn(Box::new(SignInPage {
            csrf: self.csrf(cookie, &handle, "sign-in"),
            client_name: sign_in.client.display_name().to_owned(),
            username: shown.username,
            wrong: shown.wrong,
            providers: self.ways(),
            local: policy.local_sign_in,
            another: shown.another,
            sign_up: policy
                .local_sign_up
                .then(|| self.csrf(cookie, &handle, "sign-up")),
            handle,
            reference: sign_in.reference,
        })))
    }

    fn csrf(&self, cookie: &Secret, handle: &Secret, form: &str) -> String {
        self.0.csrf.tag(&[cookie.expose(), handle.expose(), form])
    }

    /// The digest of the browser's cookie, once the form is proven to come from a page it was shown.
    async fn check_csrf(
        &self,
        browser: &Browser,
        handle: &Secret,
        form: &str,
        csrf: &str,
    ) -> Result<Digest, IssuerError> {
        let cookie = browser.cookie.as_ref().ok_or(IssuerError::Stale)?;
        let parts = [cookie.expose(), handle.expose(), form];
        if self.0.csrf.verify(&parts, csrf) {
            return Ok(cookie.digest());
        }
        Err(self
            .mismatch(cookie.digest(), handle.digest(), browser.network.clone())
            .await?)
    }

    /// What to answer a form whose CSRF value is not that of this browser: it may be another one's.
    async fn mismatch(
        &self,
        cookie: Digest,
        handle: Digest,
        network: String,
    ) -> Result<IssuerError, StoreError> {
        let now = self.0.clock.now();
        let unit = move |tx: &mut dyn Tx| -> Result<_, StoreError> {
            let Some(sign_in) = tx.sign_in(handle)?.filter(|sign_in| sign_in.browser != cookie) else {
                return Ok(IssuerError::Stale);
            };
            tx.record(&event(EventKind::BindingMismatch, &sign_in, now).network(&network))?;
            Ok(at_fault(&sign_in, SignInFault::OtherBrowser))
        };
        self.0.store.write(unit).await
    }
}

/// Why an authorization request is not begun.
enum Refusal {
    Request(AuthorizeError),
    Store(StoreError),
}

impl From<LocalFault> for Refusal {
    fn from(fault: LocalFault) -> Self {
        Self::Request(AuthorizeError::Local(fault))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unresolved> for Refusal {
    fn from(why: Unresolved) -> Self {
        match why {
            Unresolved::Fault(fault) => fault.into(),
            Unresolved::Store(error) => error.into(),
        }
    }
}

fn event(kind: EventKind, sign_in: &SignIn, now: Timestamp) -> Event {
    Event::new(kind, now)
        .reference(sign_in.reference)
        .client(&sign_in.request.client)
}

fn load(tx: &mut dyn Tx, handle: Digest, browser: Digest, now: Timestamp) -> Result<SignIn, IssuerError> {
    let sign_in = tx.sign_in(handle)?.ok_or(IssuerError::Stale)?;
    sign_in
        .check(browser, now)
        .map_err(|fault| at_fault(&sign_in, fault))?;
    Ok(sign_in)
}
