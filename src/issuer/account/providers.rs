//! Providers on the account page: signing in with one, making it another way in, and ending that.

use super::page::LinkedProvider;
use super::{AccountForm, AccountPost, who};
use crate::account::{BrowserSession, Errand, Identity, UpstreamIdentity, User};
use crate::audit::{Event, EventKind};
use crate::clock::{Seconds, Timestamp};
use crate::id::{ProviderId, UserId};
use crate::issuer::arrival::{Arrival, Failure, Returned, Way, failed, fresh_user};
use crate::issuer::people::recognise;
use crate::issuer::sign_in::session::{self, signed_in};
use crate::issuer::{AccountFault, Browser, Issuer, IssuerError};
use crate::secret::{Digest, Secret, random};
use crate::store::{StoreError, Tx};
use crate::upstream::Wish;

/// What opens or closes a way in wants a sign-in that is no older: an open session alone proves too little.
const RECENT: Seconds = Seconds(600);

impl Issuer {
    /// Sends a browser to a provider, to open the account page. Returns where to, or why not.
    pub async fn enter_through(
        &self,
        csrf: &str,
        provider: &ProviderId,
        browser: &Browser,
    ) -> Result<Result<String, (Way, Failure)>, AccountFault> {
        self.own_page(browser, AccountForm::SignIn, csrf)?;
        let cookie = browser.cookie.as_ref().ok_or(AccountFault::Stale)?.digest();
        // Whoever is asked to prove who they are once more does so, also where the provider knows them.
        let again = browser.session.is_some();
        self.leave_from_account(provider, cookie, Errand::Enter, again, &browser.network)
            .await
    }

    /// Sends a signed-in person to a provider, to make their account there another way in.
    pub async fn link(
        &self,
        post: &AccountPost,
        provider: &ProviderId,
    ) -> Result<Result<String, (Way, Failure)>, AccountFault> {
        let (kept, now) = (self.proven(post, AccountForm::LinkProvider)?, self.0.clock.now());
        let user = self.0.store.read(move |tx| recently(tx, &kept, now)).await?;
        let cookie = post.browser.cookie.as_ref().ok_or(AccountFault::Stale)?.digest();
        let errand = Errand::Link(user.id);
        self.leave_from_account(provider, cookie, errand, true, &post.browser.network)
            .await
    }

    async fn leave_from_account(
        &self,
        provider: &ProviderId,
        browser: Digest,
        errand: Errand,
        choose: bool,
        network: &str,
    ) -> Result<Result<String, (Way, Failure)>, AccountFault> {
        let way = self.way(provider).ok_or(AccountFault::Unknown)?;
        let wish = Wish {
            choose,
            ..Wish::default()
        };
        let error = match self.send_off(provider, browser, |_| errand, wish).await? {
            Ok(url) => return Ok(Ok(url)),
            Err(error) => error,
        };
        let failed = failed(self.0.clock.now(), network);
        self.note_failure(provider, &error.to_string(), failed).await?;
        Ok(Err((way, Failure::from(&error))))
    }

    /// Ends a way in, by the id that the page gave it.
    pub async fn unlink(&self, post: &AccountPost, id: String) -> Result<(), AccountFault> {
        let (kept, now) = (
            self.proven(post, AccountForm::UnlinkProvider)?,
            self.0.clock.now(),
        );
        let (network, ways) = (post.browser.network.clone(), self.ways());
        let local = self.policy().local_sign_in;
        let unit = move |tx: &mut dyn Tx| -> Result<(), AccountFault> {
            let user = recently(tx, &kept, now)?;
            let theirs = tx.identities(Some(user.id))?;
            let named = theirs.iter().find(|identity| identity.told.key.form_id() == id);
            let named = named.ok_or(AccountFault::Unknown)?;
            let password = local && tx.username(user.id)?.is_some();
            let mut others = theirs.iter().filter(|other| other.told.key != named.told.key);
            if !password && !others.any(|other| is_usable(other, &ways)) {
                return Err(AccountFault::LastWay);
            }
            tx.delete_identity(&named.told.key)?;
            let ended = Event::new(EventKind::ProviderUnlinked, now)
                .user(user.id)
                .network(&network);
            Ok(tx.record(&ended.detail(named.told.provider.as_str()))?)
        };
        self.0.store.write(unit).await
    }

