//! Rate limits: who may ask how often (RFC 6585 section 4).
//!
//! # Design
//!
//! Tool calls are counted by person, everything that needs no token by the address of the client. Hosted
//! apps send all their people through a few addresses, so bursts are generous; and because addresses are
//! cheap, a limit for everybody together stands behind those of each. Registration costs a row, so it has
//! limits of its own, by network. Discovery documents and health are free: an app that cannot read them
//! believes that this server is none.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::Quota;
use serde_json::json;

use super::buckets::{Buckets, Rate, Wait};
use super::client_address::{TrustedProxies, prefix};
use super::{Door, error};
use crate::id::UserId;
use crate::metrics;
use crate::urls::path;

/// Everybody together may ask for this many times what one address may.
const CROWD: NonZeroU32 = NonZeroU32::new(20).expect("not zero");
/// Registrations of one network: at once, and the time for one more.
const REGISTRATIONS: NonZeroU32 = NonZeroU32::new(20).expect("not zero");
const REGISTRATION_INTERVAL: Duration = Duration::from_secs(6);
/// Registrations of everybody together.
const ALL_REGISTRATIONS: Rate = Rate::new(5, 200);

/// How often anybody may ask; `None` stands for as often as they like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitOptions {
    /// Calls to `/mcp`, by person.
    pub tools: Option<Rate>,
    /// Requests to the authorization server, by client address.
    pub authorization: Option<Rate>,
    /// Whose word about the client address is taken.
    pub proxies: TrustedProxies,
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self {
            tools: Some(Rate::new(20, 60)),
            authorization: Some(Rate::new(5, 30)),
            proxies: TrustedProxies::default(),
        }
    }
}

pub(super) struct Limits {
    people: Option<Buckets<UserId>>,
    addresses: Option<Addresses>,
    proxies: TrustedProxies,
}

struct Addresses {
    each: Buckets<IpAddr>,
    all: Buckets<()>,
    each_registration: Buckets<IpAddr>,
    all_registrations: Buckets<()>,
}

/// Below these all is pages and forms.
const PAGES: [&str; 4] = ["/account/", "/join/", "/oauth/callback/", "/play/"];

/// What a path is, to its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Never limited.
    Free,
    /// Makes a client.
    Registration,
    /// An endpoint for programs.
    Endpoint,
    /// A page or form for people.
    Page,
}

impl Kind {
    fn of(path: &str) -> Self {
        match path {
            path::REGISTER | path::REGISTER_ALIAS => Self::Registration,
            path::AUTHORIZE
            | path::CONSENT
            | path::SIGN_IN
            | path::SIGN_UP
            | path::ACCOUNT
            | path::JOIN
            | path::PLAY => Self::Page,
            // The calls of boards are counted by person, like those of apps.
            path::JWKS | path::PLAY_CALL => Self::Free,
            _ if PAGES.iter().any(|below| path.starts_with(below)) => Self::Page,
            _ if path.starts_with("/oauth/") || path == "/userinfo" => Self::Endpoint,
            _ => Self::Free,
        }
    }
}

impl Limits {
    pub(super) fn new(options: LimitOptions) -> Self {
        Self {
            people: options.tools.map(Buckets::new),
            addresses: options.authorization.map(Addresses::new),
            proxies: options.proxies,
        }
    }

    /// Counts a call of a person.
    pub(super) fn person(&self, user: UserId) -> Result<(), Wait> {
        let Some(people) = &self.people else {
            return Ok(());
        };
        people
            .take(&user)
            .inspect_err(|_| metrics::rate_limited("person"))
    }

    /// Where a request comes from, for the operator's record.
    pub(super) fn network(&self, request: &Request) -> String {
        self.proxies.network(request)
    }

    fn address(&self, kind: Kind, request: &Request) -> Result<(), Wait> {
        let Some(addresses) = &self.addresses else {
            return Ok(());
        };
        let client = || self.proxies.client(request);
        match kind {
            Kind::Free => Ok(()),
            Kind::Registration => addresses.registration(client()),
            Kind::Endpoint | Kind::Page => addresses.request(client()),
        }
    }
}

impl Addresses {
    fn new(rate: Rate) -> Self {
        let interval = Quota::with_period(REGISTRATION_INTERVAL).expect("a time that is not zero");
        Self {
            each: Buckets::new(rate),
            all: Buckets::new(rate.times(CROWD)),
            each_registration: Buckets::new(interval.allow_burst(REGISTRATIONS)),
            all_registrations: Buckets::new(ALL_REGISTRATIONS),
        }
    }

