//! The puzzles that ship in `data/puzzles.tsv.zst`, held against other rules than our own: the `cozy-chess` crate
//! and plain searches on it. Nothing of `src/chess` is used here.
//!
//! Legality, uniqueness and themes are looked at in every puzzle, what costs time in a sample. With
//! `PUZZLES=all` (and `--release`) everything is looked at in every puzzle, and with `--include-ignored` an engine –
//! Stockfish, or the one built in – says again that nothing else wins.
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]
#![expect(
    clippy::print_stdout,
    reason = "what is in the file is what a run is asked for"
)]

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use cozy_chess::util::parse_uci_move;
use cozy_chess::{BitBoard, Board, Color, Move, Piece, Rank, Square, get_king_moves};

/// No change of the file may lose what it had; to be raised with the collection.
const LEAST: usize = 25_000;

/// A row of the file, replayed.
struct Puzzle {
    row: String,
    id: String,
    rating: u32,
    themes: Vec<String>,
    moves: Vec<Move>,
    /// Before the first move and after each.
    boards: Vec<Board>,
}

static PUZZLES: LazyLock<Vec<Puzzle>> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/puzzles.tsv.zst");
    let packed = std::fs::read(path).unwrap();
    let text = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("id\tfen\tmoves\trating\tthemes"));
    lines.map(Puzzle::read).collect()
});

impl Puzzle {
    fn read(row: &str) -> Self {
        let fields: Vec<&str> = row.split('\t').collect();
        let [id, fen, line, rating, themes] = fields[..] else {
            panic!("{row}: {} fields", fields.len());
        };
        let mut boards = vec![Board::from_fen(fen, false).unwrap_or_else(|fault| panic!("{row}: {fault}"))];
        let mut moves = Vec::new();
        for uci in line.split(' ') {
            let mut board = boards.last().unwrap().clone();
            let m = parse_uci_move(&board, uci).unwrap();
            board
                .try_play(m)
                .unwrap_or_else(|_| panic!("{row}: {uci} is not legal"));
            boards.push(board);
            moves.push(m);
        }
        Self {
            row: row.to_owned(),
            id: id.to_owned(),
            rating: rating.parse().unwrap(),
            themes: themes.split(' ').map(str::to_owned).collect(),
            moves,
            boards,
        }
    }

    fn has(&self, theme: &str) -> bool {
        self.themes.iter().any(|own| own == theme)
    }

    fn to_solve(&self) -> &Board {
        &self.boards[1]
    }

    fn end(&self) -> &Board {
        self.boards.last().unwrap()
    }

    fn solver(&self) -> Color {
        self.to_solve().side_to_move()
    }

    /// The solver's moves, with the boards before and after each.
    fn steps(&self) -> impl Iterator<Item = (&Board, Move, &Board)> {
        let solver = (1..self.moves.len()).step_by(2);
        solver.map(|ply| (&self.boards[ply], self.moves[ply], &self.boards[ply + 1]))
    }

    fn mate_in(&self) -> Option<usize> {
        is_mate(self.end()).then_some(self.moves.len() / 2)
    }
}

fn all() -> bool {
    std::env::var("PUZZLES").is_ok_and(|which| which == "all")
}

/// Each `nth` of them, or all.
fn sample<'a>(puzzles: impl Iterator<Item = &'a Puzzle>, nth: usize) -> impl Iterator<Item = &'a Puzzle> {
    puzzles.step_by(if all() { 1 } else { nth })
}

fn legal(board: &Board) -> Vec<Move> {
    let mut moves = Vec::new();
    board.generate_moves(|of_piece| {
        moves.extend(of_piece);
        false
    });
    moves
}

fn after(board: &Board, m: Move) -> Board {
    let mut board = board.clone();
    board.play_unchecked(m);
    board
}

fn is_mate(board: &Board) -> bool {
    !board.checkers().is_empty() && !board.generate_moves(|_| true)
}

