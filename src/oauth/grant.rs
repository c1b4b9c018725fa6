//! The life of a sign-in and of the grant it leads to.
//!
//! A [`SignIn`] is an authorization request on its way through the pages; its [`Stage`] says what may happen
//! next, and only the transitions here change it. A [`Grant`] is what comes out: the row a person sees and
//! cuts, and the unit of revocation.

use super::authorize::AuthorizationRequest;
use super::client::{ClientId, ClientSnapshot};
use super::scope::ScopeSet;
use crate::clock::{Seconds, Timestamp};
use crate::id::{GrantId, Reference, UserId};
use crate::secret::Digest;

/// How long the pages of one sign-in stay good.
pub const SIGN_IN_LIFE: Seconds = Seconds(600);

/// For how long after the end a second press of the same button is still answered.
const SECOND_PRESS: Seconds = Seconds(60);

/// An authorization request on its way through consent and sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Digest of the handle that the forms carry.
    pub handle: Digest,
    /// Shown on every page of this sign-in and in the log.
    pub reference: Reference,
    /// The client as it was when the sign-in began.
    pub client: ClientSnapshot,
    /// What was asked.
    pub request: AuthorizationRequest,
    /// Digest of the cookie of the browser in which it began. No other browser may go on with it.
    pub browser: Digest,
    /// When the pages stop working.
    pub expires_at: Timestamp,
    /// How far it came.
    pub stage: Stage,
    /// Who proved who they are before they allowed anything: somebody who came back from a provider with another
    /// browser than the one that was sent there, and is asked once more in theirs.
    pub proven: Option<Proven>,
}

/// A person who proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    /// Who.
    pub user: UserId,
    /// When.
    pub auth_time: Timestamp,
}

/// How far a sign-in came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The consent page was shown.
    Asked,
    /// The person allowed these scopes and now has to prove who they are.
    Allowed {
        /// What was allowed: all or part of what was asked.
        scopes: ScopeSet,
    },
    /// The grant was made. A second press of the button gets a fresh code while nobody redeemed the first.
    Done {
        /// The grant.
        grant: GrantId,
        /// When.
        at: Timestamp,
    },
}

/// Why a form is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInFault {
    /// It took too long.
    #[error("This page has expired. Go back to the app and connect again.")]
    Expired,
    /// The form belongs to another browser.
    #[error("This page was opened in another browser. Go back to the app and connect again.")]
    OtherBrowser,
    /// Consent comes first.
    #[error("The access was not allowed yet. Go back to the app and connect again.")]
    NotAllowed,
    /// The app already has its answer.
    #[error("The app is already connected. You can close this page.")]
    Done,
}

impl SignIn {
    /// Whether the browser with this cookie may press a button now.
    pub fn check(&self, browser: Digest, now: Timestamp) -> Result<(), SignInFault> {
        if now >= self.expires_at {
            return Err(SignInFault::Expired);
        }
        if browser != self.browser {
            return Err(SignInFault::OtherBrowser);
        }
        match self.stage {
            Stage::Done { at, .. } if now.since(at) > SECOND_PRESS => Err(SignInFault::Done),
            _ => Ok(()),
        }
    }

    /// The person presses Allow, with these optional scopes ticked.
    #[must_use]
    pub fn allow(mut self, ticked: ScopeSet) -> Self {
        if !matches!(self.stage, Stage::Done { .. }) {
            let asked = self.request.scopes;
            let scopes = asked.required().or(asked.and(ticked));
            self.stage = Stage::Allowed { scopes };
        }
        self
    }

    /// What the person, who has now proven who they are, allowed.
    pub fn allowed(&self) -> Result<ScopeSet, SignInFault> {
        match self.stage {
            Stage::Asked => Err(SignInFault::NotAllowed),
            Stage::Allowed { scopes } => Ok(scopes),
            Stage::Done { .. } => Err(SignInFault::Done),
        }
    }
}

/// What a person allowed one client to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id: the claim `gid`.
    pub id: GrantId,
    /// Whose games.
    pub user: UserId,
    /// Which client.
    pub client: ClientId,
    /// The client as it was when the person let it in.
    pub snapshot: ClientSnapshot,
    /// Where the person was sent back to (see `RedirectUri::destination`); empty for the command line.
    pub destination: String,
    /// What it may do.
    pub scopes: ScopeSet,
    /// When the person proved who they are.
    pub auth_time: Timestamp,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Highest generation of access token that was ever used.
    pub used_generation: u32,
    /// When it was cut.
    pub revoked_at: Option<Timestamp>,
}

