//! The cookies: one names the browser, one the signed-in person, one opens the games of guests; one says once what was
//! done, and one where to go after the sign-in.
//!
//! Over https all have the `__Host-` prefix, so that no other host can set them. Over plain http, which is
//! loopback alone, they go without it: Safari keeps no `Secure` cookie there.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::agent;
use super::destination::Destination;
use crate::issuer::Browser;
use crate::secret::Secret;

/// Longest cookie value that is looked at, in bytes.
const MAX_VALUE: usize = 128;

/// Games at which guests may sit in one browser; beyond that the oldest is forgotten.
const MAX_GUESTS: usize = 5;

/// Stands between the values of guests, in none of which it occurs.
const BETWEEN: char = '.';

#[derive(Debug, Clone, Copy)]
enum Cookie {
    Browser,
    Session,
    Guests,
    Notice,
    Destination,
}

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Browser, true) => "__Host-chess-mcp-browser",
            (Self::Browser, false) => "chess-mcp-browser",
            (Self::Session, true) => "__Host-chess-mcp-session",
            (Self::Session, false) => "chess-mcp-session",
            (Self::Guests, true) => "__Host-chess-mcp-guest",
            (Self::Guests, false) => "chess-mcp-guest",
            (Self::Destination, true) => "__Host-chess-mcp-destination",
            (Self::Destination, false) => "chess-mcp-destination",
            (Self::Notice, true) => "__Host-chess-mcp-notice",
            (Self::Notice, false) => "chess-mcp-notice",
        }
    }

    /// Seconds the browser keeps it.
    fn max_age(self) -> u32 {
        match self {
            Self::Browser => 30 * 24 * 3600,
            Self::Session => 7 * 24 * 3600,
            // As long as browsers keep any: the server knows when it ends.
            Self::Guests => 400 * 24 * 3600,
            Self::Notice => 60,
            Self::Destination => 600,
        }
    }

    /// Bytes of its value that are looked at.
    fn max_value(self) -> usize {
        match self {
            Self::Guests => MAX_GUESTS * MAX_VALUE,
            _ => MAX_VALUE,
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
        (!value.is_empty() && value.len() <= self.max_value()).then_some(value)
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
        forwarded: false,
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

/// The guests in this browser, the newest first. No part of [`Browser`]: nothing that asks who is signed in sees them.
pub(super) fn guests(headers: &HeaderMap, secure: bool) -> Vec<Secret> {
    let values = Cookie::Guests.value(headers, secure).unwrap_or_default();
    let values = values.split(BETWEEN).filter(|value| !value.is_empty());
    let guests = values.map(|value| Secret::new(value.to_owned()));
    guests.take(MAX_GUESTS).collect()
}

/// Adds a guest to those that the request showed.
pub(super) fn add_guest(response: &mut Response, guest: &Secret, known: &[Secret], secure: bool) {
    let all = std::iter::once(guest).chain(known).take(MAX_GUESTS);
    let values: Vec<&str> = all.map(Secret::expose).collect();
    let values = Secret::new(values.join(&BETWEEN.to_string()));
    Cookie::Guests.set(response, values.expose(), secure);
}

/// Where the browser goes after the sign-in; the account page, where nothing else was asked for.
pub(super) fn destination(headers: &HeaderMap, secure: bool) -> Option<Destination> {
    Destination::from_word(Cookie::Destination.value(headers, secure)?)
}

/// Keeps where to go.
pub(super) fn set_destination(response: &mut Response, destination: &Destination, secure: bool) {
    Cookie::Destination.set(response, &destination.word(), secure);
}

/// One is there, or goes elsewhere.
pub(super) fn clear_destination(response: &mut Response, secure: bool) {
    Cookie::Destination.clear(response, secure);
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
            assert!(guests(&headers, secure).is_empty());
        }
    }

    #[test]
    fn the_newest_guests_of_a_browser_are_kept() {
        for secure in [true, false] {
            let mut known = Vec::new();
            for n in 0..8_u8 {
                let mut response = ().into_response();
                add_guest(&mut response, &Secret::bearer("gs", [n; 32]), &known, secure);
                let line = response.headers()[SET_COOKIE].to_str().unwrap();
                assert_eq!(line.starts_with("__Host-"), secure);
                let mut headers = HeaderMap::new();
                headers.insert(COOKIE, line.split(';').next().unwrap().parse().unwrap());
                known = guests(&headers, secure);
                assert!(browser(&headers, secure).session.is_none());
            }
            let newest = (3..8_u8).rev().map(|n| Secret::bearer("gs", [n; 32]));
            assert!(newest.eq(known.iter().cloned()));
        }
    }
}
