//! Whatever is typed for a move: reading it never fails in any other way than by a refusal, changes nothing, and
//! gives a legal move or none.
//!
//! `MOVE_TEXTS` says how many texts, `FUZZ_SEED` which.
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "it/support/typed.rs"]
mod typed;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use chess_mcp::chess::{Game, Start, Variant};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use shakmaty::Position as _;

use self::typed::{Kind, Typed, typed};

/// So many without `MOVE_TEXTS`.
const TEXTS: u64 = 2_000;

/// So many texts are read in one position.
const ON_A_BOARD: u64 = 25;

/// The longest refusal: every legal move of a crowded board stands in it.
const LONGEST_REFUSAL: usize = 3_000;

/// Where rare moves are near: promotions, en passant, castling over each other, one move alone.
const STARTS: [(&str, Variant); 6] = [
    (
        "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
        Variant::Standard,
    ),
    (
        "1n1r3k/PPPPPP2/8/8/8/8/pp2pppp/K3N1R1 w - - 0 1",
        Variant::Standard,
    ),
    ("4k3/8/8/pPpPpPpP/8/8/8/4K3 w - a6 0 1", Variant::Standard),
    ("r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", Variant::Standard),
    ("rk5r/pp4pp/8/8/8/8/PP4PP/RK5R w KQkq - 0 1", Variant::Chess960),
    ("Q6Q/8/1k6/8/8/8/1K6/Q6Q w - - 0 1", Variant::Standard),
];

/// How many texts of each kind were read as a move, and how many were refused.
type Tally = BTreeMap<Kind, (u64, u64)>;

#[test]
fn no_text_breaks_a_game_or_changes_it() {
    let (texts, seed) = (setting("MOVE_TEXTS", TEXTS), setting("FUZZ_SEED", 1));
    let (started, next) = (Instant::now(), AtomicU64::new(0));
    let work = || {
        let mut tally = Tally::new();
        loop {
            let first = next.fetch_add(ON_A_BOARD, Ordering::Relaxed);
            if first >= texts {
                return tally;
            }
            let random = StdRng::seed_from_u64(seed.wrapping_shl(32) ^ first);
            on_a_board(random, ON_A_BOARD.min(texts - first), &mut tally);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let tally = sum(tallies);
    report(&tally, started, seed);
    assert_eq!(
        tally.values().map(|(read, refused)| read + refused).sum::<u64>(),
        texts
    );
    if texts < TEXTS {
        return;
    }
    // The texts are of use only as long as some of them are moves and others are not.
    for kind in [Kind::Misspelt, Kind::Jumbled, Kind::Foreign, Kind::Shaped] {
        let (read, refused) = tally[&kind];
        assert!(
            read > 0 && refused > 0,
            "{kind:?}: {read} read, {refused} refused"
        );
    }
    assert_eq!(tally.len(), Kind::ALL.len());
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(default, |value| value.parse().unwrap())
}

fn sum(tallies: Vec<Tally>) -> Tally {
    let mut all = Tally::new();
    for (kind, (read, refused)) in tallies.into_iter().flatten() {
        let counted = all.entry(kind).or_default();
        *counted = (counted.0 + read, counted.1 + refused);
    }
    all
}

fn report(tally: &Tally, started: Instant, seed: u64) {
    let texts: u64 = tally.values().map(|(read, refused)| read + refused).sum();
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{texts} texts for a move in {seconds:.1} s, FUZZ_SEED={seed}");
    for (kind, (read, refused)) in tally {
        eprintln!("{read:8} read, {refused:8} refused: {kind:?}");
    }
}

/// Reads texts in the last position of a random game.
fn on_a_board(mut random: StdRng, texts: u64, tally: &mut Tally) {
    let game = random_game(&mut random);
    for _ in 0..texts {
        let typed = typed(game.position(), &mut random);
        let counted = tally.entry(typed.kind).or_default();
        if read(&game, &typed) {
            counted.0 += 1;
        } else {
            counted.1 += 1;
        }
    }
}

/// Whether a text was read as a move, which must be a legal one.
fn read(game: &Game, typed: &Typed) -> bool {
    let (fen, text) = (game.fen(), &typed.text);
    let before = (game.moves().len(), game.ending(), game.draw_offer());
    let found = catch_unwind(AssertUnwindSafe(|| game.read(text)))
        .unwrap_or_else(|_| panic!("reading {text:?} in {fen} panics"));
    assert_eq!(game.fen(), fen, "{text:?}");
    assert_eq!(
        (game.moves().len(), game.ending(), game.draw_offer()),
        before,
        "{text:?}"
    );
    match found {
        Ok(m) => {
            assert!(
                game.position().legal_moves().contains(&m),
                "{text:?} in {fen}: {m:?}"
            );
            assert!(
                typed.means.is_none_or(|meant| meant == m),
                "{text:?} in {fen}: {m:?}"
            );
            true
        }
        Err(refusal) => {
            let words = refusal.to_string();
            assert!(typed.means.is_none(), "{text:?} in {fen}: {words}");
            assert!(words.len() <= LONGEST_REFUSAL, "{text:?} in {fen}: {words}");
            assert!(words.contains("Nothing changed"), "{text:?} in {fen}: {words}");
            assert!(
                !words.contains(|c: char| c.is_control()),
                "{text:?} in {fen}: {words:?}"
            );
            false
        }
    }
}

/// A game of either variant that still goes on.
fn random_game(random: &mut StdRng) -> Game {
    let start = if random.random_ratio(1, 3) {
        Start::chess960(random.random_range(0..960)).unwrap()
    } else {
        let (fen, variant) = STARTS[random.random_range(0..STARTS.len())];
        Start::from_fen(fen, variant).unwrap()
    };
    let mut game = Game::new(&start);
    for _ in 0..random.random_range(0..100) {
        let legal = game.position().legal_moves();
        let m = legal[random.random_range(0..legal.len())];
        game.play(m).unwrap();
        if !game.is_ongoing() {
            game.take_back_to(game.ply() - 1);
            break;
        }
    }
    game
}
