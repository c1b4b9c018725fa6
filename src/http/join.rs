//! An invitation to a game: what it is to, and the button that takes the seat. Looking at it changes nothing.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::account::{Notice, done, own_form, refuse};
use super::{Door, cookies, error};
use crate::games::GamesError;
use crate::issuer::{AccountFault, AccountForm, IssuerError};

/// `GET /join/{code}`
pub(super) async fn ask(State(door): State<Door>, Path(code): Path<String>, headers: HeaderMap) -> Response {
    let browser = cookies::browser(&headers, door.secure());
    let page = match door.0.issuer.account_page(&browser).await {
        Ok(page) => Some(page),
        Err(AccountFault::SignedOut) => None,
        Err(fault) => return refuse(&door, fault),
    };
    match door
        .0
        .games
        .invited(page.as_ref().map(|page| page.user), &code)
        .await
    {
        Ok(Some(invited)) => door.0.pages.join(page.as_ref(), &invited, &code),
        Ok(None) | Err(GamesError::Refused(_)) => ended(&door),
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
    }
}

/// `POST /join`
pub(super) async fn take(State(door): State<Door>, request: Request) -> Response {
    let (form, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let user = match door.0.issuer.who_posted(&post, AccountForm::Join).await {
        Ok(user) => user,
        Err(fault) => return refuse(&door, fault),
    };
    match door
        .0
        .games
        .join(user.id, form.get("code").unwrap_or_default())
        .await
    {
        Ok(_) => done(&door, Notice::Joined),
        Err(GamesError::Refused(_)) => ended(&door),
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
    }
}

fn ended(door: &Door) -> Response {
    door.0.pages.message(
        StatusCode::NOT_FOUND,
        "This invitation has ended",
        "It was used already, is older than two weeks, or the link is not complete. Ask your friend for a new one.",
        None,
    )
}
