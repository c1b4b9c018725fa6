//! Hints in three steps: the idea, the piece, the move. Each says a little more than the one before.
//!
//! The move is the engine's; what is said about it is proved on the board, see [`Motif`].

use std::fmt;
use std::str::FromStr;

use shakmaty::san::SanPlus;
use shakmaty::uci::UciMove;
use shakmaty::{Chess, File, Move, Position, Role, Square};

use super::assessment::Assessment;
use super::continuation::{legal_line, numbered_line};
use super::motif::Motif;
use super::tactics::{passed, the_piece};
use super::wording::{color_name, landing, move_words, role_name};

/// How much a hint gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HintStep {
    /// What kind of thing to look for.
    Idea,
    /// Which piece.
    Piece,
    /// The move, and why.
    Move,
}

impl HintStep {
    const ALL: [Self; 3] = [Self::Idea, Self::Piece, Self::Move];

    /// The word the outside knows this by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idea => "idea",
            Self::Piece => "piece",
            Self::Move => "move",
        }
    }

    /// The step that says more; the last one repeats itself.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Idea => Self::Piece,
            Self::Piece | Self::Move => Self::Move,
        }
    }
}

impl fmt::Display for HintStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HintStep {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or(())
    }
}

/// A hint for the side to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// One sentence for the player.
    pub text: String,
    /// The move in SAN, with the last step only.
    pub san: Option<String>,
}

/// How much of a line is shown and followed.
const LINE_PLIES: usize = 8;

/// A hint from the engine's `line` from `position` and what it thinks of it; none where the line has no legal
/// move.
pub fn hint(position: &Chess, line: &[UciMove], assessment: Assessment, step: HintStep) -> Option<Hint> {
    let line = legal_line(position, line, LINE_PLIES);
    let motif = Motif::of(position, &line, assessment)?;
    let told = Told {
        position,
        line: &line,
        m: *line.first()?,
    };
    let text = match step {
        HintStep::Idea => told.idea(&motif),
        HintStep::Piece => told.piece(&motif),
        HintStep::Move => told.move_and_why(&motif),
    };
    let san = (step == HintStep::Move).then(|| told.san(told.m));
    Some(Hint { text, san })
}

struct Told<'a> {
    position: &'a Chess,
    line: &'a [Move],
    m: Move,
}

