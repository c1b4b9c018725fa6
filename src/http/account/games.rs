//! The person's games: a list, PGN to take along, and deleting one.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::{Notice, done, own_form, refuse, signed_in};
use crate::chess::Pgn;
use crate::games::{GameFilter, GamesError, Page};
use crate::http::{Door, error};
use crate::id::{GameId, UserId};
use crate::issuer::{AccountFault, AccountForm, IssuerError};

/// Games on one page of the list.
const PAGE: u32 = 50;

/// A page of the person's games.
pub(super) async fn listed(door: &Door, user: UserId, filter: GameFilter) -> Result<Page, IssuerError> {
    match door.0.games.list(user, filter).await {
        Ok(page) => Ok(page),
        Err(GamesError::Store(fault)) => Err(fault.into()),
        Err(GamesError::Refused(_)) => Ok(Page {
            games: Vec::new(),
            next: None,
        }),
    }
}

/// `GET /account/games`
pub(super) async fn list(
    State(door): State<Door>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let page = match signed_in(&door, &headers).await {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let filter = GameFilter {
        before: before(&query.unwrap_or_default()),
        limit: PAGE,
        ..GameFilter::default()
    };
    match listed(&door, page.user, filter).await {
        Ok(games) => door.0.pages.games(&games),
        Err(fault) => error::page(&door, fault),
    }
}

/// Where the page before this one ended.
fn before(query: &str) -> Option<i64> {
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let (_, value) = parameters.find(|(name, _)| name == "before")?;
    value.parse().ok()
}

/// `GET /account/games/{game}/pgn`
pub(super) async fn pgn(State(door): State<Door>, Path(game): Path<String>, headers: HeaderMap) -> Response {
    let page = match signed_in(&door, &headers).await {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let Ok(game) = game.parse::<GameId>() else {
        return refuse(&door, AccountFault::Unknown);
    };
    match door.0.games.export(page.user, Some(game)).await {
        Ok(Some((stored, tags))) => {
            let pgn = Pgn {
                tags: &tags,
                game: &stored.game,
                plies: stored.game.ply(),
            };
            let headers = [
                (CONTENT_TYPE, "application/x-chess-pgn; charset=utf-8".to_owned()),
                (
                    CONTENT_DISPOSITION,
                    format!("attachment; filename=\"chess-{}.pgn\"", stored.id),
                ),
            ];
            (headers, super::export::download(), pgn.write()).into_response()
        }
        Ok(None) | Err(GamesError::Refused(_)) => refuse(&door, AccountFault::Unknown),
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
    }
}

/// `GET /account/games/{game}/delete`: asks once more.
pub(super) async fn ask(State(door): State<Door>, Path(game): Path<String>, headers: HeaderMap) -> Response {
    let page = match signed_in(&door, &headers).await {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let Ok(game) = game.parse::<GameId>() else {
        return refuse(&door, AccountFault::Unknown);
    };
    match door.0.games.show(page.user, Some(game)).await {
        Ok(Some(shown)) => door.0.pages.delete_game(&page, &shown.stored),
        Ok(None) | Err(GamesError::Refused(_)) => refuse(&door, AccountFault::Unknown),
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
    }
}

/// `POST /account/games/delete`
pub(super) async fn delete(State(door): State<Door>, request: Request) -> Response {
    let (form, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let user = match door.0.issuer.who_posted(&post, AccountForm::DeleteGame).await {
        Ok(user) => user,
        Err(fault) => return refuse(&door, fault),
    };
    let Some(Ok(game)) = form.get("game").map(str::parse) else {
        return refuse(&door, AccountFault::Unknown);
    };
    match door.0.games.delete(user.id, game).await {
        Ok(true) => done(&door, Notice::GameDeleted),
        Ok(false) | Err(GamesError::Refused(_)) => refuse(&door, AccountFault::Unknown),
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
    }
}
