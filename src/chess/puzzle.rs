//! Puzzles in the convention of Lichess: a position, the opponent's move that leads to what is to be solved, and
//! then the solution, answers included. What solves one, and what is answered to a move.
//!
//! # Design
//! Where mate is asked, any move that mates as fast is right, not only the stored one: the exact search decides,
//! and the puzzle goes on along what the solver chose. A forced mate that is slower is told and not counted.
//! In other puzzles only the stored moves are right – they were made so that no other move wins –, and a mate.

use shakmaty::uci::UciMove;
use shakmaty::{CastlingMode, Chess, Color, Move, Position};

use super::board::{Material, fen_of};
use super::mate::{Defence, mating_keys, stoutest_defence};
use super::start::Start;
use super::theme::{Theme, theme_words};
use super::variant::Variant;
use crate::id::{InvalidId, PuzzleId};

/// The longest line that is read, in plies.
const LONGEST: usize = 60;

/// Enough to judge any mate in four, and a fraction of a second.
const NODES: u32 = 400_000;

/// How many moves more than asked a mate may take and still be told apart from a wrong move.
const SLOWER: u8 = 2;

/// A puzzle. Every move of it is legal, and the last is the solver's.
#[derive(Debug, Clone)]
pub struct Puzzle {
    id: PuzzleId,
    start: Chess,
    moves: Vec<Move>,
    rating: u16,
    themes: Vec<Theme>,
}

/// What cannot be a puzzle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPuzzle {
    /// A row has other fields than `id fen moves rating themes`.
    #[error("a puzzle's row has five fields")]
    Fields,
    /// The id is none.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// The start is no position; the text says why.
    #[error("{0}")]
    Fen(String),
    /// This move, counted from 1, is not legal.
    #[error("move {0} is not legal")]
    Move(usize),
    /// The line does not go from the opponent's move to the solver's.
    #[error("a puzzle has an even number of moves, from 2 to {LONGEST}")]
    Length,
    /// The rating is no number.
    #[error("the rating is not a number")]
    Rating,
}

/// What the solver is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Mate in this many moves.
    Mate(u8),
    /// To end with more material than before.
    Material,
    /// To save a lost position.
    Equality,
    /// To come out clearly better.
    Advantage,
}

impl Goal {
    /// As it is said: `Mate in 2`.
    pub fn words(self) -> String {
        match self {
            Self::Mate(moves) => format!("Mate in {moves}"),
            Self::Material => "Win material".to_owned(),
            Self::Equality => "Save the position".to_owned(),
            Self::Advantage => "Win a decisive advantage".to_owned(),
        }
    }
}

/// What a move of the solver is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It solves the puzzle.
    Solved,
    /// It is right, and the opponent answers.
    Right {
        /// The answer; after it the solver moves again.
        reply: Move,
    },
    /// It forces mate, but not as fast as asked.
    Slower {
        /// In how many moves, itself counted.
        mate_in: u8,
    },
    /// It is wrong.
    Wrong {
        /// Where mate was asked, an answer that escapes it; otherwise an engine may be asked for one.
        refutation: Option<Move>,
    },
}

const WRONG: Verdict = Verdict::Wrong { refutation: None };

impl Puzzle {
    /// A puzzle from its parts: moves in UCI and theme words with blanks between them. Words that are no theme
    /// are left out.
    pub fn new(
        id: PuzzleId,
        fen: &str,
        moves: &str,
        rating: u16,
        themes: &str,
    ) -> Result<Self, InvalidPuzzle> {
        let start = Start::from_fen(fen, Variant::Standard)
            .map_err(|refusal| InvalidPuzzle::Fen(refusal.to_string()))?;
        let start = start.position().clone();
        let moves = legal_line(&start, moves)?;
        if moves.is_empty() || !moves.len().is_multiple_of(2) {
            return Err(InvalidPuzzle::Length);
        }
        Ok(Self {
            id,
            start,
            moves,
            rating,
            themes: Theme::from_words(themes),
        })
    }

