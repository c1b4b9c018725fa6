//! Games that look like people's: a few sensible opening moves at random, then the engine at a shallow depth that
//! now and then plays a move which only looks harmless.

use std::collections::HashMap;

use anyhow::Result;
use chess_mcp::chess::exchange_gain;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use shakmaty::{Chess, File, Move, Position, Role};

use crate::engine::{Engine, centipawns};

/// After this many plies a game is left.
const LONGEST: usize = 120;

/// A game as it was played.
pub(crate) struct Game {
    /// One more than moves.
    pub(crate) positions: Vec<Chess>,
    pub(crate) moves: Vec<Move>,
    /// What the engine thought of each position before its move, in centipawns from the side to move.
    pub(crate) scores: Vec<Option<i32>>,
}

/// How deep a side looks, and how often in a hundred moves it plays any that loses nothing at once.
#[derive(Debug, Clone, Copy)]
struct Strength {
    depth: u8,
    strays: u8,
}

impl Strength {
    fn random(random: &mut StdRng) -> Self {
        Self {
            depth: random.random_range(2..=4),
            strays: *[10, 20, 30, 40].choose(random).unwrap_or(&20),
        }
    }
}

impl Game {
    /// Plays one to its end or to the longest that is of use.
    pub(crate) fn play(player: &mut Engine, random: &mut StdRng) -> Result<Self> {
        player.new_game()?;
        let mut game = Self {
            positions: vec![Chess::new()],
            moves: Vec::new(),
            scores: Vec::new(),
        };
        for _ in 0..random.random_range(2..=6) {
            let sensible = sensible_moves(game.now());
            let Some(m) = sensible.choose(random) else { break };
            game.push(*m, None);
        }
        let sides = [Strength::random(random), Strength::random(random)];
        let mut seen: HashMap<Chess, u8> = HashMap::new();
        while !game.is_over(&mut seen) {
            let Strength { depth, strays } = sides[game.moves.len() % 2];
            let limit = format!("depth {depth} nodes 3000");
            let (best, variations) = player.search(&game.positions[0], &game.moves, &limit)?;
            let score = variations.first().map(|variation| centipawns(variation.score));
            let astray = random.random_range(0..100) < strays;
            let other = if astray {
                harmless_moves(game.now()).choose(random).copied()
            } else {
                None
            };
            game.push(other.unwrap_or(best), score);
        }
        Ok(game)
    }

    fn now(&self) -> &Chess {
        &self.positions[self.moves.len()]
    }

    fn push(&mut self, m: Move, score: Option<i32>) {
        let mut position = self.now().clone();
        position.play_unchecked(m);
        self.positions.push(position);
        self.moves.push(m);
        self.scores.push(score);
    }

    fn is_over(&self, seen: &mut HashMap<Chess, u8>) -> bool {
        let position = self.now();
        let times = seen.entry(position.clone()).or_default();
        *times += 1;
        *times >= 3 || self.moves.len() >= LONGEST || position.is_game_over() || position.halfmoves() >= 100
    }
}

/// Moves such as people open with: central pawns, pieces towards the centre, nothing given away.
fn sensible_moves(position: &Chess) -> Vec<Move> {
    let central = |file: File| !matches!(file, File::A | File::H);
    let opens = |m: &Move| match m.role() {
        Role::Pawn | Role::Knight | Role::Bishop => central(m.to().file()),
        _ => m.is_castle() || m.is_capture(),
    };
    let legal = position.legal_moves();
    legal
        .into_iter()
        .filter(|m| opens(m) && is_safe(position, *m))
        .collect()
}

/// Moves such as people play when they see no better: they lose nothing where they arrive.
fn harmless_moves(position: &Chess) -> Vec<Move> {
    position
        .legal_moves()
        .into_iter()
        .filter(|m| is_safe(position, *m))
        .collect()
}

/// Whether the piece that moves cannot be taken at a profit where it arrives.
pub(crate) fn is_safe(position: &Chess, m: Move) -> bool {
    let mut after = position.clone();
    after.play_unchecked(m);
    m.is_castle() || exchange_gain(&after, m.to()) == 0
}
