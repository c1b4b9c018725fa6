//! What was played: lists, files, figures.

use serde_json::{Value, json};

use super::{Effect, Entry};
use crate::board;
use crate::mcp::schema;

pub(super) fn entries() -> Vec<Entry> {
    vec![games(), export(), import(), profile()]
}

fn games() -> Entry {
    Entry {
        name: "chess_games",
        title: "Find games",
        description:
            "Use this to find the person's games, the one changed last first. Games are deleted at /account \
                      of this server, not by tools."
                .to_owned(),
        effect: Effect::Reads,
        input: schema::input(
            &json!({
                "filter": {"enum": ["unfinished", "finished", "puzzles", "imported", "all"], "default": "all",
                    "description": "Which games."},
                "opponent": {"enum": ["engine", "assistant", "friend", "nobody"], "description": "Against whom."},
                "color": {"enum": ["white", "black", "both"], "description": "The person's side."},
                "result": {"enum": ["won", "lost", "drawn", "1-0", "0-1", "1/2-1/2"],
                    "description": "How it ended."},
                "opening": {"type": "string", "maxLength": 80,
                    "description": "Part of the opening's name, or the beginning of its ECO code."},
                "since": date("Changed on this day or later"),
                "until": date("Changed on this day or earlier"),
                "cursor": {"type": "string", "maxLength": 20, "description": "next_cursor of the page before."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 5,
                    "description": "Games on a page."},
            }),
            &[],
        ),
        output: schema::games(),
    }
}

fn export() -> Entry {
    Entry {
        name: "chess_export",
        title: "Export a game",
        description:
            "Use this when the person wants something to keep: the game as PGN, the position as FEN or as a \
                      picture. Without game_id the game changed last."
                .to_owned(),
        effect: Effect::Reads,
        input: schema::input(
            &json!({
                "game_id": schema::game_id(),
                "format": {"enum": ["pgn", "fen", "png", "svg"], "default": "pgn",
                    "description": "In which form; png and svg are pictures of the board."},
                "ply": {"type": "integer", "minimum": 0, "description": "Only up to this many moves."},
            }),
            &[],
        ),
        output: schema::export(),
    }
}

fn import() -> Entry {
    let larger = if board::document().is_some() {
        "; larger files at /play of this server"
    } else {
        ""
    };
    Entry {
        name: "chess_import",
        title: "Import PGN",
        description: format!(
            "Use this when the person gives games as PGN: it keeps them in the library; then look at one with \
             chess_show or back on it with chess_review. At most 200 KB and 100 games a call{larger}. Not for a single \
             position (chess_new_game with fen) or for moves to try (chess_play_line)."
        ),
        effect: Effect::Changes,
        input: schema::input(
            &json!({
                "pgn": {"type": "string", "maxLength": 204_800, "description": "One or many games."},
                "person": {"enum": ["white", "black", "both"],
                    "description": "The side the person had; left out, found by name."},
            }),
            &["pgn"],
        ),
        output: schema::import(),
    }
}

fn profile() -> Entry {
    Entry {
        name: "chess_profile",
        title: "The person's chess",
        description:
            "Use this when the person asks how they are doing: ratings, results by opponent, colour and month, \
                      puzzles, streak, accuracy, openings, games waiting for their move."
                .to_owned(),
        effect: Effect::Reads,
        input: schema::input(&json!({}), &[]),
        output: schema::profile(),
    }
}

fn date(what: &str) -> Value {
    json!({"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$", "description": format!("{what}, YYYY-MM-DD.")})
}
