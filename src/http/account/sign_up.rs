//! A new account on the way through a sign-in.

use axum::extract::{Request, State};
use axum::response::Response;

use super::entry::new_account;
use crate::http::authorize::{follow, own_form};
use crate::http::{Door, error};
use crate::issuer::IssuerError;

/// `POST /oauth/sign-up`: asks for a name and a password, then makes the account and goes on with the sign-in.
pub(super) async fn during_sign_in(State(door): State<Door>, request: Request) -> Response {
    let (form, browser) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let Some(handle) = form.secret("sign_in") else {
        return error::page(&door, IssuerError::Stale);
    };
    let csrf = form.get("csrf").unwrap_or_default();
    // The button on the sign-in page sends no field of a new account yet.
    let filled = form.all("username").next().is_some();
    let issuer = &door.0.issuer;
    let next = if form.get("instead").is_some() {
        issuer.ask_existing(handle, csrf, browser).await
    } else if filled {
        issuer.sign_up(handle, csrf, new_account(&form), browser).await
    } else {
        issuer.ask_account(handle, csrf, browser).await
    };
    follow(&door, next)
}
