//! Our own puzzles: shipped inside the program, brought into the database by the first call that wants one. Servers
//! on which nobody asks for a puzzle start without that work.

use std::io::Read;

use tokio::sync::OnceCell;

use crate::chess::Puzzle;
use crate::games::{Games, Result};
use crate::secret::Digest;
use crate::store::{Fact, PuzzleSource, Tx};

const FILE: &[u8] = include_bytes!("../../../data/puzzles.tsv.zst");

/// Puzzles that are read and stored in one go: others wait no longer than a blink, for the writer or a thread.
const BATCH: usize = 500;

/// Whether the puzzles are in the database.
#[derive(Debug, Default)]
pub(in crate::games) struct Shipped(OnceCell<()>);

impl Games {
    /// Brings the shipped puzzles into the database, unless they are there. Whoever asks meanwhile waits for it; a call
    /// that is broken off leaves the rest to the next one.
    pub(super) async fn load_shipped_puzzles(&self) -> Result<()> {
        self.0.shipped.0.get_or_try_init(|| self.load()).await?;
        Ok(())
    }

    async fn load(&self) -> Result<()> {
        let version = version();
        let known = version.clone();
        let unit = move |tx: &mut dyn Tx| -> Result<_> { Ok(tx.fact(Fact::Puzzles)? == Some(known.clone())) };
        if self.0.store.read(unit).await? {
            return Ok(());
        }
        let mut new = 0;
        let file = unpacked();
        let rows: Vec<&str> = rows(&file).collect();
        for batch in rows.chunks(BATCH) {
            let batch = read(batch);
            let unit =
                move |tx: &mut dyn Tx| -> Result<_> { Ok(tx.insert_puzzles(&batch, PuzzleSource::Own)?) };
            new += self.0.store.write(unit).await?;
        }
        let unit = move |tx: &mut dyn Tx| -> Result<()> { Ok(tx.set_fact(Fact::Puzzles, &version)?) };
        self.0.store.write(unit).await?;
        tracing::info!(puzzles = new, "puzzles are in the database");
        Ok(())
    }
}

/// Tells one file from another.
fn version() -> String {
    let [a, b, c, d, ..] = *Digest::of(FILE).as_bytes();
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}

fn unpacked() -> String {
    let mut text = String::new();
    let read = zstd::Decoder::new(FILE).and_then(|mut file| file.read_to_string(&mut text));
    if let Err(error) = read {
        tracing::error!(%error, "the shipped puzzles cannot be read");
    }
    text
}

/// The first line names the columns.
fn rows(file: &str) -> impl Iterator<Item = &str> {
    file.lines().skip(1)
}

fn read(rows: &[&str]) -> Vec<Puzzle> {
    rows.iter().filter_map(|row| Puzzle::from_row(row).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_row_is_a_puzzle() {
        let file = unpacked();
        let rows: Vec<&str> = rows(&file).collect();
        assert!(!rows.is_empty());
        assert_eq!(read(&rows).len(), rows.len());
    }
}
