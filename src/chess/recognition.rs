//! Which themes a puzzle shows, as far as code can tell for certain from the position and the line.
//!
//! What takes judgement – how much an advantage is worth, whether a piece was lured or drawn away – is left out.

use shakmaty::{Bitboard, Board, Chess, Color, Move, Position, Rank, Role, Square, attacks};

use super::board::{Material, points};
use super::exchange;
use super::mating::mating_pattern;
use super::theme::Theme;
use super::wording::landing;

/// The themes of a line whose first move is the opponent's and whose second is the solver's, in order.
///
/// What follows an illegal move counts for nothing.
pub fn motifs(start: &Chess, moves: &[Move]) -> Vec<Theme> {
    let line = Line::of(start, moves);
    let mut themes = line.length_and_goal();
    if let Some(position) = line.positions.get(1) {
        themes.extend(phase(position));
    }
    for ply in (1..line.moves.len()).step_by(2) {
        let step = line.step(ply);
        themes.extend(
            RECOGNISERS
                .iter()
                .filter(|(shows, _)| shows(&step))
                .map(|(_, theme)| *theme),
        );
    }
    themes.extend(line.takes_hanging_piece().then_some(Theme::HangingPiece));
    themes.extend(line.sacrifices().then_some(Theme::Sacrifice));
    themes.sort_unstable();
    themes.dedup();
    themes
}

/// A line of legal moves and the positions before and after each.
struct Line {
    positions: Vec<Chess>,
    moves: Vec<Move>,
}

/// One move of the solver, and what came of it.
struct Step<'a> {
    before: &'a Chess,
    played: Move,
    after: &'a Chess,
    reply: Option<Move>,
    next: Option<Move>,
}

impl Line {
    fn of(start: &Chess, moves: &[Move]) -> Self {
        let mut line = Self {
            positions: vec![start.clone()],
            moves: Vec::new(),
        };
        let mut position = start.clone();
        for m in moves {
            if !position.is_legal(*m) {
                break;
            }
            position.play_unchecked(*m);
            line.positions.push(position.clone());
            line.moves.push(*m);
        }
        line
    }

    fn step(&self, ply: usize) -> Step<'_> {
        Step {
            before: &self.positions[ply],
            played: self.moves[ply],
            after: &self.positions[ply + 1],
            reply: self.moves.get(ply + 1).copied(),
            next: self.moves.get(ply + 2).copied(),
        }
    }

    fn length_and_goal(&self) -> Vec<Theme> {
        let solver_moves = self.moves.len() / 2;
        let mut themes = match solver_moves {
            0 => return Vec::new(),
            1 => vec![Theme::OneMove],
            2 => vec![Theme::Short],
            3 => vec![Theme::Long],
            _ => vec![Theme::VeryLong],
        };
        if let Some(end) = self.positions.last().filter(|end| end.is_checkmate()) {
            themes.extend([Theme::Mate, Theme::mate_in(solver_moves)]);
            themes.extend(mating_pattern(end));
        }
        themes
    }

    /// The first move takes an undefended piece; taking back is no find.
    fn takes_hanging_piece(&self) -> bool {
        let [first, taking, ..] = self.moves[..] else {
            return false;
        };
        let square = taking.to();
        let loot = taking.capture().is_some_and(|role| role != Role::Pawn);
        let took_there = first.is_capture() && landing(first) == square;
        let taken_back = self.positions[2]
            .legal_moves()
            .iter()
            .any(|m| m.is_capture() && m.to() == square);
        let ends_in_mate = self.positions.last().is_some_and(Position::is_checkmate);
        loot && !took_there && !taken_back && !ends_in_mate
    }

    /// At some point along the way the solver is down two points or more on the beginning, and not because
    /// the opponent promoted.
    fn sacrifices(&self) -> bool {
        let Some(position) = self.positions.get(1) else {
            return false;
        };
        let balance = |p: &Chess| Material::of(p).balance * position.turn().fold_wb(1, -1);
        let promoted = self.moves.iter().skip(2).step_by(2).any(|m| m.is_promotion());
        let down = |p: &Chess| balance(p) <= balance(position) - 2;
        !promoted && self.positions.iter().skip(3).step_by(2).any(down)
    }
}

