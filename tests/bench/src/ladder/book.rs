//! The games that were played, in a file to which a later run adds: one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// What a game came to for the upper contender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Won,
    Drawn,
    Lost,
}

/// A game as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// How the upper and the lower contender play.
    pub(crate) upper: String,
    pub(crate) lower: String,
    /// Counted from 0; games 2n and 2n+1 begin from the same opening, with colours changed.
    pub(crate) number: u32,
    pub(crate) outcome: Outcome,
    pub(crate) plies: usize,
    /// Milliseconds for a move of the lower and of the upper contender, on average.
    pub(crate) ms: [f64; 2],
}

/// All games there are, and the file that new ones go to.
pub(crate) struct Book {
    records: Vec<Record>,
    file: Option<File>,
}

impl Book {
    /// Reads what is there. Without a path games are kept for this run only.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self {
                records: Vec::new(),
                file: None,
            });
        };
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .with_context(|| path.display().to_string())?;
        let mut records = Vec::new();
        for line in BufReader::new(&file).lines() {
            // Half a line, left by a run that was killed, is no game.
            records.extend(serde_json::from_str::<Record>(&line?));
        }
        Ok(Self {
            records,
            file: Some(file),
        })
    }

    pub(crate) fn add(&mut self, record: Record) -> Result<()> {
        if let Some(file) = &mut self.file {
            // The newline goes first: it also ends what a run that was killed may have left.
            let line = format!("\n{}", serde_json::to_string(&record)?);
            file.write_all(line.as_bytes())?;
        }
        self.records.push(record);
        Ok(())
    }

    /// The games between these two.
    pub(crate) fn between<'a>(&'a self, upper: &'a str, lower: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records
            .iter()
            .filter(move |record| record.upper == upper && record.lower == lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u32) -> Record {
        Record {
            upper: "level 2".to_owned(),
            lower: "level 1".to_owned(),
            number,
            outcome: Outcome::Drawn,
            plies: 80,
            ms: [1.0, 2.5],
        }
    }

    #[test]
    fn a_later_run_finds_the_games_of_an_earlier_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("games");
        let mut first = Book::open(Some(&path)).unwrap();
        first.add(record(0)).unwrap();
        first.add(record(1)).unwrap();
        std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + "\n{\"upper\":").unwrap();
        let mut second = Book::open(Some(&path)).unwrap();
        second.add(record(2)).unwrap();
        let third = Book::open(Some(&path)).unwrap();
        let found: Vec<_> = third.between("level 2", "level 1").cloned().collect();
        assert_eq!(found, [record(0), record(1), record(2)]);
        assert_eq!(third.between("level 3", "level 1").count(), 0);
    }
}
