//! A game: where it began, what was played, and how it stands.
//!
//! Every position that stood on the board is kept, because repetition, taking back and looking back all ask
//! for them; replaying a long game from its moves takes microseconds. Who the players are is not its concern.

mod ending;

use shakmaty::fen::Fen;
use shakmaty::san::{San, SanPlus, Suffix};
use shakmaty::uci::UciMove;
use shakmaty::{Chess, Color, EnPassantMode, Move, Position};

use super::board::{fen_of, san_moves};
use super::notation::{by_likeness, read_move};
use super::outcome::{self, Claim, Ending, Score};
use super::refusal::{MoveFault, MoveRefusal, Refusal};
use super::start::{self, Start};
use super::variant::Variant;
use super::wording::move_words;

/// A stored game that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unplayable {
    /// The start is no position.
    #[error("the start position cannot be read")]
    Start,
    /// A stored move cannot be played.
    #[error("move {0} cannot be played")]
    Move(usize),
}

/// A game of standard chess or of Chess960.
#[derive(Debug, Clone)]
pub struct Game {
    /// What stood on the board; the first is the start, the last is now.
    positions: Vec<Chess>,
    moves: Vec<Move>,
    ending: Option<Ending>,
    draw_offer: Option<Color>,
}

impl Default for Game {
    fn default() -> Self {
        Self::new(&Start::default())
    }
}

impl Game {
    /// A game about to begin. It may be over already, where the start is a mate.
    pub fn new(start: &Start) -> Self {
        let positions = vec![start.position().clone()];
        let ending = outcome::automatic_ending(&positions);
        Self {
            positions,
            moves: Vec::new(),
            ending,
            draw_offer: None,
        }
    }

    /// A game as it was stored: the start unless it is the usual array, the moves in UCI with blanks between
    /// them, and how it ended.
    pub fn restore(
        variant: Variant,
        start_fen: Option<&str>,
        moves: &str,
        ending: Option<Ending>,
        draw_offer: Option<Color>,
    ) -> Result<Self, Unplayable> {
        let start = match start_fen {
            None => Start::usual(variant),
            Some(fen) => Start::from_fen(fen, variant).map_err(|_| Unplayable::Start)?,
        };
        let mut game = Self {
            positions: vec![start.position().clone()],
            moves: Vec::new(),
            ending,
            draw_offer,
        };
        for (i, text) in moves.split_ascii_whitespace().enumerate() {
            let uci = UciMove::from_ascii(text.as_bytes()).map_err(|_| Unplayable::Move(i + 1))?;
            let m = uci
                .to_move(game.position())
                .map_err(|_| Unplayable::Move(i + 1))?;
            game.push(m);
        }
        Ok(game)
    }

    /// How many moves have been played.
    pub fn ply(&self) -> usize {
        self.moves.len()
    }

    /// What stands on the board now.
    pub fn position(&self) -> &Chess {
        self.positions
            .last()
            .unwrap_or_else(|| unreachable!("a game keeps at least its start"))
    }

    /// Which chess it is.
    pub fn variant(&self) -> Variant {
        Variant::of(self.position())
    }

    /// What stood on the board after `ply` moves.
    pub fn position_at(&self, ply: usize) -> Option<&Chess> {
        self.positions.get(ply)
    }

    /// Every position, the start first.
    pub fn positions(&self) -> &[Chess] {
        &self.positions
    }

    /// The moves played.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// Whose turn it is; stays as it was when the game is over.
    pub fn turn(&self) -> Color {
        self.position().turn()
    }

    /// Whether the side to move is in check.
    pub fn is_check(&self) -> bool {
        self.position().is_check()
    }

    /// Who made the move that led from `ply` to `ply + 1`.
    pub fn mover(&self, ply: usize) -> Option<Color> {
        self.positions
            .get(ply)
            .filter(|_| ply < self.moves.len())
            .map(Position::turn)
    }

    /// How the game ended; `None` while it goes on.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Whether moves may still be made.
    pub fn is_ongoing(&self) -> bool {
        self.ending.is_none()
    }

    /// The result, `*` while the game goes on.
    pub fn score(&self) -> Score {
        self.ending.map_or(Score::None, |ending| ending.score)
    }

    /// Who has offered a draw that is not yet answered.
    pub fn draw_offer(&self) -> Option<Color> {
        self.draw_offer
    }