    /// Reads `id fen moves rating themes` with tabs between them: a row of `data/puzzles.tsv`.
    pub fn from_row(row: &str) -> Result<Self, InvalidPuzzle> {
        let fields: Vec<&str> = row.trim_end_matches(['\r', '\n']).split('\t').collect();
        let [id, fen, moves, rating, themes] = fields[..] else {
            return Err(InvalidPuzzle::Fields);
        };
        let rating = rating.parse().map_err(|_| InvalidPuzzle::Rating)?;
        Self::new(id.parse()?, fen, moves, rating, themes)
    }

    /// The row that [`Puzzle::from_row`] reads.
    pub fn to_row(&self) -> String {
        let themes = theme_words(&self.themes);
        format!(
            "{}\t{}\t{}\t{}\t{themes}",
            self.id,
            self.start_fen(),
            self.uci_moves(),
            self.rating
        )
    }

    /// Which puzzle.
    pub const fn id(&self) -> PuzzleId {
        self.id
    }

    /// The position before the opponent's first move.
    pub const fn start(&self) -> &Chess {
        &self.start
    }

    /// The same as a FEN.
    pub fn start_fen(&self) -> String {
        fen_of(&self.start)
    }

    /// The whole line: the opponent's first move, and the solution with the answers to it.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// The same in UCI, with blanks between them.
    pub fn uci_moves(&self) -> String {
        let uci = |m: &Move| m.to_uci(CastlingMode::Standard).to_string();
        self.moves.iter().map(uci).collect::<Vec<_>>().join(" ")
    }

    /// The opponent's first move, which is played before the solver begins.
    pub fn first(&self) -> Option<Move> {
        self.moves.first().copied()
    }

    /// How hard it is, on the scale of the solvers' ratings.
    pub const fn rating(&self) -> u16 {
        self.rating
    }

    /// What it is about, in the order of [`Theme::ALL`].
    pub fn themes(&self) -> &[Theme] {
        &self.themes
    }

    /// The position that the solver is shown.
    pub fn position_to_solve(&self) -> Chess {
        after(&self.start, self.moves.get(..1).unwrap_or_default()).unwrap_or_else(|| self.start.clone())
    }

    /// The side that solves.
    pub fn solver(&self) -> Color {
        !self.start.turn()
    }

    /// How many moves of the solver the stored line has.
    pub fn solver_moves(&self) -> u8 {
        u8::try_from(self.moves.len() / 2).unwrap_or(u8::MAX)
    }

    /// What the solver is asked for.
    pub fn goal(&self) -> Goal {
        let end = after(&self.start, &self.moves).unwrap_or_default();
        if end.is_checkmate() {
            return Goal::Mate(self.solver_moves());
        }
        if self.themes.contains(&Theme::Equality) {
            return Goal::Equality;
        }
        let balance = |position: &Chess| Material::of(position).balance * self.solver().fold_wb(1, -1);
        if balance(&end) > balance(&self.position_to_solve()) {
            Goal::Material
        } else {
            Goal::Advantage
        }
    }

    /// Judges a move of the solver. `played` is everything played since [`Puzzle::start`], the opponent's first
    /// move included; what cannot have been played makes every move wrong.
    pub fn judge(&self, played: &[Move], candidate: Move) -> Verdict {
        let Some(mut position) = after(&self.start, played) else {
            return WRONG;
        };
        if position.turn() != self.solver() || !position.is_legal(candidate) {
            return WRONG;
        }
        position.play_unchecked(candidate);
        if position.is_checkmate() {
            return Verdict::Solved;
        }
        if self.is_on_line(played) && self.moves.get(played.len()) == Some(&candidate) {
            let reply = self.moves.get(played.len() + 1);
            return reply.map_or(Verdict::Solved, |reply| Verdict::Right { reply: *reply });
        }
        match self.moves_left(played) {
            Some(left) => judge_mate(&position, left - 1),
            None => WRONG,
        }
    }

