//! From an authorization request to a code: consent, then sign-in.
//!
//! Consent comes first and always takes a click. A sign-in belongs to the browser in which it began: the
//! browser's cookie is part of every form's CSRF value, and its digest is kept with the sign-in.

use super::{Issuer, IssuerError, Policy};
use crate::account::{BrowserSession, User, Username};
use crate::clock::{Seconds, Timestamp};
use crate::id::{GrantId, Reference, UserId};
use crate::oauth::{
    AuthorizationCode, AuthorizationRequest, AuthorizeCode, AuthorizeError, ErrorResponse, Grant, LocalFault,
    RawRequest, RevokeReason, SIGN_IN_LIFE, Scope, ScopeSet, SignIn, SignInFault, Stage,
};
use crate::secret::{Digest, Secret, random};
use crate::store::{Failures, StoreError, Tx};

/// A session ends when its browser was not seen for so long …
const SESSION_IDLE: Seconds = Seconds(12 * 3600);
/// … and in any case after so long.
const SESSION_LIFE: Seconds = Seconds(7 * 24 * 3600);
/// Attempts under one name before they have to wait.
const FREE_ATTEMPTS: u32 = 5;
/// Longest wait between two attempts.
const LONGEST_WAIT: Seconds = Seconds(900);

/// What a browser shows of itself.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The cookie that names the browser; `None` before its first page.
    pub cookie: Option<Secret>,
    /// The cookie of a signed-in person.
    pub session: Option<Secret>,
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
    /// Where the person goes when they press a button.
    pub destination: String,
    /// Whether that is a program on the person's own machine.
    pub local_app: bool,
    /// What is asked for.
    pub scopes: Vec<Scope>,
    /// Who is signed in already.
    pub account: Option<String>,
    /// Names this sign-in in the log.
    pub reference: Reference,
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
    /// Back to the client, with the answer in the URL; a new session cookie where the person just signed in.
    Leave {
        /// Where to.
        url: String,
        /// The cookie to set.
        session: Option<Secret>,
    },
}

/// Secrets made before a unit runs.
struct Fresh {
    code: Secret,
    grant: [u8; 10],
}

impl Fresh {
    fn new() -> Self {
        Self {
            code: Secret::bearer("ac", random()),
            grant: random(),
        }
    }
}

/// A person who proved who they are.
#[derive(Clone, Copy)]
struct Proven {
    user: UserId,
    auth_time: Timestamp,
}

impl Issuer {
    /// Begins a sign-in (OAuth 2.1 section 4.1.1) and says what to ask the person.
    pub async fn begin(&self, query: &str, browser: Browser) -> Result<Consent, IssuerError> {
        let now = self.0.clock.now();
        let raw = RawRequest::parse(query);
        let local = |fault| IssuerError::Authorize(AuthorizeError::Local(fault));
        let client_id = raw
            .client_id()
            .map_err(local)?
            .ok_or_else(|| local(LocalFault::UnknownClient))?;
        let session = browser.session.clone();
        let (client, account) = self
            .0
            .store
            .read(move |tx| {
                Ok::<_, StoreError>((tx.client(&client_id)?, signed_in(tx, session.as_ref(), now)?))
            })
            .await?;
        let client = client
            .filter(|client| !client.is_lapsed(now))
            .ok_or_else(|| local(LocalFault::UnknownClient))?;
        let request = raw
            .validate(&client, self.public_url())
            .map_err(IssuerError::Authorize)?;
        if request.prompt.none {
            return Err(IssuerError::Authorize(AuthorizeError::Redirect(Box::new(
                silent(request, account.is_some()),
            ))));
        }
        let handle = Secret::bearer("st", random());
        let cookie = browser.cookie.unwrap_or_else(|| Secret::bearer("br", random()));
        let reference = Reference::new(random());
        let page = ConsentPage {
            csrf: self.csrf(&cookie, &handle, "consent"),
            handle: handle.clone(),
            client_name: client.display_name().to_owned(),
            destination: request.redirect_uri.destination(),
            local_app: request.redirect_uri.is_loopback(),
            scopes: request.scopes.iter().collect(),
            account: account.map(|(user, _)| user.name),
            reference,
        };
        tracing::info!(reference = %reference, client.id = %request.client, "sign-in began");
        let sign_in = SignIn {
            handle: handle.digest(),
            reference,
            request,
            browser: cookie.digest(),
            expires_at: now + SIGN_IN_LIFE,
            stage: Stage::Asked,
        };
        self.0.store.write(move |tx| tx.insert_sign_in(&sign_in)).await?;
        Ok(Consent {
            page,
            browser: cookie,
        })
    }

