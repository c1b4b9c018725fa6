//! The yardstick: an MCP server of rmcp with one tool that does nothing. No sign-in, no storage, no sessions.

use std::sync::Arc;

use anyhow::Result;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::{tool, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Debug, Deserialize, JsonSchema)]
struct Arguments {
    /// Any text
    text: String,
    /// Any number
    number: u32,
}

#[derive(Clone)]
struct Bare;

#[tool_router(server_handler)]
impl Bare {
    /// Does nothing.
    #[tool]
    async fn noop(&self, Parameters(arguments): Parameters<Arguments>) -> String {
        let nothing = arguments.text.is_empty() && arguments.number == 0;
        let said = if nothing { "nothing" } else { "done" };
        said.to_owned()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    let service = StreamableHttpService::new(|| Ok(Bare), Arc::new(NeverSessionManager::default()), config);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}
