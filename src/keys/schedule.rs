//! When signing keys follow one another: keys and `now` in, steps out.
//!
//! # Design
//!
//! A key lives in three states. **Next**: it is published, so that whoever verifies by our key set knows it before
//! it signs. **Active**: it signs. **Retiring**: it signs no more, and stays until the last token it signed has
//! ended. Each month the next key takes over by itself; the same path, begun early, is a rotation by hand.

use crate::clock::{Seconds, Timestamp};
use crate::oauth::LONGEST_LIFE;
use crate::store::KeyState;

const DAY: Seconds = Seconds(24 * 3600);

/// How long a key signs.
pub(super) const SIGNS_FOR: Seconds = Seconds(30 * DAY.0);

/// How long a key is published before it signs.
pub(super) const PUBLISHED_FOR: Seconds = DAY;

/// How long a retiring key stays: every access token of a client that it signed has ended by then, whatever
/// lifetime was set meanwhile, and an hour more for clocks that differ.
pub(super) const RETIRES_FOR: Seconds = Seconds(LONGEST_LIFE.0 + 3600);

/// What the schedule needs to know of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyFacts {
    pub(super) kid: String,
    pub(super) state: KeyState,
    /// Since when it is in this state.
    pub(super) since: Timestamp,
    /// Until when tokens of a longer life need it: those that were made on the command line.
    pub(super) needed_until: Option<Timestamp>,
}

/// One change of the ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Make a key, in this state.
    Make(KeyState),
    /// Move this key on.
    Move(String, KeyState),
    /// Delete this key.
    Forget(String),
}

/// What comes next for a key, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It begins to sign.
    Signs(Timestamp),
    /// It ceases to sign: not before the next key was published for a day.
    Retires(Timestamp),
    /// It is deleted.
    Ends(Timestamp),
}

/// The steps that are due.
pub(super) fn decide_rotation(keys: &[KeyFacts], now: Timestamp) -> Vec<Step> {
    let with = |state| keys.iter().filter(move |key| key.state == state);
    let (active, next) = (with(KeyState::Active).next(), with(KeyState::Next).next());
    let mut steps = match (active, next) {
        (None, None) => vec![Step::Make(KeyState::Active)],
        (None, Some(next)) => vec![Step::Move(next.kid.clone(), KeyState::Active)],
        (Some(active), None) if now >= month_over(active) - PUBLISHED_FOR => {
            vec![Step::Make(KeyState::Next)]
        }
        (Some(_), Some(next)) if now >= signs(next) => with(KeyState::Active)
            .map(|former| Step::Move(former.kid.clone(), KeyState::Retiring))
            .chain([Step::Move(next.kid.clone(), KeyState::Active)])
            .collect(),
        _ => Vec::new(),
    };
    let over = with(KeyState::Retiring).filter(|key| now >= ends(key));
    steps.extend(over.map(|key| Step::Forget(key.kid.clone())));
    steps
}

/// What comes next for one of these keys. Where that lies in the past, it happens as soon as a server runs.
pub(super) fn outlook(keys: &[KeyFacts], key: &KeyFacts, now: Timestamp) -> Outlook {
    let next = keys.iter().find(|key| key.state == KeyState::Next);
    match key.state {
        KeyState::Next => Outlook::Signs(signs(key)),
        KeyState::Active => Outlook::Retires(next.map_or(month_over(key).max(now + PUBLISHED_FOR), signs)),
        KeyState::Retiring => Outlook::Ends(ends(key)),
    }
}

fn signs(next: &KeyFacts) -> Timestamp {
    next.since + PUBLISHED_FOR
}

fn month_over(active: &KeyFacts) -> Timestamp {
    active.since + SIGNS_FOR
}

