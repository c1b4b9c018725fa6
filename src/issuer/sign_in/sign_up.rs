//! A new account on the way through a sign-in, which then goes on.

use super::forms::{Browser, Next};
use super::{Shown, load};
use crate::issuer::{Issuer, IssuerError, NewAccountForm, SignUpFault, SignUpFor, SignUpPage};
use crate::oauth::SignIn;
use crate::secret::Secret;

impl Issuer {
    /// Asks for the name and password of a new account, in place of an existing one's. The caller has checked
    /// that strangers may make accounts.
    pub async fn ask_account(
        &self,
        handle: Secret,
        csrf: &str,
        browser: Browser,
    ) -> Result<Next, IssuerError> {
        let sign_in = self.waiting(&handle, csrf, &browser).await?;
        self.new_account(handle, &browser, &sign_in, String::new(), None)
    }

    /// Back to the sign-in with an existing account. The browser's own way back would post a form again.
    pub async fn ask_existing(
        &self,
        handle: Secret,
        csrf: &str,
        browser: Browser,
    ) -> Result<Next, IssuerError> {
        let sign_in = self.waiting(&handle, csrf, &browser).await?;
        self.ask_sign_in(handle, &browser, &sign_in, Shown::default())
    }

    /// Makes an account, and ends the sign-in as one with an existing account would. The caller has checked that
    /// strangers may make accounts.
    pub async fn sign_up(
        &self,
        handle: Secret,
        csrf: &str,
        form: NewAccountForm,
        browser: Browser,
    ) -> Result<Next, IssuerError> {
        let now = self.0.clock.now();
        let sign_in = self.waiting(&handle, csrf, &browser).await?;
        match self.make_account(&form, &browser, now).await? {
            Ok(user) => {
                self.finish(sign_in.handle, sign_in.browser, user, browser, now)
                    .await
            }
            Err(fault) => self.new_account(handle, &browser, &sign_in, form.username, Some(fault)),
        }
    }

    async fn waiting(&self, handle: &Secret, csrf: &str, browser: &Browser) -> Result<SignIn, IssuerError> {
        let now = self.0.clock.now();
        let cookie = self.check_csrf(browser, handle, "sign-up", csrf).await?;
        let id = handle.digest();
        self.0.store.read(move |tx| load(tx, id, cookie, now)).await
    }

    fn new_account(
        &self,
        handle: Secret,
        browser: &Browser,
        sign_in: &SignIn,
        username: String,
        fault: Option<SignUpFault>,
    ) -> Result<Next, IssuerError> {
        let cookie = browser.cookie.as_ref().ok_or(IssuerError::Stale)?;
        Ok(Next::SignUp(Box::new(SignUpPage {
            csrf: self.csrf(cookie, &handle, "sign-up"),
            sign_in: Some(SignUpFor {
                handle,
                client_name: sign_in.client.display_name().to_owned(),
                reference: sign_in.reference,
            }),
            username,
            fault,
        })))
    }
}