    /// What the player to move may claim.
    pub fn claim(&self) -> Option<Claim> {
        self.is_ongoing()
            .then(|| outcome::claim(&self.positions))
            .flatten()
    }

    /// The full-move number that stands on the board.
    pub fn move_number(&self) -> u32 {
        self.position().fullmoves().get()
    }

    /// How often the present position has stood on the board.
    pub fn occurrences(&self) -> usize {
        outcome::occurrences(&self.positions)
    }

    /// Whether this is standard chess from the usual array.
    pub fn is_from_standard_start(&self) -> bool {
        self.positions.first().is_some_and(start::is_standard)
    }

    /// The start as a FEN.
    pub fn start_fen(&self) -> String {
        self.positions.first().map(fen_of).unwrap_or_default()
    }

    /// The present position as a FEN.
    pub fn fen(&self) -> String {
        fen_of(self.position())
    }

    /// The legal moves in SAN; none when the game is over.
    pub fn legal_moves(&self) -> Vec<String> {
        if self.is_ongoing() {
            san_moves(self.position())
        } else {
            Vec::new()
        }
    }

    /// The legal moves in SAN and UCI, in the same order as [`Game::legal_moves`]; none when the game is over.
    pub fn choices(&self) -> Vec<(String, String)> {
        let sans = self.legal_moves();
        let legal = self.position().legal_moves();
        let castling = self.variant().castling();
        let ucis = legal.iter().map(|m| m.to_uci(castling).to_string());
        sans.into_iter().zip(ucis).collect()
    }

    /// The position after `ply` moves as a FEN.
    pub fn fen_at(&self, ply: usize) -> Option<String> {
        self.positions.get(ply).map(fen_of)
    }

    /// The moves in UCI with blanks between them, as [`Game::restore`] reads them. Castling is the king's two
    /// squares in standard chess, and king takes rook in Chess960.
    pub fn uci_moves(&self) -> String {
        let castling = self.variant().castling();
        let mut text = String::with_capacity(self.moves.len() * 5);
        for m in &self.moves {
            if !text.is_empty() {
                text.push(' ');
            }
            m.to_uci(castling).append_to_string(&mut text);
        }
        text
    }

    /// The start and the moves, as an engine is told them.
    pub fn line(&self) -> (Fen, Vec<UciMove>) {
        let start = self.positions.first().unwrap_or_else(|| self.position());
        let castling = self.variant().castling();
        let moves = self.moves.iter().map(|m| m.to_uci(castling)).collect();
        (Fen::from_position(start, EnPassantMode::Legal), moves)
    }

    /// The move of the given ply (counted from 0) in SAN.
    pub fn san(&self, ply: usize) -> Option<String> {
        let san = San::from_move(self.positions.get(ply)?, *self.moves.get(ply)?);
        // The position after the move is at hand; few moves give check, and only after those mate is looked for.
        let after = self.positions.get(ply + 1)?;
        let suffix = after.is_check().then(|| Suffix::from_position(after)).flatten();
        Some(SanPlus { san, suffix }.to_string())
    }

    /// A move that could be played now in SAN.
    pub fn san_of(&self, m: Move) -> String {
        SanPlus::from_move(self.position().clone(), m).to_string()
    }

    /// Moves that could be played now, one after the other, as an engine is told them.
    pub fn in_uci(&self, moves: &[Move]) -> Vec<UciMove> {
        moves
            .iter()
            .map(|m| m.to_uci(self.variant().castling()))
            .collect()
    }

    /// The move of the given ply (counted from 0) in UCI.
    pub fn uci(&self, ply: usize) -> Option<String> {
        let castling = self.variant().castling();
        Some(self.moves.get(ply)?.to_uci(castling).to_string())
    }

    /// The move of the given ply (counted from 0) in words.
    pub fn words(&self, ply: usize) -> Option<String> {
        Some(move_words(self.positions.get(ply)?, *self.moves.get(ply)?))
    }

    /// Reads what was typed for a move in the position after `ply` moves; nothing where it is none.
    pub fn read_at(&self, ply: usize, text: &str) -> Option<Move> {
        read_move(self.positions.get(ply)?, text).ok()
    }

