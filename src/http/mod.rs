//! The HTTP door: every route of the server on one page, and the layers around them.
//!
//! Handlers parse, call the [`Issuer`] or the MCP service, and render. Hosts are checked outermost, on every
//! path; origins on `/mcp` and on form posts.

mod account;
mod agent;
mod authorize;
mod buckets;
mod callback;
mod client_address;
mod client_proof;
mod cookies;
mod cors;
mod destination;
mod discovery;
mod error;
mod form;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod health;
mod hosts;
mod introspect;
mod join;
mod leftover;
mod limits;
mod mcp;
mod numbers;
mod pages;
mod play;
mod register;
mod token;
mod userinfo;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use tower_http::timeout::TimeoutLayer;

use self::hosts::Hosts;
use self::limits::Limits;
use self::pages::Pages;
use crate::games::Games;
use crate::id::BootId;
use crate::issuer::{Browser, Issuer};
use crate::mcp::Endpoint;
use crate::metrics;
use crate::urls::path;

pub use self::buckets::{InvalidRate, Rate};
pub use self::client_address::{InvalidNetwork, Peer, TrustedProxies};
pub use self::limits::LimitOptions;
pub use self::numbers::numbers;

/// Longer than any tool call may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What the operator decided about who may call.
#[derive(Debug, Clone, Default)]
pub struct HttpOptions {
    /// Origins of browsers that may call `/mcp` besides our own, ChatGPT, Claude and loopback.
    pub allowed_origins: Vec<String>,
    /// How often anybody may ask.
    pub limits: LimitOptions,
}

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct Door(Arc<Inner>);

struct Inner {
    issuer: Issuer,
    games: Games,
    pages: Pages,
    hosts: Hosts,
    limits: Limits,
    documents: discovery::Documents,
    mcp: Endpoint,
}

impl Door {
    /// Whether browsers reach us over TLS.
    fn secure(&self) -> bool {
        self.0.issuer.public_url().is_secure()
    }

    /// What the browser behind a request shows of itself, and from which network.
    fn browser(&self, request: &Request) -> Browser {
        Browser {
            network: self.0.limits.network(request),
            forwarded: client_address::is_forwarded(request.headers()),
            ..cookies::browser(request.headers(), self.secure())
        }
    }
}

/// The whole server.
pub fn router(issuer: Issuer, games: Games, mcp: Endpoint, boot: BootId, options: HttpOptions) -> Router {
    let url = issuer.public_url().clone();
    let door = Door(Arc::new(Inner {
        pages: Pages::new(&url),
        hosts: Hosts::new(url, options.allowed_origins),
        limits: Limits::new(options.limits),
        documents: discovery::Documents::new(&issuer, boot),
        issuer,
        games,
        mcp,
    }));
    let open = Router::new()
        .route(
            "/.well-known/oauth-protected-resource",
            get(discovery::protected_resource),
        )
        .route(path::RESOURCE_METADATA, get(discovery::protected_resource))
        .route(
            "/.well-known/oauth-authorization-server",
            get(discovery::authorization_server),
        )
        .route(
            "/.well-known/oauth-authorization-server/mcp",
            get(discovery::authorization_server),
        )
        .route(
            "/.well-known/openid-configuration",
            get(discovery::authorization_server),
        )
        .route(
            "/.well-known/openid-configuration/mcp",
            get(discovery::authorization_server),
        )
        .route(path::JWKS, get(discovery::jwks))
        .route(path::REGISTER, post(register::register))
        .route(path::REGISTER_ALIAS, post(register::register))
        .route(path::TOKEN, post(token::token))
        .route(path::REVOKE, post(token::revoke))
        .route(path::USERINFO, get(userinfo::userinfo).post(userinfo::userinfo))
        .route("/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        // Before the layers: the outer one has to see preflights.
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(door.clone(), limits::check_address))
        .layer(from_fn(cors::open_to_everybody));
    let people = Router::new()
        .route("/", get(health::home))
        .route("/favicon.svg", get(health::favicon))
        .route(path::AUTHORIZE, get(authorize::authorize))
        .route(path::CONSENT, post(authorize::consent))
        .route(path::SIGN_IN, post(authorize::sign_in))
        .route("/oauth/callback/{provider}", get(callback::callback))
        .route("/join/{code}", get(join::ask))
        .route("/join/{code}/sign-in", get(join::sign_in))
        .route(path::JOIN, post(join::take))
        .route(path::JOIN_AS_GUEST, post(join::take_as_guest))
        .route(path::PLAY, get(play::board))
        .route("/play/{game}", get(play::game))
        .route(path::PLAY_CALL, post(play::call))
        .merge(account::routes(door.0.issuer.policy().local_sign_up))
        .layer(from_fn_with_state(door.clone(), limits::check_address));
    // Services ask, never pages: no origin may read the answer.
    let services = Router::new()
        .route(path::INTROSPECT, post(introspect::introspect))
        .layer(from_fn_with_state(door.clone(), limits::check_address));
    Router::new()
        .merge(open)
        .merge(services)
        .merge(people)
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route(path::MCP, any(mcp::endpoint))
        .route("/mcp/", any(mcp::endpoint))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(from_fn_with_state(door.clone(), hosts::check_host))
        .layer(from_fn(leftover::finish))
        .layer(from_fn(log))
        .with_state(door)
}

async fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        "There is nothing here. The MCP endpoint is /mcp.\n",
    )
        .into_response()
}

async fn method_not_allowed() -> Response {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        "This method is not allowed here; the Allow header names those that are.\n",
    )
        .into_response()
}

/// The code in an invitation's path lets whoever reads it take a seat, also where the path was copied wrongly.
fn path_to_log(asked: &str) -> String {
    let invitation = format!("{}/", path::JOIN);
    match asked.to_ascii_lowercase().find(&invitation) {
        Some(at) => format!("{}{invitation}…", &asked[..at]),
        None => asked.to_owned(),
    }
}

/// One line for each request. Never the query: it holds state, codes and challenges.
async fn log(request: Request, next: Next) -> Response {
    let started = tokio::time::Instant::now();
    let (method, path) = (request.method().clone(), path_to_log(request.uri().path()));
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let status = response.status();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    metrics::request(route, status.as_u16(), started.elapsed());
    let duration_us = started.elapsed().as_micros();
    if status.is_server_error() {
        tracing::error!(%method, path, status = status.as_u16(), duration_us, "request failed");
    } else if status.is_client_error() {
        tracing::info!(%method, path, status = status.as_u16(), duration_us, "request refused");
    } else {
        tracing::debug!(%method, path, status = status.as_u16(), duration_us, "request served");
    }
    response
}
