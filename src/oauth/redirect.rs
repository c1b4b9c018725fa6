//! Redirect URIs: what may be registered and what matches (OAuth 2.1 section 2.3, RFC 8252 section 7).

use std::fmt;

use url::Url;

use crate::urls::is_loopback;

/// Longest redirect URI that is accepted, in bytes.
pub(super) const MAX_LENGTH: usize = 2048;

/// Schemes without a dot that well-known native clients register. RFC 8252 section 7.1 asks for a reversed
/// domain name; anything else without a dot may belong to somebody else on the person's machine.
const KNOWN_SCHEMES: [&str; 14] = [
    "claude",
    "code-oss",
    "codex",
    "cursor",
    "goose",
    "jetbrains",
    "kiro",
    "raycast",
    "vscode",
    "vscode-insiders",
    "vscodium",
    "warp",
    "windsurf",
    "zed",
];

/// Why a URI may not be redirected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// Longer than [`MAX_LENGTH`].
    #[error("is longer than 2048 bytes")]
    TooLong,
    /// A character that a URI does not have, or a wildcard.
    #[error("has a character that is not allowed (spaces, control characters, backslashes, `*`, non-ASCII)")]
    Character,
    /// Not an absolute URI, or written in a way that readers understand differently.
    #[error("is not an absolute URI in its normal form")]
    NotNormal,
    /// RFC 6749 section 3.1.2 forbids it.
    #[error("must not have a fragment")]
    Fragment,
    /// A name or password in front of the host.
    #[error("must not have a user name or password")]
    UserInfo,
    /// `.` or `..` in the path, also percent-encoded.
    #[error("must not have dot segments")]
    DotSegment,
    /// Plain http to another machine.
    #[error("must use https; plain http is only for 127.0.0.1, [::1] and localhost")]
    Insecure,
    /// A scheme that runs, shows or opens something else.
    #[error("must use https, http on loopback, or a private-use scheme with a dot such as com.example.app")]
    Scheme,
}

