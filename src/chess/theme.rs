//! What puzzles are about: the theme words of Lichess, and what people write when they mean one.
//!
//! Which themes a position shows is decided in [`super::recognition`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! themes {
    ($($name:ident $word:literal $says:literal,)*) => {
        /// What a puzzle is about. The words are those of the Lichess puzzle file, so that it can be searched by them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Theme {
            $(#[doc = $says] $name,)*
        }

        impl Theme {
            /// All of them, as they are listed.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word: `mateIn2`.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What it means, in a sentence.
            pub const fn says(self) -> &'static str {
                match self {
                    $(Self::$name => $says,)*
                }
            }
        }
    };
}

themes! {
    MateIn1 "mateIn1" "Mate in one move.",
    MateIn2 "mateIn2" "Mate in two moves.",
    MateIn3 "mateIn3" "Mate in three moves.",
    MateIn4 "mateIn4" "Mate in four moves.",
    MateIn5 "mateIn5" "Mate in five moves or more.",
    Mate "mate" "The line ends in mate.",
    BackRankMate "backRankMate" "The king is mated on its back rank, shut in by its own pieces.",
    SmotheredMate "smotheredMate" "A knight mates a king that its own pieces leave no square.",
    AnastasiaMate "anastasiaMate" "Knight and rook or queen mate a king between the edge and its own piece.",
    ArabianMate "arabianMate" "Knight and rook mate a king in the corner.",
    BalestraMate "balestraMate" "A bishop mates while the queen cuts off the remaining squares.",
    BlindSwineMate "blindSwineMate" "Two rooks on the second rank mate.",
    BodenMate "bodenMate" "Two bishops on crossing diagonals mate a king shut in by its own pieces.",
    CornerMate "cornerMate" "A knight mates a king in the corner whose way out a rook or queen guards.",
    DoubleBishopMate "doubleBishopMate" "Two bishops on neighbouring diagonals mate.",
    DovetailMate "dovetailMate" "A queen mates from the next diagonal square; its own pieces take the other two.",
    EpauletteMate "epauletteMate" "The king is mated between two of its own pieces at its sides.",
    HookMate "hookMate" "Rook, knight and pawn mate together.",
    KillBoxMate "killBoxMate" "A rook beside the king mates, guarded by the queen that bars the way out.",
    MorphysMate "morphysMate" "A bishop mates while a rook bars the way out.",
    OperaMate "operaMate" "A rook mates on the back rank, guarded by a bishop.",
    PillsburysMate "pillsburysMate" "A rook mates while a bishop guards the way out.",
    SwallowstailMate "swallowstailMate" "A queen next to the king mates; its own pieces take the squares behind it.",
    TriangleMate "triangleMate" "Queen and rook mate, with the king a triangle.",
    VukovicMate "vukovicMate" "A rook mates, guarded by another piece, while a knight guards the rest.",
    Fork "fork" "One piece attacks two at once.",
    Pin "pin" "A piece cannot move, or not everywhere, because of what stands behind it.",
    Skewer "skewer" "A valuable piece must step aside, and the one behind it is taken.",
    DiscoveredAttack "discoveredAttack" "A piece steps aside and opens the line of another.",
    DiscoveredCheck "discoveredCheck" "A piece steps aside, and another gives check.",
    DoubleCheck "doubleCheck" "Two pieces give check at once.",
    Sacrifice "sacrifice" "Material is given up for something better.",
    QuietMove "quietMove" "A move that neither gives check, takes nor attacks is the strong one.",
    HangingPiece "hangingPiece" "A piece stands undefended and can be taken.",
    Promotion "promotion" "A pawn is promoted.",
    UnderPromotion "underPromotion" "A pawn becomes a knight, bishop or rook.",
    EnPassant "enPassant" "A pawn is taken in passing.",
    Castling "castling" "The solver castles.",
    AdvancedPawn "advancedPawn" "A pawn one step from promotion, or promoting, matters.",
    AttackingF2F7 "attackingF2F7" "The attack goes against f2 or f7.",
    Attraction "attraction" "A piece is lured to a bad square.",
    CapturingDefender "capturingDefender" "A piece that defends another is taken.",
    Clearance "clearance" "A piece makes way for another.",
    CollinearMove "collinearMove" "A piece moves along the line on which it faces another.",
    DefensiveMove "defensiveMove" "A precise move holds.",
    Deflection "deflection" "A piece is drawn away from its duty.",
    ExposedKing "exposedKing" "A king stands with little shelter.",
    Interference "interference" "A piece cuts the line between two of the opponent's.",
    Intermezzo "intermezzo" "A move in between comes before the expected one.",
    KingsideAttack "kingsideAttack" "An attack on a king that has castled kingside.",
    QueensideAttack "queensideAttack" "An attack on a king that has castled queenside.",
    TrappedPiece "trappedPiece" "A piece has no square to go to.",
    XRayAttack "xRayAttack" "A piece attacks or defends through another.",
    Zugzwang "zugzwang" "Whoever has to move has no good one.",
    CheckFirst "checkFirst" "Checks are the moves to look at first.",
    Opening "opening" "From the opening.",
    Middlegame "middlegame" "From the middlegame.",
    Endgame "endgame" "From the endgame.",
    PawnEndgame "pawnEndgame" "Kings and pawns only.",
    KnightEndgame "knightEndgame" "Knights and pawns only.",
    BishopEndgame "bishopEndgame" "Bishops and pawns only.",
    RookEndgame "rookEndgame" "Rooks and pawns only.",
    QueenEndgame "queenEndgame" "Queens and pawns only.",
    QueenRookEndgame "queenRookEndgame" "Queens, rooks and pawns only.",
    Advantage "advantage" "The line wins a clear advantage.",
    Crushing "crushing" "The line wins outright.",
    Equality "equality" "The line saves a lost position.",
    OneMove "oneMove" "One move solves it.",
    Short "short" "Two moves solve it.",
    Long "long" "Three moves solve it.",
    VeryLong "veryLong" "Four moves or more solve it.",
    Master "master" "From a game of a titled player.",
    MasterVsMaster "masterVsMaster" "From a game between titled players.",
    SuperGM "superGM" "From a game of one of the best in the world.",
    MyMistakes "myMistakes" "From mistakes in one's own games.",
}

