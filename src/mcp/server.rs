//! Who we are to an MCP client: capabilities, instructions, and the dispatch of its requests.

use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::http::request::Parts;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CustomRequest, CustomResult,
    DiscoverResult, ErrorCode, ErrorData, GetPromptRequestParams, GetPromptResponse, Implementation,
    InitializeRequestParams, InitializeResult, JsonObject, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::board::{self, Mounted, Stamped};
use super::hosts::Hosts;
use super::tools::{self, Call, Progress};
use super::{catalogue, prompts};
use crate::clock::Clock;
use crate::games::Games;
use crate::id::UserId;
use crate::oauth::Principal;
use crate::picture::Pictures;
use crate::urls::PublicUrl;

/// Hosts give up after a minute and do not say so; a call that ended can be repeated.
const TIME_LIMIT: Duration = Duration::from_secs(25);

/// Lists change only with a new version of the server.
const LIST_TTL_MS: u64 = 300_000;

const VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

const METHODS_WITH_PARAMS: [&str; 9] = [
    "initialize",
    "server/discover",
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
];

/// Hosts show the model at least the first 512 characters.
const INSTRUCTIONS: &str = "Chess on the person's account: games against the engine, you or friends; puzzles; review. \
    The server keeps every position: take moves, positions and evaluations from results, never guess them. Start with \
    chess_new_game or chess_puzzle; continue with chess_show. Call chess_move once per move the person states; the \
    opponent's reply is in the same result; then wait. Copy game_id and expected_ply from the latest result. If \
    refused, say why and let them choose. Where a board is shown, do not redraw it.\n\n\
    In games against you, record the person's move, then play one of the listed legal moves with `by: assistant`. \
    Comment from `facts`, hints or analysis; without them say that you have not checked. After a time-out repeat the \
    identical call: it is not played twice. Moves made by hand on the board are already recorded. One or two \
    sentences unless asked. When speaking use `words`, not notation. Do not reveal a puzzle's solution unasked.";

/// The handler of every request. Cheap to clone.
#[derive(Clone)]
pub(super) struct ChessServer(Arc<State>);

/// A call, whichever door it came through.
pub(super) struct Asked {
    /// Who calls.
    pub(super) user: UserId,
    /// What was called, by its name in the catalogue.
    pub(super) tool: &'static str,
    pub(super) arguments: Option<JsonObject>,
    /// Whoever sees the result draws boards itself.
    pub(super) has_board: bool,
    /// A board that is there already calls; its call makes no host show another one.
    pub(super) by_board: bool,
    pub(super) progress: Option<Progress>,
}

struct State {
    games: Games,
    url: PublicUrl,
    hosts: Hosts,
    mounted: Mounted,
    pictures: Pictures,
    shutdown: CancellationToken,
    sequence: AtomicI64,
}

impl ChessServer {
    pub(super) fn new(games: Games, url: PublicUrl, shutdown: CancellationToken) -> Self {
        let sequence = AtomicI64::new(0);
        Self(Arc::new(State {
            games,
            url,
            hosts: Hosts::default(),
            mounted: Mounted::new(),
            pictures: Pictures::default(),
            shutdown,
            sequence,
        }))
    }

    /// Marks a result with its place in time, and with what boards must know of each other.
    fn stamped(&self, call: &Stamped<'_>, mut result: CallToolResult) -> CallToolResult {
        let seq = self.next_sequence();
        let mut meta = result.meta.take().map(|meta| meta.0).unwrap_or_default();
        let id = result
            .structured_content
            .as_ref()
            .and_then(|half| half["game_id"].as_str());
        let game = id.and_then(|id| id.parse().ok());
        self.0.mounted.stamp(call, seq, game, &mut meta);
        meta.insert("seq".to_owned(), json!(seq));
        result.with_meta(Some(MetaObject(meta)))
    }

    /// Answers a call: in time, at once when the server ends, and with its place in the order of results.
    pub(super) async fn answer(&self, asked: Asked) -> Result<CallToolResult, ErrorData> {
        let call = Call {
            games: &self.0.games,
            url: &self.0.url,
            pictures: &self.0.pictures,
            user: asked.user,
            has_board: asked.has_board,
            tool: asked.tool,
            progress: asked.progress,
        };
        let answered = tokio::select! {
            answered = tokio::time::timeout(TIME_LIMIT, call.answer(asked.arguments)) => answered,
            () = self.0.shutdown.cancelled() => return Ok(tools::interrupted(asked.tool, "The server is restarting.")),
        };
        let Ok(answered) = answered else {
            return Ok(tools::interrupted(asked.tool, "That took too long."));
        };
        let call = Stamped {
            user: asked.user,
            tool: asked.tool,
            by_board: asked.by_board,
        };
        Ok(self.stamped(&call, answered?))
    }

