//! The public address and every path under it, once.
//!
//! The address comes from configuration, never from a request: whoever could choose it could choose our
//! issuer (host header poisoning).

use std::fmt;
use std::net::SocketAddr;

use url::{Host, Url};

use crate::id::ProviderId;

/// Names the process that answers, in the response with the protected resource metadata: whoever looks at
/// the public address sees whether it leads here.
pub const BOOT_HEADER: &str = "x-chess-mcp-boot";

/// Paths that more than one module names.
pub mod path {
    /// The MCP endpoint.
    pub const MCP: &str = "/mcp";
    /// Protected resource metadata of the MCP endpoint (RFC 9728 section 3.1).
    pub const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource/mcp";
    /// Authorization endpoint.
    pub const AUTHORIZE: &str = "/oauth/authorize";
    /// Where the consent form goes.
    pub const CONSENT: &str = "/oauth/consent";
    /// Where the local sign-in form goes.
    pub const SIGN_IN: &str = "/oauth/sign-in";
    /// Where browsers come back from a provider, whose slug follows.
    pub const CALLBACK: &str = "/oauth/callback";
    /// Where the form for a new local account goes, during a sign-in.
    pub const SIGN_UP: &str = "/oauth/sign-up";
    /// What a signed-in person sees and changes of their own.
    pub const ACCOUNT: &str = "/account";
    /// Where the sign-in form of the account page goes.
    pub const ACCOUNT_SIGN_IN: &str = "/account/sign-in";
    /// A new local account, without an app.
    pub const ACCOUNT_SIGN_UP: &str = "/account/sign-up";
    /// Ends this browser's session.
    pub const ACCOUNT_SIGN_OUT: &str = "/account/sign-out";
    /// Cuts one app.
    pub const ACCOUNT_CUT_APP: &str = "/account/apps/cut";
    /// Cuts every app.
    pub const ACCOUNT_CUT_APPS: &str = "/account/apps/cut-all";
    /// Ends one browser session.
    pub const ACCOUNT_END_SESSION: &str = "/account/sessions/end";
    /// Ends every browser session but this one.
    pub const ACCOUNT_END_SESSIONS: &str = "/account/sessions/end-others";
    /// Makes a provider's account another way in.
    pub const ACCOUNT_LINK: &str = "/account/providers/link";
    /// Ends that.
    pub const ACCOUNT_UNLINK: &str = "/account/providers/unlink";
    /// Changes the password.
    pub const ACCOUNT_PASSWORD: &str = "/account/password";
    /// The person's games.
    pub const ACCOUNT_GAMES: &str = "/account/games";
    /// Deletes a game.
    pub const ACCOUNT_DELETE_GAME: &str = "/account/games/delete";
    /// Everything of the person's in one file.
    pub const ACCOUNT_EXPORT: &str = "/account/export";
    /// Deletes the account.
    pub const ACCOUNT_DELETE: &str = "/account/delete";
    /// Where an invitation to a game leads; its code follows.
    pub const JOIN: &str = "/join";
    /// Takes the seat of an invitation without an account.
    pub const JOIN_AS_GUEST: &str = "/join/guest";
    /// The board in a plain browser; the id of a game may follow.
    pub const PLAY: &str = "/play";
    /// Where that board calls tools.
    pub const PLAY_CALL: &str = "/play/call";
    /// Token endpoint.
    pub const TOKEN: &str = "/oauth/token";
    /// Revocation endpoint (RFC 7009).
    pub const REVOKE: &str = "/oauth/revoke";
    /// Introspection endpoint (RFC 7662).
    pub const INTROSPECT: &str = "/oauth/introspect";
    /// Userinfo endpoint (OpenID Connect Core section 5.3).
    pub const USERINFO: &str = "/oauth/userinfo";
    /// Registration endpoint (RFC 7591).
    pub const REGISTER: &str = "/oauth/register";
    /// The same, where clients look that have the issuer's metadata document for their base.
    pub const REGISTER_ALIAS: &str = "/.well-known/oauth-authorization-server/register";
    /// Signing keys (RFC 7517).
    pub const JWKS: &str = "/oauth/jwks.json";

