//! What needs more than an open session: changing the password, and deleting the account.

use super::apps::cut_all;
use super::providers::recently;
use super::{AccountForm, AccountPost, who};
use crate::account::{User, Username};
use crate::audit::{Event, EventKind};
use crate::clock::Timestamp;
use crate::issuer::accounts::remove;
use crate::issuer::passwords::check;
use crate::issuer::sign_in::session;
use crate::issuer::{AccountFault, Issuer};
use crate::secret::{Secret, random};
use crate::store::Tx;

/// The form that changes a password.
#[derive(Debug)]
pub struct ChangePassword {
    /// `current`
    pub current: Secret,
    /// `password`
    pub new: Secret,
    /// `again`
    pub again: Secret,
    /// `cut_apps`
    pub cut_apps: bool,
}

impl Issuer {
    /// Changes the password of a local account. Every other session ends and this one goes on under a new cookie, which is
    /// returned. Apps stay, unless they are to be cut as well.
    pub async fn change_password(
        &self,
        post: AccountPost,
        form: ChangePassword,
    ) -> Result<Secret, AccountFault> {
        let (kept, now) = (self.proven(&post, AccountForm::Password)?, self.0.clock.now());
        let (user, username) = self.local_person(&kept, now).await?;
        check(&form.new, &username)?;
        if form.new != form.again {
            return Err(AccountFault::Differs);
        }
        self.prove_again(&user, &username, form.current, &post, now)
            .await?;
        let password_hash = self.0.passwords.hash(form.new).await?;
        let (fresh, keep) = (Secret::bearer("ss", random()), self.policy().sessions_per_user);
        let (cookie, browser) = (fresh.digest(), post.browser);
        let changed = Event::new(EventKind::PasswordChanged, now)
            .user(user.id)
            .network(&browser.network)
            .detail("by the person");
        let unit = move |tx: &mut dyn Tx| -> Result<(), AccountFault> {
            // Another change meanwhile has ended this session.
            let user = who(tx, &kept, now)?;
            tx.set_password_hash(user.id, &password_hash)?;
            tx.delete_sessions(user.id)?;
            session::open(tx, cookie, user.id, &browser, keep, now)?;
            if form.cut_apps {
                cut_all(tx, user.id, now)?;
            }
            Ok(tx.record(&changed)?)
        };
        self.0.store.write(unit).await?;
        tracing::info!(user.id = %user.id, "a person changed their password");
        Ok(fresh)
    }

    /// Deletes the account with its games and apps. `name` is what was typed to confirm it. Whoever has no password
    /// proves who they are by having signed in lately.
    pub async fn delete_account(
        &self,
        post: AccountPost,
        name: &str,
        password: Secret,
    ) -> Result<(), AccountFault> {
        let (kept, now) = (self.proven(&post, AccountForm::Delete)?, self.0.clock.now());
        let (user, username) = self.person(&kept, now).await?;
        match &username {
            Some(username) => {
                if Username::parse(name).as_ref() != Ok(username) {
                    return Err(AccountFault::OtherName);
                }
                self.prove_again(&user, username, password, &post, now).await?;
            }
            None if name.trim() != user.name => return Err(AccountFault::OtherName),
            None => {}
        }
        let removed = Event::new(EventKind::AccountRemoved, now)
            .user(user.id)
            .network(&post.browser.network)
            .detail("by the person");
        let unit = move |tx: &mut dyn Tx| -> Result<(), AccountFault> {
            let user = if username.is_some() {
                who(tx, &kept, now)?
            } else {
                recently(tx, &kept, now)?
            };
            let account = tx.username(user.id)?;
            remove(tx, user.id, account.as_ref())?;
            Ok(tx.record(&removed)?)
        };
        self.0.store.write(unit).await?;
        tracing::info!(user.id = %user.id, "a person deleted their account");
        Ok(())
    }

    /// Who acts, with the name of their local account, if they have one that opens anything.
    async fn person(&self, kept: &Secret, now: Timestamp) -> Result<(User, Option<Username>), AccountFault> {
        let (kept, local) = (kept.clone(), self.policy().local_sign_in);
        let unit = move |tx: &mut dyn Tx| -> Result<_, AccountFault> {
            let user = who(tx, &kept, now)?;
            let username = tx.username(user.id)?.filter(|_| local);
            Ok((user, username))
        };
        self.0.store.read(unit).await
    }

    /// Who acts, with the name of their local account.
    async fn local_person(&self, kept: &Secret, now: Timestamp) -> Result<(User, Username), AccountFault> {
        let (user, username) = self.person(kept, now).await?;
        Ok((user, username.ok_or(AccountFault::Unknown)?))
    }

    /// Whoever sits at an open session is not always its person. Attempts count as those of a sign-in do.
    async fn prove_again(
        &self,
        user: &User,
        username: &Username,
        password: Secret,
        post: &AccountPost,
        now: Timestamp,
    ) -> Result<(), AccountFault> {
        let proven = self
            .check_password(username.as_str(), password, &post.browser, now)
            .await?;
        let Err(wrong) = proven else { return Ok(()) };
        let failed = Event::new(EventKind::LoginFailed, now).user(user.id);
        let failed = failed.network(&post.browser.network);
        self.0.store.write(move |tx| tx.record(&failed)).await?;
        Err(AccountFault::Wrong(wrong))
    }
}