    /// Reads what was typed for a move in the present position.
    pub fn read(&self, text: &str) -> Result<Move, Refusal> {
        self.require_ongoing()?;
        read_move(self.position(), text).map_err(|fault| {
            let (mut similar, mut others) = by_likeness(self.position(), text);
            if let MoveFault::Ambiguous(choices) | MoveFault::Promotion(choices) = &fault {
                similar.retain(|san| !choices.contains(san));
                others.retain(|san| !choices.contains(san));
            }
            Refusal::Move(Box::new(MoveRefusal {
                tried: shortened(text),
                fault,
                similar,
                others,
                ply: self.ply(),
                fen: self.fen(),
            }))
        })
    }

    /// Plays a move that [`Game::read`] or the engine gave. A standing draw offer is thereby declined.
    pub fn play(&mut self, m: Move) -> Result<(), Refusal> {
        self.require_ongoing()?;
        if !self.position().is_legal(m) {
            return Err(Refusal::other("That move is not legal here."));
        }
        self.push(m);
        self.draw_offer = self.draw_offer.filter(|by| *by == self.turn().other());
        self.ending = outcome::automatic_ending(&self.positions);
        Ok(())
    }

    /// Plays a move given in UCI, as engines give it.
    pub fn play_uci(&mut self, uci: &UciMove) -> Result<(), Refusal> {
        self.require_ongoing()?;
        let m = uci
            .to_move(self.position())
            .map_err(|_| Refusal::other("That move is not legal here."))?;
        self.play(m)
    }

    /// Whether the board looks like `position` now, with the same side to move.
    pub fn shows(&self, position: &Chess) -> bool {
        let now = self.position();
        now.board() == position.board() && now.turn() == position.turn()
    }

    /// Goes back to what stood after `ply` moves; the game is open again.
    pub fn take_back_to(&mut self, ply: usize) {
        self.moves.truncate(ply);
        self.positions.truncate(self.moves.len() + 1);
        self.draw_offer = None;
        self.ending = outcome::automatic_ending(&self.positions);
    }

    fn push(&mut self, m: Move) {
        let mut position = self.position().clone();
        position.play_unchecked(m);
        self.positions.push(position);
        self.moves.push(m);
    }

    fn require_ongoing(&self) -> Result<(), Refusal> {
        match self.ending {
            None => Ok(()),
            Some(ending) => Err(Refusal::Other(format!(
                "This game is over: {} {}. Position at ply {}: {}.",
                ending.score,
                ending.reason.words(),
                self.ply(),
                self.fen()
            ))),
        }
    }
}

