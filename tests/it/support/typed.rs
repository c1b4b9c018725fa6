//! What may arrive where a move is asked for: moves as they are written and misspelt, words in any order, letters of
//! other languages, and what is hardly text at all.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedMutRandom as _, IndexedRandom as _, SliceRandom as _};
use shakmaty::san::SanPlus;
use shakmaty::{Chess, Move, Position as _, Role};

/// How a text came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A legal move in SAN or UCI, as careless people decorate it.
    Written,
    /// A legal move, written or said, with slips of the pen in it.
    Misspelt,
    /// Words and signs that moves are made of, in any order.
    Jumbled,
    /// Piece letters, names and digits of other languages.
    Foreign,
    /// What has the shape of SAN or UCI.
    Shaped,
    /// A move that the other side could make.
    OtherSide,
    /// Any characters at all.
    Characters,
    /// Any of these, again and again.
    Long,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Written,
        Self::Misspelt,
        Self::Jumbled,
        Self::Foreign,
        Self::Shaped,
        Self::OtherSide,
        Self::Characters,
        Self::Long,
    ];
}

/// A text, and the move it stands for where there can be no doubt.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) means: Option<Move>,
}

/// Long texts have at most so many characters.
const LONGEST: usize = 10_000;

/// A text of any kind for a position in which there is a legal move.
pub(crate) fn typed(position: &Chess, random: &mut StdRng) -> Typed {
    // Long ones take long.
    let kinds = if random.random_ratio(1, 50) {
        &Kind::ALL[..]
    } else {
        &Kind::ALL[..7]
    };
    let kind = pick(kinds, random);
    let (text, means) = match kind {
        Kind::Written => {
            let (text, m) = written(position, random);
            (decorated(&text, random), Some(m))
        }
        Kind::Misspelt => (misspelt(position, random), None),
        Kind::Jumbled => (jumbled(position, random), None),
        Kind::Foreign => (foreign(position, random), None),
        Kind::Shaped => (shaped(random), None),
        Kind::OtherSide => (of_the_other_side(position, random), None),
        Kind::Characters => (characters(random), None),
        Kind::Long => (long(position, random), None),
    };
    Typed { kind, text, means }
}

fn pick<T: Copy>(from: &[T], random: &mut StdRng) -> T {
    *from.choose(random).expect("there is something to choose from")
}

/// A legal move in SAN or UCI.
fn written(position: &Chess, random: &mut StdRng) -> (String, Move) {
    let legal = position.legal_moves();
    let m = pick(&legal, random);
    let text = if random.random() {
        SanPlus::from_move(position.clone(), m).to_string()
    } else {
        m.to_uci(position.castles().mode()).to_string()
    };
    (text, m)
}

fn decorated(text: &str, random: &mut StdRng) -> String {
    let before = pick(&["", "", " ", "1. ", "37.", "12... "], random);
    let after = pick(&["", "", " ", "!", "?", "!?", "\n"], random);
    format!("{before}{text}{after}")
}

/// A legal move as somebody would say it.
fn said(position: &Chess, random: &mut StdRng) -> String {
    let legal = position.legal_moves();
    let m = pick(&legal, random);
    let role = role_word(m.role());
    let to = m.to();
    let takes = if m.is_capture() { "takes" } else { "to" };
    let from = m.from().map(|from| from.to_string()).unwrap_or_default();
    let becomes = m
        .promotion()
        .map(|role| format!(" becomes a {}", role_word(role)))
        .unwrap_or_default();
    match random.random_range(0..4) {
        0 => format!("{role} {takes} {to}{becomes}"),
        1 => format!("{role} from {from} {takes} {to}{becomes}"),
        2 => format!("please move my {role} {takes} {to}{becomes}"),
        _ => format!("{from} {to}{becomes}"),
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Pawn => "pawn",
        Role::Knight => "knight",
        Role::Bishop => "bishop",
        Role::Rook => "rook",
        Role::Queen => "queen",
        Role::King => "king",
    }
}

