//! Positions as people type them: what is accepted is written so that it reads back as itself.

use chess_mcp::chess::{Coaching, Color, Game, Start, Variant, diagram, facts, fen_of, san_moves};

/// One input.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for variant in Variant::ALL {
        read(&text, variant);
    }
}

fn read(text: &str, variant: Variant) {
    let Ok(start) = Start::from_fen(text, variant) else {
        return;
    };
    let fen = fen_of(start.position());
    let again = Start::from_fen(&fen, variant).expect("what we write we read");
    assert_eq!(fen_of(again.position()), fen);
    assert_eq!(again.variant(), variant);
    assert!(again.notes().is_empty(), "{fen}: {:?}", again.notes());
    let _ = diagram(start.position(), Color::White);
    let game = Game::new(&start);
    assert!(facts(&game, 0, Coaching::For(game.turn())).len() <= 3);
    if !game.is_ongoing() {
        return;
    }
    for san in san_moves(start.position()) {
        game.read(&san).expect("a legal move is understood");
    }
}
