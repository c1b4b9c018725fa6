//! Which moves can give check, told before they are played: what makes a search for mate quick.

use shakmaty::{Bitboard, Chess, Color, Move, Position, Role, Square, attacks};

/// From where each kind of piece of the side to move would attack the other king, and what stands in the way
/// of those that already aim at it.
pub(super) struct Checks {
    king: Square,
    pawn: Bitboard,
    knight: Bitboard,
    bishop: Bitboard,
    rook: Bitboard,
    discoverers: Bitboard,
}

impl Checks {
    pub(super) fn of(position: &Chess) -> Self {
        let us = position.turn();
        let occupied = position.board().occupied();
        // Every position of standard chess has its kings; without one nothing would give check.
        let king = position.board().king_of(!us).unwrap_or(Square::A1);
        Self {
            king,
            pawn: attacks::pawn_attacks(!us, king),
            knight: attacks::knight_attacks(king),
            bishop: attacks::bishop_attacks(king, occupied),
            rook: attacks::rook_attacks(king, occupied),
            discoverers: discoverers(position, us, king),
        }
    }

    /// Whether the move may give check: `false` is certain, and so is `true` but for castling, en passant and
    /// promotions.
    pub(super) fn may_give(&self, m: Move) -> bool {
        let Move::Normal {
            role,
            from,
            to,
            promotion: None,
            ..
        } = m
        else {
            return true;
        };
        let discovers = self.discoverers.contains(from) && !attacks::aligned(self.king, from, to);
        discovers || self.direct(role).contains(to)
    }

    fn direct(&self, role: Role) -> Bitboard {
        match role {
            Role::Pawn => self.pawn,
            Role::Knight => self.knight,
            Role::Bishop => self.bishop,
            Role::Rook => self.rook,
            Role::Queen => self.bishop | self.rook,
            Role::King => Bitboard::EMPTY,
        }
    }
}

/// Pieces of `us` that alone stand between a long-range piece of theirs and the king.
fn discoverers(position: &Chess, us: Color, king: Square) -> Bitboard {
    let board = position.board();
    let ours = board.by_color(us);
    let aiming = (attacks::rook_attacks(king, Bitboard::EMPTY) & board.rooks_and_queens())
        | (attacks::bishop_attacks(king, Bitboard::EMPTY) & board.bishops_and_queens());
    let mut discoverers = Bitboard::EMPTY;
    for slider in aiming & ours {
        let way = attacks::between(king, slider) & board.occupied();
        if way.count() == 1 {
            discoverers |= way & ours;
        }
    }
    discoverers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::walk;
    use super::*;

    proptest! {
        #[test]
        fn no_check_is_overlooked(steps in walk::steps()) {
            let position = walk::position(&steps);
            let checks = Checks::of(&position);
            for m in position.legal_moves() {
                let mut after = position.clone();
                after.play_unchecked(m);
                let told = checks.may_give(m);
                let plain = matches!(m, Move::Normal { promotion: None, .. });
                prop_assert!(told || !after.is_check(), "{:?}", m);
                prop_assert!(!plain || told == after.is_check(), "{:?}", m);
            }
        }
    }
}