/// Whether the side to move mates within `moves`, by trying everything.
fn mates(board: &Board, moves: usize) -> bool {
    let mut boards: Vec<Board> = legal(board).into_iter().map(|m| after(board, m)).collect();
    if boards.iter().any(is_mate) {
        return true;
    }
    boards.sort_by_key(|board| board.checkers().is_empty());
    moves > 1 && boards.iter().any(|board| is_mated(board, moves - 1))
}

/// Whether the side to move is mated within `moves` of the other, whatever it plays.
fn is_mated(board: &Board, moves: usize) -> bool {
    let replies = legal(board);
    if replies.is_empty() || moves == 0 {
        return is_mate(board);
    }
    replies.iter().all(|reply| mates(&after(board, *reply), moves))
}

const fn points(piece: Piece) -> i32 {
    match piece {
        Piece::Pawn => 1,
        Piece::Knight | Piece::Bishop => 3,
        Piece::Rook => 5,
        Piece::Queen => 9,
        Piece::King => 0,
    }
}

fn balance(board: &Board, side: Color) -> i32 {
    let of = |color, piece| i32::try_from(board.colored_pieces(color, piece).len()).unwrap() * points(piece);
    Piece::ALL
        .iter()
        .map(|piece| of(side, *piece) - of(!side, *piece))
        .sum()
}

/// What the side to move is ahead by once both have taken what they like; either may stop taking.
fn settled(board: &Board, least: i32, most: i32) -> i32 {
    let mut best = balance(board, board.side_to_move()).max(least);
    let theirs = board.colors(!board.side_to_move());
    let mut captures = legal(board);
    captures.retain(|m| theirs.has(m.to) || m.promotion == Some(Piece::Queen));
    captures.sort_by_key(|m| board.piece_on(m.to).map_or(0, |piece| -points(piece)));
    for m in captures {
        if best >= most {
            break;
        }
        best = best.max(-settled(&after(board, m), -most, -best));
    }
    best
}

#[test]
fn there_are_enough_and_no_two_are_the_same() {
    assert!(PUZZLES.len() >= LEAST, "only {}", PUZZLES.len());
    let ids: HashSet<&str> = PUZZLES.iter().map(|puzzle| puzzle.id.as_str()).collect();
    assert_eq!(ids.len(), PUZZLES.len(), "an id stands twice");
    let position = |puzzle: &Puzzle| {
        puzzle
            .to_solve()
            .to_string()
            .split(' ')
            .take(4)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let positions: HashSet<String> = PUZZLES.iter().map(position).collect();
    assert_eq!(positions.len(), PUZZLES.len(), "a position stands twice");
    for puzzle in PUZZLES.iter() {
        assert_eq!(puzzle.id.len(), 7, "{}", puzzle.row);
        assert!((400..=2600).contains(&puzzle.rating), "{}", puzzle.row);
        assert!(puzzle.moves.len().is_multiple_of(2), "{}", puzzle.row);
        assert!(legal(puzzle.to_solve()).len() >= 4, "{}", puzzle.row);
        assert!(
            balance(puzzle.to_solve(), Color::White).abs() <= 12,
            "{}",
            puzzle.row
        );
    }
}

#[test]
fn the_mix_is_varied() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for theme in PUZZLES.iter().flat_map(|puzzle| &puzzle.themes) {
        *counts.entry(theme).or_default() += 1;
    }
    for (theme, count) in &counts {
        println!("{count:>7} {theme}");
    }
    // In hundredths of all.
    let all = PUZZLES.len();
    for (theme, least) in [("mateIn1", 20), ("mateIn2", 25), ("mateIn3", 12)] {
        assert!(counts[theme] * 100 >= all * least, "{theme}");
    }
    assert!(counts["mateIn1"] * 100 <= all * 50);
    assert!((all - counts["mate"]) * 100 >= all * 3);
    let white = PUZZLES
        .iter()
        .filter(|puzzle| puzzle.solver() == Color::White)
        .count();
    assert!(
        (PUZZLES.len() / 3..PUZZLES.len() * 2 / 3).contains(&white),
        "{white} are solved by White"
    );
}

