//! Lists of moves and PGN: what was played is written so that it reads back as the same game.

use chess_mcp::chess::{Game, Pgn, PgnTags, movetext_tokens};

/// One input.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(tokens) = movetext_tokens(&text) else {
        return;
    };
    let mut game = Game::default();
    play(&mut game, &tokens);
    let tags = PgnTags {
        event: Some(text.chars().take(80).collect()),
        white: Some(text.chars().rev().take(80).collect()),
        ..PgnTags::default()
    };
    let pgn = Pgn {
        tags: &tags,
        game: &game,
        plies: game.ply(),
    }
    .write();
    let Ok(written) = movetext_tokens(&pgn) else {
        return;
    };
    let mut again = Game::default();
    play(&mut again, &written);
    assert_eq!(again.fen(), game.fen(), "{pgn}");
    assert_eq!(again.uci_moves(), game.uci_moves(), "{pgn}");
}

/// Plays as many of the moves as can be played.
fn play(game: &mut Game, tokens: &[String]) {
    for token in tokens {
        let Ok(understood) = game.read(token) else { return };
        if game.play(understood).is_err() {
            return;
        }
    }
}
