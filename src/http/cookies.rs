//! The three cookies: one names the browser, one the signed-in person, one says once what was done.
//!
//! Over https all have the `__Host-` prefix, so that no other host can set them. Over plain http, which is
//! loopback alone, they go without it: Safari keeps no `Secure` cookie there.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::agent;
use crate::issuer::Browser;
use crate::secret::Secret;

/// Longest cookie value that is looked at, in bytes.
const MAX_VALUE: usize = 128;

#[derive(Debug, Clone, Copy)]
enum Cookie {
    Browser,
    Session,
    Notice,
}

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Browser, true) => "__Host-chess-mcp-browser",
            (Self::Browser, false) => "chess-mcp-browser",
            (Self::Session, true) => "__Host-chess-mcp-session",
            (Self::Session, false) => "chess-mcp-session",
            (Self::Notice, true) => "__Host-chess-mcp-notice",
            (Self::Notice, false) => "chess-mcp-notice",
        }
    }

    /// Seconds the browser keeps it.
    fn max_age(self) -> u32 {
        match self {
            Self::Browser => 30 * 24 * 3600,
            Self::Session => 7 * 24 * 3600,
            Self::Notice => 60,
        }
    }

    fn read(self, headers: &HeaderMap, secure: bool) -> Option<Secret> {
        let value = self.value(headers, secure)?;
        Some(Secret::new(value.to_owned()))
    }

    fn value(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let name = self.name(secure);
        let lines = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok());
        let mut pairs = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(n, _)| *n == name)?;
        (!value.is_empty() && value.len() <= MAX_VALUE).then_some(value)
    }

    fn set(self, response: &mut Response, value: &str, secure: bool) {
        self.send(response, value, self.max_age(), secure);
    }

    fn clear(self, response: &mut Response, secure: bool) {
        self.send(response, "", 0, secure);
    }

    fn send(self, response: &mut Response, value: &str, age: u32, secure: bool) {
        let mark = if secure { "; Secure" } else { "" };
        let name = self.name(secure);
        let line = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{mark}");
        if let Ok(mut line) = HeaderValue::try_from(line) {
            line.set_sensitive(true);
            response.headers_mut().append(SET_COOKIE, line);
        }
    }
}

/// What the browser shows of itself in its headers.
pub(super) fn browser(headers: &HeaderMap, secure: bool) -> Browser {
    Browser {
        cookie: Cookie::Browser.read(headers, secure),
        session: Cookie::Session.read(headers, secure),
        agent: agent::words(headers),
        network: String::new(),
    }
}

/// Names the browser.
pub(super) fn set_browser(response: &mut Response, cookie: &Secret, secure: bool) {
    Cookie::Browser.set(response, cookie.expose(), secure);
}

/// Keeps the person signed in.
pub(super) fn set_session(response: &mut Response, cookie: &Secret, secure: bool) {
    Cookie::Session.set(response, cookie.expose(), secure);
}

/// Forgets the person.
pub(super) fn clear_session(response: &mut Response, secure: bool) {
    Cookie::Session.clear(response, secure);
}

/// What the next page says once; not a secret, and not to be believed to be ours.
pub(super) fn notice(headers: &HeaderMap, secure: bool) -> Option<&str> {
    Cookie::Notice.value(headers, secure)
}

/// Makes the next page say this once.
pub(super) fn set_notice(response: &mut Response, notice: &'static str, secure: bool) {
    Cookie::Notice.set(response, notice, secure);
}

/// It was said.
pub(super) fn clear_notice(response: &mut Response, secure: bool) {
    Cookie::Notice.clear(response, secure);
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn cookies_are_read_as_they_were_set() {
        for secure in [true, false] {
            let mut response = ().into_response();
            set_session(&mut response, &Secret::new("v".to_owned()), secure);
            let line = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
            assert_eq!(line.starts_with("__Host-"), secure);
            assert_eq!(line.contains("; Secure"), secure);
            assert!(
                line.contains("; HttpOnly; SameSite=Lax") && line.contains("; Path=/;"),
                "{line}"
            );
            let mut headers = HeaderMap::new();
            headers.append(
                COOKIE,
                format!("a=b; {}", line.split(';').next().unwrap())
                    .parse()
                    .unwrap(),
            );
            assert_eq!(browser(&headers, secure).session.unwrap().expose(), "v");
            assert!(browser(&headers, secure).cookie.is_none());
        }
    }
}
