//! A game is the same in every form in which it is kept, sent and played again: stored moves, FEN, PGN, and its own
//! moves from the start.

use proptest::prelude::*;

use super::board::fen_of;
use super::game::Game;
use super::import::{ImportLimits, read_games};
use super::outcome::{Claim, Ending, Reason, Score};
use super::pgn::{Pgn, PgnTags};
use super::start::Start;
use super::walk::{self, told};

const LIMITS: ImportLimits = ImportLimits {
    bytes: 100_000,
    games: 10,
    plies: 1_000,
};

/// The game without what ended it but the rules, and without an offer.
fn reopened(game: &Game) -> Game {
    let mut open = game.clone();
    open.take_back_to(game.ply());
    open
}

/// The game as far as PGN can say it: no offers, no calling off, and a draw that could be claimed counts as claimed.
fn as_pgn_says(game: &Game) -> Game {
    let mut said = reopened(game);
    let Some(ending) = game.ending().filter(|ending| ending.score != Score::None) else {
        return said;
    };
    let reason = match ending.reason {
        Reason::Agreement => said.claim().map_or(Reason::Agreement, Claim::reason),
        reason => reason,
    };
    said.conclude(Ending { reason, ..ending });
    said
}

fn tags() -> PgnTags {
    PgnTags {
        event: Some("A game".to_owned()),
        white: Some("Ana".to_owned()),
        black: Some("Ben".to_owned()),
        ..PgnTags::default()
    }
}

proptest! {
    #![proptest_config(walk::cases(64))]

    #[test]
    fn as_stored(game in walk::games()) {
        let start = (!game.is_from_standard_start()).then(|| game.start_fen());
        let (moves, ending, offer) = (game.uci_moves(), game.ending(), game.draw_offer());
        let copy = Game::restore(game.variant(), start.as_deref(), &moves, ending, offer).unwrap();
        prop_assert_eq!(told(&copy), told(&game));
    }

    #[test]
    fn as_pgn(game in walk::games()) {
        let text = Pgn { tags: &tags(), game: &game, plies: game.ply() }.write();
        let read = read_games(&text, LIMITS);
        if game.ply() == 0 {
            prop_assert_eq!(read.games.len(), 0);
        } else {
            prop_assert!(read.faults.is_empty() && read.games.len() == 1, "{}{:?}", text, read.faults);
            prop_assert_eq!(told(&read.games[0].game), told(&as_pgn_says(&game)), "{}", text);
        }
    }

    #[test]
    fn as_played_again(game in walk::games(), back in any::<prop::sample::Index>()) {
        let start = Start::from_fen(&game.start_fen(), game.variant()).unwrap();
        let (mut by_san, mut by_uci) = (Game::new(&start), Game::new(&start));
        for ply in 0..game.ply() {
            by_san.play(by_san.read(&game.san(ply).unwrap()).unwrap()).unwrap();
            by_uci.play_uci(&game.uci(ply).unwrap().parse().unwrap()).unwrap();
        }
        let expected = told(&reopened(&game));
        prop_assert_eq!(&told(&by_san), &expected);
        prop_assert_eq!(&told(&by_uci), &expected);
        // Taken back and played once more.
        let ply = back.index(game.ply() + 1);
        by_san.take_back_to(ply);
        prop_assert_eq!(by_san.fen(), fen_of(game.position_at(ply).unwrap()));
        prop_assert!(by_san.is_ongoing() || ply == game.ply());
        for m in &game.moves()[ply..] {
            by_san.play(*m).unwrap();
        }
        prop_assert_eq!(told(&by_san), expected);
    }

    #[test]
    fn every_position_as_fen(game in walk::games()) {
        for position in game.positions() {
            let fen = fen_of(position);
            let read = Start::from_fen(&fen, game.variant()).unwrap();
            prop_assert_eq!(read.position(), position);
            prop_assert_eq!(fen_of(read.position()), fen);
            prop_assert!(read.notes().is_empty(), "{:?}", read.notes());
        }
    }
}

/// The games above are worth something only if they are of every kind.
#[test]
fn games_of_every_kind_are_among_them() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let games: Vec<Game> = (0..800)
        .map(|_| walk::games().new_tree(&mut runner).unwrap().current())
        .collect();
    for reason in [
        Reason::Resignation,
        Reason::Timeout,
        Reason::Agreement,
        Reason::Threefold,
        Reason::Fivefold,
        Reason::FiftyMoves,
        Reason::SeventyFiveMoves,
        Reason::Aborted,
    ] {
        let is_one = |game: &Game| game.ending().is_some_and(|ending| ending.reason == reason);
        assert!(games.iter().any(is_one), "{reason:?}");
    }
    let moves = || games.iter().flat_map(Game::moves);
    assert!(moves().any(|m| m.is_castle()));
    assert!(moves().any(|m| m.is_en_passant()));
    assert!(moves().any(|m| m.is_promotion()));
    assert!(
        games
            .iter()
            .any(|game| game.claim().is_some() && game.is_ongoing())
    );
    assert!(games.iter().any(|game| game.draw_offer().is_some()));
    assert!(games.iter().any(|game| !game.is_from_standard_start()));
    assert!(games.iter().any(Game::is_from_standard_start));
}
