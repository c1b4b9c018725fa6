//! Names of openings, by position: a line that transposes is named all the same.
//!
//! The names are the Lichess collection (CC0) as the `esca` crate carries it.

use shakmaty::Chess;

use super::board::fen_of;
use super::variant::Variant;

/// Opening positions are named only this early; later matches would be accidents.
const NAMED_PLIES: usize = 40;

/// A named opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The code of the Encyclopaedia of Chess Openings.
    pub eco: String,
    /// `Family: Variation`.
    pub name: String,
}

impl Opening {
    /// The opening that exactly this position is named after; in Chess960 there are none.
    pub fn of_position(position: &Chess) -> Option<Self> {
        if Variant::of(position) != Variant::Standard {
            return None;
        }
        let position = esca::Position::from_fen(&fen_of(position)).ok()?;
        let found = esca::openings::lookup(&position)?;
        Some(Self {
            eco: found.eco.to_owned(),
            name: found.name.to_owned(),
        })
    }

    /// The deepest named position among `positions`, which a game went through.
    pub fn of_game(positions: &[Chess]) -> Option<Self> {
        Self::last_named(positions).map(|(_, opening)| opening)
    }

    /// The same with its index, which is the number of moves that led there.
    pub(super) fn last_named(positions: &[Chess]) -> Option<(usize, Self)> {
        positions
            .iter()
            .enumerate()
            .take(NAMED_PLIES)
            .skip(1)
            .rev()
            .find_map(|(ply, position)| Some((ply, Self::of_position(position)?)))
    }

    /// The opening after one more move: the new position's name, else the one the game had.
    pub fn after_move(positions: &[Chess], had: Option<Self>) -> Option<Self> {
        let newest = positions.last().filter(|_| positions.len() <= NAMED_PLIES);
        newest.and_then(Self::of_position).or(had)
    }
}

/// Reads the collection in, which takes some milliseconds once.
pub fn warm_up() {
    let _ = esca::openings::count();
}

#[cfg(test)]
mod tests {
    use super::super::game::Game;
    use super::*;

    fn opening(moves: &str) -> Option<Opening> {
        let mut game = Game::default();
        for text in moves.split_whitespace() {
            game.play(game.read(text).unwrap()).unwrap();
        }
        Opening::of_game(game.positions())
    }

    #[test]
    fn openings_are_named_by_position() {
        assert_eq!(opening(""), None);
        let named = opening("e4 e5 Nf3 Nc6 Bb5").unwrap();
        assert_eq!((named.eco.as_str(), named.name.as_str()), ("C60", "Ruy Lopez"));
        assert_eq!(opening("Nf3 d5 d4").unwrap().eco, "D02");
        assert_eq!(opening("d4 d5 Nf3"), opening("Nf3 d5 d4"));
        assert_eq!(opening("e4 e5 Nf3 Nc6 Bb5 Rb8").unwrap().name, "Ruy Lopez");
    }
}