fn ends(retiring: &KeyFacts) -> Timestamp {
    let usual = retiring.since + RETIRES_FOR;
    retiring
        .needed_until
        .map_or(usual, |needed| usual.max(needed + Seconds(3600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn key(kid: &str, state: KeyState, since: i64) -> KeyFacts {
        KeyFacts {
            kid: kid.to_owned(),
            state,
            since: at(since),
            needed_until: None,
        }
    }

    fn moved(kid: &str, state: KeyState) -> Step {
        Step::Move(kid.to_owned(), state)
    }

    const MONTH: i64 = SIGNS_FOR.0;
    const AHEAD: i64 = PUBLISHED_FOR.0;

    #[test]
    fn an_empty_ring_gets_a_key_that_signs() {
        assert_eq!(decide_rotation(&[], at(5)), [Step::Make(KeyState::Active)]);
    }

    #[test]
    fn a_day_before_the_month_is_over_the_next_key_is_published() {
        let keys = [key("a", KeyState::Active, 0)];
        assert_eq!(decide_rotation(&keys, at(MONTH - AHEAD - 1)), []);
        for now in [MONTH - AHEAD, MONTH * 100] {
            assert_eq!(decide_rotation(&keys, at(now)), [Step::Make(KeyState::Next)]);
        }
        assert_eq!(outlook(&keys, &keys[0], at(0)), Outlook::Retires(at(MONTH)));
        assert_eq!(
            outlook(&keys, &keys[0], at(MONTH * 2)),
            Outlook::Retires(at(MONTH * 2 + AHEAD))
        );
    }

    #[test]
    fn no_key_signs_before_it_was_published_for_a_day() {
        // Published by hand on the fifth day, or late because no server ran.
        for published in [5 * 86_400, MONTH * 3] {
            let keys = [key("b", KeyState::Next, published), key("a", KeyState::Active, 0)];
            assert_eq!(decide_rotation(&keys, at(published + AHEAD - 1)), []);
            assert_eq!(
                decide_rotation(&keys, at(published + AHEAD)),
                [moved("a", KeyState::Retiring), moved("b", KeyState::Active)]
            );
            assert_eq!(
                outlook(&keys, &keys[0], at(0)),
                Outlook::Signs(at(published + AHEAD))
            );
            assert_eq!(
                outlook(&keys, &keys[1], at(0)),
                Outlook::Retires(at(published + AHEAD))
            );
        }
    }

    #[test]
    fn a_retiring_key_stays_until_its_last_token_has_ended() {
        let usual = [
            key("b", KeyState::Active, 1000),
            key("a", KeyState::Retiring, 1000),
        ];
        let end = 1000 + LONGEST_LIFE.0 + 3600;
        assert_eq!(decide_rotation(&usual, at(end - 1)), []);
        assert_eq!(decide_rotation(&usual, at(end)), [Step::Forget("a".to_owned())]);
        let needed = KeyFacts {
            needed_until: Some(at(end + 50_000)),
            ..key("a", KeyState::Retiring, 1000)
        };
        let keys = [key("b", KeyState::Active, 1000), needed];
        assert_eq!(decide_rotation(&keys, at(end + 53_599)), []);
        assert_eq!(
            decide_rotation(&keys, at(end + 53_600)),
            [Step::Forget("a".to_owned())]
        );
        assert_eq!(outlook(&keys, &keys[1], at(0)), Outlook::Ends(at(end + 53_600)));
    }

    #[test]
    fn without_an_active_key_the_next_one_signs_at_once() {
        let keys = [key("b", KeyState::Next, 10), key("a", KeyState::Retiring, 10)];
        assert_eq!(decide_rotation(&keys, at(11)), [moved("b", KeyState::Active)]);
    }

    /// A year of hourly looks, with pauses in which no server ran.
    #[test]
    fn over_a_year_one_key_signs_at_each_moment_and_the_ring_stays_small() {
        let mut keys: Vec<KeyFacts> = Vec::new();
        let (mut made, mut signed) = (0, Vec::new());
        for hour in (0..24 * 365).filter(|hour| !(2000..2100).contains(hour) && hour % 97 != 3) {
            let now = at(hour * 3600);
            for step in decide_rotation(&keys, now) {
                match step {
                    Step::Make(state) => {
                        made += 1;
                        keys.insert(0, key(&format!("k{made}"), state, now.seconds()));
                    }
                    Step::Move(kid, state) => {
                        let key = keys.iter_mut().find(|key| key.kid == kid).unwrap();
                        assert!(
                            state != KeyState::Active || now.since(key.since) >= PUBLISHED_FOR,
                            "{kid}"
                        );
                        (key.state, key.since) = (state, now);
                        if state == KeyState::Active {
                            signed.push(kid);
                        }
                    }
                    Step::Forget(kid) => keys.retain(|key| key.kid != kid),
                }
            }
            let active = keys.iter().filter(|key| key.state == KeyState::Active).count();
            assert_eq!(active, 1);
            assert!(keys.len() <= 3, "{keys:?}");
        }
        assert!((10..=12).contains(&signed.len()), "{signed:?}");
    }
}
