//! Blunders that a single move punishes, and the line that wins the material.
//!
//! In the style of Lichess: at each move of the solver the best wins and the second best does not. A shallow look
//! sorts out, a deep one decides.

use anyhow::Result;
use chess_mcp::chess::{Material, exchange_gain};
use shakmaty::{Chess, Color, Move, Position};

use crate::Wanted;
use crate::engine::{Engine, Variation, centipawns};
use crate::game::Game;
use crate::puzzle::{Found, Kind, is_worth_solving};
use crate::work::WorkFile;

/// The opening is left alone.
const FIRST_PLY: usize = 8;
/// By how much a move must have worsened its position, and what the other side must then think of its own.
const BLUNDER: i32 = 200;
const GOOD: i32 = 150;
/// What the other side may have thought of its position before.
const OPEN: i32 = 80;
/// Candidates of one game that are verified at most.
const CANDIDATES: usize = 4;
/// The solver's moves at most.
const LONGEST: usize = 3;

/// What the best move must be worth, what the second best may be, and what must lie between them.
const WINS: i32 = 200;
const DOES_NOT_WIN: i32 = 70;
const GAP: i32 = 170;
/// A mate is another kind of puzzle.
const MATE: i32 = 9_000;
/// Points that the line must win at least, once all is taken that can be.
const GAIN: i32 = 2;
/// More points than anybody is ahead by.
const MOST: i32 = 200;

/// A first glance, a draft of the line, and its proof.
const GLANCE: &str = "nodes 2500";
const DRAFT: &str = "nodes 20000";
const PROOF: &str = "nodes 300000";

/// The engine that decides.
pub(crate) struct Verifier(Engine);

impl Verifier {
    pub(crate) fn new(mut engine: Engine) -> Result<Self> {
        engine.set("MultiPV", 2)?;
        Ok(Self(engine))
    }

    /// The best variation, if it alone wins.
    fn only_winning(&mut self, position: &Chess, limit: &str) -> Result<Option<Variation>> {
        let (_, mut variations) = self.0.search(position, &[], limit)?;
        let score = |number: usize| {
            variations
                .get(number)
                .map_or(-MATE, |variation| centipawns(variation.score))
        };
        let (best, second) = (score(0), score(1));
        let only = best >= WINS && second <= DOES_NOT_WIN && best - second >= GAP;
        Ok(only.then(|| variations.swap_remove(0)))
    }

    /// What the opponent answers best.
    fn reply(&mut self, position: &Chess, variation: &Variation) -> Result<Move> {
        match variation.moves.get(1) {
            Some(reply) => Ok(*reply),
            None => Ok(self.0.search(position, &[], DRAFT)?.0),
        }
    }
}

/// Looks for one puzzle and appends it.
pub(crate) fn find(game: &Game, verifier: &mut Verifier, work: &mut WorkFile, wanted: Wanted) -> Result<()> {
    let kind = Kind::Tactic { score: 0 };
    if work.count(kind) >= wanted.of(kind) {
        return Ok(());
    }
    let blunders = (FIRST_PLY..game.moves.len()).filter(|ply| is_blunder_before(game, *ply));
    for ply in blunders.take(CANDIDATES) {
        let (start, first) = (&game.positions[ply - 1], game.moves[ply - 1]);
        if let Some(found) = verify(start, first, verifier)?
            && work.add(&found)?
        {
            break;
        }
    }
    Ok(())
}

/// Whether the move that led to this ply threw much away, and its punishment is not to take back or to mate.
fn is_blunder_before(game: &Game, ply: usize) -> bool {
    let (Some(before), Some(now)) = (game.scores[ply - 1], game.scores[ply]) else {
        return false;
    };
    let position = &game.positions[ply];
    let taken_on = game.moves[ply - 1].capture().map(|_| game.moves[ply - 1].to());
    let takes_back = taken_on.is_some_and(|square| exchange_gain(position, square) > 0);
    // Who was winning already wins with the second best move too.
    let was_open = -before <= OPEN;
    was_open
        && (GOOD..MATE).contains(&now)
        && now + before >= BLUNDER
        && !takes_back
        && is_worth_solving(position)
}

/// The line of only moves from here that wins material, if there is one.
fn verify(start: &Chess, first: Move, verifier: &mut Verifier) -> Result<Option<Found>> {
    let mut position = start.clone();
    position.play_unchecked(first);
    if verifier.only_winning(&position, GLANCE)?.is_none() {
        return Ok(None);
    }
    let Some(line) = draft(&position, verifier)? else {
        return Ok(None);
    };
    let Some(score) = prove(&position, &line, verifier)? else {
        return Ok(None);
    };
    Ok(Some(Found {
        kind: Kind::Tactic { score },
        start: start.clone(),
        moves: std::iter::once(first).chain(line).collect(),
    }))
}

/// The longest line of only moves that ends with the material won.
fn draft(position: &Chess, verifier: &mut Verifier) -> Result<Option<Vec<Move>>> {
    let mut position = position.clone();
    let had = balance(&position, position.turn());
    let (mut line, mut settled) = (Vec::new(), None);
    for _ in 0..LONGEST {
        let Some(best) = verifier.only_winning(&position, DRAFT)? else {
            break;
        };
        position.play_unchecked(best.moves[0]);
        line.push(best.moves[0]);
        if centipawns(best.score) >= MATE || position.is_game_over() {
            break;
        }
        if -settled_balance(&position, -MOST, MOST) >= had + GAIN {
            settled = Some(line.len());
        }
        let reply = verifier.reply(&position, &best)?;
        position.play_unchecked(reply);
        line.push(reply);
        if position.is_game_over() {
            break;
        }
    }
    line.truncate(settled.unwrap_or(0));
    Ok(settled.map(|_| line))
}

/// What the first move is worth, if a deep search too finds each move of the solver the only one.
fn prove(position: &Chess, line: &[Move], verifier: &mut Verifier) -> Result<Option<i32>> {
    let mut position = position.clone();
    let mut score = None;
    for (ply, m) in line.iter().enumerate() {
        if ply % 2 == 0 {
            let best = verifier.only_winning(&position, PROOF)?;
            let Some(best) = best.filter(|best| best.moves[0] == *m && centipawns(best.score) < MATE) else {
                return Ok(None);
            };
            score = score.or(Some(centipawns(best.score)));
        }
        position.play_unchecked(*m);
    }
    Ok(score)
}

fn balance(position: &Chess, side: Color) -> i32 {
    Material::of(position).balance * side.fold_wb(1, -1)
}

/// What the side to move is ahead by once both have taken what they like; either may stop taking. Between
/// `least` and `most` it is exact.
fn settled_balance(position: &Chess, least: i32, most: i32) -> i32 {
    let mut best = balance(position, position.turn()).max(least);
    let mut captures = position.capture_moves();
    captures.extend(position.promotion_moves().into_iter().filter(|m| !m.is_capture()));
    captures.sort_by_key(|m| m.capture().map_or(0, |role| -i32::from(u8::from(role))));
    for m in captures {
        if best >= most {
            break;
        }
        let mut after = position.clone();
        after.play_unchecked(m);
        best = best.max(-settled_balance(&after, -most, -best));
    }
    best
}
