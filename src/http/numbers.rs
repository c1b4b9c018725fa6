//! `GET /metrics`, at an address of its own: nothing here needs a sign-in, so nothing here is public.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::metrics::Numbers;

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The whole of the other listener.
pub fn numbers(numbers: Numbers) -> Router {
    Router::new().route("/metrics", get(render)).with_state(numbers)
}

async fn render(State(numbers): State<Numbers>) -> Response {
    ([(CONTENT_TYPE, FORMAT)], numbers.render()).into_response()
}
