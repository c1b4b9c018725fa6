//! The account pages: what a signed-in person sees and changes of their own.
//!
//! Reads are links; whatever changes something is a form posted from one of these pages, answered with a redirect back
//! and a short notice. The notice travels in a cookie of ours, as one of a few fixed words: nobody else's link can
//! make the page say anything.

mod apps;
mod entry;
mod export;
mod games;
mod leave;
mod notice;
mod password;
mod providers;
mod sessions;
mod sign_up;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

pub(super) use self::entry::entered;
pub(super) use self::notice::Notice;
pub(super) use self::providers::failed as provider_failed;
use super::form::Form;
use super::{Door, cookies, error};
use crate::games::GameFilter;
use crate::issuer::{AccountFault, AccountPage, AccountPost, Browser, IssuerError};
use crate::urls::path;

/// Games that the account page itself lists; the others are a page away.
const NEWEST: u32 = 5;

/// Every route below `/account`.
pub(super) fn routes(sign_up: bool) -> Router<Door> {
    let routes = Router::new()
        .route(path::ACCOUNT, get(account))
        .route(path::ACCOUNT_SIGN_IN, get(entry::ask).post(entry::sign_in))
        .route(path::ACCOUNT_SIGN_OUT, post(sessions::sign_out))
        .route(path::ACCOUNT_CUT_APP, post(apps::cut))
        .route(path::ACCOUNT_CUT_APPS, post(apps::cut_all))
        .route(path::ACCOUNT_END_SESSION, post(sessions::end))
        .route(path::ACCOUNT_END_SESSIONS, post(sessions::end_others))
        .route(path::ACCOUNT_LINK, post(providers::link))
        .route(path::ACCOUNT_UNLINK, post(providers::unlink))
        .route(path::ACCOUNT_PASSWORD, get(password::ask).post(password::change))
        .route(path::ACCOUNT_GAMES, get(games::list))
        .route("/account/games/{game}/pgn", get(games::pgn))
        .route("/account/games/{game}/delete", get(games::ask))
        .route(path::ACCOUNT_DELETE_GAME, post(games::delete))
        .route(path::ACCOUNT_EXPORT, post(export::export))
        .route(path::ACCOUNT_DELETE, get(leave::ask).post(leave::delete));
    if !sign_up {
        return routes;
    }
    routes.route(path::SIGN_UP, post(sign_up::during_sign_in)).route(
        path::ACCOUNT_SIGN_UP,
        get(entry::ask_account).post(entry::sign_up),
    )
}

/// `GET /account`: the account, or the way into it.
async fn account(State(door): State<Door>, headers: HeaderMap) -> Response {
    let secure = door.secure();
    let browser = cookies::browser(&headers, secure);
    let notice = cookies::notice(&headers, secure).and_then(Notice::from_name);
    let mut response = match door.0.issuer.account_page(&browser).await {
        Ok(page) => match newest(&door, &page).await {
            Ok(games) => door.0.pages.account(&page, &games, notice),
            Err(fault) => return error::page(&door, fault),
        },
        Err(AccountFault::SignedOut) => {
            let then = cookies::destination(&headers, secure);
            entry::page(&door, &door.0.issuer.entry_page(&browser), notice, then.as_ref())
        }
        Err(fault) => return refuse(&door, fault),
    };
    if notice.is_some() {
        cookies::clear_notice(&mut response, secure);
    }
    response
}

async fn newest(door: &Door, page: &AccountPage) -> Result<crate::games::Page, IssuerError> {
    let filter = GameFilter {
        limit: NEWEST,
        ..GameFilter::default()
    };
    games::listed(door, page.user, filter).await
}

/// The page of a signed-in person; whoever is not goes to where they sign in.
async fn signed_in(door: &Door, headers: &HeaderMap) -> Result<AccountPage, Response> {
    let browser = cookies::browser(headers, door.secure());
    let page = door.0.issuer.account_page(&browser).await;
    page.map_err(|fault| match fault {
        AccountFault::SignedOut => error::leave(path::ACCOUNT),
        fault => refuse(door, fault),
    })
}

/// A form of a signed-in person. Whether it is theirs is for the issuer to say.
pub(super) async fn own_form(door: &Door, request: Request) -> Result<(Form, AccountPost), Response> {
    let (form, browser) = own_page_form(door, request).await?;
    let csrf = form.get("csrf").unwrap_or_default().to_owned();
    Ok((form, AccountPost { browser, csrf }))
}

/// A form that was posted from one of our own pages.
pub(super) async fn own_page_form(door: &Door, request: Request) -> Result<(Form, Browser), Response> {
    if !door.0.hosts.is_own_form(request.headers()) {
        let text = "This form was not sent from a page of this server. Open your account and try again.";
        return Err(say(door, StatusCode::FORBIDDEN, text));
    }
    let browser = door.browser(&request);
    let form = Form::read_page(request)
        .await
        .map_err(|bad| say(door, StatusCode::BAD_REQUEST, bad.0))?;
    Ok((form, browser))
}

/// Back to the account, which says what was done.
pub(super) fn done(door: &Door, notice: Notice) -> Response {
    let mut response = error::leave(path::ACCOUNT);
    cookies::set_notice(&mut response, notice.name(), door.secure());
    response
}

/// What follows a form that changes something and says so afterwards.
fn follow(door: &Door, result: Result<(), AccountFault>, notice: Notice) -> Response {
    match result {
        Ok(()) => done(door, notice),
        Err(fault) => refuse(door, fault),
    }
}

/// The answer to a form or a page that cannot be served. Faults that a page of its own explains do not come here.
pub(super) fn refuse(door: &Door, fault: AccountFault) -> Response {
    match fault {
        AccountFault::SignedOut => done(door, Notice::SignInAgain),
        AccountFault::NotRecent => sign_in_again(door),
        AccountFault::LastWay => done(door, Notice::LastWay),
        AccountFault::Store(fault) => error::page(door, IssuerError::Store(fault)),
        fault @ AccountFault::Unknown => say(door, StatusCode::NOT_FOUND, &fault.to_string()),
        fault @ (AccountFault::Stale
        | AccountFault::Wrong(_)
        | AccountFault::Weak(_)
        | AccountFault::Differs
        | AccountFault::OtherName) => say(door, StatusCode::BAD_REQUEST, &fault.to_string()),
    }
}

/// An open session is not enough: the way in once more, after which the person repeats what they wanted.
fn sign_in_again(door: &Door) -> Response {
    let mut response = error::leave(path::ACCOUNT_SIGN_IN);
    cookies::set_notice(&mut response, Notice::NotRecent.name(), door.secure());
    cookies::clear_destination(&mut response, door.secure());
    response
}

fn say(door: &Door, status: StatusCode, text: &str) -> Response {
    let title = if status == StatusCode::NOT_FOUND {
        "Nothing here"
    } else {
        "Please start again"
    };
    door.0.pages.account_message(status, title, text)
}
