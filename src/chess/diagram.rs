//! A position as a picture: one SVG, the same wherever it is made.
//!
//! It decides what is on the picture and how it looks. Which move is marked and who sits below is the caller's to say;
//! how a drawing becomes pixels, see the module `picture`. Nothing that people wrote gets in, and it needs no fonts: the
//! coordinates are strokes.

mod art;

use std::fmt::Write as _;

use shakmaty::{Chess, Color, File, Move, Position, Rank, Role, Square};

use super::board::fen_of;
use super::game::Game;
use super::wording::color_name;

/// Width and height that a drawing asks for, in pixels: sharp in a chat on dense screens too. It may be shown at any
/// size.
pub const DIAGRAM_SIZE: u16 = 720;

/// A square's edge in the units of the drawing.
const SQUARE: u32 = 100;
const BOARD: u32 = 8 * SQUARE;

const LIGHT: &str = "#f0d9b5";
const DARK: &str = "#b58863";
const LAST_MOVE: &str = "#9bc700";
const ARROW: &str = "#15781b";

/// Where signs stand in their squares: a digit from the left upper corner, a letter from the right lower one.
const DIGIT: (u32, u32) = (3, 2);
const LETTER: (u32, u32) = (85, 78);

/// From the middle of one square to the middle of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrow {
    /// Where it begins.
    pub from: Square,
    /// Where its head is.
    pub to: Square,
}

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Diagram<'a> {
    /// What stands on the board. A king in check glows.
    pub position: &'a Chess,
    /// Who sits below.
    pub side: Color,
    /// The move that led here; its squares are tinted.
    pub last_move: Option<Move>,
    /// Squares with a ring.
    pub marks: &'a [Square],
    /// Arrows, over everything else.
    pub arrows: &'a [Arrow],
}

impl<'a> Diagram<'a> {
    /// The position seen from `side`, with nothing marked but a check.
    pub const fn of(position: &'a Chess, side: Color) -> Self {
        Self {
            position,
            side,
            last_move: None,
            marks: &[],
            arrows: &[],
        }
    }

    /// What stood on the board after `ply` moves of a game, with the last of them; `None` beyond its end.
    pub fn at(game: &'a Game, ply: usize, side: Color) -> Option<Self> {
        let last = ply.checked_sub(1).and_then(|last| game.moves().get(last));
        Some(Self {
            last_move: last.copied(),
            ..Self::of(game.position_at(ply)?, side)
        })
    }

    /// In one line what the picture shows, for whoever cannot see it.
    pub fn words(&self) -> String {
        let turn = color_name(self.position.turn());
        let check = if self.position.is_check() {
            ", in check"
        } else {
            ""
        };
        format!("{turn} to move{check}: {}", fen_of(self.position))
    }

    /// The drawing: an SVG document of about 10 kB that refers to nothing outside itself.
    pub fn svg(&self) -> String {
        let mut svg = String::with_capacity(16 * 1024);
        self.open(&mut svg);
        self.define(&mut svg);
        self.squares(&mut svg);
        self.tints(&mut svg);
        self.coordinates(&mut svg);
        self.pieces(&mut svg);
        self.marks(&mut svg);
        self.arrows(&mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    fn open(&self, svg: &mut String) {
        let fen = fen_of(self.position);
        let turn = color_name(self.position.turn());
        let _ = write!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BOARD} {BOARD}" width="{DIAGRAM_SIZE}" height="{DIAGRAM_SIZE}" role="img" aria-label="{fen}"><title>Chess board, {turn} to move</title>"#
        );
    }