#[test]
fn a_mate_has_a_single_key() {
    for (moves, nth) in [(1, 10), (2, 40), (3, 400)] {
        let mates_in = PUZZLES.iter().filter(|puzzle| puzzle.mate_in() == Some(moves));
        for puzzle in sample(mates_in, nth) {
            let board = puzzle.to_solve();
            let keys = legal(board)
                .into_iter()
                .filter(|m| is_mated(&after(board, *m), moves - 1));
            assert_eq!(keys.collect::<Vec<_>>(), [puzzle.moves[1]], "{}", puzzle.row);
            assert!(
                moves == 1 || !mates(board, moves - 1),
                "{} is shorter",
                puzzle.row
            );
        }
    }
}

#[test]
fn a_mate_is_put_off_as_long_as_can_be() {
    let longer = PUZZLES.iter().filter(|puzzle| puzzle.mate_in() > Some(1));
    for puzzle in sample(longer, 20) {
        let length = puzzle.moves.len() / 2;
        for (number, board) in puzzle.boards.iter().skip(3).step_by(2).enumerate() {
            let left = length - number - 1;
            assert!(left == 1 || !mates(board, left - 1), "{}", puzzle.row);
        }
    }
}

#[test]
fn what_wins_material_has_won_it_at_the_end() {
    let tactics = PUZZLES.iter().filter(|puzzle| puzzle.mate_in().is_none());
    for puzzle in tactics {
        let gain = -settled(puzzle.end(), -200, 200) - balance(puzzle.to_solve(), puzzle.solver());
        assert!(gain >= 1, "{}: {gain}", puzzle.row);
        assert!(
            puzzle.has("advantage") != puzzle.has("crushing"),
            "{}",
            puzzle.row
        );
    }
}

