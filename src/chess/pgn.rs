//! PGN: the export format of the standard of 1994, with its seven tags, and numbered moves for reading.

use shakmaty::{Chess, Color, Position};

use super::game::Game;
use super::opening::Opening;
use super::outcome::{Reason, Score};
use super::player::PersonSide;
use super::variant::Variant;

/// What the tags of a game say that its moves do not; none where it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PgnTags {
    /// What the game was part of.
    pub event: Option<String>,
    /// Where it was played, often an address.
    pub site: Option<String>,
    /// `YYYY.MM.DD`, with question marks for what is not known.
    pub date: Option<String>,
    /// The round; `-` where there are none.
    pub round: Option<String>,
    /// The player of the white pieces.
    pub white: Option<String>,
    /// The player of the black pieces.
    pub black: Option<String>,
    /// White's rating.
    pub white_elo: Option<u16>,
    /// Black's rating.
    pub black_elo: Option<u16>,
    /// The time control, as the standard writes it.
    pub time_control: Option<String>,
}

impl PgnTags {
    /// The player whom the person did not play, or both where they played neither side; nothing where a name is not
    /// known.
    pub fn other_than(&self, person: PersonSide) -> Option<String> {
        match person.color() {
            Some(color) => color.fold_wb(&self.black, &self.white).clone(),
            None => Some(format!("{} – {}", self.white.as_ref()?, self.black.as_ref()?)),
        }
    }
}

/// A game about to be written.
#[derive(Debug)]
pub struct Pgn<'a> {
    /// The tags that are not in the game itself.
    pub tags: &'a PgnTags,
    /// The game.
    pub game: &'a Game,
    /// How many of its moves are written.
    pub plies: usize,
}

const WIDTH: usize = 80;

/// Stands for what is not known.
const UNKNOWN: &str = "?";

impl Pgn<'_> {
    /// The text, ending in a newline.
    pub fn write(&self) -> String {
        let game = self.game;
        let whole = self.plies >= game.ply();
        let result = if whole { game.score() } else { Score::None };
        let mut text = String::with_capacity(400 + self.plies * 8);
        let tags = self.tags;
        tag(&mut text, "Event", tags.event.as_deref().unwrap_or(UNKNOWN));
        tag(&mut text, "Site", tags.site.as_deref().unwrap_or(UNKNOWN));
        tag(&mut text, "Date", tags.date.as_deref().unwrap_or("????.??.??"));
        tag(&mut text, "Round", tags.round.as_deref().unwrap_or(UNKNOWN));
        tag(&mut text, "White", tags.white.as_deref().unwrap_or(UNKNOWN));
        tag(&mut text, "Black", tags.black.as_deref().unwrap_or(UNKNOWN));
        tag(&mut text, "Result", result.as_str());
        for (name, elo) in [("WhiteElo", tags.white_elo), ("BlackElo", tags.black_elo)] {
            if let Some(elo) = elo {
                tag(&mut text, name, &elo.to_string());
            }
        }
        if let Some(time_control) = &tags.time_control {
            tag(&mut text, "TimeControl", time_control);
        }
        if game.variant() == Variant::Chess960 {
            tag(&mut text, "Variant", "Chess960");
        }
        if !game.is_from_standard_start() {
            tag(&mut text, "SetUp", "1");
            tag(&mut text, "FEN", &game.start_fen());
        } else if let Some(opening) = Opening::of_game(self.positions()) {
            tag(&mut text, "ECO", &opening.eco);
            tag(&mut text, "Opening", &opening.name);
        }
        tag(
            &mut text,
            "Termination",
            if whole { termination(game) } else { "unterminated" },
        );
        text.push('\n');
        let mut words = numbered_words(game, 0, self.plies);
        words.push(result.as_str().to_owned());
        wrap(&mut text, &words);
        text
    }

    /// What stood on the board in the part that is written.
    fn positions(&self) -> &[Chess] {
        let all = self.game.positions();
        all.get(..=self.plies).unwrap_or(all)
    }
}

fn termination(game: &Game) -> &'static str {
    match game.ending().map(|ending| ending.reason) {
        None => "unterminated",
        Some(Reason::Aborted) => "abandoned",
        Some(Reason::Timeout) => "time forfeit",
        Some(_) => "normal",
    }
}

