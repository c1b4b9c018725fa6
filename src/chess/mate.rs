//! Forced mates: whether one can be forced within so many moves, by which moves, and what puts it off longest.
//!
//! Exact: every reply is looked at, so that what it calls a mate is one. Only the fifty-move rule and repetition
//! are left out, which a mate this short outruns. Work is bounded by a number of positions, never by time.

use shakmaty::{Chess, Move, MoveList, Position};

use super::check::Checks;

/// No longer mate is looked for: the search goes into itself twice for each move.
const DEEPEST: u8 = 12;

/// The answer lies beyond the positions that were allowed to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the search for a mate has used up its positions")]
pub struct Exhausted;

/// The reply that holds out longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defence {
    /// The defender's move.
    pub reply: Move,
    /// In how many moves the attacker mates after it; `None` where it escapes.
    pub mate_in: Option<u8>,
}

/// In how many moves the side to move can force mate, if in at most `within`.
pub fn forced_mate(position: &Chess, within: u8, nodes: u32) -> Result<Option<u8>, Exhausted> {
    Search::new(nodes).shortest(position, within)
}

/// Every move that forces mate within `within` moves, itself counted.
pub fn mating_keys(position: &Chess, within: u8, nodes: u32) -> Result<Vec<Move>, Exhausted> {
    Search::new(nodes).keys(position, within)
}

/// The reply of the side to move that puts mate off longest, when the attacker has `within` more moves: one
/// that escapes, if there is one. `None` where there is no legal reply.
///
/// Of equally long defences it is one that leaves the attacker fewest ways to go on, so that a solver has to
/// find the most.
pub fn stoutest_defence(position: &Chess, within: u8, nodes: u32) -> Result<Option<Defence>, Exhausted> {
    let mut search = Search::new(nodes);
    let mut longest: Vec<(Move, Chess)> = Vec::new();
    let mut delay = 0;
    for reply in replies(position) {
        let after = played(position, reply);
        let Some(mate_in) = search.shortest(&after, within)? else {
            return Ok(Some(Defence { reply, mate_in: None }));
        };
        if mate_in > delay {
            longest.clear();
            delay = mate_in;
        }
        if mate_in == delay {
            longest.push((reply, after));
        }
    }
    let mut stoutest: Option<(usize, Move)> = None;
    for (reply, after) in longest {
        let ways = search.keys(&after, delay)?.len();
        if stoutest.is_none_or(|(fewest, _)| ways < fewest) {
            stoutest = Some((ways, reply));
        }
    }
    Ok(stoutest.map(|(_, reply)| Defence {
        reply,
        mate_in: Some(delay),
    }))
}

/// The legal moves, captures first: they are what most often escapes.
fn replies(position: &Chess) -> MoveList {
    let mut replies = position.legal_moves();
    replies.sort_by_key(|m| !m.is_capture());
    replies
}

fn played(position: &Chess, m: Move) -> Chess {
    let mut after = position.clone();
    after.play_unchecked(m);
    after
}

struct Search {
    left: u32,
    /// By moves left to the attacker, the reply that escaped last: it often escapes again.
    escapes: [Option<Move>; DEEPEST as usize + 1],
}

impl Search {
    fn new(nodes: u32) -> Self {
        Self {
            left: nodes,
            escapes: [None; DEEPEST as usize + 1],
        }
    }

    fn look(&mut self) -> Result<(), Exhausted> {
        self.left = self.left.checked_sub(1).ok_or(Exhausted)?;
        Ok(())
    }

    fn shortest(&mut self, position: &Chess, within: u8) -> Result<Option<u8>, Exhausted> {
        for moves in 1..=within {
            if moves > DEEPEST {
                return Err(Exhausted);
            }
            if self.mates_in_exactly(position, moves)? {
                return Ok(Some(moves));
            }
        }
        Ok(None)
    }

    fn keys(&mut self, position: &Chess, within: u8) -> Result<Vec<Move>, Exhausted> {
        let Some(rest) = within.checked_sub(1) else {
            return Ok(Vec::new());
        };
        if within > DEEPEST {
            return Err(Exhausted);
        }
        let mut keys = Vec::new();
        for m in position.legal_moves() {
            if self.is_mated(&played(position, m), rest)? {
                keys.push(m);
            }
        }
        Ok(keys)
    }

