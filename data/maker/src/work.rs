//! The file that found puzzles are appended to, and from which an interrupted search goes on.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::Wanted;
use crate::puzzle::{Found, Kind};

/// Lines of `seed game kind FEN moves`, with tabs between them.
pub(crate) struct WorkFile {
    file: File,
    seed: u32,
    /// The game that was played last with this seed.
    game: u32,
    seen: HashSet<String>,
    /// Mates in one, two, three; others.
    counts: [usize; 4],
}

impl WorkFile {
    /// Opens or begins one.
    pub(crate) fn open(path: &Path, seed: u32) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let text = std::fs::read_to_string(path)?;
        // What was cut off in writing is overwritten.
        file.set_len(text.rfind('\n').map_or(0, |end| end as u64 + 1))?;
        let rows = read(path)?;
        let mut work = Self {
            file,
            seed,
            game: 0,
            seen: HashSet::new(),
            counts: [0; 4],
        };
        for row in &rows {
            work.count_in(&row.found);
            if row.seed == seed {
                work.game = work.game.max(row.game);
            }
        }
        Ok(work)
    }

    /// The number of a game that was not played yet.
    pub(crate) fn next_game(&mut self) -> u32 {
        self.game += 1;
        self.game
    }

    /// Appends a puzzle unless its position is known; whether it did.
    pub(crate) fn add(&mut self, found: &Found) -> Result<bool> {
        if !self.count_in(found) {
            return Ok(false);
        }
        let row = format!("{}\t{}\t{found}\n", self.seed, self.game);
        self.file.write_all(row.as_bytes())?;
        Ok(true)
    }

    fn count_in(&mut self, found: &Found) -> bool {
        let is_new = self.seen.insert(found.key());
        self.counts[slot(found.kind)] += usize::from(is_new);
        is_new
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.counts[slot(kind)]
    }

    /// Whether there is still something to look for.
    pub(crate) fn misses_any(&self, wanted: Wanted) -> bool {
        let kinds = [
            Kind::Mate(1),
            Kind::Mate(2),
            Kind::Mate(3),
            Kind::Tactic { score: 0 },
        ];
        kinds.iter().any(|kind| self.count(*kind) < wanted.of(*kind))
    }

    pub(crate) fn summary(&self) -> String {
        let [ones, twos, threes, tactics] = self.counts;
        format!(
            "game {}: {ones} + {twos} + {threes} mates, {tactics} tactics",
            self.game
        )
    }
}

fn slot(kind: Kind) -> usize {
    match kind {
        Kind::Mate(moves) => usize::from(moves.clamp(1, 3)) - 1,
        Kind::Tactic { .. } => 3,
    }
}

/// A line of a work file.
pub(crate) struct Row {
    seed: u32,
    game: u32,
    pub(crate) found: Found,
}

/// All lines of a work file, but for one at the end that is being written.
pub(crate) fn read(path: &Path) -> Result<Vec<Row>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let numbered = whole.lines().enumerate();
    numbered
        .map(|(i, line)| row(line).with_context(|| format!("{}, line {}", path.display(), i + 1)))
        .collect()
}

fn row(line: &str) -> Result<Row> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [seed, game, kind, fen, moves] = fields[..] else {
        anyhow::bail!("{} fields", fields.len());
    };
    Ok(Row {
        seed: seed.parse()?,
        game: game.parse()?,
        found: Found::read(kind, fen, moves)?,
    })
}
