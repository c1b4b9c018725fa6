//! Every sentence of a coach, held against a board that knows nothing of bitboards or exchanges.

use std::collections::BTreeMap;

use shakmaty::{Chess, Color, Move, Position, Role, Square};

use super::board::{fen_of, points};
use super::facts::{Coaching, facts};
use super::game::Game;
use super::notation::read_move;
use super::walk;
use super::wording::{color_name, role_name};

/// A board as it is printed: 8 rows of 8 letters.
struct Letters([[char; 8]; 8]);

impl Letters {
    fn of(position: &Chess) -> Self {
        let fen = fen_of(position);
        let mut letters = [['.'; 8]; 8];
        for (row, text) in fen.split(' ').next().unwrap().split('/').enumerate() {
            let mut column = 0;
            for c in text.chars() {
                if let Some(empty) = c.to_digit(10) {
                    column += empty as usize;
                } else {
                    letters[7 - row][column] = c;
                    column += 1;
                }
            }
        }
        Self(letters)
    }

    fn at(&self, column: i32, row: i32) -> Option<char> {
        let (column, row) = (usize::try_from(column).ok()?, usize::try_from(row).ok()?);
        self.0.get(row)?.get(column).copied()
    }

    /// Whether the piece on `from` attacks `to`, walked step by step.
    fn attacks(&self, from: Square, to: Square) -> bool {
        let (x, y) = (from.file() as i32, from.rank() as i32);
        let (to_x, to_y) = (to.file() as i32, to.rank() as i32);
        let piece = self.at(x, y).unwrap();
        let steps = |directions: &[(i32, i32)], reach: i32| {
            directions.iter().any(|(dx, dy)| {
                for n in 1..=reach {
                    let (column, row) = (x + dx * n, y + dy * n);
                    if (column, row) == (to_x, to_y) {
                        return true;
                    }
                    if self.at(column, row) != Some('.') {
                        return false;
                    }
                }
                false
            })
        };
        let straight = [(0, 1), (1, 0), (0, -1), (-1, 0)];
        let diagonal = [(1, 1), (1, -1), (-1, -1), (-1, 1)];
        match piece {
            'P' => steps(&[(1, 1), (-1, 1)], 1),
            'p' => steps(&[(1, -1), (-1, -1)], 1),
            _ => match piece.to_ascii_lowercase() {
                'r' => steps(&straight, 7),
                'b' => steps(&diagonal, 7),
                'q' => steps(&straight, 7) || steps(&diagonal, 7),
                'k' => steps(&straight, 1) || steps(&diagonal, 1),
                'n' => [
                    (1, 2),
                    (2, 1),
                    (-1, 2),
                    (-2, 1),
                    (1, -2),
                    (2, -1),
                    (-1, -2),
                    (-2, -1),
                ]
                .iter()
                .any(|(dx, dy)| (x + dx, y + dy) == (to_x, to_y)),
                _ => false,
            },
        }
    }
}

fn with_turn(position: &Chess, side: Color) -> Chess {
    if position.turn() == side {
        return position.clone();
    }
    position.clone().swap_turn().unwrap()
}

fn after(position: &Chess, m: Move) -> Chess {
    position.clone().play(m).unwrap()
}

fn color(word: &str) -> Color {
    Color::ALL
        .into_iter()
        .find(|color| word.trim_end_matches("'s") == color_name(*color))
        .unwrap_or_else(|| panic!("{word}"))
}

fn role(word: &str) -> Role {
    Role::ALL
        .into_iter()
        .find(|role| role_name(*role) == word)
        .unwrap_or_else(|| panic!("{word}"))
}

/// `the king on e8 and the rook on a8`.
fn placed(text: &str) -> Vec<(Role, Square)> {
    text.replace(" and ", ", ")
        .split(", ")
        .map(|part| {
            let words: Vec<&str> = part.split(' ').collect();
            (role(words[1]), words[3].parse().unwrap())
        })
        .collect()
}

/// What taking on `square` wins when every order of taking is tried.
fn exchange(position: &Chess, square: Square) -> i32 {
    position
        .legal_moves()
        .into_iter()
        .filter(|m| m.is_capture() && m.to() == square && !m.is_en_passant())
        .map(|m| {
            let promoted = m.promotion().map_or(0, |role| points(role) - 1);
            points(m.capture().unwrap()) + promoted - exchange(&after(position, m), square)
        })
        .fold(0, i32::max)
}