    /// Each kind of piece that is on the board, once.
    fn define(&self, svg: &mut String) {
        svg.push_str("<defs>");
        if self.position.is_check() {
            svg.push_str(art::GLOW);
        }
        let board = self.position.board();
        let kinds = Color::ALL
            .into_iter()
            .flat_map(|color| Role::ALL.map(|role| role.of(color)));
        for piece in kinds.filter(|piece| board.by_piece(*piece).any()) {
            let _ = write!(svg, r#"<g id="{}">{}</g>"#, art::name(piece), art::piece(piece));
        }
        svg.push_str("</defs>");
    }

    fn squares(&self, svg: &mut String) {
        let _ = write!(
            svg,
            r#"<path fill="{LIGHT}" d="M0 0h{BOARD}v{BOARD}H0z"/><path fill="{DARK}" d=""#
        );
        for square in Square::ALL.into_iter().filter(|square| square.is_dark()) {
            svg.push_str(&self.tile(square));
        }
        svg.push_str("\"/>");
    }

    fn tints(&self, svg: &mut String) {
        if let Some(last) = self.last_move {
            let [from, to] = self.way_of(last).map(|square| self.tile(square));
            let _ = write!(
                svg,
                r#"<path fill="{LAST_MOVE}" fill-opacity=".41" d="{from}{to}"/>"#
            );
        }
        let turn = self.position.turn();
        let king = self.position.board().king_of(turn);
        if let Some(king) = king.filter(|_| self.position.is_check()) {
            let _ = write!(svg, r#"<path fill="url(#check)" d="{}"/>"#, self.tile(king));
        }
    }

    /// Ranks on the squares at the left edge, files on those below, each in the colour of the other squares.
    fn coordinates(&self, svg: &mut String) {
        let (left, below) = match self.side {
            Color::White => (File::A, Rank::First),
            Color::Black => (File::H, Rank::Eighth),
        };
        svg.push_str(r#"<g fill="none" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">"#);
        for rank in Rank::ALL {
            self.sign(svg, Square::from_coords(left, rank), DIGIT, art::digit(rank));
        }
        for file in File::ALL {
            self.sign(svg, Square::from_coords(file, below), LETTER, art::letter(file));
        }
        svg.push_str("</g>");
    }

    fn sign(&self, svg: &mut String, square: Square, inset: (u32, u32), strokes: &str) {
        let (x, y) = self.corner(square);
        let (x, y) = (x + inset.0, y + inset.1);
        let color = if square.is_dark() { LIGHT } else { DARK };
        let _ = write!(
            svg,
            r#"<path stroke="{color}" transform="translate({x} {y})scale(1.05)" d="{strokes}"/>"#
        );
    }

    fn pieces(&self, svg: &mut String) {
        for (square, piece) in self.position.board() {
            let (x, y) = self.corner(square);
            let _ = write!(svg, r##"<use href="#{}" x="{x}" y="{y}"/>"##, art::name(piece));
        }
    }

    fn marks(&self, svg: &mut String) {
        for square in self.marks {
            let (x, y) = self.middle(*square);
            let _ = write!(
                svg,
                r#"<circle cx="{x}" cy="{y}" r="45" fill="none" stroke="{ARROW}" stroke-width="7" stroke-opacity=".8"/>"#
            );
        }
    }

    fn arrows(&self, svg: &mut String) {
        for arrow in self.arrows.iter().filter(|arrow| arrow.from != arrow.to) {
            let outline = art::arrow(self.middle(arrow.from), self.middle(arrow.to));
            let _ = write!(svg, r#"<path fill="{ARROW}" fill-opacity=".8" d="{outline}"/>"#);
        }
    }

    /// From where to where; castling is the way of the king.
    fn way_of(&self, last: Move) -> [Square; 2] {
        let king_to = last
            .castling_side()
            .map(|side| side.king_to(!self.position.turn()));
        let to = king_to.unwrap_or(last.to());
        [last.from().unwrap_or(to), to]
    }

    fn tile(&self, square: Square) -> String {
        let (x, y) = self.corner(square);
        format!("M{x} {y}h{SQUARE}v{SQUARE}h-{SQUARE}z")
    }

    /// The left upper corner of a square, in units of the drawing.
    fn corner(&self, square: Square) -> (u32, u32) {
        let (file, rank) = (u32::from(square.file()), u32::from(square.rank()));
        let (column, row) = match self.side {
            Color::White => (file, 7 - rank),
            Color::Black => (7 - file, rank),
        };
        (column * SQUARE, row * SQUARE)
    }

    fn middle(&self, square: Square) -> (u32, u32) {
        let (x, y) = self.corner(square);
        (x + SQUARE / 2, y + SQUARE / 2)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::super::walk;
    use super::*;

    fn position(fen: &str) -> Chess {
        Start::from_fen(fen, Variant::Standard)
            .unwrap()
            .position()
            .clone()
    }

    fn played(start: &Start, moves: &[&str]) -> Game {
        let mut game = Game::new(start);
        for text in moves {
            game.play(game.read(text).unwrap()).unwrap();
        }
        game
    }

    fn last_move(game: &Game) -> String {
        let svg = Diagram::at(game, game.ply(), Color::White).unwrap().svg();
        let (_, rest) = svg.split_once(LAST_MOVE).unwrap();
        rest.split('"').nth(4).unwrap().to_owned()
    }

    #[test]
    fn the_person_sits_below() {
        let position = position("7k/8/8/8/8/8/8/R3K3 w Q - 0 1");
        for (side, rook, king) in [
            (
                Color::White,
                r##"<use href="#wR" x="0" y="700"/>"##,
                r##"<use href="#bK" x="700" y="0"/>"##,
            ),
            (
                Color::Black,
                r##"<use href="#wR" x="700" y="0"/>"##,
                r##"<use href="#bK" x="0" y="700"/>"##,
            ),
        ] {
            let svg = Diagram::of(&position, side).svg();
            assert!(svg.contains(rook) && svg.contains(king), "{side}: {svg}");
        }
    }

    #[test]
    fn the_corner_on_the_left_below_is_dark_and_has_both_signs() {
        let position = Chess::new();
        for (side, rank, file) in [
            (Color::White, Rank::First, File::A),
            (Color::Black, Rank::Eighth, File::H),
        ] {
            let svg = Diagram::of(&position, side).svg();
            assert!(
                svg.contains("M0 700h100v100h-100z") && !svg.contains("M0 0h100v100h-100z"),
                "{svg}"
            );
            for (at, sign) in [("3 702", art::digit(rank)), ("85 778", art::letter(file))] {
                let sign = format!(r#"stroke="{LIGHT}" transform="translate({at})scale(1.05)" d="{sign}""#);
                assert!(svg.contains(&sign), "{sign}: {svg}");
            }
        }
    }

    #[test]
    fn a_piece_is_drawn_once_and_used_where_it_stands() {
        for (fen, kinds) in [
            ("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1", 12),
            ("8/QQQQ4/8/7k/8/QQQQ4/Q7/K7 w - - 0 1", 3),
            ("8/8/8/4k3/8/8/4P3/4K3 b - - 0 1", 3),
        ] {
            let position = position(fen);
            let svg = Diagram::of(&position, Color::White).svg();
            assert_eq!(
                svg.matches("<use ").count(),
                position.board().occupied().count(),
                "{fen}"
            );
            assert_eq!(svg.matches("<g id=").count(), kinds, "{fen}");
            assert!(svg.len() < 16 * 1024, "{fen}: {} bytes", svg.len());
        }
    }

    #[test]
    fn the_last_move_is_tinted_and_castling_is_the_kings() {
        let usual = Start::default();
        assert_eq!(
            last_move(&played(&usual, &["e4"])),
            "M400 600h100v100h-100zM400 400h100v100h-100z"
        );
        let castled = played(&usual, &["e4", "e5", "Nf3", "Nc6", "Bc4", "Bc5", "O-O"]);
        assert_eq!(
            last_move(&castled),
            "M400 700h100v100h-100zM600 700h100v100h-100z"
        );
        let far = Start::from_fen("4k3/8/8/8/8/8/8/1K5R w H - 0 1", Variant::Chess960).unwrap();
        assert_eq!(
            last_move(&played(&far, &["O-O"])),
            "M100 700h100v100h-100zM600 700h100v100h-100z"
        );
    }

    #[test]
    fn a_king_in_check_glows() {
        let mate = played(&Start::default(), &["f3", "e5", "g4", "Qh4"]);
        let svg = Diagram::of(mate.position(), Color::White).svg();
        assert!(
            svg.contains(r#"fill="url(#check)" d="M400 700h"#) && svg.contains(art::GLOW),
            "{svg}"
        );
        let quiet = Diagram::of(&Chess::new(), Color::White).svg();
        assert!(!quiet.contains("check"), "{quiet}");
    }

    #[test]
    fn rings_and_arrows_are_where_they_were_asked_for() {
        let position = Chess::new();
        let arrow = |from, to| Arrow { from, to };
        let diagram = Diagram {
            marks: &[Square::D4],
            arrows: &[arrow(Square::E2, Square::E4), arrow(Square::C3, Square::C3)],
            ..Diagram::of(&position, Color::Black)
        };
        let svg = diagram.svg();
        assert!(svg.contains(r#"<circle cx="450" cy="350""#), "{svg}");
        assert_eq!(
            svg.matches(r#"fill-opacity=".8""#).count(),
            1,
            "an arrow to its own square is none"
        );
        assert!(
            svg.contains("350.0 350.0") && !svg.contains("NaN"),
            "its head is on e4: {svg}"
        );
    }

    #[test]
    fn it_says_what_it_shows() {
        let svg = Diagram::of(&Chess::new(), Color::Black).svg();
        let label = r#"role="img" aria-label="rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1""#;
        assert!(
            svg.contains(label) && svg.contains("<title>Chess board, White to move</title>"),
            "{svg}"
        );
    }

    proptest! {
        #[test]
        fn every_position_has_one_drawing(start in walk::starts(), steps in walk::steps(), white: bool) {
            let game = walk::game(&start, &steps);
            let side = Color::from_white(white);
            let svg = Diagram::at(&game, game.ply(), side).unwrap().svg();
            let again = Game::restore(Variant::Chess960, Some(&game.start_fen()), &game.uci_moves(), None, None).unwrap();
            prop_assert_eq!(&svg, &Diagram::at(&again, game.ply(), side).unwrap().svg());
            prop_assert!(Diagram::at(&game, game.ply() + 1, side).is_none());
            prop_assert_eq!(svg.matches("<use ").count(), game.position().board().occupied().count());
        }
    }
}
