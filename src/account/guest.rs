//! Guests: invited friends who play one game each in their browser, without an account.
//!
//! # Design
//!
//! A guest is a person in the store, so that their game is like any other and keeps their name; but one who can prove
//! nothing, signs in nowhere and lets no app in. What opens their game is a cookie of its own kind, good for that one
//! game. When it has ended, the guest stays as long as the host's game shows the name, and goes with it.

use crate::clock::{Seconds, Timestamp};
use crate::id::{GameId, UserId};

/// How long a guest may stay away.
pub const GUEST_IDLE: Seconds = Seconds(90 * 86_400);

/// How long a guest may still look at a game that is over.
pub const GUEST_AFTER_GAME: Seconds = Seconds(30 * 86_400);

/// Longest name of a guest, in characters.
pub const MAX_GUEST_NAME: usize = 30;

/// A browser in which a guest sits at their game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestSession {
    /// Who.
    pub user: UserId,
    /// At which game.
    pub game: GameId,
    /// When they were last seen.
    pub last_seen_at: Timestamp,
    /// When the game ended, if it has.
    pub game_ended_at: Option<Timestamp>,
}

impl GuestSession {
    /// Whether it still opens the game.
    pub fn is_live(&self, now: Timestamp) -> bool {
        let over = self
            .game_ended_at
            .is_some_and(|end| now.since(end) > GUEST_AFTER_GAME);
        !over && now.since(self.last_seen_at) <= GUEST_IDLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_out_after_a_long_absence_or_some_time_after_the_end() {
        let day = |day: i64| Timestamp::from_seconds(day * 86_400);
        let session = |seen: i64, ended: Option<i64>| GuestSession {
            user: UserId::new(day(0), [1; 10]),
            game: GameId::new([1; 8]),
            last_seen_at: day(seen),
            game_ended_at: ended.map(day),
        };
        for (seen, ended, now, live) in [
            (0, None, 90, true),
            (0, None, 91, false),
            (500, None, 590, true),
            (9, Some(10), 40, true),
            (40, Some(10), 41, false),
            (0, Some(80), 91, false),
        ] {
            assert_eq!(
                session(seen, ended).is_live(day(now)),
                live,
                "{seen} {ended:?} {now}"
            );
        }
    }
}
