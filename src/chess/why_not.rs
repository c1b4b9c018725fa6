//! Why a move that was understood cannot be made, in a clause.

use shakmaty::{CastlingSide, Chess, Move, Position, Rank, Role, Square, attacks};

use super::pattern::{Pattern, PiecePattern};
use super::wording::{color_name, last_rank, role_name};

const PROMOTED: [Role; 4] = [Role::Queen, Role::Rook, Role::Bishop, Role::Knight];

/// What is the matter with `pattern`, which no legal move fits.
pub(super) fn why_not(position: &Chess, pattern: &Pattern) -> String {
    match pattern {
        Pattern::Castle(side) => castle(position, side.unwrap_or(CastlingSide::KingSide)),
        Pattern::Piece(pattern) => piece(position, pattern),
    }
}

/// Whether nothing but check to the mover's own king forbids a move that fits.
pub(super) fn only_king_forbids(position: &Chess, pattern: &Pattern) -> bool {
    let Pattern::Piece(piece) = pattern else {
        return false;
    };
    piece
        .to
        .square()
        .is_some_and(|to| pseudo_legal(position, to).into_iter().any(|m| pattern.fits(m)))
}

fn castle(position: &Chess, side: CastlingSide) -> String {
    let color = position.turn();
    let name = color_name(color);
    let wing = if side == CastlingSide::KingSide {
        "kingside"
    } else {
        "queenside"
    };
    if !position.castles().has(color, side) {
        return format!("{name} has no right to castle {wing}: king or rook has moved or is not there");
    }
    if position.is_check() {
        return format!("{name} is in check, and nobody castles out of check");
    }
    if (position.castles().path(color, side) & position.board().occupied()).any() {
        return "there are pieces in the way of king or rook".to_owned();
    }
    "the king would pass over or land on an attacked square".to_owned()
}

fn piece(position: &Chess, pattern: &PiecePattern) -> String {
    let name = color_name(position.turn());
    if let Some(why) = wrong_mover(position, pattern) {
        return why;
    }
    let Some(to) = pattern.to.square() else {
        return format!("no such capture is possible for {name}");
    };
    if let Some(why) = wrong_target(position, pattern, to).or_else(|| wrong_promotion(position, pattern, to))
    {
        return why;
    }
    if !only_king_forbids(position, &Pattern::Piece(*pattern)) {
        let who = pattern.roles.single().map_or("piece", role_name);
        return format!("no {who} of {name}'s that fits can reach {to}");
    }
    if position.is_check() {
        format!("{name} is in check, and this does not answer it")
    } else {
        format!("it would leave {name}'s king in check")
    }
}

fn wrong_mover(position: &Chess, pattern: &PiecePattern) -> Option<String> {
    let us = position.turn();
    let name = color_name(us);
    if let Some(from) = pattern.from.square() {
        let Some(piece) = position.board().piece_at(from) else {
            return Some(format!("there is no piece on {from}"));
        };
        let role = role_name(piece.role);
        if piece.color != us {
            let owner = color_name(piece.color);
            return Some(format!(
                "the {role} on {from} is {owner}'s, and it is {name}'s turn"
            ));
        }
        if !pattern.roles.contains(piece.role) {
            return Some(format!("the piece on {from} is a {role}"));
        }
    }
    let role = pattern.roles.single()?;
    position
        .our(role)
        .is_empty()
        .then(|| format!("{name} has no {}", role_name(role)))
}

/// What stands on `to` and cannot be taken, or not so, or not by such a piece.
fn wrong_target(position: &Chess, pattern: &PiecePattern, to: Square) -> Option<String> {
    let us = position.turn();
    let there = position.board().piece_at(to);
    if let Some(own) = there.filter(|piece| piece.color == us) {
        let role = role_name(own.role);
        return Some(format!("{}'s own {role} stands on {to}", color_name(us)));
    }
    let passed = position.pseudo_legal_ep_square();
    if pattern.en_passant && passed != Some(to) {
        return Some(match passed {
            Some(passed) => format!("a pawn that takes en passant arrives on {passed} here"),
            None => "no pawn can be taken en passant".to_owned(),
        });
    }
    let in_passing = passed == Some(to) && pattern.roles.contains(Role::Pawn);
    let victim = there.map(|piece| piece.role).or(in_passing.then_some(Role::Pawn));
    let Some(victim) = victim else {
        return pattern
            .capture
            .then(|| format!("there is nothing to take on {to}"));
    };
    let named = pattern.captured?;
    (!named.contains(victim)).then(|| format!("the piece to take on {to} is a {}", role_name(victim)))
}

