//! From text to tokens: the letters and words that people use for pieces, squares and what they do.
//!
//! Letters of other languages are those that English does not use for a piece: reading `R` as the French
//! king where no rook move fits would play what nobody meant. Where English has them for files, as in `Dxe5`,
//! both readings count.

use shakmaty::{CastlingSide, File, Rank, Role};

use super::pattern::{Roles, Token};

/// How letters that could mean two things are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// A `b` or `B` that begins the move names the bishop and not the file.
    pub(super) b_is_bishop: bool,
    /// Piece letters of other languages count.
    pub(super) foreign: bool,
}

/// The tokens of `text`, or `None` where a part of it means nothing.
pub(super) fn tokens(text: &str, reading: Reading) -> Option<Vec<Token>> {
    let text = tidy(text);
    if let Some(side) = castling_signs(&text) {
        return Some(vec![Token::Castle, Token::Side(side)]);
    }
    let mut tokens = Vec::new();
    let words: Vec<&str> = text
        .split([' ', '-', '=', '/', '(', ')', ',', '.', '_'])
        .filter(|w| !w.is_empty())
        .collect();
    for (i, word) in words.iter().enumerate() {
        let lower = word.to_lowercase();
        // "promotes to a queen", but "a pawn takes b5".
        if lower == "a" && words.get(i + 1).is_some_and(|next| is_piece_name(next)) {
            continue;
        }
        if lower == "side" {
            let Some(Token::Role(roles)) = tokens.pop() else {
                return None;
            };
            tokens.push(Token::Side(wing(roles)?));
            continue;
        }
        match phrase(&lower) {
            Some(Word::Token(token)) => tokens.push(token),
            Some(Word::Filler) => {}
            None => letters(word, i + 1 == words.len(), reading, &mut tokens)?,
        }
    }
    Some(tokens)
}

/// Takes off what says nothing about the move: numbers, marks, quotes; and unifies dashes and figurines.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '♔' | '♚' => tidy.push('K'),
            '♕' | '♛' => tidy.push('Q'),
            '♖' | '♜' => tidy.push('R'),
            '♗' | '♝' => tidy.push('B'),
            '♘' | '♞' => tidy.push('N'),
            '♙' | '♟' => tidy.push('P'),
            '–' | '—' | '−' | '‑' | '→' | '>' => tidy.push('-'),
            '×' | ':' | '*' => tidy.push('x'),
            '\u{fe0e}' | '\u{fe0f}' | '\u{200b}' | '\'' | '’' | '"' | '`' | '“' | '”' => {}
            c if c.is_whitespace() => tidy.push(' '),
            c => tidy.push(c),
        }
    }
    let trimmed = without_number(tidy.trim());
    let trimmed = trimmed.trim_end_matches(['+', '#', '!', '?', '.', ',', ';', ' ']);
    let text = trimmed.replace("e.p", "ep");
    match text.strip_suffix("ep") {
        Some(rest) => format!("{rest} ep"),
        None => text,
    }
}

/// `12. Nf3` and `12...Nf6` without their number.
pub(super) fn without_number(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() || !rest.starts_with('.') {
        return text;
    }
    rest.trim_start_matches(['.', ' ', '…'])
}

fn castling_signs(text: &str) -> Option<CastlingSide> {
    let signs: Vec<char> = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if !signs.iter().all(|c| matches!(c, 'o' | 'O' | '0' | 'О' | 'о')) {
        return None;
    }
    match signs.len() {
        2 => Some(CastlingSide::KingSide),
        3 => Some(CastlingSide::QueenSide),
        _ => None,
    }
}

enum Word {
    Token(Token),
    Filler,
}

fn piece(word: &str) -> Option<Role> {
    Some(match word {
        "knight" | "knights" | "night" | "horse" => Role::Knight,
        "bishop" | "bishops" => Role::Bishop,
        "rook" | "rooks" => Role::Rook,
        "queen" | "queens" => Role::Queen,
        "king" | "kings" => Role::King,
        "pawn" | "pawns" => Role::Pawn,
        _ => return None,
    })
}

fn is_piece_name(word: &str) -> bool {
    piece(&word.to_lowercase()).is_some_and(|role| role != Role::Pawn)
}

fn wing(roles: Roles) -> Option<CastlingSide> {
    match roles.single()? {
        Role::King => Some(CastlingSide::KingSide),
        Role::Queen => Some(CastlingSide::QueenSide),
        _ => None,
    }
}

