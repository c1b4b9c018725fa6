//! Scopes (RFC 6749 section 3.3): what a grant allows.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One thing a client may be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scope {
    /// Play, review and keep games as the person.
    Chess = 1,
    /// Stay connected while the person is away (OpenID Connect Core section 11).
    OfflineAccess = 2,
    /// Learn who the person is: their id here (OpenID Connect Core section 3.1.2.1).
    OpenId = 4,
    /// Learn their name (OpenID Connect Core section 5.4).
    Profile = 8,
    /// Learn their e-mail address, where one is known (OpenID Connect Core section 5.4).
    Email = 16,
}

impl Scope {
    /// Every scope this server knows, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::Chess,
        Self::OfflineAccess,
        Self::OpenId,
        Self::Profile,
        Self::Email,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chess => "chess",
            Self::OfflineAccess => "offline_access",
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
        }
    }

    /// What it means, for the person who is asked.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Chess => "Play chess as you: start games, make moves, and see your games and results",
            Self::OfflineAccess => {
                "Stay connected until you cut it; otherwise the connection ends after a day"
            }
            Self::OpenId => "Recognise you: learn your id on this server",
            Self::Profile => "Learn your name on this server",
            Self::Email => "Learn your e-mail address, if this server knows one",
        }
    }

    /// Whether the person may leave it out and still have what the app is for.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::OfflineAccess | Self::Profile | Self::Email)
    }
}

/// A set of scopes; prints as the space-separated list of the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ScopeSet(u8);

impl ScopeSet {
    /// Only `scope`.
    pub const fn of(scope: Scope) -> Self {
        Self(scope as u8)
    }

    /// Every scope this server knows.
    pub fn all() -> Self {
        Scope::ALL.into_iter().fold(Self::default(), Self::with)
    }

    /// Reads the wire form; values we do not know are dropped.
    pub fn parse(text: &str) -> Self {
        let known = |name: &str| Scope::ALL.into_iter().find(|scope| scope.name() == name);
        text.split(' ')
            .filter_map(known)
            .fold(Self::default(), Self::with)
    }

    /// This set and `scope`.
    #[must_use]
    pub fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope as u8)
    }

    /// What is in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The part that the person cannot leave out.
    #[must_use]
    pub fn required(self) -> Self {
        self.iter()
            .filter(|scope| !scope.is_optional())
            .fold(Self::default(), Self::with)
    }

    /// Whether `scope` is in the set.
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope as u8 != 0
    }

    /// Whether every scope of this set is in `other`.
    pub fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether nothing is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes in listing order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{}", scope.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeSet({self})")
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_dropped_and_order_is_ours() {
        assert_eq!(
            ScopeSet::parse("offline_access admin chess chess").to_string(),
            "chess offline_access"
        );
        assert!(ScopeSet::parse("CHESS chess\tx").is_empty());
        assert!(ScopeSet::parse("").is_empty());
    }

    #[test]
    fn subsets() {
        let chess = ScopeSet::of(Scope::Chess);
        assert!(chess.is_subset(ScopeSet::all()));
        assert!(!ScopeSet::all().is_subset(chess));
        assert!(ScopeSet::default().is_subset(chess));
    }
}
