//! What every view of a game holds, and a player who wins against beginners.

use serde_json::{Value, json};
use shakmaty::fen::Fen;
use shakmaty::san::San;
use shakmaty::{CastlingMode, Chess, Color, Move, Position as _, Role};

/// Every field that a result which shows a game holds at least.
pub(crate) const FIELDS: [&str; 25] = [
    "game_id",
    "kind",
    "opponent",
    "person_plays",
    "fen",
    "ply",
    "revision",
    "turn",
    "status",
    "result",
    "reason",
    "check",
    "recent",
    "played",
    "played_count",
    "reply",
    "reply_pending",
    "legal_moves",
    "opening",
    "facts",
    "can",
    "offer",
    "repeated",
    "notes",
    "next",
];

/// Asserts that a view is whole and agrees with itself.
#[track_caller]
pub(crate) fn assert_whole(view: &Value) {
    for field in FIELDS {
        assert!(view.get(field).is_some(), "{field} is missing in {view}");
    }
    let position = position(view);
    let turn = if position.turn() == Color::White {
        "white"
    } else {
        "black"
    };
    assert_eq!(view["turn"], turn, "{view}");
    assert_eq!(view["check"], position.is_check(), "{view}");
    assert!(
        view["facts"].as_array().is_some_and(|facts| facts.len() <= 3),
        "{view}"
    );
    if view["kind"] == "puzzle" {
        let states = ["open", "solved", "unsolved"];
        assert!(
            view["status"]
                .as_str()
                .is_some_and(|state| states.contains(&state)),
            "{view}"
        );
    } else {
        let finished = view["status"] == "finished";
        assert_eq!(
            finished,
            view["result"] != "*" || view["reason"] == "aborted",
            "{view}"
        );
        assert_eq!(finished, !view["reason"].is_null(), "{view}");
    }
    for san in view["legal_moves"].as_array().expect("a list") {
        let san: San = san
            .as_str()
            .expect("SAN")
            .trim_end_matches(['+', '#'])
            .parse()
            .expect("SAN");
        san.to_move(&position).expect("a legal move");
    }
}

/// The position of a view.
#[track_caller]
pub(crate) fn position(view: &Value) -> Chess {
    let fen: Fen = view["fen"].as_str().expect("a FEN").parse().expect("a FEN");
    let mode = CastlingMode::detect(fen.as_setup());
    fen.into_position(mode).expect("a position")
}

/// The legal moves of a view, as the server spells them.
pub(crate) fn legal(view: &Value) -> Vec<String> {
    let moves = view["legal_moves"].as_array().expect("a list of moves");
    moves
        .iter()
        .map(|san| san.as_str().expect("SAN").to_owned())
        .collect()
}

/// A move that beats a first-day opponent: mate, else the best of a shallow look at material in which
/// the other side takes back, drawing nobody into stalemate and pushing pawns when nothing else is on.
pub(crate) fn choose(view: &Value) -> String {
    let position = position(view);
    let us = position.turn();
    let moves = legal(view);
    let best = moves.iter().max_by_key(|san| {
        let played = parse(&position, san);
        (worth(&position, played, us), std::cmp::Reverse(san.len()))
    });
    best.expect("somebody whose turn it is has a move").clone()
}

fn parse(position: &Chess, san: &str) -> Move {
    let san: San = san.trim_end_matches(['+', '#']).parse().expect("SAN");
    san.to_move(position).expect("a legal move")
}

fn worth(before: &Chess, played: Move, us: Color) -> i32 {
    let after = before.clone().play(played).expect("a legal move");
    if after.is_checkmate() {
        return 1_000_000;
    }
    if after.is_stalemate() || after.is_insufficient_material() {
        return -1_000_000;
    }
    let replies = after.legal_moves();
    let worst = replies.iter().map(|reply| {
        let next = after.clone().play(*reply).expect("a legal move");
        if next.is_checkmate() {
            -500_000
        } else {
            balance(&next, us) + rescue(&next, us)
        }
    });
    let worst = worst.min().unwrap_or_default();
    // A king with few squares is nearly mated; fewer answers are better once we are ahead.
    let ahead = balance(&after, us) > 500;
    let net = if ahead {
        4 * (40 - i32::try_from(replies.len()).unwrap_or(40))
    } else {
        0
    };
    let check = if after.is_check() && ahead { 3 } else { 0 };
    worst * 10 + net + check + progress(&after, played, us, ahead)
}

/// The most that we can take next without thinking further.
fn rescue(position: &Chess, us: Color) -> i32 {
    if position.is_check() || position.turn() != us {
        return 0;
    }
    let captures = position.capture_moves();
    let undefended = captures.iter().filter(|capture| {
        let next = position.clone().play(**capture).expect("a legal move");
        !next.capture_moves().iter().any(|back| back.to() == capture.to())
    });
    undefended
        .filter_map(|capture| capture.capture())
        .map(value)
        .max()
        .unwrap_or_default()
        / 2
}

fn progress(after: &Chess, played: Move, us: Color, ahead: bool) -> i32 {
    let pawn = if played.role() == Role::Pawn { 2 } else { 0 };
    if !ahead {
        return pawn + i32::from(played.is_castle()) * 5;
    }
    let (Some(king), Some(other)) = (after.board().king_of(us), after.board().king_of(!us)) else {
        return pawn;
    };
    // With the win in hand: own king nearer, their king to the edge.
    let edge = |step: u32| i32::try_from(step.min(7 - step)).unwrap_or(0);
    let corner = 6 - edge(u32::from(other.file())) - edge(u32::from(other.rank()));
    pawn * 5 + corner * 6 - i32::try_from(king.distance(other)).unwrap_or(0) * 3
}

fn balance(position: &Chess, us: Color) -> i32 {
    let side = |color: Color| -> i32 {
        let material = position.board().material_side(color);
        Role::ALL
            .into_iter()
            .map(|role| value(role) * i32::from(*material.get(role)))
            .sum()
    };
    side(us) - side(!us)
}

fn value(role: Role) -> i32 {
    match role {
        Role::Pawn => 100,
        Role::Knight | Role::Bishop => 300,
        Role::Rook => 500,
        Role::Queen => 900,
        Role::King => 0,
    }
}

/// Arguments that ask for the weakest engine.
pub(crate) fn first_day() -> Value {
    json!({ "opponent": "engine", "level": 1, "color": "white" })
}
