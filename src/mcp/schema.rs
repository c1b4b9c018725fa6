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
            "by": {"enum": ["person", "engine"]},
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
            "kind": {"enum": ["engine", "nobody"]}, "level": nullable("integer"), "name": nullable("string"),
        },
        "required": ["kind", "level", "name"],
    })
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
        "kind": {"enum": ["game", "analysis"]},
        "opponent": opponent(),
        "person_plays": {"enum": ["white", "black", "both"]},
        "fen": {"type": "string"},
        "ply": {"type": "integer"},
        "revision": {"type": "integer"},
        "turn": {"enum": ["white", "black"]},
        "status": {"enum": ["ongoing", "finished"]},
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
            "move", "undo", "resign", "abort", "offer_draw", "accept_draw", "decline_draw", "claim_draw"
        ]}},
        "offer": {
            "type": ["object", "null"],
            "properties": {
                "kind": {"enum": ["draw"]}, "by": {"enum": ["person", "engine"]},
                "answer": {"enum": [null, "accepted", "declined"]},
            },
            "required": ["kind", "by", "answer"],
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
        .filter(|name| !matches!(name.as_str(), "diagram" | "moves"))
        .collect();
    object(json!({"type": "object", "properties": properties, "required": required}))
}

fn listed_game() -> Value {
    json!({
        "type": "object",
        "properties": {
            "game_id": {"type": "string"}, "kind": {"enum": ["game", "analysis"]}, "opponent": opponent(),
            "person_plays": {"enum": ["white", "black", "both"]}, "status": {"enum": ["ongoing", "finished"]},
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
            "game_id": {"type": "string"}, "format": {"enum": ["pgn", "fen"]}, "text": nullable("string"),
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

pub(super) fn profile() -> Arc<JsonObject> {
    let results = json!({
        "type": "object",
        "properties": {
            "opponent": opponent(), "won": {"type": "integer"}, "drawn": {"type": "integer"},
            "lost": {"type": "integer"},
        },
        "required": ["opponent", "won", "drawn", "lost"],
    });
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
            "results": {"type": "array", "items": results},
            "streak": {"type": ["object", "null"]},
            "accuracy": {"type": ["object", "null"]},
            "openings": {"type": "array", "items": openings},
            "your_turn": strings(),
        },
        "required": ["name", "ratings", "results", "streak", "accuracy", "openings", "your_turn"],
    }))
}