    /// A browser came back to open the account page.
    pub(in crate::issuer) async fn arrive_to_enter(
        &self,
        returned: Returned,
        browser: Browser,
    ) -> Result<Arrival, IssuerError> {
        let way = self.returned_here(&returned, &browser)?;
        let now = self.0.clock.now();
        let failed = failed(now, &browser.network);
        let told = match self.ask_provider(returned, None, failed.clone()).await? {
            Ok(told) => told,
            Err(failure) => {
                return Ok(Arrival::Failed {
                    provider: way,
                    failure,
                });
            }
        };
        let (newcomer, cookie) = (fresh_user(now), Secret::bearer("ss", random()));
        let (new, keep) = (cookie.digest(), self.policy().sessions_per_user);
        let unit = move |tx: &mut dyn Tx| -> Result<bool, StoreError> {
            let Some(user) = recognise(tx, &told, newcomer, now)? else {
                return Ok(false);
            };
            session::open(tx, new, user.id, &browser, keep, now)?;
            let ok = Event::new(EventKind::LoginOk, now)
                .user(user.id)
                .network(&browser.network);
            tx.record(&ok.detail(told.provider.as_str()))?;
            Ok(true)
        };
        if self.0.store.write(unit).await? {
            return Ok(Arrival::Entered(cookie));
        }
        self.note_failure(&way.id, "the person is shut out", failed)
            .await?;
        Ok(Arrival::Failed {
            provider: way,
            failure: Failure::Refused,
        })
    }

    /// A browser came back to make a provider's account another way in.
    pub(in crate::issuer) async fn arrive_to_link(
        &self,
        user: UserId,
        returned: Returned,
        browser: Browser,
    ) -> Result<Arrival, IssuerError> {
        let way = self.returned_here(&returned, &browser)?;
        let now = self.0.clock.now();
        let failed = failed(now, &browser.network).user(user);
        let told = match self.ask_provider(returned, None, failed).await? {
            Ok(told) => told,
            Err(failure) => {
                return Ok(Arrival::Failed {
                    provider: way,
                    failure,
                });
            }
        };
        let session = browser.session.clone().ok_or(IssuerError::Stale)?;
        let unit = move |tx: &mut dyn Tx| -> Result<bool, IssuerError> {
            // Somebody else may have signed in with this browser meanwhile, or nobody be any more.
            let signed_in = signed_in(tx, Some(&session), now)?;
            if signed_in.is_none_or(|(now_here, _)| now_here.id != user) {
                return Err(IssuerError::Stale);
            }
            Ok(link(tx, user, &told, &browser.network, now)?)
        };
        let linked = self.0.store.write(unit).await?;
        Ok(if linked { Arrival::Linked } else { Arrival::Taken })
    }

    /// What has no app behind it ends in the browser in which it began.
    fn returned_here(&self, returned: &Returned, browser: &Browser) -> Result<Way, IssuerError> {
        let left = returned.departure.browser;
        let here = browser
            .cookie
            .as_ref()
            .is_some_and(|cookie| cookie.digest() == left);
        let way = self.way(&returned.provider).filter(|_| here);
        way.ok_or(IssuerError::Stale)
    }
}

/// Makes a provider's account lead to this person, unless it leads to somebody else; says whether it does.
fn link(
    tx: &mut dyn Tx,
    user: UserId,
    told: &UpstreamIdentity,
    network: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = tx.identity(&told.key)?;
    if known.as_ref().is_some_and(|known| known.user != user) {
        return Ok(false);
    }
    tx.keep_identity(&Identity {
        user,
        told: told.clone(),
        linked_at: known.map_or(now, |known| known.linked_at),
        last_used_at: now,
    })?;
    let linked = Event::new(EventKind::ProviderLinked, now)
        .user(user)
        .network(network);
    tx.record(&linked.detail(told.provider.as_str()))?;
    Ok(true)
}

/// Whether a provider's account can be used, as things are set up now.
fn is_usable(identity: &Identity, ways: &[Way]) -> bool {
    ways.iter().any(|way| way.id == identity.told.provider)
}

/// Whose session this is, if they signed in lately.
pub(super) fn recently(tx: &mut dyn Tx, session: &Secret, now: Timestamp) -> Result<User, AccountFault> {
    who(tx, session, now)?;
    let found = signed_in(tx, Some(session), now)?;
    let lately = |session: &BrowserSession| now.since(session.auth_time) <= RECENT;
    let found = found.filter(|(_, session)| lately(session));
    found.map(|(user, _)| user).ok_or(AccountFault::NotRecent)
}

/// What the page says about the ways in, and which of the providers are none yet.
pub(super) fn linked(
    identities: Vec<Identity>,
    ways: &[Way],
    password: bool,
) -> (Vec<LinkedProvider>, Vec<Way>) {
    let usable = identities
        .iter()
        .filter(|identity| is_usable(identity, ways))
        .count();
    let unlinked = ways
        .iter()
        .filter(|way| identities.iter().all(|known| known.told.provider != way.id));
    let unlinked = unlinked.cloned().collect();
    let shown = identities.into_iter().map(|identity| {
        let others = usable - usize::from(is_usable(&identity, ways));
        let label = ways.iter().find(|way| way.id == identity.told.provider);
        let told = identity.told;
        LinkedProvider {
            id: told.key.form_id(),
            label: label.map_or_else(|| told.provider.to_string(), |way| way.label.clone()),
            account: told
                .email
                .map(|email| email.address)
                .or(told.login)
                .unwrap_or_default(),
            linked_at: identity.linked_at,
            last_used_at: identity.last_used_at,
            may_go: password || others > 0,
        }
    });
    (shown.collect(), unlinked)
}
