//! The endpoint behind `POST /mcp`.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use tokio_util::sync::CancellationToken;

use super::envelope;
use super::server::ChessServer;
use crate::games::Games;

/// Answers MCP requests. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint(StreamableHttpService<ChessServer, NeverSessionManager>);

impl Endpoint {
    /// An endpoint for these games. When `shutdown` fires, waiting calls are answered at once.
    ///
    /// Host, Origin, token and body size are checked before a request gets here.
    pub fn new(games: Games, shutdown: CancellationToken) -> Self {
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .disable_allowed_hosts()
            .with_cancellation_token(shutdown.clone());
        let server = ChessServer::new(games, shutdown);
        let factory = move || Ok(server.clone());
        Self(StreamableHttpService::new(
            factory,
            Arc::new(NeverSessionManager::default()),
            config,
        ))
    }

    /// Answers one request, whose extensions hold the [`crate::oauth::Principal`] it is made for.
    pub async fn answer(&self, request: Request<Bytes>) -> Response<BoxBody<Bytes, Infallible>> {
        if let Err(error) = envelope::check(request.body()) {
            return refused(&error);
        }
        self.0.handle(request.map(Full::new)).await
    }
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