fn misspelt(position: &Chess, random: &mut StdRng) -> String {
    let text = if random.random() {
        written(position, random).0
    } else {
        said(position, random)
    };
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..pick(&[1, 1, 1, 2, 3, 4], random) {
        slip(&mut letters, random);
    }
    letters.into_iter().collect()
}

/// One slip of the pen.
fn slip(letters: &mut Vec<char>, random: &mut StdRng) {
    let at = random.random_range(0..=letters.len());
    let is_inside = at < letters.len();
    match random.random_range(0..7) {
        0 if is_inside => drop(letters.remove(at)),
        1 if is_inside => letters.insert(at, letters[at]),
        2 if at + 1 < letters.len() => letters.swap(at, at + 1),
        3 if is_inside => letters[at] = stray(random),
        4 if is_inside => letters[at] = other_case(letters[at]),
        5 => letters.truncate(at),
        _ => letters.insert(at, stray(random)),
    }
}

fn other_case(letter: char) -> char {
    if letter.is_lowercase() {
        letter.to_uppercase().next().unwrap_or(letter)
    } else {
        letter.to_lowercase().next().unwrap_or(letter)
    }
}

/// Mostly what stands beside the right key, at times what an editor puts in by itself.
fn stray(random: &mut StdRng) -> char {
    const KEYS: &str = "abcdefgh12345678KQRBNPkqrnpxX-=+#!?.oO0 ()/:*_,'\"";
    const EDITORS: &str = "–—−‑×→\u{a0}\u{200b}\u{200d}\u{feff}\u{202e}“”’…½ｅ４е４е₄а♘♟\u{fe0e}\0\t";
    let letters = if random.random_ratio(3, 4) { KEYS } else { EDITORS };
    let letters: Vec<char> = letters.chars().collect();
    pick(&letters, random)
}

const VOCABULARY: &[&str] = &[
    "knight",
    "bishop",
    "rook",
    "queen",
    "king",
    "pawn",
    "horse",
    "night",
    "takes",
    "captures",
    "taking",
    "castle",
    "castles",
    "castling",
    "kingside",
    "queenside",
    "short",
    "long",
    "side",
    "king's",
    "ep",
    "en",
    "passant",
    "e.p.",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "to",
    "on",
    "the",
    "my",
    "from",
    "and",
    "a",
    "please",
    "move",
    "promotes",
    "becomes",
    "equals",
    "check",
    "mate",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g",
    "h",
    "1",
    "4",
    "8",
    "x",
    "=",
    "O-O",
    "0-0-0",
    "o",
    "N",
    "B",
    "e4",
    "d5",
    "Nf3",
    "+",
    "#",
    "i",
];

/// Words of a legal move and others, or only others.
fn jumbled(position: &Chess, random: &mut StdRng) -> String {
    let said = said(position, random);
    let mut words: Vec<&str> = said.split(' ').filter(|_| random.random_ratio(3, 4)).collect();
    for _ in 0..random.random_range(0..4) {
        words.push(pick(VOCABULARY, random));
    }
    words.shuffle(random);
    let mut text = String::new();
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            text.push_str(pick(&[" ", " ", " ", "-", "", "  ", ", ", "="], random));
        }
        text.push_str(word);
    }
    text
}

