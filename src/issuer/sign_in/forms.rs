//! What the pages of a sign-in say, and what their forms bring back.

use crate::clock::Seconds;
use crate::id::{ProviderId, Reference};
use crate::issuer::sign_up::SignUpPage;
use crate::issuer::{Failure, Way};
use crate::oauth::{AuthorizeCode, Scope, ScopeSet};
use crate::secret::Secret;

/// What a browser shows of itself.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The cookie that names the browser; `None` before its first page.
    pub cookie: Option<Secret>,
    /// The cookie of a signed-in person.
    pub session: Option<Secret>,
    /// Which browser it is, in words; empty where it does not say.
    pub agent: String,
    /// The prefix of its address; empty where it is unknown.
    pub network: String,
    /// Whether a proxy says that it asks for somebody else, so that it may be anywhere.
    pub forwarded: bool,
}

/// A consent page to show.
#[derive(Debug)]
pub struct Consent {
    /// What it says.
    pub page: ConsentPage,
    /// The browser's cookie, to be set.
    pub browser: Secret,
}

/// What a consent page says.
#[derive(Debug)]
pub struct ConsentPage {
    /// Hidden in the form.
    pub handle: Secret,
    /// Hidden in the form.
    pub csrf: String,
    /// How the client calls itself: not to be trusted.
    pub client_name: String,
    /// The host of its metadata document, which proves who it is; `None` for one that registered itself.
    pub verified_host: Option<String>,
    /// Where the person goes when they press a button.
    pub destination: String,
    /// Whether that is a program on the person's own machine.
    pub local_app: bool,
    /// What is asked for.
    pub scopes: Vec<Scope>,
    /// Who is signed in already.
    pub account: Option<Account>,
    /// Names this sign-in in the log.
    pub reference: Reference,
}

/// Who is signed in already.
#[derive(Debug, Clone)]
pub struct Account {
    /// How they are called here.
    pub name: String,
    /// Whether they let this client in before, for all that it asks for now, and it still is.
    pub let_in: bool,
}

/// The consent form.
#[derive(Debug)]
pub struct ConsentForm {
    /// `sign_in`
    pub handle: Secret,
    /// `csrf`
    pub csrf: String,
    /// `decision`
    pub decision: Decision,
    /// Every `scope` that was ticked.
    pub scopes: ScopeSet,
}

/// Which button was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Let the client in.
    Allow,
    /// Send it away.
    Deny,
    /// Let it in, as somebody else.
    AllowAsAnother,
}

/// The local sign-in form.
#[derive(Debug)]
pub struct SignInForm {
    /// `sign_in`
    pub handle: Secret,
    /// `csrf`
    pub csrf: String,
    /// `username`
    pub username: String,
    /// `password`
    pub password: Secret,
}

/// A provider's button was pressed.
#[derive(Debug)]
pub struct ProviderForm {
    /// `sign_in`
    pub handle: Secret,
    /// `csrf`
    pub csrf: String,
    /// `provider`
    pub provider: ProviderId,
    /// `another`: the person wants to choose an account there.
    pub another: bool,
}

/// The person goes back to the app without having got in.
#[derive(Debug)]
pub struct GiveUp {
    /// `sign_in`
    pub handle: Secret,
    /// `csrf`
    pub csrf: String,
    /// `give_up`: what the app is told.
    pub code: AuthorizeCode,
}

/// A page that says why nobody came back from a provider.
#[derive(Debug)]
pub struct ProviderFault {
    /// Which provider.
    pub provider: Way,
    /// Why.
    pub failure: Failure,
    /// How the client calls itself.
    pub client_name: String,
    /// For the form; `None` in a browser that has no part in the sign-in.
    pub retry: Option<Retry>,
    /// Names this sign-in in the log.
    pub reference: Reference,
}

/// What the person can do about it.
#[derive(Debug)]
pub struct Retry {
    /// Hidden in the form.
    pub handle: Secret,
    /// Hidden in the form.
    pub csrf: String,
    /// Other providers.
    pub others: Vec<Way>,
    /// Whether a local account is a way too.
    pub local: bool,
}

/// A sign-in page to show.
#[derive(Debug)]
pub struct SignInPage {
    /// Hidden in the form.
    pub handle: Secret,
    /// Hidden in the form.
    pub csrf: String,
    /// How the client calls itself.
    pub client_name: String,
    /// What was typed before.
    pub username: String,
    /// Why the page is shown again.
    pub wrong: Option<Wrong>,
    /// Every provider.
    pub providers: Vec<Way>,
    /// Whether the person may sign in with a local account.
    pub local: bool,
    /// Hidden in the form: at the provider the person wants to choose an account.
    pub another: bool,
    /// Hidden in the form that leads to a new account; `None` where nobody makes one.
    pub sign_up: Option<String>,
    /// Names this sign-in in the log.
    pub reference: Reference,
}

/// Why the sign-in page is shown again. The same for a wrong password, an unknown name and a person who is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Name and password do not belong together.
    Password,
    /// Too many attempts; the next one counts after so long.
    Wait(Seconds),
}

/// What follows a form.
#[derive(Debug)]
pub enum Next {
    /// Another page.
    SignIn(Box<SignInPage>),
    /// The page for a new account.
    SignUp(Box<SignUpPage>),
    /// Nobody came back from a provider.
    Fault(Box<ProviderFault>),
    /// On to a provider, or back to the client with the answer in the URL; a new session cookie where the person just
    /// signed in.
    Leave {
        /// Where to.
        url: String,
        /// The cookie to set.
        session: Option<Secret>,
    },
}
