//! Which move an opponent plays: the one the engine chose, or another that its level calls for.
//!
//! As long as the position has the name of an opening, it is one of the moves that the search finds good enough
//! and that lead to a name again, so that no two games need begin alike. The first levels stray. From some level
//! on nobody overlooks that there is mate in one.

use rand::Rng;
use rand::seq::IndexedRandom;
use shakmaty::uci::UciMove;
use shakmaty::{Chess, Move, Position};

use super::level::{Level, Repertoire};
use super::line::{Line, Score, Variation};
use super::search::{Found, Search};
use crate::chess::{Opening, allows_mate_in_one, mate_in_one};

/// Until so many plies are played, known moves are picked from.
const OPENING_PLIES: usize = 8;

/// The first level that never misses a mate in one.
const SEES_MATE: u8 = 3;

/// The first level that never allows a mate in one where it knows better.
const FEARS_MATE: u8 = 4;

/// Further apart than any two positions that are merely better and worse.
const MATE: i32 = 1_000_000;

/// How many variations the search for a reply looks at.
pub(super) fn lines(level: Level, line: &Line, position: &Chess) -> usize {
    if is_known(line, position) {
        level.plan().repertoire.lines
    } else {
        1
    }
}

/// The move that is played, a legal one.
pub(super) fn choose(level: Level, search: &Search, found: &Found, random: &mut impl Rng) -> UciMove {
    let position = &search.replayed.position;
    let uci = |m| search.replayed.uci(m);
    if level.number() >= SEES_MATE
        && let Some(mate) = mate_in_one(position)
    {
        return uci(mate);
    }
    if is_known(&search.memory.line, position) {
        let known = known(position, &found.variations, level.plan().repertoire);
        if let Some(m) = known.choose(random) {
            return uci(*m);
        }
    }
    let chosen = stray(level, position, random).map_or(found.best, uci);
    if level.number() < FEARS_MATE || !allows_mate(position, chosen) {
        return chosen;
    }
    let firsts = found.variations.iter().filter_map(first);
    firsts
        .chain([found.best])
        .find(|m| !allows_mate(position, *m))
        .unwrap_or(found.best)
}

/// Whether the line has led to an opening with a name, or is about to.
fn is_known(line: &Line, position: &Chess) -> bool {
    let early = line.is_usual() && line.moves.len() < OPENING_PLIES;
    early && (line.moves.is_empty() || Opening::of_position(position).is_some())
}

/// The moves of the search that lead to a named position and lose little against its best.
fn known(position: &Chess, variations: &[Variation], repertoire: Repertoire) -> Vec<Move> {
    let Some(best) = variations.iter().map(|variation| worth(variation.score)).max() else {
        return Vec::new();
    };
    variations
        .iter()
        .filter(|variation| worth(variation.score) >= best - repertoire.margin)
        .filter_map(|variation| first(variation)?.to_move(position).ok())
        .filter(|m| has_name(position, *m))
        .collect()
}

fn has_name(position: &Chess, m: Move) -> bool {
    let mut after = position.clone();
    after.play_unchecked(m);
    Opening::of_position(&after).is_some()
}

fn worth(score: Score) -> i32 {
    match score {
        Score::Centipawns(value) => value.clamp(-MATE / 2, MATE / 2),
        Score::Mate(moves) if moves > 0 => MATE,
        Score::Mate(_) => -MATE,
    }
}

/// Any legal move, as often as the level strays.
fn stray(level: Level, position: &Chess, random: &mut impl Rng) -> Option<Move> {
    if !random.random_ratio(level.plan().stray.into(), 100) {
        return None;
    }
    position.legal_moves().choose(random).copied()
}

fn first(variation: &Variation) -> Option<UciMove> {
    variation.moves.first().copied()
}

