//! What a side wins by taking on a square, both sides recapturing as long as it pays.
//!
//! It plays out legal moves, so that pinned pieces do not defend, and stops where a side would lose.

use shakmaty::{Chess, Move, Position, Role, Square};

use super::board::points;

/// The points the side to move gains by taking on `square`; zero when taking does not pay.
pub(super) fn gain(position: &Chess, square: Square) -> i32 {
    best_capture(position, square).map_or(0, |(_, gain)| gain.max(0))
}

/// The capture on `square` by the least valuable piece, and what it wins.
pub(super) fn best_capture(position: &Chess, square: Square) -> Option<(Move, i32)> {
    let capture = position
        .capture_moves()
        .into_iter()
        .filter(|m| m.to() == square && !m.is_en_passant())
        .min_by_key(|m| (points(m.role()), -promotion_gain(*m)))?;
    let taken = capture.capture().map_or(0, points);
    let mut after = position.clone();
    after.play_unchecked(capture);
    Some((capture, taken + promotion_gain(capture) - gain(&after, square)))
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
            // A pawn takes and is promoted.
            ("3rk3/4P3/8/8/8/8/8/4K3 w - -", Square::D8, 4),
        ] {
            let start = Start::from_fen(fen).unwrap();
            assert_eq!(gain(start.position(), square), points, "{fen}");
        }
    }
}