/// A theme and whether a puzzle shows it.
type Told = (&'static str, fn(&Puzzle) -> bool);

/// Themes that stand in the file exactly where this is so.
const EXACT: [Told; 17] = [
    ("mate", |puzzle| puzzle.mate_in().is_some()),
    ("mateIn1", |puzzle| puzzle.mate_in() == Some(1)),
    ("mateIn2", |puzzle| puzzle.mate_in() == Some(2)),
    ("mateIn3", |puzzle| puzzle.mate_in() == Some(3)),
    ("oneMove", |puzzle| puzzle.moves.len() == 2),
    ("short", |puzzle| puzzle.moves.len() == 4),
    ("long", |puzzle| puzzle.moves.len() == 6),
    ("promotion", |puzzle| {
        puzzle.steps().any(|(_, m, _)| m.promotion.is_some())
    }),
    ("underPromotion", |puzzle| {
        puzzle
            .steps()
            .any(|(_, m, _)| m.promotion.is_some_and(|piece| piece != Piece::Queen))
    }),
    ("enPassant", |puzzle| {
        puzzle.steps().any(|(before, m, _)| is_en_passant(before, m))
    }),
    ("castling", |puzzle| {
        puzzle.steps().any(|(before, m, _)| is_castling(before, m))
    }),
    ("doubleCheck", |puzzle| {
        puzzle.steps().any(|(_, _, after)| after.checkers().len() == 2)
    }),
    ("discoveredCheck", |puzzle| {
        puzzle
            .steps()
            .any(|(before, m, after)| discovers_check(before, m, after))
    }),
    ("sacrifice", gives_material_up),
    ("smotheredMate", is_smothered),
    ("backRankMate", is_on_the_back_rank),
    ("endgame", |puzzle| {
        let board = puzzle.to_solve();
        (board.occupied() - board.pieces(Piece::Pawn) - board.pieces(Piece::King)).len() <= 6
    }),
];

/// Themes that stand in the file only where at least this is so.
const IMPLIED: [Told; 8] = [
    ("fork", |puzzle| {
        puzzle.steps().any(|(_, m, after)| attacked_by(after, m.to) > 1)
    }),
    ("hangingPiece", |puzzle| {
        puzzle.to_solve().color_on(puzzle.moves[1].to) == Some(!puzzle.solver())
    }),
    ("quietMove", |puzzle| {
        let quiet = |(before, m, after): (&Board, Move, &Board)| {
            !before.occupied().has(m.to) && after.checkers().is_empty() && m.promotion.is_none()
        };
        puzzle.steps().any(quiet)
    }),
    ("advancedPawn", |puzzle| {
        let far = [Rank::Seventh, Rank::Eighth].map(|rank| rank.relative_to(puzzle.solver()));
        let far = |(before, m, _): (&Board, Move, &Board)| {
            before.piece_on(m.from) == Some(Piece::Pawn) && far.contains(&m.to.rank())
        };
        puzzle.steps().any(far)
    }),
    ("skewer", |puzzle| puzzle.moves.len() >= 4),
    ("discoveredAttack", |puzzle| {
        puzzle.moves.len() >= 4 || puzzle.has("discoveredCheck")
    }),
    ("arabianMate", |puzzle| {
        let king = king_square(puzzle);
        puzzle.mate_in().is_some() && king.bitboard().is_subset(BitBoard::CORNERS)
    }),
    ("pawnEndgame", |puzzle| {
        let board = puzzle.to_solve();
        board.occupied() == board.pieces(Piece::Pawn) | board.pieces(Piece::King)
    }),
];

fn is_en_passant(before: &Board, m: Move) -> bool {
    let pawn = before.piece_on(m.from) == Some(Piece::Pawn);
    pawn && m.from.file() != m.to.file() && before.piece_on(m.to).is_none()
}

/// In `cozy-chess` the king takes its own rook.
fn is_castling(before: &Board, m: Move) -> bool {
    before.color_on(m.to) == Some(before.side_to_move())
}

fn discovers_check(before: &Board, m: Move, after: &Board) -> bool {
    !is_castling(before, m) && !(after.checkers() - m.to.bitboard()).is_empty()
}

/// The pieces but pawns that the piece on a square attacks.
fn attacked_by(board: &Board, square: Square) -> usize {
    let color = board.color_on(square).unwrap();
    let attacked = match board.piece_on(square).unwrap() {
        Piece::Pawn => cozy_chess::get_pawn_attacks(square, color),
        Piece::Knight => cozy_chess::get_knight_moves(square),
        Piece::Bishop => cozy_chess::get_bishop_moves(square, board.occupied()),
        Piece::Rook => cozy_chess::get_rook_moves(square, board.occupied()),
        Piece::Queen => {
            let straight = cozy_chess::get_rook_moves(square, board.occupied());
            straight | cozy_chess::get_bishop_moves(square, board.occupied())
        }
        Piece::King => get_king_moves(square),
    };
    usize::try_from((attacked & (board.colors(!color) - board.pieces(Piece::Pawn))).len()).unwrap()
}

fn gives_material_up(puzzle: &Puzzle) -> bool {
    let before = balance(puzzle.to_solve(), puzzle.solver());
    let later: Vec<&Board> = puzzle.boards.iter().skip(3).step_by(2).collect();
    let promoted = puzzle
        .moves
        .iter()
        .skip(2)
        .step_by(2)
        .any(|m| m.promotion.is_some());
    !promoted
        && later
            .iter()
            .any(|board| balance(board, puzzle.solver()) <= before - 2)
}

fn king_square(puzzle: &Puzzle) -> Square {
    puzzle.end().king(!puzzle.solver())
}

fn is_smothered(puzzle: &Puzzle) -> bool {
    let board = puzzle.end();
    let around = get_king_moves(king_square(puzzle));
    let by_knight = board.checkers().is_subset(board.pieces(Piece::Knight)) && board.checkers().len() == 1;
    is_mate(board) && by_knight && around.is_subset(board.colors(!puzzle.solver()))
}

fn is_on_the_back_rank(puzzle: &Puzzle) -> bool {
    let (board, king, mated) = (puzzle.end(), king_square(puzzle), !puzzle.solver());
    let [back, second] = [Rank::First, Rank::Second].map(|rank| rank.relative_to(mated).bitboard());
    let wall = get_king_moves(king) & second;
    is_mate(board)
        && back.has(king)
        && !(board.checkers() & back).is_empty()
        && wall.is_subset(board.colors(mated))
}

#[test]
fn the_themes_are_true() {
    for puzzle in PUZZLES.iter() {
        for (theme, shows) in EXACT {
            assert_eq!(puzzle.has(theme), shows(puzzle), "{theme}: {}", puzzle.row);
        }
        for (theme, shows) in IMPLIED {
            assert!(!puzzle.has(theme) || shows(puzzle), "{theme}: {}", puzzle.row);
        }
    }
}

/// Looks at this many positions for each move; what it then says may be off by this many centipawns.
const NODES: u32 = 200_000;
const TOLERANCE: i32 = 100;

#[test]
#[ignore = "an engine looks at every move that wins material, for minutes"]
fn no_other_move_wins() {
    let Some(mut engine) = Engine::start() else {
        println!("no engine: not looked at");
        return;
    };
    let (mut looked_at, mut doubtful) = (0, Vec::new());
    for puzzle in PUZZLES.iter().filter(|puzzle| puzzle.mate_in().is_none()) {
        for (before, m, _) in puzzle.steps() {
            looked_at += 1;
            let (best, scores) = engine.two_best(before);
            let only = scores.get(1).is_none_or(|second| *second <= 70 + TOLERANCE);
            if best != m || scores[0] < 200 - TOLERANCE || !only {
                doubtful.push(format!("{m} {scores:?} {}", puzzle.row));
            }
        }
    }
    println!(
        "{looked_at} moves looked at, {} doubtful\n{}",
        doubtful.len(),
        doubtful.join("\n")
    );
    assert!(
        doubtful.len() * 50 < looked_at,
        "the engine disagrees about {} moves",
        doubtful.len()
    );
}

struct Engine {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Engine {
    /// Stockfish, else the engine in our own binary.
    fn start() -> Option<Self> {
        let stockfish = [
            "/usr/games/stockfish",
            "/usr/local/bin/stockfish",
            "/opt/homebrew/bin/stockfish",
        ];
        let mut command = match stockfish.iter().find(|path| std::path::Path::new(path).exists()) {
            Some(path) => Command::new(path),
            None if cfg!(feature = "engine") => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_chess-mcp"));
                command.arg("__engine");
                command
            }
            None => return None,
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut engine = Self { child, output };
        engine.send("uci\nsetoption name Hash value 64\nsetoption name MultiPV value 2");
        Some(engine)
    }

    fn send(&mut self, command: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{command}").unwrap();
    }

    /// The best move, and the scores of the best two in centipawns.
    fn two_best(&mut self, board: &Board) -> (Move, Vec<i32>) {
        self.send(&format!("position fen {board}\ngo nodes {NODES}"));
        let mut scores = Vec::new();
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).unwrap() > 0,
                "the engine has ended"
            );
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["bestmove", best, ..] = words[..] {
                return (parse_uci_move(board, best).unwrap(), scores);
            }
            let value = |word: &str| {
                words
                    .iter()
                    .position(|w| *w == word)
                    .and_then(|at| words.get(at + 1)?.parse::<i32>().ok())
            };
            let bound = words.iter().any(|word| word.ends_with("bound"));
            let Some(score) = value("cp")
                .or(value("mate").map(|n| 10_000 * n.signum()))
                .filter(|_| !bound)
            else {
                continue;
            };
            let number = usize::try_from(value("multipv").unwrap_or(1)).unwrap();
            scores.resize(scores.len().max(number), score);
            scores[number - 1] = score;
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
