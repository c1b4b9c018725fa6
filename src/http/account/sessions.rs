//! Ending browser sessions.

use axum::extract::{Request, State};
use axum::response::Response;

use super::{Notice, done, follow, own_form, refuse};
use crate::http::{Door, cookies};

/// `POST /account/sign-out`
pub(super) async fn sign_out(State(door): State<Door>, request: Request) -> Response {
    let (_, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    match door.0.issuer.sign_out(&post).await {
        Ok(()) => {
            let mut response = done(&door, Notice::SignedOut);
            cookies::clear_session(&mut response, door.secure());
            response
        }
        Err(fault) => refuse(&door, fault),
    }
}

/// `POST /account/sessions/end`
pub(super) async fn end(State(door): State<Door>, request: Request) -> Response {
    let (form, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let id = form.get("session").unwrap_or_default().to_owned();
    let ended = door.0.issuer.end_session(&post, id).await;
    follow(&door, ended, Notice::SessionEnded)
}

/// `POST /account/sessions/end-others`
pub(super) async fn end_others(State(door): State<Door>, request: Request) -> Response {
    let (_, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let ended = door.0.issuer.end_sessions(&post).await;
    follow(&door, ended, Notice::SessionsEnded)
}