impl Told<'_> {
    fn idea(&self, motif: &Motif) -> String {
        let them = color_name(self.position.turn().other());
        match motif {
            Motif::Mate(1) => "There is mate on the move.".to_owned(),
            Motif::Mate(_) => "There is a forced mate.".to_owned(),
            Motif::Defence => format!("{them} mates by force; hold out as long as you can."),
            Motif::Win { taken: (role, _), .. } => {
                format!("A {} of {them}'s is not defended well enough.", kind(*role))
            }
            Motif::Promotion(_) => "A pawn can be promoted.".to_owned(),
            Motif::Fork(_) => "Look for a move that attacks two pieces at once.".to_owned(),
            Motif::Discovery(found) if found.is_check() => "Look for a discovered check.".to_owned(),
            Motif::Discovery(_) => "Look for a discovered attack.".to_owned(),
            Motif::WinningCheck => "Look for a check that wins material.".to_owned(),
            Motif::Pin(_) => format!("A piece of {them}'s can be pinned to its king."),
            Motif::StopsMate(_) => format!("{them} threatens mate; it has to be stopped."),
            Motif::Escape | Motif::Protection(_) => "One of your pieces is in danger; see to it.".to_owned(),
            Motif::WinsLater => "Material can be won, though not at once.".to_owned(),
            Motif::Capture { price: true, .. } => "Look at a capture that seems to cost too much.".to_owned(),
            Motif::Capture { .. } => "Look at your captures: an exchange is best.".to_owned(),
            Motif::Castling if self.leaves_middle() => {
                "Think of your king: it need not stay in the middle.".to_owned()
            }
            Motif::Castling => "Think of castling.".to_owned(),
            Motif::Development => "Bring another piece into play.".to_owned(),
            Motif::Check => "Look at your checks.".to_owned(),
            Motif::Quiet => "A quiet move is best: improve your position.".to_owned(),
        }
    }

    fn piece(&self, motif: &Motif) -> String {
        let role = role_name(self.m.role());
        let from = self
            .m
            .from()
            .map_or_else(String::new, |from| format!(" on {from}"));
        let can = match motif {
            Motif::Mate(1) => "it mates",
            Motif::Mate(_) => "the mate begins with it",
            Motif::Defence => "it can put the mate off",
            Motif::Win { .. } => "it can take what is not defended well enough",
            Motif::Promotion(_) => "it can be promoted",
            Motif::Fork(_) => "it can attack two pieces at once",
            Motif::Discovery(_) => "when it moves, it uncovers an attack",
            Motif::WinningCheck => "it can give a check that wins material",
            Motif::Pin(_) => "it can pin a piece",
            Motif::StopsMate(_) => "it can stop the mate",
            Motif::Escape => "it is in danger",
            Motif::Protection(_) => "it can help the piece that is in danger",
            Motif::WinsLater => "the best line begins with it and wins material",
            Motif::Capture { price: true, .. } => "it can take something at a price",
            Motif::Capture { .. } => "it can take and exchange",
            Motif::Castling => "it can castle",
            Motif::Development => "it can come into play",
            Motif::Check => "it can give check",
            Motif::Quiet => "the best move is with it",
        };
        format!("Look at your {role}{from}: {can}.")
    }

    fn move_and_why(&self, motif: &Motif) -> String {
        let words = move_words(self.position, self.m);
        format!("{} ({words}): {}.", self.san(self.m), self.why(motif))
    }

    fn why(&self, motif: &Motif) -> String {
        match motif {
            Motif::Mate(1) => "that is mate".to_owned(),
            Motif::Mate(moves) => format!("it forces mate in {moves}: {}", self.line()),
            Motif::Defence => format!("it holds out longest: {}", self.line()),
            Motif::Win { taken, free: true } => {
                format!("it takes {}, and nobody can take back", the_piece(*taken))
            }
            Motif::Win { taken, .. } => {
                format!(
                    "it takes {}, which is not defended well enough",
                    the_piece(*taken)
                )
            }
            Motif::Promotion(role) => format!("the pawn becomes a {}", role_name(*role)),
            Motif::Fork(fork) => format!("it attacks {} at once", fork.targets_words()),
            Motif::Discovery(found) if found.is_check() => {
                format!("it uncovers a check by {}", the_piece(found.by))
            }
            Motif::Discovery(found) => format!(
                "it uncovers an attack of {} on {}",
                the_piece(found.by),
                the_piece(found.target)
            ),
            Motif::WinningCheck => format!("the check wins material: {}", self.line()),
            Motif::Pin(pin) => format!("it pins {} to the king", the_piece(pin.pinned)),
            Motif::StopsMate(mate) => format!("it stops the mate by {}", self.threat(*mate)),
            Motif::Escape => {
                let (role, to) = (role_name(self.m.role()), landing(self.m));
                format!("the {role} was in danger and is safe on {to}")
            }
            Motif::Protection(piece) => format!("afterwards {} is no longer in danger", the_piece(*piece)),
            Motif::WinsLater => format!("the best line wins material: {}", self.line()),
            Motif::Capture { taken, price } => {
                let price = if *price { " at a price" } else { "" };
                format!(
                    "it takes {}{price}; the best line is {}",
                    the_piece(*taken),
                    self.line()
                )
            }
            Motif::Castling => self.castling(),
            Motif::Development => format!("it brings the {} into play", role_name(self.m.role())),
            Motif::Check => format!("it gives check; the best line is {}", self.line()),
            Motif::Quiet => format!("the best line is {}", self.line()),
        }
    }

    /// What castling does. In Chess960 the king may stand on the wing already, and the rook where it arrives.
    fn castling(&self) -> String {
        let color = self.position.turn();
        let side = self.m.castling_side();
        let rook_moves = side.is_some_and(|side| side.rook_to(color) != self.m.to());
        match (self.leaves_middle(), rook_moves) {
            (true, true) => "the king leaves the middle and the rook comes into play".to_owned(),
            (true, false) => "the king leaves the middle".to_owned(),
            (false, true) => "the rook comes into play".to_owned(),
            (false, false) => format!("it brings the king to {}", landing(self.m)),
        }
    }

    fn leaves_middle(&self) -> bool {
        let from = self.m.from().map(Square::file);
        matches!(from, Some(File::D | File::E))
    }

    fn line(&self) -> String {
        numbered_line(self.position, self.line)
    }

    fn san(&self, m: Move) -> String {
        SanPlus::from_move(self.position.clone(), m).to_string()
    }

    /// A move the opponent would make if it were their turn, in SAN.
    fn threat(&self, m: Move) -> String {
        match passed(self.position) {
            Some(passed) => SanPlus::from_move(passed, m).to_string(),
            None => role_name(m.role()).to_owned(),
        }
    }
}

