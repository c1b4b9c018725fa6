//! `POST /oauth/introspect`: form and client authentication in, JSON out.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};

use super::client_proof::{authenticated_form, presented};
use super::{Door, error};

pub(super) async fn introspect(State(door): State<Door>, request: Request) -> Response {
    let basic = request.headers().contains_key(AUTHORIZATION);
    let told = async {
        let (form, proof) = authenticated_form(request).await?;
        door.0.issuer.introspect(proof, presented(&form)?).await
    };
    match told.await {
        Ok(answer) => (StatusCode::OK, error::no_store(), Json(answer)).into_response(),
        Err(fault) => error::token(fault, basic),
    }
}
