//! The arguments of the tools: their types, and what is said when they do not fit.
//!
//! Unknown fields are refused: a model that invents an argument must learn that it had no effect.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chess::{MoveText, Variant};
use crate::id::{GameId, PuzzleId};

/// Among more arguments than this the one at fault is not looked for: each of them is tried without all others,
/// so that the work grows with the square of their number. No tool takes half as many.
const MOST_TRIED: usize = 32;

/// Arguments that cannot be used, in words for the model.
#[derive(Debug, thiserror::Error)]
#[error("The arguments of {tool} cannot be used: {why}. Nothing changed; mend them and call again.")]
pub(super) struct BadArguments {
    tool: &'static str,
    why: String,
}

/// Reads the arguments of `tool`.
pub(super) fn read<T: DeserializeOwned>(
    tool: &'static str,
    arguments: Option<JsonObject>,
) -> Result<T, BadArguments> {
    let mut object = arguments.unwrap_or_default();
    // Some hosts send what was left out as null.
    object.retain(|_, value| !value.is_null());
    T::deserialize(Value::Object(object.clone())).map_err(|error| {
        let field = culprit::<T>(&object)
            .map(|name| format!("`{}`: ", shortened(name)))
            .unwrap_or_default();
        BadArguments {
            tool,
            why: format!("{field}{}", in_json_words(&shortened(&error.to_string()))),
        }
    })
}

/// The argument without which the rest would have been read, or at least have failed otherwise.
fn culprit<T: DeserializeOwned>(object: &JsonObject) -> Option<&str> {
    if object.len() > MOST_TRIED {
        return None;
    }
    object.keys().map(String::as_str).find(|name| {
        let mut rest = object.clone();
        rest.remove(*name);
        match T::deserialize(Value::Object(rest)) {
            Ok(_) => true,
            Err(error) => error.to_string().contains(&format!("missing field `{name}`")),
        }
    })
}

