//! Reading a move the way people and models write it.
//!
//! Proper SAN and UCI are taken at their word. Anything else is turned into a pattern and held against the
//! legal moves: it is played only when exactly one move fits, so that a slip is forgiven and never guessed.

use serde::{Deserialize, Serialize};
use shakmaty::san::{San, SanPlus};
use shakmaty::uci::UciMove;
use shakmaty::{Chess, Move, Position, Role};

use super::pattern::{Pattern, Roles};
use super::refusal::MoveFault;
use super::vocabulary::{Reading, tokens, without_number};
use super::why_not::{only_king_forbids, why_not};

/// What was typed or said for a move; not yet a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MoveText(String);

/// The longest text that is read as one move.
const MAX_MOVE: usize = 80;

impl MoveText {
    /// The text, without the blanks around it.
    pub fn as_str(&self) -> &str {
        self.0.trim()
    }
}

impl From<&str> for MoveText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// The one legal move of `position` that `text` names.
pub fn read_move(position: &Chess, text: &str) -> Result<Move, MoveFault> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_MOVE {
        return Err(MoveFault::NotUnderstood);
    }
    if let Some(m) = exact(position, text) {
        return Ok(m);
    }
    let legal = position.legal_moves();
    let mut understood = None;
    for group in groups(text) {
        let patterns: Vec<Pattern> = group
            .iter()
            .filter_map(|reading| Pattern::of(&tokens(text, *reading)?))
            .collect();
        let fitting: Vec<Move> = legal
            .iter()
            .copied()
            .filter(|m| patterns.iter().any(|pattern| pattern.fits(*m)))
            .collect();
        if !fitting.is_empty() {
            return decide(position, &fitting);
        }
        // A piece that its own king holds back was meant all the same: `Bxc3` is not the pawn's move then.
        if let Some(pattern) = patterns.iter().find(|p| only_king_forbids(position, p)) {
            return Err(MoveFault::Illegal(why_not(position, pattern)));
        }
        understood = understood.or_else(|| patterns.first().copied());
    }
    Err(understood.map_or(MoveFault::NotUnderstood, |pattern| {
        MoveFault::Illegal(why_not(position, &pattern))
    }))
}

/// SAN and UCI as their standards have them.
fn exact(position: &Chess, text: &str) -> Option<Move> {
    let plain = without_number(text).trim_end_matches(['!', '?']);
    if let Ok(SanPlus { san, .. }) = SanPlus::from_ascii(plain.as_bytes())
        && !matches!(san, San::Put { .. } | San::Null)
        && !is_file_twice(san)
        && let Ok(m) = san.to_move(position)
    {
        return Some(m);
    }
    match UciMove::from_ascii(plain.as_bytes()) {
        Ok(uci @ UciMove::Normal { .. }) => uci.to_move(position).ok(),
        _ => None,
    }
}

/// `bb4` is no standard's, and more likely the bishop's move than the pawn's.
fn is_file_twice(san: San) -> bool {
    matches!(san, San::Normal { role: Role::Pawn, file: Some(file), rank: None, to, .. } if file == to.file())
}

/// Readings to try, the likelier group first. `bc3` may be pawn or bishop, `Bc3` is first the bishop, `Dxe5` a pawn or
/// the queen of other languages.
fn groups(text: &str) -> Vec<Vec<Reading>> {
    let english = |b_is_bishop| Reading {
        b_is_bishop,
        foreign: false,
    };
    let foreign = Reading {
        b_is_bishop: text.contains('B'),
        foreign: true,
    };
    match (text.contains('B'), text.contains('b')) {
        (true, _) => vec![vec![english(true), foreign], vec![english(false)]],
        (false, true) => vec![vec![english(false), english(true), foreign]],
        (false, false) => vec![vec![english(false), foreign]],
    }
}

fn decide(position: &Chess, fitting: &[Move]) -> Result<Move, MoveFault> {
    let [first, rest @ ..] = fitting else {
        return Err(MoveFault::NotUnderstood);
    };
    if rest.is_empty() {
        return Ok(*first);
    }
    let names = fitting
        .iter()
        .map(|m| SanPlus::from_move(position.clone(), *m).to_string())
        .collect();
    let one_pawn = rest
        .iter()
        .all(|m| m.from() == first.from() && m.to() == first.to());
    Err(if one_pawn {
        MoveFault::Promotion(names)
    } else {
        MoveFault::Ambiguous(names)
    })
}