impl Theme {
    /// The theme of a word as it stands in puzzle files; other words, and [`Theme::MyMistakes`], are none there.
    pub fn from_word(word: &str) -> Option<Self> {
        let named = |theme: &&Self| theme.word() == word && **theme != Self::MyMistakes;
        Self::ALL.iter().find(named).copied()
    }

    /// The themes of words with blanks between them, in order, each once; words that are no theme are left out.
    pub fn from_words(words: &str) -> Vec<Self> {
        let mut themes: Vec<Self> = words.split_whitespace().filter_map(Self::from_word).collect();
        themes.sort_unstable();
        themes.dedup();
        themes
    }

    /// Mate in this many moves, as a word says it.
    pub const fn mate_in(moves: usize) -> Self {
        match moves {
            0 | 1 => Self::MateIn1,
            2 => Self::MateIn2,
            3 => Self::MateIn3,
            4 => Self::MateIn4,
            _ => Self::MateIn5,
        }
    }
}

/// The words with blanks between them.
pub fn theme_words(themes: &[Theme]) -> String {
    let words: Vec<&str> = themes.iter().map(|theme| theme.word()).collect();
    words.join(" ")
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Serialize for Theme {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Theme {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// No theme, or more than one, is meant by what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTheme {
    /// What was asked for, shortened where it was long.
    pub asked: String,
    /// Themes that resemble it, the likeliest first.
    pub similar: Vec<Theme>,
}

impl fmt::Display for UnknownTheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = &self.asked;
        if self.similar.is_empty() {
            let examples = "mateIn1, mateIn2, fork, pin, sacrifice, endgame and myMistakes";
            return write!(f, "`{asked}` is not a theme; {examples} are some");
        }
        let similar = theme_words(&self.similar).replace(' ', ", ");
        write!(f, "`{asked}` is not one theme. Similar themes: {similar}")
    }
}

impl std::error::Error for UnknownTheme {}

/// The longest text that is read as a theme.
const LONGEST: usize = 60;

/// No more similar themes than anybody chooses from.
const MOST_SIMILAR: usize = 5;

impl FromStr for Theme {
    type Err = UnknownTheme;

    /// Forgives case, blanks, hyphens, plurals, number words, words around it and a slip of the finger.
    fn from_str(text: &str) -> Result<Self, UnknownTheme> {
        let refuse = |similar: Vec<Self>| UnknownTheme {
            asked: text.chars().take(LONGEST).collect(),
            similar: similar.into_iter().take(MOST_SIMILAR).collect(),
        };
        if text.chars().count() > LONGEST {
            return Err(refuse(Vec::new()));
        }
        let words = words(text);
        let asked = words.concat();
        let findings = [exact(&asked), by_a_slip(&asked), named(&words), begun(&asked)];
        match findings.into_iter().find(|themes| !themes.is_empty()).as_deref() {
            Some([theme]) => Ok(*theme),
            Some(several) => Err(refuse(several.to_vec())),
            None => Err(refuse(similar(&asked))),
        }
    }
}