/// Names kinds of numbers as JSON and its writers know them.
fn in_json_words(text: &str) -> String {
    let whole = ["u8", "u16", "u32", "usize"];
    let text = whole.iter().fold(text.to_owned(), |text, kind| {
        text.replace(&format!("expected {kind}"), "expected a whole number from 0 on")
    });
    text.replace("expected f64", "expected a number")
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OpponentArgument {
    Engine,
    Assistant,
    Friend,
    Nobody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ColorArgument {
    White,
    Black,
    Random,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum VariantArgument {
    Standard,
    Chess960,
}

impl VariantArgument {
    pub(super) fn variant(self) -> Variant {
        match self {
            Self::Standard => Variant::Standard,
            Self::Chess960 => Variant::Chess960,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGameArguments {
    pub(super) opponent: Option<OpponentArgument>,
    pub(super) level: Option<u8>,
    pub(super) rating: Option<u16>,
    pub(super) color: Option<ColorArgument>,
    pub(super) moves: Option<String>,
    pub(super) fen: Option<String>,
    pub(super) from_game: Option<GameId>,
    pub(super) ply: Option<usize>,
    pub(super) variant: Option<VariantArgument>,
    pub(super) coach: Option<bool>,
    pub(super) days_per_move: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MoverArgument {
    Person,
    Assistant,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveArguments {
    #[serde(rename = "move")]
    pub(super) text: MoveText,
    pub(super) game_id: Option<GameId>,
    pub(super) expected_ply: Option<usize>,
    pub(super) by: Option<MoverArgument>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineArguments {
    pub(super) moves: String,
    pub(super) game_id: Option<GameId>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowArguments {
    pub(super) game_id: Option<GameId>,
    pub(super) ply: Option<usize>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusArguments {
    pub(super) game_id: Option<GameId>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SyncArguments {
    pub(super) game_id: Option<GameId>,
    pub(super) since_revision: Option<u32>,
    pub(super) wait_s: Option<u8>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UndoArguments {
    pub(super) game_id: Option<GameId>,
    pub(super) expected_ply: Option<usize>,
    pub(super) answer: Option<AnswerArgument>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AnswerArgument {
    Accept,
    Decline,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JoinArguments {
    pub(super) code: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActionArgument {
    Resign,
    OfferDraw,
    AcceptDraw,
    DeclineDraw,
    ClaimDraw,
    Abort,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FinishArguments {
    pub(super) action: ActionArgument,
    pub(super) game_id: Option<GameId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ListArgument {
    Unfinished,
    Finished,
    Puzzles,
    Imported,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SideArgument {
    White,
    Black,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum ResultArgument {
    #[serde(rename = "won")]
    Won,
    #[serde(rename = "lost")]
    Lost,
    #[serde(rename = "drawn", alias = "1/2-1/2")]
    Drawn,
    #[serde(rename = "1-0")]
    White,
    #[serde(rename = "0-1")]
    Black,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GamesArguments {
    pub(super) filter: Option<ListArgument>,
    pub(super) opponent: Option<OpponentArgument>,
    pub(super) color: Option<SideArgument>,
    pub(super) result: Option<ResultArgument>,
    pub(super) opening: Option<String>,
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FormatArgument {
    Pgn,
    Fen,
    Png,
    Svg,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportArguments {
    pub(super) game_id: Option<GameId>,
    pub(super) format: Option<FormatArgument>,
    pub(super) ply: Option<usize>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnalyzeArguments {
    pub(super) game_id: Option<GameId>,
    pub(super) fen: Option<String>,
    pub(super) ply: Option<usize>,
    pub(super) moves: Option<String>,
    pub(super) lines: Option<usize>,
    pub(super) seconds: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileArguments {}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportArguments {
    pub(super) pgn: String,
    pub(super) person: Option<SideArgument>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HintArgument {
    Idea,
    Piece,
    Move,
    Solution,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HintArguments {
    pub(super) game_id: Option<GameId>,
    pub(super) kind: Option<HintArgument>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewArguments {
    pub(super) game_id: Option<GameId>,
    pub(super) side: Option<SideArgument>,
    #[serde(default)]
    pub(super) all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DifficultyArgument {
    Easy,
    Normal,
    Hard,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PuzzleArguments {
    pub(super) puzzle_id: Option<PuzzleId>,
    pub(super) theme: Option<String>,
    pub(super) difficulty: Option<DifficultyArgument>,
    #[serde(default)]
    pub(super) daily: bool,
    #[serde(default)]
    pub(super) another: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(arguments: Value) -> String {
        let Value::Object(object) = arguments else {
            panic!("arguments are an object")
        };
        read::<MoveArguments>("chess_move", Some(object))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn faults_name_the_argument() {
        for (arguments, parts) in [
            (json!({}), ["missing field `move`", "Nothing changed"]),
            (json!({"move": 4}), ["`move`: invalid type", "string"]),
            (
                json!({"move": "e4", "ply": 3}),
                ["unknown field `ply`", "`expected_ply`"],
            ),
            (
                json!({"move": "e4", "expected_ply": -1}),
                ["`expected_ply`", "invalid value"],
            ),
            (
                json!({"move": "e4", "expected_ply": "3"}),
                ["`expected_ply`", "invalid type"],
            ),
            (json!({"move": "e4", "game_id": "x"}), ["`game_id`", "game id"]),
            (json!({"move": "e4", "by": "engine"}), ["`by`", "unknown variant"]),
        ] {
            let text = fault(arguments);
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
        let long = fault(json!({"move": "e4", "x".repeat(5000): 1}));
        assert!(long.len() < 1000, "{}", long.len());
    }

    #[test]
    fn among_very_many_arguments_the_one_at_fault_is_not_looked_for() {
        let many = |count: usize| {
            let mut object: JsonObject = (0..count).map(|n| (n.to_string(), json!(1))).collect();
            object.insert("move".to_owned(), json!(4));
            object
        };
        assert_eq!(culprit::<MoveArguments>(&many(MOST_TRIED)), None);
        let began = std::time::Instant::now();
        let text = fault(Value::Object(many(30_000)));
        assert!(text.contains("Nothing changed"), "{text}");
        assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    }

    #[test]
    fn null_is_as_good_as_left_out() {
        let Value::Object(object) = json!({"move": "e4", "game_id": null, "expected_ply": null}) else {
            panic!()
        };
        let read: MoveArguments = read("chess_move", Some(object)).unwrap();
        assert_eq!((read.game_id, read.expected_ply), (None, None));
    }
}
