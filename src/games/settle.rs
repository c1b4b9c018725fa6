//! Storing a game that changed, and what its end does besides: ratings, and the days on which people played.

use super::Result;
use crate::chess::{Opponent, Outcome, PersonSide, Rating, Reason};
use crate::clock::{Seconds, Timestamp};
use crate::engine::Level;
use crate::id::UserId;
use crate::store::{KeptRating, RatingChange, RatingKind, StoredGame, Tx};

/// Where people begin at puzzles.
const FIRST_PUZZLES: f64 = 1100.0;

/// Where people begin against the engine, whose lower levels most of them meet first.
const FIRST_ENGINE: f64 = 800.0;

const DAY: Seconds = Seconds(86_400);

/// Stores a game that changed. Where it has just ended, its result is counted, and what that did to the
/// person's rating is noted in it.
pub(super) fn save(tx: &mut dyn Tx, user: UserId, stored: &mut StoredGame, now: Timestamp) -> Result<()> {
    tx.update_game(user, stored)?;
    if stored.is_open() || stored.puzzle.is_some() {
        return Ok(());
    }
    let friend = stored.friend.as_ref().and_then(|friend| friend.other);
    for person in [Some(user), friend].into_iter().flatten() {
        if !is_guest(tx, person)? {
            tx.mark_active(person, day_of(now))?;
        }
    }
    if stored.rated && stored.rating.is_none() {
        count(tx, user, stored, now)?;
    }
    Ok(())
}

/// Whether somebody plays without an account: of guests nothing is counted.
pub(super) fn is_guest(tx: &mut dyn Tx, person: UserId) -> Result<bool> {
    Ok(tx.user(person)?.is_some_and(|user| user.is_guest))
}

/// Makes a result uncounted, as the game goes on.
pub(super) fn uncount(tx: &mut dyn Tx, user: UserId, stored: &mut StoredGame) -> Result<()> {
    stored.rated = false;
    if stored.rating.take().is_some() {
        tx.take_back_rating(user, stored.id)?;
    }
    Ok(())
}

/// Days since 1970, by which streaks are counted.
pub(super) fn day_of(now: Timestamp) -> i64 {
    now.seconds().div_euclid(DAY.0)
}

fn count(tx: &mut dyn Tx, user: UserId, stored: &mut StoredGame, now: Timestamp) -> Result<()> {
    let Some(outcome) = outcome(stored, stored.person) else {
        return Ok(());
    };
    match (
        stored.opponent,
        stored.friend.as_ref().and_then(|friend| friend.other),
    ) {
        (Opponent::Engine { level, .. }, _) => {
            let opponent = rating_of_level(level);
            let own = kept(tx, user, RatingKind::Engine, now)?;
            stored.rating = Some(apply(
                tx,
                user,
                stored,
                (RatingKind::Engine, own, opponent, outcome),
                now,
            )?);
        }
        (Opponent::Friend, Some(other)) => {
            let own = kept(tx, user, RatingKind::Friend, now)?;
            let theirs = kept(tx, other, RatingKind::Friend, now)?;
            let (mine, yours) = (own.rating, theirs.rating);
            stored.rating = Some(apply(
                tx,
                user,
                stored,
                (RatingKind::Friend, own, yours, outcome),
                now,
            )?);
            let mirrored = (RatingKind::Friend, theirs, mine, outcome.reversed());
            apply(tx, other, stored, mirrored, now)?;
        }
        _ => {}
    }
    Ok(())
}

/// What the end means for one side; nothing where no one has played.
fn outcome(stored: &StoredGame, person: PersonSide) -> Option<Outcome> {
    let ending = stored.game.ending()?;
    let own = person.color()?;
    if ending.reason == Reason::Aborted || stored.game.ply() < 2 {
        return None;
    }
    Outcome::of(ending.score, own)
}

/// The person's rating of this kind as it stands now, or a beginner's.
pub(super) fn kept(tx: &mut dyn Tx, user: UserId, kind: RatingKind, now: Timestamp) -> Result<KeptRating> {
    let Some(found) = tx.rating(user, kind)? else {
        return Ok(KeptRating {
            rating: unknown(kind),
            plays: 0,
            changed_at: now,
        });
    };
    let idle = (now.seconds() - found.changed_at.seconds()).max(0) / DAY.0;
    Ok(KeptRating {
        rating: found.rating.after_days(u32::try_from(idle).unwrap_or(u32::MAX)),
        ..found
    })
}

/// What somebody is taken for at first. Most people begin below the middle.
fn unknown(kind: RatingKind) -> Rating {
    let new = Rating::new();
    match kind {
        RatingKind::Friend => new,
        RatingKind::Engine => Rating::restored(FIRST_ENGINE, new.deviation(), new.volatility()),
        RatingKind::Puzzles => Rating::restored(FIRST_PUZZLES, new.deviation(), new.volatility()),
    }
}

/// What was played, by whom it was rated before, against what, and how it ended.
pub(super) type Played = (RatingKind, KeptRating, Rating, Outcome);

/// Keeps the rating that follows, and what the game did to it.
pub(super) fn apply(
    tx: &mut dyn Tx,
    user: UserId,
    stored: &StoredGame,
    (kind, own, opponent, outcome): Played,
    now: Timestamp,
) -> Result<RatingChange> {
    let rating = own.rating.update(opponent, outcome);
    let change = RatingChange {
        kind,
        by: rating.value() - own.rating.value(),
        to: rating.value(),
    };
    let counted = KeptRating {
        rating,
        plays: own.plays + 1,
        changed_at: now,
    };
    tx.put_rating(user, kind, &counted)?;
    tx.put_rating_change(user, stored.id, change, now)?;
    Ok(change)
}

fn rating_of_level(level: u8) -> Rating {
    let level = Level::new(level).unwrap_or(Level::FIRST);
    Rating::known(f64::from(level.rating()))
}
