//! Where a game begins: the usual array, or a position somebody typed.
//!
//! People and models type FENs with fields missing and with castling or en passant rights that the board
//! cannot have. Those rights are taken away and named; what cannot be a position is refused in words.

use shakmaty::fen::{Fen, ParseFenError};
use shakmaty::{CastlingMode, Chess, EnPassantMode, FromSetup, Position, PositionErrorKinds, Setup};

use super::refusal::Refusal;

/// The longest FEN that is read. The longest real one has about 90 characters.
pub const MAX_FEN: usize = 120;

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
    /// Reads a FEN of four to six fields.
    pub fn from_fen(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.len() > MAX_FEN {
            return Err(Refusal::Fen(format!("it is longer than {MAX_FEN} characters")));
        }
        let setup = parse(text)?;
        let rights = setup.castling_rights;
        let (position, removed) = settle(setup)?;
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

    /// Whether this is the array every game starts from.
    pub fn is_standard(&self) -> bool {
        is_standard(&self.position)
    }
}

/// Whether `position` is the usual array with its clocks at zero.
pub(super) fn is_standard(position: &Chess) -> bool {
    position.to_setup(EnPassantMode::Legal) == Setup::initial()
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
            "it describes a variant, and only standard chess is played here".to_owned(),
        ));
    }
    Ok(setup)
}

fn fault_words(fault: &ParseFenError) -> String {
    match fault {
        ParseFenError::InvalidBoard => "its first field does not describe eight rows of eight squares",
        ParseFenError::InvalidTurn => "its second field must be `w` or `b`",
        ParseFenError::InvalidCastling => "its third field must be letters of `KQkq` or `-`",
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
fn settle(mut setup: Setup) -> Result<(Chess, PositionErrorKinds), Refusal> {
    // A clock beyond the seventy-five move rule belongs to no game that could go on.
    setup.halfmoves = setup.halfmoves.min(150);
    let error = match Chess::from_setup(setup, CastlingMode::Standard) {
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
    use super::super::board::fen_of;
    use super::*;

    #[test]
    fn four_fields_suffice() {
        let start = Start::from_fen("4k3/8/8/8/8/8/4P3/4K3 w - -").unwrap();
        assert_eq!(fen_of(start.position()), "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1");
        assert!(start.notes().is_empty());
        assert!(!start.is_standard());
    }

    #[test]
    fn impossible_rights_are_removed_and_said() {
        let start = Start::from_fen("4k3/8/8/8/8/8/4P3/4K3 w KQkq - 0 1").unwrap();
        assert_eq!(fen_of(start.position()), "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1");
        assert_eq!(start.notes().len(), 1);
        let start = Start::from_fen("4k3/8/8/8/8/8/4P3/4K3 w - e6 0 1").unwrap();
        assert_eq!(fen_of(start.position()), "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1");
        assert!(start.notes()[0].contains("en passant"));
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
            let refusal = Start::from_fen(fen).unwrap_err().to_string();
            assert!(refusal.contains(why), "{fen}: {refusal}");
        }
        assert!(Start::from_fen(&"r".repeat(5000)).is_err());
    }

    #[test]
    fn the_usual_array_is_recognised() {
        assert!(Start::default().is_standard());
        assert!(
            Start::from_fen("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq -")
                .unwrap()
                .is_standard()
        );
    }
}