/// Puts up to five of the legal moves first that resemble what was tried, and returns both parts.
pub(super) fn by_likeness(position: &Chess, text: &str) -> (Vec<String>, Vec<String>) {
    let pattern = groups(text)
        .concat()
        .iter()
        .find_map(|reading| Pattern::of(&tokens(text, *reading)?));
    let mut scored: Vec<(u32, String)> = position
        .legal_moves()
        .into_iter()
        .map(|m| {
            (
                likeness(pattern.as_ref(), m),
                SanPlus::from_move(position.clone(), m).to_string(),
            )
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let alike = scored.iter().take(5).filter(|(score, _)| *score > 1).count();
    let mut names = scored.into_iter().map(|(_, san)| san);
    (names.by_ref().take(alike).collect(), names.collect())
}

fn likeness(pattern: Option<&Pattern>, m: Move) -> u32 {
    match pattern {
        None => 0,
        Some(Pattern::Castle(_)) => {
            if m.is_castle() {
                4
            } else {
                u32::from(m.role() == Role::King)
            }
        }
        Some(Pattern::Piece(p)) => {
            let same_to = p.to.square().is_some_and(|to| to == m.to());
            let same_from = p.from.square().is_some() && p.from.square() == m.from();
            let same_role = p.roles != Roles::ALL && p.roles.contains(m.role());
            let same_file = p.to.file.is_some_and(|file| file == m.to().file());
            4 * u32::from(same_to)
                + 3 * u32::from(same_from)
                + 2 * u32::from(same_role)
                + u32::from(same_file)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::super::walk;
    use super::super::wording::move_words;
    use super::*;

    const START: &str = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq -";
    const CASTLES: &str = "r3k2r/pppq1ppp/8/8/8/8/PPPQ1PPP/R3K2R w KQkq -";
    const PROMOTES: &str = "3rk3/4P3/8/8/8/8/8/4K3 w - -";
    const PROMOTES_TWICE: &str = "3r2k1/4P3/8/8/8/8/8/4K3 w - -";
    const TWO_KNIGHTS: &str = "4k3/8/8/8/8/5N2/8/1N2K3 w - -";
    const PAWN_BEFORE_BISHOP: &str = "4k3/8/8/8/8/2p5/1P6/B3K3 w - -";
    const PAWN_AND_BISHOP: &str = "4k3/8/8/8/3B4/2p5/1P6/4K3 w - -";
    const PASSANT: &str = "4k3/8/8/3pP3/8/8/8/4K3 w - d6";
    const MIDDLE: &str = "r1bqk2r/pppp1ppp/2n2n2/2b1p3/2B1P3/2N2N2/PPPP1PPP/R1BQK2R w KQkq -";
    const CENTRE: &str = "rnbqkbnr/ppp1pppp/8/3p4/4P3/8/PPPP1PPP/RNBQKBNR w KQkq -";

    fn read(fen: &str, text: &str) -> Result<String, MoveFault> {
        let start = Start::from_fen(fen, Variant::Standard).unwrap();
        let m = read_move(start.position(), text)?;
        Ok(SanPlus::from_move(start.position().clone(), m).to_string())
    }

    #[test]
    fn spellings_of_people_and_models() {
        for (fen, text, san) in [
            (START, "e4", "e4"),
            (START, " e4 ", "e4"),
            (START, "E4", "e4"),
            (START, "1. e4", "e4"),
            (START, "1.e4!", "e4"),
            (START, "e2e4", "e4"),
            (START, "e2-e4", "e4"),
            (START, "e2–e4", "e4"),
            (START, "e2 e4", "e4"),
            (START, "e2 to e4", "e4"),
            (START, "Pe4", "e4"),
            (START, "pawn to e4", "e4"),
            (START, "pawn e four", "e4"),
            (START, "echo four", "e4"),
            (START, "nf3", "Nf3"),
            (START, "NF3", "Nf3"),
            (START, "Ng1f3", "Nf3"),
            (START, "Ng1-f3", "Nf3"),
            (START, "♘f3", "Nf3"),
            (START, "knight f3", "Nf3"),
            (START, "Knight from g1 to f3.", "Nf3"),
            (START, "g1 knight to f3", "Nf3"),
            (START, "move my knight to f3 please", "Nf3"),
            (START, "Sf3", "Nf3"),
            (START, "Cf3", "Nf3"),
            (START, "sf3", "Nf3"),
            (START, "Кf3", "Nf3"),
            (CENTRE, "exd5", "exd5"),
            (CENTRE, "exd", "exd5"),
            (CENTRE, "ed", "exd5"),
            (CENTRE, "ed5", "exd5"),
            (CENTRE, "e4xd5", "exd5"),
            (CENTRE, "e4:d5", "exd5"),
            (CENTRE, "exd5+", "exd5"),
            (CENTRE, "e takes d5", "exd5"),
            (CENTRE, "e pawn takes d5", "exd5"),
            (CENTRE, "pawn takes pawn", "exd5"),
            (CENTRE, "pawn takes the pawn on d5", "exd5"),
            (CENTRE, "takes d5", "exd5"),
            (CASTLES, "O-O", "O-O"),
            (CASTLES, "0-0", "O-O"),
            (CASTLES, "o-o", "O-O"),
            (CASTLES, "OO", "O-O"),
            (CASTLES, "0-0-0", "O-O-O"),
            (CASTLES, "ooo", "O-O-O"),
            (CASTLES, "castle short", "O-O"),
            (CASTLES, "castles kingside", "O-O"),
            (CASTLES, "castle king side", "O-O"),
            (CASTLES, "castle king's side", "O-O"),
            (CASTLES, "long castle", "O-O-O"),
            (CASTLES, "castle queenside", "O-O-O"),
            (CASTLES, "e1g1", "O-O"),
            (CASTLES, "e1-c1", "O-O-O"),
            (CASTLES, "e1h1", "O-O"),
            (CASTLES, "Kg1", "O-O"),
            (CASTLES, "king to c1", "O-O-O"),
            (CASTLES, "Qxd7", "Qxd7+"),
            (CASTLES, "Qd7", "Qxd7+"),
            (CASTLES, "queen takes queen", "Qxd7+"),
            (CASTLES, "Dxd7", "Qxd7+"),
            (CASTLES, "Td1", "Rd1"),
            (PROMOTES, "exd8=Q", "exd8=Q+"),
            (PROMOTES, "exd8Q", "exd8=Q+"),
            (PROMOTES, "exd8(Q)", "exd8=Q+"),
            (PROMOTES, "exd8/Q", "exd8=Q+"),
            (PROMOTES, "e7xd8=n", "exd8=N"),
            (PROMOTES, "e7d8q", "exd8=Q+"),
            (PROMOTES, "e takes d8 becomes a queen", "exd8=Q+"),
            (PROMOTES, "pawn takes rook and promotes to a knight", "exd8=N"),
            (PROMOTES, "exd8=D", "exd8=Q+"),
            (PROMOTES_TWICE, "e8Q", "e8=Q+"),
            (PROMOTES_TWICE, "e8=b", "e8=B"),
            (PROMOTES_TWICE, "e8 queen", "e8=Q+"),
            (TWO_KNIGHTS, "Nbd2", "Nbd2"),
            (TWO_KNIGHTS, "nb1d2", "Nbd2"),
            (TWO_KNIGHTS, "knight b d2", "Nbd2"),
            (TWO_KNIGHTS, "N3d2", "Nfd2"),
            (PAWN_BEFORE_BISHOP, "bxc3", "bxc3"),
            (PASSANT, "exd6", "exd6"),
            (PASSANT, "exd6 e.p.", "exd6"),
            (PASSANT, "exd6ep", "exd6"),
            (PASSANT, "pawn takes d6 en passant", "exd6"),
            (MIDDLE, "bb5", "Bb5"),
            (MIDDLE, "bishop b5", "Bb5"),
            (MIDDLE, "Lb5", "Bb5"),
            (MIDDLE, "Bxf7", "Bxf7+"),
            (MIDDLE, "b:f7+", "Bxf7+"),
            (MIDDLE, "bishop takes f7 check", "Bxf7+"),
        ] {
            assert_eq!(read(fen, text), Ok(san.to_owned()), "{text}");
        }
    }

    /// Where king or rook stand on each other's squares, or do not move at all.
    #[test]
    fn castling_of_chess960_is_read_as_it_is_written_and_said() {
        for (fen, text, san) in [
            // Both pass over each other: king b1 to c1, rook a1 to d1.
            ("4k3/8/8/8/8/8/8/RK5R w KQ -", "O-O-O", "O-O-O"),
            ("4k3/8/8/8/8/8/8/RK5R w KQ -", "b1a1", "O-O-O"),
            ("4k3/8/8/8/8/8/8/RK5R w KQ -", "b1c1", "Kc1"),
            ("4k3/8/8/8/8/8/8/RK5R w KQ -", "Kc1", "Kc1"),
            ("4k3/8/8/8/8/8/8/RK5R w KQ -", "b1g1", "O-O"),
            // They change places.
            ("4k3/8/8/8/8/8/8/R4KR1 w KQ -", "0-0", "O-O"),
            ("4k3/8/8/8/8/8/8/R4KR1 w KQ -", "f1g1", "O-O"),
            ("4k3/8/8/8/8/8/8/R4KR1 w KQ -", "king to g1", "O-O"),
            ("4k3/8/8/8/8/8/8/2RK3R w KQ -", "d1c1", "O-O-O"),
            // The king stays and the rook jumps over it; the rook stays and the king does.
            ("4k3/8/8/8/8/8/8/R5KR w KQ -", "castle short", "O-O"),
            ("4k3/8/8/8/8/8/8/R5KR w KQ -", "g1h1", "O-O"),
            ("4k3/8/8/8/8/8/8/R3KR2 w KQ -", "e1f1", "O-O"),
            ("4k3/8/8/8/8/8/8/R3KR2 w KQ -", "e1g1", "O-O"),
            ("4k3/8/8/8/8/8/8/R3KR2 w KQ -", "Kg1", "O-O"),
            // As in standard chess.
            ("r3k2r/8/8/8/8/8/8/4K3 b kq -", "e8g8", "O-O"),
            ("r3k2r/8/8/8/8/8/8/4K3 b kq -", "e8h8", "O-O"),
            ("r3k2r/8/8/8/8/8/8/4K3 b kq -", "Ke8-c8", "O-O-O"),
            // The right belongs to the inner rook.
            ("4k3/8/8/8/8/8/8/RR2K3 w B -", "O-O-O", "O-O-O"),
            ("4k3/8/8/8/8/8/8/RR2K3 w B -", "e1b1", "O-O-O"),
        ] {
            let start = Start::from_fen(fen, Variant::Chess960).unwrap();
            let m =
                read_move(start.position(), text).unwrap_or_else(|fault| panic!("{fen} {text}: {fault:?}"));
            let read = SanPlus::from_move(start.position().clone(), m);
            assert_eq!(read.san.to_string(), san, "{fen} {text}");
        }
        let start = Start::from_fen("4k3/8/8/8/8/8/8/RK5R w KQ -", Variant::Chess960).unwrap();
        let Err(MoveFault::Ambiguous(mut choices)) = read_move(start.position(), "king to c1") else {
            panic!("the king may step or castle");
        };
        choices.sort();
        assert_eq!(choices, ["Kc1", "O-O-O"]);
    }

    #[test]
    fn what_could_mean_two_moves_is_asked_back() {
        for (fen, text, choices) in [
            (TWO_KNIGHTS, "Nd2", ["Nbd2", "Nfd2"]),
            (TWO_KNIGHTS, "knight to d2", ["Nbd2", "Nfd2"]),
            (PAWN_AND_BISHOP, "bc3", ["Bxc3", "bxc3"]),
            (CASTLES, "castle", ["O-O", "O-O-O"]),
        ] {
            let Err(MoveFault::Ambiguous(mut found)) = read(fen, text) else {
                panic!("{text}")
            };
            found.sort();
            assert_eq!(found, choices, "{text}");
        }
        assert_eq!(read(PAWN_AND_BISHOP, "Bc3"), Ok("Bxc3".to_owned()));
        assert_eq!(
            read(PAWN_AND_BISHOP, "bxc3"),
            Ok("bxc3".to_owned()),
            "as SAN has it"
        );
        assert_eq!(
            read(PAWN_BEFORE_BISHOP, "bc3"),
            Ok("bxc3".to_owned()),
            "the bishop cannot get there"
        );
    }

    #[test]
    fn a_capital_before_its_own_file_is_a_piece() {
        for (fen, text, san) in [
            (START, "Cc3", "Nc3"),
            (START, "CC3", "Nc3"),
            (
                "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR b KQkq -",
                "Cc6",
                "Nc6",
            ),
            (
                "rnbqkbnr/ppp1pppp/8/3p4/3P4/8/PPP1PPPP/RNBQKBNR w KQkq -",
                "Ff4",
                "Bf4",
            ),
            (
                "rnbqkbnr/ppp1pppp/8/3p4/3P4/8/PPP1PPPP/RNBQKBNR b KQkq -",
                "Ff5",
                "Bf5",
            ),
            (
                "rnbqkbnr/pppppppp/8/8/8/1P6/P1PPPPPP/RNBQKBNR w KQkq -",
                "Aa3",
                "Ba3",
            ),
            (
                "rnb1kbnr/pppppppp/1q6/8/8/8/PPPPPPPP/RNBQKBNR b KQkq -",
                "Dd6",
                "Qd6",
            ),
            ("4k3/8/8/8/8/8/7P/4K1N1 w - -", "Hh3", "Nh3"),
            ("4k3/8/8/8/2B5/8/1P6/4K3 w - -", "bb3", "Bb3"),
        ] {
            assert_eq!(read(fen, text), Ok(san.to_owned()), "{text}");
        }
        // No such piece gets there, and the pawn that could was not meant.
        for text in ["Cc4", "Bb3", "bb3"] {
            let found = read(START, text);
            assert!(matches!(found, Err(MoveFault::Illegal(_))), "{text}: {found:?}");
        }
        assert_eq!(read(START, "cc3"), Err(MoveFault::NotUnderstood));
        assert_eq!(
            read(START, "ee4"),
            Ok("e4".to_owned()),
            "no piece has this letter"
        );
    }

    #[test]
    fn a_capital_that_is_a_file_here_and_a_piece_elsewhere_is_asked_back() {
        let queen_and_pawn = "k7/8/8/4p2Q/3P4/8/8/4K3 w - -";
        let knight_and_pawn = "4k3/8/8/3p4/2P5/4N3/8/4K3 w - -";
        let knights_and_bishop = "4k3/8/8/8/8/1NB5/8/1N2K3 w - -";
        for (fen, text, choices) in [
            (queen_and_pawn, "Dxe5", ["Qxe5", "dxe5"]),
            (queen_and_pawn, "De5", ["Qxe5", "dxe5"]),
            (queen_and_pawn, "DXE5", ["Qxe5", "dxe5"]),
            (queen_and_pawn, "D takes e5", ["Qxe5", "dxe5"]),
            (knight_and_pawn, "Cxd5", ["Nxd5", "cxd5"]),
            (knights_and_bishop, "C3d2", ["Bd2", "N3d2"]),
        ] {
            let Err(MoveFault::Ambiguous(mut found)) = read(fen, text) else {
                panic!("{text}")
            };
            found.sort();
            assert_eq!(found, choices, "{text}");
        }
        for (fen, text, san) in [
            ("4k3/8/8/4p3/3P4/8/8/4K3 w - -", "Dxe5", "dxe5"),
            ("k7/8/8/4p2Q/8/8/8/4K3 w - -", "Dxe5", "Qxe5"),
            (queen_and_pawn, "dxe5", "dxe5"),
            (queen_and_pawn, "de5", "dxe5"),
            (queen_and_pawn, "D4xE5", "dxe5"),
            (knight_and_pawn, "c takes d5", "cxd5"),
            (CENTRE, "Exd5", "exd5"),
            (CENTRE, "EXD5", "exd5"),
            (CENTRE, "E4D5", "exd5"),
            (START, "E2E4", "e4"),
            (START, "D4", "d4"),
            (START, "C2-C4", "c4"),
            (START, "H2h4", "h4"),
        ] {
            assert_eq!(read(fen, text), Ok(san.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_bishop_that_may_not_leave_its_king_is_no_pawn() {
        let pinned = "3rk3/8/8/8/8/2p5/1P1B4/3K4 w - -";
        let why = MoveFault::Illegal("it would leave White's king in check".to_owned());
        for text in ["Bxc3", "Bc3", "BXC3", "Bxc3+"] {
            assert_eq!(read(pinned, text), Err(why.clone()), "{text}");
            let start = Start::from_fen(pinned, Variant::Standard).unwrap();
            let (similar, _) = by_likeness(start.position(), text);
            assert_eq!(similar.first().map(String::as_str), Some("bxc3"), "{text}");
        }
        assert_eq!(read(pinned, "bxc3"), Ok("bxc3".to_owned()));
        for (without, fen) in [
            ("no bishop", "4k3/8/8/8/8/2p5/1P6/4K3 w - -"),
            ("none that gets there", "4k3/8/8/8/8/2p5/1P6/2B1K3 w - -"),
            (
                "a bishop cannot take in passing",
                "4k3/8/8/1Pp5/8/8/6B1/4K3 w - c6",
            ),
        ] {
            let san = if fen.ends_with("c6") { "bxc6" } else { "bxc3" };
            assert_eq!(read(fen, &san.replace('b', "B")), Ok(san.to_owned()), "{without}");
        }
    }

    #[test]
    fn a_missing_promotion_lists_what_to_send() {
        for text in ["exd8", "e7d8", "e7xd8", "pawn takes rook", "exd"] {
            let Err(MoveFault::Promotion(mut choices)) = read(PROMOTES, text) else {
                panic!("{text}")
            };
            choices.sort();
            assert_eq!(choices, ["exd8=B", "exd8=N", "exd8=Q+", "exd8=R+"], "{text}");
        }
    }

    #[test]
    fn what_is_illegal_is_explained() {
        let pinned = "4r1k1/8/8/8/8/8/4N3/4K3 w - -";
        let checked = "4r1k1/8/8/8/8/8/8/N3K3 w - -";
        let attacked = "5rk1/8/8/8/8/8/8/4K2R w K -";
        for (fen, text, why) in [
            (START, "e5", "no pawn of White's that fits can reach e5"),
            (START, "Nf6", "no knight of White's that fits can reach f6"),
            (START, "e7e5", "the pawn on e7 is Black's, and it is White's turn"),
            (START, "e4e5", "there is no piece on e4"),
            (START, "Nd2", "White's own pawn stands on d2"),
            (START, "Nxf3", "there is nothing to take on f3"),
            (START, "O-O", "there are pieces in the way of king or rook"),
            (START, "e4=Q", "only on the last rank"),
            (pinned, "Nc3", "it would leave White's king in check"),
            (checked, "Nb3", "White is in check, and this does not answer it"),
            (pinned, "Qd1", "White has no queen"),
            (pinned, "O-O", "no right to castle kingside"),
            (attacked, "0-0", "attacked square"),
            (CENTRE, "Rd1", "White's own queen stands on d1"),
        ] {
            match read(fen, text) {
                Err(MoveFault::Illegal(found)) => assert!(found.contains(why), "{text}: {found}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_move_is_not_read_as_one() {
        for text in [
            "",
            " ",
            "hello",
            "resign",
            "--",
            "0000",
            "N@f3",
            "I would like to win",
            "e9",
            "z4",
            "½",
            "💥",
        ] {
            assert_eq!(read(START, text), Err(MoveFault::NotUnderstood), "{text}");
        }
        assert_eq!(read(START, &"e4 ".repeat(50)), Err(MoveFault::NotUnderstood));
    }

    #[test]
    fn letters_of_other_languages_never_stand_for_english_ones() {
        // No rook reaches f2; reading R as the French king would play a move nobody meant.
        let fen = "4k3/8/8/8/8/8/8/R3K3 w - -";
        assert!(matches!(read(fen, "Rf2"), Err(MoveFault::Illegal(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_spelling_of_a_legal_move_is_that_move(steps in walk::steps()) {
            let position = walk::position(&steps);
            for m in position.legal_moves() {
                let san = SanPlus::from_move(position.clone(), m).to_string();
                let uci = m.to_uci(shakmaty::CastlingMode::Standard).to_string();
                let words = move_words(&position, m);
                let bare = san.trim_end_matches(['+', '#']);
                for text in [&san, &uci, &words, bare, &format!("3... {san}"), &bare.replace('=', "")] {
                    prop_assert_eq!(read_move(&position, text), Ok(m), "{} in {:?}", text, position);
                }
                // In lower case a bishop may look like a pawn; then it asks and does not guess.
                match read_move(&position, &bare.to_lowercase()) {
                    Ok(read) => prop_assert!(read == m || bare.starts_with('B')),
                    Err(fault) => prop_assert!(matches!(fault, MoveFault::Ambiguous(_)), "{} {:?}", bare, fault),
                }
            }
        }

        #[test]
        fn hostile_text_never_panics(text in ".{0,120}", steps in walk::steps()) {
            let position = walk::position(&steps);
            let _ = read_move(&position, &text);
            let _ = by_likeness(&position, &text);
        }

        #[test]
        fn near_moves_never_panic(text in "[KQRBNPa-h1-8xX=O0+# .-]{1,10}", steps in walk::steps()) {
            let position = walk::position(&steps);
            if let Ok(m) = read_move(&position, &text) {
                prop_assert!(position.is_legal(m));
            }
        }
    }
}
