//! The puzzles that ship, with their solutions: what the server must keep to itself, and a test must know.

use std::sync::LazyLock;
use std::time::Instant;

use serde_json::Value;
use shakmaty::fen::Fen;
use shakmaty::san::SanPlus;
use shakmaty::uci::UciMove;
use shakmaty::{CastlingMode, Chess, Move, Position as _};

use super::mcp::Answer;
use super::{Actor, GLANCE, PATIENCE};

/// A row of the file, replayed.
pub(crate) struct Puzzle {
    pub(crate) id: String,
    pub(crate) themes: Vec<String>,
    /// The opponent's first move, the solver's, and so on.
    moves: Vec<Move>,
    /// Before the first move and after each.
    positions: Vec<Chess>,
}

static ROWS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/puzzles.tsv.zst");
    let packed = std::fs::read(path).expect("the puzzles that ship");
    let text = zstd::decode_all(packed.as_slice()).expect("they are packed with zstd");
    let text = String::from_utf8(text).expect("they are text");
    text.lines().skip(1).map(str::to_owned).collect()
});

/// The first puzzle with this theme of which this holds.
#[track_caller]
pub(crate) fn find(theme: &str, fits: impl Fn(&Puzzle) -> bool) -> Puzzle {
    let mut themed = ROWS.iter().filter(|row| {
        let themes = row.rsplit('\t').next().unwrap_or_default();
        themes.split(' ').any(|own| own == theme)
    });
    let found = themed.find_map(|row| Some(Puzzle::read(row)).filter(&fits));
    found.unwrap_or_else(|| panic!("no puzzle that ships with theme {theme} is like that"))
}

/// The puzzle that a fresh view tells the name of.
#[track_caller]
pub(crate) fn named_in(view: &Value) -> Puzzle {
    let notes = super::talk::notes(view);
    let named = notes
        .split("Puzzle ")
        .skip(1)
        .find_map(|rest| rest.split_whitespace().next());
    let named = named.unwrap_or_else(|| panic!("no puzzle is named in: {notes}"));
    let row = ROWS
        .iter()
        .find(|row| row.split('\t').next() == Some(named.trim_end_matches(['.', ','])));
    Puzzle::read(row.unwrap_or_else(|| panic!("{named} does not ship")))
}

impl Puzzle {
    fn read(row: &str) -> Self {
        let fields: Vec<&str> = row.split('\t').collect();
        let [id, fen, line, _, themes] = fields[..] else {
            panic!("{row}: {} fields", fields.len());
        };
        let fen: Fen = fen.parse().expect("a FEN");
        let start: Chess = fen.into_position(CastlingMode::Standard).expect("a position");
        let mut positions = vec![start];
        let mut moves = Vec::new();
        for uci in line.split(' ') {
            let position = positions.last().expect("a start");
            let uci: UciMove = uci.parse().expect("a move in UCI");
            let played = uci.to_move(position).expect("a legal move");
            positions.push(position.clone().play(played).expect("a legal move"));
            moves.push(played);
        }
        Self {
            id: id.to_owned(),
            themes: themes.split(' ').map(str::to_owned).collect(),
            moves,
            positions,
        }
    }

    pub(crate) fn has(&self, theme: &str) -> bool {
        self.themes.iter().any(|own| own == theme)
    }

    /// The position that is shown.
    pub(crate) fn to_solve(&self) -> &Chess {
        &self.positions[1]
    }

    /// The solver's moves in SAN.
    pub(crate) fn solution(&self) -> Vec<String> {
        let solver = (1..self.moves.len()).step_by(2);
        solver
            .map(|ply| san(&self.positions[ply], self.moves[ply]))
            .collect()
    }

    /// The same as a board sends them.
    pub(crate) fn solution_in_uci(&self) -> Vec<String> {
        let solver = (1..self.moves.len()).step_by(2);
        solver
            .map(|ply| self.moves[ply].to_uci(CastlingMode::Standard).to_string())
            .collect()
    }

    /// Some moves that the other side has in the end.
    pub(crate) fn answers(&self) -> Vec<String> {
        let end = self.positions.last().expect("an end");
        let answers = end.legal_moves().into_iter().take(2);
        answers.map(|played| san(end, played)).collect()
    }

    /// Moves that mate on the solver's last move and are not the stored one.
    pub(crate) fn other_mates(&self) -> Vec<String> {
        let last = self.moves.len() - 1;
        let before = &self.positions[last];
        let mates = before.legal_moves().into_iter().filter(|played| {
            *played != self.moves[last]
                && before
                    .clone()
                    .play(*played)
                    .is_ok_and(|after| after.is_checkmate())
        });
        mates.map(|played| san(before, played)).collect()
    }

    /// Whether there is a move after which the other side mates at once: one that is wrong beyond doubt.
    pub(crate) fn can_be_lost(&self) -> bool {
        let position = self.to_solve();
        let moves = position.legal_moves();
        moves.into_iter().any(|played| allows_mate(position, played))
    }

    /// Legal moves that are not the solution: those that lose at once first, then quiet ones, which give the other
    /// side time.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let position = self.to_solve();
        let mut moves: Vec<Move> = position.legal_moves().into_iter().collect();
        moves.retain(|played| *played != self.moves[1]);
        let forces = |played: &Move| {
            let after = position.clone().play(*played).expect("a legal move");
            played.is_capture() || played.is_promotion() || after.is_check()
        };
        moves.sort_by_key(|played| (!allows_mate(position, *played), forces(played)));
        moves.into_iter().map(|played| san(position, played)).collect()
    }
}

fn allows_mate(position: &Chess, played: Move) -> bool {
    let after = position.clone().play(played).expect("a legal move");
    let mates = |reply: &Move| after.clone().play(*reply).is_ok_and(|end| end.is_checkmate());
    after.legal_moves().iter().any(mates)
}

fn san(position: &Chess, played: Move) -> String {
    SanPlus::from_move(position.clone(), played).to_string()
}

impl Actor<'_> {
    /// Asks for a puzzle, and again while the server is still bringing them in after its first start.
    pub(crate) async fn ask_puzzle(&self, arguments: Value) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.call("chess_puzzle", arguments.clone()).await;
            if !(answer.is_error && answer.text.contains("being brought into the database")) {
                return answer;
            }
            assert!(
                Instant::now() < deadline,
                "the puzzles never come: {}",
                answer.text
            );
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// A puzzle, found to be told well.
    pub(crate) async fn puzzle(&self, arguments: Value) -> Value {
        super::talk::told(self.ask_puzzle(arguments).await)
    }

    /// Plays wrong moves until one is counted, and returns the view after it. Moves that win all the same are not.
    pub(crate) async fn err_in(&self, view: &Value, puzzle: &Puzzle) -> Value {
        for san in puzzle.wrong() {
            let after = super::talk::told(self.play(view, &san).await);
            assert_eq!(after["status"], "open", "{san} solves it: {after}");
            assert_eq!(after["fen"], view["fen"], "{san} is taken back");
            if super::talk::notes(&after).contains("stays open") {
                return after;
            }
        }
        panic!("every move of {} wins", puzzle.id)
    }
}
