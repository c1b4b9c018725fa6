//! What each tool does with a call: read the arguments, ask the games, render both halves.

mod analysis;
mod library;
mod play;
mod training;

pub(super) use library::one_line;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{
    CallToolResult, ContentBlock, ErrorData, JsonObject, MetaObject, ProgressNotificationParam, ProgressToken,
};
use rmcp::{Peer, RoleServer};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::board;
use super::input::{self, BadArguments};
use super::text;
use super::view::{Detail, Purpose, Rendered};
use crate::board::document;
use crate::chess::{Game, Refusal};
use crate::games::{Games, GamesError, Shown, StoredGame};
use crate::id::UserId;
use crate::metrics;
use crate::picture::{PictureError, Pictures};
use crate::urls::PublicUrl;

/// One call of a tool that exists.
pub(super) struct Call<'a> {
    pub(super) games: &'a Games,
    /// Where people reach this server, for links.
    pub(super) url: &'a PublicUrl,
    pub(super) pictures: &'a Pictures,
    pub(super) user: UserId,
    /// The host draws boards itself.
    pub(super) has_board: bool,
    pub(super) tool: &'static str,
    /// Where to tell how far a long call is, if the client wants to know.
    pub(super) progress: Option<Progress>,
}

/// Tells a client how far a call is.
#[derive(Clone)]
pub(super) struct Progress {
    pub(super) peer: Peer<RoleServer>,
    pub(super) token: ProgressToken,
}

impl Progress {
    async fn tell(&self, done: usize, total: usize) {
        let number = |n| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let told = ProgressNotificationParam::new(self.token.clone(), number(done)).with_total(number(total));
        if let Err(error) = self.peer.notify_progress(told).await {
            tracing::debug!(%error, "the client does not hear how far the call is");
        }
    }
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Arguments(#[from] BadArguments),
    #[error(transparent)]
    Games(#[from] GamesError),
    #[error(transparent)]
    Picture(#[from] PictureError),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Games(GamesError::Refused(refusal))
    }
}

type Outcome = Result<CallToolResult, Fault>;

impl Call<'_> {
    /// The result, a refusal in words, or the protocol error that stands for a fault of ours.
    pub(super) async fn answer(&self, arguments: Option<JsonObject>) -> Result<CallToolResult, ErrorData> {
        let started = Instant::now();
        let outcome = match self.tool {
            "chess_new_game" => self.new_game(arguments).await,
            "chess_move" => self.play_move(arguments).await,
            "chess_play_line" => self.play_line(arguments).await,
            "chess_show" => self.show(arguments).await,
            "chess_status" => self.status(arguments).await,
            "chess_undo" => self.undo(arguments).await,
            "chess_finish" => self.finish(arguments).await,
            "chess_games" => self.list_games(arguments).await,
            "chess_export" => self.export(arguments).await,
            "chess_analyze" => self.analyze(arguments).await,
            "chess_profile" => self.profile(arguments).await,
            "chess_join" => self.join(arguments).await,
            "chess_import" => self.import(arguments).await,
            "chess_hint" => self.hint(arguments).await,
            "chess_puzzle" => self.puzzle(arguments).await,
            "chess_board_sync" => self.board_sync(arguments).await,
            "chess_review" => self.review(arguments).await,
            other => unreachable!("{other} is in the catalogue and has no code"),
        };
        let word = match &outcome {
            Ok(_) => "done",
            Err(Fault::Arguments(_) | Fault::Games(GamesError::Refused(_))) => "refused",
            Err(Fault::Games(GamesError::Store(_)) | Fault::Picture(_)) => "failed",
        };
        metrics::tool_call(self.tool, word, started.elapsed());
        match outcome {
            Ok(result) => Ok(result),
            Err(Fault::Arguments(fault)) => Ok(refused(&fault.to_string())),
            Err(Fault::Games(GamesError::Refused(refusal))) => Ok(refused(&refusal.to_string())),
            Err(Fault::Games(GamesError::Store(error))) => Err(self.failed(&error)),
            Err(Fault::Picture(error)) => Err(self.failed(&error)),
        }
    }

    /// A fault of ours: the log gets the reason, the caller the fact.
    fn failed(&self, error: &dyn std::error::Error) -> ErrorData {
        tracing::error!(tool = self.tool, user.id = %self.user, %error, "a call failed");
        ErrorData::internal_error("internal error", None)
    }

    fn read<T: DeserializeOwned>(&self, arguments: Option<JsonObject>) -> Result<T, BadArguments> {
        input::read(self.tool, arguments)
    }

    fn game(&self, shown: Shown, purpose: Purpose) -> CallToolResult {
        let detail = Detail {
            has_board: self.has_board,
            purpose,
        };
        let board = (purpose != Purpose::Read)
            .then(|| board_data(&shown.stored))
            .flatten();
        for_board(halves(&Rendered::of(shown, detail, self.url)), board)
    }
}

/// What the board needs of a game, in a program that has one.
fn board_data(stored: &StoredGame) -> Option<JsonObject> {
    document().map(|_| board::data(&stored.game, stored.is_persons_turn()))
}

/// The same where there is no game.
fn board_of_nothing() -> Option<JsonObject> {
    document().map(|_| board::data(&Game::default(), false))
}

/// A result with something for the board besides, which no model reads.
fn for_board(result: CallToolResult, meta: Option<JsonObject>) -> CallToolResult {
    result.with_meta(meta.map(MetaObject))
}

fn halves(rendered: &Rendered) -> CallToolResult {
    result(text::of_game(rendered), rendered.structured())
}

fn result(text: String, structured: Value) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    result
}

/// A result with a picture, and with the words for it.
fn picture(png: &[u8], text: String, structured: Value) -> CallToolResult {
    let image = ContentBlock::image(STANDARD.encode(png), "image/png");
    let mut result = CallToolResult::success(vec![image, ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    result
}

fn refused(text: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// Tools in which an identical call is another wish, not the same one again.
const EACH_CALL_COUNTS: [&str; 4] = ["chess_play_line", "chess_undo", "chess_hint", "chess_puzzle"];

/// A call that was broken off; what it had stored stays stored.
pub(super) fn interrupted(tool: &str, why: &str) -> CallToolResult {
    let then = if EACH_CALL_COUNTS.contains(&tool) {
        "Look with chess_status what was done before you call again."
    } else {
        "Repeat the identical call in a moment: nothing is done twice."
    };
    refused(&format!("{why} {then}"))
}