    /// The address of its own first, so that one client alone does not use up what is for all.
    fn request(&self, client: IpAddr) -> Result<(), Wait> {
        self.each.take(&prefix(client, 32, 64))?;
        self.all.take(&())
    }

    fn registration(&self, client: IpAddr) -> Result<(), Wait> {
        self.each_registration.take(&prefix(client, 24, 64))?;
        self.all_registrations.take(&())
    }
}

/// Lets a request through, or answers 429.
pub(super) async fn check_address(State(door): State<Door>, request: Request, next: Next) -> Response {
    let kind = Kind::of(request.uri().path());
    let Err(wait) = door.0.limits.address(kind, &request) else {
        return next.run(request).await;
    };
    metrics::rate_limited(match kind {
        Kind::Registration => "registration",
        Kind::Endpoint => "endpoint",
        Kind::Page | Kind::Free => "page",
    });
    let mut response = if kind == Kind::Page {
        let text =
            "Many requests came from your network in a short time. Wait a moment and load this page again.";
        let title = "Too many requests";
        door.0
            .pages
            .message(StatusCode::TOO_MANY_REQUESTS, title, text, None)
    } else {
        let body = json!({
            "error": "temporarily_unavailable",
            "error_description": "too many requests; wait as long as Retry-After says, then try again",
        });
        (StatusCode::TOO_MANY_REQUESTS, error::no_store(), Json(body)).into_response()
    };
    wait.tell(&mut response);
    response
}

impl Wait {
    /// Puts it where clients look for it.
    pub(super) fn tell(self, response: &mut Response) {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(self.0.get()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn what_a_path_is() {
        for (path, kind) in [
            ("/oauth/register", Kind::Registration),
            (
                "/.well-known/oauth-authorization-server/register",
                Kind::Registration,
            ),
            ("/oauth/authorize", Kind::Page),
            ("/oauth/sign-in", Kind::Page),
            ("/oauth/callback/google", Kind::Page),
            ("/join/abc", Kind::Page),
            ("/join", Kind::Page),
            ("/join/guest", Kind::Page),
            ("/play", Kind::Page),
            ("/play/kfqm7382", Kind::Page),
            ("/play/call", Kind::Free),
            ("/player", Kind::Free),
            ("/account", Kind::Page),
            ("/account/games", Kind::Page),
            ("/oauth/token", Kind::Endpoint),
            ("/oauth/introspect", Kind::Endpoint),
            ("/userinfo", Kind::Endpoint),
            ("/oauth/jwks.json", Kind::Free),
            ("/.well-known/oauth-protected-resource/mcp", Kind::Free),
            ("/.well-known/oauth-authorization-server", Kind::Free),
            ("/healthz", Kind::Free),
            ("/mcp", Kind::Free),
            ("/", Kind::Free),
        ] {
            assert_eq!(Kind::of(path), kind, "{path}");
        }
    }

    #[test]
    fn a_network_registers_twenty_apps_at_once() {
        let addresses = Addresses::new(Rate::new(5, 30));
        for host in 0..20 {
            let client = from(&format!("198.51.100.{host}"));
            assert_eq!(addresses.registration(client), Ok(()));
        }
        let wait = addresses.registration(from("198.51.100.99")).unwrap_err();
        assert!((1..=6).contains(&wait.0.get()), "{wait:?}");
        assert_eq!(
            addresses.registration(from("203.0.113.1")),
            Ok(()),
            "another network"
        );
        assert_eq!(addresses.request(from("198.51.100.1")), Ok(()), "another limit");
    }

    #[test]
    fn many_networks_share_one_limit() {
        let addresses = Addresses::new(Rate::new(1, 10));
        let each = |n: u32| from(&format!("10.{}.{}.1", n / 256, n % 256));
        let served = (0..2000).filter(|n| addresses.request(each(*n)).is_ok()).count();
        assert!((200..400).contains(&served), "{served}");
        let registered = (0..2000)
            .filter(|n| addresses.registration(each(*n)).is_ok())
            .count();
        assert!((200..400).contains(&registered), "{registered}");
    }

    #[test]
    fn off_is_off() {
        let limits = Limits::new(LimitOptions {
            tools: None,
            authorization: None,
            ..LimitOptions::default()
        });
        let user = UserId::new(crate::clock::Timestamp::from_seconds(7), [7; 10]);
        assert!((0..1000).all(|_| limits.person(user).is_ok()));
        let request = || Request::new(axum::body::Body::empty());
        assert!((0..1000).all(|_| limits.address(Kind::Registration, &request()).is_ok()));
    }
}
