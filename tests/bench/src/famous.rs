//! Ten famous games, each won by somebody.

use anyhow::Result;
use chess_mcp::chess::{Game, ImportLimits, ImportedGame, Pgn, PgnTags, read_games};

const PGN: &str = include_str!("../../famous.pgn");

const LIMITS: ImportLimits = ImportLimits {
    bytes: PGN.len(),
    games: 100,
    plies: 1_000,
};

/// All of them.
pub fn games() -> Result<Vec<ImportedGame>> {
    let read = read_games(PGN, LIMITS);
    anyhow::ensure!(read.faults.is_empty(), "{:?}", read.faults);
    Ok(read.games)
}

/// Who played whom.
pub fn players(read: &ImportedGame) -> (String, String) {
    let name = |tag: &Option<String>| tag.clone().unwrap_or_else(|| "?".to_owned());
    (name(&read.tags.white), name(&read.tags.black))
}

/// The first `plies` moves of a game as PGN.
pub fn written(game: &Game, plies: usize, (white, black): (String, String)) -> String {
    let tags = PgnTags {
        event: Some("A famous game".to_owned()),
        white: Some(white),
        black: Some(black),
        ..PgnTags::default()
    };
    let tags = &tags;
    Pgn { tags, game, plies }.write()
}