fn allows_mate(position: &Chess, uci: UciMove) -> bool {
    uci.to_move(position)
        .is_ok_and(|m| allows_mate_in_one(position, m))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::super::search::Limit;
    use super::*;

    const START: &str = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1";

    fn search(start: &str, moves: &[&str], chess960: bool) -> Search {
        let line = Line {
            start: start.parse().unwrap(),
            moves: moves.iter().map(|uci| uci.parse().unwrap()).collect(),
            chess960,
        };
        Search::new(&line, Limit::Time(Duration::from_millis(1)), 20, 8).unwrap()
    }

    fn found(best: &str, lines: &[(&str, i32)]) -> Found {
        let variation = |(uci, cp): &(&str, i32)| Variation {
            moves: vec![uci.parse().unwrap()],
            score: Score::Centipawns(*cp),
            depth: 5,
        };
        Found {
            best: best.parse().unwrap(),
            variations: lines.iter().map(variation).collect(),
        }
    }

    /// What a level plays over a hundred seeds.
    fn played(level: Level, search: &Search, found: &Found) -> HashSet<String> {
        (0..100)
            .map(|seed| {
                let mut random = StdRng::seed_from_u64(seed);
                choose(level, search, found, &mut random).to_string()
            })
            .collect()
    }

    fn names(moves: &[&str]) -> HashSet<String> {
        moves.iter().map(|&uci| uci.to_owned()).collect()
    }

    #[test]
    fn openings_vary_and_the_strong_ones_less() {
        let first_move = search(START, &[], false);
        let lines = [
            ("e2e4", 40),
            ("d2d4", 30),
            ("b1c3", -5),
            ("a2a4", -55),
            ("f2f3", -90),
        ];
        let found = found("e2e4", &lines);
        assert_eq!(played(Level::FULL, &first_move, &found), names(&["e2e4", "d2d4"]));
        let wide = played(Level::FIRST, &first_move, &found);
        assert_eq!(wide, names(&["e2e4", "d2d4", "b1c3", "a2a4"]));
    }

    #[test]
    fn a_seed_gives_the_same_move_again() {
        let first_move = search(START, &[], false);
        let found = found("e2e4", &[("e2e4", 40), ("d2d4", 30), ("g1f3", 30), ("c2c4", 30)]);
        for seed in 0..20 {
            let [one, two] = [(); 2].map(|()| {
                let mut random = StdRng::seed_from_u64(seed);
                choose(Level::FULL, &first_move, &found, &mut random)
            });
            assert_eq!(one, two);
        }
    }

    #[test]
    fn what_has_no_name_is_not_played_from_memory() {
        let open_game = search(START, &["e2e4", "e7e5"], false);
        let both = found("h2h3", &[("h2h3", 0), ("g1f3", 0)]);
        assert_eq!(played(Level::FULL, &open_game, &both), names(&["g1f3"]));
        let nameless = found("h2h3", &[("h2h3", 0), ("h1h2", 0)]);
        assert_eq!(played(Level::FULL, &open_game, &nameless), names(&["h2h3"]));
    }

    #[test]
    fn other_starts_and_later_moves_are_the_engines_own() {
        let lines = [("e2e4", 40), ("d2d4", 40), ("g1f3", 40)];
        let found = found("c2c4", &lines);
        let shuffled = search(START, &[], true);
        assert_eq!(played(Level::FULL, &shuffled, &found), names(&["c2c4"]));
        let without_castling = search(
            "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w - - 0 1",
            &[],
            false,
        );
        assert_eq!(played(Level::FULL, &without_castling, &found), names(&["c2c4"]));
        let nameless = search(START, &["a2a3", "a7a6", "a3a4", "a6a5"], false);
        assert_eq!(played(Level::FULL, &nameless, &found), names(&["c2c4"]));
        let shuffle = ["g1f3", "g8f6", "f3g1", "f6g8"].repeat(2);
        let later = search(START, &shuffle, false);
        assert_eq!(played(Level::FULL, &later, &found), names(&["c2c4"]));
    }

    #[test]
    fn nobody_above_the_second_level_misses_mate_in_one() {
        let mate = search("6k1/5ppp/8/8/8/8/5PPP/R5K1 w - - 0 1", &[], false);
        let found = found("h2h3", &[("a1a8", 900)]);
        for level in &Level::ALL[2..] {
            assert_eq!(
                played(*level, &mate, &found),
                names(&["a1a8"]),
                "{}",
                level.name()
            );
        }
        assert!(played(Level::FIRST, &mate, &found).len() > 2);
    }

    #[test]
    fn nobody_above_the_third_level_allows_mate_in_one_where_it_knows_better() {
        let start = "rnbqkbnr/pppp1ppp/8/4p3/8/5P2/PPPPP1PP/RNBQKBNR w KQkq - 0 2";
        let threatened = search(start, &[], false);
        let slip = found("g2g4", &[("e2e4", 0)]);
        for level in &Level::ALL[3..] {
            assert_eq!(
                played(*level, &threatened, &slip),
                names(&["e2e4"]),
                "{}",
                level.name()
            );
        }
        assert!(played(Level::FIRST, &threatened, &slip).contains("g2g4"));
        // Where nothing helps, the engine's move stands.
        let lost = found("g2g4", &[]);
        assert_eq!(played(Level::FULL, &threatened, &lost), names(&["g2g4"]));
    }
}
