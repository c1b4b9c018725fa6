//! Views of a position: FEN, a text diagram, the legal moves, the material.

use shakmaty::fen::Fen;
use shakmaty::san::{San, SanPlus, Suffix};
use shakmaty::{Chess, Color, EnPassantMode, File, Move, Position, Rank, Role, Square};

use super::wording::{color_name, count_of};

/// The position as a FEN. The en passant square is given only where the capture is legal.
pub fn fen_of(position: &Chess) -> String {
    Fen::from_position(position, EnPassantMode::Legal).to_string()
}

/// Every legal move in SAN, in a stable order.
pub fn san_moves(position: &Chess) -> Vec<String> {
    let legal = position.legal_moves();
    let san = |m: &Move| SanPlus {
        san: San::disambiguate(*m, &legal),
        suffix: suffix_after(position.clone(), *m),
    };
    legal.iter().map(|m| san(m).to_string()).collect()
}

/// Mate is looked for only where there is check: that is what costs.
fn suffix_after(mut position: Chess, m: Move) -> Option<Suffix> {
    position.play_unchecked(m);
    if !position.is_check() {
        return None;
    }
    let mate = position.legal_moves().is_empty();
    Some(if mate { Suffix::Checkmate } else { Suffix::Check })
}

/// The board in letters, seen from `side`; capitals are White, dots are empty.
pub fn diagram(position: &Chess, side: Color) -> String {
    let mut ranks: Vec<Rank> = Rank::ALL.to_vec();
    let mut files: Vec<File> = File::ALL.to_vec();
    match side {
        Color::White => ranks.reverse(),
        Color::Black => files.reverse(),
    }
    let mut text = String::with_capacity(180);
    for rank in ranks {
        text.push(rank.char());
        for &file in &files {
            let piece = position.board().piece_at(Square::from_coords(file, rank));
            text.push(' ');
            text.push(piece.map_or('.', shakmaty::Piece::char));
        }
        text.push('\n');
    }
    text.push(' ');
    for file in files {
        text.push(' ');
        text.push(file.char());
    }
    text
}

/// What each side has lost and who is ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Material {
    /// White's points less Black's, by the usual 1, 3, 3, 5, 9.
    pub balance: i32,
    /// White's men less Black's, pawn to queen.
    difference: [i32; 5],
}

const COUNTED: [Role; 5] = [Role::Queen, Role::Rook, Role::Bishop, Role::Knight, Role::Pawn];

/// What a piece counts for when exchanging.
pub(super) const fn points(role: Role) -> i32 {
    match role {
        Role::Pawn => 1,
        Role::Knight | Role::Bishop => 3,
        Role::Rook => 5,
        Role::Queen => 9,
        Role::King => 100,
    }
}

impl Material {
    /// Counts the men on the board.
    pub fn of(position: &Chess) -> Self {
        let counts = position.board().material();
        let difference =
            COUNTED.map(|role| i32::from(*counts.white.get(role)) - i32::from(*counts.black.get(role)));
        let balance = COUNTED
            .iter()
            .zip(difference)
            .map(|(role, n)| points(*role) * n)
            .sum();
        Self { balance, difference }
    }

    /// One sentence: who is ahead, by what.
    pub fn words(&self) -> String {
        if self.difference.iter().all(|n| *n == 0) {
            return "Material is even.".to_owned();
        }
        let side = if self.balance < 0 {
            Color::Black
        } else {
            Color::White
        };
        let sign = side.fold_wb(1, -1);
        let extra = self.list(|n| n * sign);
        let missing = self.list(|n| -n * sign);
        let name = color_name(side);
        match (extra.is_empty(), missing.is_empty()) {
            (false, true) => format!("{name} is ahead by {extra}."),
            (true, _) => format!("{name} is behind by {missing}."),
            (false, false) => format!("{name} has {extra} for {missing}."),
        }
    }

    fn list(&self, count: impl Fn(i32) -> i32) -> String {
        let parts: Vec<String> = COUNTED
            .iter()
            .zip(self.difference)
            .filter_map(|(role, n)| {
                usize::try_from(count(n))
                    .ok()
                    .filter(|n| *n > 0)
                    .map(|n| count_of(*role, n))
            })
            .collect();
        match parts.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => parts.join(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::*;

    #[test]
    fn the_diagram_turns_with_the_person() {
        let position = Chess::new();
        let white = diagram(&position, Color::White);
        assert!(white.starts_with("8 r n b q k b n r\n7 p p"), "{white}");
        assert!(
            white.ends_with("\n1 R N B Q K B N R\n  a b c d e f g h"),
            "{white}"
        );
        let black = diagram(&position, Color::Black);
        assert!(black.starts_with("1 R N B K Q B N R\n"), "{black}");
        assert!(black.ends_with("  h g f e d c b a"), "{black}");
    }

    #[test]
    fn material_is_said_in_words() {
        for (fen, words) in [
            ("4k3/8/8/8/8/8/8/4K2R w - -", "White is ahead by a rook."),
            ("4k3/pp6/8/8/8/8/8/4K3 w - -", "Black is ahead by two pawns."),
            (
                "4kb2/8/8/8/8/8/P7/4K2R w - -",
                "White has a rook and a pawn for a bishop.",
            ),
            ("4k3/8/8/8/8/8/8/4K3 w - -", "Material is even."),
            ("4kb2/8/8/8/8/8/8/4KN2 w - -", "White has a knight for a bishop."),
        ] {
            let start = Start::from_fen(fen, Variant::Standard).unwrap();
            assert_eq!(Material::of(start.position()).words(), words, "{fen}");
        }
    }
}
