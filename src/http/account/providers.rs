//! Signing in through a provider, linking one, and ending that.

use axum::extract::{Request, State};
use axum::response::Response;

use super::{Notice, follow, own_form, refuse};
use crate::http::{Door, error};
use crate::issuer::{AccountFault, Failure, Way};

/// `POST /account/providers/link`
pub(super) async fn link(State(door): State<Door>, request: Request) -> Response {
    let (form, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let Ok(provider) = form.get("provider").unwrap_or_default().parse() else {
        return refuse(&door, AccountFault::Unknown);
    };
    leave(&door, door.0.issuer.link(&post, &provider).await)
}

/// `POST /account/providers/unlink`
pub(super) async fn unlink(State(door): State<Door>, request: Request) -> Response {
    let (form, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let id = form.get("identity").unwrap_or_default().to_owned();
    follow(
        &door,
        door.0.issuer.unlink(&post, id).await,
        Notice::ProviderUnlinked,
    )
}

/// On to the provider, or why not.
pub(super) fn leave(door: &Door, gone: Result<Result<String, (Way, Failure)>, AccountFault>) -> Response {
    match gone {
        Ok(Ok(url)) => error::leave(&url),
        Ok(Err((way, failure))) => failed(door, &way, failure),
        Err(fault) => refuse(door, fault),
    }
}

/// It did not work: what happened, and the way back to the account page.
pub(in crate::http) fn failed(door: &Door, provider: &Way, failure: Failure) -> Response {
    door.0.pages.account_provider_fault(provider, failure)
}