    /// The solution from where the solver stands, answers included; `played` as for [`Puzzle::judge`]. Empty
    /// where the puzzle is solved, or where no solution is left.
    pub fn solution(&self, played: &[Move]) -> Vec<Move> {
        if self.is_on_line(played) {
            return self.moves[played.len()..].to_vec();
        }
        let (Some(mut position), Some(left)) = (after(&self.start, played), self.moves_left(played)) else {
            return Vec::new();
        };
        let mut line = Vec::new();
        for left in (1..=left).rev() {
            let Some(key) = shortest_key(&position, left) else {
                break;
            };
            position.play_unchecked(key);
            line.push(key);
            let Ok(Some(Defence { reply, .. })) = stoutest_defence(&position, left - 1, NODES) else {
                break;
            };
            position.play_unchecked(reply);
            line.push(reply);
        }
        line
    }

    fn is_on_line(&self, played: &[Move]) -> bool {
        self.moves.starts_with(played)
    }

    /// Where mate is asked: how many moves the solver still has, one at least.
    fn moves_left(&self, played: &[Move]) -> Option<u8> {
        let Goal::Mate(moves) = self.goal() else {
            return None;
        };
        let made = u8::try_from(played.len() / 2).unwrap_or(u8::MAX);
        Some(moves.saturating_sub(made).max(1))
    }
}

/// A move that mates fastest, within `left` moves.
fn shortest_key(position: &Chess, left: u8) -> Option<Move> {
    (1..=left).find_map(|within| mating_keys(position, within, NODES).ok()?.first().copied())
}

/// Judges a move by the position after it, when the solver has `left` more moves to mate.
fn judge_mate(position: &Chess, left: u8) -> Verdict {
    let Ok(Some(narrow)) = stoutest_defence(position, left, NODES) else {
        return WRONG;
    };
    if narrow.mate_in.is_some() {
        return Verdict::Right { reply: narrow.reply };
    }
    match stoutest_defence(position, left.saturating_add(SLOWER), NODES) {
        Ok(Some(Defence {
            mate_in: Some(mate_in),
            ..
        })) => Verdict::Slower { mate_in: mate_in + 1 },
        Ok(Some(wide)) => Verdict::Wrong {
            refutation: Some(wide.reply),
        },
        _ => Verdict::Wrong {
            refutation: Some(narrow.reply),
        },
    }
}

/// The position after these moves, if they can be played.
fn after(start: &Chess, moves: &[Move]) -> Option<Chess> {
    let mut position = start.clone();
    for m in moves {
        if !position.is_legal(*m) {
            return None;
        }
        position.play_unchecked(*m);
    }
    Some(position)
}

