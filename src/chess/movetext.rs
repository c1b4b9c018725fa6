//! Lists of moves as people paste them: bare moves, numbered moves, whole PGN movetext.

use super::refusal::Refusal;

/// The longest list that is read, in bytes.
pub const MAX_MOVETEXT: usize = 20_000;

/// Words after moves that say nothing about them.
const REMARKS: [&str; 10] = ["N", "TN", "D", "ch", "check", "mate", "dbl", "e.p", "ep", "e.p."];

const RESULTS: [&str; 5] = ["1-0", "0-1", "1/2-1/2", "½-½", "*"];

/// The moves in `text`, one string each; numbers, comments, variations, marks, tags and results are left out.
pub fn movetext_tokens(text: &str) -> Result<Vec<String>, Refusal> {
    if text.len() > MAX_MOVETEXT {
        return Err(Refusal::Other(format!(
            "That list of moves is longer than {MAX_MOVETEXT} characters."
        )));
    }
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        rest = match c {
            '{' => after(rest, '}'),
            ';' => after(rest, '\n'),
            '[' => after_tag(rest),
            '(' => after_variation(rest),
            ')' | ',' => &rest[1..],
            '$' => rest[1..].trim_start_matches(|c: char| c.is_ascii_digit()),
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || "{;,[$".contains(c))
                    .unwrap_or(rest.len());
                let (word, tail) = rest.split_at(end);
                tokens.extend(a_move(word));
                tail
            }
        }
        .trim_start();
    }
    Ok(tokens)
}

fn after(text: &str, end: char) -> &str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// The text after the tag pair that `text` begins with; its value may hold brackets and escaped quotes.
fn after_tag(text: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    let line = text.lines().next().unwrap_or_default();
    for (i, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return &text[i + 1..],
            _ => {}
        }
    }
    after(text, ']')
}

/// The text after the variation that `text` begins with, comments inside it not counting.
fn after_variation(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut in_comment = false;
    for (i, c) in text.char_indices() {
        match c {
            '{' => in_comment = true,
            '}' => in_comment = false,
            '(' if !in_comment => depth += 1,
            ')' if !in_comment => {
                depth -= 1;
                if depth == 0 {
                    return &text[i + 1..];
                }
            }
            _ => {}
        }
    }
    ""
}

/// Whether a word by itself is no move but says something of the one before, as people and older books do.
pub(super) fn is_remark(word: &str) -> bool {
    REMARKS.contains(&word)
}

/// The move in a word, without the number that may cling to it.
fn a_move(word: &str) -> Option<String> {
    if RESULTS.contains(&word) || is_remark(word) {
        return None;
    }
    let numbered = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let bare = if numbered.len() < word.len() && (numbered.is_empty() || numbered.starts_with(['.', '…'])) {
        numbered.trim_start_matches(['.', '…'])
    } else {
        word.trim_start_matches('.')
    };
    let bare = bare.trim_end_matches(')');
    let marks_only = bare
        .chars()
        .all(|c| matches!(c, '!' | '?' | '+' | '-' | '=' | '#'));
    (!marks_only).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_are_read_in_every_dress() {
        for (text, moves) in [
            ("", vec![]),
            ("e4 c5", vec!["e4", "c5"]),
            ("e4, c5, Nf3", vec!["e4", "c5", "Nf3"]),
            ("1. e4 c5 2. Nf3", vec!["e4", "c5", "Nf3"]),
            ("1.e4 c5 2.Nf3 1-0", vec!["e4", "c5", "Nf3"]),
            ("1. e4 e5 2... Nc6 *", vec!["e4", "e5", "Nc6"]),
            (
                "1. e4 {best by test} c5 $1 (1... e5 (1... c6 {) not the end}) 2. d4) 2. Nf3!? d6 ; rest\n3. d4",
                vec!["e4", "c5", "Nf3!?", "d6", "d4"],
            ),
            (
                "[Event \"x\"]\n[FEN \"8/8\"]\n\n1. e2e4 0-0 0-1",
                vec!["e2e4", "0-0"],
            ),
            ("[White \"a] 1. d4 \\\"b]\"]\n[Black \"open]\n\n1. e4", vec!["e4"]),
            ("1. Nf3$14 d5$1e6 $ 2. g3", vec!["Nf3", "d5", "e6", "g3"]),
            ("5. exd6 e.p. Kd7 ep 6. Bb5 ch", vec!["exd6", "Kd7", "Bb5"]),
            ("1. e4 (unfinished", vec!["e4"]),
            ("1. e4 {unfinished", vec!["e4"]),
        ] {
            assert_eq!(movetext_tokens(text).unwrap(), moves, "{text}");
        }
        assert!(movetext_tokens(&"e4 ".repeat(MAX_MOVETEXT)).is_err());
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in ".{0,300}") {
            let _ = movetext_tokens(&text);
        }
    }
}
