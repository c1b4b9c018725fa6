//! Cutting apps off.

use axum::extract::{Request, State};
use axum::response::Response;

use super::{Notice, follow, own_form, refuse};
use crate::http::Door;
use crate::issuer::AccountFault;

/// `POST /account/apps/cut`
pub(super) async fn cut(State(door): State<Door>, request: Request) -> Response {
    let (form, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let Some(Ok(app)) = form.get("app").map(str::parse) else {
        return refuse(&door, AccountFault::Unknown);
    };
    follow(&door, door.0.issuer.cut_app(&post, app).await, Notice::AppCut)
}

/// `POST /account/apps/cut-all`
pub(super) async fn cut_all(State(door): State<Door>, request: Request) -> Response {
    let (_, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    follow(&door, door.0.issuer.cut_apps(&post).await, Notice::AppsCut)
}
