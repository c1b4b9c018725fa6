//! Random legal games for property tests: each number picks one of the legal moves.

use proptest::prelude::*;
use shakmaty::{Chess, Color, Move, Position, Role};

use super::board::fen_of;
use super::game::Game;
use super::outcome::{Claim, Ending};
use super::start::{STARTS, Start};
use super::variant::Variant;

/// So many cases, unless `PROPTEST_CASES` asks for a number of its own.
pub(crate) fn cases(fewest: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig::with_cases(asked.and_then(|asked| asked.parse().ok()).unwrap_or(fewest))
}

pub(super) fn steps() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..90)
}

/// Any start of Chess960.
pub(super) fn starts() -> impl Strategy<Value = Start> {
    (0..STARTS).prop_map(|number| Start::chess960(number).expect("it is below 960"))
}

/// Where a game of either variant may begin: its arrays, or what another game led to, with its clock as it was
/// or close to the draws by the clock.
pub(super) fn any_start() -> impl Strategy<Value = Start> {
    let array = prop_oneof![
        2 => Just(Start::default()),
        1 => Just(Start::usual(Variant::Chess960)),
        2 => starts(),
    ];
    let before = prop_oneof![Just(Vec::new()), steps()];
    let clock =
        prop_oneof![3 => Just(None), 2 => (97..101_u32).prop_map(Some), 1 => (140..150_u32).prop_map(Some)];
    (array, before, clock).prop_map(|(array, before, clock)| reached(&array, &before, clock))
}

/// A game of either variant from anywhere, at any stage and with any end that a game can have.
pub(crate) fn games() -> impl Strategy<Value = Game> {
    let few = prop::collection::vec(any::<u8>(), 0..4);
    let steps = prop_oneof![2 => few, 3 => steps()];
    let repeats = prop_oneof![Just(0_usize), 0..6_usize];
    (any_start(), steps, repeats, any::<u8>()).prop_map(|(start, steps, repeats, end)| {
        let mut game = game(&start, &steps);
        for _ in 0..repeats {
            to_and_fro(&mut game);
        }
        close(&mut game, end);
        game
    })
}

/// The last position of a game in which a move can be made, as somebody would type it to go on from there.
fn reached(array: &Start, steps: &[u8], clock: Option<u32>) -> Start {
    let mut game = game(array, steps);
    if !game.is_ongoing() && game.ply() > 0 {
        game.take_back_to(game.ply() - 1);
    }
    let fen = fen_of(game.position());
    let mut fields: Vec<&str> = fen.split(' ').collect();
    let clock = clock.map(|clock| clock.to_string());
    if let Some(clock) = clock.as_deref().filter(|_| fields[3] == "-" && game.ply() > 0) {
        (fields[4], fields[5]) = (clock, "100");
    }
    Start::from_fen(&fields.join(" "), game.variant()).expect("legal moves led there")
}

/// A game in which every second step castles, promotes or takes en passant where that is possible, which chance
/// alone seldom does.
pub(crate) fn game(start: &Start, steps: &[u8]) -> Game {
    let mut game = Game::new(start);
    for step in steps {
        let legal = game.position().legal_moves();
        let is_rare = |m: &&Move| m.is_castle() || m.is_promotion() || m.is_en_passant();
        let rare = legal.iter().filter(|_| step % 2 == 0).find(is_rare);
        let Some(m) = rare.or_else(|| legal.get(usize::from(*step) % legal.len().max(1))) else {
            break;
        };
        if game.play(*m).is_err() {
            break;
        }
    }
    game
}

/// Both sides move a piece out and back, as far as they can: positions repeat themselves.
fn to_and_fro(game: &mut Game) {
    let mut out = Vec::new();
    for _ in 0..2 {
        let Some(m) = quiet(game.position()) else { return };
        if game.play(m).is_err() {
            return;
        }
        out.push(m);
    }
    for back in out.into_iter().filter_map(reversed) {
        if game.play(back).is_err() {
            return;
        }
    }
}

fn quiet(position: &Chess) -> Option<Move> {
    let legal = position.legal_moves();
    let is_quiet = |m: &&Move| matches!(m, Move::Normal { role, capture: None, .. } if *role != Role::Pawn);
    legal.iter().find(is_quiet).copied()
}

fn reversed(m: Move) -> Option<Move> {
    let from = m.from()?;
    Some(Move::Normal {
        role: m.role(),
        from: m.to(),
        to: from,
        capture: None,
        promotion: None,
    })
}

/// Ends a game in the way of this number, or offers a draw in it; what is not possible does not happen.
fn close(game: &mut Game, end: u8) {
    let side = Color::from_white(end.is_multiple_of(2));
    let _possible = match end / 2 % 8 {
        0 => game.resign(side),
        1 => game.lose_on_time(side),
        2 => game
            .offer_draw(side)
            .and_then(|()| game.accept_draw(side.other())),
        3 | 6 => game.claim_draw(),
        4 => game.abort(),
        5 => game.offer_draw(side),
        _ => Ok(()),
    };
}

/// All that can be told of a game.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    variant: Variant,
    start: String,
    fens: Vec<String>,
    uci: String,
    sans: Vec<Option<String>>,
    words: Vec<Option<String>>,
    ending: Option<Ending>,
    offer: Option<Color>,
    claim: Option<Claim>,
    occurrences: usize,
    legal: Vec<String>,
}

/// Two games of which the same is told are the same.
pub(crate) fn told(game: &Game) -> Told {
    Told {
        variant: game.variant(),
        start: game.start_fen(),
        fens: game.positions().iter().map(fen_of).collect(),
        uci: game.uci_moves(),
        sans: (0..game.ply()).map(|ply| game.san(ply)).collect(),
        words: (0..game.ply()).map(|ply| game.words(ply)).collect(),
        ending: game.ending(),
        offer: game.draw_offer(),
        claim: game.claim(),
        occurrences: game.occurrences(),
        legal: game.legal_moves(),
    }
}

pub(super) fn moves(steps: &[u8]) -> Vec<Move> {
    let mut position = Chess::new();
    let mut moves = Vec::new();
    for step in steps {
        let legal = position.legal_moves();
        if legal.is_empty() {
            break;
        }
        let m = legal[usize::from(*step) % legal.len()];
        position.play_unchecked(m);
        moves.push(m);
    }
    moves
}

pub(super) fn position(steps: &[u8]) -> Chess {
    let mut position = Chess::new();
    for m in moves(steps) {
        position.play_unchecked(m);
    }
    position
}
