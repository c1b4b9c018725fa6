//! What is behind `POST /mcp`, and behind the calls of the board in a plain browser.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use rmcp::model::JsonObject;
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::server::{Asked, ChessServer};
use super::{catalogue, envelope};
use crate::games::Games;
use crate::id::UserId;
use crate::urls::PublicUrl;

/// Answers MCP requests. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    service: StreamableHttpService<ChessServer, NeverSessionManager>,
    server: ChessServer,
}

/// A call of a tool without the protocol around it, from a board that draws the result.
#[derive(Debug)]
pub struct BoardCall {
    /// Who calls.
    pub user: UserId,
    /// They have no account and one game.
    pub is_guest: bool,
    /// Which tool, as it was named.
    pub tool: String,
    /// Its arguments.
    pub arguments: Option<JsonObject>,
}

/// Why such a call has no result. Refusals are results.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFault {
    /// There is no such tool.
    #[error("there is no tool `{0}`")]
    Unknown(String),
    /// Not for guests.
    #[error("a guest plays one game and nothing else: sign in for this")]
    NotForGuests,
    /// A fault of ours, which was logged.
    #[error("something went wrong on this server; try again")]
    Internal,
}

impl Endpoint {
    /// An endpoint for these games. When `shutdown` fires, waiting calls are answered at once.
    ///
    /// Host, Origin, token and body size are checked before a request gets here.
    pub fn new(games: Games, url: PublicUrl, shutdown: CancellationToken) -> Self {
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .disable_allowed_hosts();
        // The library is not told of `shutdown`: it would drop calls that the server is about to answer.
        let server = ChessServer::new(games, url, shutdown);
        let served = server.clone();
        let factory = move || Ok(served.clone());
        let service = StreamableHttpService::new(factory, Arc::new(NeverSessionManager::default()), config);
        Self { service, server }
    }

    /// Answers a call of a board: the result as `tools/call` has it.
    pub async fn call(&self, call: BoardCall) -> Result<Value, CallFault> {
        let Some(tool) = catalogue::name_of(&call.tool) else {
            return Err(CallFault::Unknown(call.tool.chars().take(64).collect()));
        };
        if call.is_guest && !catalogue::is_for_guests(tool) {
            return Err(CallFault::NotForGuests);
        }
        let asked = Asked {
            user: call.user,
            tool,
            arguments: call.arguments,
            has_board: true,
            progress: None,
        };
        let result = self.server.answer(asked).await;
        let result = result.map_err(|_| CallFault::Internal)?;
        serde_json::to_value(result).map_err(|error| {
            tracing::error!(%error, tool, "a result is no JSON");
            CallFault::Internal
        })
    }

    /// Answers one request, whose extensions hold the [`crate::oauth::Principal`] it is made for.
    pub async fn answer(&self, request: Request<Bytes>) -> Response<BoxBody<Bytes, Infallible>> {
        if let Err(error) = envelope::check(request.body()) {
            return refused(&error);
        }
        let is_json = is_json(request.headers());
        let response = self.service.handle(request.map(Full::new)).await;
        // What the library cannot parse (too deep, half a surrogate pair) it calls an unsupported type.
        if is_json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            return refused(&envelope::EnvelopeError::Json);
        }
        response
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

fn refused(error: &envelope::EnvelopeError) -> Response<BoxBody<Bytes, Infallible>> {
    let body = Bytes::from(error.body().to_string());
    let mut response = Response::new(Full::new(body).boxed());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;
    use crate::account::User;
    use crate::clock::{Clock, Timestamp};
    use crate::engine::{EngineOptions, Engines};
    use crate::id::{GrantId, UserId};
    use crate::oauth::{ClientId, Principal, ScopeSet};
    use crate::store::{DatabaseUrl, Store, StoreError};

    struct Host {
        endpoint: Endpoint,
        principal: Principal,
        _dir: TempDir,
    }

    impl Host {
        async fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(&DatabaseUrl::Sqlite(dir.path().join("x.db"))).unwrap();
            let now = Timestamp::from_seconds(1);
            let id = UserId::new(now, [1; 10]);
            let user = User {
                id,
                name: "Ana".to_owned(),
                created_at: now,
                disabled_at: None,
                is_guest: false,
            };
            let insert = store.write(move |tx| -> Result<(), StoreError> { tx.insert_user(&user) });
            insert.await.unwrap();
            let own = dir.path().join("no engine");
            let engines = Engines::new(EngineOptions {
                own: Some(own),
                external: None,
                processes: 1,
                hash_mb: 16,
            });
            let games = Games::new(store, engines, Clock::System, 10);
            let url = PublicUrl::parse("https://chess.example.org").unwrap();
            let principal = Principal {
                user: id,
                client: ClientId::registered([1; 16]),
                grant: GrantId::new(now, [1; 10]),
                scopes: ScopeSet::all(),
            };
            Self {
                endpoint: Endpoint::new(games, url, CancellationToken::new()),
                principal,
                _dir: dir,
            }
        }

        async fn post(&self, headers: &[(&'static str, &str)], body: String) -> (u16, Value) {
            let mut request = Request::post("http://127.0.0.1/mcp")
                .header("host", "127.0.0.1")
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let mut request = request.body(Bytes::from(body)).unwrap();
            request.extensions_mut().insert(self.principal.clone());
            let response = self.endpoint.answer(request).await;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (
                status,
                serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))),
            )
        }

