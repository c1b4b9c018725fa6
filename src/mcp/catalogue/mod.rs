//! The tools as models and hosts read them: names, when to use which, arguments, hints.

mod library;
mod play;
mod training;

use std::sync::{Arc, OnceLock};

use rmcp::model::{JsonObject, MetaObject, Tool, ToolAnnotations};
use serde_json::json;

use super::board;

/// Every tool, by name in order. Built once.
pub(super) fn tools() -> &'static [Tool] {
    static TOOLS: OnceLock<Vec<Tool>> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let entries = [play::entries(), library::entries(), training::entries()]
            .into_iter()
            .flatten();
        let mut tools: Vec<Tool> = entries.map(Entry::tool).collect();
        tools.iter_mut().for_each(board::bind);
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
        assert_eq!(
            names.len(),
            if crate::board::document().is_some() {
                17
            } else {
                16
            }
        );
        assert!(names.is_sorted());
        for tool in tools() {
            let text = tool.description.as_deref().unwrap();
            assert!(
                (text.starts_with("Use this ") || tool.name == board::SYNC) && text.len() < 2000,
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