fn phrase(word: &str) -> Option<Word> {
    if let Some(role) = piece(word) {
        return Some(Word::Token(Token::Role(Roles::one(role))));
    }
    let token = match word {
        "takes" | "take" | "captures" | "capture" | "capturing" | "taking" => Token::Capture,
        "castle" | "castles" | "castling" => Token::Castle,
        "kingside" | "short" => Token::Side(CastlingSide::KingSide),
        "queenside" | "long" => Token::Side(CastlingSide::QueenSide),
        "ep" | "passant" => Token::EnPassant,
        "one" => Token::Rank(Rank::First),
        "two" => Token::Rank(Rank::Second),
        "three" => Token::Rank(Rank::Third),
        "four" => Token::Rank(Rank::Fourth),
        "five" => Token::Rank(Rank::Fifth),
        "six" => Token::Rank(Rank::Sixth),
        "seven" => Token::Rank(Rank::Seventh),
        "eight" => Token::Rank(Rank::Eighth),
        "alpha" | "alfa" => Token::File(File::A),
        "bravo" => Token::File(File::B),
        "charlie" => Token::File(File::C),
        "delta" => Token::File(File::D),
        "echo" => Token::File(File::E),
        "foxtrot" => Token::File(File::F),
        "golf" => Token::File(File::G),
        "hotel" => Token::File(File::H),
        "to" | "on" | "at" | "the" | "my" | "from" | "and" | "please" | "move" | "moves" | "play"
        | "plays" | "goes" | "go" | "becomes" | "becoming" | "promote" | "promotes" | "promoting"
        | "promotion" | "equals" | "into" | "en" | "check" | "mate" | "checkmate" | "square" | "landing"
        | "i" => return Some(Word::Filler),
        _ => return None,
    };
    Some(Word::Token(token))
}

/// Reads a word letter by letter: `Nbd7`, `exd5`, `e7e8q`.
fn letters(word: &str, is_last: bool, reading: Reading, tokens: &mut Vec<Token>) -> Option<()> {
    let begins_move = tokens.is_empty();
    let mut rest = word.chars();
    while let Some(c) = rest.next() {
        let ends = is_last && rest.as_str().is_empty();
        let on_last_rank = matches!(tokens.last(), Some(Token::Rank(Rank::First | Rank::Eighth)));
        // `bxa8b`: the first b is the file, the last what the pawn becomes.
        let becomes_bishop = ends && on_last_rank && matches!(c, 'b' | 'B');
        let begins = tokens.is_empty();
        let reading = Reading {
            b_is_bishop: (begins && reading.b_is_bishop) || becomes_bishop,
            foreign: reading.foreign && !is_square(c, rest.as_str(), begins),
        };
        tokens.push(letter(c, reading)?);
    }
    (!begins_move || !names_file_twice(tokens)).then_some(())
}

/// Whether a capital that elsewhere is a piece can only be a file here: `exD5`, `D2D4`, but not `D2d4`, which may
/// be the queen on the second rank.
fn is_square(c: char, after: &str, begins: bool) -> bool {
    let mut after = after.chars();
    let has_rank = after.next().is_some_and(|c| matches!(c, '1'..='8'));
    let goes_on = after.next().is_some_and(|c| c.is_ascii_lowercase());
    matches!(c, 'A'..='H') && has_rank && !(begins && goes_on)
}

/// Whether a file stands before a square on it: `Cc3`. Nobody writes the move of a pawn that way; the letter was
/// meant for a piece. There is none that `e` could be.
fn names_file_twice(tokens: &[Token]) -> bool {
    let [Token::File(from), Token::File(to), Token::Rank(_), ..] = tokens else {
        return false;
    };
    from == to && *from != File::E
}

fn letter(c: char, reading: Reading) -> Option<Token> {
    if matches!(c, 'b' | 'B') && reading.b_is_bishop {
        return Some(Token::Role(Roles::one(Role::Bishop)));
    }
    if let Some(roles) = foreign(c).filter(|_| reading.foreign) {
        return Some(Token::Role(roles));
    }
    let token = match c {
        'x' | 'X' => Token::Capture,
        'a'..='h' | 'A'..='H' => Token::File(File::from_char(c.to_ascii_lowercase())?),
        '1'..='8' => Token::Rank(Rank::from_char(c)?),
        'n' | 'N' | 'k' | 'K' | 'q' | 'Q' | 'r' | 'R' | 'p' | 'P' => {
            Token::Role(Roles::one(Role::from_char(c.to_ascii_lowercase())?))
        }
        _ => return None,
    };
    Some(token)
}

/// Pieces that a letter names in German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech,
/// Hungarian, the Nordic languages or Russian, where English gives the letter to no piece.
fn foreign(c: char) -> Option<Roles> {
    let roles = match c {
        'S' | 's' => Roles::one(Role::Knight).or(Role::Bishop),
        'C' | 'J' | 'j' => Roles::one(Role::Knight),
        'H' => Roles::one(Role::Queen).or(Role::Knight).or(Role::Rook),
        'D' | 'Ф' | 'ф' => Roles::one(Role::Queen),
        'V' | 'v' => Roles::one(Role::Queen).or(Role::Rook),
        'T' | 't' | 'W' | 'w' | 'Л' | 'л' => Roles::one(Role::Rook),
        'L' | 'l' | 'F' | 'A' | 'G' | 'С' | 'с' => Roles::one(Role::Bishop),
        'К' | 'к' => Roles::one(Role::Knight).or(Role::King),
        _ => return None,
    };
    Some(roles)
}