fn wrong_promotion(position: &Chess, pattern: &PiecePattern, to: Square) -> Option<String> {
    let promoted = pattern.promotion?;
    let mover = pattern
        .from
        .square()
        .and_then(|from| position.board().role_at(from));
    if !pattern.roles.contains(Role::Pawn) || mover.is_some_and(|role| role != Role::Pawn) {
        return Some("only a pawn can become another piece".to_owned());
    }
    let possible =
        to.rank() == last_rank(position.turn()) && PROMOTED.iter().any(|role| promoted.contains(*role));
    (!possible)
        .then(|| "a pawn becomes a queen, rook, bishop or knight, and only on the last rank".to_owned())
}

/// The moves to `to` that would be legal if check to the mover's own king were no matter; castling aside.
fn pseudo_legal(position: &Chess, to: Square) -> Vec<Move> {
    let us = position.turn();
    let board = position.board();
    if board.by_color(us).contains(to) {
        return Vec::new();
    }
    board
        .by_color(us)
        .into_iter()
        .filter_map(|from| Some((from, board.role_at(from)?)))
        .filter(|(from, role)| reaches(position, *role, *from, to))
        .flat_map(|(from, role)| moves(position, role, from, to))
        .collect()
}

fn moves(position: &Chess, role: Role, from: Square, to: Square) -> Vec<Move> {
    let capture = position.board().role_at(to);
    if role == Role::Pawn && capture.is_none() && from.file() != to.file() {
        return vec![Move::EnPassant { from, to }];
    }
    let normal = |promotion| Move::Normal {
        role,
        from,
        capture,
        to,
        promotion,
    };
    if role == Role::Pawn && to.rank() == last_rank(position.turn()) {
        return PROMOTED.map(|role| normal(Some(role))).to_vec();
    }
    vec![normal(None)]
}

fn reaches(position: &Chess, role: Role, from: Square, to: Square) -> bool {
    let board = position.board();
    if role != Role::Pawn {
        return board.attacks_from(from).contains(to);
    }
    let us = position.turn();
    if board.piece_at(to).is_some() {
        return attacks::pawn_attacks(us, from).contains(to);
    }
    if position.pseudo_legal_ep_square() == Some(to) && attacks::pawn_attacks(us, from).contains(to) {
        return true;
    }
    let forward = us.fold_wb(8, -8);
    let one = from.offset(forward);
    let two = one
        .filter(|one| board.piece_at(*one).is_none())
        .and_then(|one| one.offset(forward));
    let home = from.rank() == us.fold_wb(Rank::Second, Rank::Seventh);
    one == Some(to) || (home && two == Some(to))
}

#[cfg(test)]
mod tests {
    use super::super::notation::read_move;
    use super::super::refusal::MoveFault;
    use super::super::start::Start;
    use super::super::variant::Variant;

    #[test]
    fn the_reason_is_the_true_one() {
        let bishop = "4k3/8/8/3b4/4P3/8/8/4K3 w - -";
        let advanced = "rnbqkbnr/ppp1pppp/8/3p4/4P3/8/PPPP1PPP/RNBQKBNR w KQkq d6";
        let knight = "3rk3/8/4N3/8/8/8/8/4K3 w - -";
        let pinned_passant = "8/8/8/K2pP2q/8/8/8/4k3 w - d6";
        let passant = "4k3/8/8/3pP3/8/8/4N3/4K3 w - d6";
        for (fen, text, why) in [
            (
                bishop,
                "pawn takes knight on d5",
                "the piece to take on d5 is a bishop",
            ),
            (advanced, "exd5 e.p.", "no pawn can be taken en passant"),
            (
                passant,
                "exd5 e.p.",
                "a pawn that takes en passant arrives on d6 here",
            ),
            (passant, "Nxd6", "there is nothing to take on d6"),
            (
                passant,
                "pawn takes queen on d6",
                "the piece to take on d6 is a pawn",
            ),
            (knight, "Nxd8=Q", "only a pawn can become another piece"),
            (knight, "Nd8=Q", "only a pawn can become another piece"),
            (knight, "e6d8q", "only a pawn can become another piece"),
            (pinned_passant, "exd6", "it would leave White's king in check"),
            (
                pinned_passant,
                "exd6 e.p.",
                "it would leave White's king in check",
            ),
            (pinned_passant, "e5d6", "it would leave White's king in check"),
            // The pin is the reason where everything else is right.
            (
                "4r1k1/8/8/3b4/4P3/8/8/4K3 w - -",
                "pawn takes bishop on d5",
                "it would leave White's king in check",
            ),
            (
                "3r2k1/2P5/8/8/8/K1r5/8/8 w - -",
                "cxd8=N",
                "White is in check, and this does not answer it",
            ),
        ] {
            let start = Start::from_fen(fen, Variant::Standard).unwrap();
            let found = read_move(start.position(), text);
            assert_eq!(found, Err(MoveFault::Illegal(why.to_owned())), "{text}");
        }
    }
}