/// What people write, joined and in the singular, where it is not the theme's own word.
const ALIASES: [(&str, Theme); 41] = [
    ("m1", Theme::MateIn1),
    ("m2", Theme::MateIn2),
    ("m3", Theme::MateIn3),
    ("m4", Theme::MateIn4),
    ("m5", Theme::MateIn5),
    ("mate1", Theme::MateIn1),
    ("mate2", Theme::MateIn2),
    ("mate3", Theme::MateIn3),
    ("1movemate", Theme::MateIn1),
    ("2movemate", Theme::MateIn2),
    ("3movemate", Theme::MateIn3),
    ("matein1move", Theme::MateIn1),
    ("matein2move", Theme::MateIn2),
    ("matein3move", Theme::MateIn3),
    ("checkmate", Theme::Mate),
    ("backrank", Theme::BackRankMate),
    ("backrow", Theme::BackRankMate),
    ("smothered", Theme::SmotheredMate),
    ("suffocatedmate", Theme::SmotheredMate),
    ("doubleattack", Theme::Fork),
    ("familyfork", Theme::Fork),
    ("discovery", Theme::DiscoveredAttack),
    ("discovered", Theme::DiscoveredAttack),
    ("sac", Theme::Sacrifice),
    ("quiet", Theme::QuietMove),
    ("hanging", Theme::HangingPiece),
    ("loosepiece", Theme::HangingPiece),
    ("freepiece", Theme::HangingPiece),
    ("promote", Theme::Promotion),
    ("underpromote", Theme::UnderPromotion),
    ("ep", Theme::EnPassant),
    ("castle", Theme::Castling),
    ("passedpawn", Theme::AdvancedPawn),
    ("removingthedefender", Theme::CapturingDefender),
    ("xray", Theme::XRayAttack),
    ("zwischenzug", Theme::Intermezzo),
    ("inbetweenmove", Theme::Intermezzo),
    ("onemove", Theme::OneMove),
    ("mistake", Theme::MyMistakes),
    ("blunder", Theme::MyMistakes),
    ("owngame", Theme::MyMistakes),
];

/// Words in lower case and in the singular; `mateIn2` and `mate in two` are the same three.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in text.chars().filter(|c| !matches!(c, '\'' | '’')) {
        if !c.is_alphanumeric() || (was_lower && c.is_uppercase()) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
        .iter()
        .filter(|word| !word.is_empty())
        .map(|word| plain(word))
        .collect()
}

fn plain(word: &str) -> String {
    let number = match word {
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "mating" => "mate",
        "ending" | "endings" => "endgame",
        _ => match word.strip_suffix('s') {
            Some(one) if one.len() > 2 => one,
            _ => word,
        },
    };
    number.to_owned()
}

/// A theme's word or another name for it, joined, in lower case and in the singular.
fn names() -> impl Iterator<Item = (String, Theme)> {
    let own = Theme::ALL
        .iter()
        .map(|theme| (words(theme.word()).concat(), *theme));
    own.chain(ALIASES.map(|(name, theme)| (name.to_owned(), theme)))
}

/// The themes that are named by consecutive words, leaving out those named by part of a longer name.
fn named(words: &[String]) -> Vec<Theme> {
    let names: Vec<(String, Theme)> = names().collect();
    let mut found: Vec<(usize, usize, Theme)> = Vec::new();
    for length in (1..=words.len().min(5)).rev() {
        for from in 0..=words.len() - length {
            let asked = words[from..from + length].concat();
            let within = |(begin, end, _): &(usize, usize, Theme)| *begin <= from && from + length <= *end;
            if found.iter().any(within) {
                continue;
            }
            if let Some((_, theme)) = names.iter().find(|(name, _)| *name == asked) {
                found.push((from, from + length, *theme));
            }
        }
    }
    let mut themes: Vec<Theme> = found.into_iter().map(|(_, _, theme)| theme).collect();
    themes.dedup();
    themes
}

fn exact(asked: &str) -> Vec<Theme> {
    distinct(names().filter(|(name, _)| name == asked))
}

/// Themes whose name begins so.
fn begun(asked: &str) -> Vec<Theme> {
    distinct(names().filter(|(name, _)| asked.len() >= 4 && name.starts_with(asked)))
}

/// The themes nearest by a slip of the finger or two, the first letter being right: `rook mate` is no hook mate.
fn by_a_slip(asked: &str) -> Vec<Theme> {
    let most = match asked.len() {
        0..4 => return Vec::new(),
        4..8 => 1,
        _ => 2,
    };
    let near = names().filter(|(name, _)| name.chars().next() == asked.chars().next());
    let near = near.map(|(name, theme)| (strsim::osa_distance(asked, &name), theme));
    let near: Vec<(usize, Theme)> = near.filter(|(slips, _)| *slips <= most).collect();
    let least = near.iter().map(|(slips, _)| *slips).min();
    distinct(near.into_iter().filter(|(slips, _)| Some(*slips) == least))
}

