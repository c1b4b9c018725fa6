//! Host and Origin: who may be addressed here, and from which pages (DNS rebinding, CSRF).

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::Door;
use crate::urls::{PublicUrl, is_loopback};

/// Chat hosts whose pages may call the MCP endpoint themselves.
const CHAT_HOSTS: [&str; 2] = ["https://chatgpt.com", "https://claude.ai"];

pub(super) struct Hosts {
    url: PublicUrl,
    allowed_origins: Vec<String>,
}

/// Where a request says it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It does not say: not a browser, or a navigation.
    Absent,
    /// A page that may call.
    Allowed,
    /// Some other page.
    Foreign,
}

impl Hosts {
    pub(super) fn new(url: PublicUrl, allowed_origins: Vec<String>) -> Self {
        Self { url, allowed_origins }
    }

    /// Whether `host` names this server: its public name, perhaps with the port that goes without saying,
    /// or this machine on any port.
    fn is_ours(&self, host: &str) -> bool {
        let implied = if self.url.is_secure() { ":443" } else { ":80" };
        let short = host.strip_suffix(implied).unwrap_or(host);
        [host, short]
            .iter()
            .any(|host| host.eq_ignore_ascii_case(self.url.host()))
            || is_local(host)
    }

    /// Judges the `Origin` header of a call to `/mcp`.
    pub(super) fn origin(&self, headers: &HeaderMap) -> Origin {
        let Some(origin) = headers.get(ORIGIN) else {
            return Origin::Absent;
        };
        let Ok(origin) = origin.to_str() else {
            return Origin::Foreign;
        };
        let named = origin == self.url.origin()
            || CHAT_HOSTS.contains(&origin)
            || self.allowed_origins.iter().any(|allowed| allowed == origin);
        let local =
            || Url::parse(origin).is_ok_and(|url| is_loopback(&url) && url.scheme().starts_with("http"));
        if named || local() {
            Origin::Allowed
        } else {
            Origin::Foreign
        }
    }

    /// Whether a form was posted from one of our own pages. The CSRF value is checked besides.
    pub(super) fn is_own_form(&self, headers: &HeaderMap) -> bool {
        let origin = headers
            .get(ORIGIN)
            .map(|origin| origin.to_str().unwrap_or_default());
        let host = headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        let ours = |origin: &str| {
            origin == self.url.origin() || (is_local(host) && origin.strip_prefix("http://") == Some(host))
        };
        match (headers.get("sec-fetch-site"), origin) {
            (Some(site), origin) => site == "same-origin" && origin.is_none_or(ours),
            (None, Some(origin)) => ours(origin),
            (None, None) => false,
        }
    }
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| name.eq_ignore_ascii_case(local))
}

/// Requests for any other host get 421, on every path.
pub(super) async fn check_host(State(door): State<Door>, request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(HOST).iter();
    let header = hosts.next().and_then(|host| host.to_str().ok());
    let in_target = request.uri().authority().map(axum::http::uri::Authority::as_str);
    let named = header.or(in_target);
    let ours = |host: &str| door.0.hosts.is_ours(host);
    if hosts.next().is_none() && named.is_some_and(ours) && in_target.is_none_or(ours) {
        return next.run(request).await;
    }
    let hint = "This server does not answer for that host name. Set PUBLIC_URL to the address people use.\n";
    (StatusCode::MISDIRECTED_REQUEST, hint).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let url = PublicUrl::parse("https://chess.example").unwrap();
        Hosts::new(url, vec!["https://inspector.example".to_owned()])
    }

    #[test]
    fn names_of_this_server() {
        for good in [
            "chess.example",
            "Chess.Example",
            "localhost",
            "localhost:1",
            "127.0.0.1:8000",
            "[::1]",
            "[::1]:9",
        ] {
            assert!(hosts().is_ours(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "chess.example.evil.example",
            "chess.example:8443",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost:",
            "localhost:x",
            "[::2]",
            "0.0.0.0",
        ] {
            assert!(!hosts().is_ours(bad), "{bad}");
        }
    }

    #[test]
    fn origins_of_calls() {
        let judge = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, origin.parse().unwrap());
            hosts().origin(&headers)
        };
        for good in [
            "https://chess.example",
            "https://chatgpt.com",
            "https://claude.ai",
            "http://localhost:6274",
            "http://127.0.0.1:9090",
            "http://[::1]:1",
            "https://inspector.example",
        ] {
            assert_eq!(judge(good), Origin::Allowed, "{good}");
        }
        for bad in [
            "null",
            "https://evil.example",
            "http://chess.example",
            "https://chatgpt.com.evil.example",
            "x",
        ] {
            assert_eq!(judge(bad), Origin::Foreign, "{bad}");
        }
        assert_eq!(hosts().origin(&HeaderMap::new()), Origin::Absent);
    }

    #[test]
    fn forms_come_from_our_own_pages() {
        let judge = |fields: &[(&'static str, &str)]| {
            let headers = fields
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            hosts().is_own_form(&headers.collect::<HeaderMap>())
        };
        assert!(judge(&[("origin", "https://chess.example")]));
        assert!(judge(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://chess.example")
        ]));
        assert!(judge(&[("sec-fetch-site", "same-origin")]));
        assert!(judge(&[
            ("origin", "http://localhost:8000"),
            ("host", "localhost:8000")
        ]));
        for bad in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://localhost:9"), ("host", "localhost:8000")],
            &[("origin", "http://evil.example"), ("host", "evil.example")],
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://chess.example"),
            ],
            &[("sec-fetch-site", "same-site")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://evil.example"),
            ],
        ] {
            assert!(!judge(bad), "{bad:?}");
        }
    }
}