    /// Whether the side to move forces mate in this many moves, given that it cannot in fewer.
    fn mates_in_exactly(&mut self, position: &Chess, moves: u8) -> Result<bool, Exhausted> {
        self.look()?;
        let checks = Checks::of(position);
        let mut candidates = position.legal_moves();
        if moves == 1 {
            candidates.retain(|m| checks.may_give(*m));
            return Ok(candidates.into_iter().any(|m| played(position, m).is_checkmate()));
        }
        candidates.sort_by_key(|m| !checks.may_give(*m));
        for m in candidates {
            if self.is_mated(&played(position, m), moves - 1)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the side to move is mated, or will be within `moves` more moves of the attacker whatever it plays.
    fn is_mated(&mut self, position: &Chess, moves: u8) -> Result<bool, Exhausted> {
        self.look()?;
        let mut replies = replies(position);
        if replies.is_empty() {
            return Ok(position.is_check());
        }
        if moves == 0 {
            return Ok(false);
        }
        let slot = usize::from(moves);
        if let Some(at) = self.escapes[slot].and_then(|escape| replies.iter().position(|m| *m == escape)) {
            replies.swap(0, at);
        }
        for reply in replies {
            if self.shortest(&played(position, reply), moves)?.is_none() {
                self.escapes[slot] = Some(reply);
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shakmaty::san::SanPlus;

    use super::super::start::Start;
    use super::super::variant::Variant;
    use super::super::walk;
    use super::*;

    const PLENTY: u32 = 10_000_000;

    fn position(fen: &str) -> Chess {
        Start::from_fen(fen, Variant::Standard)
            .unwrap()
            .position()
            .clone()
    }

    fn san(position: &Chess, m: Move) -> String {
        SanPlus::from_move(position.clone(), m).to_string()
    }

    /// Moves to mate, without any of the search's shortcuts.
    fn naive(position: &Chess, within: u8) -> Option<u8> {
        (1..=within).find(|n| {
            let mated = |m| naive_mated(&played(position, m), n - 1);
            position.legal_moves().into_iter().any(mated)
        })
    }

    fn naive_mated(position: &Chess, moves: u8) -> bool {
        let replies = position.legal_moves();
        if replies.is_empty() {
            return position.is_check();
        }
        let lost = |m: &Move| naive(&played(position, *m), moves).is_some();
        moves > 0 && replies.iter().all(lost)
    }

    #[test]
    fn known_mates_are_found_in_their_length() {
        for (fen, mate, key) in [
            // Scholar's mate.
            (
                "r1bqkbnr/pppp1ppp/2n5/4p2Q/2B1P3/8/PPPP1PPP/RNB1K1NR w KQkq -",
                1,
                "Qxf7#",
            ),
            ("6k1/5ppp/8/8/8/8/8/R5K1 w - -", 1, "Ra8#"),
            // A queen would be stalemate.
            ("8/5P1k/5K2/8/8/8/8/8 w - -", 2, "f8=R"),
            // Philidor's legacy.
            ("r6k/6pp/7N/8/8/1Q6/8/7K w - -", 2, "Qg8+"),
            // Rook and king drive to the edge.
            ("4k3/8/4K3/8/8/8/8/R7 w - -", 1, "Ra8#"),
            ("3k4/8/4K3/8/8/8/8/R7 w - -", 2, "Rc1"),
        ] {
            let position = position(fen);
            let found = forced_mate(&position, 4, PLENTY).unwrap();
            assert_eq!(found, Some(mate), "{fen}");
            assert_eq!(found, naive(&position, mate), "{fen}");
            let keys = mating_keys(&position, mate, PLENTY).unwrap();
            let keys: Vec<String> = keys.iter().map(|m| san(&position, *m)).collect();
            assert!(keys.iter().any(|san| san == key), "{fen}: {keys:?}");
        }
    }

    #[test]
    fn where_there_is_no_mate_none_is_found() {
        for fen in [
            "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq -",
            // Stalemate is none, and the side to move has lost already.
            "7k/5Q2/6K1/8/8/8/8/8 b - -",
            "7k/6Q1/6K1/8/8/8/8/8 b - -",
        ] {
            assert_eq!(forced_mate(&position(fen), 2, PLENTY), Ok(None), "{fen}");
            assert_eq!(mating_keys(&position(fen), 2, PLENTY), Ok(Vec::new()), "{fen}");
        }
    }

    #[test]
    fn the_search_stops_where_it_must() {
        let start = Chess::new();
        assert_eq!(forced_mate(&start, 3, 100), Err(Exhausted));
        assert_eq!(mating_keys(&start, 3, 100), Err(Exhausted));
        assert_eq!(stoutest_defence(&start, 3, 100), Err(Exhausted));
        let bare = position("7k/8/8/8/8/8/8/K7 w - -");
        assert_eq!(forced_mate(&bare, u8::MAX, 50_000), Err(Exhausted));
        assert_eq!(forced_mate(&bare, 0, PLENTY), Ok(None));
        assert_eq!(mating_keys(&bare, 0, PLENTY), Ok(Vec::new()));
    }

    #[test]
    fn the_defence_escapes_or_holds_out() {
        // After Qg8+ only the rook can take.
        let position_ = position("r5Qk/6pp/7N/8/8/8/8/7K b - -");
        let defence = stoutest_defence(&position_, 1, PLENTY).unwrap().unwrap();
        assert_eq!(
            (san(&position_, defence.reply).as_str(), defence.mate_in),
            ("Rxg8", Some(1))
        );
        // A back rank that has air.
        let position_ = position("R5k1/5pp1/7p/8/8/8/8/6K1 b - -");
        let defence = stoutest_defence(&position_, 2, PLENTY).unwrap().unwrap();
        assert_eq!(
            (san(&position_, defence.reply).as_str(), defence.mate_in),
            ("Kh7", None)
        );
        let mated = position("R5k1/5ppp/8/8/8/8/8/6K1 b - -");
        assert_eq!(stoutest_defence(&mated, 2, PLENTY), Ok(None));
    }

    /// Two kings and a few pieces anywhere: random games hardly ever come near a mate.
    fn few_pieces() -> impl Strategy<Value = Chess> {
        let piece = prop::sample::select("QQRRBNPqrbnp".chars().collect::<Vec<_>>());
        (
            prop::collection::vec((0_usize..64, piece), 1..6),
            0_usize..64,
            0_usize..64,
        )
            .prop_filter_map("no position", |(pieces, white, black)| {
                let mut board = [' '; 64];
                for (square, piece) in pieces {
                    board[square] = piece;
                }
                board[white] = 'K';
                board[black] = 'k';
                let rows: Vec<String> = board.chunks(8).map(|row| row.iter().collect()).collect();
                let fen = rows.join("/").replace(' ', "1") + " w - -";
                Start::from_fen(&fen, Variant::Standard)
                    .ok()
                    .map(|start| start.position().clone())
            })
    }

    fn agrees_with_naive(position: &Chess) -> Result<(), TestCaseError> {
        let expected = naive(position, 2);
        prop_assert_eq!(forced_mate(position, 2, PLENTY), Ok(expected));
        let keys = mating_keys(position, 2, PLENTY).unwrap();
        for m in position.legal_moves() {
            let mated = naive_mated(&played(position, m), 1);
            prop_assert_eq!(keys.contains(&m), mated, "{:?}", m);
        }
        if let Some(Defence { reply, mate_in }) = stoutest_defence(position, 1, PLENTY).unwrap() {
            prop_assert_eq!(naive(&played(position, reply), 1), mate_in);
            let escapes = |m| naive(&played(position, m), 1).is_none();
            prop_assert_eq!(position.legal_moves().into_iter().any(escapes), mate_in.is_none());
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn it_agrees_with_a_plain_search(position in few_pieces()) {
            agrees_with_naive(&position)?;
        }

        #[test]
        fn it_agrees_with_a_plain_search_in_games(steps in walk::steps()) {
            let position = walk::position(&steps);
            prop_assert_eq!(forced_mate(&position, 1, PLENTY), Ok(naive(&position, 1)));
        }
    }
}
