//! What a good move is about: the first thing that can be said of it and proved.
//!
//! That the move is good is the engine's word; what it does on the board is decided here, by the rules and by
//! exchanges played out. Where nothing can be proved the move is called quiet.

use shakmaty::{Chess, Move, Position, Role, Square};

use super::assessment::Assessment;
use super::board::{Material, points};
use super::exchange::{gain, gain_by, most_loose};
use super::mate_in_one::mate_in_one;
use super::tactics::{Discovery, Fork, Pin, Placed, after, passed, pin_by};
use super::wording::landing;

/// What a move is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Motif {
    /// It mates, or begins a mate, in so many moves.
    Mate(u32),
    /// The mover is being mated and can only put it off.
    Defence,
    /// It takes something and keeps it; `free` where nobody can take back.
    Win { taken: Placed, free: bool },
    /// A pawn becomes this.
    Promotion(Role),
    /// One piece attacks several.
    Fork(Fork),
    /// It uncovers an attack.
    Discovery(Discovery),
    /// A check after which the engine's line wins material.
    WinningCheck,
    /// It pins a piece to the king.
    Pin(Pin),
    /// The opponent threatened this mate, and no longer does.
    StopsMate(Move),
    /// The piece that moves was about to be lost.
    Escape,
    /// This piece, another, was about to be lost.
    Protection(Placed),
    /// The engine's line wins material later.
    WinsLater,
    /// It takes something of the same value, or for a price.
    Capture { taken: Placed, price: bool },
    /// It castles.
    Castling,
    /// It brings a piece from its first rank into play, early in the game.
    Development,
    /// It gives check.
    Check,
    /// Nothing of all that.
    Quiet,
}

/// Material that is worth a word; less is positional taste.
const NOTABLE: i32 = 2;

/// Until this move pieces are still being developed.
const OPENING_MOVES: u32 = 12;

impl Motif {
    /// What the first move of `line` is about. The line is legal from `position`, `assessment` its value.
    pub(super) fn of(position: &Chess, line: &[Move], assessment: Assessment) -> Option<Self> {
        let m = *line.first()?;
        let found = by_outcome(position, m, assessment)
            .or_else(|| by_attack(position, m, line))
            .or_else(|| by_defence(position, m))
            .or_else(|| (won_by(position, line) >= NOTABLE).then_some(Self::WinsLater))
            .or_else(|| capture(position, m))
            .unwrap_or_else(|| quiet(position, m));
        Some(found)
    }
}

fn by_outcome(position: &Chess, m: Move, assessment: Assessment) -> Option<Motif> {
    let us = position.turn();
    if after(position, m).is_checkmate() {
        return Some(Motif::Mate(1));
    }
    if let Some(moves) = assessment.mate_by(us) {
        // The move itself does not mate.
        return Some(Motif::Mate(moves.max(2)));
    }
    assessment.mate_by(us.other()).map(|_| Motif::Defence)
}

fn by_attack(position: &Chess, m: Move, line: &[Move]) -> Option<Motif> {
    if let Some(win) = win(position, m) {
        return Some(win);
    }
    let after = after(position, m);
    if let Some(role) = m.promotion()
        && gain(&after, m.to()) == 0
    {
        return Some(Motif::Promotion(role));
    }
    if let Some(fork) = Fork::by(position, m) {
        return Some(Motif::Fork(fork));
    }
    if let Some(discovery) = Discovery::by(position, m) {
        return Some(Motif::Discovery(discovery));
    }
    if after.is_check() && won_by(position, line) >= NOTABLE {
        return Some(Motif::WinningCheck);
    }
    let pin = pin_by(position, m)?;
    (gain(&after, m.to()) == 0).then_some(Motif::Pin(pin))
}

fn taken(m: Move) -> Option<Placed> {
    let square = match m {
        Move::EnPassant { from, to } => Square::from_coords(to.file(), from.rank()),
        _ => m.to(),
    };
    Some((m.capture()?, square))
}

fn win(position: &Chess, m: Move) -> Option<Motif> {
    let taken = taken(m)?;
    let won = gain_by(position, m);
    let notable = won >= NOTABLE || (taken.0 == Role::Pawn && won > 0);
    let after = after(position, m);
    let free = !after.capture_moves().iter().any(|reply| reply.to() == m.to());
    notable.then_some(Motif::Win { taken, free })
}

fn by_defence(position: &Chess, m: Move) -> Option<Motif> {
    let passed = passed(position)?;
    let after = after(position, m);
    if let Some(mate) = mate_in_one(&passed) {
        return (!after.is_check() && mate_in_one(&after).is_none()).then_some(Motif::StopsMate(mate));
    }
    let (square, _) = most_loose(&passed, NOTABLE)?;
    if m.from() == Some(square) {
        return is_safe(&after, landing(m)).then_some(Motif::Escape);
    }
    let role = position.board().role_at(square)?;
    is_safe(&after, square).then_some(Motif::Protection((role, square)))
}

/// Whether the side to move wins nothing on `square`, now or as soon as it has answered a check. While it is in
/// check its captures are few, so that only two things prove it: nothing attacks the square, or what stands there
/// gives the check and could be taken at once.
fn is_safe(position: &Chess, square: Square) -> bool {
    let board = position.board();
    let gives_check = || position.checkers().single_square() == Some(square);
    let is_attacked = || board.attacks_to(square, position.turn(), board.occupied()).any();
    let proved = !position.is_check() || gives_check() || !is_attacked();
    proved && gain(position, square) == 0
}

/// What the mover has won when `line` ends, less what the opponent could then take back.
fn won_by(position: &Chess, line: &[Move]) -> i32 {
    let us = position.turn();
    let mut end = position.clone();
    for m in line {
        end.play_unchecked(*m);
    }
    let balance = |position: &Chess| us.fold_wb(1, -1) * Material::of(position).balance;
    let back = if end.turn() == us {
        0
    } else {
        most_loose(&end, 1).map_or(0, |(_, gain)| gain)
    };
    balance(&end) - balance(position) - back
}

fn capture(position: &Chess, m: Move) -> Option<Motif> {
    let taken = taken(m)?;
    let price = points(taken.0) - gain(&after(position, m), m.to()) < 0;
    Some(Motif::Capture { taken, price })
}

fn quiet(position: &Chess, m: Move) -> Motif {
    if m.is_castle() {
        return Motif::Castling;
    }
    if develops(position, m) {
        return Motif::Development;
    }
    if after(position, m).is_check() {
        return Motif::Check;
    }
    Motif::Quiet
}

fn develops(position: &Chess, m: Move) -> bool {
    let home = position.turn().backrank();
    let leaves = m.from().is_some_and(|from| from.rank() == home) && m.to().rank() != home;
    let early = position.fullmoves().get() <= OPENING_MOVES;
    early && leaves && matches!(m.role(), Role::Knight | Role::Bishop)
}
