//! The tools as models and hosts read them: names, when to use which, arguments, hints.

use std::sync::{Arc, OnceLock};

use rmcp::model::{JsonObject, MetaObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::schema;
use crate::engine::Level;

/// Every tool, by name in order. Built once.
pub(super) fn tools() -> &'static [Tool] {
    static TOOLS: OnceLock<Vec<Tool>> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let mut tools = vec![
            new_game(),
            chess_move(),
            play_line(),
            show(),
            status(),
            undo(),
            finish(),
            games(),
            export(),
            analyze(),
            profile(),
            join(),
            import(),
            hint(),
            review(),
            puzzle(),
        ];
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        tools
    })
}

/// The name of a tool, if there is such a tool.
pub(super) fn name_of(name: &str) -> Option<&'static str> {
    let mut names = tools().iter().map(|tool| tool.name.as_ref());
    names.find(|known| *known == name)
}

/// Whether somebody without an account may call it: what playing their one game takes, and no more.
pub(super) fn is_for_guests(name: &str) -> bool {
    matches!(
        name,
        "chess_show"
            | "chess_status"
            | "chess_move"
            | "chess_undo"
            | "chess_finish"
            | "chess_export"
            | "chess_board_sync"
    )
}

/// What a call may do to the person's games.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    Changes,
    ChangesOnce,
    Ends,
}

struct Entry {
    name: &'static str,
    title: &'static str,
    description: String,
    effect: Effect,
    input: Arc<JsonObject>,
    output: Arc<JsonObject>,
}

impl Entry {
    fn tool(self) -> Tool {
        let annotations = ToolAnnotations::with_title(self.title)
            .read_only(self.effect == Effect::Reads)
            .destructive(self.effect == Effect::Ends)
            .idempotent(self.effect != Effect::Changes)
            .open_world(false);
        let mut meta = JsonObject::new();
        meta.insert(
            "securitySchemes".to_owned(),
            json!([{"type": "oauth2", "scopes": ["chess"]}]),
        );
        Tool::new(self.name, self.description, self.input)
            .with_title(self.title)
            .with_raw_output_schema(self.output)
            .with_annotations(annotations)
            .with_meta(MetaObject(meta))
    }
}

fn new_game() -> Tool {
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
        input: schema::input(&json!({
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
                    "description": "Point out threats and slips; on by default up to level 3."},
                "days_per_move": {"type": "integer", "minimum": 1, "maximum": 14,
                    "description": "Friend games: days to think about a move; left out, no limit."},
            }),
            &[],
        ),
        output: schema::game(),
    }
    .tool()
}

fn chess_move() -> Tool {
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
    .tool()
}

fn play_line() -> Tool {
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
    .tool()
}

fn show() -> Tool {
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
    .tool()
}

fn status() -> Tool {
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
    .tool()
}

fn undo() -> Tool {
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
    .tool()
}

fn finish() -> Tool {
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
    .tool()
}

fn games() -> Tool {
    Entry {
        name: "chess_games",
        title: "Find games",
        description: "Use this to find the person's games, the one changed last first. Games are deleted at /account \
                      of this server, not by tools."
            .to_owned(),
        effect: Effect::Reads,
        input: schema::input(&json!({
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
    .tool()
}

fn export() -> Tool {
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
    .tool()
}

fn analyze() -> Tool {
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
    .tool()
}

fn profile() -> Tool {
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
    .tool()
}

fn join() -> Tool {
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
    .tool()
}

fn import() -> Tool {
    Entry {
        name: "chess_import",
        title: "Import PGN",
        description: "Use this when the person gives games as PGN: it keeps them in the library; then look at one with \
                      chess_show or back on it with chess_review. At most 200 KB and 100 games a call. Not for a \
                      single position (chess_new_game with fen) or for moves to try (chess_play_line)."
            .to_owned(),
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
    .tool()
}

fn hint() -> Tool {
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
    .tool()
}

fn review() -> Tool {
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
    .tool()
}

fn puzzle() -> Tool {
    let themes = [
        "mateIn1",
        "mateIn2",
        "mateIn3",
        "fork",
        "pin",
        "endgame",
        "myMistakes",
    ]
    .join(", ");
    Entry {
        name: "chess_puzzle",
        title: "Set up a puzzle",
        description: format!(
            "Use this when the person wants a puzzle: it sets one up near their rating, and they solve it with \
             chess_move. Themes: {themes} and others. An untouched puzzle is shown again unless `another`. Not to \
             try a move or to get help (chess_hint)."
        ),
        effect: Effect::Changes,
        input: schema::input(
            &json!({
                "puzzle_id": {"type": "string", "maxLength": 12, "description": "This puzzle."},
                "theme": {"type": "string", "maxLength": 40,
                    "description": "What it is about, for example mateIn2, fork, endgame, or myMistakes for the \
                                    person's own."},
                "difficulty": {"enum": ["easy", "normal", "hard"], "default": "normal",
                    "description": "Measured by the person's rating."},
                "daily": {"type": "boolean", "default": false, "description": "The puzzle of the day."},
                "another": {"type": "boolean", "default": false, "description": "A new one instead of the open one."},
            }),
            &[],
        ),
        output: schema::game(),
    }
    .tool()
}

fn expected_ply() -> Value {
    json!({"type": "integer", "minimum": 0, "description": "`ply` of the latest result: guards against a double move."})
}

fn date(what: &str) -> Value {
    json!({"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$", "description": format!("{what}, YYYY-MM-DD.")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_plays_and_does_nothing_else() {
        let open = tools().iter().filter(|tool| is_for_guests(&tool.name));
        assert!(open.count() >= 6);
        for closed in [
            "chess_new_game",
            "chess_join",
            "chess_analyze",
            "chess_hint",
            "chess_profile",
            "chess_x",
        ] {
            assert!(!is_for_guests(closed), "{closed}");
        }
        assert_eq!(name_of("chess_move"), Some("chess_move"));
        assert_eq!(name_of("chess_x"), None);
    }

    #[test]
    fn tools_are_described_as_hosts_demand() {
        let names: Vec<&str> = tools().iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names.len(), 16);
        assert!(names.is_sorted());
        for tool in tools() {
            let text = tool.description.as_deref().unwrap();
            assert!(
                text.starts_with("Use this ") && text.len() < 2000,
                "{}",
                tool.name
            );
            assert_eq!(tool.input_schema["additionalProperties"], false, "{}", tool.name);
            let properties = tool.input_schema["properties"].as_object().unwrap();
            assert!(
                properties
                    .values()
                    .all(|property| property["description"].is_string()),
                "{}",
                tool.name
            );
            let hints = tool.annotations.as_ref().unwrap();
            assert_eq!(hints.open_world_hint, Some(false));
            assert_eq!(hints.destructive_hint, Some(tool.name == "chess_finish"));
            let idempotent = hints.read_only_hint == Some(true)
                || matches!(tool.name.as_ref(), "chess_move" | "chess_join" | "chess_finish");
            assert_eq!(hints.idempotent_hint, Some(idempotent), "{}", tool.name);
            assert!(!tool.output_schema.as_ref().unwrap().is_empty());
            assert!(tool.meta.as_ref().unwrap().0.contains_key("securitySchemes"));
        }
    }
}
