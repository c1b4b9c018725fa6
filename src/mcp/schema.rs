//! JSON schemas of the tools: closed inputs with descriptions, outputs without prose.

use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::{Value, json};

pub(super) fn object(value: Value) -> Arc<JsonObject> {
    match value {
        Value::Object(object) => Arc::new(object),
        other => unreachable!("a schema is an object, not {other}"),
    }
}

/// A closed object of arguments.
pub(super) fn input(properties: &Value, required: &[&str]) -> Arc<JsonObject> {
    object(json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    }))
}

pub(super) fn game_id() -> Value {
    json!({"type": "string", "pattern": "^[2-9a-hjkmnp-tv-z]{8}$", "description": "The game, as in the latest result."})
}

fn nullable(kind: &str) -> Value {
    json!({"type": [kind, "null"]})
}

fn played() -> Value {
    json!({
        "type": ["object", "null"],
        "properties": {
            "san": {"type": "string"}, "uci": {"type": "string"}, "words": {"type": "string"},
            "by": {"enum": ["person", "assistant", "engine", "friend", "puzzle"]},
        },
        "required": ["san", "uci", "words", "by"],
    })
}

fn opening() -> Value {
    json!({
        "type": ["object", "null"],
        "properties": {"eco": {"type": "string"}, "name": {"type": "string"}},
        "required": ["eco", "name"],
    })
}

fn opponent() -> Value {
    json!({
        "type": "object",
        "properties": {
            "kind": {"enum": ["engine", "assistant", "friend", "nobody", "puzzle"]}, "level": nullable("integer"), "name": nullable("string"),
        },
        "required": ["kind", "level", "name"],
    })
}

fn status() -> Value {
    json!({"enum": ["ongoing", "finished", "open", "solved", "unsolved"]})
}

fn strings() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

const REASONS: [Option<&str>; 12] = [
    None,
    Some("checkmate"),
    Some("resignation"),
    Some("stalemate"),
    Some("threefold"),
    Some("fivefold"),
    Some("fifty_moves"),
    Some("seventy_five_moves"),
    Some("dead_position"),
    Some("agreement"),
    Some("timeout"),
    Some("aborted"),
];

/// What every tool returns that shows a game.
pub(super) fn game() -> Arc<JsonObject> {
    let properties = json!({
        "game_id": nullable("string"),
        "kind": {"enum": ["game", "puzzle", "analysis"]},
        "opponent": opponent(),
        "person_plays": {"enum": ["white", "black", "both"]},
        "fen": {"type": "string"},
        "ply": {"type": "integer"},
        "revision": {"type": "integer"},
        "turn": {"enum": ["white", "black"]},
        "status": status(),
        "result": {"enum": ["1-0", "0-1", "1/2-1/2", "*"]},
        "reason": {"enum": REASONS},
        "check": {"type": "boolean"},
        "recent": {"type": "string"},
        "played": played(),
        "played_count": {"type": "integer"},
        "reply": played(),
        "reply_pending": {"type": "boolean"},
        "legal_moves": strings(),
        "opening": opening(),
        "facts": strings(),
        "can": {"type": "array", "items": {"enum": [
            "move", "undo", "hint", "resign", "abort", "offer_draw", "accept_draw", "decline_draw", "claim_draw",
            "accept_undo", "decline_undo", "solution", "another"
        ]}},
        "offer": {
            "type": ["object", "null"],
            "properties": {
                "kind": {"enum": ["draw", "undo"]}, "by": {"enum": ["person", "assistant", "engine", "friend"]},
                "answer": {"enum": [null, "accepted", "declined"]},
            },
            "required": ["kind", "by", "answer"],
        },
        "invitation": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "url": {"type": "string"}, "until": {"type": "string"}},
            "required": ["code", "url", "until"],
        },
        "time": {
            "type": "object",
            "properties": {"days_per_move": {"type": "integer"}, "deadline": nullable("string")},
            "required": ["days_per_move", "deadline"],
        },
        "rating": {
            "type": "object",
            "properties": {
                "kind": {"enum": ["engine", "friend", "puzzles"]}, "rating": {"type": "integer"},
                "change": {"type": "integer"},
            },
            "required": ["kind", "rating", "change"],
        },
        "repeated": {"type": "boolean"},
        "notes": strings(),
        "next": {"type": "string"},
        "diagram": {"type": "string"},
        "moves": strings(),
    });
    let required: Vec<String> = properties
        .as_object()
        .into_iter()
        .flat_map(|properties| properties.keys().cloned())
        .filter(|name| {
            !matches!(
                name.as_str(),
                "diagram" | "moves" | "invitation" | "time" | "rating"
            )
        })
        .collect();
    object(json!({"type": "object", "properties": properties, "required": required}))
}

fn listed_game() -> Value {
    json!({
        "type": "object",
        "properties": {
            "game_id": {"type": "string"}, "kind": {"enum": ["game", "puzzle", "analysis"]}, "opponent": opponent(),
            "person_plays": {"enum": ["white", "black", "both"]}, "status": status(),
            "result": {"type": "string"}, "reason": {"enum": REASONS}, "opening": opening(),
            "ply": {"type": "integer"}, "updated": {"type": "string"}, "your_turn": {"type": "boolean"},
        },
        "required": ["game_id", "kind", "opponent", "person_plays", "status", "result", "reason", "opening", "ply",
                     "updated", "your_turn"],
    })
}

