//! Balanced openings of a few plies, so that two engines that think alike do not play one game twice.

use shakmaty::uci::UciMove;

const OPENINGS: [&str; 20] = [
    "e2e4 e7e5 g1f3 b8c6",
    "e2e4 c7c5 g1f3 d7d6",
    "e2e4 e7e6 d2d4 d7d5",
    "e2e4 c7c6 d2d4 d7d5",
    "d2d4 d7d5 c2c4 e7e6",
    "d2d4 g8f6 c2c4 g7g6",
    "d2d4 g8f6 c2c4 e7e6",
    "c2c4 e7e5 b1c3 g8f6",
    "g1f3 d7d5 g2g3 g8f6",
    "e2e4 e7e5 g1f3 g8f6",
    "d2d4 d7d5 c2c4 c7c6",
    "e2e4 c7c5 b1c3 b8c6",
    "e2e4 e7e5 f1c4 g8f6",
    "e2e4 d7d6 d2d4 g8f6 b1c3 g7g6",
    "d2d4 d7d5 g1f3 g8f6 c1f4 c7c5",
    "e2e4 e7e5 b1c3 g8f6",
    "d2d4 f7f5 g2g3 g8f6",
    "c2c4 c7c5 g1f3 g8f6",
    "e2e4 d7d5 e4d5 d8d5 b1c3 d5a5",
    "e2e4 c7c5 g1f3 e7e6 d2d4 c5d4 f3d4 a7a6",
];

/// The opening of the nth pair of games; they come round again after the last.
pub(crate) fn nth(number: u32) -> Vec<UciMove> {
    let line = OPENINGS[number as usize % OPENINGS.len()];
    let moves = line.split(' ').map(str::parse);
    moves
        .collect::<Result<_, _>>()
        .expect("the openings are written in UCI")
}

#[cfg(test)]
mod tests {
    use shakmaty::{Chess, Position};

    use super::*;

    #[test]
    fn every_opening_is_legal_and_no_two_are_the_same() {
        let mut ends = Vec::new();
        for (number, written) in OPENINGS.iter().enumerate() {
            let mut position = Chess::default();
            for uci in nth(u32::try_from(number).unwrap()) {
                let played = uci.to_move(&position).unwrap();
                position.play_unchecked(played);
            }
            assert!(!ends.contains(&position), "{written}");
            ends.push(position);
        }
    }
}
