//! How hard a puzzle may be, before anybody has tried it: a first guess that solvers correct.

use chess_mcp::chess::{Theme, motifs};
use shakmaty::{Move, Position};

use crate::puzzle::{Found, Kind};

const EASIEST: f64 = 400.0;
const HARDEST: f64 = 2600.0;

/// A mate in one; each further move; a key that forces nothing; a sacrifice; each doubling of the choice beyond
/// sixteen moves; each answer that gives check; and that it is not said what is to be achieved.
const ONE_MOVE: f64 = 700.0;
const MOVE: f64 = 350.0;
const QUIET_KEY: f64 = 120.0;
const SACRIFICE: f64 = 150.0;
const CHOICE: f64 = 40.0;
const COUNTER_CHECK: f64 = 100.0;
const TACTIC: f64 = 200.0;

/// On the scale of the players' ratings.
pub(crate) fn prior(found: &Found) -> u16 {
    let moves = found.moves.len() / 2;
    let choice = found.position_to_solve().legal_moves().len() as f64;
    let mut rating = ONE_MOVE + MOVE * (moves as f64 - 1.0) + CHOICE * (choice.log2() - 4.0);
    rating += COUNTER_CHECK * counter_checks(found) as f64;
    if is_quiet(found, found.moves[1]) {
        rating += QUIET_KEY;
    }
    if motifs(&found.start, &found.moves).contains(&Theme::Sacrifice) {
        rating += SACRIFICE;
    }
    if matches!(found.kind, Kind::Tactic { .. }) {
        rating += TACTIC;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 400 and 2600"
    )]
    let rating = rating.clamp(EASIEST, HARDEST).round() as u16;
    rating
}

/// Takes nothing, promotes nothing, and gives no check unless it mates at once.
fn is_quiet(found: &Found, key: Move) -> bool {
    let mut after = found.position_to_solve();
    after.play_unchecked(key);
    let forcing = after.is_check() && found.moves.len() > 2;
    !key.is_capture() && !key.is_promotion() && !forcing
}

/// The opponent's answers that give check.
fn counter_checks(found: &Found) -> usize {
    let mut position = found.start.clone();
    let mut checks = 0;
    for (ply, m) in found.moves.iter().enumerate() {
        position.play_unchecked(*m);
        checks += usize::from(ply >= 2 && ply % 2 == 0 && position.is_check());
    }
    checks
}