pub(super) fn games() -> Arc<JsonObject> {
    object(json!({
        "type": "object",
        "properties": {
            "games": {"type": "array", "items": listed_game()}, "next_cursor": nullable("string"),
            "next": {"type": "string"},
        },
        "required": ["games", "next_cursor", "next"],
    }))
}

pub(super) fn export() -> Arc<JsonObject> {
    object(json!({
        "type": "object",
        "properties": {
            "game_id": {"type": "string"}, "format": {"enum": ["pgn", "fen", "png", "svg"]}, "text": nullable("string"),
        },
        "required": ["game_id", "format", "text"],
    }))
}

pub(super) fn analysis() -> Arc<JsonObject> {
    let evaluation = json!({"white": nullable("number"), "mate": nullable("integer")});
    object(json!({
        "type": "object",
        "properties": {
            "game_id": nullable("string"), "fen": {"type": "string"}, "ply": {"type": "integer"},
            "eval": {
                "type": "object",
                "properties": {
                    "white": evaluation["white"], "mate": evaluation["mate"], "words": {"type": "string"},
                },
                "required": ["white", "mate", "words"],
            },
            "best": nullable("string"),
            "lines": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "moves": {"type": "string"}, "white": evaluation["white"], "mate": evaluation["mate"],
                },
                "required": ["moves", "white", "mate"],
            }},
            "notes": strings(),
        },
        "required": ["game_id", "fen", "ply", "eval", "best", "lines", "notes"],
    }))
}

pub(super) fn import() -> Arc<JsonObject> {
    let game = json!({
        "type": "object",
        "properties": {
            "game_id": {"type": "string"}, "white": {"type": "string"}, "black": {"type": "string"},
            "result": {"type": "string"}, "ply": {"type": "integer"},
        },
        "required": ["game_id", "white", "black", "result", "ply"],
    });
    let fault = json!({
        "type": "object",
        "properties": {"game": {"type": "integer"}, "line": {"type": "integer"}, "fault": {"type": "string"}},
        "required": ["game", "line", "fault"],
    });
    object(json!({
        "type": "object",
        "properties": {
            "imported": {"type": "array", "items": game}, "faults": {"type": "array", "items": fault},
            "repeated": {"type": "boolean"}, "next": {"type": "string"},
        },
        "required": ["imported", "faults", "repeated", "next"],
    }))
}

pub(super) fn hint() -> Arc<JsonObject> {
    object(json!({
        "type": "object",
        "properties": {
            "game_id": {"type": "string"}, "ply": {"type": "integer"},
            "kind": {"enum": ["idea", "piece", "move", "solution"]}, "text": {"type": "string"},
            "move": nullable("string"), "cost": nullable("string"), "next": {"type": "string"},
        },
        "required": ["game_id", "ply", "kind", "text", "move", "cost", "next"],
    }))
}

pub(super) fn review() -> Arc<JsonObject> {
    let moment = json!({
        "type": "object",
        "properties": {
            "ply": {"type": "integer"}, "played": {"type": "string"}, "better": nullable("string"),
            "line": {"type": "string"}, "loss": {"type": "number"}, "words": {"type": "string"},
        },
        "required": ["ply", "played", "better", "line", "loss", "words"],
    });
    object(json!({
        "type": "object",
        "properties": {
            "game_id": {"type": "string"}, "side": {"enum": ["white", "black", "both"]},
            "accuracy": {"type": ["number", "object", "null"]}, "counts": {"type": "object"},
            "moments": {"type": "array", "items": moment}, "opening": opening(),
            "left_opening": {"type": ["object", "null"]}, "result": {"type": "string"},
            "moves": {"type": "array", "items": {"type": "object"}}, "next": {"type": "string"},
        },
        "required": ["game_id", "side", "accuracy", "counts", "moments", "opening", "left_opening", "result", "next"],
    }))
}

pub(super) fn profile() -> Arc<JsonObject> {
    let counted = |by: &str, named: Value| {
        json!({
            "type": "object",
            "properties": {
                by: named, "won": {"type": "integer"}, "drawn": {"type": "integer"},
                "lost": {"type": "integer"},
            },
            "required": [by, "won", "drawn", "lost"],
        })
    };
    let openings = json!({
        "type": "object",
        "properties": {
            "eco": {"type": "string"}, "name": {"type": "string"}, "games": {"type": "integer"},
            "won": {"type": "integer"},
        },
        "required": ["eco", "name", "games", "won"],
    });
    object(json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "ratings": {"type": "array", "items": {"type": "object"}},
            "results": {"type": "array", "items": counted("opponent", opponent())},
            "by_color": {"type": "array", "items": counted("color", json!({"enum": ["white", "black"]}))},
            "by_month": {"type": "array", "items": counted("month", json!({"type": "string"}))},
            "puzzles": {"type": "object"},
            "streak": {"type": "object"},
            "accuracy": {"type": ["object", "null"]},
            "openings": {"type": "array", "items": openings},
            "your_turn": strings(),
            "next": {"type": "string"},
        },
        "required": ["name", "ratings", "results", "by_color", "by_month", "puzzles", "streak", "accuracy", "openings",
                     "your_turn", "next"],
    }))
}
