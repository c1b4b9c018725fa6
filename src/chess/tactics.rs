//! Patterns that anybody can verify on the board: mates on the move, pins, forks, discovered attacks.
//!
//! A pattern is reported only where its geometry and the exchanges it leads to bear it out. Whether the
//! pattern decides anything is for an engine to say.

use shakmaty::{Bitboard, Board, Chess, Color, Move, Position, Role, Square, attacks};

use super::board::points;
use super::exchange::Exchanges;
use super::wording::role_name;

/// A piece and where it stands.
pub(super) type Placed = (Role, Square);

/// `the rook on a8`.
pub(super) fn the_piece((role, square): Placed) -> String {
    format!("the {} on {square}", role_name(role))
}

/// The position with the other side to move, where nobody is in check.
pub(super) fn passed(position: &Chess) -> Option<Chess> {
    if position.is_check() {
        return None;
    }
    position.clone().swap_turn().ok()
}

/// The position after a legal move.
pub(super) fn after(position: &Chess, m: Move) -> Chess {
    let mut after = position.clone();
    after.play_unchecked(m);
    after
}

/// A piece that may not leave its line, because its king stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pin {
    pub(super) pinned: Placed,
    pub(super) by: Placed,
}

/// The pieces of `side` that are pinned to their king.
pub(super) fn pins(board: &Board, side: Color) -> Vec<Pin> {
    let Some(king) = board.king_of(side) else {
        return Vec::new();
    };
    let straight = attacks::rook_attacks(king, Bitboard::EMPTY) & board.rooks_and_queens();
    let diagonal = attacks::bishop_attacks(king, Bitboard::EMPTY) & board.bishops_and_queens();
    ((straight | diagonal) & board.by_color(side.other()))
        .into_iter()
        .filter_map(|by| {
            let pinned = (attacks::between(king, by) & board.occupied()).single_square()?;
            let piece = board.piece_at(pinned).filter(|piece| piece.color == side)?;
            Some(Pin {
                pinned: (piece.role, pinned),
                by: (board.role_at(by)?, by),
            })
        })
        .collect()
}

/// A pin to the king that `m` creates with the piece it moves; pawns do not count.
pub(super) fn pin_by(position: &Chess, m: Move) -> Option<Pin> {
    let after = after(position, m);
    pins(after.board(), after.turn())
        .into_iter()
        .find(|pin| pin.by.1 == m.to() && pin.pinned.0 != Role::Pawn && !m.is_castle())
}

/// A move after which one piece attacks several that it is worth its while to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fork {
    pub(super) m: Move,
    pub(super) targets: Vec<Placed>,
}

impl Fork {
    /// The fork that `m` is, if it is one and the piece that forks cannot simply be taken.
    pub(super) fn by(position: &Chess, m: Move) -> Option<Self> {
        Self::proved(position, m, &Exchanges::default())
    }

    fn proved(position: &Chess, m: Move, exchanges: &Exchanges) -> Option<Self> {
        if m.is_castle() {
            return None;
        }
        let after = after(position, m);
        let targets = worthwhile(after.board(), m.to(), position.turn());
        if targets.len() < 2 || is_pinned(after.board(), m.to(), position.turn()) {
            return None;
        }
        let safe = exchanges
            .best_capture(&after, m.to())
            .is_none_or(|(_, gain)| gain < 0);
        safe.then_some(Self { m, targets })
    }

    /// The fork of the side to move that attacks most.
    pub(super) fn best(position: &Chess, exchanges: &Exchanges) -> Option<Self> {
        position
            .legal_moves()
            .into_iter()
            .filter_map(|m| Self::proved(position, m, exchanges))
            .max_by_key(Self::weight)
    }

    /// `the king on e8 and the rook on a8`.
    pub(super) fn targets_words(&self) -> String {
        let names: Vec<String> = self.targets.iter().map(|target| the_piece(*target)).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.join(""),
        }
    }

    fn weight(&self) -> i32 {
        // The king counts as a queen here: attacking it wins time, not the game.
        self.targets
            .iter()
            .map(|(role, _)| points(*role).min(points(Role::Queen)))
            .sum()
    }
}

fn is_pinned(board: &Board, square: Square, side: Color) -> bool {
    pins(board, side).iter().any(|pin| pin.pinned.1 == square)
}

/// What the piece of `side` on `square` attacks and would win something by taking, the most valuable first.
fn worthwhile(board: &Board, square: Square, side: Color) -> Vec<Placed> {
    let Some(role) = board.role_at(square) else {
        return Vec::new();
    };
    let attacked = board.attacks_from(square) & board.by_color(side.other());
    let mut targets: Vec<Placed> = attacked
        .into_iter()
        .filter_map(|target| Some((board.role_at(target)?, target)))
        .filter(|target| is_worth_taking(board, (role, square), *target, side))
        .collect();
    targets.sort_by_key(|(role, _)| -points(*role));
    targets
}

/// Whether `attacker` of `side` would win something by taking `target`: a more valuable or a lone piece.
fn is_worth_taking(board: &Board, attacker: Placed, target: Placed, side: Color) -> bool {
    let (role, square) = target;
    // A king can only take what nobody defends; `points` makes it the most valuable of all.
    if points(role) > points(attacker.0) {
        return true;
    }
    // What stands behind the attacker looks through when it has moved.
    let occupied = board.occupied().without(attacker.1);
    role != Role::Pawn && board.attacks_to(square, side.other(), occupied).is_empty()
}

/// An attack of a piece that stood behind the one that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Discovery {
    pub(super) by: Placed,
    pub(super) target: Placed,
}