fn legal_line(start: &Chess, moves: &str) -> Result<Vec<Move>, InvalidPuzzle> {
    let mut position = start.clone();
    let mut line = Vec::new();
    for (i, word) in moves.split_ascii_whitespace().enumerate() {
        if i == LONGEST {
            return Err(InvalidPuzzle::Length);
        }
        let uci: UciMove = word.parse().map_err(|_| InvalidPuzzle::Move(i + 1))?;
        let m = uci.to_move(&position).map_err(|_| InvalidPuzzle::Move(i + 1))?;
        position.play_unchecked(m);
        line.push(m);
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::notation::read_move;
    use super::super::walk;
    use super::*;

    /// Philidor's legacy, and a key that is the only one.
    const LEGACY: &str = "0abc\t5r1k/1p4pp/8/6N1/8/1Q6/6PP/7K b - - 0 1\tf8a8 g5f7 h8g8 f7h6 g8h8 b3g8 a8g8 h6f7\t1500\t\
                          mateIn4 mate smotheredMate veryLong";
    const LADDER: &str =
        "ladder\t6k1/8/1R6/8/8/8/8/R5K1 b - - 0 1\tg8f8 a1a7 f8e8 b6b8\t900\tmateIn2 mate short";
    const BACK_RANK: &str = "back\t6k1/5ppp/8/8/8/1r6/8/R5K1 b - - 0 1\tb3h3 a1a8\t600\tmateIn1 mate oneMove";
    const FORK: &str = "fork-1\tr2k4/8/8/1N6/8/8/8/4K3 b - - 0 1\td8e8 b5c7 e8d7 c7a8\t1100\tfork short";

    fn puzzle(row: &str) -> Puzzle {
        Puzzle::from_row(row).unwrap()
    }

    fn play(puzzle: &Puzzle, texts: &str) -> (Vec<Move>, Chess) {
        let mut position = puzzle.start().clone();
        let mut played = Vec::new();
        for text in texts.split_whitespace() {
            let m = read_move(&position, text).unwrap();
            position.play_unchecked(m);
            played.push(m);
        }
        (played, position)
    }

    fn judge(puzzle: &Puzzle, played: &str, candidate: &str) -> Verdict {
        let (played, position) = play(puzzle, played);
        puzzle.judge(&played, read_move(&position, candidate).unwrap())
    }

    #[test]
    fn a_row_is_read_and_written() {
        let legacy = puzzle(LEGACY);
        assert_eq!(legacy.to_row(), LEGACY);
        assert_eq!(legacy.id().as_str(), "0abc");
        assert_eq!(legacy.solver(), Color::White);
        assert_eq!(legacy.goal(), Goal::Mate(4));
        assert_eq!(legacy.goal().words(), "Mate in 4");
        assert_eq!(legacy.position_to_solve().turn(), Color::White);
        assert_eq!(legacy.rating(), 1500);
        assert_eq!(legacy.themes().len(), 4);
        assert_eq!(puzzle(FORK).goal(), Goal::Material);
    }

    #[test]
    fn what_is_no_puzzle_is_refused() {
        let start = "8/8/8/8/8/k7/8/K6R b - - 0 1";
        for (row, fault) in [
            (String::new(), InvalidPuzzle::Fields),
            (format!("a\t{start}\ta3b3 h1h3"), InvalidPuzzle::Fields),
            (format!("a\t{start}\ta3b3 h1h3\tx\t"), InvalidPuzzle::Rating),
            (format!("a\t{start}\ta3b3 h1h3\t-1\t"), InvalidPuzzle::Rating),
            (format!("a\t{start}\ta3b3\t1\t"), InvalidPuzzle::Length),
            (format!("a\t{start}\t\t1\t"), InvalidPuzzle::Length),
            (format!("a\t{start}\ta3b3 h1h9\t1\t"), InvalidPuzzle::Move(2)),
            (format!("a\t{start}\ta3b2 h1h3\t1\t"), InvalidPuzzle::Move(1)),
            (
                format!("a\t{start}\t{}\t1\t", "a3b3 h1h2 b3a3 h2h1 ".repeat(16)),
                InvalidPuzzle::Length,
            ),
        ] {
            assert_eq!(Puzzle::from_row(&row).unwrap_err(), fault, "{row}");
        }
        assert!(matches!(
            Puzzle::from_row("a\t8/8 w - -\ta3b3\t1\t"),
            Err(InvalidPuzzle::Fen(_))
        ));
        assert!(matches!(
            Puzzle::from_row("a b\t8/8 w - -\ta3b3\t1\t"),
            Err(InvalidPuzzle::Id(_))
        ));
    }

    #[test]
    fn the_stored_line_solves_it() {
        for row in [LEGACY, LADDER, FORK, BACK_RANK] {
            let puzzle = puzzle(row);
            for ply in (1..puzzle.moves().len()).step_by(2) {
                let (played, candidate) = (&puzzle.moves()[..ply], puzzle.moves()[ply]);
                let expected = match puzzle.moves().get(ply + 1) {
                    Some(reply) => Verdict::Right { reply: *reply },
                    None => Verdict::Solved,
                };
                assert_eq!(puzzle.judge(played, candidate), expected, "{row}");
                assert_eq!(puzzle.solution(played), puzzle.moves()[ply..]);
            }
        }
    }

    #[test]
    fn another_mate_that_is_as_fast_counts() {
        let puzzle = puzzle(LADDER);
        let Verdict::Right { reply } = judge(&puzzle, "Kf8", "Rb7") else {
            panic!("either rook may take the seventh rank");
        };
        assert_eq!(reply.role(), shakmaty::Role::King);
        assert_eq!(judge(&puzzle, "Kf8 Rb7 Ke8", "Ra8"), Verdict::Solved);
        assert_eq!(judge(&puzzle, "Kf8 Rb7 Kg8", "Ra8"), Verdict::Solved);
        // On the line it is the stored answer.
        assert!(
            matches!(judge(&puzzle, "Kf8", "Ra7"), Verdict::Right { reply } if Some(&reply) == puzzle.moves().get(2))
        );
    }

    #[test]
    fn a_slower_mate_is_told_and_an_escape_is_shown() {
        let ladder = puzzle(LADDER);
        assert!(matches!(
            judge(&ladder, "Kf8", "Kf2"),
            Verdict::Slower { mate_in: 3 }
        ));
        assert_eq!(
            judge(&ladder, "Kf8 Ra7 Ke8", "Kf2"),
            Verdict::Slower { mate_in: 2 }
        );
        let back_rank = puzzle(BACK_RANK);
        let Verdict::Wrong {
            refutation: Some(refutation),
        } = judge(&back_rank, "Rh3", "Ra7")
        else {
            panic!("only a rook on the eighth rank mates");
        };
        let (_, position) = play(&back_rank, "Rh3 Ra7");
        assert!(position.is_legal(refutation));
    }

    #[test]
    fn in_other_puzzles_only_the_stored_move_is_right() {
        let puzzle = puzzle(FORK);
        assert_eq!(judge(&puzzle, "Ke8", "Nd6"), WRONG);
        assert_eq!(judge(&puzzle, "Ke8 Nc7 Kd7", "Nd5"), WRONG);
        // An answer that was not ours leaves the line.
        assert_eq!(judge(&puzzle, "Ke8 Nc7 Kf8", "Nxa8"), WRONG);
    }

    #[test]
    fn the_solution_goes_on_where_the_solver_went() {
        let puzzle = puzzle(LADDER);
        let (played, mut position) = play(&puzzle, "Kf8 Rb7 Kg8");
        let solution = puzzle.solution(&played);
        assert_eq!(solution.len(), 1);
        position.play_unchecked(solution[0]);
        assert!(position.is_checkmate());
        assert_eq!(puzzle.solution(puzzle.moves()), []);
        assert_eq!(puzzle.solution(&[puzzle.moves()[0], puzzle.moves()[0]]), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_row_does_harm(row in "[a-z0-9/ \t-]{0,80}") {
            let _ = Puzzle::from_row(&row);
        }

        #[test]
        fn no_move_does_harm(steps in walk::steps(), other in any::<u8>(), plies in 0_usize..8) {
            let foreign = walk::moves(&steps);
            for row in [LADDER, FORK, BACK_RANK] {
                let puzzle = puzzle(row);
                for m in &foreign {
                    let _ = puzzle.judge(&foreign, *m);
                    let _ = puzzle.judge(&puzzle.moves()[..plies.min(puzzle.moves().len())], *m);
                }
                let _ = puzzle.solution(&foreign);
                let position = puzzle.position_to_solve();
                let legal = position.legal_moves();
                let candidate = legal[usize::from(other) % legal.len()];
                judged_consistently(&puzzle, candidate)?;
            }
        }
    }

    /// After a right move and its answer a solution is left; after a wrong one the refutation can be played.
    fn judged_consistently(puzzle: &Puzzle, candidate: Move) -> Result<(), TestCaseError> {
        let first = puzzle.moves()[0];
        let mut position = puzzle.position_to_solve();
        position.play_unchecked(candidate);
        match puzzle.judge(&[first], candidate) {
            Verdict::Solved => prop_assert!(position.is_checkmate() || puzzle.moves().len() == 2),
            Verdict::Right { reply } => {
                prop_assert!(position.is_legal(reply));
                let rest = puzzle.solution(&[first, candidate, reply]);
                prop_assert!(!rest.is_empty());
                prop_assert!(
                    after(
                        puzzle.start(),
                        &[&[first, candidate, reply], rest.as_slice()].concat()
                    )
                    .is_some()
                );
            }
            Verdict::Slower { mate_in } => prop_assert!(mate_in > puzzle.solver_moves()),
            Verdict::Wrong { refutation } => {
                prop_assert!(refutation.is_none_or(|reply| position.is_legal(reply)));
            }
        }
        Ok(())
    }
}
