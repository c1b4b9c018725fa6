//! From work files to the data file: every puzzle is checked once more, rated and named, and the best mix is
//! written.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use chess_mcp::chess::{Puzzle, Theme, forced_mate, motifs, theme_words};
use sha2::{Digest as _, Sha256};

use crate::Wanted;
use crate::mates::mate_puzzle;
use crate::puzzle::{Found, Kind, is_worth_solving};
use crate::rating;
use crate::work;

/// From here on an advantage is called crushing, in centipawns.
const CRUSHING: i32 = 600;

/// Letters as in the ids of games, but one fewer of them: neither can be taken for the other.
const LETTERS: &[u8; 30] = b"23456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH: usize = 7;

/// The strongest compression that every decoder is bound to understand.
const LEVEL: i32 = 19;

const HEADER: &str = "id\tfen\tmoves\trating\tthemes";

/// Reads work files, writes the data file and prints what is in it.
pub(crate) fn pack(files: &[PathBuf], out: &Path, wanted: Wanted) -> Result<()> {
    let found = without_repeats(files)?;
    let total = found.len();
    let mut sound = checked(&found)?;
    println!("{} of {total} puzzles are sound", sound.len());
    choose(&mut sound, wanted);
    sound.sort_by_key(|puzzle| (puzzle.rating(), puzzle.id()));
    write(out, &sound)?;
    report(&sound);
    Ok(())
}

/// Each position once: the same one may lie in several files.
fn without_repeats(files: &[PathBuf]) -> Result<Vec<Found>> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for file in files {
        let rows = work::read(file)?;
        all.extend(
            rows.into_iter()
                .map(|row| row.found)
                .filter(|found| seen.insert(found.key())),
        );
    }
    Ok(all)
}

/// Checks on all cores, keeps the order and drops what shares its id with an earlier one.
fn checked(found: &[Found]) -> Result<Vec<Puzzle>> {
    let cores = thread::available_parallelism()?.get();
    let share = found.len().div_ceil(cores).max(1);
    let parts: Vec<Result<Vec<Puzzle>>> = thread::scope(|scope| {
        let part = |part: &'_ [Found]| part.iter().filter_map(|found| check(found).transpose()).collect();
        let threads: Vec<_> = found
            .chunks(share)
            .map(|chunk| scope.spawn(move || part(chunk)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("a check has failed")))
            .collect()
    });
    let mut ids = HashSet::new();
    let mut sound = Vec::new();
    for part in parts {
        sound.extend(part?.into_iter().filter(|puzzle| ids.insert(puzzle.id())));
    }
    Ok(sound)
}

/// The puzzle with id, rating and themes; none if it is not what it was taken for.
fn check(found: &Found) -> Result<Option<Puzzle>> {
    let position = found.position_to_solve();
    if !is_worth_solving(&position) {
        return Ok(None);
    }
    let (found, worth) = match found.kind {
        Kind::Tactic { score } if score >= CRUSHING => (found.clone(), Some(Theme::Crushing)),
        Kind::Tactic { .. } => (found.clone(), Some(Theme::Advantage)),
        Kind::Mate(moves) => {
            if forced_mate(&position, moves, u32::MAX) != Ok(Some(moves)) {
                return Ok(None);
            }
            let Some(again) = mate_puzzle(&found.start, found.moves[0], moves) else {
                return Ok(None);
            };
            (again, None)
        }
    };
    let mut themes = motifs(&found.start, &found.moves);
    ensure!(
        themes.contains(&Theme::Mate) == worth.is_none(),
        "{found} is not of its kind"
    );
    themes.extend(worth);
    let fen = chess_mcp::chess::fen_of(&found.start);
    let rating = rating::prior(&found);
    let puzzle = Puzzle::new(
        id(&found).parse()?,
        &fen,
        &found.uci(),
        rating,
        &theme_words(&themes),
    );
    puzzle.map(Some).with_context(|| found.to_string())
}

/// Letters for a hash of the position: the same puzzle keeps its id in every packing.
fn id(found: &Found) -> String {
    let hash = Sha256::digest(found.key());
    let mut number = hash
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut id = String::new();
    for _ in 0..ID_LENGTH {
        id.push(char::from(LETTERS[usize::try_from(number % 30).unwrap_or(0)]));
        number /= 30;
    }
    id
}

/// Keeps as many of each length as are wanted, those with rare themes first.
fn choose(puzzles: &mut Vec<Puzzle>, wanted: Wanted) {
    let common = counts(puzzles);
    let rarity = |puzzle: &Puzzle| puzzle.themes().iter().map(|theme| common[theme]).min();
    puzzles.sort_by_key(|puzzle| (rarity(puzzle), puzzle.id()));
    let mut left = [wanted.tactics, wanted.ones, wanted.twos, wanted.threes];
    puzzles.retain(|puzzle| {
        let slot = if puzzle.themes().contains(&Theme::Mate) {
            usize::from(puzzle.solver_moves().min(3))
        } else {
            0
        };
        let keep = left[slot] > 0;
        left[slot] = left[slot].saturating_sub(1);
        keep
    });
}

fn counts(puzzles: &[Puzzle]) -> BTreeMap<Theme, usize> {
    let mut counts = BTreeMap::new();
    for theme in puzzles.iter().flat_map(Puzzle::themes) {
        *counts.entry(*theme).or_default() += 1;
    }
    counts
}

fn write(out: &Path, puzzles: &[Puzzle]) -> Result<()> {
    let rows = puzzles.iter().map(Puzzle::to_row);
    let mut text: String = std::iter::once(HEADER.to_owned())
        .chain(rows)
        .collect::<Vec<_>>()
        .join("\n");
    text.push('\n');
    let packed = zstd::encode_all(text.as_bytes(), LEVEL)?;
    println!(
        "{} puzzles, {} bytes, packed {}",
        puzzles.len(),
        text.len(),
        packed.len()
    );
    std::fs::write(out, packed).with_context(|| format!("{} cannot be written", out.display()))
}

fn report(puzzles: &[Puzzle]) {
    for (theme, count) in counts(puzzles) {
        println!("{count:>7} {theme}");
    }
    let mut hundreds: BTreeMap<u16, usize> = BTreeMap::new();
    for puzzle in puzzles {
        *hundreds.entry(puzzle.rating() / 200 * 200).or_default() += 1;
    }
    for (rating, count) in hundreds {
        println!("{count:>7} rated {rating} to {}", rating + 199);
    }
}
