//! Mates with a single key, in a game and in what might have been played in it.
//!
//! In the style of problems: exactly one first move mates in the asked number of moves, while others may win or
//! mate more slowly. The opponent's move that allows it is the one of the game, or another that a person could
//! have played: one that loses nothing where it arrives.

use anyhow::Result;
use chess_mcp::chess::{forced_mate, mating_keys, stoutest_defence};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use shakmaty::{Chess, Move, Position};

use crate::Wanted;
use crate::game::{Game, is_safe};
use crate::puzzle::{Found, Kind, is_worth_solving};
use crate::scent::smells_of_mate_in_three;
use crate::work::WorkFile;

/// The opening is left alone.
const FIRST_PLY: usize = 8;
/// Puzzles of one game, and how many plies lie between them at least.
const OF_ONE_GAME: usize = 3;
const APART: usize = 6;
/// Other moves of the opponent that are tried at each ply.
const OTHER_MOVES: usize = 40;
/// A mate in three is looked for where the engine thinks at least this of the position, in centipawns.
const PROMISING: i32 = 150;
const VERY_PROMISING: i32 = 400;
/// Positions looked at: to find mates in two, and to check any.
const NODES: u32 = 60_000;
const ENOUGH_NODES: u32 = 20_000_000;

/// Looks for up to three puzzles and appends them.
pub(crate) fn find(game: &Game, random: &mut StdRng, work: &mut WorkFile, wanted: Wanted) -> Result<()> {
    let mut plies: Vec<usize> = (FIRST_PLY..=game.moves.len()).collect();
    plies.shuffle(random);
    let mut hunt = Hunt {
        work,
        wanted,
        taken: Vec::new(),
    };
    for ply in &plies {
        let promising = score(game, *ply) >= PROMISING;
        hunt.look(&game.positions[ply - 1], game.moves[ply - 1], *ply, promising)?;
    }
    for ply in &plies {
        let before = &game.positions[ply - 1];
        let promising = score(game, *ply) >= VERY_PROMISING;
        let mut others = before.legal_moves();
        others.shuffle(random);
        others.retain(|m| *m != game.moves[ply - 1]);
        others.truncate(OTHER_MOVES);
        for m in others {
            if hunt.is_over() {
                return Ok(());
            }
            if is_safe(before, m) {
                hunt.look(before, m, *ply, promising)?;
            }
        }
    }
    Ok(())
}

fn score(game: &Game, ply: usize) -> i32 {
    game.scores.get(ply).copied().flatten().unwrap_or(0)
}

struct Hunt<'a> {
    work: &'a mut WorkFile,
    wanted: Wanted,
    /// Where and with which key.
    taken: Vec<(usize, Kind, Move)>,
}

impl Hunt<'_> {
    fn is_over(&self) -> bool {
        self.taken.len() >= OF_ONE_GAME
    }

    fn wants(&self, kind: Kind) -> bool {
        let most = if kind == Kind::Mate(1) { 1 } else { 2 };
        let had = self.taken.iter().filter(|(_, taken, _)| *taken == kind).count();
        had < most && self.work.count(kind) < self.wanted.of(kind)
    }

    fn look(&mut self, start: &Chess, first: Move, ply: usize, promising: bool) -> Result<()> {
        if self.is_over() || self.taken.iter().any(|(other, ..)| other.abs_diff(ply) < APART) {
            return Ok(());
        }
        let mut position = start.clone();
        position.play_unchecked(first);
        if !is_worth_solving(&position) {
            return Ok(());
        }
        let Some(moves) = self.mate_in(&position, promising) else {
            return Ok(());
        };
        let kind = Kind::Mate(moves);
        if !self.wants(kind) {
            return Ok(());
        }
        let Some(found) = mate_puzzle(start, first, moves) else {
            return Ok(());
        };
        let key = found.moves[1];
        let alike =
            |(_, _, other): &(usize, Kind, Move)| other.role() == key.role() && other.to() == key.to();
        if !self.taken.iter().any(alike) && self.work.add(&found)? {
            self.taken.push((ply, kind, key));
        }
        Ok(())
    }

    fn mate_in(&self, position: &Chess, promising: bool) -> Option<u8> {
        let near = forced_mate(position, 2, NODES).ok()?;
        if near.is_some() || !promising || !self.wants(Kind::Mate(3)) {
            return near;
        }
        if smells_of_mate_in_three(position) {
            Some(3)
        } else {
            None
        }
    }
}

/// The puzzle of a mate in exactly this many moves, if a single move begins it: that key, then the stoutest
/// defences and mates in what is left.
pub(crate) fn mate_puzzle(start: &Chess, first: Move, moves: u8) -> Option<Found> {
    let mut position = start.clone();
    position.play_unchecked(first);
    let [key] = mating_keys(&position, moves, ENOUGH_NODES).ok()?[..] else {
        return None;
    };
    let mut line = vec![first, key];
    position.play_unchecked(key);
    for left in (1..moves).rev() {
        let defence = stoutest_defence(&position, left, ENOUGH_NODES).ok()??;
        if defence.mate_in != Some(left) {
            return None;
        }
        position.play_unchecked(defence.reply);
        let next = *mating_keys(&position, left, ENOUGH_NODES).ok()?.first()?;
        position.play_unchecked(next);
        line.extend([defence.reply, next]);
    }
    position.is_checkmate().then_some(Found {
        kind: Kind::Mate(moves),
        start: start.clone(),
        moves: line,
    })
}
