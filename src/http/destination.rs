//! Where somebody goes once they are signed in: one of a few places of ours.
//!
//! It travels in a cookie, as a word that is read again piece by piece. Nothing that anybody could write there leads
//! to another server (open redirect) or to a form.

use std::fmt;

use crate::id::{GameId, InvitationCode};
use crate::urls::path;

/// A place of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// The board.
    Play,
    /// A game on the board.
    Game(GameId),
    /// An invitation.
    Invitation(InvitationCode),
}

impl Destination {
    /// The page of an invitation, if this can be the code of one.
    pub(super) fn invitation(code: &str) -> Option<Self> {
        // Codes are passed on in any spelling.
        code.to_ascii_lowercase().parse().ok().map(Self::Invitation)
    }

    /// The word in the cookie.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Play => "play".to_owned(),
            Self::Game(id) => format!("game.{id}"),
            Self::Invitation(code) => format!("join.{code}"),
        }
    }

    /// Reads that word; whatever else is in the cookie leads nowhere.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word.split_once('.') {
            None if word == "play" => Some(Self::Play),
            Some(("game", id)) => id.parse().ok().map(Self::Game),
            Some(("join", code)) => Self::invitation(code),
            _ => None,
        }
    }

    /// Where that is on this server.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Play => path::PLAY.to_owned(),
            Self::Game(id) => path::game(*id),
            Self::Invitation(code) => path::invitation(code.as_str()),
        }
    }
}

/// What a sign-in page calls it.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Play => f.write_str("your board"),
            Self::Game(id) => write!(f, "your game {id}"),
            Self::Invitation(_) => f.write_str("the invitation"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_read_as_it_was_written() {
        let game = "kfqm7382".parse().unwrap();
        let code = "k3m9x7q2w5t8y";
        for (destination, path) in [
            (Destination::Play, "/play"),
            (Destination::Game(game), "/play/kfqm7382"),
            (Destination::invitation(code).unwrap(), "/join/k3m9x7q2w5t8y"),
        ] {
            assert_eq!(
                Destination::from_word(&destination.word()).as_ref(),
                Some(&destination)
            );
            assert_eq!(destination.path(), path);
        }
    }

    #[test]
    fn nothing_else_leads_anywhere() {
        for word in [
            "",
            "account",
            "play.",
            "play.kfqm7382",
            "game.",
            "game.call",
            "game.KFQM7382",
            "game.//evil.example",
            "join.",
            "join.a/b",
            "join.../x",
            "join.a?b",
            "join.a\\b",
            "join.\r\nx",
            "https://evil.example",
            "//evil.example",
            "/play",
            &format!("join.{}", "a".repeat(14)),
        ] {
            assert_eq!(Destination::from_word(word), None, "{word:?}");
        }
    }

    proptest! {
        #[test]
        fn every_path_is_one_of_ours(word in "(play|game|join)?[.]?[ -~]{0,40}") {
            if let Some(destination) = Destination::from_word(&word) {
                let path = destination.path();
                prop_assert!(path == "/play" || path.starts_with("/play/") || path.starts_with("/join/"), "{path}");
                let rest = path.trim_start_matches("/play").trim_start_matches("/join").trim_start_matches('/');
                prop_assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{path}");
            }
        }
    }
}
