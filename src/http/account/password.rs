//! Changing the password.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::entry::typed;
use super::{Notice, done, own_form, refuse, signed_in};
use crate::http::{Door, cookies};
use crate::issuer::{AccountFault, ChangePassword};

/// `GET /account/password`
pub(super) async fn ask(State(door): State<Door>, headers: HeaderMap) -> Response {
    match signed_in(&door, &headers).await {
        Ok(page) => door.0.pages.password(&page, None),
        Err(refusal) => refusal,
    }
}

/// `POST /account/password`
pub(super) async fn change(State(door): State<Door>, request: Request) -> Response {
    let headers = request.headers().clone();
    let (form, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let form = ChangePassword {
        current: typed(&form, "current"),
        new: typed(&form, "password"),
        again: typed(&form, "again"),
        cut_apps: form.get("cut_apps").is_some(),
    };
    let notice = if form.cut_apps {
        Notice::PasswordChangedAppsCut
    } else {
        Notice::PasswordChanged
    };
    match door.0.issuer.change_password(post, form).await {
        Ok(session) => {
            let mut response = done(&door, notice);
            cookies::set_session(&mut response, &session, door.secure());
            response
        }
        Err(fault @ (AccountFault::Wrong(_) | AccountFault::Weak(_) | AccountFault::Differs)) => {
            match signed_in(&door, &headers).await {
                Ok(page) => door.0.pages.password(&page, Some(&fault)),
                Err(refusal) => refusal,
            }
        }
        Err(fault) => refuse(&door, fault),
    }
}