    /// The person decided on the consent page.
    pub async fn decide(&self, form: ConsentForm, browser: Browser) -> Result<Next, IssuerError> {
        let now = self.0.clock.now();
        let cookie = self.check_csrf(&browser, &form.handle, "consent", &form.csrf)?;
        let (handle, policy, fresh) = (form.handle.digest(), self.policy().clone(), Fresh::new());
        let code = fresh.code.clone();
        let decision = form.decision;
        let session = browser.session.filter(|_| decision != Decision::AllowAsAnother);
        let unit = move |tx: &mut dyn Tx| -> Result<(SignIn, Option<Secret>), IssuerError> {
            let sign_in = load(tx, handle, cookie, now)?;
            if decision == Decision::Deny {
                tx.delete_sign_in(handle)?;
                return Ok((sign_in, None));
            }
            let sign_in = sign_in.allow();
            let account = signed_in(tx, session.as_ref(), now)?;
            let proven = account.filter(|(_, session)| is_good_enough(&sign_in.request, session, now));
            if let (Some((user, session)), Some(cookie)) = (&proven, &session_digest(session.as_ref())) {
                tx.touch_session(*cookie, now)?;
                let proven = Proven {
                    user: user.id,
                    auth_time: session.auth_time,
                };
                complete(tx, &sign_in, proven, &fresh, &policy, now)?;
                return Ok((sign_in, Some(fresh.code.clone())));
            }
            if !matches!(sign_in.stage, Stage::Done { .. }) {
                tx.set_stage(handle, sign_in.stage)?;
            }
            Ok((sign_in, None))
        };
        let (sign_in, issued) = self.0.store.write(unit).await?;
        let reference = sign_in.reference;
        if decision == Decision::Deny {
            tracing::info!(%reference, "access was denied");
            return Ok(Next::Leave {
                url: self.denied(&sign_in.request),
                session: None,
            });
        }
        if issued.is_some() {
            tracing::info!(%reference, "sign-in is complete");
            return Ok(Next::Leave {
                url: self.granted(&sign_in.request, &code),
                session: None,
            });
        }
        let page = self
            .sign_in_page(
                browser.cookie.as_ref(),
                form.handle,
                &sign_in,
                String::new(),
                None,
            )
            .await?;
        Ok(Next::SignIn(Box::new(page)))
    }

    /// The person typed name and password.
    pub async fn sign_in(&self, form: SignInForm, browser: Browser) -> Result<Next, IssuerError> {
        let now = self.0.clock.now();
        let cookie = self.check_csrf(&browser, &form.handle, "sign-in", &form.csrf)?;
        let handle = form.handle.digest();
        let sign_in = self.0.store.read(move |tx| load(tx, handle, cookie, now)).await?;
        let reference = sign_in.reference;
        let user = match self.check_password(&form.username, form.password, now).await? {
            Ok(user) => user,
            Err(wrong) => {
                tracing::info!(%reference, ?wrong, "sign-in failed");
                let page = self.sign_in_page(
                    browser.cookie.as_ref(),
                    form.handle,
                    &sign_in,
                    form.username,
                    Some(wrong),
                );
                return Ok(Next::SignIn(Box::new(page.await?)));
            }
        };
        let (policy, fresh, session) = (
            self.policy().clone(),
            Fresh::new(),
            Secret::bearer("ss", random()),
        );
        let code = fresh.code.clone();
        let (former, new) = (session_digest(browser.session.as_ref()), session.digest());
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
            // A new session each time: whoever planted or knew the former cookie has nothing (OWASP: fixation).
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
        tracing::info!(%reference, user.id = %user, "sign-in is complete");
        Ok(Next::Leave {
            url: self.granted(&sign_in.request, &code),
            session: Some(session),
        })
    }

