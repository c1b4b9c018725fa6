//! The front page, and what watches the server.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::Door;

/// `GET /`: what this is, and what to paste.
pub(super) async fn home(State(door): State<Door>) -> Response {
    let ready = door.0.issuer.is_ready().await;
    door.0.pages.home(ready)
}

/// `GET /favicon.svg`
pub(super) async fn favicon(State(door): State<Door>) -> Response {
    door.0.pages.favicon()
}

/// `GET /healthz`: the process answers.
pub(super) async fn live() -> Response {
    ([(CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// `GET /readyz`: database, key and engine are at hand. A provider that is down is named, and is no reason to take the
/// server out of use.
pub(super) async fn ready(State(door): State<Door>) -> Response {
    let database = door.0.issuer.is_ready().await;
    let engine = door.0.games.engine_is_ready().await;
    let word = |ready| if ready { "ok" } else { "unavailable" };
    let providers: Map<String, Value> = door
        .0
        .issuer
        .provider_states()
        .into_iter()
        .map(|(id, usable)| (id.to_string(), word(usable).into()))
        .collect();
    let mut body = json!({"database": word(database), "key": word(database), "engine": word(engine)});
    if !providers.is_empty() {
        body["providers"] = providers.into();
    }
    let status = if database && engine {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