fn tag(text: &mut String, name: &str, value: &str) {
    text.push('[');
    text.push_str(name);
    text.push_str(" \"");
    for c in value.chars().filter(|c| !c.is_control()).take(200) {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push_str("\"]\n");
}

fn wrap(text: &mut String, words: &[String]) {
    let mut column = 0;
    for word in words {
        if column > 0 && column + 1 + word.len() >= WIDTH {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.len();
    }
    text.push('\n');
}

/// The moves from ply `from` up to ply `to`, numbered: `1. e4 e5 2. Nf3`, `3... Nf6 4. d3`.
pub fn numbered(game: &Game, from: usize, to: usize) -> String {
    numbered_words(game, from, to).join(" ")
}

/// The same for moves whose SAN is at hand; `sans` begins with the move of ply `from`.
pub fn numbered_sans(game: &Game, from: usize, sans: &[String]) -> String {
    let mut text = String::with_capacity(sans.len() * 8);
    for (i, san) in sans.iter().enumerate() {
        if !text.is_empty() {
            text.push(' ');
        }
        if let Some(number) = number_before(game, from + i, i == 0) {
            text.push_str(&number);
            text.push(' ');
        }
        text.push_str(san);
    }
    text
}

fn numbered_words(game: &Game, from: usize, to: usize) -> Vec<String> {
    let mut words = Vec::with_capacity((to.saturating_sub(from)) * 2);
    for ply in from..to.min(game.ply()) {
        words.extend(number_before(game, ply, ply == from));
        words.extend(game.san(ply));
    }
    words
}

/// The number that stands before a move: always before White's, before Black's only where the text begins.
fn number_before(game: &Game, ply: usize, begins: bool) -> Option<String> {
    let position = game.position_at(ply)?;
    match position.turn() {
        Color::White => Some(format!("{}.", position.fullmoves())),
        Color::Black => begins.then(|| format!("{}...", position.fullmoves())),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use pgn_reader::{RawTag, Reader, SanPlus, Visitor};
    use proptest::prelude::*;

    use super::super::movetext::movetext_tokens;
    use super::super::start::Start;
    use super::super::walk;
    use super::*;

    fn tags() -> PgnTags {
        PgnTags {
            event: Some("A \"friendly\" game".to_owned()),
            date: Some("2026.01.02".to_owned()),
            white: Some("Ana".to_owned()),
            black: Some("Back\\slash".to_owned()),
            ..PgnTags::default()
        }
    }

    /// Another reader's view of our text: its tags, and where its moves lead.
    struct Judge;

    impl Visitor for Judge {
        type Tags = Vec<(String, String)>;
        type Movetext = (Vec<(String, String)>, Game);
        type Output = (Vec<(String, String)>, Game);

        fn begin_tags(&mut self) -> ControlFlow<Self::Output, Self::Tags> {
            ControlFlow::Continue(Vec::new())
        }

        fn tag(
            &mut self,
            tags: &mut Self::Tags,
            name: &[u8],
            value: RawTag<'_>,
        ) -> ControlFlow<Self::Output> {
            let name = String::from_utf8_lossy(name).into_owned();
            tags.push((name, value.decode_utf8_lossy().into_owned()));
            ControlFlow::Continue(())
        }

        fn begin_movetext(&mut self, tags: Self::Tags) -> ControlFlow<Self::Output, Self::Movetext> {
            let value = |wanted| {
                tags.iter()
                    .find(|(name, _)| name == wanted)
                    .map(|(_, value)| value)
            };
            let variant = match value("Variant") {
                Some(name) => name.to_lowercase().parse().unwrap(),
                None => Variant::Standard,
            };
            let start = value("FEN").map(|fen| Start::from_fen(fen, variant).unwrap());
            let start = start.unwrap_or_default();
            ControlFlow::Continue((tags, Game::new(&start)))
        }

        fn san(&mut self, (_, game): &mut Self::Movetext, san: SanPlus) -> ControlFlow<Self::Output> {
            let m = game.read(&san.to_string()).unwrap();
            game.play(m).unwrap();
            ControlFlow::Continue(())
        }

        fn end_game(&mut self, movetext: Self::Movetext) -> Self::Output {
            movetext
        }
    }

    fn judged(text: &str) -> (Vec<(String, String)>, Game) {
        Reader::new(text.as_bytes())
            .read_game(&mut Judge)
            .unwrap()
            .unwrap()
    }

    #[test]
    fn a_game_is_written_as_the_standard_says() {
        let mut game = Game::default();
        for text in ["f3", "e5", "g4", "Qh4#"] {
            game.play(game.read(text).unwrap()).unwrap();
        }
        let text = Pgn {
            tags: &tags(),
            game: &game,
            plies: game.ply(),
        }
        .write();
        assert!(
            text.starts_with("[Event \"A \\\"friendly\\\" game\"]\n[Site \"?\"]\n[Date \"2026.01.02\"]\n")
        );
        assert!(text.contains("[Result \"0-1\"]\n"), "{text}");
        assert!(
            text.contains("[Termination \"normal\"]\n\n1. f3 e5 2. g4 Qh4# 0-1\n"),
            "{text}"
        );
        let (tags, _) = judged(&text);
        assert!(
            tags.contains(&("Black".to_owned(), "Back\\slash".to_owned())),
            "{tags:?}"
        );
    }

    #[test]
    fn a_part_of_a_game_has_the_opening_of_that_part() {
        let mut game = Game::default();
        for text in ["e4", "e5", "Nf3", "Nc6", "Bb5"] {
            game.play(game.read(text).unwrap()).unwrap();
        }
        for (plies, eco) in [(2, Some("C20")), (5, Some("C60")), (9, Some("C60")), (0, None)] {
            let text = Pgn {
                tags: &tags(),
                game: &game,
                plies,
            }
            .write();
            let (tags, _) = judged(&text);
            let found = tags.iter().find(|(name, _)| name == "ECO");
            assert_eq!(found.map(|(_, eco)| eco.as_str()), eco, "{text}");
        }
    }

    #[test]
    fn a_game_from_a_position_says_so() {
        let start = Start::from_fen("4k3/8/8/8/8/8/4p3/K7 b - - 0 30", Variant::Standard).unwrap();
        let mut game = Game::new(&start);
        game.play(game.read("e1=Q+").unwrap()).unwrap();
        let text = Pgn {
            tags: &tags(),
            game: &game,
            plies: 1,
        }
        .write();
        assert!(
            text.contains("[SetUp \"1\"]\n[FEN \"4k3/8/8/8/8/8/4p3/K7 b - - 0 30\"]\n"),
            "{text}"
        );
        assert!(text.ends_with("\n30... e1=Q+ *\n"), "{text}");
    }

    #[test]
    fn a_game_of_chess960_says_so_even_from_the_usual_array() {
        let mut game = Game::new(&Start::usual(Variant::Chess960));
        for text in ["e4", "e5", "Nf3", "Nc6", "Bc4", "Bc5", "O-O"] {
            game.play(game.read(text).unwrap()).unwrap();
        }
        let text = Pgn {
            tags: &tags(),
            game: &game,
            plies: game.ply(),
        }
        .write();
        assert!(
            text.contains(
                "[Variant \"Chess960\"]\n[SetUp \"1\"]\n\
                 [FEN \"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1\"]\n"
            ),
            "{text}"
        );
        assert!(!text.contains("[Opening"), "{text}");
        assert!(
            text.ends_with("\n1. e4 e5 2. Nf3 Nc6 3. Bc4 Bc5 4. O-O *\n"),
            "{text}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_game_of_chess960_reads_back(start in walk::starts(), steps in walk::steps()) {
            let game = walk::game(&start, &steps);
            let text = Pgn { tags: &tags(), game: &game, plies: game.ply() }.write();
            let (_, other) = judged(&text);
            prop_assert_eq!(other.variant(), Variant::Chess960);
            prop_assert_eq!(other.fen(), game.fen());
            prop_assert_eq!(other.uci_moves(), game.uci_moves());
        }

        #[test]
        fn what_is_written_reads_back(steps in walk::steps()) {
            let mut game = Game::default();
            for m in walk::moves(&steps) {
                if game.play(m).is_err() {
                    break;
                }
            }
            let text = Pgn { tags: &tags(), game: &game, plies: game.ply() }.write();
            prop_assert!(text.lines().all(|line| line.len() <= 80 || line.starts_with('[')), "{}", text);
            let (_, other) = judged(&text);
            prop_assert_eq!(other.fen(), game.fen());
            let mut ours = Game::default();
            for token in movetext_tokens(&text).unwrap() {
                ours.play(ours.read(&token).unwrap()).unwrap();
            }
            prop_assert_eq!(ours.fen(), game.fen());
        }
    }
}