    /// Whose password this is. An attempt counts before it is judged, so that many at once gain nothing.
    async fn check_password(
        &self,
        typed: &str,
        password: Secret,
        now: Timestamp,
    ) -> Result<Result<UserId, Wrong>, IssuerError> {
        if !self.policy().local_sign_in {
            return Ok(Err(Wrong::Password));
        }
        let username = Username::parse(typed).ok();
        let key = failures_key(username.as_ref().map_or(typed, Username::as_str));
        let attempt = self
            .0
            .store
            .write(move |tx| {
                let failures = tx.failures(key)?.unwrap_or(Failures {
                    count: 0,
                    last_at: now,
                });
                if let Some(wait) = wait(failures, now) {
                    return Ok(Err(wait));
                }
                tx.set_failures(
                    key,
                    Some(Failures {
                        count: failures.count.saturating_add(1),
                        last_at: now,
                    }),
                )?;
                let account = username
                    .as_ref()
                    .map(|name| tx.local_account(name))
                    .transpose()?
                    .flatten();
                let active = account
                    .as_ref()
                    .map(|account| tx.user(account.user))
                    .transpose()?
                    .flatten();
                Ok::<_, StoreError>(Ok((account, active.is_some_and(|user| user.is_active()))))
            })
            .await?;
        let (account, active) = match attempt {
            Err(wait) => return Ok(Err(Wrong::Wait(wait))),
            Ok(found) => found,
        };
        let (user, kept) = account
            .map(|account| (account.user, account.password_hash))
            .unzip();
        let right = self.0.passwords.verify(password, kept).await;
        let Some(user) = user.filter(|_| right && active) else {
            return Ok(Err(Wrong::Password));
        };
        self.0.store.write(move |tx| tx.set_failures(key, None)).await?;
        Ok(Ok(user))
    }