fn attacks_all(position: &Chess, m: Move, targets: &[(Role, Square)]) -> bool {
    let after = after(position, m);
    let letters = Letters::of(&after);
    targets.len() >= 2
        && targets.iter().all(|(role, square)| {
            let piece = after.board().piece_at(*square).unwrap();
            piece.role == *role && piece.color == after.turn() && letters.attacks(m.to(), *square)
        })
        && exchange(&after, m.to()) == 0
}

/// Checks one sentence and says which kind it was.
fn verify(position: &Chess, fact: &str) -> &'static str {
    let words: Vec<&str> = fact.trim_end_matches('.').split(' ').collect();
    if fact.contains(" can be taken for nothing") || fact.contains(" is not defended well enough") {
        let (owner, square) = (color(words[0]), words[3].parse().unwrap());
        assert_eq!(position.board().piece_at(square), Some(role(words[1]).of(owner)));
        let taking = with_turn(position, owner.other());
        assert!(exchange(&taking, square) > 0);
        if fact.contains("not defended") {
            return "loose";
        }
        assert!(taking.legal_moves().into_iter().any(|m| {
            let after = after(&taking, m);
            m.is_capture()
                && m.to() == square
                && after
                    .legal_moves()
                    .into_iter()
                    .all(|reply| reply.to() != square && !self::after(&after, reply).is_checkmate())
        }));
        return "for nothing";
    }
    if fact.contains(" threatens mate with ") {
        let passed = with_turn(position, color(words[0]));
        let m = read_move(&passed, words[4]).unwrap();
        assert!(after(&passed, m).is_checkmate());
        return "mate";
    }
    if let Some((_, targets)) = fact.split_once(", which attacks ") {
        let passed = with_turn(position, color(words[0]));
        let m = read_move(&passed, words[2].trim_end_matches(',')).unwrap();
        let targets = placed(targets.trim_end_matches(" at once."));
        assert!(attacks_all(&passed, m, &targets));
        return "fork threatened";
    }
    if let Some((who, targets)) = fact.split_once(" can attack ") {
        let from: Square = who.split(' ').nth(3).unwrap().parse().unwrap();
        let targets = placed(targets.trim_end_matches(" at once."));
        let found = position
            .legal_moves()
            .into_iter()
            .any(|m| m.from() == Some(from) && attacks_all(position, m, &targets));
        assert!(found);
        return "fork available";
    }
    if let Some((who, by)) = fact.split_once(" is pinned to the king by ") {
        let owner = color(words[0]);
        let square: Square = who.split(' ').nth(3).unwrap().parse().unwrap();
        let (role, pinner) = placed(by.trim_end_matches('.'))[0];
        let king = position.board().king_of(owner).unwrap();
        let mut letters = Letters::of(position);
        assert_eq!(position.board().role_at(pinner), Some(role));
        assert!(!letters.attacks(pinner, king) && letters.attacks(pinner, square));
        letters.0[square.rank() as usize][square.file() as usize] = '.';
        assert!(letters.attacks(pinner, king));
        return "pin";
    }
    "other"
}

#[test]
fn a_coach_never_lies() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    // A small generator, so that every run sees the same games.
    let mut state = 1_u32;
    let mut step = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for _ in 0..40 {
        let steps: Vec<u8> = (0..80).map(|_| step()).collect();
        let mut game = Game::default();
        for m in walk::moves(&steps) {
            if game.play(m).is_err() {
                break;
            }
            let facts = facts(&game, game.ply(), Coaching::For(game.turn()));
            assert!(facts.len() <= 3);
            for fact in facts {
                let kind = std::panic::catch_unwind(|| verify(game.position(), &fact));
                let Ok(kind) = kind else {
                    panic!("{fact} {}", game.fen())
                };
                *seen.entry(kind).or_default() += 1;
            }
        }
    }
    for kind in [
        "for nothing",
        "loose",
        "mate",
        "fork threatened",
        "fork available",
        "pin",
    ] {
        assert!(seen.get(kind).is_some_and(|n| *n > 5), "{kind}: {seen:?}");
    }
}
