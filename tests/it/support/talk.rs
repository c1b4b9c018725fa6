//! What a model needs of every answer, from either half alone; and what a refusal owes the person.

use serde_json::{Value, json};
use shakmaty::Position as _;

use super::Actor;
use super::game::{assert_whole, position};
use super::mcp::Answer;

/// Result text of this kind has at least this many characters for each token of current models.
const CHARACTERS_PER_TOKEN: f64 = 2.45;

/// Each half stays below this many tokens.
const BUDGET: f64 = 600.0;

/// The structured half of an answer that shows a game, once both halves were found to be enough to go on.
#[track_caller]
pub(crate) fn told(answer: Answer) -> Value {
    let text = answer.text.clone();
    let view = answer.ok();
    assert_whole(&view);
    assert_structure_is_enough(&view);
    assert_text_is_enough(&view, &text);
    view
}

/// The words of a refusal that says that nothing changed.
#[track_caller]
pub(crate) fn declined(answer: Answer) -> String {
    let text = answer.refused();
    assert!(text.ends_with("Nothing changed; ask the person."), "{text}");
    let prose = text.replace("...", "");
    assert!(!prose.contains("  ") && !prose.contains(".."), "{text}");
    text
}

/// The texts of a list in a view.
#[track_caller]
pub(crate) fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter().map(|text| text.as_str().expect("a text")).collect()
}

/// Whether the person may do this now.
pub(crate) fn may(view: &Value, what: &str) -> bool {
    texts(&view["can"]).contains(&what)
}

/// All notes of a view in one line.
pub(crate) fn notes(view: &Value) -> String {
    texts(&view["notes"]).join(" ")
}

/// The arguments of an end on this view's game.
pub(crate) fn finishing(view: &Value, action: &str) -> Value {
    json!({ "game_id": view["game_id"], "action": action })
}

/// The arguments of a takeback on this view.
pub(crate) fn back(view: &Value) -> Value {
    json!({ "game_id": view["game_id"], "expected_ply": view["ply"] })
}

impl Actor<'_> {
    /// Ends a game or tries to.
    pub(crate) async fn finish(&self, view: &Value, action: &str) -> Answer {
        self.call("chess_finish", finishing(view, action)).await
    }

    /// Takes a move back.
    pub(crate) async fn undo(&self, view: &Value) -> Answer {
        self.call("chess_undo", back(view)).await
    }
}

#[track_caller]
fn assert_structure_is_enough(view: &Value) {
    let legal = texts(&view["legal_moves"]);
    let is_open = matches!(view["status"].as_str(), Some("ongoing" | "open"));
    if !legal.is_empty() {
        assert_eq!(legal.len(), position(view).legal_moves().len(), "{view}");
    }
    if may(view, "move") {
        assert!(is_open && !legal.is_empty(), "{view}");
    }
    assert!(
        view["next"].as_str().is_some_and(|next| next.len() > 20),
        "{view}"
    );
    assert!(view["diagram"].is_string(), "this client draws no board: {view}");
    let mut counted = view.clone();
    counted
        .as_object_mut()
        .expect("a view is an object")
        .remove("moves");
    assert_short(&counted.to_string());
}

#[track_caller]
fn assert_text_is_enough(view: &Value, text: &str) {
    let says = |part: &str| assert!(text.contains(part), "{part:?} is not in: {text}");
    let string = |field: &str| view[field].as_str().unwrap_or_default().to_owned();
    says(&string("game_id"));
    says(&string("fen"));
    for said in texts(&view["facts"]).into_iter().chain(texts(&view["notes"])) {
        says(said);
    }
    for played in [&view["played"], &view["reply"]] {
        for word in ["san", "words"] {
            says(played[word].as_str().unwrap_or_default());
        }
    }
    says(view["opening"]["name"].as_str().unwrap_or_default());
    if matches!(string("status").as_str(), "ongoing" | "open") {
        let turn = if view["turn"] == "white" { "White" } else { "Black" };
        says(&format!("{turn} to move"));
        says(&format!("ply {}", view["ply"]));
    } else if view["kind"] != "puzzle" {
        says(&string("result"));
    }
    if !texts(&view["legal_moves"]).is_empty() {
        let next = string("next");
        let (id, ply) = (string("game_id"), &view["ply"]);
        assert!(
            next.contains(&id) && next.contains(&format!("expected_ply {ply}")),
            "{next}"
        );
    }
    if view["opponent"]["kind"] == "assistant" && view["turn"] != view["person_plays"] {
        texts(&view["legal_moves"]).into_iter().for_each(says);
    }
    let mut last = text.lines().rev();
    let line = last.next().unwrap_or_default();
    let line = if line.starts_with("Your turn in ") {
        last.next().unwrap_or_default()
    } else {
        line
    };
    assert_eq!(line, string("next"), "{text}");
    // Whatever stands between the fences is a picture.
    let prose: String = text.split("```").step_by(2).collect();
    let prose = prose.replace("...", "");
    for slip in ["  ", "..", " .", "null", "None", "{"] {
        assert!(!prose.contains(slip), "{slip:?} is in: {text}");
    }
    assert!(!text.contains("\n\n"), "an empty line is in: {text}");
    assert_short(text);
}

#[track_caller]
fn assert_short(half: &str) {
    let characters = u32::try_from(half.chars().count()).expect("a half is short");
    let tokens = f64::from(characters) / CHARACTERS_PER_TOKEN;
    assert!(tokens < BUDGET, "about {tokens:.0} tokens: {half}");
}
