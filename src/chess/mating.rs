//! Mates that have a name, told from the final position.

use shakmaty::{Bitboard, Chess, Color, File, Position, Rank, Role, Square, attacks};

use super::theme::Theme;

/// The names of the mate on the board; none for a position that is no mate.
pub(super) fn mating_pattern(position: &Chess) -> Vec<Theme> {
    let Some(mate) = Mate::of(position) else {
        return Vec::new();
    };
    let shown = PATTERNS.iter().filter(|(shows, _)| shows(&mate));
    shown.map(|(_, theme)| *theme).collect()
}

type Pattern = fn(&Mate<'_>) -> bool;

const PATTERNS: [(Pattern, Theme); 6] = [
    (on_the_back_rank, Theme::BackRankMate),
    (smothered, Theme::SmotheredMate),
    (anastasia, Theme::AnastasiaMate),
    (arabian, Theme::ArabianMate),
    (dovetail, Theme::DovetailMate),
    (epaulette, Theme::EpauletteMate),
];

struct Mate<'a> {
    position: &'a Chess,
    mated: Color,
    king: Square,
    /// The mated side's pieces.
    own: Bitboard,
    checkers: Bitboard,
}

impl<'a> Mate<'a> {
    fn of(position: &'a Chess) -> Option<Self> {
        let mated = position.turn();
        let board = position.board();
        position.is_checkmate().then_some(Self {
            position,
            mated,
            king: board.king_of(mated)?,
            own: board.by_color(mated),
            checkers: position.checkers(),
        })
    }

    /// The only piece that gives check.
    fn checker(&self) -> Option<(Role, Square)> {
        let square = self.checkers.single_square()?;
        Some((self.position.board().role_at(square)?, square))
    }

    /// A square seen from the king.
    fn beside(&self, files: i32, ranks: i32) -> Option<Square> {
        let file = File::try_from(i32::from(self.king.file()) + files).ok()?;
        let rank = Rank::try_from(i32::from(self.king.rank()) + ranks).ok()?;
        Some(Square::from_coords(file, rank))
    }

    fn is_own(&self, square: Option<Square>) -> bool {
        square.is_some_and(|square| self.own.contains(square))
    }

    fn is_their_knight(&self, square: Option<Square>) -> bool {
        let knights = self.position.board().knights() & !self.own;
        square.is_some_and(|square| knights.contains(square))
    }
}

/// From its own back rank the king looks at a wall of its own pieces, and is attacked along the rank.
fn on_the_back_rank(mate: &Mate<'_>) -> bool {
    let (back, forward) = mate.mated.fold_wb((Rank::First, 1), (Rank::Eighth, -1));
    let rank = Bitboard::from_rank(back);
    let wall = [-1, 0, 1].map(|files| mate.beside(files, forward));
    rank.contains(mate.king)
        && (mate.checkers & rank).any()
        && wall.iter().flatten().all(|square| mate.own.contains(*square))
}

fn smothered(mate: &Mate<'_>) -> bool {
    let knight = mate.checker().is_some_and(|(role, _)| role == Role::Knight);
    knight && (attacks::king_attacks(mate.king) & !mate.own).is_empty()
}

/// On the edge, with its own piece beside it; a knight three squares away on the same rank guards the rest.
fn anastasia(mate: &Mate<'_>) -> bool {
    let inward = match mate.king.file() {
        File::A => 1,
        File::H => -1,
        _ => return false,
    };
    let on_file = |(role, square): (Role, Square)| {
        matches!(role, Role::Rook | Role::Queen) && square.file() == mate.king.file()
    };
    mate.checker().is_some_and(on_file)
        && mate.is_own(mate.beside(inward, 0))
        && mate.is_their_knight(mate.beside(3 * inward, 0))
}

/// In the corner, by a rook next to it that a knight guards together with the last square.
fn arabian(mate: &Mate<'_>) -> bool {
    let files = if mate.king.file() == File::A { 2 } else { -2 };
    let ranks = if mate.king.rank() == Rank::First { 2 } else { -2 };
    let beside = |(role, square): (Role, Square)| {
        role == Role::Rook && attacks::king_attacks(mate.king).contains(square)
    };
    Bitboard::CORNERS.contains(mate.king)
        && mate.checker().is_some_and(beside)
        && mate.is_their_knight(mate.beside(files, ranks))
}

/// Away from the edge, by a queen on the next diagonal square; the two squares that it leaves are taken.
fn dovetail(mate: &Mate<'_>) -> bool {
    let Some((Role::Queen, queen)) = mate.checker() else {
        return false;
    };
    let files = i32::from(queen.file()) - i32::from(mate.king.file());
    let ranks = i32::from(queen.rank()) - i32::from(mate.king.rank());
    files.abs() == 1
        && ranks.abs() == 1
        && !Bitboard::EDGES.contains(mate.king)
        && mate.is_own(mate.beside(-files, 0))
        && mate.is_own(mate.beside(0, -ranks))
}

/// On its back rank between two of its own pieces, by a queen in front of it.
fn epaulette(mate: &Mate<'_>) -> bool {
    let back = mate.mated.fold_wb(Rank::First, Rank::Eighth);
    let in_front = |(role, square): (Role, Square)| role == Role::Queen && square.file() == mate.king.file();
    mate.king.rank() == back
        && mate.checker().is_some_and(in_front)
        && mate.is_own(mate.beside(-1, 0))
        && mate.is_own(mate.beside(1, 0))
}

#[cfg(test)]
mod tests {
    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::*;

    #[test]
    fn mates_are_known_by_name() {
        for (fen, names) in [
            ("R5k1/5ppp/8/8/8/8/8/6K1 b - -", vec![Theme::BackRankMate]),
            // Not its own pieces shut it in, but a rook.
            ("R5k1/1R6/8/8/8/8/8/6K1 b - -", vec![]),
            ("6rk/5Npp/8/8/8/8/8/6K1 b - -", vec![Theme::SmotheredMate]),
            ("8/4N1pk/8/7R/8/8/8/6K1 b - -", vec![Theme::AnastasiaMate]),
            ("7k/7R/5N2/8/8/8/8/6K1 b - -", vec![Theme::ArabianMate]),
            ("6Rk/8/5N2/8/8/8/8/6K1 b - -", vec![Theme::ArabianMate]),
            ("3rkr2/8/4Q3/8/8/8/8/6K1 b - -", vec![Theme::EpauletteMate]),
            // No mates.
            ("R5k1/5pp1/8/8/8/8/8/6K1 b - -", vec![]),
            ("6k1/5ppp/8/8/8/8/8/R5K1 w - -", vec![]),
        ] {
            let position = Start::from_fen(fen, Variant::Standard)
                .unwrap()
                .position()
                .clone();
            assert_eq!(mating_pattern(&position), names, "{fen}");
        }
    }

    #[test]
    fn a_dovetail_leaves_two_squares_to_its_own_pieces() {
        let fen = "8/8/2rp4/2bk4/4Q3/5P2/8/7K b - -";
        let position = Start::from_fen(fen, Variant::Standard)
            .unwrap()
            .position()
            .clone();
        assert_eq!(mating_pattern(&position), [Theme::DovetailMate], "{fen}");
    }
}
