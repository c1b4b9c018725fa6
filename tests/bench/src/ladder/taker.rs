//! A player who only takes what can be taken: the yardstick for the first level.

use rand::Rng;
use rand::seq::IteratorRandom;
use shakmaty::{Chess, Move, Position, Role};

/// A capture of the most valuable piece that can be taken, else any legal move. There must be one.
pub(crate) fn choose(position: &Chess, random: &mut impl Rng) -> Move {
    let legal = position.legal_moves();
    let most = legal.iter().map(|m| prize(*m)).max().unwrap_or_default();
    legal
        .iter()
        .copied()
        .filter(|m| prize(*m) == most)
        .choose(random)
        .expect("a game that goes on has a legal move")
}

fn prize(m: Move) -> u32 {
    match m.capture() {
        None => 0,
        Some(Role::Pawn) => 1,
        Some(Role::Knight | Role::Bishop) => 3,
        Some(Role::Rook) => 5,
        Some(Role::Queen | Role::King) => 9,
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use shakmaty::CastlingMode;
    use shakmaty::fen::Fen;

    use super::*;

    #[test]
    fn the_most_valuable_piece_is_taken_whatever_it_costs() {
        for (fen, takes) in [
            ("4k3/8/8/3q4/4P3/8/r7/R3K3 w Q - 0 1", &["e4d5"][..]),
            ("4k3/2p5/3p4/8/8/8/8/3QK3 w - - 0 1", &["d1d6"]),
            ("4k3/8/8/8/8/8/8/7K w - - 0 1", &["h1g1", "h1g2", "h1h2"]),
        ] {
            let fen: Fen = fen.parse().unwrap();
            let position: Chess = fen.into_position(CastlingMode::Standard).unwrap();
            for seed in 0..20 {
                let m = choose(&position, &mut StdRng::seed_from_u64(seed));
                let uci = m.to_uci(CastlingMode::Standard).to_string();
                assert!(takes.contains(&uci.as_str()), "{uci}");
            }
        }
    }
}
