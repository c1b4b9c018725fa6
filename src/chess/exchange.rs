//! What a side wins by taking on a square, both sides recapturing as long as it pays.
//!
//! It plays out legal moves, so that pinned pieces do not defend, and stops where a side would lose. Every
//! order of taking is tried, because the cheapest piece is not always the one to take with: it may be needed
//! where it stands. Positions made of queens have too many orders; there the cheapest goes first and last.

use shakmaty::{Chess, Move, Position, Role, Square};

use super::board::points;
use super::wording::landing;

/// The points the side to move gains by taking on `square`; zero when taking does not pay.
pub fn gain(position: &Chess, square: Square) -> i32 {
    Exchange::on(square).gain(position)
}

/// The best capture on `square`, and what it wins.
pub(super) fn best_capture(position: &Chess, square: Square) -> Option<(Move, i32)> {
    Exchange::on(square).best(position)
}

/// What the side to move wins by `capture`, which is legal, when both sides go on taking there as it pays.
pub(super) fn gain_by(position: &Chess, capture: Move) -> i32 {
    Exchange::on(landing(capture)).gain_by(position, capture)
}

/// The captures on one square.
struct Exchange {
    square: Square,
    /// How many captures may still be tried besides the cheapest.
    left: u32,
}

/// More than any position from a game needs.
const TRIED: u32 = 500;

impl Exchange {
    const fn on(square: Square) -> Self {
        Self { square, left: TRIED }
    }

    fn gain(&mut self, position: &Chess) -> i32 {
        self.best(position).map_or(0, |(_, gain)| gain.max(0))
    }

    fn best(&mut self, position: &Chess) -> Option<(Move, i32)> {
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

/// The side to move's best capture that wins at least `least` points, with the square and the points.
pub(super) fn most_loose(position: &Chess, least: i32) -> Option<(Square, i32)> {
    position
        .them()
        .into_iter()
        .map(|square| (square, gain(position, square)))
        .filter(|(_, gain)| *gain >= least)
        .max_by_key(|(_, gain)| *gain)
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
}
