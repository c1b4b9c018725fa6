//! The parts of the structured half that have a shape of their own.

use serde::Serialize;

use crate::chess::{Color, Opening, Opponent};
use crate::clock::Timestamp;
use crate::engine::Level;
use crate::games::{AnsweredOffer, Shown, StoredGame};
use crate::urls::{PublicUrl, path};

/// Against whom.
#[derive(Debug, Clone, Serialize)]
pub(in crate::mcp) struct OpponentView {
    pub(in crate::mcp) kind: &'static str,
    pub(in crate::mcp) level: Option<u8>,
    pub(in crate::mcp) name: Option<String>,
}

impl OpponentView {
    /// `name` is that of the person on the other side, where there is one.
    pub(in crate::mcp) fn of(opponent: Opponent, name: Option<&str>) -> Self {
        let level = opponent.level();
        let level_name = level.and_then(Level::new).map(Level::name);
        Self {
            kind: opponent.kind(),
            level,
            name: name.or(level_name).map(str::to_owned),
        }
    }

    pub(super) fn of_game(stored: &StoredGame) -> Self {
        let friend = stored.friend.as_ref().and_then(|friend| friend.name.clone());
        let other = stored
            .imported
            .as_ref()
            .and_then(|tags| tags.other_than(stored.person));
        Self::of(stored.opponent, friend.or(other).as_deref())
    }
}

/// What lets a friend in.
#[derive(Debug, Clone, Serialize)]
pub(in crate::mcp) struct InvitationView {
    pub(in crate::mcp) code: String,
    pub(in crate::mcp) url: String,
    /// The last day on which it works.
    pub(in crate::mcp) until: String,
}

impl InvitationView {
    pub(super) fn of(stored: &StoredGame, url: &PublicUrl) -> Option<Self> {
        let invitation = stored.friend.as_ref()?.invitation.as_ref()?;
        stored.is_open().then(|| Self {
            code: invitation.code.clone(),
            url: url.at(&path::invitation(&invitation.code)),
            until: invitation.ends.date(),
        })
    }
}

/// How long the players may think, where that was limited.
#[derive(Debug, Clone, Serialize)]
pub(in crate::mcp) struct TimeView {
    pub(in crate::mcp) days_per_move: u8,
    /// When the player to move loses; none until both are there.
    pub(in crate::mcp) deadline: Option<String>,
}

impl TimeView {
    pub(super) fn of(stored: &StoredGame) -> Option<Self> {
        let friend = stored.friend.as_ref().filter(|_| stored.is_open())?;
        Some(Self {
            days_per_move: friend.days_per_move?,
            deadline: friend.deadline.map(Timestamp::iso8601),
        })
    }
}

/// What a finished game did to the person's rating.
#[derive(Debug, Clone, Serialize)]
pub(in crate::mcp) struct RatingView {
    pub(in crate::mcp) kind: &'static str,
    pub(in crate::mcp) rating: i64,
    pub(in crate::mcp) change: i64,
}

impl RatingView {
    pub(super) fn of(stored: &StoredGame) -> Option<Self> {
        stored.rating.map(|change| Self {
            kind: change.kind.as_str(),
            rating: rounded(change.to),
            change: rounded(change.to) - rounded(change.to - change.by),
        })
    }
}

/// One move, for eyes, machines and ears.
#[derive(Debug, Clone, Serialize)]
pub(in crate::mcp) struct MoveView {
    pub(in crate::mcp) san: String,
    uci: String,
    pub(in crate::mcp) words: String,
    pub(in crate::mcp) by: &'static str,
}

impl MoveView {
    pub(super) fn of(stored: &StoredGame, ply: usize) -> Option<Self> {
        let game = &stored.game;
        Some(Self {
            san: game.san(ply)?,
            uci: game.uci(ply)?,
            words: game.words(ply)?,
            by: who(stored, game.mover(ply)?),
        })
    }
}

/// An opening's code and name.
#[derive(Debug, Clone, Serialize)]
pub(in crate::mcp) struct OpeningView {
    pub(in crate::mcp) eco: String,
    pub(in crate::mcp) name: String,
}

impl OpeningView {
    pub(in crate::mcp) fn of(opening: &Opening) -> Self {
        Self {
            eco: opening.eco.clone(),
            name: opening.name.clone(),
        }
    }
}

/// A draw offer, or a wish to take back, and its answer.
#[derive(Debug, Clone, Serialize)]
pub(in crate::mcp) struct OfferView {
    pub(in crate::mcp) kind: &'static str,
    pub(in crate::mcp) by: &'static str,
    pub(in crate::mcp) answer: Option<&'static str>,
}

impl OfferView {
    pub(super) fn of(shown: &Shown) -> Option<Self> {
        let stored = &shown.stored;
        if let Some(answered) = shown.answered {
            return Some(Self::answered(answered, stored.opponent));
        }
        let standing = |kind, by| Self {
            kind,
            by: who(stored, by),
            answer: None,
        };
        if let Some(by) = stored.game.draw_offer() {
            return Some(standing("draw", by));
        }
        let friend = stored.friend.as_ref().filter(|_| stored.is_open())?;
        if let Some(by) = friend.undo_offer {
            return Some(standing("undo", by));
        }
        let declined = friend.declined?;
        Some(Self {
            answer: Some("declined"),
            ..standing(kind_of_offer(declined.draw), declined.asked_by)
        })
    }

    fn answered(answered: AnsweredOffer, opponent: Opponent) -> Self {
        Self {
            kind: kind_of_offer(answered.draw),
            by: if answered.by_person {
                "person"
            } else {
                opponent.kind()
            },
            answer: Some(if answered.accepted { "accepted" } else { "declined" }),
        }
    }
}

const fn kind_of_offer(draw: bool) -> &'static str {
    if draw { "draw" } else { "undo" }
}

/// Who plays this colour.
fn who(stored: &StoredGame, color: Color) -> &'static str {
    if stored.person.plays(color) {
        "person"
    } else {
        stored.opponent.kind()
    }
}

/// Ratings are whole numbers to people.
pub(in crate::mcp) fn rounded(rating: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "ratings lie between 100 and 4000")]
    let whole = rating.round() as i64;
    whole
}
