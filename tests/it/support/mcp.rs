//! JSON-RPC over POST in both protocol eras, and what a tool call came to.

use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde_json::{Value, json};

use super::{Reply, Server};

/// The last revision with `initialize`.
pub(crate) const LEGACY: &str = "2025-11-25";

/// The stateless revision.
pub(crate) const MODERN: &str = "2026-07-28";

/// What every MCP client accepts.
pub(crate) const ACCEPTED: &str = "application/json, text/event-stream";

/// A request of the 2025 era.
pub(crate) fn request(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// A request of the 2026 era: every one carries its version and capabilities.
pub(crate) fn modern(method: &str, params: &Value) -> Value {
    modern_with(method, params, &json!({}))
}

/// As [`modern`], with these client capabilities.
pub(crate) fn modern_with(method: &str, params: &Value, capabilities: &Value) -> Value {
    let mut params = params.clone();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": { "name": "it", "version": "1" },
    });
    params
        .as_object_mut()
        .expect("parameters are an object")
        .insert("_meta".to_owned(), meta);
    request(method, &params)
}

impl Server {
    /// A POST to the endpoint that is as it should be but for token and body.
    pub(crate) fn mcp(&self) -> reqwest::RequestBuilder {
        self.http().post(self.url("/mcp")).header(ACCEPT, ACCEPTED)
    }

    /// The same with a token.
    pub(crate) fn mcp_as(&self, token: &str) -> reqwest::RequestBuilder {
        self.mcp().header(AUTHORIZATION, format!("Bearer {token}"))
    }

    /// A 2025 request and its answer.
    pub(crate) async fn rpc(&self, token: &str, method: &str, params: &Value) -> Reply {
        Reply::to(
            self.mcp_as(token)
                .header("mcp-protocol-version", LEGACY)
                .json(&request(method, params)),
        )
        .await
    }

    /// A 2026 request and its answer.
    pub(crate) async fn rpc_modern(&self, token: &str, body: &Value) -> Reply {
        Reply::to(modern_headers(self.mcp_as(token), body).json(body)).await
    }

    /// Whether a token still opens the door.
    pub(crate) async fn admits(&self, token: &str) -> bool {
        let reply = self.rpc(token, "ping", &json!({})).await;
        assert!(
            matches!(reply.status, 200 | 401),
            "{}: {}",
            reply.status,
            reply.body
        );
        reply.status == 200
    }
}

/// The headers that must repeat a 2026 body.
pub(crate) fn modern_headers(request: reqwest::RequestBuilder, body: &Value) -> reqwest::RequestBuilder {
    let method = body["method"].as_str().expect("a request has a method");
    let request = request
        .header("mcp-protocol-version", MODERN)
        .header("mcp-method", method);
    let name = match method {
        "resources/read" => &body["params"]["uri"],
        _ => &body["params"]["name"],
    };
    match name.as_str() {
        Some(name) => request.header("mcp-name", name),
        None => request,
    }
}

/// What a tool answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) is_error: bool,
    /// `structuredContent`; null if there was none.
    pub(crate) facts: Value,
    /// All text blocks.
    pub(crate) text: String,
    /// The whole result.
    pub(crate) result: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.body);
        let mut body = reply.json();
        assert!(body["error"].is_null(), "{body}");
        Self::of_result(body["result"].take())
    }

    /// The result of a call, whichever way it came.
    #[track_caller]
    pub(crate) fn of_result(result: Value) -> Self {
        let blocks = result["content"]
            .as_array()
            .unwrap_or_else(|| panic!("no content: {result}"));
        let text: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
        Self {
            is_error: result["isError"] == true,
            facts: result["structuredContent"].clone(),
            text: text.join("\n"),
            result,
        }
    }

    /// The structured half of a call that worked; the text half must be there too.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(!self.is_error, "refused: {}", self.text);
        assert!(!self.text.is_empty(), "no text: {}", self.result);
        assert!(self.facts.is_object(), "no structured content: {}", self.result);
        self.facts
    }

    /// The words of a refusal, which alone must be enough.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert!(self.is_error, "not refused: {}", self.text);
        assert!(!self.text.is_empty(), "a refusal without words: {}", self.result);
        self.text
    }
}
