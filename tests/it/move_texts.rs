//! Texts of every kind sent as moves: one that is refused leaves the game as it was, one that is taken is a legal move.
//! Far more of them go through the reading alone, in `tests/move_texts.rs`.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use shakmaty::san::SanPlus;
use shakmaty::{Chess, Position as _};

use crate::support::actor::moving;
use crate::support::game::{assert_whole, position};
use crate::support::mcp::Answer;
use crate::support::typed::typed;
use crate::support::{Actor, Server, setting};
use crate::tools_refusals::is_refusal;

const TEXTS: usize = 400;

/// A game is left after so many plies for another one.
const LONG_GAME: u64 = 60;

/// A board without opponent on which a few random moves were made.
async fn random_board(alice: &Actor<'_>, random: &mut StdRng) -> Value {
    let (mut position, mut sans) = (Chess::new(), Vec::new());
    for _ in 0..random.random_range(0..40) {
        let legal = position.legal_moves();
        let m = legal[random.random_range(0..legal.len())];
        let after = position.clone().play(m).unwrap();
        if after.is_game_over() {
            break;
        }
        sans.push(SanPlus::from_move(position, m).to_string());
        position = after;
    }
    let variant = if sans.is_empty() { "chess960" } else { "standard" };
    let asked = json!({ "opponent": "nobody", "variant": variant, "moves": sans.join(" ") });
    alice.new_game(asked).await
}

#[tokio::test]
async fn a_text_is_a_legal_move_or_leaves_the_game_as_it_was() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let mut random = StdRng::seed_from_u64(setting("FUZZ_SEED", 1));
    let mut view = random_board(&alice, &mut random).await;
    let mut before = alice.status(&view).await;
    let (mut taken, mut refused, mut kinds) = (0, 0, BTreeSet::new());
    for _ in 0..TEXTS {
        if view["status"] != "ongoing" || view["ply"].as_u64() > Some(LONG_GAME) {
            view = random_board(&alice, &mut random).await;
            before = alice.status(&view).await;
        }
        let now = position(&view);
        let typed = typed(&now, &mut random);
        kinds.insert(typed.kind);
        let reply = alice.ask("chess_move", moving(&view, &typed.text)).await;
        if is_refusal(&reply) {
            assert!(typed.means.is_none(), "{typed:?} in {view}: {}", reply.body);
            assert_eq!(alice.status(&view).await, before, "{typed:?}");
            refused += 1;
            continue;
        }
        let next = Answer::of(&reply).ok();
        assert_whole(&next);
        let played = |m| next["played"]["san"] == SanPlus::from_move(now.clone(), m).to_string();
        assert!(now.legal_moves().iter().any(|m| played(*m)), "{typed:?}: {next}");
        assert!(typed.means.is_none_or(played), "{typed:?}: {next}");
        assert_eq!(
            next["ply"].as_u64(),
            view["ply"].as_u64().map(|ply| ply + 1),
            "{typed:?}"
        );
        assert!(next["revision"].as_u64() > view["revision"].as_u64(), "{typed:?}");
        view = next;
        before = alice.status(&view).await;
        taken += 1;
    }
    assert!(taken > 20 && refused > 20, "{taken} taken, {refused} refused");
    assert!(kinds.len() >= 7, "{kinds:?}");
    assert!(!server.stderr().contains("panicked"));
}
