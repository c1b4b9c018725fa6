//! A signed-in person looks after what is theirs: apps, browsers, password, and the end of it all.
//!
//! # Design
//!
//! Every form of these pages carries a value that only our page in this very session could know: an HMAC over the
//! session's cookie and the form's own path, so that a form made for one deed never does another. Who acts is looked up
//! inside the unit that acts; ids in forms only ever name things among what is theirs.

mod apps;
mod entry;
mod page;
mod password;
mod providers;
mod sessions;

use super::sign_in::session::signed_in;
use super::{Browser, Issuer, WeakPassword, Wrong};
use crate::account::User;
use crate::clock::Timestamp;
use crate::secret::{MacKey, Secret};
use crate::store::{StoreError, Tx};
use crate::urls::path;

pub use entry::{EntryForm, EntryPage, SignUpForm};
pub use page::{AccountPage, ConnectedApp, LinkedProvider, OwnSession};
pub use password::ChangePassword;

pub(super) use entry::browser_cookie;
pub(super) use page::{live_grants, live_sessions, session_id};

/// A form of the account pages: where it goes, and what its CSRF value is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountForm {
    /// Signs in, without an app.
    SignIn,
    /// Makes an account, without an app.
    SignUp,
    /// Ends this session.
    SignOut,
    /// Cuts one app.
    CutApp,
    /// Cuts every app.
    CutApps,
    /// Ends another session.
    EndSession,
    /// Ends every other session.
    EndSessions,
    /// Makes a provider's account another way in.
    LinkProvider,
    /// Ends that.
    UnlinkProvider,
    /// Changes the password.
    Password,
    /// Deletes a game.
    DeleteGame,
    /// Takes the free side of a friend's game.
    Join,
    /// Takes it without an account.
    JoinAsGuest,
    /// Calls a tool from the board.
    Play,
    /// Takes everything along.
    Export,
    /// Deletes the account.
    Delete,
}

impl AccountForm {
    /// Where it is posted.
    pub fn path(self) -> &'static str {
        match self {
            Self::SignIn => path::ACCOUNT_SIGN_IN,
            Self::SignUp => path::ACCOUNT_SIGN_UP,
            Self::SignOut => path::ACCOUNT_SIGN_OUT,
            Self::CutApp => path::ACCOUNT_CUT_APP,
            Self::CutApps => path::ACCOUNT_CUT_APPS,
            Self::EndSession => path::ACCOUNT_END_SESSION,
            Self::EndSessions => path::ACCOUNT_END_SESSIONS,
            Self::LinkProvider => path::ACCOUNT_LINK,
            Self::UnlinkProvider => path::ACCOUNT_UNLINK,
            Self::Password => path::ACCOUNT_PASSWORD,
            Self::DeleteGame => path::ACCOUNT_DELETE_GAME,
            Self::Join => path::JOIN,
            Self::JoinAsGuest => path::JOIN_AS_GUEST,
            Self::Play => path::PLAY_CALL,
            Self::Export => path::ACCOUNT_EXPORT,
            Self::Delete => path::ACCOUNT_DELETE,
        }
    }
}

/// Makes and checks the CSRF values of one browser's forms.
#[derive(Clone)]
pub struct FormKey {
    mac: MacKey,
    cookie: Secret,
}

impl FormKey {
    /// For the browser with this cookie: that of its session, or, before there is one, that of the browser.
    pub fn new(mac: MacKey, cookie: Secret) -> Self {
        Self { mac, cookie }
    }

    /// What the form carries.
    pub fn csrf(&self, form: AccountForm) -> String {
        self.mac.tag(&self.parts(form))
    }

    /// Whether the form carried it.
    pub(super) fn made(&self, form: AccountForm, csrf: &str) -> bool {
        self.mac.verify(&self.parts(form), csrf)
    }

    /// Apart from the forms of a sign-in, whose second part is a handle.
    fn parts(&self, form: AccountForm) -> [&str; 3] {
        [self.cookie.expose(), "account", form.path()]
    }
}

/// A form of a signed-in person, as it came.
#[derive(Debug)]
pub struct AccountPost {
    /// From which browser.
    pub browser: Browser,
    /// `csrf`
    pub csrf: String,
}

/// Why a form of the account pages did nothing.
#[derive(Debug, thiserror::Error)]
pub enum AccountFault {
    /// Nobody is signed in with this browser.
    #[error("nobody is signed in with this browser")]
    SignedOut,
    /// The form's CSRF value is not of this session.
    #[error("This page is out of date. Open your account again.")]
    Stale,
    /// What they want done takes a fresh sign-in.
    #[error("the sign-in is too long ago")]
    NotRecent,
    /// They could never come back.
    #[error("This is your only way to sign in. Link another one first.")]
    LastWay,
    /// There is no such thing among what is theirs.
    #[error("It is not there. It may be gone already.")]
    Unknown,
    /// The password that was to prove who they are does not.
    #[error("the password was not proven")]
    Wrong(Wrong),
    /// The new password is not accepted.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The two new passwords differ.
    #[error("The two new passwords are not the same.")]
    Differs,
    /// The name that was to be typed is another one.
    #[error("This is not the name of your account.")]
    OtherName,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Issuer {
    pub(super) fn form_key(&self, cookie: &Secret) -> FormKey {
        FormKey::new(self.0.csrf.clone(), cookie.clone())
    }

    /// The session's cookie, once the form is proven to come from a page of that session. Whether the session is
    /// still good is for the unit to find out.
    pub(super) fn proven(&self, post: &AccountPost, form: AccountForm) -> Result<Secret, AccountFault> {
        let session = post.browser.session.as_ref().ok_or(AccountFault::SignedOut)?;
        if !self.form_key(session).made(form, &post.csrf) {
            return Err(AccountFault::Stale);
        }
        Ok(session.clone())
    }

    /// Who posted a form that another part of the program serves.
    pub async fn who_posted(&self, post: &AccountPost, form: AccountForm) -> Result<User, AccountFault> {
        let (session, now) = (self.proven(post, form)?, self.0.clock.now());
        self.0.store.read(move |tx| who(tx, &session, now)).await
    }
}

/// Whose session this is.
pub(super) fn who(tx: &mut dyn Tx, session: &Secret, now: Timestamp) -> Result<User, AccountFault> {
    let found = signed_in(tx, Some(session), now)?;
    found.map(|(user, _)| user).ok_or(AccountFault::SignedOut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::MasterKey;

    #[test]
    fn a_csrf_value_is_good_for_one_form_of_one_session() {
        let key = |session: &str| {
            let mac = MasterKey::new([1; 32]).mac("csrf");
            FormKey::new(mac, Secret::new(session.to_owned()))
        };
        let value = key("ana").csrf(AccountForm::CutApp);
        assert!(key("ana").made(AccountForm::CutApp, &value));
        assert!(!key("ana").made(AccountForm::CutApps, &value));
        assert!(!key("ben").made(AccountForm::CutApp, &value));
        assert!(!key("ana").made(AccountForm::CutApp, ""));
    }
}
