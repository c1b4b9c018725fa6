//! Games and what is done in them.

use serde_json::{Value, json};

use super::{Effect, Entry};
use crate::engine::Level;
use crate::mcp::{board, schema};

pub(super) fn entries() -> Vec<Entry> {
    let mut entries = vec![
        new_game(),
        chess_move(),
        play_line(),
        show(),
        status(),
        undo(),
        finish(),
        join(),
    ];
    if crate::board::document().is_some() {
        entries.push(board_sync());
    }
    entries
}

fn new_game() -> Entry {
    let levels: Vec<String> = Level::ALL
        .iter()
        .map(|level| {
            format!(
                "{} {} ({})",
                level.number(),
                level.name().to_lowercase(),
                level.rating()
            )
        })
        .collect();
    Entry {
        name: "chess_new_game",
        title: "New chess game",
        description: format!(
            "Use this when the person wants to start a game: against the engine, against you (assistant), against a \
             friend who is invited, or on a board with no opponent to set up and try both sides. Engine levels with \
             their ratings: {}; 0 adapts to the person. The engine moves at once when it is its turn. Starting a game \
             discards an engine game in which the person has not moved. Not for continuing a game (chess_show), \
             loading PGN (chess_import), trying a move (chess_analyze) or puzzles (chess_puzzle).",
            levels.join(", ")
        ),
        effect: Effect::Changes,
        input: schema::input(
            &json!({
                "opponent": {"enum": ["engine", "assistant", "friend", "nobody"], "default": "engine",
                    "description": "engine; assistant for you; friend for another person, who gets an invitation; \
                                    nobody for an analysis board where the person moves both sides."},
                "level": {"type": "integer", "minimum": 0, "maximum": 10,
                    "description": "Strength of the engine, 0 = adaptive; left out, as last time, the first time 0."},
                "rating": {"type": "integer", "minimum": 100, "maximum": 3500,
                    "description": "Instead of level: the nearest one is taken."},
                "color": {"enum": ["white", "black", "random"], "default": "white",
                    "description": "The side the person plays."},
                "moves": {"type": "string", "maxLength": 20000,
                    "description": "Moves already played, for example `e4 c5` or `1. e4 c5 2. Nf3`."},
                "fen": {"type": "string", "maxLength": 120,
                    "description": "Position to start from; four fields suffice."},
                "from_game": {"type": "string", "description": "Id of a game to play on from; its moves come along."},
                "ply": {"type": "integer", "minimum": 0,
                    "description": "With from_game: how many of its moves to keep; left out, all."},
                "variant": {"enum": ["standard", "chess960"], "default": "standard",
                    "description": "The rules; chess960 draws one of 960 starting arrays."},
                "coach": {"type": "boolean",
                    "description": "Point out threats and slips; on by default up to level 3 and where the level \
                                    adapts."},
                "days_per_move": {"type": "integer", "minimum": 1, "maximum": 14,
                    "description": "Friend games: days to think about a move; left out, no limit."},
            }),
            &[],
        ),
        output: schema::game(),
    }
}

fn chess_move() -> Entry {
    Entry {
        name: "chess_move",
        title: "Play a move",
        description: "Use this for one move that the person has stated, in a game or a puzzle, or for your own in a \
                      game against you. The engine's or puzzle's reply is in the same result; then wait for the \
                      person. If the call timed out, repeat it unchanged: it is not played twice. Not for trying \
                      ideas (chess_analyze) or entering a list of moves (chess_play_line)."
            .to_owned(),
        effect: Effect::ChangesOnce,
        input: schema::input(&json!({
                "move": {"type": "string", "maxLength": 80,
                    "description": "As the person said it: Nf3, e4, O-O, e7e8q, `knight f3`, `castle short`."},
                "game_id": schema::game_id(),
                "expected_ply": expected_ply(),
                "by": {"enum": ["person", "assistant"], "default": "person",
                    "description": "Whose move it is; assistant for yours, only in games against you."},
            }),
            &["move", "game_id", "expected_ply"],
        ),
        output: schema::game(),
    }
}

