//! Our own puzzles: shipped inside the program, brought into the database by the first call that wants one. Servers
//! on which nobody asks for a puzzle start without that work.

use std::io::Read;

use tokio::sync::OnceCell;

use crate::chess::Puzzle;
use crate::games::{Games, Result};
use crate::secret::Digest;
use crate::store::{Fact, PuzzleSource, Tx};

const FILE: &[u8] = include_bytes!("../../../data/puzzles.tsv.zst");

/// Puzzles that are stored in one unit: others wait for the writer no longer than a blink.
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
        for batch in puzzles().chunks(BATCH) {
            let batch = batch.to_vec();
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

/// The puzzles of this program.
fn puzzles() -> Vec<Puzzle> {
    let mut text = String::new();
    let read = zstd::Decoder::new(FILE).and_then(|mut file| file.read_to_string(&mut text));
    if let Err(error) = read {
        tracing::error!(%error, "the shipped puzzles cannot be read");
    }
    text.lines()
        .skip(1)
        .filter_map(|row| Puzzle::from_row(row).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_row_is_a_puzzle() {
        let mut text = String::new();
        zstd::Decoder::new(FILE)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(puzzles().len(), text.lines().count() - 1);
    }
}
