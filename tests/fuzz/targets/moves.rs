//! Moves as people type them: what is understood is legal, and its SAN means the same move.

use std::sync::LazyLock;

use chess_mcp::chess::{Game, Start, Variant, read_move};

static GAMES: LazyLock<Vec<Game>> = LazyLock::new(|| {
    use Variant::{Chess960, Standard};
    let positions = [
        (
            "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
            Standard,
        ),
        (
            "r3k2r/pbppqpb1/1pn3p1/7p/1N2p1n1/1PP4N/PB1P2PP/2QRKR2 b kq - 0 1",
            Standard,
        ),
        ("8/PPP4k/8/8/8/8/4Kppp/8 w - - 0 1", Standard),
        (
            "rnbqkbnr/ppp1pppp/8/8/3pP3/8/PPPP1PPP/RNBQKBNR b KQkq e3 0 3",
            Standard,
        ),
        ("8/8/7k/1Q1Q4/8/1Q6/8/4K3 w - - 0 1", Standard),
        ("4r1k1/8/8/8/8/8/4N3/R3K2R w KQ - 0 1", Standard),
        ("4k3/8/8/8/8/8/8/RK5R w KQ - 0 1", Chess960),
        ("4k3/8/8/8/8/8/8/R3KR1R w FA - 0 1", Chess960),
    ];
    positions
        .map(|(fen, variant)| Game::new(&Start::from_fen(fen, variant).expect("a position")))
        .into()
});

/// One input.
pub(crate) fn run(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let mut game = GAMES[usize::from(*choice) % GAMES.len()].clone();
    let text = String::from_utf8_lossy(text);
    let understood = read_move(game.position(), &text);
    assert_eq!(game.read(&text).ok(), understood.as_ref().ok().copied());
    let Ok(understood) = understood else { return };
    game.play(understood).expect("what is understood is legal");
    let san = game.san(0).expect("it was played");
    let before = game.position_at(0).expect("the game began somewhere");
    assert_eq!(read_move(before, &san).ok(), Some(understood), "{san}");
}