    /// A game on the board in a plain browser.
    pub fn game(id: crate::id::GameId) -> String {
        format!("{PLAY}/{id}")
    }

    /// The page of an invitation.
    pub fn invitation(code: &str) -> String {
        format!("{JOIN}/{code}")
    }
}

/// Why an address cannot be the public one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicUrl {
    /// Not a URL at all.
    #[error("is not a URL; write it like https://chess.example.org")]
    NotAUrl,
    /// Neither https nor http on loopback.
    #[error("must begin with https:// (plain http:// is only for 127.0.0.1, localhost and [::1])")]
    Insecure,
    /// More than an origin.
    #[error("must be an origin alone, without path, query, user or trailing slash: {0}")]
    NotAnOrigin(String),
}

/// The origin at which people and hosts reach us: `https://chess.example.org`, no trailing slash.
///
/// It is the issuer, byte for byte; the MCP endpoint below it is the resource and the audience.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    host: String,
    secure: bool,
    loopback: bool,
}

impl PublicUrl {
    /// The origin of a server that is reached on loopback alone.
    pub fn loopback(bound: SocketAddr) -> Self {
        let host = bound.to_string();
        Self {
            origin: format!("http://{host}"),
            host,
            secure: false,
            loopback: true,
        }
    }

    /// Reads a configured origin.
    pub fn parse(text: &str) -> Result<Self, InvalidPublicUrl> {
        let url = Url::parse(text).map_err(|_| InvalidPublicUrl::NotAUrl)?;
        let loopback = is_loopback(&url);
        let secure = url.scheme() == "https";
        let plain = url.scheme() == "http" && loopback;
        if !(secure || plain) {
            return Err(InvalidPublicUrl::Insecure);
        }
        let origin = url.origin().ascii_serialization();
        if text != origin {
            return Err(InvalidPublicUrl::NotAnOrigin(format!("write it as {origin}")));
        }
        let host = origin.split_once("://").map_or("", |(_, host)| host).to_owned();
        Ok(Self {
            origin,
            host,
            secure,
            loopback,
        })
    }

    /// The origin: also the issuer identifier (RFC 8414 section 2).
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Host and, where it is not the default, port: what a `Host` header says.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers reach us over TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether only this machine reaches us.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The URL to paste; also the protected resource and the audience of its tokens.
    pub fn resource(&self) -> String {
        self.at(path::MCP)
    }

    /// Where browsers come back from a provider.
    pub fn callback(&self, provider: &ProviderId) -> String {
        self.at(&format!("{}/{provider}", path::CALLBACK))
    }

    /// The absolute URL of `path`, which begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicUrl({})", self.origin)
    }
}

/// Whether the URL's host is this machine, by one of its three names (RFC 8252 section 7.3).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_as_they_are() {
        for good in [
            "https://a.example",
            "https://a.example:8443",
            "http://127.0.0.1:8000",
            "http://[::1]:1",
        ] {
            let url = PublicUrl::parse(good).unwrap();
            assert_eq!(url.origin(), good);
            assert_eq!(url.resource(), format!("{good}/mcp"));
        }
    }

    #[test]
    fn everything_else_is_refused_with_the_way_out() {
        for (bad, fault) in [
            ("chess.example", InvalidPublicUrl::NotAUrl),
            ("http://a.example", InvalidPublicUrl::Insecure),
            ("ftp://localhost", InvalidPublicUrl::Insecure),
            ("http://localhost.evil.example", InvalidPublicUrl::Insecure),
        ] {
            assert_eq!(PublicUrl::parse(bad).unwrap_err(), fault, "{bad}");
        }
        let longer = [
            "https://a.example/",
            "https://a.example/mcp",
            "https://A.example",
            "https://u@a.example",
        ];
        for bad in longer.into_iter().chain([
            "https://a.example:443",
            "https://a.example?x",
            "https://a.example#",
        ]) {
            let fault = PublicUrl::parse(bad).unwrap_err();
            assert_eq!(
                fault,
                InvalidPublicUrl::NotAnOrigin("write it as https://a.example".to_owned()),
                "{bad}"
            );
        }
    }
}