/// A legal move's squares with pieces as others call them.
fn foreign(position: &Chess, random: &mut StdRng) -> String {
    const PIECES: &[&str] = &[
        "S",
        "L",
        "T",
        "D",
        "K",
        "C",
        "F",
        "R",
        "A",
        "J",
        "W",
        "H",
        "G",
        "V",
        "P",
        "E",
        "Кр",
        "К",
        "Ф",
        "Л",
        "С",
        "п",
        "Κ",
        "Β",
        "Π",
        "Ι",
        "Springer ",
        "Läufer ",
        "Turm ",
        "Dame ",
        "König ",
        "cavalier ",
        "fou ",
        "tour ",
        "caballo ",
        "alfil ",
        "torre ",
        "конь ",
        "слон ",
        "ферзь ",
        "马",
        "车",
        "兵",
        "♕",
        "♞",
        "حصان ",
    ];
    let legal = position.legal_moves();
    let m = pick(&legal, random);
    let (from, to) = (m.from().unwrap_or(m.to()), m.to());
    let piece = pick(PIECES, random);
    let takes = pick(
        &["", "", "x", ":", "-", " schlägt ", " prend ", " бьёт ", "吃", "→"],
        random,
    );
    let text = match random.random_range(0..4) {
        0 => format!("{piece}{takes}{to}"),
        1 => format!("{piece}{from}{takes}{to}"),
        2 => format!("{piece}{}{takes}{to}", from.file().char()),
        _ => format!("{from}{takes}{to}"),
    };
    if random.random_ratio(1, 3) {
        text.chars().map(|letter| alike(letter, random)).collect()
    } else {
        text
    }
}

/// A letter that looks like this one and is another.
fn alike(letter: char, random: &mut StdRng) -> char {
    let others = match letter {
        'a' => ['а', 'ａ'],
        'c' => ['с', 'ｃ'],
        'e' => ['е', 'ｅ'],
        '1' => ['١', '１'],
        '3' => ['٣', '３'],
        '4' => ['٤', '４'],
        '5' => ['٥', '５'],
        '8' => ['٨', '８'],
        'K' => ['К', 'Ｋ'],
        'C' => ['С', 'Ｃ'],
        other => [other, other],
    };
    pick(&others, random)
}

fn shaped(random: &mut StdRng) -> String {
    let parts: [(&[&str], u32); 8] = [
        (&["K", "Q", "R", "B", "N", "P", "b", "n"], 2),
        (&["a", "b", "c", "d", "e", "f", "g", "h"], 3),
        (&["1", "2", "3", "4", "5", "6", "7", "8"], 4),
        (&["x", "-", ":"], 3),
        (&["a", "b", "c", "d", "e", "f", "g", "h"], 1),
        (&["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"], 1),
        (&["=Q", "=N", "q", "(R)", "/B", "=K", "=P"], 6),
        (&["+", "#", "++", "!", "?!", " e.p."], 4),
    ];
    let mut text = String::new();
    for (part, ratio) in parts {
        if random.random_ratio(1, ratio) {
            text.push_str(pick(part, random));
        }
    }
    text
}

fn of_the_other_side(position: &Chess, random: &mut StdRng) -> String {
    match position.clone().swap_turn() {
        Ok(other) if !other.legal_moves().is_empty() => written(&other, random).0,
        _ => shaped(random),
    }
}

fn characters(random: &mut StdRng) -> String {
    let length = random.random_range(0..40);
    (0..length).map(|_| character(random)).collect()
}

fn character(random: &mut StdRng) -> char {
    match random.random_range(0..4) {
        0 => char::from(random.random_range(0..128_u8)),
        1 => char::from_u32(random.random_range(0x80..0x3000)).unwrap_or('\u{301}'),
        2 => char::from_u32(random.random_range(0x1_f000..0x1_fb00)).unwrap_or('♞'),
        _ => random.random(),
    }
}

fn long(position: &Chess, random: &mut StdRng) -> String {
    let mut piece = match random.random_range(0..5) {
        0 => written(position, random).0,
        1 => misspelt(position, random),
        2 => jumbled(position, random),
        3 => foreign(position, random),
        _ => characters(random),
    };
    if random.random() {
        piece.push(' ');
    }
    let characters = piece.chars().count().max(1);
    // Around the longest text that is read, and far beyond it.
    let length = if random.random() {
        random.random_range(60..120)
    } else {
        random.random_range(120..LONGEST)
    };
    let mut text: Vec<char> = piece
        .repeat(length / characters + 1)
        .chars()
        .take(length)
        .collect();
    if let Some(letter) = text.choose_mut(random) {
        *letter = character(random);
    }
    text.into_iter().collect()
}
