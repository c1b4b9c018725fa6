//! Where a game begins: the usual array, one of the 960 of Chess960, or a position somebody typed.
//!
//! People and models type FENs with fields missing and with castling or en passant rights that the board
//! cannot have. Those rights are taken away and named; what cannot be a position is refused in words.

use shakmaty::fen::{Fen, ParseFenError};
use shakmaty::{Board, CastlingMode, Chess, EnPassantMode, FromSetup, Position, PositionErrorKinds, Setup};

use super::refusal::Refusal;
use super::variant::Variant;

/// The longest FEN that is read. The longest real one has about 90 characters.
pub const MAX_FEN: usize = 120;

/// How many starts Chess960 has.
pub const STARTS: u16 = 960;

/// The usual array is one of them.
const USUAL: u16 = 518;

/// A position to begin from.
#[derive(Debug, Clone)]
pub struct Start {
    position: Chess,
    notes: Vec<String>,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            position: Chess::new(),
            notes: Vec::new(),
        }
    }
}

impl Start {
    /// The usual array, in which Chess960 may begin as well.
    pub fn usual(variant: Variant) -> Self {
        match variant {
            Variant::Standard => Self::default(),
            Variant::Chess960 => Self::chess960(USUAL).unwrap_or_default(),
        }
    }

    /// The start of Chess960 with this number (Scharnagl's, 0 to 959); `None` beyond.
    pub fn chess960(number: u16) -> Option<Self> {
        if number >= STARTS {
            return None;
        }
        let board = Board::chess960(number.into());
        let setup = Setup {
            castling_rights: board.rooks(),
            board,
            ..Setup::initial()
        };
        let position = Chess::from_setup(setup, CastlingMode::Chess960).ok()?;
        Some(Self {
            position,
            notes: Vec::new(),
        })
    }

    /// Reads a FEN of four to six fields. In Chess960 the castling rights may be letters of `KQkq` (X-FEN) or
    /// the files of the rooks (Shredder-FEN).
    pub fn from_fen(text: &str, variant: Variant) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.len() > MAX_FEN {
            return Err(Refusal::Fen(format!("it is longer than {MAX_FEN} characters")));
        }
        let setup = parse(text)?;
        let rights = setup.castling_rights;
        let (position, removed) = settle(setup, variant)?;
        let mut notes = Vec::new();
        if removed.contains(PositionErrorKinds::INVALID_CASTLING_RIGHTS)
            || rights != position.castles().castling_rights()
        {
            notes
                .push("Castling rights that this position cannot have were removed from the FEN.".to_owned());
        }
        if removed.contains(PositionErrorKinds::INVALID_EP_SQUARE) {
            notes.push(
                "The en passant square was removed from the FEN: no pawn can just have passed it.".to_owned(),
            );
        }
        Ok(Self { position, notes })
    }

    /// The position itself.
    pub const fn position(&self) -> &Chess {
        &self.position
    }

    /// What was changed in what was typed, in sentences for the person.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Which chess is played from here.
    pub fn variant(&self) -> Variant {
        Variant::of(&self.position)
    }

    /// Whether this is the array that every game of standard chess starts from.
    pub fn is_standard(&self) -> bool {
        is_standard(&self.position)
    }
}

/// Whether `position` is the usual array of standard chess with its clocks at zero.
pub(super) fn is_standard(position: &Chess) -> bool {
    Variant::of(position) == Variant::Standard && position.to_setup(EnPassantMode::Legal) == Setup::initial()
}