impl Discovery {
    /// The most valuable attack that `m` uncovers.
    pub(super) fn by(position: &Chess, m: Move) -> Option<Self> {
        let from = m.from().filter(|_| !m.is_castle())?;
        let side = position.turn();
        let after = after(position, m);
        let board = after.board();
        let sliders = board.sliders() & board.by_color(side);
        sliders
            .without(m.to())
            .into_iter()
            .filter(|slider| !is_pinned(board, *slider, side))
            .flat_map(|slider| {
                let uncovered = move |target: &Placed| attacks::between(slider, target.1).contains(from);
                let by = board.role_at(slider).map(|role| (role, slider));
                worthwhile(board, slider, side)
                    .into_iter()
                    .filter(uncovered)
                    .filter_map(move |target| Some(Self { by: by?, target }))
            })
            .max_by_key(|discovery| points(discovery.target.0))
    }

    /// Whether it is a check.
    pub(super) fn is_check(self) -> bool {
        self.target.0 == Role::King
    }
}

#[cfg(test)]
mod tests {
    use super::super::notation::read_move;
    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::*;

    fn position(fen: &str) -> Chess {
        Start::from_fen(fen, Variant::Standard)
            .unwrap()
            .position()
            .clone()
    }

    #[test]
    fn pins_are_those_to_the_king() {
        for (fen, side, expected) in [
            (
                "4k3/8/2n5/1B6/8/8/8/4K3 w - -",
                Color::Black,
                vec![((Role::Knight, Square::C6), (Role::Bishop, Square::B5))],
            ),
            // Two pieces between, a piece of the other side between, or no line at all.
            ("4k3/3p4/2n5/1B6/8/8/8/4K3 w - -", Color::Black, vec![]),
            ("4k3/8/2N5/1B6/8/8/8/4K3 b - -", Color::Black, vec![]),
            ("4k3/8/2n5/B7/8/8/8/4K3 w - -", Color::Black, vec![]),
            (
                "4r1k1/8/8/8/1b6/2N5/4Q3/4K3 w - -",
                Color::White,
                vec![
                    ((Role::Knight, Square::C3), (Role::Bishop, Square::B4)),
                    ((Role::Queen, Square::E2), (Role::Rook, Square::E8)),
                ],
            ),
        ] {
            let mut found: Vec<_> = pins(position(fen).board(), side)
                .into_iter()
                .map(|pin| (pin.pinned, pin.by))
                .collect();
            found.sort_by_key(|(_, (_, by))| *by);
            assert_eq!(found, expected, "{fen}");
        }
    }

    #[test]
    fn forks_attack_two_worth_taking() {
        for (fen, san, expected) in [
            (
                "r3k3/8/8/3N4/8/8/8/4K3 w - -",
                "Nc7+",
                Some("the king on e8 and the rook on a8"),
            ),
            // The knight would be taken.
            ("r3k3/8/1b6/3N4/8/8/8/4K3 w - -", "Nc7+", None),
            // A pawn's fork; knight and bishop are worth more, and the pawn is defended, or is not.
            (
                "4k3/8/8/2b1n3/8/3P1N2/8/4K3 w - -",
                "d4",
                Some("the bishop on c5 and the knight on e5"),
            ),
            ("4k3/8/8/2b1n3/8/3P4/8/4K3 w - -", "d4", None),
            // A check alone is no fork.
            ("4k3/8/2n5/1p6/8/8/4B3/4K3 w - -", "Bh5+", None),
            // The queen forks what nobody defends.
            (
                "6k1/8/8/b6n/8/8/8/3Q2K1 w - -",
                "Qd5+",
                Some("the king on g8, the bishop on a5 and the knight on h5"),
            ),
            // A pawn is no piece.
            ("4k3/8/p7/3N4/8/8/8/4K3 w - -", "Nc7+", None),
            // The forking piece is pinned and can take only the one that pins it.
            ("k3r3/8/8/n6n/8/8/4R3/4K3 w - -", "Re5", None),
        ] {
            let position = position(fen);
            let m = read_move(&position, san).unwrap();
            let words = Fork::by(&position, m).map(|fork| fork.targets_words());
            assert_eq!(words.as_deref(), expected, "{fen} {san}");
        }
    }

    #[test]
    fn attacks_are_discovered() {
        for (fen, san, expected) in [
            (
                "4k3/8/8/8/8/8/4B3/4RK2 w - -",
                "Bb5+",
                Some(((Role::Rook, Square::E1), (Role::King, Square::E8))),
            ),
            (
                "q3k3/8/8/8/4N3/5B2/8/6K1 w - -",
                "Ng5",
                Some(((Role::Bishop, Square::F3), (Role::Queen, Square::A8))),
            ),
            // What is attacked already is not discovered.
            ("q3k3/8/8/8/8/5B1N/8/6K1 w - -", "Ng5", None),
            // A pawn is not worth it.
            ("4k3/p7/8/8/3N4/4B3/8/6K1 w - -", "Nf5", None),
        ] {
            let position = position(fen);
            let m = read_move(&position, san).unwrap();
            let found = Discovery::by(&position, m).map(|discovery| (discovery.by, discovery.target));
            assert_eq!(found, expected, "{fen} {san}");
        }
    }

    #[test]
    fn a_move_pins() {
        let position = position("4k3/8/2n5/8/8/8/4B3/4K3 w - -");
        let pin = |san| pin_by(&position, read_move(&position, san).unwrap());
        assert_eq!(pin("Bb5").unwrap().pinned, (Role::Knight, Square::C6));
        assert_eq!(pin("Bd3"), None);
    }
}
