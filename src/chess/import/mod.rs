//! Reading PGN that was exported, typed or pasted: one game or many, as programs and people write them.
//!
//! Only the main line is read. A game with a fault is left out and its fault named, with the line on which it
//! stands; the others are read. Moves are understood as in a game here, so that other programs' slips
//! (`0-0`, `e7-e8(Q)`, `exd6e.p.`) do no harm. A game may have gone on where it would be drawn by itself today.

mod draft;
mod line;
mod scan;
mod tags;

use super::game::Game;
use super::pgn::PgnTags;

use draft::Draft;
use scan::{Part, Scanner};

/// How much is read at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLimits {
    /// The longest text, in bytes.
    pub bytes: usize,
    /// The most games.
    pub games: usize,
    /// The longest game, in moves of either side.
    pub plies: usize,
}

/// What was found in a text.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// The games without fault, in order.
    pub games: Vec<ImportedGame>,
    /// What was wrong with the others, in order.
    pub faults: Vec<ImportFault>,
}

/// A game as it was read.
#[derive(Debug, Clone)]
pub struct ImportedGame {
    /// What its tags say.
    pub tags: PgnTags,
    /// The game, with its result; unfinished where none is given.
    pub game: Game,
    /// The line on which it begins, the first being 1.
    pub line: usize,
}

/// Why a game could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFault {
    /// Which game of the text, the first being 1.
    pub game: usize,
    /// On which line the fault is, the first being 1.
    pub line: usize,
    /// What it is, in a clause without a full stop.
    pub fault: String,
}

/// Reads all games of a text.
pub fn read_games(text: &str, limits: ImportLimits) -> Imported {
    let mut reading = Reading {
        limits,
        imported: Imported::default(),
        seen: 0,
        draft: None,
    };
    if text.len() > limits.bytes {
        reading.fault(1, 1, format!("the text is longer than {} bytes", limits.bytes));
        return reading.imported;
    }
    for (line, part) in Scanner::new(text) {
        if !reading.take(line, part) {
            break;
        }
    }
    reading.finish();
    if reading.seen == 0 {
        reading.fault(1, 1, "there is no game in it".to_owned());
    }
    reading.imported
}

struct Reading<'a> {
    limits: ImportLimits,
    imported: Imported,
    /// How many games have begun.
    seen: usize,
    draft: Option<Draft<'a>>,
}

impl<'a> Reading<'a> {
    /// Takes the next part of the text; false where no more is to be read.
    fn take(&mut self, line: usize, part: Part<'a>) -> bool {
        if self.draft.as_ref().is_some_and(|draft| draft.ends_before(&part)) {
            self.finish();
        }
        if self.draft.is_none() {
            if self.seen == self.limits.games {
                let fault = format!(
                    "only {} games are read at a time; this one and what follows are left out",
                    self.limits.games
                );
                self.fault(self.seen + 1, line, fault);
                return false;
            }
            self.seen += 1;
        }
        let draft = self
            .draft
            .get_or_insert_with(|| Draft::new(line, self.limits.plies));
        draft.take(line, part);
        true
    }

    fn finish(&mut self) {
        let Some(draft) = self.draft.take() else { return };
        match draft.finish() {
            Ok(game) => self.imported.games.push(game),
            Err((line, fault)) => self.fault(self.seen, line, fault),
        }
    }

    fn fault(&mut self, game: usize, line: usize, fault: String) {
        self.imported.faults.push(ImportFault { game, line, fault });
    }
}

#[cfg(test)]
mod tests;
