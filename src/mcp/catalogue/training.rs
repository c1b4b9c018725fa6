//! What helps a person get better.

use serde_json::json;

use super::{Effect, Entry};
use crate::chess::Theme;
use crate::mcp::schema;

pub(super) fn entries() -> Vec<Entry> {
    vec![analyze(), hint(), review(), puzzle()]
}

fn analyze() -> Entry {
    Entry {
        name: "chess_analyze",
        title: "Analyze a position",
        description: "Use this for an engine's evaluation, its best lines, or what if (`moves` tries moves without \
                      recording them). It says the answer outright, so not while the person wants to find the move \
                      alone. Without game_id and fen it takes the game changed last."
            .to_owned(),
        effect: Effect::Reads,
        input: schema::input(&json!({
                "game_id": schema::game_id(),
                "fen": {"type": "string", "maxLength": 120, "description": "A position instead of a game."},
                "ply": {"type": "integer", "minimum": 0, "description": "The position after this many moves."},
                "moves": {"type": "string", "maxLength": 20000,
                    "description": "Moves to try from there; recorded nowhere."},
                "lines": {"type": "integer", "minimum": 1, "maximum": 5, "default": 1,
                    "description": "How many lines, best first."},
                "seconds": {"type": "number", "minimum": 0.1, "maximum": 10, "default": 1,
                    "description": "How long the engine thinks."},
            }),
            &[],
        ),
        output: schema::analysis(),
    }
}

fn hint() -> Entry {
    Entry {
        name: "chess_hint",
        title: "Give a hint",
        description: "Use this when the person is stuck and wants help with their move: the idea, then the piece, then \
                      the move, a little more each time. It counts as help: a rated game no longer counts, a rated \
                      puzzle counts as not solved. Not in unfinished games against a friend."
            .to_owned(),
        effect: Effect::Changes,
        input: schema::input(
            &json!({
                "game_id": schema::game_id(),
                "kind": {"enum": ["idea", "piece", "move", "solution"],
                    "description": "Left out, the next of the first three; solution ends a puzzle unsolved."},
            }),
            &[],
        ),
        output: schema::hint(),
    }
}

fn review() -> Entry {
    Entry {
        name: "chess_review",
        title: "Review a game",
        description: "Use this after a game, when the person wants to know how they played: accuracy, mistakes, the \
                      moments that mattered with what was better. Takes some seconds the first time. Without game_id \
                      the game changed last. Not for one position (chess_analyze)."
            .to_owned(),
        effect: Effect::Reads,
        input: schema::input(
            &json!({
                "game_id": schema::game_id(),
                "side": {"enum": ["white", "black", "both"],
                    "description": "Whose moves to talk about; left out, the person's."},
                "all": {"type": "boolean", "default": false, "description": "Every move, not only the moments."},
            }),
            &[],
        ),
        output: schema::review(),
    }
}

fn puzzle() -> Entry {
    let words: Vec<&str> = Theme::ALL.iter().map(|theme| theme.word()).collect();
    Entry {
        name: "chess_puzzle",
        title: "Set up a puzzle",
        description: "Use this when the person wants a puzzle: it sets one up near their rating, and they solve it with \
                      chess_move. An untouched puzzle is shown again unless `another`. Not to try a move or to get help \
                      (chess_hint)."
            .to_owned(),
        effect: Effect::Changes,
        input: schema::input(
            &json!({
                "puzzle_id": {"type": "string", "maxLength": 12, "description": "This puzzle."},
                "theme": {"enum": words,
                    "description": "What it is about; myMistakes are the person's own."},
                "difficulty": {"enum": ["easy", "normal", "hard"], "default": "normal",
                    "description": "Measured by the person's rating."},
                "daily": {"type": "boolean", "default": false, "description": "The puzzle of the day."},
                "another": {"type": "boolean", "default": false, "description": "A new one instead of the open one."},
            }),
            &[],
        ),
        output: schema::game(),
    }
}
