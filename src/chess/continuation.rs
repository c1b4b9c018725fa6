//! Lines that were not played: what an engine means to play from a position, checked and written down.

use shakmaty::san::SanPlus;
use shakmaty::uci::UciMove;
use shakmaty::{Chess, Color, Move, Position};

/// The moves of `line` that are legal in turn from `position`, at most `most` of them.
pub fn legal_line(position: &Chess, line: &[UciMove], most: usize) -> Vec<Move> {
    let mut position = position.clone();
    let mut moves = Vec::with_capacity(most.min(line.len()));
    for uci in line.iter().take(most) {
        let Ok(m) = uci.to_move(&position) else { break };
        position.play_unchecked(m);
        moves.push(m);
    }
    moves
}

/// Moves that are legal in turn from `position`, numbered: `12. Nc3 Nf6 13. e4`, `12... Nf6 13. e4`.
pub fn numbered_line(position: &Chess, moves: &[Move]) -> String {
    let mut position = position.clone();
    let mut words = Vec::with_capacity(moves.len() * 2);
    for (i, m) in moves.iter().enumerate() {
        match position.turn() {
            Color::White => words.push(format!("{}.", position.fullmoves())),
            Color::Black if i == 0 => words.push(format!("{}...", position.fullmoves())),
            Color::Black => {}
        }
        words.push(SanPlus::from_move_and_play_unchecked(&mut position, *m).to_string());
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::*;

    fn uci(line: &str) -> Vec<UciMove> {
        line.split_whitespace().map(|uci| uci.parse().unwrap()).collect()
    }

    #[test]
    fn lines_are_numbered_from_where_they_begin() {
        let white = Start::default();
        let black = Start::from_fen(
            "rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 7",
            Variant::Standard,
        )
        .unwrap();
        for (start, line, text) in [
            (&white, "", ""),
            (&white, "e2e4", "1. e4"),
            (&white, "f2f3 e7e5 g2g4 d8h4", "1. f3 e5 2. g4 Qh4#"),
            (&black, "e7e5 g1f3 b8c6", "7... e5 8. Nf3 Nc6"),
        ] {
            let moves = legal_line(start.position(), &uci(line), 8);
            assert_eq!(numbered_line(start.position(), &moves), text);
        }
    }

    #[test]
    fn a_line_ends_where_it_is_no_longer_legal_or_long_enough() {
        let start = Start::default();
        for (line, most, length) in [("e2e4 e2e4", 8, 1), ("e2e5", 8, 0), ("e2e4 e7e5 g1f3", 2, 2)] {
            assert_eq!(
                legal_line(start.position(), &uci(line), most).len(),
                length,
                "{line}"
            );
        }
    }
}
