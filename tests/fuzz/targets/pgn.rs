//! PGN of one or many games: what is read is written so that it reads back as the same game.

use chess_mcp::chess::{ImportLimits, ImportedGame, Pgn, read_games};

const LIMITS: ImportLimits = ImportLimits {
    bytes: 200_000,
    games: 20,
    plies: 1_000,
};

/// One input.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let imported = read_games(&text, LIMITS);
    assert!(imported.games.len() + imported.faults.len() <= LIMITS.games + 1);
    let lines = text.matches('\n').count() + 1;
    for fault in &imported.faults {
        assert!((1..=lines).contains(&fault.line), "{fault:?}");
    }
    for read in &imported.games {
        assert!(read.game.ply() > 0 && (1..=lines).contains(&read.line));
        let pgn = written(read);
        let again = read_games(&pgn, LIMITS);
        assert!(again.faults.is_empty(), "{:?}\n{pgn}", again.faults);
        let [other] = &again.games[..] else {
            panic!("one game became {}:\n{pgn}", again.games.len());
        };
        assert_eq!(other.game.uci_moves(), read.game.uci_moves(), "{pgn}");
        assert_eq!(other.game.start_fen(), read.game.start_fen(), "{pgn}");
        assert_eq!(other.game.score(), read.game.score(), "{pgn}");
        assert_eq!(other.tags, read.tags, "{pgn}");
    }
}

fn written(read: &ImportedGame) -> String {
    Pgn {
        tags: &read.tags,
        game: &read.game,
        plies: read.game.ply(),
    }
    .write()
}
