//! An invitation to a game: what it is to, and the ways to take the seat. Looking at it changes nothing.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::account::{Notice, done, own_form, own_page_form, refuse};
use super::destination::Destination;
use super::pages::Invitee;
use super::play::send_to_sign_in;
use super::{Door, cookies, error};
use crate::board;
use crate::games::{GamesError, Invited};
use crate::id::GameId;
use crate::issuer::{AccountFault, AccountForm, AccountPage, IssuerError, Player};
use crate::urls::path;

/// `GET /join/{code}`: whoever has taken the seat before comes back to the game.
pub(super) async fn ask(State(door): State<Door>, Path(code): Path<String>, headers: HeaderMap) -> Response {
    let browser = cookies::browser(&headers, door.secure());
    let page = match door.0.issuer.account_page(&browser).await {
        Ok(page) => Some(page),
        Err(AccountFault::SignedOut) => None,
        Err(fault) => return refuse(&door, fault),
    };
    let user = page.as_ref().map(|page| page.user);
    match door.0.games.invited(user, &code).await {
        Ok(Some(invited)) => show(&door, page.as_ref(), &invited, &headers),
        Ok(None) | Err(GamesError::Refused(_)) => come_back(&door, page.as_ref(), &code, &headers).await,
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
    }
}

fn show(door: &Door, page: Option<&AccountPage>, invited: &Invited, headers: &HeaderMap) -> Response {
    if let Some(page) = page {
        return door.0.pages.join(&Invitee::Person(page), invited);
    }
    let browser = cookies::browser(headers, door.secure());
    let stranger = door.0.issuer.stranger(&browser);
    // Without an account there is no chat either: a guest has nothing but the board.
    let csrf = stranger.csrf.filter(|_| board::document().is_some());
    let mut response = door.0.pages.join(&Invitee::Stranger { csrf }, invited);
    cookies::set_browser(&mut response, &stranger.browser, door.secure());
    response
}

/// The code lets nobody in any more; but it may be this very visitor who has used it.
async fn come_back(door: &Door, page: Option<&AccountPage>, code: &str, headers: &HeaderMap) -> Response {
    let guests = cookies::guests(headers, door.secure());
    let guests = match door.0.issuer.guests(&guests).await {
        Ok(guests) => guests,
        Err(fault) => return error::page(door, IssuerError::Store(fault)),
    };
    let person = page.map(|page| page.user);
    for user in person
        .into_iter()
        .chain(guests.iter().map(|guest: &Player| guest.user))
    {
        match door.0.games.joined(user, code).await {
            Ok(Some(game)) => return go_on(door, game),
            Ok(None) | Err(GamesError::Refused(_)) => {}
            Err(GamesError::Store(fault)) => return error::page(door, IssuerError::Store(fault)),
        }
    }
    ended(door)
}

/// `GET /join/{code}/sign-in`: signs in first, and comes back.
pub(super) async fn sign_in(
    State(door): State<Door>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(invitation) = Destination::invitation(&code) else {
        return ended(&door);
    };
    let browser = cookies::browser(&headers, door.secure());
    match door.0.issuer.player(&browser).await {
        Ok(Some(_)) => error::leave(&invitation.path()),
        Ok(None) => send_to_sign_in(&door, &invitation),
        Err(fault) => error::page(&door, IssuerError::Store(fault)),
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
        Ok(shown) => go_on(&door, shown.stored.id),
        Err(GamesError::Refused(_)) => ended(&door),
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
    }
}

/// `POST /join/guest`
pub(super) async fn take_as_guest(State(door): State<Door>, request: Request) -> Response {
    let known = cookies::guests(request.headers(), door.secure());
    let (form, browser) = match own_page_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let (csrf, name) = (form.get("csrf").unwrap_or_default(), form.get("name"));
    let guest = match door.0.issuer.guest(csrf, name.unwrap_or_default(), &browser) {
        Ok(guest) => guest,
        Err(AccountFault::Stale) => return outdated(&door),
        Err(fault) => return refuse(&door, fault),
    };
    let cookie = guest.cookie().clone();
    let code = form.get("code").unwrap_or_default();
    let seated = door
        .0
        .games
        .join_as_guest(guest.id(), code, move |tx, game| guest.insert(tx, game))
        .await;
    match seated {
        Ok(game) => {
            tracing::info!(game.id = %game, "a guest took a seat");
            let mut response = error::leave(&path::game(game));
            cookies::add_guest(&mut response, &cookie, &known, door.secure());
            response
        }
        Err(GamesError::Refused(_)) => ended(&door),
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
    }
}

/// To the game, where there is a board to play it on.
fn go_on(door: &Door, game: GameId) -> Response {
    if board::document().is_some() {
        return error::leave(&path::game(game));
    }
    done(door, Notice::Joined)
}

/// The form is not of this browser, or its cookie is gone.
fn outdated(door: &Door) -> Response {
    let text = "This page is out of date. Open the invitation again.";
    door.0
        .pages
        .message(StatusCode::BAD_REQUEST, "Please start again", text, None)
}

fn ended(door: &Door) -> Response {
    door.0.pages.message(
        StatusCode::NOT_FOUND,
        "This invitation has ended",
        "It was used already, is older than two weeks, or the link is not complete. Ask your friend for a new one.",
        None,
    )
}
