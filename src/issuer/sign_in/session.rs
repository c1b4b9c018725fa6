//! Who is signed in with a browser, and whether that is good enough.

use super::Browser;
use crate::account::{BrowserSession, User};
use crate::clock::{Seconds, Timestamp};
use crate::id::UserId;
use crate::oauth::AuthorizationRequest;
use crate::secret::{Digest, Secret};
use crate::store::{StoreError, Tx};

/// A session ends when its browser was not seen for so long …
const SESSION_IDLE: Seconds = Seconds(12 * 3600);
/// … and in any case after so long.
const SESSION_LIFE: Seconds = Seconds(7 * 24 * 3600);
/// A browser that is seen again within this time is not noted anew.
pub(in crate::issuer) const SEEN_LATELY: Seconds = Seconds(60);

/// The person behind a session cookie, if both are still good.
pub(in crate::issuer) fn signed_in(
    tx: &mut dyn Tx,
    session: Option<&Secret>,
    now: Timestamp,
) -> Result<Option<(User, BrowserSession)>, StoreError> {
    let Some(session) = session else { return Ok(None) };
    let Some(found) = tx.session(session.digest())? else {
        return Ok(None);
    };
    if !is_live(&found, now) {
        return Ok(None);
    }
    let user = tx.user(found.user)?.filter(User::may_sign_in);
    Ok(user.map(|user| (user, found)))
}

/// Whether a session is still good.
pub(in crate::issuer) fn is_live(session: &BrowserSession, now: Timestamp) -> bool {
    now < session.expires_at && now.since(session.last_seen_at) <= SESSION_IDLE
}

/// Signs a person in with a browser, under the digest of a fresh cookie. Whoever planted or knew the former cookie
/// has nothing (session fixation), and the oldest sessions beyond `keep` end.
pub(in crate::issuer) fn open(
    tx: &mut dyn Tx,
    cookie: Digest,
    user: UserId,
    browser: &Browser,
    keep: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(former) = &browser.session {
        tx.delete_session(former.digest())?;
    }
    let session = BrowserSession {
        user,
        auth_time: now,
        expires_at: now + SESSION_LIFE,
        last_seen_at: now,
        agent: browser.agent.clone(),
        network: browser.network.clone(),
    };
    tx.insert_session(cookie, &session, keep)
}

/// Whether the session is fresh enough for this request (OpenID Connect Core section 3.1.2.1). An age of 0 asks
/// for a new sign-in, also within the second of the last one.
pub(super) fn is_good_enough(
    request: &AuthorizationRequest,
    session: &BrowserSession,
    now: Timestamp,
) -> bool {
    !request.prompt.login
        && request
            .max_age
            .is_none_or(|max_age| max_age > Seconds(0) && now.since(session.auth_time) <= max_age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_idles_and_in_any_case_after_a_week() {
        let at = Timestamp::from_seconds;
        let session = BrowserSession {
            user: UserId::new(at(0), [1; 10]),
            auth_time: at(0),
            expires_at: at(0) + SESSION_LIFE,
            last_seen_at: at(0),
            agent: String::new(),
            network: String::new(),
        };
        let seen = |hour: i64| BrowserSession {
            last_seen_at: at(hour * 3600),
            ..session.clone()
        };
        assert!(is_live(&seen(0), at(12 * 3600)));
        assert!(!is_live(&seen(0), at(12 * 3600 + 1)));
        assert!(is_live(&seen(167), at(7 * 24 * 3600 - 1)));
        assert!(!is_live(&seen(167), at(7 * 24 * 3600)));
    }
}
