//! Pieces and moves in words, fit to be read aloud.

use shakmaty::{CastlingSide, Chess, Color, File, Move, Position, Rank, Role, Square};

/// `White` or `Black`.
pub const fn color_name(color: Color) -> &'static str {
    match color {
        Color::White => "White",
        Color::Black => "Black",
    }
}

/// The name of a piece, in lower case.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Pawn => "pawn",
        Role::Knight => "knight",
        Role::Bishop => "bishop",
        Role::Rook => "rook",
        Role::Queen => "queen",
        Role::King => "king",
    }
}

/// `a rook`, `two pawns`.
pub(super) fn count_of(role: Role, n: usize) -> String {
    const NUMBERS: [&str; 9] = ["no", "a", "two", "three", "four", "five", "six", "seven", "eight"];
    let plural = if n == 1 { "" } else { "s" };
    match NUMBERS.get(n) {
        Some(number) => format!("{number} {}{plural}", role_name(role)),
        None => format!("{n} {}{plural}", role_name(role)),
    }
}

/// Where the king and not the rook arrives; for other moves the target square.
pub(super) fn landing(m: Move) -> Square {
    match m {
        Move::Castle { king, rook } => {
            let file = if king < rook { File::G } else { File::C };
            Square::from_coords(file, king.rank())
        }
        _ => m.to(),
    }
}

/// A move made in `position`, in words: `knight from g1 to f3`, `castles kingside, check`.
pub fn move_words(position: &Chess, m: Move) -> String {
    let mut words = match m.castling_side() {
        Some(CastlingSide::KingSide) => "castles kingside".to_owned(),
        Some(CastlingSide::QueenSide) => "castles queenside".to_owned(),
        None => piece_words(m),
    };
    let mut after = position.clone();
    after.play_unchecked(m);
    if after.is_check() {
        words.push_str(if after.legal_moves().is_empty() {
            ", checkmate"
        } else {
            ", check"
        });
    }
    words
}

fn piece_words(m: Move) -> String {
    let to = m.to();
    let from = m.from().map_or_else(String::new, |from| format!(" from {from}"));
    let becomes = match m {
        Move::Normal {
            promotion: Some(role),
            ..
        } => format!(" and becomes a {}", role_name(role)),
        _ => String::new(),
    };
    let does = match m {
        Move::EnPassant { from, .. } => {
            let taken = Square::from_coords(to.file(), from.rank());
            format!("takes the pawn on {taken} en passant, landing on {to}")
        }
        Move::Normal {
            capture: Some(taken), ..
        } => format!("takes the {} on {to}", role_name(taken)),
        _ => format!("to {to}"),
    };
    format!("{}{from} {does}{becomes}", role_name(m.role()))
}

/// The rank on which a pawn of `color` is promoted.
pub(super) fn last_rank(color: Color) -> Rank {
    color.fold_wb(Rank::Eighth, Rank::First)
}

#[cfg(test)]
mod tests {
    use super::super::notation::read_move;
    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::*;

    #[test]
    fn moves_are_said_as_one_says_them() {
        for (fen, san, words) in [
            (
                "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq -",
                "Nf3",
                "knight from g1 to f3",
            ),
            ("4k3/8/8/8/8/8/8/4K2R w K -", "O-O", "castles kingside"),
            ("r3k3/8/8/8/8/8/8/4K3 b q -", "O-O-O", "castles queenside"),
            (
                "4k3/8/8/3pP3/8/8/8/4K3 w - d6",
                "exd6",
                "pawn from e5 takes the pawn on d5 en passant, landing on d6",
            ),
            (
                "3rk3/4P3/8/8/8/8/8/4K3 w - -",
                "exd8=Q+",
                "pawn from e7 takes the rook on d8 and becomes a queen, check",
            ),
            ("6k1/5ppp/8/8/8/8/8/4K2R w K -", "Rh4", "rook from h1 to h4"),
            (
                "6k1/5ppp/8/8/8/8/8/R3K3 w Q -",
                "Ra8#",
                "rook from a1 to a8, checkmate",
            ),
        ] {
            let start = Start::from_fen(fen, Variant::Standard).unwrap();
            let m = read_move(start.position(), san).unwrap();
            assert_eq!(move_words(start.position(), m), words);
        }
    }
}
