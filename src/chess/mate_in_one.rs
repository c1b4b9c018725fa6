//! Mate in one: whether there is one, and whether a move allows one.

use shakmaty::{Chess, Move, Position};

/// A move that mates at once, where there is one.
pub fn mate_in_one(position: &Chess) -> Option<Move> {
    let mates = |m: &Move| after(position, *m).is_checkmate();
    position.legal_moves().into_iter().find(mates)
}

/// Whether the other side can mate at once after this legal move.
pub fn allows_mate_in_one(position: &Chess, m: Move) -> bool {
    mate_in_one(&after(position, m)).is_some()
}

fn after(position: &Chess, m: Move) -> Chess {
    let mut after = position.clone();
    after.play_unchecked(m);
    after
}

#[cfg(test)]
mod tests {
    use super::super::game::Game;
    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::*;

    fn game(fen: &str) -> Game {
        Game::new(&Start::from_fen(fen, Variant::Standard).unwrap())
    }

    #[test]
    fn mates_are_seen_by_either_side() {
        let back_rank = game("6k1/5ppp/8/8/8/8/5PPP/R5K1 w - -");
        let mate = mate_in_one(back_rank.position());
        assert_eq!(mate, back_rank.read("Ra8#").ok());
        assert_eq!(
            mate_in_one(game("6k1/5pp1/7p/8/8/8/5PPP/R5K1 w - -").position()),
            None
        );
        let fools = game("rnbqkbnr/pppp1ppp/8/4p3/8/5P2/PPPPP1PP/RNBQKBNR w KQkq -");
        for (text, allows) in [("g4", true), ("g3", false), ("Nh3", false)] {
            let m = fools.read(text).unwrap();
            assert_eq!(allows_mate_in_one(fools.position(), m), allows, "{text}");
        }
    }
}
