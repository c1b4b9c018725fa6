//! The way into the account without an app: signing in, and making an account where strangers may.

use super::{AccountForm, FormKey};
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::issuer::sign_in::session;
use crate::issuer::{AccountFault, Browser, Issuer, NewAccountForm, SignUpFault, Way, Wrong};
use crate::secret::{Secret, random};
use crate::store::{StoreError, Tx};

/// A sign-in or sign-up page outside any app's sign-in.
pub struct EntryPage {
    /// The cookie that names the browser, to be set: the page's forms belong to it.
    pub browser: Secret,
    /// For the forms.
    pub forms: FormKey,
    /// What was typed before.
    pub username: String,
    /// Why the sign-in page is shown again.
    pub wrong: Option<Wrong>,
    /// Why the page for a new account is shown again.
    pub fault: Option<SignUpFault>,
    /// Whether strangers may make an account.
    pub sign_up: bool,
    /// Every provider.
    pub providers: Vec<Way>,
    /// Whether people may sign in with a local account.
    pub local: bool,
}

/// The sign-in form.
#[derive(Debug)]
pub struct EntryForm {
    /// `csrf`
    pub csrf: String,
    /// `username`
    pub username: String,
    /// `password`
    pub password: Secret,
}

/// The form for a new account.
#[derive(Debug)]
pub struct SignUpForm {
    /// `csrf`
    pub csrf: String,
    /// What they chose.
    pub account: NewAccountForm,
}

impl Issuer {
    /// The page that lets a person in.
    pub fn entry_page(&self, browser: &Browser) -> EntryPage {
        let cookie = browser_cookie(browser);
        EntryPage {
            forms: self.form_key(&cookie),
            browser: cookie,
            username: String::new(),
            wrong: None,
            fault: None,
            sign_up: self.policy().local_sign_up,
            providers: self.ways(),
            local: self.policy().local_sign_in,
        }
    }

    /// Signs a person in. Returns the session's cookie, or the page to show again.
    pub async fn enter(
        &self,
        form: EntryForm,
        browser: Browser,
    ) -> Result<Result<Secret, EntryPage>, AccountFault> {
        let now = self.0.clock.now();
        self.own_page(&browser, AccountForm::SignIn, &form.csrf)?;
        let wrong = match self
            .check_password(&form.username, form.password, &browser, now)
            .await?
        {
            Ok(user) => return Ok(Ok(self.let_in(user, browser, now).await?)),
            Err(wrong) => wrong,
        };
        tracing::info!(?wrong, "sign-in to the account page failed");
        let failed = Event::new(EventKind::LoginFailed, now).network(&browser.network);
        self.0.store.write(move |tx| tx.record(&failed)).await?;
        Ok(Err(EntryPage {
            username: form.username,
            wrong: Some(wrong),
            ..self.entry_page(&browser)
        }))
    }

    /// Makes an account and signs in with it. Returns the session's cookie, or the page to show again. The caller has
    /// checked that strangers may make accounts.
    pub async fn enter_anew(
        &self,
        form: SignUpForm,
        browser: Browser,
    ) -> Result<Result<Secret, EntryPage>, AccountFault> {
        let now = self.0.clock.now();
        self.own_page(&browser, AccountForm::SignUp, &form.csrf)?;
        match self.make_account(&form.account, &browser, now).await? {
            Ok(user) => Ok(Ok(self.let_in(user, browser, now).await?)),
            Err(fault) => Ok(Err(EntryPage {
                username: form.account.username,
                fault: Some(fault),
                ..self.entry_page(&browser)
            })),
        }
    }

    /// Whether a form comes from a page that this browser was shown before anybody signed in.
    pub(in crate::issuer) fn own_page(
        &self,
        browser: &Browser,
        form: AccountForm,
        csrf: &str,
    ) -> Result<(), AccountFault> {
        let cookie = browser.cookie.as_ref().ok_or(AccountFault::Stale)?;
        let made = self.form_key(cookie).made(form, csrf);
        made.then_some(()).ok_or(AccountFault::Stale)
    }

    async fn let_in(&self, user: UserId, browser: Browser, now: Timestamp) -> Result<Secret, StoreError> {
        let (fresh, keep) = (Secret::bearer("ss", random()), self.policy().sessions_per_user);
        let cookie = fresh.digest();
        let unit = move |tx: &mut dyn Tx| -> Result<(), StoreError> {
            session::open(tx, cookie, user, &browser, keep, now)?;
            let ok = Event::new(EventKind::LoginOk, now).user(user);
            tx.record(&ok.network(&browser.network))
        };
        self.0.store.write(unit).await?;
        tracing::info!(user.id = %user, "a person opened their account page");
        Ok(fresh)
    }
}

/// The cookie that names the browser, or a new one before its first page.
pub(in crate::issuer) fn browser_cookie(browser: &Browser) -> Secret {
    let cookie = browser.cookie.clone();
    cookie.unwrap_or_else(|| Secret::bearer("br", random()))
}