/// What was typed, short enough to be repeated.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim();
    let mut short: String = text
        .chars()
        .filter(|c| !c.is_control() && *c != '`')
        .take(40)
        .collect();
    if text.chars().count() > 40 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shakmaty::{CastlingSide, Role, Setup};

    use super::super::outcome::Reason;
    use super::super::start::STARTS;
    use super::super::walk;
    use super::*;

    fn game(fen: &str, moves: &str) -> Game {
        let start = if fen.is_empty() {
            Start::default()
        } else {
            Start::from_fen(fen, Variant::Standard).unwrap()
        };
        let mut game = Game::new(&start);
        for text in moves.split_whitespace() {
            let m = game.read(text).unwrap();
            game.play(m).unwrap();
        }
        game
    }

    #[test]
    fn games_end_as_the_laws_say() {
        let shuffle = "Nf3 Nf6 Ng1 Ng8 ";
        for (fen, moves, score, reason) in [
            ("", "f3 e5 g4 Qh4#".to_owned(), Score::Black, Reason::Checkmate),
            (
                "7k/5Q2/8/8/8/8/8/K7 w - -",
                "Qg6 ".to_owned(),
                Score::Draw,
                Reason::Stalemate,
            ),
            (
                "7k/8/8/8/8/8/6p1/K7 w - -",
                "Kb1 g1=B".to_owned(),
                Score::Draw,
                Reason::DeadPosition,
            ),
            ("", shuffle.repeat(4), Score::Draw, Reason::Fivefold),
            (
                "7k/8/8/8/8/8/R7/K7 w - - 149 100",
                "Ra3".to_owned(),
                Score::Draw,
                Reason::SeventyFiveMoves,
            ),
            (
                "6k1/5ppp/8/8/8/8/8/K2R4 w - - 149 100",
                "Rd8#".to_owned(),
                Score::White,
                Reason::Checkmate,
            ),
        ] {
            let ending = game(fen, &moves).ending();
            assert_eq!(ending, Some(Ending { score, reason }), "{fen} {moves}");
        }
    }

    #[test]
    fn three_occurrences_and_fifty_moves_are_claimed_and_not_automatic() {
        let mut twice = game("", "Nf3 Nf6 Ng1 Ng8 Nf3 Nf6 Ng1");
        assert_eq!(twice.claim(), None);
        assert!(
            twice
                .claim_draw()
                .unwrap_err()
                .to_string()
                .contains("2 of 3 times")
        );
        let mut thrice = game("", "Nf3 Nf6 Ng1 Ng8 Nf3 Nf6 Ng1 Ng8");
        assert_eq!(thrice.claim(), Some(Claim::Threefold));
        thrice.claim_draw().unwrap();
        assert_eq!(thrice.ending(), Some(Ending::draw(Reason::Threefold)));
        let mut fifty = game("7k/8/8/8/8/8/R7/K7 w - - 99 80", "Ra3");
        assert_eq!(fifty.claim(), Some(Claim::FiftyMoves));
        fifty.claim_draw().unwrap();
        assert_eq!(fifty.ending(), Some(Ending::draw(Reason::FiftyMoves)));
    }

    #[test]
    fn a_position_with_other_rights_is_another_position() {
        // The first occurrence still had White's kingside castling; it does not count with the later ones.
        let start = "4k2r/8/8/8/8/8/8/4K2R w Kk -";
        let moves = "Kf1 Kf8 Ke1 Ke8 Kf1 Kf8 Ke1 Ke8";
        assert_eq!(game(start, moves).occurrences(), 2);
    }

    #[test]
    fn draws_are_offered_and_answered() {
        let mut g = game("", "e4");
        assert!(g.accept_draw(Color::Black).is_err());
        g.offer_draw(Color::White).unwrap();
        assert!(g.accept_draw(Color::White).is_err());
        g.decline_draw(Color::Black).unwrap();
        assert_eq!(g.draw_offer(), None);
        g.offer_draw(Color::White).unwrap();
        g.accept_draw(Color::Black).unwrap();
        assert_eq!(g.ending(), Some(Ending::draw(Reason::Agreement)));
        let mut moved = game("", "e4");
        moved.offer_draw(Color::White).unwrap();
        let reply = moved.read("e5").unwrap();
        moved.play(reply).unwrap();
        assert_eq!(moved.draw_offer(), None, "a move answers an offer");
    }

    #[test]
    fn nothing_happens_after_the_end_but_taking_back() {
        let mut g = game("", "f3 e5 g4 Qh4#");
        for refusal in [
            g.read("e4").unwrap_err(),
            g.resign(Color::White).unwrap_err(),
            g.abort().unwrap_err(),
            g.offer_draw(Color::White).unwrap_err(),
            g.claim_draw().unwrap_err(),
        ] {
            let text = refusal.to_string();
            assert!(
                text.contains("over: 0-1 by checkmate") && text.contains("Nothing changed"),
                "{text}"
            );
        }
        g.take_back_to(2);
        assert!(g.is_ongoing());
        assert_eq!((g.ply(), g.turn()), (2, Color::White));
    }

    #[test]
    fn a_game_is_called_off_only_before_both_sides_moved() {
        let mut early = game("", "e4");
        early.abort().unwrap();
        assert_eq!(
            early.ending(),
            Some(Ending {
                score: Score::None,
                reason: Reason::Aborted
            })
        );
        assert!(game("", "e4 e5").abort().is_err());
    }

    #[test]
    fn a_refused_move_says_everything() {
        let text = game("", "e4 e5").read("Nf6").unwrap_err().to_string();
        for part in [
            "`Nf6`",
            "Similar legal moves: Nf3",
            "Other legal moves:",
            "ply 2",
            "rnbqkbnr/",
            "ask the person",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let choice = game("8/P7/8/8/8/8/8/k2K4 w - -", "")
            .read("a8")
            .unwrap_err()
            .to_string();
        assert_eq!(choice.matches("a8=Q").count(), 1, "{choice}");
        let long = game("", "").read(&"x`".repeat(500)).unwrap_err().to_string();
        assert!(long.len() < 600, "{long}");
    }

    /// A start with nothing on the board but pawns, kings and the rooks of one side.
    fn cleared(number: u16, side: CastlingSide) -> Game {
        let start = Start::chess960(number).unwrap();
        let mut board = start.position().board().clone();
        let mut kept = board.pawns() | board.kings();
        for color in Color::ALL {
            kept.add(start.position().castles().rook(color, side).unwrap());
        }
        for square in board.occupied() & !kept {
            board.discard_piece_at(square);
        }
        let setup = Setup {
            castling_rights: board.rooks(),
            board,
            ..Setup::initial()
        };
        let fen = Fen::try_from_setup(setup).unwrap().to_string();
        Game::new(&Start::from_fen(&fen, Variant::Chess960).unwrap())
    }

    #[test]
    fn castling_works_from_every_start_and_in_every_spelling() {
        for number in 0..STARTS {
            for (side, san, slang, words) in [
                (CastlingSide::KingSide, "O-O", "0-0", "castle short"),
                (CastlingSide::QueenSide, "O-O-O", "0-0-0", "castle long"),
            ] {
                let mut game = cleared(number, side);
                let m = game.read(san).unwrap();
                assert!(m.is_castle(), "{number} {san}");
                assert_eq!(game.read(slang), Ok(m), "{number} {slang}");
                assert_eq!(game.read(words), Ok(m), "{number} {words}");
                let king_takes_rook = format!("{}{}", m.from().unwrap(), m.to());
                assert_eq!(game.read(&king_takes_rook), Ok(m), "{number} {king_takes_rook}");
                game.play(m).unwrap();
                assert_eq!(game.uci(0), Some(king_takes_rook));
                let board = game.position().board();
                let (king, rook) = (side.king_to(Color::White), side.rook_to(Color::White));
                assert_eq!(board.role_at(king), Some(Role::King), "{number} {san}");
                assert_eq!(board.role_at(rook), Some(Role::Rook), "{number} {san}");
                let ours = board.by_color(Color::White).count();
                assert_eq!(ours, 10, "{number} {san}: nobody is lost on the way");
                let copy = Game::restore(
                    Variant::Chess960,
                    Some(&game.start_fen()),
                    &game.uci_moves(),
                    None,
                    None,
                );
                assert_eq!(copy.unwrap().fen(), game.fen(), "{number} {san}");
            }
        }
    }

    #[test]
    fn a_row_that_makes_no_sense_is_an_error() {
        assert_eq!(
            Game::restore(Variant::Standard, None, "e2e4 e2e4", None, None).unwrap_err(),
            Unplayable::Move(2)
        );
        assert_eq!(
            Game::restore(Variant::Standard, None, "zz", None, None).unwrap_err(),
            Unplayable::Move(1)
        );
        assert_eq!(
            Game::restore(Variant::Chess960, Some("nonsense"), "", None, None).unwrap_err(),
            Unplayable::Start
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn storing_and_restoring_a_game_of_chess960_is_no_change(
            start in walk::starts(),
            steps in walk::steps(),
        ) {
            let game = walk::game(&start, &steps);
            let moves = game.uci_moves();
            let copy = Game::restore(Variant::Chess960, Some(&game.start_fen()), &moves, game.ending(), None);
            let copy = copy.unwrap();
            prop_assert_eq!(copy.variant(), Variant::Chess960);
            prop_assert_eq!(copy.fen(), game.fen());
            prop_assert_eq!(copy.moves(), game.moves());
            for ply in 0..game.ply() {
                let before = game.position_at(ply).unwrap();
                let fen = fen_of(before);
                let read_back = Start::from_fen(&fen, Variant::Chess960).unwrap();
                prop_assert_eq!(read_back.position(), before);
                prop_assert!(read_back.notes().is_empty(), "{}", fen);
                let played = game.moves().get(ply).copied();
                prop_assert_eq!(read_move(before, &game.san(ply).unwrap()).ok(), played);
                prop_assert_eq!(read_move(before, &game.uci(ply).unwrap()).ok(), played);
            }
        }

        #[test]
        fn storing_and_restoring_is_no_change(steps in walk::steps()) {
            let mut game = Game::default();
            for m in walk::moves(&steps) {
                if game.play(m).is_err() {
                    break;
                }
            }
            let copy = Game::restore(Variant::Standard, None, &game.uci_moves(), game.ending(), None).unwrap();
            prop_assert_eq!(copy.fen(), game.fen());
            prop_assert_eq!(copy.ply(), game.ply());
            let start = Start::from_fen(&game.fen(), Variant::Standard).unwrap();
            prop_assert_eq!(start.position(), game.position());
            prop_assert_eq!(fen_of(start.position()), game.fen());
        }
    }
}