impl Grant {
    /// Whether its tokens are good.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// Whether it already allows all that `request` of the client as it is now asks for, to the same place.
    pub fn covers(&self, request: &AuthorizationRequest, client: &ClientSnapshot, now: Timestamp) -> bool {
        self.is_live(now)
            && self.client == request.client
            && self.snapshot.fingerprint == client.fingerprint
            && self.destination == request.redirect_uri.destination()
            && request.scopes.is_subset(self.scopes)
    }
}

/// Why a grant ended, for the log and the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeReason {
    /// An authorization code was presented again.
    CodeReplay,
    /// A retired refresh token was presented again.
    RefreshReuse,
    /// The client revoked it (RFC 7009).
    Client,
    /// Too many grants of one person and client: the longest idle one ended.
    Crowded,
    /// The person cut it.
    Person,
    /// The operator cut it.
    Operator,
    /// The operator removed its client.
    ClientRemoved,
    /// Its code ran out, or was spoilt, before anybody redeemed it.
    Unredeemed,
}

impl RevokeReason {
    /// The name in the store and the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeReplay => "code_replay",
            Self::RefreshReuse => "refresh_reuse",
            Self::Client => "client",
            Self::Crowded => "crowded",
            Self::Person => "person",
            Self::Operator => "operator",
            Self::ClientRemoved => "client_removed",
            Self::Unredeemed => "unredeemed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::Scope;
    use crate::oauth::authorize::Prompt;
    use crate::oauth::pkce::CodeChallenge;
    use crate::oauth::redirect::RedirectUri;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn sign_in() -> SignIn {
        SignIn {
            client: ClientSnapshot::default(),
            handle: Digest::of(b"handle"),
            reference: Reference::new([1; 10]),
            request: AuthorizationRequest {
                nonce: None,
                client: ClientId::registered([1; 16]),
                redirect_uri: RedirectUri::parse("https://h.example/cb").unwrap(),
                state: None,
                challenge: CodeChallenge::from_digest(Digest::of(b"verifier")),
                scopes: ScopeSet::all(),
                prompt: Prompt::default(),
                max_age: None,
            },
            browser: Digest::of(b"browser"),
            expires_at: at(600),
            stage: Stage::Asked,
            proven: None,
        }
    }

    #[test]
    fn only_its_browser_goes_on_and_only_in_time() {
        let (here, there) = (Digest::of(b"browser"), Digest::of(b"other"));
        assert_eq!(sign_in().check(here, at(599)), Ok(()));
        assert_eq!(sign_in().check(here, at(600)), Err(SignInFault::Expired));
        assert_eq!(sign_in().check(there, at(0)), Err(SignInFault::OtherBrowser));
    }

    #[test]
    fn nothing_is_granted_that_was_not_allowed() {
        assert_eq!(sign_in().allowed(), Err(SignInFault::NotAllowed));
        assert_eq!(sign_in().allow(ScopeSet::all()).allowed(), Ok(ScopeSet::all()));
        assert_eq!(
            sign_in().allow(ScopeSet::all()).allow(ScopeSet::all()),
            sign_in().allow(ScopeSet::all())
        );
    }

    #[test]
    fn optional_scopes_are_the_person_s_to_leave_out() {
        let ticked = ScopeSet::of(Scope::Profile).with(Scope::Chess);
        let allowed = sign_in().allow(ticked).allowed().unwrap();
        assert_eq!(allowed.to_string(), "chess openid profile");
        let untouched = sign_in().allow(ScopeSet::default()).allowed().unwrap();
        assert_eq!(untouched.to_string(), "chess openid");
    }

    #[test]
    fn a_second_press_is_answered_for_a_minute() {
        let grant = GrantId::new(at(0), [0; 10]);
        let done = SignIn {
            stage: Stage::Done { grant, at: at(10) },
            ..sign_in()
        };
        assert_eq!(done.check(done.browser, at(70)), Ok(()));
        assert_eq!(done.check(done.browser, at(71)), Err(SignInFault::Done));
        assert_eq!(done.clone().allow(ScopeSet::all()), done);
        assert_eq!(done.allowed(), Err(SignInFault::Done));
    }
}