        /// A call in the older protocol.
        async fn call(&self, tool: &str, arguments: Value) -> Value {
            let params = json!({"name": tool, "arguments": arguments});
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
            let (status, answer) = self
                .post(&[("mcp-protocol-version", "2025-11-25")], body.to_string())
                .await;
            assert_eq!(status, 200, "{answer}");
            answer
        }
    }

    #[tokio::test]
    async fn both_generations_of_the_protocol_are_served() {
        let host = Host::new().await;
        for (asked, given) in [
            ("2025-11-25", "2025-11-25"),
            ("2025-06-18", "2025-06-18"),
            ("2025-03-26", "2025-03-26"),
            ("1999-01-01", "2025-11-25"),
        ] {
            let params = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
            let (status, answer) = host.post(&[], body.to_string()).await;
            assert_eq!(
                (status, answer["result"]["protocolVersion"].as_str()),
                (200, Some(given)),
                "{answer}"
            );
            assert_eq!(answer["result"]["serverInfo"]["title"], "Chess");
        }
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}});
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "server/discover"),
        ];
        let (status, answer) = host.post(&headers, body.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        let versions = answer["result"]["supportedVersions"].as_array().unwrap();
        assert!(
            versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-03-26")),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn parameters_that_do_not_fit_are_told_from_methods_that_do_not_exist() {
        let host = Host::new().await;
        let legacy = [("mcp-protocol-version", "2025-11-25")];
        for (method, params, code) in [
            ("tools/call", json!({}), -32602),
            (
                "tools/call",
                json!({"name": "chess_move", "arguments": [1]}),
                -32602,
            ),
            ("prompts/get", json!({"name": 4}), -32602),
            ("initialize", json!({}), -32602),
            ("nonsense", json!({}), -32601),
        ] {
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
            let (status, answer) = host.post(&legacy, body.to_string()).await;
            assert_eq!(
                (status, answer["error"]["code"].as_i64()),
                (200, Some(code)),
                "{method}: {answer}"
            );
        }
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"_meta": meta}});
        let modern = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "initialize"),
        ];
        let (status, answer) = host.post(&modern, body.to_string()).await;
        assert_eq!(
            (status, answer["error"]["code"].as_i64()),
            (404, Some(-32601)),
            "{answer}"
        );
        assert_eq!(host.post(&legacy, "{".to_owned()).await.0, 400);
    }

    #[tokio::test]
    async fn a_game_is_played_and_refusals_are_results() {
        let host = Host::new().await;
        let started = host.call("chess_new_game", json!({"opponent": "nobody"})).await;
        let game = started["result"]["structuredContent"].clone();
        let id = game["game_id"].as_str().unwrap();
        let moved = host
            .call(
                "chess_move",
                json!({"move": "e4", "game_id": id, "expected_ply": 0}),
            )
            .await;
        let view = &moved["result"]["structuredContent"];
        assert_eq!(
            (&view["ply"], &view["played"]["san"]),
            (&json!(1), &json!("e4")),
            "{moved}"
        );
        assert_eq!(
            view["opponent"],
            json!({"kind": "nobody", "level": null, "name": null})
        );
        assert!(moved["result"]["_meta"]["seq"].as_i64() > started["result"]["_meta"]["seq"].as_i64());
        for (arguments, part) in [
            (
                json!({"move": "Ke4", "game_id": id, "expected_ply": 1}),
                "Nothing changed; ask the person.",
            ),
            (json!({"move": "e5", "bord": 1}), "unknown field `bord`"),
            (
                json!({"move": "e5", "game_id": "zzzzzzzz"}),
                "There is no game zzzzzzzz",
            ),
        ] {
            let refused = host.call("chess_move", arguments).await;
            assert_eq!(refused["result"]["isError"], true, "{refused}");
            assert!(
                refused["result"]["content"][0]["text"]
                    .as_str()
                    .unwrap()
                    .contains(part),
                "{refused}"
            );
        }
        assert_eq!(
            host.call("chess_nonsense", json!({})).await["error"]["code"],
            -32602
        );
    }

    #[tokio::test]
    async fn every_result_fits_the_schema_it_promises() {
        let host = Host::new().await;
        let empty = host.call("chess_show", json!({})).await;
        fits("chess_show", &empty);
        let started = host
            .call(
                "chess_new_game",
                json!({"opponent": "nobody", "moves": "e4 d5 exd5"}),
            )
            .await;
        fits("chess_new_game", &started);
        for (tool, arguments) in [
            ("chess_play_line", json!({"moves": "Qxd5 Nc3"})),
            ("chess_move", json!({"move": "Qa5"})),
            ("chess_show", json!({"ply": 2})),
            ("chess_status", json!({})),
            ("chess_undo", json!({})),
            ("chess_games", json!({"filter": "all", "limit": 1})),
            ("chess_export", json!({})),
            ("chess_export", json!({"format": "fen", "ply": 1})),
            ("chess_export", json!({"format": "svg", "ply": 1})),
            ("chess_export", json!({"format": "png"})),
            ("chess_analyze", json!({"fen": "7k/5QQ1/8/8/8/8/8/K7 b - - 0 1"})),
            ("chess_profile", json!({})),
            ("chess_new_game", json!({"level": 3})),
            (
                "chess_move",
                json!({"move": "e4", "expected_ply": 0, "game_id": game_id(&host).await}),
            ),
        ] {
            fits(tool, &host.call(tool, arguments).await);
        }
    }

    async fn game_id(host: &Host) -> String {
        let shown = host.call("chess_show", json!({})).await;
        shown["result"]["structuredContent"]["game_id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Every promised field is there and of a promised type or value; nothing else is.
    fn fits(tool: &str, answer: &Value) {
        let schema = &catalogue::tools()
            .iter()
            .find(|t| t.name == tool)
            .unwrap()
            .output_schema;
        let schema = Value::Object(schema.as_ref().unwrap().as_ref().clone());
        let structured = &answer["result"]["structuredContent"];
        assert!(structured.is_object(), "{tool}: {answer}");
        check(tool, &schema, structured);
    }

    fn check(at: &str, schema: &Value, value: &Value) {
        if let Some(allowed) = schema["enum"].as_array() {
            assert!(allowed.contains(value), "{at}: {value} is none of {allowed:?}");
            return;
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let promised = match &schema["type"] {
            Value::Array(kinds) => kinds.clone(),
            kind => vec![kind.clone()],
        };
        let number = kind == "integer" && promised.contains(&json!("number"));
        assert!(
            promised.contains(&json!(kind)) || number,
            "{at}: {value} is no {promised:?}"
        );
        for (name, field) in value.as_object().into_iter().flatten() {
            let Some(inner) = schema["properties"].get(name) else {
                assert!(schema["properties"].is_null(), "{at}.{name} is not promised");
                continue;
            };
            check(&format!("{at}.{name}"), inner, field);
        }
        for name in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|_| value.is_object())
        {
            assert!(
                value.get(name.as_str().unwrap()).is_some(),
                "{at}.{name} is missing"
            );
        }
        for item in value.as_array().into_iter().flatten() {
            check(&format!("{at}[]"), &schema["items"], item);
        }
    }
}
