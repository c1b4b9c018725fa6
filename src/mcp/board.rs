//! The board in the chat (MCP Apps, 2026-01-26): its resource, the tools it is bound to, and what it needs in `_meta`.
//!
//! # Which board is the newest
//!
//! A host mounts another board for every call of a bound tool that the model makes, and the older ones stay in the
//! transcript. So the server remembers for each game the `seq` of the last result that mounted one, and tells it to
//! every board that asks. Calls that a board makes itself mount none; they are marked in their `_meta`. What is
//! forgotten costs an old board nothing but its notice.

use quick_cache::sync::Cache;
use rmcp::model::{JsonObject, MetaObject, ReadResourceResult, Resource, ResourceContents, Tool};
use serde_json::{Value, json};

use crate::board::{Document, document};
use crate::chess::Game;
use crate::engine::Level;
use crate::id::{GameId, UserId};

/// The MCP Apps extension (SEP-1865).
pub(super) const UI_EXTENSION: &str = "io.modelcontextprotocol/ui";

const MIME_TYPE: &str = "text/html;profile=mcp-app";

/// Tools whose results a host shows as a board.
const BOUND: [&str; 7] = [
    "chess_join",
    "chess_move",
    "chess_new_game",
    "chess_play_line",
    "chess_puzzle",
    "chess_show",
    "chess_undo",
];

/// The tool that boards alone call.
pub(super) const SYNC: &str = "chess_board_sync";

/// A board marks its calls with this in the `_meta` of the request.
const OF_A_BOARD: &str = "chess-mcp/board";

/// Games of people whose newest board is known. Beyond that the ones asked for least are forgotten.
const REMEMBERED: usize = 10_000;

/// What this server declares of the extension.
pub(super) fn capability() -> Option<(String, JsonObject)> {
    document()?;
    let settings = json!({"mimeTypes": [MIME_TYPE]});
    let settings = settings.as_object().cloned().unwrap_or_default();
    Some((UI_EXTENSION.to_owned(), settings))
}

/// Adds what hosts read of a tool. The same address stands under the names that older hosts look for.
pub(super) fn bind(tool: &mut Tool) {
    let Some(document) = document() else { return };
    let name = tool.name.as_ref();
    let meta = &mut tool.meta.get_or_insert_default().0;
    if name == SYNC {
        meta.insert("ui".to_owned(), json!({"visibility": ["app"]}));
        meta.insert("openai/widgetAccessible".to_owned(), json!(true));
        return;
    }
    // Boards call these too.
    meta.insert("openai/widgetAccessible".to_owned(), json!(true));
    if !BOUND.contains(&name) {
        return;
    }
    let uri = &document.uri;
    meta.insert(
        "ui".to_owned(),
        json!({"resourceUri": uri, "visibility": ["model", "app"]}),
    );
    meta.insert("ui/resourceUri".to_owned(), json!(uri));
    meta.insert("openai/outputTemplate".to_owned(), json!(uri));
    meta.insert(
        "openai/toolInvocation/invoking".to_owned(),
        json!("Setting up the board…"),
    );
    meta.insert(
        "openai/toolInvocation/invoked".to_owned(),
        json!("The board is set up"),
    );
}

/// The resources of this server.
pub(super) fn resources() -> Vec<Resource> {
    document().into_iter().map(resource).collect()
}

fn resource(document: &'static Document) -> Resource {
    Resource::new(document.uri.clone(), "board")
        .with_title("Chessboard")
        .with_description("The interactive board that hosts show for results of the chess tools.")
        .with_mime_type(MIME_TYPE)
        .with_size(u64::try_from(document.html.len()).unwrap_or_default())
        .with_meta(MetaObject(resource_meta()))
}

/// The board, also under the addresses of its predecessors: hosts keep those of tools they listed before.
pub(super) fn read(uri: &str) -> Option<ReadResourceResult> {
    let document = document()?;
    uri.strip_prefix("ui://chess/board-")?
        .strip_suffix(".html")
        .map(|_| {
            ReadResourceResult::new(vec![ResourceContents::TextResourceContents {
                uri: uri.to_owned(),
                mime_type: Some(MIME_TYPE.to_owned()),
                text: document.html.to_owned(),
                meta: Some(MetaObject(resource_meta())),
            }])
        })
}

/// No origin is needed. `ui.domain` is left out: every host expects another one, and a wrong one shows nothing.
fn resource_meta() -> JsonObject {
    let meta = json!({
        "ui": {
            "csp": {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []},
            "permissions": {"clipboardWrite": {}},
            "prefersBorder": true,
        },
        "openai/ui": {"availableDisplayModes": ["inline", "fullscreen"], "preferredDisplayMode": "inline"},
        "openai/widgetDescription":
            "An interactive chessboard with the moves so far. The person sees the position: do not redraw it.",
    });
    meta.as_object().cloned().unwrap_or_default()
}

/// What a board needs of a game and no model reads, as it stands in the `_meta` of a result: the moves so far, and those
/// that may be made now if it is for the person to move `by_hand`, each in SAN and UCI.
///
/// A board moves its pieces by the UCI. Positions after each move would say the same, and outweigh all else in a result.
pub(super) fn data(game: &Game, by_hand: bool) -> JsonObject {
    let choices = if by_hand { game.choices() } else { Vec::new() };
    let legal: JsonObject = choices
        .into_iter()
        .map(|(san, uci)| (san, Value::String(uci)))
        .collect();
    let sans = (0..game.ply()).filter_map(|ply| game.san(ply));
    let levels = Level::ALL
        .iter()
        .map(|level| json!({"level": level.number(), "name": level.name(), "rating": level.rating()}));
    let board = JsonObject::from_iter([
        ("start_fen".to_owned(), game.start_fen().into()),
        ("moves".to_owned(), sans.collect()),
        ("uci".to_owned(), game.uci_moves().into()),
        ("legal".to_owned(), legal.into()),
        ("newest".to_owned(), Value::Null),
        ("levels".to_owned(), levels.collect()),
    ]);
    JsonObject::from_iter([("board".to_owned(), board.into())])
}

/// The `seq` of the results that mounted the newest boards, of each player of a game.
pub(super) struct Mounted(Cache<(UserId, GameId), i64>);

/// The call that a result answers.
pub(super) struct Stamped<'a> {
    pub(super) user: UserId,
    pub(super) tool: &'a str,
    /// A board made the call.
    pub(super) by_board: bool,
}

impl Mounted {
    pub(super) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    /// Notes that a call was answered with `seq`, and tells the board in `meta` which result mounted the newest one.
    pub(super) fn stamp(&self, call: &Stamped<'_>, seq: i64, game: Option<GameId>, meta: &mut JsonObject) {
        let (Some(game), Some(board)) = (game, meta.get_mut("board")) else {
            return;
        };
        let key = (call.user, game);
        if !call.by_board && BOUND.contains(&call.tool) {
            self.0.insert(key, seq);
        }
        board["newest"] = self.0.get(&key).map_or(Value::Null, Value::from);
    }
}

/// Whether a board made this call itself.
pub(super) fn is_of_a_board(meta: &JsonObject) -> bool {
    meta.get(OF_A_BOARD) == Some(&Value::Bool(true))
}
