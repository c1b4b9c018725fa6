//! The parts of a PGN text with the lines they stand on: tags and words of the main line.
//!
//! Comments and variations are left out here. It tolerates what programs and pasting do to PGN and never looks
//! twice at a character for long, so that hostile texts take no longer than others.

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A tag pair; the value is as it was meant, without quotes and escapes.
    Tag(&'a str, String),
    /// Something between blanks: a number, a move, a mark or a result.
    Word(&'a str),
    /// What was opened on this line and never closed.
    Unclosed(&'static str),
}

/// The parts of a text, each with its line, the first line being 1.
pub(super) struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    /// Nothing was read yet on this line.
    fresh: bool,
    /// How many variations are open, and the line on which the outermost began.
    depth: usize,
    opened: usize,
}

const QUOTES: [char; 6] = ['"', '“', '”', '„', '‟', '″'];

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text.trim_start_matches('\u{feff}'),
            line: 1,
            fresh: true,
            depth: 0,
            opened: 0,
        }
    }

    /// Moves on by `bytes`, counting lines.
    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.matches('\n').count();
        if !passed.is_empty() {
            self.fresh = passed.ends_with('\n');
        }
        self.rest = rest;
    }

    fn to_line_end(&self) -> usize {
        self.rest.find('\n').unwrap_or(self.rest.len())
    }

    /// Moves past a comment in braces; false where it is not closed before the next game's tags.
    fn skip_comment(&mut self) -> bool {
        loop {
            let Some(stop) = self.rest.find(['}', '\n']) else {
                self.advance(self.rest.len());
                return false;
            };
            let closes = self.rest[stop..].starts_with('}');
            self.advance(stop + 1);
            if closes {
                return true;
            }
            if quoted_tag(self.rest).is_some() {
                return false;
            }
        }
    }

    fn tag(&mut self) -> Option<Part<'a>> {
        // Where the line ends is asked only of what is a tag or begins a line: asking costs a look at all of it.
        let (name, value, length) = match quoted_tag(self.rest) {
            Some((name, begins)) => {
                let (value, length) = value(&self.rest[..begins], &self.rest[begins..self.to_line_end()]);
                (name, value, begins + length)
            }
            None if self.fresh => bare_tag(&self.rest[..self.to_line_end()])?,
            None => return None,
        };
        self.advance(length);
        Some(Part::Tag(name, value))
    }

    fn word(&mut self) -> &'a str {
        let mut end = 0;
        for (i, c) in self.rest.char_indices() {
            if i < end {
                continue;
            }
            // A promotion in the old style, `e8(Q)`, is no variation.
            if c == '(' && i > 0 && is_promotion(&self.rest[i..]) {
                end = i + 3;
                continue;
            }
            let decimal = c == ',' && is_half(self.rest, i);
            if c.is_whitespace() || ("{}();[]$,".contains(c) && !decimal) {
                break;
            }
            end = i + c.len_utf8();
        }
        let word = &self.rest[..end];
        self.advance(end);
        word
    }
}

fn is_promotion(text: &str) -> bool {
    matches!(
        text.as_bytes(),
        [
            b'(',
            b'Q' | b'R' | b'B' | b'N' | b'q' | b'r' | b'b' | b'n',
            b')',
            ..
        ]
    )
}

/// Whether the comma at `at` stands in a drawn result, `0,5-0,5`, which is one word.
fn is_half(text: &str, at: usize) -> bool {
    text.starts_with("0,5") && text[..at].ends_with('0') && text[at..].starts_with(",5")
}

impl<'a> Iterator for Scanner<'a> {
    type Item = (usize, Part<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            self.advance(blank);
            let line = self.line;
            let Some(c) = self.rest.chars().next() else {
                return (std::mem::take(&mut self.depth) > 0)
                    .then_some((self.opened, Part::Unclosed("variation")));
            };
            match c {
                '{' => {
                    if !self.skip_comment() {
                        return Some((line, Part::Unclosed("comment")));
                    }
                }
                ';' => self.advance(self.to_line_end()),
                '%' if self.fresh => self.advance(self.to_line_end()),
                '[' if self.depth > 0 && quoted_tag(self.rest).is_some() => {
                    self.depth = 0;
                    return Some((self.opened, Part::Unclosed("variation")));
                }
                '[' if self.depth == 0 => match self.tag() {
                    Some(tag) => return Some((line, tag)),
                    None => self.advance(1),
                },
                '(' => {
                    if self.depth == 0 {
                        self.opened = line;
                    }
                    self.depth += 1;
                    self.advance(1);
                }
                ')' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.advance(1);
                }
                '$' => {
                    let number = self.rest[1..].find(|c: char| !c.is_ascii_digit());
                    self.advance(number.map_or(self.rest.len(), |digits| 1 + digits));
                }
                '[' | ']' | '}' | ',' => self.advance(1),
                _ => {
                    let word = self.word();
                    if self.depth == 0 {
                        return Some((line, Part::Word(word)));
                    }
                }
            }
        }
    }
}

/// The name of the tag that `text` begins with, and where its value begins, behind the quote.
fn quoted_tag(text: &str) -> Option<(&str, usize)> {
    let (name, rest) = tag_name(text)?;
    let value = rest.strip_prefix(QUOTES)?;
    Some((name, text.len() - value.len()))
}

/// A tag whose quotes were lost: its name, its value and its length.
fn bare_tag(line: &str) -> Option<(&str, String, usize)> {
    let (name, rest) = tag_name(line)?;
    let (value, _) = rest.split_once(']')?;
    let length = line.len() - rest.len() + value.len() + 1;
    Some((name, value.trim().to_owned(), length))
}