    /// Rises with every result, across restarts too, so that a board knows which of two results is newer.
    fn next_sequence(&self) -> i64 {
        let now = Clock::System.unix_millis();
        let raise = |last: i64| Some((last + 1).max(now));
        let last = self
            .0
            .sequence
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, raise);
        last.map_or(now, |last| (last + 1).max(now))
    }
}

fn config() -> &'static ServerConfig {
    static CONFIG: OnceLock<ServerConfig> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .build();
        capabilities.extensions = board::capability().map(|extension| [extension].into());
        let info = Implementation::new("chess-mcp", env!("CARGO_PKG_VERSION")).with_title("Chess");
        ServerConfig::new(capabilities)
            .with_server_info(info)
            .with_instructions(INSTRUCTIONS)
    })
}

fn principal(context: &RequestContext<RoleServer>) -> Result<&Principal, ErrorData> {
    let parts = context.extensions.get::<Parts>();
    parts
        .and_then(|parts| parts.extensions.get::<Principal>())
        .ok_or_else(|| {
            tracing::error!("a request reached MCP without a principal");
            ErrorData::internal_error("internal error", None)
        })
}

impl ServerHandler for ChessServer {
    fn get_info(&self) -> ServerConfig {
        config().clone()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&VERSIONS)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        self.0
            .hosts
            .remember(principal(&context)?.grant, &request.capabilities);
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let result = DiscoverResult::from_server_info(VERSIONS.to_vec(), config().clone());
        Ok(result
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let list = ListToolsResult::with_all_items(catalogue::tools().to_vec());
        Ok(list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let principal = principal(&context)?;
        let Some(tool) = catalogue::name_of(&request.name) else {
            let name: String = request.name.chars().take(64).collect();
            return Err(ErrorData::invalid_params(
                format!("there is no tool `{name}`"),
                None,
            ));
        };
        let declared = context.meta.client_capabilities();
        let asked = Asked {
            user: principal.user,
            tool,
            arguments: request.arguments,
            has_board: self.0.hosts.has_board(principal.grant, declared.as_ref()),
            by_board: board::is_of_a_board(&context.meta),
            progress: context.meta.get_progress_token().map(|token| Progress {
                peer: context.peer.clone(),
                token,
            }),
        };
        Ok(self.answer(asked).await?.into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let list = ListPromptsResult::with_all_items(prompts::list());
        Ok(list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request.name, request.arguments.as_ref()).map(Into::into)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let list = ListResourcesResult::with_all_items(board::resources());
        Ok(list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let list = ListResourceTemplatesResult::with_all_items(Vec::new());
        Ok(list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri: String = request.uri.chars().take(2_000).collect();
        if let Some(result) = board::read(&uri) {
            let result = result
                .with_ttl_ms(LIST_TTL_MS)
                .with_cache_scope(CacheScope::Public);
            return Ok(result.into());
        }
        Err(ErrorData::resource_not_found(
            "there is no such resource",
            Some(json!({"uri": uri})),
        ))
    }

    /// The library takes a known method with parameters that do not fit for a method it does not know.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method: String = request.method.chars().take(64).collect();
        // The stateless protocol has no `initialize`, whatever its parameters.
        let removed = method == "initialize" && context.meta.protocol_version().is_some();
        if METHODS_WITH_PARAMS.contains(&method.as_str()) && !removed {
            let message = format!("the parameters of {method} do not fit");
            return Err(ErrorData::invalid_params(message, None));
        }
        Err(ErrorData::new(
            ErrorCode::METHOD_NOT_FOUND,
            format!("there is no method {method}"),
            None,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_512_characters_stand_alone() {
        let first = INSTRUCTIONS.split("\n\n").next().unwrap();
        assert!(first.chars().count() <= 512, "{}", first.chars().count());
        for word in INSTRUCTIONS.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.starts_with("chess_") {
                assert!(catalogue::tools().iter().any(|tool| tool.name == word), "{word}");
            }
        }
    }
}
