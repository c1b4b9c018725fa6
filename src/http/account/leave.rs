//! Deleting the account.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::entry::typed;
use super::{Notice, done, own_form, refuse, signed_in};
use crate::http::{Door, cookies};
use crate::issuer::AccountFault;

/// `GET /account/delete`
pub(super) async fn ask(State(door): State<Door>, headers: HeaderMap) -> Response {
    match signed_in(&door, &headers).await {
        Ok(page) => door.0.pages.delete_account(&page, None),
        Err(refusal) => refusal,
    }
}

/// `POST /account/delete`
pub(super) async fn delete(State(door): State<Door>, request: Request) -> Response {
    let headers = request.headers().clone();
    let (form, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let name = form.get("name").unwrap_or_default();
    let deleted = door.0.issuer.delete_account(post, name, typed(&form, "password"));
    match deleted.await {
        Ok(()) => {
            let mut response = done(&door, Notice::AccountDeleted);
            cookies::clear_session(&mut response, door.secure());
            response
        }
        Err(fault @ (AccountFault::Wrong(_) | AccountFault::OtherName)) => {
            match signed_in(&door, &headers).await {
                Ok(page) => door.0.pages.delete_account(&page, Some(&fault)),
                Err(refusal) => refusal,
            }
        }
        Err(fault) => refuse(&door, fault),
    }
}