const fn kind(role: Role) -> &'static str {
    match role {
        Role::Pawn => "pawn",
        _ => "piece",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::super::walk;
    use super::*;

    fn hints(fen: &str, line: &str, assessment: Assessment) -> [String; 3] {
        let start = Start::from_fen(fen, Variant::Standard).unwrap();
        let line: Vec<UciMove> = line.split_whitespace().map(|uci| uci.parse().unwrap()).collect();
        HintStep::ALL.map(|step| {
            let hint = hint(start.position(), &line, assessment, step).unwrap();
            assert_eq!(hint.san.is_some(), step == HintStep::Move);
            hint.text
        })
    }

    const EVEN: Assessment = Assessment::Centipawns(0);

    #[test]
    fn each_step_says_a_little_more() {
        let mate = |moves| Assessment::mate_for(shakmaty::Color::White, moves);
        for (fen, line, assessment, expected) in [
            (
                "6k1/5ppp/8/8/8/8/8/R3K3 w Q -",
                "a1a8",
                mate(1),
                [
                    "There is mate on the move.",
                    "Look at your rook on a1: it mates.",
                    "Ra8# (rook from a1 to a8, checkmate): that is mate.",
                ],
            ),
            (
                "7k/8/8/8/8/8/RR6/K7 w - -",
                "a2a7 h8g8 b2b8",
                mate(2),
                [
                    "There is a forced mate.",
                    "Look at your rook on a2: the mate begins with it.",
                    "Ra7 (rook from a2 to a7): it forces mate in 2: 1. Ra7 Kg8 2. Rb8#.",
                ],
            ),
            (
                "4k3/8/8/3n4/4P3/8/8/4K3 w - -",
                "e4d5",
                Assessment::Centipawns(400),
                [
                    "A piece of Black's is not defended well enough.",
                    "Look at your pawn on e4: it can take what is not defended well enough.",
                    "exd5 (pawn from e4 takes the knight on d5): it takes the knight on d5, and nobody can take \
                     back.",
                ],
            ),
            (
                "r3k3/8/8/3N4/8/8/8/4K3 w - -",
                "d5c7 e8d7 c7a8",
                Assessment::Centipawns(300),
                [
                    "Look for a move that attacks two pieces at once.",
                    "Look at your knight on d5: it can attack two pieces at once.",
                    "Nc7+ (knight from d5 to c7, check): it attacks the king on e8 and the rook on a8 at once.",
                ],
            ),
            (
                "4k3/8/2n5/8/8/8/4B3/4K3 w - -",
                "e2b5",
                EVEN,
                [
                    "A piece of Black's can be pinned to its king.",
                    "Look at your bishop on e2: it can pin a piece.",
                    "Bb5 (bishop from e2 to b5): it pins the knight on c6 to the king.",
                ],
            ),
            (
                "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq -",
                "g1f3 g8f6",
                EVEN,
                [
                    "Bring another piece into play.",
                    "Look at your knight on g1: it can come into play.",
                    "Nf3 (knight from g1 to f3): it brings the knight into play.",
                ],
            ),
            (
                "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq -",
                "e2e4 e7e5",
                EVEN,
                [
                    "A quiet move is best: improve your position.",
                    "Look at your pawn on e2: the best move is with it.",
                    "e4 (pawn from e2 to e4): the best line is 1. e4 e5.",
                ],
            ),
        ] {
            assert_eq!(hints(fen, line, assessment), expected, "{fen}");
        }
    }

    #[test]
    fn motifs_are_recognised() {
        for (fen, line, why) in [
            ("8/P6k/8/8/8/8/8/4K3 w - -", "a7a8q", "the pawn becomes a queen"),
            (
                "q3k3/8/8/8/4N3/5B2/8/6K1 w - -",
                "e4g5",
                "it uncovers an attack of the bishop on f3 on the queen on a8",
            ),
            (
                "4k3/8/8/8/8/8/4B3/4RK2 w - -",
                "e2a6",
                "it uncovers a check by the rook on e1",
            ),
            // White's mate on f7 is stopped.
            (
                "r1bqkbnr/pppp1ppp/2n5/4p2Q/2B1P3/8/PPPP1PPP/RNB1K1NR b KQkq -",
                "g7g6",
                "it stops the mate by Qxf7#",
            ),
            // The knight is attacked by a pawn: it goes, or the attacker is taken.
            (
                "4k3/8/8/3p4/4N3/8/8/4K3 w - -",
                "e4g3",
                "the knight was in danger and is safe on g3",
            ),
            (
                "4k3/8/8/1b6/8/3N4/8/4K1B1 w - -",
                "e1d2",
                "afterwards the knight on d3 is no longer in danger",
            ),
            // A check only puts off what is threatened, unless it stands in the way.
            (
                "4k3/8/8/1b6/8/3N4/8/R3K3 w - -",
                "a1a8",
                "it gives check; the best line is 1. Ra8+",
            ),
            (
                "8/8/1k6/1b6/8/1P1N4/3N4/4K3 w - -",
                "d2c4",
                "afterwards the knight on d3 is no longer in danger",
            ),
            (
                "8/6pk/4N2p/8/8/2r5/5PPP/6K1 w - -",
                "e6f8",
                "it gives check; the best line is 1. Nf8+",
            ),
            ("4k3/8/8/8/8/8/8/4K2R w K -", "e1g1", "the king leaves the middle"),
            (
                "4k3/8/2p5/3n4/8/2N5/8/4K3 w - -",
                "c3d5 c6d5",
                "it takes the knight on d5; the best line is 1. Nxd5 cxd5",
            ),
            (
                "4k3/8/2p5/3p4/8/2N5/8/4K3 w - -",
                "c3d5 c6d5",
                "it takes the pawn on d5 at a price; the best line is 1. Nxd5 cxd5",
            ),
            (
                "4k3/8/4p3/3p4/8/2N5/8/3RK3 w - - 0 30",
                "c3b5",
                "the best line is 30. Nb5",
            ),
        ] {
            let [_, _, text] = hints(fen, line, EVEN);
            assert!(text.contains(why), "{text}");
        }
    }

    #[test]
    fn castling_does_what_is_said_of_it() {
        for (fen, castling, idea, why) in [
            (
                "4k3/8/8/8/8/8/8/3K3R w H -",
                "d1h1",
                "Think of your king: it need not stay in the middle.",
                "O-O (castles kingside): the king leaves the middle and the rook comes into play.",
            ),
            (
                "4k3/8/8/8/8/8/8/4KR2 w F -",
                "e1f1",
                "Think of your king: it need not stay in the middle.",
                "O-O (castles kingside): the king leaves the middle.",
            ),
            (
                "4k3/8/8/8/8/8/8/6KR w H -",
                "g1h1",
                "Think of castling.",
                "O-O (castles kingside): the rook comes into play.",
            ),
            (
                "4k3/8/8/8/8/8/8/2K2R2 w F -",
                "c1f1",
                "Think of castling.",
                "O-O (castles kingside): it brings the king to g1.",
            ),
        ] {
            let start = Start::from_fen(fen, Variant::Chess960).unwrap();
            let line: [UciMove; 1] = [castling.parse().unwrap()];
            let said = |step| hint(start.position(), &line, EVEN, step).unwrap().text;
            assert_eq!(said(HintStep::Idea), idea, "{fen}");
            assert_eq!(said(HintStep::Move), why, "{fen}");
        }
    }

    #[test]
    fn the_mated_hold_out() {
        let mated = Assessment::mate_for(shakmaty::Color::White, -1);
        let [idea, piece, text] = hints("7k/8/8/8/8/8/rr6/7K w - - 0 9", "h1g1 a2a1", mated);
        assert_eq!(idea, "Black mates by force; hold out as long as you can.");
        assert_eq!(piece, "Look at your king on h1: it can put the mate off.");
        assert_eq!(
            text,
            "Kg1 (king from h1 to g1): it holds out longest: 9. Kg1 Ra1#."
        );
    }

    #[test]
    fn no_line_no_hint() {
        let start = Start::default();
        for line in [vec![], vec!["e2e5".parse().unwrap()]] {
            assert_eq!(hint(start.position(), &line, EVEN, HintStep::Idea), None);
        }
    }

    #[test]
    fn steps_are_words() {
        for step in HintStep::ALL {
            assert_eq!(step.as_str().parse(), Ok(step));
            assert!(step.next() >= step);
        }
        assert!("solution".parse::<HintStep>().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn early_steps_do_not_name_the_move(steps in walk::steps()) {
            let position = walk::position(&steps);
            for m in position.legal_moves() {
                let uci = m.to_uci(shakmaty::CastlingMode::Standard);
                let said = |step| hint(&position, std::slice::from_ref(&uci), EVEN, step).unwrap();
                let (idea, piece, last) = (said(HintStep::Idea), said(HintStep::Piece), said(HintStep::Move));
                prop_assert!(!idea.text.contains(char::is_numeric), "{}", idea.text);
                prop_assert_eq!(piece.text.matches(char::is_numeric).count(), 1, "{}", piece.text);
                let san = last.san.unwrap();
                prop_assert!(last.text.starts_with(&format!("{san} (")), "{}", last.text);
                for text in [&idea.text, &piece.text, &last.text] {
                    let text = text.replace("... ", " ");
                    prop_assert!(text.ends_with('.') && !text.contains(".."), "{}", text);
                }
            }
        }
    }
}