fn play_line() -> Entry {
    Entry {
        name: "chess_play_line",
        title: "Play several moves",
        description: "Use this to enter several moves for both sides on a board with no opponent, for example an \
                      opening the person names move by move. It stops at the first move that cannot be played and \
                      says which were. Not in games against an opponent, and not to list legal moves."
            .to_owned(),
        effect: Effect::Changes,
        input: schema::input(&json!({
                "moves": {"type": "string", "maxLength": 20000,
                    "description": "`e4 c5`, `1. e4 c5 2. Nf3`, or PGN movetext."},
                "game_id": schema::game_id(),
            }),
            &["moves"],
        ),
        output: schema::game(),
    }
}

fn show() -> Entry {
    Entry {
        name: "chess_show",
        title: "Show a game",
        description:
            "Use this to show or resume a game; without game_id the one changed last. It changes nothing."
                .to_owned(),
        effect: Effect::Reads,
        input: schema::input(
            &json!({
                "game_id": schema::game_id(),
                "ply": {"type": "integer", "minimum": 0,
                    "description": "Show the position after this many moves instead of the present one."},
            }),
            &[],
        ),
        output: schema::game(),
    }
}

fn status() -> Entry {
    Entry {
        name: "chess_status",
        title: "Read a game",
        description: "Use this to read a game before answering a question about it: position, whose turn, legal moves, \
                      all moves, opening, facts. Without game_id the one changed last."
            .to_owned(),
        effect: Effect::Reads,
        input: schema::input(&json!({"game_id": schema::game_id()}), &[]),
        output: schema::game(),
    }
}

fn board_sync() -> Entry {
    Entry {
        name: board::SYNC,
        title: "Refresh the board",
        description:
            "For the board only: tells it what changed in a game elsewhere. Not for models: to show a game \
                      use chess_show, to read one chess_status."
                .to_owned(),
        effect: Effect::Reads,
        input: schema::input(
            &json!({
                "game_id": schema::game_id(),
                "since_revision": {"type": "integer", "minimum": 0, "description": "The revision that the board shows."},
                "wait_s": {"type": "integer", "minimum": 0, "maximum": 20,
                    "description": "How many seconds to wait for a change; left out, none."},
            }),
            &[],
        ),
        output: schema::game(),
    }
}

fn undo() -> Entry {
    Entry {
        name: "chess_undo",
        title: "Take back",
        description:
            "Use this when the person wants a move back: it goes back to their previous turn, also after the \
                      game has ended; the game no longer counts for the rating then. In a friend game it asks the \
                      friend, and `answer` replies to the friend's wish."
                .to_owned(),
        effect: Effect::Changes,
        input: schema::input(
            &json!({
                "game_id": schema::game_id(),
                "expected_ply": expected_ply(),
                "answer": {"enum": ["accept", "decline"],
                    "description": "Friend games: the person's answer to the friend who wants a move back."},
            }),
            &[],
        ),
        output: schema::game(),
    }
}

fn finish() -> Entry {
    Entry {
        name: "chess_finish",
        title: "End a game",
        description: "Use this only when the person clearly resigns, calls the game off (abort, before both sides have \
                      moved), offers or answers a draw, or claims one by repetition or the fifty-move rule. The \
                      engine accepts a draw after move 20 when the game is even. Not for taking moves back \
                      (chess_undo) or giving up a puzzle (chess_hint with kind solution)."
            .to_owned(),
        effect: Effect::Ends,
        input: schema::input(&json!({
                "action": {"enum": ["resign", "offer_draw", "accept_draw", "decline_draw", "claim_draw", "abort"],
                    "description": "What the person does."},
                "game_id": schema::game_id(),
            }),
            &["action"],
        ),
        output: schema::game(),
    }
}

fn join() -> Entry {
    Entry {
        name: "chess_join",
        title: "Join a friend's game",
        description: "Use this when the person has an invitation of a friend, as a code or a link: it takes the other \
                      side of the friend's game. Not to invite somebody (chess_new_game with opponent friend)."
            .to_owned(),
        effect: Effect::ChangesOnce,
        input: schema::input(
            &json!({"code": {"type": "string", "maxLength": 200, "description": "The code, or the whole link."}}),
            &["code"],
        ),
        output: schema::game(),
    }
}

fn expected_ply() -> Value {
    json!({"type": "integer", "minimum": 0, "description": "`ply` of the latest result: guards against a double move."})
}
