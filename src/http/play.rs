//! The board in a plain browser: its page, and the calls it makes.
//!
//! # Design
//!
//! The page is the document that chat hosts show, with what it has to know put into it; it calls the tools that a chat
//! would call, through the same code. A call carries the CSRF value of the page, which says whose it is, and is taken
//! from our own pages alone.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::destination::Destination;
use super::form::read_at_most;
use super::pages::BoardPage;
use super::{Door, cookies, error};
use crate::board;
use crate::games::GamesError;
use crate::id::{GameId, UserId};
use crate::issuer::{AccountFault, IssuerError, Player};
use crate::mcp::{BoardCall, CallFault};
use crate::urls::path;

/// Largest call that is read, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// Carries the CSRF value of a call.
const CSRF: &str = "x-csrf-token";

/// `GET /play`: the board of whoever is signed in; a guest goes to their game.
pub(super) async fn board(State(door): State<Door>, headers: HeaderMap) -> Response {
    if board::document().is_none() {
        return door.0.pages.no_board();
    }
    let found = match visitors(&door, &headers).await {
        Ok(found) => found,
        Err(fault) => return error::page(&door, fault),
    };
    if let Some(player) = found.player {
        return show(&door, &player, None);
    }
    match found.guests.iter().find_map(|guest| guest.seat) {
        Some(game) => error::leave(&path::game(game)),
        None => send_to_sign_in(&door, &Destination::Play),
    }
}

/// `GET /play/{game_id}`
pub(super) async fn game(State(door): State<Door>, Path(game): Path<String>, headers: HeaderMap) -> Response {
    if board::document().is_none() {
        return door.0.pages.no_board();
    }
    let Ok(game) = game.parse::<GameId>() else {
        return nothing_here(&door);
    };
    let found = match visitors(&door, &headers).await {
        Ok(found) => found,
        Err(fault) => return error::page(&door, fault),
    };
    if let Some(player) = &found.player {
        match has(&door, player.user, game).await {
            Ok(true) => return show(&door, player, Some(game)),
            Ok(false) => {}
            Err(fault) => return error::page(&door, fault),
        }
    }
    if let Some(guest) = found.guests.iter().find(|guest| guest.seat == Some(game)) {
        return show(&door, guest, Some(game));
    }
    match found.player {
        Some(_) => nothing_here(&door),
        None => send_to_sign_in(&door, &Destination::Game(game)),
    }
}

/// Who may sit in front of a browser: one person who is signed in, and guests.
struct Visitors {
    player: Option<Player>,
    guests: Vec<Player>,
}

async fn visitors(door: &Door, headers: &HeaderMap) -> Result<Visitors, IssuerError> {
    let browser = cookies::browser(headers, door.secure());
    let guests = cookies::guests(headers, door.secure());
    Ok(Visitors {
        player: door.0.issuer.player(&browser).await?,
        guests: door.0.issuer.guests(&guests).await?,
    })
}

async fn has(door: &Door, user: UserId, game: GameId) -> Result<bool, IssuerError> {
    match door.0.games.show(user, Some(game)).await {
        Ok(shown) => Ok(shown.is_some()),
        Err(GamesError::Refused(_)) => Ok(false),
        Err(GamesError::Store(fault)) => Err(fault.into()),
    }
}

fn show(door: &Door, player: &Player, game: Option<GameId>) -> Response {
    let page = BoardPage {
        csrf: &player.csrf,
        call: path::PLAY_CALL,
        game_id: game,
        guest: player.is_guest(),
        name: &player.name,
        account: path::ACCOUNT,
    };
    door.0.pages.board(&page)
}

/// Whether a game exists is nobody's business but its players'.
fn nothing_here(door: &Door) -> Response {
    let text = "There is no such game among yours. Your account lists those that are.";
    door.0
        .pages
        .account_message(StatusCode::NOT_FOUND, "Nothing here", text)
}

/// To the sign-in, from which one comes back.
pub(super) fn send_to_sign_in(door: &Door, destination: &Destination) -> Response {
    let mut response = error::leave(path::ACCOUNT_SIGN_IN);
    cookies::set_destination(&mut response, destination, door.secure());
    response
}

/// What a board calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    tool: String,
    arguments: Option<Map<String, Value>>,
}

/// `POST /play/call`
pub(super) async fn call(State(door): State<Door>, request: Request) -> Response {
    let player = match caller(&door, request.headers()).await {
        Ok(player) => player,
        Err(refusal) => return refusal,
    };
    if let Err(wait) = door.0.limits.person(player.user) {
        let text = "too many calls in a short time; wait as long as Retry-After says";
        let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", text);
        wait.tell(&mut response);
        return response;
    }
    let asked = match read(request).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let call = BoardCall {
        user: player.user,
        is_guest: player.is_guest(),
        tool: asked.tool,
        arguments: asked.arguments,
    };
    match door.0.mcp.call(call).await {
        Ok(result) => (
            error::no_store(),
            [(X_CONTENT_TYPE_OPTIONS, "nosniff")],
            Json(result),
        )
            .into_response(),
        Err(fault) => failed(&fault),
    }
}

/// Who calls, from one of our own pages.
async fn caller(door: &Door, headers: &HeaderMap) -> Result<Player, Response> {
    if !door.0.hosts.is_own_form(headers) {
        let text = "calls are taken from the pages of this server alone";
        return Err(refuse(StatusCode::FORBIDDEN, "access_denied", text));
    }
    let csrf = headers.get(CSRF).and_then(|value| value.to_str().ok());
    let browser = cookies::browser(headers, door.secure());
    let guests = cookies::guests(headers, door.secure());
    let caller = door
        .0
        .issuer
        .caller(&browser, &guests, csrf.unwrap_or_default())
        .await;
    caller.map_err(|fault| match fault {
        AccountFault::SignedOut => {
            let text = "nobody is signed in with this browser any more: load the page again";
            refuse(StatusCode::UNAUTHORIZED, "login_required", text)
        }
        AccountFault::Store(fault) => error::broken_json(&fault),
        _ => {
            let text = "this page is out of date: load it again";
            refuse(StatusCode::FORBIDDEN, "access_denied", text)
        }
    })
}

async fn read(request: Request) -> Result<Asked, Response> {
    let (parts, body) = request.into_parts();
    let bad = |status, text: &str| refuse(status, "invalid_request", text);
    if !is_json(&parts.headers) {
        let text = "the body must be application/json";
        return Err(bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let Some(body) = read_at_most(body, MAX_BODY).await else {
        let text = "the call is larger than 256 KiB, or incomplete";
        return Err(bad(StatusCode::PAYLOAD_TOO_LARGE, text));
    };
    let text = "the body must be {\"tool\": …, \"arguments\": {…}}";
    serde_json::from_slice(&body).map_err(|_| bad(StatusCode::BAD_REQUEST, text))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn failed(fault: &CallFault) -> Response {
    let (status, code) = match fault {
        CallFault::Unknown(_) => (StatusCode::NOT_FOUND, "invalid_request"),
        CallFault::NotForGuests => (StatusCode::FORBIDDEN, "access_denied"),
        CallFault::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
    };
    refuse(status, code, &fault.to_string())
}

fn refuse(status: StatusCode, code: &str, text: &str) -> Response {
    let body = json!({"error": code, "error_description": text});
    (status, error::no_store(), Json(body)).into_response()
}