fn distinct<T>(named: impl Iterator<Item = (T, Theme)>) -> Vec<Theme> {
    let mut themes = Vec::new();
    for (_, theme) in named {
        if !themes.contains(&theme) {
            themes.push(theme);
        }
    }
    themes
}

/// Below this, two words have nothing to do with each other.
const RESEMBLANCE: f64 = 0.75;

fn similar(asked: &str) -> Vec<Theme> {
    let mut likeness: Vec<(f64, Theme)> = names()
        .map(|(name, theme)| (strsim::jaro_winkler(asked, &name), theme))
        .filter(|(likeness, _)| *likeness >= RESEMBLANCE)
        .collect();
    likeness.sort_by(|a, b| b.0.total_cmp(&a.0));
    distinct(likeness.into_iter())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_word_is_read_as_itself() {
        for theme in Theme::ALL {
            assert_eq!(theme.word().parse(), Ok(*theme));
            assert_eq!(theme.word().to_uppercase().parse(), Ok(*theme));
            assert!(theme.says().ends_with('.'), "{theme}");
            let known = (*theme != Theme::MyMistakes).then_some(*theme);
            assert_eq!(Theme::from_word(theme.word()), known);
        }
        let mut names: Vec<String> = names().map(|(name, _)| name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "a name stands for two themes");
    }

    #[test]
    fn spelling_is_forgiven() {
        for (text, theme) in [
            ("mate in 2", Theme::MateIn2),
            ("Mate in Two moves", Theme::MateIn2),
            ("mate-in-3", Theme::MateIn3),
            ("mate_in_1", Theme::MateIn1),
            ("MATE", Theme::Mate),
            ("m2", Theme::MateIn2),
            ("back rank", Theme::BackRankMate),
            ("back-rank mates", Theme::BackRankMate),
            ("smothered", Theme::SmotheredMate),
            ("smoothered mate", Theme::SmotheredMate),
            ("knight fork", Theme::Fork),
            ("forks", Theme::Fork),
            ("a pin puzzle, please", Theme::Pin),
            ("en passant", Theme::EnPassant),
            ("Under-Promotion", Theme::UnderPromotion),
            ("queen promotion", Theme::Promotion),
            ("rook endgames", Theme::RookEndgame),
            ("end game", Theme::Endgame),
            ("pawn ending", Theme::PawnEndgame),
            ("rook mate", Theme::Mate),
            ("discovered check", Theme::DiscoveredCheck),
            ("double attack", Theme::Fork),
            ("x-ray", Theme::XRayAttack),
            ("morphy's mate", Theme::MorphysMate),
            ("my mistakes", Theme::MyMistakes),
            ("my own blunders", Theme::MyMistakes),
            ("sacrafice", Theme::Sacrifice),
            ("attacking f2/f7", Theme::AttackingF2F7),
        ] {
            assert_eq!(text.parse(), Ok(theme), "{text}");
        }
    }

    #[test]
    fn what_is_no_theme_is_answered_with_similar_ones() {
        for (text, similar) in [
            (
                "double",
                vec![Theme::DoubleBishopMate, Theme::DoubleCheck, Theme::Fork],
            ),
            ("fork or pin", vec![Theme::Fork, Theme::Pin]),
            (
                "mate in 6",
                vec![
                    Theme::MateIn1,
                    Theme::MateIn2,
                    Theme::MateIn3,
                    Theme::MateIn4,
                    Theme::MateIn5,
                ],
            ),
            ("", vec![]),
            ("?!", vec![]),
            ("zzzz", vec![]),
        ] {
            let unknown = text.parse::<Theme>().unwrap_err();
            assert_eq!(unknown.similar, similar, "{text}");
            assert!(unknown.to_string().contains(text), "{unknown}");
        }
        let unknown = "x".repeat(5000).parse::<Theme>().unwrap_err();
        assert!(unknown.asked.len() <= LONGEST);
        let unknown = "attraktiv king".parse::<Theme>().unwrap_err();
        assert!(unknown.similar.contains(&Theme::Attraction), "{unknown}");
    }

    #[test]
    fn words_of_files_are_taken_once_and_in_order() {
        let themes = Theme::from_words("short mateIn2 sacrifice playerGames mateIn2 myMistakes fork mate");
        assert_eq!(theme_words(&themes), "mateIn2 mate fork sacrifice short");
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in ".{0,80}") {
            if let Err(unknown) = text.parse::<Theme>() {
                prop_assert!(unknown.similar.len() <= MOST_SIMILAR);
            }
        }
    }
}