    async fn sign_in_page(
        &self,
        cookie: Option<&Secret>,
        handle: Secret,
        sign_in: &SignIn,
        username: String,
        wrong: Option<Wrong>,
    ) -> Result<SignInPage, IssuerError> {
        let cookie = cookie.ok_or(IssuerError::Stale)?;
        let id = sign_in.request.client.clone();
        let client = self
            .0
            .store
            .read(move |tx| tx.client(&id))
            .await?
            .ok_or(IssuerError::Stale)?;
        Ok(SignInPage {
            csrf: self.csrf(cookie, &handle, "sign-in"),
            handle,
            client_name: client.display_name().to_owned(),
            username,
            wrong,
            reference: sign_in.reference,
        })
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

    fn granted(&self, request: &AuthorizationRequest, code: &Secret) -> String {
        self.answer(request, &[("code", code.expose())])
    }

    fn denied(&self, request: &AuthorizationRequest) -> String {
        let code = AuthorizeCode::AccessDenied.as_str();
        self.answer(
            request,
            &[
                ("error", code),
                ("error_description", "the person denied the access"),
            ],
        )
    }

    fn answer(&self, request: &AuthorizationRequest, parameters: &[(&str, &str)]) -> String {
        with_issuer(self, &request.redirect_uri, request.state.as_deref(), parameters)
    }

    /// The URL of an authorization error response.
    pub fn error_url(&self, answer: &ErrorResponse) -> String {
        let parameters = [
            ("error", answer.code.as_str()),
            ("error_description", answer.description),
        ];
        with_issuer(self, &answer.redirect_uri, answer.state.as_deref(), &parameters)
    }
}

/// Every authorization response carries `state` and `iss` (RFC 9207 section 2).
fn with_issuer(
    issuer: &Issuer,
    redirect_uri: &crate::oauth::RedirectUri,
    state: Option<&str>,
    parameters: &[(&str, &str)],
) -> String {
    let mut all = parameters.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.push(("iss", issuer.public_url().origin()));
    redirect_uri.with_query(&all)
}

/// `prompt=none`: no page may be shown, and consent always takes one.
fn silent(request: AuthorizationRequest, session: bool) -> ErrorResponse {
    let (code, description) = if session {
        (AuthorizeCode::ConsentRequired, "consent always takes a click")
    } else {
        (AuthorizeCode::LoginRequired, "nobody is signed in")
    };
    ErrorResponse {
        redirect_uri: request.redirect_uri,
        state: request.state,
        code,
        description,
    }
}

/// Under which key failed attempts of a name are counted, whether or not there is such an account.
pub(super) fn failures_key(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

/// How long the next attempt has to wait: doubling from a second.
fn wait(failures: Failures, now: Timestamp) -> Option<Seconds> {
    let beyond = failures.count.checked_sub(FREE_ATTEMPTS)?;
    let wait = Seconds(1_i64.checked_shl(beyond.min(20)).unwrap_or(i64::MAX)).min(LONGEST_WAIT);
    let until = failures.last_at + wait;
    (now < until).then(|| until.since(now))
}

fn session_digest(session: Option<&Secret>) -> Option<Digest> {
    session.map(Secret::digest)
}

/// The person behind a session cookie, if both are still good.
fn signed_in(
    tx: &mut dyn Tx,
    session: Option<&Secret>,
    now: Timestamp,
) -> Result<Option<(User, BrowserSession)>, StoreError> {
    let Some(session) = session else { return Ok(None) };
    let Some(found) = tx.session(session.digest())? else {
        return Ok(None);
    };
    if now >= found.expires_at || now.since(found.last_seen_at) > SESSION_IDLE {
        return Ok(None);
    }
    let user = tx.user(found.user)?.filter(User::is_active);
    Ok(user.map(|user| (user, found)))
}

/// Whether the session is fresh enough for this request (OpenID Connect Core section 3.1.2.1).
fn is_good_enough(request: &AuthorizationRequest, session: &BrowserSession, now: Timestamp) -> bool {
    !request.prompt.login
        && request
            .max_age
            .is_none_or(|max_age| now.since(session.auth_time) <= max_age)
}

fn load(tx: &mut dyn Tx, handle: Digest, browser: Digest, now: Timestamp) -> Result<SignIn, IssuerError> {
    let sign_in = tx.sign_in(handle)?.ok_or(IssuerError::Stale)?;
    sign_in.check(browser, now)?;
    Ok(sign_in)
}

/// Makes the grant and its code. A second press of the same button gets a fresh code in place of the first.
fn complete(
    tx: &mut dyn Tx,
    sign_in: &SignIn,
    proven: Proven,
    fresh: &Fresh,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), IssuerError> {
    let grant = match sign_in.stage {
        Stage::Done { grant, .. } => {
            let unredeemed = tx.unredeemed_code(grant)?.ok_or(SignInFault::Done)?;
            let same = tx
                .grant(grant)?
                .is_some_and(|grant| grant.user == proven.user && grant.is_live(now));
            if !same {
                return Err(SignInFault::Done.into());
            }
            tx.delete_code(unredeemed.digest)?;
            grant
        }
        _ => make_grant(tx, sign_in, sign_in.allowed()?, proven, fresh, policy, now)?,
    };
    let request = &sign_in.request;
    tx.insert_code(&AuthorizationCode {
        digest: fresh.code.digest(),
        grant,
        client: request.client.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        expires_at: now + policy.code_ttl,
        redeemed_at: None,
    })?;
    Ok(())
}

fn make_grant(
    tx: &mut dyn Tx,
    sign_in: &SignIn,
    scopes: ScopeSet,
    proven: Proven,
    fresh: &Fresh,
    policy: &Policy,
    now: Timestamp,
) -> Result<GrantId, StoreError> {
    let client = &sign_in.request.client;
    let grant = Grant {
        id: GrantId::new(now, fresh.grant),
        user: proven.user,
        client: client.clone(),
        scopes,
        auth_time: proven.auth_time,
        created_at: now,
        expires_at: now + policy.refresh_token_ttl,
        last_used_at: now,
        used_generation: 0,
        revoked_at: None,
    };
    tx.activate_client(client, now)?;
    tx.insert_grant(&grant)?;
    tx.set_stage(
        sign_in.handle,
        Stage::Done {
            grant: grant.id,
            at: now,
        },
    )?;
    let others = tx.grants_of(proven.user, client)?;
    let live = others
        .iter()
        .filter(|other| other.is_live(now) && other.id != grant.id);
    let keep = usize::try_from(policy.grants_per_client.saturating_sub(1)).unwrap_or(usize::MAX);
    let crowded = live.clone().count().saturating_sub(keep);
    for longest_idle in live.take(crowded) {
        tx.revoke_grant(longest_idle.id, now, RevokeReason::Crowded)?;
    }
    Ok(grant.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_wait_longer_and_longer() {
        let at = Timestamp::from_seconds;
        let after = |count, seconds: i64| {
            wait(
                Failures {
                    count,
                    last_at: at(100),
                },
                at(100 + seconds),
            )
        };
        assert_eq!(after(0, 0), None);
        assert_eq!(after(4, 0), None);
        assert_eq!(after(5, 0), Some(Seconds(1)));
        assert_eq!(after(5, 1), None);
        assert_eq!(after(8, 3), Some(Seconds(5)));
        assert_eq!(after(100, 0), Some(LONGEST_WAIT));
        assert_eq!(after(u32::MAX, 900), None);
    }
}