fn parse(text: &str) -> Result<Setup, Refusal> {
    let fields = text.split_whitespace().count();
    if !(4..=6).contains(&fields) || text.contains('_') {
        return Err(Refusal::Fen(
            "it needs four to six fields separated by blanks: pieces, side to move, \
             castling, en passant, and optionally the two move counters"
                .to_owned(),
        ));
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let setup = Fen::from_ascii(text.as_bytes()).map_err(|fault| Refusal::Fen(fault_words(&fault)))?;
    let setup = setup.into_setup();
    if setup.pockets.is_some() || setup.remaining_checks.is_some() || setup.promoted.any() {
        return Err(Refusal::Fen(
            "it describes a variant, and only standard chess and Chess960 are played here".to_owned(),
        ));
    }
    Ok(setup)
}

fn fault_words(fault: &ParseFenError) -> String {
    match fault {
        ParseFenError::InvalidBoard => "its first field does not describe eight rows of eight squares",
        ParseFenError::InvalidTurn => "its second field must be `w` or `b`",
        ParseFenError::InvalidCastling => {
            "its third field must be letters of `KQkq` (in Chess960 also files of rooks) or `-`"
        }
        ParseFenError::InvalidEpSquare => "its fourth field must be a square such as `e3`, or `-`",
        ParseFenError::InvalidHalfmoveClock => {
            "its fifth field must be the number of half-moves without progress"
        }
        ParseFenError::InvalidFullmoves => "its sixth field must be the move number",
        _ => "it is not a FEN",
    }
    .to_owned()
}

/// Makes a position, giving way only where the rights are wrong or the material is merely unusual.
fn settle(mut setup: Setup, variant: Variant) -> Result<(Chess, PositionErrorKinds), Refusal> {
    // A clock beyond the seventy-five move rule belongs to no game that could go on.
    setup.halfmoves = setup.halfmoves.min(150);
    let error = match Chess::from_setup(setup, variant.castling()) {
        Ok(position) => return Ok((position, PositionErrorKinds::empty())),
        Err(error) => error,
    };
    let kinds = error.kinds();
    let position = error
        .ignore_invalid_castling_rights()
        .or_else(shakmaty::PositionError::ignore_invalid_ep_square)
        .or_else(shakmaty::PositionError::ignore_too_much_material)
        .or_else(shakmaty::PositionError::ignore_impossible_check)
        .map_err(|error| Refusal::Fen(position_words(error.kinds()).to_owned()))?;
    Ok((position, kinds))
}

fn position_words(kinds: PositionErrorKinds) -> &'static str {
    for (kind, words) in [
        (PositionErrorKinds::EMPTY_BOARD, "the board is empty"),
        (PositionErrorKinds::MISSING_KING, "each side needs a king"),
        (
            PositionErrorKinds::TOO_MANY_KINGS,
            "a side has more than one king",
        ),
        (
            PositionErrorKinds::PAWNS_ON_BACKRANK,
            "a pawn stands on the first or the last rank",
        ),
        (
            PositionErrorKinds::OPPOSITE_CHECK,
            "the side that is not to move is in check",
        ),
    ] {
        if kinds.contains(kind) {
            return words;
        }
    }
    "it cannot arise in a game of chess"
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use shakmaty::san::SanPlus;

    use super::super::board::fen_of;
    use super::super::notation::read_move;
    use super::*;

    #[test]
    fn four_fields_suffice() {
        let start = Start::from_fen("4k3/8/8/8/8/8/4P3/4K3 w - -", Variant::Standard).unwrap();
        assert_eq!(fen_of(start.position()), "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1");
        assert!(start.notes().is_empty());
        assert!(!start.is_standard());
    }

    #[test]
    fn impossible_rights_are_removed_and_said() {
        let start = Start::from_fen("4k3/8/8/8/8/8/4P3/4K3 w KQkq - 0 1", Variant::Standard).unwrap();
        assert_eq!(fen_of(start.position()), "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1");
        assert_eq!(start.notes().len(), 1);
        let start = Start::from_fen("4k3/8/8/8/8/8/4P3/4K3 w - e6 0 1", Variant::Standard).unwrap();
        assert_eq!(fen_of(start.position()), "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1");
        assert!(start.notes()[0].contains("en passant"));
    }

    #[test]
    fn every_start_of_chess960_has_its_number_and_reads_back() {
        let mut seen = HashSet::new();
        for number in 0..STARTS {
            let start = Start::chess960(number).unwrap();
            let fen = fen_of(start.position());
            assert!(fen.ends_with(" w KQkq - 0 1"), "{fen}");
            let again = Start::from_fen(&fen, Variant::Chess960).unwrap();
            assert_eq!(again.position(), start.position());
            assert_eq!(again.variant(), Variant::Chess960);
            assert!(!start.is_standard() && again.notes().is_empty());
            assert!(seen.insert(fen));
        }
        assert!(Start::chess960(STARTS).is_none());
        let usual = Start::usual(Variant::Chess960);
        assert_eq!(usual.position(), Start::default().position());
        for (number, rank) in [(0, "bbqnnrkr"), (USUAL, "rnbqkbnr"), (959, "rkrnnqbb")] {
            let fen = fen_of(Start::chess960(number).unwrap().position());
            assert!(fen.starts_with(rank), "{number}: {fen}");
        }
    }

    #[test]
    fn castling_rights_of_chess960_are_read_in_both_spellings() {
        for (typed, rights) in [("KQkq", "KQkq"), ("GBgb", "KQkq"), ("Gb", "Kq"), ("-", "-")] {
            let typed = format!("nrbqkbrn/pppppppp/8/8/8/8/PPPPPPPP/NRBQKBRN w {typed} - 0 1");
            let start = Start::from_fen(&typed, Variant::Chess960).unwrap();
            let expected = format!("nrbqkbrn/pppppppp/8/8/8/8/PPPPPPPP/NRBQKBRN w {rights} - 0 1");
            assert_eq!(fen_of(start.position()), expected);
            assert!(start.notes().is_empty());
            let standard = Start::from_fen(&typed, Variant::Standard).unwrap();
            assert_eq!(standard.notes().len(), usize::from(rights != "-"), "{typed}");
        }
        // Where an outer rook stands, only the file says which one may castle.
        let inner = "4k3/8/8/8/8/8/8/RR2K3 w B - 0 1";
        let start = Start::from_fen(inner, Variant::Chess960).unwrap();
        assert_eq!(fen_of(start.position()), inner);
        let nowhere = Start::from_fen("4k3/8/8/8/8/8/8/RR2K3 w C -", Variant::Chess960).unwrap();
        assert_eq!(nowhere.notes().len(), 1);
    }

    #[test]
    fn what_is_no_position_is_refused_in_words() {
        for (fen, why) in [
            ("", "four to six fields"),
            ("hello", "four to six fields"),
            ("8/8/8/8/8/8/8/8 w - - 0 1", "empty"),
            ("4k3/8/8/8/8/8/8/8 w - - 0 1", "needs a king"),
            ("4k3/8/8/8/8/8/8/4K2P w - - 0 1", "first or the last rank"),
            ("4k3/4R3/8/8/8/8/8/4K3 w - - 0 1", "not to move is in check"),
            ("kkkkkkkk/8/8/8/8/8/8/4K3 w - - 0 1", "more than one king"),
            ("4k3/8/8/8/8/8/8/4K3 x - - 0 1", "`w` or `b`"),
            ("4k3/8/8/8/8/8/8/4K3 w - - a 1", "half-moves"),
            ("9/8/8/8/8/8/8/4K3 w - - 0 1", "eight rows"),
            (
                "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR[Q] w KQkq - 0 1",
                "variant",
            ),
        ] {
            let refusal = Start::from_fen(fen, Variant::Standard).unwrap_err().to_string();
            assert!(refusal.contains(why), "{fen}: {refusal}");
        }
        assert!(Start::from_fen(&"r".repeat(5000), Variant::Standard).is_err());
    }

    #[test]
    fn the_usual_array_is_recognised() {
        assert!(Start::default().is_standard());
        assert!(
            Start::from_fen(
                "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq -",
                Variant::Standard
            )
            .unwrap()
            .is_standard()
        );
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_so_that_it_reads_back(
            white in "[KRRQBN1]{8}",
            black in "[krrqbn1]{8}",
            rights in "[KQA-H]{0,3}[kqa-h]{0,3}",
            turn in "[wb]",
        ) {
            let rights = if rights.is_empty() { "-" } else { &rights };
            let typed = format!("{black}/8/8/8/8/8/8/{white} {turn} {rights} -");
            for variant in Variant::ALL {
                let Ok(start) = Start::from_fen(&typed, variant) else { continue };
                let fen = fen_of(start.position());
                let again = Start::from_fen(&fen, variant).unwrap();
                prop_assert_eq!(fen_of(again.position()), fen);
                prop_assert_eq!(again.position(), start.position());
                prop_assert!(again.notes().is_empty(), "{}: {:?}", typed, again.notes());
                for m in start.position().legal_moves() {
                    let san = SanPlus::from_move(start.position().clone(), m).to_string();
                    prop_assert_eq!(read_move(start.position(), &san).ok(), Some(m), "{} {}", typed, san);
                    let uci = m.to_uci(variant.castling()).to_string();
                    prop_assert_eq!(read_move(start.position(), &uci).ok(), Some(m), "{} {}", typed, uci);
                }
            }
        }
    }
}
