//! One game in the making: its tags are collected, its moves played, its first fault remembered.

use shakmaty::san::San;
use shakmaty::{Chess, Color};

use super::super::game::shortened;
use super::super::movetext::is_remark;
use super::super::notation::read_move;
use super::super::outcome::Score;
use super::super::refusal::MoveFault;
use super::super::start::Start;
use super::ImportedGame;
use super::line::Line;
use super::scan::Part;
use super::tags::{Tags, result};

/// A game of which not all has been read.
pub(super) struct Draft<'a> {
    line: usize,
    longest: usize,
    tags: Tags<'a>,
    /// The moves so far, from the first word on.
    played: Option<Line>,
    /// How many words after the tags were no numbers.
    words: usize,
    result: Option<Score>,
    fault: Option<(usize, String)>,
}

/// Tags that no game has twice: the second one begins another game.
const ONCE: [&str; 4] = ["Event", "White", "Black", "Result"];

impl<'a> Draft<'a> {
    pub(super) fn new(line: usize, longest: usize) -> Self {
        Self {
            line,
            longest,
            tags: Tags::default(),
            played: None,
            words: 0,
            result: None,
            fault: None,
        }
    }

    /// Whether `part` belongs to the next game.
    pub(super) fn ends_before(&self, part: &Part<'_>) -> bool {
        match part {
            Part::Tag(name, _) => {
                let repeated = ONCE.iter().any(|once| once.eq_ignore_ascii_case(name)) && self.tags.has(name);
                repeated || self.played.is_some()
            }
            Part::Word(word) if self.result.is_some() => begins_game(word),
            // Games without tags and results, one after the other.
            Part::Word(word) => self.words >= 2 && is_first_number(word),
            Part::Unclosed(_) => false,
        }
    }

    pub(super) fn take(&mut self, line: usize, part: Part<'a>) {
        match part {
            Part::Tag(name, value) => self.tags.push(name, value),
            Part::Unclosed(what) => self.blame(line, format!("the {what} that begins here is not closed")),
            Part::Word(word) => self.take_word(line, word),
        }
    }

    /// The game, or the line and the words of its first fault.
    pub(super) fn finish(self) -> Result<ImportedGame, (usize, String)> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let Some(played) = self.played.filter(|played| played.plies() > 0) else {
            return Err((self.line, "it has no moves".to_owned()));
        };
        let mut game = played.game().map_err(|fault| (self.line, fault.to_string()))?;
        if let Some(ending) = self.tags.ending(&game, self.result) {
            game.conclude(ending);
        }
        Ok(ImportedGame {
            tags: self.tags.imported(),
            game,
            line: self.line,
        })
    }

    fn blame(&mut self, line: usize, fault: String) {
        self.fault.get_or_insert((line, fault));
    }

    fn take_word(&mut self, line: usize, word: &str) {
        if self.played.is_none() {
            let start = self.tags.start().unwrap_or_else(|fault| {
                self.blame(self.line, fault);
                Start::default()
            });
            self.played = Some(Line::new(start));
        }
        if let Some(result) = result(word) {
            self.result = Some(result);
            return;
        }
        // What stands after a result and begins no game is somebody's remark.
        if self.result.is_some() {
            return;
        }
        for word in moves_in(word, self.next_number()) {
            self.words += 1;
            if self.fault.is_none() {
                self.take_move(line, word);
            }
        }
    }

    fn take_move(&mut self, line: usize, word: &str) {
        let Some(played) = &mut self.played else { return };
        let fault = match play(played, word) {
            Ok(()) if played.plies() > self.longest => {
                format!("it has more than {} moves, counting both sides'", self.longest)
            }
            Ok(()) => return,
            Err(fault) => fault,
        };
        self.blame(line, fault);
    }

    /// The number that the move after the next one would have, if Black is to move, else the next one's.
    fn next_number(&self) -> u32 {
        self.played
            .as_ref()
            .map_or(1, |played| played.number() + played.turn().fold_wb(0, 1))
    }
}

/// Plays the move that `word` means, or says what is wrong with it.
fn play(line: &mut Line, word: &str) -> Result<(), String> {
    let tried = shortened(word);
    let number = match line.turn() {
        Color::White => format!("{}.", line.number()),
        Color::Black => format!("{}...", line.number()),
    };
    if let Some(reason) = line.over() {
        return Err(format!(
            "`{number} {tried}` follows though the game is over {}",
            reason.words()
        ));
    }
    let m = read_move(line.position(), word).map_err(|fault| match fault {
        MoveFault::NotUnderstood => format!("`{number} {tried}` is not understood as a move"),
        MoveFault::Illegal(why) => format!("`{number} {tried}` is not legal: {why}"),
        MoveFault::Ambiguous(choices) => {
            format!(
                "`{number} {tried}` could mean more than one move: {}",
                choices.join(", ")
            )
        }
        MoveFault::Promotion(choices) => {
            format!(
                "`{number} {tried}` does not say which of {} is meant",
                choices.join(", ")
            )
        }
    })?;
    line.play(m);
    Ok(())
}

/// The moves in a word: none in a number or a mark, two where the blank before a number is missing.
fn moves_in(word: &str, next_number: u32) -> Vec<&str> {
    let word = without_number(word);
    if says_nothing(word) {
        return Vec::new();
    }
    let word = trim_passant(word);
    let Some((first, rest)) = word.split_once('.') else {
        return vec![word];
    };
    let number = next_number.to_string();
    let second = rest.trim_start_matches(['.', '…']);
    let Some(first) = first
        .strip_suffix(number.as_str())
        .filter(|_| !says_nothing(second))
    else {
        return vec![word];
    };
    vec![first, trim_passant(second)]
}

/// `12.Nf3`, `12...Nf6` and `12Nf3` without the number; castling in noughts has none.
fn without_number(word: &str) -> &str {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered =
        rest.is_empty() || rest.starts_with(['.', '…']) || rest.starts_with(|c: char| c.is_alphabetic());
    if rest.len() == word.len() || !numbered {
        return word.trim_start_matches(['.', '…']);
    }
    rest.trim_start_matches(['.', '…'])
}

/// Marks and remarks; two dashes are a null move and no mark.
fn says_nothing(word: &str) -> bool {
    is_remark(word) || (word != "--" && !word.chars().any(char::is_alphanumeric))
}

fn trim_passant(word: &str) -> &str {
    ["e.p.", "e.p", "ep."]
        .iter()
        .find_map(|mark| word.strip_suffix(mark))
        .unwrap_or(word)
}

/// `1.`, `1.e4`, but not `1...`.
fn is_first_number(word: &str) -> bool {
    word.strip_prefix("1.").is_some_and(|rest| !rest.starts_with('.'))
}

/// Whether a word after a result begins another game: a first number, or a first move in SAN.
fn begins_game(word: &str) -> bool {
    let first_move = || San::from_ascii(word.as_bytes()).is_ok_and(|san| san.to_move(&Chess::new()).is_ok());
    is_first_number(word) || first_move()
}