/// The phase of the game, and what kind of endgame it is.
fn phase(position: &Chess) -> Vec<Theme> {
    let board = position.board();
    let of = |role| board.by_role(role).count();
    let pieces = [Role::Knight, Role::Bishop, Role::Rook, Role::Queen].map(of);
    let total: usize = pieces.iter().sum();
    if total > 6 {
        let early = position.fullmoves().get() <= 10 && total > 10;
        return vec![if early { Theme::Opening } else { Theme::Middlegame }];
    }
    let kind = match pieces.map(|n| n > 0) {
        [false, false, false, false] => Some(Theme::PawnEndgame),
        [true, false, false, false] => Some(Theme::KnightEndgame),
        [false, true, false, false] => Some(Theme::BishopEndgame),
        [false, false, true, false] => Some(Theme::RookEndgame),
        [false, false, false, true] => Some(Theme::QueenEndgame),
        [false, false, true, true] => Some(Theme::QueenRookEndgame),
        _ => None,
    };
    kind.into_iter().chain([Theme::Endgame]).collect()
}

type Recogniser = fn(&Step<'_>) -> bool;

const RECOGNISERS: [(Recogniser, Theme); 12] = [
    (|step| step.played.is_promotion(), Theme::Promotion),
    (promotes_to_less, Theme::UnderPromotion),
    (|step| step.played.is_en_passant(), Theme::EnPassant),
    (|step| step.played.is_castle(), Theme::Castling),
    (advances, Theme::AdvancedPawn),
    (|step| step.after.checkers().count() > 1, Theme::DoubleCheck),
    (discovers_check, Theme::DiscoveredCheck),
    (discovers, Theme::DiscoveredAttack),
    (forks, Theme::Fork),
    (skewers, Theme::Skewer),
    (profits_from_pin, Theme::Pin),
    (is_quiet, Theme::QuietMove),
];

fn promotes_to_less(step: &Step<'_>) -> bool {
    step.played.promotion().is_some_and(|role| role != Role::Queen)
}

fn advances(step: &Step<'_>) -> bool {
    let [seventh, eighth] = step
        .before
        .turn()
        .fold_wb([Rank::Seventh, Rank::Eighth], [Rank::Second, Rank::First]);
    step.played.role() == Role::Pawn && [seventh, eighth].contains(&step.played.to().rank())
}

fn discovers_check(step: &Step<'_>) -> bool {
    let moved = Bitboard::from_square(landing(step.played));
    !step.played.is_castle() && (step.after.checkers() & !moved).any()
}

/// A piece steps out of the line of a long-range one, which gives check or takes what it now attacks.
fn discovers(step: &Step<'_>) -> bool {
    if discovers_check(step) {
        return true;
    }
    let (
        Some(from),
        Some(Move::Normal {
            from: slider,
            to: target,
            capture: Some(_),
            ..
        }),
    ) = (step.played.from(), step.next)
    else {
        return false;
    };
    let way = attacks::between(slider, target);
    slider != landing(step.played)
        && way.contains(from)
        && step.after.board().attacks_from(slider).contains(target)
        && is_worth_taking(step.after, target, slider)
}

/// Whether the piece on `target` is worth more than the attacker on `by`, or defended by nobody; pawns are not.
fn is_worth_taking(position: &Chess, target: Square, by: Square) -> bool {
    let board = position.board();
    let (Some(loot), Some(attacker)) = (board.piece_at(target), board.role_at(by)) else {
        return false;
    };
    let defended = board.attacks_to(target, loot.color, board.occupied()).any();
    loot.role == Role::King
        || (loot.role != Role::Pawn && (!defended || points(loot.role) > points(attacker)))
}

/// What a piece on `square` attacks that it would gladly take.
fn targets(position: &Chess, square: Square) -> Bitboard {
    let board = position.board();
    let Some(color) = board.color_at(square) else {
        return Bitboard::EMPTY;
    };
    let attacked = board.attacks_from(square) & board.by_color(!color);
    attacked
        .into_iter()
        .filter(|target| is_worth_taking(position, *target, square))
        .collect()
}

/// The piece that moved attacks two at once, cannot be taken itself, and takes one of them next.
fn forks(step: &Step<'_>) -> bool {
    let square = landing(step.played);
    let attacked = targets(step.after, square);
    let Some(Move::Normal { from, to, .. }) = step.next else {
        return false;
    };
    attacked.count() > 1
        && from == square
        && attacked.contains(to)
        && step.played.role() != Role::King
        && exchange::gain(step.after, square) == 0
}

/// The attacked piece steps aside, and the one behind it, worth no more, is taken.
fn skewers(step: &Step<'_>) -> bool {
    let square = landing(step.played);
    let (
        Some(Move::Normal {
            role: front,
            from: stood,
            ..
        }),
        Some(Move::Normal {
            from,
            to,
            capture: Some(behind),
            ..
        }),
    ) = (step.reply, step.next)
    else {
        return false;
    };
    from == square
        && behind != Role::Pawn
        && points(front) >= points(behind)
        && attacks::between(square, to).contains(stood)
        && step.after.board().attacks_from(square).contains(stood)
}

/// A piece that is pinned to its king cannot take the piece that moved.
fn profits_from_pin(step: &Step<'_>) -> bool {
    let board = step.after.board();
    let (square, them) = (landing(step.played), step.after.turn());
    let Some(king) = board.king_of(them) else {
        return false;
    };
    let attackers = board.attacks_to(square, them, board.occupied()) & !Bitboard::from_square(king);
    (attackers & pinned(board, them, king))
        .into_iter()
        .any(|piece| !attacks::aligned(king, piece, square))
}

/// Pieces of `side` that stand alone between their king and a long-range piece of the other side.
fn pinned(board: &Board, side: Color, king: Square) -> Bitboard {
    let straight = attacks::rook_attacks(king, Bitboard::EMPTY) & board.rooks_and_queens();
    let diagonal = attacks::bishop_attacks(king, Bitboard::EMPTY) & board.bishops_and_queens();
    let aiming = (straight | diagonal) & board.by_color(!side);
    let ways = aiming
        .into_iter()
        .map(|slider| attacks::between(king, slider) & board.occupied());
    let alone = ways.filter(|way| way.count() == 1);
    alone.fold(Bitboard::EMPTY, |all, way| all | way) & board.by_color(side)
}

/// Gives no check, takes nothing, attacks nothing of value, answers no check; and more is to come.
fn is_quiet(step: &Step<'_>) -> bool {
    let calm = !step.played.is_capture() && !step.played.is_promotion();
    calm && !step.before.is_check()
        && !step.after.is_check()
        && step.next.is_some()
        && targets(step.after, landing(step.played)).is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::notation::read_move;
    use super::super::start::Start;
    use super::super::theme::theme_words;
    use super::super::variant::Variant;
    use super::super::walk;
    use super::*;

    fn themes(fen: &str, moves: &str) -> Vec<Theme> {
        let start = Start::from_fen(fen, Variant::Standard)
            .unwrap()
            .position()
            .clone();
        let mut position = start.clone();
        let mut line = Vec::new();
        for text in moves.split_whitespace() {
            let m = read_move(&position, text).unwrap();
            position.play_unchecked(m);
            line.push(m);
        }
        motifs(&start, &line)
    }

    #[test]
    fn themes_are_recognised() {
        for (fen, moves, shown) in [
            (
                "6k1/5ppp/8/8/8/1r6/8/R5K1 b - -",
                "Rh3 Ra8",
                "mateIn1 mate backRankMate endgame rookEndgame oneMove",
            ),
            (
                "5r1k/6pp/8/6N1/8/1Q6/8/7K b - -",
                "Ra8 Nf7 Kg8 Nh6 Kh8 Qg8 Rxg8 Nf7",
                "mateIn4 mate smotheredMate discoveredAttack discoveredCheck doubleCheck sacrifice endgame veryLong",
            ),
            // Only rook and knight: no endgame of one kind.
            ("5rk1/5ppp/8/8/8/8/8/N5K1 b - -", "Rb8 Nc2", "endgame oneMove"),
            (
                "r2k4/8/8/1N6/8/8/8/4K3 b - -",
                "Ke8 Nc7 Kd7 Nxa8",
                "fork endgame short",
            ),
            // The king steps aside, the queen behind it falls.
            (
                "q7/2k5/8/8/8/8/8/2K4R b - -",
                "Kb8 Rh8 Kb7 Rxa8",
                "skewer endgame queenRookEndgame short",
            ),
            // The knight opens the rook's file against the queen, with check.
            (
                "6k1/3q4/8/8/3N4/8/8/3RK3 b - -",
                "Kg7 Nf5 Kf6 Rxd7",
                "discoveredAttack endgame short",
            ),
            (
                "4k3/3p4/8/4P3/8/8/8/4K3 b - -",
                "d5 exd6",
                "enPassant endgame pawnEndgame oneMove",
            ),
            (
                "8/1q3P1k/8/8/8/8/8/K7 b - -",
                "Qb3 f8=N Kg7 Nd7",
                "promotion underPromotion advancedPawn endgame queenEndgame short",
            ),
            (
                "8/5ppk/8/8/8/8/7P/4K2R b K -",
                "Kg6 O-O",
                "castling endgame rookEndgame oneMove",
            ),
            // Nobody defends the bishop; taking back is no find.
            (
                "4k3/2b5/8/8/3R4/8/8/4K3 b - -",
                "Bd6 Rxd6",
                "hangingPiece endgame oneMove",
            ),
            ("4k3/2b5/3P4/8/3R4/8/8/4K3 b - -", "Bxd6 Rxd6", "endgame oneMove"),
            (
                "8/3k4/8/4K3/8/8/8/R7 b - -",
                "Kd8 Kd6 Kc8 Ra8",
                "quietMove endgame rookEndgame short",
            ),
            (
                "8/3k4/8/4K3/8/8/8/R7 b - -",
                "Kd8 Kd6",
                "endgame rookEndgame oneMove",
            ),
        ] {
            assert_eq!(theme_words(&themes(fen, moves)), shown, "{fen} {moves}");
        }
    }

    #[test]
    fn a_pin_keeps_a_piece_from_taking() {
        // The bishop on c4 pins f7: the pawn cannot take the queen on g6.
        let pinned = themes("7k/5pp1/8/8/2B3Q1/8/8/6K1 b - -", "Kg8 Qg6");
        assert!(pinned.contains(&Theme::Pin), "{}", theme_words(&pinned));
        let free = themes("7k/5pp1/8/8/1B4Q1/8/8/6K1 b - -", "Kg8 Qg6");
        assert!(!free.contains(&Theme::Pin), "{}", theme_words(&free));
    }

    proptest! {
        #[test]
        fn every_line_has_a_length_and_a_phase(steps in walk::steps(), plies in 2_usize..9) {
            let moves = walk::moves(&steps);
            let start = Chess::new();
            let shown = motifs(&start, &moves[..plies.min(moves.len())]);
            let phases = [Theme::Opening, Theme::Middlegame, Theme::Endgame];
            prop_assert_eq!(shown.iter().filter(|theme| phases.contains(theme)).count(), usize::from(!moves.is_empty()));
            prop_assert!(shown.is_sorted());
        }

        #[test]
        fn no_line_does_harm(steps in walk::steps(), other in walk::steps()) {
            let _ = motifs(&walk::position(&steps), &walk::moves(&other));
        }
    }
}