/// The name behind the bracket, and what follows it and at least one blank or a quote.
fn tag_name(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('[')?.trim_start_matches([' ', '\t']);
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, rest) = text.split_at(end);
    let value = rest.trim_start_matches([' ', '\t']);
    let separate = value.len() < rest.len() || value.starts_with(QUOTES);
    (separate && name.starts_with(|c: char| c.is_ascii_alphabetic())).then_some((name, value))
}

/// A quoted value behind its quote, and how long it is with its own quote and bracket. A plain quote is closed by a
/// plain one, so that programs' files mean what they say; only without one, as after pasting, by any other.
fn value(before: &str, text: &str) -> (String, usize) {
    let plain = before.ends_with('"').then(|| closed(text, &['"'])).flatten();
    plain.or_else(|| closed(text, &QUOTES)).unwrap_or_else(|| {
        let value = text.trim_end().trim_end_matches(']').trim_end_matches(QUOTES);
        (unescaped(value), text.len())
    })
}

/// The value up to one of these quotes. Quotes inside it need not be escaped: only one before a bracket closes it.
fn closed(text: &str, quotes: &[char]) -> Option<(String, usize)> {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        if !escaped && quotes.contains(&c) {
            let rest = text[i + c.len_utf8()..].trim_start();
            if rest.starts_with(']') {
                return Some((unescaped(&text[..i]), text.len() - rest.len() + 1));
            }
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

fn unescaped(value: &str) -> String {
    value.replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str) -> Vec<(usize, String)> {
        Scanner::new(text)
            .map(|(line, part)| {
                let said = match part {
                    Part::Tag(name, value) => format!("[{name}={value}]"),
                    Part::Word(word) => word.to_owned(),
                    Part::Unclosed(what) => format!("unclosed {what}"),
                };
                (line, said)
            })
            .collect()
    }

    #[test]
    fn parts_have_their_lines() {
        for (text, expected) in [
            ("", vec![]),
            ("1. e4\n\ne5", vec![(1, "1."), (1, "e4"), (3, "e5")]),
            (
                "\u{feff}[Event \"a\"]\r\n[White  \"B \\\"x\\\" C\"]\r\n\r\n1.e4",
                vec![(1, "[Event=a]"), (2, "[White=B \"x\" C]"), (4, "1.e4")],
            ),
            (
                "e4 {one\ntwo} e5 ; rest\n% skipped\nNf3",
                vec![(1, "e4"), (2, "e5"), (4, "Nf3")],
            ),
            ("e4 $12 ( c5 (c6) {)} d4 ) e5 $", vec![(1, "e4"), (1, "e5")]),
            (
                "Nf3$14 a8(Q) b8(Q)+ (Q)",
                vec![(1, "Nf3"), (1, "a8(Q)"), (1, "b8(Q)+")],
            ),
            (
                "1.e4,e5,2.Nf3 0,5-0,5 0-0,5.d4",
                vec![
                    (1, "1.e4"),
                    (1, "e5"),
                    (1, "2.Nf3"),
                    (1, "0,5-0,5"),
                    (1, "0-0"),
                    (1, "5.d4"),
                ],
            ),
            (
                "[Event “a”] [Site \"b\"] e4 [%clk 0:01] e5",
                vec![
                    (1, "[Event=a]"),
                    (1, "[Site=b]"),
                    (1, "e4"),
                    (1, "%clk"),
                    (1, "0:01"),
                    (1, "e5"),
                ],
            ),
            (
                "[White \"Ana”] [Te “on time\"]",
                vec![(1, "[White=Ana”] [Te “on time]")],
            ),
            (
                "[White \"Bob \"Rook\" Smith\"]\n[Black Ana]\n[Round \"1]\n[A",
                vec![
                    (1, "[White=Bob \"Rook\" Smith]"),
                    (2, "[Black=Ana]"),
                    (3, "[Round=1]"),
                    (4, "A"),
                ],
            ),
        ] {
            let expected: Vec<(usize, String)> = expected
                .into_iter()
                .map(|(line, said)| (line, said.to_owned()))
                .collect();
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_ends_before_the_next_game() {
        for (text, expected) in [
            ("e4 {oh", vec![(1, "e4"), (1, "unclosed comment")]),
            (
                "e4\n{oh\n[Event \"b\"]\nd4 {fine}",
                vec![(1, "e4"), (2, "unclosed comment"), (3, "[Event=b]"), (4, "d4")],
            ),
            ("e4 (e5\n", vec![(1, "e4"), (1, "unclosed variation")]),
            (
                "e4\n(e5 (c5)\n\n[Event \"b\"]\nd4",
                vec![(1, "e4"), (2, "unclosed variation"), (4, "[Event=b]"), (5, "d4")],
            ),
        ] {
            let expected: Vec<(usize, String)> = expected
                .into_iter()
                .map(|(line, said)| (line, said.to_owned()))
                .collect();
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn hostile_texts_take_no_longer() {
        for piece in [
            "(", "{", "[", "[A \"", "{\n[A \"", "[a", "\"", "\n[A b", "[A \" \"", "$", "1.", "(Q)", "[A \"\\",
        ] {
            let text = piece.repeat(200_000 / piece.len());
            assert!(Scanner::new(&text).count() <= text.len(), "{piece}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in r#"([\[\]{}();$%"\\ \nA1.e4“]|\PC){0,120}"#) {
            let lines = text.matches('\n').count() + 1;
            for (line, part) in Scanner::new(&text) {
                prop_assert!((1..=lines).contains(&line));
                prop_assert!(part != Part::Word(""));
            }
        }
    }
}
