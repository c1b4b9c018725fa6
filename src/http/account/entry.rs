//! The way into the account without an app.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::providers::leave;
use super::{Notice, done, own_page_form, refuse};
use crate::http::destination::Destination;
use crate::http::form::Form;
use crate::http::{Door, cookies, error};
use crate::issuer::{AccountFault, EntryForm, EntryPage, NewAccountForm, SignUpForm};
use crate::secret::Secret;
use crate::urls::path;

/// The page that lets a person in, and then on to where they were going.
pub(super) fn page(
    door: &Door,
    page: &EntryPage,
    notice: Option<Notice>,
    then: Option<&Destination>,
) -> Response {
    named(door, page, door.0.pages.entry(page, notice, then))
}

/// The page with the cookie that its form belongs to.
fn named(door: &Door, page: &EntryPage, mut response: Response) -> Response {
    cookies::set_browser(&mut response, &page.browser, door.secure());
    response
}

/// `GET /account/sign-in`: for whoever is signed in and has to prove who they are once more, or wanted to go elsewhere
/// and has to sign in before.
pub(super) async fn ask(State(door): State<Door>, headers: HeaderMap) -> Response {
    let browser = cookies::browser(&headers, door.secure());
    let notice = cookies::notice(&headers, door.secure()).and_then(Notice::from_name);
    let then = cookies::destination(&headers, door.secure());
    let entry = door.0.issuer.entry_page(&browser);
    let mut response = page(&door, &entry, notice, then.as_ref());
    if notice.is_some() {
        cookies::clear_notice(&mut response, door.secure());
    }
    response
}

/// `POST /account/sign-in`: name and password, or a provider's button.
pub(super) async fn sign_in(State(door): State<Door>, request: Request) -> Response {
    let then = cookies::destination(request.headers(), door.secure());
    let (form, browser) = match own_page_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    if let Some(slug) = form.get("provider") {
        let Ok(provider) = slug.parse() else {
            return refuse(&door, AccountFault::Unknown);
        };
        let csrf = form.get("csrf").unwrap_or_default();
        let gone = door.0.issuer.enter_through(csrf, &provider, &browser).await;
        return leave(&door, gone);
    }
    let form = EntryForm {
        csrf: form.get("csrf").unwrap_or_default().to_owned(),
        username: form.get("username").unwrap_or_default().to_owned(),
        password: typed(&form, "password"),
    };
    match door.0.issuer.enter(form, browser).await {
        Ok(Ok(session)) => entered(&door, &session, then.as_ref()),
        Ok(Err(again)) => page(&door, &again, None, then.as_ref()),
        Err(fault) => refuse(&door, fault),
    }
}

/// On to where they were going, or else to the account page, signed in.
pub(in crate::http) fn entered(door: &Door, session: &Secret, then: Option<&Destination>) -> Response {
    let mut response = match then {
        None => error::leave(path::ACCOUNT),
        Some(destination) => go_on(door, destination),
    };
    cookies::set_session(&mut response, session, door.secure());
    response
}

/// Once: the next sign-in leads to the account again.
fn go_on(door: &Door, destination: &Destination) -> Response {
    let mut response = error::leave(&destination.path());
    cookies::clear_destination(&mut response, door.secure());
    response
}

/// `GET /account/sign-up`
pub(super) async fn ask_account(State(door): State<Door>, headers: HeaderMap) -> Response {
    let browser = cookies::browser(&headers, door.secure());
    let then = cookies::destination(&headers, door.secure());
    let page = door.0.issuer.entry_page(&browser);
    named(&door, &page, door.0.pages.new_account(&page, then.as_ref()))
}

/// `POST /account/sign-up`
pub(super) async fn sign_up(State(door): State<Door>, request: Request) -> Response {
    let then = cookies::destination(request.headers(), door.secure());
    let (form, browser) = match own_page_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let form = SignUpForm {
        csrf: form.get("csrf").unwrap_or_default().to_owned(),
        account: new_account(&form),
    };
    match door.0.issuer.enter_anew(form, browser).await {
        Ok(Ok(session)) => {
            let mut response = match &then {
                None => done(&door, Notice::Welcome),
                Some(destination) => go_on(&door, destination),
            };
            cookies::set_session(&mut response, &session, door.secure());
            response
        }
        Ok(Err(again)) => named(&door, &again, door.0.pages.new_account(&again, then.as_ref())),
        Err(fault) => refuse(&door, fault),
    }
}

/// What somebody chose for their new account.
pub(super) fn new_account(form: &Form) -> NewAccountForm {
    NewAccountForm {
        username: form.get("username").unwrap_or_default().to_owned(),
        password: typed(form, "password"),
        again: typed(form, "again"),
    }
}

/// What was typed into a field for a password; nothing, where it is missing.
pub(super) fn typed(form: &Form, name: &str) -> Secret {
    form.secret(name).unwrap_or_else(|| Secret::new(String::new()))
}
