//! Identifiers: parse, print, nothing else.
//!
//! Each kind has its own type, so that a grant is never mistaken for a person. Values are made from
//! randomness (and, where rows should sort by age, a time) that the caller hands in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::clock::Timestamp;

/// What was read is not an identifier of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidId(&'static str);

macro_rules! text_form {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// A UUIDv7: sorts by `now`, unguessable by `random`.
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.seconds()).unwrap_or(0) * 1000;
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let canonical = text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase());
                let uuid = Uuid::try_parse(text).ok().filter(|_| canonical);
                uuid.map(Self).ok_or(InvalidId($what))
            }
        }

        text_form!($name);
    };
}

uuid_id! {
    /// A person. The `sub` of every token, and the only key to their games.
    UserId, "user id"
}

uuid_id! {
    /// What a person allowed one client to do: the unit of revocation.
    GrantId, "grant id"
}

/// Longest slug of a provider, in characters.
const MAX_PROVIDER: usize = 32;

/// A provider at which people may prove who they are: its slug, which is safe in a path.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(String);

impl ProviderId {
    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProviderId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=MAX_PROVIDER).contains(&text.len()) && !text.starts_with('-');
        (fits && text.bytes().all(legal))
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidId("provider"))
    }
}

text_form!(ProviderId);

/// Longest id of a puzzle, in characters.
const MAX_PUZZLE: usize = 12;

/// A puzzle: 1 to 12 letters, digits, `-` or `_`, which covers the ids of Lichess. Upper and lower case differ.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PuzzleId {
    /// Followed by zeros.
    bytes: [u8; MAX_PUZZLE],
    length: u8,
}

impl PuzzleId {
    /// The text form.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Before every other in the order of ids.
    pub const FIRST: Self = Self {
        bytes: *b"-\0\0\0\0\0\0\0\0\0\0\0",
        length: 1,
    };

    /// Anywhere in the order of ids: eight letters, one for each random byte.
    pub fn anywhere(random: [u8; 8]) -> Self {
        let mut bytes = [0; MAX_PUZZLE];
        for (letter, byte) in bytes.iter_mut().zip(random) {
            *letter = LETTERS[usize::from(byte) % LETTERS.len()];
        }
        Self { bytes, length: 8 }
    }
}

impl fmt::Display for PuzzleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PuzzleId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
        let mut bytes = [0; MAX_PUZZLE];
        let fits = !text.is_empty() && text.len() <= MAX_PUZZLE && text.bytes().all(legal);
        let room = bytes.get_mut(..text.len()).filter(|_| fits);
        room.ok_or(InvalidId("puzzle id"))?
            .copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length })
    }
}

text_form!(PuzzleId);

/// Letters a model can repeat and a person can read aloud: no `i`, `l`, `o`, `u`, `0`, `1`.
const LETTERS: &[u8; 30] = b"23456789abcdefghjkmnpqrstvwxyz";

macro_rules! short_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $len]);

        impl $name {
            /// One letter for each random byte.
            pub fn new(random: [u8; $len]) -> Self {
                Self(random.map(|byte| LETTERS[usize::from(byte) % LETTERS.len()]))
            }

            /// The text form.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or_default()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let bytes: [u8; $len] = text.as_bytes().try_into().map_err(|_| InvalidId($what))?;
                let legal = bytes.iter().all(|byte| LETTERS.contains(byte));
                legal.then_some(Self(bytes)).ok_or(InvalidId($what))
            }
        }

        text_form!($name);
    };
}

short_id! {
    /// A game: eight letters, short enough for a model to repeat. Unguessable together with its
    /// owner, without whom no game is ever looked up.
    GameId, 8, "game id"
}

short_id! {
    /// What lets another person into a game: 13 of 30 letters, almost 64 bits.
    InvitationCode, 13, "invitation"
}

short_id! {
    /// One sign-in, as its pages and the log name it.
    Reference, 10, "reference"
}

short_id! {
    /// One run of the server. No secret: it only tells one process from another.
    BootId, 12, "boot id"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_round_trip(millis in 0_i64..4_000_000_000, a: [u8; 10], b: [u8; 8]) {
            let user = UserId::new(Timestamp::from_seconds(millis), a);
            prop_assert_eq!(user.to_string().parse(), Ok(user));
            let game = GameId::new(b);
            prop_assert_eq!(game.to_string().parse(), Ok(game));
            prop_assert_eq!(serde_json::from_str::<GameId>(&serde_json::to_string(&game).unwrap()).unwrap(), game);
        }

        #[test]
        fn puzzle_ids_round_trip(text in "[A-Za-z0-9_-]{1,12}") {
            let puzzle: PuzzleId = text.parse().unwrap();
            prop_assert_eq!(puzzle.as_str(), &text);
            prop_assert_eq!(serde_json::from_str::<PuzzleId>(&serde_json::to_string(&puzzle).unwrap()).unwrap(), puzzle);
        }

        #[test]
        fn nothing_else_parses(text in ".{0,40}") {
            if let Ok(game) = text.parse::<GameId>() {
                prop_assert_eq!(game.to_string(), text);
            } else if let Ok(user) = text.parse::<UserId>() {
                prop_assert_eq!(user.to_string(), text);
            } else if let Ok(puzzle) = text.parse::<PuzzleId>() {
                prop_assert_eq!(puzzle.to_string(), text);
            }
        }
    }

    #[test]
    fn a_provider_is_named_as_a_path_may_be() {
        for good in ["google", "my-idp", "0", &"x".repeat(32)] {
            assert_eq!(good.parse::<ProviderId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "Google", "a_b", "a/b", "..", "a%2f", &"x".repeat(33)] {
            assert!(bad.parse::<ProviderId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_puzzle_is_named_by_a_few_plain_characters() {
        for bad in ["", " ", "abc def", "abcdefghijklm", "a/b", "ä", "a\n", "a\0"] {
            assert!(bad.parse::<PuzzleId>().is_err(), "{bad:?}");
        }
        assert_ne!("ab".parse::<PuzzleId>(), "AB".parse::<PuzzleId>());
    }

    #[test]
    fn spellings_that_are_not_canonical_are_refused() {
        for bad in [
            "",
            "abc",
            "ABCDEFGH",
            "abcdefg1",
            "abcdefghj",
            "abcd fgh",
            "äbcdefg",
        ] {
            assert!(bad.parse::<GameId>().is_err(), "{bad}");
        }
        for bad in [
            "",
            "018f0000000070008000000000000000",
            "018F0000-0000-7000-8000-000000000000",
        ] {
            assert!(bad.parse::<UserId>().is_err(), "{bad}");
        }
    }
}
