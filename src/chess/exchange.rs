//! What a side wins by taking on a square, both sides recapturing as long as it pays.
//!
//! It plays out legal moves, so that pinned pieces do not defend, and stops where a side would lose. Every
//! order of taking is tried, because the cheapest piece is not always the one to take with: it may be needed
//! where it stands. Positions made of queens have too many orders; there the cheapest goes first and last.

use std::cell::Cell;

use shakmaty::{Chess, Move, Position, Role, Square};

use super::board::points;
use super::wording::landing;

/// The points the side to move gains by taking on `square`; zero when taking does not pay.
pub fn gain(position: &Chess, square: Square) -> i32 {
    Exchanges::default().gain(position, square)
}

/// What the side to move wins by `capture`, which is legal, when both sides go on taking there as it pays.
pub(super) fn gain_by(position: &Chess, capture: Move) -> i32 {
    let exchanges = Exchanges::default();
    exchanges.on(landing(capture)).gain_by(position, capture)
}

/// The side to move's best capture that wins at least `least` points, with the square and the points.
pub(super) fn most_loose(position: &Chess, least: i32) -> Option<(Square, i32)> {
    Exchanges::default().most_loose(position, least)
}

/// Exchanges that may play out so many captures together. Once [`Exchanges::is_exhausted`], what they say
/// proves nothing.
pub(super) struct Exchanges {
    left: Cell<u32>,
}

impl Default for Exchanges {
    /// As many captures as it takes.
    fn default() -> Self {
        Self::within(u32::MAX)
    }
}

impl Exchanges {
    pub(super) const fn within(captures: u32) -> Self {
        Self {
            left: Cell::new(captures),
        }
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.left.get() == 0
    }

    /// The points the side to move gains by taking on `square`; zero when taking does not pay.
    pub(super) fn gain(&self, position: &Chess, square: Square) -> i32 {
        self.on(square).gain(position)
    }

    /// The best capture on `square`, and what it wins.
    pub(super) fn best_capture(&self, position: &Chess, square: Square) -> Option<(Move, i32)> {
        self.on(square).best(position)
    }

    /// The side to move's best capture that wins at least `least` points, with the square and the points.
    pub(super) fn most_loose(&self, position: &Chess, least: i32) -> Option<(Square, i32)> {
        position
            .them()
            .into_iter()
            .map(|square| (square, self.gain(position, square)))
            .filter(|(_, gain)| *gain >= least)
            .max_by_key(|(_, gain)| *gain)
    }

    const fn on(&self, square: Square) -> Exchange<'_> {
        Exchange {
            square,
            left: TRIED,
            all: self,
        }
    }
}

/// The captures on one square.
struct Exchange<'a> {
    square: Square,
    /// How many captures may still be tried besides the cheapest.
    left: u32,
    all: &'a Exchanges,
}

/// More than any position from a game needs.
const TRIED: u32 = 500;

impl Exchange<'_> {
    fn gain(&mut self, position: &Chess) -> i32 {
        self.best(position).map_or(0, |(_, gain)| gain.max(0))
    }

    fn best(&mut self, position: &Chess) -> Option<(Move, i32)> {
        if self.all.is_exhausted() {
            return None;
        }
        let mut captures = position.capture_moves();
        captures.retain(|m| m.to() == self.square && !m.is_en_passant());
        captures.sort_by_key(|m| (points(m.role()), -promotion_gain(*m)));
        let mut best: Option<(Move, i32)> = None;
        for capture in captures {
            let gain = self.gain_by(position, capture);
            if best.is_none_or(|(_, most)| gain > most) {
                best = Some((capture, gain));
            }
            // Nothing is taken back, or there are too many orders.
            if gain >= taken(capture) || self.left == 0 {
                break;
            }
            self.left -= 1;
        }
        best
    }

    fn gain_by(&mut self, position: &Chess, capture: Move) -> i32 {
        self.all.left.set(self.all.left.get().saturating_sub(1));
        let mut after = position.clone();
        after.play_unchecked(capture);
        taken(capture) - self.gain(&after)
    }
}

/// What a capture takes, the promotion included.
fn taken(capture: Move) -> i32 {
    capture.capture().map_or(0, points) + promotion_gain(capture)
}

const fn promotion_gain(m: Move) -> i32 {
    match m {
        Move::Normal {
            promotion: Some(role),
            ..
        } => points(role) - points(Role::Pawn),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::*;

    #[test]
    fn exchanges_are_counted_to_their_end() {
        for (fen, square, points) in [
            // A defended pawn is not worth a knight, a loose one is free.
            ("4k3/8/3p4/4p3/8/5N2/8/4K3 w - -", Square::E5, 0),
            ("4k3/8/8/4p3/8/5N2/8/4K3 w - -", Square::E5, 1),
            // Two attackers beat one defender.
            ("4k3/8/3p4/4p3/8/5N2/1B6/4K3 w - -", Square::E5, 0),
            ("4k3/8/3n4/8/4p3/6N1/8/4RK2 w - -", Square::E4, 1),
            // The defender is pinned and does not count.
            ("4k3/4n3/8/3p4/8/2N5/8/4RK2 w - -", Square::D5, 1),
            // The bishop defends and must not recapture, as it would open the file to its king; the rook can.
            ("r7/Q7/2k5/q7/1b6/2B5/2R5/4K3 w - -", Square::A5, 0),
            // A pawn takes and is promoted.
            ("3rk3/4P3/8/8/8/8/8/4K3 w - -", Square::D8, 4),
        ] {
            let start = Start::from_fen(fen, Variant::Standard).unwrap();
            assert_eq!(gain(start.position(), square), points, "{fen}");
        }
    }

    #[test]
    fn captures_are_played_out_within_their_number() {
        let queens = "2QqQQqq/qqqQq1qQ/QQ1qQ1QQ/QQqqQ1QK/qqq1QqQQ/qqQQq1q1/qqqQQQQQ/kqqQQQq1 w - -";
        let start = Start::from_fen(queens, Variant::Standard).unwrap();
        let exchanges = Exchanges::within(1_000);
        exchanges.most_loose(start.position(), 1);
        assert!(exchanges.is_exhausted());
        assert_eq!(exchanges.best_capture(start.position(), Square::C8), None);
        let start = Start::from_fen("4k3/8/3p4/4p3/8/5N2/1B6/4K3 w - -", Variant::Standard).unwrap();
        let exchanges = Exchanges::within(1_000);
        assert_eq!(exchanges.most_loose(start.position(), 1), None);
        assert!(!exchanges.is_exhausted());
    }
}