/// A URI that passed the rules of registration, exactly as it was written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Reads and judges a URI.
    pub fn parse(raw: &str) -> Result<Self, InvalidRedirectUri> {
        if raw.len() > MAX_LENGTH {
            return Err(InvalidRedirectUri::TooLong);
        }
        if raw
            .bytes()
            .any(|b| !b.is_ascii_graphic() || matches!(b, b'\\' | b'*' | b'"' | b'<' | b'>' | b'`'))
        {
            return Err(InvalidRedirectUri::Character);
        }
        let url = Url::parse(raw).map_err(|_| InvalidRedirectUri::NotNormal)?;
        if raw.contains('#') {
            return Err(InvalidRedirectUri::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() || authority(raw).contains('@') {
            return Err(InvalidRedirectUri::UserInfo);
        }
        if has_dot_segment(raw) {
            return Err(InvalidRedirectUri::DotSegment);
        }
        check_scheme(&url)?;
        // A browser goes where the parsed form points; what we compare is what was written. They must not differ.
        let normal = url.as_str();
        if raw != normal && format!("{raw}/") != normal && !is_bare_query(raw, normal) {
            return Err(InvalidRedirectUri::NotNormal);
        }
        Ok(Self(raw.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stays on the person's own machine over http.
    pub fn is_loopback(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// Where the person is sent, for the consent page: the host, or the scheme of a native app.
    pub fn destination(&self) -> String {
        match Url::parse(&self.0) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                url.host_str().unwrap_or_default().to_owned()
            }
            Ok(url) => format!("{}:", url.scheme()),
            Err(_) => self.0.clone(),
        }
    }

    /// Whether a request for `asked` may be answered by a client that registered `self`: the same string,
    /// except that the port of a loopback URI is free (RFC 8252 section 7.3).
    pub fn matches(&self, asked: &Self) -> bool {
        if self == asked {
            return true;
        }
        self.is_loopback() && asked.is_loopback() && without_port(&self.0) == without_port(&asked.0)
    }

    /// The URI without the port of a loopback address: two that match have this in common.
    pub fn without_port(&self) -> String {
        if !self.is_loopback() {
            return self.0.clone();
        }
        let (host, rest) = without_port(&self.0);
        format!("http://{host}{rest}")
    }

    /// The URI with `parameters` added to its query.
    pub fn with_query(&self, parameters: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        let joint = match self.0.split_once('?') {
            None => "?",
            Some((_, before)) if before.is_empty() || before.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{joint}{}", self.0, query.finish())
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedirectUri({})", self.0)
    }
}

fn check_scheme(url: &Url) -> Result<(), InvalidRedirectUri> {
    match url.scheme() {
        "https" if url.host_str().is_some_and(|host| !host.is_empty()) => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(InvalidRedirectUri::Insecure),
        scheme if scheme.contains('.') || KNOWN_SCHEMES.contains(&scheme) => Ok(()),
        _ => Err(InvalidRedirectUri::Scheme),
    }
}

/// `https://host?x=1` gains a slash when it is parsed and means the same everywhere.
fn is_bare_query(raw: &str, normal: &str) -> bool {
    raw.split_once('?')
        .is_some_and(|(before, query)| format!("{before}/?{query}") == normal)
}

fn has_dot_segment(raw: &str) -> bool {
    let path = raw
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .replace("%2e", ".");
    path.split('/').any(|segment| segment == "." || segment == "..")
}

fn authority(raw: &str) -> &str {
    let after = raw.split_once("://").map_or("", |(_, rest)| rest);
    after.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Host as written, and everything behind the port.
fn without_port(raw: &str) -> (&str, &str) {
    let authority = authority(raw);
    let rest = &raw["http://".len() + authority.len()..];
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    };
    (host, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uri(raw: &str) -> RedirectUri {
        RedirectUri::parse(raw).unwrap_or_else(|fault| panic!("{raw}: {fault}"))
    }

    #[test]
    fn the_uris_of_known_hosts_are_accepted() {
        for good in [
            "https://chatgpt.com/connector_platform_oauth_redirect",
            "https://claude.ai/api/mcp/auth_callback",
            "http://localhost:8787/callback",
            "http://127.0.0.1:33418/",
            "http://127.0.0.1/callback/abc",
            "http://[::1]/oauth_callback",
            "https://vscode.dev/redirect",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "com.example.app:/callback",
            "https://h.example/cb?x=1",
            "https://h.example",
            "https://h.example?x=1",
            "https://h.example/a.b/..c/%2Fx",
        ] {
            uri(good);
        }
    }

    #[test]
    fn hostile_uris_are_refused() {
        use InvalidRedirectUri::{Character, DotSegment, Fragment, Insecure, NotNormal, Scheme, UserInfo};
        for (bad, fault) in [
            ("", NotNormal),
            ("/callback", NotNormal),
            ("https://", NotNormal),
            ("https:///cb", NotNormal),
            ("https:h.example/cb", NotNormal),
            ("HTTPS://h.example/cb", NotNormal),
            ("https://H.example/cb", NotNormal),
            ("https://h.example:443/cb", NotNormal),
            ("http://127.1/cb", NotNormal),
            ("http://2130706433/cb", NotNormal),
            ("http://0x7f.0.0.1/cb", NotNormal),
            ("https://h.example/cb#f", Fragment),
            ("https://h.example/cb#", Fragment),
            ("https://u:p@h.example/cb", UserInfo),
            ("https://@h.example/cb", UserInfo),
            ("https://h.example/a/../b", DotSegment),
            ("https://h.example/a/%2e%2E/b", DotSegment),
            ("https://h.example/./b", DotSegment),
            ("https://h.example/.%2e", DotSegment),
            ("https://h.example/a\\b", Character),
            ("https://*.example/cb", Character),
            ("https://h.example/c b", Character),
            ("https://h.example/cb\n", Character),
            ("https://h.example/\u{0}", Character),
            ("https://hé.example/cb", Character),
            ("https://h.example/\u{202e}", Character),
            ("http://h.example/cb", Insecure),
            ("http://localhost.evil.example/cb", Insecure),
            ("http://0.0.0.0/cb", Insecure),
            ("http://[::ffff:127.0.0.1]/cb", Insecure),
            ("http://192.168.0.1/cb", Insecure),
            ("javascript:alert(1)", Scheme),
            ("data:text/html,x", Scheme),
            ("file:///etc/passwd", Scheme),
            ("blob:https://h.example/x", Scheme),
            ("about:blank", Scheme),
            ("view-source:https://h.example", Scheme),
            ("vbscript:x", Scheme),
            ("ftp://h.example/cb", Scheme),
            ("intent://h/#Intent;end", Fragment),
            ("intent:x", Scheme),
            ("ms-settings:x", Scheme),
            ("chrome://settings", Scheme),
            ("ws://h.example/cb", Scheme),
            ("wss://h.example/cb", Scheme),
            ("myapp://cb", Scheme),
            ("urn:ietf:wg:oauth:2.0:oob", Scheme),
            ("mailto:a.b", Scheme),
        ] {
            assert_eq!(RedirectUri::parse(bad), Err(fault), "{bad}");
        }
        let long = format!("https://h.example/{}", "a".repeat(MAX_LENGTH));
        assert_eq!(RedirectUri::parse(&long), Err(InvalidRedirectUri::TooLong));
    }

    #[test]
    fn only_the_port_of_a_loopback_uri_is_free() {
        let registered = uri("http://localhost/callback");
        assert!(registered.matches(&uri("http://localhost:51212/callback")));
        assert!(uri("http://localhost:1/callback").matches(&uri("http://localhost:51212/callback")));
        assert!(uri("http://[::1]:3/cb").matches(&uri("http://[::1]/cb")));
        for other in [
            "http://localhost:51212/other",
            "http://localhost:51212/callback/",
            "http://localhost:51212/callback?x=1",
            "http://127.0.0.1:51212/callback",
            "http://[::1]:51212/callback",
            "https://localhost/callback",
        ] {
            assert!(!registered.matches(&uri(other)), "{other}");
        }
        assert!(!uri("https://h.example/cb").matches(&uri("https://h.example:8443/cb")));
    }

    #[test]
    fn answers_are_added_to_the_query_that_is_there() {
        let answer = [("code", "a b"), ("iss", "https://x")];
        assert_eq!(
            uri("https://h.example/cb").with_query(&answer),
            "https://h.example/cb?code=a+b&iss=https%3A%2F%2Fx"
        );
        assert_eq!(
            uri("https://h.example/cb?x=1").with_query(&answer),
            "https://h.example/cb?x=1&code=a+b&iss=https%3A%2F%2Fx"
        );
        for (registered, begins) in [
            ("https://h.example/cb?", "https://h.example/cb?code="),
            ("https://h.example/cb?x=1&", "https://h.example/cb?x=1&code="),
            (
                "https://h.example/cb?x=what?",
                "https://h.example/cb?x=what?&code=",
            ),
        ] {
            let answered = uri(registered).with_query(&answer);
            assert!(answered.starts_with(begins), "{answered}");
        }
    }

    proptest! {
        #[test]
        fn whatever_passes_is_what_a_browser_reads(raw in "[a-z]{1,8}://?[a-z0-9.@:\\[\\]%/#?&=-]{0,40}") {
            if let Ok(uri) = RedirectUri::parse(&raw) {
                let url = Url::parse(uri.as_str()).unwrap();
                prop_assert!(url.username().is_empty() && url.fragment().is_none());
                prop_assert!(uri.matches(&uri));
                let answered = Url::parse(&uri.with_query(&[("code", "c")])).unwrap();
                prop_assert_eq!(answered.host_str(), url.host_str());
                prop_assert_eq!(answered.query_pairs().last(), Some(("code".into(), "c".into())));
            }
        }
    }
}
